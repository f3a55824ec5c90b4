// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/log.h"

namespace tn {

/// Measured times of candidates. Every number that steers a choice is here, so that the choice is a pure function of
/// cache and graph.
class TimingCache {
 public:
  static constexpr double kLongest = 1e12;  ///< microseconds
  /// Microseconds of a candidate, if it was measured.
  std::optional<double> find(const Hash& key) const;
  /// What is known stays. What a device refuses takes forever: kLongest is kept.
  void insert(const Hash& key, double microseconds) { entries_.emplace(key, std::min(microseconds, kLongest)); }
  size_t size() const { return entries_.size(); }
  /// Takes what `other` knows and this does not; where both know, this stays. Returns the number of conflicts.
  size_t merge(const TimingCache& other);

  std::vector<std::byte> serialize() const;
  /// Nothing if the bytes are not a whole, undamaged cache of this version.
  static std::optional<TimingCache> deserialize(std::span<const std::byte> bytes);

 private:
  std::map<Hash, double> entries_;
};

/// Reads a cache file; an absent one is empty, a damaged one is empty with a warning.
TimingCache load_timing_cache(const std::string& path, Logger& logger);
/// Merges into the file, which other processes may be writing too. Throws Error(Io).
void save_timing_cache(const std::string& path, const TimingCache& cache, Logger& logger);

}  // namespace tn
