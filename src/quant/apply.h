// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "quant/plan.h"

namespace tn::quant {

/// What a plan became.
struct Applied {
  std::set<std::string> products;    ///< convolutions and matrix products with quantized operands, by name
  int tensors = 0;                   ///< activations that are rounded
  std::vector<std::string> missing;  ///< activations that products read and for which there is no scale
};

/// What rounded weights become: integers behind a Dequantize, or the floats that these stand for, where nothing
/// computes with integers.
enum class Weights : uint8_t { Integers, Floats };

/// Inserts pairs of Quantize and Dequantize, marked as implicit: at the activations that convolutions and matrix
/// products with constant weights read, at these weights (s8 within ±127, a scale per output channel), and at the
/// branch of a sum that is added to a convolution's result. What convolutions read is rounded for all its readers;
/// outputs of the network are not rounded. Biases stay floats, and so do the nodes in `floats`, and small matrix
/// products that are not in `demanded`; both by name.
Applied insert_pairs(Graph& graph, const Plan& plan, Weights weights = Weights::Integers,
                     const std::set<std::string>& floats = {}, const std::set<std::string>& demanded = {});

}  // namespace tn::quant
