// SPDX-License-Identifier: Apache-2.0
// Layers that compute nothing: those that feed a network, and those of training.
#pragma once

#include <string_view>

#include "import/caffe/caffe.h"
#include "import/caffe/net.h"

namespace tn::import::caffe {

/// Its tops are inputs of the network.
bool is_data(std::string_view type);
/// It judges or stores results: it is left out.
bool is_ignored(std::string_view type);
/// A loss whose result, without its labels, is that of Softmax.
bool is_loss(std::string_view type);

/// Extents of top number `top` of a data layer: asked for, or as the file has them. Throws Error(InvalidModel) where
/// neither says.
Dims input_dims(const Layer& layer, size_t top, const CaffeOptions& options);

}  // namespace tn::import::caffe
