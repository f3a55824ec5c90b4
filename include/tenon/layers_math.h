// SPDX-License-Identifier: Apache-2.0
// Layers that compute: elementwise, reductions, products, normalizations, quantization.
#pragma once

#include "tenon/tensor.h"

namespace tenon {

class IActivationLayer : public ILayer {
 public:
  virtual void setActivationType(ActivationType activationType) noexcept = 0;
  virtual ActivationType getActivationType() const noexcept = 0;
  virtual void setAlpha(float alpha) noexcept = 0;
  virtual float getAlpha() const noexcept = 0;
  virtual void setBeta(float beta) noexcept = 0;
  virtual float getBeta() const noexcept = 0;
};

/// x / (k + α/window · Σ x²)^β, summed over `window` neighbouring channels (odd).
class ILRNLayer : public ILayer {
 public:
  virtual void setWindowSize(int64_t windowSize) noexcept = 0;
  virtual int64_t getWindowSize() const noexcept = 0;
  virtual void setAlpha(float alpha) noexcept = 0;
  virtual float getAlpha() const noexcept = 0;
  virtual void setBeta(float beta) noexcept = 0;
  virtual float getBeta() const noexcept = 0;
  virtual void setK(float k) noexcept = 0;
  virtual float getK() const noexcept = 0;
};

/// (x·scale + shift)^power; an empty weight stands for 1, 0 and 1.
class IScaleLayer : public ILayer {
 public:
  virtual void setMode(ScaleMode mode) noexcept = 0;
  virtual ScaleMode getMode() const noexcept = 0;
  virtual void setShift(Weights shift) noexcept = 0;
  virtual Weights getShift() const noexcept = 0;
  virtual void setScale(Weights scale) noexcept = 0;
  virtual Weights getScale() const noexcept = 0;
  virtual void setPower(Weights power) noexcept = 0;
  virtual Weights getPower() const noexcept = 0;
  virtual void setChannelAxis(int32_t channelAxis) noexcept = 0;
  virtual int32_t getChannelAxis() const noexcept = 0;
};

class ISoftMaxLayer : public ILayer {
 public:
  /// One bit: 1 << axis. Default: the axis 3 from the end, or 0 for fewer dimensions.
  virtual void setAxes(uint32_t axes) noexcept = 0;
  virtual uint32_t getAxes() const noexcept = 0;
};

/// Both inputs have the same rank; extents of 1 are repeated.
class IElementWiseLayer : public ILayer {
 public:
  virtual void setOperation(ElementWiseOperation operation) noexcept = 0;
  virtual ElementWiseOperation getOperation() const noexcept = 0;
};

class IUnaryLayer : public ILayer {
 public:
  virtual void setOperation(UnaryOperation operation) noexcept = 0;
  virtual UnaryOperation getOperation() const noexcept = 0;
};

class IReduceLayer : public ILayer {
 public:
  virtual void setOperation(ReduceOperation operation) noexcept = 0;
  virtual ReduceOperation getOperation() const noexcept = 0;
  /// Bit 1 << axis for each reduced axis.
  virtual void setReduceAxes(uint32_t reduceAxes) noexcept = 0;
  virtual uint32_t getReduceAxes() const noexcept = 0;
  virtual void setKeepDimensions(bool keepDimensions) noexcept = 0;
  virtual bool getKeepDimensions() const noexcept = 0;
};

/// Batched over the leading dimensions, of which extents of 1 are repeated.
class IMatrixMultiplyLayer : public ILayer {
 public:
  /// `index` is 0 or 1, the operand.
  virtual void setOperation(int32_t index, MatrixOperation op) noexcept = 0;
  virtual MatrixOperation getOperation(int32_t index) const noexcept = 0;
};

class ICastLayer : public ILayer {
 public:
  virtual void setToType(DataType toType) noexcept = 0;
  virtual DataType getToType() const noexcept = 0;
};

/// x ≥ 0: x, else slope·x; the slope is input 1 and is repeated along extents of 1.
class IParametricReLULayer : public ILayer {};

/// condition ? then : else, for inputs 0, 1, 2; extents of 1 are repeated.
class ISelectLayer : public ILayer {};

/// clamp(round(x / scale) + zero point), rounding half to even.
/// Input 1 is the scale, input 2, where set, the zero point: scalars, vectors along the axis, or of x's rank, where
/// each element stands for a block: extents divide x's.
class IQuantizeLayer : public ILayer {
 public:
  virtual void setAxis(int32_t axis) noexcept = 0;
  virtual int32_t getAxis() const noexcept = 0;
  virtual void setToType(DataType toType) noexcept = 0;
  virtual DataType getToType() const noexcept = 0;
};

/// (x − zero point)·scale.
/// Input 1 is the scale, input 2, where set, the zero point: as of IQuantizeLayer.
class IDequantizeLayer : public ILayer {
 public:
  virtual void setAxis(int32_t axis) noexcept = 0;
  virtual int32_t getAxis() const noexcept = 0;
  virtual void setToType(DataType toType) noexcept = 0;
  virtual DataType getToType() const noexcept = 0;
};

/// Quantizes blocks of x by their own largest magnitudes. Output 1 has a scale for each block: magnitude / (largest
/// value of the type), divided by input 1, a scalar, where set, and rounded to the type of scales (E8M0: up). Output 0
/// is x / (the rounded scale · input 1), rounded to its type; blocks of zeros stay zero. Types: kFP4, kFP8 or kINT8; of
/// scales kFLOAT, kFP8 or kE8M0. Blocks must divide x, whose blocked extents are known while building.
class IDynamicQuantizeLayer : public ILayer {
 public:
  virtual void setToType(DataType toType) noexcept = 0;
  virtual DataType getToType() const noexcept = 0;
  virtual void setScaleType(DataType scaleType) noexcept = 0;
  virtual DataType getScaleType() const noexcept = 0;
  /// The axis of blocks that are no wider than an element along others; the last is -1, the default.
  virtual void setAxis(int32_t axis) noexcept = 0;
  virtual int32_t getAxis() const noexcept = 0;
  virtual void setBlockSize(int32_t size) noexcept = 0;
  virtual int32_t getBlockSize() const noexcept = 0;
  /// Extents of a block along all axes, instead of axis and size; −1 is all of an axis.
  virtual void setBlockShape(Dims const& shape) noexcept = 0;
  virtual Dims getBlockShape() const noexcept = 0;
};

/// (x − mean) / sqrt(variance + ε)·scale + bias, with mean and variance over the axes.
class INormalizationLayer : public ILayer {
 public:
  /// Default 1e-5.
  virtual void setEpsilon(float epsilon) noexcept = 0;
  virtual float getEpsilon() const noexcept = 0;
  /// Bit 1 << axis for each.
  virtual void setAxes(uint32_t axes) noexcept = 0;
  virtual uint32_t getAxes() const noexcept = 0;
  /// Groups of channels; 1 unless for group normalization.
  virtual void setNbGroups(int64_t groups) noexcept = 0;
  virtual int64_t getNbGroups() const noexcept = 0;
  /// Scale and bias have the shape of the normalized axes (true) or of the channels (false).
  virtual bool isV2() const noexcept = 0;
};

/// Sums of products over named subscripts, as NumPy's einsum writes them: "ij,jk->ik".
class IEinsumLayer : public ILayer {
 public:
  virtual bool setEquation(char const* equation) noexcept = 0;
  virtual char const* getEquation() const noexcept = 0;
};

/// Running sums along an axis, which input 1 (a constant scalar) names.
class ICumulativeLayer : public ILayer {
 public:
  virtual bool setOperation(CumulativeOperation op) noexcept = 0;
  virtual CumulativeOperation getOperation() const noexcept = 0;
  /// Without the element itself.
  virtual void setExclusive(bool exclusive) noexcept = 0;
  virtual bool getExclusive() const noexcept = 0;
  /// From the end.
  virtual void setReverse(bool reverse) noexcept = 0;
  virtual bool getReverse() const noexcept = 0;
};

}  // namespace tenon
