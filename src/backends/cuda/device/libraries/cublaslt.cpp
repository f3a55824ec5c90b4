// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/device/libraries/cublaslt.h"

#include <array>

#include "backends/cuda/device/libraries/opened.h"
#include "base/error.h"

namespace tn::cuda {
namespace {

constexpr std::array kNames = {"libcublasLt.so.13", "libcublasLt.so.12", "/usr/local/cuda/lib64/libcublasLt.so.13",
                               "/usr/local/cuda/lib64/libcublasLt.so.12"};

}  // namespace

const CublasLt& CublasLt::get() {
  static const Opened<CublasLt> opened(kNames);
  return opened.get();
}

CublasLt::CublasLt(std::span<const char* const> names)
    : library_(names),
      status_name_(library_.function<decltype(status_name_)>("cublasLtGetStatusName")),
      create_(library_.function<decltype(create_)>("cublasLtCreate")),
      matmul_create(library_.function<decltype(matmul_create)>("cublasLtMatmulDescCreate")),
      matmul_destroy(library_.function<decltype(matmul_destroy)>("cublasLtMatmulDescDestroy")),
      matmul_set(library_.function<decltype(matmul_set)>("cublasLtMatmulDescSetAttribute")),
      layout_create(library_.function<decltype(layout_create)>("cublasLtMatrixLayoutCreate")),
      layout_destroy(library_.function<decltype(layout_destroy)>("cublasLtMatrixLayoutDestroy")),
      layout_set(library_.function<decltype(layout_set)>("cublasLtMatrixLayoutSetAttribute")),
      preference_create(library_.function<decltype(preference_create)>("cublasLtMatmulPreferenceCreate")),
      preference_destroy(library_.function<decltype(preference_destroy)>("cublasLtMatmulPreferenceDestroy")),
      preference_set(library_.function<decltype(preference_set)>("cublasLtMatmulPreferenceSetAttribute")),
      heuristics(library_.function<decltype(heuristics)>("cublasLtMatmulAlgoGetHeuristic")),
      check_algorithm(library_.function<decltype(check_algorithm)>("cublasLtMatmulAlgoCheck")),
      matmul(library_.function<decltype(matmul)>("cublasLtMatmul")) {
  const size_t number = library_.function<size_t (*)()>("cublasLtGetVersion")();
  version_ = fmt::format("{}.{}.{}", number / 10000, number / 100 % 100, number % 100);
}

cublaslt::Handle CublasLt::handle(Device& device) const {
  device.enter_for_libraries();
  const std::lock_guard lock(mutex_);
  cublaslt::Handle& handle = handles_[&device];
  if (!handle) check(create_(&handle), "starting it");
  return handle;
}

void CublasLt::check(cublaslt::Result result, const char* doing) const {
  if (result == cublaslt::kSuccess) return;
  throw Error(ErrorCode::Internal, "{} {}: {}: {}", kName, version_, doing, describe(result));
}

}  // namespace tn::cuda
