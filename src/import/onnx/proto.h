// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "import/onnx/onnx.pb.h"

namespace tn::import {

namespace onnx = ::tenon::onnx;

}  // namespace tn::import
