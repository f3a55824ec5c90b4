// SPDX-License-Identifier: Apache-2.0
// --layerPrecisions and --layerOutputTypes: types of single layers of a network.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tenon/network.h"
#include "tenonexec/options.h"

namespace tenonexec {

/// "name:fp16,'odd,name':fp32+int8,block*:bf16". A name may be in single or double quotes; '*' stands for any text and
/// '?' for any character. The last colon outside quotes divides.
std::vector<LayerTypes> parse_layer_types(std::string_view flag, std::string_view text, bool several);

/// Whether the whole name matches a pattern with '*' and '?'.
bool matches_glob(std::string_view pattern, std::string_view name);

/// Gives the network's layers the types that the options name; of several entries that match the last one counts.
/// Throws Failure for a name that no layer has.
void set_layer_types(tenon::INetworkDefinition& network, const BuildOptions& build);

}  // namespace tenonexec
