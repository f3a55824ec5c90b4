# SPDX-License-Identifier: Apache-2.0
"""Say quantized operators (QLinearConv, QLinearMatMul, com.microsoft's QLinear…) as DequantizeLinear -> f32 operator -> QuantizeLinear.

Their integer kernels in ONNX Runtime are no reference everywhere: on CPUs without VNNI a product of u8 and s8 saturates in
16 bits. In f32 the same model has no integer product that could; what is left is f32's rounding, which moves a value across
a rounding boundary of the quantization at most. Weights and biases are dequantized here (DequantizeLinear knows no
axis before opset 13), so operands whose scale is no scalar must be initializers.
"""

import numpy as np
import onnx
from onnx import helper, numpy_helper

F32_OPERATOR = {
    "QLinearConv": "Conv",
    "QLinearMatMul": "MatMul",
    "QLinearAdd": "Add",
    "QLinearMul": "Mul",
    "QLinearConcat": "Concat",
    "QLinearGlobalAveragePool": "GlobalAveragePool",
}


def along(vector, rank, axis):
    """A scale or zero point as it broadcasts over a tensor: a scalar as it is, a vector along the axis."""
    return vector.reshape([-1 if d == axis % rank else 1 for d in range(rank)]) if vector.size > 1 else vector.reshape(())


class Rewriter:
    def __init__(self, model):
        self.constants = {tensor.name: tensor for tensor in model.graph.initializer}
        self.nodes = []

    def constant(self, name):
        return numpy_helper.to_array(self.constants[name])

    def add(self, operator, inputs, result, **attributes):
        self.nodes.append(helper.make_node(operator, inputs, [result], **attributes))
        return result

    def keep(self, result, values):
        value = numpy_helper.from_array(np.asarray(values, np.float32))
        return self.add("Constant", [], result, value=value)

    def dequantize(self, result, operand, axis=0):
        name, scale, zero = operand
        if name not in self.constants:
            return self.add("DequantizeLinear", operand, result)
        values = self.constant(name).astype(np.int64)
        zeros = self.constant(zero).astype(np.int64) if zero else np.int64(0)
        scales = self.constant(scale)
        return self.keep(result, (values - along(zeros, values.ndim, axis)) * along(scales, values.ndim, axis))

    def operands(self, node):
        """The f32 operands of a node, and its output's scale and zero point."""
        names, prefix = list(node.input), node.output[0]
        if node.op_type == "QLinearConcat":
            triples, quantization = [names[i : i + 3] for i in range(2, len(names), 3)], names[:2]
        elif node.op_type == "QLinearGlobalAveragePool":
            triples, quantization = [names[:3]], names[3:5]
        else:
            triples, quantization = [names[:3], names[3:6]], names[6:8]
        axis = -1 if node.op_type == "QLinearMatMul" else 0
        operands = [self.dequantize(f"{prefix}_operand_{i}", t, axis) for i, t in enumerate(triples)]
        if node.op_type == "QLinearConv" and len(names) > 8:
            scales = self.constant(names[1]).astype(np.float64) * self.constant(names[4])
            operands.append(self.keep(f"{prefix}_bias", self.constant(names[8]) * scales))
        return operands, quantization

    def rewrite(self, node):
        channels_last = any(a.name == "channels_last" and a.i for a in node.attribute)
        if node.op_type not in F32_OPERATOR or channels_last:
            self.nodes.append(node)
            return
        operands, quantization = self.operands(node)
        result = self.add(F32_OPERATOR[node.op_type], operands, f"{node.output[0]}_f32")
        self.nodes[-1].attribute.extend(a for a in node.attribute if a.name != "channels_last")
        self.add("QuantizeLinear", [result, *quantization], node.output[0])


def rewrite(model):
    """The model with its quantized operators in f32; the model itself if it has none."""
    if not any(node.op_type in F32_OPERATOR for node in model.graph.node):
        return model
    rewriter = Rewriter(model)
    for node in model.graph.node:
        rewriter.rewrite(node)
    exact = onnx.ModelProto()
    exact.CopyFrom(model)
    del exact.graph.node[:], exact.graph.value_info[:]
    exact.graph.node.extend(rewriter.nodes)
    return exact
