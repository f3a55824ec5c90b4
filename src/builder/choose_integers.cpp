// SPDX-License-Identifier: Apache-2.0
#include "builder/choose_integers.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "builder/choose_types.h"
#include "ops/control/region.h"
#include "ops/quant/roles.h"
#include "tuning/tuner.h"
#include "tuning/unfused_quantization.h"
#include "tuning/weigh_integers.h"

namespace tn {
namespace {

using Names = std::set<std::string>;

Names difference(const Names& all, const Names& without) {
  Names rest;
  std::ranges::set_difference(all, without, std::inserter(rest, rest.end()));
  return rest;
}

/// A way to have the network.
struct Form {
  FusedNetwork network;
  Rounded rounded;
  Names integers;  ///< products that a tactic computes with integers
};

class Chooser {
 public:
  Chooser(const RoundableNetwork& network, const BuilderConfig& config, Logger& logger, RegionCosts* costs,
          const FuseSteps& steps)
      : network_(network),
        config_(config),
        logger_(logger),
        costs_(costs),
        steps_(steps),
        held_(network.rounding.floats) {
    for (const auto& [id, precision] : network.precisions.all()) held_.insert(network.graph.node(id).name);
  }

  FusedNetwork run(std::string& explanation) {
    Form whole = make({});
    if (!whole.rounded.missing.empty())
      logger_.warning(
          "no scale is known for {} tensors that products read; these stay in floats unless a calibration, a "
          "cache or setDynamicRange gives one: {}",
          whole.rounded.missing.size(), fmt::join(whole.rounded.missing, ", "));
    const Names products = whole.rounded.products;
    check_demands(whole);
    if (products.empty() || (!costs_ && network_.rounding.binding)) return std::move(whole.network);
    const Form bare = make(products);
    IntegerChoice choice = weigh(whole, bare);
    Form chosen = costs_ ? fastest(choice, products) : supported(choice.floats());
    check_demands(chosen);
    explanation += explain(std::move(choice), whole, chosen);
    return std::move(chosen.network);
  }

 private:
  Form make(Names floats) const {
    Form form{{network_.graph, network_.precisions, {}, {}, ""}, {}, {}};
    FusedNetwork& result = form.network;
    floats.insert(held_.begin(), held_.end());
    form.rounded = round_products(result.graph, network_.rounding, floats);
    result.integers = form.rounded.products;
    steps_.fuse(result.graph, result.precisions);
    result.fused = result.graph;
    result.unfused = steps_.fit(result.graph, result.precisions);
    for (const NodeId id : result.graph.order()) {
      const auto region = region_of(result.graph, result.graph.node(id));
      if (!region || !region->loads_quantized()) continue;
      for (std::string& name : operators_in(result.graph.node(id))) {
        if (form.rounded.products.contains(name)) form.integers.insert(std::move(name));
      }
    }
    return form;
  }

  // Without what no tactic takes: leaving one product in floats may change what stands beside another.
  Form supported(Names floats) const {
    for (;;) {
      Form form = make(floats);
      if (form.integers == form.rounded.products) return form;
      const Names left = difference(form.rounded.products, form.integers);
      floats.insert(left.begin(), left.end());
    }
  }

  Names demanded(const Names& products) const {
    Names names;
    for (const auto& [name, layers] : network_.demands) {
      if (products.contains(name)) names.insert(name);
    }
    return names;
  }

  IntegerChoice weigh(const Form& whole, const Form& bare) const {
    IntegerRules rules{whole.rounded.products, demanded(whole.rounded.products), narrow_types(config_),
                       network_.rounding.binding};
    class Nothing final : public RegionCosts {
      double microseconds(const Region&) override { return 0; }
    } nothing;
    // Without times all that can be is to be integers.
    if (!costs_) rules.demanded = rules.products;
    return weigh_integers({whole.network.graph, bare.network.graph}, rules, network_.backend, network_.target,
                          costs_ ? *costs_ : nothing, steps_.node_done);
  }

  double cost_of(const Form& form) const {
    Graph graph = form.network.graph;
    Precisions precisions = form.network.precisions;
    SilentLogger silent;
    choose_types({graph, precisions, network_.backend, network_.target}, config_, silent, *costs_, [] {});
    return tn::cost_of(graph, *costs_);
  }

  // The cut guesses what fusing across a border costs. So the whole networks are compared: as it says, with all
  // integers, and with none but those that are demanded.
  Form fastest(IntegerChoice& choice, const Names& products) {
    Names never;
    for (const auto& line : choice.lines) {
      if (line.unsupported()) never.insert(line.products.begin(), line.products.end());
    }
    const Names least = difference(products, demanded(products));
    Form best = supported(least);
    double cost = floats_ = cost_of(best);
    integers_ = cost;
    for (const Names& floats : {choice.floats(), never}) {
      if (floats == least) continue;
      Form form = supported(floats);
      integers_ = cost_of(form);
      if (integers_ >= cost) continue;
      best = std::move(form);
      cost = integers_;
    }
    chosen_ = cost;
    return best;
  }

  std::string explain(IntegerChoice choice, const Form& whole, const Form& chosen) const {
    const size_t products = whole.rounded.products.size();
    std::string text = fmt::format("int8: {} of {} products", chosen.integers.size(), products);
    if (costs_)
      text = fmt::format(
          "int8: {:.1f} us in floats{}, {:.1f} us with all in int8 that can be, {:.1f} us with {} of {} products",
          floats_, network_.demands.empty() ? "" : " but for what is demanded", integers_, chosen_,
          chosen.integers.size(), products);
    logger_.info("{}", text);
    text += "\n";
    for (auto& line : choice.lines) {
      if (line.unsupported()) line.reason = reason(whole, *line.products.begin());
    }
    if (costs_) text += choice.explanation(chosen.integers);
    for (const NodeId id : network_.graph.order()) {
      const Node& node = network_.graph.node(id);
      if (ops::is_product(node) && !whole.rounded.products.contains(node.name))
        text += fmt::format("  {}: no choice: {}\n", node.name, reason(whole, node.name));
    }
    return text;
  }

  // Every product of a demanded layer has to compute with integers.
  void check_demands(const Form& form) {
    std::map<std::string, std::string> reasons;
    for (const NodeId id : network_.graph.order()) {
      const Node& node = network_.graph.node(id);
      const auto found = network_.demands.find(node.name);
      if (found == network_.demands.end() || form.integers.contains(node.name) || !ops::is_product(node)) continue;
      for (const std::string& layer : found->second) reasons.emplace(layer, reason(form, node.name));
    }
    std::vector<UnmetPrecision> unmet;
    for (const auto& [layer, reason] : reasons) {
      if (told_.insert(layer).second) unmet.push_back({layer, reason});
    }
    tell_unmet(unmet, config_, logger_);
  }

  // Why a product does not compute with integers.
  std::string reason(const Form& form, const std::string& name) const {
    const Graph& graph = network_.graph;
    if (network_.rounding.none()) return "int8 needs ranges, or Quantize and Dequantize in the network";
    if (network_.rounding.floats.contains(name)) return "the accuracy budget keeps it in floats";
    if (held_.contains(name)) return "it is held to a type of floats, or fused with what is";
    if (form.rounded.products.contains(name))
      return why_not_integers(form.network.fused, name, network_.backend, network_.target);
    const auto order = graph.order();
    const Node& node = graph.node(*std::ranges::find(
        order, name, [&](NodeId id) -> auto& { return graph.node(id).name; }));
    const std::string& operand = graph.tensor(node.inputs[0]).name;
    if (network_.rounding.binding) return "the network does not quantize both its operands";
    if (!graph.tensor(node.inputs[1]).constant) return "its second operand is no constant";
    const auto& missing = form.rounded.missing;
    if (std::ranges::find(missing, operand) != missing.end()) return fmt::format("there is no range for '{}'", operand);
    return "operands of its form or size are not quantized";
  }

  const RoundableNetwork& network_;
  const BuilderConfig& config_;
  Logger& logger_;
  RegionCosts* costs_;
  const FuseSteps& steps_;
  Names held_, told_;
  double floats_ = 0, integers_ = 0, chosen_ = 0;
};

}  // namespace

Int8Demands take_int8_demands(const Graph& graph, Precisions& precisions) {
  Int8Demands demands;
  for (const auto& [id, precision] : std::map(precisions.all())) {
    if (precision.type != DataType::I8) continue;
    demands[graph.node(id).name].insert(precision.layers.begin(), precision.layers.end());
    precisions.release(id);
  }
  return demands;
}

FusedNetwork choose_integers(const RoundableNetwork& network, const BuilderConfig& config, Logger& logger,
                             RegionCosts* costs, const FuseSteps& steps, std::string& explanation) {
  return Chooser(network, config, logger, costs, steps).run(explanation);
}

}  // namespace tn
