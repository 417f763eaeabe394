# schemas/python/drf_client/streams.py - the streams of all nodes heard: which to trust, and what is late. No network here.
# SPDX-License-Identifier: Apache-2.0
"""A stream is (region, node, boot_id); of one node a larger boot_id is later and no smaller one is taken. Among the nodes of
a region the one with the newest owner_epoch is used, another while that one is stale (schemas/client.md rule 11). Age goes
by the times in the messages: by the aircraft's own clock, and by what has been heard since. A REPLAY lives at another time:
there it goes by the stream's own. All times come in as arguments."""
from __future__ import annotations

import collections
import dataclasses
import re
from collections.abc import Collection, Iterator

from . import v1
from .enums import Authority, Mode, NodeCondition, Reason, ReplyCode
from .places import Polygon
from .values import ACCEPTED_CODES, Absent, Late, No, State, Wrong, Yes, refused
from .view import Now

HEARTBEAT_S = 3.0  # without one for so long a node is down, whatever its retained state says
ROOT_S = 5.0  # a node that is there is heard once a second: without any for so long the topic root may be the wrong one
CLOCK_S = 2.0  # farther from a node's clock than this is wrong; a node refuses reports by less

DOWN = "says that it is down"
GONE = "is down: the broker has lost its connection"  # its will, which has no time
UNTOLD = re.compile(r"^$|for this reason$")  # a count of reports, for the reason of a reply before


@dataclasses.dataclass(frozen=True, slots=True)
class Moment:
    """Of this machine: UTC, and a clock that never steps."""

    utc_us: int
    mono_us: int


@dataclasses.dataclass(slots=True)
class Stream:
    """What one node's newest stream said."""

    region: str
    node: str
    boot_id: int = 0
    mode: int = 0
    heartbeat_mono_us: int | None = None
    down: str = ""  # what says that the node is down; nothing it said before is used
    heard_mono_us: int = 0  # of anything it sent
    newest_time_us: int = 0  # the node's, of anything it sent
    context: v1.Context | None = None
    arrived: Moment = Moment(0, 0)
    newer: dict[int, tuple[int, v1.Advisory]] = dataclasses.field(default_factory=dict)
    # The node's time less ours, of the last messages: the largest came fastest, and is nearest to the truth.
    offsets_us: collections.deque[int] = dataclasses.field(default_factory=lambda: collections.deque(maxlen=8))

    def alive(self, at: Moment) -> bool:
        return self.heartbeat_mono_us is not None and at.mono_us - self.heartbeat_mono_us <= HEARTBEAT_S * 1e6

    def time_us(self, at: Moment) -> int | None:
        """The node's time now, as far as it can be known from here."""
        return at.mono_us + max(self.offsets_us) if self.offsets_us else None

    def heard(self, boot_id: int, mode: int, node_time_us: int, at: Moment) -> bool:
        """False for a former life of the node."""
        if boot_id < self.boot_id:
            return False
        if boot_id > self.boot_id:
            # A node that takes over goes on under a larger one: its last context holds until the next. Not so after a restart.
            if self.down or Mode.REPLAY in (self.mode, mode):
                self.context = None
                self.newer.clear()
            self.boot_id, self.newest_time_us = boot_id, 0
            self.offsets_us.clear()
        self.mode, self.heard_mono_us, self.down = mode, at.mono_us, ""
        self.newest_time_us = max(self.newest_time_us, node_time_us)
        self.offsets_us.append(node_time_us - at.mono_us)
        return True

    def age_us(self, at: Moment, has_clock: bool) -> int | None:
        if self.context is None:
            return None
        since = at.mono_us - self.arrived.mono_us
        if self.mode == Mode.REPLAY:
            return max(since, self.newest_time_us - self.context.node_time_us)
        return max(since, at.utc_us - self.context.node_time_us) if has_clock else since

    def late(self, at: Moment, has_clock: bool) -> bool:
        age = self.age_us(at, has_clock)
        return bool(self.down) or age is None or self.context is None or age > self.context.stale_after_ms * 1000


@dataclasses.dataclass(slots=True)
class Region:
    """Its nodes, and what they say of it."""

    name: str
    streams: dict[str, Stream] = dataclasses.field(default_factory=dict)  # by node
    epoch: int = 0  # the newest owner_epoch of a context that was taken; 0: none
    used: Stream | None = None  # whose contexts are used
    area: Polygon | None = None
    margin_m: float = 0.0
    priority: int = 0
    address: str = ""  # of its broker, as drones reach it
    neighbours: list[v1.Neighbour] = dataclasses.field(default_factory=list)

    def stream(self, node: str, boot_id: int) -> Stream:
        """A context that is too long for its link may leave out who sent it: then the boot_id says so."""
        held = self.streams.get(node)
        unnamed = self.streams.get("")
        if not node:
            held = next((s for s in self.streams.values() if s.boot_id == boot_id), unnamed)
        elif unnamed is not None and unnamed.boot_id == boot_id:
            held = self.streams.pop("")
            held.node = node
            self.streams[node] = held
        if held is None:
            held = self.streams[node] = Stream(self.name, node)
        return held

    def choose(self, at: Moment, has_clock: bool) -> Stream | None:
        """The owner's, the one with the newest epoch, while it is not stale; else one without an epoch: the freshest, and then
        that one on. Whoever's epoch is older was the owner once, and is not used."""
        usable = [s for s in self.streams.values() if s.context is not None and s.context.owner_epoch in (0, self.epoch)]
        fresh = [s for s in usable if not s.late(at, has_clock)]
        owner = next((s for s in fresh if s.context is not None and self.epoch and s.context.owner_epoch == self.epoch), None)
        if owner is not None:
            self.used = owner
        elif self.used is None or not any(s is self.used for s in fresh or usable):
            self.used = max(fresh or usable, key=lambda s: s.arrived.mono_us, default=None)
        return self.used


class Streams:
    """Takes messages as they come and says what is known at a moment."""

    def __init__(self, has_clock: bool = True, root: str = "") -> None:
        self.has_clock, self.root = has_clock, root
        self.regions: dict[str, Region] = {}
        self.refusals: dict[int, tuple[No, int]] = {}  # what it answers: the refusal, and the last report before it
        self.older_epochs = 0
        """Contexts and advisories that were not taken because a newer owner's had been."""
        self.place: tuple[float, float] | None = None
        """Latitude and longitude of the last report, in degrees."""
        self._connected_mono_us: int | None = None  # since when anything could be heard

    def _region(self, name: str) -> Region:
        return self.regions.setdefault(name, Region(name))

    def _all(self) -> Iterator[Stream]:
        for region in self.regions.values():
            yield from region.streams.values()

    def connected(self, at: Moment) -> None:
        self._connected_mono_us = at.mono_us

    def take_heartbeat(self, region: str, node: str, message: v1.Heartbeat, at: Moment) -> None:
        held = self._region(region).stream(node, message.boot_id)
        if held.heard(message.boot_id, message.mode, message.node_time_us, at):
            held.heartbeat_mono_us = at.mono_us
            if message.condition == NodeCondition.DOWN:
                held.heartbeat_mono_us, held.down = None, DOWN

    def take_state(self, region: str, node: str, message: v1.NodeState) -> None:
        """Retained: of now only its DOWN says anything. Where the region is, and who is beside it, holds on."""
        here = self._region(region)
        held = here.stream(node, message.boot_id)
        if message.boot_id < held.boot_id:
            return
        if message.condition == NodeCondition.DOWN:
            held.heartbeat_mono_us, held.down = None, DOWN if message.HasField("node_time_us") else GONE
        if len(message.boundary) >= 3:
            here.area, here.margin_m, here.priority = Polygon.of(message.boundary), message.margin_m, message.priority
        if message.HasField("node_time_us"):  # a will knows nobody
            here.address, here.neighbours = message.address, list(message.neighbours)

    def take_context(self, region: str, message: v1.Context, at: Moment) -> bool:
        """False for one that is not taken: of a former life of the node or a former owner, overtaken, or repeated."""
        here = self._region(region)
        held = here.stream(message.node_id, message.boot_id)
        if not held.heard(message.boot_id, message.mode, message.node_time_us, at):
            return False
        former = held.context
        if former is not None and message.boot_id == former.boot_id and message.seq <= former.seq:
            return False
        if 0 < message.owner_epoch < here.epoch:
            self.older_epochs += 1
            return False
        here.epoch = max(here.epoch, message.owner_epoch)
        held.context, held.arrived = message, at
        held.newer = {i: (time, a) for i, (time, a) in held.newer.items() if time > message.node_time_us}
        if 1 in self.refusals and message.telemetry_seq > self.refusals[1][1]:
            del self.refusals[1]  # a later report was taken
        return True

    def take_advisory(self, region: str, message: v1.AdvisoryMessage, at: Moment) -> None:
        here = self._region(region)
        held = here.stream(message.node_id, message.boot_id)
        if not held.heard(message.boot_id, message.mode, message.node_time_us, at):
            return
        if 0 < message.owner_epoch < here.epoch:
            self.older_epochs += 1
        elif held.context is None or message.node_time_us > held.context.node_time_us:
            held.newer[message.advisory.advisory_id] = message.node_time_us, message.advisory

    def take_reply(self, region: str, message: v1.Reply, at: Moment, last_report: int, own_time: bool) -> None:
        """own_time: the last report had a time that the caller gave."""
        held = self._region(region).stream(message.node_id, message.boot_id)
        if not held.heard(message.boot_id, message.mode, message.node_time_us, at):
            return
        if message.code in ACCEPTED_CODES:
            self.refusals.pop(message.answers, None)
        elif message.answers in (1, 2, 3):
            of_time = message.code in (ReplyCode.STALE, ReplyCode.TIME_UNSYNCHRONISED)
            if message.answers == 1 and message.mode == Mode.REPLAY and of_time and not own_time:
                return  # the next report has the time that is replayed
            refusal, (former, _) = refused(message), self.refusals.get(message.answers, (None, 0))
            same = former is not None and (former.code, former.field_path) == (refusal.code, refusal.field_path)
            if former is not None and same and UNTOLD.search(message.text):
                refusal = dataclasses.replace(refusal, text=former.text)
            self.refusals[message.answers] = refusal, last_report

    def stream_of(self, region: str, at: Moment) -> Stream | None:
        """Of that region's nodes the one whose contexts are used; it may be late."""
        held = self.regions.get(region)
        return held.choose(at, self.has_clock) if held else None

    def serving(self, at: Moment, among: Collection[str] | None = None) -> Stream | None:
        """Where regions overlap, one that is PRIMARY is preferred, and one that is not late to any that is; of two the one of
        the greater priority, then the one whose id is smaller. among: these regions only."""
        chosen = [(region, held) for name, region in sorted(self.regions.items())
                  if (among is None or name in among) and (held := region.choose(at, self.has_clock)) is not None]

        def rank(one: tuple[Region, Stream]) -> tuple[bool, bool, bool, int]:
            region, held = one
            if held.late(at, self.has_clock):
                return False, False, False, held.arrived.mono_us
            primary = held.context is not None and held.context.authority == Authority.PRIMARY
            # Where nobody is PRIMARY for a while: its own region before one in whose margin it is.
            return True, primary, len(chosen) > 1 and self._inside(region), region.priority
        return max(chosen, key=rank, default=(None, None))[1]

    def _inside(self, region: Region) -> bool:
        return self.place is not None and region.area is not None and region.area.distance_m(*self.place) == 0.0

    def replay(self, at: Moment) -> Stream | None:
        """The REPLAY that serves this aircraft, or that will: when all that is heard is one."""
        serving = self.serving(at)
        if serving is not None and not serving.late(at, self.has_clock):
            return serving if serving.mode == Mode.REPLAY else None
        heard = [s for s in self._all() if s.offsets_us and at.mono_us - s.heard_mono_us <= HEARTBEAT_S * 1e6]
        if heard and all(s.mode == Mode.REPLAY for s in heard):
            return max(heard, key=lambda s: s.newest_time_us)
        return None

    def report_time_us(self, at: Moment) -> int:
        """UTC, or the time that is replayed."""
        stream = self.replay(at)
        time_us = stream.time_us(at) if stream else None
        return at.utc_us if time_us is None else time_us

    def clock(self, at: Moment) -> Wrong | None:
        """This machine's clock, by the heartbeats of nodes that live in the present."""
        ahead_us: list[int] = []
        for stream in self._all():
            time_us = stream.time_us(at)
            if self.has_clock and stream.mode != Mode.REPLAY and stream.alive(at) and time_us is not None:
                ahead_us.append(at.utc_us - time_us)
        if not ahead_us or min(abs(us) for us in ahead_us) <= CLOCK_S * 1e6:
            return None
        least = min(ahead_us, key=abs) / 1e6
        return Wrong(Reason.UNKNOWN, f"this clock is {abs(least):.1f} s {'ahead of' if least > 0 else 'behind'} the node's",
                     ReplyCode.TIME_UNSYNCHRONISED, "time_us")

    def now(self, at: Moment, link: str = "") -> Now:
        """link: why there is no connection to the broker; empty while there is one."""
        stream = self.serving(at)
        age_us = stream.age_us(at, self.has_clock) if stream else None
        served = self._served(stream, age_us, at, link)
        wrong = [no for no, _ in self.refusals.values() if isinstance(no, Wrong)]
        clock = self.clock(at)
        if clock is not None and not any(no.code == ReplyCode.TIME_UNSYNCHRONISED for no in wrong):
            wrong.append(clock)
        replay = self.replay(at)
        serving = stream if served else replay
        time_us = serving.time_us(at) if serving else None
        return Now(stream.context if stream else None, served, region=stream.region if stream else "",
                   age_s=None if age_us is None else age_us / 1e6, stream_time_us=time_us, wrong=tuple(wrong),
                   mode=Mode.REPLAY if replay else None, newer=[a for _, a in stream.newer.values()] if stream else ())

    def _served(self, stream: Stream | None, age_us: int | None, at: Moment, link: str) -> State:
        """True while there is a context that holds; else why nothing is known."""
        if stream is not None and not stream.late(at, self.has_clock):
            return Yes()
        last = "no context yet" if age_us is None else f"the last context is of {age_us / 1e6:.1f} s ago"
        if link:
            return Late(Reason.FEED_DOWN, f"{last}; no connection to the broker: {link}")
        if not any(s.alive(at) for s in self._all()):
            return Late(Reason.STALE, f"{last}; {self._nobody(at)}")
        refusal = self.refusals.get(1)
        if refusal and isinstance(refusal[0], Absent):
            return Absent(Reason.OUT_OF_REGION, f"no node that is heard serves this place ({refusal[0].text})", refusal[0].code)
        answer = f"; reports are refused: {refusal[0]}" if refusal else ""
        return Late(Reason.STALE, f"{last}; a node is heard, but it does not answer this drone{answer}")

    def _nobody(self, at: Moment) -> str:
        """No heartbeat: what is known of why."""
        down = [f"{'the node' if len(self.regions[s.region].streams) == 1 else s.node} of {s.region} {s.down}"
                for s in self._all() if s.down]
        if down:
            return ", ".join(down)
        if any(s.boot_id for s in self._all()):
            return f"no node was heard in the last {HEARTBEAT_S:.0f} s below {self.root}"
        since_s = 0.0 if self._connected_mono_us is None else (at.mono_us - self._connected_mono_us) / 1e6
        if since_s < ROOT_S:
            return f"no node was heard below {self.root} yet"
        return (f"no node was heard below {self.root} in {since_s:.0f} s: is that its topic root? It is drf/v1 for LIVE nodes"
                " and drf-test/v1 for all others")
