// SPDX-License-Identifier: Apache-2.0
// The values that both sides, building and running, speak in. Names follow TensorRT 10.16.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tenon/export.h"

namespace tenon {

using AsciiChar = char;

/// Type of a tensor's elements. Up to kE8M0 the numbers are TensorRT's; the rest are Tenon's own.
enum class DataType : int32_t {
  kFLOAT = 0,
  kHALF = 1,
  kINT8 = 2,
  kINT32 = 3,
  kBOOL = 4,  ///< one byte, 0 or 1
  kUINT8 = 5,
  kFP8 = 6,  ///< E4M3FN
  kBF16 = 7,
  kINT64 = 8,
  kINT4 = 9,
  kFP4 = 10,
  kE8M0 = 11,
  kDOUBLE = 32,
  kINT16 = 33,
  kUINT16 = 34,
  kUINT32 = 35,
  kUINT64 = 36,
  kFP8E4M3FNUZ = 37,
  kFP8E5M2 = 38,
  kFP8E5M2FNUZ = 39,
  kFP6E2M3 = 40,
  kFP6E3M2 = 41,
  kUINT4 = 42,
  kINT2 = 43,
  kUINT2 = 44,
};

/// Bytes of one element in a binding. Types narrower than a byte have one for each element there, the value of an
/// integer and the code of a float; in Weights they lie packed, the first in the lowest bits.
[[nodiscard]] constexpr std::size_t getSize(DataType type) noexcept {
  switch (type) {
    case DataType::kINT8:
    case DataType::kBOOL:
    case DataType::kUINT8:
    case DataType::kFP8:
    case DataType::kE8M0:
    case DataType::kINT4:
    case DataType::kFP4:
    case DataType::kFP8E4M3FNUZ:
    case DataType::kFP8E5M2:
    case DataType::kFP8E5M2FNUZ:
    case DataType::kFP6E2M3:
    case DataType::kFP6E3M2:
    case DataType::kUINT4:
    case DataType::kINT2:
    case DataType::kUINT2:
      return 1;
    case DataType::kHALF:
    case DataType::kBF16:
    case DataType::kINT16:
    case DataType::kUINT16:
      return 2;
    case DataType::kFLOAT:
    case DataType::kINT32:
    case DataType::kUINT32:
      return 4;
    case DataType::kINT64:
    case DataType::kDOUBLE:
    case DataType::kUINT64:
      return 8;
  }
  return 0;
}

/// A list of up to 8 extents, outermost first. In a network −1 stands for an extent known only at run time. A scalar
/// has nbDims 0; nbDims −1 marks a result that could not be computed.
class Dims64 {
 public:
  static constexpr int32_t MAX_DIMS{8};
  int32_t nbDims{0};
  int64_t d[MAX_DIMS]{};
};
using Dims = Dims64;

class Dims2 : public Dims {
 public:
  Dims2() noexcept : Dims2(0, 0) {}
  Dims2(int64_t d0, int64_t d1) noexcept {
    nbDims = 2;
    d[0] = d0;
    d[1] = d1;
  }
};

class DimsHW : public Dims2 {
 public:
  DimsHW() noexcept = default;
  DimsHW(int64_t height, int64_t width) noexcept : Dims2(height, width) {}
  int64_t& h() noexcept { return d[0]; }
  int64_t h() const noexcept { return d[0]; }
  int64_t& w() noexcept { return d[1]; }
  int64_t w() const noexcept { return d[1]; }
};

class Dims3 : public Dims2 {
 public:
  Dims3() noexcept : Dims3(0, 0, 0) {}
  Dims3(int64_t d0, int64_t d1, int64_t d2) noexcept : Dims2(d0, d1) {
    nbDims = 3;
    d[2] = d2;
  }
};

class Dims4 : public Dims3 {
 public:
  Dims4() noexcept : Dims4(0, 0, 0, 0) {}
  Dims4(int64_t d0, int64_t d1, int64_t d2, int64_t d3) noexcept : Dims3(d0, d1, d2) {
    nbDims = 4;
    d[3] = d3;
  }
};

/// Constant values handed to a network. The memory is read until the engine has been built, so it must live as long.
/// An absent optional weight is {type, nullptr, 0}.
class Weights {
 public:
  DataType type{DataType::kFLOAT};
  void const* values{nullptr};
  int64_t count{0};  ///< elements, not bytes
};

/// How elements lie in memory. The vectored forms pad the channel count up to the vector length.
enum class TensorFormat : int32_t {
  kLINEAR = 0,
  kCHW2 = 1,
  kHWC8 = 2,
  kCHW4 = 3,
  kCHW16 = 4,
  kCHW32 = 5,
  kDHWC8 = 6,
  kCDHW32 = 7,
  kHWC = 8,
  kDLA_LINEAR = 9,
  kDLA_HWC4 = 10,
  kHWC16 = 11,
  kDHWC = 12,
};
using TensorFormats = uint32_t;  ///< bit 1 << format for each allowed TensorFormat

enum class TensorIOMode : int32_t { kNONE = 0, kINPUT = 1, kOUTPUT = 2 };
enum class TensorLocation : int32_t { kDEVICE = 0, kHOST = 1 };
enum class OptProfileSelector : int32_t { kMIN = 0, kOPT = 1, kMAX = 2 };
enum class ProfilingVerbosity : int32_t { kLAYER_NAMES_ONLY = 0, kNONE = 1, kDETAILED = 2 };
enum class LayerInformationFormat : int32_t { kONELINE = 0, kJSON = 1 };

enum class ErrorCode : int32_t {
  kSUCCESS = 0,
  kUNSPECIFIED_ERROR = 1,
  kINTERNAL_ERROR = 2,
  kINVALID_ARGUMENT = 3,
  kINVALID_CONFIG = 4,
  kFAILED_ALLOCATION = 5,
  kFAILED_INITIALIZATION = 6,
  kFAILED_EXECUTION = 7,
  kFAILED_COMPUTATION = 8,
  kINVALID_STATE = 9,
  kUNSUPPORTED_STATE = 10,
};

/// Tenon's own: the kind of device an engine is built for.
enum class Backend : int32_t {
  kAUTO = 0,  ///< the fastest device present; the choice and its reason are logged
  kCPU = 1,
  kCUDA = 2,  ///< GPUs of NVIDIA
};

}  // namespace tenon
