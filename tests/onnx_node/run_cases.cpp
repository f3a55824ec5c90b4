// SPDX-License-Identifier: Apache-2.0
// Runs ONNX's node cases (folders with model.onnx and test_data_set_*/{input,output}_*.pb, as write_cases.py makes
// them) through builder, engine and runtime in one process: run_cases DIR [--filter=TEXT] [--list]. Cases whose
// operators or types Tenon does not have yet count as skipped; everything else must pass.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <utility>

#include "base/error.h"
#include "import/onnx/model.h"
#include "support/compare.h"
#include "support/session.h"

namespace {

constexpr int kSkipped = 77;

namespace fs = std::filesystem;
using tn::import::OnnxVariable;
using tn::test::Value;

/// An input or output of a case: one tensor, the elements of a sequence, or nothing.
using Item = std::optional<std::vector<Value>>;

Item read_item(const fs::path& path, const OnnxVariable& variable) {
  const auto constants = tn::import::read_onnx_value(path, variable);
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
                             const std::vector<Item>& inputs, bool fix_shapes) {
  std::map<std::string, Value> values;
  tn::import::KnownInputs known;
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
        known.values[name] = std::make_shared<const tn::Constant>(value.type, value.dims, value.bytes);
      } else {
        values[name] = value;
        if (fix_shapes) known.shapes[name] = value.dims;
      }
    }
    if (is_sequence) known.sequences[name];  // an empty one, too
  }
  return tn::test::build_and_run(tn::read_onnx(path, known), values);
}

// Empty if the case passes.
std::string run_case(const fs::path& folder) {
  for (const auto& set : fs::directory_iterator(folder)) {
    if (!set.is_directory()) continue;
    const std::string model = (folder / "model.onnx").string();
    const auto variables = tn::import::onnx_inputs(model);
    const auto inputs = read_items(set.path(), "input", variables);
    const auto results = tn::import::onnx_outputs(model);
    const auto items = read_items(set.path(), "output", results);
    std::vector<Value> expected, outputs;
    std::vector<bool> is_strings;
    for (size_t i = 0; i < items.size(); ++i) {
      if (!items[i]) continue;
      expected.insert(expected.end(), items[i]->begin(), items[i]->end());
      is_strings.resize(expected.size(), results[i].is_strings);
    }
    try {
      outputs = run_model(model, variables, inputs, false);
    } catch (const tn::Error&) {
      outputs = run_model(model, variables, inputs, true);
    }
    if (outputs.size() != expected.size())
      return fmt::format("{} outputs instead of {}", outputs.size(), expected.size());
    for (size_t i = 0; i < outputs.size(); ++i) {
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
      const auto text = difference(outputs[i].view(), expected[i].view(), tn::test::tolerance_for(outputs[i].type));
      if (!text.empty()) return fmt::format("output {} {}", i, text);
    }
  }
  return "";
}

std::vector<std::string> read_not_yet(const std::string& path) {
  std::vector<std::string> names;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line[0] != '#') names.push_back(line.substr(0, line.find(' ')));
  }
  return names;
}

bool is_listed(const std::string& name, const std::vector<std::string>& patterns) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    return pattern.ends_with('*') ? name.starts_with(pattern.substr(0, pattern.size() - 1)) : name == pattern;
  });
}

struct Outcome {
  enum Kind { Passed, Failed, Skipped } kind;
  std::string text;
};

// Unsupported operators and types are skipped; so is a listed case, which must fail.
Outcome judge(const fs::path& folder, bool listed) {
  std::string text;
  try {
    text = run_case(folder);
  } catch (const tn::Error& error) {
    text = error.what();
    if (error.code() == tn::ErrorCode::Unsupported && !listed) return {Outcome::Skipped, text};
  } catch (const std::exception& error) {
    text = error.what();
  }
  if (listed)
    return text.empty() ? Outcome{Outcome::Failed, "passes now: take it off the list"}
                        : Outcome{Outcome::Skipped, text};
  return {text.empty() ? Outcome::Passed : Outcome::Failed, text};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: run_cases DIR [--filter=TEXT] [--list] [--not-yet=FILE] [--cuda]\n");
    return 2;
  }
  if (!fs::is_directory(argv[1])) {
    fmt::print("skipped: no {}; tests/onnx_node/write_cases.py writes it\n", argv[1]);
    return kSkipped;
  }
  std::string filter;
  bool list = false;
  std::vector<std::string> not_yet;
  for (int i = 2; i < argc; ++i) {
    if (std::strncmp(argv[i], "--filter=", 9) == 0) filter = argv[i] + 9;
    if (std::strcmp(argv[i], "--list") == 0) list = true;
    if (std::strcmp(argv[i], "--cuda") == 0) tn::test::set_place({tn::BuildBackend::Cuda});
    if (std::strncmp(argv[i], "--not-yet=", 10) == 0) not_yet = read_not_yet(argv[i] + 10);
  }
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(argv[1])) {
    if (fs::exists(entry.path() / "model.onnx") && entry.path().filename().string().find(filter) != std::string::npos) {
      folders.push_back(entry.path());
    }
  }
  std::sort(folders.begin(), folders.end());
  int passed = 0, failed = 0, skipped = 0;
  for (const auto& folder : folders) {
    const std::string name = folder.filename().string();
    const Outcome outcome = judge(folder, is_listed(name, not_yet));
    if (outcome.kind == Outcome::Passed) ++passed;
    if (outcome.kind == Outcome::Failed) ++failed;
    if (outcome.kind == Outcome::Skipped) ++skipped;
    if (outcome.kind == Outcome::Failed || list) {
      static constexpr const char* kNames[] = {"passed", "FAILED", "skipped"};
      fmt::print("{} {}: {}\n", kNames[outcome.kind], name, outcome.text);
    }
  }
  fmt::print("{} passed, {} failed, {} skipped\n", passed, failed, skipped);
  return failed == 0 && passed > 0 ? 0 : 1;
}
