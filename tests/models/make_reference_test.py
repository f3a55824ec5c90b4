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

    import livened
    import make_reference
    import old_opset
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


def old_network(weights):
    """The same in opset 6 and IR version 3: initializers are graph inputs, too, and biases are added with attributes that say how."""
    model = network({**weights, "head": weights["head"].T})
    model.ir_version, model.opset_import[0].version = 3, 6
    nodes = model.graph.node
    nodes[0].CopyFrom(helper.make_node("Conv", ["input", "conv"], ["unbiased"]))
    nodes.insert(1, helper.make_node("Add", ["unbiased", "conv_bias"], ["a"], broadcast=1, axis=1))
    nodes[-1].CopyFrom(helper.make_node("MatMul", ["d", "head"], ["product"]))
    nodes.append(helper.make_node("Add", ["product", "bias"], ["output"], broadcast=1))
    model.graph.initializer.append(numpy_helper.from_array(np.float32([0.1, 0.2, 0.3, 0.4]), "conv_bias"))
    model.graph.input.extend(helper.make_tensor_value_info(t.name, t.data_type, t.dims) for t in model.graph.initializer)
    return model


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

    def assert_old_network_has_a_reference(self, head_scale, stays):
        index, output = self.reference(old_network(weights(head_scale)))
        self.assertEqual([entry["name"] for entry in index["inputs"]], ["input"])
        self.assertEqual(index["model"] == index["source"], stays)
        self.assert_every_weight_matters(index, output)

    def test_initializers_that_are_graph_inputs_are_not_fed(self):
        self.assert_old_network_has_a_reference(head_scale=1, stays=True)

    def test_initializers_that_are_graph_inputs_get_livelier(self):
        self.assert_old_network_has_a_reference(head_scale=0, stays=False)

    def test_a_model_said_in_a_later_opset_stays_as_it_is(self):
        model = old_network(weights())
        before = model.SerializeToString()
        old_opset.upgraded(model)
        self.assertEqual(model.SerializeToString(), before)

    def test_every_layer_of_a_livened_network_gives_results_of_one_spread(self):
        model = network(weights(head_scale=1e3, conv_scale=1e-6))
        onnx.save(model, self.path)
        inputs = make_reference.make_inputs(self.path)
        livelier = livened.livened(model, make_reference.run, inputs)
        measured, spreads = livened.measuring(livelier, livened.products(livelier))
        values = make_reference.run(measured, inputs)
        self.assertEqual(set(spreads), {"conv", "head"})
        for name in spreads.values():
            self.assertAlmostEqual(float(values[name]), 1, places=5)

    def test_a_large_bias_does_not_drown_the_signal(self):
        tensors = weights()
        tensors["bias"] *= 1e6
        index, output = self.reference(network(tensors))
        self.assertNotEqual(index["model"], index["source"])
        self.assertLess(np.max(np.abs(output)), 10)
        self.assert_every_weight_matters(index, output)

    def test_a_constant_output_is_refused(self):
        constant = [helper.make_node("Sub", ["output", "output"], ["nothing"])]
        with self.assertRaisesRegex(SystemExit, "nothing hardly depend"):
            self.reference(network(weights(), constant))


if __name__ == "__main__":
    unittest.main()
