// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/codegen/element_kernel.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <numeric>

#include "backends/cuda/codegen/prelude.h"

namespace tn::cuda {
namespace {

bool any_wide(std::span<const Operand> inputs, std::span<const Operand> outputs, const Dims& domain,
              const SymbolRanges& ranges) {
  bool wide = is_wide({domain, {}}, ranges);
  for (const auto operands : {inputs, outputs})
    for (const Operand& operand : operands) wide = wide || is_wide({operand.dims, {operand.strides}}, ranges);
  return wide;
}

}  // namespace

ElementKernel::ElementKernel(std::string entry, std::vector<Operand> inputs, std::vector<Operand> outputs, Dims domain,
                             const SymbolRanges& ranges)
    : entry_(std::move(entry)),
      inputs_(std::move(inputs)),
      outputs_(std::move(outputs)),
      domain_(std::move(domain)),
      ranges_(ranges),
      index_(scalars_, any_wide(inputs_, outputs_, domain_, ranges)) {}

std::string ElementKernel::element(const char* name, size_t k, const Operand& operand,
                                   const std::vector<std::string>& at) {
  const size_t lead = at.size() - operand.dims.size();
  Dims strides(at.size(), 0);
  for (size_t axis = lead; axis < at.size(); ++axis)
    if (operand.dims[axis - lead] != Dim(1)) strides[axis] = operand.strides[axis - lead];
  return fmt::format("{}{}[{}]", name, k, index_.offset(at, strides));
}

std::string ElementKernel::in(size_t k, const std::vector<std::string>& at) {
  return element("in", k, inputs_[k], at);
}

std::string ElementKernel::converted(size_t k, const std::string& element) const {
  if (inputs_[k].type == outputs_[0].type) return element;
  return fmt::format("convert<{}>({})", text_of(outputs_[0].type), element);
}

std::string ElementKernel::out(size_t k, const std::vector<std::string>& at) {
  return element("out", k, outputs_[k], at);
}

// Neighbouring threads take what is neighbours in the first result, where the domain is its extents.
std::string ElementKernel::decoded() {
  std::vector<size_t> axes(domain_.size());
  std::iota(axes.begin(), axes.end(), size_t{0});
  if (outputs_[0].dims == domain_) {
    const auto stride = [&](size_t axis) { return range_of(outputs_[0].strides[axis], ranges_).max; };
    std::stable_sort(axes.begin(), axes.end(), [&](size_t a, size_t b) { return stride(a) > stride(b); });
  }
  Dims dims;
  std::vector<std::string> names;
  for (const size_t axis : axes) {
    dims.push_back(domain_[axis]);
    names.push_back(fmt::format("i{}", axis));
  }
  return index_.coordinates("item", dims, names);
}

// Starting a block takes about as long as computing an item. So threads of large grids compute several.
std::string for_each_item(KernelText& text, const Dim& items, const std::string& count, const std::string& compute,
                          const SymbolRanges& ranges) {
  constexpr int64_t kBlocksAtOnce = 2048, kMostItems = 8;  // of a large device; of a thread
  constexpr int64_t kThreads = ElementKernel::kThreads;
  const int64_t blocks = range_of(items, ranges).max / kThreads;
  int64_t each = 1;
  while (each < kMostItems && each * kBlocksAtOnce < blocks) each *= 2;
  text.block = {kThreads, 1, 1};
  text.grid = {Dim::ceil_div(items, kThreads * each), 1, 1};
  text.overlaps = true;
  return fmt::format(
      "  wait_for_inputs();\n  let_next_start();\n  const auto compute_item = [&](index_t item) {{\n{}  }};\n"
      "#pragma unroll 1\n  for (int i = 0; i < {}; ++i) {{\n"
      "    const index_t item = ((index_t)blockIdx.x * {}u + i) * {}u + threadIdx.x;\n"
      "    if (item >= {}) return;\n    compute_item(item);\n  }}\n",
      compute, each, each, kThreads, count);
}

KernelText ElementKernel::finish(const std::string& body, const std::string& functions) {
  KernelText text;
  const Dim points = product(domain_);
  const std::string count = index_(points), coordinates = decoded();
  text.entry = entry_;
  const std::string kernel = for_each_item(text, points, count, coordinates + body, ranges_);
  text.source = fmt::format("{}{}{}extern \"C\" __global__ void __launch_bounds__({}) {}({}{}) {{\n{}}}\n", prelude(),
                            index_.declaration(), functions, kThreads, entry_, operand_parameters(inputs_, outputs_),
                            scalars_.parameters(!inputs_.empty() || !outputs_.empty()), kernel);
  text.scalars = scalars_.values();
  return text;
}

std::string operand_parameters(std::span<const Operand> inputs, std::span<const Operand> outputs) {
  std::string text;
  for (size_t k = 0; k < inputs.size(); ++k)
    text += fmt::format("{}const {}* in{}", text.empty() ? "" : ", ", text_of(inputs[k].type), k);
  for (size_t k = 0; k < outputs.size(); ++k)
    text += fmt::format("{}{}* out{}", text.empty() ? "" : ", ", text_of(outputs[k].type), k);
  return text;
}

std::string entry_name(std::string_view kind, std::string_view what) {
  constexpr size_t kLongest = 80;
  std::string name(kind);
  if (!what.empty()) name += "_" + std::string(what);
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  if (name.size() > kLongest) name.resize(kLongest);
  return name;
}

}  // namespace tn::cuda
