# SPDX-License-Identifier: Apache-2.0
"""Runs the program named by TENONEXEC and reads what it says. Standard library only."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

PROGRAM = os.environ["TENONEXEC"]
DIGITS = Path(__file__).resolve().parents[2] / "examples" / "digits"
MODEL = DIGITS / "digits.onnx"
PREPROCESS = "resize=32x32,color=rgb,scale=1/255,mean=0.5:0.5:0.5,std=0.5:0.5:0.5"
QUICK = ["--duration=0", "--warmUp=0", "--iterations=20"]
TIMEOUT_S = 300

LINE = re.compile(r"\[\d\d/\d\d/\d{4}-\d\d:\d\d:\d\d\] \[([FEWIV])\] (.*)")


class Result:
    def __init__(self, completed):
        self.code = completed.returncode
        self.out = completed.stdout.splitlines()
        self.err = completed.stderr.splitlines()

    def lines(self, severity):
        """Texts of the log lines of this severity, without time stamp."""
        found = (LINE.fullmatch(line) for line in self.out + self.err)
        return [match[2] for match in found if match and match[1] == severity]

    @property
    def info(self):
        return self.lines("I")

    @property
    def errors(self):
        return self.lines("E") + self.lines("F")

    def value(self, key):
        """What stands behind 'key: ' in the log."""
        return next(line[len(key) + 2:] for line in self.info if line.startswith(key + ": "))


def run(*arguments, cwd=None, **more):
    completed = subprocess.run([PROGRAM, *map(str, arguments)], cwd=cwd, capture_output=True, text=True,
                               timeout=TIMEOUT_S, check=False, **more)
    return Result(completed)


class TestCase(unittest.TestCase):
    """A test with a folder of its own, `self.folder`."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="tenonexec_"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def run_well(self, *arguments, **more):
        result = run(*arguments, **more)
        self.assertEqual(result.code, 0, "\n".join(result.out[-5:] + result.err))
        self.assertRegex(result.out[0], r"^&&&& RUNNING Tenon\.tenonexec \[Tenon v\d{6}\] # ")
        self.assertRegex(result.out[-1], r"^&&&& PASSED Tenon\.tenonexec \[Tenon v\d{6}\] # ")
        return result

    def run_badly(self, *arguments, saying, **more):
        """The run must end by itself with code 1 and exactly one error line, which holds each text of `saying`."""
        result = run(*arguments, **more)
        self.assertEqual(result.code, 1, "\n".join(result.out[-5:] + result.err))
        self.assertRegex(result.out[-1], r"^&&&& FAILED Tenon\.tenonexec ")
        self.assertEqual(len(result.errors), 1, result.errors)
        for text in [saying] if isinstance(saying, str) else saying:
            self.assertIn(text, result.errors[0])
        return result

    def build(self, *arguments, name="digits.engine"):
        """An engine of the digits example for batches of 1 to 16."""
        engine = self.folder / name
        self.run_well(f"--onnx={MODEL}", "--minShapes=input:1x3x32x32", "--optShapes=input:4x3x32x32",
                      "--maxShapes=input:16x3x32x32", f"--saveEngine={engine}", "--skipInference",
                      f"--timingCacheFile={self.folder / 'times.cache'}", *arguments)
        return engine
