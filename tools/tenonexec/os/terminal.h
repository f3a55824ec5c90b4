// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tenonexec {

/// Whether standard output is a terminal, not a pipe or a file.
bool output_is_terminal();

}  // namespace tenonexec
