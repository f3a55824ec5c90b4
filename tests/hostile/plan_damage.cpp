// SPDX-License-Identifier: Apache-2.0
#include "hostile/plan_damage.h"

#include <array>
#include <cstring>
#include <limits>
#include <optional>

#include "engine/plan_generated.h"
#include "program/shape_program.h"

namespace tn::test {
namespace {

template <typename T>
T strange(T value, std::mt19937& random) {
  using U = std::make_unsigned_t<T>;
  switch (random() % 9) {
    case 0:
      return 0;
    case 1:
      return static_cast<T>(-1);
    case 2:
      return std::numeric_limits<T>::max();
    case 3:
      return static_cast<T>(static_cast<U>(value) + U{1});
    case 4:
      return static_cast<T>(static_cast<U>(value) - U{1});
    case 5:
      return static_cast<T>(static_cast<U>(value) * U{2});
    case 6:
      return static_cast<T>(value / 2);
    case 7:
      return static_cast<T>(uint64_t{1} << (random() % (8 * sizeof(T))));
    default:
      return static_cast<T>(random() % 16);
  }
}

template <typename T>
void spoil(std::vector<T>& values, std::mt19937& random) {
  const uint32_t kind = random() % 8;
  if (values.empty() || kind == 0)
    values.push_back(static_cast<T>(random() % 8));
  else if (kind == 1)
    values.pop_back();
  else if (kind == 2)
    std::swap(values[random() % values.size()], values[random() % values.size()]);
  else
    values[random() % values.size()] = strange(values[random() % values.size()], random);
}

template <typename T>
T& any(std::vector<std::unique_ptr<T>>& items, std::mt19937& random) {
  return *items[random() % items.size()];
}

// Encoded fields are mostly words of eight bytes, at any byte.
void spoil_bytes(std::vector<uint8_t>& bytes, std::mt19937& random) {
  if (random() % 4 == 0 || bytes.size() < 8) return spoil(bytes, random);
  uint8_t* at = bytes.data() + random() % (bytes.size() - 7);
  int64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  word = strange(word, random);
  std::memcpy(at, &word, sizeof word);
}

std::optional<ShapeProgram> decode(const std::vector<uint8_t>& bytes) {
  try {
    ByteReader reader(std::as_bytes(std::span(bytes)));
    return ShapeProgram::decode(reader);
  } catch (const Error&) {
    return std::nullopt;  // spoiled before
  }
}

// Another constant, and bounds that agree with it: a lie that no arithmetic contradicts.
void spoil_constant(plan::ProfileT& profile, std::mt19937& random) {
  auto decoded = decode(profile.shape_program);
  if (!decoded || decoded->results.empty() || decoded->results.size() > profile.result_min.size() ||
      decoded->results.size() > profile.result_max.size()) {
    return;
  }
  ShapeProgram& program = *decoded;
  const size_t result = random() % program.results.size();
  const uint32_t index = program.results[result];
  ShapeInstruction& step = program.instructions[index];
  if (step.function != ShapeFunction::Constant) return;
  // A new instruction for this result alone, or a new value for everything that uses it.
  const int64_t value = strange(step.value, random);
  if (random() % 2 == 0) {
    program.results[result] = static_cast<uint32_t>(program.instructions.size());
    program.instructions.push_back({ShapeFunction::Constant, 0, 0, value});
    profile.result_min[result] = profile.result_max[result] = value;
  } else {
    step.value = value;
    for (size_t r = 0; r < program.results.size(); ++r) {
      if (program.results[r] == index) profile.result_min[r] = profile.result_max[r] = value;
    }
  }
  ByteWriter writer;
  program.encode(writer);
  const auto bytes = writer.take();
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  profile.shape_program.assign(data, data + bytes.size());
}

void spoil_tensor(plan::TensorT& tensor, plan::ProfileT& profile, std::mt19937& random) {
  switch (random() % 10) {
    case 9:
      tensor.sliced ^= true;
      break;
    case 0:
      tensor.type = static_cast<uint8_t>(random() % 14);
      break;
    case 1:
      spoil(tensor.dims, random);
      break;
    case 2:
      spoil(tensor.strides, random);
      break;
    case 3:
      tensor.storage = static_cast<plan::Storage>(random() % 5);
      break;
    case 4:
      tensor.position = random() % 2 ? random() % 4 * 64 : strange(tensor.position, random);
      break;
    case 5:
      tensor.bytes = strange(tensor.bytes, random);
      break;
    case 6:
      tensor.offset = strange(tensor.offset, random);
      break;
    case 7: {
      // An axis more, an axis less, or another extent, with strides to match.
      const auto other = static_cast<uint32_t>(random() % profile.result_max.size());
      const uint32_t kind = random() % 3;
      if (kind == 0 || tensor.dims.empty()) {
        tensor.dims.push_back(other);
        tensor.strides.push_back(other);
      } else if (kind == 1) {
        tensor.dims.pop_back();
        tensor.strides.pop_back();
      } else {
        tensor.dims[random() % tensor.dims.size()] = other;
      }
      break;
    }
    default: {
      const auto& other = any(profile.tensors, random);
      tensor.dims = other.dims;
      tensor.strides = other.strides;
    }
  }
}

void spoil_step(plan::StepT& step, plan::ProfileT& profile, std::mt19937& random) {
  const auto tensor = static_cast<int32_t>(random() % profile.tensors.size());
  plan::StepT& other = any(any(profile.lists, random).steps, random);
  switch (random() % 14) {
    case 0:
    case 1:
    case 2:
      spoil_bytes(step.parameters, random);
      break;
    case 3:
      spoil(step.inputs, random);
      break;
    case 4:
      spoil(step.outputs, random);
      break;
    case 5:
      step.workspace_bytes = strange(step.workspace_bytes, random);
      break;
    case 6:
      step.workspace_position = random() % 2 ? random() % 8 * 64 : strange(step.workspace_position, random);
      break;
    case 7:
      step.kernel = other.kernel;
      break;
    case 8:
      step.kernel = other.kernel;
      step.parameters = other.parameters;
      break;
    case 9:
      if (!step.inputs.empty()) step.inputs[random() % step.inputs.size()] = random() % 4 ? tensor : -1;
      break;
    case 10:
      if (!step.outputs.empty()) step.outputs[random() % step.outputs.size()] = random() % 4 ? tensor : -1;
      break;
    case 11:
      spoil(step.defines, random);
      break;
    case 12:
      spoil(step.lists, random);
      break;
    default:
      step.kernel = std::array{"control.if", "control.loop", "control.batch"}[random() % 3];
      step.lists = {0, 0};
  }
}

void spoil_profile(plan::ProfileT& profile, std::mt19937& random) {
  switch (random() % 9) {
    case 8: {
      auto& list = any(profile.lists, random);
      if (random() % 2)
        list.copies = strange(list.copies, random);
      else
        list.private_bytes = strange(list.private_bytes, random);
      break;
    }
    case 0: {
      auto& range = any(profile.inputs, random);
      spoil(random() % 2 ? range.min : range.max, random);
      break;
    }
    case 1:
      spoil_bytes(profile.shape_program, random);
      break;
    case 2:
      spoil(random() % 2 ? profile.result_min : profile.result_max, random);
      break;
    case 3:
      profile.arena_bytes = strange(profile.arena_bytes, random);
      break;
    case 4: {
      auto& list = any(profile.lists, random);
      spoil(random() % 2 ? list.inputs : list.outputs, random);
      break;
    }
    case 5: {
      auto& steps = any(profile.lists, random).steps;
      if (!steps.empty()) std::swap(steps[random() % steps.size()], steps[random() % steps.size()]);
      break;
    }
    default:
      spoil_constant(profile, random);
  }
}

void spoil_interface(plan::PlanT& plan, std::mt19937& random) {
  auto& binding = any(plan.bindings, random);
  switch (random() % 7) {
    case 0:
      spoil(binding.dims, random);
      break;
    case 1:
      binding.type = static_cast<uint8_t>(random() % 14);
      break;
    case 2:
      binding.is_input ^= true;
      break;
    case 3:
      plan.bindings.pop_back();
      break;
    case 4:
      plan.features = strange(plan.features, random);
      break;
    case 5:
      if (!plan.symbols.empty()) any(plan.symbols, random).input = strange(plan.symbols[0]->input, random);
      break;
    default:
      if (!plan.symbols.empty()) any(plan.symbols, random).axis = strange(plan.symbols[0]->axis, random);
  }
}

}  // namespace

void spoil_plan(plan::PlanT& plan, std::mt19937& random) {
  plan::ProfileT& profile = any(plan.profiles, random);
  const uint32_t kind = random() % 10;
  plan::StepListT& list = any(profile.lists, random);
  if (plan.bindings.empty() || kind == 0)
    plan.bindings.empty() ? void() : spoil_interface(plan, random);
  else if (kind <= 2)
    spoil_profile(profile, random);
  else if (kind <= 5 || list.steps.empty())
    spoil_tensor(any(profile.tensors, random), profile, random);
  else
    spoil_step(any(list.steps, random), profile, random);
}

}  // namespace tn::test
