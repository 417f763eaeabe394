# schemas/python/drf_client/query.py - for others than drones: what is known at a place.
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import asyncio
import itertools
import os
import ssl
from types import TracebackType
from typing import Self

from paho.mqtt.properties import Properties

from . import v1
from .enums import Reason, ReplyCode
from .link import Link, decode
from .values import Late, No, refused
from .view import Place


class Client:
    """A connection as one account that asks.

        async with Client("broker", 1883, "planner", "secret") as client:
            place = await client.ask(Query(lat_e7=e7(47.05), lon_e7=e7(8.05), agl_m=50, radius_m=500))
            print(place.surface_amsl_m if place else place)"""

    def __init__(self, host: str, port: int, user: str, password: str | None = None, *, root: str = "drf/v1",
                 tls: ssl.SSLContext | None = None) -> None:
        self._topic, self._reply = f"{root}/query/{user}", f"{root}/query/{user}/reply"
        self._root = root
        self._count, self._start = itertools.count(1), os.urandom(4)
        self._waiting: dict[bytes, asyncio.Future[v1.QueryReply]] = {}
        self._link = Link(host, port, user, password, tls, [(self._reply, 1)], self._take, self._connected)

    async def __aenter__(self) -> Self:
        await self._link.__aenter__()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        trace: TracebackType | None) -> None:
        await self._link.__aexit__(kind, error, trace)

    async def ask(self, query: v1.Query, timeout_s: float = 5.0) -> Place | No:
        """A place, whose values are there or missing; or why there is no answer."""
        correlation = self._start + next(self._count).to_bytes(4, "big")
        future: asyncio.Future[v1.QueryReply] = asyncio.get_running_loop().create_future()
        self._waiting[correlation] = future
        try:
            if not await self._link.publish(self._topic, query, 1, response_topic=self._reply, correlation=correlation):
                return Late(Reason.FEED_DOWN, f"no connection to the broker: {self._link.down or 'it did not take the query'}")
            reply = await asyncio.wait_for(future, timeout_s)
        except TimeoutError:
            return Late(Reason.UNKNOWN, f"no reply within {timeout_s:.1f} s: is {self._root} the topic root of a node there?")
        finally:
            del self._waiting[correlation]
        if reply.status.code in (ReplyCode.OK, ReplyCode.ACCEPTED_DEFAULTS):
            return Place(reply)
        return refused(reply.status)

    async def _connected(self) -> None:
        pass

    def _take(self, topic: str, payload: bytes, properties: object) -> None:
        correlation = getattr(properties, "CorrelationData", b"") if isinstance(properties, Properties) else b""
        future = self._waiting.get(correlation)
        if future is not None and not future.done() and (reply := decode(v1.QueryReply, payload)):
            future.set_result(reply)
