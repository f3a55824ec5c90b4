// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tenonexec {

/// While one lives, the first Ctrl-C is only noted; the next one ends the program as ever. At most one at a time.
class InterruptWatch {
 public:
  InterruptWatch();
  ~InterruptWatch();
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;
  bool interrupted() const noexcept;
};

}  // namespace tenonexec
