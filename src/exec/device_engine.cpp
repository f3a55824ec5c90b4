// SPDX-License-Identifier: Apache-2.0
#include "exec/device_engine.h"

#include "base/error.h"

namespace tn {

DeviceEngine::DeviceEngine(const EngineFile& engine, Device& device, KernelFinder finder)
    : device_(device), find_(finder), weights_(device.allocate(engine.weights().size(), "weights")) {
  const auto queue = device.make_queue();
  Status status = queue->copy(weights_->data(), engine.weights().data(), engine.weights().size());
  if (status) status = queue->synchronize();
  if (!status) throw Error(status.code(), "copying the weights to {}: {}", device.name(), status.message());
}

}  // namespace tn
