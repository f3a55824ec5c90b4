# SPDX-License-Identifier: Apache-2.0
"""A subset of the tests under compute-sanitizer: accesses out of bounds, and races in shared memory."""

import re
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

# Tool, program, cases.
RUNS = [
    ("memcheck", "conformance_cuda_test", "*Conv_*plain*"),
    ("memcheck", "conformance_cuda_test", "*MatMul*plain*:*Attention*plain*:*Einsum*plain*"),
    ("memcheck", "conformance_cuda_test", "*Softmax*plain*:*Normalization*plain*:*Reduce*plain*:*Pool*plain*"),
    ("memcheck", "conformance_cuda_test", "*TopK*plain*:*Scatter*plain*:*Gather*plain*:*LSTM*plain*:*GRU*plain*:*Resize*plain*"),
    ("memcheck", "cuda_candidates_test", "*Conv3x3Ragged_f16*:*DepthwiseOddChannels_f16*:*LinearRagged_f16*:*AttentionOddHead_f16*"),
    ("racecheck", "conformance_cuda_test", "*Conv_*plain*:*MatMul*plain*:*Attention*plain*:*Softmax*plain*:*TopK*plain*"),
    ("racecheck", "cuda_candidates_test", "*Conv3x3_f16*:*Conv1x1ManyChannels_f16*"),
    ("racecheck", "cuda_candidates_test", "*Linear_f16*:*LinearLong_f16*:*Attention64_f16*:*Depthwise3x3_f16*"),
]


def run(build, tool, program, cases, limit):
    command = ["compute-sanitizer", "--tool", tool, "--error-exitcode", "9", build / "bin" / program, "--gtest_brief=1", f"--gtest_filter={cases}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        return False, f"not done in {limit} s", ""
    text = done.stdout + done.stderr
    summary = re.findall(r"(?:ERROR|RACECHECK) SUMMARY: (.*)", text)
    passed = re.findall(r"\[  PASSED  \] (\d+) test", text)
    return done.returncode == 0 and bool(passed), f"{passed[0] if passed else 0} tests passed; {summary[-1] if summary else f'ended with {done.returncode}'}", text


def check_memory(build, limit=240, log=None):
    """Prints a line for each run; whether all are clean. Side by side: the tools are slow."""
    if not shutil.which("compute-sanitizer"):
        print("compute-sanitizer: not on this machine")
        return True
    start, runs = time.time(), [each for each in RUNS if (build / "bin" / each[1]).exists()]
    with ThreadPoolExecutor(len(runs) or 1) as pool:
        results = list(pool.map(lambda each: run(build, *each, limit), runs))
    for (tool, program, cases), (good, told, _) in zip(runs, results, strict=True):
        print(f"{tool} {program} {cases}: {'clean' if good else 'FAILED'}: {told}", flush=True)
    print(f"compute-sanitizer: {time.time() - start:.0f} s", flush=True)
    if log:
        log.write_text("\n".join(text for _, _, text in results))
    return all(good for good, _, _ in results)
