# SPDX-License-Identifier: Apache-2.0
"""Networks without their weights: large f32 constants become notes of their extents and how they are distributed, and
random numbers take their place again where the network is used. For speed and for holding backends against each other
these are as good. Needs the package onnx."""

import json
import math

KEY = "tenon.weights"  # of the model's metadata: where the notes stand
SMALL = 4096  # elements that stay


def constants(graph):
    """Every tensor in a graph that a weight may be, with a name."""
    for tensor in graph.initializer:
        yield tensor.name, tensor
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield f"{node.output[0]}@{attribute.name}", attribute.t
            if attribute.HasField("g"):
                yield from constants(attribute.g)


def strip(source, target):
    import numpy as np
    import onnx

    model = onnx.load(source)
    notes = {}
    for name, tensor in constants(model.graph):
        if tensor.data_type != onnx.TensorProto.FLOAT or math.prod(tensor.dims) <= SMALL:
            continue
        values = onnx.numpy_helper.to_array(tensor)
        notes[name] = [float(np.mean(values)), float(np.std(values))]
        empty = onnx.TensorProto(name=tensor.name, data_type=tensor.data_type, dims=list(tensor.dims))
        tensor.CopyFrom(empty)
    model.metadata_props.add(key=KEY, value=json.dumps(notes))
    onnx.save(model, target)


def fill(source, target):
    """Filters are scaled so that activations neither vanish nor overflow (He et al., 2015)."""
    import numpy as np
    import onnx

    model = onnx.load(source)
    notes = next(json.loads(entry.value) for entry in model.metadata_props if entry.key == KEY)
    random = np.random.default_rng(7)
    for name, tensor in constants(model.graph):
        if name not in notes:
            continue
        dims, (mean, deviation) = list(tensor.dims), notes[name]
        if len(dims) == 4:
            mean, deviation = 0.0, math.sqrt(2 / math.prod(dims[1:]))
        tensor.raw_data = (random.standard_normal(dims, dtype=np.float32) * deviation + mean).astype(np.float32).tobytes()
    kept = [entry for entry in model.metadata_props if entry.key != KEY]
    del model.metadata_props[:]
    model.metadata_props.extend(kept)
    onnx.save(model, target)
