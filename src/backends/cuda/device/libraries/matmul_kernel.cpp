// SPDX-License-Identifier: Apache-2.0
// cuda.cublaslt: see matmul_step.h.
#include <algorithm>

#include "backends/cuda/device/libraries/cublaslt_matmul.h"
#include "backends/cuda/device/libraries/library_kernel.h"
#include "backends/cuda/device/libraries/library_needs.h"
#include "base/error.h"
#include "base/fields.h"

namespace tn::cuda {
namespace {

constexpr int64_t kMost = INT32_MAX, kMostElements = int64_t{1} << 40;

void check_step(const MatmulStep& step) {
  require_float(step.type, "a matrix product");
  require_float(step.result, "a matrix product");
  for (const int64_t extent : {step.rows, step.columns, step.depth, step.batch})
    require(extent >= 1 && extent <= kMost, "a matrix product with an extent of {}", extent);
  require(step.algorithm.size() == cublaslt::Algorithm{}.size(), "a matrix product has an algorithm of {} words",
          step.algorithm.size());
}

// The operand is of this type, on the device, and its elements reach as far as those of the matrices.
void check_matrix(const KernelSpec& spec, bool input, size_t i, DataType type, int64_t rows, int64_t columns,
                  const MatmulStep::Matrix& matrix, int64_t batch, const char* name) {
  require(input ? spec.has_input(i) && !spec.inputs_on_host[i] : spec.has_output(i) && !spec.outputs_on_host[i],
          "{} of a matrix product does not lie on the device", name);
  const TensorView& view = input ? spec.inputs[i] : spec.outputs[i];
  const bool packed = view.type == DataType::U8;
  require(view.type == type || packed, "{} of a matrix product is of type {}, not {}", name, name_of(view.type),
          name_of(type));
  if (matrix.transposed) std::swap(rows, columns);
  require(matrix.stride >= columns && matrix.stride <= kMost && matrix.batch >= 0 && matrix.batch <= kMostElements,
          "{} of a matrix product has strides {} and {}", name, matrix.batch, matrix.stride);
  int64_t end = 1;
  for (int axis = 0; axis < view.rank(); ++axis) end += (view.dims[axis] - 1) * view.strides[axis];
  const int64_t last = (batch - 1) * matrix.batch + (rows - 1) * matrix.stride + columns;
  if (packed) end /= static_cast<int64_t>(size_of(type));
  require(view.elements() > 0 && last <= end, "{} of a matrix product ends before its matrices", name);
}

void check_operands(const KernelSpec& spec, const MatmulStep& step) {
  require(spec.device != nullptr, "a matrix product of cuBLASLt runs on a device");
  const size_t inputs = 2 + (step.has_bias ? 1 : 0) + (step.has_residual ? 1 : 0);
  require(spec.inputs.size() == inputs && spec.outputs.size() == 1, "a matrix product has {} inputs and {} outputs",
          spec.inputs.size(), spec.outputs.size());
  check_matrix(spec, true, 0, step.type, step.rows, step.depth, step.a, step.batch, "A");
  check_matrix(spec, true, 1, step.type, step.depth, step.columns, step.b, step.batch, "B");
  if (step.has_bias) check_matrix(spec, true, 2, step.result, 1, step.columns, {false, step.columns, 0}, 1, "the bias");
  if (step.has_residual)
    check_matrix(spec, true, inputs - 1, step.result, step.rows, step.columns, step.residual, step.batch,
                 "the residual");
  check_matrix(spec, false, 0, step.result, step.rows, step.columns, step.out, step.batch, "the result");
}

}  // namespace

KernelPtr create_cublaslt(const KernelSpec& spec) {
  const auto step = decode_fields<MatmulStep>(spec.parameters);
  check_step(step);
  check_operands(spec, step);
  return make_library_kernel(kCublasLtKernel, spec, library_text(CublasLt::kName, step.library), [&]() -> SizedCall {
    auto matmul = std::make_unique<CublasLtMatmul>(step, *spec.device);
    const size_t workspace = matmul->take_algorithm(step);
    return {std::move(matmul), workspace};
  });
}

std::string library_of_cublaslt(std::span<const std::byte> parameters) {
  return library_text(CublasLt::kName, decode_fields<MatmulStep>(parameters).library);
}

}  // namespace tn::cuda
