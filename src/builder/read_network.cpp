// SPDX-License-Identifier: Apache-2.0
#include "builder/builder.h"
#include "builder/onnx_operators.h"
#include "import/onnx/model.h"

namespace tn {

Graph read_onnx(const std::string& path, const import::KnownInputs& known) {
  return import::import_onnx(path, onnx_operators(), known);
}

import::CaffeNetwork read_caffe(const std::string& deploy, const std::string& model,
                                const import::CaffeOptions& options){
    return import::import_caffe(std::filesystem::path(deploy), std::filesystem::path(model), onnx_operators(), options);
}  // namespace tn

import::CaffeNetwork read_caffe(std::span<const std::byte> deploy, std::optional<std::span<const std::byte>> model,
                                const import::CaffeOptions& options){
    return import::import_caffe(deploy, model, onnx_operators(), options);
}

}  // namespace tn
