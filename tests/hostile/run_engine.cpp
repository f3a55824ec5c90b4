// SPDX-License-Identifier: Apache-2.0
#include "hostile/run_engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "backends/cpu/device/kernel_table.h"
#include "base/error.h"
#include "engine/plan_generated.h"
#include "exec/context.h"

namespace tn::test {
namespace {

constexpr uint64_t kMostBytes = 64 << 20;

// At most a byte more than kMostBytes.
uint64_t dense_bytes(const Shape& shape, uint8_t type) {
  uint64_t bytes = size_of(static_cast<DataType>(type));
  for (const int64_t dim : shape.span()) {
    if (__builtin_mul_overflow(bytes, static_cast<uint64_t>(dim), &bytes) || bytes > kMostBytes) bytes = kMostBytes + 1;
  }
  return bytes;
}

// The smallest shapes get zeros and outputs as large as their shapes say; the largest get any bytes, and outputs as
// large as the profile says.
Status run_at(Context& context, bool largest) {
  const auto& plan = context.engine().plan();
  std::mt19937 random(1);
  std::vector<std::unique_ptr<std::byte[]>> buffers;
  const auto attach = [&](int binding, uint64_t bytes) {
    if (bytes > kMostBytes) return Status::failure(ErrorCode::InvalidArgument, "too large to try");
    buffers.push_back(std::make_unique<std::byte[]>(bytes));
    if (largest) std::generate_n(buffers.back().get(), bytes, [&] { return static_cast<std::byte>(random()); });
    return context.set_address(binding, buffers.back().get());
  };
  for (size_t i = 0; i < plan.bindings.size(); ++i) {
    if (!plan.bindings[i]->is_input) continue;
    const auto& range = *plan.profiles[static_cast<size_t>(context.profile())]->inputs[i];
    const Shape shape(std::span<const int64_t>(largest ? range.max : range.min));
    if (Status status = context.set_input_shape(static_cast<int>(i), shape); !status) return status;
    if (Status status = attach(static_cast<int>(i), dense_bytes(shape, plan.bindings[i]->type)); !status) return status;
  }
  for (size_t i = 0; i < plan.bindings.size(); ++i) {
    if (plan.bindings[i]->is_input) continue;
    Shape shape;
    if (Status status = context.shape(static_cast<int>(i), shape); !status) return status;
    const uint64_t bytes =
        largest ? context.max_bytes(static_cast<int>(i)) : dense_bytes(shape, plan.bindings[i]->type);
    if (Status status = attach(static_cast<int>(i), bytes); !status) return status;
  }
  Lane lane(context.threads());
  return context.run(lane);
}

}  // namespace

int load_and_run(Bytes bytes, const std::string& what) {
  int runs = 0;
  try {
    const auto engine = EngineFile::from_bytes(std::move(bytes));
    Context context(engine, cpu::find_kernel, static_cast<int>(std::clamp(engine->plan().threads, 1u, 2u)));
    context.set_most_iterations(1000);
    const auto profiles = static_cast<int>(context.engine().plan().profiles.size());
    for (int profile = 0; profile < profiles; ++profile) {
      if (profile > 0) context.select_profile(profile);
      for (const bool largest : {false, true}) {
        const Status status = run_at(context, largest);
        EXPECT_TRUE(status.ok() || !status.message().empty()) << what;
        runs += status.ok() ? 1 : 0;
      }
    }
  } catch (const Error& error) {
    EXPECT_NE(error.what(), std::string()) << what;
  } catch (const std::exception& error) {
    ADD_FAILURE() << what << ": " << error.what();
  }
  return runs;
}

}  // namespace tn::test
