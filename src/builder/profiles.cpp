// SPDX-License-Identifier: Apache-2.0
#include "builder/profiles.h"

#include <algorithm>

#include "base/error.h"
#include "engine/plan_generated.h"

namespace tn {
namespace {

template <typename... Args>
void require(bool condition, fmt::format_string<Args...> format, Args&&... args) {
  if (!condition) throw Error(ErrorCode::InvalidArgument, format, std::forward<Args>(args)...);
}

void check_bounds(const Tensor& tensor, const ShapeBounds& bounds, size_t profile) {
  const int rank = tensor.type.rank();
  require(bounds.min.rank() == rank && bounds.opt.rank() == rank && bounds.max.rank() == rank,
          "profile {}: input '{}' is {}, its bounds have ranks {}, {} and {}", profile, tensor.name,
          to_string(tensor.type), bounds.min.rank(), bounds.opt.rank(), bounds.max.rank());
  for (int i = 0; i < rank; ++i) {
    require(bounds.min[i] >= 0 && bounds.min[i] <= bounds.opt[i] && bounds.opt[i] <= bounds.max[i],
            "profile {}: input '{}': min {} ≤ opt {} ≤ max {} does not hold", profile, tensor.name,
            to_string(bounds.min), to_string(bounds.opt), to_string(bounds.max));
    const auto fixed = tensor.type.dims[static_cast<size_t>(i)].constant();
    require(!fixed || (bounds.min[i] == *fixed && bounds.max[i] == *fixed),
            "profile {}: axis {} of input '{}' is fixed to {}, not {} to {}", profile, i, tensor.name,
            fixed.value_or(0), bounds.min[i], bounds.max[i]);
  }
}

void check_values(const Tensor& tensor, const ShapeBounds& bounds, size_t profile) {
  const size_t count = tensor.value ? tensor.value->size() : 0;
  for (const auto* values : {&bounds.min_values, &bounds.opt_values, &bounds.max_values}) {
    require(values->size() == count,
            "profile {}: the elements of input '{}' are extents: give min, opt and max of its {} values, not {}",
            profile, tensor.name, count, values->size());
  }
  for (size_t i = 0; i < count; ++i) {
    require(bounds.min_values[i] <= bounds.opt_values[i] && bounds.opt_values[i] <= bounds.max_values[i],
            "profile {}: value {} of input '{}': min {} ≤ opt {} ≤ max {} does not hold", profile, i, tensor.name,
            bounds.min_values[i], bounds.opt_values[i], bounds.max_values[i]);
  }
}

}  // namespace

std::vector<OptimizationProfile> complete_profiles(const Graph& graph,
                                                   const std::vector<OptimizationProfile>& profiles) {
  std::vector<OptimizationProfile> result = profiles;
  if (result.empty()) result.emplace_back();
  for (size_t p = 0; p < result.size(); ++p) {
    OptimizationProfile& profile = result[p];
    for (const auto& [name, bounds] : profile) {
      const auto& inputs = graph.inputs();
      const bool known = std::any_of(inputs.begin(), inputs.end(),
                                     [&, &wanted = name](TensorId id) { return graph.tensor(id).name == wanted; });
      require(known, "profile {}: the network has no input '{}'", p, name);
    }
    for (const TensorId id : graph.inputs()) {
      const Tensor& tensor = graph.tensor(id);
      auto found = profile.find(tensor.name);
      if (found == profile.end()) {
        const auto shape = tensor.type.static_shape();
        require(shape.has_value(),
                "input '{}' is {}: a dynamic shape needs an optimization profile (min, opt and max shapes)",
                tensor.name, to_string(tensor.type));
        found = profile.emplace(tensor.name, ShapeBounds{*shape, *shape, *shape}).first;
      }
      ShapeBounds& bounds = found->second;
      if (bounds.opt.rank() == 0 && tensor.value && tensor.type.static_shape())
        bounds.min = bounds.opt = bounds.max = *tensor.type.static_shape();
      check_bounds(tensor, bounds, p);
      check_values(tensor, bounds, p);
    }
  }
  return result;
}

std::vector<std::unique_ptr<plan::SymbolT>> symbols_of(const Graph& graph) {
  std::vector<std::unique_ptr<plan::SymbolT>> symbols;
  const auto add = [&](const std::string& name, int input, uint32_t axis, bool of_value = false) {
    const auto known =
        std::any_of(symbols.begin(), symbols.end(), [&](const auto& other) { return other->name == name; });
    if (known) return;
    auto symbol = std::make_unique<plan::SymbolT>();
    symbol->name = name;
    symbol->input = input;
    symbol->axis = axis;
    symbol->of_value = of_value;
    symbols.push_back(std::move(symbol));
  };
  for (size_t i = 0; i < graph.inputs().size(); ++i) {
    const auto& dims = graph.tensor(graph.inputs()[i]).type.dims;
    for (size_t axis = 0; axis < dims.size(); ++axis) {
      if (!dims[axis].is_constant()) add(dims[axis].to_string(), static_cast<int>(i), static_cast<uint32_t>(axis));
    }
    const auto& value = graph.tensor(graph.inputs()[i]).value;
    for (size_t k = 0; value && k < value->size(); ++k)
      add((*value)[k].to_string(), static_cast<int>(i), static_cast<uint32_t>(k), true);
  }
  const auto add_unknowns = [&](const auto& self, const Graph& inner) -> void {
    for (const auto& [name, upper] : inner.unknowns()) add(name, -1, 0);
    for (const NodeId id : inner.order()) {
      for (const Graph& body : inner.node(id).bodies) self(self, body);
    }
  };
  add_unknowns(add_unknowns, graph);
  return symbols;
}

SymbolRanges symbol_ranges(const Graph& graph, const OptimizationProfile& profile) {
  SymbolRanges ranges;
  for (const TensorId id : graph.inputs()) {
    const Tensor& tensor = graph.tensor(id);
    const ShapeBounds& bounds = profile.at(tensor.name);
    for (size_t axis = 0; axis < tensor.type.dims.size(); ++axis) {
      const Dim& dim = tensor.type.dims[axis];
      if (dim.is_constant()) continue;
      const DimRange range{bounds.min[static_cast<int>(axis)], bounds.max[static_cast<int>(axis)]};
      const auto [entry, fresh] = ranges.emplace(dim.to_string(), range);
      if (fresh) continue;
      entry->second = {std::max(entry->second.min, range.min), std::min(entry->second.max, range.max)};
      require(entry->second.min <= entry->second.max,
              "the profile gives inputs that share the extent '{}' ranges that do not meet", dim.to_string());
    }
    for (size_t k = 0; tensor.value && k < tensor.value->size(); ++k)
      ranges.emplace((*tensor.value)[k].to_string(), DimRange{bounds.min_values[k], bounds.max_values[k]});
  }
  const auto add_unknowns = [&](const auto& self, const Graph& inner) -> void {
    // An upper bound may itself name an unknown; those of earlier nodes are settled first.
    for (size_t round = 0; round < inner.unknowns().size(); ++round) {
      for (const auto& [name, upper] : inner.unknowns())
        ranges.insert_or_assign(name, DimRange{0, range_of(upper, ranges).max});
    }
    for (const NodeId id : inner.order()) {
      for (const Graph& body : inner.node(id).bodies) self(self, body);
    }
  };
  add_unknowns(add_unknowns, graph);
  return ranges;
}

std::map<std::string, int64_t> opt_values(const Graph& graph, const OptimizationProfile& profile) {
  OptimizationProfile at_opt = profile;
  for (auto& [name, bounds] : at_opt) {
    bounds.min = bounds.max = bounds.opt;
    bounds.min_values = bounds.max_values = bounds.opt_values;
  }
  std::map<std::string, int64_t> values;
  for (const auto& [name, range] : symbol_ranges(graph, at_opt)) values[name] = range.max;
  return values;
}

std::map<std::string, int64_t> fixed_symbols(const Graph& graph, const std::vector<OptimizationProfile>& profiles) {
  std::map<std::string, DimRange> united;
  for (const OptimizationProfile& profile : profiles) {
    const SymbolRanges ranges = symbol_ranges(graph, profile);
    for (const auto& symbol : symbols_of(graph)) {
      if (symbol->input < 0 || symbol->of_value) continue;
      const DimRange range = ranges.at(symbol->name);
      const auto [entry, fresh] = united.emplace(symbol->name, range);
      if (!fresh) entry->second = {std::min(entry->second.min, range.min), std::max(entry->second.max, range.max)};
    }
  }
  std::map<std::string, int64_t> values;
  for (const auto& [name, range] : united)
    if (range.min == range.max) values.emplace(name, range.min);
  return values;
}

void fix_symbols(Graph& graph, const std::map<std::string, int64_t>& values) {
  if (values.empty()) return;
  const auto value_of = [&](const std::string& symbol) -> std::optional<Dim> {
    const auto found = values.find(symbol);
    return found == values.end() ? std::nullopt : std::optional<Dim>(found->second);
  };
  for (const TensorId id : graph.inputs()) {
    Tensor& tensor = graph.edit_tensor(id);
    for (Dim& dim : tensor.type.dims) dim = dim.substitute(value_of);
  }
  graph.infer_all();
}

std::unique_ptr<plan::ShapeRangeT> range_of_input(const Tensor& tensor, const OptimizationProfile& profile) {
  const ShapeBounds& bounds = profile.at(tensor.name);
  auto range = std::make_unique<plan::ShapeRangeT>();
  range->min.assign(bounds.min.begin(), bounds.min.end());
  range->opt.assign(bounds.opt.begin(), bounds.opt.end());
  range->max.assign(bounds.max.begin(), bounds.max.end());
  range->min_values = bounds.min_values;
  range->opt_values = bounds.opt_values;
  range->max_values = bounds.max_values;
  return range;
}

}  // namespace tn
