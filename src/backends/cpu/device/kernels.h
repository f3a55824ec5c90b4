// SPDX-License-Identifier: Apache-2.0
// Creators of the CPU's kernels (KernelEntry::create), one per source file of this folder. Each says its operands and
// parameters, and trusts none of them (requirements.h).
#pragma once

#include "backends/cpu/device/requirements.h"
#include "device/kernel.h"

namespace tn::cpu {

using KernelPtr = std::unique_ptr<Kernel>;

/// One input, one output of the same shape; strides and types may differ. No parameters.
KernelPtr create_copy(const KernelSpec& spec);
/// A scalar program over broadcast inputs, evaluated element by element: the oracle and the fall-back of compiled code.
/// Parameters: the encoded program. Outputs have the broadcast shape.
KernelPtr create_interpreted(const KernelSpec& spec);
/// The same as machine code made now. Parameters and operands as above.
KernelPtr create_elementwise(const KernelSpec& spec);
/// Shapes that values of the inputs decide. Parameters: as below, then the number of outputs and, for every symbol the
/// step defines, the output and the axis that tell it.
KernelPtr create_extents(const KernelSpec& spec);
/// A reference function. Parameters: the operator's name, its encoded attributes.
KernelPtr create_reference(const KernelSpec& spec);
/// Extents of the inputs, for the symbols that the step defines. Parameters: for each of them, input and axis (u32).
KernelPtr create_result_extents(const KernelSpec& spec);
/// Inputs: whole, number of the iteration (i64); output: the slice there. Parameters: axis (u32), whether it counts
/// from the end (u8).
KernelPtr create_take_slice(const KernelSpec& spec);
/// Inputs: slice, number of the iteration; output: the whole that it is written into. Parameters as above.
KernelPtr create_put_slice(const KernelSpec& spec);

/// Convolutions of channels-last images (conv_step.h).
KernelPtr create_conv(const KernelSpec& spec);
KernelPtr create_depthwise(const KernelSpec& spec);
KernelPtr create_depthwise_f16(const KernelSpec& spec);
KernelPtr create_winograd(const KernelSpec& spec);
/// Matrix products (gemm_step.h): with B packed at build time, and with B at run time.
KernelPtr create_gemm(const KernelSpec& spec);
KernelPtr create_matmul(const KernelSpec& spec);
/// Both of bytes (int8_step.h).
KernelPtr create_conv_int8(const KernelSpec& spec);
KernelPtr create_depthwise_int8(const KernelSpec& spec);
KernelPtr create_gemm_int8(const KernelSpec& spec);
/// KernelEntry::features of the products: their packed weights are laid out for one instruction set.
uint32_t conv_features(std::span<const std::byte> parameters);
uint32_t product_features(std::span<const std::byte> parameters);
uint32_t int8_conv_features(std::span<const std::byte> parameters);
uint32_t int8_gemm_features(std::span<const std::byte> parameters);
/// row_steps.h.
KernelPtr create_softmax(const KernelSpec& spec);
KernelPtr create_norm(const KernelSpec& spec);
KernelPtr create_reduce(const KernelSpec& spec);
KernelPtr create_pool(const KernelSpec& spec);
KernelPtr create_resize(const KernelSpec& spec);
KernelPtr create_gather(const KernelSpec& spec);
KernelPtr create_attention(const KernelSpec& spec);

}  // namespace tn::cpu
