// SPDX-License-Identifier: Apache-2.0
// Damaged engines of the example. What the checksums do not catch, the verifier of plans and the kernels must: whatever
// loads is run.
#include <gtest/gtest.h>

#include <cstring>

#include "base/error.h"
#include "base/hash.h"
#include "engine/engine_file.h"
#include "engine/plan_generated.h"
#include "hostile/plan_damage.h"
#include "hostile/run_engine.h"

namespace tn::test {
namespace {

constexpr size_t kTable = 48, kEntry = 32, kHeader = kTable + 2 * kEntry;

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

TEST(HostileEngine, ResealedDamageOfThePlanIsRefusedOrHarmless) {
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

// Its length still lies at a multiple of four bytes.
TEST(HostileEngine, MisalignedVectorsAreRefused) {
  Bytes damaged = example_engine();
  auto* data = reinterpret_cast<uint8_t*>(damaged.data() + word(damaged, kTable + 8));
  const auto* binding = plan::GetPlan(data)->bindings()->Get(0);
  ASSERT_EQ(binding->dims()->Get(1), 3);
  const auto* table = reinterpret_cast<const flatbuffers::Table*>(binding);
  auto* const dims = const_cast<uint8_t*>(table->GetAddressOf(plan::Binding::VT_DIMS));
  // From the low word of element 1, which is the length of a vector then.
  constexpr uint32_t kToElementOne = 4 + 8;
  flatbuffers::WriteScalar(dims, flatbuffers::ReadScalar<uint32_t>(dims) + kToElementOne);
  reseal(damaged);
  EXPECT_THROW(EngineFile::from_bytes(damaged), Error);
}

TEST(HostileEngine, APlanAtAnyByteIsRefused) {
  Bytes damaged = example_engine();
  const uint64_t begin = word(damaged, kTable + 8), bytes = word(damaged, kTable + 16);
  ASSERT_LT(begin + bytes, word(damaged, kTable + kEntry + 8));
  std::memmove(damaged.data() + begin + 1, damaged.data() + begin, bytes);
  const uint64_t moved = begin + 1;
  std::memcpy(damaged.data() + kTable + 8, &moved, sizeof moved);
  reseal(damaged);
  EXPECT_THROW(EngineFile::from_bytes(damaged), Error);
}

// A text of 100 kB that the plan names 100,000 times: 10 GB from a file of half a megabyte.
TEST(HostileEngine, PlansThatUnpackToMoreThanTheyHoldAreRefused) {
  flatbuffers::FlatBufferBuilder builder;
  constexpr size_t kMany = 100'000;
  const auto text = builder.CreateString(std::string(kMany, 'x'));
  const auto libraries = builder.CreateVector(std::vector(kMany, text));
  plan::PlanBuilder plan(builder);
  plan.add_libraries(libraries);
  builder.Finish(plan.Finish());
  const auto buffer = std::as_bytes(std::span(builder.GetBufferPointer(), builder.GetSize()));
  constexpr uint64_t kAlignment = 4096;
  const uint64_t sections[] = {kHeader, buffer.size(), (kHeader + buffer.size() + kAlignment) / kAlignment * kAlignment,
                               0};
  Bytes file(sections[2]);
  std::memcpy(file.data(), example_engine().data(), kHeader);
  std::memcpy(file.data() + kHeader, buffer.data(), buffer.size());
  for (const size_t entry : {0, 1}) std::memcpy(file.data() + kTable + entry * kEntry + 8, &sections[2 * entry], 16);
  reseal(file);
  try {
    EngineFile::from_bytes(file);
    ADD_FAILURE() << "loaded";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "the engine's plan is malformed");
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

TEST(HostileEngine, SealedPlansThatLieAreRefusedOrHarmless) {
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
