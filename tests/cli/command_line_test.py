# SPDX-License-Identifier: Apache-2.0
"""The command line by itself: help, slips, wrong values, flags that are not supported."""

import unittest

from tenonexec import MODEL, TestCase, run


class CommandLine(TestCase):
    def test_help(self):
        for arguments in ([], ["--help"], ["-h"]):
            result = run(*arguments)
            self.assertEqual(result.code, 0)
            self.assertTrue(any("--saveEngine=FILE" in line for line in result.out))
            self.assertEqual(result.err, [])

    def test_slips_get_the_nearest_flag(self):
        self.run_badly(f"--onnx={MODEL}", "--shape=input:1x3x32x32", saying=["'--shape'", "--shapes"])
        self.run_badly(f"--onnx={MODEL}", "--", "saveEngine=x.engine", saying="--saveEngine")
        self.run_badly(f"-onnx={MODEL}", saying="--onnx")
        self.run_badly(f"--onnx={MODEL}", "--saveEngine", "x.engine", saying="--saveEngine=")
        self.run_badly(f"--onnx={MODEL}", "--FP16", saying="--fp16")

    def test_wrong_values(self):
        for argument in ("--iterations=ten", "--warmUp=-1", "--builderOptimizationLevel=9", "--percentile=101",
                         "--shapes=input", "--memPoolSize=workspace:1T", "--profilingVerbosity=loud", "--fp16=yes",
                         "--inputIOFormats=fp31:chw", "--optShapes=input:1xAx3"):
            with self.subTest(argument):
                self.run_badly(f"--onnx={MODEL}", argument, saying=argument.split("=")[0])

    def test_flags_of_trtexec_that_are_not_supported_are_named(self):
        for flag in ("--useDLACore=0", "--sparsity=enable", "--uff=x",
                     "--refit", "--tuneBuildRoutes=x"):
            with self.subTest(flag):
                name = flag.split("=")[0]
                self.run_badly(f"--onnx={MODEL}", flag, saying=f"{name} is not yet supported")

    def test_combinations(self):
        self.run_badly("--fp16", saying="--onnx")
        self.run_badly("--loadEngine=a", "--saveEngine=b", saying=["--loadEngine", "--saveEngine"])
        self.run_badly(f"--onnx={MODEL}", "--minShapes=input:4x3x32x32", "--optShapes=input:1x3x32x32",
                       saying=["'input'", "4x3x32x32", "1x3x32x32"])

    def test_meaningless_flags_are_accepted(self):
        result = self.run_well(f"--onnx={MODEL}", "--useCudaGraph", "--noTF32", "--device=0", "--noDataTransfers",
                               "--exposeDMA", "--explicitBatch", "--buildOnly", "--workspace=64", "--streams=1")
        for flag in ("--useCudaGraph", "--noTF32", "--device", "--noDataTransfers", "--exposeDMA"):
            self.assertEqual(sum(line.startswith(flag) for line in result.info), 1, flag)


if __name__ == "__main__":
    unittest.main()
