// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/codegen/prelude.h"
#include "backends/cuda/codegen/product/product.h"
#include "backends/cuda/codegen/product/source.h"
#include "backends/cuda/codegen/product/texts.h"

namespace tn::cuda {

KernelText simt_text(const Product& product, int tile_rows, std::string entry, const SymbolRanges& ranges) {
  ProductSource source(product, ranges, 8);
  source.define("TILE_M", tile_rows);
  source.define("TRANSPOSED_WINDOW", product.window.transposed);
  source.define("sum_t", text_of(product.sums));
  KernelText text;
  source.finish(text, std::move(entry), kSimtText);
  text.block = {256, 1, 1};
  text.grid = {Dim::ceil_div(product.row_count(), tile_rows) * Dim::ceil_div(product.columns, 64), product.groups,
               tn::product(product.batch)};
  text.overlaps = true;
  return text;
}

}  // namespace tn::cuda
