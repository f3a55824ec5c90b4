// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/codegen/product/texts.h"

namespace tn::cuda {

// What the kernel of mma_text.cpp is made of: sizes, copies to shared memory, fragments and multiplications.
const std::string_view kMmaPartsText = R"cuda(
typedef unsigned int u32;
typedef unsigned long long u64;

constexpr int kSize = sizeof(element_t);
constexpr int kChunk = 16 / kSize, kChunks = TILE_K / kChunk;  // elements of a chunk, chunks of a row
constexpr int kStep = 32 / kSize;                              // elements along K of one mma
constexpr int kSteps = TILE_K / kStep / WARPS_K;               // of one warp in one block
constexpr int kThreads = 32 * WARPS_M * WARPS_N * WARPS_K;
constexpr int kWarpM = TILE_M / WARPS_M, kWarpN = TILE_N / WARPS_N;
constexpr int kFragmentsM = kWarpM / 16, kFragmentsN = kWarpN / 8;
constexpr int kStageBytes = (TILE_M + TILE_N) * TILE_K * kSize;
constexpr int kSumRow = TILE_N + 8;  // floats of a row of sums
constexpr int kBands = TILE_N / 8;   // runs of eight columns
constexpr int kWriters = kThreads / kBands * kBands;  // threads that take results, each of one band
constexpr int kOwnRows = (TILE_M + CLUSTER - 1) / CLUSTER;  // whose results a block makes
constexpr int kResults = (kOwnRows * kBands + kWriters - 1) / kWriters;
constexpr int kMostExtras = kFragmentsM * kFragmentsN >= 32 ? 4 : 8;  // of a thread, that are loaded at once
constexpr int kExtras = kResults < kMostExtras ? kResults : kMostExtras;
constexpr bool kEarlyExtras = kResults <= 4;
constexpr int kAhead = FORM == WARPGROUP ? STAGES - 2 : STAGES - 1;  // blocks of K that are loaded ahead
static_assert(kFragmentsM >= 1 && kFragmentsN % 2 == 0 && kSteps >= 1 && kWriters > 0, "tile");
// Where results leave from registers (DIRECT): columns are dealt out to so many fragments that a thread has kRun
// neighbours of them. The column of row n of a tile of B:
constexpr int kRun = 2 * JOINED;
__device__ constexpr int dealt(int n) {
  const int within = n % (8 * JOINED);
  return DIRECT ? n - within + within % 8 / 2 * kRun + within / 8 * 2 + within % 2 : n;
}
#if READS_MOMENTS
// Threads that add up the moments of a row, so many that all rows are done at once where that is possible.
__device__ constexpr int row_team(int most) { return most >= 32 ? 32 : most >= 2 ? 2 * row_team(most / 2) : 1; }
constexpr int kRowTeam = row_team(kThreads / kOwnRows);
#endif

__device__ __forceinline__ u32 shared_address(const void* pointer) {
  return static_cast<u32>(__cvta_generic_to_shared(pointer));
}

// 16, 8 or 4 bytes, zero where they do not exist.
template <int kBytes>
__device__ __forceinline__ void copy_async(u32 to, const void* from, bool exists) {
#if __CUDA_ARCH__ >= 800
  const int bytes = exists ? kBytes : 0;
  if constexpr (kBytes == 16)
    asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(bytes));
  else
    asm volatile("cp.async.ca.shared.global [%0], [%1], %2, %3;" ::"r"(to), "l"(from), "n"(kBytes), "r"(bytes));
#else
#pragma unroll
  for (int i = 0; i < kBytes; i += 4) {
    const u32 word = exists ? *reinterpret_cast<const u32*>(static_cast<const char*>(from) + i) : 0;
    asm volatile("st.shared.u32 [%0], %1;" ::"r"(to + i), "r"(word) : "memory");
  }
#endif
}
__device__ __forceinline__ void commit() {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.commit_group;");
#endif
}
template <int kPending>
__device__ __forceinline__ void wait_for_copies() {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.wait_group %0;" ::"n"(kPending) : "memory");
#endif
}

struct Piece {
  const element_t* from;  // not read unless it exists
  bool exists;
};
// One chunk made of pieces of kVector elements that lie apart; source(i) is the i-th.
template <int kVector, typename Source>
__device__ __forceinline__ void load_chunk(u32 to, Source source) {
  if constexpr (kVector * kSize >= 4) {
#pragma unroll
    for (int i = 0; i < kChunk / kVector; ++i) {
      const Piece piece = source(i);
      copy_async<kVector * kSize>(to + i * kVector * kSize, piece.from, piece.exists);
    }
  } else {
    constexpr int kBytes = kVector * kSize;
    u32 words[4] = {};
#pragma unroll
    for (int i = 0; i < 16 / kBytes; ++i) {
      const Piece piece = source(i);
      if (!piece.exists) continue;
      words[i * kBytes / 4] |= u32(*reinterpret_cast<const typename piece_of<kBytes>::type*>(piece.from))
                               << (i * kBytes % 4 * 8);
    }
    asm volatile("st.shared.v4.u32 [%0], {%1, %2, %3, %4};" ::"r"(to), "r"(words[0]), "r"(words[1]), "r"(words[2]),
                 "r"(words[3]) : "memory");
  }
}

// Place of a chunk in a row of kRowChunks: rows that one ldmatrix reads lie in different banks.
template <int kRowChunks>
__device__ __forceinline__ u32 swizzled(int row, int chunk) {
  constexpr int kShare = kRowChunks >= 8 ? 1 : 8 / kRowChunks, kMask = (kRowChunks >= 8 ? 8 : kRowChunks) - 1;
  return (row * kRowChunks + (chunk ^ ((row / kShare) & kMask))) * 16;
}

__device__ __forceinline__ void load_matrices(u32 (&to)[4], u32 from) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3]) : "r"(from) : "memory");
}
__device__ __forceinline__ void load_transposed(u32 (&to)[4], u32 from) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3]) : "r"(from) : "memory");
}
__device__ __forceinline__ u32 load_word(u32 from) {
  u32 word;
  asm volatile("ld.shared.u32 %0, [%1];" : "=r"(word) : "r"(from) : "memory");
  return word;
}

// mma takes the upper bits of a float as tf32: round to them.
__device__ __forceinline__ void round_operand(u32 (&words)[4]) {
#if ROUNDS_TO_TF32
#pragma unroll
  for (int i = 0; i < 4; ++i) asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(words[i]) : "f"(__uint_as_float(words[i])));
#endif
}

#if BYTES
__device__ __forceinline__ void multiply(int (&c)[4], const u32 (&a)[4], u32 b0, u32 b1) {
#if __CUDA_ARCH__ >= 800
  asm volatile("mma.sync.aligned." MMA " {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
               : "+r"(c[0]), "+r"(c[1]), "+r"(c[2]), "+r"(c[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
#else
#pragma unroll
  for (int i = 0; i < 4; ++i)
    asm volatile("mma.sync.aligned." MMA_OF_TURING " {%0, %1}, {%2}, {%3}, {%0, %1};"
                 : "+r"(c[i % 2 * 2]), "+r"(c[i % 2 * 2 + 1]) : "r"(a[i]), "r"(i / 2 ? b1 : b0));
#endif
}
#else
__device__ __forceinline__ void multiply(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1) {
#if __CUDA_ARCH__ >= 800
  asm volatile("mma.sync.aligned." MMA " {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
               : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
#else
#pragma unroll
  for (int half = 0; half < 2; ++half)
    asm volatile("mma.sync.aligned." MMA_OF_TURING " {%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
                 : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                 : "r"(a[2 * half]), "r"(a[2 * half + 1]), "r"(half ? b1 : b0));
#endif
}
#endif

#if NORMALIZES
// Of a row its mean, and the factor of what is left of it.
__device__ __forceinline__ float2 normalization_of(float sum, float squares) {
  const float mean = sum / DEPTH, variance = squares / DEPTH - mean * mean;
  return make_float2(mean, rsqrt_of((variance > 0 ? variance : 0) + EPSILON));
}
#endif
#if MAKES_STATISTICS
// Of the rows of A: their sums, equal in every column, and their products with one another. Rows 0-7 (8-15) of a fragment
// are columns of a B as they lie in registers; diagonals hold sums of squares. Warps along N share the steps out.
struct RowStatistics {
  float sums[kFragmentsM][4] = {}, squares[kFragmentsM][2][4] = {};
  __device__ __forceinline__ void add(int i, const u32 (&rows)[4]) {
    multiply(sums[i], rows, ONE, ONE);
    multiply(squares[i][0], rows, rows[0], rows[2]);
    multiply(squares[i][1], rows, rows[1], rows[3]);
  }
};
#endif

// A barrier of all threads of a cluster: what was written before one arrived, all see behind it.
__device__ __forceinline__ void arrive_at_cluster() {
#if CLUSTER > 1
  asm volatile("barrier.cluster.arrive.release.aligned;" ::: "memory");
#endif
}
__device__ __forceinline__ void wait_for_cluster() {
#if CLUSTER > 1
  asm volatile("barrier.cluster.wait.acquire.aligned;" ::: "memory");
#endif
}
__device__ __forceinline__ float bits_as_float(float x) { return x; }
__device__ __forceinline__ float bits_as_float(int x) { return __uint_as_float(u32(x)); }
// A row of sums in the shared memory of one of the cluster's blocks: where `own` lies in this one's.
struct SumsOfBlock {
#if CLUSTER > 1
  u32 to;
  __device__ __forceinline__ SumsOfBlock(sum_t* own, int block) {
    asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(to) : "r"(shared_address(own)), "r"(block));
  }
  __device__ __forceinline__ void store(int column, sum_t a, sum_t b) const {
    asm volatile("st.shared::cluster.v2.f32 [%0], {%1, %2};" ::"r"(to + column * 4), "f"(bits_as_float(a)),
                 "f"(bits_as_float(b)) : "memory");
  }
#else
  sum_t* to;
  __device__ __forceinline__ SumsOfBlock(sum_t* own, int) : to(own) {}
  __device__ __forceinline__ void store(int column, sum_t a, sum_t b) const {
    *reinterpret_cast<sum2_t*>(to + column) = sum2_t{a, b};
  }
#endif
};

#if FORM == WARPGROUP
// Where an operand of wgmma begins: rows of 128 bytes, swizzled, eight of them 1024 bytes after the last eight.
__device__ __forceinline__ u64 operand_of_wgmma(u32 at) {
  return u64(at >> 4) | u64(1024 >> 4) << 32 | u64(1) << 62;
}
__device__ __forceinline__ void hold(float& x) { asm volatile("" : "+f"(x)::"memory"); }
__device__ __forceinline__ void hold(int& x) { asm volatile("" : "+r"(x)::"memory"); }
__device__ __forceinline__ void show_copies_to_wgmma() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }
__device__ __forceinline__ void begin_wgmma() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
__device__ __forceinline__ void commit_wgmma() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }
template <int kPending>
__device__ __forceinline__ void wait_for_wgmma() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(kPending) : "memory");
}
#endif

)cuda";

}  // namespace tn::cuda
