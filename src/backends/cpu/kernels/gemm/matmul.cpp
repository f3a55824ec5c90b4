// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/gemm/matmul.h"

#include "base/os/cpu.h"

namespace tn {
namespace {

constexpr int64_t kSmallColumns = 256;  ///< of one unit without packing

}  // namespace

const SmallKernels& small_kernels(Isa isa) {
  if (isa == Isa::Generic) return kSmallGeneric;
  return isa == Isa::Avx2 ? kSmallAvx2 : kSmallAvx512;
}

std::vector<TileShape> MatMul::configs(const MatMulParams& params) {
  const ProductKernels* kernels = product_kernels(params.isa, params.type);
  if (kernels == nullptr) return {};
  const auto shapes = tile_shapes(*kernels);
  return {shapes.begin(), shapes.end()};
}

MatMul::MatMul(const MatMulParams& params, const MatMulShape& max)
    : params_(params), small_(&small_kernels(params.isa)), max_n_(max.n), max_k_(max.k) {
  packing_.kernels = product_kernels(params.isa, params.type);
  if (packing_.kernels == nullptr) {
    throw Error(ErrorCode::Unsupported, "no matrix product for {} with {}", name_of(params.type), name_of(params.isa));
  }
  packing_.vectors = params.tile.vectors;
  packing_.channels = max.n;
  packing_.depth = max.k;
  const int64_t block = packing_.bytes_per_vector() * packing_.vectors;
  const int64_t all = static_cast<int64_t>(packing_.bytes());
  room_ = std::max(block, std::min(all, cpu_info().l2_bytes / 2));
  thread_bytes_ = (std::max<int64_t>(room_, kMaxSmallRows * kSmallColumns * 4) + 63) / 64 * 64;
}

Status MatMul::bind(const MatMulShape& shape) noexcept {
  if (shape.n > max_n_ || shape.k > max_k_) {
    return Status::failure(ErrorCode::InvalidArgument,
                           "a matrix product was given B of [{},{}], it was made for [{},{}]", shape.k, shape.n, max_k_,
                           max_n_);
  }
  shape_ = shape;
  packing_.channels = shape.n;
  packing_.depth = shape.k;
  return {};
}

struct MatMul::Task {
  const char* a;
  const char* b;
  const Epilogue& epilogue;
  char* c;

  static int64_t offset(const MatMulShape& shape, const Extent& strides, int64_t matrix) {
    return matrix / shape.inner * strides[0] + matrix % shape.inner * strides[1];
  }
};

/// The epilogue of one matrix: its rows are pixels of one image.
Epilogue MatMul::epilogue_of(const Task& task, int64_t matrix) const noexcept {
  Epilogue e = task.epilogue;
  const Extent strides = e.residual_strides.axis;
  if (e.residual) {
    e.residual = static_cast<const char*>(e.residual) +
                 Task::offset(shape_, strides, matrix) * static_cast<int64_t>(size_of(e.residual_type));
  }
  e.residual_strides = {0, {0, 0, strides[2]}};
  return e;
}

/// Blocks of B that a thread packs at a time: what fits its cache, less where threads would be idle.
int64_t MatMul::blocks_per_unit(int threads) const noexcept {
  const int64_t blocks = packing_.blocks(), matrices = shape_.outer * shape_.inner;
  const int64_t fitting =
      std::max<int64_t>(1, room_ / std::max<int64_t>(1, packing_.bytes_per_vector() * packing_.vectors));
  const int64_t per_thread = std::max<int64_t>(1, matrices * blocks / threads);
  return std::min({fitting, per_thread, blocks});
}

/// Blocks [begin, end) of one matrix.
void MatMul::packed_unit(const Task& task, int64_t matrix, int64_t begin, int64_t end, char* workspace) const noexcept {
  const auto size = static_cast<int64_t>(size_of(params_.type));
  const char* b = task.b + Task::offset(shape_, shape_.b, matrix) * size;
  WeightStrides strides;
  strides.outer = params_.transpose_b ? 1 : shape_.b[2];
  strides.channel = params_.transpose_b ? shape_.b[2] : 1;
  for (int64_t block = begin; block < end; ++block) {
    packing_.pack_block(b, params_.type, strides, block,
                        workspace + (packing_.offset_of(block) - packing_.offset_of(begin)));
  }
  ProductShape shape;
  shape.packing = packing_;
  shape.out_type = params_.out_type;
  shape.pixels = shape_.m;
  shape.tile_rows = params_.tile.rows;
  shape.tiles = tiles_for(shape_.m, params_.tile.rows);
  shape.input_row = shape_.a[2] * size;
  shape.input_bytes = shape_.m * shape_.k * size;
  shape.first_block = begin;
  shape.out_extent = {1, 1, shape_.m};
  shape.out = {0, {0, 0, shape_.c[2]}};
  ProductOperands operands;
  operands.input = task.a + Task::offset(shape_, shape_.a, matrix) * size;
  operands.packed = workspace;
  operands.output = task.c + Task::offset(shape_, shape_.c, matrix) * static_cast<int64_t>(size_of(params_.out_type));
  run_product_part(shape, operands, epilogue_of(task, matrix), {begin, end, 0, shape.tiles}, nullptr);
}

/// Columns [begin, end) of one matrix with few rows.
void MatMul::small_unit(const Task& task, int64_t matrix, int64_t begin, int64_t end, char* workspace) const noexcept {
  const auto size = static_cast<int64_t>(size_of(params_.type)),
             out_size = static_cast<int64_t>(size_of(params_.out_type));
  const Epilogue e = epilogue_of(task, matrix);
  SmallArgs s;
  s.a = task.a + Task::offset(shape_, shape_.a, matrix) * size;
  s.b = task.b + (Task::offset(shape_, shape_.b, matrix) + begin * (params_.transpose_b ? shape_.b[2] : 1)) * size;
  s.a_row = shape_.a[2];
  s.b_row = shape_.b[2];
  s.k = shape_.k;
  s.columns = end - begin;
  s.out = reinterpret_cast<float*>(workspace);
  s.out_row = kSmallColumns;
  small_->products[params_.type == DataType::F16][params_.transpose_b][static_cast<size_t>(shape_.m - 1)](s);

  FinishArgs f;
  f.sums = s.out;
  f.sums_stride = kSmallColumns;
  f.rows = shape_.m;
  f.channels = s.columns;
  f.bias = e.bias ? e.bias + begin : nullptr;
  f.take(e);
  f.residual = residual_at(e, begin);
  f.out = task.c + (Task::offset(shape_, shape_.c, matrix) + begin) * out_size;
  f.out_type = params_.out_type;
  f.out_stride = shape_.c[2];
  packing_.kernels->finish(f);
}

void MatMul::run(Lane& lane, const void* a, const void* b, const Epilogue& epilogue, void* c,
                 void* workspace) const noexcept {
  const int64_t matrices = shape_.outer * shape_.inner;
  if (matrices * shape_.m * shape_.n == 0) return;
  const Task task{static_cast<const char*>(a), static_cast<const char*>(b), epilogue, static_cast<char*>(c)};
  const bool small = shape_.m <= kMaxSmallRows;
  const int64_t parts = small ? shape_.n : packing_.blocks();
  const int64_t share = (matrices * shape_.n / lane.size() + 63) / 64 * 64;
  const int64_t step = small ? std::clamp<int64_t>(share, 64, kSmallColumns) : blocks_per_unit(lane.size());
  const int64_t units_per_matrix = (parts + step - 1) / step, units = matrices * units_per_matrix;
  lane.run([&](int thread) {
    char* memory = static_cast<char*>(workspace) + thread * thread_bytes_;
    for (int64_t unit = units * thread / lane.size(); unit < units * (thread + 1) / lane.size(); ++unit) {
      const int64_t matrix = unit / units_per_matrix, begin = unit % units_per_matrix * step;
      const int64_t end = std::min(parts, begin + step);
      small ? small_unit(task, matrix, begin, end, memory) : packed_unit(task, matrix, begin, end, memory);
    }
  });
}

}  // namespace tn
