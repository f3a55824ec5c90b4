// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/gemm/gemm.h"

namespace tn {
namespace {

ProductPacking packing_of(const GemmParams& p) {
  ProductPacking packing;
  packing.kernels = product_kernels(p.isa, p.type);
  if (packing.kernels == nullptr) {
    throw Error(ErrorCode::Unsupported, "no matrix product for {} with {}", name_of(p.type), name_of(p.isa));
  }
  packing.vectors = p.tile.vectors;
  packing.channels = p.n;
  packing.depth = p.k;
  return packing;
}

}  // namespace

std::vector<TileShape> Gemm::configs(const GemmParams& params) {
  const ProductKernels* kernels = product_kernels(params.isa, params.type);
  if (kernels == nullptr) return {};
  const auto shapes = tile_shapes(*kernels);
  return {shapes.begin(), shapes.end()};
}

size_t Gemm::packed_bytes(const GemmParams& params) {
  return packing_of(params).bytes();
}

void Gemm::pack(const GemmParams& params, const TensorView& b, std::span<std::byte> out) {
  internal_check(b.dims == Shape{params.k, params.n}, "B must be [{},{}], not {}", params.k, params.n,
                 to_string(b.dims));
  WeightStrides strides;
  strides.outer = b.strides[0];
  strides.channel = b.strides[1];
  packing_of(params).pack(b.data, b.type, strides, out);
}

Gemm::Gemm(const GemmParams& params) : params_(params) {
  shape_.packing = packing_of(params);
  shape_.out_type = params.out_type;
  shape_.tile_rows = params.tile.rows;
}

Status Gemm::bind(const GemmShape& shape) noexcept {
  const auto size = static_cast<int64_t>(size_of(params_.type));
  shape_.images = shape.batch;
  shape_.pixels = shape.m;
  shape_.tiles = tiles_for(shape.m, params_.tile.rows);
  shape_.input_batch = shape.a_batch * size;
  shape_.input_row = shape.a_row * size;
  shape_.input_bytes = shape.m * params_.k * size;
  shape_.out_extent = {1, 1, shape.m};
  shape_.out = {shape.c_batch, {0, 0, shape.c_row}};
  return {};
}

void Gemm::run(Lane& lane, const void* a, const void* packed, const Epilogue& epilogue, void* c, void*) const noexcept {
  ProductOperands operands;
  operands.input = a;
  operands.packed = packed;
  operands.output = c;
  run_product(lane, shape_, operands, epilogue);
}

}  // namespace tn
