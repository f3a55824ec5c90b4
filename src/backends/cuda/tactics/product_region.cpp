// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/tactics/product_region.h"

#include <algorithm>

#include "backends/cuda/codegen/index_text.h"
#include "backends/cuda/codegen/product/tiles.h"
#include "tuning/layout.h"

namespace tn::cuda {
namespace {

constexpr size_t kVariants = 16;           // of a region, to be timed
constexpr int64_t kLargestAlignment = 16;  // elements; storages begin at more bytes than these

ResultOperand result_operand(const TensorType& type, const Place& place, const Dims& strides,
                             const std::vector<size_t>& axes, size_t rank) {
  ResultOperand operand;
  operand.type = type.type;
  operand.strides.assign(rank, 0);
  for (size_t i = 0; i < strides.size(); ++i) operand.strides[axes[i]] = strides[i];
  operand.alignment = known_divisor(place.offset, kLargestAlignment);
  return operand;
}

ScalarType sum_type(const Region& region) {
  return compute_type(region.anchor_results[0].type);
}

}  // namespace

Places expected_places(const Region& region, Order order) {
  return {[&region, order](int input) { return Place{strides_in(order, region.input_type(input).dims)}; },
          [&region, order](int output) { return Place{strides_in(order, region.output_type(output).dims)}; }};
}

Place place_of(const PlacedTensor& tensor) {
  return {tensor.strides, tensor.offset};
}

int64_t alignment_of(const Place& place, DataType type) {
  const int64_t elements = known_divisor(place.offset, Operand::kAlignment);
  return std::min(Operand::kAlignment, elements * static_cast<int64_t>(size_of(type)));
}

bool has_packed_b(const Region& region) {
  const Tensor& b = region.input(region.anchor_inputs[1]);
  return b.constant != nullptr && b.type.rank() == 2;
}

Support supports_product(const Region& region, const Target& target) {
  const Dims& dims = region.anchor_results[0].dims;
  for (int i = 0; i < epilogue_outputs(region); ++i)
    if (!(region.output_type(i).dims == dims)) return Support::no("an output of other extents than the product");
  const Dim& columns = dims.back();
  const DimRange rows = range_of(Dim::floor_div(product(dims), columns), target.ranges);
  if (rows.max >= INT32_MAX) return Support::no("more than 2^31 rows");
  return {};
}

int epilogue_outputs(const Region& region) {
  return region.outputs() - static_cast<int>(region.anchor_results.size()) + 1 - (region.moments > 0 ? 1 : 0);
}

std::vector<int> epilogue_inputs(const Region& region, int bias) {
  std::vector<int> inputs = region.expression_inputs;
  if (bias != kNone) inputs.push_back(bias);
  return inputs;
}

ScalarProgram epilogue_program(const Region& region, int bias) {
  const ScalarType sums = sum_type(region);
  std::vector<ScalarType> types = {sums};
  std::vector<Expr> operands = {input(0, sums)};
  for (const int index : region.expression_inputs) {
    types.push_back(compute_type(region.input_type(index).type));
    operands.push_back(input(static_cast<int>(operands.size()), types.back()));
  }
  if (bias != kNone) {
    types.push_back(sums);
    operands[0] = operands[0] + input(static_cast<int>(operands.size()), sums);
  }
  const std::vector<Expr> results =
      region.expressions.empty() ? std::vector<Expr>{operands[0]} : substitute(region.expressions, operands);
  return lower(results, types);
}

ResultOperand column_term(const Product& product, DataType type) {
  ResultOperand term;
  term.type = type;
  term.strides.assign(product.batch.size() + 5, 0);
  term.strides.back() = 1;
  term.alignment = 16;
  term.constant = true;
  return term;
}

void set_operands(Product& product, const Region& region, const std::vector<int>& inputs, const Places& places,
                  const std::vector<size_t>& axes, const SymbolRanges& ranges) {
  const Dims& dims = region.anchor_results[0].dims;
  const size_t rank = product.batch.size() + 5;
  Epilogue& epilogue = product.epilogue;
  for (const int index : inputs) {
    const TensorType& type = region.input_type(index);
    const Place place = places.input(index);
    const Dims strides = broadcast_strides({type.type, type.dims, place.strides}, dims, ranges);
    epilogue.inputs.push_back(result_operand(type, place, strides, axes, rank));
    epilogue.inputs.back().constant = region.input(index).constant != nullptr;
  }
  for (int i = 0; i < epilogue_outputs(region); ++i) {
    const Place place = places.output(i);
    epilogue.outputs.push_back(result_operand(region.output_type(i), place, place.strides, axes, rank));
  }
}

void set_epilogue(Product& product, const Region& region, int bias, const Places& places,
                  const std::vector<size_t>& axes, const SymbolRanges& ranges) {
  const size_t rank = product.batch.size() + 5;
  Epilogue& epilogue = product.epilogue;
  set_operands(product, region, region.expression_inputs, places, axes, ranges);
  epilogue.program = epilogue_program(region, bias);
  if (bias != kNone) {
    const Place place = places.input(bias);
    epilogue.inputs.push_back(result_operand(region.input_type(bias), place, {place.strides[0]}, {rank - 1}, rank));
    epilogue.inputs.back().constant = region.input(bias).constant != nullptr;
  }
}

int multiprocessors_of(const Target& target) {
  const std::string& architecture = target.device->architecture;
  if (architecture == "sm_90") return 132;
  if (architecture == "sm_100") return 148;
  if (architecture == "sm_120") return 170;
  if (architecture == "sm_89") return 128;
  return architecture == "sm_75" ? 40 : 108;
}

static Gpu gpu_of(const Target& target) {
  return {target.device->architecture, multiprocessors_of(target)};
}

std::vector<std::string> tile_texts(const Product& product, const Target& target) {
  std::vector<std::string> texts;
  for (const MmaTile& tile : mma_tiles(product, target.ranges, gpu_of(target), kVariants))
    texts.push_back(to_string(tile));
  return texts;
}

MmaTile tile_of(const Product& product, const std::string& config, const Target& target) {
  const MmaTile tile = parse_mma_tile(config);
  if (fits(product, tile)) return tile;
  return mma_tiles(product, target.ranges, gpu_of(target), 1).at(0);
}

std::vector<std::string> simt_configs(const Product& product, const Target& target) {
  const auto most = [&](const Dim& dim) { return range_of(dim, target.ranges).max; };
  const int64_t columns = (most(product.columns) + 63) / 64 * product.groups * most(tn::product(product.batch));
  const auto tiles = [&](int64_t rows) { return (most(product.row_count()) + rows - 1) / rows * columns; };
  if (tiles(128) >= 2 * multiprocessors_of(target)) return {"128", "64", "32"};
  return {"32", "64", "128"};
}

}  // namespace tn::cuda
