// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tuning/tactic.h"

namespace tn {

/// For lowering that only asks: takes texts to be compiled by other threads, and gives an image that is none.
class AskingCompiler final : public TextCompiler {
 public:
  explicit AskingCompiler(TextCompiler& compiler) : compiler_(compiler) {}
  std::vector<std::byte> compile(const std::string& source, const std::string& entry) override {
    compiler_.prefetch(source, entry);
    return std::vector<std::byte>(1);
  }
  void prefetch(const std::string& source, const std::string& entry) override { compiler_.prefetch(source, entry); }

 private:
  TextCompiler& compiler_;
};

/// A device's target with such a compiler.
class AskingTarget {
 public:
  explicit AskingTarget(const Target& target)
      : compiler_(*target.device->compiler), device_(*target.device), target_(target) {
    device_.compiler = &compiler_;
    target_.device = &device_;
  }
  AskingTarget(const AskingTarget&) = delete;
  AskingTarget& operator=(const AskingTarget&) = delete;
  const Target& get() const { return target_; }

 private:
  AskingCompiler compiler_;
  DeviceTarget device_;
  Target target_;
};

}  // namespace tn
