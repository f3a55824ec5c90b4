// SPDX-License-Identifier: Apache-2.0
#include "api/build/layers/control.h"

#include <algorithm>

#include "api/build/network.h"
#include "ops/control/body.h"
#include "ops/control/if.h"
#include "ops/control/loop.h"

namespace tn::api {

using tenon::LayerType;

template <typename Interface>
tenon::IIfConditional* ConditionalLayer<Interface>::getConditional() const noexcept {
  return this->owner;
}

tenon::IIfConditional* ConditionalOutputLayer::getConditional() const noexcept {
  return owner;
}

std::vector<TensorId> ConditionalInputLayer::lower(Lowering& lowering) const {
  check_inside(lowering);
  return {id(lowering, 0)};
}

tenon::IConditionLayer* Conditional::setCondition(tenon::ITensor& condition) noexcept {
  return network_.add_layer<ConditionLayer>(LayerType::kCONDITION, "condition", {&condition}, 0, [&](auto& layer) {
    if (!limits_.empty()) throw Error(ErrorCode::InvalidArgument, "the conditional has a condition already");
    layer.owner = this;
    limits_.push_back(&layer);
  });
}

tenon::IIfConditionalInputLayer* Conditional::addInput(tenon::ITensor& input) noexcept {
  return network_.add_layer<ConditionalInputLayer>(LayerType::kCONDITIONAL_INPUT, "conditional_input", {&input}, 1,
                                                   [&](auto& layer) {
                                                     layer.owner = this;
                                                     entries_.push_back(&layer);
                                                   });
}

tenon::IIfConditionalOutputLayer* Conditional::addOutput(tenon::ITensor& yes, tenon::ITensor& no) noexcept {
  return network_.add_layer<ConditionalOutputLayer>(LayerType::kCONDITIONAL_OUTPUT, "conditional_output", {&yes, &no},
                                                    1, [&](auto& layer) {
                                                      layer.owner = this;
                                                      exits_.push_back(&layer);
                                                    });
}

std::vector<TensorId> Conditional::lower(Lowering& lowering) const {
  if (limits_.empty()) throw Error(ErrorCode::InvalidModel, "the conditional has no condition; set it by setCondition");
  const auto own = inside();
  const auto branch = [&](size_t which) {
    import::Body body;
    body.graph.name = which == 0 ? "then" : "else";
    Lowering::Scope scope{body.graph, this, nullptr, own, {}, {}, kNone};
    lowering.within(scope, [&] {
      std::vector<TensorId> results;
      for (const LayerRecord* exit : exits_) results.push_back(exit->id(lowering, which));
      body.graph.set_outputs(std::move(results));
    });
    body.captures = std::move(scope.captures);
    return body;
  };
  import::Body branches[] = {branch(0), branch(1)};
  std::vector<TensorId> inputs = ops::join_captures(branches);
  inputs.insert(inputs.begin(), limits_[0]->id(lowering, 0));
  std::vector<Graph> bodies;
  for (import::Body& body : branches) bodies.push_back(std::move(body.graph));
  return lowering.add_node(std::make_shared<ops::If>(), std::move(inputs), std::move(bodies));
}

template <typename Interface>
tenon::ILoop* LoopLayer<Interface>::getLoop() const noexcept {
  return this->owner;
}

tenon::ILoop* LoopOutputLayer::getLoop() const noexcept {
  return owner;
}

std::vector<TensorId> RecurrenceLayer::lower(Lowering& lowering) const {
  check_inside(lowering);
  throw Error(ErrorCode::Internal, "a recurrence has its value before the body of its loop");
}

std::vector<TensorId> IteratorLayer::lower(Lowering& lowering) const {
  check_inside(lowering);
  TensorId index = lowering.scope().iteration;
  if (index == kNone)
    throw Error(ErrorCode::Unsupported, "the condition of a loop can follow from recurrences, not from iterators");
  const TensorId data = id(lowering, 0);
  if (reverse) {
    const TensorId one = lowering.constant(Constant::scalar(DataType::I64, 1));
    const TensorId at = lowering.constant(Constant::scalar(DataType::I64, axis));
    const TensorId count = lowering.add("Gather", {lowering.add("Shape", {data}), at});
    index = lowering.add("Sub", {lowering.add("Sub", {count, one}), index});
  }
  return {lowering.add("Gather", {data, index}, {{"axis", int64_t{axis}}})};
}

TensorId LoopOutputLayer::arrange(Lowering& lowering, TensorId stack) const {
  if (output == tenon::LoopOutput::kREVERSE) {
    stack = lowering.add("Slice", {stack, lowering.integers({-1}), lowering.integers({INT64_MIN}),
                                   lowering.integers({0}), lowering.integers({-1})});
  }
  const int rank = lowering.rank(stack);
  if (axis < 0 || axis >= rank)
    throw Error(ErrorCode::InvalidArgument, "values stacked along axis {} of {} dimensions", axis, rank);
  std::vector<int64_t> order;
  for (int64_t i = 1; i < rank; ++i) order.push_back(i);
  order.insert(order.begin() + axis, 0);
  return axis == 0 ? stack : lowering.transpose(stack, std::move(order));
}

tenon::IRecurrenceLayer* LoopStructure::addRecurrence(tenon::ITensor& initial) noexcept {
  return network_.add_layer<RecurrenceLayer>(LayerType::kRECURRENCE, "recurrence", {&initial}, 1, [&](auto& layer) {
    layer.owner = this;
    entries_.push_back(&layer);
    recurrences_.push_back(&layer);
  });
}

tenon::ITripLimitLayer* LoopStructure::addTripLimit(tenon::ITensor& tensor, tenon::TripLimit kind) noexcept {
  return network_.add_layer<TripLimitLayer>(LayerType::kTRIP_LIMIT, "trip_limit", {&tensor}, 0, [&](auto& layer) {
    if (limit(kind)) throw Error(ErrorCode::InvalidArgument, "the loop has a trip limit of this kind already");
    layer.owner = this;
    layer.limit = kind;
    limits_.push_back(&layer);
    trip_limits_.push_back(&layer);
  });
}

tenon::IIteratorLayer* LoopStructure::addIterator(tenon::ITensor& tensor, int32_t axis, bool reverse) noexcept {
  return network_.add_layer<IteratorLayer>(LayerType::kITERATOR, "iterator", {&tensor}, 1, [&](auto& layer) {
    layer.owner = this;
    layer.axis = axis;
    layer.reverse = reverse;
    entries_.push_back(&layer);
  });
}

tenon::ILoopOutputLayer* LoopStructure::addLoopOutput(tenon::ITensor& tensor, tenon::LoopOutput output,
                                                      int32_t axis) noexcept {
  return network_.add_layer<LoopOutputLayer>(LayerType::kLOOP_OUTPUT, "loop_output", {&tensor}, 1, [&](auto& layer) {
    layer.owner = this;
    layer.output = output;
    layer.axis = axis;
    exits_.push_back(&layer);
    outputs_.push_back(&layer);
  });
}

const LayerRecord* LoopStructure::limit(tenon::TripLimit kind) const {
  const auto found = std::ranges::find(trip_limits_, kind, &TripLimitLayer::limit);
  return found == trip_limits_.end() ? nullptr : *found;
}

TensorId LoopStructure::condition(Lowering& lowering, const std::vector<TensorId>& values) const {
  Lowering::Scope scope{lowering.scope().graph, this, nullptr, inside(), {}, {}, kNone};
  for (size_t i = 0; i < values.size(); ++i) scope.ids[recurrences_[i]->outputs[0].get()] = values[i];
  TensorId result = kNone;
  lowering.within(scope, [&] { result = limit(tenon::TripLimit::kWHILE)->id(lowering, 0); });
  return result;
}

void LoopStructure::lower_body(Lowering& lowering, const std::vector<TensorId>& initial, Graph& body,
                               std::vector<TensorId>& captures) const {
  body.name = "body";
  Lowering::Scope scope{body, this, nullptr, inside(), {}, {}, kNone};
  scope.iteration = body.add_input("iteration", {DataType::I64, {}});
  const TensorId go = body.add_input("condition", {DataType::Bool, {}});
  for (size_t i = 0; i < initial.size(); ++i) {
    const NetworkTensor* value = recurrences_[i]->outputs[0].get();
    scope.ids[value] = body.add_input(value->name_, lowering.type(initial[i]));
  }
  lowering.within(scope, [&] {
    std::vector<TensorId> next, results;
    for (const RecurrenceLayer* recurrence : recurrences_) {
      if (!recurrence->has(1)) {
        throw Error(ErrorCode::InvalidModel, "'{}' has no next value; set it as input 1", recurrence->name);
      }
      next.push_back(recurrence->id(lowering, 1));
    }
    results.push_back(limit(tenon::TripLimit::kWHILE) ? condition(lowering, next) : go);
    results.insert(results.end(), next.begin(), next.end());
    for (const LoopOutputLayer* output : outputs_) {
      if (output->output != tenon::LoopOutput::kLAST_VALUE) results.push_back(output->id(lowering, 0));
    }
    body.set_outputs(std::move(results));
  });
  captures = std::move(scope.captures);
}

std::vector<TensorId> LoopStructure::lower(Lowering& lowering) const {
  const LayerRecord* count = limit(tenon::TripLimit::kCOUNT);
  if (trip_limits_.empty())
    throw Error(ErrorCode::InvalidModel, "the loop has no trip limit and never ends; add one by addTripLimit");
  std::vector<TensorId> initial, captures;
  for (const RecurrenceLayer* recurrence : recurrences_) initial.push_back(recurrence->id(lowering, 0));
  std::vector<TensorId> inputs = {count ? lowering.as_int64(count->id(lowering, 0)) : kNone,
                                  limit(tenon::TripLimit::kWHILE) ? condition(lowering, initial) : kNone};
  std::vector<Graph> bodies(1);
  lower_body(lowering, initial, bodies[0], captures);
  inputs.insert(inputs.end(), initial.begin(), initial.end());
  inputs.insert(inputs.end(), captures.begin(), captures.end());
  auto op = std::make_shared<ops::Loop>();
  op->carried = std::ssize(initial);
  const auto made = lowering.add_node(std::move(op), std::move(inputs), std::move(bodies));
  std::vector<TensorId> results;
  size_t stack = initial.size();
  for (const LoopOutputLayer* output : outputs_) {
    if (output->output != tenon::LoopOutput::kLAST_VALUE) {
      results.push_back(output->arrange(lowering, made[stack++]));
      continue;
    }
    const auto found = std::ranges::find(recurrences_, output->inputs[0],
                                         [](const RecurrenceLayer* layer) { return layer->outputs[0].get(); });
    if (found == recurrences_.end())
      throw Error(ErrorCode::InvalidModel, "'{}' takes the last value of what is no recurrence", output->name);
    results.push_back(made[static_cast<size_t>(found - recurrences_.begin())]);
  }
  return results;
}

tenon::IIfConditional* Network::addIfConditional() noexcept {
  return guard<tenon::IIfConditional*>(logger_, nullptr, [&] {
    auto conditional = std::make_unique<Conditional>(*this);
    Conditional* added = conditional.get();
    structures_.push_back(std::move(conditional));
    return added;
  });
}

tenon::ILoop* Network::addLoop() noexcept {
  return guard<tenon::ILoop*>(logger_, nullptr, [&] {
    auto loop = std::make_unique<LoopStructure>(*this);
    LoopStructure* added = loop.get();
    structures_.push_back(std::move(loop));
    return added;
  });
}

}  // namespace tn::api
