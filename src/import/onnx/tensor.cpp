// SPDX-License-Identifier: Apache-2.0
#include "import/onnx/tensor.h"

#include <span>

#include "base/error.h"
#include "import/onnx/external_data.h"

namespace tn::import {

DataType data_type_of(int32_t onnx_type, std::string_view what) {
  switch (onnx_type) {
    case onnx::TensorProto::FLOAT:
      return DataType::F32;
    case onnx::TensorProto::DOUBLE:
      return DataType::F64;
    case onnx::TensorProto::FLOAT16:
      return DataType::F16;
    case onnx::TensorProto::BFLOAT16:
      return DataType::BF16;
    case onnx::TensorProto::INT64:
      return DataType::I64;
    case onnx::TensorProto::INT32:
      return DataType::I32;
    case onnx::TensorProto::INT16:
      return DataType::I16;
    case onnx::TensorProto::INT8:
      return DataType::I8;
    case onnx::TensorProto::UINT64:
      return DataType::U64;
    case onnx::TensorProto::UINT32:
      return DataType::U32;
    case onnx::TensorProto::UINT16:
      return DataType::U16;
    case onnx::TensorProto::UINT8:
      return DataType::U8;
    case onnx::TensorProto::BOOL:
      return DataType::Bool;
    default:
      throw Error(ErrorCode::Unsupported, "'{}' has element type {} of ONNX, which is not supported", what, onnx_type);
  }
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

// What a tensor holds is compared with its shape before memory is taken for it.
ConstantPtr constant_of(const onnx::TensorProto& tensor, const std::filesystem::path& folder) {
  const DataType type = data_type_of(tensor.data_type(), tensor.name());
  const Shape shape = shape_of(tensor, size_of(type));
  const size_t expected = static_cast<size_t>(shape.elements()) * size_of(type);
  if (tensor.data_location() == onnx::TensorProto::EXTERNAL) {
    return std::make_shared<const Constant>(type, shape, external_bytes(tensor, folder, expected));
  }
  if (tensor.has_raw_data()) {
    model_check(tensor.raw_data().size() == expected, "tensor '{}' holds {} bytes, {}{} needs {}", tensor.name(),
                tensor.raw_data().size(), name_of(type), to_string(shape), expected);
    const auto bytes = std::as_bytes(std::span(tensor.raw_data()));
    return std::make_shared<const Constant>(type, shape, std::vector(bytes.begin(), bytes.end()));
  }
  with_elements(tensor, type, [&](const auto& field) {
    model_check(field.size() == shape.elements(), "tensor '{}' holds {} elements, its shape {} needs {}", tensor.name(),
                field.size(), to_string(shape), shape.elements());
  });
  return Constant::make(type, shape, [&](const TensorView& to) {
    const bool bits = type == DataType::F16 || type == DataType::BF16;
    const TensorView view{to.data, bits ? DataType::U16 : type, to.dims, to.strides};
    with_elements(tensor, type, [&](const auto& field) { fill(field, view); });
  });
}

}  // namespace tn::import
