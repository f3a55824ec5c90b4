// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/device.h"

namespace tn::cuda {

/// How many CUDA devices can be used; 0 where there is no driver.
int device_count() noexcept;

/// Opened on first use; lives as long as the process. Throws Error(NotFound) where there is no driver or device,
/// Error(Unsupported) where the driver is too old, Error(InvalidArgument) for an index out of range.
Device& open_device(int index);

}  // namespace tn::cuda
