// SPDX-License-Identifier: Apache-2.0
#include "import/element_type.h"

#include <algorithm>

namespace tn::import {
namespace {

struct Code {
  int64_t number;
  std::string_view name;
  DataType type;
};

constexpr Code kCodes[] = {
    {1, "FLOAT", DataType::F32},
    {2, "UINT8", DataType::U8},
    {3, "INT8", DataType::I8},
    {4, "UINT16", DataType::U16},
    {5, "INT16", DataType::I16},
    {6, "INT32", DataType::I32},
    {7, "INT64", DataType::I64},
    {9, "BOOL", DataType::Bool},
    {10, "FLOAT16", DataType::F16},
    {11, "DOUBLE", DataType::F64},
    {12, "UINT32", DataType::U32},
    {13, "UINT64", DataType::U64},
    {16, "BFLOAT16", DataType::BF16},
    {17, "FLOAT8E4M3FN", DataType::F8E4M3FN},
    {18, "FLOAT8E4M3FNUZ", DataType::F8E4M3FNUZ},
    {19, "FLOAT8E5M2", DataType::F8E5M2},
    {20, "FLOAT8E5M2FNUZ", DataType::F8E5M2FNUZ},
    {21, "UINT4", DataType::U4},
    {22, "INT4", DataType::I4},
    {23, "FLOAT4E2M1", DataType::F4E2M1},
    {24, "FLOAT8E8M0", DataType::F8E8M0},
    {25, "UINT2", DataType::U2},
    {26, "INT2", DataType::I2},
    {27, "FLOAT6E2M3", DataType::F6E2M3},
    {28, "FLOAT6E3M2", DataType::F6E3M2},
};

template <typename Key>
std::optional<DataType> find(Key Code::*member, const Key& key) {
  const auto* found = std::ranges::find(kCodes, key, member);
  return found == std::end(kCodes) ? std::nullopt : std::optional(found->type);
}

}  // namespace

std::optional<DataType> element_type(int64_t onnx_number) {
  return find(&Code::number, onnx_number);
}

std::optional<DataType> element_type(std::string_view onnx_name) {
  return find(&Code::name, onnx_name);
}

}  // namespace tn::import
