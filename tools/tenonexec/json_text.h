// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace tenonexec {

/// The text as a JSON string, quotes included.
std::string json_string(std::string_view text);
/// The shortest number that reads back the same; null for infinities and NaN, which JSON does not have.
std::string json_number(double value);

}  // namespace tenonexec
