// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/log.h"
#include "builder/builder.h"
#include "builder/rounding.h"

namespace tn {

/// Writes the file of a network that is simple anew, with Q and DQ at the operands of `products`. Throws Error.
void export_qdq(const Graph& simple, const Rounding& rounding, const std::set<std::string>& products,
                const QdqExport& to, Logger& logger);

}  // namespace tn
