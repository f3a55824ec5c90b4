// SPDX-License-Identifier: Apache-2.0
#include "builder/batch_choice.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "ops/shape/shape.h"
#include "tuning/batch_split.h"
#include "tuning/race.h"

namespace tn {
namespace {

/// Microseconds of each splittable node by itself: on the whole batch with all threads, and on one image with one.
struct NodeTimes {
  std::vector<double> batch, image;
};

NodeTimes times_of(const Graph& graph, const SplittableNodes& found, Tuner& tuner) {
  NodeTimes times;
  for (const NodeId id : found.nodes)
    times.batch.push_back(tuner.selected_microseconds(*region_of(graph, graph.node(id))));
  const Graph whole = split_batch(graph, found, found.nodes.size());
  const Graph& body = image_graph(whole);
  for (const NodeId id : body.order()) {
    if (body.node(id).op->name() == ops::ShapeValue::kName) continue;
    times.image.push_back(tuner.for_one_thread().selected_microseconds(*region_of(body, body.node(id))));
  }
  internal_check(times.image.size() == times.batch.size(), "{} nodes became {}", times.batch.size(),
                 times.image.size());
  return times;
}

// Time of the splittable nodes when the first `count` of them run image by image, for each count from 0 on.
std::vector<double> predict(const NodeTimes& times, int64_t images, int threads) {
  const int64_t rounds = (images + threads - 1) / threads;
  std::vector<double> total = {std::accumulate(times.batch.begin(), times.batch.end(), 0.0)};
  for (size_t i = 0; i < times.batch.size(); ++i)
    total.push_back(total.back() - times.batch[i] + static_cast<double>(rounds) * times.image[i]);
  return total;
}

struct Candidate {
  size_t count;  ///< of nodes that run image by image
  double microseconds = 0;
};

// Predicted times leave out what the loop is for: that results and weights stay in the caches. So the longest loop is
// a candidate beside the one that they call the best, unless they speak clearly against it; and instead of it, if they
// say that it is nearly as fast.
std::vector<Candidate> candidates(const std::vector<double>& predicted) {
  constexpr double kHopeless = 1.5, kNearlyAsFast = 1.02;
  const auto best = std::min_element(predicted.begin() + 1, predicted.end());
  std::vector<Candidate> list = {{0}};
  const auto add = [&](double microseconds, size_t count) {
    if (microseconds <= kHopeless * predicted[0]) list.push_back({count});
  };
  if (predicted.back() > kNearlyAsFast * *best) add(*best, static_cast<size_t>(best - predicted.begin()));
  add(predicted.back(), predicted.size() - 1);
  return list;
}

}  // namespace

BatchChoice choose_batch_loop(const Graph& graph, Tuner& tuner, const std::map<std::string, int64_t>& opt, int threads,
                              const Race& race) {
  const auto found = find_splittable(graph);
  const int64_t images = found ? found->batch.evaluate(opt) : 1;
  if (images < 2) return {};
  const auto predicted = predict(times_of(graph, *found, tuner), images, threads);
  auto list = candidates(predicted);
  const std::string signature = tuner.signature_of(graph);
  const auto name = [&](const Candidate& candidate) {
    return fmt::format("{}|{} by image", signature, candidate.count);
  };
  const auto recall = [&] {
    return std::ranges::all_of(list, [&](Candidate& candidate) {
      const auto time = tuner.recall(name(candidate), "the network with a loop over its batch");
      candidate.microseconds = time.value_or(0);
      return time.has_value();
    });
  };
  if (list.size() > 1 && !recall()) {
    std::vector<Graph> graphs;
    graphs.reserve(list.size());
    for (const Candidate& candidate : list)
      graphs.push_back(candidate.count == 0 ? graph : split_batch(graph, *found, candidate.count));
    const auto times = race(graphs);
    for (size_t i = 0; i < list.size(); ++i) tuner.remember(name(list[i]), times[i]);
    recall();
  }
  const Candidate& best = *std::ranges::min_element(list, {}, &Candidate::microseconds);
  BatchChoice choice;
  choice.explanation = fmt::format("loop over a batch of {}: {} of {} layers may run image by image\n", images,
                                   found->nodes.size(), graph.order().size());
  for (const Candidate& candidate : list) {
    choice.explanation +=
        fmt::format("  first {} layers: regions alone {:.1f} us", candidate.count, predicted[candidate.count]);
    if (list.size() > 1) choice.explanation += fmt::format(", network {:.1f} us", candidate.microseconds);
    choice.explanation += &candidate == &best ? ", chosen\n" : "\n";
  }
  if (best.count > 0) choice.graph = split_batch(graph, *found, best.count);
  return choice;
}

}  // namespace tn
