// SPDX-License-Identifier: Apache-2.0
#include "tuning/region.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

#include "base/error.h"
#include "ops/definition.h"
#include "ops/norm/row_moments.h"

namespace tn {
namespace {

// Rounding to the type in which a result is stored anyway is left to the store.
Expr without_store_rounding(const Expr& result, DataType stored) {
  const bool rounds = result.function() == ScalarFunction::RoundTo && result.narrow() == stored;
  return rounds && is_float(stored) && result.operands()[0].type() == compute_type(stored) ? result.operands()[0]
                                                                                           : result;
}

// The axis along which the elements of a parameter that broadcasts to `data` lie; -1 for one element, nothing if they
// lie along several.
std::optional<int> axis_of(const Shape& parameter, const TensorType& data) {
  int axis = -1;
  for (int i = 0; i < parameter.rank(); ++i) {
    if (parameter[i] == 1) continue;
    if (axis >= 0) return std::nullopt;
    axis = data.rank() - parameter.rank() + i;
  }
  return axis;
}

// How a Dequantize with these parameters loads, if that is simple enough.
std::optional<QuantizedLoad> load_of(const TensorType& data, ConstantPtr scale, ConstantPtr zero_point) {
  if (!scale) return std::nullopt;
  if (zero_point && zero_point->is_splat() && zero_point->number(0) == 0) zero_point = nullptr;
  const auto axis = axis_of(scale->dims(), data);
  const auto zero_axis = zero_point ? axis_of(zero_point->dims(), data) : -1;
  if (!axis || !zero_axis || (*axis >= 0 && *zero_axis >= 0 && axis != zero_axis)) return std::nullopt;
  return QuantizedLoad{std::move(scale), std::move(zero_point), std::max(*axis, *zero_axis)};
}

// Builds the expressions of a body's outputs from those of its inputs. Conversions between the anchor's type and the
// narrower one of an operand in memory count as the loads and stores of a kernel.
class BodyReader {
 public:
  BodyReader(const Graph& body, Region& region) : body_(body), region_(region) {}

  bool run() {
    for (size_t i = 0; i < body_.inputs().size(); ++i) input_of_[body_.inputs()[i]] = static_cast<int>(i);
    for (const NodeId id : body_.order()) {
      const Node& node = body_.node(id);
      if (dynamic_cast<const ops::Elementwise*>(node.op.get()) || take_moments(node)) continue;
      if (region_.anchor || !take_anchor(node)) return false;
    }
    for (const TensorId output : own_outputs()) {
      const auto expression = expression_of(output);
      if (!expression) return false;
      region_.expressions.push_back(without_store_rounding(*expression, body_.tensor(output).type.type));
    }
    if (moments_of_ != kNone && expression_of(moments_of_) != region_.expressions[0]) return false;
    const bool bare = anchor_ && region_.expressions.size() == 1 && region_.expressions[0].is_input() &&
                      region_.expressions[0].index() == 0;
    if (bare) region_.expressions.clear();
    return true;
  }

 private:
  // The outputs but for moments, and the anchor's further results, at their end, if there are some.
  std::span<const TensorId> own_outputs() const {
    std::span<const TensorId> all = body_.outputs();
    if (moments_of_ != kNone) all = all.first(all.size() - 1);
    if (!anchor_ || anchor_->outputs.size() < 2) return all;
    const auto further = std::span(anchor_->outputs).subspan(1);
    if (all.size() <= further.size() || !std::ranges::equal(all.last(further.size()), further)) return all;
    return all.first(all.size() - further.size());
  }

  bool take_moments(const Node& node) {
    const auto* moments = dynamic_cast<const ops::RowMoments*>(node.op.get());
    const auto& outputs = body_.outputs();
    if (!moments || moments_of_ != kNone || outputs.size() < 2 || outputs.back() != node.outputs[0]) return false;
    region_.moments = moments->group;
    moments_of_ = node.inputs[0];
    return true;
  }

  bool take_anchor(const Node& node) {
    for (const TensorId input : node.inputs) {
      auto [from, load] = loaded_from(input);
      const auto found = input_of_.find(from);
      if (input != kNone && found == input_of_.end()) return false;
      region_.anchor_inputs.push_back(input == kNone ? -1 : found->second);
      region_.anchor_loads.push_back(std::move(load));
    }
    anchor_ = &node;
    region_.anchor = node.op.get();
    for (const TensorId output : node.outputs) region_.anchor_results.push_back(body_.tensor(output).type);
    return true;
  }

  // What a load that widens to f32 or dequantizes reads; else the tensor itself.
  std::pair<TensorId, std::optional<QuantizedLoad>> loaded_from(TensorId id) const {
    const Node* node = id == kNone ? nullptr : body_.producer(id);
    if (!node || body_.tensor(id).type.type != DataType::F32) return {id, std::nullopt};
    if (node->op->name() == "Dequantize") {
      const TensorType& data = body_.tensor(node->inputs[0]).type;
      auto load = load_of(data, known(node->inputs[1]), node->inputs.size() > 2 ? known(node->inputs[2]) : nullptr);
      if (load && data.dims == body_.tensor(id).type.dims) return {node->inputs[0], std::move(load)};
    }
    const DataType from = node->inputs.empty() ? DataType::F32 : body_.tensor(node->inputs[0]).type.type;
    const bool widens = node->op->name() == "Cast" && (from == DataType::F16 || from == DataType::BF16);
    return {widens ? node->inputs[0] : id, std::nullopt};
  }

  // The constant that a tensor of the body is; null for others.
  ConstantPtr known(TensorId id) const {
    const auto found = input_of_.find(id);
    return found == input_of_.end() ? body_.tensor(id).constant : region_.input(found->second).constant;
  }

  std::optional<Expr> expression_of(TensorId id) {
    if (const auto found = made_.find(id); found != made_.end()) return found->second;
    std::optional<Expr> result;
    const ScalarType type = compute_type(body_.tensor(id).type.type);
    if (anchor_ && id == anchor_->outputs[0]) {
      result = input(0, type);
    } else if (const auto found = input_of_.find(id); found != input_of_.end()) {
      auto& reads = region_.expression_inputs;
      auto at = std::find(reads.begin(), reads.end(), found->second);
      if (at == reads.end()) at = reads.insert(reads.end(), found->second);
      result = input(static_cast<int>(at - reads.begin()) + (anchor_ ? 1 : 0), type);
    } else if (const Tensor& tensor = body_.tensor(id); tensor.constant && tensor.constant->elements() == 1) {
      result = is_float(tensor.type.type) ? constant(tensor.constant->number(0), type)
                                          : constant_int(tensor.constant->integer(0), type);
    } else if (const Node* node = body_.producer(id)) {
      const auto* op = dynamic_cast<const ops::Elementwise*>(node->op.get());
      if (!op) return std::nullopt;
      std::vector<Expr> operands;
      for (const TensorId operand : node->inputs) {
        const auto expression = expression_of(operand);
        if (!expression) return std::nullopt;
        operands.push_back(*expression);
      }
      result = op->expression(operands);
    }
    if (result) made_.emplace(id, *result);
    return result;
  }

  const Graph& body_;
  Region& region_;
  const Node* anchor_ = nullptr;
  TensorId moments_of_ = kNone;
  std::map<TensorId, int> input_of_;
  std::map<TensorId, Expr> made_;
};

std::optional<Region> region_of_single(Region region) {
  const Node& node = *region.node;
  const auto* elementwise = dynamic_cast<const ops::Elementwise*>(node.op.get());
  if (!elementwise) {
    region.anchor = node.op.get();
    for (size_t i = 0; i < node.inputs.size(); ++i)
      region.anchor_inputs.push_back(node.inputs[i] == kNone ? -1 : static_cast<int>(i));
    region.anchor_loads.resize(node.inputs.size());
    for (const TensorId output : node.outputs) region.anchor_results.push_back(region.graph->tensor(output).type);
    return region;
  }
  std::vector<Expr> operands;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    operands.push_back(input(static_cast<int>(i), compute_type(region.input_type(static_cast<int>(i)).type)));
    region.expression_inputs.push_back(static_cast<int>(i));
  }
  region.expressions.push_back(without_store_rounding(elementwise->expression(operands), region.output_type(0).type));
  return region;
}

// Gives symbols the names s0, s1 … in the order in which they are met.
class SymbolNumbers {
 public:
  SymbolNumbers(const SymbolRanges& ranges, const std::map<std::string, int64_t>& opt) : ranges_(ranges), opt_(opt) {}

  Dims renamed(const Dims& dims) {
    Dims result;
    for (const Dim& dim : dims) {
      result.push_back(dim.substitute([&](const std::string& symbol) { return std::optional(number(symbol)); }));
    }
    return result;
  }
  std::string text(const TensorType& type) { return to_string(TensorType{type.type, renamed(type.dims)}); }
  /// " s0=1..32@8": range and tuned value of each.
  const std::string& legend() const { return legend_; }

 private:
  Dim number(const std::string& symbol) {
    const auto [entry, fresh] = names_.emplace(symbol, fmt::format("s{}", names_.size()));
    if (fresh) {
      legend_ += " " + entry->second;
      if (const auto range = ranges_.find(symbol); range != ranges_.end())
        legend_ += fmt::format("={}..{}", range->second.min, range->second.max);
      if (const auto value = opt_.find(symbol); value != opt_.end()) legend_ += fmt::format("@{}", value->second);
    }
    return Dim::symbol(entry->second);
  }
  const SymbolRanges& ranges_;
  const std::map<std::string, int64_t>& opt_;
  std::map<std::string, std::string> names_;
  std::string legend_;
};

// Operators that do nothing else than change the form of a number.
constexpr std::array<std::string_view, 3> kConversions = {"Cast", "Dequantize", "Quantize"};

std::string attributes_text(const Op& op) {
  std::string text(op.name());
  for (const auto& [name, value] : op.attributes()) text += " " + name + "=" + to_string(value);
  return text;
}

std::string text_of(const QuantizedLoad& load) {
  return (load.per_channel() ? fmt::format(":axis{}", load.axis) : ":all") + (load.zero_point ? "+zero" : "");
}

// The text of expressions with every number written alike.
std::string without_numbers(std::string_view text) {
  std::string result;
  const auto in_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_'; };
  for (size_t i = 0; i < text.size();) {
    size_t end = i;
    while (end < text.size() && (in_word(text[end]) || (end > i && text[end - 1] == 'e' && text[end] == '-'))) ++end;
    const bool number = end > i && std::isdigit(static_cast<unsigned char>(text[i]));
    end = std::max(end, i + 1);
    result += number ? "#" : text.substr(i, end - i);
    i = end;
  }
  return result;
}

// Operands in the order of what reads them: that of the node depends on how it was fused.
std::vector<int> operand_order(const Region& region) {
  std::vector<int> order;
  const auto add = [&](int index) {
    if (index >= 0 && std::ranges::find(order, index) == order.end()) order.push_back(index);
  };
  for (const int index : region.anchor_inputs) add(index);
  for (const int index : region.expression_inputs) add(index);
  for (int i = 0; i < region.inputs(); ++i) add(i);
  return order;
}

}  // namespace

const Tensor& Region::input(int index) const {
  return graph->tensor(node->inputs[static_cast<size_t>(index)]);
}
const TensorType& Region::input_type(int index) const {
  return input(index).type;
}
const TensorType& Region::output_type(int index) const {
  return graph->tensor(node->outputs[static_cast<size_t>(index)]).type;
}

bool Region::loads_quantized() const {
  return std::ranges::any_of(anchor_loads, [](const auto& load) { return load.has_value(); });
}

std::string Region::operators() const {
  if (node->bodies.empty() || node->op->name() != "Region") return std::string(node->op->name());
  std::string text;
  const Graph& body = node->bodies[0];
  for (const NodeId id : body.order()) {
    const Node& inner = body.node(id);
    const bool border =
        body.is_input(inner.inputs.empty() ? kNone : inner.inputs[0]) || body.is_output(inner.outputs[0]);
    if (border && std::ranges::find(kConversions, inner.op->name()) != kConversions.end()) continue;
    text += (text.empty() ? "" : "+") + std::string(inner.op->name());
  }
  return text.empty() ? "Cast" : text;
}

std::vector<std::string> Region::defines() const {
  std::vector<std::string> known, fresh;
  const auto add = [](std::vector<std::string>& names, const TensorType& type) {
    for (const Dim& dim : type.dims) {
      for (const auto& symbol : dim.symbols()) {
        if (std::find(names.begin(), names.end(), symbol) == names.end()) names.push_back(symbol);
      }
    }
  };
  for (int i = 0; i < inputs(); ++i) {
    if (has_input(i)) add(known, input_type(i));
  }
  for (int i = 0; i < outputs(); ++i) add(fresh, output_type(i));
  std::erase_if(fresh, [&](const std::string& symbol) {
    return !symbol.starts_with('?') || std::find(known.begin(), known.end(), symbol) != known.end();
  });
  return fresh;
}

std::string Region::signature(const SymbolRanges& ranges, const std::map<std::string, int64_t>& opt) const {
  SymbolNumbers numbers(ranges, opt);
  std::string text = anchor ? attributes_text(*anchor) : "Pointwise";
  const std::vector<int> order = operand_order(*this);
  const auto place = [&](int index) { return index < 0 ? -1 : std::ranges::find(order, index) - order.begin(); };
  text += " (";
  for (const int i : order) {
    if (!has_input(i)) {
      text += "-,";
      continue;
    }
    const Tensor& tensor = input(i);
    text += numbers.text(tensor.type) + (tensor.constant ? "c" : "");
    // Known indices, starts and steps decide what a tactic can do.
    if (tensor.value) text += "=" + to_string(numbers.renamed(*tensor.value));
    text += ",";
  }
  text += ")";
  for (size_t i = 0; i < anchor_inputs.size(); ++i)
    text += fmt::format(" a{}{}", place(anchor_inputs[i]), anchor_loads[i] ? text_of(*anchor_loads[i]) : "");
  for (const int index : expression_inputs) text += fmt::format(" e{}", place(index));
  if (!expressions.empty())
    text += " " + (loads_quantized() ? without_numbers(to_string(expressions)) : to_string(expressions));
  if (moments > 0) text += fmt::format(" moments of {}", moments);
  for (int i = 0; i < outputs(); ++i) text += " -> " + numbers.text(output_type(i));
  return text + numbers.legend();
}

std::optional<Region> region_of(const Graph& graph, const Node& node) {
  Region region;
  region.graph = &graph;
  region.node = &node;
  if (node.op->name() != "Region") return region_of_single(std::move(region));
  if (!BodyReader(node.bodies[0], region).run()) return std::nullopt;
  return region;
}

}  // namespace tn
