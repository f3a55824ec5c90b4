// SPDX-License-Identifier: Apache-2.0
// Direct convolution of channels-last images by register tiles over all taps: 1-D, 2-D, 3-D, groups, stride, dilation.
#pragma once

#include <span>
#include <vector>

#include "backends/cpu/kernels/product/product.h"
#include "base/status.h"
#include "base/tensor_view.h"

namespace tn {

/// What a tuner may choose.
struct ConvConfig {
  TileShape tile;
  /// One row of the window (width times input channels) is one k: for few input channels. Needs input pixels that
  /// follow each other without gaps.
  bool merge_width = false;
  friend bool operator==(const ConvConfig&, const ConvConfig&) = default;
};

struct ConvParams {
  int64_t in_channels = 0, out_channels = 0, groups = 1;
  Extent kernel{1, 1, 1}, stride{1, 1, 1}, dilation{1, 1, 1}, pad_before{}, pad_after{};
  DataType type = DataType::F32;      ///< of input and weights: F32, or F16 with Isa::Avx512Fp16; U8 or I8 of the
                                      ///< input, and weights are I8
  DataType out_type = DataType::F32;  ///< F32, F16, BF16; of bytes also U8, I8
  int zero_point = 0;                 ///< of bytes: what the padding holds
  Isa isa = Isa::Generic;
  ConvConfig config;

  Extent out_extent(const Extent& in) const {
    Extent out;
    for (size_t i = 0; i < 3; ++i) {
      const int64_t room = in[i] + pad_before[i] + pad_after[i] - (kernel[i] - 1) * dilation[i] - 1;
      out[i] = room < 0 ? 0 : room / stride[i] + 1;
    }
    return out;
  }
};

/// Shape and strides of one run. The strides of the residual come with the epilogue.
struct ConvShape {
  int64_t batch = 1;
  Extent in{1, 1, 1};
  ImageStrides in_strides, out_strides;
};

class Conv {
 public:
  /// Whether there are kernels for these types and this set.
  static bool supports(const ConvParams& params) { return product_kernels(params.isa, params.type) != nullptr; }
  /// Configurations worth timing; the first is a good guess. `config` of the argument is ignored.
  static std::vector<ConvConfig> configs(const ConvParams& params);
  static size_t packed_bytes(const ConvParams& params);
  /// `weights` is f32, or I8 for bytes, [out, in / groups, kernel...] with one to three kernel axes, dense. Throws
  /// Error.
  static void pack(const ConvParams& params, const TensorView& weights, std::span<std::byte> out);

  /// Reserves what every shape up to `max` needs. Throws Error.
  Conv(const ConvParams& params, const ConvShape& max);
  /// Bytes that run() needs for a lane of `threads`; aligned to 64.
  size_t workspace_bytes(int threads) const;
  /// Sets the shape; allocates nothing. Calls with only another batch cost nothing.
  Status bind(const ConvShape& shape) noexcept;
  /// After bind. `packed` is aligned to 64 bytes. Padding of the epilogue's operands is never read.
  void run(Lane& lane, const void* input, const void* packed, const Epilogue& epilogue, void* output,
           void* workspace) const noexcept;

 private:
  void fill_offsets(const ConvShape& shape) noexcept;
  Extent window_corner(int64_t pixel) const noexcept;
  void fill_aside(const char* image, int64_t tile, char* aside) const noexcept;
  int64_t aside_row_bytes() const;

  ConvParams params_;
  ProductShape shape_;
  ConvShape bound_;
  int64_t max_pixels_ = 0;
  std::vector<int32_t> offsets_;
  std::vector<char> zeros_;
  std::vector<uint8_t> ragged_;  ///< with merge_width: tiles whose windows reach into the padding sideways
};

}  // namespace tn
