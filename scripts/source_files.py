# SPDX-License-Identifier: Apache-2.0
"""The project's own files below a root, as sorted repository paths."""

import subprocess
from pathlib import Path

CPP = (".h", ".cpp", ".inc")


def source_files(root, suffixes=None):
    """What git tracks or would track; every file where the root is no git repository. `suffixes` None takes all."""
    root = Path(root)
    if (root / ".git").exists():
        listed = subprocess.run(["git", "-C", str(root), "ls-files", "-co", "--exclude-standard", "-z"], check=True, capture_output=True, text=True)
        paths = [path for path in listed.stdout.split("\0") if path and (root / path).is_file()]
    else:
        paths = [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()]
    return sorted(set(path for path in paths if suffixes is None or path.endswith(suffixes)))
