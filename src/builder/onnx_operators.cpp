// SPDX-License-Identifier: Apache-2.0
#include "builder/onnx_operators.h"

#include "ops/entry.h"
#include "passes/evaluate.h"

namespace tn {

using import::OnnxOperators;

OnnxOperators onnx_operators() {
  return {ops::find_onnx_importer, ops::make_op_by_name("Identity"), passes::evaluate};
}

}  // namespace tn
