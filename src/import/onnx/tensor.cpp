// SPDX-License-Identifier: Apache-2.0
#include "import/onnx/tensor.h"

#include <algorithm>
#include <span>

#include "base/error.h"
#include "base/small_float.h"
#include "import/element_type.h"
#include "import/onnx/external_data.h"

namespace tn::import {

DataType data_type_of(int32_t onnx_type, std::string_view what) {
  if (const auto type = element_type(onnx_type)) return *type;
  throw Error(ErrorCode::Unsupported, "'{}' has element type {} of ONNX, which is not supported", what, onnx_type);
}

namespace {

Shape shape_of(const onnx::TensorProto& tensor, size_t element) {
  constexpr int64_t kLimit = int64_t{1} << 46;
  Shape shape;
  auto bytes = static_cast<int64_t>(element);
  for (const int64_t dim : tensor.dims()) {
    model_check(dim >= 0 && (dim == 0 || bytes <= kLimit / dim), "tensor '{}' has an impossible shape", tensor.name());
    bytes *= dim;
    shape.push_back(dim);
  }
  return shape;
}

// Calls `use` with the field that holds elements of the type; 16-bit floats stand as their bits in int32_data.
template <typename Use>
void with_elements(const onnx::TensorProto& tensor, DataType type, Use&& use) {
  switch (type) {
    case DataType::F32:
      return use(tensor.float_data());
    case DataType::F64:
      return use(tensor.double_data());
    case DataType::I64:
      return use(tensor.int64_data());
    case DataType::U64:
    case DataType::U32:
      return use(tensor.uint64_data());
    default:
      return use(tensor.int32_data());
  }
}

// Elements of fewer than 32 bits stand in a field of larger ones.
void check_range(const onnx::TensorProto& tensor, DataType type) {
  if (!is_integer(type) || bits_of(type) >= 32) return;
  const int bits = is_signed_integer(type) ? bits_of(type) - 1 : bits_of(type);
  const int64_t high = (int64_t{1} << bits) - 1, low = is_signed_integer(type) ? -high - 1 : 0;
  for (const int32_t value : tensor.int32_data())
    model_check(value >= low && value <= high, "tensor '{}' holds {}, which is no {}", tensor.name(), value,
                name_of(type));
}

template <typename Field>
void fill(const Field& field, const TensorView& to) {
  for (int i = 0; i < field.size(); ++i) {
    if constexpr (std::is_floating_point_v<std::decay_t<decltype(field.Get(0))>>)
      store_double(to, i, field.Get(i));
    else
      store_int64(to, i, static_cast<int64_t>(field.Get(i)));
  }
}

}  // namespace

namespace {

bool is_small(DataType type) {
  return is_small_float(type) || is_small_integer(type);
}

// The bytes of small elements stand in int32_data one by one; those of four and two bits packed, as in raw_data.
std::vector<std::byte> small_elements(const onnx::TensorProto& tensor, DataType type, int64_t elements) {
  std::vector<std::byte> bytes;
  for (const int32_t byte : tensor.int32_data()) bytes.push_back(static_cast<std::byte>(byte));
  const bool packed = bits_of(type) <= 4;
  const size_t expected = packed ? packed_bytes(type, elements) : static_cast<size_t>(elements);
  model_check(bytes.size() == expected, "tensor '{}' holds {} bytes, its {} elements of {} need {}", tensor.name(),
              bytes.size(), elements, name_of(type), expected);
  return packed ? unpacked(type, bytes, elements) : bytes;
}

}  // namespace

// What a tensor holds is compared with its shape before memory is taken for it.
ConstantPtr constant_of(const onnx::TensorProto& tensor, const std::filesystem::path& file) {
  const DataType type = data_type_of(tensor.data_type(), tensor.name());
  const Shape shape = shape_of(tensor, size_of(type));
  const size_t expected = packed_bytes(type, shape.elements());
  const auto from_bytes = [&](std::vector<std::byte> bytes) {
    return std::make_shared<const Constant>(
        type, shape, is_small(type) ? unpacked(type, bytes, shape.elements()) : std::move(bytes));
  };
  if (tensor.data_location() == onnx::TensorProto::EXTERNAL) return from_bytes(external_bytes(tensor, file, expected));
  if (tensor.has_raw_data()) {
    model_check(tensor.raw_data().size() == expected, "tensor '{}' holds {} bytes, {}{} needs {}", tensor.name(),
                tensor.raw_data().size(), name_of(type), to_string(shape), expected);
    const auto bytes = std::as_bytes(std::span(tensor.raw_data()));
    return from_bytes({bytes.begin(), bytes.end()});
  }
  if (is_small(type))
    return std::make_shared<const Constant>(type, shape, small_elements(tensor, type, shape.elements()));
  with_elements(tensor, type, [&](const auto& field) {
    model_check(field.size() == shape.elements(), "tensor '{}' holds {} elements, its shape {} needs {}", tensor.name(),
                field.size(), to_string(shape), shape.elements());
  });
  check_range(tensor, type);
  return Constant::make(type, shape, [&](const TensorView& to) {
    const bool bits = type == DataType::F16 || type == DataType::BF16;
    const TensorView view{to.data, bits ? DataType::U16 : type, to.dims, to.strides};
    with_elements(tensor, type, [&](const auto& field) { fill(field, view); });
  });
}

ConstantPtr padded_strings(const onnx::TensorProto& tensor) {
  const auto& strings = tensor.string_data();
  size_t longest = 0;
  for (const std::string& string : strings) {
    model_check(string.find('\0') == std::string::npos, "tensor '{}' has a string with a byte 0", tensor.name());
    longest = std::max(longest, string.size());
  }
  Shape shape = shape_of(tensor, std::max<size_t>(longest, 1));
  model_check(strings.size() == shape.elements() && shape.rank() < kMaxRank,
              "tensor '{}' holds {} strings, its shape is {}", tensor.name(), strings.size(), to_string(shape));
  shape.push_back(static_cast<int64_t>(longest));
  return Constant::make(DataType::U8, shape, [&](const TensorView& to) {
    std::fill_n(to.as<char>(), to.dense_bytes(), '\0');
    for (int i = 0; i < strings.size(); ++i)
      std::ranges::copy(strings[i], to.as<char>() + static_cast<size_t>(i) * longest);
  });
}

}  // namespace tn::import
