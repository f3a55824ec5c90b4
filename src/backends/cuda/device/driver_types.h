// SPDX-License-Identifier: Apache-2.0
// What we use of the driver's interface, declared as its documentation gives it (CUDA driver API 12.3).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace tn::cuda::driver {

using Result = int;
using DeviceIndex = int;
using Pointer = unsigned long long;
using Context = struct ContextTag*;
using Module = struct ModuleTag*;
using Function = struct FunctionTag*;
using Stream = struct StreamTag*;
using Event = struct EventTag*;
using Graph = struct GraphTag*;
using GraphNode = struct GraphNodeTag*;
using GraphExec = struct GraphExecTag*;

inline constexpr Result kSuccess = 0, kOutOfMemory = 2, kInvalidImage = 200, kNoBinaryForDevice = 209,
                        kUnsupportedPtxVersion = 222, kNotReady = 600;

enum class DeviceAttribute : int {
  MultiprocessorCount = 16,
  ComputeCapabilityMajor = 75,
  ComputeCapabilityMinor = 76,
  SharedMemoryOfMultiprocessor = 81,
  SharedMemoryReservedPerBlock = 111,
};
inline constexpr int kFunctionMaxDynamicShared = 8, kFunctionSharedCarveout = 9;
inline constexpr int kPointerMemoryType = 2;
inline constexpr unsigned kStreamNonBlocking = 1;
inline constexpr unsigned kEventBlocking = 1, kEventWithoutTime = 2;
inline constexpr unsigned kManagedGlobal = 1;
inline constexpr int kCaptureRelaxed = 2;

enum class MemoryType : int { Host = 1, Device = 2 };

enum class LaunchAttributeId : int { ClusterDimension = 4, ProgrammaticStreamSerialization = 6 };

union LaunchAttributeValue {
  std::array<char, 64> room;
  std::array<unsigned, 3> cluster;
  int programmatic;
};

struct LaunchAttribute {
  LaunchAttributeId id;
  int unused;
  LaunchAttributeValue value;
};
static_assert(sizeof(LaunchAttribute) == 72);

struct LaunchConfig {
  std::array<unsigned, 3> grid, block;
  unsigned shared_bytes;
  Stream stream;
  LaunchAttribute* attributes;
  unsigned attribute_count;
};
static_assert(sizeof(LaunchConfig) == 56 && offsetof(LaunchConfig, stream) == 32);

struct KernelNode {
  Function function;
  std::array<unsigned, 3> grid, block;
  unsigned shared_bytes;
  void** arguments;
  void** extra;
  void* kernel;
  Context context;
};
static_assert(sizeof(KernelNode) == 72 && offsetof(KernelNode, arguments) == 40);

struct ChildNode {
  Graph graph;    ///< copied
  int ownership;  ///< 0: the graph stays its maker's
};

struct CopyEnd {
  size_t x_bytes, y, z, level;
  MemoryType type;
  void* host;
  Pointer device;
  void* array;
  void* reserved;
  size_t pitch, height;
};

struct CopyNode {
  int flags, reserved;
  Context context;
  CopyEnd from, to;
  size_t width_bytes, height, depth;
};
static_assert(sizeof(CopyEnd) == 88 && sizeof(CopyNode) == 216);

enum class GraphNodeType : int { Kernel = 0, Copy = 1, Child = 4 };

struct GraphNodeParameters {
  GraphNodeType type;
  std::array<int, 3> reserved0;
  union {
    std::array<long long, 29> room;
    KernelNode kernel;
    CopyNode copy;
    ChildNode child;
  };
  long long reserved2;
};
static_assert(sizeof(GraphNodeParameters) == 256);

struct GraphEdge {
  unsigned char from_port, to_port, type;
  std::array<unsigned char, 5> reserved;
};
/// Programmatic: the kernel below may start when all blocks of the one above have said so or ended.
inline constexpr GraphEdge kFullEdge{0, 0, 0, {}}, kProgrammaticEdge{1, 0, 1, {}};

}  // namespace tn::cuda::driver
