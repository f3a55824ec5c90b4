// SPDX-License-Identifier: Apache-2.0
// Regions of images: a thread makes one element of a region's result.
#include "ops/image/reference/roi.h"

#include <fmt/format.h>

#include "backends/cuda/codegen/prelude.h"
#include "backends/cuda/tactics/element_tactic.h"
#include "ops/definition.h"
#include "tuning/tactic.h"

namespace tn::cuda {
namespace {

// SCALE: from a region's coordinates to the image's.
constexpr std::string_view kAlignFunctions = R"cuda(
struct Bins { double start, size; int64_t samples; };
TN_INLINE Bins bins_of(double from, double to, double count) {
  const double shift = HALF_PIXEL ? 0.5 : 0.0, start = from * SCALE - shift;
  double extent = to * SCALE - shift - start;
  if (!HALF_PIXEL) extent = fmax(extent, 1.0);
  const double size = extent / count;
  const int64_t adaptive = size > 0 ? (int64_t)fmin(ceil(size), 65536.0) : 0;
  return {start, size, SAMPLES > 0 ? SAMPLES : adaptive};
}
TN_INLINE double sample_at(const Bins& bins, int64_t bin, int64_t k) {
  return bins.start + bins.size * ((double)bin + ((double)k + 0.5) / (double)bins.samples);
}
struct Neighbours { int64_t low, high; double low_weight, high_weight; };
TN_INLINE Neighbours neighbours(double at, int64_t extent) {
  if (!(at >= -1 && at <= (double)extent) || extent == 0) return {0, 0, 0, 0};
  at = fmax(at, 0.0);
  const int64_t low = (int64_t)at;
  if (low >= extent - 1) return {extent - 1, extent - 1, 1, 0};
  const double part = at - (double)low;
  return {low, low + 1, 1 - part, part};
}
)cuda";

constexpr std::string_view kPoolFunctions = R"cuda(
TN_INLINE int64_t edge_at(double first, double bins, int64_t extent) {
  const double at = first + bins;
  return at != at ? 0 : (int64_t)fmin(fmax(at, 0.0), (double)extent);
}
)cuda";

/// What both kinds of kernels are put together from.
struct RoiKernel {
  Operands operands;
  ElementKernel kernel;
  std::string height, width, images;

  RoiKernel(const Region& region, RegionLowering& lowering, std::string_view name, size_t inputs)
      : operands(placed(region, lowering, inputs)),
        kernel(operands.kernel(lowering, name, region.output_type(0).dims)),
        height(kernel.scalars()(kernel.input(0).dims[2])),
        width(kernel.scalars()(kernel.input(0).dims[3])),
        images(kernel.scalars()(kernel.input(0).dims[0])) {}
  static Operands placed(const Region& region, RegionLowering& lowering, size_t inputs) {
    Operands operands;
    for (size_t k = 0; k < inputs; ++k) operands.add_input(region, lowering, k);
    operands.outputs = {lowering.output(0)};
    return operands;
  }
  std::string corner(size_t column) {
    return fmt::format("(double)to_compute({})", kernel.in(1, {"i0", fmt::format("{}u", column)}));
  }
  std::string pixel(std::string_view row, std::string_view column) {
    return kernel.in(0, {"(index_t)image", "i1", fmt::format("(index_t){}", row), fmt::format("(index_t){}", column)});
  }
};

class RoiAlignTactic final : public ElementTactic<ops::Referenced> {
 public:
  std::string_view name() const override { return "roi_align"; }

 protected:
  Support fits(const ops::Referenced& op, const Region&, const Target&) const override {
    return op.name() == "RoiAlign" ? Support{} : Support::foreign();
  }
  void lower(const ops::Referenced& op, const Region& region, RegionLowering& lowering) const override {
    const auto a = decode_fields<ops::RoiAlignAttributes>(op.encode());
    RoiKernel roi(region, lowering, name(), 3);
    const auto tap = [&](std::string_view y, std::string_view x) {
      return fmt::format("y.{0}_weight * x.{1}_weight * (double)to_compute({2})", y, x,
                         roi.pixel(fmt::format("y.{}", y), fmt::format("x.{}", x)));
    };
    std::string body = fmt::format(
        "  int64_t image = convert<int64_t>({});\n  if (image < 0) image += {};\n"
        "  const bool inside = image >= 0 && image < {} && {} > 0 && {} > 0;\n",
        roi.kernel.in(2, {"i0"}), roi.images, roi.images, roi.height, roi.width);
    body += fmt::format("  const Bins columns = bins_of({}, {}, {}), rows = bins_of({}, {}, {});\n", roi.corner(0),
                        roi.corner(2), a.width, roi.corner(1), roi.corner(3), a.height);
    body += fmt::format(
        "  double sum = 0, most = -(double)__uint_as_float(0x7f800000u);\n"
        "  for (int64_t j = 0; inside && j < rows.samples; ++j) {{\n"
        "    const Neighbours y = neighbours(sample_at(rows, i2, j), {});\n"
        "    for (int64_t k = 0; k < columns.samples; ++k) {{\n"
        "      const Neighbours x = neighbours(sample_at(columns, i3, k), {});\n"
        "      const double a = {}, b = {}, c = {}, d = {};\n"
        "      sum += a + b + c + d;\n      most = fmax(most, fmax(fmax(a, b), fmax(c, d)));\n    }}\n  }}\n"
        "  const int64_t count = rows.samples * columns.samples;\n",
        roi.height, roi.width, tap("low", "low"), tap("low", "high"), tap("high", "low"), tap("high", "high"));
    body += fmt::format(
        "  store(&{}, {});\n", roi.kernel.out(0, roi.kernel.coordinates()),
        a.mode == ops::RoiMode::Maximum ? "inside && count > 0 ? most : 0.0" : "sum / (double)(count > 1 ? count : 1)");
    const std::string defines = fmt::format("#define SCALE {:.17e}\n#define HALF_PIXEL {}\n#define SAMPLES {}ll\n",
                                            a.scale, a.half_pixel ? 1 : 0, a.sampling_ratio);
    roi.operands.launch(lowering, roi.kernel.finish(body, defines + std::string(kAlignFunctions)));
  }
};

class MaxRoiPoolTactic final : public ElementTactic<ops::Referenced> {
 public:
  std::string_view name() const override { return "max_roi_pool"; }

 protected:
  Support fits(const ops::Referenced& op, const Region&, const Target&) const override {
    return op.name() == "MaxRoiPool" ? Support{} : Support::foreign();
  }
  void lower(const ops::Referenced& op, const Region& region, RegionLowering& lowering) const override {
    const auto a = decode_fields<ops::MaxRoiPoolAttributes>(op.encode());
    RoiKernel roi(region, lowering, name(), 2);
    // The elements of this bin along one axis: [from, to).
    const auto range = [&](std::string_view axis, size_t first, size_t last, int64_t bins, std::string_view bin,
                           const std::string& extent) {
      return fmt::format(
          "  const double {0}_first = round({1} * {3:.17e}), {0}_size = fmax(round({2} * {3:.17e}) - {0}_first + 1, "
          "1.0) / {4};\n"
          "  const int64_t {0}_from = edge_at({0}_first, floor((double){5} * {0}_size), {6}),\n"
          "                {0}_to = edge_at({0}_first, ceil((double)({5} + 1) * {0}_size), {6});\n",
          axis, roi.corner(first), roi.corner(last), a.scale, bins, bin, extent);
    };
    const std::string body =
        fmt::format("  const double image = {};\n  const bool inside = image >= 0 && image < (double){};\n",
                    roi.corner(0), roi.images) +
        range("y", 2, 4, a.height, "i2", roi.height) + range("x", 1, 3, a.width, "i3", roi.width) +
        fmt::format(
            "  double most = inside && y_from < y_to && x_from < x_to ? -(double)__uint_as_float(0x7f800000u) : 0.0;\n"
            "  for (int64_t y = y_from; inside && y < y_to; ++y)\n"
            "    for (int64_t x = x_from; x < x_to; ++x) most = fmax(most, (double)to_compute({}));\n"
            "  store(&{}, most);\n",
            roi.pixel("y", "x"), roi.kernel.out(0, roi.kernel.coordinates()));
    roi.operands.launch(lowering, roi.kernel.finish(body, std::string(kPoolFunctions)));
  }
};

}  // namespace

const Tactic& roi_align() {
  static const RoiAlignTactic tactic;
  return tactic;
}
const Tactic& max_roi_pool() {
  static const MaxRoiPoolTactic tactic;
  return tactic;
}

}  // namespace tn::cuda
