// SPDX-License-Identifier: Apache-2.0
// 3 x 3 convolution with stride 1 by Winograd's F(2, 3) or F(4, 3): 2.25 or 4 times fewer products. Relative errors in
// f32 are about 1e-5 and 1e-4 of the output's size.
#pragma once

#include <span>
#include <vector>

#include "backends/cpu/kernels/conv/conv.h"
#include "backends/cpu/kernels/winograd/transform.h"

namespace tn {

struct WinogradConfig {
  int outputs = 4;  ///< 2 or 4 in each direction
  /// Patches that a thread transforms, multiplies and transforms back at a time, in its own cache. 0: all threads go
  /// through the three phases together, for few patches.
  int block = 0;
  TileShape tile;
  friend bool operator==(const WinogradConfig&, const WinogradConfig&) = default;
};

class Winograd {
 public:
  /// Any channels and padding; no groups. F32, or F16 with Isa::Avx512Fp16 and two outputs.
  static bool supports(const ConvParams& params, const WinogradConfig& config);
  static std::vector<WinogradConfig> configs(const ConvParams& params);
  static size_t packed_bytes(const ConvParams& params, const WinogradConfig& config);
  /// `weights` is dense f32 [out, in, 3, 3]. Throws Error.
  static void pack(const ConvParams& params, const WinogradConfig& config, const TensorView& weights,
                   std::span<std::byte> out);

  /// `config` of the params does not matter. Throws Error.
  Winograd(const ConvParams& params, const WinogradConfig& config, const ConvShape& max);
  size_t workspace_bytes(int threads) const;
  Status bind(const ConvShape& shape) noexcept;
  void run(Lane& lane, const void* input, const void* packed, const Epilogue& epilogue, void* output,
           void* workspace) const noexcept;

 private:
  struct Task;
  struct Patches;
  void transform_input(const Task& task, const Patches& patches, int64_t begin, int64_t end) const noexcept;
  void multiply(const Task& task, const Patches& patches, int64_t begin, int64_t end) const noexcept;
  void transform_output(const Task& task, const Patches& patches, int64_t begin, int64_t end) const noexcept;
  void write_patch(const Task& task, const float* sums, int64_t plane, int64_t patch) const noexcept;
  Patches patches_at(void* memory, int64_t first, int64_t count, int64_t room) const noexcept;
  int64_t patch_bytes() const;

  ConvParams params_;
  WinogradConfig config_;
  ProductPacking packing_;
  const WinogradKernels* kernels_;
  const WinogradTransforms* transforms_;
  ConvShape shape_;
  Extent out_;
  int64_t rows_ = 0, columns_ = 0;  ///< patches of an image
  int64_t max_patches_ = 0;
};

}  // namespace tn
