// SPDX-License-Identifier: Apache-2.0
// Damaged engines. What the checksums do not catch, the verifier of plans and the kernels' creation must: whatever
// loads is run at its smallest and largest shapes, in buffers of exactly the size that the context asks for.
#include <gtest/gtest.h>

#include <cstring>

#include "backends/cpu/device/kernel_table.h"
#include "base/error.h"
#include "base/hash.h"
#include "exec/context.h"
#include "hostile/damage.h"

namespace tn::test {
namespace {

constexpr size_t kTable = 48, kEntry = 32, kHeader = kTable + 2 * kEntry;
constexpr uint64_t kMostBytes = 64 << 20;

const Bytes& example_engine() {
  static const Bytes engine = [] {
    SilentLogger logger;
    TimingCache cache;
    return build_engine(read_onnx(TENON_EXAMPLE_MODEL), quick_config(), logger, cache);
  }();
  return engine;
}

uint64_t word(const Bytes& bytes, size_t at) {
  uint64_t value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

void reseal(Bytes& bytes) {
  for (size_t entry = kTable; entry < kHeader; entry += kEntry) {
    const uint64_t seal = hash_bytes(std::span(bytes).subspan(word(bytes, entry + 8), word(bytes, entry + 16))).low;
    std::memcpy(bytes.data() + entry + 24, &seal, sizeof seal);
  }
}

// False if the shape is too large to try.
bool dense_bytes(const Shape& shape, uint8_t type, uint64_t& bytes) {
  bytes = size_of(static_cast<DataType>(type));
  for (const int64_t dim : shape.span()) {
    if (__builtin_mul_overflow(bytes, static_cast<uint64_t>(dim), &bytes) || bytes > kMostBytes) return false;
  }
  return true;
}

Status run_at(Context& context, bool largest) {
  const auto& plan = context.engine().plan();
  std::vector<std::unique_ptr<std::byte[]>> buffers;
  const auto attach = [&](int binding, const Shape& shape, uint8_t type) {
    uint64_t bytes = 0;
    if (!dense_bytes(shape, type, bytes)) return Status::failure(ErrorCode::InvalidArgument, "too large to try");
    buffers.push_back(std::make_unique<std::byte[]>(bytes));
    return context.set_address(binding, buffers.back().get());
  };
  for (size_t i = 0; i < plan.bindings.size(); ++i) {
    if (!plan.bindings[i]->is_input) continue;
    const auto& range = *plan.profiles[0]->inputs[i];
    const Shape shape(std::span<const int64_t>(largest ? range.max : range.min));
    if (Status status = context.set_input_shape(static_cast<int>(i), shape); !status) return status;
    if (Status status = attach(static_cast<int>(i), shape, plan.bindings[i]->type); !status) return status;
  }
  for (size_t i = 0; i < plan.bindings.size(); ++i) {
    if (plan.bindings[i]->is_input) continue;
    Shape shape;
    if (Status status = context.shape(static_cast<int>(i), shape); !status) return status;
    if (Status status = attach(static_cast<int>(i), shape, plan.bindings[i]->type); !status) return status;
  }
  Lane lane(1);
  return context.run(lane);
}

/// Loads and runs; counts the runs that succeeded. Any failure but Error and Status is one of the test.
int load_and_run(Bytes bytes, const std::string& what) {
  int runs = 0;
  try {
    Context context(EngineFile::from_bytes(std::move(bytes)), cpu::find_kernel, 1);
    for (const bool largest : {false, true}) {
      const Status status = run_at(context, largest);
      EXPECT_TRUE(status.ok() || !status.message().empty()) << what;
      runs += status.ok() ? 1 : 0;
    }
  } catch (const Error& error) {
    EXPECT_NE(error.what(), std::string()) << what;
  } catch (const std::exception& error) {
    ADD_FAILURE() << what << ": " << error.what();
  }
  return runs;
}

TEST(HostileEngine, TheEngineItselfRuns) {
  EXPECT_EQ(load_and_run(example_engine(), "undamaged"), 2);
}

TEST(HostileEngine, TruncatedFilesAreRefused) {
  for (const size_t length : cut_lengths(example_engine().size(), 200))
    EXPECT_THROW(EngineFile::from_bytes(cut(example_engine(), length)), Error) << length;
}

TEST(HostileEngine, FlippedBitsAreRefusedByTheChecksums) {
  const Bytes& engine = example_engine();
  const uint64_t plan_end = word(engine, kTable + 8) + word(engine, kTable + 16);
  const uint64_t weights = word(engine, kTable + kEntry + 8);
  for (uint32_t seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    Bytes damaged = engine;
    if (seed % 2 == 0)
      flip_bit(damaged, kHeader, plan_end, random);
    else
      flip_bit(damaged, weights, engine.size(), random);
    EXPECT_THROW(EngineFile::from_bytes(damaged), Error) << seed;
  }
}

// Disabled: it crashes. The adapters of backends/cpu/device do not yet check every operand against every other
// (docs/architecture.md, "Not there yet"). Run it with --gtest_also_run_disabled_tests.
TEST(HostileEngine, DISABLED_ResealedDamageOfThePlanIsRefusedOrHarmless) {
  const Bytes& engine = example_engine();
  const uint64_t begin = word(engine, kTable + 8), end = begin + word(engine, kTable + 16);
  for (uint32_t seed = 0; seed < 1500; ++seed) {
    std::mt19937 random(seed);
    Bytes damaged = engine;
    for (uint32_t i = 0; i <= seed % 2; ++i) flip_bit(damaged, begin, end, random);
    reseal(damaged);
    load_and_run(std::move(damaged), "seed " + std::to_string(seed));
  }
}

TEST(HostileEngine, DamagedWeightsGiveOtherNumbersOnly) {
  const Bytes& engine = example_engine();
  const uint64_t weights = word(engine, kTable + kEntry + 8);
  for (uint32_t seed = 0; seed < 20; ++seed) {
    std::mt19937 random(seed);
    Bytes damaged = engine;
    for (int i = 0; i < 100; ++i) flip_bit(damaged, weights, engine.size(), random);
    reseal(damaged);
    EXPECT_EQ(load_and_run(std::move(damaged), "seed " + std::to_string(seed)), 2);
  }
}

/// A value that is wrong in an interesting way.
template <typename T>
T strange(T value, std::mt19937& random) {
  switch (random() % 8) {
    case 0:
      return 0;
    case 1:
      return static_cast<T>(-1);
    case 2:
      return std::numeric_limits<T>::max();
    case 3:
      return static_cast<T>(value + 1);
    case 4:
      return static_cast<T>(value - 1);
    case 5:
      return static_cast<T>(value * 2);
    case 6:
      return static_cast<T>(uint64_t{1} << (random() % (8 * sizeof(T))));
    default:
      return static_cast<T>(random() % 16);
  }
}

template <typename T>
void spoil(std::vector<T>& values, std::mt19937& random) {
  const uint32_t kind = random() % 8;
  if (values.empty() || kind == 0)
    values.push_back(static_cast<T>(random() % 8));
  else if (kind == 1)
    values.pop_back();
  else
    values[random() % values.size()] = strange(values[random() % values.size()], random);
}

template <typename T>
T& any(std::vector<std::unique_ptr<T>>& items, std::mt19937& random) {
  return *items[random() % items.size()];
}

void spoil_tensor(plan::TensorT& tensor, plan::ProfileT& profile, std::mt19937& random) {
  switch (random() % 8) {
    case 0:
      tensor.type = strange(tensor.type, random);
      break;
    case 1:
      spoil(tensor.dims, random);
      break;
    case 2:
      spoil(tensor.strides, random);
      break;
    case 3:
      tensor.storage = static_cast<plan::Storage>(random() % 5);
      break;
    case 4:
      tensor.position = random() % 2 ? random() % 4 * 64 : strange(tensor.position, random);
      break;
    case 5:
      tensor.bytes = strange(tensor.bytes, random);
      break;
    case 6:
      tensor.offset = strange(tensor.offset, random);
      break;
    default: {
      const auto& other = any(profile.tensors, random);
      tensor.dims = other.dims;
      tensor.strides = other.strides;
    }
  }
}

void spoil_step(plan::StepT& step, plan::ProfileT& profile, std::mt19937& random) {
  const auto tensor = static_cast<int32_t>(random() % profile.tensors.size());
  switch (random() % 9) {
    case 0:
      spoil(step.parameters, random);
      break;
    case 1:
      spoil(step.inputs, random);
      break;
    case 2:
      spoil(step.outputs, random);
      break;
    case 3:
      step.workspace_bytes = strange(step.workspace_bytes, random);
      break;
    case 4:
      step.workspace_position = random() % 2 ? random() % 8 * 64 : strange(step.workspace_position, random);
      break;
    case 5:
      step.kernel = any(profile.lists[0]->steps, random).kernel;
      break;
    case 6:
      if (!step.inputs.empty()) step.inputs[random() % step.inputs.size()] = random() % 4 ? tensor : -1;
      break;
    case 7:
      if (!step.outputs.empty()) step.outputs[random() % step.outputs.size()] = random() % 4 ? tensor : -1;
      break;
    default:
      step.kernel = random() % 2 ? "control.if" : "control.loop";
      step.lists = {0, 0};
  }
}

void spoil_plan(plan::PlanT& plan, std::mt19937& random) {
  plan::ProfileT& profile = *plan.profiles[0];
  switch (random() % 12) {
    case 0: {
      auto& binding = any(plan.bindings, random);
      random() % 2 ? spoil(binding.dims, random) : void(binding.type = strange(binding.type, random));
      break;
    }
    case 1:
      random() % 2 ? void(any(plan.bindings, random).is_input ^= true) : void(plan.bindings.pop_back());
      break;
    case 2: {
      auto& range = any(profile.inputs, random);
      spoil(random() % 2 ? range.min : range.max, random);
      break;
    }
    case 3:
      spoil(profile.shape_program, random);
      break;
    case 4:
      spoil(random() % 2 ? profile.result_min : profile.result_max, random);
      break;
    case 5:
      profile.arena_bytes = strange(profile.arena_bytes, random);
      break;
    case 6:
      any(plan.symbols, random).axis = strange(plan.symbols[0]->axis, random);
      break;
    case 7:
    case 8:
    case 9:
      spoil_tensor(any(profile.tensors, random), profile, random);
      break;
    default:
      spoil_step(any(profile.lists[0]->steps, random), profile, random);
  }
}

// Disabled: it crashes. The adapters of backends/cpu/device do not yet check every operand against every other
// (docs/architecture.md, "Not there yet"). Run it with --gtest_also_run_disabled_tests.
TEST(HostileEngine, DISABLED_SealedPlansThatLieAreRefusedOrHarmless) {
  const auto engine = EngineFile::from_bytes(example_engine());
  for (uint32_t seed = 0; seed < 3000; ++seed) {
    std::mt19937 random(seed);
    plan::PlanT plan = engine->plan();
    for (uint32_t i = 0; i <= seed % 3; ++i) spoil_plan(plan, random);
    load_and_run(write_engine(plan, engine->weights()), "seed " + std::to_string(seed));
  }
}

}  // namespace
}  // namespace tn::test
