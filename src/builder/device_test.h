// SPDX-License-Identifier: Apache-2.0
// What tests of tuning for a device share: a network, and a compiler that compiles nothing.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ir/text.h"
#include "ops/entry.h"
#include "tuning/text_compiler.h"

namespace tn {

/// Convolution, Relu, the same, another convolution, Tanh.
inline Graph three_convolutions() {
  return parse_graph(R"(graph g(x: f32[1,64,14,14]) {
  constant w1: f32[64,64,3,3] = #0123456789abcdef0123456789abcdef
  constant w2: f32[64,64,3,3] = #fedcba9876543210fedcba9876543210
  constant w3: f32[128,64,1,1] = #00112233445566778899aabbccddeeff
  a = Conv(x, w1) {strides=[1,1], dilations=[1,1], pads=[1,1,1,1]}
  b = Relu(a)
  c = Conv(b, w2) {strides=[1,1], dilations=[1,1], pads=[1,1,1,1]}
  d = Relu(c)
  e = Conv(d, w3) {strides=[1,1], dilations=[1,1], pads=[0,0,0,0]}
  y = Tanh(e)
  return y
})",
                     ops::make_op_by_name);
}

/// Compiles nothing, and notes what it is asked for.
class NoCompiler final : public TextCompiler {
 public:
  std::vector<std::byte> compile(const std::string& source, const std::string&) override {
    if (needed.empty()) expected_before = expected.size();
    needed.insert(source);
    return std::vector<std::byte>(1);
  }
  void prefetch(const std::string& source, const std::string&) override { expected.insert(source); }

  std::set<std::string> expected, needed;
  size_t expected_before = 0;  ///< when the first was needed
};

}  // namespace tn
