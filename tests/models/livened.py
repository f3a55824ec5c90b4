# SPDX-License-Identifier: Apache-2.0
"""Random weights through which signals pass: networks exported without training may have a head of zeros, or layers that let their
inputs fade until biases are all that is left."""

import numpy as np
import onnx
from onnx import numpy_helper

# Variance of a weight times the terms of its sums. The signal neither fades nor grows without bound: a ReLU needs 2, a SiLU, which
# halves small values, lies between 2 and 4.
GAIN = 2.5


def terms(node, shape):
    """How many products one result sums up."""
    if node.op_type == "Conv":
        return int(np.prod(shape[1:]))
    transposed = any(a.name == "transB" and a.i for a in node.attribute)
    return shape[-1] if transposed else shape[-2]


def livened(model):
    """The model with the weights of Conv, Gemm and MatMul scaled, or, where they are all equal, drawn anew."""
    result = onnx.ModelProto()
    result.CopyFrom(model)
    users = {node.input[1]: node for node in result.graph.node if node.op_type in ("Conv", "Gemm", "MatMul")}
    random = np.random.default_rng(0)
    for tensor in result.graph.initializer:
        if tensor.name not in users or tensor.data_type != onnx.TensorProto.FLOAT or len(tensor.dims) < 2:
            continue
        weights = numpy_helper.to_array(tensor)
        wanted = np.sqrt(GAIN / terms(users[tensor.name], weights.shape))
        spread = weights.std()
        livelier = weights * (wanted / spread) if spread > 0 else random.normal(0, wanted, weights.shape)
        tensor.CopyFrom(numpy_helper.from_array(livelier.astype(np.float32), tensor.name))
    return result
