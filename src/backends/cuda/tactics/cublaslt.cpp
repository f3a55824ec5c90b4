// SPDX-License-Identifier: Apache-2.0
// Matrix products by cuBLASLt, for shapes that do not vary. What its epilogues do not know runs behind it as a kernel
// of ours.
#include <algorithm>
#include <map>

#include "backends/cuda/codegen/pointwise.h"
#include "backends/cuda/codegen/product/pack.h"
#include "backends/cuda/device/libraries/cublaslt_matmul.h"
#include "backends/cuda/tactics/launch.h"
#include "backends/cuda/tactics/library_epilogue.h"
#include "backends/cuda/tactics/matmul_form.h"
#include "backends/cuda/tactics/product_region.h"
#include "base/error.h"
#include "base/fields.h"
#include "base/stored_float.h"
#include "ops/matmul/matmul.h"
#include "tuning/layout.h"
#include "tuning/tactic.h"

namespace tn::cuda {
namespace {

constexpr int kWays = 6;                         // of a region, to be timed
constexpr size_t kWorkspace = 32 * 1024 * 1024;  // what the library asks to be given on recent devices

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
    const auto step = step_of(region, target, places, dense(region), false);
    if (!step) return Support::no("extents that vary");
    if (!rows_are_aligned(*step)) return Support::no("rows of two-byte elements at odd multiples of these");
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
        ways = ways_of(*step, target, Operand::kAlignment);
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
  // cuBLASLt 13.1 recommends algorithms for such that it then refuses to run (INVALID_VALUE: [3,37] by [37,5]).
  static bool rows_are_aligned(const MatmulStep& step) {
    const auto odd = [](DataType type, int64_t stride) { return size_of(type) == 2 && stride % 2 != 0; };
    return !odd(step.type, step.a.stride) && !odd(step.type, step.b.stride) && !odd(step.result, step.out.stride);
  }

  static bool is_packed(const Region& region, int index) {
    return index == region.anchor_inputs[1] && index != region.anchor_inputs[0] && has_packed_b(region);
  }

  /// With the region's expressions in it (`whole`), or the product alone. Nothing if the library cannot see it so.
  static std::optional<MatmulStep> step_of(const Region& region, const Target& target, const Places& places,
                                           const Place& out, bool whole) {
    const auto epilogue = whole ? match_library_epilogue(region, 1) : LibraryEpilogue{};
    if (!epilogue || (whole && !is_stored_float(region.output_type(0).type))) return std::nullopt;
    const bool f32 = region.input_type(region.anchor_inputs[0]).type == DataType::F32;
    auto step = matmul_form(region, target.ranges, places, out, epilogue->residual, f32 && target.device->allow_tf32);
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
