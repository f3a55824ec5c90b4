// SPDX-License-Identifier: Apache-2.0
// Our declarations against NVIDIA's, where those are installed.
#include "backends/cuda/device/libraries/cublaslt_types.h"

#include <gtest/gtest.h>

#if __has_include(<cublasLt.h>)
#include <cublasLt.h>

namespace tn::cuda::cublaslt {
namespace {

TEST(CublasLtTypes, AreLaidOutAsTheHeaderSays) {
  EXPECT_EQ(sizeof(Algorithm), sizeof(cublasLtMatmulAlgo_t));
  EXPECT_EQ(sizeof(Heuristic), sizeof(cublasLtMatmulHeuristicResult_t));
  EXPECT_EQ(offsetof(Heuristic, workspace_bytes), offsetof(cublasLtMatmulHeuristicResult_t, workspaceSize));
  EXPECT_EQ(offsetof(Heuristic, state), offsetof(cublasLtMatmulHeuristicResult_t, state));
}

TEST(CublasLtTypes, NumbersAreThoseOfTheHeader) {
  EXPECT_EQ(kSuccess, static_cast<int>(CUBLAS_STATUS_SUCCESS));
  EXPECT_EQ(static_cast<int>(Type::F32), CUDA_R_32F);
  EXPECT_EQ(static_cast<int>(Type::F16), CUDA_R_16F);
  EXPECT_EQ(static_cast<int>(Type::BF16), CUDA_R_16BF);
  EXPECT_EQ(static_cast<int>(Compute::F32), CUBLAS_COMPUTE_32F);
  EXPECT_EQ(static_cast<int>(Compute::Tf32), CUBLAS_COMPUTE_32F_FAST_TF32);
  EXPECT_EQ(static_cast<int>(Operation::Transpose), CUBLAS_OP_T);
  EXPECT_EQ(static_cast<int>(MatmulAttribute::TransposeA), CUBLASLT_MATMUL_DESC_TRANSA);
  EXPECT_EQ(static_cast<int>(MatmulAttribute::TransposeB), CUBLASLT_MATMUL_DESC_TRANSB);
  EXPECT_EQ(static_cast<int>(MatmulAttribute::Epilogue), CUBLASLT_MATMUL_DESC_EPILOGUE);
  EXPECT_EQ(static_cast<int>(MatmulAttribute::BiasPointer), CUBLASLT_MATMUL_DESC_BIAS_POINTER);
  EXPECT_EQ(static_cast<int>(Epilogue::Default), CUBLASLT_EPILOGUE_DEFAULT);
  EXPECT_EQ(static_cast<int>(Epilogue::Relu), CUBLASLT_EPILOGUE_RELU);
  EXPECT_EQ(static_cast<int>(Epilogue::Bias), CUBLASLT_EPILOGUE_BIAS);
  EXPECT_EQ(static_cast<int>(Epilogue::GeluTanh), CUBLASLT_EPILOGUE_GELU);
  EXPECT_EQ(static_cast<int>(LayoutAttribute::BatchCount), CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT);
  EXPECT_EQ(static_cast<int>(LayoutAttribute::BatchStride), CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET);
  EXPECT_EQ(static_cast<int>(PreferenceAttribute::WorkspaceBytes), CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES);
  EXPECT_EQ(static_cast<int>(PreferenceAttribute::AlignmentA), CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES);
  EXPECT_EQ(static_cast<int>(PreferenceAttribute::AlignmentD), CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES);
}

}  // namespace
}  // namespace tn::cuda::cublaslt

#endif
