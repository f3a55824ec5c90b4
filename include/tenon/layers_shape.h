// SPDX-License-Identifier: Apache-2.0
// Layers that move elements and make them.
#pragma once

#include "tenon/tensor.h"

namespace tenon {

/// order[i] is the input dimension that becomes output dimension i.
struct Permutation {
  int32_t order[Dims::MAX_DIMS];
};

class IConcatenationLayer : public ILayer {
 public:
  virtual void setAxis(int32_t axis) noexcept = 0;
  virtual int32_t getAxis() const noexcept = 0;
};

/// Zeros around the last two dimensions; a negative count crops.
class IPaddingLayer : public ILayer {
 public:
  virtual void setPrePaddingNd(Dims const& prePaddingNd) noexcept = 0;
  virtual Dims getPrePaddingNd() const noexcept = 0;
  virtual void setPostPaddingNd(Dims const& postPaddingNd) noexcept = 0;
  virtual Dims getPostPaddingNd() const noexcept = 0;
};

/// Transpose, then reshape, then transpose. Input 1, where set, is the shape to reshape to.
class IShuffleLayer : public ILayer {
 public:
  virtual void setFirstTranspose(Permutation firstTranspose) noexcept = 0;
  virtual Permutation getFirstTranspose() const noexcept = 0;
  /// One −1 is inferred; 0 copies the extent at the same place (see setZeroIsPlaceholder).
  virtual void setReshapeDimensions(Dims const& reshapeDimensions) noexcept = 0;
  virtual Dims getReshapeDimensions() const noexcept = 0;
  virtual void setSecondTranspose(Permutation secondTranspose) noexcept = 0;
  virtual Permutation getSecondTranspose() const noexcept = 0;
  /// Default true.
  virtual void setZeroIsPlaceholder(bool zeroIsPlaceholder) noexcept = 0;
  virtual bool getZeroIsPlaceholder() const noexcept = 0;
};

/// Output element i is input element start + i·stride; a stride of 0 repeats. Inputs 1, 2 and 3, where set, replace
/// start, size and stride; input 4 is the value for kFILL.
class ISliceLayer : public ILayer {
 public:
  virtual void setStart(Dims const& start) noexcept = 0;
  virtual Dims getStart() const noexcept = 0;
  virtual void setSize(Dims const& size) noexcept = 0;
  virtual Dims getSize() const noexcept = 0;
  virtual void setStride(Dims const& stride) noexcept = 0;
  virtual Dims getStride() const noexcept = 0;
  virtual void setMode(SampleMode mode) noexcept = 0;
  virtual SampleMode getMode() const noexcept = 0;
  /// The dimensions that start, size and stride are about; default: all of them.
  virtual void setAxes(Dims const& axes) noexcept = 0;
  virtual Dims getAxes() const noexcept = 0;
};

/// The input's shape as an INT64 vector.
class IShapeLayer : public ILayer {};

class IConstantLayer : public ILayer {
 public:
  virtual void setWeights(Weights weights) noexcept = 0;
  virtual Weights getWeights() const noexcept = 0;
  virtual void setDimensions(Dims const& dimensions) noexcept = 0;
  virtual Dims getDimensions() const noexcept = 0;
};

class IIdentityLayer : public ILayer {};

/// Input 1, where set, is the output shape.
class IResizeLayer : public ILayer {
 public:
  virtual void setOutputDimensions(Dims const& outputDimensions) noexcept = 0;
  virtual Dims getOutputDimensions() const noexcept = 0;
  /// One factor per dimension; used where no output dimensions are set.
  virtual void setScales(float const* scales, int32_t nbScales) noexcept = 0;
  /// Number of scales, or −1 where none are set; writes up to `size` of them.
  virtual int32_t getScales(int32_t size, float* scales) const noexcept = 0;
  virtual void setResizeMode(InterpolationMode resizeMode) noexcept = 0;
  virtual InterpolationMode getResizeMode() const noexcept = 0;
  virtual void setCoordinateTransformation(ResizeCoordinateTransformation coordinateTransformation) noexcept = 0;
  virtual ResizeCoordinateTransformation getCoordinateTransformation() const noexcept = 0;
  virtual void setSelectorForSinglePixel(ResizeSelector selectorForSinglePixel) noexcept = 0;
  virtual ResizeSelector getSelectorForSinglePixel() const noexcept = 0;
  virtual void setNearestRounding(ResizeRoundMode nearestRounding) noexcept = 0;
  virtual ResizeRoundMode getNearestRounding() const noexcept = 0;
  /// Default −0.75.
  virtual void setCubicCoeff(float cubicCoeff) noexcept = 0;
  virtual float getCubicCoeff() const noexcept = 0;
  /// Weights of pixels outside count as 0 and the others are made to sum to 1.
  virtual void setExcludeOutside(bool excludeOutside) noexcept = 0;
  virtual bool getExcludeOutside() const noexcept = 0;
};

/// kLINSPACE: α + Σ βᵢ·i; kRANDOM_UNIFORM: in [α, β]; kRANDOM_NORMAL: mean α, deviation β. Inputs 0, 1 and 2, where
/// set, replace dimensions, α and β.
class IFillLayer : public ILayer {
 public:
  virtual void setDimensions(Dims const& dimensions) noexcept = 0;
  virtual Dims getDimensions() const noexcept = 0;
  virtual void setOperation(FillOperation operation) noexcept = 0;
  virtual FillOperation getOperation() const noexcept = 0;
  virtual void setAlpha(double alpha) noexcept = 0;
  virtual double getAlpha() const noexcept = 0;
  virtual void setBeta(double beta) noexcept = 0;
  virtual double getBeta() const noexcept = 0;
  virtual void setAlphaInt64(int64_t alphaInt64) noexcept = 0;
  virtual int64_t getAlphaInt64() const noexcept = 0;
  virtual void setBetaInt64(int64_t betaInt64) noexcept = 0;
  virtual int64_t getBetaInt64() const noexcept = 0;
  /// True where the last values set were integers.
  virtual bool isAlphaBetaInt64() const noexcept = 0;
  virtual void setToType(DataType toType) noexcept = 0;
  virtual DataType getToType() const noexcept = 0;
};

/// Input 1 is a constant vector of the axes to drop.
class ISqueezeLayer : public ILayer {};

/// Input 1 is a constant vector of the axes of extent 1 to insert, counted in the output.
class IUnsqueezeLayer : public ILayer {};

}  // namespace tenon
