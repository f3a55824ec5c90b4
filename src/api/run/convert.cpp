// SPDX-License-Identifier: Apache-2.0
#include "api/run/convert.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"

namespace tn::api {
namespace {

constexpr std::array<std::pair<DataType, tenon::DataType>, kDataTypeCount> kTypes = {{
    {DataType::F64, tenon::DataType::kDOUBLE},
    {DataType::F32, tenon::DataType::kFLOAT},
    {DataType::F16, tenon::DataType::kHALF},
    {DataType::BF16, tenon::DataType::kBF16},
    {DataType::I64, tenon::DataType::kINT64},
    {DataType::I32, tenon::DataType::kINT32},
    {DataType::I16, tenon::DataType::kINT16},
    {DataType::I8, tenon::DataType::kINT8},
    {DataType::U64, tenon::DataType::kUINT64},
    {DataType::U32, tenon::DataType::kUINT32},
    {DataType::U16, tenon::DataType::kUINT16},
    {DataType::U8, tenon::DataType::kUINT8},
    {DataType::Bool, tenon::DataType::kBOOL},
    {DataType::F8E4M3FN, tenon::DataType::kFP8},
    {DataType::F8E4M3FNUZ, tenon::DataType::kFP8E4M3FNUZ},
    {DataType::F8E5M2, tenon::DataType::kFP8E5M2},
    {DataType::F8E5M2FNUZ, tenon::DataType::kFP8E5M2FNUZ},
    {DataType::F8E8M0, tenon::DataType::kE8M0},
    {DataType::F6E2M3, tenon::DataType::kFP6E2M3},
    {DataType::F6E3M2, tenon::DataType::kFP6E3M2},
    {DataType::F4E2M1, tenon::DataType::kFP4},
    {DataType::I4, tenon::DataType::kINT4},
    {DataType::U4, tenon::DataType::kUINT4},
    {DataType::I2, tenon::DataType::kINT2},
    {DataType::U2, tenon::DataType::kUINT2},
}};

}  // namespace

tenon::Dims to_public(std::span<const int64_t> dims) {
  static_assert(tenon::Dims::MAX_DIMS == kMaxRank);
  tenon::Dims result;
  result.nbDims = static_cast<int32_t>(dims.size());
  std::copy(dims.begin(), dims.end(), result.d);
  return result;
}

Shape to_shape(const tenon::Dims& dims) {
  if (dims.nbDims < 0 || dims.nbDims > kMaxRank) {
    throw Error(ErrorCode::InvalidArgument, "a shape has {} dimensions; 0 to {} are possible", dims.nbDims, kMaxRank);
  }
  return Shape(std::span(dims.d, static_cast<size_t>(dims.nbDims)));
}

tenon::DataType to_public(DataType type) {
  return std::find_if(kTypes.begin(), kTypes.end(), [&](const auto& pair) { return pair.first == type; })->second;
}

DataType to_data_type(tenon::DataType type) {
  const auto found = std::find_if(kTypes.begin(), kTypes.end(), [&](const auto& pair) { return pair.second == type; });
  if (found == kTypes.end()) {
    throw Error(ErrorCode::Unsupported, "data type {} cannot be used in networks", static_cast<int>(type));
  }
  return found->first;
}

}  // namespace tn::api
