// SPDX-License-Identifier: Apache-2.0
#include "tenonexec/options.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "tenonexec/failure.h"
#include "tenonexec/flags.h"

namespace tenonexec {
namespace {

std::string hint(std::string_view name) {
  const Flag* nearest = nearest_flag(name);
  return nearest == nullptr ? std::string("see --help") : fmt::format("did you mean --{}?", nearest->name);
}

/// What to say about an argument that is no --flag.
[[noreturn]] void reject_word(const std::vector<std::string>& arguments, size_t i) {
  const std::string& word = arguments[i];
  if (word == "--" || word == "-") {
    const std::string next = i + 1 < arguments.size() ? arguments[i + 1] : "";
    throw Failure("'{}' stands alone; {}", word, hint(next.substr(0, next.find('='))));
  }
  if (word.starts_with("-")) throw Failure("unknown flag '{}'; {}", word, hint(word.substr(1, word.find('=') - 1)));
  if (i > 0 && arguments[i - 1].starts_with("--"))
    throw Failure("unexpected argument '{1}'; a value follows '=' without blanks: {0}={1}",
                  arguments[i - 1].substr(0, arguments[i - 1].find('=')), word);
  throw Failure("unexpected argument '{}'; flags begin with --, see --help", word);
}

void apply(Options& options, const Flag& flag, bool has_value, std::string_view value) {
  const std::string dashed = fmt::format("--{}", flag.name);
  if (flag.group == Group::NotYet) throw Failure("{} is not yet supported", dashed);
  if (flag.value.empty() && has_value) throw Failure("{} takes no value; '={}' is too much", dashed, value);
  if (!flag.value.empty() && !has_value)
    throw Failure("{0} needs a value: write {0}={1}, without blanks", dashed, flag.value);
  flag.set(options, dashed, value);
}

void check_profiles(Options& options) {
  int expected = 0;
  for (const auto& [index, shapes] : options.build.profiles) {
    if (index != expected)
      throw Failure("--profile: profile {} is given but not {}; the numbers must run from 0 without gaps", index,
                    expected);
    ++expected;
  }
  if (options.build.load_engine.empty() && options.inference.profile >= std::max(expected, 1))
    throw Failure("--useProfile={}: only {} profile{} given", options.inference.profile, std::max(expected, 1),
                  expected > 1 ? "s are" : " is");
}

void check_accuracy(const Options& options) {
  const InferenceOptions& inference = options.inference;
  if (!inference.reference_outputs.empty()) {
    if (inference.inputs.empty()) throw Failure("--loadRefOutputs needs the inputs they belong to: add --loadInputs");
    if (inference.accuracy_threshold.value_or(0) <= 0)
      throw Failure("--loadRefOutputs needs a positive --accuracyThreshold");
    if (options.build.skip_inference) throw Failure("--loadRefOutputs cannot be used with --skipInference");
  } else if (inference.accuracy_threshold || !inference.accuracy_algorithm.empty()) {
    throw Failure("--accuracyAlgorithm and --accuracyThreshold need --loadRefOutputs");
  }
  const bool l0 = inference.accuracy_algorithm.empty() || inference.accuracy_algorithm == "l0";
  if ((inference.atol || inference.rtol) && !l0)
    throw Failure("--atol and --rtol belong to --accuracyAlgorithm=l0, not {}", inference.accuracy_algorithm);
}

void check_model(const ModelOptions& model, bool load) {
  const bool caffe = !model.deploy.empty();
  if (load && !model.file().empty())
    throw Failure("--loadEngine and --{} cannot be used together", caffe ? "deploy" : "onnx");
  if (caffe && !model.onnx.empty()) throw Failure("--onnx and --deploy cannot be used together");
  if (!load && model.file().empty()) throw Failure("no model: give --onnx=model.onnx, or --loadEngine=model.engine");
  if (!caffe && !model.caffe_model.empty())
    throw Failure("--model holds only weights: give --deploy=net.prototxt, too");
  if (!caffe && !model.outputs.empty()) throw Failure("--output is for Caffe: an ONNX model names its outputs itself");
  if (!caffe && !load && model.batch > 0)
    throw Failure("--batch and --maxBatch are for Caffe; give --shapes, or --minShapes, --optShapes and --maxShapes");
}

void check(Options& options) {
  BuildOptions& build = options.build;
  const bool load = !build.load_engine.empty();
  if (load && !build.save_engine.empty()) throw Failure("--loadEngine and --saveEngine cannot be used together");
  check_model(options.model, load);
  if (build.validate && load) throw Failure("--validate is for models: it cannot be used with --loadEngine");
  if (build.get_plan_version_only && !load) throw Failure("--getPlanVersionOnly needs --loadEngine");
  if (build.strongly_typed && build.best) throw Failure("--best and --stronglyTyped cannot be used together");
  const bool layer_types = !build.layer_precisions.empty() || !build.layer_output_types.empty();
  if (layer_types && build.strongly_typed)
    throw Failure(
        "--stronglyTyped takes the types from the network: leave out --layerPrecisions and --layerOutputTypes");
  if (layer_types && build.precision_constraints == PrecisionConstraints::kNone)
    options.warnings.emplace_back(
        "--layerPrecisions and --layerOutputTypes are ignored: they need --precisionConstraints=obey or prefer");
  if (build.strongly_typed && (build.fp16 || build.bf16 || build.int8)) {
    build.fp16 = build.bf16 = build.int8 = false;
    options.warnings.emplace_back(
        "--stronglyTyped takes the types from the network; --fp16, --bf16 and --int8 are switched off");
  }
  const bool calibrates = !build.calibration_data.empty() || !build.calibration_cache.empty();
  if (!build.int8 && calibrates)
    options.warnings.emplace_back("--calib and --calibrationData are ignored: they are for --int8");
  if (!build.int8 && !build.export_qdq.empty()) throw Failure("--exportQdq writes down what --int8 rounds: add it");
  if (build.int8 && !calibrates && !build.calibrator.empty())
    throw Failure("--calibrator needs something to calibrate on: add --calibrationData or --calib");
  if (build.error_on_timing_cache_miss && (!build.builder_cache || build.timing_cache_file.empty()))
    throw Failure("--errorOnTimingCacheMiss needs a timing cache: add --timingCacheFile");
  if (!build.builder_cache && !build.timing_cache_file.empty())
    throw Failure("--noBuilderCache and --timingCacheFile cannot be used together");
  if (!build.architecture.empty() && build.backend == tenon::Backend::kCPU)
    throw Failure("--targetArch is for GPUs: it cannot be used with --backend=cpu");
  if (options.inference.time_deserialize && !load && build.save_engine.empty())
    throw Failure("--timeDeserialize needs an engine file: add --loadEngine or --saveEngine");
  if (!options.inference.classify.empty() && build.skip_inference)
    throw Failure("--classify cannot be used with --skipInference");
  if (options.system.cpu_threads > 0 && options.system.cpu_threads < options.inference.streams)
    throw Failure("--cpuThreads={} is fewer than --infStreams={}; every stream needs a thread",
                  options.system.cpu_threads, options.inference.streams);
  check_profiles(options);
  check_accuracy(options);
}

/// Shapes given for the build are those to run with, and the reverse.
void share_shapes(Options& options) {
  if (options.build.load_engine.empty() && options.build.profiles.empty() && !options.inference.shapes.empty())
    options.build.profiles[0].opt = options.inference.shapes;
}

void fill(Shapes& to, const Shapes& from) {
  for (const auto& [name, dims] : from) {
    const bool present = std::any_of(to.begin(), to.end(), [&](const auto& entry) { return entry.first == name; });
    if (!present) to.emplace_back(name, dims);
  }
}

void check_order(const Shapes& low, const Shapes& high, std::string_view what, int index) {
  for (const auto& [name, dims] : low) {
    const tenon::Dims* other = find_shape(high, name);
    bool ordered = other != nullptr && other->nbDims == dims.nbDims;
    for (int i = 0; ordered && i < dims.nbDims; ++i) ordered = dims.d[i] <= other->d[i];
    if (!ordered)
      throw Failure("profile {}, tensor '{}': {} must hold in every dimension; they are {} and {}", index, name, what,
                    to_text(dims), other == nullptr ? "missing" : to_text(*other));
  }
}

}  // namespace

Options parse_options(const std::vector<std::string>& arguments) {
  Options options;
  options.help = arguments.empty();
  std::set<std::string_view> seen;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "-h") {
      options.help = true;
      continue;
    }
    if (!argument.starts_with("--") || argument == "--") reject_word(arguments, i);
    const size_t equals = argument.find('=');
    const std::string_view name = argument.substr(2, equals == argument.npos ? argument.npos : equals - 2);
    const Flag* flag = find_flag(name);
    if (flag == nullptr) throw Failure("unknown flag '--{}'; {}", name, hint(name));
    if (!seen.insert(flag->name).second && !flag->repeats) throw Failure("--{} is given twice", name);
    apply(options, *flag, equals != argument.npos,
          equals == argument.npos ? std::string_view() : argument.substr(equals + 1));
  }
  if (options.help) return options;
  check(options);
  share_shapes(options);
  for (const auto& [index, shapes] : options.build.profiles) complete(shapes, index);
  return options;
}

CompleteProfile complete(const ProfileShapes& shapes, int index) {
  CompleteProfile all = {shapes.min.value_or(Shapes()), shapes.opt.value_or(Shapes()), shapes.max.value_or(Shapes())};
  fill(all.opt, all.max);
  fill(all.opt, all.min);
  fill(all.min, all.opt);
  fill(all.max, all.opt);
  check_order(all.min, all.opt, "--minShapes <= --optShapes", index);
  check_order(all.opt, all.max, "--optShapes <= --maxShapes", index);
  return all;
}

std::string precision_name(const BuildOptions& build) {
  if (build.strongly_typed) return "typed";
  std::string name;
  for (const auto& [allowed, type] : {std::pair(build.fp16, "fp16"), {build.bf16, "bf16"}, {build.int8, "int8"}})
    if (allowed) name += fmt::format("{}{}", name.empty() ? "" : "+", type);
  return name.empty() ? "fp32" : name;
}

std::string engine_path(const Options& options) {
  const std::string& given = options.build.save_engine;
  std::error_code error;
  if (!given.ends_with('/') && !std::filesystem::is_directory(given, error)) return given;
  const auto io_type = [](const std::vector<IoFormat>& formats) -> std::string {
    return formats.empty() || !formats[0].type ? "" : std::string(to_text(*formats[0].type));
  };
  const std::string in = io_type(options.build.input_formats), out = io_type(options.build.output_formats);
  std::string io;
  if ((!in.empty() && in != "fp32") || (!out.empty() && out != "fp32"))
    io = fmt::format(".{}in{}out", in.empty() ? "fp32" : in, out.empty() ? "fp32" : out);
  const std::string module = std::filesystem::path(options.model.file()).stem().string();
  return (std::filesystem::path(given) / fmt::format("{}.{}{}.engine", module, precision_name(options.build), io))
      .string();
}

}  // namespace tenonexec
