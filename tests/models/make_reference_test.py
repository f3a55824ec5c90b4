# SPDX-License-Identifier: Apache-2.0
"""References that could prove nothing are mended or refused. Skipped without ONNX Runtime."""

import json
import sys
import tempfile
import unittest
from pathlib import Path

SKIPPED = 77
try:
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    import make_reference
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(SKIPPED)

TOLERANCE = 1e-4


def network(weights, more=()):
    """input[1,3,8,8] -> Conv -> Relu -> pool -> Gemm -> output[1,5] with the given weights."""
    nodes = [
        helper.make_node("Conv", ["input", "conv"], ["a"]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("GlobalAveragePool", ["b"], ["c"]),
        helper.make_node("Flatten", ["c"], ["d"]),
        helper.make_node("Gemm", ["d", "head", "bias"], ["output"], transB=1),
        *more,
    ]
    value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    outputs = [value(node.output[0], None) for node in nodes[4:]]
    tensors = [numpy_helper.from_array(array.astype(np.float32), name) for name, array in weights.items()]
    graph = helper.make_graph(nodes, "small", [value("input", [1, 3, 8, 8])], outputs, tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def weights(head_scale=1.0, conv_scale=1.0):
    random = np.random.default_rng(3)
    return {
        "conv": conv_scale * random.normal(0, 0.3, (4, 3, 3, 3)),
        "head": head_scale * random.normal(0, 0.5, (5, 4)),
        "bias": random.normal(0, 1, 5),
    }


class MakeReference(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="tenon_reference_")
        self.addCleanup(self.folder.cleanup)
        self.path = Path(self.folder.name) / "small.onnx"

    def reference(self, model):
        onnx.save(model, self.path)
        make_reference.make_reference(str(self.path), Path(self.folder.name), 1, {})
        index = json.loads((Path(self.folder.name) / "small" / "index.json").read_text())
        output = np.fromfile(Path(self.folder.name) / "small" / index["outputs"][0]["file"], np.float32)
        return index, output

    def assert_every_weight_matters(self, index, output):
        inputs = make_reference.make_inputs(self.path)
        for name in ("conv", "head"):
            model = onnx.load(index["model"])
            tensor = next(t for t in model.graph.initializer if t.name == name)
            changed = numpy_helper.to_array(tensor).copy()
            changed.flat[0] *= 1.5
            tensor.CopyFrom(numpy_helper.from_array(changed, name))
            (other,) = make_reference.run(model, inputs).values()
            self.assertGreater(np.max(np.abs(other.ravel() - output)), TOLERANCE * np.max(np.abs(output)), name)

    def test_a_network_whose_output_depends_on_its_input_stays_as_it_is(self):
        index, output = self.reference(network(weights()))
        self.assertEqual(index["model"], index["source"])
        self.assert_every_weight_matters(index, output)

    def test_a_head_of_zeros_gets_weights(self):
        index, output = self.reference(network(weights(head_scale=0)))
        self.assertNotEqual(index["model"], index["source"])
        self.assert_every_weight_matters(index, output)

    def test_signals_that_fade_are_amplified(self):
        index, output = self.reference(network(weights(conv_scale=1e-6)))
        self.assertNotEqual(index["model"], index["source"])
        self.assert_every_weight_matters(index, output)

    def test_a_constant_output_is_refused(self):
        constant = [helper.make_node("Sub", ["output", "output"], ["nothing"])]
        with self.assertRaisesRegex(SystemExit, "nothing hardly depend"):
            self.reference(network(weights(), constant))


if __name__ == "__main__":
    unittest.main()
