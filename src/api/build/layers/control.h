// SPDX-License-Identifier: Apache-2.0
// Conditionals, loops and attention.
#pragma once

#include "api/build/structure.h"

namespace tn::api {

/// A layer at the boundary of a structure; Owner is its public interface.
template <typename Interface, typename Owner>
class BoundaryLayer : public Layer<Interface> {
 public:
  using Layer<Interface>::Layer;
  std::vector<TensorId> lower(Lowering&) const override { return {}; }

  Owner* owner = nullptr;

 protected:
  const Structure& structure() const { return *static_cast<const Structure*>(owner); }
  /// Throws Error unless the layer is lowered inside its structure.
  void check_inside(Lowering& lowering) const {
    if (lowering.scope().owner == &structure()) return;
    throw Error(ErrorCode::InvalidModel, "it is used outside; results leave through the output layers alone");
  }
};

/// Where results leave: the structure is lowered as a whole, for all its exits at once.
template <typename Interface, typename Owner>
class ExitLayer : public BoundaryLayer<Interface, Owner> {
 public:
  using BoundaryLayer<Interface, Owner>::BoundaryLayer;
  std::vector<NetworkTensor*> needs() const override { return {}; }
  std::vector<NetworkTensor*> sources() const override { return this->structure().sources(); }
  std::vector<TensorId> lower(Lowering& lowering) const override {
    const auto results = this->structure().lower(lowering);
    const auto& exits = this->structure().exits();
    for (size_t i = 0; i < exits.size(); ++i) lowering.scope().ids[exits[i]->outputs[0].get()] = results.at(i);
    return {lowering.scope().ids.at(this->outputs[0].get())};
  }
};

class Conditional;

template <typename Interface>
class ConditionalLayer : public BoundaryLayer<Interface, Conditional> {
 public:
  using BoundaryLayer<Interface, Conditional>::BoundaryLayer;
  tenon::IIfConditional* getConditional() const noexcept override;
};
using ConditionLayer = ConditionalLayer<tenon::IConditionLayer>;

class ConditionalInputLayer final : public ConditionalLayer<tenon::IIfConditionalInputLayer> {
 public:
  using ConditionalLayer::ConditionalLayer;
  std::vector<TensorId> lower(Lowering& lowering) const override;
};

class ConditionalOutputLayer final : public ExitLayer<tenon::IIfConditionalOutputLayer, Conditional> {
 public:
  using ExitLayer::ExitLayer;
  tenon::IIfConditional* getConditional() const noexcept override;
};

class Conditional final : public tenon::IIfConditional, public Structure {
 public:
  using Structure::Structure;
  tenon::IConditionLayer* setCondition(tenon::ITensor& condition) noexcept override;
  tenon::IIfConditionalInputLayer* addInput(tenon::ITensor& input) noexcept override;
  tenon::IIfConditionalOutputLayer* addOutput(tenon::ITensor& yes, tenon::ITensor& no) noexcept override;
  void setName(char const* name) noexcept override { name_ = name ? name : ""; }
  char const* getName() const noexcept override { return name_.c_str(); }
  std::vector<TensorId> lower(Lowering& lowering) const override;
};

class LoopStructure;

template <typename Interface>
class LoopLayer : public BoundaryLayer<Interface, LoopStructure> {
 public:
  using BoundaryLayer<Interface, LoopStructure>::BoundaryLayer;
  tenon::ILoop* getLoop() const noexcept override;
};

class RecurrenceLayer final : public LoopLayer<tenon::IRecurrenceLayer> {
 public:
  using LoopLayer::LoopLayer;
  std::vector<NetworkTensor*> needs() const override { return {}; }
  std::vector<TensorId> lower(Lowering& lowering) const override;
};

class TripLimitLayer final : public LoopLayer<tenon::ITripLimitLayer> {
 public:
  using LoopLayer::LoopLayer;
  tenon::TripLimit getTripLimit() const noexcept override { return limit; }

  tenon::TripLimit limit = tenon::TripLimit::kCOUNT;
};

class IteratorLayer final : public LoopLayer<tenon::IIteratorLayer> {
 public:
  using LoopLayer::LoopLayer;
  void setAxis(int32_t value) noexcept override { set(axis, value); }
  int32_t getAxis() const noexcept override { return axis; }
  void setReverse(bool value) noexcept override { set(reverse, value); }
  bool getReverse() const noexcept override { return reverse; }
  std::vector<TensorId> lower(Lowering& lowering) const override;

  int32_t axis = 0;
  bool reverse = false;
};

class LoopOutputLayer final : public ExitLayer<tenon::ILoopOutputLayer, LoopStructure> {
 public:
  using ExitLayer::ExitLayer;
  tenon::ILoop* getLoop() const noexcept override;
  tenon::LoopOutput getLoopOutput() const noexcept override { return output; }
  void setAxis(int32_t value) noexcept override { set(axis, value); }
  int32_t getAxis() const noexcept override { return axis; }
  /// The stack of all iterations as this output has it.
  TensorId arrange(Lowering& lowering, TensorId stack) const;

  tenon::LoopOutput output = tenon::LoopOutput::kLAST_VALUE;
  int32_t axis = 0;
};

class LoopStructure final : public tenon::ILoop, public Structure {
 public:
  using Structure::Structure;
  tenon::IRecurrenceLayer* addRecurrence(tenon::ITensor& initial) noexcept override;
  tenon::ITripLimitLayer* addTripLimit(tenon::ITensor& tensor, tenon::TripLimit limit) noexcept override;
  tenon::IIteratorLayer* addIterator(tenon::ITensor& tensor, int32_t axis, bool reverse) noexcept override;
  tenon::ILoopOutputLayer* addLoopOutput(tenon::ITensor& tensor, tenon::LoopOutput output,
                                         int32_t axis) noexcept override;
  void setName(char const* name) noexcept override { name_ = name ? name : ""; }
  char const* getName() const noexcept override { return name_.c_str(); }
  std::vector<TensorId> lower(Lowering& lowering) const override;

 private:
  const LayerRecord* limit(tenon::TripLimit kind) const;
  /// Whether to go on, with these values of the recurrences.
  TensorId condition(Lowering& lowering, const std::vector<TensorId>& values) const;
  void lower_body(Lowering& lowering, const std::vector<TensorId>& initial, Graph& body,
                  std::vector<TensorId>& captures) const;

  std::vector<RecurrenceLayer*> recurrences_;
  std::vector<TripLimitLayer*> trip_limits_;
  std::vector<LoopOutputLayer*> outputs_;
};

class AttentionLayer final : public Layer<tenon::ILayer> {
 public:
  using Layer::Layer;
  std::vector<TensorId> lower(Lowering& lowering) const override;

  tenon::AttentionNormalizationOp normalization = tenon::AttentionNormalizationOp::kSOFTMAX;
  bool causal = false;
};

/// Inputs 0 to 2 of the layer are query, key and value, 3 is the mask.
class PublicAttention final : public tenon::IAttention {
 public:
  explicit PublicAttention(AttentionLayer& layer) : layer_(layer) {}
  bool setNormalizationOperation(tenon::AttentionNormalizationOp op) noexcept override;
  tenon::AttentionNormalizationOp getNormalizationOperation() const noexcept override { return layer_.normalization; }
  bool setMask(tenon::ITensor& mask) noexcept override;
  tenon::ITensor* getMask() const noexcept override { return layer_.getInput(kMask); }
  bool setCausal(bool causal) noexcept override;
  bool getCausal() const noexcept override { return layer_.causal; }
  bool setDecomposable(bool decomposable) noexcept override { return decomposable; }
  bool getDecomposable() const noexcept override { return true; }
  bool setInput(int32_t index, tenon::ITensor& input) noexcept override;
  int32_t getNbInputs() const noexcept override { return kMask; }
  tenon::ITensor* getInput(int32_t index) const noexcept override {
    return index < kMask ? layer_.getInput(index) : nullptr;
  }
  int32_t getNbOutputs() const noexcept override { return 1; }
  tenon::ITensor* getOutput(int32_t index) const noexcept override { return layer_.getOutput(index); }
  bool setName(char const* name) noexcept override;
  char const* getName() const noexcept override { return layer_.getName(); }
  bool setMetadata(char const* metadata) noexcept override;
  char const* getMetadata() const noexcept override { return layer_.getMetadata(); }

 private:
  static constexpr int32_t kMask = 3;
  AttentionLayer& layer_;
};

}  // namespace tn::api
