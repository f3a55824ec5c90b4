// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/run/logger.h"
#include "tenon/builder.h"
#include "tuning/timing_cache.h"

namespace tn::api {

class PublicTimingCache final : public tenon::ITimingCache {
 public:
  PublicTimingCache(tenon::ILogger& logger, TimingCache cache) : logger_(logger), cache_(std::move(cache)) {}
  tenon::IHostMemory* serialize() const noexcept override;
  bool combine(tenon::ITimingCache const& other, bool ignore_mismatch) noexcept override;
  bool reset() noexcept override;
  int64_t getNbEntries() const noexcept override { return static_cast<int64_t>(cache_.size()); }

  /// Builds add to a cache that a configuration refers to as const.
  TimingCache& inside() const noexcept { return cache_; }

 private:
  mutable PublicLogger logger_;
  mutable TimingCache cache_;
};

}  // namespace tn::api
