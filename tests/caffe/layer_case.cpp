// SPDX-License-Identifier: Apache-2.0
#include "layer_case.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cctype>
#include <cmath>
#include <regex>

#include "base/error.h"
#include "builder/builder.h"
#include "passes/evaluate.h"
#include "support/session.h"

namespace tn {
namespace {

std::string prototxt(const LayerCase& layer) {
  std::string text;
  for (size_t i = 0; i < layer.inputs.size(); ++i)
    text += fmt::format("layer {{ name: 'x{0}' type: 'Input' top: 'x{0}' input_param {{ shape {{ dim: [{1}] }} }} }}\n",
                        i, fmt::join(layer.inputs[i].dims, ", "));
  return text + std::string(layer.layer);
}

ConstantPtr constant_of(const Array& array) {
  return Constant::make(DataType::F32, Shape(array.dims), [&](const TensorView& view) {
    for (size_t i = 0; i < array.values.size(); ++i) store_double(view, static_cast<int64_t>(i), array.values[i]);
  });
}

// By the definitions of the operators; where extents depend on values, by an engine.
std::vector<ConstantPtr> results_of(const Graph& graph, const std::vector<Array>& arrays) {
  std::vector<ConstantPtr> inputs;
  for (const Array& array : arrays) inputs.push_back(constant_of(array));
  if (graph.unknowns().empty()) return passes::evaluate(graph, inputs);
  std::map<std::string, test::Value> values;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const auto bytes = inputs[i]->bytes();
    values[fmt::format("x{}", i)] = {DataType::F32, inputs[i]->dims(), {bytes.begin(), bytes.end()}};
  }
  std::vector<ConstantPtr> results;
  for (test::Value& value : test::build_and_run(graph, values)) {
    // Its buffer is that of the largest extents.
    value.bytes.resize(static_cast<size_t>(value.dims.elements()) * size_of(value.type));
    results.push_back(std::make_shared<const Constant>(value.type, value.dims, std::move(value.bytes)));
  }
  return results;
}

// A layer with one word (a number, a name, a bracket) replaced.
std::vector<std::string> damaged_layers(const std::string& text) {
  std::vector<std::string> result;
  const std::regex word("[-+.\\w]+|[{}\\[\\]]");
  for (std::sregex_iterator at(text.begin(), text.end(), word); at != std::sregex_iterator(); ++at) {
    const auto begin = static_cast<size_t>(at->position());
    const std::string found = at->str();
    const bool number = std::isdigit(static_cast<unsigned char>(found.back())) != 0;
    for (const std::string_view with : {"", "0", "-1", "7", "1e18", "1073741824", "nan", "'x'", "{}"}) {
      if (!number && with.size() == 1) continue;
      result.push_back(std::string(text).replace(begin, found.size(), with));
    }
    result.push_back(text.substr(0, begin));
    constexpr size_t kMost = 400;
    if (result.size() > kMost) break;
  }
  return result;
}

}  // namespace

void check_damaged(const LayerCase& layer) {
  const std::string text(layer.layer), whole = prototxt(layer);
  const std::string inputs = whole.substr(0, whole.size() - text.size());
  for (const std::string& damaged : damaged_layers(text)) {
    const std::string net = inputs + damaged;
    try {
      read_caffe(std::as_bytes(std::span(net)), std::nullopt);
    } catch (const Error& error) {
      EXPECT_NE(error.code(), ErrorCode::Internal) << damaged << "\n" << error.what();
    } catch (const std::exception& other) {
      ADD_FAILURE() << damaged << "\n" << other.what();
    }
  }
}

void check(const LayerCase& layer) {
  const std::string text = prototxt(layer);
  import::CaffeOptions options;
  for (size_t i = 0; i < layer.outputs.size(); ++i) options.outputs.push_back(fmt::format("y{}", i));
  const auto network = read_caffe(std::as_bytes(std::span(text)), std::nullopt, options);
  EXPECT_TRUE(network.warnings.empty());
  const auto results = results_of(network.graph, layer.inputs);
  ASSERT_EQ(results.size(), layer.outputs.size());
  for (size_t i = 0; i < results.size(); ++i) {
    const Array& expected = layer.outputs[i];
    EXPECT_EQ(to_string(results[i]->dims()), to_string(Shape(expected.dims))) << "y" << i;
    ASSERT_EQ(results[i]->elements(), static_cast<int64_t>(expected.values.size()));
    for (size_t at = 0; at < expected.values.size(); ++at) {
      const double value = expected.values[at];
      EXPECT_NEAR(results[i]->number(static_cast<int64_t>(at)), value, 2e-5 * (1 + std::fabs(value)))
          << "y" << i << " element " << at;
    }
  }
}

}  // namespace tn
