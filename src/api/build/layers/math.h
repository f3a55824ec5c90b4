// SPDX-License-Identifier: Apache-2.0
// Layers that compute: elementwise, reductions, products, normalizations.
#pragma once

#include "api/build/layer.h"

namespace tn::api {

class ActivationLayer final : public Layer<tenon::IActivationLayer> {
 public:
  using Layer::Layer;
  void setActivationType(tenon::ActivationType type) noexcept override { set(function, type); }
  tenon::ActivationType getActivationType() const noexcept override { return function; }
  void setAlpha(float value) noexcept override { set(alpha, value); }
  float getAlpha() const noexcept override { return alpha; }
  void setBeta(float value) noexcept override { set(beta, value); }
  float getBeta() const noexcept override { return beta; }
  std::vector<TensorId> lower(Lowering& lowering) const override;

  tenon::ActivationType function = tenon::ActivationType::kRELU;
  float alpha = 0, beta = 0;
};

class LrnLayer final : public Layer<tenon::ILRNLayer> {
 public:
  using Layer::Layer;
  void setWindowSize(int64_t size) noexcept override { set(window, size); }
  int64_t getWindowSize() const noexcept override { return window; }
  void setAlpha(float value) noexcept override { set(alpha, value); }
  float getAlpha() const noexcept override { return alpha; }
  void setBeta(float value) noexcept override { set(beta, value); }
  float getBeta() const noexcept override { return beta; }
  void setK(float value) noexcept override { set(k, value); }
  float getK() const noexcept override { return k; }
  std::vector<TensorId> lower(Lowering& lowering) const override;

  int64_t window = 5;
  float alpha = 0, beta = 0, k = 0;
};

class ScaleLayer final : public Layer<tenon::IScaleLayer> {
 public:
  using Layer::Layer;
  void setMode(tenon::ScaleMode value) noexcept override { set(mode, value); }
  tenon::ScaleMode getMode() const noexcept override { return mode; }
  void setShift(tenon::Weights weights) noexcept override { set(shift, weights); }
  tenon::Weights getShift() const noexcept override { return shift; }
  void setScale(tenon::Weights weights) noexcept override { set(scale, weights); }
  tenon::Weights getScale() const noexcept override { return scale; }
  void setPower(tenon::Weights weights) noexcept override { set(power, weights); }
  tenon::Weights getPower() const noexcept override { return power; }
  void setChannelAxis(int32_t value) noexcept override { set(axis, value); }
  int32_t getChannelAxis() const noexcept override { return axis; }
  std::vector<TensorId> lower(Lowering& lowering) const override;

  tenon::ScaleMode mode = tenon::ScaleMode::kUNIFORM;
  tenon::Weights shift, scale, power;
  int32_t axis = 1;
};

class SoftMaxLayer final : public Layer<tenon::ISoftMaxLayer> {
 public:
  using Layer::Layer;
  void setAxes(uint32_t value) noexcept override { set(axes, value); }
  uint32_t getAxes() const noexcept override { return axes; }
  std::vector<TensorId> lower(Lowering& lowering) const override;

  uint32_t axes = 0;  ///< 0: the default
};

class ElementWiseLayer final : public Layer<tenon::IElementWiseLayer> {
 public:
  using Layer::Layer;
  void setOperation(tenon::ElementWiseOperation value) noexcept override { set(operation, value); }
  tenon::ElementWiseOperation getOperation() const noexcept override { return operation; }
  std::vector<TensorId> lower(Lowering& lowering) const override;

  tenon::ElementWiseOperation operation = tenon::ElementWiseOperation::kSUM;
};

class UnaryLayer final : public Layer<tenon::IUnaryLayer> {
 public:
  using Layer::Layer;
  void setOperation(tenon::UnaryOperation value) noexcept override { set(operation, value); }
  tenon::UnaryOperation getOperation() const noexcept override { return operation; }
  std::vector<TensorId> lower(Lowering& lowering) const override;

  tenon::UnaryOperation operation = tenon::UnaryOperation::kEXP;
};

class ReduceLayer final : public Layer<tenon::IReduceLayer> {
 public:
  using Layer::Layer;
  void setOperation(tenon::ReduceOperation value) noexcept override { set(operation, value); }
  tenon::ReduceOperation getOperation() const noexcept override { return operation; }
  void setReduceAxes(uint32_t value) noexcept override { set(axes, value); }
  uint32_t getReduceAxes() const noexcept override { return axes; }
  void setKeepDimensions(bool value) noexcept override { set(keep, value); }
  bool getKeepDimensions() const noexcept override { return keep; }
  std::vector<TensorId> lower(Lowering& lowering) const override;

  tenon::ReduceOperation operation = tenon::ReduceOperation::kSUM;
  uint32_t axes = 0;
  bool keep = false;
};

class MatrixMultiplyLayer final : public Layer<tenon::IMatrixMultiplyLayer> {
 public:
  using Layer::Layer;
  void setOperation(int32_t operand, tenon::MatrixOperation op) noexcept override;
  tenon::MatrixOperation getOperation(int32_t operand) const noexcept override {
    return operations[operand == 1 ? 1 : 0];
  }
  std::vector<TensorId> lower(Lowering& lowering) const override;

  tenon::MatrixOperation operations[2] = {};
};

class ParametricReLULayer final : public Layer<tenon::IParametricReLULayer> {
 public:
  using Layer::Layer;
  std::vector<TensorId> lower(Lowering& lowering) const override;
};

class SelectLayer final : public Layer<tenon::ISelectLayer> {
 public:
  using Layer::Layer;
  std::vector<TensorId> lower(Lowering& lowering) const override;
};

class CastLayer final : public Layer<tenon::ICastLayer> {
 public:
  using Layer::Layer;
  void setToType(tenon::DataType type) noexcept override { set(to, type); }
  tenon::DataType getToType() const noexcept override { return to; }
  std::vector<TensorId> lower(Lowering& lowering) const override;

  tenon::DataType to = tenon::DataType::kFLOAT;
};

class NormalizationLayer final : public Layer<tenon::INormalizationLayer> {
 public:
  using Layer::Layer;
  void setEpsilon(float value) noexcept override { set(epsilon, value); }
  float getEpsilon() const noexcept override { return epsilon; }
  void setAxes(uint32_t value) noexcept override { set(axes, value); }
  uint32_t getAxes() const noexcept override { return axes; }
  void setNbGroups(int64_t value) noexcept override { set(groups, value); }
  int64_t getNbGroups() const noexcept override { return groups; }
  bool isV2() const noexcept override { return v2; }
  std::vector<TensorId> lower(Lowering& lowering) const override;

  float epsilon = 1e-5F;
  uint32_t axes = 0;
  int64_t groups = 1;
  bool v2 = false;
};

/// The set bits as axes. Throws Error where one is not below `rank`.
std::vector<int64_t> axes_of(uint32_t mask, int rank);
/// The one axis whose bit is set. Throws Error(InvalidArgument) where it is not one.
int64_t only_axis(uint32_t mask, int rank);

class EinsumLayer final : public Layer<tenon::IEinsumLayer> {
 public:
  using Layer::Layer;
  bool setEquation(char const* text) noexcept override;
  char const* getEquation() const noexcept override { return equation.c_str(); }
  std::vector<TensorId> lower(Lowering& lowering) const override;

  std::string equation;
};

class CumulativeLayer final : public Layer<tenon::ICumulativeLayer> {
 public:
  using Layer::Layer;
  bool setOperation(tenon::CumulativeOperation value) noexcept override;
  tenon::CumulativeOperation getOperation() const noexcept override { return tenon::CumulativeOperation::kSUM; }
  void setExclusive(bool value) noexcept override { set(exclusive, value); }
  bool getExclusive() const noexcept override { return exclusive; }
  void setReverse(bool value) noexcept override { set(reverse, value); }
  bool getReverse() const noexcept override { return reverse; }
  std::vector<TensorId> lower(Lowering& lowering) const override;

  bool exclusive = false, reverse = false;
};

}  // namespace tn::api
