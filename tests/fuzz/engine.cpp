// SPDX-License-Identifier: Apache-2.0
// An engine file is loaded and checked, and what passes is run. The checksums of its sections are made right first: a
// forger would do the same.
#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

#include "base/error.h"
#include "base/hash.h"
#include "engine/engine_file.h"
#include "engine/plan_generated.h"
#include "fuzz/target.h"
#include "hostile/plan_damage.h"
#include "support/try_engine.h"

namespace tn::test {
namespace {

constexpr size_t kTable = 48, kEntry = 32, kHeader = kTable + 2 * kEntry;
constexpr TryLimits kLimits = {
    .binding_bytes = 1 << 18, .arena_bytes = 1 << 22, .elements = 1 << 16, .iterations = 100};

uint64_t word(std::span<const std::byte> bytes, size_t at) {
  uint64_t value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

void reseal(std::span<std::byte> bytes) {
  if (bytes.size() < kHeader) return;
  for (size_t entry = kTable; entry < kHeader; entry += kEntry) {
    const uint64_t offset = word(bytes, entry + 8), size = word(bytes, entry + 16);
    if (offset > bytes.size() || size > bytes.size() - offset) continue;
    const uint64_t seal = hash_bytes(bytes.subspan(offset, size)).low;
    std::memcpy(bytes.data() + entry + 24, &seal, sizeof seal);
  }
}

// Of what spoil_plan() changes there must be something.
bool is_whole(const plan::PlanT& plan) {
  return !plan.bindings.empty() && !plan.profiles.empty() &&
         std::ranges::all_of(plan.profiles, [](const auto& profile) {
           return !profile->inputs.empty() && !profile->lists.empty() && !profile->tensors.empty();
         });
}

// The file with one thing in its plan changed; nothing where it has no plan.
std::vector<std::byte> with_a_lie(std::span<const std::byte> bytes, uint32_t seed) try {
  const auto engine = EngineFile::from_bytes(bytes);
  plan::PlanT plan = engine->plan();
  if (!is_whole(plan)) return {};
  std::mt19937 random(seed);
  spoil_plan(plan, random);
  return write_engine(plan, engine->weights());
} catch (const Error&) {
  return {};
}

}  // namespace

void read_input(std::span<const std::byte> bytes) {
  std::vector<std::byte> sealed(bytes.begin(), bytes.end());
  reseal(sealed);
  for (const Status& status : try_engine(sealed, kLimits)) {
    if (!status.ok() && status.message().empty()) throw Error(ErrorCode::Internal, "a run failed and did not say why");
  }
}

}  // namespace tn::test

// Of libFuzzer.
extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size) __attribute__((weak));
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned int seed);

// Bytes that change at random hardly ever give a plan: every other change is one of the plan itself.
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned int seed) {
  const auto bytes =
      seed % 2 == 0 ? std::vector<std::byte>() : tn::test::with_a_lie(std::as_bytes(std::span(data, size)), seed);
  if (bytes.empty() || bytes.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::memcpy(data, bytes.data(), bytes.size());
  return bytes.size();
}
