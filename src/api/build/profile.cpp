// SPDX-License-Identifier: Apache-2.0
#include "api/build/profile.h"

#include "api/run/convert.h"
#include "api/run/guard.h"

namespace tn::api {
namespace {

size_t index_of(tenon::OptProfileSelector select) {
  const auto index = static_cast<size_t>(select);
  if (index > 2) throw Error(ErrorCode::InvalidArgument, "a profile has min, opt and max, but no bound {}", index);
  return index;
}

}  // namespace

bool PublicProfile::setDimensions(char const* input, tenon::OptProfileSelector select,
                                  tenon::Dims const& dims) noexcept {
  return guard(logger_, false, [&] {
    const Shape shape = to_shape(dims);
    for (const int64_t extent : shape) {
      if (extent < 0)
        throw Error(ErrorCode::InvalidArgument, "input '{}': a bound cannot be negative: {}", input, to_string(shape));
    }
    dims_[&not_null(input, "the input's name")][index_of(select)] = shape;
    return true;
  });
}

tenon::Dims PublicProfile::getDimensions(char const* input, tenon::OptProfileSelector select) const noexcept {
  const auto found = input ? dims_.find(input) : dims_.end();
  const auto index = static_cast<size_t>(select);
  if (found == dims_.end() || index > 2 || !found->second[index]) return unknown_dims();
  return to_public(*found->second[index]);
}

bool PublicProfile::setShapeValuesV2(char const* input, tenon::OptProfileSelector select, int64_t const* values,
                                     int32_t count) noexcept {
  return guard(logger_, false, [&] {
    if (count < 0) throw Error(ErrorCode::InvalidArgument, "{} shape values", count);
    const int64_t* first = &not_null(values, "the shape values");
    values_[&not_null(input, "the input's name")][index_of(select)] = std::vector<int64_t>(first, first + count);
    return true;
  });
}

int64_t const* PublicProfile::getShapeValuesV2(char const* input, tenon::OptProfileSelector select) const noexcept {
  const auto found = input ? values_.find(input) : values_.end();
  const auto index = static_cast<size_t>(select);
  return found == values_.end() || index > 2 || !found->second[index] ? nullptr : found->second[index]->data();
}

int32_t PublicProfile::getNbShapeValues(char const* input) const noexcept {
  const auto found = input ? values_.find(input) : values_.end();
  if (found == values_.end()) return -1;
  for (const auto& values : found->second) {
    if (values) return static_cast<int32_t>(values->size());
  }
  return -1;
}

bool PublicProfile::isValid() const noexcept {
  for (const auto& [name, bounds] : values_) {
    if (!bounds[0] || !bounds[1] || !bounds[2]) return false;
  }
  for (const auto& [name, bounds] : dims_) {
    if (!bounds[0] || !bounds[1] || !bounds[2]) return false;
    const int rank = bounds[0]->rank();
    if (bounds[1]->rank() != rank || bounds[2]->rank() != rank) return false;
    for (int i = 0; i < rank; ++i) {
      if ((*bounds[0])[i] > (*bounds[1])[i] || (*bounds[1])[i] > (*bounds[2])[i]) return false;
    }
  }
  return true;
}

OptimizationProfile PublicProfile::inside() const {
  OptimizationProfile profile;
  for (const auto& [name, bounds] : dims_) {
    if (!bounds[0] || !bounds[1] || !bounds[2])
      throw Error(ErrorCode::InvalidArgument, "the profile lacks min, opt or max of input '{}'", name);
    profile[name] = {*bounds[0], *bounds[1], *bounds[2]};
  }
  for (const auto& [name, bounds] : values_) {
    if (!bounds[0] || !bounds[1] || !bounds[2])
      throw Error(ErrorCode::InvalidArgument, "the profile lacks min, opt or max of the values of input '{}'", name);
    ShapeBounds& shape = profile[name];
    shape.min_values = *bounds[0];
    shape.opt_values = *bounds[1];
    shape.max_values = *bounds[2];
  }
  return profile;
}

}  // namespace tn::api
