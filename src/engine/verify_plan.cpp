// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <set>

#include "base/data_type.h"
#include "base/error.h"
#include "base/shape.h"
#include "base/tensor_format.h"
#include "device/kernel.h"
#include "engine/engine_file.h"
#include "engine/plan_generated.h"
#include "program/shape_program.h"

namespace tn {
namespace {

template <typename... Args>
void require(bool condition, fmt::format_string<Args...> format, Args&&... args) {
  if (!condition)
    throw Error(ErrorCode::InvalidEngine, "malformed plan: {}", fmt::format(format, std::forward<Args>(args)...));
}

// Beyond these nothing real lies.
constexpr int64_t kMostExtent = int64_t{1} << 31, kMostElements = int64_t{1} << 40;
constexpr int kDeepest = 64;
constexpr uint32_t kMostThreads = 4096;
constexpr int64_t kMostImages = int64_t{1} << 24;  // running ends soon

class ProfileVerifier {
 public:
  ProfileVerifier(const plan::PlanT& plan, const plan::ProfileT& profile, size_t weights_bytes)
      : plan_(plan), profile_(profile), weights_bytes_(weights_bytes) {}

  void run() {
    ByteReader reader(std::as_bytes(std::span(profile_.shape_program)));
    program_ = ShapeProgram::decode(reader);
    results_ = program_.results.size();
    require(program_.symbols == plan_.symbols.size(), "the shape program has {} symbols, the plan {}", program_.symbols,
            plan_.symbols.size());
    require(profile_.result_min.size() == results_ && profile_.result_max.size() == results_,
            "shape bounds are incomplete");
    require(results_ >= plan_.symbols.size(), "the shape program does not begin with the symbols");
    require(profile_.inputs.size() == plan_.bindings.size(), "a profile has {} inputs", profile_.inputs.size());
    for (size_t i = 0; i < plan_.bindings.size(); ++i) range(i, *profile_.inputs[i]);
    for (const auto& tensor : profile_.tensors) {
      require(tensor != nullptr, "an empty tensor");
      verify_tensor(*tensor);
    }
    require(apart() || profile_.host_arena_bytes == 0, "activations in another memory");
    require(!profile_.lists.empty(), "no steps");
    for (const auto& each : profile_.lists) require(each != nullptr, "an empty list");
    require(profile_.lists[0]->copies == 0, "the network is a loop over a batch");
    depth_.resize(profile_.lists.size());
    for (size_t i = 0; i < profile_.lists.size(); ++i) list(i);
  }

 private:
  void range(size_t index, const plan::ShapeRangeT& range) const {
    const plan::BindingT& binding = *plan_.bindings[index];
    const size_t rank = binding.dims.size();
    const auto values = std::ranges::count_if(plan_.symbols, [&](const auto& symbol) {
      return symbol->of_value && symbol->input == static_cast<int32_t>(index);
    });
    for (const auto* bounds : {&range.min_values, &range.opt_values, &range.max_values})
      require(std::ssize(*bounds) == values, "the values of '{}' have {} bounds", binding.name, bounds->size());
    require(std::isfinite(binding.scale) && binding.scale >= 0, "the scale of '{}'", binding.name);
    if (!binding.is_input) return;
    require(range.min.size() == rank && range.opt.size() == rank && range.max.size() == rank,
            "the bounds of '{}' have the wrong rank", binding.name);
    for (size_t i = 0; i < rank; ++i)
      require(range.min[i] >= 0 && range.min[i] <= range.max[i], "the bounds of '{}'", binding.name);
  }

  int64_t largest(uint32_t result) const {
    require(result < results_, "shape result {} of {}", result, results_);
    const int64_t min = profile_.result_min[result], max = profile_.result_max[result];
    require(min <= max, "a shape bound from {} to {}", min, max);
    return max;
  }

  // Elements of a tensor at the largest shapes, and how far they reach from its storage's start.
  struct Window {
    uint64_t elements = 1, end = 0;
  };

  Window window(const plan::TensorT& tensor) const {
    Window window;
    window.end = static_cast<uint64_t>(largest(tensor.offset)) + 1;
    for (size_t i = 0; i < tensor.dims.size(); ++i) {
      const auto dim = static_cast<uint64_t>(largest(tensor.dims[i]));
      const auto stride = static_cast<uint64_t>(largest(tensor.strides[i]));
      const bool fits = dim == 0 || (window.elements <= kMostElements / dim && stride <= kMostElements / dim);
      require(fits, "'{}' is too large", tensor.name);
      window.elements *= dim;
      if (dim > 0) window.end += (dim - 1) * stride;
      require(window.end <= kMostElements, "'{}' is too large", tensor.name);
    }
    if (window.elements == 0) window.end = 0;
    return window;
  }

  void verify_tensor(const plan::TensorT& tensor) const {
    require(!tensor.sliced || !tensor.dims.empty(), "'{}' is sliced and has no axis", tensor.name);
    require(apart() || !tensor.host, "'{}' lies in another memory", tensor.name);
    require(tensor.type < kDataTypeCount, "'{}' has type {}", tensor.name, tensor.type);
    require(tensor.dims.size() == tensor.strides.size() && tensor.dims.size() <= kMaxRank,
            "'{}' has {} extents and {} strides", tensor.name, tensor.dims.size(), tensor.strides.size());
    const auto within = [&](uint32_t result, int64_t most, const char* what) {
      require(largest(result) <= most && profile_.result_min[result] >= 0, "'{}' has {} from {} to {}", tensor.name,
              what, profile_.result_min[result], profile_.result_max[result]);
    };
    within(tensor.offset, kMostElements, "an offset");
    for (const uint32_t dim : tensor.dims) within(dim, kMostExtent, "an extent");
    for (const uint32_t stride : tensor.strides) within(stride, kMostElements, "a stride");
    storage(tensor, window(tensor).end * size_of(static_cast<DataType>(tensor.type)));
  }

  uint64_t arena_of(bool host) const { return host ? profile_.host_arena_bytes : profile_.arena_bytes; }

  void storage(const plan::TensorT& tensor, uint64_t bytes) const {
    uint64_t limit = 0;
    switch (tensor.storage) {
      case plan::Storage::Arena:
        limit = arena_of(tensor.host);
        break;
      case plan::Storage::Weights:
        limit = weights_bytes_;
        break;
      case plan::Storage::Binding:
        require(tensor.position < plan_.bindings.size(), "'{}' is binding {}", tensor.name, tensor.position);
        require(tensor.type == plan_.bindings[tensor.position]->type, "'{}' has another type than its binding",
                tensor.name);
        require(bytes <= tensor.bytes, "'{}' takes {} bytes of {}", tensor.name, bytes, tensor.bytes);
        return;
      case plan::Storage::ShapeValue:
        require(tensor.type == static_cast<uint8_t>(DataType::I64), "'{}' is a shape value of another type",
                tensor.name);
        require(tensor.position <= results_ && bytes / 8 <= results_ - tensor.position, "'{}' lies outside the shapes",
                tensor.name);
        return;
      default:
        require(false, "'{}' has storage {}", tensor.name, static_cast<int>(tensor.storage));
    }
    require(tensor.position <= limit && bytes <= limit - tensor.position, "'{}' lies outside its storage", tensor.name);
    require(tensor.position % 64 == 0, "'{}' is not aligned", tensor.name);
  }

  void list(size_t index) {
    const auto& steps = profile_.lists[index]->steps;
    const bool in_batch = profile_.lists[index]->copies > 0;
    for (const auto& step : steps) {
      require(step != nullptr, "an empty step");
      operands(*step, step->inputs, true);
      operands(*step, step->outputs, false);
      require(step->workspace_position <= arena_of(step->host) &&
                  step->workspace_bytes <= arena_of(step->host) - step->workspace_position,
              "step '{}' has its workspace outside the arena", step->name);
      require(step->workspace_position % 64 == 0, "step '{}' has an unaligned workspace", step->name);
      for (const auto* ids : {&step->inputs, &step->outputs}) {
        for (const int32_t id : *ids) {
          workspace_apart(*step, id);
          require(id < 0 || in_batch || !profile_.tensors[static_cast<size_t>(id)]->sliced,
                  "step '{}' sees an image outside of a loop", step->name);
        }
      }
      for (const uint32_t symbol : step->defines)
        require(symbol < plan_.symbols.size(), "step '{}' defines symbol {}", step->name, symbol);
      // A list is run by one step at most, and runs only later lists: running ends, and soon.
      for (const uint32_t nested : step->lists) {
        require(nested > index && nested < profile_.lists.size() && ran_.insert(nested).second,
                "step '{}' runs list {}", step->name, nested);
        depth_[nested] = depth_[index] + 1;
        require(depth_[nested] <= kDeepest, "step '{}' runs a list at level {}", step->name, depth_[nested]);
      }
      const bool batch = step->kernel == kBatchKernel;
      require(apart() ? !batch && (step->host || step->lists.empty()) : !step->host, "step '{}' runs elsewhere",
              step->name);
      for (const uint32_t nested : step->lists)
        require((profile_.lists[nested]->copies > 0) == batch, "step '{}' runs list {}", step->name, nested);
      if (batch) batch_loop(*step);
      if (step->kernel == kBranchKernel) {
        require(step->lists.size() == 2 && step->inputs.size() == 1 && is_one_number(step->inputs[0]),
                "step '{}' is no branch", step->name);
      }
      if (step->kernel == kLoopKernel) {
        require(step->lists.size() == 1 && step->inputs.size() == 2 && step->outputs.size() == 2,
                "step '{}' is no loop", step->name);
        require(is_one_number(step->outputs[0]) && is_one_number(step->outputs[1]), "loop '{}' has no counter",
                step->name);
        require(step->inputs[0] >= 0 || step->inputs[1] >= 0, "loop '{}' never ends", step->name);
        for (const int32_t id : step->inputs) require(id < 0 || is_one_number(id), "loop '{}'", step->name);
      }
    }
  }

  // Several threads run a list at a time, so each may write only to memory of its own and to its own images.
  void batch_loop(const plan::StepT& step) const {
    require(!step.lists.empty() && step.lists.size() <= 2, "step '{}' is no loop over a batch", step.name);
    require(!step.inputs.empty() && step.inputs[0] >= 0, "step '{}' has no batch", step.name);
    const auto& first = *profile_.tensors[static_cast<size_t>(step.inputs[0])];
    require(!first.sliced && !first.dims.empty(), "step '{}' has no batch", step.name);
    require(largest(first.dims[0]) <= kMostImages, "step '{}' has {} images", step.name, largest(first.dims[0]));
    for (size_t i = 0; i < step.lists.size(); ++i) {
      const plan::StepListT& list = *profile_.lists[step.lists[i]];
      require(list.copies <= (i == 0 ? kMostThreads : 1), "step '{}' has {} copies", step.name, list.copies);
      require(list.private_bytes % 64 == 0 && list.private_bytes <= step.workspace_bytes / list.copies,
              "step '{}' has too little memory for {} threads", step.name, list.copies);
      for (const auto& inner : list.steps) {
        require(inner && inner->lists.empty() && inner->defines.empty() && !inner->kernel.starts_with(kControlKernels),
                "a step of the loop '{}' cannot run there", step.name);
        require(inner->workspace_bytes == 0 || lies_in(inner->workspace_position, inner->workspace_bytes,
                                                       step.workspace_position, list.private_bytes),
                "step '{}' has its workspace outside of its thread's memory", inner->name);
        for (const int32_t id : inner->inputs) image(step, list, *inner, id, first.dims[0], false);
        for (const int32_t id : inner->outputs) image(step, list, *inner, id, first.dims[0], true);
      }
    }
  }

  static bool lies_in(uint64_t position, uint64_t bytes, uint64_t begin, uint64_t room) {
    return position >= begin && bytes <= room && position - begin <= room - bytes;
  }

  void image(const plan::StepT& loop, const plan::StepListT& list, const plan::StepT& step, int32_t id, uint32_t batch,
             bool written) const {
    require(id >= -1 && id < std::ssize(profile_.tensors), "step '{}' names tensor {}", step.name, id);
    if (id < 0) return;
    const auto& tensor = *profile_.tensors[static_cast<size_t>(id)];
    require(!tensor.sliced || tensor.dims[0] == batch, "'{}' has other images than its loop", tensor.name);
    const uint64_t bytes = window(tensor).end * size_of(static_cast<DataType>(tensor.type));
    const bool own = tensor.storage == plan::Storage::Arena && !tensor.sliced &&
                     lies_in(tensor.position, bytes, loop.workspace_position, list.private_bytes);
    const bool apart = tensor.storage != plan::Storage::Arena || tensor.position + bytes <= loop.workspace_position ||
                       loop.workspace_position + loop.workspace_bytes <= tensor.position;
    require(own || apart, "'{}' lies in the memory of several threads", tensor.name);
    require(own || tensor.sliced || !written, "threads write '{}' at the same time", tensor.name);
  }

  // Kernels keep addresses in their workspace, so nothing else may write there meanwhile.
  void workspace_apart(const plan::StepT& step, int32_t id) const {
    if (id < 0 || step.workspace_bytes == 0) return;
    const auto& tensor = *profile_.tensors[static_cast<size_t>(id)];
    if (tensor.storage != plan::Storage::Arena || tensor.host != step.host) return;
    const uint64_t bytes = window(tensor).end * size_of(static_cast<DataType>(tensor.type));
    require(tensor.position + bytes <= step.workspace_position ||
                step.workspace_position + step.workspace_bytes <= tensor.position,
            "step '{}' has its workspace in '{}'", step.name, tensor.name);
  }

  // Whether a tensor is there and has exactly one element.
  bool is_one_number(int32_t id) const {
    if (id < 0) return false;
    const auto& dims = profile_.tensors[static_cast<size_t>(id)]->dims;
    return std::all_of(dims.begin(), dims.end(),
                       [&](uint32_t dim) { return profile_.result_min[dim] == 1 && profile_.result_max[dim] == 1; });
  }

  // Whether the device that the plan is for has memory of its own.
  bool apart() const { return plan_.backend != "cpu"; }

  // What tells shapes only may be asked of tensors wherever they are.
  bool reads_shapes_only(const plan::StepT& step) const { return step.kernel == kResultExtentsKernel; }

  void operands(const plan::StepT& step, const std::vector<int32_t>& ids, bool input) const {
    for (const int32_t id : ids) {
      require(id >= -1 && id < static_cast<int32_t>(profile_.tensors.size()), "step '{}' names tensor {}", step.name,
              id);
      if (id >= 0 && step.host && !reads_shapes_only(step)) {
        const auto& tensor = *profile_.tensors[static_cast<size_t>(id)];
        require(tensor.host || tensor.storage == plan::Storage::ShapeValue,
                "step '{}' runs on the host and names '{}', which is not there", step.name, tensor.name);
      }
      if (id < 0 || input) continue;
      const auto& tensor = *profile_.tensors[static_cast<size_t>(id)];
      const bool constant = tensor.storage == plan::Storage::Weights || tensor.storage == plan::Storage::ShapeValue ||
                            (tensor.storage == plan::Storage::Binding && plan_.bindings[tensor.position]->is_input);
      require(!constant, "step '{}' writes '{}', which is read-only", step.name, tensor.name);
      const Window written = window(tensor);
      require(written.elements <= written.end, "step '{}' writes elements of '{}' twice", step.name, tensor.name);
    }
  }

  const plan::PlanT& plan_;
  const plan::ProfileT& profile_;
  size_t weights_bytes_;
  ShapeProgram program_;
  std::set<uint32_t> ran_;  ///< lists that a step runs
  std::vector<int> depth_;  ///< of lists that steps run: running one takes stack
  size_t results_ = 0;
};

}  // namespace

void verify_plan(const plan::PlanT& plan, size_t weights_bytes) {
  require(!plan.profiles.empty(), "no profile");
  const auto all_there = [](const auto& list) {
    return std::all_of(list.begin(), list.end(), [](const auto& item) { return item != nullptr; });
  };
  require(all_there(plan.profiles) && all_there(plan.bindings) && all_there(plan.symbols), "an empty entry");
  for (const auto& profile : plan.profiles) require(all_there(profile->inputs), "an empty range");
  for (const auto& binding : plan.bindings) {
    const bool extents = std::all_of(binding->dims.begin(), binding->dims.end(), [](int64_t dim) { return dim >= -1; });
    require(binding->type < kDataTypeCount && binding->dims.size() <= kMaxRank && extents, "binding '{}'",
            binding->name);
    require(binding->format < kTensorFormatCount, "binding '{}' has format {}", binding->name, binding->format);
    const std::string problem =
        format_problem(static_cast<TensorFormat>(binding->format), static_cast<DataType>(binding->type), binding->dims);
    require(problem.empty(), "binding '{}': {}", binding->name, problem);
  }
  for (const auto& symbol : plan.symbols) {
    if (symbol->input < 0) continue;
    require(static_cast<size_t>(symbol->input) < plan.bindings.size() &&
                plan.bindings[static_cast<size_t>(symbol->input)]->is_input,
            "symbol '{}' names input {}", symbol->name, symbol->input);
    const plan::BindingT& binding = *plan.bindings[static_cast<size_t>(symbol->input)];
    if (symbol->of_value) {
      const auto type = static_cast<DataType>(binding.type);
      const bool fixed = binding.dims.empty() || (binding.dims.size() == 1 && binding.dims[0] > symbol->axis);
      require((type == DataType::I64 || type == DataType::I32) && fixed && symbol->axis < 16,
              "symbol '{}' names element {}", symbol->name, symbol->axis);
      require(!binding.dims.empty() || symbol->axis == 0, "symbol '{}' names element {} of a scalar", symbol->name,
              symbol->axis);
    } else {
      require(symbol->axis < binding.dims.size(), "symbol '{}' names axis {}", symbol->name, symbol->axis);
    }
  }
  for (const auto& profile : plan.profiles) ProfileVerifier(plan, *profile, weights_bytes).run();
}

}  // namespace tn
