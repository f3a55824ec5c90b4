// SPDX-License-Identifier: Apache-2.0
#include "builder/builder.h"

#include "builder/bindings.h"
#include "builder/build_phases.h"
#include "builder/build_target.h"
#include "builder/choose_integers.h"
#include "builder/choose_types.h"
#include "builder/compare_in_network.h"
#include "builder/export_qdq.h"
#include "builder/fit.h"
#include "builder/fitted_profile.h"
#include "builder/host_work.h"
#include "builder/integer_borders.h"
#include "builder/integer_results.h"
#include "builder/profiles.h"
#include "builder/quantization.h"
#include "engine/engine_file.h"
#include "engine/plan_generated.h"
#include "ir/text.h"
#include "passes/pipeline.h"
#include "passes/run_pipeline.h"
#include "tuning/fold_norms.h"

namespace tn {
namespace {

// Of the candidates of each region on a device, which all run on the same units, the first tell well enough what a type
// gains.
constexpr int kWeighedOnDevices = 4;

bool compares_in_network(const BuilderConfig& config) {
  return config.timing && config.backend == BuildBackend::Cuda && config.seconds_in_network > 0;
}

bool weighs_integers(const BuilderConfig& config) {
  return config.int8 && config.timing;
}

std::vector<OptimizationProfile> checked_profiles(const Graph& graph, const BuilderConfig& config) {
  verify(graph);
  return complete_profiles(graph, config.profiles);
}

/// One build, stage by stage: each goes by what those before it have left here.
class Build {
 public:
  Build(Graph graph, const BuilderConfig& config, Logger& logger, TimingCache& cache, BuildReport* report,
        BuildMonitor* monitor)
      : config_(config),
        logger_(logger),
        cache_(cache),
        report_(report),
        phases_(monitor),
        profiles_(checked_profiles(graph, config)),
        open_types_(graph),
        graph_(std::move(graph)),
        precisions_(specialize()),
        build_(config, &cache),
        timing_(config.timing && build_.can_measure()),
        disabled_(config.disabled_passes),
        folds_norms_(disabled_.erase(std::string(kFoldNorms)) == 0) {}

  std::vector<std::byte> run() {
    simplify();
    round();
    fit_profiles();
    outline();
    choose_types();
    if (folds_norms_) fold_norms();
    if (timing_ && !build_.is_device()) loop_over_batches();
    tune();
    return lower();
  }

 private:
  // A device's kernels are made for the numbers; a processor may run one image of a batch at a time.
  Precisions specialize() {
    if (config_.backend == BuildBackend::Cuda) fix_symbols(graph_, fixed_symbols(graph_, profiles_));
    return constrain(graph_, config_, logger_);
  }

  Int8Results int8_results() const {
    return config_.precision_constraints == PrecisionConstraints::None ? Int8Results() : config_.int8_results;
  }

  void simplify() {
    phases_.start("Optimizing the graph", 1);
    if (config_.int8 && is_quantized(graph_)) write_declared_ranges(graph_, config_.calibration.cache, logger_);
    if (config_.int8) names_ = names_of_tensors(graph_);
    auto disabled = disabled_;
    if (config_.qdq_as_ranges) disabled.emplace(passes::move_quantization.name);  // pairs stay together
    const size_t outputs = keep_results(graph_, int8_results());
    passes_ = passes::simplify(graph_, {disabled, config_.max_patches, &precisions_, {}});
    precisions_.compact(graph_);
    std::vector<TensorId> own = graph_.outputs();
    own.resize(outputs);
    graph_.set_outputs(std::move(own));
    phases_.step_done();
  }

  void round() {
    if (config_.int8) phases_.start("Calibrating", static_cast<int>(config_.calibration.images) + 1);
    rounding_ = find_rounding(graph_, names_, config_, profiles_[0], logger_, [&] { phases_.step_done(); });
    tell_unmet(quantize_results(graph_, int8_results(), rounding_), config_, logger_);
    border_scales_ = quantize_borders(graph_, config_.calibration, rounding_);
    demands_ = take_int8_demands(graph_, precisions_);
    for (const auto& [name, layers] : demands_) rounding_.demanded.insert(name);
  }

  void fit_profiles() {
    if (weighs_integers(config_))
      phases_.start("Choosing int8", static_cast<int>(std::ssize(profiles_) * 2 * count_regions(graph_)));
    fitted_.reserve(profiles_.size());  // tuners refer to their targets
    for (const OptimizationProfile& profile : profiles_) {
      const auto opt = opt_values(graph_, profile);
      fitted_.push_back({&profile, build_.target(symbol_ranges(graph_, profile)), {}, {}, {}, StaticCosts(opt), {}});
      FittedProfile& last = fitted_.back();
      last.tuner = std::make_unique<Tuner>(build_.backend(), last.target, opt, tuner_options(), cache_);
      fit(last);
      nodes_ += std::ssize(last.graph.order());
    }
    logger_.verbose("passes:\n{}", passes_.to_string());
    if (!report_) return;
    report_->passes = passes_.to_string();
    report_->graph = to_text(fused_);
  }

  TunerOptions tuner_options() {
    return {.timing = timing_,
            .repeats = config_.timing_repeats,
            .most_candidates = config_.most_tactics,
            .most_variants = config_.most_variants,
            .most_weighed = build_.is_device() ? kWeighedOnDevices : 0,
            .fail_on_miss = config_.fail_on_cache_miss,
            .preferred = config_.preferred_tactic,
            .kernel_sources = build_.kernel_sources(),
            .region_done = [&] { phases_.step_done(); },
            .left_out = [&](const std::string& text) { logger_.warning("{}", text); }};
  }

  // What concerns the network and no profile is taken from the first.
  void fit(FittedProfile& fitted) {
    const int64_t left = config_.max_patches - passes_.patches();
    passes::PassReport fusion;
    const FuseSteps steps = {[&](Graph& network, Precisions& held) {
                               const bool moves = !rounding_.plan.empty() || !border_scales_.empty();
                               fusion = fuse_network(network, {disabled_, left, &held, {}}, moves);
                             },
                             [&](Graph& network, Precisions& held) {
                               return fit_to_backend(network, build_.backend(), fitted.target,
                                                     {disabled_, left - fusion.patches(), &held, {}});
                             },
                             [&] { phases_.step_done(); }};
    FusedNetwork chosen =
        choose_integers({graph_, precisions_, rounding_, demands_, build_.backend(), fitted.target}, config_, logger_,
                        timing_ ? fitted.tuner.get() : nullptr, steps, fitted.weighed);
    fitted.graph = std::move(chosen.graph);
    fitted.precisions = std::move(chosen.precisions);
    fitted.weighed += chosen.unfused;
    if (fitted_.size() > 1) return;
    if (!config_.qdq_export.file.empty())
      export_qdq(graph_, rounding_, precisions_, chosen.integers, config_.qdq_export, logger_);
    fused_ = std::move(chosen.fused);
    passes_.entries.insert(passes_.entries.end(), fusion.entries.begin(), fusion.entries.end());
  }

  // What the plan says beside its profiles.
  void outline() {
    plan_.name = fused_.name + (rounding_.binding ? "_qat" : rounding_.plan.empty() ? "" : "_ptq");
    plan_.producer = "Tenon 0.1.0";
    build_.describe(plan_);
    plan_.precision = config_.fp16 ? "fp16" : config_.bf16 ? "bf16" : config_.int8 ? "int8" : "fp32";
    if (!rounding_.origin.empty()) plan_.precision += ": " + rounding_.origin;
    plan_.preprocess = config_.preprocess;
    constexpr uint8_t kDetailed = 2;
    plan_.verbosity = config_.verbosity;
    if (config_.verbosity == kDetailed) plan_.optimized_graph = to_text(fused_);
    plan_.bindings = bindings_of(fused_, open_types_, config_, border_scales_);
    plan_.symbols = symbols_of(fused_);
    for (const auto& symbol : plan_.symbols) symbols_.push_back(symbol->name);
  }

  RegionCosts& costs_of(FittedProfile& fitted) const {
    if (timing_) return *fitted.tuner;
    return fitted.guessed;
  }

  void choose_types() {
    const auto types = types_to_weigh(config_, precisions_);
    if (types.empty() && precisions_.empty() && rounding_.none()) return;
    if (!types.empty()) phases_.start("Choosing types", static_cast<int>(2 * nodes_ * std::ssize(types)));
    for (FittedProfile& each : fitted_)
      each.weighed += tn::choose_types({each.graph, each.precisions, build_.backend(), each.target}, config_, logger_,
                                       costs_of(each), [&] { phases_.step_done(); });
  }

  void fold_norms() {
    if (!precisions_.empty()) return;  // they become part of layers that may be held to another type
    for (FittedProfile& each : fitted_)
      each.weighed += tn::fold_norms(each.graph, build_.backend(), each.target, costs_of(each));
  }

  void loop_over_batches() {
    // Each region alone, on the batch and on one image; then what runs it in a whole network.
    constexpr int kChoices = 3;
    phases_.start("Choosing how batches run", static_cast<int>(kChoices * nodes_));
    for (FittedProfile& each : fitted_) loop_over_batch(each, plan_, symbols_);
  }

  // On the processor regions are tuned as they are lowered.
  void tune() {
    int regions = 0;
    for (const FittedProfile& each : fitted_) regions += count_regions(each.graph);
    phases_.start("Tuning", regions);
    if (build_.is_device()) {
      for (FittedProfile& each : fitted_) select_all(each);
    }
    if (!timing_ || !compares_in_network(config_)) return;
    phases_.start("Tuning in the network", regions);
    const double seconds = config_.seconds_in_network / static_cast<double>(fitted_.size());
    for (FittedProfile& each : fitted_)
      each.weighed += compare_in_network({each.graph, each.target, build_.backend(), symbols_, *each.profile, plan_},
                                         *each.tuner, {seconds, [&] { phases_.step_done(); }});
  }

  std::vector<std::byte> lower() {
    WeightStore weights;
    for (const FittedProfile& each : fitted_) {
      const plan::ProfileT& lowered = tn::lower(each, build_.backend(), symbols_, plan_, weights);
      std::string explanation = each.weighed + each.tuner->explanation();
      if (build_.is_device()) explanation += describe_host_work(lowered);
      if (config_.explain) plan_.explanation += explanation;
      if (report_) {
        report_->explanation += explanation;
        report_->measured += each.tuner->measured();
      }
      logger_.verbose("profile {}: {} steps, activations {} bytes (lower bound {})", plan_.profiles.size() - 1,
                      lowered.lists[0]->steps.size(), lowered.arena_bytes, lowered.arena_lower_bound);
    }
    plan_.recipes = weights.take_recipes();
    return write_engine(plan_, weights.bytes());
  }

  const BuilderConfig& config_;
  Logger& logger_;
  TimingCache& cache_;
  BuildReport* report_;
  BuildPhases phases_;
  const std::vector<OptimizationProfile> profiles_;
  const OpenTypes open_types_;
  Graph graph_;
  Precisions precisions_;
  const BuildTarget build_;
  const bool timing_;
  std::set<std::string, std::less<>> disabled_;
  const bool folds_norms_;
  std::set<std::string, std::less<>> names_;  ///< of the network's tensors before it was simplified
  passes::PassReport passes_;
  Rounding rounding_;
  std::map<std::string, float> border_scales_;
  Int8Demands demands_;
  std::vector<FittedProfile> fitted_;
  std::ptrdiff_t nodes_ = 0;  ///< of all profiles
  Graph fused_;               ///< as the passes leave it
  plan::PlanT plan_;
  std::vector<std::string> symbols_;
};

}  // namespace

int phases_of(const BuilderConfig& config) {
  const bool batches = config.timing && config.backend == BuildBackend::Cpu;
  return 2 + (config.int8 ? 1 : 0) + (weighs_integers(config) ? 1 : 0) + (batches ? 1 : 0) +
         (types_to_weigh(config, config.precisions).empty() ? 0 : 1) + (compares_in_network(config) ? 1 : 0);
}

std::vector<std::byte> build_engine(Graph graph, const BuilderConfig& config, Logger& logger, TimingCache& cache,
                                    BuildReport* report, BuildMonitor* monitor) {
  return Build(std::move(graph), config, logger, cache, report, monitor).run();
}

}  // namespace tn
