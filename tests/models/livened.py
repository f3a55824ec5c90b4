# SPDX-License-Identifier: Apache-2.0
"""Random weights through which signals pass: networks exported without training may have a head of zeros, or layers that let their
inputs fade until biases are all that is left.

Every Conv, Gemm and MatMul by constant weights gets them scaled so that its results, the bias apart, have a root mean square of 1 on
given inputs ("All you need is a good init", arXiv:1511.06422), and a bias of a larger root mean square is scaled down to 1: no layer
lets the signal fade, drowns it in constants, or drives the next one into saturation, whatever stands between them.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

PRODUCTS = ("Conv", "Gemm", "MatMul")
SILENT = 1e-30  # A root mean square below this is no signal.


def products(model):
    """The products by constant f32 weights that nothing but products takes as weights, in the order of their execution."""
    tensors = {t.name for t in model.graph.initializer if t.data_type == TensorProto.FLOAT and len(t.dims) > 1}
    others = {name for node in model.graph.node for i, name in enumerate(node.input) if i != 1 or node.op_type not in PRODUCTS}
    return [node for node in model.graph.node if node.op_type in PRODUCTS and node.input[1] in tensors - others]


def replace(tensor, values):
    tensor.CopyFrom(numpy_helper.from_array(np.asarray(values, np.float32), tensor.name))


def prepare_weights(model, nodes):
    """Draws weights that are all zero anew and scales biases down."""
    random = np.random.default_rng(0)
    weights, biases = {node.input[1] for node in nodes}, {node.input[2] for node in nodes if len(node.input) > 2}
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if tensor.name in weights and not values.any():
            replace(tensor, random.normal(0, 1, values.shape))
        elif tensor.name in biases:
            replace(tensor, values / max(1, np.sqrt(np.mean(np.square(values)))))


def measuring(model, nodes):
    """The model with the results of the products brought to a root mean square of 1, and, by the weights' names, the names of further
    outputs that hold what they were divided by."""
    measured = onnx.ModelProto()
    measured.CopyFrom(model)
    del measured.graph.node[:], measured.graph.value_info[:]
    add = lambda op, inputs, result, **attributes: measured.graph.node.append(helper.make_node(op, inputs, [result], **attributes))
    measured.graph.initializer.append(helper.make_tensor("silent", TensorProto.FLOAT, [], [SILENT]))
    chosen, spreads = {node.output[0] for node in nodes}, {}
    for node in model.graph.node:
        measured.graph.node.append(node)
        result = node.output[0]
        if result not in chosen:
            continue
        name = lambda part: f"{result}/{part}"
        last = measured.graph.node[-1]
        last.output[0] = product = name("product")
        if len(node.input) > 2:
            del last.input[2:]
            biased = measured.graph.node.add()
            biased.CopyFrom(node)
            biased.name, biased.output[0] = name("biased"), name("biased")
        if node.input[1] not in spreads:
            add("Mul", [product, product], name("squares"))
            add("ReduceMean", [name("squares")], name("mean"), keepdims=0)
            add("Sqrt", [name("mean")], name("root"))
            add("Max", [name("root"), "silent"], name("spread"))
            spreads[node.input[1]] = name("spread")
        scaled = name("scaled") if len(node.input) > 2 else result
        add("Div", [product, spreads[node.input[1]]], scaled)
        if len(node.input) > 2:
            add("Sub", [name("biased"), product], name("bias"))
            add("Add", [scaled, name("bias")], result)
    measured.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, []) for name in spreads.values())
    return measured, spreads


def livened(model, run, inputs):
    """The model with livelier weights. run(model, inputs) gives a model's outputs by name."""
    result = onnx.ModelProto()
    result.CopyFrom(model)
    nodes = products(result)
    prepare_weights(result, nodes)
    measured, spreads = measuring(result, nodes)
    values = run(measured, inputs)
    for tensor in result.graph.initializer:
        if tensor.name in spreads:
            replace(tensor, numpy_helper.to_array(tensor) / np.maximum(values[spreads[tensor.name]], SILENT))
    return result
