// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/log.h"
#include "builder/builder.h"
#include "builder/rounding.h"

namespace tn {

/// Writes the file of a network that is simple anew, with Q and DQ: for this house at the operands of `integers`, the
/// products that its engine computes so; for others at those of all but the layers that are held to floats. Throws
/// Error.
void export_qdq(const Graph& simple, const Rounding& rounding, const Precisions& precisions,
                const std::set<std::string>& integers, const QdqExport& to, Logger& logger);

}  // namespace tn
