// SPDX-License-Identifier: Apache-2.0
// Runs ONNX's node cases (as write_cases.py makes them) through builder, engine and runtime in one process. Cases whose
// operators or types Tenon does not have yet count as skipped; everything else must pass.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <map>

#include "onnx_node/case.h"
#include "support/session.h"

namespace {

constexpr int kSkipped = 77;
constexpr const char* kUsage =
    "usage: onnx_node_cases DIR [--filter=TEXT] [--list] [--table] [--no-passes] [--not-yet=FILE] [--cuda]\n"
    "  --list       say of every case how it ended\n"
    "  --table      say of every operator how the cases with it ended\n"
    "  --no-passes  build with all passes off\n"
    "  --not-yet    names of cases that must fail\n";

namespace fs = std::filesystem;
using tn::test::Outcome;

struct Options {
  fs::path folder;
  std::string filter;
  bool list = false, table = false, passes = true;
  std::vector<std::string> not_yet;
};

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

bool read_option(const std::string& text, Options& options) {
  const auto value_of = [&](const char* flag) {
    return text.starts_with(flag) ? text.c_str() + std::strlen(flag) : nullptr;
  };
  if (text == "--list")
    options.list = true;
  else if (text == "--table")
    options.table = true;
  else if (text == "--no-passes")
    options.passes = false;
  else if (text == "--cuda")
    tn::test::set_place({tn::BuildBackend::Cuda});
  else if (const char* filter = value_of("--filter="))
    options.filter = filter;
  else if (const char* file = value_of("--not-yet="))
    options.not_yet = read_not_yet(file);
  else
    return false;
  return true;
}

std::vector<fs::path> case_folders(const Options& options) {
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(options.folder)) {
    const bool wanted = entry.path().filename().string().find(options.filter) != std::string::npos;
    if (wanted && fs::exists(entry.path() / "model.onnx")) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

using Counts = std::array<int, 3>;  // by Outcome::Kind

void print_table(const std::map<std::string, Counts>& operators) {
  fmt::print("{:<40} {:>7} {:>7} {:>7}\n", "operator", "passed", "failed", "skipped");
  for (const auto& [name, counts] : operators)
    fmt::print("{:<40} {:>7} {:>7} {:>7}\n", name, counts[0], counts[1], counts[2]);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (argc > 1) options.folder = argv[1];
  for (int i = 2; i < argc; ++i) {
    if (!read_option(argv[i], options)) argc = 0;
  }
  if (argc < 2) {
    fmt::print(stderr, "{}", kUsage);
    return 2;
  }
  if (!fs::is_directory(options.folder)) {
    fmt::print("skipped: no {}; the scripts of tests/onnx_node write it\n", options.folder.string());
    return kSkipped;
  }
  Counts counts{};
  std::map<std::string, Counts> operators;
  for (const auto& folder : case_folders(options)) {
    const std::string name = folder.filename().string();
    const Outcome outcome = tn::test::judge(folder, is_listed(name, options.not_yet), options.passes);
    ++counts[outcome.kind];
    if (options.table) {
      for (const std::string& op : tn::test::operators_of(folder)) ++operators[op][outcome.kind];
    }
    if (outcome.kind == Outcome::Failed || options.list) {
      static constexpr const char* kNames[] = {"passed", "FAILED", "skipped"};
      fmt::print("{} {}: {}\n", kNames[outcome.kind], name, outcome.text);
    }
  }
  if (options.table) print_table(operators);
  fmt::print("{} passed, {} failed, {} skipped\n", counts[0], counts[1], counts[2]);
  return counts[1] == 0 && counts[0] > 0 ? 0 : 1;
}
