// SPDX-License-Identifier: Apache-2.0
#include "cuda/emulated_conv.h"

#include <fmt/format.h>

#include <map>
#include <ostream>

#include "backends/cuda/codegen/product/pack.h"
#include "cuda/emulator/emulated_device.h"
#include "expr/expr.h"

namespace tn::test {
namespace {

// Numbers without a pattern.
int64_t mixed(int64_t i) {
  return static_cast<int64_t>(static_cast<uint64_t>(i + 1) * 0x9e3779b97f4a7c15u >> 40);
}

}  // namespace

void PrintTo(const ConvCase& c, std::ostream* out) {
  *out << c.name;
}

HostCompiler& compiler_of(const std::string& architecture) {
  static std::map<std::string, HostCompiler> all;
  return all.try_emplace(architecture, architecture).first->second;
}

Conv::Conv(const ConvCase& c)
    : case_(c),
      input_(c.type, {c.images * volume(c.in) * c.channels},
             [&](int64_t i) {
               return is_bytes() ? mixed(i) % 256 - (c.type == DataType::I8 ? 128 : 0) : mixed(i) % 7 - 3;
             }),
      filters_(is_bytes() ? DataType::I8 : DataType::F32,
               {c.columns, c.depthwise ? 1 : c.channels / c.groups, c.kernel[0], c.kernel[1], c.kernel[2]},
               [&](int64_t i) { return is_bytes() ? mixed(i + 99) % 256 - 128 : mixed(i + 99) % 5 - 2; }) {
  for (size_t i = 0; i < 3; ++i)
    out_[i] = (c.in[i] + c.pad[i] + c.pad_behind[i] - c.dilation[i] * (c.kernel[i] - 1) - 1) / c.stride[i] + 1;
  describe();
}

double Conv::sum(int64_t result) const {
  const int64_t column = result % c().columns;
  int64_t point = result / c().columns;
  Spatial<int64_t> at;
  for (size_t i = 3; i-- > 0;) at[i] = point % out_[i], point /= out_[i];
  const int64_t group = column / (c().columns / c().groups), per_group = c().channels / c().groups;
  const int64_t first = c().depthwise ? column : group * per_group, channels = c().depthwise ? 1 : per_group;
  double total = 0;
  for (int64_t tap = 0; tap < volume(c().kernel); ++tap) {
    const Spatial<int64_t> t = {tap / (c().kernel[1] * c().kernel[2]), tap / c().kernel[2] % c().kernel[1],
                                tap % c().kernel[2]};
    Spatial<int64_t> from;
    bool inside = true;
    for (size_t i = 0; i < 3; ++i) {
      from[i] = at[i] * c().stride[i] - c().pad[i] + t[i] * c().dilation[i];
      inside = inside && from[i] >= 0 && from[i] < c().in[i];
    }
    if (!inside) continue;
    for (int64_t k = 0; k < channels; ++k)
      total += (input_[place(point, from, first + k)] - static_cast<double>(c().zero_point)) *
               filters_[(column * channels + k) * volume(c().kernel) + tap];
  }
  return total;
}

void Conv::describe() {
  Product& p = product_;
  p.type = c().type;
  p.tf32 = true;
  p.depthwise = c().depthwise;
  p.images = c().images;
  p.groups = c().groups;
  p.channels = c().channels / c().groups;
  p.columns = c().columns / c().groups;
  Dim stride = c().row_major ? 1 : c().channels;
  for (size_t i = 3; i-- > 0;) {
    p.window.kernel[i] = c().kernel[i], p.window.stride[i] = c().stride[i];
    p.window.dilation[i] = c().dilation[i], p.window.pad[i] = c().pad[i];
    p.window.in[i] = c().in[i];
    p.rows[i] = out_[i];
    p.a.points[i] = stride;
    stride = stride * Dim(c().in[i]);
  }
  p.a.images = volume(c().in) * c().channels;
  if (c().row_major) p.a.channel = volume(c().in);
  p.a.alignment = 16 / static_cast<int64_t>(size_of(c().type));
  p.b.packed = true;
  cuda::ResultOperand result;
  result.type = DataType::F32;
  result.strides = {volume(out_) * c().columns, out_[1] * out_[2] * c().columns, out_[2] * c().columns, c().columns, 1};
  result.alignment = 4;
  p.epilogue.inputs = p.epilogue.outputs = {result};
  const std::vector<Expr> sum = {input(0) + input(1)};
  p.epilogue.program = lower(sum);
  if (is_bytes()) describe_requantization();
}

// Corrections, then factors of 1 and summands of 0, so that results are the sums.
void Conv::describe_requantization() {
  Product& p = product_;
  p.sums = ScalarType::I32;
  p.a.zero_point = c().zero_point;
  const int64_t per_column = filters_.view().elements() / c().columns;
  terms_.emplace_back(DataType::I32, Shape{c().columns}, [&](int64_t column) {
    double sum = 0;
    for (int64_t i = 0; i < per_column; ++i) sum += filters_[column * per_column + i];
    return static_cast<int64_t>(sum) * c().zero_point;
  });
  terms_.emplace_back(DataType::F32, Shape{c().columns}, [](int64_t) { return 1; });
  terms_.emplace_back(DataType::F32, Shape{c().columns}, [](int64_t) { return 0; });
  for (const Surrounded& term : terms_) {
    cuda::ResultOperand operand;
    operand.type = term.view().type;
    operand.strides = {0, 0, 0, 0, 1};
    operand.alignment = 4;
    operand.constant = true;
    p.epilogue.inputs.push_back(operand);
  }
  p.epilogue.requantization = {.correction = 1, .scale = 2, .offset = 3};
}

std::vector<std::byte> Conv::packed() const {
  const Product& p = product_;
  auto bytes = cuda::pack_columns(filters(), p.type, cuda::packed_depth(p), p.type == DataType::F32);
  if (p.sees_outside()) bytes.insert(bytes.end(), 16, static_cast<std::byte>(p.a.zero_point));
  return bytes;
}

std::string Conv::fault(const KernelText& text, const std::vector<std::byte>& packed, HostCompiler& compiler) const {
  static EmulatedDevice device;
  const Surrounded weights(packed);
  const Surrounded residual(DataType::F32, {results()}, [](int64_t i) { return i % 97; }), &all = residual;
  std::vector<uint64_t> arguments = {input_.address(), weights.address(), all.address()};
  for (const Surrounded& term : terms_) arguments.push_back(term.address());
  arguments.push_back(all.address());
  if (text.reads_early >= 0) arguments.push_back(0);
  const auto function = device.load(compiler.compile(text.source, text.entry), text.entry, text.shared_bytes);
  Launch launch{function.get()};
  for (size_t i = 0; i < 3; ++i) launch.grid[i] = static_cast<uint32_t>(*text.grid[i].constant());
  launch.block = text.block;
  launch.shared_bytes = text.shared_bytes;
  launch.cluster = text.cluster;
  launch.arguments = arguments;
  const SharedReads before = device.reads();
  const auto queue = device.make_queue();
  Status status = queue->launch(launch);
  if (status) status = queue->synchronize();
  if (!status) return std::string(status.message());
  for (int64_t i = 0; i < results(); ++i) {
    const double expected = sum(i) + static_cast<double>(i % 97);
    if (all[i] != expected) return fmt::format("result {} is {}, not {}", i, all[i], expected);
  }
  if (!all.margins_are_whole()) return "something else than the results is written";
  const int64_t phases = device.reads().phases - before.phases, conflicts = device.reads().conflicts - before.conflicts;
  return conflicts > 0 ? fmt::format("{} bank conflicts in {} phases", conflicts, phases) : "";
}

}  // namespace tn::test
