// SPDX-License-Identifier: Apache-2.0
#include "tenon/image.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>

#include "api/run/convert.h"
#include "api/run/guard.h"
#include "base/os/file.h"
#include "base/tensor_view.h"
#include "dataset/image_folder.h"
#include "dataset/image_loader.h"
#include "dataset/preprocess.h"

namespace tn::api {
namespace {

class PublicPreprocess final : public tenon::Preprocess {
 public:
  PublicPreprocess(tenon::ILogger& logger, tn::Preprocess preprocess, const Shape& input, DataType type)
      : logger_(logger), preprocess_(std::move(preprocess)), text_(to_string(preprocess_)), type_(type) {
    check_preprocess(preprocess_, input);
    if (!is_float(type) && type != DataType::U8)
      throw Error(ErrorCode::Unsupported, "images cannot become an input of type {}", name_of(type));
    auto item = preprocess_.item_shape();
    if (!item) {
      throw Error(ErrorCode::InvalidArgument,
                  "the preprocessing '{}' does not say how large its result is; add resize "
                  "or crop",
                  text_);
    }
    item_ = *item;
  }
  char const* getText() const noexcept override { return text_.c_str(); }
  tenon::Dims getEntryDims() const noexcept override { return to_public(item_); }
  tenon::DataType getDataType() const noexcept override { return to_public(type_); }
  int64_t getEntryBytes() const noexcept override { return item_.elements() * static_cast<int64_t>(size_of(type_)); }
  bool runFile(char const* path, void* entry) const noexcept override {
    return guard(logger_, false, [&] {
      run_image(read_image(&not_null(path, "the path")), entry);
      return true;
    });
  }
  bool run(void const* encoded, std::size_t size, void* entry) const noexcept override {
    return guard(logger_, false, [&] {
      run_image(decode_image({&not_null(static_cast<const std::byte*>(encoded), "the image"), size}), entry);
      return true;
    });
  }
  const tn::Preprocess& inside() const noexcept { return preprocess_; }
  DataType type() const noexcept { return type_; }

 private:
  void run_image(const Image& image, void* entry) const {
    if (!entry) throw Error(ErrorCode::InvalidArgument, "the entry is a null pointer");
    std::vector<float> values(static_cast<size_t>(item_.elements()));
    preprocess_.apply(image, values);
    store(values, type_, entry);
  }

 public:
  static void store(std::span<const float> values, DataType type, void* out) {
    const TensorView view =
        TensorView::dense(static_cast<std::byte*>(out), type, Shape{static_cast<int64_t>(values.size())});
    for (size_t i = 0; i < values.size(); ++i) store_double(view, static_cast<int64_t>(i), values[i]);
  }

 private:
  mutable PublicLogger logger_;
  tn::Preprocess preprocess_;
  std::string text_;
  DataType type_;
  Shape item_;
};

class PublicImageFolder final : public tenon::ImageFolder {
 public:
  explicit PublicImageFolder(const std::filesystem::path& directory) : folder_(directory) {
    for (const LabeledImage& image : folder_.images()) paths_.push_back(image.path.string());
  }
  int64_t getNbImages() const noexcept override { return static_cast<int64_t>(paths_.size()); }
  int32_t getNbClasses() const noexcept override { return static_cast<int32_t>(folder_.classes().size()); }
  char const* getPath(int64_t image) const noexcept override {
    return image < 0 || image >= getNbImages() ? nullptr : paths_[static_cast<size_t>(image)].c_str();
  }
  int32_t getLabel(int64_t image) const noexcept override {
    return image < 0 || image >= getNbImages() ? -1 : folder_.images()[static_cast<size_t>(image)].label;
  }
  char const* getClassName(int32_t index) const noexcept override {
    return index < 0 || index >= getNbClasses() ? nullptr : folder_.classes()[static_cast<size_t>(index)].c_str();
  }
  int32_t getClassLabel(int32_t index) const noexcept override {
    return index < 0 || index >= getNbClasses() ? -1 : folder_.labels()[static_cast<size_t>(index)];
  }
  const tn::ImageFolder& inside() const noexcept { return folder_; }

 private:
  tn::ImageFolder folder_;
  std::vector<std::string> paths_;
};

class PublicImageLoader final : public tenon::ImageLoader {
 public:
  PublicImageLoader(tenon::ILogger& logger, const tn::ImageFolder& folder, const PublicPreprocess& preprocess,
                    const tn::ImageLoader::Options& options)
      : logger_(logger), type_(preprocess.type()), loader_(folder.images(), preprocess.inside(), options) {}
  int32_t next(tenon::ImageBatch& batch) noexcept override {
    return guard(logger_, -1, [&] {
      current_ = loader_.next();
      batch = {};
      if (!current_) return 0;
      batch.data = current_->data.data();
      if (type_ != DataType::F32) {
        converted_.resize(current_->data.size() * size_of(type_));
        PublicPreprocess::store(current_->data, type_, converted_.data());
        batch.data = converted_.data();
      }
      batch.labels = current_->labels.data();
      batch.first = current_->first;
      batch.count = static_cast<int32_t>(current_->count);
      return 1;
    });
  }

 private:
  PublicLogger logger_;
  DataType type_;
  tn::ImageLoader loader_;
  std::optional<tn::ImageBatch> current_;
  std::vector<std::byte> converted_;
};

}  // namespace
}  // namespace tn::api

namespace tenon {

using namespace tn::api;

Preprocess* createPreprocess(ILogger& logger, char const* text, Dims const& inputDims, DataType inputType) noexcept {
  PublicLogger inside(logger);
  return guard<Preprocess*>(inside, nullptr, [&] {
    const tn::Shape input = to_shape(inputDims);
    tn::Preprocess preprocess;
    if (text && *text) {
      preprocess = tn::parse_preprocess(text);
    } else {
      tn::PreprocessChoice choice = tn::default_preprocess(input);
      preprocess = std::move(choice.preprocess);
      inside.info("no preprocessing was given: {} ({})", tn::to_string(preprocess), choice.reason);
    }
    return new PublicPreprocess(logger, std::move(preprocess), input, to_data_type(inputType));
  });
}

ImageFolder* createImageFolder(ILogger& logger, char const* directory) noexcept {
  PublicLogger inside(logger);
  return guard<ImageFolder*>(inside, nullptr, [&] {
    auto folder = std::make_unique<PublicImageFolder>(&not_null(directory, "the directory"));
    if (const int64_t skipped = folder->inside().skipped(); skipped > 0)
      inside.warning("{}: {} files do not have the name of an image and are left out", directory, skipped);
    return folder.release();
  });
}

ImageLoader* createImageLoader(ILogger& logger, ImageFolder const& folder, Preprocess const& preprocess,
                               int32_t batchSize, int32_t threads) noexcept {
  PublicLogger inside(logger);
  return guard<ImageLoader*>(inside, nullptr, [&] {
    tn::ImageLoader::Options options;
    options.batch_size = batchSize;
    options.threads = threads;
    return new PublicImageLoader(logger, static_cast<const PublicImageFolder&>(folder).inside(),
                                 static_cast<const PublicPreprocess&>(preprocess), options);
  });
}

}  // namespace tenon
