// SPDX-License-Identifier: Apache-2.0
#include "ops/text/reference/strings.h"

#include "ops/reference/reference.h"

namespace tn::ops {
namespace {

Shape without_last(const Shape& shape) {
  Shape result;
  for (int i = 0; i + 1 < shape.rank(); ++i) result.push_back(shape[i]);
  return result;
}

}  // namespace

Shape shape_of_strings(const TensorView& x) {
  require(x.rank() > 0, "strings without bytes");
  return without_last(x.dims);
}

std::vector<std::string> read_strings(const TensorView& x, const Shape& dims) {
  const Shape own = shape_of_strings(x);
  Shape together;
  require(broadcast_shapes(own, dims, together) && together == dims, "strings of {} as {}", to_string(own),
          to_string(dims));
  const int64_t bytes = x.dims[x.rank() - 1], step = x.strides[x.rank() - 1];
  std::vector<std::string> strings;
  for (Walk walk(dims, {broadcast_strides(own, without_last(x.strides), dims)}); walk.more(); walk.next()) {
    std::string& string = strings.emplace_back();
    for (int64_t i = 0; i < bytes; ++i) {
      const auto byte = static_cast<char>(load_int64(x, walk.offset(0) + i * step));
      if (byte == '\0') break;
      string.push_back(byte);
    }
  }
  return strings;
}

std::vector<std::string> read_strings(const TensorView& x) {
  return read_strings(x, shape_of_strings(x));
}

void write_strings(const std::vector<std::string>& strings, const TensorView& y) {
  const Shape dims = shape_of_strings(y);
  const int64_t bytes = y.dims[y.rank() - 1], step = y.strides[y.rank() - 1];
  require(static_cast<int64_t>(strings.size()) == dims.elements(), "{} strings for {}", strings.size(),
          to_string(dims));
  size_t next = 0;
  for (Walk walk(dims, {without_last(y.strides)}); walk.more(); walk.next()) {
    const std::string& string = strings[next++];
    require(static_cast<int64_t>(string.size()) <= bytes, "a string of {} bytes where {} fit", string.size(), bytes);
    for (int64_t i = 0; i < bytes; ++i) {
      const bool inside = i < static_cast<int64_t>(string.size());
      store_int64(y, walk.offset(0) + i * step, inside ? static_cast<uint8_t>(string[static_cast<size_t>(i)]) : 0);
    }
  }
}

}  // namespace tn::ops
