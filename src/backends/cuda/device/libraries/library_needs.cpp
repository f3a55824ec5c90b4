// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/device/libraries/library_needs.h"

#include "backends/cuda/device/libraries/cublaslt.h"
#include "backends/cuda/device/libraries/cudnn.h"
#include "base/error.h"

namespace tn::cuda {
namespace {

/// "13.1.0" -> "13.1"
std::string_view major_and_minor(std::string_view version) {
  return version.substr(0, version.find('.', version.find('.') + 1));
}

}  // namespace

std::string library_text(std::string_view name, std::string_view version) {
  return fmt::format("{} {}", name, version);
}

std::string installed_version(std::string_view name) {
  if (name == CublasLt::kName) return CublasLt::get().version();
  if (name == Cudnn::kName) return Cudnn::get().version();
  throw Error(ErrorCode::NotFound, "this Tenon does not know it");
}

void require_library(std::string_view text, const std::function<std::string(std::string_view name)>& installed) {
  const size_t space = text.find(' ');
  const std::string_view name = text.substr(0, space);
  const std::string_view wanted = space == std::string_view::npos ? "" : major_and_minor(text.substr(space + 1));
  constexpr std::string_view kWayOut = "build the engine again, here or with --tacticSources=-CUBLAS_LT,-CUDNN";
  std::string found;
  try {
    found = installed(name);
  } catch (const Error& error) {
    throw Error(ErrorCode::InvalidEngine, "the engine needs {} {}: {}; install it, or {}", name, wanted, error.what(),
                kWayOut);
  }
  if (major_and_minor(found) == wanted) return;
  throw Error(ErrorCode::InvalidEngine, "the engine needs {} {}, here is {}; install that version, or {}", name, wanted,
              found, kWayOut);
}

}  // namespace tn::cuda
