// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <map>
#include <string>

#include "base/data_type.h"

namespace tn::quant {

/// Where a scale comes from.
enum class Source : uint8_t { Calibrated, Cache, User, Inferred, Fixed, Dummy };

/// How the numbers of a tensor are rounded: to (q − zero_point) · scale with an integer q.
struct QParams {
  float scale = 1;
  int32_t zero_point = 0;
  DataType type = DataType::I8;
  Source source = Source::Calibrated;
  friend bool operator==(const QParams&, const QParams&) = default;
};

/// Of activations, by tensor name.
using Plan = std::map<std::string, QParams, std::less<>>;

/// The largest integer of a type of 8 bits.
inline float levels_of(DataType type) {
  return type == DataType::U8 ? 255 : 127;
}
/// The magnitude that it stands for.
inline float range_of(const QParams& params) {
  return params.scale * levels_of(params.type);
}

/// From a range, without a zero point. A tensor of zeros only has scale 1.
inline QParams from_range(float range, DataType type, Source source) {
  const float scale = range / levels_of(type);
  return {std::isnormal(scale) ? scale : 1, 0, type, source};
}
inline QParams symmetric(float range, Source source) {
  return from_range(range, DataType::I8, source);
}

}  // namespace tn::quant
