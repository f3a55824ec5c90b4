# SPDX-License-Identifier: Apache-2.0
"""Run models with ONNX Runtime on seeded inputs and keep both: make_reference.py OUTDIR MODEL… [--batch=N] [--dims=S=64,…]

OUTDIR/<model>/ gets input_<i>.bin and output_<i>.bin (raw little-endian, C order) and index.json:
{"source": path, "model": path, "onnxruntime": version, "batch": N, "dims": {}, "tolerance": x, "inputs": [{"name", "type", "shape",
"file"}], "outputs": [likewise]}. The tolerance bounds an output's largest difference over its largest magnitude.
"model" is what to compare: the source, or, if its outputs hardly vary (random weights may do that) and would prove nothing,
OUTDIR/<model>/model.onnx, which is the source with its last inner tensor that varies as a further output.
A model whose index.json has the same source, version, batch, dims and tolerance is left as it is.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

import exact_quantized
import old_opset
from model_inputs import make_inputs, model_name, tolerance

VARIATION = 1e-3  # What the values of an output must differ by, for one output at least.


def run(model, inputs):
    """All outputs by name, computed with no operator fused or replaced."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 2
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    runnable = exact_quantized.rewrite(old_opset.upgraded(model)).SerializeToString()
    session = onnxruntime.InferenceSession(runnable, options, providers=["CPUExecutionProvider"])
    return dict(zip([o.name for o in session.get_outputs()], session.run(None, inputs)))


def varies(value):
    return value.size > 0 and np.ptp(value.astype(np.float64)) >= VARIATION


def with_outputs(model, names):
    extended = onnx.ModelProto()
    extended.CopyFrom(model)
    extended.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names)
    return extended


def with_varying_output(model, inputs):
    """The model with the last f32 operand of a Conv, Gemm or MatMul that varies as a further output."""
    given = {value.name for value in [*model.graph.input, *model.graph.initializer, *model.graph.output]}
    products = [node.input[0] for node in model.graph.node if node.op_type in ("Conv", "Gemm", "MatMul")]
    inner = [name for name in dict.fromkeys(reversed(products)) if name not in given]
    values = run(with_outputs(model, inner), inputs)
    chosen = next((name for name in inner if varies(values[name])), None)
    return with_outputs(model, [chosen]) if chosen else model


def write(folder, stem, tensors):
    entries = []
    for index, (name, value) in enumerate(tensors.items()):
        file = f"{stem}_{index}.bin"
        value = np.asarray(value)
        (folder / file).write_bytes(value.astype(value.dtype.newbyteorder("<")).tobytes())
        entries.append({"name": name, "type": value.dtype.name, "shape": list(value.shape), "file": file})
    return entries


def make_reference(path, out, batch, dims):
    folder = out / model_name(path)
    index = folder / "index.json"
    head = {"source": str(Path(path).resolve()), "onnxruntime": onnxruntime.__version__, "batch": batch, "dims": dims, "tolerance": tolerance(path)}
    if index.exists() and {k: json.loads(index.read_text()).get(k) for k in head} == head:
        print(f"{folder.name}: there")
        return
    folder.mkdir(parents=True, exist_ok=True)
    index.unlink(missing_ok=True)
    inputs = make_inputs(path, batch, dims=dims)
    model, model_path = onnx.load(path), head["source"]
    outputs = run(model, inputs)
    if not any(varies(value) for value in outputs.values()):
        model, model_path = with_varying_output(model, inputs), str((folder / "model.onnx").resolve())
        onnx.save(model, model_path)
        outputs = run(model, inputs)
    entries = {"model": model_path, "inputs": write(folder, "input", inputs), "outputs": write(folder, "output", outputs)}
    index.write_text(json.dumps({**head, **entries}, indent=1) + "\n")
    show = lambda side: ", ".join(f"{e['name']} {e['type']} {e['shape']}" for e in entries[side])
    print(f"{folder.name}: {show('inputs')} -> {show('outputs')}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("outdir", type=Path)
    parser.add_argument("models", nargs="+", help="ONNX files")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--dims", default="", help="sizes of dynamic dims by symbol: S=64,N=2")
    args = parser.parse_args()
    dims = {name: int(size) for name, size in (pair.split("=") for pair in args.dims.split(",") if pair)}
    for path in args.models:
        make_reference(path, args.outdir, args.batch, dims)
    return 0


if __name__ == "__main__":
    sys.exit(main())
