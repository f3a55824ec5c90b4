// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/tactics/launch.h"

#include <algorithm>

#include "backends/cuda/codegen/index_text.h"
#include "backends/cuda/codegen/pointwise.h"
#include "backends/cuda/device/launch_step.h"
#include "base/fields.h"

namespace tn::cuda {
namespace {

// Storages begin at multiples of it, and so must what a caller binds.
Operand operand(const PlacedTensor& placed) {
  const int64_t most = Operand::kAlignment / static_cast<int64_t>(size_of(placed.type.type));
  return {placed.type.type, placed.type.dims, placed.strides, known_divisor(placed.offset, most)};
}

Dims launch_values(const KernelText& text) {
  Dims values = text.grid;
  values.insert(values.end(), text.scalars.begin(), text.scalars.end());
  return values;
}

std::vector<std::byte> launch_parameters(const KernelText& text) {
  LaunchStep step{text.entry,        text.block[0], text.block[1], text.block[2],
                  text.shared_bytes, text.cluster,  text.overlaps, text.reads_early};
  return encode_fields(step);
}

/// The first operands of a step that runs the text: its compiled image and the launch values, placed by the two
/// functions.
std::vector<int> launch_operands(TextCompiler& compiler, const KernelText& text, const auto& place_image,
                                 const auto& place_values) {
  const std::vector<std::byte> image = compiler.compile(text.source, text.entry);
  return {place_image(image, WeightStore::Recipe{{}, "cubin", {}}), place_values(launch_values(text))};
}

}  // namespace

Operand operand(const RegionLowering& lowering, int tensor) {
  return operand(lowering.tensor(tensor));
}

void add_launch(RegionLowering& lowering, const KernelText& text, const std::vector<int>& inputs,
                const std::vector<int>& outputs) {
  std::vector<int> operands = launch_operands(
      *lowering.target().device->compiler, text,
      [&](const auto& image, const auto& recipe) { return lowering.host_bytes("image", image, recipe); },
      [&](const Dims& values) { return lowering.shape_value(values, false); });
  operands.insert(operands.end(), inputs.begin(), inputs.end());
  lowering.add_step(std::string(kLaunchKernel), launch_parameters(text), std::move(operands), outputs, text.workspace);
}

StepDraft copy_step(const DeviceTarget& target, ProfileBuilder& builder, int from, int to) {
  const KernelText text = strided_copy(operand(builder.tensor(from)), operand(builder.tensor(to)), builder.ranges());
  StepDraft step;
  step.kernel = kLaunchKernel;
  step.parameters = launch_parameters(text);
  step.inputs = launch_operands(
      *target.compiler, text,
      [&](const auto& image, const auto& recipe) {
        const TensorType bytes{DataType::U8, {static_cast<int64_t>(image.size())}};
        return builder.add_weights("copy (image)", bytes, {1}, builder.weights().add(image, recipe), Space::Host);
      },
      [&](const Dims& values) { return builder.add_shape_value("copy", values, false); });
  step.inputs.push_back(from);
  step.outputs = {to};
  return step;
}

}  // namespace tn::cuda
