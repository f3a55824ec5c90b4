// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/codegen/attention/attention_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "backends/cuda/codegen/attention/attention_body.h"
#include "backends/cuda/codegen/index_text.h"
#include "backends/cuda/codegen/prelude.h"
#include "backends/cuda/codegen/scalar_text.h"

namespace tn::cuda {
namespace {

constexpr int64_t kMaxHead = 256;
/// What every processor from sm_80 on gives a block.
constexpr int64_t kSharedBytes = 99 * 1024;

int64_t padded(int64_t size) {
  return (size + 15) / 16 * 16;
}

struct Sizes {
  int64_t head, value, element;
  int64_t pitches() const { return padded(head) + padded(value) + 32 / element; }
  /// Per thread: queries and results of a warp's rows and one tile's scores.
  int64_t registers(int64_t keys) const {
    const int64_t steps = padded(head) * element / 32;
    return (steps <= 8 ? 4 * steps : 0) + padded(value) / 2 + keys / 2;
  }
};

Sizes sizes_of(const AttentionForm& form) {
  return {*form.query.dims[3].constant(), *form.value.dims[3].constant(),
          static_cast<int64_t>(size_of(form.query.type))};
}

int64_t shared_bytes(const AttentionForm& form, const AttentionTile& tile, int stages) {
  const Sizes sizes = sizes_of(form);
  const int64_t rows = 16 * tile.row_warps, query_pitch = padded(sizes.head) + 16 / sizes.element;
  const int64_t tiles = (stages * tile.keys * sizes.pitches() + rows * query_pitch) * sizes.element;
  const int64_t parts = (tile.key_warps - 1) * tile.row_warps * 32 * (padded(sizes.value) / 2 + 4) * 4;
  return std::max(tiles, parts);
}

/// Two tiles of keys in flight, where there are two and both fit.
int stages_of(const AttentionForm& form, const AttentionTile& tile) {
  const auto keys = form.key.dims[2].constant();
  const bool single = keys && *keys <= tile.keys;
  return !single && shared_bytes(form, tile, 2) <= kSharedBytes ? 2 : 1;
}

bool fits(const AttentionForm& form, const AttentionTile& tile) {
  constexpr int64_t kRegisters = 176;
  return shared_bytes(form, tile, 1) <= kSharedBytes &&
         sizes_of(form).registers(tile.keys / tile.key_warps) <= kRegisters;
}

class Defines {
 public:
  explicit Defines(Scalars& scalars) : scalars_(scalars) {}
  template <typename T>
  void operator()(std::string_view name, const T& value) {
    text_ += fmt::format("#define {} {}\n", name, value);
  }
  void count(std::string_view name, const Dim& dim) {
    (*this)(name, dim.is_constant() ? scalars_(dim) : fmt::format("static_cast<int>({})", scalars_(dim)));
  }
  /// NAME_N, NAME_H and so on by the letters of `axes`.
  void strides(std::string_view name, std::string_view axes, const Dims& strides) {
    for (size_t i = 0; i < axes.size(); ++i) (*this)(fmt::format("{}_{}", name, axes[i]), scalars_(strides[i]));
  }
  void number(std::string_view name, double value) { (*this)(name, literal(ScalarType::F32, {.f = value})); }
  std::string take() { return std::move(text_); }

 private:
  Scalars& scalars_;
  std::string text_;
};

// Offsets within one head.
bool is_wide(const AttentionForm& form, const Dims& mask, const SymbolRanges& ranges) {
  const auto rows = [](const Operand& x) {
    return IterationSpace{{x.dims[2], x.dims[3]}, {{x.strides[2], x.strides[3]}}};
  };
  const IterationSpace scores{{form.query.dims[2], form.key.dims[2]}, {{mask[2], mask[3]}}};
  return cuda::is_wide(rows(form.query), ranges) || cuda::is_wide(rows(form.key), ranges) ||
         cuda::is_wide(rows(form.value), ranges) || cuda::is_wide(rows(form.out), ranges) ||
         cuda::is_wide(scores, ranges);
}

void define_types(const AttentionForm& form, Defines& define) {
  const DataType type = form.query.type;
  define("ELEMENT_F32", type == DataType::F32 ? 1 : 0);
  define("ELEMENT_F16", type == DataType::F16 ? 1 : 0);
  define("ELEMENT_BF16", type == DataType::BF16 ? 1 : 0);
  define("EXACT", form.exact ? 1 : 0);
  define("VECTORS", form.vectors ? 1 : 0);
  define("PAIRS", form.pairs ? "true" : "false");
  define("MASKED", form.mask ? 1 : 0);
  define("MASK_BOOL", form.mask && form.mask->type == DataType::Bool ? 1 : 0);
  define("MASK_PARAMETER", form.mask ? fmt::format("const {}* __restrict__ mask,", text_of(form.mask->type)) : "");
}

void define_shape(const AttentionForm& form, const Dims& mask, Defines& define) {
  const auto& q = form.query;
  define.count("HEADS", q.dims[1]);
  define.count("GROUP", Dim::floor_div(q.dims[1], form.key.dims[1]));
  define.count("QUERIES", q.dims[2]);
  define.count("KEYS", form.key.dims[2]);
  define.count("CAUSAL_SHIFT", form.aligned ? form.key.dims[2] - q.dims[2] : Dim(0));
  define("CAUSAL", form.causal ? "true" : "false");
  const Sizes sizes = sizes_of(form);
  define("HEAD_SIZE", sizes.head);
  define("VALUE_SIZE", sizes.value);
  define("PADDED_HEAD", padded(sizes.head));
  define("PADDED_VALUE", padded(sizes.value));
  define.number("SCALE", form.scale);
  define("SCALE_IS_POSITIVE", form.scale > 0 ? 1 : 0);
  define("SOFTCAP", form.softcap != 0 ? 1 : 0);
  define.number("SOFTCAP_LIMIT", form.softcap);
  define.strides("QUERY", "NHSD", q.strides);
  define.strides("KEY", "NHTD", form.key.strides);
  define.strides("VALUE", "NHTE", form.value.strides);
  define.strides("OUT", "NHSE", form.out.strides);
  if (form.mask) define.strides("MASK", "NHST", mask);
}

}  // namespace

std::optional<std::string> why_unsupported(const AttentionForm& form, const std::string& architecture) {
  const DataType type = form.query.type;
  if (type != DataType::F32 && type != DataType::F16 && type != DataType::BF16) return "operands of another type";
  if (architecture == "sm_75") return "an architecture before sm_80";
  const auto head = form.query.dims[3].constant(), value = form.value.dims[3].constant();
  if (!head || !value || *head < 1 || *value < 1) return "head sizes that are not known";
  if (*head > kMaxHead || *value > kMaxHead) return "heads of more than 256 elements";
  if (!(form.query.dims[1] == form.key.dims[1]) &&
      !(form.query.dims[1].is_constant() && form.key.dims[1].is_constant()))
    return "numbers of heads that are not known";
  if (attention_tiles(form).empty()) return "heads that do not fit a block's memory";
  return std::nullopt;
}

std::vector<AttentionTile> attention_tiles(const AttentionForm& form) {
  constexpr AttentionTile kMany[] = {{4, 1, 32}, {4, 1, 64}, {2, 2, 32}, {2, 1, 32}};
  constexpr AttentionTile kFew[] = {{2, 2, 64}, {1, 4, 128}, {2, 2, 32}, {1, 4, 64}, {4, 1, 32}, {2, 1, 32}};
  constexpr int64_t kBlocks = 128;  // of 64 rows; fewer leave processors idle
  const Dims& dims = form.query.dims;
  const auto heads = (dims[0] * dims[1]).constant(), rows = dims[2].constant();
  const bool few = heads && rows && *heads * ((*rows + 63) / 64) < kBlocks;
  std::vector<AttentionTile> tiles;
  for (const AttentionTile& tile : few ? std::span<const AttentionTile>(kFew) : std::span<const AttentionTile>(kMany))
    if (fits(form, tile)) tiles.push_back(tile);
  return tiles;
}

KernelText attention_text(const AttentionForm& form, const AttentionTile& tile, const SymbolRanges& ranges) {
  const Dims scores = {form.query.dims[0], form.query.dims[1], form.query.dims[2], form.key.dims[2]};
  const Dims mask = form.mask ? broadcast_strides(*form.mask, scores, ranges) : Dims(4, 0);
  const int stages = stages_of(form, tile);
  KernelText text;
  text.entry = fmt::format("attention_{}_{}x{}", name_of(form.query.type), form.query.dims[3].to_string(),
                           form.value.dims[3].to_string());
  Scalars scalars;
  Defines define(scalars);
  define("ENTRY", text.entry);
  define_types(form, define);
  define_shape(form, mask, define);
  define("ROW_WARPS", tile.row_warps);
  define("KEY_WARPS", tile.key_warps);
  define("TILE_KEYS", tile.keys);
  define("STAGES", stages);
  define("SCALARS", scalars.parameters());
  text.source = std::string(prelude()) + std::string(attention_instructions()) + define.take();
  text.source += fmt::format("typedef {} element;\n", form.query.type == DataType::F32 ? "float" : "uint16_t");
  text.source += fmt::format("typedef {} offset_t;\n", is_wide(form, mask, ranges) ? "long long" : "int");
  text.source += attention_body();
  text.block = {static_cast<uint32_t>(32 * tile.row_warps * tile.key_warps), 1, 1};
  text.grid[0] = scores[0] * scores[1] * Dim::ceil_div(scores[2], 16 * tile.row_warps);
  text.scalars = scalars.values();
  text.overlaps = true;
  text.shared_bytes = static_cast<uint32_t>(shared_bytes(form, tile, stages));
  return text;
}

}  // namespace tn::cuda
