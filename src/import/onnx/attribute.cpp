// SPDX-License-Identifier: Apache-2.0
#include "import/onnx/attribute.h"

#include "base/error.h"
#include "import/onnx/tensor.h"

namespace tn::import {
namespace {

using Proto = onnx::AttributeProto;

// The kind of an attribute; files of IR version 1 do not say it.
Proto::AttributeType kind_of(const Proto& attribute) {
  if (attribute.type() != Proto::UNDEFINED) return attribute.type();
  if (attribute.has_f()) return Proto::FLOAT;
  if (attribute.has_i()) return Proto::INT;
  if (attribute.has_s()) return Proto::STRING;
  if (attribute.has_t()) return Proto::TENSOR;
  if (attribute.has_g()) return Proto::GRAPH;
  if (attribute.floats_size() > 0) return Proto::FLOATS;
  if (attribute.ints_size() > 0) return Proto::INTS;
  if (attribute.strings_size() > 0) return Proto::STRINGS;
  return Proto::UNDEFINED;
}

}  // namespace

void add_attribute(const Proto& attribute, const std::filesystem::path& file, NodeView& view) {
  const auto set = [&](Attribute value) { view.attributes.insert_or_assign(attribute.name(), std::move(value)); };
  switch (kind_of(attribute)) {
    case Proto::FLOAT:
      set(static_cast<double>(attribute.f()));
      break;
    case Proto::INT:
      set(attribute.i());
      break;
    case Proto::STRING:
      set(std::string(attribute.s()));
      break;
    case Proto::TENSOR:
      set(constant_of(attribute.t(), file));
      break;
    case Proto::FLOATS:
      set(std::vector<double>(attribute.floats().begin(), attribute.floats().end()));
      break;
    case Proto::INTS:
      set(std::vector<int64_t>(attribute.ints().begin(), attribute.ints().end()));
      break;
    case Proto::STRINGS:
      set(std::vector<std::string>(attribute.strings().begin(), attribute.strings().end()));
      break;
    case Proto::GRAPH:  // its name says that it is there; the node's BodySource gives it
      set(std::string(attribute.g().name()));
      break;
    case Proto::UNDEFINED:
      break;
    default:
      // What an Optional would hold is known without.
      if (kind_of(attribute) == Proto::TYPE_PROTO && view.op_type == "Optional") break;
      throw Error(ErrorCode::Unsupported, "attribute '{}' is of a kind that is not supported", attribute.name());
  }
}

}  // namespace tn::import
