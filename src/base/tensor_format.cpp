// SPDX-License-Identifier: Apache-2.0
#include "base/tensor_format.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <initializer_list>

namespace tn {
namespace {

constexpr int kDlaRow = 64;  // bytes

struct Entry {
  std::string_view name, text;
  FormatRule rule;
  std::initializer_list<DataType> types;  ///< none: all
};

using enum DataType;
// By number.
const std::array<Entry, kTensorFormatCount> kFormats = {{
    {"chw", "Row major linear", {}, {}},
    {"chw2", "Channel major in groups of 2 channels", {2, 2}, {F16, BF16}},
    {"hwc8", "Channels last, padded to a multiple of 8", {2, 8, true}, {F16, BF16}},
    {"chw4", "Channel major in groups of 4 channels", {2, 4}, {I8, F16}},
    {"chw16", "Channel major in groups of 16 channels", {2, 16}, {F16}},
    {"chw32", "Channel major in groups of 32 channels", {2, 32}, {I8, F16, F32}},
    {"dhwc8", "Channels last of volumes, padded to a multiple of 8", {3, 8, true}, {F16, BF16}},
    {"cdhw32", "Channel major of volumes in groups of 32 channels", {3, 32}, {I8, F16}},
    {"hwc", "Channels last", {2, 1, true}, {F32, U8}},
    {"dla_linear", "Row major with rows padded to 64 bytes", {2, 1, false, kDlaRow}, {I8, F16}},
    {"dla_hwc4", "Channels last, 1 or 4, with rows padded to 64 bytes", {2, 4, true, kDlaRow}, {I8, F16}},
    {"hwc16", "Channels last, padded to a multiple of 16", {2, 16, true}, {I8, F16, F8E4M3FN}},
    {"dhwc", "Channels last of volumes", {3, 1, true}, {F32}},
}};

const Entry& entry_of(TensorFormat format) {
  return kFormats[static_cast<size_t>(format)];
}

int64_t channels_of(TensorFormat format, std::span<const int64_t> dims) {
  const size_t behind = static_cast<size_t>(entry_of(format).rule.spatial) + 1;
  return dims.size() < behind ? 1 : dims[dims.size() - behind];
}

}  // namespace

std::string_view name_of(TensorFormat format) {
  return entry_of(format).name;
}

std::string_view describe(TensorFormat format) {
  return entry_of(format).text;
}

std::string format_problem(TensorFormat format, DataType type, std::span<const int64_t> dims) {
  if (format == TensorFormat::Linear) return "";
  const Entry& entry = entry_of(format);
  if (std::find(entry.types.begin(), entry.types.end(), type) == entry.types.end()) {
    std::string types;
    for (const DataType each : entry.types) types += fmt::format("{}{}", types.empty() ? "" : ", ", name_of(each));
    return fmt::format("format {} is for {}, not for {}", entry.name, types, name_of(type));
  }
  const size_t least = static_cast<size_t>(entry.rule.spatial) + 1;
  if (dims.size() < least)
    return fmt::format("format {} needs {} dimensions or more; the shape is [{}]", entry.name, least,
                       fmt::join(dims, ","));
  if (entry.rule.vector > 1 && !entry.rule.last && dims.size() >= static_cast<size_t>(kMaxRank))
    return fmt::format("format {} needs fewer than {} dimensions", entry.name, kMaxRank);
  const int64_t channels = dims[dims.size() - least];
  if (channels < 0 && entry.rule.vector > 1)
    return fmt::format("format {} needs a number of channels that is known while building", entry.name);
  if (format == TensorFormat::DlaHwc4 && channels != 1 && channels != 3 && channels != 4)
    return fmt::format("format {} is for 1, 3 or 4 channels, not for {}", entry.name, channels);
  return "";
}

FormatRule rule_of(TensorFormat format, int64_t channels) {
  FormatRule rule = entry_of(format).rule;
  if (format == TensorFormat::DlaHwc4 && channels == 1) rule.vector = 1;
  return rule;
}

Shape format_strides(TensorFormat format, DataType type, std::span<const int64_t> dims) {
  const auto placed = layout_of(format, dims, channels_of(format, dims), size_of(type));
  Shape strides{std::span<const int64_t>(placed.strides)};
  for (int i = 0; i < strides.rank(); ++i) {
    if (placed.rule.vector > 1) strides[i] = std::max<int64_t>(1, strides[i] / placed.rule.vector);
  }
  return strides;
}

int64_t format_elements(TensorFormat format, DataType type, std::span<const int64_t> dims) {
  int64_t elements = 1;
  for (const int64_t extent : dims) elements *= extent;
  if (format == TensorFormat::Linear || elements == 0) return elements;
  const int64_t channels = channels_of(format, dims), row = dims.back();
  const FormatRule rule = rule_of(format, channels);
  const int64_t multiple = row_multiple(rule, channels, size_of(type));
  return elements / (channels * row) * groups_of(channels, rule.vector) * rule.vector * groups_of(row, multiple) *
         multiple;
}

}  // namespace tn
