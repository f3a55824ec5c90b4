// SPDX-License-Identifier: Apache-2.0
#include "ops/attention/attention.h"

#include "api/build/layers/control.h"
#include "api/build/network.h"

namespace tn::api {

std::vector<TensorId> AttentionLayer::lower(Lowering& lowering) const {
  std::vector<TensorId> operands = {id(lowering, 0), id(lowering, 1), id(lowering, 2)};
  if (normalization == tenon::AttentionNormalizationOp::kNONE) {
    if (causal || has(3)) throw Error(ErrorCode::Unsupported, "attention without softmax takes no mask");
    const TensorId scores = lowering.add("MatMul", {operands[0], lowering.transpose(operands[1], {0, 1, 3, 2})});
    return {lowering.add("MatMul", {scores, operands[2]})};
  }
  if (has(3)) operands.push_back(id(lowering, 3));
  ops::AttentionAttributes attributes;
  attributes.causal = causal;
  return lowering.add_node(std::make_shared<ops::Attention>(attributes), std::move(operands), {});
}

bool PublicAttention::setNormalizationOperation(tenon::AttentionNormalizationOp op) noexcept {
  layer_.normalization = op;
  layer_.network.changed();
  return true;
}

bool PublicAttention::setMask(tenon::ITensor& mask) noexcept {
  layer_.setInput(kMask, mask);
  return true;
}

bool PublicAttention::setCausal(bool causal) noexcept {
  layer_.causal = causal;
  layer_.network.changed();
  return true;
}

bool PublicAttention::setInput(int32_t index, tenon::ITensor& input) noexcept {
  if (index < 0 || index >= kMask) return false;
  layer_.setInput(index, input);
  return true;
}

bool PublicAttention::setName(char const* name) noexcept {
  layer_.setName(name);
  return true;
}

bool PublicAttention::setMetadata(char const* metadata) noexcept {
  layer_.setMetadata(metadata);
  return true;
}

tenon::IAttention* Network::addAttention(tenon::ITensor& query, tenon::ITensor& key, tenon::ITensor& value,
                                         tenon::AttentionNormalizationOp op, bool causal) noexcept {
  return guard<tenon::IAttention*>(logger_, nullptr, [&] {
    AttentionLayer* layer = add_layer<AttentionLayer>(tenon::LayerType::kATTENTION_OUTPUT, "attention",
                                                      {&query, &key, &value}, 1, [&](AttentionLayer& added) {
                                                        added.normalization = op;
                                                        added.causal = causal;
                                                      });
    attentions_.push_back(std::make_unique<PublicAttention>(*layer));
    return attentions_.back().get();
  });
}

}  // namespace tn::api
