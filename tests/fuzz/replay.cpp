// SPDX-License-Identifier: Apache-2.0
// A fuzz target without libFuzzer: replay CORPUS FINDINGS gives it every file of both folders. Most of the corpus must
// be files that are read: where the engine's format has changed, say, it is to be written again.
#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <vector>

#include "base/error.h"
#include "base/os/file.h"
#include "fuzz/target.h"

namespace {

std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  if (!std::filesystem::exists(folder)) return files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
  return files;
}

bool is_read(std::span<const std::byte> bytes) {
  try {
    tn::test::read_input(bytes);
    return true;
  } catch (const tn::Error&) {
    return false;
  }
}

void replay(std::span<const std::byte> bytes) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: replay CORPUS FINDINGS\n";
    return 2;
  }
  const auto corpus = files_in(argv[1]), findings = files_in(argv[2]);
  size_t read = 0;
  for (const auto& path : corpus) {
    const tn::MappedFile file(path);
    std::cout << path.filename().string() << std::endl;  // whose is a crash
    replay(file.bytes());
    read += is_read(file.bytes()) ? 1 : 0;
  }
  for (const auto& path : findings) {
    std::cout << path.filename().string() << std::endl;
    replay(tn::MappedFile(path).bytes());
  }
  replay({});
  std::cout << fmt::format("{} of {} files of the corpus are read; {} findings\n", read, corpus.size(),
                           findings.size());
  return !corpus.empty() && 4 * read >= 3 * corpus.size() ? 0 : 1;
}
