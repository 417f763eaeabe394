# drf_recording/tape.py - collects messages of an import and writes them as a recording (schemas/recording.md).
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses
import hashlib
import importlib.metadata
import json
import math
import os
import pathlib
import re
import tempfile
from typing import IO, Any

from mcap.writer import CompressionType, Writer

from . import __version__
from .messages import DESCRIPTOR, MODES, KafkaMessage, Plan, Telemetry, descriptor_of
from .report import LATEST_US, Refused, Report

FLOAT_MOST = 3.4e38  # of single precision; NaN is not below it either
DRONE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,35}")


@dataclasses.dataclass(frozen=True)
class Entry:
    topic: str
    schema: str
    metadata: tuple[tuple[str, str], ...]
    log_time_us: int
    data: bytes


def drone_id(text: str) -> str:
    """An id by the rules of schemas/client.md rule 14, made from any text."""
    found = re.sub(r"[^A-Za-z0-9._-]", "-", text)[:36]
    found = re.sub(r"^[^A-Za-z0-9]+", "", found)
    if not DRONE_ID.fullmatch(found):
        raise Refused(f"no drone id can be made from {text!r}: say one with --drone-id")
    return found


class Tape:
    """Messages of one import. Nothing is written before the import has succeeded."""

    def __init__(self, source: pathlib.Path, mode: str, root: str, report: Report) -> None:
        self.source, self.mode, self.root, self.report = source, mode, root, report
        self.entries: list[Entry] = []
        self._boot: dict[str, int] = {}
        self._seq: dict[str, int] = {}
        self._last_us: dict[str, int] = {}
        self._offset: dict[str, int] = {}
        self._revision: dict[str, int] = {}

    def _stated(self) -> tuple[tuple[str, str], ...]:
        known = self.report.stated
        return (("source", self.source.name), ("datum", known.get("datum", "none")),
                ("time_base", known.get("time_base", "none")))

    def telemetry(self, drone: str, time_us: int, time_source: int, lat: float, lon: float,
                  log_time_us: int | None = None, **fields: Any) -> bool:
        """One report of a drone. False: it was dropped (and counted), as its time is not later than the last."""
        if not (-90.0 <= lat <= 90.0 and -180.0 <= lon <= 180.0):
            self.report.drop("position_off_the_globe")
            return False
        heard_us = time_us if log_time_us is None else log_time_us
        if not (0 <= time_us < LATEST_US and 0 <= heard_us < LATEST_US):
            self.report.drop("time_not_plausible")
            return False
        last = self._last_us.get(drone)
        if last is not None and time_us <= last:
            self.report.drop("time_repeated" if time_us == last else "time_backwards")
            return False
        boot = self._boot.setdefault(drone, max(time_us // 1000, 1))
        seq = self._seq.get(drone, 0) + 1
        known = {k: v for k, v in fields.items() if v is not None and not (isinstance(v, float) and not abs(v) <= FLOAT_MOST)}
        try:
            message = Telemetry(seq=seq, drone_boot_id=boot, time_us=time_us, time_source=time_source,
                                lat_e7=round(lat * 1e7), lon_e7=round(lon * 1e7), mode=MODES[self.mode], **known)
        except ValueError:  # an integer that its field does not hold
            self.report.drop("value_out_of_range")
            return False
        self._last_us[drone], self._seq[drone] = time_us, seq
        metadata = (("transport", "mqtt"), ("qos", "0"), ("retain", "0"), *self._stated())
        self.entries.append(Entry(f"{self.root}/drones/{drone}/telemetry", "Telemetry", metadata,
                                  heard_us, message.SerializeToString()))
        self.report.written["telemetry"] += 1
        return True

    def plan(self, drone: str, time_us: int, plan_id: str, points: list[dict[str, float]]) -> bool:
        """Where a drone means to fly: 2 to 100 points, each with exactly one height."""
        if not 2 <= len(points) <= 100:
            self.report.drop("plan_too_short" if len(points) < 2 else "plan_too_long")
            return False
        if not all(-90 <= p["lat"] <= 90 and -180 <= p["lon"] <= 180 and all(map(math.isfinite, p.values())) for p in points) or not (
                0 <= time_us < LATEST_US):
            self.report.drop("plan_not_plausible")
            return False
        self._revision[drone] = self._revision.get(drone, 0) + 1
        message = Plan(plan_id=plan_id, revision=self._revision[drone], valid_from_us=time_us)
        for point in points:
            fields = {k: v for k, v in point.items() if k not in ("lat", "lon")}
            message.points.add(lat_e7=round(point["lat"] * 1e7), lon_e7=round(point["lon"] * 1e7), **fields)
        metadata = (("transport", "mqtt"), ("qos", "1"), ("retain", "1"), *self._stated())
        self.entries.append(Entry(f"{self.root}/drones/{drone}/plan", "Plan", metadata, time_us,
                                  message.SerializeToString()))
        self.report.written["plan"] += 1
        return True

    def kafka(self, topic: str, time_us: int, value: Any | None, key: str | None = None) -> None:
        """A message of a feed: a JSON document, or None for a tombstone."""
        offset = self._offset.get(topic, 0)
        self._offset[topic] = offset + 1
        message = KafkaMessage(timestamp_ms=time_us // 1000, partition=0, offset=offset)
        if key is not None:
            message.key = key.encode()
        if value is not None:
            message.value = json.dumps(value, allow_nan=False, separators=(",", ":"), ensure_ascii=False).encode()
        message.headers.add(key="drf_mode", value=self.mode.encode())
        metadata = (("transport", "kafka"), ("partition", "0"), *self._stated())
        self.entries.append(Entry(f"kafka/{topic}", "KafkaMessage", metadata, time_us, message.SerializeToString()))
        self.report.written["kafka"] += 1

    def write(self, path: pathlib.Path, source_bytes: bytes, replace: bool) -> None:
        """Whole or not at all: the file gets its name when it is complete."""
        if not self.entries:
            raise Refused(f"{self.source}: nothing in it could be imported" + "".join(
                f"; {what}: {count}" for what, count in sorted(self.report.dropped.items())))
        if path.exists() and not replace:
            raise Refused(f"{path} exists already: --force replaces it")
        self.report.state(source=self.source.name, source_sha256=hashlib.sha256(source_bytes).hexdigest(), mode=self.mode)
        handle, temporary = tempfile.mkstemp(prefix=path.name, suffix=".part", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                self._write(stream)
            os.chmod(temporary, 0o640)
            os.replace(temporary, path)
        except BaseException:
            pathlib.Path(temporary).unlink(missing_ok=True)
            raise

    def _write(self, stream: IO[bytes]) -> None:
        writer = Writer(stream, compression=CompressionType.ZSTD, enable_crcs=True, enable_data_crcs=True)
        writer.start(profile="drf", library=f"drf-import {__version__}")
        entries = sorted(self.entries, key=lambda e: e.log_time_us)  # stable: equal times keep the source's order
        schemas: dict[str, int] = {}
        channels: dict[str, int] = {}
        sequence: dict[str, int] = {}
        for e in entries:
            if e.schema not in schemas:
                schemas[e.schema] = writer.register_schema(f"drf.v1.{e.schema}", "protobuf", descriptor_of(e.schema))
            if e.topic not in channels:
                channels[e.topic] = writer.register_channel(e.topic, "protobuf", schemas[e.schema], dict(e.metadata))
            at_ns = e.log_time_us * 1000
            number = sequence.get(e.topic, 0) + 1
            sequence[e.topic] = number
            writer.add_message(channels[e.topic], log_time=at_ns, publish_time=at_ns, data=e.data, sequence=number)
        first_ns = entries[0].log_time_us * 1000
        writer.add_attachment(create_time=first_ns, log_time=first_ns, name="drf.v1.desc",
                              media_type="application/x-protobuf", data=DESCRIPTOR)
        libraries = " ".join(f"{name} {importlib.metadata.version(name)}" for name in ("mcap", "protobuf"))
        head = {"program": "drf-import", "version": __version__, "libraries": libraries, "mode": self.mode}
        if self.mode == "SIM":
            head["simulated"] = "1"
        writer.add_metadata("drf", head)
        writer.add_metadata("import", self.report.metadata())
        writer.finish()  # type: ignore[no-untyped-call]
