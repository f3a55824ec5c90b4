// SPDX-License-Identifier: Apache-2.0
// What we use of cuDNN's backend interface, declared as its documentation gives it (cuDNN 9).
#pragma once

#include <cstdint>

namespace tn::cuda::cudnn {

enum class Kind : int {
  Pointwise = 0,
  Convolution = 1,
  Engine = 2,
  EngineConfig = 3,
  Heuristics = 4,
  Plan = 5,
  KnobChoice = 7,
  ConvolutionForward = 10,
  PointwiseOperation = 13,
  Graph = 15,
  VariantPack = 16,
  Tensor = 17,
};

enum class Type : int {
  Handle = 0,
  ElementType = 1,
  Boolean = 2,
  Int64 = 3,
  Float = 4,
  Pointer = 6,
  ConvolutionMode = 7,
  HeuristicsMode = 8,
  KnobType = 9,
  PointwiseMode = 14,
  Descriptor = 15,
};

enum class Attribute : int {
  PointwiseMode = 0,
  PointwisePrecision = 1,
  ConvolutionType = 100,
  ConvolutionMode = 101,
  ConvolutionDilations = 102,
  ConvolutionStrides = 103,
  ConvolutionPadsAfter = 104,
  ConvolutionPadsBefore = 105,
  ConvolutionAxes = 106,
  HeuristicsMode = 200,
  HeuristicsGraph = 201,
  HeuristicsResults = 202,
  ConfigEngine = 300,
  ConfigKnobs = 302,
  PlanHandle = 400,
  PlanConfig = 401,
  PlanWorkspace = 402,
  KnobType = 600,
  KnobValue = 601,
  ForwardAlpha = 700,
  ForwardBeta = 701,
  ForwardConvolution = 702,
  ForwardW = 703,
  ForwardX = 704,
  ForwardY = 705,
  PointwiseDescriptor = 750,
  PointwiseX = 751,
  PointwiseB = 752,
  PointwiseY = 753,
  GraphHandle = 800,
  GraphOperations = 801,
  TensorAlignment = 900,
  TensorType = 901,
  TensorDims = 902,
  TensorStrides = 903,
  TensorId = 906,
  TensorIsVirtual = 907,
  PackIds = 1000,
  PackPointers = 1001,
  PackWorkspace = 1003,
  EngineGraph = 1300,
  EngineIndex = 1301,
};

enum class ElementType : int { F32 = 0, F16 = 2, BF16 = 9 };
enum class HeuristicsMode : int { A = 3 };
enum class ConvolutionMode : int { CrossCorrelation = 1 };
enum class PointwiseMode : int { Add = 0, Relu = 100, GeluTanh = 107 };

// Behind the enumerations, some of whose values have these names.
using Result = int;
using Handle = struct HandleTag*;
using Descriptor = void*;

inline constexpr Result kSuccess = 0;

}  // namespace tn::cuda::cudnn
