// SPDX-License-Identifier: Apache-2.0
#include "tenonexec/classify.h"

#include <algorithm>
#include <chrono>
#include <memory>

#include "tenon/image.h"
#include "tenonexec/bindings.h"
#include "tenonexec/engine_source.h"
#include "tenonexec/failure.h"
#include "tenonexec/inference.h"
#include "tenonexec/ownership.h"

namespace tenonexec {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string only_input(const tenon::ICudaEngine& engine) {
  std::string name;
  for (int i = 0; i < engine.getNbIOTensors(); ++i) {
    if (engine.getTensorIOMode(engine.getIOTensorName(i)) != tenon::TensorIOMode::kINPUT) continue;
    if (!name.empty())
      throw Failure("--classify needs an engine with one input; this one has '{}' and '{}'", name,
                    engine.getIOTensorName(i));
    name = engine.getIOTensorName(i);
  }
  return name;
}

/// The first output with one row of scores per image.
NamedValues find_scores(const Bindings& bindings, int64_t batch) {
  std::string shapes;
  for (NamedValues& output : bindings.outputs()) {
    const int64_t elements = count_elements(output.name, output.dims);
    if (output.dims.nbDims >= 1 && output.dims.d[0] == batch && elements > batch) return std::move(output);
    shapes += fmt::format("{}{} {}", shapes.empty() ? "" : ", ", output.name, to_text(output.dims));
  }
  throw Failure("--classify: no output has one row of scores for each of the {} images of a batch; outputs are {}",
                batch, shapes);
}

void count(Accuracy& accuracy, const NamedValues& scores, const tenon::ImageBatch& batch) {
  const std::vector<double> values = values_of(scores.bytes, scores.type);
  const size_t classes = values.size() / static_cast<size_t>(scores.dims.d[0]);
  for (size_t i = 0; i < static_cast<size_t>(batch.count); ++i) {
    if (static_cast<size_t>(batch.labels[i]) >= classes)
      throw Failure("--classify: a folder has label {}, but the network has {} classes", batch.labels[i], classes);
    accuracy.add(std::span(values).subspan(i * classes, classes), batch.labels[i]);
  }
}

std::unique_ptr<tenon::Preprocess> make_preprocess(const tenon::ICudaEngine& engine, const Options& options,
                                                   const std::string& input, Console& console) {
  const std::string& asked = options.build.preprocess;
  // An engine that was just built holds what was asked for, with files already read.
  const char* text = asked.empty() || options.build.load_engine.empty() ? engine.getPreprocess() : asked.c_str();
  auto preprocess = own(tenon::createPreprocess(console, text, engine.getTensorShape(input.c_str()),
                                                engine.getTensorDataType(input.c_str())));
  console.info("Preprocess: {}", preprocess->getText());
  return preprocess;
}

}  // namespace

void classify(tenon::ICudaEngine& engine, const Options& options, Console& console) {
  const std::string input = only_input(engine);
  Worker worker(engine, options, console);
  const Bindings bindings(engine, *worker.context, options, console);
  const tenon::Dims dims = worker.context->getTensorShape(input.c_str());
  const int32_t batch_size = dims.nbDims > 0 ? static_cast<int32_t>(dims.d[0]) : 1;

  const auto preprocess = make_preprocess(engine, options, input, console);
  const auto folder = own(tenon::createImageFolder(console, options.inference.classify.c_str()));
  console.info("Classifying {} images of {} classes in batches of {}", folder->getNbImages(), folder->getNbClasses(),
               batch_size);
  const auto loader =
      own(tenon::createImageLoader(console, *folder, *preprocess, batch_size, threads_per_stream(options)));

  Accuracy accuracy;
  double computing = 0;
  const Clock::time_point start = Clock::now();
  tenon::ImageBatch batch;
  int32_t state = 0;
  while ((state = loader->next(batch)) > 0) {
    const Clock::time_point before = Clock::now();
    bindings.set_input(input, batch.data, worker.stream.get());
    if (!worker.context->enqueueV3(worker.stream.get())) throw Reported();
    bindings.download(worker.stream.get());
    worker.wait();
    computing += seconds_since(before);
    count(accuracy, find_scores(bindings, batch_size), batch);
    const int64_t done = batch.first + batch.count;
    console.bar(fmt::format("{} of {} images, {:.0f} images/s", done, folder->getNbImages(),
                            static_cast<double>(done) / seconds_since(start)));
  }
  console.bar("");
  if (state < 0) throw Reported();

  const double seconds = seconds_since(start), images = static_cast<double>(accuracy.images());
  console.info("=== Classification ===");
  console.info_lines(accuracy.format());
  console.info("Images per second: {:.1f} with reading and decoding, {:.1f} computing alone", images / seconds,
               images / std::max(computing, 1e-9));
}

}  // namespace tenonexec
