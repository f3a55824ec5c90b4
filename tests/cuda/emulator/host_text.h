// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace tn::test {

/// The kernel text as C++ for the host: PTX becomes calls of the emulator, dynamic shared memory its own. Exports a
/// tn_emulator::Kernel. Wants shim.h to be included before it.
std::string host_text(std::string_view source, std::string_view entry);

}  // namespace tn::test
