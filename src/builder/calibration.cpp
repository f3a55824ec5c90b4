// SPDX-License-Identifier: Apache-2.0
#include "builder/calibration.h"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "base/error.h"
#include "builder/fixed_run.h"

namespace tn {
namespace {

bool is_observed(const Tensor& tensor) {
  return !tensor.constant && tensor.type.type == DataType::F32;
}

// The network with all activations in f32 as outputs.
Graph with_activations(Graph graph) {
  std::vector<TensorId> outputs;
  for (const NodeId id : graph.order()) {
    for (const TensorId output : graph.node(id).outputs)
      if (is_observed(graph.tensor(output))) outputs.push_back(output);
  }
  if (outputs.empty()) throw Error(ErrorCode::InvalidArgument, "the network has no activations in f32 to calibrate");
  graph.set_outputs(std::move(outputs));
  return graph;
}

class Observation {
 public:
  Observation(const Graph& graph, const Batching& batching, int threads)
      : graph_(with_activations(graph)), batching_(batching), run_(graph_, batching.profile, threads) {
    for (const TensorId id : graph_.outputs()) names_.push_back(graph_.tensor(id).name);
    histograms_.resize(names_.size());
    inputs_.resize(batching.inputs.size());
  }

  void add(std::span<const Sample> samples) {
    fill_inputs(run_, batching_, samples);
    std::vector<Shape> shapes = batching_.shapes;
    for (size_t i = 0; i < batching_.inputs.size(); ++i) {
      if (batching_.is_free) shapes[i][0] = std::ssize(samples);
      if (batching_.inputs[i].type == DataType::F32)
        count(inputs_[i], TensorView::dense(run_.input(i).data(), DataType::F32, shapes[i]), samples.size());
    }
    run_.run(shapes);
    std::atomic<size_t> next = 0;
    run_.lane().run([&](int) {
      for (size_t i = next++; i < histograms_.size(); i = next++) count(histograms_[i], run_.output(i), samples.size());
    });
    check_finite(samples);
  }

  Histograms histograms() {
    Histograms result;
    for (size_t i = 0; i < names_.size(); ++i) result.emplace(names_[i], std::move(histograms_[i]));
    for (size_t i = 0; i < inputs_.size(); ++i) {
      if (batching_.inputs[i].type == DataType::F32) result.emplace(batching_.inputs[i].name, std::move(inputs_[i]));
    }
    return result;
  }

 private:
  // Of a batch that is filled up only what belongs to the samples, where these lie one after another.
  void count(quant::Histogram& histogram, const TensorView& view, size_t samples) const {
    auto elements = static_cast<size_t>(view.elements());
    const auto size = static_cast<size_t>(batching_.size);
    if (!batching_.is_free && view.rank() > 0 && view.dims[0] % batching_.size == 0)
      elements = elements / size * samples;
    histogram.add({view.as<const float>(), elements});
  }
  void check_finite(std::span<const Sample> samples) const {
    for (size_t i = 0; i < names_.size(); ++i) {
      if (histograms_[i].not_finite() == 0) continue;
      throw Error(ErrorCode::InvalidArgument, "tensor '{}' becomes NaN or infinite for {}{}", names_[i],
                  samples[0].source,
                  samples.size() > 1 ? fmt::format(" or one of the {} behind it", samples.size() - 1) : "");
    }
  }

  Graph graph_;
  const Batching& batching_;
  FixedRun run_;
  std::vector<std::string> names_;
  std::vector<quant::Histogram> histograms_, inputs_;
};

}  // namespace

Histograms observe(const Graph& graph, const Batching& batching, SampleSource& samples, int threads,
                   const std::function<void()>& sample_done) {
  Observation observation(graph, batching, threads);
  for_each_batch(samples, batching.size, [&](std::span<const Sample> batch) {
    observation.add(batch);
    for (size_t i = 0; i < batch.size(); ++i) sample_done();
  });
  return observation.histograms();
}

std::string implausible(const quant::Histogram& input) {
  constexpr double kPixel = 255, kFaint = 0.05, kOff = 4;
  double sum = 0, squares = 0;
  for (const bool negative : {false, true}) {
    const auto bins = negative ? input.negative() : input.positive();
    for (size_t i = 0; i < bins.size(); ++i) {
      const double value = (static_cast<double>(i) + 0.5) * input.width() * (negative ? -1 : 1);
      sum += static_cast<double>(bins[i]) * value;
      squares += static_cast<double>(bins[i]) * value * value;
    }
  }
  const double count = static_cast<double>(std::max<uint64_t>(input.count(), 1)), mean = sum / count,
               deviation = std::sqrt(std::max(squares / count - mean * mean, 0.0));
  const std::string seen = fmt::format("values from {:.4g} to {:.4g}, mean {:.4g}, standard deviation {:.4g}",
                                       input.min(), input.max(), mean, deviation);
  if (deviation == 0) return seen + ": nothing but one number";
  if (input.largest_magnitude() > kPixel) return seen + ": beyond what pixels are";
  if (input.min() >= 0 && input.max() > kPixel / 2)
    return seen + ": right only for a network that was trained on pixels from 0 to 255 as they are";
  if (deviation < kFaint) return seen + ": hardly any contrast, as if scaled twice";
  if (std::fabs(mean) > kOff * deviation) return seen + ": far from zero, as if a mean was not subtracted";
  return "";
}

}  // namespace tn
