// SPDX-License-Identifier: Apache-2.0
// Runs ONNX's node cases (folders with model.onnx and test_data_set_*/{input,output}_*.pb, as write_cases.py makes
// them) through builder, engine and runtime in one process: run_cases DIR [--filter=TEXT] [--list]. Cases whose
// operators or types Tenon does not have yet count as skipped; everything else must pass.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>

#include "base/error.h"
#include "import/onnx/model.h"
#include "support/compare.h"
#include "support/session.h"

namespace {

constexpr int kSkipped = 77;

namespace fs = std::filesystem;
using tn::test::Value;

Value read_value(const fs::path& path) {
  const auto constant = tn::import::read_onnx_tensor(path);
  return {constant->type(), constant->dims(), {constant->bytes().begin(), constant->bytes().end()}};
}

std::vector<Value> read_values(const fs::path& folder, const std::string& kind) {
  std::vector<Value> values;
  for (int i = 0; fs::exists(folder / fmt::format("{}_{}.pb", kind, i)); ++i) {
    values.push_back(read_value(folder / fmt::format("{}_{}.pb", kind, i)));
  }
  return values;
}

// Runs the model on the inputs. `fix_shapes` makes small integer inputs constants: cases give shapes and axes as
// inputs.
std::vector<Value> run_model(const std::string& path, const std::vector<Value>& inputs, bool fix_shapes) {
  const auto names = tn::import::onnx_input_names(path);
  std::map<std::string, Value> values;
  tn::import::KnownInputs known;
  for (size_t i = 0; i < inputs.size() && i < names.size(); ++i) {
    const Value& value = inputs[i];
    if (fix_shapes && value.dims.rank() <= 1 && (i > 0 || is_integer(value.type))) {
      known.values[names[i]] = std::make_shared<const tn::Constant>(value.type, value.dims, value.bytes);
    } else {
      values[names[i]] = value;
    }
  }
  return tn::test::build_and_run(tn::read_onnx(path, known), values);
}

// Empty if the case passes.
std::string run_case(const fs::path& folder) {
  for (const auto& set : fs::directory_iterator(folder)) {
    if (!set.is_directory()) continue;
    const std::string model = (folder / "model.onnx").string();
    std::vector<Value> inputs, expected, outputs;
    try {
      inputs = read_values(set.path(), "input");
      expected = read_values(set.path(), "output");
    } catch (const std::exception&) {
      tn::read_onnx(model);  // no tensors, but sequences: says so
      throw;
    }
    try {
      outputs = run_model(model, inputs, false);
    } catch (const tn::Error&) {
      outputs = run_model(model, inputs, true);
    }
    if (outputs.size() != expected.size())
      return fmt::format("{} outputs instead of {}", outputs.size(), expected.size());
    for (size_t i = 0; i < outputs.size(); ++i) {
      if (outputs[i].type != expected[i].type) {
        return fmt::format("output {} is {} instead of {}", i, name_of(outputs[i].type), name_of(expected[i].type));
      }
      const auto text = difference(outputs[i].view(), expected[i].view(), tn::test::tolerance_for(outputs[i].type));
      if (!text.empty()) return fmt::format("output {} {}", i, text);
    }
  }
  return "";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: run_cases DIR [--filter=TEXT] [--list]\n");
    return 2;
  }
  if (!fs::is_directory(argv[1])) {
    fmt::print("skipped: no {}; tests/onnx_node/write_cases.py writes it\n", argv[1]);
    return kSkipped;
  }
  std::string filter;
  bool list = false;
  for (int i = 2; i < argc; ++i) {
    if (std::strncmp(argv[i], "--filter=", 9) == 0) filter = argv[i] + 9;
    if (std::strcmp(argv[i], "--list") == 0) list = true;
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
    try {
      const std::string text = run_case(folder);
      text.empty() ? ++passed : ++failed;
      if (!text.empty())
        fmt::print("FAILED {}: {}\n", name, text);
      else if (list)
        fmt::print("passed {}\n", name);
    } catch (const tn::Error& error) {
      const bool skip = error.code() == tn::ErrorCode::Unsupported;
      skip ? ++skipped : ++failed;
      if (!skip || list) fmt::print("{} {}: {}\n", skip ? "skipped" : "FAILED", name, error.what());
    } catch (const std::exception& error) {
      ++failed;
      fmt::print("FAILED {}: {}\n", name, error.what());
    }
  }
  fmt::print("{} passed, {} failed, {} skipped\n", passed, failed, skipped);
  return failed == 0 && passed > 0 ? 0 : 1;
}
