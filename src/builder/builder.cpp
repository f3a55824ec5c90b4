// SPDX-License-Identifier: Apache-2.0
#include "builder/builder.h"

#include <algorithm>
#include <functional>

#include "backends/cpu/device/kernel_table.h"
#include "base/error.h"
#include "base/os/cpu.h"
#include "builder/batch_choice.h"
#include "builder/build_target.h"
#include "builder/choose_integers.h"
#include "builder/choose_types.h"
#include "builder/compare_in_network.h"
#include "builder/export_qdq.h"
#include "builder/fit.h"
#include "builder/host_work.h"
#include "builder/integer_borders.h"
#include "builder/lower_profile.h"
#include "builder/onnx_operators.h"
#include "builder/profiles.h"
#include "builder/quantization.h"
#include "engine/engine_file.h"
#include "engine/plan_generated.h"
#include "import/onnx/model.h"
#include "ir/text.h"
#include "passes/pipeline.h"
#include "passes/run_pipeline.h"
#include "tuning/fold_norms.h"
#include "tuning/graph_lowering.h"
#include "tuning/race.h"
#include "tuning/static_costs.h"
#include "tuning/tuner.h"

namespace tn {
using import::CaffeNetwork;

namespace {

// `open` is the tensor's type in the network: what is dynamic there is so for the engine's user, too.
std::unique_ptr<plan::BindingT> binding_of(const Tensor& tensor, const TensorType& open, bool is_input,
                                           const BuilderConfig& config) {
  auto binding = std::make_unique<plan::BindingT>();
  binding->name = tensor.name;
  binding->is_input = is_input;
  binding->type = static_cast<uint8_t>(tensor.type.type);
  for (size_t i = 0; i < tensor.type.dims.size(); ++i)
    binding->dims.push_back(open.dims[i].is_constant() ? tensor.type.dims[i].constant().value_or(-1) : -1);
  const auto format = config.formats.find(tensor.name);
  if (format == config.formats.end()) return binding;
  const std::string problem = format_problem(format->second, tensor.type.type, binding->dims);
  if (!problem.empty()) throw Error(ErrorCode::InvalidArgument, "'{}': {}", tensor.name, problem);
  binding->format = static_cast<uint8_t>(format->second);
  return binding;
}

std::vector<TensorType> types_of(const Graph& graph, const std::vector<TensorId>& tensors) {
  std::vector<TensorType> types;
  for (const TensorId id : tensors) types.push_back(graph.tensor(id).type);
  return types;
}

// Times of graphs that differ in nothing but loops over the batch.
std::vector<double> race_graphs(std::span<const Graph> graphs, const plan::PlanT& outline, const Target& target,
                                const std::vector<std::string>& symbols, const OptimizationProfile& profile,
                                Selector& selector) {
  std::vector<plan::PlanT> plans;
  WeightStore weights;
  for (const Graph& graph : graphs) {
    plan::PlanT& plan = plans.emplace_back(outline);
    plan.profiles.clear();
    plan.profiles.push_back(lower_profile(graph, outline, target, symbols, profile, selector, weights));
  }
  return race(std::move(plans), weights.bytes(), cpu::find_kernel, target.threads);
}

// Writes down what the steps of a profile cannot do without: features of the processor, libraries.
void add_needs(plan::PlanT& plan, const plan::ProfileT& profile, const Backend& backend) {
  for (const auto& list : profile.lists) {
    for (const auto& step : list->steps) {
      const KernelEntry* kernel = backend.kernels(step->kernel);
      const auto parameters = std::as_bytes(std::span(step->parameters));
      if (kernel && kernel->features) plan.features |= kernel->features(parameters);
      if (!kernel || !kernel->library) continue;
      const std::string library = kernel->library(parameters);
      if (std::ranges::find(plan.libraries, library) == plan.libraries.end()) plan.libraries.push_back(library);
    }
  }
}

// Of the candidates of each region on a device, which all run on the same units, the first tell well enough what a type
// gains.
constexpr int kWeighedOnDevices = 4;

bool compares_in_network(const BuilderConfig& config) {
  return config.timing && config.backend == BuildBackend::Cuda && config.seconds_in_network > 0;
}

int count_regions(const Graph& graph) {
  int count = 0;
  for (const NodeId id : graph.order()) {
    ++count;
    if (graph.node(id).op->name() == "Region") continue;
    for (const Graph& body : graph.node(id).bodies) count += count_regions(body);
  }
  return count;
}

// The build as the monitor sees it, if there is one: phases one after another.
class Phases {
 public:
  explicit Phases(BuildMonitor* monitor) : monitor_(monitor) {}
  Phases(const Phases&) = delete;
  Phases& operator=(const Phases&) = delete;
  ~Phases() { finish(); }
  void start(const char* name, int steps) {
    finish();
    if (monitor_) monitor_->start(name, steps);
    open_ = true;
  }
  void step_done() {
    if (monitor_ && !monitor_->step_done())
      throw Error(ErrorCode::InvalidArgument, "the build was stopped by the progress monitor");
  }

 private:
  void finish() {
    if (monitor_ && open_) monitor_->finish();
    open_ = false;
  }
  BuildMonitor* monitor_;
  bool open_ = false;
};

bool weighs_integers(const BuilderConfig& config) {
  return config.int8 && config.timing;
}

/// The graph as one profile runs it.
struct FittedProfile {
  const OptimizationProfile* profile;
  Target target;
  Graph graph;
  Precisions precisions;  ///< that its nodes are held to
  std::unique_ptr<Tuner> tuner;
  StaticCosts guessed;  ///< where nothing is timed
  std::string weighed;  ///< quantization, narrow types, normalizations, loops over the batch
};

// Puts the first part of the network into a loop over its batch where that is measured to be faster.
void loop_over_batch(FittedProfile& fitted, const plan::PlanT& outline, const std::vector<std::string>& symbols) {
  const auto race = [&](std::span<const Graph> graphs) {
    return race_graphs(graphs, outline, fitted.target, symbols, *fitted.profile, *fitted.tuner);
  };
  BatchChoice choice = choose_batch_loop(fitted.graph, *fitted.tuner, opt_values(fitted.graph, *fitted.profile),
                                         fitted.target.threads, race);
  if (choice.graph) fitted.graph = *std::move(choice.graph);
  fitted.weighed += choice.explanation;
  fitted.tuner->forget_explanation();
}

/// What the tuner has chosen before.
class ChosenSelector final : public Selector {
 public:
  explicit ChosenSelector(Tuner& tuner) : tuner_(tuner) {}
  Choice select(const Region& region) override { return tuner_.choose(region); }
  Alone alone() override { return tuner_.alone(); }

 private:
  Tuner& tuner_;
};

// All texts are asked for before the first of them is measured.
void select_all(const Graph& graph, Tuner& tuner) {
  std::vector<Region> regions;
  for (const NodeId id : graph.order()) {
    regions.push_back(*region_of(graph, graph.node(id)));
    tuner.expect(regions.back());
  }
  for (const Region& region : regions) tuner.select(region);
}

}  // namespace

Graph read_onnx(const std::string& path, const import::KnownInputs& known) {
  return import::import_onnx(path, onnx_operators(), known);
}

CaffeNetwork read_caffe(const std::string& deploy, const std::string& model, const import::CaffeOptions& options) {
  return import::import_caffe(std::filesystem::path(deploy), std::filesystem::path(model), onnx_operators(), options);
}

CaffeNetwork read_caffe(std::span<const std::byte> deploy, std::optional<std::span<const std::byte>> model,
                        const import::CaffeOptions& options) {
  return import::import_caffe(deploy, model, onnx_operators(), options);
}

int phases_of(const BuilderConfig& config) {
  const bool batches = config.timing && config.backend == BuildBackend::Cpu;
  return 2 + (config.int8 ? 1 : 0) + (weighs_integers(config) ? 1 : 0) + (batches ? 1 : 0) +
         (types_to_weigh(config, config.precisions).empty() ? 0 : 1) + (compares_in_network(config) ? 1 : 0);
}

std::vector<std::byte> build_engine(Graph graph, const BuilderConfig& config, Logger& logger, TimingCache& cache,
                                    BuildReport* report, BuildMonitor* monitor) {
  verify(graph);
  const std::vector<OptimizationProfile> profiles = complete_profiles(graph, config.profiles);
  const std::vector<TensorType> open_inputs = types_of(graph, graph.inputs()),
                                open_outputs = types_of(graph, graph.outputs());
  // A device's kernels are made for the numbers; a processor may run one image of a batch at a time.
  if (config.backend == BuildBackend::Cuda) fix_symbols(graph, fixed_symbols(graph, profiles));
  Precisions precisions = constrain(graph, config, logger);
  Phases phases(monitor);
  phases.start("Optimizing the graph", 1);
  auto disabled = config.disabled_passes;
  const bool folds_norms = disabled.erase(std::string(kFoldNorms)) == 0;
  const BuildTarget build(config, &cache);
  const Backend& backend = build.backend();
  if (config.int8 && is_quantized(graph)) write_declared_ranges(graph, config.calibration.cache, logger);
  const auto names = config.int8 ? names_of_tensors(graph) : std::set<std::string, std::less<>>();
  auto simplifications = disabled;
  if (config.qdq_as_ranges) simplifications.emplace(passes::move_quantization.name);  // pairs stay together
  passes::PassReport passes = passes::simplify(graph, {simplifications, config.max_patches, &precisions, {}});
  precisions.compact(graph);
  phases.step_done();
  if (config.int8) phases.start("Calibrating", static_cast<int>(config.calibration.images) + 1);
  Rounding rounding = find_rounding(graph, names, config, profiles[0], logger, [&] { phases.step_done(); });
  const auto border_scales = quantize_borders(graph, config.calibration.borders, rounding);
  const Int8Demands demands = take_int8_demands(graph, precisions);
  for (const auto& [name, layers] : demands) rounding.demanded.insert(name);
  const bool timing = config.timing && build.can_measure();
  std::vector<FittedProfile> fitted;
  fitted.reserve(profiles.size());  // tuners refer to their targets
  if (weighs_integers(config))
    phases.start("Choosing int8", static_cast<int>(std::ssize(profiles) * 2 * count_regions(graph)));
  std::ptrdiff_t nodes = 0;
  const Graph simple = graph;
  for (const OptimizationProfile& profile : profiles) {
    fitted.push_back({&profile,
                      build.target(symbol_ranges(simple, profile)),
                      {},
                      {},
                      {},
                      StaticCosts(opt_values(simple, profile)),
                      {}});
    FittedProfile& last = fitted.back();
    TunerOptions options{.timing = timing,
                         .repeats = config.timing_repeats,
                         .most_candidates = config.most_tactics,
                         .most_variants = config.most_variants,
                         .most_weighed = build.is_device() ? kWeighedOnDevices : 0,
                         .fail_on_miss = config.fail_on_cache_miss,
                         .preferred = config.preferred_tactic,
                         .kernel_sources = build.kernel_sources(),
                         .region_done = [&] { phases.step_done(); },
                         .left_out = [&](const std::string& text) { logger.warning("{}", text); }};
    last.tuner = std::make_unique<Tuner>(backend, last.target, opt_values(simple, profile), options, cache);
    const int64_t left = config.max_patches - passes.patches();
    passes::PassReport fusion;
    const FuseSteps steps = {
        [&](Graph& network, Precisions& held) {
          fusion = fuse_network(network, {disabled, left, &held, {}}, !rounding.plan.empty() || !border_scales.empty());
        },
        [&](Graph& network, Precisions& held) {
          return fit_to_backend(network, backend, last.target, {disabled, left - fusion.patches(), &held, {}});
        },
        [&] { phases.step_done(); }};
    FusedNetwork chosen = choose_integers({simple, precisions, rounding, demands, backend, last.target}, config, logger,
                                          timing ? last.tuner.get() : nullptr, steps, last.weighed);
    last.graph = std::move(chosen.graph);
    last.precisions = std::move(chosen.precisions);
    last.weighed += chosen.unfused;
    nodes += std::ssize(last.graph.order());
    if (fitted.size() > 1) continue;
    if (!config.qdq_export.file.empty())
      export_qdq(simple, rounding, precisions, chosen.integers, config.qdq_export, logger);
    graph = std::move(chosen.fused);
    passes.entries.insert(passes.entries.end(), fusion.entries.begin(), fusion.entries.end());
  }
  logger.verbose("passes:\n{}", passes.to_string());
  if (report) {
    report->passes = passes.to_string();
    report->graph = to_text(graph);
  }
  plan::PlanT plan;
  plan.name = graph.name + (rounding.binding ? "_qat" : rounding.plan.empty() ? "" : "_ptq");
  plan.producer = "Tenon 0.1.0";
  build.describe(plan);
  plan.precision = config.fp16 ? "fp16" : config.bf16 ? "bf16" : config.int8 ? "int8" : "fp32";
  if (!rounding.origin.empty()) plan.precision += ": " + rounding.origin;
  plan.preprocess = config.preprocess;
  constexpr uint8_t kDetailed = 2;
  plan.verbosity = config.verbosity;
  if (config.verbosity == kDetailed) plan.optimized_graph = to_text(graph);
  for (size_t i = 0; i < open_inputs.size(); ++i)
    plan.bindings.push_back(binding_of(graph.tensor(graph.inputs()[i]), open_inputs[i], true, config));
  for (size_t i = 0; i < open_outputs.size(); ++i)
    plan.bindings.push_back(binding_of(graph.tensor(graph.outputs()[i]), open_outputs[i], false, config));
  for (const auto& binding : plan.bindings) {
    if (const auto scale = border_scales.find(binding->name); scale != border_scales.end())
      binding->scale = scale->second;
  }
  std::vector<std::string> symbols;
  for (auto& symbol : symbols_of(graph)) {
    symbols.push_back(symbol->name);
    plan.symbols.push_back(std::move(symbol));
  }
  const auto costs_of = [&](FittedProfile& each) -> RegionCosts& {
    if (timing) return *each.tuner;
    return each.guessed;
  };
  if (const auto types = types_to_weigh(config, precisions);
      !types.empty() || !precisions.empty() || !rounding.none()) {
    if (!types.empty()) phases.start("Choosing types", static_cast<int>(2 * nodes * std::ssize(types)));
    for (FittedProfile& each : fitted)
      each.weighed += choose_types({each.graph, each.precisions, backend, each.target}, config, logger, costs_of(each),
                                   [&] { phases.step_done(); });
  }
  // Normalizations become part of other layers, which may be held to another type.
  if (folds_norms && precisions.empty()) {
    for (FittedProfile& each : fitted) each.weighed += fold_norms(each.graph, backend, each.target, costs_of(each));
  }
  if (timing && !build.is_device()) {
    // Each region alone, on the batch and on one image; then what runs it in a whole network.
    constexpr int kChoices = 3;
    phases.start("Choosing how batches run", static_cast<int>(kChoices * nodes));
    for (FittedProfile& each : fitted) loop_over_batch(each, plan, symbols);
  }
  int regions = 0;
  for (const FittedProfile& each : fitted) regions += count_regions(each.graph);
  phases.start("Tuning", regions);
  if (build.is_device()) {
    for (const FittedProfile& each : fitted) select_all(each.graph, *each.tuner);
  }
  if (timing && compares_in_network(config)) {
    phases.start("Tuning in the network", regions);
    const double seconds = config.seconds_in_network / static_cast<double>(fitted.size());
    for (FittedProfile& each : fitted)
      each.weighed += compare_in_network({each.graph, each.target, backend, symbols, *each.profile, plan}, *each.tuner,
                                         {seconds, [&] { phases.step_done(); }});
  }
  WeightStore weights;
  for (const auto& [profile, target, lowered_graph, held, tuner, guessed, weighed] : fitted) {
    ChosenSelector chosen(*tuner);
    Selector& selector = build.is_device() ? static_cast<Selector&>(chosen) : *tuner;
    plan.profiles.push_back(lower_profile(lowered_graph, plan, target, symbols, *profile, selector, weights));
    std::string explanation = weighed + tuner->explanation();
    if (target.device) explanation += describe_host_work(*plan.profiles.back());
    if (config.explain) plan.explanation += explanation;
    if (report) {
      report->explanation += explanation;
      report->measured += tuner->measured();
    }
    const auto& lowered = *plan.profiles.back();
    add_needs(plan, lowered, backend);
    logger.verbose("profile {}: {} steps, activations {} bytes (lower bound {})", plan.profiles.size() - 1,
                   lowered.lists[0]->steps.size(), lowered.arena_bytes, lowered.arena_lower_bound);
  }
  plan.recipes = weights.take_recipes();
  return write_engine(plan, weights.bytes());
}

}  // namespace tn
