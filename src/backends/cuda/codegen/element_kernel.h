// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "backends/cuda/codegen/index_text.h"
#include "backends/cuda/codegen/kernel_text.h"

namespace tn::cuda {

/// A text in which every thread computes one point of some extents by itself. Whoever writes the body finds in it:
///   i0, i1 …        the point's coordinates (index_t)
///   in0 …, out0 …   the operands' pointers
class ElementKernel {
 public:
  static constexpr uint32_t kThreads = 128;

  /// `domain`: the extents, row-major. Operands that it does not span only need offsets that fit.
  ElementKernel(std::string entry, std::vector<Operand> inputs, std::vector<Operand> outputs, Dims domain,
                const SymbolRanges& ranges);

  IndexText& index() { return index_; }
  Scalars& scalars() { return scalars_; }
  const Operand& input(size_t k) const { return inputs_[k]; }
  const Operand& output(size_t k) const { return outputs_[k]; }
  const Dims& domain() const { return domain_; }
  /// i0, i1 …
  std::vector<std::string> coordinates() const { return coordinate_names(domain_.size(), "i"); }
  /// "in0[…]" at these coordinates; an operand of lower rank reads the last ones, broadcast.
  std::string in(size_t k, const std::vector<std::string>& at);
  std::string out(size_t k, const std::vector<std::string>& at);
  /// An element of input k in the type of the first output: operands of a node may be stored in other float types.
  std::string converted(size_t k, const std::string& element) const;

  /// The kernel; `functions` stand before it, `body` in it.
  KernelText finish(const std::string& body, const std::string& functions = "");

 private:
  std::string decoded();
  std::string element(const char* name, size_t k, const Operand& operand, const std::vector<std::string>& at);

  std::string entry_;
  std::vector<Operand> inputs_, outputs_;
  Dims domain_;
  const SymbolRanges& ranges_;
  Scalars scalars_;
  IndexText index_;
};

/// Has the threads of a kernel compute `items` numbered items: sets its block and grid, lets it overlap, and returns
/// the body, which runs `compute` with `item` (index_t) for each. `count`: their number as text.
std::string for_each_item(KernelText& text, const Dim& items, const std::string& count, const std::string& compute,
                          const SymbolRanges& ranges);

/// "const f16_t* in0, …, f16_t* out0"
std::string operand_parameters(std::span<const Operand> inputs, std::span<const Operand> outputs);

/// The name of an entry made of any text: letters, digits and underscores.
std::string entry_name(std::string_view kind, std::string_view what);

}  // namespace tn::cuda
