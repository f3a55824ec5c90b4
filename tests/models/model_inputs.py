# SPDX-License-Identifier: Apache-2.0
"""Seeded random inputs for a model: shapes from its declarations, dynamic dims and value ranges from cases.json.

An input without a range gets floats in [-1, 1), bools 0 or 1 and integers in [0, 100) (cut to what its type holds). Every dynamic dim
that has no entry is the batch.
"""

import json
from pathlib import Path

import numpy as np
import onnx

CASES = Path(__file__).with_name("cases.json")


def model_name(path):
    """The file's stem; for a folder's model.onnx, the folder's name."""
    path = Path(path).resolve()
    return path.parent.name if path.stem == "model" else path.stem


def case_of(path):
    return json.loads(CASES.read_text()).get(model_name(path), {})


def tolerance(path):
    """Largest difference of an output allowed, relative to its largest magnitude."""
    return case_of(path).get("tolerance", 1e-4)


def declared_inputs(path):
    """(name, NumPy dtype, dims) of each input that is no initializer; a dynamic dim is its symbol or None."""
    graph = onnx.load(path, load_external_data=False).graph
    weights = {tensor.name for tensor in graph.initializer}
    for value in graph.input:
        if value.name not in weights:
            tensor = value.type.tensor_type
            dims = [d.dim_value if d.HasField("dim_value") else d.dim_param or None for d in tensor.shape.dim]
            yield value.name, onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type), dims


def random_values(random, dtype, shape, limits):
    dtype = np.dtype(dtype)
    if dtype == np.bool_:
        return random.integers(0, 2, shape).astype(dtype)
    if dtype.kind in "iu":
        low, high = limits or (0, min(100, np.iinfo(dtype).max))
        return random.integers(low, high, shape).astype(dtype)
    low, high = limits or (-1, 1)
    return np.asarray(random.uniform(low, high, shape)).astype(dtype)


def make_inputs(path, batch=1, seed=0, dims=None):
    """Inputs by name, in the model's order. `dims` overrides sizes of dynamic dims by symbol."""
    case = case_of(path)
    sizes = {**case.get("dims", {}), **(dims or {})}
    random = np.random.default_rng(seed)
    inputs = {}
    for name, dtype, declared in declared_inputs(path):
        shape = [d if isinstance(d, int) else sizes.get(d, batch) for d in declared]
        if name in case.get("values", {}):
            inputs[name] = np.full(shape, case["values"][name], dtype)
        else:
            inputs[name] = random_values(random, dtype, shape, case.get("ranges", {}).get(name))
    return inputs
