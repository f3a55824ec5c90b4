// SPDX-License-Identifier: Apache-2.0
#include "tenonexec/flag_setters.h"

#include <fmt/format.h>

#include <cstdlib>

#include "tenonexec/specs.h"

namespace tenonexec {

int integer(View flag, View value, int64_t min, int64_t max) {
  return static_cast<int>(parse_integer(flag, value, min, max));
}

std::string not_empty(View flag, View value, View what) {
  if (value.empty()) throw Failure("{} needs {}: write {}=…", flag, what, flag);
  return std::string(value);
}

std::string file(View flag, View value) {
  return not_empty(flag, value, "a file name");
}

std::string home_file(View flag, View value) {
  const char* home = std::getenv("HOME");
  if (value.starts_with("~/") && home != nullptr) return home + std::string(value.substr(1));
  return file(flag, value);
}

void gpu_only(Options& options, View flag, View) {
  options.cpu_notes.push_back(fmt::format("{} has no meaning on the CPU and is ignored", flag));
}

void no_copies(Options& options, View flag, View) {
  options.cpu_notes.push_back(fmt::format("{}: tensors are used in place on the CPU, there are no transfers", flag));
}

}  // namespace tenonexec
