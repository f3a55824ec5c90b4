// SPDX-License-Identifier: Apache-2.0
// Writes what a network's quantization is into its ONNX file.
#pragma once

#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "import/made_node.h"

namespace tn::import {

/// What the tools that read the file take.
///   Native   numbers as they are: s8 and u8, weights as integers, biases as floats
///   Trt      nothing but s8 without zero points; weights as floats behind Quantize and Dequantize
///   OrtCpu   activations as u8 (zero point 128 where they are signed: the same numbers), weights as integers, biases
///   of
///            32 bits
enum class QdqProfile : uint8_t { Native, Trt, OrtCpu };

/// A tensor of the file that is rounded for those that read it.
struct RoundedTensor {
  std::string name;
  DataType type = DataType::I8;
  float scale = 1;
  int32_t zero_point = 0;
  bool for_all = true;            ///< else for products and the makers of `readers` only
  std::set<std::string> readers;  ///< tensors that are made of it
};

/// A convolution or matrix product as it shall stand in the file: what it is there, scales and summands behind it
/// included.
struct RoundedProduct {
  std::string name, op_type;  ///< Conv, ConvTranspose, MatMul or Gemm
  Attributes attributes;      ///< integers, or lists of them
  std::string input, output;
  ConstantPtr weights;  ///< I8
  int64_t axis = 0;     ///< of the weights, along which the scales lie
  std::vector<float> scales;
  ConstantPtr bias;  ///< F32, or null
};

struct RoundedNetwork {
  std::vector<RoundedTensor> tensors;
  std::vector<RoundedProduct> products;
};

struct QdqFile {
  std::string bytes;
  std::vector<std::string> left_out;  ///< names of tensors and products that the file does not have
};

/// The model in `bytes`, a file at `from`, with QuantizeLinear and DequantizeLinear; all else stays as it is. Throws
/// Error(Unsupported) for files below opset 13, whose scales have no axis.
QdqFile with_quantization(std::span<const std::byte> bytes, const std::filesystem::path& from,
                          const RoundedNetwork& network, QdqProfile profile);

}  // namespace tn::import
