# SPDX-License-Identifier: Apache-2.0
"""Each check of scripts/ passes on a small clean tree and fails on one planted violation, naming it."""

import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LICENCE = "// SPDX-License-Identifier: Apache-2.0\n"


class Tree(unittest.TestCase):
    """A temporary tree with one header a room, and the run of a script over it."""

    def setUp(self):
        self.root = Path(tempfile.mkdtemp(prefix="tenon_checks_"))
        self.addCleanup(shutil.rmtree, self.root)
        shutil.copy(ROOT / ".clang-format", self.root)
        for header in ("base/shape.h", "ir/graph.h", "ops/conv/conv.h", "ops/conv/reference/conv.h", "import/node_view.h", "import/onnx/reader.h",
                       "backends/cpu/kernels/gemm.h", "backends/gpu/kernels/gemm.h", "runtime/engine.h", "builder/builder.h"):
            self.write(f"src/{header}", "")
        self.write("include/tenon/tenon.h", "")

    def write(self, path, text, licence=LICENCE):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(licence + text)

    def run_script(self, name, *arguments):
        done = subprocess.run([sys.executable, str(ROOT / "scripts" / name), *map(str, arguments)], capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def passes(self, name, *arguments):
        status, output = self.run_script(name, *(arguments or [self.root]))
        self.assertEqual(status, 0, output)

    def fails(self, expected, name, *arguments):
        status, output = self.run_script(name, *(arguments or [self.root]))
        self.assertEqual(status, 1, output)
        self.assertIn(expected, output)


class Includes(Tree):
    def allowed(self, path, include):
        self.write(path, f"#include {include}\n")
        self.passes("check_includes")

    def refused(self, path, include):
        self.write(path, f"\n#include {include}\n")
        self.fails(f"{path}:3: includes {include[1:-1]}", "check_includes")

    def test_downwards(self):
        self.allowed("src/ops/pool/pool.cpp", '"ir/graph.h"')

    def test_neutral_node_view(self):
        self.allowed("src/ops/pool/pool.cpp", '"import/node_view.h"')

    def test_builder_sees_every_backend(self):
        self.allowed("src/builder/build.cpp", '"backends/gpu/kernels/gemm.h"')

    def test_public_header_from_api(self):
        self.allowed("src/api/run/engine.cpp", "<tenon/tenon.h>")

    def test_test_compares_with_reference(self):
        self.allowed("src/backends/cpu/kernels/gemm_test.cpp", '"ops/conv/reference/conv.h"')

    def test_upwards(self):
        self.refused("src/ir/patch.cpp", '"ops/conv/conv.h"')

    def test_runtime_sees_no_compiler(self):
        self.refused("src/runtime/load.cpp", '"ir/graph.h"')
        (self.root / "src/runtime/load.cpp").unlink()
        self.refused("src/api/run/load.cpp", '"builder/builder.h"')

    def test_reference_sees_no_graph(self):
        self.refused("src/ops/pool/reference/pool.cpp", '"ops/conv/conv.h"')

    def test_kernels_see_no_op(self):
        self.refused("src/backends/cpu/kernels/pool.cpp", '"ops/conv/conv.h"')

    def test_backends_are_apart(self):
        self.refused("src/backends/cpu/tactics/pool.cpp", '"backends/gpu/kernels/gemm.h"')

    def test_ops_see_no_format(self):
        self.refused("src/ops/pool/pool.cpp", '"import/onnx/reader.h"')

    def test_relative_include(self):
        self.refused("src/ir/patch.cpp", '"../ops/conv/conv.h"')

    def test_tools_see_public_headers_only(self):
        self.refused("tools/tenonexec/main.cpp", '"base/shape.h"')

    def test_unknown_room(self):
        self.refused("src/attic/old.cpp", '"base/shape.h"')

    def test_operating_system(self):
        self.allowed("src/base/os/file.cpp", "<sys/mman.h>")
        self.refused("src/base/lane.cpp", "<sys/mman.h>")

    def test_protobuf(self):
        self.allowed("src/import/onnx/reader.cpp", '"onnx.pb.h"')
        self.refused("src/ops/pool/pool.cpp", '"onnx.pb.h"')


class Format(Tree):
    def test_finds_a_space_too_many(self):
        self.write("src/base/answer.h", "int answer();\n")
        self.passes("check_format")
        self.write("src/base/answer.h", "int  answer();\n")
        self.fails("src/base/answer.h", "check_format")


class Sources(Tree):
    def test_clean(self):
        self.write("tests/a_test.py", "# /tmp/file may be named in a test, src/home/x and ${ROOT}/work/x anywhere\n", "# SPDX-License-Identifier: Apache-2.0\n")
        self.passes("check_sources")

    def test_licence(self):
        self.write("src/base/answer.h", "int answer();\n", "")
        self.fails("src/base/answer.h:1:", "check_sources")

    def test_licence_of_script(self):
        self.write("scripts/run", "echo\n", "#!/bin/sh\n")
        self.fails("scripts/run:1:", "check_sources")

    def test_machine_path(self):
        for folder in ("home", "root", "work", "tmp"):
            self.write("README.md", f"\nsee /{folder}/somebody/file\n", "")
            self.fails("README.md:2: names a path", "check_sources")

    def test_mirror(self):
        self.write("README.md", "http://%s/simple\n" % ".".join("1234"), "")
        self.fails("README.md:1: names a package mirror", "check_sources")

    def test_copy_of_outside_data(self):
        outside = self.root.parent / f"{self.root.name}_data"
        self.addCleanup(shutil.rmtree, outside)
        outside.mkdir()
        (outside / "model.onnx").write_bytes(bytes(range(256)) * 2)
        self.passes("check_sources", self.root, f"--data={outside}")
        shutil.copy(outside / "model.onnx", self.root / "mine.onnx")
        self.fails("mine.onnx:1: is a copy", "check_sources", self.root, f"--data={outside}")


class Runtime(Tree):
    def link(self, objects, *flags):
        """A shared library of empty-handed objects at the given build paths, and its linker map."""
        paths = []
        for path, code in objects.items():
            target = self.root / "build" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            subprocess.run(["g++", "-x", "c++", "-fPIC", "-fvisibility=hidden", "-c", "-", "-o", target], input=code, text=True, check=True)
            paths.append(target)
        library, map_file = self.root / "lib.so", self.root / "lib.map"
        subprocess.run(["g++", "-shared", f"-Wl,-Map={map_file}", "-o", library, *paths, *flags], check=True)
        return library, map_file

    def test_clean(self):
        self.passes("check_runtime", *self.link({"src/CMakeFiles/tenon_base.dir/base/a.cpp.o": "namespace tn { int a() { return 1; } }",
                                                 "src/CMakeFiles/tenon_ops.dir/ops/conv/reference/c.cpp.o": "int c() { return 1; }"}))

    def test_compiler_inside(self):
        self.fails("room passes does not belong", "check_runtime", *self.link({"src/CMakeFiles/tenon_passes.dir/passes/a.cpp.o": "int a() { return 1; }"}))
        self.fails("room ops does not belong", "check_runtime", *self.link({"src/CMakeFiles/tenon_ops.dir/ops/conv/a.cpp.o": "int b() { return 1; }"}))

    def test_no_objects(self):
        self.fails("names no object", "check_runtime", *self.link({"other/a.o": "int a() { return 1; }"}))

    def test_inside_exported(self):
        code = 'namespace tn { __attribute__((visibility("default"))) int a() { return 1; } }'
        self.fails("exports tn::a", "check_runtime", *self.link({"src/CMakeFiles/tenon_base.dir/base/a.cpp.o": code}))

    def test_protobuf_needed(self):
        stub = self.root / "libprotobuf-lite.so"
        subprocess.run(["g++", "-shared", "-x", "c++", "-", "-o", stub], input="", text=True, check=True)
        self.fails("needs libprotobuf-lite.so", "check_runtime",
                   *self.link({"src/CMakeFiles/tenon_base.dir/base/a.cpp.o": "int a() { return 1; }"}, f"-L{self.root}", "-Wl,--no-as-needed", "-lprotobuf-lite"))


class Summary(Tree):
    def report(self, *cases):
        self.write("tests.xml", "<testsuite>" + "".join(cases) + "</testsuite>", "")
        return self.root / "tests.xml"

    def test_counts(self):
        passed, skipped = '<testcase name="a" status="run"/>', '<testcase name="b" status="notrun"><skipped message=""/></testcase>'
        failed = '<testcase name="c" status="fail"><failure message=""/></testcase>'
        status, output = self.run_script("summarize", self.report(passed, passed, skipped))
        self.assertEqual((status, output), (0, "skipped 1: no reason given\n2 passed, 0 failed, 1 skipped\n"))
        status, output = self.run_script("summarize", self.report(passed, failed))
        self.assertEqual((status, output.splitlines()[-1]), (1, "1 passed, 1 failed, 0 skipped"))
        self.fails("0 passed, 0 failed, 1 skipped", "summarize", self.report(skipped))

    def test_reasons(self):
        skipped = '<testcase name="b" status="notrun"><skipped message=""/><system-out>{}</system-out></testcase>'
        cases = [skipped.format(text) for text in ("a_test.cpp:7: Skipped\nno device\n\n[  SKIPPED ]", "skipped: no data below data\n", "b_test.cpp:9: Skipped\nno device\n")]
        _, output = self.run_script("summarize", self.report('<testcase name="a" status="run"/>', *cases))
        self.assertEqual(output, "skipped 2: no device\nskipped 1: no data below data\n1 passed, 0 failed, 3 skipped\n")

    def test_runner_of_many_cases(self):
        many = '<testcase name="d" status="{}"><system-out>FAILED x\n{} passed, {} failed, 7 skipped\n</system-out></testcase>'
        status, output = self.run_script("summarize", self.report(many.format("run", 900, 0), '<testcase name="a" status="run"/>'))
        self.assertEqual((status, output), (0, "901 passed, 0 failed, 7 skipped\n"))
        self.fails("900 passed, 2 failed, 7 skipped", "summarize", self.report(many.format("fail", 900, 2)))
        self.fails("900 passed, 1 failed, 7 skipped", "summarize", self.report(many.format("fail", 900, 0)))


class Setup(Tree):
    def test_without_root_and_sudo_names_what_is_missing(self):
        """With an apt list of one package that does not exist, and neither root nor sudo (both are stubs)."""
        for name, text in (("id", "echo 1000"), ("dpkg-query", "exit 1")):
            self.write(f"bin/{name}", text + "\n", "#!/bin/sh\n")
            (self.root / "bin" / name).chmod(0o755)
        for name in ("bash", "sed", "dirname"):
            (self.root / "bin" / name).symlink_to(shutil.which(name))
        (self.root / "scripts").mkdir()
        shutil.copy(ROOT / "scripts/setup", self.root / "scripts/setup")
        self.write("scripts/apt-packages", "libwanted-dev # why\n", "# head\n")
        done = subprocess.run([self.root / "scripts/setup"], env={"PATH": str(self.root / "bin")}, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("missing packages: libwanted-dev\n", done.stderr)


if __name__ == "__main__":
    unittest.main()
