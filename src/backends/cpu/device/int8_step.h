// SPDX-License-Identifier: Apache-2.0
// Parameters of products of bytes.
#pragma once

#include <type_traits>

#include "backends/cpu/device/conv_step.h"
#include "backends/cpu/device/gemm_step.h"
#include "backends/cpu/kernels/depthwise/int8_depthwise.h"
#include "backends/cpu/kernels/int8/requantize.h"

namespace tn::cpu {

/// Operands of such a step: those of other products, but in place of the bias u8 [channels * 12], and as the last u8
/// [256] or absent. The former are correction (s32), scale and offset (f32) of all channels, one after another.
inline constexpr size_t kChannelInput = kBiasInput, kTableInput = 4, kInt8Inputs = 5;
inline constexpr int64_t kChannelBytes = 12;

/// What becomes of the sums (Requantization) of a result of bytes; of others `floats`, whose activation both have.
struct Int8EpilogueStep {
  int64_t zero_point = 0, low = 0, high = 255;
  double residual_scale = 0, inverse = 1;
  bool again = false;
  double again_scale = 1, again_offset = 0;
  int64_t again_zero_point = 0, again_low = 0, again_high = 255;
  EpilogueStep floats;
  template <typename V>
  void fields(V& v) {
    v("zero_point", zero_point);
    v("low", low);
    v("high", high);
    v("residual_scale", residual_scale);
    v("inverse", inverse);
    v("again", again);
    v("again_scale", again_scale);
    v("again_offset", again_offset);
    v("again_zero_point", again_zero_point);
    v("again_low", again_low);
    v("again_high", again_high);
    floats.fields(v);
  }
};

/// Parameters of the kernels "conv_int8" and "depthwise_int8".
struct Int8ConvStep {
  ConvParams params;
  Int8EpilogueStep epilogue;
  template <typename V>
  void fields(V& v) {
    conv_fields(v, params);
    auto padding = static_cast<int64_t>(params.zero_point);
    v("padding", padding);
    params.zero_point = static_cast<int>(padding);
    epilogue.fields(v);
  }
};

/// Parameters of the kernel "gemm_int8".
struct Int8GemmStep {
  GemmParams params;
  Int8EpilogueStep epilogue;
  template <typename V>
  void fields(V& v) {
    v("k", params.k);
    v("n", params.n);
    v("type", params.type);
    v("out_type", params.out_type);
    isa_field(v, params.isa);
    tile_fields(v, params.tile);
    epilogue.fields(v);
  }
};

struct Int8DirectConv : Conv {
  static constexpr std::string_view kKernel = "conv_int8";
  Int8DirectConv(const Int8ConvStep& step, const ConvShape& max) : Conv(step.params, max) {}
  static bool supports(const Int8ConvStep& step) {
    const ConvParams& p = step.params;
    return has_tile(p.isa, p.type, p.config.tile) && (!p.config.merge_width || (p.groups == 1 && p.dilation[2] == 1));
  }
  static size_t packed_bytes(const Int8ConvStep& step) { return Conv::packed_bytes(step.params); }
};

/// Sums in f32 on the sets for floats (Depthwise), or by VNNI on those that have it (Int8Depthwise).
template <typename Algorithm>
struct AnyInt8Depthwise : Algorithm {
  static constexpr std::string_view kKernel = "depthwise_int8";
  AnyInt8Depthwise(const Int8ConvStep& step, const ConvShape&) : Algorithm(step.params) {}
  static bool supports(const Int8ConvStep& step) {
    const bool plain = step.params.isa == Isa::Generic;  // where VNNI is only played, for tests
    return Algorithm::supports(step.params) && !(plain && std::is_same_v<Algorithm, Int8Depthwise>);
  }
  static size_t packed_bytes(const Int8ConvStep& step) { return Algorithm::packed_bytes(step.params); }
  static size_t workspace_bytes(int) { return 0; }
  void run(Lane& lane, const void* input, const void* packed, const Epilogue& epilogue, void* output,
           void*) const noexcept {
    Algorithm::run(lane, input, packed, epilogue, output);
  }
};
using Int8DepthwiseConv = AnyInt8Depthwise<Depthwise>;
using VnniDepthwiseConv = AnyInt8Depthwise<Int8Depthwise>;

/// Sums of so many products of bytes fit 32 bits.
inline constexpr int64_t kMostInt8Products = (int64_t{1} << 31) / (255 * 128) - 1;

/// What a kernel for bytes does behind its sums: holds the Epilogue and checks its operands.
class Int8EpilogueOperands {
 public:
  /// Throws Error(InvalidEngine) unless the step has the operands said above.
  Int8EpilogueOperands(const Int8EpilogueStep& step, const KernelSpec& spec);
  bool has_residual() const noexcept { return has_residual_; }
  /// Fails unless there is a channel for each of the result's and the residual has the result's shape.
  Status bind(std::span<const TensorView> inputs, const TensorView& result, int64_t channels) noexcept;
  void set_residual_strides(const ImageStrides& strides) noexcept { epilogue_.residual_strides = strides; }
  /// With the addresses of a run.
  const Epilogue& of(const KernelArguments& arguments) noexcept;

 private:
  Epilogue epilogue_;
  Requantization requantization_;
  int64_t channels_ = 0;
  bool has_residual_, has_table_;
};

}  // namespace tn::cpu
