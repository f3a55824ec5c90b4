// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/device/kernels.h"
#include "backends/cpu/device/row_steps.h"
#include "backends/cpu/kernels/rows/norm.h"
#include "backends/cpu/kernels/rows/reduce.h"
#include "backends/cpu/kernels/rows/softmax.h"

namespace tn::cpu {
namespace {

void require(bool condition, const char* what) {
  if (!condition) throw Error(ErrorCode::InvalidEngine, "a row kernel with {}", what);
}

class SoftmaxKernel final : public Kernel {
 public:
  SoftmaxKernel(const SoftmaxStep& step, DataType type)
      : softmax_(type, step.log), axis_(static_cast<int>(step.axis)) {}
  Status bind(std::span<const TensorView> inputs, std::span<const TensorView> outputs) noexcept override {
    softmax_.bind(inputs[0].dims, inputs[0].strides, outputs[0].strides, axis_);
    return {};
  }
  Status run(const KernelArguments& arguments) noexcept override {
    softmax_.run(arguments.lane, arguments.inputs[0].data, arguments.outputs[0].data);
    return {};
  }

 private:
  Softmax softmax_;
  int axis_;
};

class NormKernel final : public Kernel {
 public:
  NormKernel(const NormStep& step, DataType type)
      : norm_(type, step.rms ? RowNorm::Kind::Rms : RowNorm::Kind::Layer, static_cast<float>(step.epsilon)),
        axis_(static_cast<int>(step.axis)) {}
  Status bind(std::span<const TensorView> inputs, std::span<const TensorView> outputs) noexcept override {
    int64_t rows = 1, row = 1;
    for (int i = 0; i < inputs[0].rank(); ++i) (i < axis_ ? rows : row) *= inputs[0].dims[i];
    if (!inputs[0].is_dense() || !outputs[0].is_dense())
      return Status::failure(ErrorCode::Internal, "operands with gaps");
    norm_.bind(rows, row);
    return {};
  }
  Status run(const KernelArguments& arguments) noexcept override {
    RowNorm::Operands operands;
    operands.in = arguments.inputs[0].data;
    operands.scale = arguments.inputs[1].as<const float>();
    operands.bias = arguments.inputs[2].as<const float>();
    operands.out = arguments.outputs[0].data;
    norm_.run(arguments.lane, operands);
    return {};
  }

 private:
  RowNorm norm_;
  int axis_;
};

class ReduceKernel final : public Kernel {
 public:
  ReduceKernel(const ReduceStep& step, DataType type)
      : reduce_(type, static_cast<ReduceOp>(step.operation)),
        axes_(static_cast<uint32_t>(step.axes)),
        keep_axes_(step.keep_axes) {}
  Status bind(std::span<const TensorView> inputs, std::span<const TensorView> outputs) noexcept override {
    Shape strides;
    int at = 0;
    for (int i = 0; i < inputs[0].rank(); ++i) {
      const bool reduced = ((axes_ >> i) & 1u) != 0;
      strides.push_back(reduced ? 0 : outputs[0].strides[at]);
      if (!reduced || keep_axes_) ++at;
    }
    reduce_.bind(inputs[0].dims, inputs[0].strides, axes_, strides);
    return {};
  }
  Status run(const KernelArguments& arguments) noexcept override {
    reduce_.run(arguments.lane, arguments.inputs[0].data, arguments.outputs[0].data);
    return {};
  }

 private:
  Reduce reduce_;
  uint32_t axes_;
  bool keep_axes_;
};

}  // namespace

KernelPtr create_softmax(const KernelSpec& spec) {
  const auto step = decode_fields<SoftmaxStep>(spec.parameters);
  require_operands(spec, 1, 1);
  require(step.axis >= 0 && step.axis < spec.inputs[0].rank() && spec.outputs[0].rank() == spec.inputs[0].rank(),
          "another rank");
  require(spec.inputs[0].type == spec.outputs[0].type, "operands of different types");
  return std::make_unique<SoftmaxKernel>(step, spec.inputs[0].type);
}

KernelPtr create_norm(const KernelSpec& spec) {
  const auto step = decode_fields<NormStep>(spec.parameters);
  require_operands(spec, 3, 1);
  const TensorView& x = spec.inputs[0];
  require(step.axis >= 0 && step.axis < x.rank() && spec.outputs[0].rank() == x.rank(), "another rank");
  require(x.type == spec.outputs[0].type, "operands of different types");
  int64_t row = 1;
  for (int i = static_cast<int>(step.axis); i < x.rank(); ++i) row *= x.dims[i];
  for (const int i : {1, 2}) {
    const TensorView& weight = spec.inputs[static_cast<size_t>(i)];
    if (weight.rank() == 0) continue;
    require(weight.type == DataType::F32 && weight.elements() == row && weight.is_dense(),
            "a scale or bias of another shape");
  }
  return std::make_unique<NormKernel>(step, x.type);
}

KernelPtr create_reduce(const KernelSpec& spec) {
  const auto step = decode_fields<ReduceStep>(spec.parameters);
  require_operands(spec, 1, 1);
  const int rank = spec.inputs[0].rank();
  require(step.operation >= 0 && step.operation <= static_cast<int64_t>(ReduceOp::LogSumExp), "an unknown operation");
  require(step.axes >= 0 && step.axes < (int64_t{1} << rank), "axes outside the tensor");
  const int kept = step.keep_axes ? rank : rank - __builtin_popcountll(static_cast<uint64_t>(step.axes));
  require(spec.outputs[0].rank() == kept && spec.inputs[0].type == spec.outputs[0].type,
          "a result of another rank or type");
  return std::make_unique<ReduceKernel>(step, spec.inputs[0].type);
}

}  // namespace tn::cpu
