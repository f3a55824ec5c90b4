// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include "import/onnx/proto.h"

namespace tn::import {

/// The `expected` bytes of a tensor whose data lie in another file, in `folder` or below (none if empty). Links are
/// followed where they stay there. Throws Error naming the tensor: InvalidModel for a place outside, or an offset or
/// length that does not fit; NotFound or Io for the file.
std::vector<std::byte> external_bytes(const onnx::TensorProto& tensor, const std::filesystem::path& folder,
                                      size_t expected);

}  // namespace tn::import
