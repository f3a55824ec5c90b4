// SPDX-License-Identifier: Apache-2.0
// The text form of expressions and its parser.
#include <cmath>
#include <map>

#include "base/text_cursor.h"
#include "expr/node.h"

namespace tn {

namespace {

std::string suffix(ScalarType type) {
  return type == ScalarType::F32 ? "" : fmt::format(":{}", name_of(type));
}

std::string constant_text(const Expr& x) {
  const ScalarValue value = x.value();
  switch (x.type()) {
    case ScalarType::F32:
      return fmt::format("{}", static_cast<float>(value.f));
    case ScalarType::F64:
      return fmt::format("{}:f64", value.f);
    case ScalarType::U64:
      return fmt::format("{}:u64", static_cast<uint64_t>(value.i));
    case ScalarType::Bool:
      return value.i != 0 ? "true" : "false";
    default:
      return fmt::format("{}{}", value.i, suffix(x.type()));
  }
}

class Printer {
 public:
  explicit Printer(std::span<const Expr> results) {
    std::map<Hash, int> uses;
    std::set<Hash> seen;
    for (const Expr& result : results) {
      visit_once(result, [&](const Expr& x) {
        if (!seen.insert(x.hash()).second) return;
        for (const Expr& operand : x.operands()) ++uses[operand.hash()];
      });
    }
    for (const Expr& result : results) {
      visit_once(result, [&](const Expr& x) {
        if (texts_.contains(x.hash())) return;
        std::string text = text_of(x);
        if (uses[x.hash()] > 1 && !x.operands().empty()) {
          std::string name = fmt::format("t{}", names_++);
          bindings_ += fmt::format("{} = {}; ", name, text);
          text = std::move(name);
        }
        texts_.emplace(x.hash(), std::move(text));
      });
    }
    for (const Expr& result : results) results_ += (results_.empty() ? "" : "; ") + texts_.at(result.hash());
  }
  std::string text() const { return bindings_ + results_; }

 private:
  std::string text_of(const Expr& x) const {
    if (x.is_input()) return fmt::format("in{}{}", x.index(), suffix(x.type()));
    if (x.is_constant()) return constant_text(x);
    std::string text(info_of(x.function()).name);
    if (x.function() == ScalarFunction::Cast) text += fmt::format(":{}", name_of(x.type()));
    if (x.function() == ScalarFunction::RoundTo) text += fmt::format(":{}", name_of(x.narrow()));
    text += "(";
    for (const Expr& operand : x.operands()) {
      if (text.back() != '(') text += ", ";
      text += texts_.at(operand.hash());
    }
    return text + ")";
  }

  std::map<Hash, std::string> texts_;
  int names_ = 0;
  std::string bindings_, results_;
};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::vector<Expr> parse() {
    std::vector<Expr> results;
    do {
      const size_t start = text_.place();
      const std::string name(word());
      if (take('=')) {
        if (!names_.emplace(name, expression(0)).second) fail("the name is taken");
      } else {
        text_.go_back(start);
        results.push_back(expression(0));
      }
    } while (take(';'));
    if (!text_.done()) fail("expected ';' or the end");
    if (results.empty()) fail("there is no result");
    return results;
  }

 private:
  static constexpr int kMaxDepth = 1000;

  [[noreturn]] void fail(std::string_view what) const {
    throw Error(ErrorCode::InvalidArgument, "expression '{}': {} at '{}'", text_.text(), what, text_.rest());
  }
  bool take(char c) { return text_.take(c); }
  std::string_view word() {
    return text_.word([](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' || c == '-' || c == '+';
    });
  }
  ScalarType type_after_colon() {
    if (!take(':')) return ScalarType::F32;
    const auto type = scalar_type_from_name(word());
    if (!type) fail("unknown type before");
    return *type;
  }

  Expr expression(int depth) {
    if (depth > kMaxDepth) fail("nested too deeply");
    const std::string_view head = word();
    if (head.empty()) fail("expected an expression");
    if (const auto named = names_.find(head); named != names_.end()) return named->second;
    if (const auto function = scalar_function_from_name(head)) return function_call(*function, depth);
    if (head == "true" || head == "false") return constant(head == "true", ScalarType::Bool);
    if (head.starts_with("in") && head.size() > 2 && std::isdigit(static_cast<unsigned char>(head[2]))) {
      return input(number<int>(head.substr(2)), type_after_colon());
    }
    return literal(head);
  }

  template <typename T>
  T number(std::string_view text) {
    const auto value = parse_number<T>(text);
    if (!value) fail(fmt::format("'{}' is no number", text));
    return *value;
  }

  Expr literal(std::string_view text) {
    const ScalarType type = type_after_colon();
    if (type == ScalarType::U64) return constant_int(static_cast<int64_t>(number<uint64_t>(text)), type);
    if (is_integer(type)) return constant_int(number<int64_t>(text), type);
    return constant(type == ScalarType::F32 ? number<float>(text) : number<double>(text), type);
  }

  Expr function_call(ScalarFunction function, int depth) {
    ScalarType type = ScalarType::F32;
    auto narrow = DataType::F32;
    if (function == ScalarFunction::RoundTo) {
      if (!take(':')) fail("expected ':' and a type");
      const auto found = data_type_from_name(word());
      if (!found) fail("unknown type before");
      narrow = *found;
    } else {
      type = type_after_colon();
    }
    if (!take('(')) fail("expected '('");
    std::vector<Expr> operands;
    do operands.push_back(expression(depth + 1));
    while (take(','));
    if (!take(')')) fail("expected ')'");
    if (function == ScalarFunction::RoundTo && operands.size() == 1) return round_to(operands[0], narrow);
    return call(function, operands, type);
  }

  TextCursor text_;
  std::map<std::string, Expr, std::less<>> names_;
};

}  // namespace

std::string to_string(const Expr& expr) {
  return to_string(std::span(&expr, 1));
}
std::string to_string(std::span<const Expr> results) {
  return Printer(results).text();
}
std::vector<Expr> parse_exprs(std::string_view text) {
  return Parser(text).parse();
}

}  // namespace tn
