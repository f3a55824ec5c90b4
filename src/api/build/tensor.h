// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "ir/graph.h"
#include "tenon/network.h"

namespace tn::api {

class Network;
class LayerRecord;

/// A value of a network under construction: an input, an output of a layer, or a tensor of an imported graph.
class NetworkTensor final : public tenon::ITensor {
 public:
  NetworkTensor(Network& network, std::string name) : network_(network), name_(std::move(name)) {}

  void setName(char const* name) noexcept override;
  char const* getName() const noexcept override { return name_.c_str(); }
  void setDimensions(tenon::Dims const& dimensions) noexcept override;
  tenon::Dims getDimensions() const noexcept override;
  void setType(tenon::DataType type) noexcept override;
  tenon::DataType getType() const noexcept override;
  tenon::TensorLocation getLocation() const noexcept override { return tenon::TensorLocation::kDEVICE; }
  bool isNetworkInput() const noexcept override;
  bool isNetworkOutput() const noexcept override;
  void setAllowedFormats(tenon::TensorFormats formats) noexcept override { formats_ = formats; }
  tenon::TensorFormats getAllowedFormats() const noexcept override { return formats_; }
  bool setDynamicRange(float min, float max) noexcept override;
  bool dynamicRangeIsSet() const noexcept override { return range.has_value(); }
  void resetDynamicRange() noexcept override;
  float getDynamicRangeMin() const noexcept override { return range ? range->first : kNotSet; }
  float getDynamicRangeMax() const noexcept override { return range ? range->second : kNotSet; }
  bool isShapeTensor() const noexcept override;
  bool isExecutionTensor() const noexcept override { return true; }
  void setDimensionName(int32_t index, char const* name) noexcept override;
  char const* getDimensionName(int32_t index) const noexcept override;

  static constexpr float kNotSet = std::numeric_limits<float>::quiet_NaN();

  /// An input that was added as int8 with a range: the network sees the numbers that the integers stand for.
  bool is_scaled() const { return imported == kNone && !producer && declared_type == DataType::I8 && range; }
  /// The extents of an input as symbols and numbers; -1 becomes a symbol, by its given name or one of its own.
  Dims symbolic_dims(const tenon::Dims& dims) const;

  Network& network_;
  std::string name_;
  LayerRecord* producer = nullptr;        ///< null for inputs and tensors of the imported graph
  int index = 0;                          ///< which output of the producer
  TensorId imported = kNone;              ///< its place in the imported graph
  std::optional<DataType> declared_type;  ///< of an input that was added, or asked for at the boundary
  std::optional<tenon::Dims> declared_dims;
  std::map<int32_t, std::string> dimension_names;
  std::optional<std::pair<float, float>> range;  ///< of its values
  tenon::TensorFormats formats_ = 1u << static_cast<int>(tenon::TensorFormat::kLINEAR);
};

}  // namespace tn::api
