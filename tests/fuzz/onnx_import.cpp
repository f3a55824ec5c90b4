// SPDX-License-Identifier: Apache-2.0
// An ONNX model becomes a graph whose types are known, or is refused. External data may come from one folder that holds
// one file.
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "base/os/file.h"
#include "builder/onnx_operators.h"
#include "fuzz/target.h"
#include "ir/graph.h"

namespace tn::test {
namespace {

class DataFolder {
 public:
  DataFolder() {
    std::filesystem::create_directories(path_);
    write_file_atomically(path_ / "data.bin", std::string(256, '\1'));
  }
  ~DataFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  const std::filesystem::path path_ = std::filesystem::temp_directory_path() / fmt::format("tenon_fuzz_{}", ::getpid());
};

}  // namespace

void read_input(std::span<const std::byte> bytes) {
  static const DataFolder folder;
  verify(import::import_onnx(bytes, folder.path(), onnx_operators()));
}

}  // namespace tn::test
