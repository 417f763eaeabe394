# drf_recording/messages.py - the messages of schemas/drf/v1, made at run time from their descriptor.
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import importlib.resources
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

MODES = {"LIVE": 1, "TEST": 2, "REPLAY": 3, "SIM": 4}
TIME_NONE, TIME_GNSS, TIME_NTP = 0, 1, 2  # enum TimeSource

DESCRIPTOR: bytes = (importlib.resources.files("drf_recording") / "drf_v1.desc").read_bytes()


def _pool() -> descriptor_pool.DescriptorPool:
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(DESCRIPTOR).file:
        pool.Add(file)
    return pool


_POOL = _pool()


def message_class(name: str) -> Any:
    """The class of drf.v1.NAME."""
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(f"drf.v1.{name}"))


def descriptor_of(name: str) -> bytes:
    """The FileDescriptorSet of the file that declares drf.v1.NAME and of those it imports, each after its imports."""
    found = descriptor_pb2.FileDescriptorSet()

    def add(file: Any) -> None:
        for other in file.dependencies:
            add(other)
        if all(known.name != file.name for known in found.file):
            file.CopyToProto(found.file.add())

    add(_POOL.FindMessageTypeByName(f"drf.v1.{name}").file)
    return bytes(found.SerializeToString())


Telemetry = message_class("Telemetry")
Plan = message_class("Plan")
KafkaMessage = message_class("KafkaMessage")
