// SPDX-License-Identifier: Apache-2.0
// Libraries that an engine needs beside the driver, as its plan names them: "cuBLASLt 13.1.0".
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace tn::cuda {

std::string library_text(std::string_view name, std::string_view version);

/// Version of a library that is here. Throws Error(NotFound) if it is not.
std::string installed_version(std::string_view name);

/// Throws Error(InvalidEngine) if the library is missing or of another major or minor version: what an engine stores of
/// a library's is understood by the same one only. `installed` stands in for installed_version in tests.
void require_library(std::string_view text,
                     const std::function<std::string(std::string_view name)>& installed = installed_version);

}  // namespace tn::cuda
