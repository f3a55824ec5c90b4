// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstring>

#include "backends/cpu/kernels/jit/machine_code.h"

namespace tn::jit {

namespace {

template <typename T>
T read(const std::byte* lanes, int lane) {
  T value;
  std::memcpy(&value, lanes + static_cast<size_t>(lane) * sizeof(T), sizeof(T));
  return value;
}

template <typename T>
void write(std::byte* lanes, int lane, T value) {
  std::memcpy(lanes + static_cast<size_t>(lane) * sizeof(T), &value, sizeof(T));
}

ScalarValue get(ScalarType type, const std::byte* lanes, int lane) {
  switch (type) {
    case ScalarType::F32:
      return {.f = read<float>(lanes, lane)};
    case ScalarType::F64:
      return {.f = read<double>(lanes, lane)};
    case ScalarType::I32:
      return {.i = read<int32_t>(lanes, lane)};
    case ScalarType::Bool:
      return {.i = read<int32_t>(lanes, lane) != 0};
    default:
      return {.i = read<int64_t>(lanes, lane)};
  }
}

void put(ScalarType type, std::byte* lanes, int lane, ScalarValue value) {
  switch (type) {
    case ScalarType::F32:
      return write(lanes, lane, static_cast<float>(value.f));
    case ScalarType::F64:
      return write(lanes, lane, value.f);
    case ScalarType::I32:
      return write(lanes, lane, static_cast<int32_t>(value.i));
    case ScalarType::Bool:
      return write(lanes, lane, value.i != 0 ? int32_t{-1} : int32_t{0});
    default:
      return write(lanes, lane, value.i);
  }
}

}  // namespace

void call_lanes(const CallSite* site, const std::byte* a, const std::byte* b, std::byte* out) noexcept {
  for (int lane = 0; lane < site->lanes; ++lane) {
    const std::array<ScalarValue, 2> operands = {get(site->operand_type, a, lane), get(site->operand_type, b, lane)};
    put(site->step.type, out, lane, evaluate_step(site->step, site->operand_type, operands, FloatMode::Typed));
  }
}

}  // namespace tn::jit
