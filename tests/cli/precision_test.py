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


if __name__ == "__main__":
    unittest.main()
