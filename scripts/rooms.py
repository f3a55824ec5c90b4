# SPDX-License-Identifier: Apache-2.0
"""The rooms of the house and who sees whom, for the checks. docs/architecture.md says why.

A room is named by its folder below src/. `reference` stands for ops/**/reference/ and the bare list
of ops (.def), `backends/X/device` and the like for one backend's folders, `import/view` for the neutral node view (what
lies directly in src/import), `public` for include/tenon.
"""

import re

# What each room sees by name; what those see comes with them. No backend sees another.
DIRECT = {
    "base": (),
    "program": ("base",),
    "device": ("base",),
    "dataset": ("base",),
    "ir": ("base", "program"),
    "expr": ("ir",),
    "reference": ("base", "program", "device", "dataset"),
    "import/view": ("ir", "base"),
    "import": ("import/view",),
    "ops": ("expr", "reference", "import/view"),
    "passes": ("ops",),
    "quant": ("ops",),
    "engine": ("base", "program", "device"),
    "backends/*/kernels": ("base", "program", "device"),
    "backends/*/device": ("backends/*/kernels", "reference"),
    "exec": ("engine", "reference", "backends/*/device", "backends/*/kernels"),
    "tuning": ("ops", "engine", "exec"),
    "backends/*/codegen": ("expr",),
    "backends/*/tactics": ("tuning", "backends/*/codegen", "backends/*/kernels", "backends/*/device"),
    "runtime": ("exec", "reference", "backends/*/device", "backends/*/kernels"),
    "builder": ("import", "passes", "quant", "tuning", "dataset", "runtime", "backends/*/tactics"),
    "api/run": ("runtime", "dataset", "public"),
    "api/build": ("builder", "api/run"),
    "public": (),
    "tools": ("public",),
    "examples": ("public",),
    "python": ("public",),
}


def room_of(path):
    """The room of a repository path, or None for what lies outside the rule (tests/, bench/, build files)."""
    parts = path.split("/")
    if parts[0] == "include":
        return "public"
    if parts[0] in ("tools", "examples", "python"):
        return parts[0]
    if parts[0] != "src" or len(parts) < 3:
        return None
    if parts[1] == "ops" and ("reference" in parts[2:-1] or path.endswith(".def")):
        return "reference"
    if parts[1] == "import":
        return "import/view" if len(parts) == 3 else "import"
    if parts[1] == "backends":
        return "/".join(parts[1:4]) if len(parts) > 4 else "backends"
    if parts[1] == "api":
        return "/".join(parts[1:3]) if len(parts) > 3 else "api"
    return parts[1]


def pattern_of(room):
    """backends/cpu/kernels -> backends/*/kernels; other rooms are their own pattern."""
    return re.sub(r"^backends/[^/]+/", "backends/*/", room)


def known(room):
    return pattern_of(room) in DIRECT


def visible(room):
    """Every room, as a pattern, that `room` may include."""
    seen = set()
    waiting = [pattern_of(room)]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += DIRECT[name]
    return seen


def may_include(room, other):
    backends = {name.split("/")[1] for name in (room, other) if name.startswith("backends/")}
    return len(backends) < 2 and pattern_of(other) in visible(room)
