// SPDX-License-Identifier: Apache-2.0
#include "builder/held_out.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "builder/fixed_run.h"
#include "ops/quant/quantize.h"
#include "quant/apply.h"
#include "quant/spread.h"

namespace tn {
namespace {

constexpr double kPercent = 100;

double decibels(std::span<const float> exact, std::span<const float> rounded) {
  double signal = 0, noise = 0;
  for (size_t i = 0; i < exact.size(); ++i) {
    const double difference = static_cast<double>(exact[i]) - rounded[i];
    signal += static_cast<double>(exact[i]) * exact[i];
    noise += difference * difference;
  }
  return 10 * std::log10(signal / noise);
}

// What is permitted becomes what is said: nothing is left out because no kernel gains by it.
void bind(Graph& graph) {
  for (const NodeId id : graph.order()) {
    OpPtr& op = graph.edit_node(id).op;
    if (const auto* quantize = dynamic_cast<const ops::Quantize*>(op.get())) {
      auto bound = std::make_shared<ops::Quantize>(*quantize);
      bound->implicit = false;
      op = std::move(bound);
    } else if (const auto* dequantize = dynamic_cast<const ops::Dequantize*>(op.get())) {
      auto bound = std::make_shared<ops::Dequantize>(*dequantize);
      bound->implicit = false;
      op = std::move(bound);
    }
  }
}

}  // namespace

HeldOut::HeldOut(const Graph& exact, const Batching& batching, SampleSource& samples, int threads,
                 const std::function<int32_t(const std::string&)>& label_of)
    : batching_(batching), threads_(threads) {
  while (auto sample = samples.next()) {
    if (label_of) labels_.push_back(label_of(sample->source));
    samples_.push_back(*std::move(sample));
  }
  exact_ = outputs_of(exact);
  if (exact_.numbers.empty())
    throw Error(
        ErrorCode::InvalidArgument,
        "the network has no outputs in f32 to compare by; name a calibrator, and leave out corrections and budgets");
}

HeldOut::Outputs HeldOut::outputs_of(Graph graph) const {
  FixedRun run(std::move(graph), batching_.profile, threads_);
  Outputs result;
  const auto size = static_cast<size_t>(batching_.size);
  for (size_t first = 0; first < samples_.size(); first += size) {
    const size_t count = std::min(size, samples_.size() - first);
    fill_inputs(run, batching_, std::span(samples_).subspan(first, count));
    run.run(batching_.shapes);
    bool first_output = true;
    for (size_t i = 0; i < run.outputs(); ++i) {
      const TensorView view = run.output(i);
      if (view.type != DataType::F32) continue;
      const std::span<const float> numbers(view.as<const float>(), static_cast<size_t>(view.elements()));
      const size_t each = numbers.size() / size;
      const auto own = numbers.first(each * count);
      result.numbers.insert(result.numbers.end(), own.begin(), own.end());
      for (size_t k = 0; first_output && each > 0 && k < count; ++k) {
        const auto of_sample = own.subspan(k * each, each);
        result.classes.push_back(std::ranges::max_element(of_sample) - of_sample.begin());
      }
      first_output = false;
    }
  }
  return result;
}

double HeldOut::right(const Outputs& outputs) const {
  double count = 0;
  for (size_t i = 0; i < labels_.size() && i < outputs.classes.size(); ++i) count += outputs.classes[i] == labels_[i];
  return kPercent * count / static_cast<double>(samples_.size());
}

Comparison HeldOut::compare(const Graph& graph, quant::Plan plan, const std::set<std::string>& floats) const {
  Graph rounded = graph;
  quant::spread(rounded, plan);
  quant::insert_pairs(rounded, plan, quant::Weights::Floats, floats);
  bind(rounded);
  const Outputs outputs = outputs_of(std::move(rounded));
  double same = 0;
  for (size_t i = 0; i < outputs.classes.size(); ++i) same += outputs.classes[i] == exact_.classes[i];
  return {decibels(exact_.numbers, outputs.numbers), kPercent * same / static_cast<double>(samples_.size()),
          right(exact_) - right(outputs)};
}

}  // namespace tn
