# tests/replay/importers/bench.py - the importers in an environment of their own, and what reads their tapes.
# SPDX-License-Identifier: Apache-2.0
import json
import shutil
import subprocess
import sys

from fixture.process import BIN, DEADLINE_S, TOP, Folder

# Pinned: what a test says of a tape must not change with a release of somebody else's.
PINNED = ["mcap==1.6.0", "mcap-protobuf-support==0.6.0", "protobuf==7.36.2", "pyulog==1.3.0", "pymavlink==2.4.50",
          "numpy==2.4.6", "zstandard==0.25.0", "lz4==4.4.5", "mypy==2.4.1", "types-protobuf==7.35.1.20260906"]
_made = []


class Result:
    def __init__(self, bench, run, tape):
        self.code, self.out, self.error, self.tape, self._bench = run.returncode, run.stdout, run.stderr, tape, bench
        self._read = None

    @property
    def said(self):
        """Its own summary: {"written telemetry": "109", ...} without the notes."""
        return dict(line.split(": ", 1) for line in self.out.splitlines() if not line.startswith("note: "))

    def read(self):
        """The tape as another's reader decodes it (importers/dump.py)."""
        if self._read is None:
            self._read = json.loads(self._bench.python("dump.py", self.tape))
        return self._read

    def messages(self, leaf):
        return [m for m in self.read()["messages"] if m["topic"].endswith(leaf)]

    def values(self):
        """The JSON documents of Kafka messages, None for a tombstone."""
        return [m["value"] for m in self.read()["messages"] if m["topic"].startswith("kafka/")]


class Bench:
    """A virtual environment with `pip install ./sim/python`, from a copy: a build leaves files beside the source."""

    def __init__(self):
        self.folder = Folder("importers")
        self.path = self.folder.path
        self.environment = self.path / "venv"
        for part in ("sim/python", "schemas/drf"):
            shutil.copytree(TOP / part, self.path / "source" / part, ignore=shutil.ignore_patterns("build", "*.egg-info"))
        self._run([sys.executable, "-m", "venv", self.environment])
        pip = [self.environment / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check"]
        self._run([*pip, *PINNED])
        self._run([*pip, self.path / "source" / "sim" / "python"])
        self._count = 0

    def _run(self, words):
        subprocess.run([str(w) for w in words], check=True, timeout=2 * DEADLINE_S)

    def file(self, name, content):
        path = self.path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def run(self, kind, source, *words):
        """drf-import, whatever comes of it."""
        self._count += 1
        tape = self.path / f"{self._count}.mcap"
        run = subprocess.run([str(w) for w in (self.environment / "bin" / "drf-import", kind, source, "-o", tape, *words)],
                             text=True, capture_output=True, timeout=DEADLINE_S)
        assert "Traceback" not in run.stderr, run.stderr
        return Result(self, run, tape)

    def taken(self, kind, source, *words):
        result = self.run(kind, source, *words)
        assert result.code == 0, result.error
        return result

    def refused(self, kind, source, *words, says):
        result = self.run(kind, source, *words)
        assert result.code == 1 and not result.tape.exists(), (result.code, result.out, result.error)
        for part in [says] if isinstance(says, str) else says:
            assert part in result.error, (part, result.error)
        return result

    def python(self, script, *words, stdin=None):
        """A script beside this file, run in the environment; what it prints."""
        here = TOP / "tests" / "replay" / "importers" / script
        return subprocess.run([str(w) for w in (self.environment / "bin" / "python", here, *words)], check=True, text=True,
                              input=stdin, stdout=subprocess.PIPE, timeout=DEADLINE_S).stdout

    def edge_check(self, config, feed, value, key=None, headers=()):
        """What a node would make of a message of a feed."""
        words = [BIN / "drf-edge", "check", "--config", config, "--feed", feed, "--file", self.file("message.json", value)]
        words += ["--key", key] if key else []
        for header in headers:
            words += ["--header", header]
        return subprocess.run([str(w) for w in words], text=True, capture_output=True, timeout=DEADLINE_S)


def bench():
    """One for the whole file."""
    if not _made:
        _made.append(Bench())
    return _made[0]


def close():
    while _made:
        _made.pop().folder.close()
