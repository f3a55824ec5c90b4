# SPDX-License-Identifier: Apache-2.0
"""Hold Tenon against ONNX Runtime and OpenVINO: run.py MODEL.onnx… [--tenon=build/release/bin/tenonexec]

Each network at each batch and thread count: all runners get the same inputs, outputs are compared, then their bursts
are interleaved, and the medians of all runs stand side by side. The ratio is the faster peer's median over Tenon's.
The peers run in f32 (OpenVINO by its precision hint), whatever --tenon-flags ask of Tenon; networks with Q and DQ (quantize.py) run in
integers everywhere, and outputs are compared with what Q and DQ mean one by one (ONNX Runtime without optimizations),
for products of bytes saturate in some peers on some processors. A peer that cannot run a network is named.
Without --tenon the peers run alone.
Needs numpy onnx onnxruntime openvino in its Python. Keep the machine quiet: load beside it is printed, not corrected.
"""

import argparse
import json
import math
import os
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np
import onnx

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "models"))
from model_inputs import make_inputs, model_name

from runners import OnnxRuntime, OpenVino, Tenon

# Largest difference of an output, relative to its largest value.
TOLERANCE = {"f32": 1e-3, "narrow": 5e-2}


def machine():
    info = Path("/proc/cpuinfo").read_text()
    field = lambda key: next((line.split(":", 1)[1].strip() for line in info.splitlines() if line.startswith(key)), "?")
    flags = set(field("flags").split())
    isa = [f for f in ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_bf16") if f in flags]
    return f"{field('model name')} family {field('cpu family')} model {field('model')}, {os.cpu_count()} CPUs, {' '.join(isa)}"


def difference(value, reference):
    value, reference = np.asarray(value, np.float64), np.asarray(reference, np.float64)
    if value.shape != reference.shape or not np.isfinite(value).all():
        return math.inf
    return float(np.abs(value - reference).max(initial=0) / max(np.abs(reference).max(initial=0), 1e-9))


def worst_difference(outputs, reference):
    return max(difference(outputs[name], value) if name in outputs else math.inf for name, value in reference.items())


def measure(runners, rounds, seconds):
    """Medians and minima in ms by runner's name; bursts interleaved, a pause so that idle pools stop spinning."""
    times = {runner.name: [] for runner in runners}
    for runner in runners:
        runner.burst(0)
    for number in range(rounds):
        for runner in runners if number % 2 == 0 else reversed(runners):
            time.sleep(0.02)
            times[runner.name] += runner.burst(seconds)
    return {name: {"median": median(t), "min": min(t), "runs": len(t)} for name, t in times.items()}


def make_runners(args, path, inputs, threads):
    """Runners with their outputs, and why a peer is missing, by its name."""
    runners = [Tenon(args.tenon, path, inputs, threads, args.engines, args.tenon_flags.split())] if args.tenon else []
    found, missing = [(runner, runner.outputs()) for runner in runners], {}
    for peer in (OnnxRuntime, OpenVino):
        try:
            runner = peer(path, inputs, threads)
            found.append((runner, runner.outputs()))
        except Exception as error:
            missing[peer.name] = str(error).strip().splitlines()[-1][:200]
    return found, missing


def is_quantized(path):
    return any(node.op_type == "QuantizeLinear" for node in onnx.load(path, load_external_data=False).graph.node)


def row(args, path, batch, threads):
    inputs = make_inputs(path, batch)
    found, missing = make_runners(args, path, inputs, threads)
    runners, outputs = [runner for runner, _ in found], {runner.name: values for runner, values in found}
    peers = [name for name in outputs if name != "Tenon"]
    if not peers:
        raise RuntimeError(f"no peer runs it: {missing}")
    quantized = is_quantized(path)
    narrow = any(flag in args.tenon_flags for flag in ("--fp16", "--bf16", "--int8", "--best"))
    reference = OnnxRuntime(path, inputs, threads, optimized=False).outputs() if quantized else outputs[peers[0]]
    result = {"network": model_name(path), "batch": batch, "threads": threads, "load": os.getloadavg()[0], "differences": {}, "failed": [], "missing": missing}
    for name, values in outputs.items():
        if values is reference:
            continue
        result["differences"][name] = worst_difference(values, reference)
        if result["differences"][name] > TOLERANCE["narrow" if quantized or (narrow and name == "Tenon") else "f32"]:
            result["failed"].append(name)
    result["times"] = measure(runners, args.rounds, args.seconds)
    result["versions"] = {runner.name: runner.version for runner in runners}
    if args.tenon:
        result["ratio"] = min(result["times"][p]["median"] for p in peers) / result["times"]["Tenon"]["median"]
    return result


def show(result):
    times = {**{name: None for name in result["missing"]}, **result["times"]}
    names = (["Tenon"] if "Tenon" in times else []) + ["ONNX Runtime", "OpenVINO"]
    cells = [f"{t['median']:9.2f} ({t['min']:8.2f})" if (t := times[name]) else "does not run".rjust(20) for name in names]
    ratio = f" | {result['ratio']:5.2f}" if "ratio" in result else ""
    differences = ", ".join(f"{d:.0e}" for d in result["differences"].values())
    missing = "".join(f"  {name}: {why}" for name, why in result["missing"].items())
    failed = f"  OUTPUTS DIFFER: {', '.join(result['failed'])}" if result["failed"] else ""
    print(f"| {result['network']:16} | {result['batch']:5} | {result['threads']:7} | {' | '.join(cells)}{ratio} | {differences} | {result['load']:.1f} |{missing}{failed}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--tenon", type=Path, help="the tenonexec program; without it the peers run alone")
    parser.add_argument("--tenon-flags", default="", help="build flags for Tenon, such as --tenon-flags=--fp16")
    parser.add_argument("--engines", type=Path, default=Path("build/bench/engines"), help="where engines and the timing cache are kept")
    parser.add_argument("--batches", default="1,16")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=1, help="length of one burst")
    parser.add_argument("--json", type=Path, help="write all figures here")
    args = parser.parse_args()
    args.tenon = args.tenon.resolve() if args.tenon else None
    print(f"CPU: {machine()}\nPeers in f32; Tenon {'with ' + args.tenon_flags if args.tenon_flags else 'in f32'}. "
          f"Milliseconds: median (minimum) of {args.rounds} interleaved bursts of {args.seconds} s.")
    names = (["Tenon"] if args.tenon else []) + ["ONNX Runtime", "OpenVINO"]
    print(f"| network | batch | threads | {' | '.join(names)}{' | ratio' if args.tenon else ''} | difference | load |")
    print("|---" * (len(names) + 5 + bool(args.tenon)) + "|")
    results = []
    for path in args.models:
        for batch in map(int, args.batches.split(",")):
            for threads in map(int, args.threads.split(",")):
                try:
                    results.append(row(args, path, batch, threads))
                    show(results[-1])
                except Exception as error:  # a network that fails is a row that says so, never one that is missing
                    results.append({"network": model_name(path), "batch": batch, "threads": threads, "error": str(error)})
                    print(f"| {model_name(path):16} | {batch:5} | {threads:7} | FAILED: {str(error).strip()[-300:]}", flush=True)
    if args.json:
        args.json.write_text(json.dumps({"cpu": machine(), "results": results}, indent=1) + "\n")
    versions = next((r["versions"] for r in results if "versions" in r), {})
    print("Versions: " + ", ".join(f"{name} {version}" for name, version in versions.items()))
    ratios = [r["ratio"] for r in results if "ratio" in r]
    if ratios:
        print(f"Faster peer over Tenon: geometric mean {math.exp(sum(map(math.log, ratios)) / len(ratios)):.3f}, lowest {min(ratios):.3f}, {len(ratios)} rows")
    return 1 if any("error" in r or "Tenon" in r["failed"] for r in results) else 0


if __name__ == "__main__":
    sys.exit(main())
