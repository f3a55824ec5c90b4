// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/device/product_step.h"
#include "backends/cpu/kernels/conv/conv.h"
#include "backends/cpu/kernels/depthwise/depthwise.h"
#include "backends/cpu/kernels/depthwise/f16_depthwise.h"
#include "backends/cpu/kernels/winograd/winograd.h"

namespace tn::cpu {

template <typename V>
void conv_fields(V& v, ConvParams& params) {
  v("in_channels", params.in_channels);
  v("out_channels", params.out_channels);
  v("groups", params.groups);
  extent_field(v, "kernel", params.kernel);
  extent_field(v, "stride", params.stride);
  extent_field(v, "dilation", params.dilation);
  extent_field(v, "pad_before", params.pad_before);
  extent_field(v, "pad_after", params.pad_after);
  v("type", params.type);
  v("out_type", params.out_type);
  isa_field(v, params.isa);
  tile_fields(v, params.config.tile);
  v("merge_width", params.config.merge_width);
}

/// Parameters of the kernels "conv", "depthwise", "depthwise_f16" and "winograd".
struct ConvStep {
  ConvParams params;
  WinogradConfig winograd;
  EpilogueStep epilogue;
  template <typename V>
  void fields(V& v) {
    conv_fields(v, params);
    auto outputs = static_cast<int64_t>(winograd.outputs), block = static_cast<int64_t>(winograd.block);
    v("winograd_outputs", outputs);
    v("winograd_block", block);
    winograd.outputs = static_cast<int>(outputs);
    winograd.block = static_cast<int>(block);
    winograd.tile = params.config.tile;
    epilogue.fields(v);
  }
};

/// Extents of the spatial axes of [N, C, spatial…], missing outer ones 1.
Extent spatial_extent(const Shape& dims);
/// Strides of [N, C, spatial…] whose channels follow each other.
ImageStrides image_strides(const TensorView& view);
ConvShape conv_shape(const TensorView& input, const TensorView& output);

/// The algorithms under one form: Algorithm(step, largest shape).
struct DirectConv : Conv {
  static constexpr std::string_view kKernel = "conv";
  DirectConv(const ConvStep& step, const ConvShape& max) : Conv(step.params, max) {}
  static bool supports(const ConvStep& step) {
    const ConvParams& p = step.params;
    return Conv::supports(p) && has_tile(p.isa, p.type, p.config.tile) &&
           (!p.config.merge_width || (p.groups == 1 && p.dilation[2] == 1));
  }
  static size_t packed_bytes(const ConvStep& step) { return Conv::packed_bytes(step.params); }
};
struct DepthwiseConv : Depthwise {
  static constexpr std::string_view kKernel = "depthwise";
  DepthwiseConv(const ConvStep& step, const ConvShape&) : Depthwise(step.params) {}
  static bool supports(const ConvStep& step) { return Depthwise::supports(step.params); }
  static size_t packed_bytes(const ConvStep& step) { return Depthwise::packed_bytes(step.params); }
  static size_t workspace_bytes(int) { return 0; }
  void run(Lane& lane, const void* input, const void* packed, const Epilogue& epilogue, void* output,
           void*) const noexcept {
    Depthwise::run(lane, input, packed, epilogue, output);
  }
};
struct F16DepthwiseConv : F16Depthwise {
  static constexpr std::string_view kKernel = "depthwise_f16";
  F16DepthwiseConv(const ConvStep& step, const ConvShape& max) : F16Depthwise(step.params, kernels(step), max) {}
  static bool supports(const ConvStep& step) {
    return f16_depthwise_kernels(step.params.isa) && F16Depthwise::supports(step.params);
  }
  static size_t packed_bytes(const ConvStep& step) { return F16Depthwise::packed_bytes(step.params, kernels(step)); }
  static const F16DepthwiseKernels& kernels(const ConvStep& step) { return *f16_depthwise_kernels(step.params.isa); }
};
struct WinogradConv : Winograd {
  static constexpr std::string_view kKernel = "winograd";
  WinogradConv(const ConvStep& step, const ConvShape& max) : Winograd(step.params, step.winograd, max) {}
  static bool supports(const ConvStep& step) {
    const WinogradConfig& w = step.winograd;
    return (w.outputs == 2 || w.outputs == 4) && w.block >= 0 && w.block <= 1 << 16 &&
           has_tile(step.params.isa, step.params.type, w.tile) && Winograd::supports(step.params, w);
  }
  static size_t packed_bytes(const ConvStep& step) { return Winograd::packed_bytes(step.params, step.winograd); }
};

}  // namespace tn::cpu
