// SPDX-License-Identifier: Apache-2.0
#include "ops/text/reference/text.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <regex>

#include "ops/text/reference/strings.h"

namespace tn::ops {
namespace {

using Views = std::span<const TensorView>;

std::string with_case(std::string text, int (*letter)(int)) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x80) c = static_cast<char>(letter(static_cast<unsigned char>(c)));
  }
  return text;
}

// Results that are one number for each string.
template <typename Function>
void for_each_string(const TensorView& x, const TensorView& y, Function&& function) {
  const auto strings = read_strings(x);
  require(y.elements() == static_cast<int64_t>(strings.size()), "{} results", to_string(y.dims));
  size_t next = 0;
  for (Walk walk(y.dims, {y.strides}); walk.more(); walk.next())
    store_double(y, walk.offset(0), function(strings[next++]));
}

void concat(const NoAttributes&, Views inputs, Views outputs) {
  const Shape dims = shape_of_strings(outputs[0]);
  auto strings = read_strings(inputs[0], dims);
  const auto second = read_strings(inputs[1], dims);
  for (size_t i = 0; i < strings.size(); ++i) strings[i] += second[i];
  write_strings(strings, outputs[0]);
}

void equal(const NoAttributes&, Views inputs, Views outputs) {
  const TensorView& y = outputs[0];
  const auto a = read_strings(inputs[0], y.dims), b = read_strings(inputs[1], y.dims);
  size_t next = 0;
  for (Walk walk(y.dims, {y.strides}); walk.more(); walk.next(), ++next)
    store_int64(y, walk.offset(0), a[next] == b[next] ? 1 : 0);
}

void regex_match(const RegexAttributes& attributes, Views inputs, Views outputs) {
  try {
    const std::regex regex(attributes.pattern);
    for_each_string(inputs[0], outputs[0], [&](const std::string& s) { return std::regex_match(s, regex) ? 1 : 0; });
  } catch (const std::regex_error& error) {
    require(false, "pattern '{}': {}", attributes.pattern, error.what());
  }
}

constexpr std::string_view kSpace = " \t\n\r\v\f";

std::vector<std::string> split_at_space(std::string_view text, int64_t maxsplit) {
  std::vector<std::string> parts;
  for (size_t at = text.find_first_not_of(kSpace); at < text.size();) {
    if (maxsplit >= 0 && static_cast<int64_t>(parts.size()) == maxsplit) {
      parts.emplace_back(text.substr(at, text.find_last_not_of(kSpace) + 1 - at));
      break;
    }
    const size_t end = std::min(text.find_first_of(kSpace, at), text.size());
    parts.emplace_back(text.substr(at, end - at));
    at = std::min(text.find_first_not_of(kSpace, end), text.size());
  }
  return parts;
}

std::vector<std::string> split(const StringSplitAttributes& attributes, std::string_view text) {
  const std::string& delimiter = attributes.delimiter;
  if (delimiter.empty()) return split_at_space(text, attributes.maxsplit);
  std::vector<std::string> parts;
  for (size_t at = 0;;) {
    const bool last = attributes.maxsplit >= 0 && static_cast<int64_t>(parts.size()) == attributes.maxsplit;
    const size_t end = last ? std::string_view::npos : text.find(delimiter, at);
    parts.emplace_back(text.substr(at, end == std::string_view::npos ? end : end - at));
    if (end == std::string_view::npos) return parts;
    at = end + delimiter.size();
  }
}

std::vector<std::vector<std::string>> split_all(const StringSplitAttributes& attributes, const TensorView& x) {
  std::vector<std::vector<std::string>> all;
  for (const std::string& string : read_strings(x)) all.push_back(split(attributes, string));
  return all;
}

size_t most_parts(const std::vector<std::vector<std::string>>& all) {
  size_t most = 0;
  for (const auto& parts : all) most = std::max(most, parts.size());
  return most;
}

void split_strings(const StringSplitAttributes& attributes, Views inputs, Views outputs) {
  auto all = split_all(attributes, inputs[0]);
  const size_t most = most_parts(all);
  const TensorView& counts = outputs[1];
  require(counts.elements() == static_cast<int64_t>(all.size()), "{} counts", to_string(counts.dims));
  std::vector<std::string> strings;
  size_t next = 0;
  for (Walk walk(counts.dims, {counts.strides}); walk.more(); walk.next()) {
    auto& parts = all[next++];
    store_int64(counts, walk.offset(0), static_cast<int64_t>(parts.size()));
    parts.resize(most);
    std::ranges::move(parts, std::back_inserter(strings));
  }
  write_strings(strings, outputs[0]);
}

void split_extents(const StringSplitAttributes& attributes, Views inputs, std::span<Shape> outputs) {
  const TensorView& x = inputs[0];
  outputs[1] = shape_of_strings(x);
  outputs[0] = outputs[1];
  outputs[0].push_back(static_cast<int64_t>(most_parts(split_all(attributes, x))));
  outputs[0].push_back(x.dims[x.rank() - 1]);
}

std::vector<std::string> normalized(const StringNormalizeAttributes& attributes, const TensorView& x) {
  const auto key = [&](const std::string& text) {
    return attributes.case_sensitive ? text : with_case(text, std::tolower);
  };
  std::vector<std::string> result, stops;
  for (const std::string& word : attributes.stopwords) stops.push_back(key(word));
  for (const std::string& string : read_strings(x)) {
    if (std::ranges::find(stops, key(string)) != stops.end()) continue;
    result.push_back(attributes.case_action == "LOWER"   ? with_case(string, std::tolower)
                     : attributes.case_action == "UPPER" ? with_case(string, std::toupper)
                                                         : string);
  }
  if (result.empty()) result.emplace_back();  // one empty string, as the operator says
  return result;
}

void normalize(const StringNormalizeAttributes& attributes, Views inputs, Views outputs) {
  write_strings(normalized(attributes, inputs[0]), outputs[0]);
}

void normalize_extents(const StringNormalizeAttributes& attributes, Views inputs, std::span<Shape> outputs) {
  outputs[0] = inputs[0].dims;
  require(inputs[0].rank() >= 2, "strings of {}", to_string(inputs[0].dims));
  outputs[0][inputs[0].rank() - 2] = static_cast<int64_t>(normalized(attributes, inputs[0]).size());
}

// "+INF", "INF", "-INF" and "NaN" in any case, and decimal numbers.
double number_of(const std::string& text) {
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  require(!text.empty() && *end == '\0', "'{}' is no number", text);
  return number;
}

void parse(const NoAttributes&, Views inputs, Views outputs) {
  for_each_string(inputs[0], outputs[0], number_of);
}

// The shortest decimal that reads as the same number in the type.
std::string text_of(const TensorView& x, int64_t offset) {
  if (!is_float(x.type)) {
    if (x.type == DataType::U64) return fmt::format("{}", static_cast<uint64_t>(load_int64(x, offset)));
    return fmt::format("{}", load_int64(x, offset));
  }
  const double number = load_double(x, offset);
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number < 0 ? "-INF" : "INF";
  std::string text =
      x.type == DataType::F64 ? fmt::format("{}", number) : fmt::format("{}", static_cast<float>(number));
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

void print(const NoAttributes&, Views inputs, Views outputs) {
  const TensorView& x = inputs[0];
  std::vector<std::string> strings;
  for (Walk walk(x.dims, {x.strides}); walk.more(); walk.next()) strings.push_back(text_of(x, walk.offset(0)));
  write_strings(strings, outputs[0]);
}

}  // namespace

extern const ReferenceEntry regex_full_match_reference = make_reference<RegexAttributes, regex_match>("RegexFullMatch");
extern const ReferenceEntry string_concat_reference = make_reference<NoAttributes, concat>("StringConcat", {2, 1});
extern const ReferenceEntry string_equal_reference = make_reference<NoAttributes, equal>("StringEqual", {2, 1});
extern const ReferenceEntry string_normalizer_reference =
    make_reference_with_extents<StringNormalizeAttributes, normalize, normalize_extents>("StringNormalizer");
extern const ReferenceEntry string_parse_reference = make_reference<NoAttributes, parse>("StringParse");
extern const ReferenceEntry string_print_reference = make_reference<NoAttributes, print>("StringPrint");
extern const ReferenceEntry string_split_reference =
    make_reference_with_extents<StringSplitAttributes, split_strings, split_extents>("StringSplit", {1, 2});

}  // namespace tn::ops
