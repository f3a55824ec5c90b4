// SPDX-License-Identifier: Apache-2.0
#include "base/os/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.h"

namespace tn {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, const char* what, int error) {
  const ErrorCode code = error == ENOENT ? ErrorCode::NotFound : ErrorCode::Io;
  throw Error(code, "{}: {}: {}", path.string(), what, std::strerror(error));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

void write_all(int fd, std::span<const std::byte> bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      fail(path, "cannot write", errno);
    }
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
}

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path) {
  // A pipe is refused, not waited for.
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (fd.get() < 0) fail(path, "cannot open", errno);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) fail(path, "cannot stat", errno);
  if (!S_ISREG(info.st_mode)) throw Error(ErrorCode::Io, "{}: not a regular file", path.string());
  size_ = static_cast<size_t>(info.st_size);
  if (size_ == 0) return;
  void* data = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (data == MAP_FAILED) fail(path, "cannot map", errno);
  data_ = static_cast<const std::byte*>(data);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

MappedFile::~MappedFile() {
  if (data_) ::munmap(const_cast<std::byte*>(data_), size_);
}

namespace {

// A device or a pipe stays what it is.
void write_through(const std::filesystem::path& path, std::span<const std::span<const std::byte>> parts) {
  Descriptor fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (fd.get() < 0) fail(path, "cannot open", errno);
  for (const auto part : parts) write_all(fd.get(), part, path);
  if (::close(fd.release()) != 0) fail(path, "cannot close", errno);
}

}  // namespace

void write_file_atomically(const std::filesystem::path& given, std::span<const std::span<const std::byte>> parts) {
  std::error_code ignored;
  const std::filesystem::file_status status = std::filesystem::status(given, ignored);
  if (std::filesystem::is_directory(status))
    throw Error(ErrorCode::Io, "{}: cannot write: is a directory", given.string());
  if (std::filesystem::is_other(status)) return write_through(given, parts);
  // What a link names is replaced, not the link.
  const std::filesystem::path path = std::filesystem::is_symlink(given, ignored) && std::filesystem::exists(status)
                                         ? std::filesystem::canonical(given, ignored)
                                         : given;
  std::string temporary = path.string() + ".tmp-XXXXXX";
  Descriptor fd(::mkstemp(temporary.data()));
  if (fd.get() < 0) fail(path, "cannot create a file beside it", errno);
  try {
    for (const auto part : parts) write_all(fd.get(), part, path);
    const mode_t mask = ::umask(0);
    ::umask(mask);
    ::fchmod(fd.get(), 0666 & ~mask);
    if (::fsync(fd.get()) != 0) fail(path, "cannot flush", errno);
    if (::close(fd.release()) != 0) fail(path, "cannot close", errno);
    if (::rename(temporary.c_str(), path.c_str()) != 0) fail(path, "cannot rename", errno);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
}

void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  write_file_atomically(path, std::span(&bytes, 1));
}

void write_file_atomically(const std::filesystem::path& path, std::string_view text) {
  write_file_atomically(path, std::as_bytes(std::span(text.data(), text.size())));
}

void with_file_lock(const std::filesystem::path& path, const std::function<void()>& body) {
  const std::filesystem::path lock = path.string() + ".lock";
  const Descriptor fd(::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (fd.get() < 0) fail(lock, "cannot open", errno);
  while (::flock(fd.get(), LOCK_EX) != 0) {
    if (errno != EINTR) fail(lock, "cannot lock", errno);
  }
  body();
}

}  // namespace tn
