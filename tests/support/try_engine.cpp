// SPDX-License-Identifier: Apache-2.0
#include "support/try_engine.h"

#include <algorithm>
#include <memory>
#include <random>

#include "backends/cpu/device/kernel_table.h"
#include "base/error.h"
#include "engine/plan_generated.h"
#include "exec/context.h"

namespace tn::test {
namespace {

bool is_small(const plan::ProfileT& profile, int64_t most) {
  return std::ranges::all_of(profile.tensors, [&](const auto& tensor) {
    int64_t elements = 1;
    return std::ranges::all_of(tensor->dims, [&](uint32_t dim) {
      return !__builtin_mul_overflow(elements, profile.result_max[dim], &elements) && elements <= most;
    });
  });
}

// At most a byte more than `most`.
uint64_t dense_bytes(const Shape& shape, uint8_t type, uint64_t most) {
  uint64_t bytes = size_of(static_cast<DataType>(type));
  for (const int64_t dim : shape.span()) {
    if (__builtin_mul_overflow(bytes, static_cast<uint64_t>(dim), &bytes) || bytes > most) bytes = most + 1;
  }
  return bytes;
}

// The smallest shapes get zeros and outputs as large as their shapes say; the largest get any bytes, and outputs as
// large as the profile says.
Status run_at(Context& context, bool largest, const TryLimits& limits) {
  const auto& plan = context.engine().plan();
  const auto& profile = *plan.profiles[static_cast<size_t>(context.profile())];
  const bool small = is_small(profile, limits.elements);
  std::mt19937 random(1);
  std::vector<std::unique_ptr<std::byte[]>> buffers;
  const auto attach = [&](int binding, uint64_t bytes) {
    if (bytes > limits.binding_bytes) return Status::failure(ErrorCode::InvalidArgument, "too large to try");
    buffers.push_back(std::make_unique<std::byte[]>(bytes));
    if (largest) std::generate_n(buffers.back().get(), bytes, [&] { return static_cast<std::byte>(random()); });
    return context.set_address(binding, buffers.back().get());
  };
  for (size_t i = 0; i < plan.bindings.size(); ++i) {
    if (!plan.bindings[i]->is_input) continue;
    const auto& range = *profile.inputs[i];
    const Shape shape(std::span<const int64_t>(largest ? range.max : range.min));
    if (Status status = context.set_input_shape(static_cast<int>(i), shape); !status) return status;
    if (!small) continue;
    if (Status status = attach(static_cast<int>(i), dense_bytes(shape, plan.bindings[i]->type, limits.binding_bytes));
        !status)
      return status;
  }
  if (!small) return context.update_shapes();
  for (size_t i = 0; i < plan.bindings.size(); ++i) {
    if (plan.bindings[i]->is_input) continue;
    Shape shape;
    if (Status status = context.shape(static_cast<int>(i), shape); !status) return status;
    const uint64_t bytes = largest ? context.max_bytes(static_cast<int>(i))
                                   : dense_bytes(shape, plan.bindings[i]->type, limits.binding_bytes);
    if (Status status = attach(static_cast<int>(i), bytes); !status) return status;
  }
  Lane lane(context.threads());
  return context.run(lane);
}

}  // namespace

std::vector<Status> try_engine(std::span<const std::byte> bytes, const TryLimits& limits) {
  const auto engine = EngineFile::from_bytes(bytes);
  const plan::PlanT& plan = engine->plan();
  for (const auto& profile : plan.profiles)
    if (profile->arena_bytes > limits.arena_bytes) throw Error(ErrorCode::OutOfMemory, "too large to try");
  Context context(engine, cpu::find_kernel, static_cast<int>(std::clamp(plan.threads, 1u, 2u)));
  context.set_most_iterations(limits.iterations);
  std::vector<Status> runs;
  for (int profile = 0; profile < static_cast<int>(plan.profiles.size()); ++profile) {
    if (profile > 0) context.select_profile(profile);
    for (const bool largest : {false, true}) runs.push_back(run_at(context, largest, limits));
  }
  return runs;
}

}  // namespace tn::test
