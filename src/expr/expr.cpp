// SPDX-License-Identifier: Apache-2.0
#include "expr/expr.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <map>

#include "expr/node.h"

namespace tn {

ScalarFunction Expr::function() const {
  return node_->function;
}
ScalarType Expr::type() const {
  return node_->type;
}
std::span<const Expr> Expr::operands() const {
  return node_->operands;
}
int Expr::index() const {
  return static_cast<int>(node_->payload);
}
ScalarValue Expr::value() const {
  return std::bit_cast<ScalarValue>(node_->payload);
}
DataType Expr::narrow() const {
  return static_cast<DataType>(node_->payload);
}
const Hash& Expr::hash() const {
  return node_->hash;
}
bool Expr::is_constant(double value) const {
  if (!is_constant()) return false;
  const ScalarValue mine = this->value();
  return is_float(type()) ? mine.f == value : static_cast<double>(mine.i) == value;
}

Expr make_node(ScalarFunction function, ScalarType type, uint64_t payload, std::span<const Expr> operands) {
  auto node = std::make_shared<Expr::Node>();
  node->function = function;
  node->type = type;
  node->payload = payload;
  node->operands.assign(operands.begin(), operands.end());
  std::array<uint64_t, 8> key = {static_cast<uint64_t>(function), static_cast<uint64_t>(type)};
  key[1] |= payload << 8;
  key[0] |= payload >> 56 << 8;
  for (size_t k = 0; k < operands.size(); ++k) {
    key[2 + 2 * k] = operands[k].hash().high;
    key[3 + 2 * k] = operands[k].hash().low;
  }
  node->hash = hash_bytes(std::as_bytes(std::span(key)));
  return Expr(std::move(node));
}

Expr input(int index, ScalarType type) {
  if (index < 0) throw Error(ErrorCode::InvalidArgument, "an expression cannot read input {}", index);
  return make_node(ScalarFunction::Input, type, static_cast<uint64_t>(index), {});
}

Expr constant_of(ScalarValue value, ScalarType type) {
  if (type == ScalarType::F32) value.f = static_cast<float>(value.f);
  if (is_float(type) && value.f != value.f) value.f = std::numeric_limits<double>::quiet_NaN();
  return make_node(ScalarFunction::Constant, type, std::bit_cast<uint64_t>(value), {});
}

Expr constant(double value, ScalarType type) {
  const ScalarInstruction step{ScalarFunction::Cast, type};
  const ScalarValue wide{.f = value};
  return constant_of(evaluate_step(step, ScalarType::F64, std::span(&wide, 1), FloatMode::Typed), type);
}

Expr constant_int(int64_t value, ScalarType type) {
  const ScalarInstruction step{ScalarFunction::Cast, type};
  const ScalarValue wide{.i = value};
  return constant_of(evaluate_step(step, ScalarType::I64, std::span(&wide, 1), FloatMode::Typed), type);
}

Expr number_like(double value, const Expr& like) {
  return constant(value, like.type());
}

Expr substitute(const Expr& expr, std::span<const Expr> inputs) {
  return substitute(std::span(&expr, 1), inputs).front();
}

std::vector<Expr> substitute(std::span<const Expr> exprs, std::span<const Expr> inputs) {
  std::map<Hash, Expr> done;
  std::vector<Expr> results;
  for (const Expr& expr : exprs) {
    visit_once(expr, [&](const Expr& x) {
      if (done.contains(x.hash())) return;
      if (x.is_input()) {
        const auto index = static_cast<size_t>(x.index());
        if (index >= inputs.size() || inputs[index].type() != x.type())
          throw Error(ErrorCode::InvalidArgument, "an expression reads input {} as {}, but {}", index,
                      name_of(x.type()), index >= inputs.size() ? "there is none" : name_of(inputs[index].type()));
        done.emplace(x.hash(), inputs[index]);
        return;
      }
      std::vector<Expr> operands;
      for (const Expr& operand : x.operands()) operands.push_back(done.at(operand.hash()));
      done.emplace(x.hash(), operands.empty() ? x : rebuild(x, operands));
    });
    results.push_back(done.at(expr.hash()));
  }
  return results;
}

int input_count(std::span<const Expr> exprs) {
  int count = 0;
  for (const Expr& expr : exprs)
    visit_once(expr, [&](const Expr& x) {
      if (x.is_input()) count = std::max(count, x.index() + 1);
    });
  return count;
}

int operation_count(std::span<const Expr> exprs) {
  std::set<Hash> seen;
  for (const Expr& expr : exprs)
    visit_once(expr, [&](const Expr& x) {
      if (!x.operands().empty()) seen.insert(x.hash());
    });
  return static_cast<int>(seen.size());
}

}  // namespace tn
