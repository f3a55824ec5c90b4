// SPDX-License-Identifier: Apache-2.0
#include "tenonexec/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tenonexec/failure_test.h"
#include "tenonexec/flags.h"

namespace tenonexec {
namespace {

using ::testing::HasSubstr;

std::string problem_with(const std::vector<std::string>& arguments) {
  return failure_of([&] { parse_options(arguments); });
}

TEST(Flags, AllOfTrtexecAreKnownAndNamedOnce) {
  // 161 flags of trtexec 8.0 to 11.1, and backend, explain, exportGraph, preprocess, disablePass, maxPatches,
  // classify, cpuThreads, targetArch, debugSync, validate, calibrator, calibrationData, -Images, -Seed, -Batch,
  // -Unsigned, exportQdq, qdqProfile, quantizationLevel, accuracyBudget, metric, evaluationData, qdq.
  EXPECT_EQ(flags().size(), 161U + 24);
  for (const Flag& flag : flags()) EXPECT_EQ(find_flag(flag.name), &flag) << flag.name;
}

TEST(Flags, NearestName) {
  EXPECT_EQ(nearest_flag("shape")->name, "shapes");
  EXPECT_EQ(nearest_flag("saveengine")->name, "saveEngine");
  EXPECT_EQ(nearest_flag("fp_16")->name, "fp16");
  EXPECT_EQ(nearest_flag("zzzzzzzzzzzz"), nullptr);
}

TEST(Options, Defaults) {
  const Options options = parse_options({"--onnx=m.onnx"});
  EXPECT_EQ(options.build.avg_timing, 8);
  EXPECT_EQ(options.build.optimization_level, 3);
  EXPECT_EQ(options.inference.iterations, 10);
  EXPECT_EQ(options.inference.warm_up_ms, 200);
  EXPECT_EQ(options.inference.duration_s, 3);
  EXPECT_THAT(options.reporting.percentiles, ::testing::ElementsAre(90, 95, 99));
}

TEST(Options, NoArgumentsAndHelp) {
  EXPECT_TRUE(parse_options({}).help);
  EXPECT_TRUE(parse_options({"-h"}).help);
  EXPECT_TRUE(parse_options({"--help"}).help);
  EXPECT_THAT(help_text(), HasSubstr("--saveEngine=FILE"));
}

TEST(Options, SlipsGetTheNearestFlag) {
  EXPECT_EQ(problem_with({"--shape=a:1"}), "unknown flag '--shape'; did you mean --shapes?");
  EXPECT_EQ(problem_with({"--", "saveEngine=x"}), "'--' stands alone; did you mean --saveEngine?");
  EXPECT_EQ(problem_with({"-onnx=m.onnx"}), "unknown flag '-onnx=m.onnx'; did you mean --onnx?");
  EXPECT_EQ(problem_with({"--onnx=m.onnx", "--saveEngine", "x.engine"}),
            "--saveEngine needs a value: write --saveEngine=FILE, without blanks");
  EXPECT_EQ(problem_with({"--fp16", "x.engine"}),
            "unexpected argument 'x.engine'; a value follows '=' without blanks: --fp16=x.engine");
  EXPECT_EQ(problem_with({"m.onnx"}), "unexpected argument 'm.onnx'; flags begin with --, see --help");
}

TEST(Options, UnsupportedFlagsSaySo) {
  EXPECT_EQ(problem_with({"--onnx=m.onnx", "--fp8"}), "--fp8 is not yet supported");
  EXPECT_EQ(problem_with({"--onnx=m.onnx", "--useDLACore=0"}), "--useDLACore is not yet supported");
}

TEST(Options, WrongValues) {
  EXPECT_EQ(problem_with({"--onnx="}), "--onnx needs a file name: write --onnx=…");
  EXPECT_EQ(problem_with({"--fp16=true"}), "--fp16 takes no value; '=true' is too much");
  EXPECT_EQ(problem_with({"--iterations=ten"}), "--iterations: 'ten' is not a whole number");
  EXPECT_EQ(problem_with({"--builderOptimizationLevel=6"}),
            "--builderOptimizationLevel: 6 is out of range; it must be from 0 to 5");
  EXPECT_EQ(problem_with({"--avgRuns=0"}), "--avgRuns: 0 is out of range; it must be at least 1");
  EXPECT_EQ(problem_with({"--backend=tpu"}), "--backend: 'tpu' is not one of auto, cpu, cuda");
  EXPECT_EQ(problem_with({"--onnx=a", "--onnx=b"}), "--onnx is given twice");
}

TEST(Options, Combinations) {
  EXPECT_EQ(problem_with({"--fp16"}), "no model: give --onnx=model.onnx, or --loadEngine=model.engine");
  EXPECT_EQ(problem_with({"--loadEngine=a", "--saveEngine=b"}),
            "--loadEngine and --saveEngine cannot be used together");
  EXPECT_EQ(problem_with({"--onnx=a", "--loadRefOutputs=o:f"}),
            "--loadRefOutputs needs the inputs they belong to: add --loadInputs");
  EXPECT_EQ(problem_with({"--onnx=a", "--loadInputs=i:f", "--loadRefOutputs=o:f"}),
            "--loadRefOutputs needs a positive --accuracyThreshold");
  EXPECT_EQ(problem_with({"--onnx=a", "--loadInputs=i:f", "--loadRefOutputs=o:f", "--accuracyThreshold=1",
                          "--accuracyAlgorithm=cos", "--atol=1"}),
            "--atol and --rtol belong to --accuracyAlgorithm=l0, not cos");
  EXPECT_EQ(problem_with({"--onnx=a", "--backend=cpu", "--targetArch=sm_90"}),
            "--targetArch is for GPUs: it cannot be used with --backend=cpu");
  EXPECT_EQ(problem_with({"--onnx=a", "--cpuThreads=1", "--infStreams=2"}),
            "--cpuThreads=1 is fewer than --infStreams=2; every stream needs a thread");
}

TEST(Options, StrongTypingSwitchesPrecisionsOff) {
  const Options options = parse_options({"--onnx=a", "--fp16", "--stronglyTyped"});
  EXPECT_FALSE(options.build.fp16);
  EXPECT_EQ(options.warnings.size(), 1U);
}

TEST(Options, ProfilesAreCompleted) {
  const Options options = parse_options({"--onnx=a", "--profile=0", "--optShapes=x:4x8", "--profile=1",
                                         "--minShapes=x:1x8", "--maxShapes=x:16x8", "--useProfile=1"});
  const CompleteProfile first = complete(options.build.profiles.at(0), 0);
  EXPECT_EQ(to_text(first.min), "x=4x8");
  EXPECT_EQ(to_text(first.max), "x=4x8");
  const CompleteProfile second = complete(options.build.profiles.at(1), 1);
  EXPECT_EQ(to_text(second.opt), "x=16x8");
}

TEST(Options, WrongProfiles) {
  EXPECT_EQ(problem_with({"--onnx=a", "--optShapes=x:1", "--optShapes=x:2"}),
            "--optShapes is given twice for profile 0; start another profile with --profile=1");
  EXPECT_EQ(problem_with({"--onnx=a", "--profile=1", "--optShapes=x:2"}),
            "--profile: profile 1 is given but not 0; the numbers must run from 0 without gaps");
  EXPECT_EQ(problem_with({"--onnx=a", "--profile=0", "--profile=0"}), "--profile: profile 0 is given twice");
  EXPECT_EQ(problem_with({"--onnx=a", "--minShapes=x:4", "--optShapes=x:2"}),
            "profile 0, tensor 'x': --minShapes <= --optShapes must hold in every dimension; they are 4 and 2");
  EXPECT_EQ(problem_with({"--onnx=a", "--useProfile=1"}), "--useProfile=1: only 1 profile is given");
}

TEST(Options, ShapesToRunAreShapesToBuild) {
  const Options options = parse_options({"--onnx=a", "--shapes=x:2x3"});
  EXPECT_EQ(to_text(complete(options.build.profiles.at(0), 0).max), "x=2x3");
}

TEST(Options, EngineNames) {
  EXPECT_EQ(engine_path(parse_options({"--onnx=d/resnet50.v1.onnx", "--fp16", "--saveEngine=e.trt"})), "e.trt");
  EXPECT_EQ(engine_path(parse_options({"--onnx=d/resnet50.v1.onnx", "--fp16", "--saveEngine=out/"})),
            "out/resnet50.v1.fp16.engine");
  EXPECT_EQ(engine_path(parse_options(
                {"--onnx=m.onnx", "--saveEngine=out/", "--inputIOFormats=fp16:chw", "--outputIOFormats=fp16:chw"})),
            "out/m.fp32.fp16infp16out.engine");
}

TEST(Options, MeaninglessFlagsLeaveANote) {
  const Options options = parse_options({"--onnx=a", "--useCudaGraph", "--device=0"});
  ASSERT_EQ(options.cpu_notes.size(), 2U);
  EXPECT_EQ(options.cpu_notes[0], "--useCudaGraph has no meaning on the CPU and is ignored");
}

TEST(Options, ModelsAreValidated) {
  EXPECT_TRUE(parse_options({"--onnx=a", "--validate"}).build.validate);
  EXPECT_EQ(problem_with({"--loadEngine=a", "--validate"}),
            "--validate is for models: it cannot be used with --loadEngine");
}

TEST(Options, Caffe) {
  const Options options = parse_options({"--deploy=d/net.prototxt", "--model=w.caffemodel", "--output=a,b",
                                         "--output=c", "--maxBatch=8", "--batch=2", "--saveEngine=out/"});
  EXPECT_EQ(options.model.deploy, "d/net.prototxt");
  EXPECT_EQ(options.model.caffe_model, "w.caffemodel");
  EXPECT_THAT(options.model.outputs, ::testing::ElementsAre("a", "b", "c"));
  EXPECT_EQ(options.model.batch, 2);
  EXPECT_EQ(engine_path(options), "out/net.fp32.engine");
  EXPECT_THAT(describe(options), ::testing::IsSupersetOf({"Format: Caffe", "Model: w.caffemodel",
                                                          "Prototxt: d/net.prototxt", "Output: a b c"}));
  EXPECT_EQ(problem_with({"--model=w"}), "no model: give --onnx=model.onnx, or --loadEngine=model.engine");
  EXPECT_EQ(problem_with({"--onnx=a", "--model=w"}), "--model holds only weights: give --deploy=net.prototxt, too");
  EXPECT_EQ(problem_with({"--onnx=a", "--output=b"}), "--output is for Caffe: an ONNX model names its outputs itself");
  EXPECT_EQ(problem_with({"--onnx=a", "--deploy=b"}), "--onnx and --deploy cannot be used together");
  EXPECT_EQ(problem_with({"--deploy=a", "--output=b,,c"}), "--output needs names of blobs: write --output=…");
}

TEST(Options, Sections) {
  const auto lines = describe(parse_options({"--onnx=a.onnx", "--fp16", "--minShapes=x:1", "--maxShapes=x:8"}));
  EXPECT_THAT(lines, ::testing::IsSupersetOf(
                         {"=== Model Options ===", "Format: ONNX", "Model: a.onnx",
                          "=== Build Options ===", "Precision: FP32+FP16", "Input build shape (profile 0): x=1+8+8",
                          "=== System Options ===", "=== Inference Options ===", "Duration: 3s (+ 200ms warm up)",
                          "=== Reporting Options ===", "Percentiles: 90,95,99"}));
}

}  // namespace
}  // namespace tenonexec
