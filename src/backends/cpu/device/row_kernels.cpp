// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "backends/cpu/device/kernels.h"
#include "backends/cpu/device/row_steps.h"
#include "backends/cpu/kernels/rows/norm.h"
#include "backends/cpu/kernels/rows/reduce.h"
#include "backends/cpu/kernels/rows/softmax.h"

namespace tn::cpu {
namespace {

class SoftmaxKernel final : public Kernel {
 public:
  SoftmaxKernel(const SoftmaxStep& step, DataType type)
      : softmax_(type, step.log), axis_(static_cast<int>(step.axis)) {}
  Status bind(std::span<const TensorView> inputs, std::span<const TensorView> outputs) noexcept override {
    if (!(inputs[0].dims == outputs[0].dims)) return misfit("a softmax between different shapes");
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
  NormKernel(const NormStep& step, const KernelSpec& spec)
      : norm_(spec.inputs[0].type, step.rms ? RowNorm::Kind::Rms : RowNorm::Kind::Layer,
              static_cast<float>(step.epsilon)),
        axis_(static_cast<int>(step.axis)),
        given_{true, spec.has_input(1), spec.has_input(2)} {}
  Status bind(std::span<const TensorView> inputs, std::span<const TensorView> outputs) noexcept override {
    int64_t rows = 1, row = 1;
    for (int i = 0; i < inputs[0].rank(); ++i) (i < axis_ ? rows : row) *= inputs[0].dims[i];
    if (!(inputs[0].dims == outputs[0].dims)) return misfit("a normalization between different shapes");
    if (!inputs[0].is_dense() || !outputs[0].is_dense()) return misfit("a normalization of operands with gaps");
    for (const size_t i : {1u, 2u}) {
      if (given_[i] && (inputs[i].elements() != row || !inputs[i].is_dense()))
        return misfit("a scale or bias of another shape");
    }
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
  std::array<bool, 3> given_;
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
      if (reduced && !keep_axes_) continue;
      if (outputs[0].dims[at++] != (reduced ? 1 : inputs[0].dims[i])) return misfit("a reduction to another shape");
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

void require_axis(int64_t axis, const TensorView& view) {
  require(axis >= 0 && axis < view.rank(), "axis {} of rank {}", axis, view.rank());
}

}  // namespace

KernelPtr create_softmax(const KernelSpec& spec) {
  const auto step = decode_fields<SoftmaxStep>(spec.parameters);
  require_operands(spec, 1, 1);
  require_axis(step.axis, spec.inputs[0]);
  require_type(spec.outputs[0], spec.inputs[0].type, "result");
  return std::make_unique<SoftmaxKernel>(step, spec.inputs[0].type);
}

KernelPtr create_norm(const KernelSpec& spec) {
  const auto step = decode_fields<NormStep>(spec.parameters);
  require_operands(spec, 3, 1, {1, 2});
  require_axis(step.axis, spec.inputs[0]);
  require_type(spec.outputs[0], spec.inputs[0].type, "result");
  for (const size_t i : {1u, 2u}) {
    if (spec.has_input(i)) require_type(spec.inputs[i], DataType::F32, "scale or bias");
  }
  return std::make_unique<NormKernel>(step, spec);
}

KernelPtr create_reduce(const KernelSpec& spec) {
  const auto step = decode_fields<ReduceStep>(spec.parameters);
  require_operands(spec, 1, 1);
  const int rank = spec.inputs[0].rank();
  require(step.operation >= 0 && step.operation <= static_cast<int64_t>(ReduceOp::LogSumExp), "unknown operation {}",
          step.operation);
  require(step.axes >= 0 && step.axes < (int64_t{1} << rank), "axes outside of rank {}", rank);
  const int kept = step.keep_axes ? rank : rank - __builtin_popcountll(static_cast<uint64_t>(step.axes));
  require_rank(spec.outputs[0], kept, kept, "result");
  require_type(spec.outputs[0], spec.inputs[0].type, "result");
  return std::make_unique<ReduceKernel>(step, spec.inputs[0].type);
}

}  // namespace tn::cpu
