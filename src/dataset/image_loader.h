// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/shape.h"
#include "dataset/image_folder.h"
#include "dataset/preprocess.h"

namespace tn {

/// Preprocessed images, ready to be copied to a network's input.
struct ImageBatch {
  std::vector<float> data;      ///< batch_size results of Preprocess::apply, dense; those from `count` on are zero
  std::vector<int32_t> labels;  ///< `count` labels
  int64_t first = 0;            ///< position of its first image in the list
  int64_t count = 0;            ///< images in it; only the last batch may have fewer than batch_size
};

/// Reads, decodes and preprocesses images on threads of its own, so that it runs beside inference. The threads sleep
/// while they wait. next() is for one thread at a time; destroying the loader early is fine at any moment.
class ImageLoader {
 public:
  struct Options {
    int64_t batch_size = 1;
    int threads = 2;
    int prefetch = 2;  ///< batches that may be under way or ready at once
  };

  /// Every image must come out in one shape: the one the spec settles, else the first image's. Throws
  /// Error(InvalidArgument) for an empty list, options below 1, or a first image that cannot be read.
  ImageLoader(std::vector<LabeledImage> images, Preprocess preprocess, const Options& options);
  ~ImageLoader();
  ImageLoader(const ImageLoader&) = delete;
  ImageLoader& operator=(const ImageLoader&) = delete;

  /// The next batch in the order of the list, or nothing after the last one. Throws the Error of an image of the batch
  /// that could not be read, with its path; after that there is nothing more.
  std::optional<ImageBatch> next();

  /// [C,H,W] or [H,W,C] of one image's result.
  const Shape& item_shape() const { return item_shape_; }
  int64_t size() const { return static_cast<int64_t>(images_.size()); }

 private:
  struct Slot {
    ImageBatch batch;
    int64_t unfinished = 0;
    std::exception_ptr error;
    int64_t error_image = 0;
  };

  void work();
  void open_batch(int64_t index);
  void load(int64_t image, float* out) const;
  Slot& slot_of(int64_t batch) { return slots_[static_cast<size_t>(batch) % slots_.size()]; }

  const std::vector<LabeledImage> images_;
  const Preprocess preprocess_;
  const int64_t batch_size_;
  const int64_t batches_;
  Shape item_shape_;

  std::mutex mutex_;
  std::condition_variable room_;   // a batch was taken, or the end
  std::condition_variable ready_;  // a batch is finished
  std::vector<Slot> slots_;        // a ring; batch b lies in slot b modulo its size
  int64_t next_image_ = 0;         // to be decoded
  int64_t next_batch_ = 0;         // to be delivered
  bool stopping_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace tn
