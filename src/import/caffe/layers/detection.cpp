// SPDX-License-Identifier: Apache-2.0
// Layers of detectors: SSD and Faster R-CNN.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "import/caffe/layer_context.h"

namespace tn::import::caffe {
namespace {

using Sizes = std::vector<int64_t>;

// -- PriorBox: boxes around each pixel of a feature map, in parts of the image; a constant.

struct Box {
  double width, height;
};

std::vector<Box> box_sizes(const Message& parameters) {
  constexpr double kSame = 1e-6;
  std::vector<double> ratios = {1};
  const auto add = [&](double ratio) {
    model_check(ratio > 0, "an aspect_ratio is {}", ratio);
    if (std::ranges::none_of(ratios, [&](double known) { return std::fabs(known - ratio) < kSame; }))
      ratios.push_back(ratio);
  };
  constexpr size_t kMost = 1000;
  const auto given = parameters.numbers("aspect_ratio");
  const auto least = parameters.numbers("min_size"), most = parameters.numbers("max_size");
  model_check(!least.empty() && (most.empty() || most.size() == least.size()) && least.size() + given.size() < kMost,
              "{} min_size, {} max_size, {} aspect_ratio", least.size(), most.size(), given.size());
  for (const double ratio : given) {
    const size_t before = ratios.size();
    add(ratio);
    if (ratios.size() > before && parameters.flag("flip", true)) ratios.push_back(1 / ratio);
  }
  std::vector<Box> boxes;
  for (size_t i = 0; i < least.size(); ++i) {
    boxes.push_back({least[i], least[i]});
    if (!most.empty()) {
      model_check(most[i] > least[i], "max_size {} is not above min_size {}", most[i], least[i]);
      const double side = std::sqrt(least[i] * most[i]);
      boxes.push_back({side, side});
    }
    for (size_t r = 1; r < ratios.size(); ++r)
      boxes.push_back({least[i] * std::sqrt(ratios[r]), least[i] / std::sqrt(ratios[r])});
  }
  return boxes;
}

struct Side {
  int64_t cells, image;
  double step;
};

Side side_of(LayerContext& layer, const Message& parameters, int axis, std::string_view suffix) {
  Side side{layer.extent(layer.bottom(), axis), 0, 0};
  const int64_t size = parameters.integer(fmt::format("img_{}", suffix), parameters.integer("img_size", 0));
  side.image = size > 0 ? size : layer.extent(layer.bottom(1), axis);
  const double step = parameters.number(fmt::format("step_{}", suffix), parameters.number("step", 0));
  side.step = step > 0 ? step : static_cast<double>(side.image) / static_cast<double>(side.cells);
  return side;
}

Tops prior_box(LayerContext& layer) {
  const Message& parameters = layer.parameters("prior_box_param");
  const Side y = side_of(layer, parameters, 2, "h"), x = side_of(layer, parameters, 3, "w");
  const auto boxes = box_sizes(parameters);
  constexpr double kMiddle = 0.5, kVariance = 0.1;
  const double offset = parameters.number("offset", kMiddle);
  auto variances = parameters.numbers("variance");
  if (variances.empty()) variances = {kVariance};
  if (variances.size() == 1) variances.resize(4, variances[0]);
  model_check(variances.size() == 4, "{} variances, 1 or 4 belong here", variances.size());
  const int64_t count =
      checked_elements(Sizes{y.cells, x.cells, static_cast<int64_t>(boxes.size()), 4}, int64_t{1} << 26);
  std::vector<float> values;
  values.reserve(2 * static_cast<size_t>(count));
  const auto width = static_cast<double>(x.image), height = static_cast<double>(y.image);
  const bool clip = parameters.flag("clip", false);
  const auto push = [&](double value) {
    values.push_back(static_cast<float>(clip ? std::clamp(value, 0.0, 1.0) : value));
  };
  for (int64_t row = 0; row < y.cells; ++row) {
    for (int64_t column = 0; column < x.cells; ++column) {
      const double cx = (static_cast<double>(column) + offset) * x.step;
      const double cy = (static_cast<double>(row) + offset) * y.step;
      for (const Box& box : boxes) {
        push((cx - box.width / 2) / width);
        push((cy - box.height / 2) / height);
        push((cx + box.width / 2) / width);
        push((cy + box.height / 2) / height);
      }
    }
  }
  for (int64_t i = 0; i < count; ++i) values.push_back(static_cast<float>(variances[static_cast<size_t>(i % 4)]));
  return {layer.floats({1, 2, count}, values)};
}

// -- DetectionOutput: boxes decoded, the best of each class kept: rows of image, class, score and corners.

class Detection {
 public:
  explicit Detection(LayerContext& layer) : layer_(layer), parameters_(layer.parameters("detection_output_param")) {
    classes_ = LayerContext::size(parameters_, "num_classes", 0);
    shared_ = parameters_.flag("share_location", true);
    batch_ = layer.extent(layer.bottom(), 0);
    priors_ = layer.extent(layer.bottom(2), 2) / 4;
    const int64_t background = parameters_.integer("background_label_id", 0);
    constexpr int64_t kMostClasses = 1 << 16;
    model_check(classes_ <= kMostClasses && priors_ > 0, "{} classes and {} priors", classes_, priors_);
    for (int64_t i = 0; i < classes_; ++i)
      if (i != background) kept_classes_.push_back(i);
    model_check(!kept_classes_.empty(), "all of its {} classes are background", classes_);
    constexpr int64_t kMostCoordinates = int64_t{1} << 27;
    checked_elements(Sizes{batch_, classes_, priors_, 4}, kMostCoordinates);
    threshold_ = parameters_.number("confidence_threshold", std::numeric_limits<float>::lowest());
    const Message& suppression = parameters_.child("nms_param");
    if (suppression.number("eta", 1) != 1)
      throw Error(ErrorCode::Unsupported, "nms_param.eta is {}; only 1 is supported", suppression.number("eta", 1));
    const int64_t most = suppression.integer("top_k", -1);
    candidates_ = most < 0 ? priors_ : std::min(most, priors_);
    model_check(candidates_ > 0, "nms_param.top_k is 0");
  }

  Tops run() {
    const TensorId boxes = decode(), scores = best_candidates(class_scores());
    const TensorId kept = survivors(boxes, scores);
    return {rows(boxes, kept)};
  }

 private:
  int64_t kinds() const { return static_cast<int64_t>(kept_classes_.size()); }
  /// Classes whose boxes are the same are suppressed within one batch of NonMaxSuppression, others are batches.
  int64_t groups() const { return shared_ ? batch_ : batch_ * kinds(); }

  TensorId column(TensorId x, int64_t index) { return layer_.slice(x, 2, index, index + 1); }
  TensorId half(TensorId x) { return layer_.mul(x, layer_.scalar(0.5)); }

  /// The class axis of [N, classes, …] without the background.
  TensorId without_background(TensorId x) {
    if (kinds() == classes_) return x;
    return layer_.op("Gather", {x, layer_.integers(kept_classes_)}, {{"axis", int64_t{1}}});
  }

  /// Corners, [groups, P, 4].
  TensorId decode() {
    TensorId offsets = layer_.reshape(layer_.bottom(), {batch_, priors_, shared_ ? 1 : classes_, 4});
    offsets = layer_.op("Transpose", {offsets}, {{"perm", Sizes{0, 2, 1, 3}}});
    if (!shared_) offsets = without_background(offsets);
    offsets = layer_.reshape(offsets, {groups(), priors_, 4});
    const TensorId priors = layer_.bottom(2);
    const TensorId corners = layer_.reshape(layer_.slice(priors, 1, 0, 1), {1, priors_, 4});
    if (!parameters_.flag("variance_encoded_in_target", false))
      offsets = layer_.mul(offsets, layer_.reshape(layer_.slice(priors, 1, 1, 2), {1, priors_, 4}));
    enum : size_t { kCorner = 1, kCentreSize, kCornerSize };
    const size_t code = parameters_.choice("code_type", {"", "CORNER", "CENTER_SIZE", "CORNER_SIZE"}, kCorner);
    if (code == kCorner) return layer_.add(corners, offsets);
    Tops low, high;
    for (int64_t side = 0; side < 2; ++side) {
      const TensorId from = column(corners, side), to = column(corners, side + 2), length = layer_.sub(to, from);
      const TensorId first = layer_.mul(column(offsets, side), length), second = column(offsets, side + 2);
      if (code == kCornerSize) {
        low.push_back(layer_.add(from, first));
        high.push_back(layer_.add(to, layer_.mul(second, length)));
        continue;
      }
      const TensorId centre = layer_.add(first, half(layer_.add(from, to)));
      const TensorId reach = half(layer_.mul(layer_.op("Exp", {second}), length));
      low.push_back(layer_.sub(centre, reach));
      high.push_back(layer_.add(centre, reach));
    }
    return layer_.op("Concat", {low[0], low[1], high[0], high[1]}, {{"axis", int64_t{2}}});
  }

  /// [N, kinds, P].
  TensorId class_scores() {
    const TensorId scores = layer_.reshape(layer_.bottom(1), {batch_, priors_, classes_});
    return without_background(layer_.op("Transpose", {scores}, {{"perm", Sizes{0, 2, 1}}}));
  }

  /// Others than the `candidates_` best of each class fall to the threshold, and so out.
  TensorId best_candidates(TensorId scores) {
    if (candidates_ == priors_) return scores;
    const Tops best = layer_.ops("TopK", {scores, layer_.integers({candidates_})}, 2, {{"axis", int64_t{2}}});
    const TensorId last = column(best[0], candidates_ - 1);
    return layer_.op("Where", {layer_.op("GreaterOrEqual", {scores, last}), scores, layer_.scalar(threshold_)});
  }

  /// Scores of the boxes that survive, others at the threshold: [N, kinds·P].
  TensorId survivors(TensorId boxes, TensorId scores) {
    const int64_t within = shared_ ? kinds() : 1;
    constexpr double kOverlap = 0.3;
    const auto overlap = parameters_.child("nms_param").number("nms_threshold", kOverlap);
    const TensorId chosen = layer_.op(
        "NonMaxSuppression",
        {boxes, layer_.reshape(scores, {groups(), within, priors_}), layer_.integers({candidates_}),
         layer_.floats({1}, {static_cast<float>(overlap)}), layer_.floats({1}, {static_cast<float>(threshold_)})});
    const TensorId strides = layer_.integers({within * priors_, priors_, 1});
    const TensorId at =
        layer_.op("ReduceSum", {layer_.mul(chosen, strides), layer_.integers({1})}, {{"keepdims", int64_t{0}}});
    const TensorId values = layer_.op("Gather", {layer_.reshape(scores, {-1}), at});
    const int64_t all = batch_ * kinds() * priors_;
    const TensorId kept = layer_.op("ScatterElements", {layer_.filled({all}, threshold_), at, values});
    return layer_.reshape(kept, {batch_, kinds() * priors_});
  }

  TensorId pick(TensorId x, TensorId order) { return layer_.op("GatherElements", {x, order}, {{"axis", int64_t{1}}}); }
  TensorId div(TensorId a, int64_t b) { return layer_.op("Div", {a, layer_.integers({b})}); }

  /// Of each image the best, sorted by class and then by score: [1, 1, rows, 7].
  TensorId rows(TensorId boxes, TensorId kept) {
    const int64_t most = parameters_.integer("keep_top_k", -1), possible = kinds() * candidates_;
    const int64_t count = most < 0 ? possible : std::min(most, possible);
    model_check(count > 0, "keep_top_k is 0");
    const Tops best = layer_.ops("TopK", {kept, layer_.integers({count})}, 2, {{"axis", int64_t{1}}});
    Sizes ranks;
    for (int64_t i = 0; i < count; ++i) ranks.push_back(i);
    const TensorId by_class =
        layer_.add(layer_.mul(div(best[1], priors_), layer_.integers({count})), layer_.integers(ranks));
    const TensorId order =
        layer_.ops("TopK", {by_class, layer_.integers({count})}, 2, {{"axis", int64_t{1}}, {"largest", int64_t{0}}})[1];
    const TensorId scores = pick(best[0], order), at = pick(best[1], order);
    return finish(boxes, scores, at, count);
  }

  TensorId finish(TensorId boxes, TensorId scores, TensorId at, int64_t count) {
    std::vector<float> images, labels(kept_classes_.begin(), kept_classes_.end()), none, first;
    Sizes begins;
    for (int64_t image = 0; image < batch_; ++image) {
      begins.push_back(image * (shared_ ? 1 : kinds()) * priors_);
      none.push_back(static_cast<float>(image));
      none.resize(none.size() + 6, -1);
      for (int64_t i = 0; i < count; ++i) {
        images.push_back(static_cast<float>(image));
        first.push_back(i == 0 ? 1 : 0);
      }
    }
    const TensorId own = shared_ ? layer_.op("Mod", {at, layer_.integers({priors_})}) : at;
    const TensorId box = layer_.add(own, layer_.reshape(layer_.integers(begins), {batch_, 1}));
    const TensorId corners = layer_.op("Gather", {layer_.reshape(boxes, {-1, 4}), box});
    const TensorId label = layer_.op("Gather", {layer_.floats({kinds()}, labels), div(at, priors_)});
    const Sizes one = {batch_, count, 1};
    const TensorId found = layer_.op(
        "Concat",
        {layer_.floats({batch_, count, 1}, images), layer_.reshape(label, one), layer_.reshape(scores, one), corners},
        {{"axis", int64_t{2}}});
    // Without any detection there is a row of -1 for each image.
    const TensorId valid = layer_.op("Greater", {scores, layer_.scalar(threshold_)});
    const TensorId any = layer_.op("ReduceMax", {layer_.cast(valid, DataType::F32)}, {{"axes", Sizes{0, 1}}});
    const TensorId empty = layer_.op("Less", {any, layer_.scalar(0.5)});
    const TensorId marks = layer_.op("Greater", {layer_.floats({batch_, count}, first), layer_.scalar(0.5)});
    const TensorId keep = layer_.op("Or", {valid, layer_.op("And", {empty, marks})});
    const TensorId rows =
        layer_.op("Where", {layer_.reshape(empty, {1, 1, 1}), layer_.floats({batch_, 1, 7}, none), found});
    const TensorId result =
        layer_.op("Compress", {layer_.reshape(rows, {-1, 7}), layer_.reshape(keep, {-1})}, {{"axis", int64_t{0}}});
    return layer_.op("Unsqueeze", {result, layer_.integers({0, 1})});
  }

  LayerContext& layer_;
  const Message& parameters_;
  int64_t classes_ = 0, batch_ = 0, priors_ = 0, candidates_ = 0;
  bool shared_ = true;
  double threshold_ = 0;
  Sizes kept_classes_;
};

Tops detection_output(LayerContext& layer) {
  return Detection(layer).run();
}

Tops roi_pooling(LayerContext& layer) {
  const Message& parameters = layer.parameters("roi_pooling_param");
  const Sizes pooled = {LayerContext::size(parameters, "pooled_h", 0), LayerContext::size(parameters, "pooled_w", 0)};
  const TensorId regions = layer.reshape(layer.bottom(1), {-1, 5});
  return {layer.op("MaxRoiPool", {layer.bottom(), regions},
                   {{"pooled_shape", pooled}, {"spatial_scale", parameters.number("spatial_scale", 1)}})};
}

constexpr LayerEntry kLayers[] = {
    {"DetectionOutput", detection_output},
    {"PriorBox", prior_box},
    {"ROIPooling", roi_pooling},
};

}  // namespace

std::span<const LayerEntry> detection_layers() {
  return kLayers;
}

}  // namespace tn::import::caffe
