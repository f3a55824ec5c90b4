// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "api/run/logger.h"
#include "runtime/engine.h"
#include "tenon/runtime.h"

namespace tn::api {

class PublicInspector final : public tenon::IEngineInspector {
 public:
  PublicInspector(std::shared_ptr<const Engine> engine, tenon::ILogger& logger)
      : engine_(std::move(engine)), logger_(logger) {}
  bool setExecutionContext(tenon::IExecutionContext const* context) noexcept override;
  tenon::IExecutionContext const* getExecutionContext() const noexcept override { return context_; }
  char const* getLayerInformation(int32_t layer, tenon::LayerInformationFormat format) const noexcept override;
  char const* getEngineInformation(tenon::LayerInformationFormat format) const noexcept override;

 private:
  int profile() const noexcept { return context_ ? context_->getOptimizationProfile() : 0; }
  std::shared_ptr<const Engine> engine_;
  mutable PublicLogger logger_;
  tenon::IExecutionContext const* context_ = nullptr;
  mutable std::string text_;
};

}  // namespace tn::api
