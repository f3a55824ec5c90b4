# SPDX-License-Identifier: Apache-2.0
"""Files and shapes that cannot work: one clear line, exit code 1, and nothing left half-written."""

import resource
import signal
import unittest

from tenonexec import MODEL, QUICK, TestCase

STATIC = ["--shapes=input:1x3x32x32", *QUICK]


class Models(TestCase):
    def test_files_that_are_no_model(self):
        content = MODEL.read_bytes()
        cases = {"missing.onnx": None, "empty.onnx": b"", "text.onnx": b"this is no model\n", "half.onnx": content[:len(content) // 2],
                 "noise.onnx": bytes(range(256)) * 64}
        for name, data in cases.items():
            with self.subTest(name):
                path = self.folder / name
                if data is not None:
                    path.write_bytes(data)
                self.run_badly(f"--onnx={path}", *STATIC, saying=name)

    def test_folder(self):
        self.run_badly(f"--onnx={self.folder}", *STATIC, saying=str(self.folder))


class Validation(TestCase):
    def test_model(self):
        result = self.run_well(f"--onnx={MODEL}", "--validate", "--shapes=input:4x3x32x32")
        text = "\n".join(result.lines("I"))
        for line in ("Nodes: ", "Input 'input'", "Open extents: ", "Memory: weights", "The model can be imported."):
            self.assertIn(line, text)
        self.assertNotIn("Not supported", text)
        self.assertFalse(any("Timing" in line and "cache" in line for line in result.lines("W")))

    def test_broken_model(self):
        path = self.folder / "broken.onnx"
        path.write_bytes(MODEL.read_bytes().replace(b"Conv", b"Cxyz"))
        result = self.run_badly(f"--onnx={path}", "--validate", saying="broken.onnx")
        missing = [line for line in result.lines("I") if "Not supported" in line]
        self.assertGreater(len(missing), 1)
        self.assertTrue(all("(Cxyz, opset" in line for line in missing))
        self.run_badly(f"--onnx={self.folder / 'none.onnx'}", "--validate", saying="none.onnx")

    def test_caffe(self):
        path = self.folder / "net.prototxt"
        head = "layer { name: 'd' type: 'Input' top: 'x' input_param { shape { dim: [1, 3, 8, 8] } } }\n"
        path.write_text(head + "layer { name: 'r' type: 'ReLU' bottom: 'x' top: 'y' }\n")
        self.assertIn("Relu", "\n".join(self.run_well(f"--deploy={path}", "--validate").lines("I")))
        path.write_text(head + "layer { name: 'r' type: 'Magic' bottom: 'x' top: 'y' }\n")
        result = self.run_badly(f"--deploy={path}", "--validate", saying="net.prototxt")
        self.assertTrue(any("Not supported" in line and "Magic" in line for line in result.lines("I")))


class EngineFiles(TestCase):
    def test_files_that_are_no_engine(self):
        content = self.build().read_bytes()
        cases = {"missing.engine": None, "empty.engine": b"", "model.engine": MODEL.read_bytes(),
                 "half.engine": content[:len(content) // 2], "short.engine": content[:40],
                 "flipped.engine": content[:8192] + bytes([content[8192] ^ 1]) + content[8193:]}
        for name, data in cases.items():
            with self.subTest(name):
                path = self.folder / name
                if data is not None:
                    path.write_bytes(data)
                self.run_badly(f"--loadEngine={path}", *QUICK, saying=name)
        self.run_badly(f"--loadEngine={self.folder}", saying=str(self.folder))
        self.run_badly(f"--loadEngine={MODEL}", "--getPlanVersionOnly", saying=MODEL.name)


class Shapes(TestCase):
    def test_building(self):
        self.run_badly(f"--onnx={MODEL}", "--optShapes=image:1x3x32x32", saying=["'image'", "input"])
        self.run_badly(f"--onnx={MODEL}", "--optShapes=input:1x3x32", saying=["'input'", "1x3x32", "-1x3x32x32"])
        self.run_badly(f"--onnx={MODEL}", "--optShapes=input:1x4x32x32", saying=["'input'", "1x4x32x32"])

    def test_no_shapes_means_one_with_a_warning(self):
        result = self.run_well(f"--onnx={MODEL}", *QUICK)
        self.assertTrue(any("'input'" in line and "1x3x32x32" in line for line in result.lines("W")))

    def test_running(self):
        engine = self.build()
        self.run_badly(f"--loadEngine={engine}", "--shapes=input:17x3x32x32", saying=["input", "17"])
        self.run_badly(f"--loadEngine={engine}", "--shapes=input:4x3x31x32", saying=["input", "4x3x31x32"])
        self.run_badly(f"--loadEngine={engine}", "--shapes=image:4x3x32x32", saying=["'image'", "input"])
        self.run_badly(f"--loadEngine={engine}", "--useProfile=1", saying="--useProfile=1")


class Inputs(TestCase):
    def test_size_and_name(self):
        engine = self.build()
        data = self.folder / "image.raw"
        data.write_bytes(bytes(100))
        self.run_badly(f"--loadEngine={engine}", f"--loadInputs=input:{data}", saying=["image.raw", "100", "'input'"])
        self.run_badly(f"--loadEngine={engine}", f"--loadInputs=image:{data}", saying="'image'")
        self.run_badly(f"--loadEngine={engine}", f"--loadInputs=input:{self.folder / 'none'}", saying="none")
        self.run_badly(f"--loadEngine={engine}", "--loadInputs=input:/dev/zero", saying=["/dev/zero", "device"])


class Outputs(TestCase):
    def test_unwritable_places(self):
        for flag in ("--saveEngine", "--timingCacheFile", "--exportTimes", "--exportOutput", "--exportProfile",
                     "--exportLayerInfo", "--exportGraph"):
            with self.subTest(flag):
                self.run_badly(f"--onnx={MODEL}", f"{flag}={self.folder}/none/file", *STATIC, saying=[flag, "none"])

    def test_full_disk_leaves_the_old_file(self):
        def limit_file_size():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))

        engine = self.folder / "digits.engine"
        engine.write_bytes(b"old")
        self.run_badly(f"--onnx={MODEL}", f"--saveEngine={engine}", *STATIC, saying=["--saveEngine", "digits.engine"],
                       preexec_fn=limit_file_size)
        self.assertEqual(engine.read_bytes(), b"old")
        self.assertEqual([path.name for path in self.folder.iterdir()], ["digits.engine"])

    def test_devices_stay_devices(self):
        full = self.folder / "full"
        full.symlink_to("/dev/full")
        for flag in ("--saveEngine", "--exportTimes", "--exportOutput", "--exportGraph"):
            with self.subTest(flag):
                self.run_badly(f"--onnx={MODEL}", f"{flag}={full}", *STATIC, saying="No space left")
        self.assertTrue(full.is_symlink() and full.is_char_device())
        self.run_well(f"--onnx={MODEL}", "--exportTimes=/dev/null", *STATIC)

    def test_damaged_timing_cache_costs_a_warning(self):
        cache = self.folder / "times.cache"
        cache.write_bytes(b"damaged")
        result = self.run_well(f"--onnx={MODEL}", f"--timingCacheFile={cache}", "--skipInference", *STATIC)
        self.assertTrue(any("times.cache" in line for line in result.lines("W")))
        self.assertNotEqual(cache.read_bytes(), b"damaged")

    def test_missing_entry_with_error_on_miss(self):
        self.run_badly(f"--onnx={MODEL}", f"--timingCacheFile={self.folder / 'new.cache'}", "--errorOnTimingCacheMiss",
                       *STATIC, saying="timing cache")


if __name__ == "__main__":
    unittest.main()
