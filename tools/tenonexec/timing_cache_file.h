// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "tenon/builder.h"
#include "tenonexec/console.h"

namespace tenonexec {

/// The file of --timingCacheFile during a build. A damaged file costs only its measurements and a warning.
class TimingCacheFile {
 public:
  /// Reads the file, if there is one, and gives the cache to the configuration, which must not outlive this object.
  /// Throws Failure or Reported.
  TimingCacheFile(tenon::IBuilderConfig& config, const std::string& path, Console& console);
  /// Whether the build has added to what was read.
  bool grown() const { return cache_->getNbEntries() > entries_read_; }
  /// Writes the file after a build, also after one that was stopped. Entries that another program has put there
  /// meanwhile are kept.
  void save();

 private:
  std::unique_ptr<tenon::ITimingCache> read() const;

  tenon::IBuilderConfig& config_;
  const std::string path_;
  Console& console_;
  std::unique_ptr<tenon::ITimingCache> cache_;
  bool usable_ = true;  ///< the file, as it was found
  int64_t entries_read_ = 0;
};

}  // namespace tenonexec
