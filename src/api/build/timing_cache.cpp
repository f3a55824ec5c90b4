// SPDX-License-Identifier: Apache-2.0
#include "api/build/timing_cache.h"

#include "api/run/guard.h"
#include "api/run/host_memory.h"

namespace tn::api {

tenon::IHostMemory* PublicTimingCache::serialize() const noexcept {
  return guard<tenon::IHostMemory*>(logger_, nullptr, [&] { return new HostMemory(cache_.serialize()); });
}

bool PublicTimingCache::combine(tenon::ITimingCache const&, bool) noexcept {
  return true;
}

bool PublicTimingCache::reset() noexcept {
  cache_ = {};
  return true;
}

}  // namespace tn::api
