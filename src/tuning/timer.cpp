// SPDX-License-Identifier: Apache-2.0
#include "tuning/timer.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <numeric>

#include "base/require.h"
#include "engine/plan_generated.h"
#include "exec/context.h"

namespace tn {
namespace {

using Clock = std::chrono::steady_clock;
using Samples = std::vector<std::vector<double>>;  ///< microseconds of each run, by way

// So many copies of the weights that they and the activations, `activations` bytes, do not stay in the caches from one
// use to the next. Where runs are long beside the time in which memory gives the weights, that is not worth a copy.
size_t copies_of(size_t weights, size_t activations, double shortest, double all, size_t repeats) {
  constexpr size_t kColdBytes = size_t{48} << 20;
  constexpr double kBytesPerMicrosecond = 10'000, kNegligible = 0.02, kLongPass = 10'000;
  if (static_cast<double>(weights) <= kNegligible * kBytesPerMicrosecond * shortest || activations >= kColdBytes)
    return 1;
  const size_t cold = (kColdBytes - activations + weights - 1) / weights;
  const auto quick = static_cast<size_t>(kLongPass / all);
  return std::clamp<size_t>(std::min(cold, quick), 2, repeats + 1);
}

}  // namespace

/// Some ways of running a region, ready to run.
class Timer::Bench final : StepObserver {
 public:
  Bench(const RegionPlan& region, std::span<const size_t> ways, size_t copies, std::span<std::byte* const> inputs,
        const Timer& timer, HostBuffer& weights)
      : Bench(repeat_ways(region, ways, copies, weights), inputs, timer, weights) {}

  /// Every way, as many times as there are copies; adds the microseconds of each to those of its way.
  void run(Lane& lane, Samples& samples) {
    step_ = run_ = 0;
    std::ranges::fill(elapsed_, 0.0);
    require(context_.run(lane));
    for (size_t i = 0; i < runs_.size(); ++i) samples[runs_[i].way].push_back(elapsed_[i]);
  }

 private:
  Bench(RepeatedPlan repeated, std::span<std::byte* const> inputs, const Timer& timer, const HostBuffer& weights)
      : runs_(std::move(repeated.runs)),
        elapsed_(runs_.size()),
        context_(EngineFile::from_plan(std::move(repeated.plan), weights.span()), timer.backend_.kernels,
                 timer.target_.threads) {
    for (size_t i = 0; i < context_.engine().plan().bindings.size(); ++i)
      require(context_.set_address(static_cast<int>(i), inputs[i % inputs.size()]));
    context_.set_observer(this);
  }

  void step_done(const plan::StepT&, double milliseconds) noexcept override {
    while (runs_[run_].end <= step_) ++run_;
    elapsed_[run_] += 1000 * milliseconds;
    ++step_;
  }

  std::vector<RepeatedPlan::Run> runs_;
  std::vector<double> elapsed_;
  Context context_;
  size_t step_ = 0, run_ = 0;
};

Timer::Timer(const Backend& backend, const Target& target, std::map<std::string, int64_t> opt, int repeats)
    : backend_(backend),
      target_(target),
      opt_(std::move(opt)),
      repeats_(static_cast<size_t>(std::max(1, repeats))),
      lane_(target.threads) {}

std::vector<Timing> Timer::measure(const Region& region, std::span<const Choice> ways) {
  constexpr size_t kLooks = 2;
  constexpr auto kLong = std::chrono::milliseconds(100);  // beside what mapping memory takes
  constexpr double kHopeless = 2;
  const Graph graph = specialize(region, opt_);
  const RegionPlan plan = plan_region(graph, backend_, target_, ways);
  size_t activations = plan.plan.profiles[0]->arena_bytes;
  std::vector<std::byte*> inputs;
  for (const TensorId id : graph.inputs()) {
    const TensorType& type = graph.tensor(id).type;
    const int64_t elements = *product(type.dims).constant();
    inputs.push_back(inputs_.get(inputs.size(), type.type, elements));
    activations += static_cast<size_t>(elements) * size_of(type.type);
  }
  std::vector<size_t> rivals(ways.size());
  std::iota(rivals.begin(), rivals.end(), size_t{0});
  auto bench = std::make_unique<Bench>(plan, rivals, 1, inputs, *this, weights_);
  Samples samples(ways.size());
  auto begin = Clock::now();
  bench->run(lane_, samples);
  if (Clock::now() - begin < kLong) {  // the system mapped memory meanwhile
    samples.assign(ways.size(), {});
    begin = Clock::now();
  }
  while (samples[0].size() < kLooks) bench->run(lane_, samples);
  std::vector<double> result(ways.size());
  for (const size_t way : rivals) result[way] = std::ranges::min(samples[way]);
  const double shortest = std::ranges::min(result);
  std::erase_if(rivals, [&](size_t way) { return result[way] > kHopeless * shortest; });

  double all = 0;
  for (const size_t way : rivals) all += result[way];
  const size_t copies = copies_of(weight_bytes(plan, rivals), activations, shortest, all, repeats_);
  if (copies > 1) {  // the looks found weights in the caches
    samples.assign(ways.size(), {});
    begin = Clock::now();
  }
  const auto budget = repeats_ * rivals.size() * std::chrono::microseconds(2500);
  const auto enough = [&] {
    const size_t count = samples[rivals[0]].size();
    return count >= repeats_ || (count >= kLooks && Clock::now() - begin >= budget);
  };
  if (!enough() && (copies > 1 || rivals.size() < ways.size())) {
    bench.reset();
    bench = std::make_unique<Bench>(plan, rivals, copies, inputs, *this, weights_);
    Samples mapping(ways.size());
    bench->run(lane_, mapping);
  }
  while (!enough()) bench->run(lane_, samples);
  // The lower quartile: what other programs take from the processor is not the kernel's.
  double fastest = std::numeric_limits<double>::infinity();
  for (const size_t way : rivals) {
    std::vector<double>& times = samples[way];
    std::ranges::sort(times);
    result[way] = times[times.size() / 4];
    fastest = std::min(fastest, result[way]);
  }
  // Two looks found weights in the caches that the measurements did not.
  for (size_t way = 0; way < ways.size(); ++way) {
    if (!std::ranges::binary_search(rivals, way) && shortest > 0) result[way] *= std::max(1.0, fastest / shortest);
  }
  std::vector<Timing> timings;
  for (const double microseconds : result) timings.push_back({microseconds, {}});
  return timings;
}

}  // namespace tn
