// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace tn::plan {

struct Plan;

/// What flatbuffers' verifier does not ask of a buffer of `bytes` that it has passed: whether the elements of vectors
/// are aligned, not only their lengths, and whether the plan unpacks to no more than the buffer holds, although many
/// tables may name one table, text or vector.
bool is_plain(const Plan& plan, size_t bytes);

}  // namespace tn::plan
