// SPDX-License-Identifier: Apache-2.0
// What type rules share. All throw Error(InvalidModel) naming the shapes.
#pragma once

#include "ir/op.h"

namespace tn::ops {

/// NumPy broadcast of symbolic extents. A symbol against a number other than 1 is taken to equal that number; two
/// different expressions give their maximum (running checks that they agree).
Dims broadcast(const Dims& a, const Dims& b);

/// Axis in [0, rank) from one in [-rank, rank).
int normalize_axis(int64_t axis, int rank);
/// The same for a list, without duplicates.
std::vector<int> normalize_axes(std::span<const int64_t> axes, int rank);

/// An input that must have at least / exactly this rank.
void check_rank(const InferContext& context, int input, int rank);
void check_same_type(const InferContext& context, int a, int b);
/// Whether two extents can be equal: false only if both are different numbers.
bool may_equal(const Dim& a, const Dim& b);
/// The more definite of two extents that must be equal.
Dim unify(const Dim& a, const Dim& b, std::string_view what);

/// Elements of an integer input as numbers, if all of them are known.
std::optional<std::vector<int64_t>> known_integers(const InferContext& context, int input);
/// The same for an input that must be known while building; `what` names it in the error.
std::vector<int64_t> required_integers(const InferContext& context, int input, std::string_view what);

// For Op::splits_batch.
/// Whether the first extent of an operand is the batch.
bool begins_with(const InferContext& context, int input, const Dim& batch);
/// Whether the first operand begins with the batch and the others have it neither in their shapes nor in their
/// elements.
bool only_first_has_batch(const InferContext& context, const Dim& batch);
/// Whether broadcasting puts the batches of all operands that have one on the result's first axis.
bool batches_align(const InferContext& context, const Dim& batch);

/// Smallest and largest value of an expression over extents when nothing is known of its symbols: a symbol is at least
/// 1, an unknown extent ("?…") at least 0.
DimRange possible_range(const Dim& dim);
/// The smaller or larger of two expressions over extents, decided where their possible ranges decide.
Dim smaller(const Dim& a, const Dim& b);
Dim larger(const Dim& a, const Dim& b);
/// Whether an expression over extents can never be negative (as far as interval arithmetic shows).
bool never_negative(const Dim& dim);

}  // namespace tn::ops
