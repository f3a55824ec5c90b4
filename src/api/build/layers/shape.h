// SPDX-License-Identifier: Apache-2.0
// Layers that move, choose and make elements.
#pragma once

#include "api/build/layer.h"

namespace tn::api {

class ConcatenationLayer final : public Layer<tenon::IConcatenationLayer> {
 public:
  using Layer::Layer;
  void setAxis(int32_t value) noexcept override { set(axis, value); }
  int32_t getAxis() const noexcept override { return axis; }
  std::vector<TensorId> lower(Lowering& lowering) const override;

  int32_t axis = 0;
};

class PaddingLayer final : public Layer<tenon::IPaddingLayer> {
 public:
  using Layer::Layer;
  void setPrePaddingNd(tenon::Dims const& dims) noexcept override { set(before, dims); }
  tenon::Dims getPrePaddingNd() const noexcept override { return before; }
  void setPostPaddingNd(tenon::Dims const& dims) noexcept override { set(after, dims); }
  tenon::Dims getPostPaddingNd() const noexcept override { return after; }
  std::vector<TensorId> lower(Lowering& lowering) const override;

  tenon::Dims before, after;
};

class ShuffleLayer final : public Layer<tenon::IShuffleLayer> {
 public:
  using Layer::Layer;
  void setFirstTranspose(tenon::Permutation order) noexcept override { set(first, order); }
  tenon::Permutation getFirstTranspose() const noexcept override { return first; }
  void setReshapeDimensions(tenon::Dims const& dims) noexcept override {
    reshapes = true;
    set(reshape, dims);
  }
  tenon::Dims getReshapeDimensions() const noexcept override { return reshape; }
  void setSecondTranspose(tenon::Permutation order) noexcept override { set(second, order); }
  tenon::Permutation getSecondTranspose() const noexcept override { return second; }
  void setZeroIsPlaceholder(bool value) noexcept override { set(zero_copies, value); }
  bool getZeroIsPlaceholder() const noexcept override { return zero_copies; }
  std::vector<TensorId> lower(Lowering& lowering) const override;

  tenon::Permutation first = identity(), second = identity();
  tenon::Dims reshape;
  bool reshapes = false, zero_copies = true;

 private:
  static tenon::Permutation identity() { return {{0, 1, 2, 3, 4, 5, 6, 7}}; }
};

class SliceLayer final : public Layer<tenon::ISliceLayer> {
 public:
  using Layer::Layer;
  void setStart(tenon::Dims const& dims) noexcept override { set(start, dims); }
  tenon::Dims getStart() const noexcept override { return start; }
  void setSize(tenon::Dims const& dims) noexcept override { set(size, dims); }
  tenon::Dims getSize() const noexcept override { return size; }
  void setStride(tenon::Dims const& dims) noexcept override { set(stride, dims); }
  tenon::Dims getStride() const noexcept override { return stride; }
  void setMode(tenon::SampleMode value) noexcept override { set(mode, value); }
  tenon::SampleMode getMode() const noexcept override { return mode; }
  void setAxes(tenon::Dims const& dims) noexcept override { set(axes, dims); }
  tenon::Dims getAxes() const noexcept override { return axes; }
  std::vector<TensorId> lower(Lowering& lowering) const override;

  tenon::Dims start, size, stride, axes;
  tenon::SampleMode mode = tenon::SampleMode::kSTRICT_BOUNDS;

 private:
  std::vector<int64_t> sliced_axes(int rank) const;
  /// With start, size or stride as inputs.
  TensorId lower_computed(Lowering& lowering, const std::vector<int64_t>& which) const;
  TensorId padded(Lowering& lowering, const std::vector<int64_t>& which, std::vector<int64_t>& starts) const;
};

class ShapeLayer final : public Layer<tenon::IShapeLayer> {
 public:
  using Layer::Layer;
  std::vector<TensorId> lower(Lowering& lowering) const override;
};

class ConstantLayer final : public Layer<tenon::IConstantLayer> {
 public:
  using Layer::Layer;
  void setWeights(tenon::Weights value) noexcept override { set(weights, value); }
  tenon::Weights getWeights() const noexcept override { return weights; }
  void setDimensions(tenon::Dims const& value) noexcept override { set(dims, value); }
  tenon::Dims getDimensions() const noexcept override { return dims; }
  std::vector<TensorId> lower(Lowering& lowering) const override;

  tenon::Weights weights;
  tenon::Dims dims;
};

class IdentityLayer final : public Layer<tenon::IIdentityLayer> {
 public:
  using Layer::Layer;
  std::vector<TensorId> lower(Lowering& lowering) const override;
};

class ResizeLayer final : public Layer<tenon::IResizeLayer> {
 public:
  using Layer::Layer;
  void setOutputDimensions(tenon::Dims const& value) noexcept override { set(dims, value); }
  tenon::Dims getOutputDimensions() const noexcept override { return dims; }
  void setScales(float const* values, int32_t count) noexcept override;
  int32_t getScales(int32_t count, float* values) const noexcept override;
  void setResizeMode(tenon::InterpolationMode value) noexcept override { set(mode, value); }
  tenon::InterpolationMode getResizeMode() const noexcept override { return mode; }
  void setCoordinateTransformation(tenon::ResizeCoordinateTransformation value) noexcept override {
    set(transformation, value);
  }
  tenon::ResizeCoordinateTransformation getCoordinateTransformation() const noexcept override { return transformation; }
  void setSelectorForSinglePixel(tenon::ResizeSelector value) noexcept override { set(selector, value); }
  tenon::ResizeSelector getSelectorForSinglePixel() const noexcept override { return selector; }
  void setNearestRounding(tenon::ResizeRoundMode value) noexcept override { set(rounding, value); }
  tenon::ResizeRoundMode getNearestRounding() const noexcept override { return rounding; }
  void setCubicCoeff(float value) noexcept override { set(cubic, value); }
  float getCubicCoeff() const noexcept override { return cubic; }
  void setExcludeOutside(bool value) noexcept override { set(exclude_outside, value); }
  bool getExcludeOutside() const noexcept override { return exclude_outside; }
  std::vector<TensorId> lower(Lowering& lowering) const override;

  tenon::Dims dims;
  std::vector<float> scales;
  tenon::InterpolationMode mode = tenon::InterpolationMode::kNEAREST;
  tenon::ResizeCoordinateTransformation transformation = tenon::ResizeCoordinateTransformation::kASYMMETRIC;
  tenon::ResizeSelector selector = tenon::ResizeSelector::kFORMULA;
  tenon::ResizeRoundMode rounding = tenon::ResizeRoundMode::kFLOOR;
  float cubic = -0.75F;
  bool exclude_outside = false;
};

class FillLayer final : public Layer<tenon::IFillLayer> {
 public:
  using Layer::Layer;
  void setDimensions(tenon::Dims const& value) noexcept override { set(dims, value); }
  tenon::Dims getDimensions() const noexcept override { return dims; }
  void setOperation(tenon::FillOperation value) noexcept override { set(operation, value); }
  tenon::FillOperation getOperation() const noexcept override { return operation; }
  void setAlpha(double value) noexcept override { set_double(alpha, value); }
  double getAlpha() const noexcept override { return alpha; }
  void setBeta(double value) noexcept override { set_double(beta, value); }
  double getBeta() const noexcept override { return beta; }
  void setAlphaInt64(int64_t value) noexcept override { set_integer(alpha, value); }
  int64_t getAlphaInt64() const noexcept override { return static_cast<int64_t>(alpha); }
  void setBetaInt64(int64_t value) noexcept override { set_integer(beta, value); }
  int64_t getBetaInt64() const noexcept override { return static_cast<int64_t>(beta); }
  bool isAlphaBetaInt64() const noexcept override { return integers; }
  void setToType(tenon::DataType value) noexcept override { set(to, value); }
  tenon::DataType getToType() const noexcept override { return to; }
  std::vector<TensorId> lower(Lowering& lowering) const override;

  tenon::Dims dims;
  tenon::FillOperation operation = tenon::FillOperation::kLINSPACE;
  double alpha = 0, beta = 1;
  bool integers = false;
  tenon::DataType to = tenon::DataType::kFLOAT;

 private:
  void set_double(double& field, double value) noexcept {
    integers = false;
    set(field, value);
  }
  void set_integer(double& field, int64_t value) noexcept {
    integers = true;
    set(field, static_cast<double>(value));
  }
};

class SqueezeLayer final : public Layer<tenon::ISqueezeLayer> {
 public:
  using Layer::Layer;
  std::vector<TensorId> lower(Lowering& lowering) const override;
};

class UnsqueezeLayer final : public Layer<tenon::IUnsqueezeLayer> {
 public:
  using Layer::Layer;
  std::vector<TensorId> lower(Lowering& lowering) const override;
};

}  // namespace tn::api
