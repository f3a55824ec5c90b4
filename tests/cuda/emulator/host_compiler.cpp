// SPDX-License-Identifier: Apache-2.0
#include "cuda/emulator/host_compiler.h"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/error.h"
#include "cuda/emulator/host_text.h"

namespace tn::test {
namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

fs::path make_folder() {
  std::string name = (fs::temp_directory_path() / "tenon_emulator_XXXXXX").string();
  if (!mkdtemp(name.data())) throw Error(ErrorCode::Internal, "no folder {}", name);
  return name;
}

}  // namespace

HostCompiler::HostCompiler(const std::string& architecture)
    : command_(fmt::format("{} -std=c++20 -O1 -w -fPIC -shared -fno-exceptions -fno-strict-aliasing "
                           "-D__CUDA_ARCH__={}0 -include {}/shim.h",
                           TENON_HOST_COMPILER, architecture.substr(3), TENON_EMULATOR_DIR)),
      folder_(make_folder()) {}

HostCompiler::~HostCompiler() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

std::vector<std::byte> HostCompiler::compile(const std::string& source, const std::string& entry) {
  const std::string text = host_text(source, entry);
  const std::lock_guard lock(mutex_);
  fs::path& library = compiled_[text];
  if (library.empty()) {
    const fs::path base = folder_ / fmt::format("{}_{}", compiled_.size(), entry);
    std::ofstream(base.string() + ".cpp") << text;
    const fs::path made = base.string() + ".so";
    const std::string command =
        fmt::format("{} {}.cpp -o {} 2> {}.log", command_, base.string(), made.string(), base.string());
    if (std::system(command.c_str()) != 0)
      throw Error(ErrorCode::Internal, "'{}' does not compile for the host:\n{}\n{}", entry, command,
                  content(base.string() + ".log"));
    library = made;
  }
  const std::string path = library.string();
  const auto* const begin = reinterpret_cast<const std::byte*>(path.data());
  return {begin, begin + path.size()};
}

}  // namespace tn::test
