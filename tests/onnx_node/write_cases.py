# SPDX-License-Identifier: Apache-2.0
"""Write the cases of the installed onnx package to disk: write_cases.py OUTDIR [--force]

Layout: OUTDIR/<kind>/<case>/model.onnx, test_data_set_<n>/input_<i>.pb and output_<i>.pb, where kind is node, simple,
light (networks whose weights are constants of one value) or one of the pytorch sets that the package carries on disk. A .pb holds a TensorProto, SequenceProto or OptionalProto, as
the model's declaration of that input or output says. An absent optional value is an
empty OptionalProto. A case whose tolerance is not onnx's usual one (rtol 1e-3, atol 1e-7) has a data.json with it.
The OUTDIR/complete stamp holds the package's version: with it there, nothing is written again.
"""

import argparse
import json
import shutil
import sys
import warnings
from pathlib import Path

import onnx
from onnx import numpy_helper
from onnx.backend.test.case import model as model_cases
from onnx.backend.test.case import node as node_cases
from onnx.backend.test.loader import DATA_DIR
from onnx.backend.test.runner import Runner

KINDS = ("node", "simple", "light", "pytorch-converted", "pytorch-operator")
USUAL_TOLERANCE = (1e-3, 1e-7)


def encode(value, info):
    """The bytes of one input or output, in the message that the declared type asks for."""
    kind = info.type.WhichOneof("value")
    if kind == "sequence_type":
        return numpy_helper.from_list(value, info.name).SerializeToString()
    if kind == "optional_type":
        return numpy_helper.from_optional(value, info.name).SerializeToString()
    if kind == "map_type":
        return numpy_helper.from_dict(value, info.name).SerializeToString()
    if isinstance(value, onnx.TensorProto):  # types that NumPy lacks arrive encoded
        return value.SerializeToString()
    return numpy_helper.from_array(value, info.name).SerializeToString()


def write_case(case, folder):
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(case.model.SerializeToString())
    graph = case.model.graph
    for number, (inputs, outputs) in enumerate(case.data_sets):
        data = folder / f"test_data_set_{number}"
        data.mkdir()
        for stem, values, infos in (("input", inputs, graph.input), ("output", outputs, graph.output)):
            for index, value in enumerate(values):
                (data / f"{stem}_{index}.pb").write_bytes(encode(value, infos[index]))
    write_tolerance(case, folder)


def write_light(case, folder):
    """A network of the package: its runner makes the inputs, the expected outputs lie beside the network."""
    network = Path(DATA_DIR) / "light" / Path(case.url).name
    data = folder / "test_data_set_0"
    data.mkdir(parents=True)
    shutil.copy(network, folder / "model.onnx")
    graph = onnx.load(network).graph
    weights = {weight.name for weight in graph.initializer}
    for index, info in enumerate(info for info in graph.input if info.name not in weights):
        (data / f"input_{index}.pb").write_bytes(encode(Runner.generate_dummy_data(info), info))
    for index in range(len(graph.output)):
        shutil.copy(network.with_name(f"{network.stem}_output_{index}.pb"), data / f"output_{index}.pb")
    write_tolerance(case, folder)


def write_tolerance(case, folder):
    if (case.rtol, case.atol) != USUAL_TOLERANCE:
        (folder / "data.json").write_text(json.dumps({"rtol": case.rtol, "atol": case.atol}))


def copy_packaged(out):
    """The sets that the package ships as files (the 'real' ones are downloads and carry no data)."""
    for model in sorted(Path(DATA_DIR).glob("*/*/model.onnx")):
        target = out / model.parent.parent.name / model.parent.name
        if model.parent.parent.name not in ("real", "light") and not target.exists():
            shutil.copytree(model.parent, target)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("outdir", type=Path)
    parser.add_argument("--force", action="store_true", help="write again what is there")
    args = parser.parse_args()
    stamp = args.outdir / "complete"
    written = stamp.exists() and all((args.outdir / kind).is_dir() for kind in KINDS)
    if not args.force and written and stamp.read_text().strip() == onnx.__version__:
        print(f"{args.outdir}: the cases of onnx {onnx.__version__} are there")
        return 0
    for kind in KINDS:
        shutil.rmtree(args.outdir / kind, ignore_errors=True)
    stamp.unlink(missing_ok=True)
    warnings.simplefilter("ignore")
    for case in node_cases.collect_testcases(None) + model_cases.collect_testcases():
        if case.model is not None:
            write_case(case, args.outdir / case.kind / case.name)
        else:
            write_light(case, args.outdir / "light" / case.name)
    copy_packaged(args.outdir)
    stamp.write_text(onnx.__version__ + "\n")
    for kind in sorted(p for p in args.outdir.iterdir() if p.is_dir()):
        print(f"{kind.name}: {sum(1 for _ in kind.iterdir())} cases")
    return 0


if __name__ == "__main__":
    sys.exit(main())
