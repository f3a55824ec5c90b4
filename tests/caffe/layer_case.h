// SPDX-License-Identifier: Apache-2.0
// One layer of Caffe on known inputs, and what Caffe's definition gives. The expected values were computed with NumPy
// from these definitions, not by this program.
#pragma once

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace tn {

struct Array {
  std::vector<int64_t> dims;
  std::vector<double> values;
};

struct LayerCase {
  std::string_view name;
  std::string_view layer;     ///< prototxt with its weights: bottoms x0, x1 …, tops y0, y1 …
  std::vector<Array> inputs;  ///< x0, x1 …
  std::vector<Array> outputs;
};

/// Imports the layer, evaluates the graph by the definitions of its operators, and compares.
void check(const LayerCase& layer);
/// Imports the layer with each of its numbers replaced by absurd ones, with words taken out, and cut off: each time
/// there is a network or a tn::Error.
void check_damaged(const LayerCase& layer);

struct LayerName {
  std::string operator()(const testing::TestParamInfo<LayerCase>& info) const { return std::string(info.param.name); }
};

}  // namespace tn
