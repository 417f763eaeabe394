# schemas/python/drf_client/drone.py - one aircraft: reports, acknowledges, and knows what is known now.
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import asyncio
import dataclasses
import functools
import itertools
import logging
import ssl
import time
from collections.abc import AsyncIterator, Coroutine
from types import TracebackType
from typing import Literal, Self, TypeAlias

from . import v1
from .crossing import Crossing
from .enums import Reason, ReplyCode, TimeSource
from .link import Link, NotAdmitted, decode, moment
from .patch import PatchStream, Window
from .reports import Reports, deliver
from .streams import Moment, Streams
from .terrain import TerrainBlock
from .values import ACCEPTED_CODES, Absent, Late, No, Wrong, refused
from .view import Now

log = logging.getLogger("drf_client")


@dataclasses.dataclass(frozen=True, slots=True)
class Accepted:
    """The answer to a profile, plan or request; `reply` has the whole of it: plan_review, landing, defaults."""

    reply: v1.Reply

    def __bool__(self) -> Literal[True]:
        return True

    def __str__(self) -> str:
        return f"{ReplyCode(self.reply.code)} {self.reply.text}".strip()


Answer: TypeAlias = Accepted | Absent | Late | Wrong
Asked: TypeAlias = v1.Profile | v1.Plan | v1.Request | v1.Report
UNANSWERED = "no reply within {:.0f} s"


class Drone:
    """A connection as one airframe; two while it crosses from one region's broker to another's.

        async with Drone("broker", 1883, "d1", "secret") as drone:
            await drone.report(Telemetry(lat_e7=e7(47.05), lon_e7=e7(8.05), alt_wgs84_m=600))
            print(drone.now())

    root: drf-test/v1 for nodes that are not LIVE. has_clock: False where the aircraft has no UTC: it is served by arrival
    then, and judges age by receipt. The profile is sent again at each connection. streams: profiles that are sent ask for the
    streams of all nodes of a region, so that none has to be waited for when one fails. Entering raises link.NotAdmitted where
    the broker refuses name or password; a broker that is not there yet is tried again and again, and now() is Late until then."""

    def __init__(self, host: str, port: int, drone_id: str, password: str | None = None, *, root: str = "drf/v1",
                 profile: v1.Profile | None = None, tls: ssl.SSLContext | None = None, has_clock: bool = True,
                 time_source: TimeSource = TimeSource.NTP, streams: bool = True) -> None:
        self.active_plan_id = ""
        """A plan is used only while reports name it: set_plan() sets this, "" flies without one."""
        self.streams = Streams(has_clock, root)
        self.alerts: dict[str, v1.Alerts] = {}
        """By region: the texts and areas of all alerts."""
        self._root, self._top = root, f"{root}/drones/{drone_id}/"
        self._boot_id, self._seq, self._own_time = time.time_ns() // 1_000_000, 0, False
        self._reports = Reports(self._boot_id)
        self._has_clock, self._time_source = has_clock, time_source
        self._wants_streams = streams
        self._profile = self._with_streams(profile) if profile is not None else None
        self._plan: v1.Plan | None = None
        self._patches = PatchStream()
        self._count = itertools.count(1)
        self._waiting: dict[str, asyncio.Queue[v1.Reply | v1.Terrain]] = {}
        self._news = asyncio.Event()
        self._account = drone_id, password, tls
        self._crossing = Crossing(self.streams, f"{host}:{port}")
        self._links = {f"{host}:{port}": self._link(host, port)}
        self._tasks: set[asyncio.Task[None]] = set()

    def _link(self, host: str, port: int) -> Link:
        down = [(self._top + f"{leaf}/+", qos) for leaf, qos in
                (("context", 0), ("patch", 0), ("advisory", 1), ("reply", 1), ("terrain", 1))]
        nodes = [(f"{self._root}/regions/+/{leaf}", qos) for leaf, qos in
                 (("nodes/+/heartbeat", 0), ("nodes/+/state", 1), ("alerts", 1))]
        user, password, tls = self._account
        address = f"{host}:{port}"
        return Link(host, port, user, password, tls, down + nodes, functools.partial(self._take, address),
                    functools.partial(self._connected, address))

    async def __aenter__(self) -> Self:
        for link in self._links.values():
            await link.__aenter__()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        trace: TracebackType | None) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, *(link.__aexit__(kind, error, trace) for link in self._links.values()),
                             return_exceptions=True)

    # ---- what is known

    def now(self) -> Now:
        """What is known at this moment; each value is there, or Absent, Late or Wrong."""
        return self.streams.now(moment(), self._down())

    @property
    def brokers(self) -> tuple[str, ...]:
        """Those that it is connected to, or tries to be: HOST:PORT."""
        return tuple(self._links)

    async def watch(self, every_s: float = 1.0) -> AsyncIterator[Now]:
        """now() at each message, and after `every_s` without one: silence is a signal."""
        while True:
            yield self.now()
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), every_s)
            except TimeoutError:
                pass

    def patch(self) -> Window | No:
        """The cells around the aircraft, where the profile asks for them; void when the contexts are."""
        now = self.now()
        return now.served and self._patches.window(now.region, now.context.boot_id if now.context else 0)

    # ---- what is said

    async def report(self, telemetry: v1.Telemetry) -> bool:
        """1 to 10 times a second. Counts, names the plan, acknowledges, and tells the time unless the message does: in a
        REPLAY the time that is replayed. In two regions both get it. False: there is no connection, and the report is gone."""
        at = moment()
        message = v1.Telemetry()
        message.CopyFrom(telemetry)
        self._seq += 1
        message.seq, message.drone_boot_id = self._seq, self._boot_id
        self._own_time = message.HasField("time_us")
        if not self._own_time and self._has_clock:
            message.time_us = self.streams.report_time_us(at)
        if not message.HasField("time_source"):
            message.time_source = self._time_source if self._has_clock or self._own_time else TimeSource.NONE
        if self.active_plan_id and not message.HasField("active_plan_id"):
            message.active_plan_id = self.active_plan_id
        if message.HasField("lat_e7") and message.HasField("lon_e7"):
            self.streams.place = message.lat_e7 / 1e7, message.lon_e7 / 1e7
            self._cross(at, *self.streams.place)
        sent = await asyncio.gather(*(link.publish(self._top + "telemetry", self._acknowledging(message, address, at))
                                      for address, link in self._links.items()))
        return any(sent)

    def _acknowledging(self, message: v1.Telemetry, address: str, at: Moment) -> v1.Telemetry:
        """With what was seen of the stream that is used of that broker's: each node is told of its own region."""
        if message.HasField("seen"):
            return message
        stream = self.streams.serving(at, self._crossing.regions_of(address) if len(self._links) > 1 else None)
        if stream is None or stream.context is None:
            return message
        told = v1.Telemetry()
        told.CopyFrom(message)
        told.seen.boot_id, told.seen.context_seq = stream.context.boot_id, stream.context.seq
        told.seen.patch_seq = self._patches.seen(stream.region, stream.context.boot_id)
        return told

    async def set_profile(self, profile: v1.Profile, timeout_s: float = 5.0) -> Answer:
        """What this aircraft asks for and can bear; also at each later connection."""
        held, self._profile = self._profile, self._with_streams(profile)
        answer = await self._ask("profile", self._profile, timeout_s, retain=True)
        if isinstance(answer, Wrong):
            self._profile = held  # which the node holds on to
        return answer

    async def set_plan(self, plan: v1.Plan, follow: bool = True, timeout_s: float = 5.0) -> Answer:
        """Its review is `answer.reply.plan_review`. Once it is accepted all reports name it, if `follow`."""
        held, self._plan = self._plan, plan
        answer = await self._ask("plan", plan, timeout_s, retain=True)
        if isinstance(answer, Wrong):
            self._plan = held  # which the node holds on to
        if answer and follow:
            self.active_plan_id = plan.plan_id
        return answer

    async def withdraw_plan(self) -> bool:
        self._plan, self.active_plan_id = None, ""
        sent = await asyncio.gather(*(link.publish(self._top + "plan", None, qos=1, retain=True)
                                      for link in self._links.values()))
        return all(sent)

    async def request(self, request: v1.Request, timeout_s: float = 5.0) -> Answer:
        """A landing place, a snapshot; terrain has its own two below."""
        return await self._ask("request", request, timeout_s)

    async def tell(self, report: v1.Report, patience_s: float = 60.0) -> Answer:
        """A word that must not be lost: weather, an obstacle, the outcome of a landing, JSON. Sent again until it is DURABLE.
        Late: patience ended, and it may be told again as it was numbered, `report_seq` and all."""
        sent = self._reports.number(report, self._has_clock)
        return await deliver(lambda one, timeout_s: self._ask("report", one, timeout_s), sent, patience_s)

    async def terrain(self, request: v1.TerrainRequest, timeout_s: float = 5.0) -> TerrainBlock | No:
        """One block for an autopilot (schemas/terrain.md)."""
        async for block in self._blocks(v1.Request(terrain=request), timeout_s):
            return block
        return Late(Reason.UNKNOWN, UNANSWERED.format(timeout_s))

    async def preload(self, request: v1.PreloadRequest, timeout_s: float = 10.0) -> AsyncIterator[TerrainBlock | No]:
        """Blocks as they come, until none is pending; one that is missing is the end. timeout_s is from one to the next."""
        async for block in self._blocks(v1.Request(preload=request), timeout_s):
            yield block
            if not block or block.pending == 0:
                return

    # ---- below

    def _down(self) -> str:
        """Why there is no connection; empty while there is one."""
        down = [link.down for link in self._links.values()]
        return down[0] if all(down) else ""

    def _with_streams(self, profile: v1.Profile) -> v1.Profile:
        sent = v1.Profile.FromString(profile.SerializeToString())
        if self._wants_streams and not sent.HasField("streams"):
            sent.streams = True
        return sent

    def _cross(self, at: Moment, lat_deg: float, lon_deg: float) -> None:
        joins, leaves = self._crossing.step(at, lat_deg, lon_deg)
        for address in joins:
            host, _, port = address.rpartition(":")
            if port.isdecimal():
                log.info("joins the broker %s", address)
                self._links[address] = self._link(host.strip("[]"), int(port))
                self._start(self._join(address, self._links[address]))
        for address in leaves:
            log.info("leaves the broker %s", address)
            self._start(self._links.pop(address).__aexit__(None, None, None))

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _join(self, address: str, link: Link) -> None:
        try:
            await link.__aenter__()
        except NotAdmitted as error:
            log.warning("the next region is not joined: %s", error)
            self._crossing.refused(address, moment())
            self._links.pop(address, None)

    async def _ask(self, leaf: str, message: Asked, timeout_s: float,
                   retain: bool = False) -> Answer:
        """In two regions the answer of the one that serves, if it comes."""
        other: Answer | None = None
        async for answer in self._answers(leaf, message, timeout_s, retain):
            if isinstance(answer, v1.Reply):
                accepted = answer.code in ACCEPTED_CODES
                said = Accepted(answer) if accepted else refused(answer)
                serving = self.streams.serving(moment())
                asked_one = not retain or len(self._links) == 1
                if asked_one or serving is None or answer.region_id in ("", serving.region):
                    return said
                other = said
            elif not isinstance(answer, v1.Terrain):
                return other or answer
        raise AssertionError("answers end with a Late")

    async def _blocks(self, request: v1.Request, timeout_s: float) -> AsyncIterator[TerrainBlock | No]:
        async for answer in self._answers("request", request, timeout_s):
            if isinstance(answer, v1.Terrain):
                yield TerrainBlock(answer)
            elif not isinstance(answer, v1.Reply):
                yield answer
            elif answer.code not in ACCEPTED_CODES:
                yield refused(answer)

    async def _answers(self, leaf: str, message: Asked, timeout_s: float,
                       retain: bool = False) -> AsyncIterator[v1.Reply | v1.Terrain | No]:
        """Everything with this message's correlation; a Late at the end of patience."""
        sent = type(message).FromString(message.SerializeToString())
        sent.correlation = sent.correlation or f"{self._boot_id % 10 ** 6}-{next(self._count)}"
        queue: asyncio.Queue[v1.Reply | v1.Terrain] = asyncio.Queue()
        self._waiting[sent.correlation] = queue
        try:
            links = list(self._links.values()) if retain else [self._serving_link()]
            if not any(await asyncio.gather(*(link.publish(self._top + leaf, sent, qos=1, retain=retain) for link in links))):
                yield Late(Reason.FEED_DOWN, f"no connection to the broker: {self._down() or 'it did not take the message'}")
                return
            while True:
                try:
                    yield await asyncio.wait_for(queue.get(), timeout_s)
                except TimeoutError:
                    yield Late(Reason.UNKNOWN, UNANSWERED.format(timeout_s))
                    return
        finally:
            del self._waiting[sent.correlation]

    def _serving_link(self) -> Link:
        serving = self.streams.serving(moment())
        address = self._crossing.broker_of(serving.region) if serving else ""
        return self._links.get(address) or next(iter(self._links.values()))

    async def _connected(self, address: str) -> None:
        """The broker may have lost what it kept for us."""
        self.streams.connected(moment())
        link = self._links.get(address)
        if link is not None and self._profile is not None:
            await link.publish(self._top + "profile", self._profile, qos=1, retain=True)
        if link is not None and self._plan is not None:
            await link.publish(self._top + "plan", self._plan, qos=1, retain=True)

    def _take(self, address: str, topic: str, payload: bytes, properties: object) -> None:
        at, parts = moment(), topic.removeprefix(self._root + "/").split("/")
        region = parts[1] if parts[0] == "regions" else parts[3]
        if parts[0] != "regions" or parts[-1] == "heartbeat":  # what is retained is handed on from broker to broker
            self._crossing.heard(address, region, at)
        if parts[0] == "regions":
            self._take_node(region, parts[3] if len(parts) > 3 else "", parts[-1], payload)
        elif parts[2] == "context" and (context := decode(v1.Context, payload)):
            self.streams.take_context(region, context, at)
        elif parts[2] == "advisory" and (advisory := decode(v1.AdvisoryMessage, payload)):
            self.streams.take_advisory(region, advisory, at)
        elif parts[2] == "patch" and (patch := decode(v1.Patch, payload)):
            self._patches.take(region, patch)
        elif parts[2] == "reply" and (reply := decode(v1.Reply, payload)):
            self.streams.take_reply(region, reply, at, self._seq, self._own_time)
            self._answer(reply)
        elif parts[2] == "terrain" and (terrain := decode(v1.Terrain, payload)):
            self._answer(terrain)
        self._news.set()

    def _take_node(self, region: str, node: str, leaf: str, payload: bytes) -> None:
        if leaf == "heartbeat" and (heartbeat := decode(v1.Heartbeat, payload)):
            self.streams.take_heartbeat(region, node, heartbeat, moment())
        elif leaf == "state" and (state := decode(v1.NodeState, payload)):
            self.streams.take_state(region, node, state)
        elif leaf == "alerts" and (alerts := decode(v1.Alerts, payload)):
            self.alerts[region] = alerts

    def _answer(self, message: v1.Reply | v1.Terrain) -> None:
        queue = self._waiting.get(message.correlation)
        if queue is not None:
            queue.put_nowait(message)


def e7(degrees: float) -> int:
    """For the fields that end in _e7: degrees in units of 1e-7."""
    return round(degrees * 1e7)
