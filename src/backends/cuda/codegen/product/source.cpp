// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/codegen/product/source.h"

#include <fmt/format.h>

#include <numeric>

#include "backends/cuda/codegen/prelude.h"

namespace tn::cuda {
namespace {

int64_t chunk_of(const Product& product) {
  return 16 / static_cast<int64_t>(size_of(product.type));
}

int64_t piece_of(std::initializer_list<Dim> multiples, const Dims& batch, int64_t alignment, int64_t chunk) {
  int64_t piece = std::gcd(alignment, chunk);
  for (const Dim& dim : multiples) piece = std::gcd(piece, known_divisor(dim, chunk));
  for (const Dim& dim : batch) piece = std::gcd(piece, known_divisor(dim, chunk));
  return piece;
}

bool has_wide_offsets(const Product& p, const SymbolRanges& ranges) {
  const bool plain = p.window.is_plain();
  const Dims channels = {p.channels * Dim(p.groups), p.a.channel};
  IterationSpace a{{p.images, channels[0]}, {{p.a.images, channels[1]}}};
  for (size_t i = 0; i < 3; ++i) {
    a.dims.push_back(plain ? p.rows[i] : p.window.in[i]);
    a.strides[0].push_back(p.a.points[i]);
  }
  IterationSpace batch{p.batch, {p.a.batch, p.b.batch}};
  const IterationSpace b{{p.columns * Dim(p.groups), p.depth()}, {{p.b.column, p.b.depth}}};
  return is_wide(a, ranges) || is_wide(b, ranges) || is_wide(batch, ranges) || is_wide(p.epilogue, p.axes(), ranges);
}

// Whether the address of a row is its number times A_W.
bool has_linear_rows(const Product& p) {
  if (!p.window.is_plain()) return false;
  const Dims extents = {p.images, p.rows[0], p.rows[1], p.rows[2]};
  const Dims strides = {p.a.images, p.a.points[0], p.a.points[1], p.a.points[2]};
  Dim expected = strides[3] * extents[3];
  for (size_t i = 3; i-- > 0;) {
    if (extents[i] == Dim(1)) continue;
    if (!(strides[i] == expected)) return false;
    expected = expected * extents[i];
  }
  return true;
}

std::string batch_text(std::string_view name, const Dims& extents, const Dims& strides, IndexText& index) {
  return fmt::format("TN_INLINE index_t {}(int batch, PARAMETERS) {{\n{}  return {};\n}}\n", name,
                     index.coordinates("index_t(batch)", extents, "z"),
                     index.offset(coordinate_names(extents.size(), "z"), strides));
}

}  // namespace

int64_t piece_of_a(const Product& p) {
  const int64_t chunk = chunk_of(p);
  if (p.a_transposed()) return piece_of({p.a.channel, p.rows[2]}, p.a.batch, p.a.alignment, chunk);
  return piece_of({p.a.images, p.a.points[0], p.a.points[1], p.a.points[2], p.channels}, p.a.batch, p.a.alignment,
                  chunk);
}
int64_t piece_of_b(const Product& p) {
  const int64_t chunk = chunk_of(p);
  if (p.b.packed) return chunk;
  if (p.b_transposed()) return piece_of({p.b.depth, p.columns}, p.b.batch, p.b.alignment, chunk);
  return piece_of({p.b.column, p.channels}, p.b.batch, p.b.alignment, chunk);
}

bool is_bytes(const Product& product) {
  return product.type == DataType::I8 || product.type == DataType::U8;
}

int joined_fragments(int warp_m, int warp_n) {
  const int fragments = warp_n / 8;
  if (fragments % 8 == 0 && warp_m * warp_n / 32 <= 64) return 8;
  return fragments % 4 == 0 ? 4 : 2;
}

void define_mma(Defines& define, const Product& product) {
  const auto types = [&]() -> std::pair<std::string_view, std::string_view> {
    switch (product.type) {
      case DataType::F16:
        return {"k16.row.col.f32.f16.f16.f32", "k8.row.col.f32.f16.f16.f32"};
      case DataType::BF16:
        return {"k16.row.col.f32.bf16.bf16.f32", ""};
      case DataType::I8:
        return {"k32.row.col.s32.s8.s8.s32", "k16.row.col.s32.s8.s8.s32"};
      case DataType::U8:
        return {"k32.row.col.s32.u8.s8.s32", "k16.row.col.s32.u8.s8.s32"};
      default:
        return {"k8.row.col.f32.tf32.tf32.f32", ""};
    }
  }();
  define("MMA", fmt::format("\"m16n8{}\"", types.first));
  define("MMA_OF_TURING", fmt::format("\"{}{}\"", is_bytes(product) ? "m8n8" : "m16n8", types.second));
  define("BYTES", is_bytes(product));
  define("sum_t", is_bytes(product) ? "int" : "float");
  define("sum2_t", is_bytes(product) ? "int2" : "float2");
  define("sum4_t", is_bytes(product) ? "int4" : "float4");
  define("ROUNDS_TO_TF32", product.type == DataType::F32);
}

void Defines::operator()(std::string_view name, std::string_view value) {
  text_ += fmt::format("#define {} {}\n", name, value);
}
void Defines::operator()(std::string_view name, int64_t value) {
  (*this)(name, fmt::format("{}", value));
}

ProductSource::ProductSource(const Product& product, const SymbolRanges& ranges, int width, bool reads_early)
    : product_(product), index_(scalars_, has_wide_offsets(product, ranges)) {
  define_extents();
  define_operands();
  functions_ = batch_text("a_batch", product.batch, product.a.batch, index_) +
               batch_text("b_batch", product.batch, product.b.batch, index_) +
               epilogue_text(product.epilogue, product.axes(), ranges, 2, width, index_);
  std::string parameters =
      fmt::format("const element_t* in0, const {}* in1", product.depthwise ? "float" : "element_t");
  std::string arguments = "in0, in1";
  for (size_t k = 0; k < product.epilogue.inputs.size(); ++k) {
    parameters += fmt::format(", const {}* {}", text_of(product.epilogue.inputs[k].type), input_name(2 + k));
    arguments += ", " + input_name(2 + k);
  }
  if (product.epilogue.has_table()) {
    parameters += ", const uint8_t* table";
    arguments += ", table";
  }
  if (product.reads_moments) {
    parameters += ", const float* moments";
    arguments += ", moments";
  }
  for (size_t k = 0; k < product.epilogue.outputs.size(); ++k) {
    parameters += fmt::format(", {}* {}", text_of(product.epilogue.outputs[k].type), output_name(k));
    arguments += ", " + output_name(k);
  }
  if (product.gives_rows) {
    parameters += ", float* row_factors, float* row_shifts";
    arguments += ", row_factors, row_shifts";
  }
  if (product.gives_moments) {
    parameters += ", float* row_moments";
    arguments += ", row_moments";
  }
  for (size_t k = 0; k < scalars_.values().size(); ++k) arguments += fmt::format(", s{}", k);
  define("COMPLETE", reads_early ? "(complete != 0)" : "false");
  if (reads_early) arguments += ", complete";
  define("PARAMETERS", parameters + scalars_.parameters() + (reads_early ? ", long long complete" : ""));
  define("ARGUMENTS", arguments);
}

void ProductSource::define_extents() {
  const auto extent = [&](std::string_view name, const Dim& dim) {
    define(name, fmt::format("int({})", scalars_(dim)));
  };
  const Window& window = product_.window;
  extent("ROWS", product_.row_count());
  extent("COLUMNS", product_.columns);
  extent("DEPTH", product_.depth());
  extent("CHANNELS", product_.channels);
  define("WINDOW", !window.is_plain());
  constexpr std::array kAxes = {'D', 'H', 'W'};
  for (size_t i = 0; i < 3; ++i) {
    define(fmt::format("KERNEL_{}", kAxes[i]), window.kernel[i]);
    define(fmt::format("STRIDE_{}", kAxes[i]), window.stride[i]);
    define(fmt::format("DILATION_{}", kAxes[i]), window.dilation[i]);
    define(fmt::format("PAD_{}", kAxes[i]), window.pad[i]);
    extent(fmt::format("IN_{}", kAxes[i]), window.in[i]);
    extent(fmt::format("OUT_{}", kAxes[i]), product_.rows[i]);
    define(fmt::format("A_{}", kAxes[i]), index_(product_.a.points[i]));
  }
}

void ProductSource::define_operands() {
  const auto& [a, b] = std::tie(product_.a, product_.b);
  define("A_N", index_(a.images));
  define("A_LINEAR", has_linear_rows(product_));
  define("A_DEPTH", index_(a.channel));
  define("A_GROUP", index_(product_.channels));
  define("A_TRANSPOSED", product_.a_transposed());
  define("A_VECTOR", piece_of_a(product_));
  const int64_t packed = b.packed ? packed_depth(product_) : 0;
  define("B_CONSTANT", b.packed);
  define("B_TRANSPOSED", product_.b_transposed());
  define("B_VECTOR", piece_of_b(product_));
  define("B_COLUMN", index_(b.packed ? Dim(packed) : b.column));
  define("B_DEPTH", index_(b.packed ? Dim(1) : b.depth));
  define("B_GROUP", index_(product_.columns * Dim(packed)));
  define("OUTSIDE", product_.sees_outside() ? a.zero_point : 0);
  define("B_END", index_(product_.columns * Dim(product_.groups * packed)));
  define("B_LIMIT", b.packed ? fmt::format("{}", packed) : std::string("DEPTH"));
}

void ProductSource::finish(KernelText& text, std::string entry, std::string_view body) const {
  text.source = fmt::format("{}typedef {} element_t;\n{}#define ENTRY {}\n{}{}{}", prelude(), text_of(product_.type),
                            index_.declaration(), entry, define.text_, functions_, body);
  text.entry = std::move(entry);
  text.scalars = scalars_.values();
}

}  // namespace tn::cuda
