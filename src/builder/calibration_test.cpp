// SPDX-License-Identifier: Apache-2.0
#include "builder/calibration.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>

#include "base/error.h"
#include "base/os/file.h"
#include "builder/profiles.h"
#include "builder/quantization.h"
#include "dataset/sample_files.h"
#include "engine/engine_file.h"
#include "engine/plan_generated.h"
#include "ir/text.h"
#include "ops/entry.h"
#include "quant/cache.h"

namespace tn {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kNetwork = R"(graph g(x: f32[N,3,12,12]) {
  constant w1: f32[16,3,3,3] = #01
  constant w2: f32[16,16,3,3] = #02
  constant w3: f32[16,1,3,3] = #03
  constant w4: f32[16,32] = #04
  a = Conv(x, w1) {strides=[1,1], dilations=[1,1], pads=[1,1,1,1]}
  b = Relu(a)
  c = Conv(b, w2) {strides=[1,1], dilations=[1,1], pads=[1,1,1,1]}
  d = Conv(c, w3) {strides=[1,1], dilations=[1,1], pads=[1,1,1,1], group=16}
  e = Add(d, b)
  f = Silu(e)
  g = Reduce(f) {mode="Mean", axes=[2,3], keepdims=false}
  y = MatMul(g, w4)
  return y
})";

class Messages final : public Logger {
 public:
  void write(Severity severity, std::string_view message) noexcept override {
    (severity == Severity::Warning ? warnings : infos) += std::string(message) + "\n";
  }
  std::string warnings, infos;
};

class Calibration : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() /
              ("tenon_" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  // Raw values of one sample, deterministic; `spoiled` becomes the first of them.
  void add_sample(const std::string& name, int number, float spoiled = 0) {
    std::vector<float> values(kItem);
    for (size_t i = 0; i < values.size(); ++i)
      values[i] =
          std::sin(0.37F * static_cast<float>(i) + static_cast<float>(number)) * static_cast<float>(1 + number % 5);
    if (spoiled != 0) values[0] = spoiled;
    write_file_atomically(folder_ / name, std::as_bytes(std::span(values)));
  }
  void add_samples(int count) {
    for (int i = 0; i < count; ++i) add_sample(fmt::format("{:03}.bin", i), i);
  }

  static Graph network(std::string_view text = kNetwork) { return parse_graph(text, ops::make_op_by_name); }

  Histograms histograms(int64_t batch, int threads, uint64_t seed = 0, std::string_view text = kNetwork) {
    const Graph graph = network(text);
    const OptimizationProfile profile = {{"x", {{1, 3, 12, 12}, {1, 3, 12, 12}, {16, 3, 12, 12}}}};
    const Batching batching = batching_of(graph, profile, batch);
    SampleReader samples(find_samples(folder_, 1000, seed), batching.inputs, "", messages_);
    return observe(graph, batching, samples, threads, [] {});
  }

  std::shared_ptr<const EngineFile> build(const CalibrationConfig& calibration) {
    BuilderConfig config;
    config.timing = false;
    config.threads = 1;
    config.int8 = true;
    config.calibration = calibration;
    config.profiles = {{{"x", {{1, 3, 12, 12}, {1, 3, 12, 12}, {4, 3, 12, 12}}}}};
    TimingCache cache;
    return EngineFile::from_bytes(build_engine(network(), config, messages_, cache, &report_));
  }

  static constexpr size_t kItem = 3 * 12 * 12;
  fs::path folder_;
  Messages messages_;
  BuildReport report_;
};

TEST_F(Calibration, WhatIsSeenDependsOnNothingButTheSamples) {
  add_samples(21);
  const Histograms alone = histograms(1, 1);
  ASSERT_TRUE(alone.contains("x") && alone.contains("b") && alone.contains("f") && alone.contains("y"));
  EXPECT_EQ(alone.at("x").count(), 21 * kItem);
  EXPECT_EQ(alone, histograms(8, 1));
  EXPECT_EQ(alone, histograms(64, 1));
  EXPECT_EQ(alone, histograms(1, 2));
  EXPECT_EQ(alone, histograms(8, 2, 5));
}

TEST_F(Calibration, TensorsKeepTheNamesOfTheModel) {
  add_samples(3);
  build({.data = folder_.string(), .cache = (folder_ / "net.cache").string()});
  const MappedFile text(folder_ / "net.cache");
  const quant::Plan plan = quant::plan_of(quant::parse_cache(text.text()));
  for (const char* name : {"x", "b", "c", "f", "g", "y"}) EXPECT_TRUE(plan.contains(name)) << name;
  EXPECT_NE(report_.graph.find("Quantize"), std::string::npos);
}

TEST_F(Calibration, ACacheGivesTheSameNetwork) {
  add_samples(5);
  const std::string cache = (folder_ / "net.cache").string();
  EXPECT_EQ(build({.data = folder_.string(), .cache = cache})->plan().precision, "int8: mse of 5 samples");
  const std::string graph = report_.graph;
  build({.cache = cache});
  EXPECT_EQ(report_.graph, graph);
  // From what was counted, without the samples.
  build({.calibrator = "minmax", .cache = cache});
  const std::string by_cache = report_.graph;
  EXPECT_NE(by_cache, graph);
  build({.data = folder_.string(), .calibrator = "minmax"});
  EXPECT_EQ(report_.graph, by_cache);
}

TEST_F(Calibration, UnsignedActivationsAreKeptBesideTheCache) {
  add_samples(4);
  const std::string cache = (folder_ / "net.cache").string();
  build({.data = folder_.string(), .cache = cache, .allow_unsigned = true});
  const std::string graph = report_.graph;
  EXPECT_NE(graph.find("to=\"u8\""), std::string::npos);
  EXPECT_NE(graph.find("to=\"i8\""), std::string::npos);
  build({.cache = cache});
  EXPECT_EQ(report_.graph, graph);
}

TEST_F(Calibration, ACacheOfAnotherNetworkIsRefused) {
  const fs::path cache = folder_ / "net.cache";
  write_file_atomically(cache, std::string_view("TRT-8600-EntropyCalibration2\nelsewhere: 3c008912\nboth: 3c008912\n"));
  EXPECT_THROW(build({.cache = cache.string()}), Error);
  write_file_atomically(cache, std::string_view("TRT-8600-EntropyCalibration2\nx: 3c008912\nw11: 3c008912\n"));
  build({.cache = cache.string()});
  EXPECT_NE(messages_.warnings.find("'w11' (nearest: 'w1')"), std::string::npos) << messages_.warnings;
  EXPECT_NE(messages_.warnings.find("no scale is known for"), std::string::npos);
}

TEST_F(Calibration, WhatACacheLacksIsBoundByWhatItHas) {
  const fs::path cache = folder_ / "net.cache";
  write_file_atomically(cache, std::string_view("TRT-8600-EntropyCalibration2\nx: 3c000000\nb: 3c000000\nc: 3c000000\n"
                                                "d: 3c800000\n"));
  build({.cache = cache.string()});
  EXPECT_EQ(messages_.warnings, "");
  EXPECT_NE(messages_.infos.find("No range is known for 1 tensors"), std::string::npos) << messages_.infos;
  EXPECT_NE(messages_.infos.find("'g': at most 2.832: Reduce of 'f' of at most 2.832"), std::string::npos)
      << messages_.infos;
  EXPECT_NE(report_.graph.find("g/quantize"), std::string::npos);
}

TEST_F(Calibration, WithoutDataRangesAreDummies) {
  const auto engine = build({});
  EXPECT_EQ(engine->plan().name, "g_ptq");
  EXPECT_NE(messages_.warnings.find("INT8 WITHOUT CALIBRATION"), std::string::npos);
  EXPECT_NE(engine->plan().precision.find("dummy ranges"), std::string::npos);
}

TEST_F(Calibration, RangesOfTheUserComeFirst) {
  add_samples(2);
  build({.data = folder_.string(), .cache = {}, .ranges = {{"x", 127.0F}}});
  EXPECT_NE(report_.graph.find("{1}"), std::string::npos) << "the scale of x";
}

TEST_F(Calibration, CorrectionsAreKeptWhereTheyHelp) {
  add_samples(40);
  build({.data = folder_.string(), .images = 30});
  const std::string plain = report_.graph;
  EXPECT_EQ(build({.data = folder_.string(), .images = 30, .level = 2})->plan().precision,
            "int8: mse of 30 samples, corrections of level 2");
  EXPECT_NE(report_.graph, plain);
  const size_t start = messages_.infos.find("Corrections of level 2");
  ASSERT_NE(start, std::string::npos);
  const std::string text = messages_.infos.substr(start, messages_.infos.find('\n', start) - start);
  EXPECT_NE(text.find("rounded by what they are multiplied with"), std::string::npos) << text;
  EXPECT_EQ(text.find("multiplied with (not kept)"), std::string::npos) << text;
}

TEST_F(Calibration, CorrectionsTakeNetworksThatPutTheirSamplesTogether) {
  add_samples(24);
  BuilderConfig config;
  config.timing = false;
  config.threads = 1;
  config.int8 = true;
  config.calibration = {.data = folder_.string(), .images = 16, .level = 2};
  TimingCache cache;
  build_engine(network(R"(graph g(x: f32[2,3,12,12]) {
    constant w: f32[16,6,3,3] = #05
    constant v: f32[16,32] = #06
    a = Reshape(x, i64[4]{1,6,12,12})
    b = Conv(a, w) {strides=[1,1], dilations=[1,1], pads=[1,1,1,1]}
    c = Reduce(b) {mode="Mean", axes=[2,3], keepdims=false}
    y = MatMul(c, v)
    return y })"),
               config, messages_, cache);
  EXPECT_NE(messages_.infos.find("Corrections of level 2"), std::string::npos);
}

TEST_F(Calibration, ABudgetLeavesLayersInFloats) {
  add_samples(24);
  const auto products = [&](double decibels) {
    messages_.infos.clear();
    CalibrationConfig config{.data = folder_.string(), .images = 12};
    config.budget = AccuracyBudget{decibels, AccuracyMetric::Sqnr, ""};
    build(config);
    int count = 0;
    for (size_t at = 0; (at = report_.graph.find("/s8:", at)) != std::string::npos; ++at) ++count;
    return count;
  };
  const int all = products(0);
  EXPECT_GT(all, 0);
  EXPECT_EQ(messages_.infos.find("layerPrecisions"), std::string::npos);
  const int some = products(45);
  EXPECT_LT(some, all);
  EXPECT_NE(messages_.infos.find("--precisionConstraints=obey --layerPrecisions='\""), std::string::npos);
  EXPECT_EQ(products(1000), 0);
}

TEST_F(Calibration, CorrectionsAndBudgetsNeedSamples) {
  add_samples(8);
  const std::string cache = (folder_ / "net.cache").string();
  EXPECT_THROW(build({.level = 1}), Error);
  build({.data = folder_.string(), .cache = cache});
  EXPECT_THROW(build({.data = folder_.string(), .cache = cache, .level = 1}), Error);
  EXPECT_THROW(build({.cache = cache, .budget = AccuracyBudget{1, AccuracyMetric::Agreement, ""}}), Error);
}

TEST_F(Calibration, NumbersThatAreNoneAreNamed) {
  add_samples(3);
  add_sample("002.bin", 2, INFINITY);
  try {
    histograms(1, 1);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("tensor 'a'"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("002.bin"), std::string::npos) << error.what();
  }
}

TEST_F(Calibration, OneBadFileAmongManyIsLeftOut) {
  add_samples(100);
  write_file_atomically(folder_ / "050.bin", std::string_view("short"));
  EXPECT_EQ(histograms(1, 1).at("x").count(), 99 * kItem);
  EXPECT_NE(messages_.warnings.find("050.bin"), std::string::npos);
  write_file_atomically(folder_ / "051.bin", std::string_view("short"));
  EXPECT_THROW(histograms(1, 1), Error);
}

TEST_F(Calibration, AFixedBatchIsFilledUp) {
  add_samples(3);
  std::string text(kNetwork);
  text.replace(text.find("[N,"), 3, "[2,");
  const Graph graph = network(text);
  const Batching batching = batching_of(graph, complete_profiles(graph, {})[0], 1);
  EXPECT_FALSE(batching.is_free);
  SampleReader samples(find_samples(folder_, 1000), batching.inputs, "", messages_);
  const Histograms seen = observe(graph, batching, samples, 1, [] {});
  EXPECT_EQ(seen.at("x").count(), 3 * kItem);
  EXPECT_EQ(seen, histograms(1, 1));
}

TEST(Implausible, TellsWrongPreprocessingFromRight) {
  const auto of = [](float low, float high) {
    std::vector<float> values(1000);
    for (size_t i = 0; i < values.size(); ++i) values[i] = low + (high - low) * static_cast<float>(i) / 999;
    quant::Histogram histogram;
    histogram.add(values);
    return implausible(histogram);
  };
  EXPECT_EQ(of(-2.1F, 2.6F), "");
  EXPECT_EQ(of(0, 1), "");
  EXPECT_EQ(of(-124, 151), "");
  EXPECT_NE(of(0, 255), "");
  EXPECT_NE(of(0, 1.0F / 255), "");
  EXPECT_NE(of(100, 110), "");
  EXPECT_NE(of(0, 1000), "");
  EXPECT_NE(of(3, 3), "");
}

}  // namespace
}  // namespace tn
