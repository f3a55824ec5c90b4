// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/codegen/pointwise.h"

#include <fmt/format.h>

#include <algorithm>

#include "backends/cuda/codegen/element_kernel.h"
#include "backends/cuda/codegen/index_text.h"
#include "backends/cuda/codegen/prelude.h"
#include "backends/cuda/codegen/scalar_text.h"

namespace tn::cuda {
namespace {

constexpr uint32_t kThreads = ElementKernel::kThreads;

class Pointwise {
 public:
  Pointwise(const ScalarProgram& program, std::span<const Operand> inputs, std::span<const Operand> outputs,
            const SymbolRanges& ranges)
      : program_(program), inputs_(inputs), outputs_(outputs), ranges_(ranges) {
    IterationSpace space{outputs[0].dims, {}};
    for (const Operand& operand : outputs) space.strides.push_back(operand.strides);
    for (const Operand& operand : inputs) space.strides.push_back(broadcast_strides(operand, space.dims, ranges));
    space_ = flatten(space, ranges);
    wide_ = is_wide(space_, ranges);
    lanes_ = widest();
  }

  KernelText text(std::string entry) {
    IndexText index(scalars_, wide_);
    const Dim points = space_.elements();
    const Dim items = Dim::ceil_div(points, lanes_);
    std::string body = position(index);
    const std::string full = lanes_ > 1 ? vectors(index) : elements(index);
    // Only a single axis may end within a vector.
    if (known_divisor(points, lanes_) < lanes_)
      body += fmt::format("  if (first + {}u <= {}) {{\n{}  }} else {{\n{}  }}\n", lanes_, index(points), full,
                          rest(index, points));
    else
      body += full;
    KernelText text;
    text.source = fmt::format("{}{}{}extern \"C\" __global__ void __launch_bounds__({}) {}({}", prelude(),
                              index.declaration(), function(), kThreads, entry, operand_parameters(inputs_, outputs_));
    const std::string kernel = for_each_item(text, items, index(items), body, ranges_);
    text.source += fmt::format("{}) {{\n{}}}\n", scalars_.parameters(), kernel);
    text.entry = std::move(entry);
    text.scalars = scalars_.values();
    return text;
  }

 private:
  size_t inner() const { return space_.rank() - 1; }
  size_t operands() const { return outputs_.size() + inputs_.size(); }
  const Operand& operand(size_t k) const { return k < outputs_.size() ? outputs_[k] : inputs_[k - outputs_.size()]; }
  const Dim& inner_stride(size_t k) const { return space_.strides[k][inner()]; }
  bool is_unit(size_t k) const { return inner_stride(k) == Dim(1); }

  // Whether operand k can be moved in vectors of so many elements.
  bool takes(size_t k, int64_t lanes) const {
    if (!is_unit(k)) return true;
    const auto size = static_cast<int64_t>(size_of(operand(k).type));
    bool fits = operand(k).alignment >= std::min(lanes, Operand::kAlignment / size);
    for (size_t axis = 0; axis < inner(); ++axis) fits = fits && known_divisor(space_.strides[k][axis], lanes) == lanes;
    return fits;
  }

  int64_t widest() const {
    constexpr size_t kSmall = 16, kLarge = 32;  // bytes of the smallest and the largest vector
    size_t smallest = SIZE_MAX, largest = 0;
    for (size_t k = 0; k < operands(); ++k) {
      if (!is_unit(k)) continue;
      smallest = std::min(smallest, size_of(operand(k).type));
      largest = std::max(largest, size_of(operand(k).type));
    }
    if (!is_unit(0)) return 1;
    for (int64_t lanes = 16; lanes > 1; lanes /= 2) {
      const auto n = static_cast<size_t>(lanes);
      bool fits = n * smallest <= kSmall && n * largest <= kLarge;
      fits = fits && (space_.rank() == 1 || known_divisor(space_.dims[inner()], lanes) == lanes);
      for (size_t k = 0; k < operands(); ++k) fits = fits && takes(k, lanes);
      if (fits) return lanes;
    }
    return 1;
  }

  // The program as a function of computed values, which kernels call for vectors and for their rest.
  std::string function() const {
    std::vector<std::string> names;
    std::string parameters;
    for (size_t k = 0; k < inputs_.size(); ++k) {
      names.push_back(fmt::format("x{}", k));
      parameters += fmt::format("{} x{}, ", text_of(compute_type(inputs_[k].type)), k);
    }
    const ScalarText body = scalar_text(program_, names);
    std::string stores;
    for (size_t r = 0; r < outputs_.size(); ++r) {
      parameters += fmt::format("{}{}& y{}", r > 0 ? ", " : "", text_of(outputs_[r].type), r);
      stores += fmt::format("  y{} = convert<{}>({});\n", r, text_of(outputs_[r].type), body.results[r]);
    }
    return fmt::format("TN_INLINE void compute({}) {{\n{}{}}}\n", parameters, body.statements, stores);
  }

  // The thread's first element and its coordinates.
  std::string position(IndexText& index) const {
    Dims dims = space_.dims;
    dims.back() = Dim::ceil_div(dims.back(), lanes_);
    std::string text = index.coordinates("item", dims, "i");
    return text + fmt::format("  const index_t first = i{} * {}u;\n", inner(), lanes_);
  }

  // Offset of operand k at inner coordinate `at`.
  std::string offset(IndexText& index, size_t k, const std::string& at) const {
    auto names = coordinate_names(space_.rank(), "i");
    names.back() = at;
    return index.offset(names, space_.strides[k]);
  }

  std::string input_at(IndexText& index, size_t k, const std::string& at) const {
    return fmt::format("to_compute(in{}[{}])", k, offset(index, outputs_.size() + k, at));
  }

  std::string arguments(const std::vector<std::string>& inputs, const std::string& results) const {
    std::string text;
    for (const std::string& input : inputs) text += input + ", ";
    for (size_t r = 0; r < outputs_.size(); ++r)
      text += fmt::format("{}{}", r > 0 ? ", " : "", fmt::format(fmt::runtime(results), r));
    return text;
  }

  std::string elements(IndexText& index) const {
    std::vector<std::string> inputs;
    for (size_t k = 0; k < inputs_.size(); ++k) inputs.push_back(input_at(index, k, "first"));
    std::string text, stores;
    for (size_t r = 0; r < outputs_.size(); ++r) {
      text += fmt::format("    {} r{};\n", text_of(outputs_[r].type), r);
      stores += fmt::format("    out{}[{}] = r{};\n", r, offset(index, r, "first"), r);
    }
    return text + fmt::format("    compute({});\n", arguments(inputs, "r{}")) + stores;
  }

  std::string vectors(IndexText& index) const {
    std::string text, stores;
    std::vector<std::string> inputs;
    for (size_t k = 0; k < inputs_.size(); ++k) {
      const size_t place = outputs_.size() + k;
      if (is_unit(place)) {
        text += fmt::format("    const vec<{}, {}> v{} = load_vec<{}>(in{} + ({}));\n", text_of(inputs_[k].type),
                            lanes_, k, lanes_, k, offset(index, place, "first"));
        inputs.push_back(fmt::format("to_compute(v{}[j])", k));
      } else if (inner_stride(place) == Dim(0)) {
        text += fmt::format("    const {} v{} = {};\n", text_of(compute_type(inputs_[k].type)), k,
                            input_at(index, k, "first"));
        inputs.push_back(fmt::format("v{}", k));
      } else {
        inputs.push_back(input_at(index, k, "first + j"));
      }
    }
    for (size_t r = 0; r < outputs_.size(); ++r) {
      text += fmt::format("    vec<{}, {}> r{};\n", text_of(outputs_[r].type), lanes_, r);
      if (is_unit(r))
        stores += fmt::format("    store_vec(out{} + ({}), r{});\n", r, offset(index, r, "first"), r);
      else
        stores += fmt::format("#pragma unroll\n    for (int j = 0; j < {}; ++j) out{}[{}] = r{}[j];\n", lanes_, r,
                              offset(index, r, "first + j"), r);
    }
    return text +
           fmt::format("#pragma unroll\n    for (int j = 0; j < {}; ++j) compute({});\n", lanes_,
                       arguments(inputs, "r{}[j]")) +
           stores;
  }

  // The elements behind the last whole vector of a single axis.
  std::string rest(IndexText& index, const Dim& points) const {
    std::vector<std::string> inputs;
    for (size_t k = 0; k < inputs_.size(); ++k) inputs.push_back(input_at(index, k, "at"));
    std::string text = fmt::format("    for (index_t at = first; at < {}; ++at) {{\n", index(points)), stores;
    for (size_t r = 0; r < outputs_.size(); ++r) {
      text += fmt::format("    {} r{};\n", text_of(outputs_[r].type), r);
      stores += fmt::format("    out{}[{}] = r{};\n", r, offset(index, r, "at"), r);
    }
    return text + fmt::format("    compute({});\n", arguments(inputs, "r{}")) + stores + "    }\n";
  }

  const ScalarProgram& program_;
  std::span<const Operand> inputs_, outputs_;
  const SymbolRanges& ranges_;
  IterationSpace space_;  // operands: outputs, then inputs
  bool wide_ = false;
  int64_t lanes_ = 1;
  Scalars scalars_;
};

}  // namespace

KernelText pointwise(std::string entry, const ScalarProgram& program, std::span<const Operand> inputs,
                     std::span<const Operand> outputs, const SymbolRanges& ranges) {
  return Pointwise(program, inputs, outputs, ranges).text(std::move(entry));
}

}  // namespace tn::cuda
