// SPDX-License-Identifier: Apache-2.0
#include "ops/random/reference/random_uniform.h"

#include <atomic>
#include <bit>
#include <cmath>
#include <memory>
#include <random>

namespace tn::ops {
namespace {

// The finalizer of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}
constexpr uint64_t kGamma = 0x9e3779b97f4a7c15;

uint64_t first_key(const RandomUniformAttributes& a) {
  uint64_t seed = std::bit_cast<uint64_t>(a.seed);
  if (!a.seeded) {
    std::random_device device;
    seed = static_cast<uint64_t>(device()) << 32 | device();
  }
  return mix(mix(seed + kGamma) + static_cast<uint64_t>(a.stream));
}

// Numbers in [0, 1), as many bits as the type holds evenly. The n-th run of a kernel gives the n-th tensor of its
// sequence.
ReferenceKernel make_random_uniform(std::span<const std::byte> bytes) {
  const auto attributes = decode_fields<RandomUniformAttributes>(bytes);
  const auto runs = std::make_shared<std::atomic<uint64_t>>(0);
  return [key = first_key(attributes), runs](std::span<const TensorView>, std::span<const TensorView> outputs) {
    const TensorView& y = outputs[0];
    const int bits = y.type == DataType::F64 ? 53 : 24;
    uint64_t state = mix(key + runs->fetch_add(1, std::memory_order_relaxed) * kGamma);
    for (Walk walk(y.dims, {y.strides}); walk.more(); walk.next()) {
      state += kGamma;
      store_double(y, walk.offset(0), std::ldexp(static_cast<double>(mix(state) >> (64 - bits)), -bits));
    }
  };
}

}  // namespace

extern const ReferenceEntry random_uniform_reference = {"RandomUniform", {0, 1}, make_random_uniform};

}  // namespace tn::ops
