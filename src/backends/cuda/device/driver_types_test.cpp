// SPDX-License-Identifier: Apache-2.0
// Our declarations against NVIDIA's, where those are installed.
#include "backends/cuda/device/driver_types.h"

#include <gtest/gtest.h>

#if __has_include(<cuda.h>)
#include <cuda.h>

namespace tn::cuda::driver {
namespace {

TEST(DriverTypes, AreLaidOutAsTheHeaderSays) {
  EXPECT_EQ(sizeof(LaunchAttribute), sizeof(CUlaunchAttribute));
  EXPECT_EQ(offsetof(LaunchAttribute, value), offsetof(CUlaunchAttribute, value));
  EXPECT_EQ(sizeof(LaunchAttributeValue), sizeof(CUlaunchAttributeValue));

  EXPECT_EQ(sizeof(LaunchConfig), sizeof(CUlaunchConfig));
  EXPECT_EQ(offsetof(LaunchConfig, block), offsetof(CUlaunchConfig, blockDimX));
  EXPECT_EQ(offsetof(LaunchConfig, shared_bytes), offsetof(CUlaunchConfig, sharedMemBytes));
  EXPECT_EQ(offsetof(LaunchConfig, stream), offsetof(CUlaunchConfig, hStream));
  EXPECT_EQ(offsetof(LaunchConfig, attributes), offsetof(CUlaunchConfig, attrs));
  EXPECT_EQ(offsetof(LaunchConfig, attribute_count), offsetof(CUlaunchConfig, numAttrs));

  EXPECT_EQ(sizeof(KernelNode), sizeof(CUDA_KERNEL_NODE_PARAMS));
  EXPECT_EQ(offsetof(KernelNode, grid), offsetof(CUDA_KERNEL_NODE_PARAMS, gridDimX));
  EXPECT_EQ(offsetof(KernelNode, block), offsetof(CUDA_KERNEL_NODE_PARAMS, blockDimX));
  EXPECT_EQ(offsetof(KernelNode, shared_bytes), offsetof(CUDA_KERNEL_NODE_PARAMS, sharedMemBytes));
  EXPECT_EQ(offsetof(KernelNode, arguments), offsetof(CUDA_KERNEL_NODE_PARAMS, kernelParams));
  EXPECT_EQ(offsetof(KernelNode, context), offsetof(CUDA_KERNEL_NODE_PARAMS, ctx));

  EXPECT_EQ(sizeof(CopyNode), sizeof(CUDA_MEMCPY_NODE_PARAMS));
  EXPECT_EQ(offsetof(CopyNode, context), offsetof(CUDA_MEMCPY_NODE_PARAMS, copyCtx));
  EXPECT_EQ(offsetof(CopyNode, from.type), offsetof(CUDA_MEMCPY_NODE_PARAMS, copyParams.srcMemoryType));
  EXPECT_EQ(offsetof(CopyNode, from.host), offsetof(CUDA_MEMCPY_NODE_PARAMS, copyParams.srcHost));
  EXPECT_EQ(offsetof(CopyNode, from.device), offsetof(CUDA_MEMCPY_NODE_PARAMS, copyParams.srcDevice));
  EXPECT_EQ(offsetof(CopyNode, to.type), offsetof(CUDA_MEMCPY_NODE_PARAMS, copyParams.dstMemoryType));
  EXPECT_EQ(offsetof(CopyNode, to.device), offsetof(CUDA_MEMCPY_NODE_PARAMS, copyParams.dstDevice));
  EXPECT_EQ(offsetof(CopyNode, width_bytes), offsetof(CUDA_MEMCPY_NODE_PARAMS, copyParams.WidthInBytes));

  EXPECT_EQ(sizeof(GraphNodeParameters), sizeof(CUgraphNodeParams));
  EXPECT_EQ(offsetof(GraphNodeParameters, kernel), offsetof(CUgraphNodeParams, kernel));
  EXPECT_EQ(offsetof(GraphNodeParameters, copy), offsetof(CUgraphNodeParams, memcpy));
  EXPECT_EQ(offsetof(GraphNodeParameters, child.graph), offsetof(CUgraphNodeParams, graph.graph));

  EXPECT_EQ(sizeof(GraphEdge), sizeof(CUgraphEdgeData));
  EXPECT_EQ(offsetof(GraphEdge, type), offsetof(CUgraphEdgeData, type));
}

TEST(DriverTypes, NumbersAreThoseOfTheHeader) {
  EXPECT_EQ(kOutOfMemory, static_cast<int>(CUDA_ERROR_OUT_OF_MEMORY));
  EXPECT_EQ(kNotReady, static_cast<int>(CUDA_ERROR_NOT_READY));
  EXPECT_EQ(static_cast<int>(DeviceAttribute::MultiprocessorCount), CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
  EXPECT_EQ(static_cast<int>(DeviceAttribute::ComputeCapabilityMajor), CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
  EXPECT_EQ(static_cast<int>(DeviceAttribute::ComputeCapabilityMinor), CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
  EXPECT_EQ(static_cast<int>(DeviceAttribute::SharedMemoryOfMultiprocessor),
            CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR);
  EXPECT_EQ(static_cast<int>(DeviceAttribute::SharedMemoryReservedPerBlock),
            CU_DEVICE_ATTRIBUTE_RESERVED_SHARED_MEMORY_PER_BLOCK);
  EXPECT_EQ(kFunctionSharedCarveout, static_cast<int>(CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT));
  EXPECT_EQ(kFunctionMaxDynamicShared, static_cast<int>(CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES));
  EXPECT_EQ(kPointerMemoryType, static_cast<int>(CU_POINTER_ATTRIBUTE_MEMORY_TYPE));
  EXPECT_EQ(kCaptureRelaxed, static_cast<int>(CU_STREAM_CAPTURE_MODE_RELAXED));
  EXPECT_EQ(kStreamNonBlocking, static_cast<unsigned>(CU_STREAM_NON_BLOCKING));
  EXPECT_EQ(static_cast<int>(MemoryType::Host), CU_MEMORYTYPE_HOST);
  EXPECT_EQ(static_cast<int>(MemoryType::Device), CU_MEMORYTYPE_DEVICE);
  EXPECT_EQ(static_cast<int>(LaunchAttributeId::ClusterDimension), CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION);
  EXPECT_EQ(static_cast<int>(LaunchAttributeId::ProgrammaticStreamSerialization),
            CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION);
  EXPECT_EQ(static_cast<int>(GraphNodeType::Kernel), CU_GRAPH_NODE_TYPE_KERNEL);
  EXPECT_EQ(static_cast<int>(GraphNodeType::Copy), CU_GRAPH_NODE_TYPE_MEMCPY);
  EXPECT_EQ(static_cast<int>(kProgrammaticEdge.type), CU_GRAPH_DEPENDENCY_TYPE_PROGRAMMATIC);
  EXPECT_EQ(static_cast<int>(kProgrammaticEdge.from_port), CU_GRAPH_KERNEL_NODE_PORT_PROGRAMMATIC);
}

}  // namespace
}  // namespace tn::cuda::driver

#endif
