// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace tenonexec {

/// Insertions, deletions and replacements that turn one text into the other.
size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace tenonexec
