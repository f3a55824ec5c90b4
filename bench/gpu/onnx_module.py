# SPDX-License-Identifier: Apache-2.0
"""An ONNX file as a PyTorch module, for networks of which PyTorch has no own: convolutional ones with static extents.
What does not depend on the data (shape arithmetic, grids) is computed once, by ONNX Runtime."""

import numpy as np
import onnx
import onnxruntime
import torch
import torch.nn.functional as F


def attributes_of(node):
    return {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}


def spatial(pads, rank):
    if pads[:rank] != pads[rank:]:
        raise NotImplementedError("uneven pads")
    return pads[:rank]


def conv(a, x, weight, bias=None):
    rank = weight.dim() - 2
    function = (F.conv1d, F.conv2d, F.conv3d)[rank - 1]
    return function(x, weight, bias, a.get("strides", 1), spatial(a.get("pads", [0] * 2 * rank), rank), a.get("dilations", 1), a.get("group", 1))


def max_pool(a, x):
    rank = x.dim() - 2
    return F.max_pool2d(x, a["kernel_shape"], a.get("strides"), spatial(a.get("pads", [0] * 2 * rank), rank), ceil_mode=bool(a.get("ceil_mode", 0)))


def resize(a, x, roi=None, scales=None, sizes=None):
    if a.get("mode", b"nearest") != b"nearest" or scales is None:
        raise NotImplementedError("Resize other than nearest by factors")
    return F.interpolate(x, scale_factor=scales[2:], mode="nearest")


def gemm(a, x, weight, bias=None):
    return F.linear(x, weight if a.get("transB") else weight.t(), bias)


OPERATORS = {
    "Conv": conv,
    "MaxPool": max_pool,
    "Resize": resize,
    "Gemm": gemm,
    "Relu": lambda a, x: F.relu(x),
    "Sigmoid": lambda a, x: torch.sigmoid(x),
    "Clip": lambda a, x, low, high: torch.clamp(x, low, high),
    "Add": lambda a, x, y: x + y,
    "Sub": lambda a, x, y: x - y,
    "Mul": lambda a, x, y: x * y,
    "Pow": lambda a, x, y: torch.pow(x, y),
    "Identity": lambda a, x: x,
    "Concat": lambda a, *x: torch.cat(x, a["axis"]),
    "Split": lambda a, x, sizes: torch.split(x, sizes, a.get("axis", 0)),
    "Reshape": lambda a, x, shape: x.reshape(shape),
    "Transpose": lambda a, x: x.permute(a["perm"]),
    "Flatten": lambda a, x: x.flatten(a.get("axis", 1)),
    "GlobalAveragePool": lambda a, x: x.mean((2, 3), keepdim=True),
}


class OnnxModule(torch.nn.Module):
    """`inputs`: NumPy arrays by name, of the extents that it is for."""

    def __init__(self, path, inputs):
        super().__init__()
        model = onnx.load(path)
        self.inputs, self.outputs = list(inputs), [output.name for output in model.graph.output]
        varying, self.steps = set(inputs), []
        for node in model.graph.node:
            if node.op_type != "Shape" and varying.intersection(node.input):
                if node.op_type not in OPERATORS:
                    raise NotImplementedError(f"operator {node.op_type}")
                varying.update(node.output)
                self.steps.append(node)
        constants = self._constants(model, inputs, varying)
        self.places = {}
        for name, value in constants.items():
            if value.dtype.kind == "f" and value.ndim > 0 and not self._is_argument(name):
                self.places[name] = f"constant{len(self.places)}"
                self.register_buffer(self.places[name], torch.from_numpy(np.array(value)))
        self.numbers = {name: value.tolist() for name, value in constants.items() if name not in self.places}
        self.steps = [(OPERATORS[n.op_type], attributes_of(n), list(n.input), list(n.output)) for n in self.steps]

    def _is_argument(self, name):
        return any(name in node.input[1:] for node in self.steps if node.op_type in ("Resize", "Reshape", "Split"))

    def _constants(self, model, inputs, varying):
        values = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
        wanted = {name for node in self.steps for name in node.input if name and name not in varying and name not in values}
        del model.graph.output[:]
        model.graph.output.extend(onnx.helper.make_empty_tensor_value_info(name) for name in sorted(wanted))
        if wanted:
            session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
            values |= dict(zip(sorted(wanted), session.run(None, inputs), strict=True))
        return {name: value for name, value in values.items() if any(name in node.input for node in self.steps)}

    def _value(self, values, name):
        if name in values:
            return values[name]
        return getattr(self, self.places[name]) if name in self.places else self.numbers.get(name)

    def forward(self, *inputs):
        values = dict(zip(self.inputs, inputs, strict=True))
        for function, attributes, sources, targets in self.steps:
            result = function(attributes, *[self._value(values, name) for name in sources])
            values.update(zip(targets, result if isinstance(result, tuple) else (result,), strict=True))
        return tuple(values[name] for name in self.outputs)
