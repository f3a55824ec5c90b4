// SPDX-License-Identifier: Apache-2.0
#include "tenonexec/files.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <system_error>

#include "tenonexec/failure.h"

namespace tenonexec {
namespace {

namespace fs = std::filesystem;

std::string reason() {
  return errno == 0 ? "unknown reason" : std::strerror(errno);
}

std::ifstream open(std::string_view what, const std::string& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) throw Failure("{}: '{}' is a folder, not a file", what, path);
  if (fs::is_character_file(path, error)) throw Failure("{}: '{}' is a device, not a file", what, path);
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw Failure("{}: cannot read '{}': {}", what, path, reason());
  return stream;
}

/// A device or a pipe, which takes what is written and stays what it is.
bool takes_bytes(const std::string& path) {
  std::error_code ignored;
  return fs::is_other(fs::status(path, ignored));
}

/// A file beside `path` that is removed again unless it takes its place.
class Unfinished {
 public:
  explicit Unfinished(const std::string& path)
      : path_(fmt::format("{}.unfinished-{:08x}", path, std::random_device()())) {}
  ~Unfinished() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove(path_, ignored);
  }
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;
  const std::string& path() const { return path_; }
  void rename_to(const std::string& path, std::error_code& error) {
    fs::rename(path_, path, error);
    if (!error) path_.clear();
  }

 private:
  std::string path_;
};

void write_to(const std::string& place, std::string_view what, const std::string& path, std::string_view content) {
  errno = 0;
  std::ofstream stream(place, std::ios::binary);
  stream.write(content.data(), static_cast<std::streamsize>(content.size()));
  stream.close();
  if (!stream) throw Failure("{}: cannot write '{}': {}", what, path, reason());
}

void check_target(std::string_view what, const std::string& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) throw Failure("{}: '{}' is a folder, not a file", what, path);
  const fs::path folder = fs::path(path).parent_path();
  if (!folder.empty() && !fs::is_directory(folder, error))
    throw Failure("{}: cannot write '{}': there is no folder '{}'", what, path, folder.string());
}

}  // namespace

std::vector<char> read_file(std::string_view what, const std::string& path) {
  std::ifstream stream = open(what, path);
  std::vector<char> content;
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (!error) content.reserve(size);
  content.assign(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
  if (stream.bad()) throw Failure("{}: cannot read '{}': {}", what, path, reason());
  return content;
}

std::vector<char> read_head(std::string_view what, const std::string& path, size_t size) {
  std::ifstream stream = open(what, path);
  std::vector<char> content(size);
  stream.read(content.data(), static_cast<std::streamsize>(size));
  content.resize(static_cast<size_t>(stream.gcount()));
  return content;
}

void write_file(std::string_view what, const std::string& path, std::string_view content) {
  check_target(what, path);
  if (takes_bytes(path)) return write_to(path, what, path, content);
  std::error_code error;
  const std::string target = fs::is_symlink(path, error) ? fs::weakly_canonical(path, error).string() : path;
  Unfinished file(target);
  write_to(file.path(), what, path, content);
  file.rename_to(target, error);
  if (error) throw Failure("{}: cannot write '{}': {}", what, path, error.message());
}

void check_writable(std::string_view what, const std::string& path) {
  check_target(what, path);
  if (takes_bytes(path)) return;
  Unfinished file(path);
  errno = 0;
  const std::ofstream stream(file.path(), std::ios::binary);
  if (!stream) throw Failure("{}: cannot write '{}': {}", what, path, reason());
}

}  // namespace tenonexec
