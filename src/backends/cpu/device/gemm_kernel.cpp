// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/device/gemm_kernel.h"

#include "backends/cpu/device/kernels.h"

namespace tn::cpu {
namespace {

constexpr int64_t kMostElements = int64_t{1} << 40;

// The i-th extent from the end.
int64_t last(const TensorView& view, int i = 0) {
  return view.dims[view.rank() - 1 - i];
}

class MatMulKernel final : public Kernel {
 public:
  MatMulKernel(const GemmStep& step, const KernelSpec& spec)
      : matmul_(step.matmul(), matmul_shape(spec.inputs[0], spec.inputs[1], spec.outputs[0], step.b_column_major)),
        b_column_major_(step.b_column_major),
        b_transposed_(step.transpose_b != step.b_column_major),
        epilogue_(step.epilogue, spec) {
    require_workspace(spec, matmul_.workspace_bytes(spec.threads));
  }

  Status bind(std::span<const TensorView> inputs, std::span<const TensorView> outputs) noexcept override {
    const TensorView &a = inputs[0], &b = inputs[1], &c = outputs[0], &residual = inputs[kResidualInput];
    const int64_t k = last(a), n = last(c);
    if (last(a, 1) != last(c, 1) || last(b, b_transposed_ ? 0 : 1) != k || last(b, b_transposed_ ? 1 : 0) != n ||
        !repeats_over(a, c) || !repeats_over(b, c)) {
      return misfit("factors and result of a product");
    }
    if (!is_contiguous(a, a.rank() - 1) || !is_contiguous(b, b.rank() - (b_column_major_ ? 2 : 1)) ||
        !is_contiguous(c, c.rank() - 1)) {
      return misfit("a matrix whose rows have gaps");
    }
    if (Status status = epilogue_.bind(inputs, c, n); !status) return status;
    if (epilogue_.has_residual()) {
      if (!is_contiguous(residual, residual.rank() - 1)) return misfit("a residual whose rows have gaps");
      epilogue_.set_residual_strides({0, matmul_shape(residual, residual, residual, false).c});
    }
    return matmul_.bind(matmul_shape(a, b, c, b_column_major_));
  }

  Status run(const KernelArguments& arguments) noexcept override {
    matmul_.run(arguments.lane, arguments.inputs[0].data, arguments.inputs[1].data, epilogue_.of(arguments),
                arguments.outputs[0].data, arguments.workspace.data());
    return {};
  }

 private:
  // Whether the batch axes of a factor, aligned at the right, are those of the result or repeat.
  static bool repeats_over(const TensorView& factor, const TensorView& c) noexcept {
    for (int i = 2; i < factor.rank(); ++i) {
      if (last(factor, i) != 1 && last(factor, i) != last(c, i)) return false;
    }
    return true;
  }

  MatMul matmul_;
  bool b_column_major_, b_transposed_;
  EpilogueOperands epilogue_;
};

}  // namespace

MatMulShape matmul_shape(const TensorView& a, const TensorView& b, const TensorView& c, bool b_column_major) {
  const int rank = c.rank();
  MatMulShape shape;
  shape.m = c.dims[rank - 2];
  shape.n = c.dims[rank - 1];
  shape.k = a.dims[a.rank() - 1];
  const auto strides = [&](const TensorView& view, int row_axis) {
    Extent result{};
    // Batch axes are aligned at the right; one of extent 1 repeats.
    for (int batch = 0; batch < 2; ++batch) {
      const int axis = view.rank() - 4 + batch;
      if (axis >= 0 && view.dims[axis] != 1) result[static_cast<size_t>(batch)] = view.strides[axis];
    }
    result[2] = view.strides[view.rank() - 2 + row_axis];
    return result;
  };
  if (rank >= 4) shape.outer = c.dims[rank - 4];
  if (rank >= 3) shape.inner = c.dims[rank - 3];
  shape.a = strides(a, 0);
  shape.b = strides(b, b_column_major ? 1 : 0);
  shape.c = strides(c, 0);
  return shape;
}

void check_gemm(const GemmParams& p, const KernelSpec& spec) {
  require(p.k > 0 && p.n > 0 && product_within({p.k, p.n}, kMostElements), "a product of {} x {} weights", p.k, p.n);
  require(has_tile(p.isa, p.type, p.tile), "parameters that its kernels do not have");
  const TensorView &a = spec.inputs[kDataInput], &c = spec.outputs[0];
  require_rank(a, 1, kMaxRank, "factor");
  require_rank(c, a.rank(), a.rank(), "result");
  require_type(a, p.type, "factor");
  require_type(c, p.out_type, "result");
  require_packed(spec.inputs[kWeightInput], Gemm::packed_bytes(p));
}

uint32_t product_features(std::span<const std::byte> parameters) {
  return features_of(decode_fields<GemmStep>(parameters).isa);
}

KernelPtr create_gemm(const KernelSpec& spec) {
  const auto step = decode_fields<GemmStep>(spec.parameters);
  require_isa(step.isa);
  require_float(step.type, "factor");
  require_operands(spec, kProductInputs, 1, {kBiasInput, kResidualInput});
  check_gemm(step.gemm(), spec);
  return std::make_unique<GemmKernel<EpilogueOperands>>(step.gemm(), step.epilogue, spec);
}

KernelPtr create_matmul(const KernelSpec& spec) {
  const auto step = decode_fields<GemmStep>(spec.parameters);
  require_isa(step.isa);
  require_float(step.type, "factor");
  require(has_tile(step.isa, step.type, step.tile), "parameters that its kernels do not have");
  require_operands(spec, kProductInputs, 1, {kBiasInput, kResidualInput});
  const TensorView &a = spec.inputs[0], &b = spec.inputs[1], &c = spec.outputs[0];
  require_rank(c, 2, 4, "result");
  require_rank(a, c.rank(), c.rank(), "factor");
  require_rank(b, 2, c.rank(), "factor");
  require_type(a, step.type, "factor");
  require_type(b, step.type, "factor");
  require_type(c, step.out_type, "result");
  require(product_within({last(a), last(c)}, kMostElements), "a product of {} x {} weights", last(a), last(c));
  return std::make_unique<MatMulKernel>(step, spec);
}

}  // namespace tn::cpu
