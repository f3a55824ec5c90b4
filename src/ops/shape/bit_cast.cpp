// SPDX-License-Identifier: Apache-2.0
#include "ops/shape/bit_cast.h"

#include "ops/entry.h"
#include "ops/rules.h"

namespace tn::ops {

std::vector<TensorType> BitCast::infer(const InferContext& context) const {
  const TensorType& x = context.type(0);
  model_check(size_of(x.type) == size_of(to), "elements of {} have not the size of {}", to_string(x), name_of(to));
  return {{to, x.dims}};
}

namespace {

std::vector<TensorId> import_bit_cast(NodeView& node) {
  model_check(node.has("to"), "attribute 'to' is missing");
  auto op = std::make_shared<BitCast>();
  op->to = node.data_type("to", DataType::F32);
  return node.add_all(std::move(op), {node.input(0)});
}

constexpr OnnxImporter kOnnx[] = {{"BitCast", 26, import_bit_cast}};
constexpr std::string_view kCases[] = {"BitCast(f32[2,3]) {to=\"i32\"}", "BitCast(u16[5]) {to=\"i16\"}",
                                       "BitCast(f64[3]) {to=\"u64\"}", "BitCast(bool[4]) {to=\"u8\"}"};

}  // namespace

extern const OpEntry bit_cast_entry = {BitCast::kName, make_op<BitCast>, kOnnx, kCases};

}  // namespace tn::ops
