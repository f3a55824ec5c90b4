// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace tn {

/// Compiles kernel texts for the device that is built for. Thread-safe.
class TextCompiler {
 public:
  virtual ~TextCompiler() = default;
  /// The device image of a text. Throws Error naming the entry, with the compiler's log.
  virtual std::vector<std::byte> compile(const std::string& source, const std::string& entry) = 0;
  /// Asks for a text that will be needed: it is compiled meanwhile, by other threads.
  virtual void prefetch(const std::string& source, const std::string& entry) = 0;
};

}  // namespace tn
