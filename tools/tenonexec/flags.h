// SPDX-License-Identifier: Apache-2.0
// One table of every flag: the 161 of trtexec 8.0 to 11.1 and Tenon's own.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tenonexec/options.h"

namespace tenonexec {

enum class Group { Model, Build, Inference, Reporting, System, NotYet };

struct Flag {
  std::string_view name;   ///< without the dashes
  std::string_view value;  ///< what stands behind '=', for the help; empty for a switch
  Group group;
  std::string_view help;
  /// Takes the value ("" for a switch). `flag` is the name with dashes, for messages.
  void (*set)(Options& options, std::string_view flag, std::string_view value) = nullptr;
  bool repeats = false;
};

/// Those that do something, each group in the order of the help: how there comes to be an engine, and what is done with
/// it.
std::vector<Flag> build_flags();
std::vector<Flag> run_flags();
/// Those and the ones that are only known by name (Group::NotYet).
std::span<const Flag> flags();
const Flag* find_flag(std::string_view name);
/// The flag whose name is nearest by editing distance; nullptr if none is near.
const Flag* nearest_flag(std::string_view name);

/// The text of --help.
std::string help_text();

}  // namespace tenonexec
