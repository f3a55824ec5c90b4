// SPDX-License-Identifier: Apache-2.0
#include "tuning/profile_builder.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "engine/plan_generated.h"

namespace tn {

ProfileBuilder::ProfileBuilder(std::vector<std::string> symbols, SymbolRanges ranges, WeightStore& weights)
    : ranges_(std::move(ranges)), weights_(weights), symbols_(std::move(symbols)), extents_(symbols_) {}
ProfileBuilder::~ProfileBuilder() = default;

uint64_t ProfileBuilder::bytes_of(const std::string& name, const TensorType& type) const {
  constexpr uint64_t kLimit = uint64_t{1} << 46;
  uint64_t bytes = size_of(type.type);
  for (const Dim& dim : type.dims) {
    const auto extent = static_cast<uint64_t>(std::max<int64_t>(0, range_of(dim, ranges_).max));
    if (extent != 0 && bytes > kLimit / extent) {
      throw Error(ErrorCode::InvalidArgument,
                  "tensor '{}' {} has no usable bound on its size: give a profile with smaller maximum shapes", name,
                  to_string(type));
    }
    bytes *= extent;
  }
  return bytes;
}

int ProfileBuilder::add_tensor(std::string name, TensorType type, Dims strides, Dim offset, int storage) {
  internal_check(type.dims.size() == strides.size(), "'{}' has {} extents and {} strides", name, type.dims.size(),
                 strides.size());
  const Space space = storages_[static_cast<size_t>(storage)].space;
  tensors_.push_back({std::move(name), std::move(type), std::move(strides), std::move(offset), storage, {}, space});
  return static_cast<int>(tensors_.size() - 1);
}

int ProfileBuilder::add_storage(Storage storage, std::string name, TensorType type, Dims strides) {
  storages_.push_back(storage);
  return add_tensor(std::move(name), std::move(type), std::move(strides), 0, static_cast<int>(storages_.size() - 1));
}

int ProfileBuilder::add_arena(std::string name, TensorType type, Dims strides, Space space) {
  const Storage storage{plan::Storage::Arena, 0, bytes_of(name, type), {0, -1, -1}, open_, space};
  return add_storage(storage, std::move(name), std::move(type), std::move(strides));
}

int ProfileBuilder::add_binding(std::string name, TensorType type, Dims strides, int binding, Space space) {
  const auto position = static_cast<uint64_t>(binding);
  const Storage storage{plan::Storage::Binding, position, bytes_of(name, type), {0, -1, -1}, 0, space};
  return add_storage(storage, std::move(name), std::move(type), std::move(strides));
}

int ProfileBuilder::add_weights(std::string name, TensorType type, Dims strides, uint64_t position, Space space) {
  const Storage storage{plan::Storage::Weights, position, bytes_of(name, type), {0, -1, -1}, 0, space};
  return add_storage(storage, std::move(name), std::move(type), std::move(strides));
}

int ProfileBuilder::add_shape_value(std::string name, const Dims& values, bool scalar) {
  const auto count = static_cast<int64_t>(values.size());
  const auto bytes = static_cast<uint64_t>(count) * 8;
  const Storage storage{plan::Storage::ShapeValue, extents_.block(values), bytes, {0, -1, -1}, 0, Space::Host};
  TensorType type{DataType::I64, scalar ? Dims{} : Dims{count}};
  return add_storage(storage, std::move(name), std::move(type), scalar ? Dims{} : Dims{1});
}

int ProfileBuilder::add_view(int of, std::string name, TensorType type, Dims strides, Dim offset) {
  const auto images = tensor(of).images;
  const int id =
      add_tensor(std::move(name), std::move(type), std::move(strides), std::move(offset), tensor(of).storage);
  tensors_.back().images = images;
  return id;
}

int ProfileBuilder::add_images(int of) {
  PlacedTensor image = tensor(of);
  image.images = {image.type.dims[0], image.strides[0]};
  image.type.dims[0] = 1;
  tensors_.push_back(std::move(image));
  return static_cast<int>(tensors_.size() - 1);
}

TensorView ProfileBuilder::largest(int id) const {
  const PlacedTensor& placed = tensor(id);
  TensorView view;
  view.type = placed.type.type;
  for (const Dim& dim : placed.type.dims) view.dims.push_back(range_of(dim, ranges_).max);
  for (const Dim& stride : placed.strides) view.strides.push_back(range_of(stride, ranges_).max);
  return view;
}

uint32_t ProfileBuilder::add_list() {
  lists_.emplace_back();
  return static_cast<uint32_t>(lists_.size() - 1);
}

uint32_t ProfileBuilder::add_private_list(int copies) {
  const uint32_t list = add_list();
  lists_[list].copies = copies;
  return list;
}

void ProfileBuilder::touch(int storage, int time) {
  Lifetime& lifetime = storages_[static_cast<size_t>(storage)].lifetime;
  if (lifetime.first < 0) lifetime.first = time;
  lifetime.first = std::min(lifetime.first, time);
  lifetime.last = std::max(lifetime.last, time);
}

void ProfileBuilder::keep(int id, int first, int last) {
  touch(tensor(id).storage, first);
  touch(tensor(id).storage, last);
}

void ProfileBuilder::add_step(uint32_t list, StepDraft step) {
  for (const int id : step.inputs) {
    if (id >= 0) touch(tensor(id).storage, time_);
  }
  for (const int id : step.outputs) {
    if (id >= 0) touch(tensor(id).storage, time_);
  }
  steps_.push_back({list, std::move(step)});
  ++time_;
}

// Positions are from the start of the list's memory.
MemoryPlan ProfileBuilder::plan_list(uint32_t list, Space space) {
  std::vector<Lifetime> lifetimes;
  std::vector<uint64_t*> positions;
  for (Storage& storage : storages_) {
    if (storage.kind != plan::Storage::Arena || storage.list != list || storage.space != space) continue;
    lifetimes.push_back({storage.bytes, std::max(0, storage.lifetime.first), std::max(0, storage.lifetime.last)});
    positions.push_back(&storage.position);
  }
  for (size_t i = 0; i < steps_.size(); ++i) {
    const bool inside = lists_[steps_[i].list].copies > 0 ? steps_[i].list == list : list == 0;
    if (!inside || steps_[i].step.space != space) continue;
    lifetimes.push_back({steps_[i].step.workspace, static_cast<int>(i), static_cast<int>(i)});
    positions.push_back(&steps_[i].workspace_position);
  }
  MemoryPlan memory = plan_memory(lifetimes);
  for (size_t i = 0; i < positions.size(); ++i) *positions[i] = lifetimes[i].bytes == 0 ? 0 : memory.offsets[i];
  return memory;
}

void ProfileBuilder::plan_all() {
  for (uint32_t list = 1; list < lists_.size(); ++list) {
    if (lists_[list].copies > 0) lists_[list].memory = plan_list(list);
  }
  for (Entry& entry : steps_) {
    for (const uint32_t list : entry.step.lists) {
      const uint64_t bytes = static_cast<uint64_t>(lists_[list].copies) * lists_[list].memory.peak;
      entry.step.workspace = std::max(entry.step.workspace, bytes);
    }
  }
  lists_[0].memory = plan_list(0);
  for (const Entry& entry : steps_) {
    for (const uint32_t list : entry.step.lists) {
      if (lists_[list].copies == 0) continue;
      for (Storage& storage : storages_) {
        if (storage.list == list) storage.position += entry.workspace_position;
      }
      for (Entry& inner : steps_) {
        if (inner.list == list && inner.step.workspace > 0) inner.workspace_position += entry.workspace_position;
      }
    }
  }
}

std::unique_ptr<plan::ProfileT> ProfileBuilder::finish(std::vector<std::unique_ptr<plan::ShapeRangeT>> inputs) {
  auto profile = std::make_unique<plan::ProfileT>();
  profile->inputs = std::move(inputs);
  plan_all();
  profile->arena_bytes = lists_[0].memory.peak;
  profile->arena_lower_bound = lists_[0].memory.lower_bound;
  profile->host_arena_bytes = plan_list(0, Space::Host).peak;
  for (const PlacedTensor& tensor : tensors_) {
    const Storage& storage = storages_[static_cast<size_t>(tensor.storage)];
    auto out = std::make_unique<plan::TensorT>();
    out->name = tensor.name;
    out->type = static_cast<uint8_t>(tensor.type.type);
    out->dims = extents_.indices(tensor.type.dims);
    out->strides = extents_.indices(tensor.strides);
    if (tensor.images) {
      out->sliced = true;
      out->dims.insert(out->dims.begin(), extents_.index(tensor.images->count));
      out->strides.insert(out->strides.begin(), extents_.index(tensor.images->stride));
    }
    out->offset = extents_.index(tensor.offset);
    out->storage = storage.kind;
    out->position = storage.position;
    out->bytes = storage.bytes;
    out->host = storage.space == Space::Host && storage.kind != plan::Storage::ShapeValue;
    profile->tensors.push_back(std::move(out));
  }
  for (const List& list : lists_) {
    profile->lists.push_back(std::make_unique<plan::StepListT>());
    if (list.copies == 0) continue;
    profile->lists.back()->copies = static_cast<uint32_t>(list.copies);
    profile->lists.back()->private_bytes = list.memory.peak;
  }
  for (Entry& entry : steps_) {
    StepDraft& draft = entry.step;
    auto step = std::make_unique<plan::StepT>();
    step->name = std::move(draft.name);
    step->kernel = std::move(draft.kernel);
    const auto* bytes = reinterpret_cast<const uint8_t*>(draft.parameters.data());
    step->parameters.assign(bytes, bytes + draft.parameters.size());
    step->inputs.assign(draft.inputs.begin(), draft.inputs.end());
    step->outputs.assign(draft.outputs.begin(), draft.outputs.end());
    step->workspace_bytes = draft.workspace;
    step->workspace_position = entry.workspace_position;
    step->lists = std::move(draft.lists);
    for (const auto& symbol : draft.defines) {
      const auto found = std::find(symbols_.begin(), symbols_.end(), symbol);
      internal_check(found != symbols_.end(), "step '{}' defines '{}'", step->name, symbol);
      step->defines.push_back(static_cast<uint32_t>(found - symbols_.begin()));
    }
    step->tactic = std::move(draft.tactic);
    step->detail = std::move(draft.detail);
    step->host = draft.space == Space::Host;
    profile->lists[entry.list]->steps.push_back(std::move(step));
  }
  ByteWriter program;
  extents_.program().encode(program);
  const auto bytes = program.take();
  const auto* first = reinterpret_cast<const uint8_t*>(bytes.data());
  profile->shape_program.assign(first, first + bytes.size());
  for (const DimRange& range : extents_.ranges(ranges_)) {
    profile->result_min.push_back(range.min);
    profile->result_max.push_back(range.max);
  }
  return profile;
}

}  // namespace tn
