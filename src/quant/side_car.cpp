// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "quant/cache.h"

namespace tn::quant {
namespace {

using Json = nlohmann::json;

constexpr const char* kFormat = "tenon-calibration-1";
constexpr std::string_view kSources[] = {"calibrated", "cache", "user", "inferred", "fixed", "dummy"};

// Up to the last bin that is not empty.
Json list(std::span<const uint64_t> bins) {
  while (!bins.empty() && bins.back() == 0) bins = bins.first(bins.size() - 1);
  return Json(std::vector<uint64_t>(bins.begin(), bins.end()));
}

Json to_json(const Histogram& histogram) {
  return {{"exponent", histogram.exponent()},
          {"negative", list(histogram.negative())},
          {"positive", list(histogram.positive())},
          {"zeros", histogram.zeros()},
          {"min", histogram.min()},
          {"max", histogram.max()}};
}

Histogram histogram_of(const Json& json) {
  Histogram::Parts parts;
  json.at("exponent").get_to(parts.exponent);
  json.at("negative").get_to(parts.negative);
  json.at("positive").get_to(parts.positive);
  json.at("zeros").get_to(parts.zeros);
  json.at("min").get_to(parts.min);
  json.at("max").get_to(parts.max);
  return Histogram::from_parts(parts);
}

QParams params_of(const Json& json) {
  QParams params;
  json.at("scale").get_to(params.scale);
  json.at("zero_point").get_to(params.zero_point);
  const auto type = json.at("type").get<std::string>();
  if (type != name_of(DataType::I8) && type != name_of(DataType::U8))
    throw Error(ErrorCode::InvalidArgument, "a tensor cannot be quantized to '{}'", type);
  params.type = type == name_of(DataType::I8) ? DataType::I8 : DataType::U8;
  if (!std::isnormal(params.scale) || params.scale < 0)
    throw Error(ErrorCode::InvalidArgument, "a scale of {}", params.scale);
  const int low = params.type == DataType::I8 ? -128 : 0;
  if (params.zero_point < low || params.zero_point > low + 255)
    throw Error(ErrorCode::InvalidArgument, "a zero point of {} in {}", params.zero_point, type);
  const auto source = std::ranges::find(kSources, json.at("source").get<std::string>());
  params.source = source == std::end(kSources) ? Source::Calibrated : static_cast<Source>(source - kSources);
  return params;
}

}  // namespace

std::string to_text(const SideCar& side_car) {
  Json tensors = Json::object();
  for (const auto& [name, params] : side_car.plan)
    tensors[name] = {{"scale", params.scale},
                     {"zero_point", params.zero_point},
                     {"type", name_of(params.type)},
                     {"source", kSources[static_cast<size_t>(params.source)]}};
  Json histograms = Json::object();
  for (const auto& [name, histogram] : side_car.histograms) histograms[name] = to_json(histogram);
  const Json json = {
      {"format", kFormat},           {"calibrator", side_car.calibrator}, {"data", side_car.data},
      {"samples", side_car.samples}, {"tensors", std::move(tensors)},     {"histograms", std::move(histograms)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

SideCar parse_side_car(std::string_view text) try {
  const Json json = Json::parse(text);
  if (json.at("format") != kFormat)
    throw Error(ErrorCode::InvalidArgument, "the format is {}, not {}", json.at("format").dump(), kFormat);
  SideCar side_car;
  json.at("calibrator").get_to(side_car.calibrator);
  json.at("data").get_to(side_car.data);
  json.at("samples").get_to(side_car.samples);
  for (const auto& [name, params] : json.at("tensors").items()) side_car.plan.emplace(name, params_of(params));
  for (const auto& [name, histogram] : json.at("histograms").items())
    side_car.histograms.emplace(name, histogram_of(histogram));
  return side_car;
} catch (const Json::exception& error) {
  throw Error(ErrorCode::InvalidArgument, "not what Tenon writes beside a calibration cache: {}", error.what());
}

}  // namespace tn::quant
