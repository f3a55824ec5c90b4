// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "exec/observer.h"
#include "exec/step_runner.h"

namespace tn {

/// What a context shares with the steps of a loop over the batch.
struct BatchSurroundings {
  const plan::ProfileT& profile;
  const TensorTable& tensors;
  const Memories& memories;
  KernelFinder find;
  int threads;
  StepObserver* const& observer;
};

/// Runs a step "control.batch": inputs begin with a tensor whose first extent is the number of images. List 0 is run
/// for one image by one thread, with the list's private memory of that thread; list 1, if there is one, by the whole
/// lane, for images that are left over when all threads have taken as many.
class BatchLoop final : public Kernel {
 public:
  /// Throws Error(InvalidEngine) naming the step that a kernel refuses.
  BatchLoop(const plan::StepT& step, const BatchSurroundings& around);
  ~BatchLoop() override;
  /// Binds the steps inside to the table's views.
  Status bind(std::span<const TensorView> inputs, std::span<const TensorView> outputs) noexcept override;
  Status run(const KernelArguments& arguments) noexcept override;

 private:
  class Body;
  void tell(int threads) noexcept;

  BatchSurroundings around_;
  std::vector<std::unique_ptr<Body>> alone_;
  std::unique_ptr<Body> together_;
};

}  // namespace tn
