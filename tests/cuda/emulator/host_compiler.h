// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <string>

#include "tuning/text_compiler.h"

namespace tn::test {

/// Compiles kernel texts for the host by the compiler that made this program. An image is the path of a shared library
/// for EmulatedDevice; it lasts as long as the compiler.
class HostCompiler final : public TextCompiler {
 public:
  /// For texts that ask for the architecture ("sm_90").
  explicit HostCompiler(const std::string& architecture);
  ~HostCompiler() override;
  std::vector<std::byte> compile(const std::string& source, const std::string& entry) override;
  void prefetch(const std::string&, const std::string&) override {}

 private:
  std::string command_;
  std::filesystem::path folder_;
  std::mutex mutex_;
  std::map<std::string, std::filesystem::path> compiled_;  ///< by text
};

}  // namespace tn::test
