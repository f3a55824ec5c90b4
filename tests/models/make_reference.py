# SPDX-License-Identifier: Apache-2.0
"""Run models with ONNX Runtime on seeded inputs and keep both: make_reference.py OUTDIR MODEL… [--batch=N] [--dims=S=64,…]

OUTDIR/<model>/ gets input_<i>.bin and output_<i>.bin (raw little-endian, C order) and index.json:
{"rules": N, "source": path, "model": path, "onnxruntime": version, "batch": N, "dims": {}, "tolerance": x, "inputs": [{"name", "type", "shape",
"file"}], "outputs": [likewise]}. The tolerance bounds an output's largest difference over its largest magnitude.
"model" is what to compare: the source, or, if its random weights let a signal fade so far that an output hardly depends on the inputs
and would prove nothing, OUTDIR/<model>/model.onnx, the source with livelier weights (livened.py). A model of which even then an
output hardly depends on the inputs is refused.
A model whose index.json was made by the same rules from the same source, version, batch, dims and tolerance is left as it is.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

import exact_quantized
import livened
import old_opset
from model_inputs import make_inputs, model_name, tolerance

RULES = 2  # Number of this way of making references.
SMALLEST = 1e-3  # Largest magnitude that an output of floats must have.
MARGIN = 2  # How many times its tolerance an output must change, at least, when the inputs do.


def run(model, inputs):
    """All outputs by name, computed with no operator fused or replaced."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 2
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    runnable = exact_quantized.rewrite(old_opset.upgraded(model)).SerializeToString()
    session = onnxruntime.InferenceSession(runnable, options, providers=["CPUExecutionProvider"])
    return dict(zip([o.name for o in session.get_outputs()], session.run(None, inputs)))


def blind_outputs(outputs, others, allowed):
    """Names of outputs that other inputs leave as they are, or nearly so: a comparison would hold whatever a network computes."""
    blind = []
    for name, value in outputs.items():
        first, second = (np.asarray(side[name], np.float64) for side in (outputs, others))
        if first.shape != second.shape:
            continue
        largest = np.max(np.abs(first), initial=0)
        needed = max(MARGIN * allowed * largest, np.finfo(np.float64).tiny)
        small = value.dtype.kind == "f" and largest < SMALLEST
        if first.size == 0 or small or np.max(np.abs(first - second)) < needed:
            blind.append(name)
    return blind


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
    head = {"rules": RULES, "source": str(Path(path).resolve()), "onnxruntime": onnxruntime.__version__, "batch": batch, "dims": dims, "tolerance": tolerance(path)}
    if index.exists() and {k: json.loads(index.read_text()).get(k) for k in head} == head:
        print(f"{folder.name}: there")
        return
    folder.mkdir(parents=True, exist_ok=True)
    index.unlink(missing_ok=True)
    inputs, others = (make_inputs(path, batch, seed, dims) for seed in (0, 1))
    model, model_path = onnx.load(path), head["source"]
    outputs = run(model, inputs)
    blind = blind_outputs(outputs, run(model, others), tolerance(path))
    if blind:
        model, model_path = livened.livened(model, run, inputs), str((folder / "model.onnx").resolve())
        onnx.save(model, model_path)
        outputs = run(model, inputs)
        blind = blind_outputs(outputs, run(model, others), tolerance(path))
        if blind:
            raise SystemExit(f"{path}: a comparison would prove nothing: {', '.join(blind)} hardly depend on the inputs, even with livelier weights")
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
