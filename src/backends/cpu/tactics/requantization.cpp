// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/tactics/requantization.h"

#include "backends/cpu/tactics/epilogue.h"
#include "base/stored_float.h"

namespace tn::cpu {
namespace {

std::optional<Int8Epilogue> match_floats(const Region& region, int channel_axis) {
  const auto epilogue = match_epilogue(region, channel_axis);
  if (!epilogue) return std::nullopt;
  Int8Epilogue result;
  result.step.floats = epilogue->step;
  result.matched.residual_input = epilogue->residual_input;
  result.matched.bias = epilogue->bias;
  return result;
}

}  // namespace

std::optional<Int8Epilogue> match_int8_epilogue(const Region& region, int channel_axis) {
  if (region.outputs() == 1 && is_stored_float(region.output_type(0).type)) return match_floats(region, channel_axis);
  const auto matched = match_requantization(region, channel_axis);
  if (!matched) return std::nullopt;
  Int8Epilogue result{*matched, {}};
  Int8EpilogueStep& step = result.step;
  step.zero_point = matched->rounded.zero_point;
  step.low = matched->rounded.low;
  step.high = matched->rounded.high;
  step.residual_scale = matched->residual_scale;
  step.inverse = matched->inverse;
  if (const auto& again = matched->again) {
    step.again = true;
    step.again_scale = again->scale;
    step.again_offset = again->offset;
    step.again_zero_point = again->rounded.zero_point;
    step.again_low = again->rounded.low;
    step.again_high = again->rounded.high;
  }
  if (matched->activation) {
    const auto activation = match_activation(*matched->activation, input(0));
    if (!activation) return std::nullopt;
    step.floats = *activation;
  }
  return result;
}

}  // namespace tn::cpu
