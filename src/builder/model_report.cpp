// SPDX-License-Identifier: Apache-2.0
#include "builder/model_report.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "builder/builder.h"
#include "builder/onnx_operators.h"
#include "import/onnx/survey.h"

namespace tn {
namespace {

using Counts = std::map<std::string, size_t>;
using Shapes = std::map<std::string, Shape>;

std::string text_of(const Counts& nodes) {
  std::vector<std::pair<std::string, size_t>> sorted(nodes.begin(), nodes.end());
  std::ranges::stable_sort(sorted, std::greater(), [](const auto& entry) { return entry.second; });
  size_t all = 0;
  std::vector<std::string> parts;
  for (const auto& [op, count] : sorted) {
    all += count;
    parts.push_back(fmt::format("{} {}", count, op));
  }
  return fmt::format("Nodes: {} of {} operators: {}\n", all, sorted.size(), fmt::join(parts, ", "));
}

std::string text_of(const std::vector<import::OnnxFailure>& failures) {
  std::string text;
  for (const auto& failure : failures)
    text += fmt::format("Not supported: node '{}' ({}, opset {}): {}\n", failure.name, failure.op, failure.opset,
                        failure.reason);
  return text;
}

std::string text_of_tensors(const Graph& graph, const std::vector<TensorId>& ids, std::string_view what) {
  std::string text;
  for (const TensorId id : ids)
    text += fmt::format("{} '{}': {}\n", what, graph.tensor(id).name, to_string(graph.tensor(id).type));
  return text;
}

SymbolRanges ranges_of(const Graph& graph, const Shapes& shapes) {
  SymbolRanges ranges;
  for (const TensorId id : graph.inputs()) {
    const Tensor& tensor = graph.tensor(id);
    const auto given = shapes.find(tensor.name);
    for (int axis = 0; axis < tensor.type.rank(); ++axis) {
      const bool is_given = given != shapes.end() && axis < given->second.rank() && given->second[axis] >= 0;
      const int64_t extent = is_given ? given->second[axis] : 1;
      for (const std::string& symbol : tensor.type.dims[static_cast<size_t>(axis)].symbols())
        ranges.insert_or_assign(symbol, DimRange{extent, extent});
    }
    for (size_t i = 0; tensor.value && i < tensor.value->size(); ++i)
      ranges.emplace((*tensor.value)[i].to_string(), DimRange{1, 1});
  }
  // An upper bound may itself name an unknown; those of earlier nodes are settled first.
  for (size_t round = 0; round < graph.unknowns().size(); ++round)
    for (const auto& [name, upper] : graph.unknowns())
      ranges.insert_or_assign(name, DimRange{0, range_of(upper, ranges).max});
  return ranges;
}

double bytes_of(const TensorType& type, const SymbolRanges& ranges) {
  auto bytes = static_cast<double>(size_of(type.type));
  for (const Dim& dim : type.dims) bytes *= static_cast<double>(range_of(dim, ranges).max);
  return bytes;
}

// Each once, however many graphs share it.
void collect_weights(const Graph& graph, std::set<const Constant*>& weights) {
  for (size_t i = 0; i < graph.tensor_count(); ++i)
    if (const auto& constant = graph.tensor(static_cast<TensorId>(i)).constant) weights.insert(constant.get());
  for (const NodeId id : graph.order())
    for (const Graph& body : graph.node(id).bodies) collect_weights(body, weights);
}

// The most bytes of results that are alive at once when nodes run one after another as they stand.
double peak_of(const Graph& graph, const SymbolRanges& ranges) {
  const auto order = graph.order();
  std::vector<size_t> last(graph.tensor_count(), 0);
  for (size_t at = 0; at < order.size(); ++at)
    for (const TensorId input : graph.node(order[at]).inputs)
      if (input != kNone) last[static_cast<size_t>(input)] = at;
  for (const TensorId output : graph.outputs()) last[static_cast<size_t>(output)] = order.size();
  std::vector<double> dying(order.size() + 1, 0);
  double alive = 0, peak = 0;
  for (size_t at = 0; at < order.size(); ++at) {
    for (const TensorId output : graph.node(order[at]).outputs) {
      const double bytes = bytes_of(graph.tensor(output).type, ranges);
      alive += bytes;
      dying[std::max(last[static_cast<size_t>(output)], at)] += bytes;
    }
    peak = std::max(peak, alive);
    alive -= dying[at];
  }
  return peak;
}

std::string text_of_memory(const Graph& graph, const Shapes& shapes) {
  constexpr double kMiB = 1 << 20;
  const SymbolRanges ranges = ranges_of(graph, shapes);
  std::vector<std::string> open;
  for (const auto& [name, range] : ranges)
    open.push_back(name.starts_with('?') ? fmt::format("{} at most {}", name, range.max)
                                         : fmt::format("{} = {}", name, range.max));
  std::set<const Constant*> weights;
  collect_weights(graph, weights);
  double bytes = 0;
  for (const Constant* constant : weights) bytes += static_cast<double>(constant->bytes().size());
  return fmt::format("Open extents: {}\nMemory: weights {:.2f} MiB, results about {:.2f} MiB{}\n",
                     open.empty() ? "none" : fmt::format("{}", fmt::join(open, ", ")), bytes / kMiB,
                     peak_of(graph, ranges) / kMiB, open.empty() ? "" : " for these extents");
}

std::string text_of(const Graph& graph, const Shapes& shapes) {
  return text_of_tensors(graph, graph.inputs(), "Input") + text_of_tensors(graph, graph.outputs(), "Output") +
         text_of_memory(graph, shapes);
}

Counts count_nodes(const Graph& graph) {
  Counts counts;
  for (const NodeId id : graph.order()) ++counts[std::string(graph.node(id).op->name())];
  return counts;
}

}  // namespace

ModelReport report_onnx(const std::string& path, const Shapes& shapes) {
  const import::OnnxOperators operators = onnx_operators();
  import::OnnxSurvey survey = import::survey_onnx(path, operators);
  // As a build does: elements of inputs may be extents, and ranks may depend on shapes.
  import::KnownInputs known;
  for (const bool with_shapes : {false, true}) {
    if (survey.failures.empty()) break;
    if (with_shapes) known.shapes = shapes;
    known.symbolic_values = true;
    import::OnnxSurvey again = import::survey_onnx(path, operators, known);
    if (again.failures.size() < survey.failures.size()) survey = std::move(again);
  }
  std::string text = text_of(survey.nodes) + text_of(survey.failures);
  if (!survey.failures.empty()) text += "Of what can be imported:\n";
  return {survey.failures.empty(), text + text_of(survey.graph, shapes)};
}

ModelReport report_caffe(const std::string& deploy, const std::string& model, const import::CaffeOptions& options) {
  try {
    const import::CaffeNetwork network = read_caffe(deploy, model, options);
    return {true, text_of(count_nodes(network.graph)) + text_of(network.graph, options.shapes)};
  } catch (const import::NodeError& error) {
    return {false, fmt::format("Not supported: {}\n", error.what())};
  }
}

}  // namespace tn
