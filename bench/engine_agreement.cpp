// SPDX-License-Identifier: Apache-2.0
// How much two engines of one classifier differ on the images of a folder of classes:
//   bench_engine_agreement IMAGES PREPROCESS EXACT.engine OTHER.engine
// prints how often each is right, how often both say the same class, the pairs in which one of them is right, and
// cosine and signal over noise of the outputs.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "backends/cpu/device/kernel_table.h"
#include "base/os/cpu.h"
#include "base/require.h"
#include "dataset/image_loader.h"
#include "device/buffer.h"
#include "engine/engine_file.h"
#include "engine/plan_generated.h"
#include "exec/context.h"

namespace {

/// An engine with one input and one output of f32, at the shape that it was tuned for.
class Classifier {
 public:
  explicit Classifier(const char* path)
      : lane_(tn::cpu_info().usable_cores),
        context_(tn::EngineFile::load(path), tn::cpu::find_kernel, lane_.size()),
        output_(context_.max_bytes(1), "outputs") {
    const auto& opt = context_.engine().plan().profiles[0]->inputs[0]->opt;
    batch_ = opt[0];
    tn::require(context_.set_input_shape(0, tn::Shape(std::span<const int64_t>(opt))));
    tn::require(context_.update_shapes());
    tn::Shape shape;
    tn::require(context_.shape(1, shape));
    classes_ = shape.elements() / batch_;
  }

  int64_t batch() const { return batch_; }
  int64_t classes() const { return classes_; }
  std::span<const float> run(std::vector<float>& images) {
    tn::require(context_.set_address(0, images.data()));
    tn::require(context_.set_address(1, output_.data()));
    tn::require(context_.run(lane_));
    return {reinterpret_cast<const float*>(output_.data()), static_cast<size_t>(batch_ * classes_)};
  }

 private:
  tn::Lane lane_;
  tn::Context context_;
  tn::HostBuffer output_;
  int64_t batch_ = 0, classes_ = 0;
};

struct Totals {
  int64_t images = 0, same = 0, exact_right = 0, other_right = 0, only_exact = 0, only_other = 0;
  double signal = 0, noise = 0, product = 0, other_signal = 0;

  void add(std::span<const float> exact, std::span<const float> other, int32_t label) {
    for (size_t i = 0; i < exact.size(); ++i) {
      const double a = exact[i], b = other[i];
      signal += a * a;
      other_signal += b * b;
      product += a * b;
      noise += (a - b) * (a - b);
    }
    const auto of = [](std::span<const float> scores) { return std::ranges::max_element(scores) - scores.begin(); };
    const bool a = of(exact) == label, b = of(other) == label;
    ++images;
    same += of(exact) == of(other);
    exact_right += a;
    other_right += b;
    only_exact += a && !b;
    only_other += b && !a;
  }

  void print() const {
    const auto percent = [&](int64_t n) { return 100.0 * static_cast<double>(n) / static_cast<double>(images); };
    fmt::print(
        "{} images: right {:.2f} % and {:.2f} %, drop {:.2f}; the same class {:.2f} %; only one right {} and {}; "
        "cosine {:.6f}; "
        "SQNR {:.2f} dB\n",
        images, percent(exact_right), percent(other_right), percent(exact_right - other_right), percent(same),
        only_exact, only_other, product / std::sqrt(signal * other_signal), 10 * std::log10(signal / noise));
  }
};

Totals compare(Classifier& exact, Classifier& other, const char* images, const char* preprocess) {
  tn::ImageLoader::Options options;
  options.batch_size = exact.batch();
  tn::ImageLoader loader(tn::ImageFolder(images).images(), tn::parse_preprocess(preprocess), options);
  Totals totals;
  while (auto batch = loader.next()) {
    const auto a = exact.run(batch->data), b = other.run(batch->data);
    const auto classes = static_cast<size_t>(exact.classes());
    for (size_t i = 0; i < batch->labels.size(); ++i)
      totals.add(a.subspan(i * classes, classes), b.subspan(i * classes, classes), batch->labels[i]);
  }
  return totals;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    fmt::print("bench_engine_agreement IMAGES PREPROCESS EXACT.engine OTHER.engine\n");
    return 1;
  }
  try {
    Classifier exact(argv[3]), other(argv[4]);
    if (exact.batch() != other.batch() || exact.classes() != other.classes()) {
      fmt::print("the engines take {} and {} images and give {} and {} classes\n", exact.batch(), other.batch(),
                 exact.classes(), other.classes());
      return 1;
    }
    compare(exact, other, argv[1], argv[2]).print();
    return 0;
  } catch (const std::exception& error) {
    fmt::print("{}\n", error.what());
    return 1;
  }
}
