// SPDX-License-Identifier: Apache-2.0
// What an engine tells of its layers.
#pragma once

#include <cstdint>
#include <string>

#include "base/tensor_format.h"
#include "runtime/engine.h"

namespace tn {

enum class Verbosity : uint8_t { LayerNames = 0, None = 1, Detailed = 2 };

/// Both: as much as the engine's verbosity allows.
std::string layer_line(const Engine& engine, int profile, size_t layer);
std::string layer_json(const Engine& engine, int profile, size_t layer);
/// What a machine must have to run the engine.
std::string requirements(const Engine& engine);
/// One line per layer, then one per binding, and what it needs to run.
std::string engine_lines(const Engine& engine, int profile);
/// {"Layers": […], "Bindings": […], "Needs": "…"}
std::string engine_json(const Engine& engine, int profile);

/// "Row major linear FP32".
std::string format_description(DataType type, TensorFormat format = TensorFormat::Linear);

}  // namespace tn
