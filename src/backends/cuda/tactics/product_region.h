// SPDX-License-Identifier: Apache-2.0
// Regions whose anchor is a product, as codegen/product wants them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "backends/cuda/codegen/product/product.h"
#include "tuning/tactic.h"

namespace tn::cuda {

/// How an operand lies in memory.
struct Place {
  Dims strides;
  Dim offset = 0;
};

/// Says where a region's operands are: as they were placed, or as a tactic that asks for an order expects them.
struct Places {
  std::function<Place(int)> input, output;  ///< by number of the region's inputs and outputs
};
Places expected_places(const Region& region, Order order);
Place place_of(const PlacedTensor& tensor);
/// Bytes that the address of what begins there is a multiple of; Operand::kAlignment at most.
int64_t alignment_of(const Place& place, DataType type);

/// Whether B of a matrix product is a constant that is packed while building.
bool has_packed_b(const Region& region);

/// Whether the expressions behind the anchor, and sizes, are what product kernels take.
Support supports_product(const Region& region, const Target& target);

/// Outputs that the epilogue makes: all but further results of the anchor, and moments, which come last.
int epilogue_outputs(const Region& region);

/// Region inputs that the epilogue reads, in the order of its inputs. A bias is added to the sums first.
std::vector<int> epilogue_inputs(const Region& region, int bias);
/// The epilogue without strides of operands: its program.
ScalarProgram epilogue_program(const Region& region, int bias);

/// An input of the epilogue with a number for each column, made while building.
ResultOperand column_term(const Product& product, DataType type = DataType::F32);
/// Fills in the epilogue's inputs, those of the region, and its outputs.
void set_operands(Product& product, const Region& region, const std::vector<int>& inputs, const Places& places,
                  const std::vector<size_t>& axes, const SymbolRanges& ranges);
/// Fills in the epilogue. `axes[i]` is the place of the result's axis i among those of ResultOperand.
void set_epilogue(Product& product, const Region& region, int bias, const Places& places,
                  const std::vector<size_t>& axes, const SymbolRanges& ranges);

int multiprocessors_of(const Target& target);

/// Variants of kernels on tensor cores, and the tile that a variant means for the product as it lies: another one where
/// that does not fit.
std::vector<std::string> tile_texts(const Product& product, const Target& target);
MmaTile tile_of(const Product& product, const std::string& config, const Target& target);
/// Variants of kernels with one multiplication at a time: rows of their tiles.
std::vector<std::string> simt_configs(const Product& product, const Target& target);

}  // namespace tn::cuda
