// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include "tenon/interfaces.h"
#include "tenonexec/failure.h"

namespace tenonexec {

/// Takes over what the library made; nullptr means that it has logged why.
template <typename T>
std::unique_ptr<T> own(T* made) {
  if (made == nullptr) throw Reported();
  return std::unique_ptr<T>(made);
}

inline std::string_view text_of(const tenon::IHostMemory& memory) {
  return {static_cast<const char*>(memory.data()), memory.size()};
}

}  // namespace tenonexec
