// SPDX-License-Identifier: Apache-2.0
// The names of the plan's types (plan.fbs), for headers that only mention them: plan_generated.h takes long to compile.
#pragma once

#include <cstdint>

namespace tn::plan {

enum class Storage : uint8_t;
struct BindingT;
struct PlanT;
struct ProfileT;
struct ShapeRangeT;
struct StepListT;
struct StepT;
struct SymbolT;
struct WeightRecipeT;

}  // namespace tn::plan
