// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <mutex>
#include <span>
#include <string>

#include "backends/cuda/device/libraries/cublaslt_types.h"
#include "base/os/library.h"
#include "device/device.h"

namespace tn::cuda {

/// NVIDIA's library of matrix products, opened while running; nothing of it is needed to build Tenon. Thread-safe.
class CublasLt {
 public:
  static constexpr const char* kName = "cuBLASLt";

  /// Opened on first use. Throws Error(NotFound) naming what is missing.
  static const CublasLt& get();
  /// The first of `names` that opens.
  explicit CublasLt(std::span<const char* const> names);

  /// "13.1.0"
  const std::string& version() const { return version_; }
  /// Made on a device's first use, kept. The device takes libraries.
  cublaslt::Handle handle(Device& device) const;
  /// "CUBLAS_STATUS_NOT_SUPPORTED"
  const char* describe(cublaslt::Result result) const noexcept { return status_name_(result); }
  /// Throws Error(Internal).
  void check(cublaslt::Result result, const char* doing) const;

 private:
  using Result = cublaslt::Result;
  SharedLibrary library_;
  std::string version_;
  const char* (*status_name_)(Result);
  Result (*create_)(cublaslt::Handle*);
  mutable std::mutex mutex_;
  mutable std::map<Device*, cublaslt::Handle> handles_;

 public:
  Result (*const matmul_create)(cublaslt::Matmul*, cublaslt::Compute, cublaslt::Type scale);
  Result (*const matmul_destroy)(cublaslt::Matmul);
  Result (*const matmul_set)(cublaslt::Matmul, cublaslt::MatmulAttribute, const void*, size_t);
  Result (*const layout_create)(cublaslt::Layout*, cublaslt::Type, uint64_t rows, uint64_t columns, int64_t leading);
  Result (*const layout_destroy)(cublaslt::Layout);
  Result (*const layout_set)(cublaslt::Layout, cublaslt::LayoutAttribute, const void*, size_t);
  Result (*const preference_create)(cublaslt::Preference*);
  Result (*const preference_destroy)(cublaslt::Preference);
  Result (*const preference_set)(cublaslt::Preference, cublaslt::PreferenceAttribute, const void*, size_t);
  Result (*const heuristics)(cublaslt::Handle, cublaslt::Matmul, cublaslt::Layout a, cublaslt::Layout b,
                             cublaslt::Layout c, cublaslt::Layout d, cublaslt::Preference, int wanted,
                             cublaslt::Heuristic*, int* found);
  Result (*const check_algorithm)(cublaslt::Handle, cublaslt::Matmul, cublaslt::Layout a, cublaslt::Layout b,
                                  cublaslt::Layout c, cublaslt::Layout d, const cublaslt::Algorithm*,
                                  cublaslt::Heuristic*);
  Result (*const matmul)(cublaslt::Handle, cublaslt::Matmul, const void* alpha, const void* a, cublaslt::Layout,
                         const void* b, cublaslt::Layout, const void* beta, const void* c, cublaslt::Layout, void* d,
                         cublaslt::Layout, const cublaslt::Algorithm*, void* workspace, size_t workspace_bytes,
                         void* stream);
};

}  // namespace tn::cuda
