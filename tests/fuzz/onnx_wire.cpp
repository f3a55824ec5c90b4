// SPDX-License-Identifier: Apache-2.0
// What an ONNX file says before anything is made of it: the message, its names, its tensors and declared types.
#include "base/error.h"
#include "fuzz/target.h"
#include "import/onnx/check_names.h"
#include "import/onnx/parse_model.h"
#include "import/onnx/tensor.h"
#include "import/onnx/variable.h"

namespace tn::test {
namespace {

namespace onnx = import::onnx;

// What one part says is wrong does not hide the others.
template <typename Read>
void attempt(const Read& read, std::exception_ptr& failure) {
  try {
    read();
  } catch (const Error& error) {
    if (error.code() == ErrorCode::Internal) throw;
    failure = std::current_exception();
  }
}

void read_tensor(const onnx::TensorProto& tensor) {
  if (tensor.data_type() == onnx::TensorProto::STRING)
    import::padded_strings(tensor);
  else
    import::constant_of(tensor, {});
}

void read_graph(const onnx::GraphProto& graph, std::exception_ptr& failure) {
  for (const auto& tensor : graph.initializer()) attempt([&] { read_tensor(tensor); }, failure);
  for (const auto* variables : {&graph.input(), &graph.output()}) {
    for (const auto& variable : *variables) {
      if (!variable.has_type()) continue;
      attempt([&] { import::variable_of(variable); }, failure);
      attempt([&] { import::tensor_type_of(variable); }, failure);
    }
  }
  for (const auto& node : graph.node()) {
    for (const auto& attribute : node.attribute()) {
      if (attribute.has_t()) attempt([&] { read_tensor(attribute.t()); }, failure);
      if (attribute.has_g()) read_graph(attribute.g(), failure);
    }
  }
}

}  // namespace

void read_input(std::span<const std::byte> bytes) {
  const onnx::ModelProto model = import::parse_model(bytes);
  std::exception_ptr failure;
  attempt([&] { import::check_names(model.graph()); }, failure);
  read_graph(model.graph(), failure);
  if (failure) std::rethrow_exception(failure);
}

}  // namespace tn::test
