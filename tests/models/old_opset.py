# SPDX-License-Identifier: Apache-2.0
"""Say a model of opset below 7 in opset 7, as far as our models need it: ONNX Runtime runs nothing older.

Before opset 7 the binary operators broadcast their second operand from a named axis, and before 5 Reshape took its
shape as an attribute. onnx's own converter gets the first wrong.
"""

import numpy as np
import onnx
from onnx import helper, numpy_helper

BINARY = ("Add", "Sub", "Mul", "Div", "Pow")


def attributes(node):
    return {a.name: helper.get_attribute_value(a) for a in node.attribute}


def upgrade(model):
    upgraded = onnx.ModelProto()
    upgraded.CopyFrom(model)
    del upgraded.graph.node[:], upgraded.graph.value_info[:]
    shapes = {a.output[0]: list(attributes(a)["value"].dims) for a in model.graph.node if a.op_type == "Constant"}
    shapes |= {tensor.name: list(tensor.dims) for tensor in model.graph.initializer}
    ranks = {v.name: len(v.type.tensor_type.shape.dim) for v in onnx.shape_inference.infer_shapes(model).graph.value_info}
    nodes = upgraded.graph.node

    def add_reshape(source, shape, result):
        name = f"{result}_shape"
        nodes.append(helper.make_node("Constant", [], [name], value=numpy_helper.from_array(np.array(shape, np.int64))))
        nodes.append(helper.make_node("Reshape", [source, name], [result]))

    for original in model.graph.node:
        node = onnx.NodeProto()
        node.CopyFrom(original)
        known = attributes(node)
        if node.op_type == "Reshape" and "shape" in known:
            add_reshape(node.input[0], known["shape"], node.output[0])
            continue
        if node.op_type in BINARY:
            if known.get("broadcast") and "axis" in known:
                shape = shapes[node.input[1]]
                trailing = ranks[node.input[0]] - known["axis"] - len(shape)
                add_reshape(node.input[1], shape + [1] * trailing, f"{node.output[0]}_operand")
                node.input[1] = f"{node.output[0]}_operand"
            del node.attribute[:]
        nodes.append(node)
    upgraded.opset_import[0].version = 7
    return upgraded


def upgraded(model):
    """The model in an opset that ONNX Runtime runs; the model itself if it is in one."""
    version = max((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), default=1)
    return model if version >= 7 else upgrade(model)
