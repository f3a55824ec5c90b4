// SPDX-License-Identifier: Apache-2.0
// Matrix products: B packed while building, or taken as it comes.
#include "ops/matmul/matmul.h"

#include <span>

#include "backends/cuda/codegen/index_text.h"
#include "backends/cuda/codegen/product/pack.h"
#include "backends/cuda/tactics/launch.h"
#include "backends/cuda/tactics/quantized_region.h"
#include "ops/matmul/normalized_matmul.h"
#include "tuning/tactic.h"

namespace tn::cuda {
namespace {

/// Strides of the last two axes of an operand, seen before its transposition.
struct Inner {
  Dim outer, inner;
};
Inner inner_strides(const Place& place, bool transposed) {
  const Dim &a = place.strides[place.strides.size() - 2], &b = place.strides.back();
  return transposed ? Inner{b, a} : Inner{a, b};
}

const ops::NormalizedMatMul* normalized(const Region& region) {
  return dynamic_cast<const ops::NormalizedMatMul*>(region.anchor);
}
const ops::MatMulAttributes& op_of(const Region& region) {
  if (const auto* op = normalized(region)) return *op;
  return dynamic_cast<const ops::MatMul&>(*region.anchor);
}

int channel_axis(const Region& region) {
  return op_of(region).transpose_b ? 0 : 1;
}
QuantizedRegion quantized(const Region& region) {
  return {region, channel_axis(region), 1};
}

/// The region's input that is the moments of A's rows; kNone where it has none.
int moments_of(const Region& region) {
  constexpr size_t kMoments = ops::NormalizedMatMul::kMoments;
  return normalized(region) && region.anchor_inputs.size() > kMoments ? region.anchor_inputs[kMoments] : kNone;
}
/// Its inputs that are scale and bias.
std::span<const int> parameters_of(const Region& region) {
  const size_t end = std::min<size_t>(region.anchor_inputs.size(), ops::NormalizedMatMul::kMoments);
  return std::span(region.anchor_inputs).first(end).subspan(2);
}

Dims leading(const Dims& dims) {
  return {dims.begin(), dims.end() - 2};
}

/// Strides along the batch axes of the result.
Dims batch_strides(const TensorType& type, const Place& place, const Dims& batch, const SymbolRanges& ranges) {
  return broadcast_strides({type.type, leading(type.dims), leading(place.strides)}, batch, ranges);
}

void describe_b(Product& product, const Region& region, const Target& target, const Places& places) {
  if (has_packed_b(region)) {
    product.b.packed = true;
    product.b.batch = Dims(product.batch.size(), 0);
    return;
  }
  const int b = region.anchor_inputs[1];
  const Place place = places.input(b);
  const Inner of_b = inner_strides(place, op_of(region).transpose_b);
  const bool along_k = of_b.outer == Dim(1) || product.channels == Dim(1);
  product.b.column = along_k ? of_b.inner : Dim(1);
  product.b.depth = along_k ? Dim(1) : of_b.outer;
  product.b.alignment = known_divisor(place.offset, 16);
  product.b.batch = batch_strides(region.input_type(b), place, product.batch, target.ranges);
}

/// The product with its operands where they lie. With B packed, A's leading axes count as rows if there are at most
/// three and A is not transposed.
Product product_of(const Region& region, const Target& target, const Places& places) {
  const ops::MatMulAttributes& op = op_of(region);
  const int a = region.anchor_inputs[0];
  const TensorType& a_type = region.input_type(a);
  const Dims& result = region.anchor_results[0].dims;
  const Place at = places.input(a);
  const size_t rank = result.size();
  Product product;
  product.most_shared = target.device->most_shared;
  product.type = a_type.type;
  product.sums = compute_type(region.anchor_results[0].type);
  product.tf32 = a_type.type == DataType::F32 && target.device->allow_tf32;
  product.columns = result.back();
  product.channels = a_type.dims[a_type.dims.size() - (op.transpose_a ? 2 : 1)];
  const Inner of_a = inner_strides(at, op.transpose_a);
  product.a.alignment = known_divisor(at.offset, 16);
  const bool transposed = !(of_a.inner == Dim(1)) && !(product.channels == Dim(1));
  product.a.channel = transposed ? of_a.inner : Dim(1);
  product.a.points[2] = transposed ? Dim(1) : of_a.outer;
  product.rows[2] = result[rank - 2];

  std::vector<size_t> axes(rank);
  axes[rank - 1] = 4, axes[rank - 2] = 3;
  if (has_packed_b(region) && !transposed && rank <= 5) {
    for (size_t i = 0; i + 2 < rank; ++i) {
      const size_t axis = 3 - (rank - 2) + i;
      axes[i] = axis;
      (axis == 0 ? product.images : product.rows[axis - 1]) = result[i];
      (axis == 0 ? product.a.images : product.a.points[axis - 1]) = at.strides[i];
    }
  } else {
    product.batch = leading(result);
    product.a.batch = batch_strides(a_type, at, product.batch, target.ranges);
    for (size_t i = 0; i < rank; ++i) axes[i] = i + 2 < rank ? i : axes[i] + rank - 2;
  }
  product.window.in = product.rows;
  describe_b(product, region, target, places);
  if (region.loads_quantized())
    quantized(region).describe(product, places, axes, target.ranges);
  else
    set_epilogue(product, region, kNone, places, axes, target.ranges);
  product.gives_moments = product.epilogue.keeps_result = region.moments > 0;
  if (const auto* norm = normalized(region)) {
    product.normalizes = norm->epsilon;
    product.gives_rows = norm->gives_rows;
    product.reads_moments = region.has_input(moments_of(region));
    product.epilogue.inputs.insert(product.epilogue.inputs.end(), 2, column_term(product));
  }
  return product;
}

/// Whether what is folded into B is constant, and A as kernels take its statistics.
Support supports_normalization(const Region& region, const Product& product) {
  if (!has_packed_b(region)) return Support::no("normalized rows and a B that is not constant");
  for (const int parameter : parameters_of(region))
    if (region.has_input(parameter) && !region.input(parameter).constant)
      return Support::no("a normalization whose scale or bias is not constant");
  const bool halves = product.type == DataType::F16 || product.type == DataType::BF16;
  if (product.reads_moments) {
    const TensorType& moments = region.input_type(moments_of(region));
    constexpr int64_t kPair = 2 * Product::kMomentsGroup;  // they are read by fours
    const int64_t depth = *product.channels.constant();
    if (moments.type != DataType::F32 || depth % kPair != 0 || !product.batch.empty() ||
        !(moments.dims[moments.dims.size() - 2] == Dim(depth / Product::kMomentsGroup)))
      return Support::no("moments of rows in another form than kernels leave them");
  }
  if (!halves || product.a_transposed()) return Support::no("normalized rows of another type than f16 and bf16");
  return {};
}

/// Whether what the product tells of rows, of A's or its own, is what kernels give.
Support supports_results(const Region& region, const Product& product) {
  for (int i = epilogue_outputs(region); i < region.outputs(); ++i)
    if (region.output_type(i).type != DataType::F32 || !product.batch.empty())
      return Support::no("statistics of rows in another type than f32, or of a batch of matrices");
  const auto columns = product.columns.constant();
  if (region.moments > 0 && (region.moments != Product::kMomentsGroup || !columns || *columns % region.moments != 0))
    return Support::no("moments of other groups than kernels give");
  return {};
}

/// Whether the last axis, or one of the last two, lies without gaps.
bool has_unit_stride(const PlacedTensor& tensor, bool last) {
  const size_t rank = tensor.strides.size();
  return tensor.strides[rank - 1] == Dim(1) || (!last && tensor.strides[rank - 2] == Dim(1));
}

class MatMulTactic : public Tactic {
 public:
  Support supports(const Region& region, const Target& target) const override {
    if (!dynamic_cast<const ops::MatMul*>(region.anchor) && !normalized(region)) return Support::foreign();
    const TensorType &a = region.input_type(region.anchor_inputs[0]), &b = region.input_type(region.anchor_inputs[1]);
    if (a.type != b.type && !has_packed_b(region)) return Support::no("A and B of different types");
    if (region.loads_quantized()) {
      if (!has_packed_b(region)) return Support::no("B is no constant matrix");
      if (const Support support = QuantizedRegion::supports(region, channel_axis(region), 1); !support) return support;
    }
    if (const Support support = supports_product(region, target); !support) return support;
    const Product product = product_of(region, target, expected_places(region, Order::RowMajor));
    if (const Support support = supports_results(region, product); !support) return support;
    if (normalized(region))
      if (const Support support = supports_normalization(region, product); !support) return support;
    if (range_of(tn::product(product.batch), target.ranges).max > 65535) return Support::no("more than 65535 matrices");
    return form(region, product, target);
  }
  std::optional<Order> order(const Region&) const override { return Order::RowMajor; }

  void lower(const Region& region, const std::string& config, RegionLowering& lowering) const override {
    const bool packed = has_packed_b(region);
    std::map<int, int> placed;
    const auto take = [&](int index, bool matrix) {
      int tensor = lowering.input(index, Need::Any);
      if (matrix && !has_unit_stride(lowering.tensor(tensor), region.loads_quantized()))
        tensor = lowering.input(index, Need::UnitInner);
      placed.emplace(index, tensor);
      return tensor;
    };
    std::vector<int> inputs = {take(region.anchor_inputs[0], true)}, outputs;
    if (!packed) inputs.push_back(take(region.anchor_inputs[1], true));
    const std::vector<int> further = region.loads_quantized() ? quantized(region).inputs() : region.expression_inputs;
    for (const int index : further)
      if (!placed.contains(index)) take(index, false);
    for (int i = 0; i < region.outputs(); ++i)
      outputs.push_back(lowering.output(i, i < epilogue_outputs(region) ? Need::Any : Need::RowMajor));
    const Places places{[&](int i) { return place_of(lowering.tensor(placed.at(i))); },
                        [&](int i) { return place_of(lowering.tensor(outputs[static_cast<size_t>(i)])); }};
    const Product product = product_of(region, lowering.target(), places);
    std::vector<int> terms;
    if (packed) inputs.push_back(packed_b(region, product, lowering, terms));
    for (const int index : further) inputs.push_back(placed.at(index));
    if (region.loads_quantized()) terms = quantized(region).add_constants(lowering);
    inputs.insert(inputs.end(), terms.begin(), terms.end());
    if (product.reads_moments) inputs.push_back(lowering.input(moments_of(region), Need::RowMajor));
    add_launch(lowering, text(product, config, lowering.target()), inputs, outputs);
  }

 protected:
  virtual Support form(const Region& region, const Product& product, const Target& target) const = 0;
  virtual KernelText text(const Product& product, const std::string& config, const Target& target) const = 0;
  virtual bool rounds(const Product& product) const = 0;

 private:
  /// Of a normalized product also the two numbers of each column, in `terms`.
  int packed_b(const Region& region, const Product& product, RegionLowering& lowering, std::vector<int>& terms) const {
    const Tensor& weights = region.input(region.anchor_inputs[1]);
    const ConstantPtr constant = region.loads_quantized() ? quantized(region).weights() : weights.constant;
    TensorView columns = constant->view();
    if (!op_of(region).transpose_b) {
      std::swap(columns.dims[0], columns.dims[1]);
      std::swap(columns.strides[0], columns.strides[1]);
    }
    if (normalized(region)) return normalized_b(region, columns, product, lowering, terms);
    const bool tf32 = rounds(product);
    return lowering.packed_weights(
        "packed", pack_columns(columns, product.type, packed_depth(product), tf32),
        {{weights.name}, fmt::format("cuda.columns:{}{}", name_of(product.type), tf32 ? ":tf32" : ""), {}});
  }

  static int normalized_b(const Region& region, const TensorView& columns, const Product& product,
                          RegionLowering& lowering, std::vector<int>& terms) {
    std::vector<std::string> sources;
    std::vector<TensorView> parameters;
    sources.push_back(region.input(region.anchor_inputs[1]).name);
    for (const int index : parameters_of(region)) {
      if (!region.has_input(index)) continue;
      sources.push_back(region.input(index).name);
      parameters.push_back(region.input(index).constant->view());
    }
    const NormalizedColumns packed = pack_normalized(
        columns, parameters[0], parameters.size() > 1 ? &parameters[1] : nullptr, product.type, packed_depth(product));
    const auto add = [&](std::string_view part, const std::vector<std::byte>& bytes) {
      return lowering.packed_weights(part, bytes,
                                     {sources, fmt::format("cuda.normalized:{}:{}", name_of(product.type), part), {}});
    };
    terms = {add("sums", packed.sums), add("shifts", packed.shifts)};
    return add("packed", packed.columns);
  }
};

class MmaMatMul final : public MatMulTactic {
 public:
  std::string_view name() const override { return "matmul.mma"; }
  bool takes_quantized() const override { return true; }
  bool gives_moments() const override { return true; }
  std::vector<std::string> configs(const Region& region, const Target& target) const override {
    return tile_texts(product_of(region, target, expected_places(region, Order::RowMajor)), target);
  }

 private:
  Support form(const Region& region, const Product& product, const Target& target) const override {
    if (const auto reason = refuses_mma(product, target.device->architecture)) return Support::no(*reason);
    if (has_packed_b(region) && !region.loads_quantized() && !is_float(region.input_type(region.anchor_inputs[1]).type))
      return Support::no("B of another type than f32, f16 or bf16");
    return {};
  }
  KernelText text(const Product& product, const std::string& config, const Target& target) const override {
    return mma_text(product, tile_of(product, config, target), "matmul_mma", target.ranges);
  }
  bool rounds(const Product& product) const override { return product.tf32; }
};

class SimtMatMul final : public MatMulTactic {
 public:
  std::string_view name() const override { return "matmul.simt"; }
  std::vector<std::string> configs(const Region& region, const Target& target) const override {
    return simt_configs(product_of(region, target, expected_places(region, Order::RowMajor)), target);
  }

 private:
  Support form(const Region& region, const Product& product, const Target& target) const override {
    if (has_packed_b(region) && (!is_float(product.type) || product.type == DataType::F64))
      return Support::no("constant B of another type than f32, f16 or bf16");
    if (product.normalizes) return Support::no("normalized rows");
    return refuses_mma(product, target.device->architecture) ? Support{} : Support::no("tensor cores take it");
  }
  KernelText text(const Product& product, const std::string& config, const Target& target) const override {
    return simt_text(product, std::stoi(config), "matmul_simt", target.ranges);
  }
  bool rounds(const Product&) const override { return false; }
};

}  // namespace

const Tactic& matmul_mma() {
  static const MmaMatMul tactic;
  return tactic;
}
const Tactic& matmul_simt() {
  static const SimtMatMul tactic;
  return tactic;
}

}  // namespace tn::cuda
