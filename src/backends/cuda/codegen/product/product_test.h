// SPDX-License-Identifier: Apache-2.0
// Convolutions for tests of product kernels.
#pragma once

#include <string>

#include "backends/cuda/codegen/nvrtc_test.h"
#include "backends/cuda/codegen/product/product.h"
#include "expr/expr.h"

namespace tn::cuda {

struct ConvCase {
  const char* name;
  DataType type = DataType::F16;
  Dim images = 1;
  Spatial<int64_t> in{1, 14, 14};
  int64_t channels = 64, columns = 64, groups = 1;
  Spatial<int64_t> kernel{1, 3, 3}, stride{1, 1, 1};
  int64_t pitch = 0;  ///< of the result, where it is a slice
};

inline ResultOperand dense(DataType type, const Product& product, int64_t pitch) {
  const Dim line = product.rows[2] * Dim(pitch), plane = product.rows[1] * line;
  ResultOperand operand;
  operand.type = type;
  operand.strides = {product.rows[0] * plane, plane, line, pitch, 1};
  operand.alignment = 8;
  return operand;
}

// Channels-last, with a bias, a residual and a ReLU.
inline Product conv(const ConvCase& c) {
  Product product;
  product.type = c.type;
  product.tf32 = true;
  product.images = c.images;
  product.groups = c.groups;
  product.channels = c.channels / c.groups;
  product.columns = c.columns / c.groups;
  Dim stride = c.channels;
  for (size_t i = 3; i-- > 0;) {
    const int64_t pad = c.kernel[i] / 2;
    product.window.kernel[i] = c.kernel[i];
    product.window.stride[i] = c.stride[i];
    product.window.pad[i] = pad;
    product.window.in[i] = c.in[i];
    product.rows[i] = (c.in[i] + 2 * pad - c.kernel[i]) / c.stride[i] + 1;
    product.a.points[i] = stride;
    stride = stride * Dim(c.in[i]);
  }
  product.a.images = stride;
  product.a.alignment = 8;
  product.b.packed = true;
  ResultOperand bias;
  bias.type = DataType::F32;
  bias.strides = {0, 0, 0, 0, 1};
  bias.alignment = 8;
  bias.constant = true;
  product.epilogue.inputs = {bias, dense(c.type, product, c.columns)};
  product.epilogue.outputs = {dense(c.type, product, c.pitch ? c.pitch : c.columns)};
  const std::vector<Expr> results = {relu(input(0) + input(1) + input(2))};
  product.epilogue.program = lower(results);
  return product;
}

// The same of bytes: a residual behind a first quantization, another zero point than 0.
inline Product conv_of_bytes(const ConvCase& c) {
  Product product = conv(c);
  product.sums = ScalarType::I32;
  product.a.zero_point = 3;
  product.a.alignment = 16;
  Epilogue& epilogue = product.epilogue;
  ResultOperand term = epilogue.inputs[0];
  epilogue.inputs = {epilogue.inputs[1]};
  for (const DataType type : {DataType::I32, DataType::F32, DataType::F32}) {
    term.type = type;
    epilogue.inputs.push_back(term);
  }
  Requantization::Bytes bytes;
  bytes.residual = 0;
  bytes.residual_scale = 0.37f;
  bytes.again = {0.125f, -3.5f, {0, 0, 255}};
  epilogue.requantization = {.correction = 1, .scale = 2, .offset = 3, .bytes = bytes};
  epilogue.program = store_sums(ScalarType::I32);
  return product;
}

inline const SymbolRanges kRanges = {{"N", {1, 128}}, {"B", {1, 96}}};

// The architecture's name with all its instructions.
inline std::string specific(const std::string& architecture) {
  return architecture == "sm_90" ? "sm_90a" : architecture;
}

inline void expect_compiles(const KernelText& text, const std::string& architecture, const std::string& what) {
  const Nvrtc::Compiled compiled = Nvrtc::get().compile(text.source, text.entry, specific(architecture));
  ASSERT_TRUE(compiled.ok) << what << "\n" << compiled.log;
  const FunctionResources resources = resources_in(compiled.log, text.entry);
  EXPECT_EQ(resources.spill_bytes, 0) << what << " on " << architecture;
  EXPECT_LE(resources.registers * static_cast<int>(text.block[0]), 65536) << what;
}

using ProductText = NvrtcTest;

}  // namespace tn::cuda
