// SPDX-License-Identifier: Apache-2.0
// Models that break a rule of ONNX, made from good ones, always the same.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "import/onnx/proto.h"

namespace tn::test {

namespace onnx = import::onnx;

/// Takes a broken model; `what` says what was done to it.
using TakeModel = std::function<void(const std::string& what, const onnx::ModelProto& model)>;

/// One way to break models.
struct Breaker {
  const char* name;
  void (*apply)(const onnx::ModelProto& good, const TakeModel& take);
};

/// After these no reader may accept a model.
std::span<const Breaker> breakers();
/// What these leave may still be a model, or one that asks for the impossible.
std::span<const Breaker> distortions();

}  // namespace tn::test
