// SPDX-License-Identifier: Apache-2.0
#include "api/build/tensor.h"

#include <algorithm>
#include <cmath>

#include "api/build/network.h"
#include "api/run/convert.h"
#include "api/run/guard.h"

namespace tn::api {
namespace {

bool contains(const std::vector<NetworkTensor*>& list, const NetworkTensor* tensor) {
  return std::find(list.begin(), list.end(), tensor) != list.end();
}

}  // namespace

void NetworkTensor::setName(char const* name) noexcept {
  guard(network_.logger(), false, [&] {
    name_ = &not_null(name, "a tensor's name");
    network_.changed();
    return true;
  });
}

void NetworkTensor::setDimensions(tenon::Dims const& dimensions) noexcept {
  guard(network_.logger(), false, [&] {
    if (!isNetworkInput())
      throw Error(ErrorCode::InvalidArgument, "tensor '{}' is no network input; its dimensions follow", name_);
    to_shape(dimensions);
    declared_dims = dimensions;
    network_.changed();
    return true;
  });
}

tenon::Dims NetworkTensor::getDimensions() const noexcept {
  SilentLogger silent;
  return guard(silent, unknown_dims(), [&] {
    std::vector<int64_t> dims;
    for (const Dim& dim : network_.type_of(*this).dims) dims.push_back(dim.constant().value_or(-1));
    return to_public(dims);
  });
}

bool NetworkTensor::setDynamicRange(float min, float max) noexcept {
  return guard(network_.logger(), false, [&] {
    if (!std::isfinite(min) || !std::isfinite(max) || min > max || (min == 0 && max == 0))
      throw Error(ErrorCode::InvalidArgument,
                  "{} to {} is no range of tensor '{}': its ends are finite, in order and not both 0", min, max, name_);
    range = {min, max};
    if (declared_type == DataType::I8) network_.changed();
    return true;
  });
}

void NetworkTensor::resetDynamicRange() noexcept {
  range.reset();
  if (declared_type == DataType::I8) network_.changed();
}

bool NetworkTensor::isShapeTensor() const noexcept {
  return isNetworkInput() && imported != kNone && network_.imported().tensor(imported).value.has_value();
}

void NetworkTensor::setType(tenon::DataType type) noexcept {
  guard(network_.logger(), false, [&] {
    declared_type = to_data_type(type);
    network_.changed();
    return true;
  });
}

tenon::DataType NetworkTensor::getType() const noexcept {
  if (declared_type) return to_public(*declared_type);
  SilentLogger silent;
  return guard(silent, tenon::DataType::kFLOAT, [&] { return to_public(network_.type_of(*this).type); });
}

bool NetworkTensor::isNetworkInput() const noexcept {
  return contains(network_.inputs(), this);
}

bool NetworkTensor::isNetworkOutput() const noexcept {
  return contains(network_.outputs(), this);
}

void NetworkTensor::setDimensionName(int32_t axis, char const* name) noexcept {
  guard(network_.logger(), false, [&] {
    if (axis < 0 || axis >= kMaxRank) throw Error(ErrorCode::InvalidArgument, "dimension {} of '{}'", axis, name_);
    if (name)
      dimension_names[axis] = name;
    else
      dimension_names.erase(axis);
    network_.changed();
    return true;
  });
}

char const* NetworkTensor::getDimensionName(int32_t axis) const noexcept {
  const auto found = dimension_names.find(axis);
  return found == dimension_names.end() ? nullptr : found->second.c_str();
}

Dims NetworkTensor::symbolic_dims(const tenon::Dims& dims) const {
  Dims result;
  for (int32_t axis = 0; axis < dims.nbDims; ++axis) {
    const auto name = dimension_names.find(axis);
    if (dims.d[axis] >= 0)
      result.emplace_back(dims.d[axis]);
    else if (dims.d[axis] != -1)
      throw Error(ErrorCode::InvalidArgument, "dimension {} of input '{}' is {}; -1 stands for any", axis, name_,
                  dims.d[axis]);
    else
      result.push_back(Dim::symbol(name != dimension_names.end() ? name->second : fmt::format("{}_{}", name_, axis)));
  }
  return result;
}

}  // namespace tn::api
