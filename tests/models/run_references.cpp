// SPDX-License-Identifier: Apache-2.0
// Runs whole models on the inputs that make_reference.py kept and holds their outputs against ONNX Runtime's:
// run_references DIR [--threads=N] [--filter=TEXT]. DIR has a folder with index.json for each model.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "import/onnx/model.h"
#include "support/session.h"

namespace {

constexpr int kSkipped = 77;

namespace fs = std::filesystem;
using nlohmann::json;
using tn::test::Value;

tn::DataType type_from_numpy(const std::string& name) {
  static const std::map<std::string, tn::DataType> types = {
      {"float64", tn::DataType::F64}, {"float32", tn::DataType::F32}, {"float16", tn::DataType::F16},
      {"int64", tn::DataType::I64},   {"int32", tn::DataType::I32},   {"int8", tn::DataType::I8},
      {"uint8", tn::DataType::U8},    {"bool", tn::DataType::Bool}};
  return types.at(name);
}

Value read_value(const fs::path& folder, const json& entry) {
  Value value;
  value.type = type_from_numpy(entry.at("type"));
  const std::vector<int64_t> dims = entry.at("shape");
  value.dims = tn::Shape(dims);
  std::ifstream file(folder / entry.at("file").get<std::string>(), std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  value.bytes.resize(bytes.size());
  std::memcpy(value.bytes.data(), bytes.data(), bytes.size());
  if (bytes.size() != static_cast<size_t>(value.dims.elements()) * tn::size_of(value.type)) {
    throw std::runtime_error(fmt::format("{} does not hold {}", entry.at("file").dump(), to_string(value.dims)));
  }
  return value;
}

// The largest difference over the largest expected magnitude: what rounding does to a network's output.
double relative_difference(const tn::TensorView& result, const tn::TensorView& expected) {
  double difference = 0, magnitude = 1e-9;
  for (tn::Walk walk(result.dims, {result.strides, expected.strides}); walk.more(); walk.next()) {
    const double a = load_double(result, walk.offset(0)), b = load_double(expected, walk.offset(1));
    if (std::isnan(a) != std::isnan(b)) return INFINITY;
    if (std::isnan(a)) continue;
    difference = std::max(difference, std::fabs(a - b));
    magnitude = std::max(magnitude, std::fabs(b));
  }
  return difference / magnitude;
}

std::vector<Value> run_model(const std::string& model, std::map<std::string, Value> inputs, bool fix_scalars,
                             int threads) {
  tn::import::KnownInputs known;
  for (auto i = inputs.begin(); fix_scalars && i != inputs.end();) {
    const Value& value = i->second;
    if (is_integer(value.type) && value.dims.rank() == 0) {
      known[i->first] = std::make_shared<const tn::Constant>(value.type, value.dims, value.bytes);
      i = inputs.erase(i);
    } else {
      ++i;
    }
  }
  return tn::test::build_and_run(tn::read_onnx(model, known), inputs, threads);
}

// Empty if all outputs agree.
std::string run_reference(const fs::path& folder, int threads) {
  const json index = json::parse(std::ifstream(folder / "index.json"));
  const double tolerance = index.at("tolerance");
  std::map<std::string, Value> inputs;
  for (const json& entry : index.at("inputs")) inputs[entry.at("name")] = read_value(folder, entry);
  std::vector<Value> outputs;
  try {
    outputs = run_model(index.at("model"), inputs, false, threads);
  } catch (const tn::Error&) {
    // Branches that hang on a scalar input are chosen while building.
    outputs = run_model(index.at("model"), inputs, true, threads);
  }
  const json& expected = index.at("outputs");
  if (outputs.size() != expected.size())
    return fmt::format("{} outputs instead of {}", outputs.size(), expected.size());
  double worst = 0;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Value reference = read_value(folder, expected[i]);
    const std::string name = expected[i].at("name");
    if (outputs[i].type != reference.type || !(outputs[i].dims == reference.dims)) {
      return fmt::format("output '{}' is {} {} instead of {} {}", name, name_of(outputs[i].type),
                         to_string(outputs[i].dims), name_of(reference.type), to_string(reference.dims));
    }
    const double difference = relative_difference(outputs[i].view(), reference.view());
    if (!(difference <= tolerance)) return fmt::format("output '{}' differs by {:.1e}", name, difference);
    worst = std::max(worst, difference);
  }
  fmt::print("  largest difference {:.1e}\n", worst);
  return "";
}

}  // namespace

int main(int argc, char** argv) {
  std::string filter;
  int threads = 2;
  for (int i = 2; i < argc; ++i) {
    if (std::strncmp(argv[i], "--filter=", 9) == 0) filter = argv[i] + 9;
    if (std::strncmp(argv[i], "--threads=", 10) == 0) threads = std::atoi(argv[i] + 10);
  }
  if (argc < 2) {
    fmt::print(stderr, "usage: run_references DIR [--threads=N] [--filter=TEXT]\n");
    return 2;
  }
  if (!fs::is_directory(argv[1])) {
    fmt::print("skipped: no {}; tests/models/make_reference.py writes it\n", argv[1]);
    return kSkipped;
  }
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(argv[1])) {
    if (fs::exists(entry.path() / "index.json") && entry.path().filename().string().find(filter) != std::string::npos) {
      folders.push_back(entry.path());
    }
  }
  std::sort(folders.begin(), folders.end());
  int passed = 0, failed = 0;
  for (const auto& folder : folders) {
    const auto start = std::chrono::steady_clock::now();
    std::string text;
    try {
      text = run_reference(folder, threads);
    } catch (const std::exception& error) {
      text = error.what();
    }
    text.empty() ? ++passed : ++failed;
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    fmt::print("{} {} ({:.1f} s){}{}\n", text.empty() ? "passed" : "FAILED", folder.filename().string(),
               seconds.count(), text.empty() ? "" : ": ", text);
    std::fflush(stdout);
  }
  fmt::print("{} passed, {} failed\n", passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}
