# SPDX-License-Identifier: Apache-2.0
"""int8: calibration on folders of images, caches, and what it costs in accuracy."""

import math
import os
import re
import shutil
import struct
import subprocess
import unittest
from pathlib import Path

from tenonexec import DIGITS, MODEL, PREPROCESS, TestCase

DATA = Path(os.environ.get("TENON_TEST_DATA", "none"))
QUICK = ["--builderOptimizationLevel=0", "--skipInference", "--explicitBatch", "--int8"]
DIGIT_SHAPES = "--shapes=input:1x3x32x32"
CIFAR = "resize=32x32,scale=1/255,mean=0.4914:0.4822:0.4465,std=0.2023:0.1994:0.2010"
IMAGES = DIGITS / "calib"


def cases(folder):
    return [f"--onnx={MODEL}", DIGIT_SHAPES, f"--preprocess={PREPROCESS}", f"--calibrationData={folder}", *QUICK]


def scales(path):
    return path.read_text().splitlines()[1:]


class Calibration(TestCase):
    def test_a_folder_becomes_a_cache_and_the_cache_the_same_engine(self):
        cache, first, second = (self.folder / name for name in ("net.cache", "first.engine", "second.engine"))
        result = self.run_well(*cases(IMAGES), f"--calib={cache}", f"--saveEngine={first}", "--calibrationImages=40")
        self.assertTrue(any("ranges of int8: mse of 40 samples" in line for line in result.info))
        self.assertTrue(cache.read_text().startswith("TRT-8600-EntropyCalibration2\n"))
        self.run_well(f"--onnx={MODEL}", DIGIT_SHAPES, f"--calib={cache}", f"--saveEngine={second}", *QUICK)
        self.assertEqual(self.outputs(first), self.outputs(second))
        again = self.folder / "again.cache"
        free = ["--minShapes=input:1x3x32x32", "--maxShapes=input:64x3x32x32"]
        for more in (["--cpuThreads=1"], ["--cpuThreads=2"], ["--shapes=input:64x3x32x32"], free,
                     [*free, "--calibrationBatch=8"], [*free, "--calibrationBatch=64"]):
            again.unlink(missing_ok=True)
            shapes = [] if any("hapes" in flag for flag in more) else [DIGIT_SHAPES]
            self.run_well(f"--onnx={MODEL}", f"--preprocess={PREPROCESS}", f"--calibrationData={IMAGES}", *QUICK, f"--calib={again}",
                          "--calibrationImages=40", *shapes, *more)
            self.assertEqual(scales(again), scales(cache), more)

    def outputs(self, engine):
        values, images = self.folder / "values.json", self.folder / "image.raw"
        images.write_bytes(struct.pack("<3072f", *(math.sin(i) for i in range(3072))))
        self.run_well(f"--loadEngine={engine}", f"--loadInputs=input:{images}", f"--exportOutput={values}", "--iterations=1", "--warmUp=0",
                      "--duration=0")
        return values.read_text()

    def test_q_and_dq_in_the_file_are_the_same_engine(self):
        cache, timing = self.folder / "net.cache", f"--timingCacheFile={self.folder / 'timing.cache'}"
        for unsigned in ([], ["--calibrationUnsigned"]):
            cache.unlink(missing_ok=True)
            engine = self.folder / "calibrated.engine"
            self.run_well(*cases(IMAGES), *unsigned, timing, f"--calib={cache}", f"--saveEngine={engine}")
            expected = self.outputs(engine)
            for profile in ("native", "trt", "ort-cpu"):
                model, declared = self.folder / f"{profile}.onnx", self.folder / f"{profile}.cache"
                declared.unlink(missing_ok=True)
                self.run_well(f"--onnx={MODEL}", DIGIT_SHAPES, *QUICK, timing, f"--calib={cache}", f"--exportQdq={model}", f"--qdqProfile={profile}")
                self.run_well(f"--onnx={model}", DIGIT_SHAPES, *QUICK, timing, f"--calib={declared}", f"--saveEngine={engine}")
                if profile == "native" or (profile == "trt" and not unsigned):
                    self.assertEqual(self.outputs(engine), expected, profile)
                    self.run_well(f"--onnx={MODEL}", DIGIT_SHAPES, *QUICK, timing, f"--calib={declared}", f"--saveEngine={engine}")
                    self.assertEqual(self.outputs(engine), expected, profile)

    def test_what_cannot_be_exported_is_said(self):
        self.run_badly(f"--onnx={MODEL}", DIGIT_SHAPES, f"--exportQdq={self.folder / 'a.onnx'}", saying="--int8")
        self.run_badly(f"--onnx={MODEL}", DIGIT_SHAPES, *QUICK, f"--exportQdq={self.folder / 'a.onnx'}", "--qdqProfile=tflite", saying="ort-cpu")
        self.assertFalse((self.folder / "a.onnx").exists())

    def test_corrections_are_weighed_on_what_was_held_out(self):
        result = self.run_well(*cases(IMAGES), "--quantizationLevel=2")
        line = next(line for line in result.info if "Corrections of level 2" in line)
        self.assertIn("with weights rounded by what they are multiplied with", line)
        self.run_badly(f"--onnx={MODEL}", DIGIT_SHAPES, *QUICK, "--quantizationLevel=1", saying="calibration data")
        self.run_badly(*cases(IMAGES), "--quantizationLevel=3", saying="0 to 2")

    def test_a_budget_says_which_layers_stay_in_floats(self):
        floats = {}
        for least in (20, 45, 1000):
            result = self.run_well(*cases(IMAGES), f"--accuracyBudget={least}", "--metric=sqnr", f"--evaluationData={IMAGES}")
            said = [re.search(r"--layerPrecisions='(.*)'", line) for line in result.info]
            floats[least] = [match[1] for match in said if match]
        self.assertEqual(floats[20], [])
        self.assertTrue(floats[45] and floats[1000])
        self.assertLess(floats[45][0].count(":fp32"), floats[1000][0].count(":fp32"))
        self.run_well(*cases(IMAGES), "--precisionConstraints=obey", f"--layerPrecisions={floats[45][0]}")
        self.run_well(*cases(IMAGES), "--accuracyBudget=50", "--metric=top1")
        self.run_badly(*cases(IMAGES), "--accuracyBudget=1", "--metric=loss", saying="agreement")

    def test_a_corrupt_image_among_many_is_left_out(self):
        folder = self.folder / "images"
        shutil.copytree(IMAGES, folder)
        bad = sorted(path for path in folder.rglob("*") if path.is_file())[7]
        bad.write_bytes(bad.read_bytes()[:40])
        result = self.run_well(*cases(folder))
        self.assertTrue(any(bad.name in line for line in result.lines("W")), result.lines("W"))

    def test_bad_input_is_named(self):
        empty = self.folder / "empty"
        empty.mkdir()
        engine = self.folder / "never.engine"
        self.run_badly(*cases(empty), f"--saveEngine={engine}", saying=str(empty))
        self.run_badly(*cases(self.folder / "none"), saying="no such folder")
        self.run_badly(f"--onnx={MODEL}", DIGIT_SHAPES, *QUICK, "--calibrator=best", f"--calibrationData={IMAGES}", saying="entropy2")
        other = self.folder / "other.cache"
        other.write_text("TRT-8600-EntropyCalibration2\nelsewhere: 3c008912\n")
        self.run_badly(f"--onnx={MODEL}", DIGIT_SHAPES, *QUICK, f"--calib={other}", saying="another one")
        other.write_text("TRT-8600-EntropyCalibration2\nelsewhere: 7f800000\n")
        self.run_badly(f"--onnx={MODEL}", DIGIT_SHAPES, *QUICK, f"--calib={other}", saying="line 2")
        self.assertFalse(engine.exists())

    def test_without_data_the_engine_says_that_it_is_for_timing(self):
        engine = self.folder / "dummy.engine"
        result = self.run_well(f"--onnx={MODEL}", DIGIT_SHAPES, *QUICK, f"--saveEngine={engine}")
        self.assertTrue(any("INT8 WITHOUT CALIBRATION" in line for line in result.lines("W")))
        loaded = self.run_well(f"--loadEngine={engine}", "--skipInference")
        self.assertTrue(any("dummy ranges" in line for line in loaded.info))


@unittest.skipUnless((DATA / "images").is_dir() and shutil.which("zstd"), "no test data, or no zstd")
class CalibratedAccuracy(TestCase):
    """Drops of the top-1 rate in points, on images that were not calibrated with."""

    def unpack(self, archive):
        subprocess.run(["tar", "--zstd", "-xf", DATA / "images" / f"{archive}.tar.zst", "-C", self.folder], check=True)
        return self.folder / archive

    def rate(self, *arguments):
        result = self.run_well(*arguments, "--builderOptimizationLevel=0")
        return float(re.match(r"[\d.]+", result.value("Top-1"))[0])

    def test_cifar(self):
        calibration, images = self.unpack("cifar10_calib"), self.unpack("cifar10_test")
        for name, most, more in (("cifar_resnet20", 0.40, []), ("cifar_resnet20", 0.20, ["--quantizationLevel=2"]),
                                 ("cifar_mobilenetv2", 0.70, []), ("cifar_mobilenetv2", 0.40, ["--accuracyBudget=0.3"])):
            common = [f"--onnx={DATA / 'models' / 'onnx' / name}.onnx", "--shapes=input:50x3x32x32", f"--preprocess={CIFAR}",
                      f"--classify={images}"]
            exact = self.rate(*common)
            rounded = self.rate(*common, "--int8", f"--calibrationData={calibration}", "--calibrationImages=500", *more)
            self.assertLessEqual(exact - rounded, most, [name, *more])


if __name__ == "__main__":
    unittest.main()
