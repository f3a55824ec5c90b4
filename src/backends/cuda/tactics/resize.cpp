// SPDX-License-Identifier: Apache-2.0
#include "ops/image/resize.h"

#include <fmt/format.h>

#include "backends/cuda/codegen/prelude.h"
#include "backends/cuda/codegen/scalar_text.h"
#include "backends/cuda/tactics/element_tactic.h"
#include "ops/rules.h"
#include "tuning/tactic.h"

namespace tn::cuda {
namespace {

using ops::CoordinateMode;
using ops::ResizeMode;

// Coordinates are computed in double, as they are defined: nearest elements depend on the last bit.
constexpr std::string_view kFunctions = R"cuda(
TN_INLINE double near(double x) {
  const double far = 1099511627776.0;
  return x != x ? 0.0 : fmin(fmax(x, -far), far);
}
TN_INLINE int64_t clamped(int64_t at, int64_t extent) { return at < 0 ? 0 : at >= extent ? extent - 1 : at; }
template <typename A> TN_INLINE A linear_weight(A distance) {
  const A weight = 1 - (distance < 0 ? -distance : distance);
  return weight > 0 ? weight : (A)0;
}
template <typename A> TN_INLINE A cubic_weight(A distance, A a) {
  const A x = distance < 0 ? -distance : distance;
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : (A)0;
}
)cuda";

std::string number(double value) {
  return literal(ScalarType::F64, ScalarValue{.f = value});
}

/// One axis that changes: texts of its extents, scale and crop.
struct Axis {
  size_t axis;
  std::string in, out, scale, roi_begin = "0.0", roi_end = "1.0";
};

class ResizeText {
 public:
  ResizeText(const ops::Resize& op, const Region& region, ElementKernel& kernel)
      : op_(op), region_(region), kernel_(kernel) {
    const DataType type = kernel.output(0).type;
    sum_ = type == DataType::F64 || is_integer(type) ? "double" : "float";
    collect_axes();
  }

  std::string body() {
    std::string text = "  bool outside = false, empty = false;\n";
    for (const Axis& axis : axes_) text += position(axis);
    auto from = kernel_.coordinates();
    for (const Axis& axis : axes_) from[axis.axis] = fmt::format("(index_t)at{}", axis.axis);
    const std::string to = kernel_.out(0, kernel_.coordinates()), value = kernel_.in(0, from);
    const std::string outside = fmt::format("  if (outside) store(&{}, {});\n", to, number(op_.extrapolation_value));
    if (op_.mode == ResizeMode::Nearest)
      return text + outside +
             fmt::format("  else {0} = empty ? {1}{{}} : {2};\n", to, text_of(kernel_.output(0).type), value);
    text += fmt::format("  {} total = 0;\n", sum_);
    std::string weight = fmt::format("({})to_compute({})", sum_, value), closing;
    for (const Axis& axis : axes_) {
      text += taps(axis);
      weight = fmt::format("w{} * {}", axis.axis, weight);
      closing += "  }\n";
    }
    const bool whole = is_integer(kernel_.output(0).type);
    return text + fmt::format("  total += {};\n{}{}  else store(&{}, {});\n", weight, closing, outside, to,
                              whole ? "rint(total)" : "total");
  }

 private:
  void collect_axes() {
    const auto rank = static_cast<int>(kernel_.domain().size());
    std::vector<int64_t> named = op_.axes;
    for (int i = 0; op_.axes.empty() && i < rank; ++i) named.push_back(i);
    const Constant* scales = constant(2);
    const std::string common = common_scale(named);
    for (size_t i = 0; i < named.size(); ++i) {
      const auto axis = static_cast<size_t>(ops::normalize_axis(named[i], rank));
      const Dim &in = kernel_.input(0).dims[axis], &out = kernel_.domain()[axis];
      const bool crops = has_operand(region_, 1);
      const bool scaled = scales ? scales->number(static_cast<int64_t>(i)) != 1 : !common.empty();
      if (in == out && !scaled && !crops) continue;
      Axis a{axis, kernel_.scalars()(in), kernel_.scalars()(out), common};
      if (scales)
        a.scale = number(scales->number(static_cast<int64_t>(i)));
      else if (common.empty())
        a.scale = fmt::format("((double){} / (double){})", a.out, a.in);
      if (crops) {
        a.roi_begin = fmt::format("(double)to_compute({})", kernel_.in(1, {fmt::format("{}u", i)}));
        a.roi_end = fmt::format("(double)to_compute({})", kernel_.in(1, {fmt::format("{}u", named.size() + i)}));
      }
      axes_.push_back(std::move(a));
    }
  }

  const Constant* constant(size_t k) const {
    return has_operand(region_, k) ? region_.input(region_.anchor_inputs[k]).constant.get() : nullptr;
  }

  // The one scale that keeps the aspect; nothing if the axes are stretched.
  std::string common_scale(const std::vector<int64_t>& named) const {
    const Dims* sizes = has_operand(region_, 2) ? nullptr : known_value(region_, 3);
    if (!sizes || op_.keep_aspect_ratio_policy == ops::AspectPolicy::Stretch) return {};
    std::vector<int64_t> from, to;
    for (size_t i = 0; i < named.size(); ++i) {
      const auto axis = static_cast<size_t>(ops::normalize_axis(named[i], static_cast<int>(kernel_.domain().size())));
      from.push_back(*kernel_.input(0).dims[axis].constant());
      to.push_back(*(*sizes)[i].constant());
    }
    return number(ops::common_scale(op_.keep_aspect_ratio_policy, from, to));
  }

  std::string coordinate(const Axis& a) const {
    const auto with = [&](const char* text) {
      return fmt::format(fmt::runtime(text), fmt::arg("x", fmt::format("(double)i{}", a.axis)), fmt::arg("in", a.in),
                         fmt::arg("out", a.out), fmt::arg("scale", a.scale), fmt::arg("from", a.roi_begin),
                         fmt::arg("to", a.roi_end));
    };
    switch (op_.coordinate_transformation_mode) {
      case CoordinateMode::AlignCorners:
        return with("{scale} * {in} == 1.0 ? 0.0 : {x} * ((double){in} - 1) / ({scale} * {in} - 1)");
      case CoordinateMode::Asymmetric:
        return with("{x} / {scale}");
      case CoordinateMode::TfHalfPixelForNn:
        return with("({x} + 0.5) / {scale}");
      case CoordinateMode::PytorchHalfPixel:
        return with("{out} == 1 ? -0.5 : ({x} + 0.5) / {scale} - 0.5");
      case CoordinateMode::HalfPixel:
        return with("({x} + 0.5) / {scale} - 0.5");
      case CoordinateMode::HalfPixelSymmetric:
        return with("(double){in} / 2 * (1 - (double){out} / ({scale} * {in})) + ({x} + 0.5) / {scale} - 0.5");
      case CoordinateMode::TfCropAndResize:
        break;
    }
    return with(
        "{from} * ((double){in} - 1) + ({out} == 1 ? ({to} - {from}) * ((double){in} - 1) / 2"
        " : {x} * ({to} - {from}) * ((double){in} - 1) / ({scale} * {in} - 1))");
  }

  // Coordinate, the element left of it, and how far it lies behind that; for nearest also the element.
  std::string position(const Axis& a) const {
    std::string text = fmt::format("  const double x{0} = near({1});\n", a.axis, coordinate(a));
    if (op_.coordinate_transformation_mode == CoordinateMode::TfCropAndResize)
      text += fmt::format("  outside = outside || x{0} < 0 || x{0} > (double)({1} - 1);\n", a.axis, a.in);
    text += fmt::format("  const int64_t left{0} = (int64_t)ceil(x{0}) - 1;\n", a.axis);
    if (op_.mode != ResizeMode::Nearest)
      return text + fmt::format("  const {1} ratio{0} = ({1})(x{0} - (double)left{0});\n", a.axis, sum_);
    text += fmt::format("  const double ratio{0} = x{0} - (double)left{0};\n", a.axis);
    text += fmt::format("  int64_t at{0} = left{0} + ({1} ? 1 : 0);\n", a.axis, takes_upper(a));
    if (op_.exclude_outside) text += fmt::format("  empty = empty || at{0} < 0 || at{0} >= {1};\n", a.axis, a.in);
    return text + fmt::format("  at{0} = clamped(at{0}, {1});\n", a.axis, a.in);
  }

  std::string takes_upper(const Axis& a) const {
    switch (op_.nearest_mode) {
      case ops::NearestMode::RoundPreferFloor:
        return fmt::format("ratio{} > 0.5", a.axis);
      case ops::NearestMode::RoundPreferCeil:
        return fmt::format("ratio{} >= 0.5", a.axis);
      case ops::NearestMode::Floor:
        return fmt::format("ratio{} == 1", a.axis);
      case ops::NearestMode::Ceil:
        break;
    }
    return "true";
  }

  // Opens the loop over an axis's taps: weight w and element at.
  std::string taps(const Axis& a) const {
    const bool cubic = op_.mode == ResizeMode::Cubic;
    std::string text, stretch = "1", begin = cubic ? "-1" : "0";
    if (op_.antialias) {
      text += fmt::format("  const double stretch{0} = fmin({1}, 1.0);\n", a.axis, a.scale);
      text +=
          fmt::format("  const int begin{0} = (int)floor({1} / stretch{0}) + 1;\n", a.axis, cubic ? "-2.0" : "-1.0");
      stretch = fmt::format("({})stretch{}", sum_, a.axis);
      begin = fmt::format("begin{}", a.axis);
    }
    std::string weight = cubic ? fmt::format("cubic_weight<{0}>((({0})tap - ratio{1}) * {2}, ({0}){3})", sum_, a.axis,
                                             stretch, number(op_.cubic_coeff_a))
                               : fmt::format("linear_weight<{0}>((({0})tap - ratio{1}) * {2})", sum_, a.axis, stretch);
    if (op_.exclude_outside)
      weight = fmt::format("(left{0} + tap < 0 || left{0} + tap >= {1} ? ({2})0 : {3})", a.axis, a.in, sum_, weight);
    const std::string loop = fmt::format("for (int tap = {0}; tap <= 1 - ({0}); ++tap)", begin);
    std::string norm;
    if (op_.exclude_outside || op_.antialias) {
      text += fmt::format("  {0} sum{1} = 0;\n  {2} sum{1} += {3};\n", sum_, a.axis, loop, weight);
      norm = fmt::format(" / sum{}", a.axis);
    }
    return text + fmt::format(
                      "  {4} {{\n  const {0} w{1} = ({2}){3};\n  if (w{1} == 0) continue;\n"
                      "  const int64_t at{1} = clamped(left{1} + tap, {5});\n",
                      sum_, a.axis, weight, norm, loop, a.in);
  }

  const ops::Resize& op_;
  const Region& region_;
  ElementKernel& kernel_;
  std::string sum_;  ///< type of weights and sums
  std::vector<Axis> axes_;
};

class ResizeTactic final : public ElementTactic<ops::Resize> {
 public:
  std::string_view name() const override { return "resize"; }
  std::optional<Order> order(const Region&) const override { return std::nullopt; }

 protected:
  Support fits(const ops::Resize& op, const Region& region, const Target&) const override {
    if (has_operand(region, 2)) {
      return region.input(region.anchor_inputs[2]).constant ? Support{} : Support::no("scales that are not constant");
    }
    if (op.keep_aspect_ratio_policy == ops::AspectPolicy::Stretch) return {};
    const Dims* sizes = known_value(region, 3);
    bool known = sizes != nullptr && region.input_type(region.anchor_inputs[0]).static_shape().has_value();
    for (size_t i = 0; known && i < sizes->size(); ++i) known = (*sizes)[i].is_constant();
    return known ? Support{} : Support::no("a common scale of extents that are not known");
  }
  void lower(const ops::Resize& op, const Region& region, RegionLowering& lowering) const override {
    Operands operands;
    operands.add_input(region, lowering, 0);
    operands.add_input(region, lowering, 1);
    operands.outputs = {lowering.output(0)};
    ElementKernel kernel = operands.kernel(lowering, name(), region.output_type(0).dims);
    const std::string body = ResizeText(op, region, kernel).body();
    operands.launch(lowering, kernel.finish(body, std::string(kFunctions)));
  }
};

}  // namespace

const Tactic& resize() {
  static const ResizeTactic tactic;
  return tactic;
}

}  // namespace tn::cuda
