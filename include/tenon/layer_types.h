// SPDX-License-Identifier: Apache-2.0
// The choices that layers offer. Names and numbers follow TensorRT 10.16.
#pragma once

#include "tenon/types.h"

namespace tenon {

/// Kinds of layer, with TensorRT's numbers; the kinds that Tenon does not have yet are left out.
enum class LayerType : int32_t {
  kCONVOLUTION = 0,
  kCAST = 1,
  kACTIVATION = 2,
  kPOOLING = 3,
  kLRN = 4,
  kSCALE = 5,
  kSOFTMAX = 6,
  kDECONVOLUTION = 7,
  kCONCATENATION = 8,
  kELEMENTWISE = 9,
  kUNARY = 11,
  kPADDING = 12,
  kSHUFFLE = 13,
  kREDUCE = 14,
  kTOPK = 15,
  kGATHER = 16,
  kMATRIX_MULTIPLY = 17,
  kCONSTANT = 19,
  kIDENTITY = 20,
  kSLICE = 22,
  kSHAPE = 23,
  kPARAMETRIC_RELU = 24,
  kRESIZE = 25,
  kTRIP_LIMIT = 26,
  kRECURRENCE = 27,
  kITERATOR = 28,
  kLOOP_OUTPUT = 29,
  kSELECT = 30,
  kFILL = 31,
  kQUANTIZE = 32,
  kDEQUANTIZE = 33,
  kCONDITION = 34,
  kCONDITIONAL_INPUT = 35,
  kCONDITIONAL_OUTPUT = 36,
  kSCATTER = 37,
  kEINSUM = 38,
  kONE_HOT = 40,
  kNON_ZERO = 41,
  kGRID_SAMPLE = 42,
  kNMS = 43,
  kREVERSE_SEQUENCE = 44,
  kNORMALIZATION = 45,
  kSQUEEZE = 47,
  kUNSQUEEZE = 48,
  kCUMULATIVE = 49,
  kDYNAMIC_QUANTIZE = 50,
  kATTENTION_OUTPUT = 52
};

/// α and β are IActivationLayer's alpha and beta.
enum class ActivationType : int32_t {
  kRELU = 0,
  kSIGMOID = 1,
  kTANH = 2,
  kLEAKY_RELU = 3,         ///< x ≥ 0: x, else α·x
  kELU = 4,                ///< x ≥ 0: x, else α·(e^x − 1)
  kSELU = 5,               ///< x > 0: β·x, else β·(α·e^x − α)
  kSOFTSIGN = 6,           ///< x / (1 + |x|)
  kSOFTPLUS = 7,           ///< α·ln(e^(β·x) + 1)
  kCLIP = 8,               ///< max(α, min(β, x))
  kHARD_SIGMOID = 9,       ///< max(0, min(1, α·x + β))
  kSCALED_TANH = 10,       ///< α·tanh(β·x)
  kTHRESHOLDED_RELU = 11,  ///< x > α: x, else 0
  kGELU_ERF = 12,
  kGELU_TANH = 13,
};

/// How the padding of a convolution or pooling is found, and how its output extent is rounded.
enum class PaddingMode : int32_t {
  kEXPLICIT_ROUND_DOWN = 0,
  kEXPLICIT_ROUND_UP = 1,
  kSAME_UPPER = 2,  ///< output = ceil(input / stride); the odd element of padding goes to the end
  kSAME_LOWER = 3,  ///< as above, the odd element at the beginning
};

enum class PoolingType : int32_t { kMAX = 0, kAVERAGE = 1, kMAX_AVERAGE_BLEND = 2 };

/// Which elements share one scale.
enum class ScaleMode : int32_t { kUNIFORM = 0, kCHANNEL = 1, kELEMENTWISE = 2 };

enum class ElementWiseOperation : int32_t {
  kSUM = 0,
  kPROD = 1,
  kMAX = 2,
  kMIN = 3,
  kSUB = 4,
  kDIV = 5,
  kPOW = 6,
  kFLOOR_DIV = 7,
  kAND = 8,
  kOR = 9,
  kXOR = 10,
  kEQUAL = 11,
  kGREATER = 12,
  kLESS = 13
};

enum class UnaryOperation : int32_t {
  kEXP = 0,
  kLOG = 1,
  kSQRT = 2,
  kRECIP = 3,
  kABS = 4,
  kNEG = 5,
  kSIN = 6,
  kCOS = 7,
  kTAN = 8,
  kSINH = 9,
  kCOSH = 10,
  kASIN = 11,
  kACOS = 12,
  kATAN = 13,
  kASINH = 14,
  kACOSH = 15,
  kATANH = 16,
  kCEIL = 17,
  kFLOOR = 18,
  kERF = 19,
  kNOT = 20,
  kSIGN = 21,
  kROUND = 22,
  kISINF = 23,
  kISNAN = 24
};

enum class ReduceOperation : int32_t { kSUM = 0, kPROD = 1, kMAX = 2, kMIN = 3, kAVG = 4 };

enum class TopKOperation : int32_t { kMAX = 0, kMIN = 1 };

/// kVECTOR: the operand's last dimension is contracted and it has no matrix dimension.
enum class MatrixOperation : int32_t { kNONE = 0, kTRANSPOSE = 1, kVECTOR = 2 };

/// As ONNX's Gather, GatherElements and GatherND.
enum class GatherMode : int32_t { kDEFAULT = 0, kELEMENT = 1, kND = 2 };

/// As ONNX's ScatterElements and ScatterND.
enum class ScatterMode : int32_t { kELEMENT = 0, kND = 1 };

/// kCORNER_PAIRS: x1, y1, x2, y2 in any order of the corners; kCENTER_SIZES: x, y, width, height.
enum class BoundingBoxFormat : int32_t { kCORNER_PAIRS = 0, kCENTER_SIZES = 1 };

enum class CumulativeOperation : int32_t { kSUM = 0 };

/// What a slice or a grid reads outside its input.
enum class SampleMode : int32_t { kSTRICT_BOUNDS = 0, kWRAP = 1, kCLAMP = 2, kFILL = 3, kREFLECT = 4 };

enum class InterpolationMode : int32_t { kNEAREST = 0, kLINEAR = 1, kCUBIC = 2 };

enum class ResizeCoordinateTransformation : int32_t { kALIGN_CORNERS = 0, kASYMMETRIC = 1, kHALF_PIXEL = 2 };

/// Source of an output extent of one pixel: by the formula, or the first pixel.
enum class ResizeSelector : int32_t { kFORMULA = 0, kUPPER = 1 };

enum class ResizeRoundMode : int32_t { kHALF_UP = 0, kHALF_DOWN = 1, kFLOOR = 2, kCEIL = 3 };

enum class LoopOutput : int32_t { kLAST_VALUE = 0, kCONCATENATE = 1, kREVERSE = 2 };

enum class TripLimit : int32_t { kCOUNT = 0, kWHILE = 1 };

enum class AttentionNormalizationOp : int32_t { kNONE = 0, kSOFTMAX = 1 };

enum class FillOperation : int32_t { kLINSPACE = 0, kRANDOM_UNIFORM = 1, kRANDOM_NORMAL = 2 };

}  // namespace tenon
