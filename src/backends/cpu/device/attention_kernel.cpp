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
    if (q.dims[3] != k.dims[3] || k.dims[2] != v.dims[2] || k.dims[1] != v.dims[1] || k.dims[1] == 0 ||
        q.dims[1] % k.dims[1] != 0) {
      return Status::failure(ErrorCode::InvalidArgument, "queries, keys and values do not fit");
    }
    if (masked_) {
      Shape together;
      const Shape scores{q.dims[0], q.dims[1], q.dims[2], k.dims[2]};
      if (!broadcast_shapes(inputs[3].dims, scores, together) || !(together == scores)) {
        return Status::failure(ErrorCode::InvalidArgument, "the mask does not broadcast to the scores");
      }
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
  require_operands(spec, 4, 1);
  const auto require = [](bool condition, const char* what) {
    if (!condition) throw Error(ErrorCode::InvalidEngine, "attention with {}", what);
  };
  for (size_t i = 0; i < 3; ++i)
    require(spec.inputs[i].rank() == 4 && spec.inputs[i].type == spec.inputs[0].type,
            "operands of another rank or type");
  require(spec.outputs[0].rank() == 4 && spec.outputs[0].type == spec.inputs[0].type,
          "a result of another rank or type");
  AttentionParams params;
  params.type = spec.inputs[0].type;
  params.scale = static_cast<float>(step.scale);
  params.causal = step.causal;
  if (spec.inputs[3].rank() > 0) params.mask = spec.inputs[3].type;
  auto kernel = std::make_unique<AttentionKernel>(params, step.aligned);
  const AttentionShape max =
      attention_shape(spec.inputs[0], spec.inputs[1], spec.inputs[2], nullptr, spec.outputs[0], step.aligned);
  require(spec.workspace >= Attention(params).workspace_bytes(max, spec.threads), "too small a workspace");
  return kernel;
}

}  // namespace tn::cpu
