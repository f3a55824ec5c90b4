// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "import/caffe/caffe.h"

namespace tn {

/// What a build would meet in a model, found without building.
struct ModelReport {
  bool supported = false;  ///< everything can be imported
  std::string text;        ///< lines: nodes by operator, what cannot be imported, open extents, memory
};

/// Throws Error for files that cannot be read. For the estimate of memory, open extents of inputs are those in `shapes`
/// (−1: open), else 1.
ModelReport report_onnx(const std::string& path, const std::map<std::string, Shape>& shapes = {});
/// The same for a network of Caffe; an empty `model` path stands for none.
ModelReport report_caffe(const std::string& deploy, const std::string& model, const import::CaffeOptions& options = {});

}  // namespace tn
