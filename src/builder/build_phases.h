// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "builder/builder.h"

namespace tn {

/// A build as its monitor sees it, if there is one: phases one after another.
class BuildPhases {
 public:
  explicit BuildPhases(BuildMonitor* monitor) : monitor_(monitor) {}
  BuildPhases(const BuildPhases&) = delete;
  BuildPhases& operator=(const BuildPhases&) = delete;
  ~BuildPhases() { finish(); }

  void start(const char* name, int steps) {
    finish();
    if (monitor_) monitor_->start(name, steps);
    open_ = true;
  }
  /// Throws Error(InvalidArgument) if the monitor stops the build.
  void step_done() {
    if (monitor_ && !monitor_->step_done())
      throw Error(ErrorCode::InvalidArgument, "the build was stopped by the progress monitor");
  }

 private:
  void finish() {
    if (monitor_ && open_) monitor_->finish();
    open_ = false;
  }

  BuildMonitor* monitor_;
  bool open_ = false;
};

}  // namespace tn
