// SPDX-License-Identifier: Apache-2.0
#include "import/onnx/tensor.h"

#include <charconv>
#include <cstring>

#include "base/error.h"
#include "base/os/file.h"

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

std::vector<std::byte> external_bytes(const onnx::TensorProto& tensor, const std::filesystem::path& folder,
                                      size_t expected) {
  std::string location;
  uint64_t offset = 0;
  for (const auto& entry : tensor.external_data()) {
    if (entry.key() == "location") location = entry.value();
    if (entry.key() == "offset")
      std::from_chars(entry.value().data(), entry.value().data() + entry.value().size(), offset);
  }
  model_check(!location.empty() && !folder.empty(), "tensor '{}': its data lie in another file that is not at hand",
              tensor.name());
  const auto root = std::filesystem::weakly_canonical(folder);
  const auto path = std::filesystem::weakly_canonical(folder / location);
  const auto relative = path.lexically_relative(root);
  model_check(!relative.empty() && *relative.begin() != "..",
              "tensor '{}': its data file '{}' lies outside the model's folder", tensor.name(), location);
  const MappedFile file(path);
  const auto all = file.bytes();
  model_check(offset <= all.size() && expected <= all.size() - offset,
              "tensor '{}': '{}' has {} bytes, {} at {} are needed", tensor.name(), location, all.size(), expected,
              offset);
  const auto part = all.subspan(offset, expected);
  return {part.begin(), part.end()};
}

template <typename Field>
void fill(const Field& field, const TensorView& to, const std::string& name) {
  model_check(field.size() == to.elements(), "tensor '{}' holds {} elements, its shape {} needs {}", name, field.size(),
              to_string(to.dims), to.elements());
  for (int i = 0; i < field.size(); ++i) {
    if constexpr (std::is_floating_point_v<std::decay_t<decltype(field.Get(0))>>)
      store_double(to, i, field.Get(i));
    else
      store_int64(to, i, static_cast<int64_t>(field.Get(i)));
  }
}

// 16-bit floats stand as their bits in int32_data.
void fill_bits(const google::protobuf::RepeatedField<int32_t>& field, const TensorView& to, const std::string& name) {
  fill(field, TensorView{to.data, DataType::U16, to.dims, to.strides}, name);
}

}  // namespace

ConstantPtr constant_of(const onnx::TensorProto& tensor, const std::filesystem::path& folder) {
  const DataType type = data_type_of(tensor.data_type(), tensor.name());
  const Shape shape = shape_of(tensor, size_of(type));
  const size_t expected = static_cast<size_t>(shape.elements()) * size_of(type);
  if (tensor.data_location() == onnx::TensorProto::EXTERNAL) {
    return std::make_shared<const Constant>(type, shape, external_bytes(tensor, folder, expected));
  }
  return Constant::make(type, shape, [&](const TensorView& to) {
    if (tensor.has_raw_data()) {
      model_check(tensor.raw_data().size() == expected, "tensor '{}' holds {} bytes, {}{} needs {}", tensor.name(),
                  tensor.raw_data().size(), name_of(type), to_string(shape), expected);
      if (expected > 0) std::memcpy(to.data, tensor.raw_data().data(), expected);
    } else if (type == DataType::F32) {
      fill(tensor.float_data(), to, tensor.name());
    } else if (type == DataType::F64) {
      fill(tensor.double_data(), to, tensor.name());
    } else if (type == DataType::I64) {
      fill(tensor.int64_data(), to, tensor.name());
    } else if (type == DataType::U64 || type == DataType::U32) {
      fill(tensor.uint64_data(), to, tensor.name());
    } else if (type == DataType::F16 || type == DataType::BF16) {
      fill_bits(tensor.int32_data(), to, tensor.name());
    } else {
      fill(tensor.int32_data(), to, tensor.name());
    }
  });
}

}  // namespace tn::import
