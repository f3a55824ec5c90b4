// SPDX-License-Identifier: Apache-2.0
// A network of Caffe in one form, whichever generation wrote it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "import/caffe/message.h"

namespace tn::import::caffe {

/// A layer as today's Caffe names it. `parameters` is the layer's message with its *_param fields.
struct Layer {
  std::string name, type;
  std::vector<std::string> bottoms, tops;
  Message parameters;
};

struct Net {
  std::string name;
  std::vector<Layer> layers;
};

/// Brings a NetParameter to today's form: layers of the first two generations (V0, V1) renamed, padding layers merged
/// into the convolutions behind them, inputs of the net made Input layers, layers of another phase than TEST left out.
/// Throws Error(InvalidModel) or Error(Unsupported).
Net read_net(Message message);
/// The same for a file of weights: layers of all phases, and no check that it is a whole net.
Net read_trained(Message message);

/// A learned array of a layer: its extents, and its values in one of the two forms that Message::floats reads.
std::vector<int64_t> blob_dims(const Message& blob);

}  // namespace tn::import::caffe
