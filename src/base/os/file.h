// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

namespace tn {

/// A whole file mapped read-only. Movable; the bytes stay where they are.
class MappedFile {
 public:
  MappedFile() = default;
  /// Throws Error(NotFound) or Error(Io) naming the path; a directory is an error, an empty file is not.
  explicit MappedFile(const std::filesystem::path& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();
  std::span<const std::byte> bytes() const { return {data_, size_}; }
  std::string_view text() const { return {reinterpret_cast<const char*>(data_), size_}; }

 private:
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
};

/// Writes beside the path, flushes and renames: it holds the old or the new content, never half. Links are followed;
/// devices and pipes are written to. Throws Error(Io) naming the path and the system's reason.
void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes);
void write_file_atomically(const std::filesystem::path& path, std::string_view text);
/// The same for content made of several parts, written in order.
void write_file_atomically(const std::filesystem::path& path, std::span<const std::span<const std::byte>> parts);

/// Runs `body` while this process alone holds the lock file `path`.lock (created, and left behind).
void with_file_lock(const std::filesystem::path& path, const std::function<void()>& body);

}  // namespace tn
