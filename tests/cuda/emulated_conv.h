// SPDX-License-Identifier: Apache-2.0
// A convolution whose kernel texts run on the host, in whole numbers, so that one element read from a wrong place,
// twice or not at all shows. Around the operands there is nothing but NaN. A residual lies where the result goes: what
// is stored twice has it added twice.
#pragma once

#include <algorithm>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "backends/cuda/codegen/product/product.h"
#include "base/tensor_view.h"
#include "cuda/emulator/host_compiler.h"

namespace tn::test {

using cuda::KernelText;
using cuda::Product;
using cuda::Spatial;

/// Elements with 4 KiB of NaN on both sides; 16-byte aligned.
class Surrounded {
 public:
  Surrounded(DataType type, Shape dims)
      : memory_(2 * kMargin + (static_cast<size_t>(dims.elements()) * size_of(type) + 15) / 16 * 16, std::byte{0xff}),
        view_(TensorView::dense(memory_.data() + kMargin, type, dims)) {}
  Surrounded(DataType type, Shape dims, const std::function<int64_t(int64_t)>& value) : Surrounded(type, dims) {
    for (int64_t i = 0; i < dims.elements(); ++i) store_double(view_, i, static_cast<double>(value(i)));
  }
  explicit Surrounded(const std::vector<std::byte>& bytes)
      : Surrounded(DataType::U8, {static_cast<int64_t>(bytes.size())}) {
    std::ranges::copy(bytes, memory_.begin() + kMargin);
  }
  const TensorView& view() const { return view_; }
  double operator[](int64_t i) const { return load_double(view_, i); }
  uint64_t address() const { return reinterpret_cast<uint64_t>(view_.data); }
  bool margins_are_whole() const {
    const auto untouched = [](std::byte b) { return b == std::byte{0xff}; };
    return std::all_of(memory_.begin(), memory_.begin() + kMargin, untouched) &&
           std::all_of(memory_.end() - kMargin, memory_.end(), untouched);
  }

 private:
  static constexpr size_t kMargin = 4096;
  std::vector<std::byte> memory_;
  TensorView view_;
};

struct ConvCase {
  const char* name;
  DataType type = DataType::F16;
  int64_t images = 1;
  Spatial<int64_t> in{1, 9, 10};
  int64_t channels = 16, columns = 24, groups = 1;
  Spatial<int64_t> kernel{1, 3, 3}, stride{1, 1, 1}, dilation{1, 1, 1}, pad{0, 1, 1};
  Spatial<int64_t> pad_behind = pad;
  bool row_major = false;  ///< all of a channel together, as a network's input lies
  bool depthwise = false;
  int64_t zero_point = 0;  ///< of inputs that are bytes
};

inline int64_t volume(const Spatial<int64_t>& extents) {
  return extents[0] * extents[1] * extents[2];
}

void PrintTo(const ConvCase& c, std::ostream* out);

/// One for each architecture that was asked for.
HostCompiler& compiler_of(const std::string& architecture);

/// A convolution and what goes through it.
class Conv {
 public:
  explicit Conv(const ConvCase& c);

  /// B of kernels on tensor cores.
  std::vector<std::byte> packed() const;

  const Product& product() const { return product_; }
  const TensorView& filters() const { return filters_.view(); }
  int64_t results() const { return c().images * volume(out_) * c().columns; }

  /// Of each result by the definition, before the residual.
  double sum(int64_t result) const;

  /// What is wrong with the kernel, if anything is. Its results are compared with the definition.
  std::string fault(const KernelText& text, const std::vector<std::byte>& packed,
                    HostCompiler& compiler = compiler_of("sm_90")) const;

 private:
  const ConvCase& c() const { return case_; }
  int64_t place(int64_t image, const Spatial<int64_t>& at, int64_t channel) const {
    const int64_t point = (at[0] * c().in[1] + at[1]) * c().in[2] + at[2];
    if (c().row_major) return (image * c().channels + channel) * volume(c().in) + point;
    return (image * volume(c().in) + point) * c().channels + channel;
  }
  bool is_bytes() const { return c().type == DataType::I8 || c().type == DataType::U8; }
  void describe();
  void describe_requantization();

  ConvCase case_;
  Surrounded input_, filters_;
  std::vector<Surrounded> terms_;  ///< constants of requantization
  Spatial<int64_t> out_{};
  Product product_;
};

}  // namespace tn::test
