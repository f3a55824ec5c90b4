// SPDX-License-Identifier: Apache-2.0
// What setters of flags have in common. `flag` is the name with dashes, for messages; all throw Failure.
#pragma once

#include <fmt/ranges.h>

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "tenonexec/failure.h"
#include "tenonexec/options.h"

namespace tenonexec {

using View = std::string_view;

int integer(View flag, View value, int64_t min, int64_t max = std::numeric_limits<int32_t>::max());
std::string not_empty(View flag, View value, View what);
std::string file(View flag, View value);
/// A path in which "~/" stands for the home folder.
std::string home_file(View flag, View value);

template <typename Value>
Value choice(View flag, View text, std::initializer_list<std::pair<View, Value>> choices) {
  std::vector<View> names;
  for (const auto& [name, value] : choices) {
    if (name == text) return value;
    names.push_back(name);
  }
  throw Failure("{}: '{}' is not one of {}", flag, text, fmt::join(names, ", "));
}

/// For a flag that means something only on other devices.
void gpu_only(Options& options, View flag, View value);
/// For one about transfers.
void no_copies(Options& options, View flag, View value);

}  // namespace tenonexec
