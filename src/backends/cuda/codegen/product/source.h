// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "backends/cuda/codegen/product/product.h"

namespace tn::cuda {

/// "#define NAME value" lines.
class Defines {
 public:
  void operator()(std::string_view name, std::string_view value);
  void operator()(std::string_view name, int64_t value);

 private:
  friend class ProductSource;
  std::string text_;
};

/// What the texts of all product kernels have in front of them: types, extents and strides of the product as macros,
/// where its operands begin (a_batch, b_batch), and its epilogue.
class ProductSource {
 public:
  /// `width`: columns of a run of the epilogue. `reads_early`: see KernelText; COMPLETE says whether A is complete.
  ProductSource(const Product& product, const SymbolRanges& ranges, int width, bool reads_early = false);
  Defines define;
  /// Fills in source, entry, scalars.
  void finish(KernelText& text, std::string entry, std::string_view body) const;

 private:
  void define_extents();
  void define_operands();
  const Product& product_;
  Scalars scalars_;
  IndexText index_;
  std::string functions_;
};

bool is_bytes(const Product& product);

/// Fragments of 8 columns whose columns are dealt out so that a thread has neighbours, twice as many: as many as
/// registers allow for what results need besides the sums of a warp's tile.
int joined_fragments(int warp_m, int warp_n);

/// MMA, the instruction's name, types of sums, and ROUNDS_TO_TF32.
void define_mma(Defines& define, const Product& product);

/// Elements of a piece of A (of B) that lie side by side wherever a multiple of it begins, aligned to its size; up to
/// 16 bytes.
int64_t piece_of_a(const Product& product);
int64_t piece_of_b(const Product& product);

}  // namespace tn::cuda
