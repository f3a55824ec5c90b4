// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "backends/cuda/codegen/index_text.h"
#include "backends/cuda/codegen/pointwise.h"
#include "backends/cuda/codegen/prelude.h"

namespace tn::cuda {
namespace {

constexpr uint32_t kThreads = 256;

// Both axes of a tile are walked by neighbouring threads: one while reading, the other while writing.
constexpr std::string_view kTransposed = R"cuda(
extern "C" __global__ void __launch_bounds__(256) transposed_copy(const FROM* in0, TO* out0 PARAMETERS) {
  __shared__ TO tile[TILE][TILE + 1];
  wait_for_inputs();
  let_next_start();
  COORDINATES
  const index_t u0 = U_TILE * TILE, v0 = V_TILE * TILE;
  const index_t from = FROM_OFFSET, to = TO_OFFSET;
  const index_t fast = threadIdx.x % TILE, slow = threadIdx.x / TILE;
#pragma unroll
  for (index_t k = 0; k < TILE; k += 256 / TILE) {
    const index_t u = u0 + fast, v = v0 + slow + k;
    if (u < U_EXTENT && v < V_EXTENT) tile[slow + k][fast] = convert<TO>(in0[from + u + v * V_STRIDE]);
  }
  __syncthreads();
#pragma unroll
  for (index_t k = 0; k < TILE; k += 256 / TILE) {
    const index_t u = u0 + slow + k, v = v0 + fast;
    if (u < U_EXTENT && v < V_EXTENT) out0[to + v + u * U_STRIDE] = tile[fast][slow + k];
  }
}
)cuda";

// The axis, other than the innermost of the result, along which the data lie side by side; if tiles would be filled.
std::optional<size_t> crossing_axis(const IterationSpace& space, const SymbolRanges& ranges) {
  constexpr int64_t kFewest = 8;
  const size_t inner = space.rank() - 1;
  if (space.strides[0][inner] != Dim(1) || range_of(space.dims[inner], ranges).max < kFewest) return std::nullopt;
  for (size_t axis = 0; axis < inner; ++axis)
    if (space.strides[1][axis] == Dim(1) && range_of(space.dims[axis], ranges).max >= kFewest) return axis;
  return std::nullopt;
}

/// `space` holds the strides of the result, then those of the data; v is its last axis.
KernelText transposed(const Operand& from, const Operand& to, const IterationSpace& space, size_t u,
                      const SymbolRanges& ranges) {
  const size_t v = space.rank() - 1;
  const int64_t tile = size_of(to.type) > 2 ? 32 : 64;
  Scalars scalars;
  IndexText index(scalars, is_wide(space, ranges));
  Dims blocks = space.dims;
  blocks[u] = Dim::ceil_div(blocks[u], tile);
  blocks[v] = Dim::ceil_div(blocks[v], tile);
  const auto offset = [&](size_t operand) {
    auto at = coordinate_names(space.rank(), "i");
    at[u] = "0u";
    at[v] = "0u";
    return index.offset(at, space.strides[operand]);
  };
  std::string coordinates = index.coordinates("blockIdx.x", blocks, "i");
  std::ranges::replace(coordinates, '\n', ' ');
  std::string defines;
  const auto define = [&](std::string_view name, const std::string& value) {
    defines += fmt::format("#define {} {}\n", name, value);
  };
  define("FROM", std::string(text_of(from.type)));
  define("TO", std::string(text_of(to.type)));
  define("TILE", fmt::format("{}", tile));
  define("COORDINATES", coordinates);
  define("U_TILE", fmt::format("i{}", u));
  define("V_TILE", fmt::format("i{}", v));
  define("TO_OFFSET", offset(0));
  define("FROM_OFFSET", offset(1));
  define("U_EXTENT", index(space.dims[u]));
  define("V_EXTENT", index(space.dims[v]));
  define("U_STRIDE", index(space.strides[0][u]));
  define("V_STRIDE", index(space.strides[1][v]));
  define("PARAMETERS", scalars.parameters());
  KernelText text;
  text.entry = "transposed_copy";
  text.source = fmt::format("{}{}{}{}", prelude(), index.declaration(), defines, kTransposed);
  text.block = {kThreads, 1, 1};
  text.grid = {product(blocks), 1, 1};
  text.scalars = scalars.values();
  text.overlaps = true;
  return text;
}

}  // namespace

KernelText strided_copy(const Operand& from, const Operand& to, const SymbolRanges& ranges) {
  const IterationSpace space = flatten({to.dims, {to.strides, broadcast_strides(from, to.dims, ranges)}}, ranges);
  if (const auto axis = crossing_axis(space, ranges)) return transposed(from, to, space, *axis, ranges);
  ScalarProgram same;
  same.inputs = {compute_type(from.type)};
  same.instructions = {{ScalarFunction::Input, same.inputs[0], 0, 0, 0}};
  same.results = {0};
  return pointwise("copy", same, std::span(&from, 1), std::span(&to, 1), ranges);
}

}  // namespace tn::cuda
