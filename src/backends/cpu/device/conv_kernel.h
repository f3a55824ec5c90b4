// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/device/conv_step.h"

namespace tn::cpu {

/// Everything that sizes are computed from, before any is. Throws Error(InvalidEngine).
void check_params(const ConvParams& params);
/// Image, packed weights and result. Throws Error(InvalidEngine).
void check_operands(const ConvParams& params, size_t packed_bytes, const KernelSpec& spec);

/// Algorithm(step, largest shape) with the epilogue that Operands(step.epilogue, spec) checks.
template <typename Algorithm, typename Step, typename Operands>
class ConvKernel final : public Kernel {
 public:
  ConvKernel(const Step& step, const KernelSpec& spec)
      : params_(step.params),
        packed_bytes_(static_cast<int64_t>(Algorithm::packed_bytes(step))),
        algorithm_(step, conv_shape(spec.inputs[kDataInput], spec.outputs[0])),
        epilogue_(step.epilogue, spec) {
    require_workspace(spec, algorithm_.workspace_bytes(spec.threads));
  }

  Status bind(std::span<const TensorView> inputs, std::span<const TensorView> outputs) noexcept override {
    const TensorView &x = inputs[kDataInput], &y = outputs[0], &residual = inputs[kResidualInput];
    if (x.dims[0] != y.dims[0] || x.dims[1] != params_.in_channels || y.dims[1] != params_.out_channels ||
        params_.out_extent(spatial_extent(x.dims)) != spatial_extent(y.dims)) {
      return misfit("a convolution of another shape than its result");
    }
    if (!is_contiguous(x, 1) || !is_contiguous(y, 1)) return misfit("channels with gaps");
    if (!is_vector(inputs[kWeightInput], packed_bytes_)) return misfit("packed weights of another size");
    if (Status status = epilogue_.bind(inputs, y, params_.out_channels); !status) return status;
    if (epilogue_.has_residual()) {
      if (!is_contiguous(residual, 1)) return misfit("a residual whose channels have gaps");
      epilogue_.set_residual_strides(image_strides(residual));
    }
    return algorithm_.bind(conv_shape(x, y));
  }

  Status run(const KernelArguments& arguments) noexcept override {
    algorithm_.run(arguments.lane, arguments.inputs[kDataInput].data, arguments.inputs[kWeightInput].data,
                   epilogue_.of(arguments), arguments.outputs[0].data, arguments.workspace.data());
    return {};
  }

 private:
  ConvParams params_;
  int64_t packed_bytes_;
  Algorithm algorithm_;
  Operands epilogue_;
};

}  // namespace tn::cpu
