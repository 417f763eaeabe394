# sim/python/setup.py - puts the descriptor of schemas/drf/v1 into the package when it is built.
# SPDX-License-Identifier: Apache-2.0
"""Nothing generated is committed: the messages are made at run time from the descriptor that protoc writes here."""
import importlib.resources
import pathlib

from setuptools import setup
from setuptools.command.build_py import build_py

SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "schemas"


class BuildWithDescriptor(build_py):
    def run(self) -> None:
        super().run()
        from grpc_tools import protoc

        files = sorted(str(p) for p in SCHEMAS.glob("drf/v1/*.proto"))
        if not files:
            raise SystemExit(f"no messages in {SCHEMAS}/drf/v1: build this package inside the source tree")
        out = pathlib.Path(self.build_lib) / "drf_recording" / "drf_v1.desc"
        out.parent.mkdir(parents=True, exist_ok=True)
        known = importlib.resources.files("grpc_tools") / "_proto"
        arguments = ["protoc", f"--proto_path={SCHEMAS}", f"--proto_path={known}", "--include_imports",
                     f"--descriptor_set_out={out}", *files]
        if protoc.main(arguments) != 0:
            raise SystemExit("protoc refuses the messages of schemas/drf/v1")


setup(cmdclass={"build_py": BuildWithDescriptor})
