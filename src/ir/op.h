// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/fields.h"
#include "ir/constant.h"
#include "ir/dim.h"

namespace tn {

class Graph;

/// Element type and symbolic extents of a tensor.
struct TensorType {
  DataType type = DataType::F32;
  Dims dims;
  int rank() const { return static_cast<int>(dims.size()); }
  /// The extents as numbers, or nothing if any is symbolic.
  std::optional<Shape> static_shape() const;
  friend bool operator==(const TensorType&, const TensorType&) = default;
};
/// "f32[N,3,224,224]".
std::string to_string(const TensorType& type);

/// What a type rule may look at: the node's inputs, what is known of their values, and its bodies.
class InferContext {
 public:
  virtual ~InferContext() = default;
  virtual int inputs() const = 0;
  /// False for an absent optional input and for indices past the end.
  virtual bool has(int index) const = 0;
  /// Throws Error(InvalidModel) if the input is absent.
  virtual const TensorType& type(int index) const = 0;
  /// Elements of a small integer tensor, in row-major order, as expressions, if they are known; null otherwise.
  virtual const Dims* value(int index) const = 0;
  /// Data of a constant input; null otherwise.
  virtual const Constant* constant(int index) const = 0;
  virtual std::span<const Graph> bodies() const = 0;
  /// A fresh extent that only running will tell, at most `upper`. `output` and `axis` make its name stable.
  virtual Dim unknown(int output, int axis, const Dim& upper) const = 0;
};

/// Type of an input of a body, and its elements where they are known.
struct BodyInput {
  TensorType type;
  std::optional<Dims> value;
};

/// An operator with its attributes: what a node computes. Immutable once it is in a graph; nodes share it.
class Op {
 public:
  virtual ~Op() = default;
  virtual std::string_view name() const = 0;
  virtual FieldMap attributes() const = 0;
  /// Throws Error(InvalidArgument) for an unknown attribute or a wrong type.
  virtual void set_attributes(const FieldMap& attributes) = 0;
  /// Attributes in the byte form that a plan stores (fields.h).
  virtual std::vector<std::byte> encode() const = 0;

  /// The type rule: types of all outputs. Throws Error(InvalidModel) with the shapes and the rule that is broken.
  virtual std::vector<TensorType> infer(const InferContext& context) const = 0;
  /// The elements of output 0 where it is a small integer tensor computable from extents (Shape, Gather of a shape …).
  virtual std::optional<Dims> value(const InferContext& context) const;
  /// For operators that own graphs: what the inputs of a body are, given the inputs of the node.
  virtual std::vector<BodyInput> body_inputs(const InferContext& context, size_t body) const;
  /// False for operators whose result may differ from run to run (random numbers): never folded or merged.
  virtual bool deterministic() const { return true; }
  /// Whether a batch may be computed image by image: index i of the first axis of every result follows from index i of
  /// those operands that begin with the extent `batch`, a symbol, and from the whole of the others. Asked only where
  /// every result begins with `batch` and nothing has it on another axis.
  virtual bool splits_batch(const InferContext&, const Dim& batch) const;
};

using OpPtr = std::shared_ptr<const Op>;

/// Implements the attribute half of Op for a class `Derived` that has `static constexpr std::string_view kName` and
/// `template <typename V> void fields(V&)`. `Base` is Op or one of the definition classes of the ops room.
template <typename Derived, typename Base = Op>
class OpBase : public Base {
 public:
  std::string_view name() const override { return Derived::kName; }
  FieldMap attributes() const override { return to_fields(static_cast<const Derived&>(*this)); }
  void set_attributes(const FieldMap& map) override { from_fields(map, static_cast<Derived&>(*this)); }
  std::vector<std::byte> encode() const override { return encode_fields(static_cast<const Derived&>(*this)); }
  template <typename V>
  void fields(V&) {}
};

}  // namespace tn
