// SPDX-License-Identifier: Apache-2.0
// Layers that turn numbers into quantized ones and back.
#pragma once

#include "api/build/layer.h"

namespace tn::api {

template <typename Interface>
class QuantizationLayer final : public Layer<Interface> {
 public:
  using Layer<Interface>::Layer;
  void setAxis(int32_t value) noexcept override { this->set(axis, value); }
  int32_t getAxis() const noexcept override { return axis; }
  void setToType(tenon::DataType type) noexcept override { this->set(to, type); }
  tenon::DataType getToType() const noexcept override { return to; }
  std::vector<TensorId> lower(Lowering& lowering) const override;

  int32_t axis = 1;
  tenon::DataType to = tenon::DataType::kINT8;
};

using QuantizeLayer = QuantizationLayer<tenon::IQuantizeLayer>;
using DequantizeLayer = QuantizationLayer<tenon::IDequantizeLayer>;

class DynamicQuantizeLayer final : public Layer<tenon::IDynamicQuantizeLayer> {
 public:
  using Layer::Layer;
  void setToType(tenon::DataType type) noexcept override { set(to, type); }
  tenon::DataType getToType() const noexcept override { return to; }
  void setScaleType(tenon::DataType type) noexcept override { set(scale_type, type); }
  tenon::DataType getScaleType() const noexcept override { return scale_type; }
  void setAxis(int32_t value) noexcept override { set(axis, value); }
  int32_t getAxis() const noexcept override { return axis; }
  void setBlockSize(int32_t size) noexcept override { set(block_size, size); }
  int32_t getBlockSize() const noexcept override { return block_size; }
  void setBlockShape(tenon::Dims const& shape) noexcept override { set(block_shape, shape); }
  tenon::Dims getBlockShape() const noexcept override { return block_shape; }
  std::vector<TensorId> lower(Lowering& lowering) const override;

  int32_t axis = -1, block_size = 16;
  tenon::Dims block_shape{};  ///< of no axes: axis and block_size say it
  tenon::DataType to = tenon::DataType::kFP8, scale_type = tenon::DataType::kFLOAT;

 private:
  std::vector<int64_t> block_of(const TensorType& type) const;
};

}  // namespace tn::api
