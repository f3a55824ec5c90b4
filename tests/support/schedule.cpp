// SPDX-License-Identifier: Apache-2.0
#include "support/schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <utility>

#include "base/data_type.h"
#include "engine/plan_generated.h"

namespace tn::test {
namespace {

/// Bytes [begin, end) of one of the two arenas.
struct Window {
  uint64_t begin = 0, end = 0;
};

/// Whose bytes an arena holds: the storage (where it begins and how long it is) that was written last.
class Arena {
 public:
  using Owner = std::pair<uint64_t, uint64_t>;
  void write(Window window, Owner owner) {
    if (window.begin == window.end) return;
    cut(window.begin);
    cut(window.end);
    owners_.erase(owners_.lower_bound(window.begin), owners_.lower_bound(window.end));
    owners_[window.begin] = {window.end, owner};
  }
  bool holds(Window window, Owner owner) const {
    auto at = owners_.upper_bound(window.begin);
    if (at == owners_.begin()) return window.begin == window.end;
    --at;
    for (uint64_t reached = window.begin; reached < window.end; ++at) {
      if (at == owners_.end() || at->first > reached || at->second.first <= reached || at->second.second != owner)
        return false;
      reached = at->second.first;
    }
    return true;
  }

 private:
  void cut(uint64_t position) {
    auto at = owners_.upper_bound(position);
    if (at == owners_.begin()) return;
    --at;
    if (at->first == position || at->second.first <= position) return;
    owners_[position] = at->second;
    at->second.first = position;
  }
  std::map<uint64_t, std::pair<uint64_t, Owner>> owners_;
};

class Follower {
 public:
  explicit Follower(const plan::ProfileT& profile) : profile_(profile) {}

  std::string run() {
    for (const auto& step : profile_.lists[0]->steps) {
      for (const int32_t id : step->inputs) {
        if (id < 0 || !in_arena(id)) continue;
        const Window read = window(id);
        if (!arenas_[tensor(id).host].holds(read, owner(id)))
          return fmt::format("step '{}' reads '{}' before it is written", step->name, tensor(id).name);
      }
      const Window workspace{step->workspace_position, step->workspace_position + step->workspace_bytes};
      arenas_[step->host].write(workspace, {workspace.begin, UINT64_MAX});
      for (const int32_t id : step->outputs) {
        if (id < 0 || !in_arena(id)) continue;
        const Window written = window(id);
        if (tensor(id).host == step->host && overlap(written, workspace))
          return fmt::format("step '{}' has its workspace in '{}'", step->name, tensor(id).name);
        for (const int32_t input : step->inputs) {
          if (input < 0 || !in_arena(input) || tensor(input).host != tensor(id).host || owner(input) == owner(id))
            continue;
          if (overlap(written, window(input)))
            return fmt::format("step '{}' writes '{}' over '{}'", step->name, tensor(id).name, tensor(input).name);
        }
        arenas_[tensor(id).host].write(written, owner(id));
      }
    }
    return "";
  }

 private:
  static bool overlap(Window a, Window b) { return a.begin < b.end && b.begin < a.end; }
  const plan::TensorT& tensor(int32_t id) const { return *profile_.tensors[static_cast<size_t>(id)]; }
  bool in_arena(int32_t id) const { return tensor(id).storage == plan::Storage::Arena; }
  Arena::Owner owner(int32_t id) const { return {tensor(id).position, tensor(id).bytes}; }

  Window window(int32_t id) const {
    const plan::TensorT& view = tensor(id);
    const auto value = [&](uint32_t result) { return static_cast<uint64_t>(profile_.result_max[result]); };
    const uint64_t size = size_of(static_cast<DataType>(view.type));
    uint64_t last = value(view.offset);
    for (size_t i = 0; i < view.dims.size(); ++i) {
      if (value(view.dims[i]) == 0) return {view.position, view.position};
      last += (value(view.dims[i]) - 1) * value(view.strides[i]);
    }
    return {view.position + value(view.offset) * size, view.position + (last + 1) * size};
  }

  const plan::ProfileT& profile_;
  std::array<Arena, 2> arenas_;  ///< of the device, of the host
};

}  // namespace

std::string schedule_fault(const plan::ProfileT& profile) {
  return Follower(profile).run();
}

}  // namespace tn::test
