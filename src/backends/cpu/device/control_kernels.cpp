// SPDX-License-Identifier: Apache-2.0
// Steps of branches and loops: what a branch's results measure, and slices at the number of the iteration.
#include "backends/cpu/device/kernels.h"
#include "backends/cpu/kernels/copy/strided_copy.h"
#include "base/bytes.h"

namespace tn::cpu {
namespace {

class ResultExtents final : public Kernel {
 public:
  struct Source {
    uint32_t input, axis;
  };
  explicit ResultExtents(std::vector<Source> sources) : sources_(std::move(sources)) {}
  Status bind(std::span<const TensorView>, std::span<const TensorView>) noexcept override { return {}; }
  Status run(const KernelArguments& arguments) noexcept override {
    if (arguments.defined.size() != sources_.size())
      return Status::failure(ErrorCode::Internal, "{} extents for {} symbols", sources_.size(),
                             arguments.defined.size());
    for (size_t i = 0; i < sources_.size(); ++i)
      arguments.defined[i] = arguments.inputs[sources_[i].input].dims[static_cast<int>(sources_[i].axis)];
    return {};
  }

 private:
  std::vector<Source> sources_;
};

Shape without(const Shape& shape, int axis) {
  Shape result;
  for (int i = 0; i < shape.rank(); ++i) {
    if (i != axis) result.push_back(shape[i]);
  }
  return result;
}

// One slice of a whole, read (Take) or written.
template <bool kTake>
class SliceKernel final : public Kernel {
 public:
  SliceKernel(int axis, bool backwards, const KernelSpec& spec)
      : axis_(axis), backwards_(backwards), copy_(spec.inputs[0].type, spec.outputs[0].type) {}
  Status bind(std::span<const TensorView> inputs, std::span<const TensorView> outputs) noexcept override {
    const TensorView &whole = kTake ? inputs[0] : outputs[0], &slice = kTake ? outputs[0] : inputs[0];
    if (!(without(whole.dims, axis_) == slice.dims))
      return Status::failure(ErrorCode::InvalidArgument, "a slice of another shape than its whole");
    const Shape strides = without(whole.strides, axis_);
    copy_.bind(slice.dims, kTake ? strides : slice.strides, kTake ? slice.strides : strides);
    return {};
  }
  Status run(const KernelArguments& arguments) noexcept override {
    const TensorView& whole = kTake ? arguments.inputs[0] : arguments.outputs[0];
    const int64_t count = whole.dims[axis_], iteration = load_int64(arguments.inputs[1], 0);
    if (iteration < 0 || iteration >= count)
      return Status::failure(ErrorCode::InvalidArgument, "iteration {} of a loop over {} slices", iteration, count);
    const int64_t offset = (backwards_ ? count - 1 - iteration : iteration) * whole.strides[axis_];
    std::byte* at = static_cast<std::byte*>(whole.data) + offset * static_cast<int64_t>(size_of(whole.type));
    if constexpr (kTake)
      copy_.run(arguments.lane, at, arguments.outputs[0].data);
    else
      copy_.run(arguments.lane, arguments.inputs[0].data, at);
    return {};
  }

 private:
  int axis_;
  bool backwards_;
  StridedCopy copy_;
};

template <bool kTake>
KernelPtr create_slice(const KernelSpec& spec) {
  require_operands(spec, 2, 1);
  ByteReader reader(spec.parameters);
  const auto axis = reader.get<uint32_t>();
  const bool backwards = reader.get<uint8_t>() != 0;
  const TensorView &whole = kTake ? spec.inputs[0] : spec.outputs[0], &slice = kTake ? spec.outputs[0] : spec.inputs[0];
  if (whole.rank() != slice.rank() + 1 || axis >= static_cast<uint32_t>(whole.rank()) || whole.type != slice.type)
    throw Error(ErrorCode::InvalidEngine, "a slice of another rank or type than its whole");
  if (spec.inputs[1].type != DataType::I64 || spec.inputs[1].elements() != 1)
    throw Error(ErrorCode::InvalidEngine, "a slice without the number of the iteration");
  return std::make_unique<SliceKernel<kTake>>(static_cast<int>(axis), backwards, spec);
}

}  // namespace

KernelPtr create_result_extents(const KernelSpec& spec) {
  ByteReader reader(spec.parameters);
  std::vector<ResultExtents::Source> sources;
  while (!reader.done()) {
    const auto input = reader.get<uint32_t>(), axis = reader.get<uint32_t>();
    if (input >= spec.inputs.size() || axis >= static_cast<uint32_t>(spec.inputs[input].rank()))
      throw Error(ErrorCode::InvalidEngine, "axis {} of result {}", axis, input);
    sources.push_back({input, axis});
  }
  return std::make_unique<ResultExtents>(std::move(sources));
}

KernelPtr create_take_slice(const KernelSpec& spec) {
  return create_slice<true>(spec);
}

KernelPtr create_put_slice(const KernelSpec& spec) {
  return create_slice<false>(spec);
}

}  // namespace tn::cpu
