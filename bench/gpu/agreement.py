# SPDX-License-Identifier: Apache-2.0
"""Whole networks on the GPU against the CPU backend, with the same random inputs."""

import array
import math
import re
import struct
import subprocess
from concurrent.futures import ThreadPoolExecutor

# Largest difference of an output, relative to its largest value.
TOLERANCE = {"noTF32": 1e-3, "fp32": 1e-2, "fp16": 5e-2, "bf16": 2e-1}
FLAGS = {"noTF32": ["--noTF32"], "fp32": [], "fp16": ["--fp16"], "bf16": ["--bf16"]}
# By the type in the name of a file that --dumpRawBindingsToFile writes.
CODES = {"Float": "f", "Double": "d", "Int64": "q", "Int32": "i", "Int16": "h", "Int8": "b", "UInt8": "B", "Bool": "B"}
# Of networks that random numbers in their smallest shapes say nothing of.
SHAPES = {"silero_vad_16k": "input:1x576,state:2x1x128"}
VALUES = {"silero_vad_16k": {"sr": struct.pack("<q", 16000)}}
REFERENCE = ["--backend=cpu", "--duration=0", "--iterations=3", "--builderOptimizationLevel=0"]  # right is enough


def values(path):
    data, kind = path.read_bytes(), path.name.split(".")[-2]
    if kind == "Half":
        return struct.unpack(f"<{len(data) // 2}e", data)
    if kind == "BFloat16":
        return [struct.unpack("<f", b"\0\0" + data[i : i + 2])[0] for i in range(0, len(data), 2)]
    return array.array(CODES[kind], data)


def difference(path, reference):
    if not path.exists():
        return math.inf
    worst = largest = 0.0
    for a, b in zip(values(path), values(reference), strict=True):
        if math.isnan(b) and math.isnan(a):
            continue
        if not math.isfinite(a) and a != b:
            return math.inf
        worst, largest = max(worst, abs(a - b) if a != b else 0), max(largest, abs(b))
    return worst / largest if largest > 0 else worst


def input_flags(name, folder):
    """What tenonexec is told of a network's inputs; their values lie in the folder then."""
    flags = [f"--shapes={SHAPES[name]}"] if name in SHAPES else []
    for input, data in VALUES.get(name, {}).items():
        (folder / f"{input}.values").write_bytes(data)
        flags.append(f"--loadInputs={input}:{input}.values")
    return flags


class Runner:
    def __init__(self, build, limit):
        self.program, self.limit = build / "bin" / "tenonexec", limit

    def run(self, model, folder, flags):
        """Leaves the outputs in the folder; the median ms of the computation and the seconds of the build, or why not."""
        folder.mkdir(parents=True, exist_ok=True)
        command = [self.program, f"--onnx={model}", "--dumpRawBindingsToFile", "--warmUp=100", *input_flags(model.stem, folder), *flags]
        try:
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=self.limit, check=False)
        except subprocess.TimeoutExpired:
            return None, None, f"not done in {self.limit} s"
        (folder / "log").write_text(done.stdout + done.stderr)
        if done.returncode != 0:
            lines = [line for line in (done.stdout + done.stderr).splitlines() if "[E]" in line or "[F]" in line]
            return None, None, re.sub(r"^(\[[^]]*\] )+", "", (lines or [f"ended with {done.returncode}"])[-1])[:160]
        time_of = re.search(r"GPU Compute Time:.*?median = ([\d.]+) ms", done.stdout)
        built = re.search(r"Engine built in ([\d.e+-]+) sec", done.stdout)
        return float(time_of[1]) if time_of else None, float(built[1]) if built else None, ""


def compare(runner, model, precisions, flags, folder):
    """A line of the table for each precision, and whether it agrees."""
    reference = folder / "cpu"
    cpu_ms, _, why = runner.run(model, reference, REFERENCE)
    lines = []
    for precision in precisions:
        place = folder / precision
        gpu_ms, built, why_not = runner.run(model, place, ["--backend=cuda", *FLAGS[precision], *flags])
        if why or why_not:
            lines.append((f"| {model.stem} | {precision} | {'CPU: ' + why if why else why_not} | | | |", False))
            continue
        outputs = sorted(reference.glob("*.output.*.raw"))
        worst = max((difference(place / output.name, output) for output in outputs), default=math.inf)
        agrees = worst <= TOLERANCE[precision]
        lines.append((f"| {model.stem} | {precision} | {'agrees' if agrees else 'DIFFERS'}, {worst:.2g} | {gpu_ms:.3f} | {cpu_ms:.2f} | {built:.1f} |", agrees))
    return lines


def check_networks(build, models, precisions, flags, jobs, limit, folder):
    """Prints a table; whether all agree. With more than one job at a time its times say little."""
    print("| network | precision | against the CPU (largest difference) | GPU, ms | CPU, ms | build, s |\n|---|---|---|---|---|---|", flush=True)
    good = True
    with ThreadPoolExecutor(jobs) as pool:
        tasks = [pool.submit(compare, Runner(build, limit), model, precisions, flags, folder / model.stem) for model in models]
        for task in tasks:
            for line, agrees in task.result():
                print(line, flush=True)
                good = good and agrees
    return good
