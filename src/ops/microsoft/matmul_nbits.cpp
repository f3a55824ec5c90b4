// SPDX-License-Identifier: Apache-2.0
// com.microsoft's products with weights in blocks of few bits: unpacked, dequantized, multiplied.
#include "ops/compose.h"
#include "ops/entry.h"
#include "ops/matmul/matmul.h"
#include "ops/microsoft/refuse.h"

namespace tn::ops {
namespace {

enum Input : size_t { kA, kB, kScales, kZeroPoints, kGroups, kBias };

// Bytes [rows, bytes], each with 8 / bits numbers, the lowest first, as [rows, count].
TensorId unpacked(NodeView& node, TensorId bytes, int64_t bits, int64_t count) {
  constexpr int64_t kLast[] = {-1};
  const Dims dims = node.type(bytes).dims;
  TensorId numbers = bytes;
  if (bits < 8) {
    const TensorId ones = scalar_like(node, static_cast<double>((1 << bits) - 1), bytes);
    std::vector<TensorId> parts;
    for (int64_t shift = 0; shift < 8; shift += bits) {
      const TensorId by = scalar_like(node, static_cast<double>(shift), bytes);
      const TensorId moved = compose(node, "BitShift", {bytes, by}, {{"direction", std::string("RIGHT")}});
      parts.push_back(unsqueeze(node, compose(node, "BitwiseAnd", {moved, ones}), kLast));
    }
    numbers = reshape(node, concat(node, std::move(parts), -1), {dims[0], dims[1] * (8 / bits)});
  }
  return node.type(numbers).dims[1] == Dim(count) ? numbers : slice(node, numbers, 1, 0, count);
}

/// The shape of the weights: N rows of K numbers in blocks.
struct Blocks {
  int64_t rows, columns, size, bits;
  int64_t count() const { return (columns + size - 1) / size; }
};

Blocks read_blocks(const NodeView& node) {
  const Blocks blocks{node.integer("N", 0), node.integer("K", 0), node.integer("block_size", 0),
                      node.integer("bits", 4)};
  constexpr int64_t kMost = int64_t{1} << 30;
  model_check(blocks.rows > 0 && blocks.rows < kMost && blocks.columns > 0 && blocks.columns < kMost,
              "N is {} and K {}", blocks.rows, blocks.columns);
  model_check(blocks.size >= 1 && blocks.size < kMost && blocks.size * blocks.bits % 8 == 0, "block_size is {}",
              blocks.size);
  if (blocks.bits != 2 && blocks.bits != 4 && blocks.bits != 8)
    throw Error(ErrorCode::Unsupported, "attribute bits = {}; quantize the weights to 2, 4 or 8 bits", blocks.bits);
  return blocks;
}

// The zero point of each block [N, blocks] as numbers of `type`.
TensorId zero_points(NodeView& node, const Blocks& blocks, DataType type) {
  if (!node.has_input(kZeroPoints))
    return node.add_constant(Constant::scalar(type, static_cast<double>(1 << (blocks.bits - 1))));
  TensorId zeros = node.input(kZeroPoints);
  if (node.type(zeros).type == DataType::U8) {
    const int64_t bytes = (blocks.count() * blocks.bits + 7) / 8;
    zeros = unpacked(node, reshape(node, zeros, {blocks.rows, bytes}), blocks.bits, blocks.count());
  } else {
    zeros = reshape(node, zeros, {blocks.rows, blocks.count()});
  }
  return cast_to(node, zeros, type);
}

// [N,K]
TensorId weights(NodeView& node, const Blocks& blocks, DataType type) {
  const int64_t padded = blocks.count() * blocks.size;
  const TensorId packed = reshape(node, node.input(kB), {blocks.rows, padded * blocks.bits / 8});
  const TensorId steps = cast_to(node, unpacked(node, packed, blocks.bits, padded), type);
  const TensorId scales = cast_to(node, reshape(node, node.input(kScales), {blocks.rows, blocks.count()}), type);
  const TensorId zeros = zero_points(node, blocks, type);
  if (node.has_input(kGroups)) {
    const TensorId groups = slice(node, node.input(kGroups), 0, 0, blocks.columns);
    const auto spread = [&](TensorId x) {
      return node.type(x).rank() == 0 ? x : compose(node, "Gather", {x, groups}, {{"axis", int64_t{1}}});
    };
    const TensorId own = slice(node, steps, 1, 0, blocks.columns);
    return compose(node, "Mul", {compose(node, "Sub", {own, spread(zeros)}), spread(scales)});
  }
  // By broadcasting, so that constant weights are folded: a gathered scale for each number would be too large for that.
  constexpr int64_t kLast[] = {-1};
  const auto per_block = [&](TensorId x) { return node.type(x).rank() == 0 ? x : unsqueeze(node, x, kLast); };
  const TensorId split = reshape(node, steps, {blocks.rows, blocks.count(), blocks.size});
  const TensorId centered = compose(node, "Sub", {split, per_block(zeros)});
  const TensorId all = reshape(node, compose(node, "Mul", {centered, per_block(scales)}), {blocks.rows, padded});
  return padded == blocks.columns ? all : slice(node, all, 1, 0, blocks.columns);
}

std::vector<TensorId> import_matmul_nbits(NodeView& node) {
  refuse_attribute(node, "weight_prepacked", "export the model with weights in the operator's own order");
  const TensorId a = node.input(kA);
  const Blocks blocks = read_blocks(node);
  const TensorId y = matmul(node, a, weights(node, blocks, node.type(a).type), {false, true});
  return {node.has_input(kBias) ? compose(node, "Add", {y, node.input(kBias)}) : y};
}

constexpr OnnxImporter kOnnx[] = {{"MatMulNBits", 1, import_matmul_nbits, "com.microsoft"}};

}  // namespace

extern const OpEntry microsoft_matmul_nbits_entry = {"MicrosoftMatMulNBits", nullptr, kOnnx, {}};

}  // namespace tn::ops
