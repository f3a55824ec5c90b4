// SPDX-License-Identifier: Apache-2.0
#include "tuning/weight_store.h"

#include <cstring>

#include "base/hash.h"
#include "engine/plan_generated.h"

namespace tn {

WeightStore::WeightStore() = default;
WeightStore::WeightStore(WeightStore&&) noexcept = default;
WeightStore::~WeightStore() = default;

uint64_t WeightStore::add(std::span<const std::byte> bytes, const Recipe& recipe) {
  constexpr size_t kAlignment = 64;
  const std::string key = hash_bytes(bytes).hex() + recipe.packing;
  if (const auto found = by_hash_.find(key); found != by_hash_.end()) return found->second;
  const uint64_t position = (bytes_.size() + kAlignment - 1) / kAlignment * kAlignment;
  bytes_.resize(position);
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  by_hash_.emplace(key, position);
  auto stored = std::make_unique<plan::WeightRecipeT>();
  stored->position = position;
  stored->bytes = bytes.size();
  stored->sources = recipe.sources;
  stored->packing = recipe.packing;
  const auto* first = reinterpret_cast<const uint8_t*>(recipe.parameters.data());
  stored->parameters.assign(first, first + recipe.parameters.size());
  recipes_.push_back(std::move(stored));
  return position;
}

std::vector<std::unique_ptr<plan::WeightRecipeT>> WeightStore::take_recipes() {
  return std::move(recipes_);
}

}  // namespace tn
