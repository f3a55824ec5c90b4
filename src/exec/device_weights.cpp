// SPDX-License-Identifier: Apache-2.0
#include "exec/device_weights.h"

#include <algorithm>

#include "base/data_type.h"
#include "base/error.h"
#include "engine/plan_generated.h"

namespace tn {
namespace {

constexpr uint64_t kAlignment = 64;  // of blobs in the section, and here

// How far a tensor reaches from its storage's start at the profile's largest shapes; the plan has been verified.
uint64_t reach(const plan::TensorT& tensor, const plan::ProfileT& profile) {
  int64_t last = profile.result_max[tensor.offset];
  for (size_t i = 0; i < tensor.dims.size(); ++i) {
    const int64_t extent = profile.result_max[tensor.dims[i]];
    if (extent == 0) return 0;
    last += (extent - 1) * profile.result_max[tensor.strides[i]];
  }
  return static_cast<uint64_t>(last + 1) * size_of(static_cast<DataType>(tensor.type));
}

uint64_t round_up(uint64_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

std::vector<DeviceWeights::Block> DeviceWeights::blocks_of(const plan::PlanT& plan) {
  std::vector<Block> blocks;
  for (const auto& profile : plan.profiles) {
    for (const auto& tensor : profile->tensors) {
      if (tensor->storage != plan::Storage::Weights || tensor->host) continue;
      blocks.push_back({tensor->position, tensor->position + reach(*tensor, *profile)});
    }
  }
  std::ranges::sort(blocks, {}, &Block::begin);
  std::vector<Block> merged;
  for (const Block& block : blocks) {
    if (merged.empty() || block.begin > round_up(merged.back().end))
      merged.push_back(block);
    else
      merged.back().end = std::max(merged.back().end, block.end);
  }
  uint64_t at = 0;
  for (Block& block : merged) {
    block.at = at;
    at += round_up(block.end - block.begin);
  }
  return merged;
}

DeviceWeights::DeviceWeights(const EngineFile& engine, Device& device) : blocks_(blocks_of(engine.plan())) {
  const uint64_t bytes = blocks_.empty() ? 0 : blocks_.back().at + blocks_.back().end - blocks_.back().begin;
  memory_ = device.allocate(bytes, {"weights", "a narrower type (fp16, bf16), or fewer engines at a time, would help"});
  const auto queue = device.make_queue();
  Status status;
  for (const Block& block : blocks_) {
    if (!status) break;
    status = queue->copy(memory_->data() + block.at, engine.weights().data() + block.begin, block.end - block.begin);
  }
  if (status) status = queue->synchronize();
  if (!status) throw Error(status.code(), "copying the weights to {}: {}", device.name(), status.message());
}

const std::byte* DeviceWeights::place(uint64_t position) const noexcept {
  const auto after = std::ranges::upper_bound(blocks_, position, {}, &Block::begin);
  if (after == blocks_.begin()) return nullptr;
  const Block& block = *(after - 1);
  // An empty tensor may begin where its block ends.
  return position <= block.end ? memory_->data() + block.at + (position - block.begin) : nullptr;
}

}  // namespace tn
