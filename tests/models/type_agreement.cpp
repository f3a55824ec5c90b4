// SPDX-License-Identifier: Apache-2.0
// How often a classifier says the same in f32 and with --fp16: type_agreement IMAGES PREPROCESS MODEL.onnx… runs every
// image of the class folders through both engines and asks for the same class in 99 of 100.
#include <fmt/format.h>

#include <algorithm>

#include "backends/cpu/device/kernel_table.h"
#include "base/error.h"
#include "base/os/cpu.h"
#include "base/require.h"
#include "builder/builder.h"
#include "dataset/image_loader.h"
#include "engine/plan_generated.h"
#include "exec/context.h"

namespace {

constexpr int64_t kBatch = 50;
constexpr double kLeastAgreement = 0.99;

/// An engine with one input and one output, and a context on it.
class Classifier {
 public:
  Classifier(const tn::Graph& graph, bool fp16) : lane_(threads()) {
    const tn::Tensor& input = graph.tensor(graph.inputs()[0]);
    tn::Shape shape;
    for (const tn::Dim& dim : input.type.dims) shape.push_back(dim.constant().value_or(kBatch));
    tn::BuilderConfig config;
    config.threads = threads();
    config.fp16 = fp16;
    config.profiles = {{{input.name, {shape, shape, shape}}}};
    tn::SilentLogger logger;
    tn::TimingCache cache;
    const auto engine = tn::EngineFile::from_bytes(tn::build_engine(graph, config, logger, cache));
    for (const auto& tensor : engine->plan().profiles[0]->tensors)
      narrow_ += static_cast<tn::DataType>(tensor->type) == tn::DataType::F16 ? 1 : 0;
    context_ = std::make_unique<tn::Context>(engine, tn::cpu::find_kernel, threads());
    tn::require(context_->set_input_shape(0, shape));
    tn::require(context_->update_shapes());
    tn::require(context_->shape(1, result_));
    output_.resize(context_->max_bytes(1) / sizeof(float));
  }

  std::vector<int64_t> classes(tn::ImageBatch& batch) {
    tn::require(context_->set_address(0, batch.data.data()));
    tn::require(context_->set_address(1, output_.data()));
    tn::require(context_->run(lane_));
    const int64_t classes = result_.elements() / kBatch;
    std::vector<int64_t> found;
    for (int64_t i = 0; i < batch.count; ++i) {
      const float* scores = output_.data() + i * classes;
      found.push_back(std::max_element(scores, scores + classes) - scores);
    }
    return found;
  }
  int narrow_tensors() const { return narrow_; }

 private:
  static int threads() { return tn::cpu_info().usable_cores; }
  tn::Lane lane_;
  std::unique_ptr<tn::Context> context_;
  std::vector<float> output_;
  tn::Shape result_;
  int narrow_ = 0;
};

bool agrees(const std::string& model, const tn::ImageFolder& folder, const tn::Preprocess& preprocess) {
  const tn::Graph graph = tn::read_onnx(model);
  Classifier wide(graph, false), narrow(graph, true);
  tn::ImageLoader::Options options;
  options.batch_size = kBatch;
  tn::ImageLoader loader(folder.images(), preprocess, options);
  int64_t same = 0, right_wide = 0, right_narrow = 0, count = 0;
  while (auto batch = loader.next()) {
    const auto a = wide.classes(*batch), b = narrow.classes(*batch);
    for (size_t i = 0; i < a.size(); ++i) {
      same += a[i] == b[i];
      right_wide += a[i] == batch->labels[i];
      right_narrow += b[i] == batch->labels[i];
    }
    count += batch->count;
  }
  const auto percent = [&](int64_t n) { return 100.0 * static_cast<double>(n) / static_cast<double>(count); };
  fmt::print("{}: {:.2f} % of {} images in the same class; right {:.2f} % in f32, {:.2f} % with fp16 in {} tensors\n",
             model, percent(same), count, percent(right_wide), percent(right_narrow), narrow.narrow_tensors());
  return static_cast<double>(same) >= kLeastAgreement * static_cast<double>(count);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    fmt::print("type_agreement IMAGES PREPROCESS MODEL.onnx…\n");
    return 1;
  }
  try {
    const tn::ImageFolder folder(argv[1]);
    const tn::Preprocess preprocess = tn::parse_preprocess(argv[2]);
    int failed = 0;
    for (int i = 3; i < argc; ++i) failed += agrees(argv[i], folder, preprocess) ? 0 : 1;
    return failed == 0 ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print("{}\n", error.what());
    return 1;
  }
}
