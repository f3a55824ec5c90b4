// SPDX-License-Identifier: Apache-2.0
#include "quant/cache.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "base/error.h"
#include "base/os/file.h"

namespace tn::quant {
namespace {

TEST(Cache, EveryVersionIsRead) {
  const Cache cache = parse_cache(
      "TRT-101401-MinMaxCalibration\r\n"
      "data: 3c010a14\r\n"
      "\n"
      "input:0: 3c88edfc\n"
      "(Unnamed Layer* 64) [Shuffle]_output: 3c88edfc\n"
      "dead: 0");
  EXPECT_EQ(cache.header, "TRT-101401-MinMaxCalibration");
  ASSERT_EQ(cache.scales.size(), 4U);
  EXPECT_NEAR(cache.scales[0].second * 127, 1.00024, 1e-5);
  EXPECT_EQ(cache.scales[1].first, "input:0");
  EXPECT_EQ(cache.scales[2].first, "(Unnamed Layer* 64) [Shuffle]_output");
  const Plan plan = plan_of(cache);
  EXPECT_EQ(plan.at("dead").scale, 1);
  EXPECT_EQ(plan.at("data").source, Source::Cache);
}

TEST(Cache, IsWrittenAsItWasRead) {
  const std::string text = "TRT-7000-EntropyCalibration2\nz: 3c008912\na b: c: 89efc\nnothing: 0\n";
  EXPECT_EQ(to_text(parse_cache(text)), text);
}

TEST(Cache, OfTensorRTIsWrittenAsItWasRead) {
  const char* given = std::getenv("TENON_TEST_DATA");
  const std::filesystem::path file =
      std::filesystem::path(given ? given : "../shared/data") / "calibration/yolov5s_trt8600_entropy2.cache";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "no " << file;
  const MappedFile text(file);
  const Cache cache = parse_cache(text.text());
  EXPECT_EQ(cache.scales.size(), 197U);
  EXPECT_EQ(to_text(cache), text.text());
  EXPECT_EQ(plan_of(cache).size(), 197U);
}

TEST(Cache, BrokenOnesAreNamed) {
  for (const char* text : {"", "data: 3c008912\n", "TRT-1-A\nname\n", "TRT-1-A\n: 3c008912\n", "TRT-1-A\nx: 7f800000\n",
                           "TRT-1-A\nx: bc008912\n", "TRT-1-A\nx: 7fc00000\n", "TRT-1-A\nx: 13c008912\n",
                           "TRT-1-A\nx: 3c00891g\n", "TRT-1-A\nx: \n"})
    EXPECT_THROW(parse_cache(text), Error) << text;
}

TEST(Cache, NamesWithoutTensorHaveTheirNearest) {
  Cache cache;
  cache.scales = {{"conv1", 1.0F}, {"/model.0/act/Mul_output_0", 1.0F}, {"elsewhere", 1.0F}};
  const auto result = unmatched(cache, {"conv1", "/model.0/act/Mul_output", "pool"});
  ASSERT_EQ(result.size(), 2U);
  EXPECT_EQ(result[0].nearest, "/model.0/act/Mul_output");
  EXPECT_EQ(result[1].name, "elsewhere");
  EXPECT_EQ(result[1].nearest, "");
}

TEST(SideCar, KeepsWhatItWasGiven) {
  SideCar side_car{"mse", "0123abcd", 500, {}, {}};
  side_car.plan["x"] = symmetric(0.1F, Source::Calibrated);
  side_car.plan["y"] = {0.3F, 7, DataType::U8, Source::User};
  const float values[] = {0.1F, -3.0F, 0.0F, 2.5F};
  side_car.histograms["x"].add(values);
  side_car.histograms["zeros"].add(std::span(values).subspan(2, 1));
  const SideCar again = parse_side_car(to_text(side_car));
  EXPECT_EQ(again.calibrator, "mse");
  EXPECT_EQ(again.data, "0123abcd");
  EXPECT_EQ(again.samples, 500);
  EXPECT_EQ(again.plan, side_car.plan);
  EXPECT_EQ(again.histograms, side_car.histograms);
}

TEST(SideCar, BrokenOnesAreRefused) {
  SideCar side_car{"mse", "", 1, {}, {}};
  side_car.plan["x"] = symmetric(1, Source::Calibrated);
  const std::string text = to_text(side_car);
  EXPECT_THROW(parse_side_car("{}"), Error);
  EXPECT_THROW(parse_side_car(text.substr(0, text.size() / 2)), Error);
  for (const auto& [from, to] :
       {std::pair{"\"i8\"", "\"f64\""}, {"\"zero_point\":0", "\"zero_point\":128"}, {"-1\"", "-9\""}}) {
    std::string broken = text;
    ASSERT_NE(broken.find(from), broken.npos) << from;
    broken.replace(broken.find(from), std::string_view(from).size(), to);
    EXPECT_THROW(parse_side_car(broken), Error) << broken;
  }
}

}  // namespace
}  // namespace tn::quant
