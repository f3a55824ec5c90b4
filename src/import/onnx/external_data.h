// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include "import/onnx/proto.h"

namespace tn::import {

/// The `expected` bytes of a tensor whose data lie beside `file`, which holds the tensor, or below (nowhere if empty).
/// Where `file` is a link they may lie beside what it leads to, too, as in stores that link to files named by content;
/// other links are followed where they stay in these folders. Throws Error naming the tensor: InvalidModel for a place
/// outside, or an offset or length that does not fit; NotFound or Io for the file.
std::vector<std::byte> external_bytes(const onnx::TensorProto& tensor, const std::filesystem::path& file,
                                      size_t expected);

}  // namespace tn::import
