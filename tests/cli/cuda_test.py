# SPDX-License-Identifier: Apache-2.0
"""Engines for a GPU, on a driver that does nothing (tests/cuda/fake_driver): what is told, and what goes wrong."""

import json
import os
import re
import shutil
import tempfile
import unittest
from pathlib import Path

import tenonexec
from tenonexec import MODEL, QUICK

DRIVER = os.environ.get("FAKE_CUDA", "")


class Cuda(tenonexec.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = Path(tempfile.mkdtemp(prefix="tenonexec_"))
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        cls.engine = folder / "digits.engine"
        built = tenonexec.run(f"--onnx={MODEL}", "--backend=cuda", "--shapes=input:4x3x32x32", "--skipInference", "--explain",
                              "--builderOptimizationLevel=0", "--profilingVerbosity=detailed",
                              f"--saveEngine={cls.engine}", env=cls.driver())
        if any("libnvrtc" in line for line in built.errors):
            raise unittest.SkipTest(built.errors[0])
        if built.code != 0:
            raise AssertionError("\n".join(built.out[-5:] + built.err))
        cls.explained = built.info

    @staticmethod
    def driver(**settings):
        return {**os.environ, "LD_LIBRARY_PATH": DRIVER, **{key: str(value) for key, value in settings.items()}}

    def measure(self, *flags):
        return self.run_well(f"--loadEngine={self.engine}", *QUICK, *flags, env=self.driver())

    def run_engine_badly(self, *flags, saying, **settings):
        self.run_badly(f"--loadEngine={self.engine}", *QUICK, *flags, saying=saying, env=self.driver(**settings))

    def test_ways_to_run(self):
        for flags in ([], ["--exposeDMA"], ["--noDataTransfers"], ["--useManagedMemory"], ["--useSpinWait"], ["--infStreams=2"],
                      ["--infStreams=2", "--threads"], ["--idleTime=1", "--sleepTime=1"], ["--debugSync"],
                      ["--dumpProfile"], ["--dumpProfile", "--separateProfileRun"]):
            with self.subTest(flags=flags):
                result = self.measure(*flags)
                self.assertIn("Timing trace has 20 queries" if "--infStreams=2" not in flags else "Timing trace has 40 queries",
                              " ".join(result.info))
                self.assertRegex(result.value("Start-up"), r"^engine loaded in .* s, contexts made in .* s, first run done in .* s$")

    def test_memory_is_what_weights_activations_and_bindings_take(self):
        memory = r"^GPU ([\d.]+) MiB \(weights ([\d.]+), activations and workspace ([\d.]+), inputs and outputs ([\d.]+), else (-?[\d.]+)\), host [\d.]+ MiB$"
        parts = {}
        for streams in (1, 2):
            text = self.measure(f"--infStreams={streams}").value("Memory since before loading")
            self.assertRegex(text, memory)
            parts[streams] = [float(part) for part in re.match(memory, text).groups()]
            self.assertGreater(parts[streams][1], 0)
            self.assertLess(abs(parts[streams][4]), 0.06)  # the driver takes nothing for itself
        self.assertEqual(parts[1][1], parts[2][1])

    def test_layers_tell_how_they_are_launched(self):
        file = self.folder / "layers.json"
        result = self.run_well(f"--loadEngine={self.engine}", "--skipInference", "--dumpLayerInfo", f"--exportLayerInfo={file}",
                               env=self.driver())
        needs = "a GPU of architecture sm_90 and the NVIDIA driver alone"
        self.assertEqual(result.value("Needs to run"), needs)
        launched = [line for line in result.info if ", kernel cuda.launch, " in line]
        self.assertGreater(len(launched), 3)
        for line in launched:
            self.assertRegex(line, r", function \w+, grid \d+x\d+x\d+, block \d+x\d+x\d+.*, on the device$")
        layers = json.loads(file.read_text())
        self.assertEqual(layers["Needs"], needs)
        self.assertTrue(all(layer["RunsOn"] == "Device" and layer["MinGrid"] == layer["MaxGrid"] for layer in layers["Layers"]))

    def test_the_report_tells_what_the_host_does(self):
        self.assertIn("the host runs no step, and nothing is copied to it or from it", self.explained)

    def test_no_such_device(self):
        self.run_engine_badly("--device=3", saying="there is no CUDA device 3: this machine has 1")

    def test_no_device(self):
        self.run_engine_badly("--backend=cuda", saying="there is no CUDA device to be used: CUDA_ERROR_NO_DEVICE", FAKE_CUDA_DEVICES=0)

    def test_no_driver(self):
        nothing = self.folder / "nothing"
        nothing.mkdir()
        for name in ("libcuda.so.1", "libcuda.so"):
            (nothing / name).touch()  # found first, and no library
        environment = {**os.environ, "LD_LIBRARY_PATH": str(nothing)}
        for flags in ([f"--loadEngine={self.engine}", *QUICK], [f"--onnx={MODEL}", "--backend=cuda", "--skipInference"]):
            self.run_badly(*flags, saying="there is no CUDA device to be used: no NVIDIA driver", env=environment)
        result = self.run_well(f"--onnx={MODEL}", "--skipInference", "--builderOptimizationLevel=0", env=environment)
        self.assertTrue(any(line.startswith("Backend: cpu; there is no CUDA device to be used: ") for line in result.info), result.info)

    def test_another_architecture(self):
        self.run_engine_badly(saying=["the engine is for CUDA devices of architecture sm_90; device 0 (Fake GPU) is sm_80",
                          "build it again, here or with --targetArch=sm_80"], FAKE_CUDA_ARCH=80)

    def test_a_driver_older_than_the_compiler(self):
        self.run_engine_badly(saying=["CUDA_ERROR_UNSUPPORTED_PTX_VERSION", "a newer driver"], FAKE_CUDA_FAIL="cuModuleLoadData=222")

    def test_memory(self):
        for call, purpose in ((0, "weights"), (1, "activations and workspace"), (2, "inputs and outputs")):
            with self.subTest(purpose=purpose):
                self.run_engine_badly(saying=[f"MiB for {purpose}", "MiB are free", "would help"], FAKE_CUDA_FAIL=f"cuMemAlloc=2@{call}")
        self.run_engine_badly(saying=["launching a graph: CUDA_ERROR_OUT_OF_MEMORY", "MiB are free"], FAKE_CUDA_FAIL="cuGraphLaunch=2")

    def tune(self, *flags, **settings):
        """Measures the first two ways of each layer."""
        return (f"--onnx={MODEL}", "--backend=cuda", "--shapes=input:4x3x32x32", "--skipInference", "--explain",
                "--tacticSources=-CUBLAS_LT,-CUDNN", "--builderOptimizationLevel=1", f"--timingCacheFile={self.folder / 'times.cache'}", *flags), self.driver(**settings)

    def test_memory_for_one_way_at_a_time(self):
        flags, environment = self.tune(FAKE_CUDA_FAIL="cuGraphInstantiateWithFlags=2@0-0")
        self.assertEqual(self.run_well(*flags, env=environment).lines("W"), [])

    def test_no_memory_for_one_way(self):
        flags, environment = self.tune(FAKE_CUDA_FAIL="cuGraphInstantiateWithFlags=2@0-1")
        short = self.run_well(*flags, env=environment)
        self.assertEqual(len(short.lines("W")), 1)
        self.assertRegex(short.lines("W")[0], r"^\[TN\] layer '.+': .+ is left out: .*instantiating a graph: CUDA_ERROR_OUT_OF_MEMORY.*would help$")
        self.assertEqual(sum(": no, device 0 (Fake GPU): instantiating a graph" in line for line in short.info), 1)
        flags, environment = self.tune()
        again = self.run_well(*flags, env=environment)  # what was not measured is measured now
        entries = [int(re.search(r"Saved (\d+) entries", "\n".join(result.info))[1]) for result in (short, again)]
        self.assertEqual(entries[1], entries[0] + 1)

    def test_a_way_that_the_device_refuses(self):
        for refusal in ("CUDA_ERROR_INVALID_VALUE", "it could not be run when it was measured"):
            flags, environment = self.tune(FAKE_CUDA_FAIL="cuGraphInstantiateWithFlags=1@0-0")
            told = self.run_well(*flags, env=environment)
            self.assertEqual(sum(": no, " in line and refusal in line for line in told.info), 1)

    def test_no_way_can_be_measured(self):
        flags, environment = self.tune(FAKE_CUDA_FAIL="cuMemAlloc=2")
        self.run_badly(*flags, saying=["layer '", "cannot be run", "MiB for ", "would help"], env=environment)

    def test_a_kernel_that_fails_while_it_is_measured(self):
        flags, environment = self.tune(FAKE_CUDA_FAIL="cuStreamSynchronize=700@2")
        self.run_badly(*flags, saying=["layer '", "running kernels: CUDA_ERROR_ILLEGAL_ADDRESS"], env=environment)

    def test_a_kernel_that_fails(self):
        self.run_engine_badly(saying=["a kernel failed with CUDA_ERROR_ILLEGAL_ADDRESS", "--debugSync"], FAKE_CUDA_FAIL="cuEventSynchronize=700@3")
        self.run_engine_badly("--debugSync", saying=["step '", "running kernels: CUDA_ERROR_ILLEGAL_ADDRESS"],
                  FAKE_CUDA_FAIL="cuEventSynchronize=700@3")


if __name__ == "__main__":
    unittest.main()
