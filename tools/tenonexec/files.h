// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tenonexec {

/// The whole file. Throws Failure naming `what` (a flag), the path and the reason; a directory or a device is an error.
std::vector<char> read_file(std::string_view what, const std::string& path);
/// Its first `size` bytes, or fewer where it is shorter.
std::vector<char> read_head(std::string_view what, const std::string& path, size_t size);

/// Writes beside the path and renames: the path has its old or its new content, never a part. What a link names is
/// replaced, not the link; a device or a pipe is written to. Throws Failure.
void write_file(std::string_view what, const std::string& path, std::string_view content);

/// Throws Failure if write_file would fail for lack of a folder or a permission. Called before long work.
void check_writable(std::string_view what, const std::string& path);

}  // namespace tenonexec
