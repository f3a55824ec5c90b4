// SPDX-License-Identifier: Apache-2.0
// Layers that choose elements by indices, or find them.
#pragma once

#include "api/build/layer.h"

namespace tn::api {

class GatherLayer final : public Layer<tenon::IGatherLayer> {
 public:
  using Layer::Layer;
  void setGatherAxis(int32_t value) noexcept override { set(axis, value); }
  int32_t getGatherAxis() const noexcept override { return axis; }
  void setNbElementWiseDims(int32_t value) noexcept override { set(shared, value); }
  int32_t getNbElementWiseDims() const noexcept override { return shared; }
  void setMode(tenon::GatherMode value) noexcept override { set(mode, value); }
  tenon::GatherMode getMode() const noexcept override { return mode; }
  std::vector<TensorId> lower(Lowering& lowering) const override;

  int32_t axis = 0, shared = 0;
  tenon::GatherMode mode = tenon::GatherMode::kDEFAULT;
};

class TopKLayer final : public Layer<tenon::ITopKLayer> {
 public:
  using Layer::Layer;
  void setOperation(tenon::TopKOperation value) noexcept override { set(operation, value); }
  tenon::TopKOperation getOperation() const noexcept override { return operation; }
  void setK(int32_t value) noexcept override { set(k, value); }
  int32_t getK() const noexcept override { return k; }
  void setReduceAxes(uint32_t value) noexcept override { set(axes, value); }
  uint32_t getReduceAxes() const noexcept override { return axes; }
  bool setIndicesType(tenon::DataType type) noexcept override;
  tenon::DataType getIndicesType() const noexcept override { return indices; }
  std::vector<TensorId> lower(Lowering& lowering) const override;

  tenon::TopKOperation operation = tenon::TopKOperation::kMAX;
  int32_t k = 1;
  uint32_t axes = 0;
  tenon::DataType indices = tenon::DataType::kINT32;
};

class ScatterLayer final : public Layer<tenon::IScatterLayer> {
 public:
  using Layer::Layer;
  void setMode(tenon::ScatterMode value) noexcept override { set(mode, value); }
  tenon::ScatterMode getMode() const noexcept override { return mode; }
  void setAxis(int32_t value) noexcept override { set(axis, value); }
  int32_t getAxis() const noexcept override { return axis; }
  std::vector<TensorId> lower(Lowering& lowering) const override;

  tenon::ScatterMode mode = tenon::ScatterMode::kELEMENT;
  int32_t axis = 0;
};

class OneHotLayer final : public Layer<tenon::IOneHotLayer> {
 public:
  using Layer::Layer;
  void setAxis(int32_t value) noexcept override { set(axis, value); }
  int32_t getAxis() const noexcept override { return axis; }
  std::vector<TensorId> lower(Lowering& lowering) const override;

  int32_t axis = -1;
};

class NonZeroLayer final : public Layer<tenon::INonZeroLayer> {
 public:
  using Layer::Layer;
  bool setIndicesType(tenon::DataType type) noexcept override;
  tenon::DataType getIndicesType() const noexcept override { return indices; }
  std::vector<TensorId> lower(Lowering& lowering) const override;

  tenon::DataType indices = tenon::DataType::kINT32;
};

class NmsLayer final : public Layer<tenon::INMSLayer> {
 public:
  using Layer::Layer;
  void setBoundingBoxFormat(tenon::BoundingBoxFormat value) noexcept override { set(format, value); }
  tenon::BoundingBoxFormat getBoundingBoxFormat() const noexcept override { return format; }
  void setTopKBoxLimit(int32_t value) noexcept override { set(limit, value); }
  int32_t getTopKBoxLimit() const noexcept override { return limit; }
  bool setIndicesType(tenon::DataType type) noexcept override;
  tenon::DataType getIndicesType() const noexcept override { return indices; }
  std::vector<TensorId> lower(Lowering& lowering) const override;

  tenon::BoundingBoxFormat format = tenon::BoundingBoxFormat::kCORNER_PAIRS;
  int32_t limit = INT32_MAX;
  tenon::DataType indices = tenon::DataType::kINT32;
};

class GridSampleLayer final : public Layer<tenon::IGridSampleLayer> {
 public:
  using Layer::Layer;
  void setInterpolationMode(tenon::InterpolationMode value) noexcept override { set(mode, value); }
  tenon::InterpolationMode getInterpolationMode() const noexcept override { return mode; }
  void setAlignCorners(bool value) noexcept override { set(align_corners, value); }
  bool getAlignCorners() const noexcept override { return align_corners; }
  bool setSampleMode(tenon::SampleMode value) noexcept override;
  tenon::SampleMode getSampleMode() const noexcept override { return outside; }
  std::vector<TensorId> lower(Lowering& lowering) const override;

  tenon::InterpolationMode mode = tenon::InterpolationMode::kLINEAR;
  tenon::SampleMode outside = tenon::SampleMode::kFILL;
  bool align_corners = false;
};

class ReverseSequenceLayer final : public Layer<tenon::IReverseSequenceLayer> {
 public:
  using Layer::Layer;
  void setBatchAxis(int32_t value) noexcept override { set(batch_axis, value); }
  int32_t getBatchAxis() const noexcept override { return batch_axis; }
  void setSequenceAxis(int32_t value) noexcept override { set(sequence_axis, value); }
  int32_t getSequenceAxis() const noexcept override { return sequence_axis; }
  std::vector<TensorId> lower(Lowering& lowering) const override;

  int32_t batch_axis = 1, sequence_axis = 0;
};

}  // namespace tn::api
