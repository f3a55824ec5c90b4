// SPDX-License-Identifier: Apache-2.0
// What contexts know of shapes: those of inputs, and through the shape program everything else.
#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "base/tensor_format.h"
#include "engine/plan_generated.h"
#include "exec/context.h"
#include "exec/profile_state.h"

namespace tn {

Status Context::set_input_shape(int binding, const Shape& shape) noexcept {
  const auto& plan = engine_->plan();
  const auto index = static_cast<size_t>(binding);
  if (binding < 0 || index >= plan.bindings.size() || !plan.bindings[index]->is_input) {
    return Status::failure(ErrorCode::InvalidArgument, "binding {} is not an input", binding);
  }
  const auto& range = *state_->profile.inputs[index];
  const std::string& name = plan.bindings[index]->name;
  bool inside = static_cast<size_t>(shape.rank()) == range.min.size();
  for (int i = 0; inside && i < shape.rank(); ++i) {
    inside = shape[i] >= range.min[static_cast<size_t>(i)] && shape[i] <= range.max[static_cast<size_t>(i)];
  }
  if (!inside) {
    return Status::failure(ErrorCode::InvalidArgument,
                           "input '{}': shape [{}] is outside profile {}, which takes [{}] to [{}]", name,
                           fmt::join(shape.begin(), shape.end(), ","), profile_index_, fmt::join(range.min, ","),
                           fmt::join(range.max, ","));
  }
  if (!input_set_[index] || !(input_shapes_[index] == shape)) shapes_changed_ = true;
  input_shapes_[index] = shape;
  input_set_[index] = true;
  return {};
}

Status Context::evaluate_shapes(bool defined_known) noexcept {
  const auto& symbols = engine_->plan().symbols;
  for (size_t i = 0; i < symbols.size(); ++i) {
    if (symbols[i]->of_value) {
      state_->symbols[i] = element(*symbols[i]);
    } else if (symbols[i]->input >= 0) {
      state_->symbols[i] = input_shapes_[static_cast<size_t>(symbols[i]->input)][static_cast<int>(symbols[i]->axis)];
    } else if (!defined_known) {
      state_->symbols[i] = state_->profile.result_max[i];  // results begin with the symbols themselves
    }
  }
  if (Status status = state_->program.evaluate(state_->symbols, state_->results, state_->scratch); !status)
    return status;
  // Memory was laid out for the profile's bounds, so nothing may leave them, whatever the plan's arithmetic says.
  for (size_t i = 0; i < state_->results.size(); ++i) {
    if (state_->results[i] >= state_->profile.result_min[i] && state_->results[i] <= state_->profile.result_max[i])
      continue;
    return Status::failure(ErrorCode::InvalidArgument,
                           "these input shapes give an extent of {}, profile {} allows {} to {}", state_->results[i],
                           profile_index_, state_->profile.result_min[i], state_->profile.result_max[i]);
  }
  return {};
}

int64_t Context::element(const plan::SymbolT& symbol) const noexcept {
  const auto input = static_cast<size_t>(symbol.input);
  const auto type = static_cast<DataType>(engine_->plan().bindings[input]->type);
  return load_int64(TensorView::dense(addresses_[input], type, Shape{}), symbol.axis);
}

bool Context::values_changed() const noexcept {
  if (!state_->has_values) return false;
  const auto& symbols = engine_->plan().symbols;
  for (size_t i = 0; i < symbols.size(); ++i) {
    if (!symbols[i]->of_value || !addresses_[static_cast<size_t>(symbols[i]->input)]) continue;
    if (state_->symbols[i] != element(*symbols[i])) return true;
  }
  return false;
}

bool Context::holds_extents(int binding) const noexcept {
  return std::ranges::any_of(engine_->plan().symbols,
                             [&](const auto& symbol) { return symbol->of_value && symbol->input == binding; });
}

Status Context::check_bindings(bool late) noexcept {
  const auto& plan = engine_->plan();
  for (size_t i = 0; i < plan.bindings.size(); ++i) {
    if (!plan.bindings[i]->is_input) continue;
    const TensorView& view = state_->tensors.view(state_->binding_tensor[i]);
    if (view.dims == input_shapes_[i]) continue;
    return Status::failure(ErrorCode::InvalidArgument, "input '{}' has shape [{}], the other inputs ask for [{}]",
                           plan.bindings[i]->name, fmt::join(input_shapes_[i].begin(), input_shapes_[i].end(), ","),
                           fmt::join(view.dims.begin(), view.dims.end(), ","));
  }
  // The caller's memory is as large as the binding's shape was before the run: no window may reach beyond it.
  for (size_t i = 0; i < plan.bindings.size() && !late; ++i) {
    const TensorView& view = state_->tensors.view(state_->binding_tensor[i]);
    state_->binding_room[i] =
        format_elements(static_cast<TensorFormat>(plan.bindings[i]->format), view.type, view.dims.span());
  }
  for (const int id : state_->on_bindings) {
    const auto& tensor = *state_->profile.tensors[static_cast<size_t>(id)];
    int64_t end = state_->results[tensor.offset] + 1, elements = 1;
    for (size_t axis = 0; axis < tensor.dims.size(); ++axis) {
      const int64_t extent = state_->results[tensor.dims[axis]];
      end += std::max<int64_t>(0, extent - 1) * state_->results[tensor.strides[axis]];
      elements *= extent;
    }
    if (elements == 0 || end <= state_->binding_room[tensor.position]) continue;
    return Status::failure(ErrorCode::InvalidArgument, "tensor '{}' reaches beyond '{}'", tensor.name,
                           plan.bindings[tensor.position]->name);
  }
  return {};
}

Status Context::update_shapes() noexcept {
  const auto& plan = engine_->plan();
  for (size_t i = 0; i < input_set_.size(); ++i) {
    if (plan.bindings[i]->is_input && !input_set_[i]) {
      return Status::failure(ErrorCode::InvalidArgument, "input '{}' has no shape yet; set it before running",
                             plan.bindings[i]->name);
    }
  }
  for (const auto& symbol : plan.symbols) {
    if (symbol->of_value && !addresses_[static_cast<size_t>(symbol->input)]) {
      return Status::failure(ErrorCode::InvalidArgument,
                             "the elements of input '{}' are extents: set its address before shapes are asked for",
                             plan.bindings[static_cast<size_t>(symbol->input)]->name);
    }
  }
  if (reading_shapes_) {
    if (Status status = state_->shapes_read->wait(); !status) return status;
    reading_shapes_ = false;
  }
  if (Status status = evaluate_shapes(false); !status) return status;
  state_->tensors.update(state_->results, addresses_);
  if (Status status = check_bindings(false); !status) return status;
  state_->forget_recordings();
  for (auto& list : state_->lists) {
    for (BoundStep& step : list) {
      step.take_views(state_->tensors);
      if (!step.kernel) continue;
      if (Status status = step.kernel->bind(step.inputs, step.outputs); !status) return failure(*step.step, status);
    }
  }
  shapes_changed_ = false;
  // The views have the addresses that are known so far.
  addresses_changed_ = std::ranges::find(addresses_, nullptr) != addresses_.end();
  return {};
}

Status Context::shape(int binding, Shape& result) noexcept {
  if (binding < 0 || static_cast<size_t>(binding) >= input_shapes_.size()) {
    return Status::failure(ErrorCode::InvalidArgument, "there is no binding {}", binding);
  }
  if (engine_->plan().bindings[static_cast<size_t>(binding)]->is_input) {
    result = input_shapes_[static_cast<size_t>(binding)];
    return {};
  }
  if (shapes_changed_ || values_changed()) {
    if (Status status = update_shapes(); !status) return status;
  }
  result = state_->tensors.view(state_->binding_tensor[static_cast<size_t>(binding)]).dims;
  return {};
}

size_t Context::max_bytes(int binding) const noexcept {
  const int tensor = state_->binding_tensor[static_cast<size_t>(binding)];
  return tensor < 0 ? 0 : state_->profile.tensors[static_cast<size_t>(tensor)]->bytes;
}

Status Context::define_symbols(const BoundStep& step) noexcept {
  for (size_t i = 0; i < step.defined.size(); ++i) {
    const uint32_t symbol = step.step->defines[i];
    if (step.defined[i] < 0 || step.defined[i] > state_->profile.result_max[symbol]) {
      return Status::failure(ErrorCode::Internal, "'{}' became {}, its bound is {}",
                             engine_->plan().symbols[symbol]->name, step.defined[i],
                             state_->profile.result_max[symbol]);
    }
    state_->symbols[symbol] = step.defined[i];
  }
  if (Status status = evaluate_shapes(true); !status) return status;
  state_->tensors.update(state_->results, addresses_);
  return check_bindings(true);
}

Status Context::forget_symbols(const BoundStep& step) noexcept {
  for (const uint32_t symbol : step.step->defines) state_->symbols[symbol] = state_->profile.result_max[symbol];
  if (Status status = evaluate_shapes(true); !status) return status;
  state_->tensors.update(state_->results, addresses_);
  return {};
}

}  // namespace tn
