// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <limits>

#include "hostile/edit_models.h"

namespace tn::test {
namespace {

using onnx::GraphProto;
using onnx::ModelProto;
using onnx::NodeProto;

void absurd_numbers(const ModelProto& good, const TakeModel& take) {
  for (const int64_t number : {kLeast, int64_t{-1} << 32, int64_t{-1}, int64_t{0}, int64_t{1} << 31, kMost}) {
    for (int i = 0; i < kMostOperands; ++i) {
      each_node(good, take, [&](NodeProto& node, GraphProto&) -> std::string {
        if (i >= node.attribute_size()) return "";
        auto& attribute = *node.mutable_attribute(i);
        if (attribute.has_i()) attribute.set_i(number);
        for (int k = 0; k < attribute.ints_size(); ++k) attribute.set_ints(k, number);
        return attribute.has_i() || attribute.ints_size() > 0 ? fmt::format("'{}' is {}", attribute.name(), number)
                                                              : "";
      });
    }
    each_initializer(good, take, [&](onnx::TensorProto& tensor, GraphProto&) {
      for (auto& value : *tensor.mutable_int64_data()) value = number;
      return fmt::format("its numbers are {}", number);
    });
  }
  for (const float number : {-1e30f, 1e30f, 0.0f, std::numeric_limits<float>::quiet_NaN()}) {
    each_initializer(good, take, [&](onnx::TensorProto& tensor, GraphProto&) {
      for (auto& value : *tensor.mutable_float_data()) value = number;
      return fmt::format("its numbers are {}", number);
    });
    each_node(good, take, [&](NodeProto& node, GraphProto&) {
      for (auto& attribute : *node.mutable_attribute())
        if (attribute.has_f()) attribute.set_f(number);
      return fmt::format("real attributes are {}", number);
    });
  }
}

void lengths(const ModelProto& good, const TakeModel& take) {
  for (int i = 0; i < kMostOperands; ++i) {
    for (const int count : {0, 1, 20}) {
      each_node(good, take, [&](NodeProto& node, GraphProto&) -> std::string {
        if (i >= node.attribute_size()) return "";
        auto& ints = *node.mutable_attribute(i)->mutable_ints();
        if (ints.empty()) return "";
        const int64_t first = ints[0];
        ints.Clear();
        for (int k = 0; k < count; ++k) ints.Add(first);
        return fmt::format("'{}' has {} numbers", node.attribute(i).name(), count);
      });
    }
    each_node(good, take, [&](NodeProto& node, GraphProto&) -> std::string {
      if (i >= node.attribute_size()) return "";
      node.mutable_attribute()->DeleteSubrange(i, 1);
      return fmt::format("without attribute {}", i);
    });
  }
}

void other_operands(const ModelProto& good, const TakeModel& take) {
  for (int i = 0; i < kMostOperands; ++i) {
    each_node(good, take, [&](NodeProto& node, GraphProto&) -> std::string {
      if (i >= node.input_size()) return "";
      node.set_input(i, "");
      return fmt::format("without input {}", i);
    });
    each_node(good, take, [&](NodeProto& node, GraphProto&) -> std::string {
      if (i >= node.input_size()) return "";
      node.mutable_input()->DeleteSubrange(i, node.input_size() - i);
      return fmt::format("of {} inputs", i);
    });
    each_node(good, take, [&](NodeProto& node, GraphProto&) -> std::string {
      if (i == 0 || i >= node.input_size()) return "";
      std::swap(*node.mutable_input(0), *node.mutable_input(i));
      return fmt::format("inputs 0 and {} change places", i);
    });
  }
  each_node(good, take, [](NodeProto& node, GraphProto&) {
    for (int i = 0; i < 30 && node.input_size() > 0; ++i) node.add_input(node.input(0));
    return "of 30 inputs more";
  });
  each_node(good, take, [](NodeProto& node, GraphProto&) {
    for (int i = 0; i < 30; ++i) node.add_output(fmt::format("{}.{}", node.output(0), i));
    return "of 30 results more";
  });
}

void other_types(const ModelProto& good, const TakeModel& take) {
  for (const int type : {2, 7, 8, 9, 10, 11, 13, 16, 17, 22}) {
    each_input(good, take, [&](onnx::TypeProto::Tensor& input) {
      input.set_elem_type(type);
      return fmt::format("of type {}", type);
    });
  }
  for (int rank = 0; rank < 7; ++rank) {
    each_input(good, take, [&](onnx::TypeProto::Tensor& input) {
      while (input.shape().dim_size() > rank) input.mutable_shape()->mutable_dim()->RemoveLast();
      while (input.shape().dim_size() < rank) input.mutable_shape()->add_dim()->set_dim_value(1);
      return fmt::format("of rank {}", rank);
    });
    each_initializer(good, take, [&](onnx::TensorProto& tensor, GraphProto&) {
      int64_t elements = 1;
      for (const int64_t dim : tensor.dims()) elements *= dim;
      tensor.clear_dims();
      for (int i = 0; i < rank; ++i) tensor.add_dims(i == 0 ? elements : 1);
      return fmt::format("of rank {}", rank);
    });
  }
  for (const int64_t extent : {0, 1, 1 << 20}) {
    each_input(good, take, [&](onnx::TypeProto::Tensor& input) {
      for (auto& dim : *input.mutable_shape()->mutable_dim()) dim.set_dim_value(extent);
      return fmt::format("with extents of {}", extent);
    });
  }
}

constexpr Breaker kDistortions[] = {{"absurd numbers", absurd_numbers},
                                    {"lengths of attributes", lengths},
                                    {"other operands", other_operands},
                                    {"other types and ranks", other_types}};

}  // namespace

std::span<const Breaker> distortions() {
  return kDistortions;
}

}  // namespace tn::test
