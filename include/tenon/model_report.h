// SPDX-License-Identifier: Apache-2.0
// What a build would meet in a model, found without building. Only in libtenon.
#pragma once

#include "tenon/interfaces.h"

namespace tenon {

class IModelReport : public INoCopy {
 public:
  /// Whether everything can be imported.
  virtual bool isSupported() const noexcept = 0;
  /// Lines: nodes by operator, every node that cannot be imported, inputs and outputs, open extents, memory.
  virtual char const* getText() const noexcept = 0;
};

/// Extents that stand for open ones in the estimate of memory, which else are 1; −1 leaves one open.
struct InputShape {
  char const* name;
  Dims dims;
};

/// Null, and a message, for a file that cannot be read.
TENON_API IModelReport* createOnnxReport(ILogger& logger, char const* modelFile, InputShape const* shapes,
                                         int32_t nbShapes) noexcept;
/// The same for a network of Caffe; `model` may be null, and `batch` 0 for that of the file.
TENON_API IModelReport* createCaffeReport(ILogger& logger, char const* deploy, char const* model,
                                          InputShape const* shapes, int32_t nbShapes, int64_t batch = 0) noexcept;

}  // namespace tenon
