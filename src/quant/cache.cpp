// SPDX-License-Identifier: Apache-2.0
#include "quant/cache.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/error.h"

namespace tn::quant {
namespace {

std::string_view take_line(std::string_view& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

float scale_of(std::string_view digits, size_t line) {
  uint32_t bits = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits, 16);
  const auto scale = std::bit_cast<float>(bits);
  if (error != std::errc() || end != digits.data() + digits.size())
    throw Error(ErrorCode::InvalidArgument, "line {}: '{}' is no hexadecimal number of 32 bits", line, digits);
  if (!std::isfinite(scale) || std::signbit(scale))
    throw Error(ErrorCode::InvalidArgument, "line {}: {} stands for the scale {}", line, digits, scale);
  return scale;
}

size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t k = 0; k < b.size(); ++k) {
      const size_t changed = diagonal + (a[i] == b[k] ? 0 : 1);
      diagonal = std::exchange(row[k + 1], std::min({changed, row[k] + 1, row[k + 1] + 1}));
    }
  }
  return row.back();
}

}  // namespace

Cache parse_cache(std::string_view text) {
  Cache cache;
  cache.header = take_line(text);
  if (!cache.header.starts_with("TRT-"))
    throw Error(ErrorCode::InvalidArgument, "a calibration cache begins with a line such as {}, not with '{}'",
                kCacheHeader, cache.header.substr(0, 40));
  for (size_t number = 2; !text.empty(); ++number) {
    const std::string_view line = take_line(text);
    if (line.find_first_not_of(' ') == line.npos) continue;
    const size_t colon = line.rfind(": ");
    if (colon == line.npos || colon == 0)
      throw Error(ErrorCode::InvalidArgument, "line {}: '{}' is not 'name: scale'", number, line.substr(0, 80));
    cache.scales.emplace_back(line.substr(0, colon), scale_of(line.substr(colon + 2), number));
  }
  return cache;
}

std::string to_text(const Cache& cache) {
  std::string text = cache.header + "\n";
  for (const auto& [name, scale] : cache.scales)
    text += fmt::format("{}: {:x}\n", name, std::bit_cast<uint32_t>(scale));
  return text;
}

Plan plan_of(const Cache& cache) {
  Plan plan;
  for (const auto& [name, scale] : cache.scales)
    plan.insert_or_assign(name, QParams{std::isnormal(scale) ? scale : 1, 0, DataType::I8, Source::Cache});
  return plan;
}

Cache cache_of(const Plan& plan) {
  Cache cache;
  for (const auto& [name, params] : plan) {
    if (params.zero_point == 0) cache.scales.emplace_back(name, symmetric(range_of(params), params.source).scale);
  }
  return cache;
}

std::vector<Unmatched> unmatched(const Cache& cache, const std::set<std::string, std::less<>>& tensors) {
  std::vector<Unmatched> result;
  for (const auto& [name, scale] : cache.scales) {
    if (tensors.contains(name)) continue;
    Unmatched entry{name, ""};
    size_t best = name.size() / 2 + 1;
    for (const std::string& tensor : tensors) {
      if (const size_t apart = distance(name, tensor); apart < best) {
        best = apart;
        entry.nearest = tensor;
      }
    }
    result.push_back(std::move(entry));
  }
  return result;
}

}  // namespace tn::quant
