// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/jit/row_epilogue.h"

namespace tn {

namespace {

CompiledElementwise compile(const ScalarProgram& program, DataType row, std::span<const RowEpilogue::Operand> operands,
                            ElementwiseIsa isa) {
  if (operands.size() > RowEpilogue::kMaxOperands || program.results.size() != 1)
    throw Error(ErrorCode::Unsupported, "row program: {} operands and {} results; at most {} and 1", operands.size(),
                program.results.size(), RowEpilogue::kMaxOperands);
  std::vector<CompiledElementwise::Operand> kinds = {{row}};
  for (const auto& operand : operands)
    kinds.push_back(
        {operand.type, operand.kind == RowOperandKind::Scalar ? InnerStride::Broadcast : InnerStride::Contiguous});
  return CompiledElementwise(program, kinds, std::span(&row, 1), isa);
}

}  // namespace

RowEpilogue::RowEpilogue(const ScalarProgram& program, DataType row, std::span<const Operand> operands,
                         ElementwiseIsa isa)
    : operands_(operands.begin(), operands.end()), code_(compile(program, row, operands, isa)) {}

RowEpilogue::Call::Call(const RowEpilogue& epilogue, std::span<const void* const> data,
                        std::span<const int64_t> pixel_strides) noexcept
    : epilogue_(&epilogue) {
  for (size_t k = 0; k < epilogue.operands_.size(); ++k) {
    const auto bytes = static_cast<int64_t>(size_of(epilogue.operands_[k].type));
    data_[k] = static_cast<const std::byte*>(data[k]);
    channel_bytes_[k] = epilogue.operands_[k].kind == RowOperandKind::Scalar ? 0 : bytes;
    pixel_bytes_[k] = epilogue.operands_[k].kind == RowOperandKind::Pixel ? pixel_strides[k] * bytes : 0;
  }
}

void RowEpilogue::Call::apply(void* context, void* row, int64_t pixel, int64_t first_channel, int64_t count) noexcept {
  const Call& call = *static_cast<const Call*>(context);
  std::array<const void*, kMaxOperands + 1> operands;
  operands[0] = row;
  for (size_t k = 0; k < call.epilogue_->operands_.size(); ++k)
    operands[k + 1] = call.data_[k] + pixel * call.pixel_bytes_[k] + first_channel * call.channel_bytes_[k];
  call.epilogue_->code_(operands.data(), &row, count);
}

}  // namespace tn
