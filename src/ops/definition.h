// SPDX-License-Identifier: Apache-2.0
// The ways an operator can be defined. Every operator derives (through OpBase) from exactly one of these classes.
#pragma once

#include <span>

#include "expr/expr.h"
#include "ir/op.h"

namespace tn::ops {

/// Defined by one scalar expression applied to every element under NumPy broadcasting; its reference is the
/// interpreter in double. Inputs of the expression have compute_type (program/scalar_function.h) of the tensors' types;
/// its result is stored as result_type().
class Elementwise : public Op {
 public:
  virtual Expr expression(std::span<const Expr> inputs) const = 0;
  /// Checks the input types and gives the output's; by default all inputs must have the same type, which is returned.
  virtual DataType result_type(std::span<const DataType> inputs) const;
  /// How many inputs the operator takes; -1 for any number ≥ 1.
  virtual int arity() const = 0;
  std::vector<TensorType> infer(const InferContext& context) const final;
  bool splits_batch(const InferContext& context, const Dim& batch) const final;
};

/// Elementwise with a fixed number of inputs.
template <int Arity>
class ElementwiseN : public Elementwise {
 public:
  int arity() const final { return Arity; }
};

/// Defined by a plain function over tensor views (reference.h) that the runtime links: looked up by name(), with the
/// attributes that encode() gives.
class Referenced : public Op {};

/// Defined by other operators: the nodes that `decompose` adds mean the same.
class Decomposed : public Op {
 public:
  /// Adds the nodes to `graph` and returns the outputs.
  virtual std::vector<int32_t> decompose(Graph& graph, std::string_view name,
                                         std::span<const int32_t> inputs) const = 0;
};

/// Defined by its value(): integers computed from extents, by the shape program of the engine.
class Symbolic : public Op {};

/// Defined by the graphs the node owns, run by the executor: If, Loop, Scan, fused regions.
class Structured : public Op {};

}  // namespace tn::ops
