# schemas/python/drf_client/link.py - the connection to the broker: MQTT v5, clean start, connected again with back-off.
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import asyncio
import logging
import random
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Self, TypeVar

import aiomqtt
from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from .streams import Moment

log = logging.getLogger("drf_client")
M = TypeVar("M", bound=Message)
BACKOFF_S = (0.5, 30.0)  # doubled from the first to the second; half of it by chance, so that a fleet comes one by one
HELD_S = 10.0  # a connection that held so long begins from the first again
REFUSED = {0x84: "the broker does not speak MQTT v5", 0x85: "the broker refuses this client id",
           0x86: "the broker does not know this name and password", 0x87: "the broker does not admit this name with this password"}
TAKEN_OVER, NOT_SAID = 0x8E, 0x80
# mosquitto 2.0 closes the connection of a client whose name another one uses, and does not say why.
LOST = {TAKEN_OVER: "another client has connected with this name",
        NOT_SAID: "the connection was lost: the broker ended, or another client has connected with this name"}


class NotAdmitted(ConnectionError):
    """The broker refuses name or password: trying again does not help."""


def moment() -> Moment:
    return Moment(time.time_ns() // 1000, time.monotonic_ns() // 1000)


def decode(kind: type[M], payload: bytes) -> M | None:
    """Protocol Buffers, or ProtoJSON where it begins with a brace; None for what is neither."""
    try:
        if payload.startswith(b"{"):
            return json_format.Parse(payload, kind(), ignore_unknown_fields=True)
        return kind.FromString(payload)
    except (DecodeError, json_format.ParseError, UnicodeDecodeError) as error:
        log.warning("a %s of %d bytes cannot be read and is passed over: %s", kind.__name__, len(payload), error)
        return None


def code_of(error: BaseException | None) -> int | None:
    """The reason code of MQTT v5 somewhere below this error."""
    while error is not None:
        rc = getattr(error, "rc", None)
        if rc is not None:
            return int(getattr(rc, "value", rc))
        error = error.__cause__
    return None


class Link:
    """`async with`: returns connected, or while it goes on trying; NotAdmitted where that is of no use."""

    def __init__(self, host: str, port: int, user: str, password: str | None, tls: ssl.SSLContext | None,
                 subscriptions: Sequence[tuple[str, int]], on_message: Callable[[str, bytes, object], None],
                 on_connected: Callable[[], Awaitable[None]]) -> None:
        self.user, self.down = user, "not connected yet"
        self._settings = host, port, password, tls
        self._subscriptions, self._on_message, self._on_connected = list(subscriptions), on_message, on_connected
        self._client: aiomqtt.Client | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        first: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._run(first))
        try:
            await first
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        trace: TracebackType | None) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self, first: asyncio.Future[None]) -> None:
        wait_s = BACKOFF_S[0]
        while True:
            began = time.monotonic()
            try:
                await self._connection(first)
                self.down = "the broker closed the connection"
            except Exception as error:  # whatever a library raises: the next connection may hold
                code = code_of(error)
                if code in REFUSED and not first.done():
                    first.set_exception(NotAdmitted(f"{REFUSED[code]}: {self.user} at {self._settings[0]}"))
                    return
                self.down = (REFUSED | LOST).get(code or 0) or str(error) or type(error).__name__
            self._client = None
            if not first.done():
                first.set_result(None)
            if time.monotonic() - began > HELD_S:
                wait_s = BACKOFF_S[0]
            log.warning("%s: %s; next attempt within %.1f s", self.user, self.down, wait_s)
            await asyncio.sleep(wait_s * (0.5 + 0.5 * random.random()))
            wait_s = min(2 * wait_s, BACKOFF_S[1])

    async def _connection(self, first: asyncio.Future[None]) -> None:
        host, port, password, tls = self._settings
        async with aiomqtt.Client(host, port, username=self.user, password=password, identifier=self.user,
                                  protocol=aiomqtt.ProtocolVersion.V5, clean_start=True, keepalive=15,
                                  tls_context=tls) as client:
            await client.subscribe(self._subscriptions)
            self._client, self.down = client, ""
            await self._on_connected()
            if not first.done():
                first.set_result(None)
            async for message in client.messages:
                try:
                    if isinstance(message.payload, bytes):
                        self._on_message(str(message.topic), message.payload, message.properties)
                except Exception:  # one message that nobody foresaw must not end the others
                    log.exception("a message on %s is passed over", message.topic)

    async def publish(self, topic: str, message: Message | None, qos: int = 0, retain: bool = False,
                      response_topic: str = "", correlation: bytes = b"") -> bool:
        """False when it did not go out. None is an empty payload."""
        client = self._client
        if client is None:
            return False
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        if message is not None:
            properties.ContentType = "application/x-protobuf"
        if response_topic:
            properties.ResponseTopic, properties.CorrelationData = response_topic, correlation
        try:
            await client.publish(topic, b"" if message is None else message.SerializeToString(), qos, retain, properties,
                                 timeout=2.0)
        except (aiomqtt.MqttError, OSError) as error:
            log.info("%s: %s was not published: %s", self.user, topic, error)
            return False
        return True
