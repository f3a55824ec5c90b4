// SPDX-License-Identifier: Apache-2.0
// Small networks whose inputs have symbols in their shapes, and engines of them.
#pragma once

#include <memory>
#include <string>

#include "builder/builder.h"
#include "engine/engine_file.h"

namespace tn::test {

struct DynamicNetwork {
  std::string name;
  std::string text;             ///< of the graph (ir/text.h)
  OptimizationProfile profile;  ///< bounds of its inputs
};

/// Convolutions of every algorithm with epilogues, pools, a concatenation, a resize and a classifier: x f32[N,8,H,H].
const DynamicNetwork& conv_network();
/// Two heads of attention with a mask, layer norms, GELU, a gathered embedding: ids i64[N,S], mask f32[N,1,1,S].
const DynamicNetwork& transformer();

Graph graph_of(const DynamicNetwork& network);
/// Whether the network runs image by image as far as it can.
enum class Batch : uint8_t { Whole, ImageByImage };
/// An engine for the network's profile; with timing off the first candidate of each region is taken.
std::shared_ptr<const EngineFile> build_dynamic(const DynamicNetwork& network, int threads, bool timing,
                                                Batch batch = Batch::Whole);
/// One for a CUDA device, without timing.
std::shared_ptr<const EngineFile> build_dynamic(const DynamicNetwork& network, Device& device);

}  // namespace tn::test
