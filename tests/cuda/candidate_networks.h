// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tn::test {

/// A network of one to three layers that shows what a kernel family must be able to do.
struct CandidateNetwork {
  std::string_view name;
  std::string_view text;  ///< of a graph in f32; "$" stands for the hash of a constant's data
  /// Values of its symbols: one engine for all of them, run with each.
  std::vector<std::map<std::string, int64_t>> sizes = {{}};
};

/// Convolutions and pools.
std::span<const CandidateNetwork> window_networks();
/// Matrix products, attention, rows and elements.
std::span<const CandidateNetwork> product_networks();

}  // namespace tn::test
