# SPDX-License-Identifier: Apache-2.0
"""Run models with ONNX Runtime on seeded inputs and keep both: make_reference.py OUTDIR MODEL… [--batch=N] [--dims=S=64,…]

OUTDIR/<model>/ gets input_<i>.bin and output_<i>.bin (raw little-endian, C order) and index.json:
{"model": path, "onnxruntime": version, "batch": N, "dims": {}, "tolerance": x, "inputs": [{"name", "type", "shape", "file"}],
"outputs": [likewise]}. The tolerance bounds an output's largest difference over its largest magnitude.
A model whose index.json has the same model, version, batch, dims and tolerance is left as it is.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime

import old_opset
from model_inputs import make_inputs, model_name, tolerance


def run(path, inputs):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 2
    # Basic: folding only. What is compared with stays the model as written, Q and DQ unfused.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    # int8 products in 16 bits saturate on CPUs without VNNI; the reference must not.
    options.add_session_config_entry("session.x64quantprecision", "1")
    session = onnxruntime.InferenceSession(old_opset.load(path), options, providers=["CPUExecutionProvider"])
    return dict(zip([o.name for o in session.get_outputs()], session.run(None, inputs)))


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
    head = {"model": str(Path(path).resolve()), "onnxruntime": onnxruntime.__version__, "batch": batch, "dims": dims, "tolerance": tolerance(path)}
    if index.exists() and {k: json.loads(index.read_text()).get(k) for k in head} == head:
        print(f"{folder.name}: there")
        return
    folder.mkdir(parents=True, exist_ok=True)
    index.unlink(missing_ok=True)
    inputs = make_inputs(path, batch, dims=dims)
    outputs = run(path, inputs)
    entries = {"inputs": write(folder, "input", inputs), "outputs": write(folder, "output", outputs)}
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
