# SPDX-License-Identifier: Apache-2.0
"""Building, loading and measuring: the log, the performance summary and the JSON files."""

import json
import re
import struct
import unittest

from tenonexec import DIGITS, MODEL, PREPROCESS, QUICK, TestCase

METRIC = (r"min = [\d.e+-]+ ms, max = [\d.e+-]+ ms, mean = [\d.e+-]+ ms, median = [\d.e+-]+ ms, "
          r"percentile\(90%\) = [\d.e+-]+ ms, percentile\(95%\) = [\d.e+-]+ ms, percentile\(99%\) = [\d.e+-]+ ms")
SECTIONS = ["Model Options", "Build Options", "System Options", "Inference Options", "Reporting Options",
            "Device Information", "Trace details", "Performance summary"]


class Log(TestCase):
    def test_sections_and_summary(self):
        result = self.run_well(f"--onnx={MODEL}", "--fp16", "--shapes=input:2x3x32x32", *QUICK)
        headings = [line[4:-4] for line in result.info if re.fullmatch(r"=== .* ===", line)]
        self.assertEqual([heading for heading in headings if heading in SECTIONS], SECTIONS)
        self.assertEqual(result.value("Precision"), "FP32+FP16")
        trace = [line for line in result.info if line.startswith("Average on 10 runs - GPU latency: ")]
        self.assertEqual(len(trace), 2)
        self.assertRegex(trace[0], r"GPU latency: [\d.e-]+ ms - Host latency: [\d.e-]+ ms \(enqueue [\d.e-]+ ms\)$")
        self.assertRegex(result.value("Throughput"), r"^[\d.e+]+ qps$")
        for key in ("Latency", "Enqueue Time", "H2D Latency", "GPU Compute Time", "D2H Latency"):
            self.assertRegex(result.value(key), f"^{METRIC}$")
        self.assertRegex(result.value("Total Host Walltime"), r"^[\d.e-]+ s$")
        self.assertRegex(result.value("Total GPU Compute Time"), r"^[\d.e-]+ s$")

    def test_streams_and_threads_count_all_runs(self):
        times = self.folder / "times.json"
        self.run_well(f"--onnx={MODEL}", "--shapes=input:1x3x32x32", "--infStreams=2", "--cpuThreads=2", "--threads",
                      f"--exportTimes={times}", *QUICK)
        self.assertEqual(len(json.loads(times.read_text())), 2 * 20)


class Json(TestCase):
    def test_files(self):
        engine = self.build("--profilingVerbosity=detailed")
        files = {name: self.folder / f"{name}.json" for name in ("Times", "Output", "Profile", "LayerInfo")}
        self.run_well(f"--loadEngine={engine}", *QUICK, *(f"--export{name}={path}" for name, path in files.items()))
        times, output, profile, layers = (json.loads(path.read_text()) for path in files.values())

        self.assertEqual(len(times), 20)
        self.assertEqual(list(times[0]), ["startEnqMs", "endEnqMs", "startH2dMs", "endH2dMs", "startComputeMs",
                                          "endComputeMs", "startD2hMs", "endD2hMs", "h2dMs", "computeMs", "d2hMs",
                                          "latencyMs"])
        self.assertGreater(times[0]["computeMs"], 0)

        self.assertEqual([o["name"] for o in output], ["logits"])
        self.assertEqual(output[0]["dimensions"], "4x10")
        self.assertEqual(len(output[0]["values"]), 40)

        self.assertEqual(profile[0], {"count": 20})
        self.assertEqual(list(profile[1]), ["name", "timeMs", "averageMs", "medianMs", "percentage"])
        self.assertAlmostEqual(sum(layer["percentage"] for layer in profile[1:]), 100, delta=0.1)

        self.assertEqual(layers["Bindings"], ["input", "logits"])
        names = [layer["Name"] for layer in layers["Layers"]]
        self.assertEqual(sorted(names), sorted(set(names)))

    def test_profile_table(self):
        result = self.run_well(f"--onnx={MODEL}", "--shapes=input:1x3x32x32", "--dumpProfile", "--separateProfileRun", *QUICK)
        start = result.info.index("=== Profile (20 iterations ) ===")
        self.assertEqual(result.info[start + 1].split(), ["Time(ms)", "Avg.(ms)", "Median(ms)", "Time(%)", "Layer"])
        self.assertTrue(any(line.split()[-2:] == ["100.0", "Total"] for line in result.info[start:]))


class Engines(TestCase):
    def test_names_in_a_folder(self):
        for flags, name in ([], "digits.fp32.engine"), (["--fp16"], "digits.fp16.engine"):
            self.run_well(f"--onnx={MODEL}", f"--saveEngine={self.folder}/", "--skipInference",
                          "--shapes=input:1x3x32x32", *flags)
            self.assertTrue((self.folder / name).is_file())

    def test_rebuild_from_one_cache_is_identical(self):
        first = self.build(name="first.engine").read_bytes()
        self.assertEqual(first, self.build("--errorOnTimingCacheMiss", name="second.engine").read_bytes())

    def test_plan_version(self):
        result = self.run_well(f"--loadEngine={self.build()}", "--getPlanVersionOnly")
        self.assertRegex(result.value("Tenon version of the engine"), r"^\d+\.\d+\.\d+$")

    def test_deserialization_time(self):
        result = self.run_well(f"--loadEngine={self.build()}", "--timeDeserialize")
        self.assertTrue(any("in 20 iterations, average time = " in line for line in result.info))

    def test_explain_names_the_chosen_implementations(self):
        result = self.run_well(f"--onnx={MODEL}", "--explain", "--skipInference", "--shapes=input:1x3x32x32")
        report = result.info[result.info.index("=== Selection Report ==="):]
        self.assertTrue(any("chosen" in line for line in report))

    def test_optimization_profiles(self):
        result = self.run_well(f"--onnx={MODEL}", "--dumpOptimizationProfile", "--skipInference",
                               "--profile=0", "--optShapes=input:1x3x32x32", "--profile=1",
                               "--minShapes=input:2x3x32x32", "--maxShapes=input:8x3x32x32")
        text = "\n".join(result.info)
        self.assertIn("Minimum shape: 1x3x32x32, Optimum shape: 1x3x32x32, Maximum shape: 1x3x32x32", text)
        self.assertIn("Minimum shape: 2x3x32x32, Optimum shape: 8x3x32x32, Maximum shape: 8x3x32x32", text)

    def test_exported_graph(self):
        graph = self.folder / "graph.txt"
        self.run_well(f"--onnx={MODEL}", f"--exportGraph={graph}", "--skipInference", "--shapes=input:1x3x32x32")
        self.assertIn("Conv", graph.read_text())


class Values(TestCase):
    def test_outputs_compare_with_themselves_and_differ_from_others(self):
        engine = self.build()
        self.run_well(f"--loadEngine={engine}", "--shapes=input:2x3x32x32", "--dumpRawBindingsToFile", *QUICK,
                      cwd=self.folder)
        given = self.folder / "input.input.2.3.32.32.Float.raw"
        wanted = self.folder / "logits.output.2.10.Float.raw"
        self.assertEqual(wanted.stat().st_size, 2 * 10 * 4)
        again = [f"--loadEngine={engine}", "--shapes=input:2x3x32x32", f"--loadInputs=input:{given}",
                 f"--loadRefOutputs=logits:{wanted}", *QUICK]
        for algorithm in ("l0", "l1", "l2", "lInf", "cos"):
            result = self.run_well(*again, f"--accuracyAlgorithm={algorithm}", "--accuracyThreshold=1e-6")
            self.assertTrue(any(line.startswith(f"Accuracy of logits ({algorithm}): ") for line in result.info))
        wanted.write_bytes(struct.pack("<20f", *range(20)))
        self.run_badly(*again, "--accuracyThreshold=0.5", saying=["logits", "above the threshold 0.5"])

    def test_dumped_output(self):
        result = self.run_well(f"--onnx={MODEL}", "--shapes=input:1x3x32x32", "--dumpOutput", *QUICK)
        values = result.info[result.info.index("logits: (1x10)") + 1].split()
        self.assertEqual(len(values), 10)
        for value in values:
            float(value)

    def test_shapes_within_the_profile(self):
        engine = self.build()
        for batch in (1, 3, 16):
            result = self.run_well(f"--loadEngine={engine}", f"--shapes=input:{batch}x3x32x32", *QUICK)
            self.assertIn(f"Output binding for logits with dimensions {batch}x10 is created.", result.info)


class Classify(TestCase):
    def test_digits(self):
        engine = self.build(f"--preprocess={PREPROCESS}")
        result = self.run_well(f"--loadEngine={engine}", f"--classify={DIGITS / 'test'}")
        top1 = re.fullmatch(r"([\d.]+) % \((\d+) of 400\)", result.value("Top-1"))
        self.assertGreaterEqual(int(top1[2]), 394)
        self.assertAlmostEqual(float(top1[1]), 100 * int(top1[2]) / 400, places=2)
        self.assertRegex(result.value("Images per second"), r"^\d+\.\d with reading and decoding")

    def test_missing_folder(self):
        self.run_badly(f"--loadEngine={self.build()}", f"--classify={self.folder / 'none'}", saying="none")


if __name__ == "__main__":
    unittest.main()
