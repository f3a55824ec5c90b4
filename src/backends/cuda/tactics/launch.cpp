// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/tactics/launch.h"

#include "backends/cuda/device/launch_step.h"
#include "base/fields.h"

namespace tn::cuda {

Operand operand(const RegionLowering& lowering, int tensor) {
  const PlacedTensor& placed = lowering.tensor(tensor);
  return {placed.type.type, placed.type.dims, placed.strides};
}

void add_launch(RegionLowering& lowering, const KernelText& text, const std::vector<int>& inputs,
                const std::vector<int>& outputs) {
  const auto image = lowering.target().device->compiler->compile(text.source, text.entry);
  Dims values = text.grid;
  values.insert(values.end(), text.scalars.begin(), text.scalars.end());
  std::vector<int> operands{lowering.host_bytes("image", image, {{}, "cubin", {}}),
                            lowering.shape_value(values, false)};
  operands.insert(operands.end(), inputs.begin(), inputs.end());
  LaunchStep step{text.entry,        text.block[0], text.block[1], text.block[2],
                  text.shared_bytes, text.cluster,  text.overlaps};
  lowering.add_step(std::string(kLaunchKernel), encode_fields(step), std::move(operands), outputs, text.workspace);
}

}  // namespace tn::cuda
