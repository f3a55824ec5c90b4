// SPDX-License-Identifier: Apache-2.0
#include "exec/batch_loop.h"

#include <algorithm>
#include <atomic>
#include <chrono>

#include "engine/plan_generated.h"

namespace tn {

/// A list with kernels and memory of its own.
class BatchLoop::Body {
 public:
  Body(const plan::StepT& loop, uint32_t list, int number, int threads, const BatchSurroundings& around)
      : around_(around),
        begin_(loop.workspace_position),
        bytes_(around.profile.lists[list]->private_bytes),
        shift_(static_cast<uint64_t>(number) * bytes_) {
    for (const auto& step : around.profile.lists[list]->steps) {
      steps_.push_back(bind_step(*step, around.tensors, around.find, threads));
      operands_ += step->inputs.size() + step->outputs.size();
    }
    moving_.reserve(operands_);
    times_.resize(steps_.size());
  }

  Status bind() noexcept {
    for (BoundStep& step : steps_) {
      step.take_views(around_.tensors);
      if (Status status = step.kernel->bind(step.inputs, step.outputs); !status)
        return Status::failure(status.code(), "step '{}': {}", step.step->name, status.message());
    }
    return {};
  }

  /// Takes addresses; to be called before a run.
  void take_views() noexcept {
    moving_.clear();
    for (BoundStep& step : steps_) {
      step.take_views(around_.tensors);
      take(step.step->inputs, step.inputs);
      take(step.step->outputs, step.outputs);
    }
    std::ranges::fill(times_, 0.0);
    status_ = {};
  }

  /// Runs the list for one image; nothing more after a failure.
  void run(int64_t image, Lane& lane) noexcept {
    if (!status_) return;
    for (const Moving& moving : moving_) moving.view->data = moving.first + image * moving.stride;
    for (size_t i = 0; i < steps_.size() && status_; ++i) {
      const auto start = around_.observer ? std::chrono::steady_clock::now() : std::chrono::steady_clock::time_point{};
      BoundStep& step = steps_[i];
      const std::span workspace(around_.memories.arena + step.step->workspace_position + shift_,
                                step.step->workspace_bytes);
      status_ = step.kernel->run({step.inputs, step.outputs, workspace, lane, step.defined});
      if (!status_) status_ = Status::failure(status_.code(), "step '{}': {}", step.step->name, status_.message());
      if (!around_.observer) continue;
      const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - start;
      times_[i] += elapsed.count();
    }
  }
  /// For one thread.
  void run(int64_t image) noexcept { run(image, lane_); }

  const Status& status() const { return status_; }
  const std::vector<BoundStep>& steps() const { return steps_; }
  double time(size_t step) const { return times_[step]; }

 private:
  struct Moving {
    TensorView* view;
    std::byte* first;
    int64_t stride;
  };

  void take(const std::vector<int32_t>& ids, std::vector<TensorView>& views) noexcept {
    for (size_t i = 0; i < ids.size(); ++i) {
      if (ids[i] < 0) continue;
      const plan::TensorT& tensor = *around_.profile.tensors[static_cast<size_t>(ids[i])];
      auto* data = static_cast<std::byte*>(views[i].data);
      const bool own = tensor.storage == plan::Storage::Arena && tensor.position - begin_ < bytes_;
      if (own) views[i].data = data + shift_;
      if (tensor.sliced) moving_.push_back({&views[i], data, around_.tensors.image_bytes(ids[i])});
    }
  }

  const BatchSurroundings& around_;
  uint64_t begin_, bytes_, shift_;
  std::vector<BoundStep> steps_;
  size_t operands_ = 0;
  std::vector<Moving> moving_;
  std::vector<double> times_;
  Status status_;
  Lane lane_{1};
};

BatchLoop::BatchLoop(const plan::StepT& step, const BatchSurroundings& around) : around_(around) {
  const auto& alone = around.profile.lists[step.lists[0]];
  const int copies = std::min(static_cast<int>(alone->copies), around.threads);
  for (int i = 0; i < copies; ++i) alone_.push_back(std::make_unique<Body>(step, step.lists[0], i, 1, around_));
  if (step.lists.size() > 1) together_ = std::make_unique<Body>(step, step.lists[1], 0, around.threads, around_);
}

BatchLoop::~BatchLoop() = default;

Status BatchLoop::bind(std::span<const TensorView>, std::span<const TensorView>) noexcept {
  for (const auto& body : alone_) {
    if (Status status = body->bind(); !status) return status;
  }
  return together_ ? together_->bind() : Status();
}

Status BatchLoop::run(const KernelArguments& arguments) noexcept {
  Lane& lane = arguments.lane;
  const int64_t count = arguments.inputs[0].dims[0];
  const int threads = std::min(lane.size(), static_cast<int>(alone_.size()));
  const int64_t left = together_ && lane.size() > 1 ? images_left_over(count, lane.size()) : 0;
  std::atomic<int64_t> next = 0;
  lane.run([&](int thread) {
    if (thread >= threads) return;
    Body& body = *alone_[static_cast<size_t>(thread)];
    body.take_views();
    for (;;) {
      const int64_t image = next.fetch_add(1, std::memory_order_relaxed);
      if (image >= count - left) break;
      body.run(image);
    }
  });
  if (together_) together_->take_views();
  for (int64_t image = count - left; image < count; ++image) together_->run(image, lane);
  if (around_.observer) tell(threads);
  for (int i = 0; i < threads; ++i) {
    if (!alone_[static_cast<size_t>(i)]->status()) return alone_[static_cast<size_t>(i)]->status();
  }
  return together_ ? together_->status() : Status();
}

// Threads work side by side: of a step's times the mean is what it adds to the loop's.
void BatchLoop::tell(int threads) noexcept {
  const auto& steps = alone_[0]->steps();
  for (size_t i = 0; i < steps.size(); ++i) {
    double sum = 0;
    for (int thread = 0; thread < threads; ++thread) sum += alone_[static_cast<size_t>(thread)]->time(i);
    around_.observer->step_done(*steps[i].step, sum / threads);
  }
  for (size_t i = 0; together_ && i < together_->steps().size(); ++i)
    around_.observer->step_done(*together_->steps()[i].step, together_->time(i));
}

}  // namespace tn
