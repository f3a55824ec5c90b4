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
