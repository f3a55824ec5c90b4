// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/device/kernels.h"
#include "backends/cpu/kernels/jit/elementwise_loop.h"

namespace tn::cpu {
namespace {

std::vector<DataType> types_of(std::span<const TensorView> views) {
  std::vector<DataType> types;
  for (const TensorView& view : views) types.push_back(view.type);
  return types;
}

// Operands that repeat along the result's last axis, at the largest shapes.
uint64_t repeating_operands(const KernelSpec& spec) {
  uint64_t pattern = 0;
  const Shape& dims = spec.outputs[0].dims;
  for (size_t i = 0; i < spec.inputs.size(); ++i) {
    const TensorView& view = spec.inputs[i];
    const bool repeats =
        view.rank() == 0 || (dims.rank() > 0 && dims[dims.rank() - 1] != 1 && view.dims[view.rank() - 1] == 1);
    if (repeats) pattern |= uint64_t{1} << i;
  }
  return pattern;
}

class ElementwiseKernel final : public Kernel {
 public:
  ElementwiseKernel(const ScalarProgram& program, const KernelSpec& spec, std::span<const uint64_t> patterns)
      : loop_(program, types_of(spec.inputs), types_of(spec.outputs), spec.threads, patterns),
        inputs_(spec.inputs.size()),
        outputs_(spec.outputs.size()),
        input_data_(spec.inputs.size()),
        output_data_(spec.outputs.size()) {}

  Status bind(std::span<const TensorView> inputs, std::span<const TensorView> outputs) noexcept override {
    const Shape& dims = outputs[0].dims;
    for (size_t i = 0; i < inputs.size(); ++i) {
      Shape together;
      if (!broadcast_shapes(inputs[i].dims, dims, together) || !(together == dims)) {
        return Status::failure(ErrorCode::InvalidArgument,
                               "operand {} has a shape that does not broadcast to the result", i);
      }
      inputs_[i] = broadcast_strides(inputs[i].dims, inputs[i].strides, dims);
    }
    for (size_t i = 0; i < outputs.size(); ++i) {
      if (!(outputs[i].dims == dims)) return Status::failure(ErrorCode::InvalidArgument, "results differ in shape");
      outputs_[i] = outputs[i].strides;
    }
    return loop_.bind(dims, inputs_, outputs_);
  }

  Status run(const KernelArguments& arguments) noexcept override {
    for (size_t i = 0; i < input_data_.size(); ++i) input_data_[i] = arguments.inputs[i].data;
    for (size_t i = 0; i < output_data_.size(); ++i) output_data_[i] = arguments.outputs[i].data;
    loop_.run(arguments.lane, input_data_.data(), output_data_.data());
    return {};
  }

 private:
  ElementwiseLoop loop_;
  std::vector<Shape> inputs_, outputs_;
  std::vector<const void*> input_data_;
  std::vector<void*> output_data_;
};

}  // namespace

KernelPtr create_elementwise(const KernelSpec& spec) {
  ByteReader reader(spec.parameters);
  const ScalarProgram program = ScalarProgram::decode(reader);
  require_operands(spec, program.inputs.size(), program.results.size());
  require(!spec.outputs.empty(), "a program without results");
  const uint64_t pattern = repeating_operands(spec);
  return std::make_unique<ElementwiseKernel>(program, spec, std::span(&pattern, 1));
}

}  // namespace tn::cpu
