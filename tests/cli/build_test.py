# SPDX-License-Identifier: Apache-2.0
"""What a build tells and heeds: shapes that the model needs, values that are extents, effort, and Ctrl-C."""

import importlib.util
import json
import os
import signal
import subprocess
import unittest
from pathlib import Path

from tenonexec import DIGITS, MODEL, PROGRAM, QUICK, TIMEOUT_S, TestCase

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


PROTOTXT = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [10, 3, 8, 8] } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param { num_output: 4 kernel_size: 3 } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool" pooling_param { kernel_size: 3 stride: 2 } }
layer { name: "ip" type: "InnerProduct" bottom: "pool" top: "ip" inner_product_param { num_output: 10 } }
layer { name: "prob" type: "Softmax" bottom: "ip" top: "prob" }
"""
MEAN = "channels: 3 height: 1 width: 2 num: 1 data: [1, 2, 3, 4, 5, 6]"


class Caffe(TestCase):
    def setUp(self):
        super().setUp()
        self.net = self.folder / "net.prototxt"
        self.net.write_text(PROTOTXT)

    def outputs(self, *arguments):
        result = self.folder / "outputs.json"
        run = self.run_well(f"--deploy={self.net}", f"--exportOutput={result}", *arguments, *QUICK)
        self.assertIn("random", "\n".join(run.lines("W")))
        return {output["name"]: output["dimensions"] for output in json.loads(result.read_text())}

    def test_outputs_and_batches(self):
        self.assertEqual(self.outputs(), {"prob": "10x10"})
        self.assertEqual(self.outputs("--output=pool,prob", "--maxBatch=8", "--batch=2"), {"pool": "2x4x3x3", "prob": "2x10"})
        self.assertEqual(self.outputs("--output=conv", "--shapes=data:1x3x6x7"), {"conv": "1x4x4x5"})

    def test_mean_image(self):
        mean = self.folder / "mean.binaryproto"
        mean.write_text(MEAN)
        text = "\n".join(self.run_well(f"--deploy={self.net}", f"--preprocess=resize=8x8,mean=@{mean}",
                                      f"--classify={DIGITS / 'test'}", *QUICK).info)
        self.assertIn("mean=1.5:3.5:5.5", text)

    def test_errors(self):
        self.run_badly(f"--deploy={self.net}", "--output=fc8", saying=["'fc8'", "prob"])
        self.net.write_text(PROTOTXT + 'layer { name: "x" type: "Python" bottom: "ip" top: "x" }')
        self.run_badly(f"--deploy={self.net}", saying=["layer 'x' (Python)"])
        self.net.write_text("layer {")
        self.run_badly(f"--deploy={self.net}", saying=["net.prototxt", "line 1"])


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
