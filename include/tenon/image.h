// SPDX-License-Identifier: Apache-2.0
// From image files to input tensors. Tenon's own; in both libraries.
#pragma once

#include "tenon/interfaces.h"

namespace tenon {

/// How one image (JPEG, PNG, PPM, PGM, BMP or TIFF) becomes one entry of an input tensor. The text form is a list like
///   resize=256,crop=224,color=rgb,scale=1/255,mean=0.485:0.456:0.406,std=0.229:0.224:0.225
/// with resize=N | short:N | HxW, letterbox[=fill], crop=N | HxW, color=rgb | bgr | gray, layout=nchw | nhwc, or
/// @file.json. All methods may be called from several threads at once.
class Preprocess : public INoCopy {
 public:
  /// The complete text form, defaults included; accepted by createPreprocess.
  virtual char const* getText() const noexcept = 0;
  /// Dimensions of one entry, without the batch: [C,H,W] or [H,W,C].
  virtual Dims getEntryDims() const noexcept = 0;
  virtual DataType getDataType() const noexcept = 0;
  /// Bytes that one call of run() writes.
  virtual int64_t getEntryBytes() const noexcept = 0;
  /// Decodes the file and writes one entry to `entry`.
  virtual bool runFile(char const* path, void* entry) const noexcept = 0;
  /// The same for an encoded image in memory.
  virtual bool run(void const* encoded, std::size_t size, void* entry) const noexcept = 0;
};

/// `inputDims` are those of the input tensor, batch included, −1 where dynamic. With an empty or null `text` a default
/// is derived from them and told to the logger. nullptr if the text does not fit the dimensions.
TENON_API Preprocess* createPreprocess(ILogger& logger, char const* text, Dims const& inputDims,
                                       DataType inputType) noexcept;

/// Images in one sub-folder per class. A folder's label is its leading integer where every folder has one, else its
/// rank in alphabetical order. Immutable: usable from several threads.
class ImageFolder : public INoCopy {
 public:
  virtual int64_t getNbImages() const noexcept = 0;
  virtual int32_t getNbClasses() const noexcept = 0;
  virtual char const* getPath(int64_t image) const noexcept = 0;
  virtual int32_t getLabel(int64_t image) const noexcept = 0;
  /// Folder name of the class in alphabetical order, and its label.
  virtual char const* getClassName(int32_t index) const noexcept = 0;
  virtual int32_t getClassLabel(int32_t index) const noexcept = 0;
};

TENON_API ImageFolder* createImageFolder(ILogger& logger, char const* directory) noexcept;

/// Entries [first, first + count) of a folder, ready as an input tensor. The memory always holds a full batch; what
/// lies behind `count` is zero.
struct ImageBatch {
  void* data{nullptr};
  int32_t const* labels{nullptr};
  int64_t first{0};
  int32_t count{0};
};

/// Reads a folder once, in order, decoding ahead on its own threads while the caller computes.
class ImageLoader : public INoCopy {
 public:
  /// Waits for the next batch: 1 if there is one (valid until the next call), 0 at the end, −1 if an image could not be
  /// read (the logger has its path).
  virtual int32_t next(ImageBatch& batch) noexcept = 0;
};

/// `threads` ≥ 1 decoders. The folder and the preprocessing must outlive the loader.
TENON_API ImageLoader* createImageLoader(ILogger& logger, ImageFolder const& folder, Preprocess const& preprocess,
                                         int32_t batchSize, int32_t threads) noexcept;

}  // namespace tenon
