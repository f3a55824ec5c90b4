// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/device/attention_step.h"
#include "backends/cpu/device/kernels.h"

namespace tn::cpu {

AttentionShape attention_shape(const TensorView& q, const TensorView& k, const TensorView& v, const TensorView* mask,
                               const TensorView& out, bool aligned) {
  const auto strides = [](const TensorView& view) {
    return AttentionShape::Strides{view.strides[0], view.strides[1], view.strides[2], view.strides[3]};
  };
  AttentionShape shape;
  shape.batch = q.dims[0];
  shape.heads = q.dims[1];
  shape.queries = q.dims[2];
  shape.dim = q.dims[3];
  shape.key_heads = k.dims[1];
  shape.keys = k.dims[2];
  shape.value_dim = v.dims[3];
  shape.causal_offset = aligned ? shape.keys - shape.queries : 0;
  shape.query = strides(q);
  shape.key = strides(k);
  shape.value = strides(v);
  shape.out = strides(out);
  if (mask) {
    const Shape to{shape.batch, shape.heads, shape.queries, shape.keys};
    const Shape broadcast = broadcast_strides(mask->dims, mask->strides, to);
    shape.mask = {broadcast[0], broadcast[1], broadcast[2], broadcast[3]};
  }
  return shape;
}

namespace {

class AttentionKernel final : public Kernel {
 public:
  AttentionKernel(const AttentionParams& params, bool aligned)
      : attention_(params), masked_(params.mask.has_value()), aligned_(aligned) {}
  Status bind(std::span<const TensorView> inputs, std::span<const TensorView> outputs) noexcept override {
    const TensorView &q = inputs[0], &k = inputs[1], &v = inputs[2];
    const int64_t batch = q.dims[0], heads = q.dims[1], queries = q.dims[2], keys = k.dims[2], key_heads = k.dims[1];
    if (!(k.dims == Shape{batch, key_heads, keys, q.dims[3]}) ||
        !(v.dims == Shape{batch, key_heads, keys, v.dims[3]}) || key_heads == 0 || heads % key_heads != 0) {
      return misfit("queries, keys and values");
    }
    if (!(outputs[0].dims == Shape{batch, heads, queries, v.dims[3]})) return misfit("attention of another shape");
    if (!product_within({batch, heads, queries, keys, q.dims[3] + v.dims[3]}, int64_t{1} << 60))
      return misfit("too many scores");
    if (masked_) {
      Shape together;
      const Shape scores{batch, heads, queries, keys};
      if (!broadcast_shapes(inputs[3].dims, scores, together) || !(together == scores))
        return misfit("the mask does not broadcast to the scores");
    }
    attention_.bind(attention_shape(q, k, v, masked_ ? &inputs[3] : nullptr, outputs[0], aligned_));
    return {};
  }
  Status run(const KernelArguments& arguments) noexcept override {
    attention_.run(arguments.lane, arguments.inputs[0].data, arguments.inputs[1].data, arguments.inputs[2].data,
                   arguments.inputs[3].data, arguments.outputs[0].data, arguments.workspace.data());
    return {};
  }

 private:
  Attention attention_;
  bool masked_, aligned_;
};

}  // namespace

KernelPtr create_attention(const KernelSpec& spec) {
  const auto step = decode_fields<AttentionStep>(spec.parameters);
  require_operands(spec, 4, 1, {3});
  for (size_t i = 0; i < 3; ++i) {
    require_rank(spec.inputs[i], 4, 4, "operand");
    require_type(spec.inputs[i], spec.inputs[0].type, "operand");
  }
  require_rank(spec.outputs[0], 4, 4, "result");
  require_type(spec.outputs[0], spec.inputs[0].type, "result");
  AttentionParams params;
  params.type = spec.inputs[0].type;
  params.scale = static_cast<float>(step.scale);
  params.causal = step.causal;
  if (spec.has_input(3)) params.mask = spec.inputs[3].type;
  auto kernel = std::make_unique<AttentionKernel>(params, step.aligned);
  const AttentionShape max =
      attention_shape(spec.inputs[0], spec.inputs[1], spec.inputs[2], nullptr, spec.outputs[0], step.aligned);
  require_workspace(spec, Attention(params).workspace_bytes(max, spec.threads));
  return kernel;
}

}  // namespace tn::cpu
