# schemas/python/setup.py - makes descriptor, types and enums of the package from schemas/drf/v1 when it is built.
# SPDX-License-Identifier: Apache-2.0
"""Nothing generated is committed. The messages themselves are made at run time from the descriptor, so that any release
of protobuf reads them; protoc's own stubs, joined to one file, are their types."""
import importlib.resources
import pathlib
import re
import shutil
import tempfile
from typing import Any

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

HERE = pathlib.Path(__file__).resolve().parent
OWN = "proto"  # where an sdist carries the messages
HEAD = "# Made from drf/v1 by setup.py.\n# SPDX-License-Identifier: Apache-2.0\n"


def schemas() -> pathlib.Path:
    for folder in (HERE / OWN, HERE.parent):
        if list(folder.glob("drf/v1/*.proto")):
            return folder
    raise SystemExit(f"no messages in {HERE.parent}/drf/v1: build this package inside the source tree, or from an sdist")


def protoc(*options: str) -> None:
    from grpc_tools import protoc as compiler

    known = importlib.resources.files("grpc_tools") / "_proto"
    files = sorted(str(path) for path in schemas().glob("drf/v1/*.proto"))
    if compiler.main(["protoc", f"--proto_path={schemas()}", f"--proto_path={known}", *options, *files]) != 0:
        raise SystemExit("protoc refuses the messages of schemas/drf/v1")


def descriptor(path: pathlib.Path) -> Any:
    """With all that stands in the files; what is written goes without their comments."""
    from google.protobuf.descriptor_pb2 import FileDescriptorSet

    protoc("--include_imports", "--include_source_info", f"--descriptor_set_out={path}")
    whole, bare = FileDescriptorSet.FromString(path.read_bytes()), FileDescriptorSet()
    bare.CopyFrom(whole)
    for file in bare.file:
        file.ClearField("source_code_info")
    path.write_bytes(bare.SerializeToString(deterministic=True))
    return whole


def stubs() -> str:
    """One file of protoc's many: no imports of each other, and no enums, which enums.py has."""
    with tempfile.TemporaryDirectory() as folder:
        protoc(f"--pyi_out={folder}")
        text = "\n".join(path.read_text() for path in sorted(pathlib.Path(folder).glob("drf/v1/*.pyi")))
    heads = sorted(set(re.findall(r"^from (?!drf\.v1)\S+ import .*$", text, re.M)), key=len)
    bodies = re.findall(r"^class \w+\(_message\.Message\):\n(?:[ ]+.*\n|\n)*", text + "\n", re.M)
    text = re.sub(r"_\w+_pb2\.", "", "".join(bodies))
    return HEAD + "\n".join(heads) + "\n\n" + re.sub(r"\b_Mapping\b(?!\[)", "_Mapping[str, object]", text)


def enums(descriptor: Any) -> str:
    """Names without the prefix, each with the comment that stands beside it in enums.proto."""
    text = HEAD + "from .named import Named\n"
    for file in descriptor.file:
        said = {tuple(place.path): " ".join(place.trailing_comments.split()) for place in file.source_code_info.location}
        for at, kind in enumerate(file.enum_type):
            prefix = re.sub(r"(?<!^)(?=[A-Z])", "_", kind.name).upper() + "_"
            rows = [f"    {value.name.removeprefix(prefix)} = {value.number}, {said.get((5, at, 2, i), '')!r}\n"
                    for i, value in enumerate(kind.value)]
            text += f"\n\nclass {kind.name}(Named):\n{''.join(rows)}"
    return text


class BuildWithMessages(build_py):
    def run(self) -> None:
        super().run()
        out = (HERE if self.editable_mode else pathlib.Path(self.build_lib)) / "drf_client"
        out.mkdir(parents=True, exist_ok=True)
        (out / "enums.py").write_text(enums(descriptor(out / "drf_v1.desc")))
        (out / "v1.pyi").write_text(stubs())


class SdistWithMessages(sdist):
    def make_release_tree(self, base_dir: str, files: list[str]) -> None:
        super().make_release_tree(base_dir, files)
        shutil.copytree(schemas() / "drf", pathlib.Path(base_dir) / OWN / "drf", dirs_exist_ok=True)


setup(cmdclass={"build_py": BuildWithMessages, "sdist": SdistWithMessages})
