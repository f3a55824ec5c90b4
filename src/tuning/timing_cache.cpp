// SPDX-License-Identifier: Apache-2.0
#include "tuning/timing_cache.h"

#include <cmath>

#include "base/bytes.h"
#include "base/os/file.h"

namespace tn {
namespace {

constexpr std::string_view kMagic = "TENON timing cache 1";

}  // namespace

std::optional<double> TimingCache::find(const Hash& key) const {
  const auto found = entries_.find(key);
  return found == entries_.end() ? std::nullopt : std::optional(found->second);
}

size_t TimingCache::merge(const TimingCache& other) {
  size_t conflicts = 0;
  for (const auto& [key, value] : other.entries_) {
    const auto [entry, fresh] = entries_.emplace(key, value);
    if (!fresh && entry->second != value) ++conflicts;
  }
  return conflicts;
}

std::vector<std::byte> TimingCache::serialize() const {
  ByteWriter body;
  body.put_text(kMagic);
  body.put(static_cast<uint32_t>(entries_.size()));
  for (const auto& [key, value] : entries_) {
    body.put(key.high);
    body.put(key.low);
    body.put(value);
  }
  std::vector<std::byte> bytes = body.take();
  ByteWriter checksum;
  checksum.put(hash_bytes(bytes).low);
  for (const std::byte byte : checksum.take()) bytes.push_back(byte);
  return bytes;
}

std::optional<TimingCache> TimingCache::deserialize(std::span<const std::byte> bytes) {
  constexpr size_t kChecksum = 8;
  if (bytes.size() < kChecksum) return std::nullopt;
  const auto body = bytes.first(bytes.size() - kChecksum);
  try {
    ByteReader checksum(bytes.last(kChecksum));
    if (checksum.get<uint64_t>() != hash_bytes(body).low) return std::nullopt;
    ByteReader reader(body);
    if (reader.get_text() != kMagic) return std::nullopt;
    TimingCache cache;
    const size_t count = reader.get_count(24);
    for (size_t i = 0; i < count; ++i) {
      Hash key;
      key.high = reader.get<uint64_t>();
      key.low = reader.get<uint64_t>();
      const auto value = reader.get<double>();
      if (std::isnan(value) || value < 0) return std::nullopt;
      cache.insert(key, value);
    }
    return reader.done() ? std::optional(std::move(cache)) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

TimingCache load_timing_cache(const std::string& path, Logger& logger) {
  try {
    const MappedFile file(path);
    if (auto cache = TimingCache::deserialize(file.bytes())) return std::move(*cache);
    logger.warning("{}: not a timing cache of this version, or a damaged one; it is ignored and will be replaced",
                   path);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::NotFound) logger.warning("timing cache: {}; starting without it", error.what());
  }
  return {};
}

void save_timing_cache(const std::string& path, const TimingCache& cache, Logger& logger) {
  with_file_lock(path, [&] {
    TimingCache merged = load_timing_cache(path, logger);
    const size_t conflicts = merged.merge(cache);
    if (conflicts > 0)
      logger.verbose("{}: {} entries differ from what was measured; the file's were kept", path, conflicts);
    write_file_atomically(path, merged.serialize());
  });
}

}  // namespace tn
