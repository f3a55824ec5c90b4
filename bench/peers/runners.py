# SPDX-License-Identifier: Apache-2.0
"""Tenon and its peers behind one small interface: outputs() by name, and burst(seconds) -> milliseconds of each run.

Every runner gets fixed shapes and may use what it knows of them; inputs lie in place before the clock starts.
"""

import json
import re
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np


def timed(run, seconds):
    times = []
    end = time.perf_counter() + seconds
    while True:
        start = time.perf_counter()
        run()
        stop = time.perf_counter()
        times.append((stop - start) * 1e3)
        if stop >= end:
            return times


class OnnxRuntime:
    name = "ONNX Runtime"

    def __init__(self, path, inputs, threads, optimized=True):
        import onnx
        import onnxruntime

        self.version = onnxruntime.__version__
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = threads
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        if not optimized:
            options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        for value in onnx.load(path, load_external_data=False).graph.input:
            if value.name in inputs:
                for dim, size in zip(value.type.tensor_type.shape.dim, inputs[value.name].shape):
                    if dim.dim_param:
                        options.add_free_dimension_override_by_name(dim.dim_param, size)
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.inputs = inputs
        self.names = [o.name for o in self.session.get_outputs()]
        self.binding = self.session.io_binding()
        for name, value in inputs.items():
            self.binding.bind_cpu_input(name, value)
        for name, value in self.outputs().items():
            self.binding.bind_ortvalue_output(name, onnxruntime.OrtValue.ortvalue_from_numpy(value))

    def outputs(self):
        return dict(zip(self.names, self.session.run(None, self.inputs)))

    def burst(self, seconds):
        return timed(lambda: self.session.run_with_iobinding(self.binding), seconds)


class OpenVino:
    name = "OpenVINO"

    def __init__(self, path, inputs, threads, precision="f32"):
        import openvino

        self.version = openvino.__version__.split("-")[0]
        core = openvino.Core()
        model = core.read_model(str(path))
        model.reshape({name: openvino.PartialShape(list(value.shape)) for name, value in inputs.items()})
        config = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads}
        if precision:
            config["INFERENCE_PRECISION_HINT"] = precision
        self.request = core.compile_model(model, "CPU", config).create_infer_request()
        self.names = [output.get_any_name() for output in model.outputs]
        self.tensors = {name: openvino.Tensor(value) for name, value in inputs.items()}
        for name, tensor in self.tensors.items():
            self.request.set_tensor(name, tensor)

    def outputs(self):
        self.request.infer()
        return {name: self.request.get_tensor(name).data.copy() for name in self.names}

    def burst(self, seconds):
        return timed(self.request.infer, seconds)


class Tenon:
    """Our program, one process a burst: its own clock (--exportTimes) says how long each run took."""

    name = "Tenon"

    def __init__(self, program, path, inputs, threads, engines, flags=()):
        self.program = str(program)
        self.folder = tempfile.TemporaryDirectory(prefix="tenon_bench_")
        self.threads = f"--cpuThreads={threads}"
        shapes = ",".join(f"{name}:{'x'.join(map(str, v.shape)) or 'scalar'}" for name, v in inputs.items())
        tag = "_".join([Path(path).stem, *(f.strip("-") for f in flags), *(str(v.shape[0]) for v in inputs.values() if v.ndim), str(threads)])
        self.engine = Path(engines).resolve() / f"{tag}.engine"
        self.engine.parent.mkdir(parents=True, exist_ok=True)
        fixed = [f"--{kind}Shapes={shapes}" for kind in ("min", "opt", "max")] if has_dynamic_input(path, inputs) else []
        self.version = re.search(r"\[Tenon (\S+?)\]|$", self.run("--help"))[1] or "?"
        if not self.engine.exists() or self.engine.stat().st_mtime < Path(program).stat().st_mtime:
            cache = f"--timingCacheFile={self.engine.parent / 'timing.cache'}"
            self.run(f"--onnx={Path(path).resolve()}", f"--saveEngine={self.engine}", "--skipInference", cache, "--backend=cpu", self.threads, *fixed, *flags)
        self.load = []
        for number, (name, value) in enumerate(inputs.items()):
            file = Path(self.folder.name) / f"input_{number}.bin"
            file.write_bytes(value.tobytes())
            self.load.append(f"{name}:{file}")

    def run(self, *arguments):
        done = subprocess.run([self.program, *arguments], cwd=self.folder.name, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise RuntimeError(f"{self.program} {' '.join(arguments)}: exit {done.returncode}\n{(done.stdout + done.stderr)[-2000:]}")
        return done.stdout

    def infer(self, *arguments):
        self.run(f"--loadEngine={self.engine}", self.threads, f"--loadInputs={','.join(self.load)}", "--noDataTransfers", *arguments)

    def outputs(self):
        self.infer("--iterations=1", "--duration=0", "--warmUp=0", "--dumpRawBindingsToFile")
        found = {}
        for file in Path(self.folder.name).glob("*.output.*.raw"):
            name, shape, dtype = file.name[: -len(".raw")].split(".output.")[0], *file.name[: -len(".raw")].split(".output.")[1].rsplit(".", 1)
            numpy_type = {"float": "float32", "fp32": "float32", "half": "float16", "fp16": "float16"}.get(dtype.lower(), dtype.lower())
            found[name] = np.fromfile(file, numpy_type).reshape([int(d) for d in shape.split(".") if d])
            file.unlink()
        return found

    def burst(self, seconds):
        times = Path(self.folder.name) / "times.json"
        self.infer("--iterations=1", f"--duration={seconds}", "--warmUp=50", f"--exportTimes={times}")
        return [query["computeMs"] for query in json.loads(times.read_text())]


def has_dynamic_input(path, inputs):
    import onnx

    graph = onnx.load(path, load_external_data=False).graph
    dims = [d for value in graph.input if value.name in inputs for d in value.type.tensor_type.shape.dim]
    return any(not d.HasField("dim_value") for d in dims)
