// SPDX-License-Identifier: Apache-2.0
#include "builder/builder.h"

#include <algorithm>

#include "backends/cpu/kernel_sources.h"
#include "backends/cpu/tactics/table.h"
#include "base/error.h"
#include "base/os/cpu.h"
#include "builder/profiles.h"
#include "engine/engine_file.h"
#include "import/onnx/model.h"
#include "ir/text.h"
#include "ops/entry.h"
#include "passes/fuse_regions.h"
#include "passes/pipeline.h"
#include "tuning/graph_lowering.h"
#include "tuning/layout.h"
#include "tuning/split.h"
#include "tuning/tuner.h"

namespace tn {
namespace {

std::unique_ptr<plan::BindingT> binding_of(const Tensor& tensor, bool is_input) {
  auto binding = std::make_unique<plan::BindingT>();
  binding->name = tensor.name;
  binding->is_input = is_input;
  binding->type = static_cast<uint8_t>(tensor.type.type);
  for (const Dim& dim : tensor.type.dims) binding->dims.push_back(dim.constant().value_or(-1));
  return binding;
}

std::unique_ptr<plan::ProfileT> lower_profile(const Graph& graph, const Target& target,
                                              const std::vector<std::string>& symbols,
                                              const OptimizationProfile& profile, Selector& selector,
                                              WeightStore& weights) {
  ProfileBuilder builder(symbols, target.ranges, weights);
  std::vector<int> inputs, outputs;
  int binding = 0;
  for (const TensorId id : graph.inputs()) {
    const Tensor& tensor = graph.tensor(id);
    inputs.push_back(builder.add_binding(tensor.name, tensor.type, row_major_strides(tensor.type.dims), binding++));
  }
  for (const TensorId id : graph.outputs()) {
    const Tensor& tensor = graph.tensor(id);
    outputs.push_back(builder.add_binding(tensor.name, tensor.type, row_major_strides(tensor.type.dims), binding++));
  }
  GraphLowering(graph, target, selector, builder).run(0, inputs, outputs);
  std::vector<std::unique_ptr<plan::ShapeRangeT>> ranges;
  for (const TensorId id : graph.inputs()) ranges.push_back(range_of_input(graph.tensor(id), profile));
  for (size_t i = 0; i < graph.outputs().size(); ++i) ranges.push_back(std::make_unique<plan::ShapeRangeT>());
  return builder.finish(std::move(ranges));
}

// Regions lose from their end what no tactic takes; what is cut off or decomposed is gathered again.
void fit_to_backend(Graph& graph, const Backend& backend, const Target& target, const BuilderConfig& config) {
  passes::trim_regions(graph, [&](const Graph& holder, const Node& node) {
    const auto region = region_of(holder, node);
    return region && is_supported(backend, target, *region);
  });
  split_unsupported(graph, backend, target);
  if (config.disabled_passes.contains(passes::fuse_pointwise.name)) return;
  passes::run_passes(graph, std::span(&passes::fuse_pointwise, 1), {{}, config.max_patches, {}});
}

// Stores tensors in narrower types where that is measured to be faster: of the types that are allowed, in the one that
// saves more. Returns what was weighed.
std::string assign_narrow_types(Graph& graph, const Backend& backend, const Target& target, RegionCosts& costs) {
  TypeAssignment best;
  std::string text;
  for (const auto& [type, allowed] :
       {std::pair(DataType::F16, target.allow_fp16), {DataType::BF16, target.allow_bf16}}) {
    if (!allowed) continue;
    TypeAssignment assignment = assign_types(graph, backend, target, type, costs);
    text += fmt::format("types: {:.1f} us in f32, {:.1f} us with {}\n{}", assignment.f32_cost, assignment.cost,
                        name_of(type), assignment.explanation);
    if (assignment.saving() > best.saving()) best = std::move(assignment);
  }
  apply_types(graph, best);
  return text;
}

}  // namespace

Graph read_onnx(const std::string& path, const import::KnownInputs& known) {
  return import::import_onnx(path, {ops::find_onnx_importer, ops::make_op_by_name("Identity")}, known);
}

std::vector<std::byte> build_engine(Graph graph, const BuilderConfig& config, Logger& logger, TimingCache& cache,
                                    BuildReport* report) {
  verify(graph);
  const auto passes = passes::run_passes(graph, passes::pipeline(), {config.disabled_passes, config.max_patches, {}});
  graph.compact();
  logger.verbose("passes:\n{}", passes.to_string());
  if (report) {
    report->passes = passes.to_string();
    report->graph = to_text(graph);
  }
  const Backend& backend = cpu::backend();
  const std::vector<OptimizationProfile> profiles = complete_profiles(graph, config.profiles);
  plan::PlanT plan;
  plan.name = graph.name;
  plan.producer = "Tenon 0.1.0";
  plan.backend = backend.name;
  plan.device = cpu_info().model;
  plan.features = cpu_info().features;
  plan.threads = static_cast<uint32_t>(config.threads > 0 ? config.threads : cpu_info().usable_cores);
  plan.precision = config.fp16 ? "fp16" : config.bf16 ? "bf16" : "fp32";
  plan.preprocess = config.preprocess;
  constexpr uint8_t kDetailed = 2;
  plan.verbosity = config.verbosity;
  if (config.verbosity == kDetailed) plan.optimized_graph = to_text(graph);
  for (const TensorId id : graph.inputs()) plan.bindings.push_back(binding_of(graph.tensor(id), true));
  for (const TensorId id : graph.outputs()) plan.bindings.push_back(binding_of(graph.tensor(id), false));
  std::vector<std::string> symbols;
  for (auto& symbol : symbols_of(graph)) {
    symbols.push_back(symbol->name);
    plan.symbols.push_back(std::move(symbol));
  }
  WeightStore weights;
  for (const OptimizationProfile& profile : profiles) {
    Target target;
    target.features = cpu_info().features;
    target.threads = static_cast<int>(plan.threads);
    target.allow_fp16 = config.fp16;
    target.allow_bf16 = config.bf16;
    target.ranges = symbol_ranges(graph, profile);
    Graph lowered_graph = graph;
    fit_to_backend(lowered_graph, backend, target, config);
    lowered_graph.compact();
    const TunerOptions options{config.timing, config.timing_repeats, config.most_tactics, config.fail_on_cache_miss,
                               cpu::kKernelSources};
    Tuner tuner(backend, target, opt_values(graph, profile), options, cache);
    std::string types;
    if (config.timing) types = assign_narrow_types(lowered_graph, backend, target, tuner);
    plan.profiles.push_back(lower_profile(lowered_graph, target, symbols, profile, tuner, weights));
    if (config.explain) plan.explanation += types + tuner.explanation();
    if (report) {
      report->explanation += types + tuner.explanation();
      report->measured += tuner.measured();
    }
    const auto& lowered = *plan.profiles.back();
    logger.verbose("profile {}: {} steps, activations {} bytes (lower bound {})", plan.profiles.size() - 1,
                   lowered.lists[0]->steps.size(), lowered.arena_bytes, lowered.arena_lower_bound);
  }
  plan.recipes = weights.take_recipes();
  return write_engine(plan, weights.bytes());
}

}  // namespace tn
