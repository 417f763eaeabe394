# tests/replay/measure/tape.py - recordings for tests, written with the `mcap` of PyPI, and what is made of them.
# SPDX-License-Identifier: Apache-2.0
import csv
import importlib
import pathlib
import subprocess
import sys

from fixture.process import BIN, DEADLINE_S, TOP, Folder

PINNED = ["mcap==1.6.0", "zstandard==0.25.0", "lz4==4.4.5"]
T0 = 1_700_000_000_000_000  # microseconds UTC


class Bench:
    """A folder with the Python messages of schemas/drf/v1, and a virtual environment with `mcap` in it."""

    def __init__(self):
        self.folder = Folder("measure")
        self.path = self.folder.path
        environment = self.path / "venv"
        self._run(sys.executable, "-m", "venv", environment)
        self._run(environment / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", *PINNED)
        protos = sorted((TOP / "schemas" / "drf" / "v1").glob("*.proto"))
        self._run("protoc", f"--proto_path={TOP / 'schemas'}", f"--python_out={self.path}", *protos)
        self._run("protoc", f"--proto_path={TOP / 'schemas'}", "--include_imports",
                  f"--descriptor_set_out={self.path / 'all.desc'}", *protos)
        sys.path[:0] = [str(self.path), *map(str, environment.glob("lib/python*/site-packages"))]
        self.writer = importlib.import_module("mcap.writer")
        modules = [importlib.import_module(f"drf.v1.{p.stem}_pb2") for p in protos]
        self.messages = {name: getattr(m, name) for m in modules for name in m.DESCRIPTOR.message_types_by_name}
        self.descriptors = (self.path / "all.desc").read_bytes()

    def _run(self, *words):
        subprocess.run(list(map(str, words)), check=True, timeout=2 * DEADLINE_S)

    def message(self, name, /, **fields):
        return self.messages[name](**fields)

    def tape(self, name, **metadata):
        return Tape(self, self.path / name, metadata)

    def small_chunks(self, name):
        """A tape of many chunks: a few messages are one."""
        tape = self.tape(name)
        tape.chunk_size = 300
        return tape

    def measure(self, *words, code=0):
        return sim("measure", *words, code=code)

    def rows(self, folder, name):
        with open(pathlib.Path(folder) / name, newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def measured(self, *tapes, words=()):
        """{(measure, of): row} of the last tape, and the folder with everything."""
        out = self.path / f"out-{tapes[-1].stem}"
        self.measure(*tapes, "--out", out, *words)
        return {(r["measure"], r["of"]): r for r in self.rows(out, "measures.csv") if r["recording"] == str(tapes[-1])}, out


def sim(*words, code=0):
    run = subprocess.run([BIN / "drf-sim", *map(str, words)], capture_output=True, text=True, timeout=DEADLINE_S)
    assert run.returncode == code, (words, run.returncode, run.stdout, run.stderr)
    return run.stdout + run.stderr


class Tape:
    """schemas/recording.md, by another's writer. `with` it: it is complete at the end. Messages in the order of the file."""

    def __init__(self, bench, path, metadata):
        self._bench, self.path, self._metadata = bench, path, metadata
        self._channels, self._schemas = {}, {}
        self.chunk_size = 16384
        self.written = []  # bytes of the file after each message

    def __enter__(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = open(self.path, "wb")
        self._writer = self._bench.writer.Writer(self._file, chunk_size=self.chunk_size)
        self._writer.start(profile="drf", library="drf-sim test")
        self._writer.add_metadata("drf", {"program": "test", **self._metadata})
        return self

    def __exit__(self, *_):
        self._writer.finish()
        self._file.close()

    def add(self, topic, message, t_s, sent_s=None, encoding="protobuf", transport="mqtt"):
        """`message`: a protobuf, or bytes. t_s: log time, seconds after T0; sent_s: publish time."""
        kind = type(message).__name__ if not isinstance(message, bytes) else ""
        if kind and kind not in self._schemas:
            self._schemas[kind] = self._writer.register_schema(f"drf.v1.{kind}", "protobuf", self._bench.descriptors)
        if topic not in self._channels:
            metadata = {"transport": transport, "qos": "0", "retain": "0"} if transport else {}
            self._channels[topic] = [self._writer.register_channel(topic, encoding, self._schemas.get(kind, 0), metadata), 0]
        channel = self._channels[topic]
        channel[1] += 1
        log_ns = T0 * 1000 + round(t_s * 1e9)
        publish_ns = log_ns if sent_s is None else T0 * 1000 + round(sent_s * 1e9)
        data = message if isinstance(message, bytes) else message.SerializeToString(deterministic=True)
        self._writer.add_message(channel[0], log_ns, data, publish_ns, channel[1])
        self.written.append(self._file.tell())

    def truth(self, drone, t_s, lat, lon, alt=None, **more):
        fields = {"drone_id": drone, "time_utc_us": T0 + round(t_s * 1e6), "lat_deg": lat, "lon_deg": lon, "airborne": True}
        if alt is not None:
            fields["alt_amsl_m"] = alt
        self.add(f"sim/truth/{drone}", self._bench.message("SimTruth", **{**fields, **more}), t_s, transport=None)

    def verdict(self, drone, t_s, verdict, kind, **more):
        self.add("sim/verdict", self._bench.message("SimVerdict", drone_id=drone, time_utc_us=T0 + round(t_s * 1e6),
                                                    verdict=verdict, kind=kind, **more), t_s, transport=None)

    def telemetry(self, drone, t_s, lat, lon, seq=1, log_s=None, root="drf-test/v1", **more):
        message = self._bench.message("Telemetry", seq=seq, drone_boot_id=1, time_us=T0 + round(t_s * 1e6),
                                      lat_e7=round(lat * 1e7), lon_e7=round(lon * 1e7), **more)
        self.add(f"{root}/drones/{drone}/telemetry", message, t_s if log_s is None else log_s)

    def context(self, drone, t_s, made_s, root="drf-test/v1", sent_s=None, **more):
        message = self._bench.message("Context", boot_id=1, node_time_us=T0 + round(made_s * 1e6), **more)
        self.add(f"{root}/drones/{drone}/context/r1", message, t_s, sent_s)
