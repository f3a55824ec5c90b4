# SPDX-License-Identifier: Apache-2.0
"""Types of single layers: what is obeyed, what is refused and how it is named."""

import unittest

from tenonexec import MODEL, TestCase

BUILD = [f"--onnx={MODEL}", "--shapes=input:1x3x32x32", "--skipInference", "--builderOptimizationLevel=0", "--explain"]
CONV = "/stem/stem.0/Conv"


class LayerPrecisions(TestCase):
    def held(self, *arguments):
        result = self.run_well(*BUILD, *arguments)
        return {line.split(": ")[0].strip() for line in result.info if "held to it" in line and ": f16" in line}

    def test_only_named_layers_have_the_type(self):
        held = self.held("--precisionConstraints=obey", f"--layerPrecisions={CONV}:fp16")
        self.assertEqual(len(held), 1, held)
        self.assertTrue(next(iter(held)).startswith(CONV))
        self.assertEqual(self.held("--precisionConstraints=obey", f'--layerPrecisions="{CONV}":fp16'), held)

    def test_later_entries_win(self):
        held = self.held("--precisionConstraints=prefer", f"--layerPrecisions=*:fp16,{CONV}:fp32")
        self.assertGreater(len(held), 1)
        self.assertFalse(any(layer.startswith(CONV + " ") or layer == CONV for layer in held), held)
        self.assertEqual(self.held("--precisionConstraints=prefer", f"--layerPrecisions={CONV}:fp16,*:fp32"), set())

    def test_impossible_ones_are_named(self):
        self.run_badly(*BUILD, "--precisionConstraints=obey", f"--layerPrecisions={CONV}:int32", saying=f"'{CONV}'")
        result = self.run_well(*BUILD, "--precisionConstraints=prefer", f"--layerPrecisions={CONV}:int32")
        self.assertTrue(any(CONV in line for line in result.lines("W")))

    def test_unknown_names_come_with_the_nearest(self):
        self.run_badly(*BUILD, "--precisionConstraints=obey", f"--layerPrecisions={CONV}x:fp16", saying=f"nearest name is '{CONV}'")

    def test_without_constraints_they_are_ignored(self):
        result = self.run_well(*BUILD, "--layerPrecisions=*:fp16")
        self.assertTrue(any("--precisionConstraints" in line for line in result.lines("W")))


class Int8Demands(TestCase):
    OBEY = "--precisionConstraints=obey"

    def test_every_product_can_be_demanded(self):
        result = self.run_well(*BUILD, "--int8", self.OBEY, "--layerPrecisions=*:int8")
        chosen = next(line for line in result.info if line.startswith("int8: "))
        number, of = chosen.removeprefix("int8: ").removesuffix(" products").split(" of ")
        self.assertEqual(number, of, chosen)
        self.assertTrue(any(line.strip().startswith(CONV) and ": i8, " in line for line in result.info))

    def test_layers_held_to_floats_are_not_rounded(self):
        result = self.run_well(*BUILD, "--int8", self.OBEY, f"--layerPrecisions={CONV}:fp32")
        self.assertTrue(any(line.strip().startswith(f"{CONV}: no choice: it is held") for line in result.info))
        self.assertFalse(any(line.strip().startswith(CONV) and ": i8, " in line for line in result.info))

    def test_what_cannot_be_is_named_with_the_reason(self):
        self.run_badly(*BUILD, self.OBEY, f"--layerPrecisions={CONV}:int8", saying=f"'{CONV}' (int8 needs ranges")
        result = self.run_well(*BUILD, "--precisionConstraints=prefer", f"--layerPrecisions={CONV}:int8")
        self.assertTrue(any(f"'{CONV}' (int8 needs ranges" in line for line in result.lines("W")))

    def test_results_are_stored_as_int8(self):
        result = self.run_well(*BUILD, "--int8", self.OBEY, f"--layerOutputTypes={CONV}:int8", f"--exportGraph={self.folder / 'graph'}")
        self.assertFalse(any("constraints" in line for line in result.lines("W")))
        self.assertRegex((self.folder / "graph").read_text(), r"result/scale")
        self.run_badly(*BUILD, self.OBEY, f"--layerOutputTypes={CONV}:int8", saying=f"'{CONV}' (a result of int8 needs a range")

    def test_the_report_tells_what_was_measured(self):
        measured = [argument for argument in BUILD if "OptimizationLevel" not in argument]
        result = self.run_well(*measured, "--int8", "--builderOptimizationLevel=1")
        self.assertTrue(any("us in floats, " in line for line in result.info))
        self.assertTrue(any(line.strip().startswith(CONV) and " us in int8, " in line for line in result.info))


class Int8Borders(TestCase):
    def test_inputs_and_outputs_tell_their_scale(self):
        result = self.run_well(*BUILD, "--int8", "--inputIOFormats=int8:chw", "--outputIOFormats=int8:chw", "--dumpLayerInfo")
        self.assertEqual(len([line for line in result.info if ": i8:chw, " in line and "scale 0.0" in line]), 2)
        self.run_well(*BUILD, "--int8", "--inputIOFormats=int8:chw32")


if __name__ == "__main__":
    unittest.main()
