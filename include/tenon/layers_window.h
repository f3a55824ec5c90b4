// SPDX-License-Identifier: Apache-2.0
// Layers that slide a window over images of [N,C,H,W], or [N,C,D,H,W] for three spatial dimensions; "spatial" lists
// run D,H,W.
#pragma once

#include "tenon/tensor.h"

namespace tenon {

/// Two or three spatial dimensions. Kernel weights are [maps, C / groups, spatial…], the bias [maps] or empty.
/// Input 1, where set, is the kernel and replaces the weights; input 2 likewise the bias.
class IConvolutionLayer : public ILayer {
 public:
  virtual void setKernelSizeNd(Dims const& kernelSizeNd) noexcept = 0;
  virtual Dims getKernelSizeNd() const noexcept = 0;
  virtual void setNbOutputMaps(int64_t maps) noexcept = 0;
  virtual int64_t getNbOutputMaps() const noexcept = 0;
  virtual void setNbGroups(int64_t groups) noexcept = 0;
  virtual int64_t getNbGroups() const noexcept = 0;
  virtual void setKernelWeights(Weights kernelWeights) noexcept = 0;
  virtual Weights getKernelWeights() const noexcept = 0;
  virtual void setBiasWeights(Weights biasWeights) noexcept = 0;
  virtual Weights getBiasWeights() const noexcept = 0;
  virtual void setStrideNd(Dims const& strideNd) noexcept = 0;
  virtual Dims getStrideNd() const noexcept = 0;
  /// The same before and after; the get is of the padding before.
  virtual void setPaddingNd(Dims const& paddingNd) noexcept = 0;
  virtual Dims getPaddingNd() const noexcept = 0;
  virtual void setPrePadding(Dims const& prePadding) noexcept = 0;
  virtual Dims getPrePadding() const noexcept = 0;
  virtual void setPostPadding(Dims const& postPadding) noexcept = 0;
  virtual Dims getPostPadding() const noexcept = 0;
  virtual void setPaddingMode(PaddingMode paddingMode) noexcept = 0;
  virtual PaddingMode getPaddingMode() const noexcept = 0;
  virtual void setDilationNd(Dims const& dilationNd) noexcept = 0;
  virtual Dims getDilationNd() const noexcept = 0;
};

/// The gradient of a convolution. Kernel weights are [C, maps / groups, spatial…].
class IDeconvolutionLayer : public ILayer {
 public:
  virtual void setKernelSizeNd(Dims const& kernelSizeNd) noexcept = 0;
  virtual Dims getKernelSizeNd() const noexcept = 0;
  virtual void setNbOutputMaps(int64_t maps) noexcept = 0;
  virtual int64_t getNbOutputMaps() const noexcept = 0;
  virtual void setNbGroups(int64_t groups) noexcept = 0;
  virtual int64_t getNbGroups() const noexcept = 0;
  virtual void setKernelWeights(Weights kernelWeights) noexcept = 0;
  virtual Weights getKernelWeights() const noexcept = 0;
  virtual void setBiasWeights(Weights biasWeights) noexcept = 0;
  virtual Weights getBiasWeights() const noexcept = 0;
  virtual void setStrideNd(Dims const& strideNd) noexcept = 0;
  virtual Dims getStrideNd() const noexcept = 0;
  /// The same before and after; the get is of the padding before.
  virtual void setPaddingNd(Dims const& paddingNd) noexcept = 0;
  virtual Dims getPaddingNd() const noexcept = 0;
  virtual void setPrePadding(Dims const& prePadding) noexcept = 0;
  virtual Dims getPrePadding() const noexcept = 0;
  virtual void setPostPadding(Dims const& postPadding) noexcept = 0;
  virtual Dims getPostPadding() const noexcept = 0;
  virtual void setPaddingMode(PaddingMode paddingMode) noexcept = 0;
  virtual PaddingMode getPaddingMode() const noexcept = 0;
  virtual void setDilationNd(Dims const& dilationNd) noexcept = 0;
  virtual Dims getDilationNd() const noexcept = 0;
};

class IPoolingLayer : public ILayer {
 public:
  virtual void setPoolingType(PoolingType poolingType) noexcept = 0;
  virtual PoolingType getPoolingType() const noexcept = 0;
  virtual void setWindowSizeNd(Dims const& windowSizeNd) noexcept = 0;
  virtual Dims getWindowSizeNd() const noexcept = 0;
  virtual void setStrideNd(Dims const& strideNd) noexcept = 0;
  virtual Dims getStrideNd() const noexcept = 0;
  virtual void setPaddingNd(Dims const& paddingNd) noexcept = 0;
  virtual Dims getPaddingNd() const noexcept = 0;
  virtual void setPrePadding(Dims const& prePadding) noexcept = 0;
  virtual Dims getPrePadding() const noexcept = 0;
  virtual void setPostPadding(Dims const& postPadding) noexcept = 0;
  virtual Dims getPostPadding() const noexcept = 0;
  virtual void setPaddingMode(PaddingMode paddingMode) noexcept = 0;
  virtual PaddingMode getPaddingMode() const noexcept = 0;
  /// kMAX_AVERAGE_BLEND: (1 − factor)·max + factor·average.
  virtual void setBlendFactor(float blendFactor) noexcept = 0;
  virtual float getBlendFactor() const noexcept = 0;
  /// Default true.
  virtual void setAverageCountExcludesPadding(bool averageCountExcludesPadding) noexcept = 0;
  virtual bool getAverageCountExcludesPadding() const noexcept = 0;
};

}  // namespace tenon
