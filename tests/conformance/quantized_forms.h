// SPDX-License-Identifier: Apache-2.0
// Regions around a product of quantized operands, of all the forms that kernels of bytes know.
#pragma once

#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "support/session.h"

namespace tn::test {

struct QuantizedForm {
  std::string name;
  std::string anchor = "Conv(a, b, s) {strides=[1,1], dilations=[1,1], pads=[1,1,1,1]}";
  std::string x = "u8[2,12,9,8]", w = "i8[20,12,3,3]", y = "20,9,8";
  std::string scales = "20,1,1,1";
  std::string zero_point = "117";
  std::string tail;  ///< from c to the result z; r is a residual of bytes
  std::string to = "u8";
  bool exact = true;  ///< all backends give the same bits: nothing is computed in f32 but what rounds once
};
void PrintTo(const QuantizedForm& form, std::ostream* out);

std::vector<QuantizedForm> quantized_forms();
Graph graph_of(const QuantizedForm& form);
/// All bytes, for each input of the graph.
std::map<std::string, Value> random_bytes(const Graph& graph);

}  // namespace tn::test
