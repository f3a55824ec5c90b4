# SPDX-License-Identifier: Apache-2.0
"""Write single nodes of com.microsoft with ONNX Runtime's results to disk: write_microsoft_cases.py OUTDIR [--filter=TEXT]

The layout is that of write_cases.py: OUTDIR/microsoft/<case>/. A case whose quantized results may be some steps apart has a data.json
that says how many: {"steps": 1}. What ONNX Runtime cannot compute in f16 on its CPU is computed in f32 from the same numbers.
"""

import argparse
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

from microsoft_cases import all_cases

OPSETS = [helper.make_opsetid("", 20), helper.make_opsetid("com.microsoft", 1)]


def value_info(name, array):
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)


def node_of(case):
    inputs = [f"x{i}" if x is not None else "" for i, x in enumerate(case.inputs)]
    outputs = [f"y{i}" if named else "" for i, named in enumerate(case.outputs)]
    return helper.make_node(case.op, inputs, outputs, domain=case.domain, **case.attributes)


def model_of(case, inputs, outputs):
    infos = [value_info(f"x{i}", x) for i, x in enumerate(inputs) if x is not None]
    graph = helper.make_graph([node_of(case)], case.name, infos, outputs)
    return helper.make_model(graph, opset_imports=OPSETS, ir_version=10)


def run(case, inputs):
    """The named outputs, computed by ONNX Runtime with nothing optimized."""
    names = [f"y{i}" for i, named in enumerate(case.outputs) if named]
    model = model_of(case, inputs, [helper.make_empty_tensor_value_info(name) for name in names])
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(names, {f"x{i}": x for i, x in enumerate(inputs) if x is not None})


def as_type(tensors, before, after):
    return [x.astype(after) if x is not None and x.dtype == before else x for x in tensors]


def half_results(case, inputs):
    try:
        return run(case, inputs)
    except Exception:  # no such kernel
        return as_type(run(case, as_type(inputs, np.float16, np.float32)), np.float32, np.float16)


def write_case(folder, case, inputs, outputs):
    data = folder / "test_data_set_0"
    data.mkdir(parents=True)
    names = [f"y{i}" for i, named in enumerate(case.outputs) if named]
    model = model_of(case, inputs, [value_info(name, y) for name, y in zip(names, outputs)])
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    for kind, tensors in (("input", [x for x in inputs if x is not None]), ("output", outputs)):
        for i, tensor in enumerate(tensors):
            (data / f"{kind}_{i}.pb").write_bytes(numpy_helper.from_array(tensor).SerializeToString())
    if case.steps:
        (folder / "data.json").write_text(json.dumps({"steps": case.steps}))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("outdir", type=Path)
    parser.add_argument("--filter", default="", help="only cases whose names have this in them")
    args = parser.parse_args()
    written, failed = 0, 0
    for case in all_cases():
        if args.filter not in case.name:
            continue
        variants = [("", case.inputs, run)]
        if case.half:
            variants.append(("_f16", as_type(case.inputs, np.float32, np.float16), half_results))
        for suffix, inputs, compute in variants:
            folder = args.outdir / "microsoft" / f"{case.name}{suffix}"
            shutil.rmtree(folder, ignore_errors=True)
            try:
                write_case(folder, case, inputs, compute(case, inputs))
                written += 1
            except Exception as error:
                failed += 1
                print(f"{case.name}{suffix}: {error}", file=sys.stderr)
    print(f"microsoft: {written} cases")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
