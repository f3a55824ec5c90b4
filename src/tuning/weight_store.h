// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/plan.h"

namespace tn {

/// The weights section under construction: blobs at multiples of 64 bytes, equal ones stored once, each with the recipe
/// by which it can be made again.
class WeightStore {
 public:
  struct Recipe {
    std::vector<std::string> sources;  ///< names of the constants it was made from
    std::string packing;               ///< "dense" or a packing of a kernel
    std::vector<std::byte> parameters;
  };
  WeightStore();
  WeightStore(WeightStore&&) noexcept;
  ~WeightStore();
  /// Returns the blob's position.
  uint64_t add(std::span<const std::byte> bytes, const Recipe& recipe);
  std::span<const std::byte> bytes() const { return bytes_; }
  std::vector<std::unique_ptr<plan::WeightRecipeT>> take_recipes();

 private:
  std::vector<std::byte> bytes_;
  std::map<std::string, uint64_t> by_hash_;
  std::vector<std::unique_ptr<plan::WeightRecipeT>> recipes_;
};

}  // namespace tn
