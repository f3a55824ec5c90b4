// SPDX-License-Identifier: Apache-2.0
#include "builder/fixed_run.h"

#include "backends/cpu/device/kernel_table.h"
#include "base/require.h"
#include "engine/engine_file.h"
#include "engine/plan_generated.h"

namespace tn {
namespace {

// conv.depthwise and conv.direct: Winograd's transforms would round what is measured.
constexpr const char* kPreferred = "conv.d";

std::shared_ptr<const EngineFile> engine_of(Graph graph, const OptimizationProfile& profile, int threads) {
  BuilderConfig config;
  config.profiles = {profile};
  config.threads = threads;
  config.timing = false;
  config.preferred_tactic = kPreferred;
  SilentLogger logger;
  TimingCache cache;
  return EngineFile::from_bytes(build_engine(std::move(graph), config, logger, cache));
}

}  // namespace

FixedRun::FixedRun(Graph graph, const OptimizationProfile& profile, int threads)
    : lane_(threads), inputs_(graph.inputs().size()) {
  context_ = std::make_unique<Context>(engine_of(std::move(graph), profile, threads), cpu::find_kernel, threads);
  const plan::PlanT& plan = context_->engine().plan();
  for (size_t i = 0; i < plan.bindings.size(); ++i) {
    constexpr size_t kLeast = 64;
    const auto binding = static_cast<int>(i);
    buffers_.emplace_back(std::max(context_->max_bytes(binding), kLeast), "tensors of a calibration");
    require(context_->set_address(binding, buffers_.back().data()));
    if (!plan.bindings[i]->is_input)
      outputs_.push_back(TensorView::dense(buffers_.back().data(), static_cast<DataType>(plan.bindings[i]->type), {}));
  }
}

void FixedRun::run(std::span<const Shape> input_shapes) {
  for (size_t i = 0; i < input_shapes.size(); ++i)
    require(context_->set_input_shape(static_cast<int>(i), input_shapes[i]));
  require(context_->run(lane_));
  for (size_t i = 0; i < outputs_.size(); ++i) {
    Shape shape;
    require(context_->shape(static_cast<int>(inputs_ + i), shape));
    outputs_[i] = TensorView::dense(outputs_[i].data, outputs_[i].type, shape);
  }
}

TensorView FixedRun::output(size_t index) const {
  return outputs_[index];
}

}  // namespace tn
