// SPDX-License-Identifier: Apache-2.0
#include "builder/borders.h"

#include "engine/plan_generated.h"
#include "tuning/layout.h"

namespace tn {

// For layout_of().
static Dim groups_of(const Dim& extent, int64_t size) {
  return Dim::ceil_div(extent, size);
}

namespace {

// A part of a tensor.
struct Window {
  Dims dims, strides;
  Dim offset;
};

// The tensor with another extent and stride of one axis.
Window cut(const Dims& dims, const Dims& strides, size_t axis, const Dim& first, const Dim& count, const Dim& stride) {
  Window window{dims, strides, first};
  window.dims[axis] = count;
  window.strides[axis] = stride;
  return window;
}

// The axis as groups and their components.
Window split(const Dims& dims, const Dims& strides, size_t axis, const Dim& groups, int64_t size,
             const Dim& group_stride, const Dim& stride) {
  Window window = cut(dims, strides, axis, 0, groups, group_stride);
  const auto behind = static_cast<std::ptrdiff_t>(axis) + 1;
  window.dims.insert(window.dims.begin() + behind, Dim(size));
  window.strides.insert(window.strides.begin() + behind, stride);
  return window;
}

int view(ProfileBuilder& builder, int of, const Tensor& tensor, Window window) {
  return builder.add_view(of, tensor.name, {tensor.type.type, std::move(window.dims)}, std::move(window.strides),
                          std::move(window.offset));
}

}  // namespace

Borders::Borders(const Graph& graph, const plan::PlanT& outline, const Target& target, ProfileBuilder& builder)
    : target_(target), builder_(builder) {
  const auto place_all = [&](const std::vector<TensorId>& tensors, size_t first, std::vector<int>& placed) {
    for (size_t i = 0; i < tensors.size(); ++i)
      placed.push_back(place(graph.tensor(tensors[i]), *outline.bindings[first + i], static_cast<int>(first + i)));
  };
  place_all(graph.inputs(), 0, inputs_);
  place_all(graph.outputs(), graph.inputs().size(), outputs_);
}

int Borders::place(const Tensor& tensor, const plan::BindingT& binding, int index) {
  // Elements of inputs that are extents are read by the host.
  const Space space = target_.device && binding.is_input && tensor.value ? Space::Host : Space::Device;
  const Dims& dims = tensor.type.dims;
  const auto format = static_cast<TensorFormat>(binding.format);
  if (format == TensorFormat::Linear)
    return builder_.add_binding(tensor.name, tensor.type, row_major_strides(dims), index, space);
  const size_t axis = dims.size() - 1 - static_cast<size_t>(rule_of(format, 1).spatial);
  const auto layout =
      layout_of(format, std::span<const Dim>(dims), dims[axis].constant().value_or(1), size_of(tensor.type.type));
  const bool splits = layout.rule.splits();
  const int memory =
      builder_.add_binding(tensor.name + " (memory)", {tensor.type.type, {layout.elements}}, {1}, index, space);
  // Where there are groups, what stands for the tensor says no more than its shape.
  const int whole =
      builder_.add_view(memory, tensor.name, tensor.type, splits ? row_major_strides(dims) : layout.strides, 0);
  int inside = whole;
  Border border{tensor.name, {}};
  if (splits) {
    inside = builder_.add_arena(tensor.name + " (linear)", tensor.type, row_major_strides(dims));
    add_groups(tensor, layout, whole, inside, border);
  }
  if (!binding.is_input) add_padding(tensor, layout, whole, border);
  (binding.is_input ? read_ : written_).push_back(std::move(border));
  return inside;
}

// Whole groups, then what the last one has.
void Borders::add_groups(const Tensor& tensor, const FormatLayout<Dim>& layout, int whole, int inside, Border& border) {
  const Dims& dims = tensor.type.dims;
  const Dims within = row_major_strides(dims);
  const size_t axis = layout.channel_axis;
  const int64_t size = layout.rule.vector, channels = *dims[axis].constant();
  const Dim &group = layout.strides[axis], &channel = within[axis];
  const int64_t full = channels / size, rest = channels % size;
  if (full > 0) {
    border.parts.push_back(
        {view(builder_, whole, tensor, split(dims, layout.strides, axis, full, size, group, 1)),
         view(builder_, inside, tensor, split(dims, within, axis, full, size, channel * size, channel))});
  }
  if (rest > 0) {
    border.parts.push_back(
        {view(builder_, whole, tensor, cut(dims, layout.strides, axis, group * full, rest, 1)),
         view(builder_, inside, tensor, cut(dims, within, axis, channel * (full * size), rest, channel))});
  }
}

void Borders::add_padding(const Tensor& tensor, const FormatLayout<Dim>& layout, int whole, Border& border) {
  const FormatRule& rule = layout.rule;
  Dims dims = tensor.type.dims;
  const size_t axis = layout.channel_axis, row = dims.size() - 1;
  const int64_t channels = dims[axis].constant().value_or(0), rest = channels % rule.vector;
  const auto pad = [&](const Window& window) {
    border.parts.push_back({view(builder_, whole, tensor, window), kNone});
  };
  if (rest > 0) {
    const Dim first = rule.splits() ? layout.strides[axis] * (channels / rule.vector) + rest : Dim(channels);
    pad(cut(dims, layout.strides, axis, first, rule.vector - rest, 1));
  }
  if (rule.row_bytes > 1) {
    dims[axis] = layout.extents[axis];
    const Dim& stride = layout.strides[row];
    pad(cut(dims, layout.strides, row, dims[row] * stride, layout.extents[row] - dims[row], stride));
  }
}

void Borders::read_inputs() {
  for (const Border& border : read_) {
    for (const auto& [outside, inside] : border.parts) add_copy(builder_, target_, 0, outside, inside, border.name);
  }
}

void Borders::write_outputs() {
  for (const Border& border : written_) {
    for (const auto& [outside, inside] : border.parts) {
      const int from = inside == kNone ? zeros(builder_.tensor(outside).type) : inside;
      add_copy(builder_, target_, 0, from, outside, border.name);
    }
  }
}

// One zero, seen everywhere.
int Borders::zeros(const TensorType& type) {
  const std::vector<std::byte> bytes(size_of(type.type));
  const uint64_t position = builder_.weights().add(bytes, {{"zero"}, "dense", {}});
  const int zero = builder_.add_weights("zero", {type.type, {1}}, {1}, position);
  return builder_.add_view(zero, "zeros", type, Dims(type.dims.size(), 0), 0);
}

}  // namespace tn
