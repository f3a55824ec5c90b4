# SPDX-License-Identifier: Apache-2.0
"""What a build tells and heeds: shapes that the model needs, values that are extents, effort, and Ctrl-C."""

import importlib.util
import json
import os
import signal
import subprocess
import unittest
from pathlib import Path

from tenonexec import MODEL, PROGRAM, QUICK, TIMEOUT_S, TestCase

STATIC = ["--shapes=input:1x3x32x32", "--skipInference"]
DATA = Path(os.environ.get("TENON_TEST_DATA", "none")) / "models" / "onnx"


class Reading(TestCase):
    @unittest.skipUnless(DATA.is_dir(), "no test data")
    def test_ranks_that_depend_on_shapes(self):
        model = DATA / "silero_vad_16k.onnx"
        self.run_well(f"--onnx={model}", "--shapes=input:1x576,state:2x1x128", *QUICK)
        self.run_badly(f"--onnx={model}", "--minShapes=input:1x512,state:2x1x128", "--maxShapes=input:1x576,state:2x1x128", *QUICK, saying="If")

    @unittest.skipUnless(importlib.util.find_spec("onnx"), "no onnx package")
    def test_values_that_are_extents(self):
        from onnx import TensorProto, helper, save
        nodes = [helper.make_node("ConstantOfShape", ["size"], ["zeros"]), helper.make_node("Add", ["zeros", "x"], ["y"])]
        graph = helper.make_graph(nodes, "filled", [helper.make_tensor_value_info("size", TensorProto.INT64, [2]),
                                                    helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])],
                                  [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, None])])
        model, engine, result = (self.folder / name for name in ("filled.onnx", "filled.engine", "y.json"))
        save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), model)
        self.run_well(f"--onnx={model}", "--minShapes=size:1x1", "--optShapes=size:2x3", "--maxShapes=size:4x5", f"--saveEngine={engine}",
                      "--skipInference")
        for size in ("3x5", "1x1"):
            self.run_well(f"--loadEngine={engine}", f"--shapes=size:{size}", f"--exportOutput={result}", *QUICK)
            self.assertEqual(json.loads(result.read_text())[0]["dimensions"], size)
        self.run_badly(f"--loadEngine={engine}", "--shapes=size:4x6", *QUICK, saying="6")


class Effort(TestCase):
    def explained(self, *arguments):
        return "\n".join(self.run_well(f"--onnx={MODEL}", "--explain", *STATIC, *arguments).info)

    def test_levels(self):
        self.assertNotRegex(self.explained("--builderOptimizationLevel=0"), r"\d us")
        times = [self.explained(f"--builderOptimizationLevel={level}").count(" us") for level in (1, 3)]
        self.assertLess(times[0], times[1])

    def test_reasons_are_those_of_the_operator(self):
        text = self.explained("--builderOptimizationLevel=0", "--memPoolSize=workspace:1B")
        self.assertIn("needs a workspace of", text)
        self.assertNotIn("softmax: no", text)

    def test_interrupted(self):
        cache = self.folder / "times.cache"
        build = subprocess.Popen([PROGRAM, f"--onnx={MODEL}", "--builderOptimizationLevel=5", "--avgTiming=1000", "--verbose",
                                  f"--timingCacheFile={cache}", *STATIC],
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for line in build.stdout:
            if "Tuning: " in line:
                build.send_signal(signal.SIGINT)
                break
        rest, _ = build.communicate(timeout=TIMEOUT_S)
        self.assertEqual(build.returncode, 1, rest[-500:])
        self.assertIn("stopped", rest)
        self.assertTrue(rest.splitlines()[-1].startswith("&&&& FAILED"))
        self.assertRegex(rest, r"Saved [1-9]\d* entries to timing cache file")
        self.assertTrue(cache.is_file())


if __name__ == "__main__":
    unittest.main()
