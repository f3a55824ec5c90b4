// SPDX-License-Identifier: Apache-2.0
// Builds an engine in int8, calibrated on a folder of images (one sub-folder per class) by a calibrator of the program:
//   int8_calibration model.onnx images/ 'resize=32x32,scale=1/255' batch calibration.cache model.engine
// The second time the cache is read and no image is. `batch` images are given at a time; a dynamic batch gets this
// size.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "tenon/builder.h"
#include "tenon/image.h"
#include "tenon/parser.h"

namespace {

class Logger final : public tenon::ILogger {
  void log(Severity severity, const char* message) noexcept override {
    if (severity <= Severity::kINFO) std::fprintf(stderr, "%s\n", message);
  }
};

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Gives the images of a loader, and keeps the ranges that were found in a file.
class FolderCalibrator final : public tenon::IInt8EntropyCalibrator2 {
 public:
  FolderCalibrator(tenon::ImageLoader& images, int32_t batch, std::string cache)
      : images_(images), batch_(batch), cache_path_(std::move(cache)) {}

  int32_t getBatchSize() const noexcept override { return batch_; }
  bool getBatch(void* bindings[], const char*[], int32_t count) noexcept override {
    tenon::ImageBatch batch;
    // The last images are left out where they do not fill a batch.
    if (count != 1 || images_.next(batch) != 1 || batch.count != batch_) return false;
    bindings[0] = batch.data;
    return true;
  }
  const void* readCalibrationCache(std::size_t& length) noexcept override {
    cache_ = read(cache_path_);
    length = cache_.size();
    return cache_.empty() ? nullptr : cache_.data();
  }
  void writeCalibrationCache(const void* text, std::size_t length) noexcept override {
    std::ofstream(cache_path_, std::ios::binary).write(static_cast<const char*>(text), static_cast<long>(length));
  }

 private:
  tenon::ImageLoader& images_;
  int32_t batch_;
  std::string cache_path_, cache_;
};

int fail(const char* why) {
  std::fprintf(stderr, "int8_calibration: %s\n", why);
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) return fail("usage: int8_calibration model.onnx images/ preprocess batch cache engine");
  const int32_t batch = std::atoi(argv[4]);
  Logger logger;
  const std::unique_ptr<tenon::IBuilder> builder(tenon::createInferBuilder(logger));
  const std::unique_ptr<tenon::INetworkDefinition> network(builder->createNetworkV2(0));
  const std::unique_ptr<tenon::IParser> parser(tenon::createParser(*network, logger));
  if (!parser->parseFromFile(argv[1], static_cast<int32_t>(tenon::ILogger::Severity::kWARNING))) return 1;

  const std::unique_ptr<tenon::IBuilderConfig> config(builder->createBuilderConfig());
  const tenon::ITensor& input = *network->getInput(0);
  tenon::Dims dims = input.getDimensions();
  if (dims.d[0] < 0) {
    dims.d[0] = batch;
    tenon::IOptimizationProfile* profile = builder->createOptimizationProfile();
    for (const auto bound :
         {tenon::OptProfileSelector::kMIN, tenon::OptProfileSelector::kOPT, tenon::OptProfileSelector::kMAX})
      profile->setDimensions(input.getName(), bound, dims);
    config->addOptimizationProfile(profile);
  }

  const std::unique_ptr<tenon::Preprocess> preprocess(tenon::createPreprocess(logger, argv[3], dims, input.getType()));
  const std::unique_ptr<tenon::ImageFolder> folder(tenon::createImageFolder(logger, argv[2]));
  if (!preprocess || !folder || batch < 1) return 1;
  const std::unique_ptr<tenon::ImageLoader> images(tenon::createImageLoader(logger, *folder, *preprocess, batch, 2));
  FolderCalibrator calibrator(*images, batch, argv[5]);
  config->setFlag(tenon::BuilderFlag::kINT8);
  config->setInt8Calibrator(&calibrator);
  config->setPreprocess(argv[3]);

  const std::unique_ptr<tenon::IHostMemory> plan(builder->buildSerializedNetwork(*network, *config));
  if (!plan) return 1;
  std::ofstream engine(argv[6], std::ios::binary);
  engine.write(static_cast<const char*>(plan->data()), static_cast<long>(plan->size()));
  return engine ? 0 : fail("the engine cannot be written");
}
