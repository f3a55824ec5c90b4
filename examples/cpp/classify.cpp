// SPDX-License-Identifier: Apache-2.0
// Classifies images with an engine made by tenonexec:
//   classify model.engine image.jpg…
// Needs only the runtime library. The engine knows how an image becomes its input (tenonexec --preprocess=…).
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <vector>

#include "tenon/image.h"
#include "tenon/runtime.h"

namespace {

class Logger final : public tenon::ILogger {
  void log(Severity severity, const char* message) noexcept override {
    if (severity <= Severity::kWARNING) std::fprintf(stderr, "%s\n", message);
  }
};

/// Memory for a tensor, aligned as Tenon wants it.
struct Free {
  void operator()(float* memory) const { std::free(memory); }
};
using Floats = std::unique_ptr<float[], Free>;

int64_t volume(const tenon::Dims& dims) {
  return std::accumulate(dims.d, dims.d + dims.nbDims, int64_t{1}, std::multiplies<>());
}

Floats allocate(int64_t count) {
  const size_t bytes = (static_cast<size_t>(count) * sizeof(float) + 63) / 64 * 64;
  return Floats(static_cast<float*>(std::aligned_alloc(64, bytes)));
}

void print_best(const char* image, const float* scores, int64_t classes) {
  std::vector<int64_t> order(static_cast<size_t>(classes));
  std::iota(order.begin(), order.end(), 0);
  const auto best = order.begin() + std::min<int64_t>(classes, 5);
  std::partial_sort(order.begin(), best, order.end(), [&](int64_t a, int64_t b) { return scores[a] > scores[b]; });
  std::printf("%s:", image);
  for (auto i = order.begin(); i != best; ++i) std::printf("  %lld (%.3f)", static_cast<long long>(*i), scores[*i]);
  std::printf("\n");
}

int fail(const char* why) {
  std::fprintf(stderr, "classify: %s\n", why);
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return fail("usage: classify model.engine image…");
  Logger logger;
  const std::unique_ptr<tenon::IRuntime> runtime(tenon::createInferRuntime(logger));
  if (!runtime) return 1;
  const std::unique_ptr<tenon::ICudaEngine> engine(runtime->deserializeCudaEngineFromFile(argv[1]));
  if (!engine) return 1;
  if (engine->getBackend() != tenon::Backend::kCPU) return fail("the engine must be for the CPU");
  if (engine->getNbIOTensors() != 2) return fail("the engine must have one input and one output");
  const char* input = engine->getIOTensorName(0);
  const char* output = engine->getIOTensorName(1);
  if (engine->getTensorDataType(output) != tenon::DataType::kFLOAT) return fail("the output must be fp32");

  const tenon::Dims built = engine->getTensorShape(input);
  const std::unique_ptr<tenon::Preprocess> preprocess(
      tenon::createPreprocess(logger, engine->getPreprocess(), built, engine->getTensorDataType(input)));
  const std::unique_ptr<tenon::IExecutionContext> context(engine->createExecutionContext());
  if (!preprocess || !context) return 1;
  tenon::Dims dims = built;
  dims.d[0] = 1;
  if (built.d[0] < 0 && !context->setInputShape(input, dims)) return 1;

  const int64_t classes = volume(context->getTensorShape(output));
  const Floats pixels = allocate(preprocess->getEntryBytes() / static_cast<int64_t>(sizeof(float)) + 1);
  const Floats scores = allocate(classes);
  if (!context->setTensorAddress(input, pixels.get()) || !context->setTensorAddress(output, scores.get())) return 1;
  for (int i = 2; i < argc; ++i) {
    if (!preprocess->runFile(argv[i], pixels.get()) || !context->enqueueV3(nullptr)) return 1;
    print_best(argv[i], scores.get(), classes);
  }
  return 0;
}
