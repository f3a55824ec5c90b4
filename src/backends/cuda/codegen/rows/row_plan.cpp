// SPDX-License-Identifier: Apache-2.0
// How rows are given to threads.
#include <algorithm>
#include <bit>

#include "backends/cuda/codegen/rows/row_text.h"

namespace tn::cuda {
namespace {

constexpr int64_t kFewRows = 512;  ///< leave processors idle unless each has many threads
constexpr int64_t kKept = 32;      ///< columns that a thread keeps
constexpr int64_t kVectorBytes = 16;

int64_t largest(const Dim& dim, const SymbolRanges& ranges) {
  return std::max<int64_t>(1, range_of(dim, ranges).max);
}
int power_at_least(int64_t n) {
  return static_cast<int>(std::bit_ceil(static_cast<uint64_t>(std::max<int64_t>(1, n))));
}
int64_t blocks_of(int64_t n, int64_t size) {
  return (n + size - 1) / size;
}

bool is_across(const RowForm& form, const SymbolRanges& ranges) {
  const Dim &row = form.rows.strides[0].back(), &column = form.columns.strides[0].back();
  if (form.rows.dims.back() == Dim(1) || form.columns.dims.back() == Dim(1)) return false;
  return largest(row, ranges) < largest(column, ranges);
}

int64_t most_adjacent(DataType type) {
  return std::min<int64_t>(8, kVectorBytes / static_cast<int64_t>(size_of(type)));
}

int vector_of(const RowForm& form) {
  if (form.columns.strides[0].back() != Dim(1)) return 1;
  return static_cast<int>(vector_width(form, 0, most_adjacent(form.types[0])));
}

// Threads of a row that has so many accesses of `vector` columns.
int guessed_team(int64_t rows, int64_t accesses, int64_t vector) {
  if (accesses <= 32) return power_at_least(accesses);
  const int64_t wanted = rows <= kFewRows ? accesses : blocks_of(accesses, 4);
  const int team = std::clamp(power_at_least(wanted), 32, rows <= kFewRows ? 256 : 1024);
  if (team == 1024 || blocks_of(accesses, team) * vector <= kKept) return team;
  return std::min(1024, power_at_least(blocks_of(accesses * vector, kKept)));
}

}  // namespace

int64_t vector_width(const RowForm& form, size_t operand, int64_t limit) {
  const auto aligned = form.aligned[operand] * static_cast<int64_t>(size_of(form.types[operand]));
  int64_t width = aligned >= Operand::kAlignment ? limit : std::min(form.aligned[operand], limit);
  width = known_divisor(form.columns.dims.back(), width);
  for (const Dim& stride : form.rows.strides[operand]) width = known_divisor(stride, width);
  const Dims& strides = form.columns.strides[operand];
  for (size_t axis = 0; axis + 1 < strides.size(); ++axis) width = known_divisor(strides[axis], width);
  return width;
}

RowForm flattened(RowForm form, const SymbolRanges& ranges) {
  form.rows = flatten(form.rows, ranges);
  form.columns = flatten(form.columns, ranges);
  return form;
}

std::vector<int> row_teams(int64_t rows, int64_t columns, DataType type) {
  const int64_t vector = known_divisor(columns, most_adjacent(type)), accesses = columns / vector;
  std::vector<int> teams = {guessed_team(rows, accesses, vector)};
  for (int team = 32; team <= 256 && team / 2 < accesses; team *= 2)
    if (team != teams[0] && blocks_of(accesses, team) * vector <= kKept) teams.push_back(team);
  return teams;
}

RowPlan plan_rows(const RowForm& form, const SymbolRanges& ranges, int team) {
  RowPlan plan;
  const int64_t rows = largest(form.rows.elements(), ranges), columns = largest(form.columns.elements(), ranges);
  const bool known = form.columns.elements().is_constant();
  plan.across = is_across(form, ranges);
  if (plan.across) {
    plan.team = columns < 8 ? 1 : std::min(power_at_least(columns / 8), rows <= 32 * kFewRows ? 32 : 8);
    plan.rows = plan.team == 1 ? 128 : 32;
    const int64_t each = blocks_of(columns, plan.team);
    if (known && !reduces(form.operation) && each <= kKept) plan.steps = static_cast<int>(each);
    return plan;
  }
  plan.vector = vector_of(form);
  const int64_t accesses = blocks_of(columns, plan.vector);
  const bool given = team > 0 && known && blocks_of(accesses, team) * plan.vector <= kKept;
  plan.team = given ? team : guessed_team(rows, accesses, plan.vector);
  plan.rows = std::max(1, (rows <= kFewRows ? 32 : 128) / plan.team);
  const int64_t steps = blocks_of(accesses, plan.team);
  if (known && !reduces(form.operation) && steps * plan.vector <= kKept) plan.steps = static_cast<int>(steps);
  return plan;
}

int row_splits(const RowForm& form, const SymbolRanges& ranges) {
  constexpr int64_t kManyBlocks = 64, kLongRow = 16384, kPart = 4096, kMostParts = 128;
  const bool sums = form.operation <= RowOperation::Prod;
  const int64_t rows = largest(form.rows.elements(), ranges);
  const auto columns = form.columns.elements().constant();
  const int64_t blocks = is_across(form, ranges) ? blocks_of(rows, 32) : rows;
  if (!sums || !columns || *columns < kLongRow || blocks >= kManyBlocks) return 1;
  return static_cast<int>(std::clamp<int64_t>(*columns / kPart, 2, kMostParts / blocks));
}

}  // namespace tn::cuda
