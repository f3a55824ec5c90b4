// SPDX-License-Identifier: Apache-2.0
#include "ops/image/reference/grid_sample.h"

#include <fmt/format.h>

#include "backends/cuda/codegen/prelude.h"
#include "backends/cuda/tactics/element_tactic.h"
#include "ops/definition.h"
#include "tuning/tactic.h"

namespace tn::cuda {
namespace {

// MARGIN: how far the image reaches beyond the centers of its outer elements; PADDING: a BorderMode.
constexpr std::string_view kFunctions = R"cuda(
TN_INLINE double reflected(double x, double low, double high) {
  const double range = high - low;
  if (range <= 0) return low;
  const double distance = x < low ? low - x : x > high ? x - high : 0;
  if (distance == 0) return x;
  const double rest = fmod(distance, range);
  const bool back = fmod(floor(distance / range), 2.0) != 0;
  return (x < low) != back ? low + rest : high - rest;
}
TN_INLINE double coordinate(double normalized, int64_t extent) {
  const double size = (double)extent, low = -MARGIN, high = size - 1 + MARGIN;
  double x = MARGIN == 0 ? (normalized + 1) / 2 * (size - 1) : ((normalized + 1) * size - 1) / 2;
  if (!(x >= low && x <= high)) {
    if (PADDING == 1) x = fmin(fmax(x, 0.0), size - 1);
    if (PADDING == 2) x = reflected(x, low, high);
  }
  const double far = 1099511627776.0;
  return x != x ? 0.0 : fmin(fmax(x, -far), far);
}
// -1 where zeros lie.
TN_INLINE int64_t element_at(int64_t at, int64_t extent) {
  if (at >= 0 && at < extent) return at;
  if (PADDING == 0) return -1;
  if (PADDING == 2) at = (int64_t)reflected((double)at, -MARGIN, (double)extent - 1 + MARGIN);
  return at < 0 ? 0 : at >= extent ? extent - 1 : at;
}
template <typename A> TN_INLINE A cubic_weight(A x) {
  const A a = (A)-0.75;
  x = x < 0 ? -x : x;
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : (A)0;
}
)cuda";

class GridSampleTactic final : public ElementTactic<ops::Referenced> {
 public:
  std::string_view name() const override { return "grid_sample"; }

 protected:
  Support fits(const ops::Referenced& op, const Region&, const Target&) const override {
    return op.name() == "GridSample" ? Support{} : Support::foreign();
  }
  void lower(const ops::Referenced& op, const Region& region, RegionLowering& lowering) const override {
    const auto a = decode_fields<ops::GridSampleAttributes>(op.encode());
    Operands operands;
    operands.add_input(region, lowering, 0);
    operands.add_input(region, lowering, 1);
    operands.outputs = {lowering.output(0)};
    ElementKernel kernel = operands.kernel(lowering, name(), region.output_type(0).dims);
    const std::string defines = fmt::format("#define MARGIN {}\n#define PADDING {}\n", a.align_corners ? "0.0" : "0.5",
                                            static_cast<int>(a.padding_mode));
    operands.launch(lowering, kernel.finish(body(a, kernel), defines + std::string(kFunctions)));
  }

 private:
  static std::string body(const ops::GridSampleAttributes& a, ElementKernel& kernel) {
    const size_t spatial = kernel.domain().size() - 2;
    const std::string sum = kernel.output(0).type == DataType::F64 ? "double" : "float";
    std::vector<std::string> point{"i0"}, from{"i0", "i1"};
    for (size_t k = 0; k < spatial; ++k) point.push_back(fmt::format("i{}", 2 + k));
    point.emplace_back();
    std::string text, loops, closing, weight;
    for (size_t k = 0; k < spatial; ++k) {
      // The grid names the innermost axis first.
      point.back() = fmt::format("{}u", spatial - 1 - k);
      const std::string extent = kernel.scalars()(kernel.input(0).dims[2 + k]);
      text += fmt::format("  const double x{0} = coordinate((double)to_compute({1}), {2});\n", k, kernel.in(1, point),
                          extent);
      text += taps(a.mode, k, sum);
      loops += fmt::format(
          "  for (int tap{0} = 0; tap{0} < {1}; ++tap{0}) {{\n"
          "  const int64_t at{0} = element_at(first{0} + tap{0}, {2});\n  if (at{0} < 0) continue;\n",
          k,
          a.mode == ops::ResizeMode::Nearest  ? 1
          : a.mode == ops::ResizeMode::Linear ? 2
                                              : 4,
          extent);
      weight += fmt::format("w{0}[tap{0}] * ", k);
      closing += "  }\n";
      from.push_back(fmt::format("(index_t)at{}", k));
    }
    return fmt::format("{}  {} total = 0;\n{}  total += {}({})to_compute({});\n{}  store(&{}, total);\n", text, sum,
                       loops, weight, sum, kernel.in(0, from), closing, kernel.out(0, kernel.coordinates()));
  }

  // The first of the elements that an axis sums, and their weights.
  static std::string taps(ops::ResizeMode mode, size_t k, const std::string& sum) {
    if (mode == ops::ResizeMode::Nearest)
      return fmt::format("  const int64_t first{0} = (int64_t)rint(x{0});\n  const {1} w{0}[1] = {{1}};\n", k, sum);
    const std::string ratio = fmt::format(
        "  const int64_t left{0} = (int64_t)floor(x{0});\n  const {1} ratio{0} = ({1})(x{0} - (double)left{0});\n", k,
        sum);
    if (mode == ops::ResizeMode::Linear)
      return ratio +
             fmt::format("  const int64_t first{0} = left{0};\n  const {1} w{0}[2] = {{1 - ratio{0}, ratio{0}}};\n", k,
                         sum);
    return ratio + fmt::format(
                       "  const int64_t first{0} = left{0} - 1;\n  const {1} w{0}[4] = {{cubic_weight(1 + ratio{0}), "
                       "cubic_weight(ratio{0}), cubic_weight(1 - ratio{0}), cubic_weight(2 - ratio{0})}};\n",
                       k, sum);
  }
};

}  // namespace

const Tactic& grid_sample() {
  static const GridSampleTactic tactic;
  return tactic;
}

}  // namespace tn::cuda
