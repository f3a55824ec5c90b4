// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <cmath>

#include "base/hash.h"
#include "ir/text.h"
#include "ir/text_scanner.h"

namespace tn {
namespace {

template <typename T>
bool read_number(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

// Numbers in place of weights that the text does not have: the same for the same hash.
class Placeholder {
 public:
  explicit Placeholder(std::string_view hash) : state_(hash_text(hash).low) {}

  ConstantPtr make(DataType type, const Shape& dims) {
    return Constant::make(type, dims, [&](const TensorView& view) {
      const double fan_in = dims.rank() < 2    ? 1
                            : dims.rank() == 2 ? static_cast<double>(std::max(dims[0], dims[1]))
                                               : static_cast<double>(dims.elements() / std::max<int64_t>(dims[0], 1));
      const double spread = std::sqrt(3.0 / std::max(fan_in, 1.0));
      for (int64_t i = 0; i < dims.elements(); ++i) {
        const double unit = next();
        if (!is_float(type))
          store_int64(view, i, unit < 0.5 ? 0 : 1);
        else
          store_double(view, i, dims.rank() < 2 ? 0.5 + unit : (2 * unit - 1) * spread);
      }
    });
  }

 private:
  double next() {  // splitmix64
    uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53;
  }
  uint64_t state_;
};

class Parser {
 public:
  Parser(std::string_view text, OpMaker make_op) : scan_(text), make_op_(make_op) {}

  Graph whole_graph() {
    Graph result = graph();
    if (!scan_.done()) scan_.fail("nothing more is expected");
    return result;
  }

  Graph one_case() {
    Graph graph;
    std::map<std::string, TensorId> names;
    const auto op = op_named();
    std::vector<TensorId> inputs;
    scan_.expect('(');
    while (!scan_.take(')')) {
      if (!inputs.empty()) scan_.expect(',');
      const size_t index = inputs.size();
      if (scan_.take_word("absent")) {
        inputs.push_back(kNone);
        continue;
      }
      TensorType type = tensor_type();
      inputs.push_back(scan_.peek('{') ? graph.add_constant(fmt::format("c{}", index), elements(type))
                                       : graph.add_input(fmt::format("x{}", index), std::move(type)));
    }
    std::vector<Graph> bodies;
    if (scan_.peek('{')) attributes(*op);
    if (scan_.take('{')) bodies = bodies_until_brace();
    if (!scan_.done()) scan_.fail("nothing more is expected");
    graph.set_outputs(graph.add_node("y", op, std::move(inputs), std::move(bodies)));
    return graph;
  }

 private:
  using Names = std::map<std::string, TensorId>;

  Graph graph() {
    if (++depth_ > 64) scan_.fail("bodies are nested too deeply");
    if (!scan_.take_word("graph")) scan_.fail("'graph' is expected");
    Graph graph;
    graph.name = scan_.name("the graph's name");
    Names names;
    scan_.expect('(');
    for (bool first = true; !scan_.take(')'); first = false) {
      if (!first) scan_.expect(',');
      const std::string name = new_name(names);
      scan_.expect(':');
      const TensorId id = names[name] = graph.add_input(name, tensor_type());
      if (scan_.take('=')) graph.edit_tensor(id).value = value();
    }
    scan_.expect('{');
    while (!scan_.take_word("return")) {
      if (scan_.take_word("constant"))
        constant(graph, names);
      else
        node(graph, names);
    }
    std::vector<TensorId> outputs;
    while (!scan_.peek('}')) {
      if (!outputs.empty()) scan_.expect(',');
      outputs.push_back(known_name(names));
    }
    scan_.expect('}');
    graph.set_outputs(std::move(outputs));
    --depth_;
    return graph;
  }

  std::vector<Graph> bodies_until_brace() {
    std::vector<Graph> bodies;
    while (!scan_.take('}')) bodies.push_back(graph());
    return bodies;
  }

  std::string new_name(const Names& names) {
    const size_t place = scan_.place();
    std::string name = scan_.name("a tensor's name");
    if (names.contains(name)) scan_.fail_at(place, fmt::format("'{}' is defined twice", name));
    return name;
  }

  TensorId known_name(const Names& names) {
    const size_t place = scan_.place();
    const std::string name = scan_.name("a tensor's name");
    const auto found = names.find(name);
    if (found == names.end()) scan_.fail_at(place, fmt::format("'{}' is not defined above", name));
    return found->second;
  }

  std::shared_ptr<Op> op_named() {
    const size_t place = scan_.place();
    const std::string name = scan_.word("an operator");
    auto op = make_op_(name);
    if (!op) scan_.fail_at(place, fmt::format("there is no operator '{}'", name));
    return op;
  }

  TensorType tensor_type() {
    const size_t place = scan_.place();
    const std::string name = scan_.word("a type");
    const auto type = data_type_from_name(name);
    if (!type) scan_.fail_at(place, fmt::format("there is no data type '{}'", name));
    scan_.expect('[');
    return {*type, dims(']')};
  }

  Dims value() {
    scan_.expect('{');
    return dims('}');
  }

  Dims dims(char close) {
    Dims result;
    const char stops[] = {',', close, '\n', '\0'};
    while (!scan_.take(close)) {
      if (!result.empty()) scan_.expect(',');
      const size_t place = scan_.place();
      std::string_view text = scan_.until(stops);
      while (text.ends_with(' ')) text.remove_suffix(1);
      try {
        result.push_back(Dim::parse(text));
      } catch (const Error& error) {
        scan_.fail_at(place, error.what());
      }
    }
    return result;
  }

  ConstantPtr elements(const TensorType& type) {
    const auto shape = type.static_shape();
    if (!shape || std::any_of(shape->begin(), shape->end(), [](int64_t dim) { return dim < 0; }))
      scan_.fail(fmt::format("a constant cannot be {}", to_string(type)));
    if (scan_.take('#')) return Placeholder(scan_.word("a hash")).make(type.type, *shape);
    scan_.expect('{');
    auto result = Constant::make(type.type, *shape, [&](const TensorView& view) {
      for (int64_t i = 0; i < shape->elements(); ++i) {
        if (i > 0) scan_.expect(',');
        element(view, i);
      }
    });
    scan_.expect('}');
    return result;
  }

  void element(const TensorView& view, int64_t index) {
    const size_t place = scan_.place();
    const std::string_view text = scan_.number();
    double real = 0;
    int64_t integer = 0;
    uint64_t natural = 0;
    if (is_float(view.type) && read_number(text, real))
      store_double(view, index, real);
    else if (!is_float(view.type) && read_number(text, integer))
      store_int64(view, index, integer);
    else if (view.type == DataType::U64 && read_number(text, natural))
      store_int64(view, index, static_cast<int64_t>(natural));
    else
      scan_.fail_at(place, fmt::format("'{}' is not a value of type {}", text, name_of(view.type)));
  }

  void constant(Graph& graph, Names& names) {
    const std::string name = new_name(names);
    scan_.expect(':');
    const TensorType type = tensor_type();
    scan_.expect('=');
    names[name] = graph.add_constant(name, elements(type));
  }

  TensorId argument(Graph& graph, const Names& names) {
    if (scan_.take_word("absent")) return kNone;
    const auto type = data_type_from_name(scan_.peek_word());
    if (!type || names.contains(std::string(scan_.peek_word()))) return known_name(names);
    const TensorType literal = tensor_type();
    return graph.add_constant("", elements(literal));
  }

  void node(Graph& graph, Names& names) {
    const size_t place = scan_.place();
    std::vector<std::string> outputs;
    while (!scan_.take('=')) {
      if (!outputs.empty()) scan_.expect(',');
      outputs.push_back(new_name(names));
    }
    const auto op = op_named();
    const std::string name = scan_.peek('"') ? scan_.quoted() : outputs.empty() ? "" : outputs[0];
    std::vector<TensorId> inputs;
    scan_.expect('(');
    while (!scan_.take(')')) {
      if (!inputs.empty()) scan_.expect(',');
      inputs.push_back(argument(graph, names));
    }
    std::vector<Graph> bodies;
    std::vector<TensorType> types;
    if (scan_.peek('{')) bodies = attributes(*op);
    if (scan_.take(':')) {
      do types.push_back(tensor_type());
      while (scan_.take(','));
    }
    if (bodies.empty() && scan_.take('{')) bodies = bodies_until_brace();
    std::vector<TensorId> made;
    try {
      made = graph.add_node(name, op, std::move(inputs), std::move(bodies), outputs);
    } catch (const Error& error) {
      scan_.fail_at(place, error.what());
    }
    if (made.size() != outputs.size())
      scan_.fail_at(place, fmt::format("{} outputs are named, the operator has {}", outputs.size(), made.size()));
    for (size_t i = 0; i < made.size(); ++i) {
      names[outputs[i]] = made[i];
      if (i < types.size() && !(types[i] == graph.tensor(made[i]).type))
        scan_.fail_at(place, fmt::format("'{}' is {}, not {}", outputs[i], to_string(graph.tensor(made[i]).type),
                                         to_string(types[i])));
    }
  }

  /// Reads "{name=value, …}" into the operator. What stands in braces may be the bodies instead, which are returned.
  std::vector<Graph> attributes(Op& op) {
    const size_t place = scan_.place();
    scan_.expect('{');
    FieldMap map;
    const FieldMap known = op.attributes();
    while (!scan_.take('}')) {
      if (map.empty() && scan_.peek_word() == "graph") return bodies_until_brace();
      if (!map.empty()) scan_.expect(',');
      const std::string name = scan_.word("an attribute's name");
      scan_.expect('=');
      FieldValue value = field();
      const auto like = known.find(name);
      const auto* integers = std::get_if<std::vector<int64_t>>(&value);
      if (integers && integers->empty() && like != known.end() &&
          std::holds_alternative<std::vector<std::string>>(like->second))
        value = std::vector<std::string>();
      map.insert_or_assign(name, std::move(value));
    }
    try {
      op.set_attributes(map);
    } catch (const Error& error) {
      scan_.fail_at(place, error.what());
    }
    return {};
  }

  FieldValue field() {
    if (scan_.peek('"')) return scan_.quoted();
    if (scan_.take('[')) return field_list();
    const size_t place = scan_.place();
    const std::string_view text = scan_.number();
    int64_t integer = 0;
    double real = 0;
    if (text == "true" || text == "false") return text == "true";
    if (read_number(text, integer)) return integer;
    if (!read_number(text, real)) scan_.fail_at(place, fmt::format("'{}' is not a value", text));
    return real;
  }

  FieldValue field_list() {
    std::vector<int64_t> integers;
    std::vector<double> reals;
    std::vector<std::string> texts;
    bool all_integers = true;
    for (bool first = true; !scan_.take(']'); first = false) {
      if (!first) scan_.expect(',');
      const size_t place = scan_.place();
      if (scan_.peek('"')) {
        texts.push_back(scan_.quoted());
        continue;
      }
      const FieldValue item = field();
      if (const auto* integer = std::get_if<int64_t>(&item)) {
        integers.push_back(*integer);
        reals.push_back(static_cast<double>(*integer));
      } else if (const auto* real = std::get_if<double>(&item)) {
        all_integers = false;
        reals.push_back(*real);
      } else {
        scan_.fail_at(place, "a number or text is expected");
      }
    }
    if (!texts.empty() && !reals.empty()) scan_.fail("a list holds numbers or texts, not both");
    if (!texts.empty()) return texts;
    if (all_integers) return integers;
    return reals;
  }

  TextScanner scan_;
  OpMaker make_op_;
  int depth_ = 0;
};

}  // namespace

Graph parse_graph(std::string_view text, OpMaker make_op) {
  return Parser(text, make_op).whole_graph();
}

Graph parse_case(std::string_view text, OpMaker make_op) {
  return Parser(text, make_op).one_case();
}

}  // namespace tn
