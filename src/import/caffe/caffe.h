// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "import/onnx/model.h"
#include "ir/graph.h"

namespace tn::import {

/// What is asked of a network of Caffe besides its files.
struct CaffeOptions {
  std::map<std::string, Shape> shapes;  ///< extents of inputs (−1: open) instead of those in the file
  std::optional<int64_t> batch;         ///< first extent of all inputs that `shapes` does not name
  /// Blobs that become outputs, in this order. Without any: those that no layer reads.
  std::vector<std::string> outputs;
};

struct CaffeNetwork {
  Graph graph;
  std::map<std::string, TensorId> blobs;  ///< by name, as the last layer that writes them leaves them
  std::vector<std::string> warnings;
};

/// Reads a network of Caffe: `deploy` is its structure, `model` its weights (null: random ones, and a warning), each in
/// protobuf's text or wire format, of any of the three generations of layers. A file for training is reduced to the
/// phase TEST. Layers become what ONNX operators of the same meaning become; `operators` finds these.
///
/// Throws Error(InvalidModel) for a damaged or inconsistent file, and a NodeError that names every layer that cannot be
/// imported, with its type and what is missing.
CaffeNetwork import_caffe(std::span<const std::byte> deploy, std::optional<std::span<const std::byte>> model,
                          const OnnxOperators& operators, const CaffeOptions& options = {});
/// The same from files; an empty `model` path stands for none. Throws Error(NotFound) or Error(Io), too.
CaffeNetwork import_caffe(const std::filesystem::path& deploy, const std::filesystem::path& model,
                          const OnnxOperators& operators, const CaffeOptions& options = {});

/// One array of numbers as Caffe writes it (mean.binaryproto): f32, in either format.
ConstantPtr read_caffe_blob(const std::filesystem::path& path);

}  // namespace tn::import
