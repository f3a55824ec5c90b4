// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <type_traits>
#include <vector>

#include "backends/cuda/device/libraries/cublaslt.h"
#include "backends/cuda/device/libraries/matmul_step.h"

namespace tn::cuda {

/// A product as cuBLASLt knows it, on one device. Used by one thread at a time. Arguments of the call: addresses of A,
/// B, the bias and the residual if there are such, the result, and the workspace if it needs one.
class CublasLtMatmul final : public LibraryCall {
 public:
  /// Throws Error(NotFound) without the library, Error(Internal) telling what it refuses.
  CublasLtMatmul(const MatmulStep& step, Device& device);

  struct Way {
    cublaslt::Algorithm algorithm;
    size_t workspace_bytes;
  };
  /// What the library thinks to be fastest, the best guess first; empty if it cannot compute the product. `alignment`:
  /// bytes that all addresses are multiples of.
  std::vector<Way> ways(int most, size_t workspace_bytes, uint32_t alignment) const;
  /// Takes the algorithm of the step. Returns the workspace that it needs; throws Error(InvalidEngine) if the library
  /// refuses it.
  size_t take_algorithm(const MatmulStep& step);

  const char* name() const noexcept override { return kCublasLtKernel.data(); }
  Status enqueue(void* stream, std::span<const uint64_t> arguments) const noexcept override;

 private:
  // Their deleters are functions of the library.
  template <typename T>
  using Owned = std::unique_ptr<std::remove_pointer_t<T>, cublaslt::Result (*)(T)>;

  Owned<cublaslt::Layout> layout(DataType type, int64_t rows, int64_t columns, const MatmulStep::Matrix& matrix) const;

  const CublasLt& library_;
  cublaslt::Handle handle_;
  MatmulStep step_;
  Owned<cublaslt::Matmul> matmul_;
  Owned<cublaslt::Layout> a_, b_, residual_, out_;
  cublaslt::Algorithm algorithm_{};
  size_t workspace_bytes_ = 0;
};

}  // namespace tn::cuda
