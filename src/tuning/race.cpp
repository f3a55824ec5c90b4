// SPDX-License-Identifier: Apache-2.0
#include "tuning/race.h"

#include <algorithm>
#include <chrono>

#include "base/require.h"
#include "engine/plan_generated.h"
#include "exec/context.h"
#include "tuning/timing_inputs.h"

namespace tn {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kBurst = std::chrono::milliseconds(40);
constexpr auto kBudget = std::chrono::milliseconds(600);  // of each engine
constexpr double kHopeless = 1.3;

class Runner {
 public:
  Runner(plan::PlanT network, std::span<const std::byte> weights, KernelFinder kernels, int threads)
      : context_(EngineFile::from_plan(std::move(network), weights), kernels, threads) {
    const plan::PlanT& plan = context_.engine().plan();
    for (size_t i = 0; i < plan.bindings.size(); ++i) {
      const auto binding = static_cast<int>(i);
      const size_t bytes = context_.max_bytes(binding);
      const auto type = static_cast<DataType>(plan.bindings[i]->type);
      buffers_.push_back(plan.bindings[i]->is_input ? timing_input(type, static_cast<int64_t>(bytes / size_of(type)))
                                                    : HostBuffer(std::max<size_t>(bytes, 64), "timing outputs"));
      require(context_.set_address(binding, buffers_.back().data()));
      if (!plan.bindings[i]->is_input) continue;
      require(context_.set_input_shape(binding, Shape(std::span<const int64_t>(plan.profiles[0]->inputs[i]->opt))));
    }
  }

  // The first run of a burst finds its caches full of what others left there.
  void burst(Lane& lane) {
    const auto begin = Clock::now();
    for (bool first = true; first || Clock::now() - begin < kBurst; first = false) {
      const auto start = Clock::now();
      require(context_.run(lane));
      const double time = std::chrono::duration<double, std::micro>(Clock::now() - start).count();
      if (first)
        first_.push_back(time);
      else
        times_.push_back(time);
    }
  }

  /// The lower quartile.
  double microseconds() const {
    std::vector<double> times = times_.empty() ? first_ : times_;
    std::ranges::sort(times);
    return times[times.size() / 4];
  }

  void forget() {
    first_.clear();
    times_.clear();
  }

 private:
  Context context_;
  std::vector<HostBuffer> buffers_;
  std::vector<double> first_, times_;
};

}  // namespace

std::vector<double> race(std::vector<plan::PlanT> plans, std::span<const std::byte> weights, KernelFinder kernels,
                         int threads) {
  Lane lane(threads);
  const HostBuffer aligned(weights.size(), "weights of a race");
  std::ranges::copy(weights, aligned.data());
  std::vector<std::unique_ptr<Runner>> runners;
  std::vector<double> result;
  for (plan::PlanT& plan : plans) {
    runners.push_back(std::make_unique<Runner>(std::move(plan), aligned.span(), kernels, threads));
    runners.back()->burst(lane);  // the system maps memory meanwhile: good for no more than to see who is hopeless
    result.push_back(runners.back()->microseconds());
    runners.back()->forget();
  }
  double hopeless = kHopeless * kHopeless * std::ranges::min(result);
  size_t left = runners.size();
  const auto begin = Clock::now();
  do {
    left = 0;
    for (size_t i = 0; i < runners.size(); ++i) {
      if (result[i] > hopeless) continue;
      runners[i]->burst(lane);
      result[i] = runners[i]->microseconds();
      ++left;
    }
    hopeless = kHopeless * std::ranges::min(result);
  } while (left > 1 && Clock::now() - begin < left * kBudget);
  return result;
}

}  // namespace tn
