// SPDX-License-Identifier: Apache-2.0
#include "cuda/emulator/instructions.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <unordered_map>

#include "base/half.h"

namespace tn::test {
namespace {

using Lanes = std::span<Lane* const>;
using tn_emulator::Word;

uint32_t bits_of(const Word& word) {
  return static_cast<uint32_t>(word.bits);
}
float float_of(const Word& word) {
  return std::bit_cast<float>(bits_of(word));
}
void set(Word& word, float value) {
  word.bits = std::bit_cast<uint32_t>(value);
}

void nothing(Lanes, SharedReads&) {}

// Arithmetic of one lane: result = function(operands).
template <auto kFunction>
void compute(Lanes lanes, SharedReads&) {
  const auto words = lanes[0]->words;
  words[0].bits = kFunction(words);
}
using Words = std::span<Word>;
uint64_t from_f16(Words words) {
  Half half;
  half.bits = static_cast<uint16_t>(words[1].bits);
  return std::bit_cast<uint32_t>(static_cast<float>(half));
}
uint64_t to_f16(Words words) {
  return Half(float_of(words[1])).bits;
}
uint64_t to_bf16(Words words) {
  return BFloat16(float_of(words[1])).bits;
}
// The first operand becomes the upper half.
template <typename T>
uint64_t to_pair(Words words) {
  return uint32_t{T(float_of(words[1])).bits} << 16 | T(float_of(words[2])).bits;
}
uint64_t to_tf32(Words words) {
  return std::isfinite(float_of(words[1])) ? (bits_of(words[1]) + 0x1000u) & ~0x1fffu : bits_of(words[1]);
}
template <bool kLargest>
uint64_t extreme(Words words) {
  const float a = float_of(words[1]), b = float_of(words[2]);
  if (a != a || b != b) return 0x7fffffffu;
  return std::bit_cast<uint32_t>(kLargest ? std::max(a, b) : std::min(a, b));
}
uint64_t exp2_approximately(Words words) {
  const float y = std::exp2(float_of(words[1]));
  return std::bit_cast<uint32_t>(y < std::numeric_limits<float>::min() ? 0.0f : y);
}

// Two integers, saturated, below the lower half of a third operand.
template <typename T>
uint64_t pack_saturated(Words words) {
  const auto byte = [&](size_t i) {
    constexpr int32_t kLeast = std::numeric_limits<T>::min(), kMost = std::numeric_limits<T>::max();
    return static_cast<uint8_t>(std::clamp(static_cast<int32_t>(bits_of(words[i])), kLeast, kMost));
  };
  return static_cast<uint32_t>(words[3].bits << 16) | uint32_t{byte(1)} << 8 | byte(2);
}

void store_shared(Lanes lanes, SharedReads&) {
  std::memcpy(lanes[0]->shared->at(lanes[0]->words[0].bits, 4), &lanes[0]->words[1].bits, 4);
}
// Of four words, or one four times.
void store_shared_vector(Lanes lanes, SharedReads&) {
  const auto words = lanes[0]->words;
  char* const to = lanes[0]->shared->at(words[0].bits, 16);
  for (size_t i = 0; i < 4; ++i) std::memcpy(to + 4 * i, &words[words.size() == 2 ? 1 : 1 + i].bits, 4);
}
void load_shared(Lanes lanes, SharedReads&) {
  const auto words = lanes[0]->words;
  words[0].bits = 0;
  std::memcpy(&words[0].bits, lanes[0]->shared->at(words[1].bits, 4), 4);
}

// Of a block of the cluster: addresses of its shared memory say which block it is, those of the own one do not.
constexpr int kRankShift = 24;
void map_to_block(Lanes lanes, SharedReads&) {
  const auto words = lanes[0]->words;
  if (words[2].bits >= lanes[0]->cluster.size()) throw Fault(fmt::format("a cluster has no block {}", words[2].bits));
  words[0].bits = (words[2].bits + 1) << kRankShift | words[1].bits;
}
void store_in_cluster(Lanes lanes, SharedReads&) {
  const auto words = lanes[0]->words;
  const uint64_t block = words[0].bits >> kRankShift, place = words[0].bits & ((1u << kRankShift) - 1);
  char* const to = (block ? *lanes[0]->cluster[block - 1] : *lanes[0]->shared).at(place, 8);
  for (size_t i = 0; i < 2; ++i) std::memcpy(to + 4 * i, &words[1 + i].bits, 4);
}

void begin_copy(Lane& lane, size_t bytes, size_t present) {
  const auto* const from = reinterpret_cast<const char*>(lane.words[1].bits);
  if (present > 0 && lane.words[1].bits % bytes != 0)
    throw Fault(fmt::format("cp.async of {} bytes from {}", bytes, lane.words[1].bits));
  const Copy copy{lane.shared->at(lane.words[0].bits, bytes), from, bytes, present};
  lane.eager = !lane.eager;
  if (lane.eager)
    copy.make();
  else
    lane.copies.push_back(copy);
}
void copy_16(Lanes lanes, SharedReads&) {
  begin_copy(*lanes[0], 16, lanes[0]->words[2].bits);
}
void copy_some(Lanes lanes, SharedReads&) {
  begin_copy(*lanes[0], lanes[0]->words[2].bits, lanes[0]->words[3].bits);
}
void close_group(Lanes lanes, SharedReads&) {
  lanes[0]->groups.push_back(std::move(lanes[0]->copies));
  lanes[0]->copies.clear();
}
void wait_for_groups(Lanes lanes, SharedReads&) {
  auto& groups = lanes[0]->groups;
  const size_t pending = lanes[0]->words[0].bits;
  while (groups.size() > pending) {
    for (const Copy& copy : groups.front()) copy.make();
    groups.erase(groups.begin());
  }
}

void shuffle(Lanes lanes, SharedReads&) {
  for (size_t i = 0; i < lanes.size(); ++i) {
    const size_t other = i ^ lanes[i]->words[2].bits;
    if (other >= lanes.size()) throw Fault("a shuffle with a lane that is not there");
    lanes[i]->words[0].bits = lanes[other]->words[1].bits;
  }
}

// Eight rows of 16 bytes: those in the same four banks follow one another.
void count_conflicts(std::span<const uint32_t> rows, SharedReads& reads) {
  std::array<std::vector<uint32_t>, 8> of_bank;
  size_t cycles = 1;
  for (const uint32_t row : rows) {
    auto& bank = of_bank[row / 16 % 8];
    if (std::ranges::find(bank, row) == bank.end()) bank.push_back(row);
    cycles = std::max(cycles, bank.size());
  }
  ++reads.phases;
  reads.conflicts += static_cast<int64_t>(cycles - 1);
}

// Lane 8 i + r has the address of row r of matrix i.
template <bool kTransposed>
void load_matrices(Lanes lanes, SharedReads& reads) {
  for (size_t matrix = 0; matrix < 4; ++matrix) {
    std::array<uint32_t, 8> rows;
    std::array<const char*, 8> from;
    for (size_t row = 0; row < 8; ++row) {
      Lane& lane = *lanes[matrix * 8 + row];
      rows[row] = bits_of(lane.words[4]);
      from[row] = lane.shared->at(rows[row], 16);
    }
    count_conflicts(rows, reads);
    for (size_t i = 0; i < 32; ++i) {
      const size_t line = i / 4, first = i % 4 * 2;
      uint16_t pair[2];
      for (size_t j = 0; j < 2; ++j)
        std::memcpy(&pair[j], kTransposed ? from[first + j] + line * 2 : from[line] + (first + j) * 2, 2);
      lanes[i]->words[matrix].bits = uint32_t{pair[1]} << 16 | pair[0];
    }
  }
}

/// How elements lie in a word.
struct F16 {
  static constexpr size_t kPerWord = 2;
  static float at(uint32_t word, size_t i) {
    Half half;
    half.bits = static_cast<uint16_t>(word >> 16 * i);
    return static_cast<float>(half);
  }
};
struct BF16 {
  static constexpr size_t kPerWord = 2;
  static float at(uint32_t word, size_t i) { return std::bit_cast<float>(i ? word & 0xffff0000u : word << 16); }
};
struct TF32 {
  static constexpr size_t kPerWord = 1;
  static float at(uint32_t word, size_t) { return std::bit_cast<float>(word & ~0x1fffu); }
};

/// Bytes, whose products are added up in 32 bits.
template <typename T>
struct Bytes {
  static constexpr size_t kPerWord = 4;
  static float at(uint32_t word, size_t i) { return static_cast<float>(static_cast<T>(word >> 8 * i)); }
};

template <typename Element>
void add(Word& word, double value) {
  if constexpr (Element::kPerWord == 4)
    word.bits = bits_of(word) + static_cast<uint32_t>(static_cast<int64_t>(value));
  else
    set(word, static_cast<float>(float_of(word) + value));
}

// 16 x 8 results of a warp; lane 4 g + t has those of rows g and g + 8, columns 2 t and 2 t + 1.
template <typename Element, typename Multiply>
void add_products(Lanes warp, size_t first_word, Multiply dot) {
  for (size_t lane = 0; lane < 32; ++lane) {
    for (size_t i = 0; i < 4; ++i)
      add<Element>(warp[lane]->words[first_word + i], dot(lane / 4 + i / 2 * 8, lane % 4 * 2 + i % 2));
  }
}

// A: registers 0, 1 hold rows g, g + 8 of the first half of K, 2, 3 of the second. B: 0 and 1 the halves of K.
template <typename Element, typename OfB = Element>
void multiply(Lanes lanes, SharedReads&) {
  constexpr size_t kPer = Element::kPerWord;
  float a[16][32], b[32][8];
  const size_t of_b = (lanes[0]->words.size() - 4) / 3, depth = of_b * 4 * kPer;
  for (size_t lane = 0; lane < 32; ++lane) {
    const size_t g = lane / 4, t = lane % 4;
    const auto words = lanes[lane]->words.subspan(4);
    for (size_t r = 0; r < 3 * of_b; ++r) {
      for (size_t i = 0; i < kPer; ++i) {
        if (r < 2 * of_b)
          a[g + r % 2 * 8][r / 2 * 4 * kPer + t * kPer + i] = Element::at(bits_of(words[r]), i);
        else
          b[(r - 2 * of_b) * 4 * kPer + t * kPer + i][g] = OfB::at(bits_of(words[r]), i);
      }
    }
  }
  add_products<Element>(lanes, 0, [&](size_t row, size_t column) {
    double sum = 0;
    for (size_t k = 0; k < depth; ++k) sum += double{a[row][k]} * b[k][column];
    return sum;
  });
}

// 8 x 8 x 16: lane 4 g + t has row g of A and column g of B, four of K, and two results of row g.
template <typename OfA>
void multiply_small(Lanes lanes, SharedReads&) {
  for (size_t lane = 0; lane < 32; ++lane) {
    for (size_t i = 0; i < 2; ++i) {
      double sum = 0;
      for (size_t k = 0; k < 16; ++k) {
        const Lane &a = *lanes[lane / 4 * 4 + k / 4], &b = *lanes[(lane % 4 * 2 + i) * 4 + k / 4];
        sum += double{OfA::at(bits_of(a.words[2]), k % 4)} * Bytes<int8_t>::at(bits_of(b.words[3]), k % 4);
      }
      add<OfA>(lanes[lane]->words[i], sum);
    }
  }
}

// A row-major operand of wgmma with rows of 128 swizzled bytes.
template <typename Element>
class WarpgroupOperand {
 public:
  WarpgroupOperand(SharedMemory& shared, uint64_t descriptor)
      : shared_(shared), start_((descriptor & 0x3fff) << 4), stride_((descriptor >> 32 & 0x3fff) << 4) {
    if (descriptor >> 62 != 1) throw Fault("wgmma without a swizzle of 128 bytes");
  }
  float at(size_t row, size_t k) const {
    constexpr size_t kBytes = 4 / Element::kPerWord;
    const uint64_t line = start_ + row / 8 * stride_ + row % 8 * 128 + k * kBytes, place = line ^ (line >> 7 & 7) << 4;
    uint32_t bits = 0;
    std::memcpy(&bits, shared_.at(place, kBytes), kBytes);
    return Element::at(bits, 0);
  }

 private:
  SharedMemory& shared_;
  uint64_t start_, stride_;
};

// 64 x N x 32 bytes; warp w has rows 16 w to 16 w + 15.
template <typename Element, typename OfB = Element>
void multiply_by_warpgroup(Lanes lanes, SharedReads&) {
  constexpr size_t kDepth = 8 * Element::kPerWord;
  const auto words = lanes[0]->words;
  const size_t columns = (words.size() - 2) * 2;
  const WarpgroupOperand<Element> of_a(*lanes[0]->shared, words[words.size() - 2].bits);
  const WarpgroupOperand<OfB> of_b(*lanes[0]->shared, words[words.size() - 1].bits);
  std::vector<std::array<float, kDepth>> a(64), b(columns);
  for (size_t k = 0; k < kDepth; ++k) {
    for (size_t row = 0; row < 64; ++row) a[row][k] = of_a.at(row, k);
    for (size_t column = 0; column < columns; ++column) b[column][k] = of_b.at(column, k);
  }
  for (size_t warp = 0; warp < 4; ++warp) {
    for (size_t tile = 0; tile < columns / 8; ++tile) {
      add_products<Element>(lanes.subspan(warp * 32, 32), tile * 4, [&](size_t row, size_t column) {
        double sum = 0;
        for (size_t k = 0; k < kDepth; ++k) sum += double{a[warp * 16 + row][k]} * b[tile * 8 + column][k];
        return sum;
      });
    }
  }
}

constexpr Instruction kInstructions[] = {
    {"griddepcontrol.wait;", 1, nothing, Grid::Waits},
    {"griddepcontrol.launch_dependents;", 1, nothing, Grid::LetsNextStart},
    {"prefetch.global.L2 ", 1, nothing},
    {"fence.proxy.async.shared::cta;", 1, nothing},
    {"wgmma.fence.sync.aligned;", 1, nothing},
    {"wgmma.commit_group.sync.aligned;", 1, nothing},
    {"wgmma.wait_group.sync.aligned ", 1, nothing},
    {"cvt.f32.f16 ", 1, compute<from_f16>},
    {"cvt.rn.f16.f32 ", 1, compute<to_f16>},
    {"cvt.rn.bf16.f32 ", 1, compute<to_bf16>},
    {"cvt.rn.f16x2.f32 ", 1, compute<to_pair<Half>>},
    {"cvt.rn.bf16x2.f32 ", 1, compute<to_pair<BFloat16>>},
    {"cvt.rna.tf32.f32 ", 1, compute<to_tf32>},
    {"cvt.pack.sat.s8.s32.b32 ", 1, compute<pack_saturated<int8_t>>},
    {"cvt.pack.sat.u8.s32.b32 ", 1, compute<pack_saturated<uint8_t>>},
    {"min.NaN.f32 ", 1, compute<extreme<false>>},
    {"max.NaN.f32 ", 1, compute<extreme<true>>},
    {"ex2.approx.ftz.f32 ", 1, compute<exp2_approximately>},
    {"ld.shared.u32 ", 1, load_shared},
    {"st.shared.u32 ", 1, store_shared},
    {"st.shared.v4.u32 ", 1, store_shared_vector},
    {"barrier.cluster.arrive.release.aligned;", 1, nothing, Grid::Nothing, Cluster::Arrives},
    {"barrier.cluster.wait.acquire.aligned;", 1, nothing, Grid::Nothing, Cluster::Waits},
    {"mapa.shared::cluster.u32 ", 1, map_to_block},
    {"st.shared::cluster.v2.f32 ", 1, store_in_cluster},
    {"cp.async.cg.shared.global", 1, copy_16},
    {"cp.async.ca.shared.global ", 1, copy_some},
    {"cp.async.commit_group;", 1, close_group},
    {"cp.async.wait_group ", 1, wait_for_groups},
    {"shfl.sync.bfly", 32, shuffle},
    {"ldmatrix.sync.aligned.m8n8.x4.shared.b16 ", 32, load_matrices<false>},
    {"ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 ", 32, load_matrices<true>},
    {"mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 ", 32, multiply<F16>},
    {"mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 ", 32, multiply<BF16>},
    {"mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 ", 32, multiply<TF32>},
    {"mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 ", 32, multiply<F16>},
    {"mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 ", 32, multiply<Bytes<int8_t>>},
    {"mma.sync.aligned.m16n8k32.row.col.s32.u8.s8.s32 ", 32, multiply<Bytes<uint8_t>, Bytes<int8_t>>},
    {"mma.sync.aligned.m8n8k16.row.col.s32.s8.s8.s32 ", 32, multiply_small<Bytes<int8_t>>},
    {"mma.sync.aligned.m8n8k16.row.col.s32.u8.s8.s32 ", 32, multiply_small<Bytes<uint8_t>>},
};

}  // namespace

const Instruction& find_instruction(const char* text) {
  const std::string_view whole(text);
  for (const Instruction& instruction : kInstructions)
    if (whole.starts_with(instruction.name)) return instruction;
  static constexpr Instruction kEmpty{"", 1, nothing};
  static constexpr Instruction kF16{"wgmma", 128, multiply_by_warpgroup<F16>};
  static constexpr Instruction kBF16{"wgmma", 128, multiply_by_warpgroup<BF16>};
  static constexpr Instruction kS8{"wgmma", 128, multiply_by_warpgroup<Bytes<int8_t>>};
  static constexpr Instruction kU8{"wgmma", 128, multiply_by_warpgroup<Bytes<uint8_t>, Bytes<int8_t>>};
  if (whole.empty()) return kEmpty;
  if (whole.starts_with("wgmma.mma_async.sync.aligned.m64n")) {
    if (whole.find("k16.f32.f16.f16 ") != whole.npos) return kF16;
    if (whole.find("k16.f32.bf16.bf16 ") != whole.npos) return kBF16;
    if (whole.find("k32.s32.s8.s8 ") != whole.npos) return kS8;
    if (whole.find("k32.s32.u8.s8 ") != whole.npos) return kU8;
  }
  throw Fault(fmt::format("no such instruction: {}", whole));
}

}  // namespace tn::test
