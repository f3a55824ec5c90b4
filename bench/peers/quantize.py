# SPDX-License-Identifier: Apache-2.0
"""Make Q/DQ networks for bench/peers/run.py: quantize.py OUTDIR MODEL.onnx…

ONNX Runtime's static quantization, calibrated with seeded random inputs: u8 activations, s8 weights with a scale per
output channel, Q and DQ around every operator that it quantizes. OUTDIR/NAME_qdq.onnx is what every runner then loads.
Needs numpy onnx onnxruntime in its Python.
"""

import sys
import tempfile
from pathlib import Path

from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "models"))
from model_inputs import make_inputs, model_name


class RandomInputs(CalibrationDataReader):
    def __init__(self, path, count):
        self.inputs = iter([make_inputs(path, batch=1, seed=seed) for seed in range(count)])

    def get_next(self):
        return next(self.inputs, None)


def quantize(path, out, calibration_inputs=8):
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(path), str(prepared), skip_symbolic_shape=True)
        quantize_static(str(prepared), str(out), RandomInputs(path, calibration_inputs), quant_format=QuantFormat.QDQ, per_channel=True,
                        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for model in sys.argv[2:]:
        quantize(Path(model), folder / f"{model_name(model)}_qdq.onnx")
        print(folder / f"{model_name(model)}_qdq.onnx", flush=True)
