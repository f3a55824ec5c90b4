// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <numeric>

#include "backends/cuda/codegen/product/product.h"
#include "backends/cuda/codegen/product/source.h"
#include "backends/cuda/codegen/product/texts.h"
#include "base/error.h"

namespace tn::cuda {
namespace {

// Channels of a thread: as many as its loads allow, at most what makes 16 bytes of halves, or of bytes.
int64_t vector_of(const Product& product) {
  const int64_t most = is_bytes(product) ? 16 : 8;
  int64_t vector = std::gcd(std::gcd(product.a.alignment, most), known_divisor(product.channels, most));
  for (const Dim& stride : {product.a.images, product.a.points[0], product.a.points[1], product.a.points[2]})
    vector = std::gcd(vector, known_divisor(stride, most));
  return vector;
}

}  // namespace

std::string to_string(const DepthwiseTile& tile) {
  return fmt::format("{}x{}x{}", tile.strip, tile.lines, tile.vector);
}

DepthwiseTile parse_depthwise_tile(const std::string& text) {
  DepthwiseTile tile;
  const int read = std::sscanf(text.c_str(), "%dx%dx%d", &tile.strip, &tile.lines, &tile.vector);
  if (read != 3 || to_string(tile) != text)
    throw Error(ErrorCode::Internal, "'{}' is no tile of a depthwise convolution", text);
  return tile;
}

KernelText depthwise_text(const Product& product, const DepthwiseTile& tile, std::string entry,
                          const SymbolRanges& ranges) {
  const int64_t vector = std::min<int64_t>(tile.vector, vector_of(product));
  ProductSource source(product, ranges, static_cast<int>(vector));
  source.define("VECTOR", vector);
  source.define("STRIP", tile.strip);
  source.define("LINES", tile.lines);
  KernelText text;
  source.finish(text, std::move(entry), kDepthwiseText);
  text.block = {128, 1, 1};
  const Dim items = product.images * product.rows[0] * Dim::ceil_div(product.rows[1], tile.lines) *
                    Dim::ceil_div(product.rows[2], tile.strip) * Dim::floor_div(product.channels, vector);
  text.grid = {Dim::ceil_div(items, 128), 1, 1};
  text.overlaps = true;
  return text;
}

}  // namespace tn::cuda
