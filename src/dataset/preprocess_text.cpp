// SPDX-License-Identifier: Apache-2.0
// The text and JSON forms of Preprocess.
#include <fmt/ranges.h>

#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "base/os/file.h"
#include "dataset/preprocess.h"

namespace tn {
namespace {

constexpr int kMaxSide = 16384;
constexpr std::string_view kKeys = "resize, letterbox, crop, color, scale, mean, std, layout";

/// Values by key. Both forms become this; a key without '=' has an empty value.
using Values = std::map<std::string, std::string, std::less<>>;

[[noreturn]] void bad_value(std::string_view key, std::string_view value, std::string_view valid) {
  throw Error(ErrorCode::InvalidArgument, "preprocess: '{}={}' is not understood; {} takes {}", key, value, key, valid);
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (size_t at = 0; at != std::string_view::npos;) {
    parts.push_back(trimmed(text.substr(0, at = text.find(separator))));
    if (at != std::string_view::npos) text.remove_prefix(at + 1);
  }
  return parts;
}

/// The whole text as a finite number.
template <typename T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if constexpr (std::is_floating_point_v<T>) {
    if (!std::isfinite(value)) return std::nullopt;
  }
  return value;
}

std::optional<double> fraction(std::string_view text) {
  const auto parts = split(text, '/');
  const auto above = number<double>(parts[0]);
  if (parts.size() == 1 || !above) return above;
  const auto below = number<double>(parts[1]);
  if (parts.size() != 2 || !below || *below == 0) return std::nullopt;
  return *above / *below;
}

std::optional<int> side(std::string_view text) {
  const auto value = number<int>(text);
  return value && *value >= 1 && *value <= kMaxSide ? value : std::nullopt;
}

/// "HxW".
std::optional<std::pair<int, int>> sides(std::string_view text) {
  const auto parts = split(text, 'x');
  if (parts.size() != 2) return std::nullopt;
  const auto height = side(parts[0]), width = side(parts[1]);
  if (!height || !width) return std::nullopt;
  return std::pair(*height, *width);
}

void set_resize(Preprocess& p, std::string_view value) {
  if (const auto exact = sides(value)) {
    p.resize = Preprocess::Resize::Exact;
    std::tie(p.resize_height, p.resize_width) = *exact;
    return;
  }
  constexpr std::string_view kShort = "short:";
  const auto shorter = side(value.starts_with(kShort) ? value.substr(kShort.size()) : value);
  if (!shorter) bad_value("resize", value, "N or short:N (the shorter side) or HxW, each side 1 to 16384");
  p.resize = Preprocess::Resize::ShortSide;
  p.resize_height = p.resize_width = *shorter;
}

void set_letterbox(Preprocess& p, std::string_view value) {
  if (p.resize != Preprocess::Resize::Exact) {
    throw Error(ErrorCode::InvalidArgument, "preprocess: letterbox needs resize=HxW beside it");
  }
  p.resize = Preprocess::Resize::Letterbox;
  if (value.empty()) return;
  const auto fill = number<int>(value);
  if (!fill || *fill < 0 || *fill > 255) bad_value("letterbox", value, "the fill value, 0 to 255, or nothing (114)");
  p.pad_value = static_cast<uint8_t>(*fill);
}

void set_crop(Preprocess& p, std::string_view value) {
  if (const auto both = sides(value)) {
    std::tie(p.crop_height, p.crop_width) = *both;
  } else if (const auto one = side(value)) {
    p.crop_height = p.crop_width = *one;
  } else {
    bad_value("crop", value, "N or HxW, each side 1 to 16384");
  }
  const bool too_large =
      p.resize != Preprocess::Resize::None && (p.crop_height > p.resize_height || p.crop_width > p.resize_width);
  // A short side says nothing about the longer one, but a crop must fit every image.
  if (too_large) {
    throw Error(ErrorCode::InvalidArgument, "preprocess: crop={}x{} is larger than what resize makes ({}x{})",
                p.crop_height, p.crop_width, p.resize_height, p.resize_width);
  }
}

template <typename E, size_t kCount>
E choice(std::string_view key, std::string_view value, const std::array<std::string_view, kCount>& names) {
  for (size_t i = 0; i < kCount; ++i) {
    if (names[i] == value) return static_cast<E>(i);
  }
  bad_value(key, value, fmt::format("{}", fmt::join(names, ", ")));
}

constexpr std::array<std::string_view, 3> kColors{"rgb", "bgr", "gray"};
constexpr std::array<std::string_view, 2> kLayouts{"nchw", "nhwc"};

std::vector<double> per_channel(std::string_view key, std::string_view value, int channels) {
  std::vector<double> result;
  for (const auto part : split(value, ':')) {
    const auto item = fraction(part);
    if (!item) bad_value(key, value, "numbers with ':' between them");
    result.push_back(*item);
  }
  if (result.size() != 1 && static_cast<int>(result.size()) != channels) {
    throw Error(ErrorCode::InvalidArgument, "preprocess: '{}={}' has {} values; the color has {} channel{}", key, value,
                result.size(), channels, channels == 1 ? "" : "s");
  }
  return result;
}

Preprocess from_values(const Values& values) {
  Preprocess p;
  const auto with = [&](std::string_view key, auto&& set) {
    if (const auto found = values.find(key); found != values.end()) set(found->second);
  };
  with("resize", [&](const std::string& value) { set_resize(p, value); });
  with("letterbox", [&](const std::string& value) { set_letterbox(p, value); });
  with("crop", [&](const std::string& value) { set_crop(p, value); });
  with("color", [&](const std::string& value) { p.color = choice<Color>("color", value, kColors); });
  with("layout", [&](const std::string& value) { p.layout = choice<ImageLayout>("layout", value, kLayouts); });
  with("scale", [&](const std::string& value) {
    const auto scale = fraction(value);
    if (!scale) bad_value("scale", value, "a number or a fraction such as 1/255");
    p.scale = *scale;
  });
  with("mean", [&](const std::string& value) { p.mean = per_channel("mean", value, p.channels()); });
  with("std", [&](const std::string& value) { p.std = per_channel("std", value, p.channels()); });
  for (const double std : p.std) {
    if (std == 0) throw Error(ErrorCode::InvalidArgument, "preprocess: std must not be 0");
  }
  return p;
}

void check_key(std::string_view key) {
  for (const auto known : split(kKeys, ',')) {
    if (key == known) return;
  }
  throw Error(ErrorCode::InvalidArgument, "preprocess: there is no key '{}'; keys are {}", key, kKeys);
}

std::string json_text(std::string_view key, const nlohmann::json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number()) return value.dump();
  if (key == "letterbox" && value == true) return "";
  if (!value.is_array()) {
    throw Error(ErrorCode::InvalidArgument, "preprocess: '{}' must be text, a number or an array, not {}", key,
                value.type_name());
  }
  std::vector<std::string> parts;
  for (const auto& item : value) {
    if (item.is_array()) throw Error(ErrorCode::InvalidArgument, "preprocess: '{}' must not hold arrays", key);
    parts.push_back(json_text(key, item));
  }
  return fmt::format("{}", fmt::join(parts, key == "resize" || key == "crop" ? "x" : ":"));
}

Preprocess from_json_file(const std::string& path) {
  const MappedFile file(path);
  try {
    const auto json = nlohmann::json::parse(file.text());
    if (!json.is_object()) throw Error(ErrorCode::InvalidArgument, "preprocess: the file must hold a JSON object");
    Values values;
    for (const auto& [key, value] : json.items()) {
      check_key(key);
      values.emplace(key, json_text(key, value));
    }
    return from_values(values);
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorCode::InvalidArgument, "{}: {}", path, error.what());
  } catch (const Error& error) {
    throw error.within(path);
  }
}

/// 1/n where that is exact, else the shortest text that reads back as the same number.
std::string fraction_text(double value) {
  const double inverse = std::round(1 / value);
  if (inverse >= 2 && inverse <= 1e6 && 1 / inverse == value) return fmt::format("1/{}", inverse);
  return fmt::format("{}", value);
}

}  // namespace

Preprocess parse_preprocess(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('@')) return from_json_file(std::string(text.substr(1)));
  Values values;
  for (const auto part : split(text, ',')) {
    const size_t equals = part.find('=');
    const auto key = trimmed(part.substr(0, equals));
    check_key(key);
    if (equals == std::string_view::npos && key != "letterbox") {
      throw Error(ErrorCode::InvalidArgument, "preprocess: '{}' needs a value: {}=...", key, key);
    }
    const auto value = equals == std::string_view::npos ? std::string_view() : trimmed(part.substr(equals + 1));
    if (!values.emplace(key, value).second) {
      throw Error(ErrorCode::InvalidArgument, "preprocess: '{}' is given twice", key);
    }
  }
  return from_values(values);
}

std::string to_string(const Preprocess& p) {
  std::vector<std::string> parts;
  if (p.resize == Preprocess::Resize::ShortSide) {
    parts.push_back(fmt::format("resize=short:{}", p.resize_height));
  } else if (p.resize != Preprocess::Resize::None) {
    parts.push_back(fmt::format("resize={}x{}", p.resize_height, p.resize_width));
  }
  if (p.resize == Preprocess::Resize::Letterbox) parts.push_back(fmt::format("letterbox={}", p.pad_value));
  if (p.crop_height != 0) {
    parts.push_back(p.crop_height == p.crop_width ? fmt::format("crop={}", p.crop_height)
                                                  : fmt::format("crop={}x{}", p.crop_height, p.crop_width));
  }
  parts.push_back(fmt::format("color={}", kColors[static_cast<size_t>(p.color)]));
  if (p.scale != 1) parts.push_back("scale=" + fraction_text(p.scale));
  if (!p.mean.empty()) parts.push_back(fmt::format("mean={}", fmt::join(p.mean, ":")));
  if (!p.std.empty()) parts.push_back(fmt::format("std={}", fmt::join(p.std, ":")));
  if (p.layout != ImageLayout::Nchw) parts.push_back("layout=nhwc");
  return fmt::format("{}", fmt::join(parts, ","));
}

}  // namespace tn
