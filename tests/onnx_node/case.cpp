// SPDX-License-Identifier: Apache-2.0
#include "onnx_node/case.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.h"
#include "builder/onnx_operators.h"
#include "import/onnx/model.h"
#include "import/onnx/survey.h"
#include "passes/pipeline.h"
#include "support/compare.h"
#include "support/session.h"

namespace tn::test {
namespace {

namespace fs = std::filesystem;
using import::OnnxVariable;

/// An input or output of a case: one tensor, the elements of a sequence, or nothing.
using Item = std::optional<std::vector<Value>>;

Item read_item(const fs::path& path, const OnnxVariable& variable) {
  const auto constants = import::read_onnx_value(path, variable);
  if (!constants) return std::nullopt;
  std::vector<Value> values;
  for (const auto& constant : *constants)
    values.push_back({constant->type(), constant->dims(), {constant->bytes().begin(), constant->bytes().end()}});
  return values;
}

std::vector<Item> read_items(const fs::path& folder, const std::string& kind,
                             const std::vector<OnnxVariable>& variables) {
  std::vector<Item> items;
  for (size_t i = 0; i < variables.size(); ++i) {
    const fs::path path = folder / fmt::format("{}_{}.pb", kind, i);
    if (fs::exists(path)) items.push_back(read_item(path, variables[i]));
  }
  return items;
}

// Strings with room for more bytes each.
Value with_bytes(const Value& strings, int64_t bytes) {
  Value wide = strings;
  int64_t& last = wide.dims[wide.dims.rank() - 1];
  const int64_t before = std::exchange(last, std::max(bytes, last));
  wide.bytes.assign(static_cast<size_t>(wide.dims.elements()), std::byte{0});
  for (size_t i = 0; i < static_cast<size_t>(strings.dims.elements()); ++i) {
    const size_t string = i / static_cast<size_t>(before), byte = i % static_cast<size_t>(before);
    wide.bytes[string * static_cast<size_t>(last) + byte] = strings.bytes[i];
  }
  return wide;
}

// Runs the model on the inputs. `fix_shapes` makes small integer inputs constants, as cases give shapes and axes as
// inputs, and says the shapes of the others.
std::vector<Value> run_model(const std::string& path, const std::vector<OnnxVariable>& variables,
                             const std::vector<Item>& inputs, bool fix_shapes, bool with_passes) {
  std::map<std::string, Value> values;
  import::KnownInputs known;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const auto& [name, is_optional, is_sequence, is_strings] = variables[i];
    if (!inputs[i]) {
      known.absent.insert(name);
      continue;
    }
    for (const Value& value : *inputs[i]) {
      const bool shape_like = value.dims.rank() == 0 || (value.dims.rank() == 1 && (i > 0 || is_integer(value.type)));
      if (is_sequence) {
        auto& shapes = known.sequences[name];
        values[fmt::format("{}/{}", name, shapes.size())] = value;
        shapes.push_back(value.dims);
      } else if (fix_shapes && shape_like) {
        known.values[name] = std::make_shared<const Constant>(value.type, value.dims, value.bytes);
      } else {
        values[name] = value;
        if (fix_shapes) known.shapes[name] = value.dims;
      }
    }
    if (is_sequence) known.sequences[name];  // an empty one, too
  }
  std::set<std::string, std::less<>> disabled;
  for (const passes::Pass& pass : passes::pipeline()) {
    if (!with_passes) disabled.emplace(pass.name);
  }
  return build_and_run(read_onnx(path, known), values, 1, nullptr, std::move(disabled));
}

// How many steps apart integer results may be.
double steps_apart(const fs::path& folder) {
  std::ifstream file(folder / "data.json");
  return file ? nlohmann::json::parse(file).value("steps", 0.0) : 0;
}

Tolerance tolerance(DataType type, double steps) {
  return is_integer(type) ? Tolerance{steps, 0} : tolerance_for(type);
}

// Empty if the case passes.
std::string run_case(const fs::path& folder, bool with_passes) {
  const double steps = steps_apart(folder);
  for (const auto& set : fs::directory_iterator(folder)) {
    if (!set.is_directory()) continue;
    const std::string model = (folder / "model.onnx").string();
    const auto variables = import::onnx_inputs(model);
    const auto inputs = read_items(set.path(), "input", variables);
    const auto results = import::onnx_outputs(model);
    const auto items = read_items(set.path(), "output", results);
    std::vector<Value> expected, outputs;
    std::vector<bool> is_strings;
    for (size_t i = 0; i < items.size(); ++i) {
      if (!items[i]) continue;
      expected.insert(expected.end(), items[i]->begin(), items[i]->end());
      is_strings.resize(expected.size(), results[i].is_strings);
    }
    try {
      outputs = run_model(model, variables, inputs, false, with_passes);
    } catch (const Error&) {
      outputs = run_model(model, variables, inputs, true, with_passes);
    }
    if (outputs.size() != expected.size())
      return fmt::format("{} outputs instead of {}", outputs.size(), expected.size());
    for (size_t i = 0; i < outputs.size(); ++i) {
      // onnx 1.16 stored the bits of bf16 as u16.
      if (outputs[i].type == DataType::BF16 && expected[i].type == DataType::U16) expected[i].type = DataType::BF16;
      if (outputs[i].type != expected[i].type) {
        return fmt::format("output {} is {} instead of {}", i, name_of(outputs[i].type), name_of(expected[i].type));
      }
      if (is_strings[i]) {
        const int rank = expected[i].dims.rank();
        if (outputs[i].dims.rank() != rank) return fmt::format("output {} is {}", i, to_string(outputs[i].dims));
        const int64_t bytes = std::max(outputs[i].dims[rank - 1], expected[i].dims[rank - 1]);
        outputs[i] = with_bytes(outputs[i], bytes);
        expected[i] = with_bytes(expected[i], bytes);
      }
      const auto text = difference(outputs[i].view(), expected[i].view(), tolerance(outputs[i].type, steps));
      if (!text.empty()) return fmt::format("output {} {}", i, text);
    }
  }
  return "";
}

}  // namespace

Outcome judge(const fs::path& folder, bool listed, bool with_passes) {
  std::string text;
  try {
    text = run_case(folder, with_passes);
  } catch (const Error& error) {
    text = error.what();
    if (error.code() == ErrorCode::Unsupported && !listed) return {Outcome::Skipped, text};
  } catch (const std::exception& error) {
    text = error.what();
  }
  if (listed)
    return text.empty() ? Outcome{Outcome::Failed, "passes now: take it off the list"}
                        : Outcome{Outcome::Skipped, text};
  return {text.empty() ? Outcome::Passed : Outcome::Failed, text};
}

std::vector<std::string> operators_of(const fs::path& folder) {
  const fs::path model = folder / "model.onnx";
  import::KnownInputs known;
  for (const OnnxVariable& variable : import::onnx_inputs(model)) {
    if (variable.is_sequence) known.sequences[variable.name];
    if (variable.is_optional) known.absent.insert(variable.name);
  }
  std::vector<std::string> names;
  try {
    for (const auto& [name, count] : import::survey_onnx(model, onnx_operators(), known).nodes) names.push_back(name);
  } catch (const Error&) {
    names.emplace_back("(not read)");
  }
  return names;
}

}  // namespace tn::test
