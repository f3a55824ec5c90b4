// SPDX-License-Identifier: Apache-2.0
// Writes the steps of vector code as AVX2 or AVX-512 instructions.
#pragma once

#include <map>
#include <utility>

#include "backends/cpu/kernels/jit/allocate.h"
#include "backends/cpu/kernels/jit/machine_code.h"

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wpedantic"
#endif
#define XBYAK_NO_OP_NAMES
#include <xbyak/xbyak.h>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

namespace tn::jit {

/// How the lanes of one body are limited.
enum class Tail : uint8_t { None, Masked };

class Assembler : public Xbyak::CodeGenerator {
 public:
  Assembler(const VectorCode& code, std::span<const MemoryOperand> memory, size_t operand_count, JitIsa isa,
            size_t bytes);

  int lanes() const { return lanes_; }
  bool any_count() const { return masks_; }

 private:
  using Xmm = Xbyak::Xmm;
  using Address = Xbyak::Address;
  using Operand = Xbyak::Operand;

  static constexpr int kMaxUnroll = 4;
  static constexpr int kMaxUnrolledSteps = 256;
  static constexpr int kMaxPointers = 10;

  // Layout of the whole function: assembler.cpp.
  void plan_bodies();
  void hoist_invariants();
  void lay_out_frame();
  void write_function();
  void write_prologue();
  void write_preamble();
  void write_loops();
  void write_tail_mask();
  void write_epilogue();
  void write_pool();
  void write_body(const LoopBody& body, const Allocation& allocation, Tail tail);

  // One step: assembler_steps.cpp.
  void write_step(const VectorStep& step, int target);
  void write_arithmetic(const VectorStep& step, int target);
  void write_multiply_add(const VectorStep& step, int target);
  void write_compare(const VectorStep& step, int target);
  void write_blend(const VectorStep& step, int target);
  void write_conversion(const VectorStep& step, int target);
  void write_call(const VectorStep& step, int target, uint32_t live);
  void write_call_itself(const VectorStep& step, int first_argument, int target, uint32_t live);
  // Memory: assembler_memory.cpp.
  void write_load(const VectorStep& step, int target, int copy, Tail tail);
  void write_broadcast(const VectorStep& step, int target);
  void write_store(const VectorStep& step, int copy, Tail tail);
  Address memory_address(uint64_t memory, int copy);
  Xbyak::Reg64 pointer(uint64_t memory);
  size_t element_bytes(uint64_t memory) const { return size_of(memory_[memory].type); }

  // Where values are.
  /// A register or the memory that holds a value, as the last source of an instruction.
  class Source {
   public:
    explicit Source(const Xmm& reg) : reg_(reg), in_register_(true) {}
    explicit Source(const Address& address) : address_(address) {}
    operator const Operand&() const { return in_register_ ? static_cast<const Operand&>(reg_) : address_; }

   private:
    Xmm reg_;
    Address address_{size_t{0}};
    bool in_register_ = false;
  };
  Source source(VectorId id);
  Address home(VectorId id);  ///< of a value that is not in a register
  /// The register of a value, after loading it into `scratch` if it is in memory.
  Xmm in_register(VectorId id, int scratch_index);
  /// -1 for a value in memory.
  int register_index(VectorId id) const;
  Address slot(int index) { return ptr[rsp + index * vector_bytes_]; }
  Address pool(uint64_t bits, bool wide);

  Xmm full(int index) const { return Xmm(avx512_ ? Operand::ZMM : Operand::YMM, index); }
  Xmm half(int index) const { return Xmm(avx512_ ? Operand::YMM : Operand::XMM, index); }
  /// The part of a register that holds 32-bit values, and the part that holds 16-bit ones.
  Xmm narrow(int index) const { return code_.wide ? half(index) : full(index); }
  Xmm narrower(int index) const { return code_.wide ? Xmm(index) : half(index); }
  int scratch(int k) const { return registers_ + k; }
  Xbyak::Opmask tail_mask() const { return Xbyak::Opmask(1); }
  Xbyak::Opmask scratch_mask() const { return Xbyak::Opmask(2); }

  const VectorCode& code_;
  std::span<const MemoryOperand> memory_;
  size_t operand_count_;
  const CallSite* calls_;
  bool avx512_;
  int vector_bytes_, lanes_, registers_;
  bool masks_ = true;  ///< the tail is done with masks

  std::vector<bool> invariant_;
  LoopBody unrolled_, single_;
  Allocation unrolled_allocation_, single_allocation_;
  int copies_ = 1;
  std::map<VectorId, int> invariant_slots_, hoisted_;
  const Allocation* current_ = nullptr;  ///< of the body being written
  std::map<std::pair<uint64_t, bool>, Xbyak::Label> pool_;
  Xbyak::Label ones_then_zeros_;
  int arguments_ = 0, saved_ = 0, general_ = 0, mask_slots_ = 0, old_stack_ = 0, frame_bytes_ = 0;
};

}  // namespace tn::jit
