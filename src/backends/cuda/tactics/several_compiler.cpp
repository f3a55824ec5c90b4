// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/tactics/several_compiler.h"

#include "backends/cuda/device/images.h"

namespace tn::cuda {

SeveralCompiler::SeveralCompiler(const std::vector<std::string>& architectures, const NvrtcCompiler::Options& options) {
  for (const std::string& architecture : architectures)
    compilers_.push_back(std::make_unique<NvrtcCompiler>(architecture, options));
}

std::vector<std::byte> SeveralCompiler::compile(const std::string& source, const std::string& entry) {
  prefetch(source, entry);
  std::vector<Image> images;
  for (const auto& compiler : compilers_)
    images.push_back({compiler->architecture(), compiler->compile(source, entry)});
  return join_images(images);
}

void SeveralCompiler::prefetch(const std::string& source, const std::string& entry) {
  for (const auto& compiler : compilers_) compiler->prefetch(source, entry);
}

}  // namespace tn::cuda
