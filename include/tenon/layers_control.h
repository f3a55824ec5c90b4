// SPDX-License-Identifier: Apache-2.0
// Parts of a network that run under a condition, or again and again, and attention. They are made of layers at their
// boundaries; the layers in between are made as everywhere else.
#pragma once

#include "tenon/tensor.h"

namespace tenon {

class IIfConditional;
class ILoop;

class IIfConditionalBoundaryLayer : public ILayer {
 public:
  virtual IIfConditional* getConditional() const noexcept = 0;
};
/// Input 0 is the condition, a bool scalar. It has no outputs.
class IConditionLayer : public IIfConditionalBoundaryLayer {};
/// Brings input 0 into both branches.
class IIfConditionalInputLayer : public IIfConditionalBoundaryLayer {};
/// Input 0 from the branch taken if the condition holds, else input 1. Both have the same type and rank; where their
/// extents differ, those of the branch that was taken count.
class IIfConditionalOutputLayer : public IIfConditionalBoundaryLayer {};

/// Runs one of two branches. A branch is what its outputs need of the outputs of addInput; whatever else they need is
/// computed whether or not the branch is taken. Tensors inside have no known dimensions before the build.
class IIfConditional : public INoCopy {
 public:
  /// Sets the condition; once. nullptr the second time.
  virtual IConditionLayer* setCondition(ITensor& condition) noexcept = 0;
  virtual IIfConditionalInputLayer* addInput(ITensor& input) noexcept = 0;
  virtual IIfConditionalOutputLayer* addOutput(ITensor& trueSubgraphOutput, ITensor& falseSubgraphOutput) noexcept = 0;
  virtual void setName(char const* name) noexcept = 0;
  virtual char const* getName() const noexcept = 0;
};

class ILoopBoundaryLayer : public ILayer {
 public:
  virtual ILoop* getLoop() const noexcept = 0;
};
/// Gives input 0 in the first iteration and, in each further one, what input 1 was in the iteration before. Input 1 is
/// set with setInput and has the type and shape of input 0.
class IRecurrenceLayer : public ILoopBoundaryLayer {};
/// kLAST_VALUE: input 0 is the output of a recurrence; the output is its value after the last iteration. kCONCATENATE,
/// kREVERSE: input 0 is computed in each iteration; the values are stacked along a new axis, in the order of the
/// iterations or the reverse. Input 1, their number, may be set for old programs; the trip limit is what counts, and
/// must follow from input shapes.
class ILoopOutputLayer : public ILoopBoundaryLayer {
 public:
  virtual LoopOutput getLoopOutput() const noexcept = 0;
  /// Of kCONCATENATE and kREVERSE. Default 0.
  virtual void setAxis(int32_t axis) noexcept = 0;
  virtual int32_t getAxis() const noexcept = 0;
};
/// kCOUNT: input 0 is the number of iterations, an int32 or int64 scalar from outside. kWHILE: input 0 is a bool scalar
/// computed inside from recurrences alone; an iteration begins if it holds.
class ITripLimitLayer : public ILoopBoundaryLayer {
 public:
  virtual TripLimit getTripLimit() const noexcept = 0;
};
/// Slice by slice of input 0 along an axis: output shape without it. There must not be more iterations than slices.
class IIteratorLayer : public ILoopBoundaryLayer {
 public:
  virtual void setAxis(int32_t axis) noexcept = 0;
  virtual int32_t getAxis() const noexcept = 0;
  /// From the last slice to the first.
  virtual void setReverse(bool reverse) noexcept = 0;
  virtual bool getReverse() const noexcept = 0;
};

/// Runs layers again and again. Inside is what depends on a recurrence or an iterator; it may use any tensor from
/// outside, and leaves only through addLoopOutput. One trip limit of each kind at most, and one at least. Tensors
/// inside have no known dimensions before the build.
class ILoop : public INoCopy {
 public:
  virtual IRecurrenceLayer* addRecurrence(ITensor& initialValue) noexcept = 0;
  virtual ITripLimitLayer* addTripLimit(ITensor& tensor, TripLimit limit) noexcept = 0;
  virtual IIteratorLayer* addIterator(ITensor& tensor, int32_t axis = 0, bool reverse = false) noexcept = 0;
  virtual ILoopOutputLayer* addLoopOutput(ITensor& tensor, LoopOutput outputKind, int32_t axis = 0) noexcept = 0;
  virtual void setName(char const* name) noexcept = 0;
  virtual char const* getName() const noexcept = 0;
};

/// softmax(query · keyᵀ + mask) · value, without softmax for AttentionNormalizationOp::kNONE. The query is
/// [N, heads, S, D]; key and value are [N, groups, T, …] with heads divisible by groups. There is no scale: multiply
/// the query by it.
class IAttention : public INoCopy {
 public:
  virtual bool setNormalizationOperation(AttentionNormalizationOp op) noexcept = 0;
  virtual AttentionNormalizationOp getNormalizationOperation() const noexcept = 0;
  /// Broadcasts to [N, heads, S, T]: numbers are added to the scores, false shuts a key out.
  virtual bool setMask(ITensor& mask) noexcept = 0;
  virtual ITensor* getMask() const noexcept = 0;
  /// Query i sees the keys up to i. With kNONE there is neither a mask nor causality.
  virtual bool setCausal(bool isCausal) noexcept = 0;
  virtual bool getCausal() const noexcept = 0;
  /// Whether it may run as several steps. Always true; false is refused.
  virtual bool setDecomposable(bool decomposable) noexcept = 0;
  virtual bool getDecomposable() const noexcept = 0;
  /// 0: query, 1: key, 2: value.
  virtual bool setInput(int32_t index, ITensor& input) noexcept = 0;
  virtual int32_t getNbInputs() const noexcept = 0;
  virtual ITensor* getInput(int32_t index) const noexcept = 0;
  virtual int32_t getNbOutputs() const noexcept = 0;
  virtual ITensor* getOutput(int32_t index) const noexcept = 0;
  virtual bool setName(char const* name) noexcept = 0;
  virtual char const* getName() const noexcept = 0;
  virtual bool setMetadata(char const* metadata) noexcept = 0;
  virtual char const* getMetadata() const noexcept = 0;
};

}  // namespace tenon
