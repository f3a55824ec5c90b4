// SPDX-License-Identifier: Apache-2.0
// Builds models and compares them with stored results of ONNX Runtime:
// run_models [--steps] [--cuda] [--fp16] [--notf32] FOLDER|INDEX.json… (made
// by make_reference.py; a folder means every index.json below it, and if there is none the test is skipped). Prints the
// largest error of every model relative to the largest magnitude of each output, which must stay below the index's
// tolerance, and the time of the second run; with --steps every step's time.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/os/file.h"
#include "support/session.h"

namespace {

constexpr int kSkipped = 77;

namespace fs = std::filesystem;
using tn::test::Value;

tn::DataType type_of(const std::string& name) {
  static const std::map<std::string, tn::DataType> kTypes = {
      {"float64", tn::DataType::F64}, {"float32", tn::DataType::F32}, {"float16", tn::DataType::F16},
      {"int64", tn::DataType::I64},   {"int32", tn::DataType::I32},   {"int8", tn::DataType::I8},
      {"uint8", tn::DataType::U8},    {"bool", tn::DataType::Bool}};
  return kTypes.at(name);
}

Value read_value(const fs::path& folder, const nlohmann::json& entry) {
  Value value;
  value.type = type_of(entry.at("type"));
  const auto dims = entry.at("shape").get<std::vector<int64_t>>();
  value.dims = tn::Shape(std::span<const int64_t>(dims));
  const tn::MappedFile file(folder / entry.at("file").get<std::string>());
  value.bytes.assign(file.bytes().begin(), file.bytes().end());
  return value;
}

// Largest difference relative to the largest magnitude of the expected tensor.
double relative_error(const Value& result, const Value& expected) {
  if (!(result.dims == expected.dims)) {
    throw tn::Error(tn::ErrorCode::Internal, "shape {} instead of {}", to_string(result.dims),
                    to_string(expected.dims));
  }
  double worst = 0, magnitude = 0;
  for (int64_t i = 0; i < expected.dims.elements(); ++i) {
    const double a = load_double(result.view(), i), b = load_double(expected.view(), i);
    if (std::isnan(a) != std::isnan(b)) return INFINITY;
    worst = std::max(worst, std::fabs(a - b));
    magnitude = std::max(magnitude, std::fabs(b));
  }
  return magnitude > 0 ? worst / magnitude : worst;
}

// A graph whose ranks depend on extents (an If on a shape) can only be read for given shapes.
tn::Graph read_model(const std::string& path, const std::map<std::string, Value>& inputs) {
  try {
    return tn::read_onnx(path);
  } catch (const tn::Error&) {
    tn::import::KnownInputs known;
    for (const auto& [name, value] : inputs) known.shapes[name] = value.dims;
    return tn::read_onnx(path, known);
  }
}

double run_model(const fs::path& index_path, bool steps, double& error) {
  const auto index = nlohmann::json::parse(std::ifstream(index_path));
  const fs::path folder = index_path.parent_path();
  std::map<std::string, Value> inputs;
  for (const auto& entry : index.at("inputs")) inputs[entry.at("name")] = read_value(folder, entry);
  if (steps) tn::test::print_steps(read_model(index.at("model"), inputs), inputs);
  double milliseconds = 0;
  const auto outputs = tn::test::build_and_run(read_model(index.at("model"), inputs), inputs, 1, &milliseconds);
  size_t next = 0;
  for (const auto& entry : index.at("outputs"))
    error = std::max(error, relative_error(outputs.at(next++), read_value(folder, entry)));
  return milliseconds;
}

std::vector<fs::path> index_files(const fs::path& path) {
  if (!fs::is_directory(path)) return {path};
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    if (entry.path().filename() == "index.json") found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

int main(int argc, char** argv) {
  int passed = 0, failed = 0;
  bool steps = false;
  std::vector<fs::path> paths;
  tn::test::Place place{tn::BuildBackend::Cpu, false, true};
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--steps") {
      steps = true;
    } else if (argument == "--cuda") {
      place.backend = tn::BuildBackend::Cuda;
    } else if (argument == "--fp16") {
      place.fp16 = true;
    } else if (argument == "--notf32") {
      place.tf32 = false;
    } else if (fs::exists(argv[i])) {
      for (auto& path : index_files(argv[i])) paths.push_back(std::move(path));
    }
  }
  tn::test::set_place(place);
  if (paths.empty()) {
    fmt::print("skipped: no references; tests/models/make_reference.py writes them\n");
    return kSkipped;
  }
  for (const fs::path& path : paths) {
    const std::string name = path.parent_path().filename().string();
    try {
      const double tolerance = nlohmann::json::parse(std::ifstream(path)).value("tolerance", 1e-4);
      double error = 0;
      const double milliseconds = run_model(path, steps, error);
      const bool good = error <= tolerance;
      good ? ++passed : ++failed;
      fmt::print("{} {}: error {:.2g} (limit {:.2g}), {:.2f} ms\n", good ? "passed" : "FAILED", name, error, tolerance,
                 milliseconds);
    } catch (const std::exception& error) {
      ++failed;
      fmt::print("FAILED {}: {}\n", name, error.what());
    }
    std::fflush(stdout);
  }
  fmt::print("{} passed, {} failed\n", passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}
