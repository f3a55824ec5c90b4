// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "backends/cuda/device/libraries/conv_step.h"
#include "backends/cuda/device/libraries/cudnn.h"

namespace tn::cuda {

/// A convolution with what follows it as a graph of cuDNN, on one device.
class CudnnConv {
 public:
  /// Throws Error(NotFound) without the library, Error(Internal) telling what it refuses.
  CudnnConv(const ConvStep& step, Device& device);

  /// One of the library's engines, and how it is set.
  struct Way {
    int64_t engine = 0;
    std::vector<int64_t> knob_types, knob_values;
    int64_t workspace_bytes = 0;
  };
  /// What the library thinks to be fastest and can do, the best guess first.
  std::vector<Way> ways(int most, int64_t workspace_bytes) const;
  /// Nothing if the library refuses it.
  std::optional<CudnnObject> plan(const Way& way) const;

  const Cudnn& library() const { return library_; }
  cudnn::Handle handle() const { return handle_; }

 private:
  CudnnObject& tensor(int64_t id, DataType type, const std::vector<int64_t>& dims, const std::vector<int64_t>& strides,
                      bool is_virtual);
  CudnnObject& pointwise(cudnn::PointwiseMode mode, const CudnnObject& x, const CudnnObject* b, const CudnnObject& y);
  CudnnObject& convolution(const CudnnObject& x, const CudnnObject& w, const CudnnObject& y);
  CudnnObject& keep(CudnnObject object);
  void build_graph();
  Way read_way(const CudnnObject& config) const;

  const Cudnn& library_;
  cudnn::Handle handle_;
  ConvStep step_;
  std::vector<std::unique_ptr<CudnnObject>> objects_;  ///< that the graph is made of
  std::vector<cudnn::Descriptor> operations_;
  CudnnObject graph_;
};

/// What CudnnConv(step, device).ways() says, remembered in this process: the library compiles kernels to find out.
/// Thread-safe.
std::vector<CudnnConv::Way> known_ways(const ConvStep& step, Device& device, int most, int64_t workspace_bytes);

/// It with a plan that is ready to run. Used by one thread at a time. Arguments of the call: addresses of x, w, the
/// bias and the residual if there are such, y, and the workspace if it needs one.
class CudnnCall final : public LibraryCall {
 public:
  /// Throws Error(InvalidEngine) if the library refuses the engine that the step names.
  CudnnCall(const ConvStep& step, Device& device);
  size_t workspace_bytes() const { return workspace_bytes_; }

  const char* name() const noexcept override { return kCudnnKernel.data(); }
  Status enqueue(void* stream, std::span<const uint64_t> arguments) const noexcept override;

 private:
  CudnnConv conv_;
  std::optional<CudnnObject> plan_;
  size_t workspace_bytes_ = 0;
  std::vector<int64_t> ids_;  ///< of the operands, in the order of the arguments
};

}  // namespace tn::cuda
