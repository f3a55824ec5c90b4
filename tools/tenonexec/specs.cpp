// SPDX-License-Identifier: Apache-2.0
#include "tenonexec/specs.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "tenonexec/failure.h"

namespace tenonexec {
namespace {

using tenon::DataType;
using tenon::Dims;

constexpr std::array<std::pair<std::string_view, DataType>, 13> kTypes = {{{"fp32", DataType::kFLOAT},
                                                                           {"fp16", DataType::kHALF},
                                                                           {"bf16", DataType::kBF16},
                                                                           {"fp64", DataType::kDOUBLE},
                                                                           {"int8", DataType::kINT8},
                                                                           {"int16", DataType::kINT16},
                                                                           {"int32", DataType::kINT32},
                                                                           {"int64", DataType::kINT64},
                                                                           {"uint8", DataType::kUINT8},
                                                                           {"uint16", DataType::kUINT16},
                                                                           {"uint32", DataType::kUINT32},
                                                                           {"uint64", DataType::kUINT64},
                                                                           {"bool", DataType::kBOOL}}};

constexpr std::array<std::string_view, 13> kFormats = {"chw",      "chw2",  "hwc8",   "chw4", "chw16",
                                                       "chw32",    "dhwc8", "cdhw32", "hwc",  "dla_linear",
                                                       "dla_hwc4", "hwc16", "dhwc"};

/// "name" of "name:rest", unquoted, and the rest. The last colon outside quotes divides, so that names like "input:0"
/// work without quotes too.
std::pair<std::string, std::string> split_name(std::string_view flag, std::string_view entry) {
  size_t colon = std::string_view::npos;
  bool quoted = false;
  for (size_t i = 0; i < entry.size(); ++i) {
    if (entry[i] == '\'') quoted = !quoted;
    if (entry[i] == ':' && !quoted) colon = i;
  }
  if (quoted) throw Failure("{}: a single quote in '{}' is not closed", flag, entry);
  if (colon == std::string_view::npos) throw Failure("{}: '{}' has no ':' after the tensor's name", flag, entry);
  std::string_view name = entry.substr(0, colon);
  if (name.size() >= 2 && name.front() == '\'' && name.back() == '\'') name = name.substr(1, name.size() - 2);
  if (name.empty()) throw Failure("{}: '{}' has no tensor name before the ':'", flag, entry);
  return {std::string(name), std::string(entry.substr(colon + 1))};
}

void check_new(std::string_view flag, const auto& list, const std::string& name) {
  if (std::any_of(list.begin(), list.end(), [&](const auto& entry) { return entry.first == name; }))
    throw Failure("{}: '{}' is given twice", flag, name);
}

tenon::TensorFormats parse_format(std::string_view flag, std::string_view text) {
  const auto found = std::find(kFormats.begin(), kFormats.end(), text);
  if (found == kFormats.end())
    throw Failure("{}: '{}' is no format; formats are {}", flag, text, fmt::join(kFormats, ", "));
  return 1U << (found - kFormats.begin());
}

}  // namespace

DataType parse_type(std::string_view flag, std::string_view text) {
  for (const auto& [name, type] : kTypes)
    if (name == text) return type;
  throw Failure("{}: '{}' is no type; types are fp32, fp16, bf16, int32, int64, int8, uint8, bool", flag, text);
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  if (text.empty()) return parts;
  bool quoted = false;
  parts.emplace_back();
  for (char c : text) {
    if (c == '\'') quoted = !quoted;
    if (c == separator && !quoted)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

int64_t parse_integer(std::string_view flag, std::string_view text, int64_t min, int64_t max) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::invalid_argument || end != text.data() + text.size())
    throw Failure("{}: '{}' is not a whole number", flag, text);
  if (error != std::errc() || value < min || value > max) {
    const bool unbounded = max == std::numeric_limits<int64_t>::max() || max == std::numeric_limits<int32_t>::max();
    const bool below = error == std::errc() ? value < min : text.starts_with('-');
    if (unbounded && below) throw Failure("{}: {} is out of range; it must be at least {}", flag, text, min);
    if (unbounded) throw Failure("{}: {} is out of range; it must be at most {}", flag, text, max);
    throw Failure("{}: {} is out of range; it must be from {} to {}", flag, text, min, max);
  }
  return value;
}

double parse_number(std::string_view flag, std::string_view text, double min, double max) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    throw Failure("{}: '{}' is not a number", flag, text);
  if (value < min || value > max)
    throw Failure("{}: {} is out of range; it must be from {} to {}", flag, text, min, max);
  return value;
}

int64_t parse_size(std::string_view flag, std::string_view text) {
  double unit = 1 << 20;
  std::string_view digits = text;
  if (!text.empty()) {
    const size_t suffix = std::string_view("BKMG").find(text.back());
    if (suffix != std::string_view::npos) {
      unit = std::ldexp(1.0, static_cast<int>(10 * suffix));
      digits.remove_suffix(1);
    }
  }
  return static_cast<int64_t>(parse_number(flag, digits, 0, 1e18 / unit) * unit);
}

Dims parse_dims(std::string_view flag, std::string_view text) {
  Dims dims;
  if (text.empty() || text == "scalar") return dims;
  const std::vector<std::string> parts = split(text, 'x');
  if (parts.size() > Dims::MAX_DIMS)
    throw Failure("{}: '{}' has {} dimensions; at most {} are possible", flag, text, parts.size(), Dims::MAX_DIMS);
  for (const std::string& part : parts)
    dims.d[dims.nbDims++] = parse_integer(flag, part, 0, std::numeric_limits<int32_t>::max());
  return dims;
}

Shapes parse_shapes(std::string_view flag, std::string_view text) {
  Shapes shapes;
  for (const std::string& entry : split(text, ',')) {
    auto [name, dims] = split_name(flag, entry);
    if (std::count(name.begin(), name.end(), '*') > 1) throw Failure("{}: more than one '*' in '{}'", flag, name);
    check_new(flag, shapes, name);
    shapes.emplace_back(std::move(name), parse_dims(flag, dims));
  }
  if (shapes.empty()) throw Failure("{}: no shape given; write {}=name:1x3x224x224", flag, flag);
  return shapes;
}

Names parse_names(std::string_view flag, std::string_view text) {
  Names names;
  for (const std::string& entry : split(text, ',')) {
    auto [name, value] = split_name(flag, entry);
    if (value.empty()) throw Failure("{}: nothing stands after '{}:'", flag, name);
    check_new(flag, names, name);
    names.emplace_back(std::move(name), std::move(value));
  }
  if (names.empty()) throw Failure("{}: nothing given; write {}=name:file", flag, flag);
  return names;
}

bool matches(std::string_view pattern, std::string_view name) {
  const size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == name;
  const std::string_view head = pattern.substr(0, star), tail = pattern.substr(star + 1);
  return name.size() >= head.size() + tail.size() && name.starts_with(head) && name.ends_with(tail);
}

const Dims* find_shape(const Shapes& shapes, std::string_view name) {
  for (const auto& [pattern, dims] : shapes)
    if (pattern == name) return &dims;
  for (const auto& [pattern, dims] : shapes)
    if (matches(pattern, name)) return &dims;
  return nullptr;
}

std::vector<IoFormat> parse_io_formats(std::string_view flag, std::string_view text) {
  std::vector<IoFormat> list;
  for (const std::string& entry : split(text, ',')) {
    IoFormat io;
    std::string_view formats = entry;
    if (const size_t colon = formats.find(':'); colon != std::string_view::npos) {
      io.type = parse_type(flag, formats.substr(0, colon));
      formats.remove_prefix(colon + 1);
    }
    io.formats = 0;
    for (const std::string& format : split(formats, '+')) io.formats |= parse_format(flag, format);
    if (io.formats == 0) throw Failure("{}: '{}' names no format, such as chw", flag, entry);
    list.push_back(io);
  }
  if (list.empty()) throw Failure("{}: nothing given; write {}=fp32:chw", flag, flag);
  return list;
}

std::string to_text(const std::vector<IoFormat>& list) {
  if (list.empty()) return "fp32:chw";
  std::vector<std::string> entries;
  for (const IoFormat& io : list) {
    std::vector<std::string_view> formats;
    for (size_t i = 0; i < kFormats.size(); ++i)
      if ((io.formats >> i & 1) != 0) formats.push_back(kFormats[i]);
    entries.push_back(
        fmt::format("{}{}{}", io.type ? to_text(*io.type) : "", io.type ? ":" : "", fmt::join(formats, "+")));
  }
  return fmt::format("{}", fmt::join(entries, ","));
}

std::vector<float> parse_percentiles(std::string_view flag, std::string_view text) {
  std::vector<float> list;
  for (const std::string& part : split(text, ',')) list.push_back(static_cast<float>(parse_number(flag, part, 0, 100)));
  if (list.empty()) throw Failure("{}: nothing given; write {}=90,95,99", flag, flag);
  return list;
}

std::string to_text(const Dims& dims) {
  if (dims.nbDims <= 0) return "scalar";
  return fmt::format("{}", fmt::join(dims.d, dims.d + dims.nbDims, "x"));
}

std::string_view to_text(tenon::TensorFormat format) {
  return kFormats[static_cast<size_t>(format)];
}

std::string_view to_text(DataType type) {
  for (const auto& [name, value] : kTypes)
    if (value == type) return name;
  return "unknown";
}

std::string to_text(const Shapes& shapes) {
  std::string text;
  for (const auto& [name, dims] : shapes) text += fmt::format("{}{}={}", text.empty() ? "" : ", ", name, to_text(dims));
  return text;
}

}  // namespace tenonexec
