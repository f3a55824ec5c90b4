// SPDX-License-Identifier: Apache-2.0
// Matrix products by cuBLASLt, for shapes that do not vary. What its epilogues do not know runs behind it as a kernel
// of ours.
#include <algorithm>
#include <array>
#include <map>

#include "backends/cuda/codegen/index_text.h"
#include "backends/cuda/codegen/pointwise.h"
#include "backends/cuda/codegen/product/pack.h"
#include "backends/cuda/device/libraries/cublaslt_matmul.h"
#include "backends/cuda/tactics/launch.h"
#include "backends/cuda/tactics/library_epilogue.h"
#include "backends/cuda/tactics/product_region.h"
#include "backends/cuda/tactics/table.h"
#include "base/error.h"
#include "base/fields.h"
#include "base/stored_float.h"
#include "ops/matmul/matmul.h"
#include "tuning/layout.h"

namespace tn::cuda {
namespace {

constexpr int kWays = 6;                         // of a region, to be timed
constexpr size_t kWorkspace = 32 * 1024 * 1024;  // what the library asks to be given on recent devices
constexpr int64_t kAlignment = Operand::kAlignment;

bool has_packed_b(const Region& region) {
  const Tensor& b = region.input(region.anchor_inputs[1]);
  return b.constant != nullptr && b.type.rank() == 2;
}

/// The extent, if it is the same whatever the symbols are.
std::optional<int64_t> fixed(const Dim& dim, const SymbolRanges& ranges) {
  const DimRange range = range_of(dim, ranges);
  return range.min == range.max ? std::optional(range.max) : std::nullopt;
}

/// Strides of A, B, residual and result along one axis of the result.
struct Axis {
  int64_t extent = 1;
  std::array<int64_t, 4> strides{};
};

/// Strides of an operand as [leading axes of the result…, rows, columns].
struct Lying {
  std::vector<int64_t> leading;
  int64_t row = 0, column = 1;
};

/// Elements between the columns of packed B, as for our own kernels.
int64_t packed_stride(int64_t depth, DataType type) {
  const int64_t chunk = kAlignment / static_cast<int64_t>(size_of(type));
  return (depth + chunk - 1) / chunk * chunk;
}

/// Bytes that the address of what begins there is a multiple of.
int64_t alignment_of(const Place& place, DataType type) {
  return std::min(kAlignment, known_divisor(place.offset, kAlignment) * static_cast<int64_t>(size_of(type)));
}

/// How the product lies in memory, in numbers; nothing if strides depend on symbols.
class Form {
 public:
  Form(const Region& region, const SymbolRanges& ranges) : region_(region), ranges_(ranges) {
    for (const Dim& dim : region.anchor_results[0].dims) result_.push_back(number(dim));
  }

  std::optional<MatmulStep> step(const Places& places, const Place& out, int residual, bool tf32) {
    const auto& op = dynamic_cast<const ops::MatMul&>(*region_.anchor);
    const int a = region_.anchor_inputs[0], b = region_.anchor_inputs[1];
    const size_t rank = result_.size();
    MatmulStep step;
    step.type = region_.input_type(a).type;
    step.tf32 = tf32;
    step.columns = result_[rank - 1];
    step.depth = number(region_.input_type(a).dims[region_.input_type(a).dims.size() - (op.transpose_a ? 2 : 1)]);
    std::array<Lying, 4> lying;
    lying[0] = lie(region_.input_type(a).dims, places.input(a), op.transpose_a);
    if (has_packed_b(region_))
      lying[1] = {std::vector<int64_t>(rank - 2), 1, packed_stride(step.depth, step.type)};
    else
      lying[1] = lie(region_.input_type(b).dims, places.input(b), op.transpose_b);
    lying[3] = lie(region_.anchor_results[0].dims, out, false);
    lying[2] = residual == kNone ? lying[3] : lie(region_.input_type(residual).dims, places.input(residual), false);
    if (varies_ || lying[2].column != 1 || lying[3].column != 1) return std::nullopt;
    const auto axes = merge(axes_of(lying));
    if (!axes) return std::nullopt;
    const auto& [batch, rows] = *axes;
    step.batch = batch.extent;
    step.rows = rows.extent;
    step.a = matrix(step.rows, step.depth, rows.strides[0], lying[0].column, batch.strides[0]);
    step.b = matrix(step.depth, step.columns, lying[1].row, lying[1].column, batch.strides[1]);
    step.residual = matrix(step.rows, step.columns, rows.strides[2], 1, batch.strides[2]);
    step.out = matrix(step.rows, step.columns, rows.strides[3], 1, batch.strides[3]);
    if (!fits(step)) return std::nullopt;
    return step;
  }

 private:
  int64_t number(const Dim& dim) {
    const auto value = fixed(dim, ranges_);
    varies_ = varies_ || !value;
    return value.value_or(1);
  }

  Lying lie(const Dims& dims, const Place& place, bool transposed) {
    Lying lying;
    const size_t rank = dims.size(), axes = result_.size() - 2;
    lying.leading.assign(axes, 0);
    for (size_t i = 0; i + 2 < rank; ++i) {
      if (number(dims[i]) != 1) lying.leading[axes + 2 + i - rank] = number(place.strides[i]);
    }
    lying.row = number(place.strides[rank - 2]), lying.column = number(place.strides[rank - 1]);
    if (transposed) std::swap(lying.row, lying.column);
    return lying;
  }

  std::vector<Axis> axes_of(const std::array<Lying, 4>& lying) const {
    std::vector<Axis> axes;
    for (size_t i = 0; i + 1 < result_.size(); ++i) {
      Axis axis{result_[i], {}};
      const bool row = i + 2 == result_.size();
      for (size_t k = 0; k < lying.size(); ++k) axis.strides[k] = row ? lying[k].row : lying[k].leading[i];
      if (row) axis.strides[1] = 0;  // rows of the result have nothing to do with B
      if (axis.extent != 1) axes.push_back(axis);
    }
    return axes;
  }

  /// The axes as one of the batch and one of rows, if they can be seen so.
  static std::optional<std::pair<Axis, Axis>> merge(const std::vector<Axis>& axes) {
    std::vector<Axis> merged;
    for (const Axis& axis : axes) {
      const auto follows = [&](const Axis& outer) {
        for (size_t k = 0; k < axis.strides.size(); ++k)
          if (outer.strides[k] != axis.extent * axis.strides[k]) return false;
        return true;
      };
      if (!merged.empty() && follows(merged.back()))
        merged.back() = {merged.back().extent * axis.extent, axis.strides};
      else
        merged.push_back(axis);
    }
    if (merged.empty()) return std::pair<Axis, Axis>{};
    // Rows are the innermost axis along which B stays the same.
    const bool has_rows = merged.back().strides[1] == 0;
    if (merged.size() == 1) return has_rows ? std::pair(Axis{}, merged[0]) : std::pair(merged[0], Axis{});
    if (merged.size() > 2 || !has_rows) return std::nullopt;
    return std::pair(merged[0], merged[1]);
  }

  // With one row or column its stride says nothing, so it is as if there were no gaps.
  static MatmulStep::Matrix matrix(int64_t rows, int64_t columns, int64_t row, int64_t column, int64_t batch) {
    if (column == 1 || columns == 1) return {false, rows == 1 ? columns : row, batch};
    if (row == 1 || rows == 1) return {true, column, batch};
    return {false, 0, batch};  // fits() refuses it
  }

  static bool fits(const MatmulStep& step) {
    const auto apart = [](const MatmulStep::Matrix& matrix, int64_t rows, int64_t columns) {
      return matrix.stride >= (matrix.transposed ? rows : columns);
    };
    const bool parts = step.batch == 1 || step.out.batch > 0;
    return parts && apart(step.a, step.rows, step.depth) && apart(step.b, step.depth, step.columns) &&
           apart(step.residual, step.rows, step.columns) && apart(step.out, step.rows, step.columns) && step.rows > 0 &&
           step.columns > 0 && step.depth > 0;
  }

  const Region& region_;
  const SymbolRanges& ranges_;
  std::vector<int64_t> result_;
  bool varies_ = false;
};

/// A product as the library computes it, and whether that is all of the region.
struct Plan {
  MatmulStep step;
  bool whole;
  uint64_t workspace;
};

/// What is stored between the library and a kernel behind it.
DataType product_type(const Region& region) {
  const DataType type = region.output_type(0).type;
  return is_stored_float(type) ? type : region.input_type(region.anchor_inputs[0]).type;
}

Place dense(const Region& region) {
  return {row_major_strides(region.anchor_results[0].dims), 0};
}

class CublasLtTactic final : public Tactic {
 public:
  std::string_view name() const override { return "matmul.cublaslt"; }
  bool calls_library() const override { return true; }

  Support supports(const Region& region, const Target& target) const override {
    if (!dynamic_cast<const ops::MatMul*>(region.anchor)) return Support::foreign();
    const DataType type = region.input_type(region.anchor_inputs[0]).type;
    const TensorType& b = region.input_type(region.anchor_inputs[1]);
    if (!is_stored_float(type) || !is_stored_float(b.type)) return Support::no("types other than f32, f16 and bf16");
    if (type != b.type && !has_packed_b(region)) return Support::no("A and B of different types");
    if (const Support support = supports_product(region, target); !support) return support;
    const Places places = expected_places(region, Order::RowMajor);
    if (!step_of(region, target, places, dense(region), false)) return Support::no("extents that vary");
    if (!target.device->cublaslt) return Support::no("cuBLASLt is not among the tactic sources");
    if (!target.device->device) return Support::no("the device is not here");
    try {
      if (!target.device->device->enter_for_libraries()) return Support::no("the device is not here");
      return configs(region, target).empty() ? Support::no("cuBLASLt knows no algorithm") : Support{};
    } catch (const Error& error) {
      return Support::no(error.what());
    }
  }
  std::optional<Order> order(const Region&) const override { return Order::RowMajor; }

  /// "13.1.0 #2" is the third of the algorithms that this version recommends.
  std::vector<std::string> configs(const Region& region, const Target& target) const override {
    const Places places = expected_places(region, Order::RowMajor);
    std::vector<CublasLtMatmul::Way> ways;
    for (const bool whole : {true, false}) {
      if (!ways.empty()) break;
      if (const auto step = step_of(region, target, places, dense(region), whole))
        ways = ways_of(*step, target, kAlignment);
    }
    std::vector<std::string> texts;
    for (size_t i = 0; i < ways.size(); ++i) texts.push_back(fmt::format("{} #{}", CublasLt::get().version(), i));
    return texts;
  }

  void lower(const Region& region, const std::string& config, RegionLowering& lowering) const override {
    std::map<int, int> placed;
    for (int i = 0; i < region.inputs(); ++i) {
      if (region.has_input(i) && !(is_packed(region, i))) placed[i] = lowering.input(i, Need::Any);
    }
    const Places places{[&](int i) { return place_of(lowering.tensor(placed.at(i))); }, {}};
    int result = lowering.output(0, Need::Any);
    auto plan = plan_of(region, lowering.target(), places, place_of(lowering.tensor(result)), true, config);
    if (!plan) {
      result = lowering.temporary("product", {product_type(region), region.anchor_results[0].dims});
      plan = plan_of(region, lowering.target(), places, dense(region), false, config);
    }
    if (!plan) {
      for (const int index : {region.anchor_inputs[0], region.anchor_inputs[1]})
        if (placed.contains(index)) placed[index] = lowering.input(index, Need::RowMajor);
      plan = plan_of(region, lowering.target(), places, dense(region), false, config);
    }
    if (!plan) throw Error(ErrorCode::Unsupported, "'{}' lies in no way that cuBLASLt takes", region.node->name);
    std::vector<int> inputs = {placed.at(region.anchor_inputs[0])};
    inputs.push_back(has_packed_b(region) ? packed_b(region, plan->step, lowering)
                                          : placed.at(region.anchor_inputs[1]));
    if (plan->whole) {
      const LibraryEpilogue epilogue = *match_library_epilogue(region, 1);
      if (epilogue.bias != kNone) inputs.push_back(place_bias(region, epilogue.bias, plan->step.result, lowering));
      if (epilogue.residual != kNone) inputs.push_back(placed.at(epilogue.residual));
    }
    lowering.add_step(std::string(kCublasLtKernel), encode_fields(plan->step), inputs, {result}, plan->workspace);
    if (!plan->whole) add_rest(region, result, placed, lowering);
  }

 private:
  static bool is_packed(const Region& region, int index) {
    return index == region.anchor_inputs[1] && index != region.anchor_inputs[0] && has_packed_b(region);
  }

  /// With the region's expressions in it (`whole`), or the product alone. Nothing if the library cannot see it so.
  static std::optional<MatmulStep> step_of(const Region& region, const Target& target, const Places& places,
                                           const Place& out, bool whole) {
    const auto epilogue = whole ? match_library_epilogue(region, 1) : LibraryEpilogue{};
    if (!epilogue || (whole && !is_stored_float(region.output_type(0).type))) return std::nullopt;
    const bool f32 = region.input_type(region.anchor_inputs[0]).type == DataType::F32;
    auto step = Form(region, target.ranges).step(places, out, epilogue->residual, f32 && target.device->allow_tf32);
    if (!step) return std::nullopt;
    step->result = product_type(region);
    step->has_bias = epilogue->bias != kNone;
    step->has_residual = epilogue->residual != kNone;
    step->activation = epilogue->activation;
    return step;
  }

  static std::vector<CublasLtMatmul::Way> ways_of(const MatmulStep& step, const Target& target, int64_t alignment) {
    const size_t workspace = static_cast<size_t>(std::min<uint64_t>(target.workspace, kWorkspace));
    return CublasLtMatmul(step, *target.device->device).ways(kWays, workspace, static_cast<uint32_t>(alignment));
  }

  static std::optional<Plan> plan_of(const Region& region, const Target& target, const Places& places, const Place& out,
                                     bool whole, const std::string& config) {
    auto step = step_of(region, target, places, out, whole);
    if (!step) return std::nullopt;
    int64_t alignment = alignment_of(out, product_type(region));
    for (int i = 0; i < region.inputs(); ++i) {
      if (region.has_input(i) && !is_packed(region, i))
        alignment = std::min(alignment, alignment_of(places.input(i), region.input_type(i).type));
    }
    const auto ways = ways_of(*step, target, alignment);
    if (ways.empty()) return std::nullopt;
    // Where it lies otherwise than expected there may be fewer.
    const size_t index = std::stoul(config.substr(config.find('#') + 1));
    const CublasLtMatmul::Way& way = ways[std::min(index, ways.size() - 1)];
    step->library = CublasLt::get().version();
    step->algorithm.assign(way.algorithm.begin(), way.algorithm.end());
    return Plan{*step, whole, way.workspace_bytes};
  }

  static int packed_b(const Region& region, const MatmulStep& step, RegionLowering& lowering) {
    const Tensor& weights = region.input(region.anchor_inputs[1]);
    TensorView columns = weights.constant->view();
    if (!dynamic_cast<const ops::MatMul&>(*region.anchor).transpose_b) {
      std::swap(columns.dims[0], columns.dims[1]);
      std::swap(columns.strides[0], columns.strides[1]);
    }
    return lowering.packed_weights(
        "packed", pack_columns(columns, step.type, step.b.stride, step.tf32),
        {{weights.name}, fmt::format("cuda.columns:{}{}", name_of(step.type), step.tf32 ? ":tf32" : ""), {}});
  }

  /// The region's expressions of a product that has been stored, as a kernel of ours.
  static void add_rest(const Region& region, int product, const std::map<int, int>& placed, RegionLowering& lowering) {
    std::vector<ScalarType> types = {compute_type(region.anchor_results[0].type)};
    std::vector<int> inputs = {product}, outputs;
    std::vector<Operand> in = {operand(lowering, product)}, out;
    for (const int index : region.expression_inputs) {
      types.push_back(compute_type(region.input_type(index).type));
      inputs.push_back(placed.contains(index) ? placed.at(index) : lowering.input(index));
      in.push_back(operand(lowering, inputs.back()));
    }
    for (int i = 0; i < region.outputs(); ++i) {
      outputs.push_back(lowering.output(i));
      out.push_back(operand(lowering, outputs.back()));
    }
    const auto expressions = region.expressions.empty() ? std::vector<Expr>{input(0, types[0])} : region.expressions;
    add_launch(lowering,
               pointwise("pointwise_after_product", tn::lower(expressions, types), in, out, lowering.target().ranges),
               inputs, outputs);
  }
};

}  // namespace

const Tactic& matmul_cublaslt() {
  static const CublasLtTactic tactic;
  return tactic;
}

}  // namespace tn::cuda
