// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/device/libraries/library_kernel.h"

#include <algorithm>
#include <string>
#include <vector>

#include "backends/cuda/device/libraries/library_needs.h"
#include "base/stored_float.h"

namespace tn::cuda {
namespace {

class Nothing final : public LibraryCall {
 public:
  explicit Nothing(std::string_view name) : name_(name) {}
  const char* name() const noexcept override { return name_.c_str(); }
  Status enqueue(void*, std::span<const uint64_t>) const noexcept override { return {}; }

 private:
  std::string name_;
};

class LibraryKernel final : public Kernel {
 public:
  LibraryKernel(std::string_view name, const KernelSpec& spec, std::unique_ptr<LibraryCall> call)
      : workspace_(spec.workspace), inputs_(spec.inputs.begin(), spec.inputs.end()), call_(std::move(call)) {
    outputs_.assign(spec.outputs.begin(), spec.outputs.end());
    arguments_.resize(inputs_.size() + outputs_.size() + (workspace_ > 0 ? 1 : 0));
    if (!call_) call_ = std::make_unique<Nothing>(name);
  }

  Status bind(std::span<const TensorView> inputs, std::span<const TensorView> outputs) noexcept override {
    const auto alike = [](const TensorView& a, const TensorView& b) {
      return a.dims == b.dims && a.strides == b.strides;
    };
    if (std::ranges::equal(inputs, inputs_, alike) && std::ranges::equal(outputs, outputs_, alike)) return {};
    return Status::failure(ErrorCode::InvalidArgument, "{} takes no other shapes than those it was made for",
                           call_->name());
  }

  Status run(const KernelArguments& arguments) noexcept override {
    pass_addresses(arguments.inputs, arguments, workspace_ > 0, arguments_);
    return arguments.queue->call(*call_, arguments_);
  }

 private:
  size_t workspace_;
  std::vector<TensorView> inputs_, outputs_;
  std::vector<uint64_t> arguments_;
  std::unique_ptr<LibraryCall> call_;
};

}  // namespace

void require_float(DataType type, const char* what) {
  require(is_stored_float(type), "{} of type {}", what, name_of(type));
}

KernelPtr make_library_kernel(std::string_view name, const KernelSpec& spec, std::string_view library,
                              const std::function<SizedCall()>& make) {
  SizedCall made;
  if (spec.device->enter_for_libraries()) {
    require_library(library);
    made = make();
    require(made.workspace <= spec.workspace, "'{}' needs a workspace of {} bytes, the engine gives {}", name,
            made.workspace, spec.workspace);
  }
  return std::make_unique<LibraryKernel>(name, spec, std::move(made.call));
}

}  // namespace tn::cuda
