// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/codegen/index_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tn::cuda {
namespace {

bool joins(const IterationSpace& space, size_t outer, size_t inner) {
  return std::ranges::all_of(space.strides,
                             [&](const Dims& strides) { return strides[outer] == strides[inner] * space.dims[inner]; });
}

IterationSpace picked(const IterationSpace& space, const std::vector<size_t>& axes) {
  IterationSpace result{{}, std::vector<Dims>(space.strides.size())};
  for (const size_t axis : axes) {
    result.dims.push_back(space.dims[axis]);
    for (size_t k = 0; k < space.strides.size(); ++k) result.strides[k].push_back(space.strides[k][axis]);
  }
  return result;
}

void join(IterationSpace& space, size_t outer, size_t inner) {
  space.dims[inner] = space.dims[outer] * space.dims[inner];
  const auto at = static_cast<std::ptrdiff_t>(outer);
  space.dims.erase(space.dims.begin() + at);
  for (Dims& strides : space.strides) strides.erase(strides.begin() + at);
}

}  // namespace

Dims broadcast_strides(const Operand& operand, const Dims& to, const SymbolRanges& ranges) {
  Dims strides(to.size(), 0);
  const size_t lead = to.size() - operand.dims.size();
  for (size_t i = lead; i < to.size(); ++i) {
    const Dim &extent = operand.dims[i - lead], &stride = operand.strides[i - lead];
    if (extent == to[i])
      strides[i] = stride;
    else if (!extent.is_constant())
      strides[i] = range_of(extent, ranges).min > 1 ? stride : stride * Dim::min(extent - 1, 1);
    else if (extent != Dim(1))
      strides[i] = stride;
  }
  return strides;
}

IterationSpace flatten(const IterationSpace& space, const SymbolRanges& ranges, size_t leader) {
  std::vector<size_t> axes;
  for (size_t axis = 0; axis < space.rank(); ++axis)
    if (space.dims[axis] != Dim(1)) axes.push_back(axis);
  const auto stride = [&](size_t axis) { return range_of(space.strides[leader][axis], ranges).max; };
  std::stable_sort(axes.begin(), axes.end(), [&](size_t a, size_t b) { return stride(a) > stride(b); });
  IterationSpace result = picked(space, axes);
  for (size_t axis = result.rank(); axis-- > 1;)
    if (joins(result, axis - 1, axis)) join(result, axis - 1, axis);
  if (result.rank() == 0) {
    result.dims = {1};
    for (Dims& strides : result.strides) strides = {0};
  }
  return result;
}

bool is_wide(const IterationSpace& space, const SymbolRanges& ranges) {
  constexpr double kLimit = 2147483647.0;
  const auto magnitude = [&](const Dim& dim) {
    const DimRange range = range_of(dim, ranges);
    return std::max(std::fabs(static_cast<double>(range.min)), std::fabs(static_cast<double>(range.max)));
  };
  double elements = 1;
  for (const Dim& dim : space.dims) elements *= magnitude(dim);
  bool wide = elements > kLimit;
  for (const Dims& strides : space.strides) {
    double last = 0;
    for (size_t axis = 0; axis < space.rank(); ++axis) last += magnitude(space.dims[axis]) * magnitude(strides[axis]);
    wide = wide || last > kLimit;
  }
  return wide;
}

int64_t known_divisor(const Dim& dim, int64_t limit) {
  int64_t common = std::gcd(dim.constant_part(), limit);
  if (!dim.is_constant())
    for (const Dim::Term& term : dim.terms()) common = std::gcd(common, term.coefficient);
  return common;
}

std::string IndexText::declaration() const {
  return wide_ ? "typedef unsigned long long index_t;\n" : "typedef unsigned index_t;\n";
}

std::string IndexText::operator()(const Dim& dim) {
  const auto constant = dim.constant();
  if (!constant) return fmt::format("(index_t){}", scalars_(dim));
  if (*constant < 0) return fmt::format("index_t({})", *constant);
  return fmt::format("{}{}", *constant, wide_ ? "ull" : "u");
}

std::string IndexText::coordinates(const std::string& linear, const Dims& dims, const std::string& prefix) {
  return coordinates(linear, dims, coordinate_names(dims.size(), prefix));
}

std::string IndexText::coordinates(const std::string& linear, const Dims& dims, const std::vector<std::string>& names) {
  std::string text, rest = linear;
  for (size_t axis = dims.size(); axis-- > 1;) {
    const std::string above = "above_" + names[axis], extent = (*this)(dims[axis]);
    text +=
        fmt::format("  const index_t {0} = ({1}) / {2}, {3} = ({1}) - {0} * {2};\n", above, rest, extent, names[axis]);
    rest = above;
  }
  if (!dims.empty()) text += fmt::format("  const index_t {} = {};\n", names[0], rest);
  return text;
}

std::string IndexText::offset(const std::vector<std::string>& coordinates, const Dims& strides) {
  std::string text;
  for (size_t axis = 0; axis < strides.size(); ++axis) {
    if (strides[axis] == Dim(0)) continue;
    if (!text.empty()) text += " + ";
    text += strides[axis] == Dim(1) ? coordinates[axis]
                                    : fmt::format("({}) * {}", coordinates[axis], (*this)(strides[axis]));
  }
  return text.empty() ? (*this)(0) : text;
}

std::vector<std::string> coordinate_names(size_t rank, const std::string& prefix) {
  std::vector<std::string> names;
  for (size_t axis = 0; axis < rank; ++axis) names.push_back(fmt::format("{}{}", prefix, axis));
  return names;
}

}  // namespace tn::cuda
