// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "import/node_view.h"

namespace tn::import {

/// What reading a file needs to know of operators, given by the caller so that this room knows none.
struct OnnxOperators {
  /// The importer of an operator at an opset version, or null.
  const OnnxImporter* (*find)(std::string_view domain, std::string_view op_type, int64_t version);
  /// An operator that passes its input through: for outputs that are inputs or constants.
  OpPtr identity;
  /// The outputs of a node on known inputs (null: absent). Throws Error where the node cannot be computed.
  std::vector<ConstantPtr> (*evaluate)(const Node& node, std::span<const ConstantPtr> inputs) = nullptr;
};

/// What is fixed of inputs while building, by name.
struct KnownInputs {
  std::map<std::string, ConstantPtr> values;  ///< whole tensors (shapes, axes): they become constants
  std::map<std::string, Shape> shapes;        ///< extents (−1: open): symbols of the file get these numbers
  /// Shapes of the elements of sequences. Element k of sequence x is the input x/k of the graph; so with outputs.
  std::map<std::string, std::vector<Shape>> sequences;
  std::set<std::string> absent;  ///< optionals that have no value
  bool symbolic_values = false;  ///< integer inputs whose elements become extents hold symbols (Tensor::value)
};

/// The node of a file that an error is about.
struct NodeOrigin {
  int index = -1;  ///< in its graph
  std::string name, op;
};

class NodeError : public Error {
 public:
  NodeError(Error error, NodeOrigin origin) : Error(std::move(error)), origin_(std::move(origin)) {}
  const NodeOrigin& origin() const { return origin_; }

 private:
  NodeOrigin origin_;
};

/// Reads an ONNX file (IR versions 3 to 14). Throws Error naming the file: NotFound and Io for the file itself,
/// InvalidModel for a damaged or inconsistent one, Unsupported with a list of all nodes whose operator is unknown.
/// Errors about a node are NodeErrors.
Graph import_onnx(const std::filesystem::path& path, const OnnxOperators& operators, const KnownInputs& known = {});
/// The same from the bytes of the file `from`, beside which external data are looked for (nowhere if empty).
Graph import_onnx(std::span<const std::byte> bytes, const std::filesystem::path& from, const OnnxOperators& operators,
                  const KnownInputs& known = {});

/// What a file declares of an input or output.
struct OnnxVariable {
  std::string name;
  bool is_optional = false, is_sequence = false;  ///< both: an optional sequence; neither: a tensor
  bool is_strings = false;                        ///< of strings: u8 with one axis more (Strings)
};
/// The inputs in the file's order, initializers left out.
std::vector<OnnxVariable> onnx_inputs(const std::filesystem::path& path);
std::vector<OnnxVariable> onnx_outputs(const std::filesystem::path& path);

/// A file that holds one TensorProto (the test data of ONNX's node cases).
ConstantPtr read_onnx_tensor(const std::filesystem::path& path);
/// A file that holds a value of the variable: a TensorProto, SequenceProto or OptionalProto. One tensor, the elements
/// of a sequence, or nothing: an optional without a value. Strings are padded to the longest.
std::optional<std::vector<ConstantPtr>> read_onnx_value(const std::filesystem::path& path,
                                                        const OnnxVariable& variable);

}  // namespace tn::import
