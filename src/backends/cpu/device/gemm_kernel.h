// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/device/gemm_step.h"

namespace tn::cpu {

/// Parameters, factor, packed weights and result of a step that has these operands. Throws Error(InvalidEngine).
void check_gemm(const GemmParams& params, const KernelSpec& spec);

/// Gemm with the epilogue that Operands(epilogue, spec) checks.
template <typename Operands>
class GemmKernel final : public Kernel {
 public:
  template <typename EpilogueStep>
  GemmKernel(const GemmParams& params, const EpilogueStep& epilogue, const KernelSpec& spec)
      : gemm_(params),
        k_(params.k),
        n_(params.n),
        packed_bytes_(static_cast<int64_t>(Gemm::packed_bytes(params))),
        epilogue_(epilogue, spec) {}

  Status bind(std::span<const TensorView> inputs, std::span<const TensorView> outputs) noexcept override {
    const TensorView &a = inputs[kDataInput], &c = outputs[0];
    if (a.dims[a.rank() - 1] != k_ || c.dims[c.rank() - 1] != n_ || rows_of(a) != rows_of(c))
      return misfit("factors and result of a product");
    if (!a.is_dense() || !c.is_dense()) return misfit("a matrix with gaps");
    if (!is_vector(inputs[kWeightInput], packed_bytes_)) return misfit("packed weights of another size");
    if (Status status = epilogue_.bind(inputs, c, n_); !status) return status;
    if (epilogue_.has_residual()) {
      if (!inputs[kResidualInput].is_dense()) return misfit("a residual with gaps");
      epilogue_.set_residual_strides({0, {0, 0, n_}});
    }
    return gemm_.bind({1, rows_of(a), 0, k_, 0, n_});
  }

  Status run(const KernelArguments& arguments) noexcept override {
    gemm_.run(arguments.lane, arguments.inputs[kDataInput].data, arguments.inputs[kWeightInput].data,
              epilogue_.of(arguments), arguments.outputs[0].data, arguments.workspace.data());
    return {};
  }

 private:
  // Rows of a dense tensor whose last axis is the row.
  static int64_t rows_of(const TensorView& view) noexcept {
    int64_t rows = 1;
    for (int i = 0; i + 1 < view.rank(); ++i) rows *= view.dims[i];
    return rows;
  }

  Gemm gemm_;
  int64_t k_, n_, packed_bytes_;
  Operands epilogue_;
};

}  // namespace tn::cpu
