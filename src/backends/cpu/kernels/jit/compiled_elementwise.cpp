// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/jit/compiled_elementwise.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "backends/cpu/kernels/jit/machine_code.h"
#include "base/os/cpu.h"
#include "base/tensor_view.h"

namespace tn {

namespace {

constexpr size_t kBatch = 64;  ///< elements that the portable form interprets at a time, fewer for long programs
constexpr size_t kInterpreterValues = 8192;
static_assert(kInterpreterValues >
              ScalarProgram::kMaxInstructions + ScalarProgram::kMaxInputs + ScalarProgram::kMaxResults);
constexpr size_t kMaxMemory = ScalarProgram::kMaxInputs + ScalarProgram::kMaxResults;

bool exists(ElementwiseIsa isa) {
#if defined(__x86_64__) && !defined(_WIN32)
  if (isa == ElementwiseIsa::Avx2) return cpu_info().has(CpuFeature::Avx2Fma);
  if (isa == ElementwiseIsa::Avx512) return cpu_info().has(CpuFeature::Avx512);
#endif
  return isa == ElementwiseIsa::Portable;
}

std::unique_ptr<const jit::MachineCode> compile(const ScalarProgram& program,
                                                std::span<const CompiledElementwise::Operand> operands,
                                                std::span<const DataType> results, ElementwiseIsa isa) {
#if defined(__x86_64__) && !defined(_WIN32)
  if (isa == ElementwiseIsa::Portable) return nullptr;
  std::vector<jit::MemoryOperand> memory;
  for (const auto& operand : operands) memory.push_back({operand.type, operand.stride == InnerStride::Broadcast});
  for (const DataType type : results) memory.push_back({type, false});
  const auto target = isa == ElementwiseIsa::Avx2 ? jit::JitIsa::Avx2 : jit::JitIsa::Avx512;
  return jit::assemble(jit::translate(program, memory, target), memory, operands.size(), target);
#else
  return nullptr;
#endif
}

std::byte* at(const void* base, size_t element_bytes, int64_t index) {
  return static_cast<std::byte*>(const_cast<void*>(base)) + static_cast<int64_t>(element_bytes) * index;
}

}  // namespace

ElementwiseIsa best_elementwise_isa() {
  for (const auto isa : {ElementwiseIsa::Avx512, ElementwiseIsa::Avx2})
    if (exists(isa)) return isa;
  return ElementwiseIsa::Portable;
}

std::string_view name_of(ElementwiseIsa isa) {
  static constexpr std::array<std::string_view, 3> kNames = {"portable", "avx2", "avx512"};
  return kNames[static_cast<size_t>(isa)];
}

std::optional<std::string> why_unsupported(const ScalarProgram& program, std::span<const DataType> operands,
                                           std::span<const DataType> results) {
  if (operands.size() != program.inputs.size() || results.size() != program.results.size())
    return fmt::format("the program has {} inputs and {} results, not {} and {}", program.inputs.size(),
                       program.results.size(), operands.size(), results.size());
  for (const auto types : {operands, results})
    for (const DataType type : types)
      if (is_small_float(type)) return fmt::format("{} in memory", name_of(type));
  for (size_t k = 0; k < operands.size(); ++k)
    if (compute_type(operands[k]) != program.inputs[k])
      return fmt::format("operand {} is stored as {}, but the program reads {}", k, name_of(operands[k]),
                         name_of(program.inputs[k]));
  for (size_t k = 0; k < results.size(); ++k)
    if (compute_type(results[k]) != program.result_type(k))
      return fmt::format("result {} is stored as {}, but the program makes {}", k, name_of(results[k]),
                         name_of(program.result_type(k)));
  return std::nullopt;
}

CompiledElementwise::CompiledElementwise(const ScalarProgram& program, std::span<const Operand> operands,
                                         std::span<const DataType> results, ElementwiseIsa isa)
    : program_(program),
      operands_(operands.begin(), operands.end()),
      results_(results.begin(), results.end()),
      isa_(isa) {
  program_.verify();
  std::vector<DataType> types;
  for (const Operand& operand : operands) types.push_back(operand.type);
  if (const auto why = why_unsupported(program, types, results))
    throw Error(ErrorCode::Unsupported, "elementwise kernel: {}", *why);
  if (!exists(isa))
    throw Error(ErrorCode::InvalidArgument, "elementwise kernel: this processor has no {}", name_of(isa));
  code_ = compile(program_, operands_, results_, isa);
}

CompiledElementwise::~CompiledElementwise() = default;
CompiledElementwise::CompiledElementwise(CompiledElementwise&&) noexcept = default;
CompiledElementwise& CompiledElementwise::operator=(CompiledElementwise&&) noexcept = default;

size_t CompiledElementwise::code_bytes() const noexcept {
  return code_ ? code_->bytes() : 0;
}

void CompiledElementwise::operator()(const void* const* operands, void* const* results, int64_t count) const noexcept {
  if (!code_) return interpret(operands, results, count);
  if (code_->any_count()) return code_->function()(operands, results, count);
  const int64_t whole = count - count % code_->lanes();
  if (whole > 0) code_->function()(operands, results, whole);
  if (whole < count) run_rest(operands, results, whole, count - whole);
}

/// Less than one vector: through buffers of a whole one.
void CompiledElementwise::run_rest(const void* const* operands, void* const* results, int64_t begin,
                                   int64_t count) const noexcept {
  constexpr size_t kBytes = 64;
  alignas(64) std::array<std::array<std::byte, kBytes>, kMaxMemory> buffers;
  std::array<const void*, ScalarProgram::kMaxInputs> from;
  std::array<void*, ScalarProgram::kMaxResults> to;
  for (size_t k = 0; k < operands_.size(); ++k) {
    from[k] = operands[k];
    if (operands_[k].stride == InnerStride::Broadcast) continue;
    const size_t bytes = size_of(operands_[k].type);
    buffers[k] = {};
    std::memcpy(buffers[k].data(), at(operands[k], bytes, begin), bytes * static_cast<size_t>(count));
    from[k] = buffers[k].data();
  }
  for (size_t k = 0; k < results_.size(); ++k) to[k] = buffers[operands_.size() + k].data();
  code_->function()(from.data(), to.data(), code_->lanes());
  for (size_t k = 0; k < results_.size(); ++k) {
    const size_t bytes = size_of(results_[k]);
    std::memcpy(at(results[k], bytes, begin), to[k], bytes * static_cast<size_t>(count));
  }
}

namespace {

void gather(ScalarType type, const TensorView& view, int64_t begin, int64_t stride, int64_t count, ScalarValue* out) {
  for (int64_t i = 0; i < count; ++i) {
    if (is_float(type))
      out[i].f = load_double(view, begin + i * stride);
    else
      out[i].i = load_int64(view, begin + i * stride);
  }
}

void scatter(ScalarType type, const ScalarValue* values, const TensorView& view, int64_t begin, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    if (is_float(type))
      store_double(view, begin + i, values[i].f);
    else
      store_int64(view, begin + i, values[i].i);
  }
}

}  // namespace

void CompiledElementwise::interpret(const void* const* operands, void* const* results, int64_t count) const noexcept {
  const size_t inputs = operands_.size(), outputs = results_.size();
  const size_t values = inputs + outputs + program_.instructions.size();
  std::array<ScalarValue, kInterpreterValues> buffer;
  const auto batch = static_cast<int64_t>(std::clamp<size_t>(buffer.size() / values, 1, kBatch));
  std::array<const ScalarValue*, ScalarProgram::kMaxInputs> from;
  std::array<ScalarValue*, ScalarProgram::kMaxResults> to;
  const auto part = [&](size_t k) { return buffer.data() + static_cast<int64_t>(k) * batch; };
  for (size_t k = 0; k < inputs; ++k) from[k] = part(k);
  for (size_t k = 0; k < outputs; ++k) to[k] = part(inputs + k);
  const auto scratch = std::span(part(inputs + outputs), buffer.data() + buffer.size());
  for (int64_t begin = 0; begin < count; begin += batch) {
    const int64_t size = std::min(batch, count - begin);
    for (size_t k = 0; k < inputs; ++k) {
      const int64_t stride = operands_[k].stride == InnerStride::Contiguous ? 1 : 0;
      const TensorView view{const_cast<void*>(operands[k]), operands_[k].type};
      gather(program_.inputs[k], view, begin * stride, stride, size, const_cast<ScalarValue*>(from[k]));
    }
    evaluate(program_, FloatMode::Typed, size, from.data(), to.data(), scratch);
    for (size_t k = 0; k < outputs; ++k)
      scatter(program_.result_type(k), to[k], TensorView{results[k], results_[k]}, begin, size);
  }
}

}  // namespace tn
