// SPDX-License-Identifier: Apache-2.0
// The inside of Expr, for the files of this room.
#pragma once

#include <functional>
#include <set>
#include <utility>

#include "expr/expr.h"

namespace tn {

struct Expr::Node {
  ScalarFunction function;
  ScalarType type;
  uint64_t payload;  ///< Input: index; Constant: bits; RoundTo: DataType
  std::vector<Expr> operands;
  Hash hash;
};

/// Makes a node as it is, without simplification.
Expr make_node(ScalarFunction function, ScalarType type, uint64_t payload, std::span<const Expr> operands);
Expr constant_of(ScalarValue value, ScalarType type);

/// The simplest equal of a node whose types fit.
Expr simplified(ScalarFunction function, ScalarType type, uint64_t payload, std::span<const Expr> operands);

/// The same function on other operands.
inline Expr rebuild(const Expr& like, std::span<const Expr> operands) {
  return like.function() == ScalarFunction::RoundTo ? round_to(operands[0], like.narrow())
                                                    : call(like.function(), operands, like.type());
}

/// Calls visit(x) once for every distinct part of an expression, operands first. Without recursion: chains may be long.
template <typename Visit>
void visit_once(const Expr& root, Visit&& visit) {
  std::set<Hash> seen;
  std::vector<std::pair<Expr, size_t>> stack;
  const auto enter = [&](const Expr& x) {
    if (seen.insert(x.hash()).second) stack.emplace_back(x, 0);
  };
  enter(root);
  while (!stack.empty()) {
    const Expr top = stack.back().first;
    const size_t next = stack.back().second++;
    if (next < top.operands().size()) {
      enter(top.operands()[next]);
    } else {
      visit(top);
      stack.pop_back();
    }
  }
}

}  // namespace tn
