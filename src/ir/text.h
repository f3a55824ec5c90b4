// SPDX-License-Identifier: Apache-2.0
// Graphs as text, for people, tests and reports of failures. One node per line:
//
//   graph main(input: f32[N,3,32,32]) {
//     constant w: f32[16,3,3,3] = #0123456789abcdef0123456789abcdef
//     constant b: f32[] = {0.5}
//     conv1 = Conv(input, w) {dilations=[1,1], group=1, pads=[1,1,1,1], strides=[1,1]} : f32[N,16,32,32]
//     y, index = MaxPool "pool1"(conv1) {…} : f32[N,16,16,16], i64[N,16,16,16]
//     z = If(condition, absent, y) : f32[N,16,16,16] {
//       graph then(x: f32[N,16,16,16]) {
//         return x
//       }
//       …
//     }
//     return y, z
//   }
//
// A node's name stands in quotes where it is not that of its first output; names with other characters than letters,
// digits and _ . / : # are quoted, too. Constants of up to 16 elements are written out, others as the hash of their
// bytes: the text has no weights.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "ir/graph.h"

namespace tn {

std::string to_text(const Graph& graph);

/// Makes an operator with default attributes; null if there is none of this name.
using OpMaker = std::shared_ptr<Op> (*)(std::string_view name);

/// Reads what to_text writes. A constant of which only the hash is known gets numbers that follow from the hash and are
/// scaled so that values stay moderate (deviation 1/sqrt(fan-in); vectors lie in [0.5, 1.5)); integers are 0 or 1.
/// Attributes and types of nodes may be left out; a type that is given must be what the type rule says. Arguments may
/// be constants: "Mul(x, f32[]{2})". Throws Error(InvalidArgument) with line and column.
Graph parse_graph(std::string_view text, OpMaker make_op);

/// Reads one node with types for arguments, "Gather(f32[4,6], i64[2]{0,5}, absent) {axis=1}": a graph whose inputs
/// x0, x1 … are the arguments that are neither constants nor absent, and whose outputs are those of the node "y".
Graph parse_case(std::string_view text, OpMaker make_op);

}  // namespace tn
