// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/device/requirements.h"

#include <algorithm>

#include "base/stored_float.h"

namespace tn::cpu {

void require_operands(const KernelSpec& spec, size_t inputs, size_t outputs, std::initializer_list<size_t> optional) {
  require(spec.inputs.size() == inputs && spec.outputs.size() == outputs,
          "{} inputs and {} outputs where {} and {} are needed", spec.inputs.size(), spec.outputs.size(), inputs,
          outputs);
  for (size_t i = 0; i < inputs; ++i) {
    const bool may_miss = std::find(optional.begin(), optional.end(), i) != optional.end();
    require(may_miss || spec.has_input(i), "input {} is absent", i);
  }
  for (size_t i = 0; i < outputs; ++i) require(spec.has_output(i), "output {} is absent", i);
}

void require_type(const TensorView& view, DataType type, const char* operand) {
  require(view.type == type, "the {} is {} instead of {}", operand, name_of(view.type), name_of(type));
}

void require_float(DataType type, const char* operand) {
  require(is_stored_float(type), "the {} is {}", operand, name_of(type));
}

void require_rank(const TensorView& view, int least, int most, const char* operand) {
  require(view.rank() >= least && view.rank() <= most, "the {} has rank {}", operand, view.rank());
}

void require_packed(const TensorView& view, size_t bytes) {
  require_type(view, DataType::U8, "packed weights");
  require(view.data != nullptr && is_vector(view, static_cast<int64_t>(bytes)), "packed weights of {} instead of [{}]",
          to_string(view.dims), bytes);
}

void require_workspace(const KernelSpec& spec, size_t bytes) {
  require(spec.workspace >= bytes, "a workspace of {} bytes where {} are needed", spec.workspace, bytes);
}

bool product_within(std::initializer_list<int64_t> factors, int64_t most) noexcept {
  if (std::find(factors.begin(), factors.end(), 0) != factors.end()) return true;
  int64_t product = 1;
  for (const int64_t factor : factors) {
    if (__builtin_mul_overflow(product, factor, &product) || product > most) return false;
  }
  return true;
}

bool is_vector(const TensorView& view, int64_t count) noexcept {
  return view.rank() == 1 && view.dims[0] == count && is_contiguous(view, 0);
}

bool overlap(const TensorView& a, const TensorView& b) noexcept {
  const auto x = a.bounded().bounds, y = b.bounded().bounds;
  return x.begin < y.begin + y.bytes && y.begin < x.begin + x.bytes;
}

Status misfit(const char* what) noexcept {
  return Status::failure(ErrorCode::InvalidEngine, "the operands do not fit: {}", what);
}

}  // namespace tn::cpu
