// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>

#include "passes/pass.h"

namespace tn::passes {

struct PassOptions {
  std::set<std::string, std::less<>> disabled;  ///< names of passes
  int64_t max_patches = INT64_MAX;              ///< stop after so many edits: bisects a wrong result
  Precisions* precisions = nullptr;             ///< that layers are held to; edits that would mix them are not made
  /// Where the graph is saved when a pass fails; empty: the system's folder for temporary files.
  std::filesystem::path failure_folder;
};

struct PassReport {
  struct Entry {
    std::string name;
    int64_t patches;
    double milliseconds;
  };
  std::vector<Entry> entries;
  int64_t patches() const;
  /// One line per pass.
  std::string to_string() const;
};

/// Runs the passes in order and verifies the graph after each. Throws Error(InvalidArgument) if `disabled` names no
/// pass, and Error(Internal) naming the pass and the file with the text of the graph before it if one fails.
PassReport run_passes(Graph& graph, std::span<const Pass> passes, const PassOptions& options = {});

}  // namespace tn::passes
