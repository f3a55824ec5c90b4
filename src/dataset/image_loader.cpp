// SPDX-License-Identifier: Apache-2.0
#include "dataset/image_loader.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/error.h"

namespace tn {

ImageLoader::ImageLoader(std::vector<LabeledImage> images, Preprocess preprocess, const Options& options)
    : images_(std::move(images)),
      preprocess_(std::move(preprocess)),
      batch_size_(options.batch_size),
      batches_(batch_size_ > 0 ? (size() + batch_size_ - 1) / batch_size_ : 0) {
  if (images_.empty()) throw Error(ErrorCode::InvalidArgument, "there are no images to load");
  if (options.batch_size < 1 || options.threads < 1 || options.prefetch < 1) {
    throw Error(ErrorCode::InvalidArgument, "image loader: batch size {}, threads {} and prefetch {} must be 1 or more",
                options.batch_size, options.threads, options.prefetch);
  }
  if (const auto settled = preprocess_.item_shape()) {
    item_shape_ = *settled;
  } else {
    const Image first = read_image(images_.front().path);
    item_shape_ = preprocess_.item_shape(first.height, first.width);
  }
  slots_.resize(static_cast<size_t>(std::min<int64_t>(options.prefetch, batches_)));
  const int threads = static_cast<int>(std::min<int64_t>(options.threads, size()));
  try {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
  } catch (const std::system_error& error) {
    if (threads_.empty()) throw Error(ErrorCode::OutOfMemory, "cannot start a decoding thread: {}", error.what());
  }
}

ImageLoader::~ImageLoader() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  room_.notify_all();
}

std::optional<ImageBatch> ImageLoader::next() {
  std::unique_lock lock(mutex_);
  if (stopping_ || next_batch_ == batches_) return std::nullopt;
  Slot& slot = slot_of(next_batch_);
  // A batch that nobody has begun has no images yet.
  ready_.wait(lock, [&] { return slot.batch.count > 0 && slot.unfinished == 0; });
  if (slot.error) {
    stopping_ = true;
    room_.notify_all();
    std::rethrow_exception(slot.error);
  }
  ++next_batch_;
  ImageBatch batch = std::exchange(slot.batch, {});
  room_.notify_all();
  return batch;
}

void ImageLoader::work() {
  const auto has_room = [&] { return next_image_ / batch_size_ < next_batch_ + static_cast<int64_t>(slots_.size()); };
  const int64_t item = item_shape_.elements();
  std::unique_lock lock(mutex_);
  while (true) {
    room_.wait(lock, [&] { return stopping_ || next_image_ == size() || has_room(); });
    if (stopping_ || next_image_ == size()) return;
    const int64_t image = next_image_++;
    Slot& slot = slot_of(image / batch_size_);
    std::exception_ptr error;
    try {
      if (image % batch_size_ == 0) open_batch(image / batch_size_);
      if (!slot.error) {
        float* out = slot.batch.data.data() + (image % batch_size_) * item;
        lock.unlock();
        load(image, out);
      }
    } catch (...) {
      error = std::current_exception();
    }
    if (!lock.owns_lock()) lock.lock();
    if (error && (!slot.error || image < slot.error_image)) {
      slot.error = error;
      slot.error_image = image;
    }
    if (--slot.unfinished == 0) ready_.notify_all();
  }
}

void ImageLoader::open_batch(int64_t index) {
  Slot& slot = slot_of(index);
  slot.batch.first = index * batch_size_;
  slot.batch.count = std::min(batch_size_, size() - slot.batch.first);
  slot.unfinished = slot.batch.count;
  for (int64_t i = 0; i < slot.batch.count; ++i) {
    slot.batch.labels.push_back(images_[static_cast<size_t>(slot.batch.first + i)].label);
  }
  slot.batch.data.resize(static_cast<size_t>(batch_size_ * item_shape_.elements()));
}

void ImageLoader::load(int64_t image, float* out) const {
  const auto& path = images_[static_cast<size_t>(image)].path;
  const Image pixels = read_image(path);
  try {
    const Shape shape = preprocess_.item_shape(pixels.height, pixels.width);
    if (shape != item_shape_) {
      throw Error(ErrorCode::InvalidArgument,
                  "preprocess makes {} of this image of {}x{}, but {} of the first one; add resize=HxW or crop",
                  to_string(shape), pixels.height, pixels.width, to_string(item_shape_));
    }
    preprocess_.apply(pixels, {out, static_cast<size_t>(item_shape_.elements())});
  } catch (const Error& error) {
    throw error.within(path.string());
  }
}

}  // namespace tn
