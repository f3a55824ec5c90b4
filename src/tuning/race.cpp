// SPDX-License-Identifier: Apache-2.0
#include "tuning/race.h"

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "exec/context.h"
#include "tuning/timing_inputs.h"

namespace tn {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kBurst = std::chrono::milliseconds(40);
constexpr auto kBudget = std::chrono::milliseconds(600);  // of each engine
constexpr int kLeastRounds = 2;

void check(const Status& status) {
  if (!status) throw Error(status.code(), "{}", status.message());
}

class Runner {
 public:
  Runner(const std::vector<std::byte>& engine, KernelFinder kernels, int threads)
      : context_(EngineFile::from_bytes(engine), kernels, threads) {
    const plan::PlanT& plan = context_.engine().plan();
    for (size_t i = 0; i < plan.bindings.size(); ++i) {
      const auto binding = static_cast<int>(i);
      const size_t bytes = context_.max_bytes(binding);
      const auto type = static_cast<DataType>(plan.bindings[i]->type);
      buffers_.push_back(plan.bindings[i]->is_input ? timing_input(type, static_cast<int64_t>(bytes / size_of(type)))
                                                    : HostBuffer(std::max<size_t>(bytes, 64), "timing outputs"));
      check(context_.set_address(binding, buffers_.back().data()));
      if (!plan.bindings[i]->is_input) continue;
      check(context_.set_input_shape(binding, Shape(std::span<const int64_t>(plan.profiles[0]->inputs[i]->opt))));
    }
  }

  // The first run of a burst finds its caches full of what others left there.
  void burst(Lane& lane) {
    const auto begin = Clock::now();
    for (bool first = true; first || Clock::now() - begin < kBurst; first = false) {
      const auto start = Clock::now();
      check(context_.run(lane));
      const double time = std::chrono::duration<double, std::micro>(Clock::now() - start).count();
      if (first)
        first_.push_back(time);
      else
        times_.push_back(time);
    }
  }

  /// The lower quartile.
  double microseconds() {
    std::vector<double>& times = times_.empty() ? first_ : times_;
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

std::vector<double> race(std::span<const std::vector<std::byte>> engines, KernelFinder kernels, int threads) {
  Lane lane(threads);
  std::vector<std::unique_ptr<Runner>> runners;
  for (const auto& engine : engines) {
    runners.push_back(std::make_unique<Runner>(engine, kernels, threads));
    runners.back()->burst(lane);
    runners.back()->forget();
  }
  const auto begin = Clock::now();
  for (int round = 0; round < kLeastRounds || Clock::now() - begin < runners.size() * kBudget; ++round) {
    for (const auto& runner : runners) runner->burst(lane);
  }
  std::vector<double> result;
  for (const auto& runner : runners) result.push_back(runner->microseconds());
  return result;
}

}  // namespace tn
