# SPDX-License-Identifier: Apache-2.0
"""Build one engine for a range of shapes and compare it with ONNX Runtime at many sizes in between:
sweep_shapes.py MODEL.onnx --tenonexec=FILE --range=N=1:8:32 [--range=S=16:128:384] [--sizes=N=1,2,7,32] [--threads=1]

A range is min:opt:max of a symbol of the model's inputs; a symbol without --sizes is tried at every value of its range. Prints the
largest error of every size relative to the largest magnitude of each output; it must stay below the tolerance of cases.json.
"""

import argparse
import itertools
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime

from model_inputs import declared_inputs, make_inputs, tolerance


def parse_ranges(texts):
    return {name: [int(v) for v in values.split(":")] for name, values in (text.split("=") for text in texts)}


def parse_sizes(texts, ranges):
    sizes = {name: range(low, high + 1) for name, (low, _, high) in ranges.items()}
    sizes.update({name: [int(v) for v in values.split(",")] for name, values in (text.split("=") for text in texts)})
    return sizes


def shapes_text(model, sizes):
    """"input:1x3x224x224,…" at these sizes of the symbols."""
    text = lambda dims: "x".join(str(sizes[d] if isinstance(d, str) else d) for d in dims)
    return ",".join(f"{name}:{text(dims)}" for name, _, dims in declared_inputs(model))


def run(command, folder):
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{result.stdout[-4000:]}{result.stderr[-2000:]}")


def build(args, ranges, folder):
    bounds = {flag: {name: values[i] for name, values in ranges.items()} for i, flag in enumerate(("min", "opt", "max"))}
    shapes = [f"--{flag}Shapes={shapes_text(args.model, sizes)}" for flag, sizes in bounds.items()]
    run([args.tenonexec, f"--onnx={args.model}", *shapes, f"--cpuThreads={args.threads}", "--saveEngine=sweep.engine", "--skipInference"], folder)


def run_engine(args, inputs, sizes, folder):
    """Outputs in the engine's order of names, by name as in the files that tenonexec writes."""
    for old in folder.glob("*.raw"):
        old.unlink()
    for index, value in enumerate(inputs.values()):
        value.tofile(folder / f"{index}.bin")
    loads = ",".join(f"{name}:{index}.bin" for index, name in enumerate(inputs))
    run([args.tenonexec, "--loadEngine=sweep.engine", f"--shapes={shapes_text(args.model, sizes)}", f"--loadInputs={loads}", "--iterations=1",
         "--duration=0", "--warmUp=0", "--dumpRawBindingsToFile"], folder)


def error_of(folder, name, expected):
    file = next(folder.glob(f"{name}.output.{'.'.join(map(str, expected.shape))}.*.raw"), None)
    if file is None:
        return float("inf")
    result = np.fromfile(file, expected.dtype).reshape(expected.shape).astype(np.float64)
    return float(np.abs(result - expected).max() / max(np.abs(expected).max(), 1e-30))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=lambda text: Path(text).resolve())
    parser.add_argument("--tenonexec", type=lambda text: Path(text).resolve(), required=True)
    parser.add_argument("--range", action="append", required=True)
    parser.add_argument("--sizes", action="append", default=[])
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    ranges = parse_ranges(args.range)
    sizes = parse_sizes(args.sizes, ranges)
    session = onnxruntime.InferenceSession(str(args.model), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    failed = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        build(args, ranges, folder)
        for values in itertools.product(*sizes.values()):
            point = dict(zip(sizes, values))
            inputs = make_inputs(args.model, dims=point)
            run_engine(args, inputs, point, folder)
            error = max(error_of(folder, name, value) for name, value in zip(names, session.run(None, inputs)))
            good = error <= tolerance(args.model)
            failed += not good
            print(f"{'passed' if good else 'FAILED'} {' '.join(f'{k}={v}' for k, v in point.items())}: error {error:.2g}", flush=True)
    print(f"{args.model.stem}: {failed} sizes failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
