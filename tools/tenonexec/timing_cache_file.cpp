// SPDX-License-Identifier: Apache-2.0
#include "tenonexec/timing_cache_file.h"

#include <filesystem>
#include <vector>

#include "tenonexec/files.h"
#include "tenonexec/ownership.h"

namespace tenonexec {

TimingCacheFile::TimingCacheFile(tenon::IBuilderConfig& config, const std::string& path, Console& console)
    : config_(config), path_(path), console_(console), cache_(read()) {
  std::error_code ignored;
  usable_ = cache_ != nullptr || !std::filesystem::exists(path_, ignored);
  if (cache_ != nullptr)
    console_.info("Loaded {} entries from timing cache file {}", cache_->getNbEntries(), path_);
  else if (!usable_)
    console_.warning("--timingCacheFile: '{}' cannot be used and will be replaced", path_);
  if (cache_ == nullptr) cache_ = own(config_.createTimingCache(nullptr, 0));
  entries_read_ = cache_->getNbEntries();
  if (!config_.setTimingCache(*cache_, true)) throw Reported();
}

/// nullptr where there is no such file or the library cannot use it.
std::unique_ptr<tenon::ITimingCache> TimingCacheFile::read() const {
  std::error_code ignored;
  if (!std::filesystem::exists(path_, ignored)) return nullptr;
  const std::vector<char> bytes = read_file("--timingCacheFile", path_);
  if (bytes.empty()) return nullptr;
  return std::unique_ptr<tenon::ITimingCache>(config_.createTimingCache(bytes.data(), bytes.size()));
}

void TimingCacheFile::save() {
  const auto present = usable_ ? read() : nullptr;
  if (present != nullptr && !cache_->combine(*present, true)) throw Reported();
  const auto bytes = own(cache_->serialize());
  write_file("--timingCacheFile", path_, text_of(*bytes));
  console_.info("Saved {} entries to timing cache file {}", cache_->getNbEntries(), path_);
}

}  // namespace tenonexec
