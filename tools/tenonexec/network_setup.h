// SPDX-License-Identifier: Apache-2.0
// Applies what the command line says about a network's inputs and outputs.
#pragma once

#include "tenon/tenon.h"
#include "tenonexec/console.h"
#include "tenonexec/options.h"

namespace tenonexec {

/// --inputIOFormats and --outputIOFormats. Throws Failure where their number fits neither 1 nor the tensors'.
void set_io_formats(tenon::INetworkDefinition& network, const BuildOptions& build);

/// Extents of inputs that all profiles agree on, the others −1: for models that cannot be read without them.
Shapes fixed_extents(const BuildOptions& build);

/// One optimization profile per --profile, and one of shapes with 1 for every unknown extent (with a warning) where no
/// shapes are given at all. Throws Failure for an unknown name, a missing input or a shape that does not fit.
void add_profiles(tenon::IBuilder& builder, tenon::IBuilderConfig& config, tenon::INetworkDefinition& network,
                  const BuildOptions& build, Console& console);

}  // namespace tenonexec
