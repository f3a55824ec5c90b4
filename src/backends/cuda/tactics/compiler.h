// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tuning/text_compiler.h"

namespace tn::cuda {

/// Compiles for one architecture by NVRTC, each text once.
class NvrtcCompiler final : public TextCompiler {
 public:
  struct Options {
    int threads = 0;               ///< that compile ahead; 0: all but one of those that the process may use
    std::filesystem::path folder;  ///< keeps images from run to run, if named; damaged files in it are replaced
  };
  /// Throws Error(NotFound) without NVRTC, Error(Unsupported) if it does not know the architecture ("sm_90").
  NvrtcCompiler(std::string architecture, const Options& options);
  explicit NvrtcCompiler(std::string architecture) : NvrtcCompiler(std::move(architecture), Options()) {}
  ~NvrtcCompiler() override;

  const std::string& architecture() const;
  std::vector<std::byte> compile(const std::string& source, const std::string& entry) override;
  void prefetch(const std::string& source, const std::string& entry) override;

  /// Texts that went through NVRTC, not counting those found in a cache.
  int compiled() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace tn::cuda
