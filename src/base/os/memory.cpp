// SPDX-License-Identifier: Apache-2.0
#include "base/os/memory.h"

#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

namespace tn {

namespace {

int64_t bytes_of_pages(int which) {
  const long pages = ::sysconf(which), size = ::sysconf(_SC_PAGE_SIZE);
  return pages > 0 && size > 0 ? int64_t{pages} * size : 0;
}

}  // namespace

int64_t physical_memory_bytes() noexcept {
  return bytes_of_pages(_SC_PHYS_PAGES);
}

int64_t free_memory_bytes() noexcept {
  return bytes_of_pages(_SC_AVPHYS_PAGES);
}

int usable_hardware_threads() noexcept {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) == 0) return std::max(CPU_COUNT(&set), 1);
  return std::max(static_cast<int>(std::thread::hardware_concurrency()), 1);
}

std::byte* allocate_aligned(size_t bytes) noexcept {
  constexpr size_t kLine = 64, kHugePage = size_t{2} << 20;
  const size_t alignment = bytes >= kHugePage / 2 ? kHugePage : kLine;
  const size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  if (rounded < bytes) return nullptr;
  void* data = std::aligned_alloc(alignment, rounded);
  if (data && alignment == kHugePage) ::madvise(data, rounded, MADV_HUGEPAGE);  // a wish: failure changes nothing
  return static_cast<std::byte*>(data);
}

}  // namespace tn
