// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backends/cuda/tactics/compiler.h"

namespace tn::cuda {

/// Compiles each text for several architectures; images are blocks as device/images.h makes them.
class SeveralCompiler final : public TextCompiler {
 public:
  /// Throws as NvrtcCompiler does.
  SeveralCompiler(const std::vector<std::string>& architectures, const NvrtcCompiler::Options& options);
  std::vector<std::byte> compile(const std::string& source, const std::string& entry) override;
  void prefetch(const std::string& source, const std::string& entry) override;

 private:
  std::vector<std::unique_ptr<NvrtcCompiler>> compilers_;
};

}  // namespace tn::cuda
