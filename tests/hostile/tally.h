// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "ir/graph.h"

namespace tn::test {

/// Reads a network.
using Read = std::function<Graph()>;
/// The error about a network; nothing if an engine was built.
std::string error_of(const Read& read);

/// An ONNX model, its external data beside the file `from`.
Read onnx_model(std::string bytes, std::filesystem::path from = {});

/// Tries networks one after another, counts them, and keeps the one that took longest. About each that does not build
/// there must be one line that does not blame us.
class Tally {
 public:
  std::string try_out(const std::string& what, const Read& read);
  /// A network that no engine may come of.
  void refuse(const std::string& what, const Read& read);
  int count() const { return count_; }
  void print(const std::string& kind) const;

 private:
  int count_ = 0, built_ = 0;
  double slowest_ = 0;
  std::string slowest_what_;
};

}  // namespace tn::test
