// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include "backends/cpu/device/kernels.h"
#include "program/scalar_program.h"

namespace tn::cpu {
namespace {

class InterpretedKernel final : public Kernel {
 public:
  InterpretedKernel(ScalarProgram program, int threads) : program_(std::move(program)) {
    inputs_.resize(program_.inputs.size());
    scratch_.resize(static_cast<size_t>(threads));
    for (Scratch& scratch : scratch_) {
      scratch.inputs.resize(program_.inputs.size());
      scratch.results.resize(program_.results.size());
      scratch.values.resize(program_.instructions.size());
      for (auto& value : scratch.inputs) scratch.input_pointers.push_back(&value);
      for (auto& value : scratch.results) scratch.result_pointers.push_back(&value);
    }
  }

  Status bind(std::span<const TensorView> inputs, std::span<const TensorView> outputs) noexcept override {
    dims_ = outputs[0].dims;
    for (size_t i = 0; i < inputs.size(); ++i) {
      Shape together;
      if (!broadcast_shapes(inputs[i].dims, dims_, together) || !(together == dims_)) {
        return Status::failure(ErrorCode::InvalidArgument, "an operand does not broadcast to the result");
      }
      inputs_[i] = broadcast_strides(inputs[i].dims, inputs[i].strides, dims_);
    }
    for (const TensorView& output : outputs) {
      if (!(output.dims == dims_)) return Status::failure(ErrorCode::InvalidArgument, "results differ in shape");
    }
    return {};
  }

  Status run(const KernelArguments& arguments) noexcept override {
    arguments.lane.run([&](int thread) {
      const int64_t count = dims_.elements(), size = arguments.lane.size();
      run_range(arguments, scratch_[static_cast<size_t>(thread)], count * thread / size, count * (thread + 1) / size);
    });
    return {};
  }

 private:
  struct Scratch {
    std::vector<ScalarValue> inputs, results, values;
    std::vector<const ScalarValue*> input_pointers;
    std::vector<ScalarValue*> result_pointers;
  };

  // Offset of the element with row-major number `index`.
  int64_t offset_of(int64_t index, const Shape& strides) const {
    int64_t offset = 0;
    for (int axis = dims_.rank() - 1; axis >= 0; --axis) {
      offset += index % dims_[axis] * strides[axis];
      index /= dims_[axis];
    }
    return offset;
  }

  void run_range(const KernelArguments& arguments, Scratch& scratch, int64_t begin, int64_t end) const {
    for (int64_t index = begin; index < end; ++index) {
      for (size_t i = 0; i < inputs_.size(); ++i) {
        const int64_t offset = offset_of(index, inputs_[i]);
        if (is_float(program_.inputs[i]))
          scratch.inputs[i].f = load_double(arguments.inputs[i], offset);
        else
          scratch.inputs[i].i = load_int64(arguments.inputs[i], offset);
      }
      evaluate(program_, FloatMode::Double, 1, scratch.input_pointers.data(), scratch.result_pointers.data(),
               scratch.values);
      for (size_t i = 0; i < scratch.results.size(); ++i) {
        const TensorView& output = arguments.outputs[i];
        const int64_t offset = offset_of(index, output.strides);
        if (is_float(program_.result_type(i)))
          store_double(output, offset, scratch.results[i].f);
        else
          store_int64(output, offset, scratch.results[i].i);
      }
    }
  }

  ScalarProgram program_;
  Shape dims_;
  std::vector<Shape> inputs_;
  std::vector<Scratch> scratch_;
};

}  // namespace

KernelPtr create_interpreted(const KernelSpec& spec) {
  ByteReader reader(spec.parameters);
  ScalarProgram program = ScalarProgram::decode(reader);
  require_operands(spec, program.inputs.size(), program.results.size());
  for (size_t i = 0; i < spec.inputs.size(); ++i)
    require(compute_type(spec.inputs[i].type) == program.inputs[i], "operand {} has another type", i);
  require(!spec.outputs.empty(), "a program without results");
  return std::make_unique<InterpretedKernel>(std::move(program), spec.threads);
}

}  // namespace tn::cpu
