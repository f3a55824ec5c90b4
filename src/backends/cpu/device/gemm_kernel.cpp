// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/device/gemm_step.h"
#include "backends/cpu/device/kernels.h"

namespace tn::cpu {
namespace {

void require(bool condition, const char* what) {
  if (!condition) throw Error(ErrorCode::InvalidEngine, "a matrix product with {}", what);
}

// Rows of a dense tensor whose last axis is the row.
int64_t rows_of(const TensorView& view) {
  int64_t rows = 1;
  for (int i = 0; i + 1 < view.rank(); ++i) rows *= view.dims[i];
  return rows;
}

void take_residual(const TensorView& residual, Epilogue& epilogue) {
  epilogue.residual_type = residual.type;
  epilogue.residual_strides = {};
}

class GemmKernel final : public Kernel {
 public:
  explicit GemmKernel(const GemmStep& step)
      : gemm_(step.gemm()), k_(step.k), n_(step.n), epilogue_(step.epilogue.epilogue()) {}

  Status bind(std::span<const TensorView> inputs, std::span<const TensorView> outputs) noexcept override {
    const TensorView &a = inputs[kDataInput], &c = outputs[0], &residual = inputs[kResidualInput];
    if (!a.is_dense() || !c.is_dense() || rows_of(a) != rows_of(c)) {
      return Status::failure(ErrorCode::Internal, "the operands of a product do not fit");
    }
    if (residual.rank() > 0) {
      if (!(residual.dims == c.dims) || !residual.is_dense())
        return Status::failure(ErrorCode::InvalidArgument, "the residual has another shape than the result");
      take_residual(residual, epilogue_);
      epilogue_.residual_strides.axis[2] = n_;
    }
    return gemm_.bind({1, rows_of(a), 0, k_, 0, n_});
  }

  Status run(const KernelArguments& arguments) noexcept override {
    epilogue_.bias = arguments.inputs[kBiasInput].as<const float>();
    epilogue_.residual = arguments.inputs[kResidualInput].data;
    gemm_.run(arguments.lane, arguments.inputs[kDataInput].data, arguments.inputs[kWeightInput].data, epilogue_,
              arguments.outputs[0].data, arguments.workspace.data());
    return {};
  }

 private:
  Gemm gemm_;
  int64_t k_, n_;
  Epilogue epilogue_;
};

class MatMulKernel final : public Kernel {
 public:
  MatMulKernel(const GemmStep& step, const KernelSpec& spec)
      : matmul_(step.matmul(), matmul_shape(spec.inputs[0], spec.inputs[1], spec.outputs[0], step.b_column_major)),
        b_column_major_(step.b_column_major),
        epilogue_(step.epilogue.epilogue()) {
    require(spec.workspace >= matmul_.workspace_bytes(spec.threads), "too small a workspace");
  }

  Status bind(std::span<const TensorView> inputs, std::span<const TensorView> outputs) noexcept override {
    const TensorView& residual = inputs[kResidualInput];
    if (residual.rank() > 0) {
      if (!(residual.dims == outputs[0].dims))
        return Status::failure(ErrorCode::InvalidArgument, "the residual has another shape than the result");
      take_residual(residual, epilogue_);
      const MatMulShape strides = matmul_shape(residual, residual, residual, false);
      epilogue_.residual_strides.axis = strides.c;
    }
    return matmul_.bind(matmul_shape(inputs[0], inputs[1], outputs[0], b_column_major_));
  }

  Status run(const KernelArguments& arguments) noexcept override {
    epilogue_.bias = arguments.inputs[kBiasInput].as<const float>();
    epilogue_.residual = arguments.inputs[kResidualInput].data;
    matmul_.run(arguments.lane, arguments.inputs[0].data, arguments.inputs[1].data, epilogue_,
                arguments.outputs[0].data, arguments.workspace.data());
    return {};
  }

 private:
  MatMul matmul_;
  bool b_column_major_;
  Epilogue epilogue_;
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

uint32_t product_features(std::span<const std::byte> parameters) {
  return features_of(decode_fields<GemmStep>(parameters).isa);
}

KernelPtr create_gemm(const KernelSpec& spec) {
  const auto step = decode_fields<GemmStep>(spec.parameters);
  require(step.k > 0 && step.n > 0, "extents that are not positive");
  require_isa(step.isa);
  require(Gemm::supports(step.gemm()), "parameters that its kernels do not have");
  require_epilogue_operands(spec, step.n);
  const TensorView &a = spec.inputs[kDataInput], &packed = spec.inputs[kWeightInput], &c = spec.outputs[0];
  require(a.rank() >= 1 && c.rank() == a.rank() && a.type == step.type && c.type == step.out_type,
          "operands of another rank or type");
  require(a.dims[a.rank() - 1] == step.k && c.dims[c.rank() - 1] == step.n, "operands of other extents");
  require(packed.data && packed.type == DataType::U8 &&
              packed.dims == Shape{static_cast<int64_t>(Gemm::packed_bytes(step.gemm()))},
          "packed weights of the wrong size");
  return std::make_unique<GemmKernel>(step);
}

KernelPtr create_matmul(const KernelSpec& spec) {
  const auto step = decode_fields<GemmStep>(spec.parameters);
  require_isa(step.isa);
  require(MatMul::supports(step.matmul()), "parameters that its kernels do not have");
  const TensorView &a = spec.inputs[0], &b = spec.inputs[1], &c = spec.outputs[0];
  require(c.rank() >= 2 && c.rank() <= 4 && a.rank() == c.rank() && b.rank() >= 2 && b.rank() <= c.rank(),
          "operands of another rank");
  require_epilogue_operands(spec, c.dims[c.rank() - 1]);
  require(a.type == step.type && b.type == step.type && c.type == step.out_type, "operands of other types");
  return std::make_unique<MatMulKernel>(step, spec);
}

}  // namespace tn::cpu
