// SPDX-License-Identifier: Apache-2.0
// How the elements of an input or output of a network lie in the caller's memory.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/data_type.h"
#include "base/shape.h"

namespace tn {

/// With TensorRT's numbers and the names of trtexec. Linear is row-major.
enum class TensorFormat : uint8_t {
  Linear = 0,
  Chw2 = 1,
  Hwc8 = 2,
  Chw4 = 3,
  Chw16 = 4,
  Chw32 = 5,
  Dhwc8 = 6,
  Cdhw32 = 7,
  Hwc = 8,
  DlaLinear = 9,
  DlaHwc4 = 10,
  Hwc16 = 11,
  Dhwc = 12,
};
inline constexpr int kTensorFormatCount = 13;

std::string_view name_of(TensorFormat format);
/// "Channel major in groups of 16 channels": for people.
std::string_view describe(TensorFormat format);
/// Why a tensor cannot be in a format; empty where it can. −1 stands for extents that are not known.
std::string format_problem(TensorFormat format, DataType type, std::span<const int64_t> dims);

/// What a format does with the axes.
struct FormatRule {
  int spatial = 2;    ///< axes behind the channels; what is before the channels is row-major
  int vector = 1;     ///< components that lie side by side; the channels are padded to a multiple
  bool last = false;  ///< the channels lie innermost
  int row_bytes = 1;  ///< what the innermost spatial axis is padded to
  bool splits() const { return vector > 1 && !last; }
};
/// Of a tensor with so many channels.
FormatRule rule_of(TensorFormat format, int64_t channels);

inline int64_t groups_of(int64_t extent, int64_t size) {
  return (extent + size - 1) / size;
}

/// Elements that the innermost axis is padded to a multiple of.
inline int64_t row_multiple(const FormatRule& rule, int64_t channels, size_t size) {
  const int64_t inner = rule.last ? groups_of(channels, rule.vector) * rule.vector : 1;
  return std::max<int64_t>(1, rule.row_bytes / (static_cast<int64_t>(size) * inner));
}

/// Where the elements are: that of an index is the sum of index · stride; for a format that splits channels, index and
/// stride of that axis are of whole groups, and the component within its group comes to it.
template <typename Extent>
struct FormatLayout {
  FormatRule rule;
  size_t channel_axis = 0;
  std::vector<Extent> strides, extents;  ///< in elements; with padding, in groups where the format splits channels
  Extent elements = Extent(1);           ///< with all padding
};

/// `Extent` is int64_t or an expression that has groups_of().
template <typename Extent>
FormatLayout<Extent> layout_of(TensorFormat format, std::span<const Extent> dims, int64_t channels, size_t size) {
  FormatLayout<Extent> layout{rule_of(format, channels), 0, {}, {dims.begin(), dims.end()}};
  const FormatRule& rule = layout.rule;
  const size_t rank = dims.size();
  std::vector<size_t> order;  // from the inside
  const bool linear = format == TensorFormat::Linear;
  const size_t axis = layout.channel_axis = linear ? 0 : rank - 1 - static_cast<size_t>(rule.spatial);
  if (!linear) {
    const int64_t row = row_multiple(rule, channels, size);
    layout.extents[rank - 1] = groups_of(dims[rank - 1], row) * row;
    layout.extents[axis] = groups_of(dims[axis], rule.vector) * (rule.splits() ? 1 : rule.vector);
    if (rule.last) order.push_back(axis);
    for (size_t i = rank; --i > axis;) order.push_back(i);
    if (!rule.last) order.push_back(axis);
  }
  for (size_t i = linear ? rank : axis; i-- > 0;) order.push_back(i);
  layout.strides.assign(rank, Extent(1));
  layout.elements = Extent(rule.splits() ? rule.vector : 1);
  for (const size_t i : order) {
    layout.strides[i] = layout.elements;
    layout.elements = layout.elements * layout.extents[i];
  }
  return layout;
}

/// Strides as callers count them: in groups of components where the format has these, else in elements.
Shape format_strides(TensorFormat format, DataType type, std::span<const int64_t> dims);
/// Elements of the memory, with all padding. Allocates nothing.
int64_t format_elements(TensorFormat format, DataType type, std::span<const int64_t> dims);

}  // namespace tn
