// SPDX-License-Identifier: Apache-2.0
// Convolutions and poolings.
#pragma once

#include "api/build/layer.h"

namespace tn::api {

/// Stride, padding and dilation of a sliding window; nbDims 0 where the default holds.
struct Window {
  tenon::Dims size, stride, before, after, dilation;
  tenon::PaddingMode mode = tenon::PaddingMode::kEXPLICIT_ROUND_DOWN;

  /// kernel_shape, strides, pads or auto_pad. Throws Error where lists differ in length.
  Attributes attributes() const;
};

/// The properties that all windows share.
template <typename Interface>
class WindowLayer : public Layer<Interface> {
 public:
  using Layer<Interface>::Layer;
  void setStrideNd(tenon::Dims const& dims) noexcept override { this->set(window.stride, dims); }
  tenon::Dims getStrideNd() const noexcept override { return window.stride; }
  void setPaddingNd(tenon::Dims const& dims) noexcept override {
    this->set(window.before, dims);
    this->set(window.after, dims);
  }
  tenon::Dims getPaddingNd() const noexcept override { return window.before; }
  void setPrePadding(tenon::Dims const& dims) noexcept override { this->set(window.before, dims); }
  tenon::Dims getPrePadding() const noexcept override { return window.before; }
  void setPostPadding(tenon::Dims const& dims) noexcept override { this->set(window.after, dims); }
  tenon::Dims getPostPadding() const noexcept override { return window.after; }
  void setPaddingMode(tenon::PaddingMode mode) noexcept override { this->set(window.mode, mode); }
  tenon::PaddingMode getPaddingMode() const noexcept override { return window.mode; }

  Window window;
};

/// Convolution and deconvolution, which differ in the order of the kernel's first extents.
template <typename Interface>
class FilterLayer : public WindowLayer<Interface> {
 public:
  using WindowLayer<Interface>::WindowLayer;
  void setKernelSizeNd(tenon::Dims const& dims) noexcept override { this->set(this->window.size, dims); }
  tenon::Dims getKernelSizeNd() const noexcept override { return this->window.size; }
  void setNbOutputMaps(int64_t count) noexcept override { this->set(maps, count); }
  int64_t getNbOutputMaps() const noexcept override { return maps; }
  void setNbGroups(int64_t count) noexcept override { this->set(groups, count); }
  int64_t getNbGroups() const noexcept override { return groups; }
  void setKernelWeights(tenon::Weights weights) noexcept override { this->set(kernel, weights); }
  tenon::Weights getKernelWeights() const noexcept override { return kernel; }
  void setBiasWeights(tenon::Weights weights) noexcept override { this->set(bias, weights); }
  tenon::Weights getBiasWeights() const noexcept override { return bias; }
  void setDilationNd(tenon::Dims const& dims) noexcept override { this->set(this->window.dilation, dims); }
  tenon::Dims getDilationNd() const noexcept override { return this->window.dilation; }
  std::vector<TensorId> lower(Lowering& lowering) const override;

  int64_t maps = 0, groups = 1;
  tenon::Weights kernel, bias;
};

using ConvolutionLayer = FilterLayer<tenon::IConvolutionLayer>;
using DeconvolutionLayer = FilterLayer<tenon::IDeconvolutionLayer>;

class PoolingLayer final : public WindowLayer<tenon::IPoolingLayer> {
 public:
  using WindowLayer::WindowLayer;
  void setPoolingType(tenon::PoolingType type) noexcept override { set(pooling, type); }
  tenon::PoolingType getPoolingType() const noexcept override { return pooling; }
  void setWindowSizeNd(tenon::Dims const& dims) noexcept override { set(window.size, dims); }
  tenon::Dims getWindowSizeNd() const noexcept override { return window.size; }
  void setBlendFactor(float factor) noexcept override { set(blend, factor); }
  float getBlendFactor() const noexcept override { return blend; }
  void setAverageCountExcludesPadding(bool excludes) noexcept override { set(excludes_padding, excludes); }
  bool getAverageCountExcludesPadding() const noexcept override { return excludes_padding; }
  std::vector<TensorId> lower(Lowering& lowering) const override;

  tenon::PoolingType pooling = tenon::PoolingType::kMAX;
  float blend = 0;
  bool excludes_padding = true;
};

}  // namespace tn::api
