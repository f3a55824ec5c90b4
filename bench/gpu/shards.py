# SPDX-License-Identifier: Apache-2.0
"""Test programs in as many processes as there are processors."""

import os
import re
import subprocess
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor


def run_shard(program, index, count, arguments, limit):
    environment = os.environ | {"GTEST_TOTAL_SHARDS": str(count), "GTEST_SHARD_INDEX": str(index)}
    try:
        done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=limit, env=environment, check=False)
        return done.returncode, done.stdout + done.stderr
    except subprocess.TimeoutExpired as late:
        return 124, (late.stdout or b"").decode(errors="replace") + f"\nshard {index} not done in {limit} s"


def run_tests(program, arguments=(), limit=300, log=None):
    """Prints one line and the names of what failed; whether all passed. Everything that was printed goes to `log`."""
    if not program.exists():
        print(f"{program.name}: not in this build", flush=True)
        return True
    start, count = time.time(), os.cpu_count() or 1
    with ThreadPoolExecutor(count) as pool:
        shards = list(pool.map(lambda i: run_shard(program, i, count, ["--gtest_brief=1", *arguments], limit), range(count)))
    text = "\n".join(output for _, output in shards)
    if log:
        log.write_text(text)
    counts = Counter()
    for state, number in re.findall(r"^\[  (PASSED|SKIPPED) *\] (\d+) test", text, re.MULTILINE):
        counts[state.lower()] += int(number)
    failed = sorted(set(re.findall(r"\[  FAILED  \] (\S+/\S+|\S+\.\S+)", text)))
    broken = [code for code, _ in shards if code not in (0, 1)]
    good = not failed and not any(code for code, _ in shards) and counts["passed"] > 0
    told = ", ".join(f"{number} {state}" for state, number in sorted(counts.items())) or "nothing ran"
    print(f"{program.name}: {'passed' if good else 'FAILED'} in {time.time() - start:.0f} s: {told}, {len(failed)} failed"
          + (f"; processes ended with {broken}" if broken else ""), flush=True)
    for name in failed:
        print(f"  failed: {name.rstrip(',')}", flush=True)
    return good
