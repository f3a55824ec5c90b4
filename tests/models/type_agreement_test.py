# SPDX-License-Identifier: Apache-2.0
"""type_agreement_test.py PROGRAM: the CIFAR networks of the outside data say the same in f32 and with fp16. Skipped without the data."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SKIPPED = 77
PREPROCESS = "color=rgb,scale=1/255,mean=0.4914:0.4822:0.4465,std=0.2023:0.1994:0.2010"
data = Path(os.environ.get("TENON_TEST_DATA", "../shared/data"))
models = [data / "models" / "onnx" / name for name in ("cifar_resnet20.onnx", "cifar_mobilenetv2.onnx")]
archive = data / "images" / "cifar10_calib.tar.zst"
if not all(path.exists() for path in [*models, archive]):
    print(f"skipped: no CIFAR networks and images below {data}")
    sys.exit(SKIPPED)
if not shutil.which("zstd"):
    print("skipped: unpacking the CIFAR images needs the program zstd")
    sys.exit(SKIPPED)
with tempfile.TemporaryDirectory(prefix="tenon_cifar_") as folder:
    subprocess.run(["tar", "--zstd", "-xf", archive, "-C", folder], check=True)
    (images,) = Path(folder).iterdir()
    sys.exit(subprocess.run([sys.argv[1], images, PREPROCESS, *models], check=False).returncode)
