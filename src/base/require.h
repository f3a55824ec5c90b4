// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/status.h"

namespace tn {

/// Throws the failure of a run-side call as an Error.
inline void require(const Status& status) {
  if (!status) throw Error(status.code(), "{}", status.message());
}

}  // namespace tn
