// SPDX-License-Identifier: Apache-2.0
#include "engine/plan_buffer.h"

#include <algorithm>

#include "engine/plan_generated.h"

namespace tn::plan {
namespace {

template <typename T>
using Vector = flatbuffers::Vector<T>;
template <typename T>
using Tables = Vector<flatbuffers::Offset<T>>;

/// Visits everything in a plan that has a length, and takes its bytes away from those of the buffer.
class Walk {
 public:
  explicit Walk(size_t bytes) : room_(bytes) {}

  bool visit(const Plan& plan) {
    for (const auto* text : {plan.name(), plan.producer(), plan.backend(), plan.device(), plan.architecture(),
                             plan.precision(), plan.preprocess(), plan.optimized_graph(), plan.explanation()})
      take(text);
    each(plan.libraries(), [&](const flatbuffers::String& library) { take(&library); });
    each(plan.bindings(), [&](const Binding& binding) { take(binding.name()), take(binding.dims()); });
    each(plan.symbols(), [&](const Symbol& symbol) { take(symbol.name()); });
    each(plan.profiles(), [&](const Profile& profile) { visit(profile); });
    each(plan.recipes(), [&](const WeightRecipe& recipe) {
      each(recipe.sources(), [&](const flatbuffers::String& source) { take(&source); });
      take(recipe.packing()), take(recipe.parameters());
    });
    return plain_;
  }

 private:
  void visit(const Profile& profile) {
    take(profile.shape_program()), take(profile.result_min()), take(profile.result_max());
    each(profile.inputs(), [&](const ShapeRange& range) {
      for (const auto* bounds :
           {range.min(), range.opt(), range.max(), range.min_values(), range.opt_values(), range.max_values()})
        take(bounds);
    });
    each(profile.tensors(),
         [&](const Tensor& tensor) { take(tensor.name()), take(tensor.dims()), take(tensor.strides()); });
    each(profile.lists(), [&](const StepList& list) {
      take(list.inputs()), take(list.outputs());
      each(list.steps(), [&](const Step& step) { visit(step); });
    });
  }

  void visit(const Step& step) {
    for (const auto* text : {step.name(), step.kernel(), step.tactic(), step.detail()}) take(text);
    for (const auto* tensors : {step.inputs(), step.outputs()}) take(tensors);
    for (const auto* indices : {step.lists(), step.defines()}) take(indices);
    take(step.parameters());
  }

  template <typename T>
  void take(const Vector<T>* numbers) {
    if (!numbers) return;
    plain_ &= reinterpret_cast<uintptr_t>(numbers->Data()) % alignof(T) == 0;
    take(size_t{numbers->size()} * sizeof(T));
  }
  void take(const flatbuffers::String* text) {
    if (text) take(size_t{text->size()});
  }
  void take(size_t bytes) {
    plain_ &= bytes <= room_;
    room_ -= std::min(bytes, room_);
  }

  // A table takes where it is named and where it names its fields.
  template <typename T, typename Visit>
  void each(const Tables<T>* tables, const Visit& visit) {
    if (!tables) return;
    for (const auto* table : *tables) {
      if (!plain_) return;
      take(size_t{2 * sizeof(flatbuffers::uoffset_t)});
      visit(*table);
    }
  }

  size_t room_;
  bool plain_ = true;
};

}  // namespace

bool is_plain(const Plan& plan, size_t bytes) {
  return Walk(bytes).visit(plan);
}

}  // namespace tn::plan
