// SPDX-License-Identifier: Apache-2.0
#include "api/run/engine.h"

#include <algorithm>

#include "api/run/context.h"
#include "api/run/convert.h"
#include "api/run/guard.h"
#include "api/run/host_memory.h"
#include "api/run/inspector.h"
#include "engine/plan_generated.h"
#include "runtime/inspector.h"

namespace tn::api {

PublicEngine::PublicEngine(std::shared_ptr<const EngineFile> file, tenon::ILogger& logger, int device)
    : logger_(logger), engine_(std::make_shared<Engine>(std::move(file), logger_, device)) {
  precision_summary_ = engine_->precision_summary();
  for (const auto& binding : engine_->plan().bindings)
    formats_.push_back(
        format_description(static_cast<DataType>(binding->type), static_cast<TensorFormat>(binding->format)));
}

const plan::BindingT* PublicEngine::find(char const* name) const noexcept {
  const int index = name ? engine_->find_binding(name) : -1;
  return index < 0 ? nullptr : engine_->plan().bindings[static_cast<size_t>(index)].get();
}

int PublicEngine::binding(char const* name) const {
  const int index = engine_->find_binding(&not_null(name, "the tensor's name"));
  if (index >= 0) return index;
  std::string names;
  for (const auto& known : engine_->plan().bindings) names += (names.empty() ? "" : ", ") + known->name;
  throw Error(ErrorCode::NotFound, "the engine has no input or output '{}'; it has {}", name, names);
}

tenon::Dims PublicEngine::getTensorShape(char const* name) const noexcept {
  const auto* found = find(name);
  return found ? to_public(found->dims) : unknown_dims();
}

tenon::DataType PublicEngine::getTensorDataType(char const* name) const noexcept {
  const auto* found = find(name);
  return found ? to_public(static_cast<DataType>(found->type)) : tenon::DataType::kFLOAT;
}

tenon::TensorLocation PublicEngine::getTensorLocation(char const* name) const noexcept {
  return engine_->device() && isShapeInferenceIO(name) ? tenon::TensorLocation::kHOST : tenon::TensorLocation::kDEVICE;
}

tenon::TensorIOMode PublicEngine::getTensorIOMode(char const* name) const noexcept {
  const auto* found = find(name);
  if (!found) return tenon::TensorIOMode::kNONE;
  return found->is_input ? tenon::TensorIOMode::kINPUT : tenon::TensorIOMode::kOUTPUT;
}

tenon::TensorFormat PublicEngine::getTensorFormat(char const* name) const noexcept {
  const auto* found = find(name);
  return found ? static_cast<tenon::TensorFormat>(found->format) : tenon::TensorFormat::kLINEAR;
}

// Where a format has components, else nothing.
std::optional<FormatRule> PublicEngine::vectored(char const* name) const noexcept {
  const auto* found = find(name);
  if (!found) return std::nullopt;
  const auto format = static_cast<TensorFormat>(found->format);
  const int spatial = rule_of(format, 0).spatial;
  const std::ptrdiff_t axis = std::ssize(found->dims) - 1 - spatial;
  const FormatRule rule = rule_of(format, axis < 0 ? 0 : found->dims[static_cast<size_t>(axis)]);
  return rule.vector > 1 ? std::optional(rule) : std::nullopt;
}

int32_t PublicEngine::getTensorBytesPerComponent(char const* name) const noexcept {
  return vectored(name) ? static_cast<int32_t>(size_of(static_cast<DataType>(find(name)->type))) : -1;
}

int32_t PublicEngine::getTensorComponentsPerElement(char const* name) const noexcept {
  const auto rule = vectored(name);
  return rule ? rule->vector : -1;
}

int32_t PublicEngine::getTensorVectorizedDim(char const* name) const noexcept {
  const auto rule = vectored(name);
  return rule ? static_cast<int32_t>(std::ssize(find(name)->dims)) - 1 - rule->spatial : -1;
}

char const* PublicEngine::getTensorFormatDesc(char const* name) const noexcept {
  const int index = name ? engine_->find_binding(name) : -1;
  return index < 0 ? "" : formats_[static_cast<size_t>(index)].c_str();
}

char const* PublicEngine::getIOTensorName(int32_t index) const noexcept {
  const auto& bindings = engine_->plan().bindings;
  if (index < 0 || static_cast<size_t>(index) >= bindings.size()) return nullptr;
  return bindings[static_cast<size_t>(index)]->name.c_str();
}

bool PublicEngine::isShapeInferenceIO(char const* name) const noexcept {
  const int index = name ? engine_->find_binding(name) : -1;
  return std::ranges::any_of(engine_->plan().symbols,
                             [&](const auto& symbol) { return symbol->of_value && symbol->input == index; });
}

int64_t const* PublicEngine::getProfileTensorValuesV2(char const* name, int32_t profile,
                                                      tenon::OptProfileSelector select) const noexcept {
  const auto& profiles = engine_->plan().profiles;
  if (!isShapeInferenceIO(name) || profile < 0 || static_cast<size_t>(profile) >= profiles.size()) return nullptr;
  const auto input = static_cast<size_t>(engine_->find_binding(name));
  const plan::ShapeRangeT& range = *profiles[static_cast<size_t>(profile)]->inputs[input];
  const auto& values = select == tenon::OptProfileSelector::kMIN   ? range.min_values
                       : select == tenon::OptProfileSelector::kOPT ? range.opt_values
                                                                   : range.max_values;
  return values.empty() ? nullptr : values.data();
}

tenon::Dims PublicEngine::getProfileShape(char const* name, int32_t profile,
                                          tenon::OptProfileSelector select) const noexcept {
  const auto& profiles = engine_->plan().profiles;
  const int index = name ? engine_->find_binding(name) : -1;
  if (index < 0 || profile < 0 || static_cast<size_t>(profile) >= profiles.size()) return unknown_dims();
  if (!engine_->plan().bindings[static_cast<size_t>(index)]->is_input) return unknown_dims();
  const plan::ShapeRangeT& range = *profiles[static_cast<size_t>(profile)]->inputs[static_cast<size_t>(index)];
  switch (select) {
    case tenon::OptProfileSelector::kMIN:
      return to_public(range.min);
    case tenon::OptProfileSelector::kOPT:
      return to_public(range.opt);
    case tenon::OptProfileSelector::kMAX:
      return to_public(range.max);
  }
  return unknown_dims();
}

int64_t PublicEngine::getEngineStat(tenon::EngineStat stat) const noexcept {
  return stat == tenon::EngineStat::kTOTAL_WEIGHTS_SIZE ? static_cast<int64_t>(engine_->weights_bytes()) : -1;
}

int64_t PublicEngine::getDeviceMemorySizeV2() const noexcept {
  int64_t most = 0;
  for (const auto& profile : engine_->plan().profiles)
    most = std::max(most, static_cast<int64_t>(profile->arena_bytes));
  return most;
}

int64_t PublicEngine::getDeviceMemorySizeForProfileV2(int32_t profile) const noexcept {
  const auto& profiles = engine_->plan().profiles;
  if (profile < 0 || static_cast<size_t>(profile) >= profiles.size()) return -1;
  return static_cast<int64_t>(profiles[static_cast<size_t>(profile)]->arena_bytes);
}

tenon::IExecutionContext* PublicEngine::createExecutionContext(
    tenon::ExecutionContextAllocationStrategy strategy) noexcept {
  const bool managed_by_user = strategy == tenon::ExecutionContextAllocationStrategy::kUSER_MANAGED;
  const ArenaOwner arena = managed_by_user ? ArenaOwner::Caller : ArenaOwner::Context;
  return guard<tenon::IExecutionContext*>(logger_, nullptr,
                                          [&] { return new PublicContext(*this, engine_, logger_.target(), arena); });
}

tenon::IEngineInspector* PublicEngine::createEngineInspector() const noexcept {
  return guard<tenon::IEngineInspector*>(logger_, nullptr,
                                         [&] { return new PublicInspector(engine_, logger_.target()); });
}

tenon::IHostMemory* PublicEngine::serialize() const noexcept {
  return guard<tenon::IHostMemory*>(
      logger_, nullptr, [&] { return new HostMemory(write_engine(engine_->plan(), engine_->file().weights())); });
}

}  // namespace tn::api
