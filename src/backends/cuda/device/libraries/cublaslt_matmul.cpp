// SPDX-License-Identifier: Apache-2.0
// The library sees matrices by columns: it computes resultᵀ = Bᵀ · Aᵀ, so our B is its first operand.
#include "backends/cuda/device/libraries/cublaslt_matmul.h"

#include <algorithm>

#include "base/error.h"

namespace tn::cuda {
namespace {

using cublaslt::MatmulAttribute;

cublaslt::Type type_of(DataType type) {
  if (type == DataType::F16) return cublaslt::Type::F16;
  return type == DataType::BF16 ? cublaslt::Type::BF16 : cublaslt::Type::F32;
}

unsigned epilogue_of(const MatmulStep& step) {
  unsigned bits = 0;
  if (step.has_bias) bits |= static_cast<unsigned>(cublaslt::Epilogue::Bias);
  if (step.activation == MatmulStep::Activation::Relu) bits |= static_cast<unsigned>(cublaslt::Epilogue::Relu);
  if (step.activation == MatmulStep::Activation::GeluTanh) bits |= static_cast<unsigned>(cublaslt::Epilogue::GeluTanh);
  return bits ? bits : static_cast<unsigned>(cublaslt::Epilogue::Default);
}

}  // namespace

CublasLtMatmul::CublasLtMatmul(const MatmulStep& step, Device& device)
    : library_(CublasLt::get()),
      handle_(library_.handle(device)),
      step_(step),
      matmul_(nullptr, library_.matmul_destroy),
      a_(layout(step.type, step.rows, step.depth, step.a)),
      b_(layout(step.type, step.depth, step.columns, step.b)),
      residual_(layout(step.result, step.rows, step.columns, step.has_residual ? step.residual : step.out)),
      out_(layout(step.result, step.rows, step.columns, step.out)) {
  cublaslt::Matmul made = nullptr;
  const auto compute = step.tf32 ? cublaslt::Compute::Tf32 : cublaslt::Compute::F32;
  library_.check(library_.matmul_create(&made, compute, cublaslt::Type::F32), "describing a product");
  matmul_.reset(made);
  const auto set = [&](MatmulAttribute attribute, const auto& value) {
    library_.check(library_.matmul_set(made, attribute, &value, sizeof(value)), "describing a product");
  };
  const auto operation = [](const MatmulStep::Matrix& matrix) {
    return matrix.transposed ? cublaslt::Operation::Transpose : cublaslt::Operation::None;
  };
  set(MatmulAttribute::TransposeA, operation(step.b));
  set(MatmulAttribute::TransposeB, operation(step.a));
  set(MatmulAttribute::Epilogue, epilogue_of(step));
  if (!step.has_bias) return;
  // Nothing reads it yet; its alignment counts.
  const uint64_t somewhere = 16;
  set(MatmulAttribute::BiasPointer, somewhere);
}

CublasLtMatmul::Owned<cublaslt::Layout> CublasLtMatmul::layout(DataType type, int64_t rows, int64_t columns,
                                                               const MatmulStep::Matrix& matrix) const {
  if (matrix.transposed) std::swap(rows, columns);
  cublaslt::Layout made = nullptr;
  library_.check(library_.layout_create(&made, type_of(type), static_cast<uint64_t>(columns),
                                        static_cast<uint64_t>(rows), matrix.stride),
                 "describing a matrix");
  Owned<cublaslt::Layout> owned(made, library_.layout_destroy);
  const auto set = [&](cublaslt::LayoutAttribute attribute, const auto& value) {
    library_.check(library_.layout_set(made, attribute, &value, sizeof(value)), "describing a matrix");
  };
  if (step_.batch > 1) {
    set(cublaslt::LayoutAttribute::BatchCount, static_cast<int32_t>(step_.batch));
    set(cublaslt::LayoutAttribute::BatchStride, matrix.batch);
  }
  return owned;
}

std::vector<CublasLtMatmul::Way> CublasLtMatmul::ways(int most, size_t workspace_bytes, uint32_t alignment) const {
  cublaslt::Preference made = nullptr;
  library_.check(library_.preference_create(&made), "asking for algorithms");
  const Owned<cublaslt::Preference> preference(made, library_.preference_destroy);
  const auto set = [&](cublaslt::PreferenceAttribute attribute, const auto& value) {
    library_.check(library_.preference_set(made, attribute, &value, sizeof(value)), "asking for algorithms");
  };
  using enum cublaslt::PreferenceAttribute;
  set(WorkspaceBytes, static_cast<uint64_t>(workspace_bytes));
  for (const auto attribute : {AlignmentA, AlignmentB, AlignmentC, AlignmentD}) set(attribute, alignment);
  std::vector<cublaslt::Heuristic> found(static_cast<size_t>(most));
  int count = 0;
  const cublaslt::Result result = library_.heuristics(handle_, matmul_.get(), b_.get(), a_.get(), residual_.get(),
                                                      out_.get(), made, most, found.data(), &count);
  if (result != cublaslt::kSuccess) return {};
  std::vector<Way> ways;
  for (int i = 0; i < count; ++i) {
    const cublaslt::Heuristic& way = found[static_cast<size_t>(i)];
    if (way.state == cublaslt::kSuccess) ways.push_back({way.algorithm, way.workspace_bytes});
  }
  return ways;
}

size_t CublasLtMatmul::take_algorithm(const MatmulStep& step) {
  std::copy(step.algorithm.begin(), step.algorithm.end(), algorithm_.begin());
  cublaslt::Heuristic checked{};
  const cublaslt::Result result = library_.check_algorithm(handle_, matmul_.get(), b_.get(), a_.get(), residual_.get(),
                                                           out_.get(), &algorithm_, &checked);
  if (result != cublaslt::kSuccess)
    throw Error(ErrorCode::InvalidEngine,
                "{} {} does not take an algorithm of the engine, made with {}: {}; build the engine again",
                CublasLt::kName, library_.version(), step.library, library_.describe(result));
  workspace_bytes_ = checked.workspace_bytes;
  return workspace_bytes_;
}

Status CublasLtMatmul::enqueue(void* stream, std::span<const uint64_t> arguments) const noexcept {
  static constexpr float kOne = 1, kZero = 0;
  const auto place = [&](size_t i) { return reinterpret_cast<void*>(arguments[i]); };
  size_t next = 2;
  cublaslt::Result result = cublaslt::kSuccess;
  if (step_.has_bias)
    result = library_.matmul_set(matmul_.get(), MatmulAttribute::BiasPointer, &arguments[next++], sizeof(uint64_t));
  const void* residual = step_.has_residual ? place(next++) : nullptr;
  void* out = place(next++);
  void* workspace = workspace_bytes_ > 0 ? place(next) : nullptr;
  if (result == cublaslt::kSuccess)
    result = library_.matmul(handle_, matmul_.get(), &kOne, place(1), b_.get(), place(0), a_.get(),
                             residual ? &kOne : &kZero, residual ? residual : out, residual_.get(), out, out_.get(),
                             &algorithm_, workspace, workspace_bytes_, stream);
  if (result == cublaslt::kSuccess) return {};
  return Status::failure(ErrorCode::Internal, "{} {}: a product of [{},{}] and [{},{}]: {}", CublasLt::kName,
                         library_.version(), step_.rows, step_.depth, step_.depth, step_.columns,
                         library_.describe(result));
}

}  // namespace tn::cuda
