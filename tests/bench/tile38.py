# tests/bench/tile38.py - a client of a Tile38 server, as far as zones_live needs one: RESP over a socket.
# SPDX-License-Identifier: Apache-2.0
"""Commands are arrays of bulk strings (RESP2), answers are read in their order, so many commands may be under way. No
Tile38 comes with this tree: tests/bench/test_bench.py runs the client against a little server of its own."""
import math
import random
import socket
import time

CORNERS = 16


class Refused(Exception):
    """The server answered with an error."""


def packed(*words):
    """One command."""
    parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)


def circle(lat, lon, radius_m):
    """GeoJSON of a polygon around a circle."""
    north, east = radius_m / 111320, radius_m / (111320 * math.cos(math.radians(lat)))
    ring = [[round(lon + east * math.sin(turn * math.tau / CORNERS), 7), round(lat + north * math.cos(turn * math.tau / CORNERS), 7)]
            for turn in range(CORNERS)]
    text = ",".join(f"[{x},{y}]" for x, y in [*ring, ring[0]])
    return f'{{"type":"Polygon","coordinates":[[{text}]]}}'


class Tile38:
    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), 30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.answers = self.socket.makefile("rb", buffering=1 << 20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.answers.close()
        self.socket.close()

    def answer(self):
        """The next one: bytes, a number, None, or a list of these; Refused."""
        line = self.answers.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the server ended the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest
        if kind == b"-":
            raise Refused(rest.decode(errors="replace"))
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self.answers.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return None if rest == b"-1" else [self.answer() for _ in range(int(rest))]
        raise ConnectionError(f"not RESP: {line!r}")

    def ask(self, *words):
        self.socket.sendall(packed(*words))
        return self.answer()

    def drop(self, key):
        self.ask("DROP", key)

    def memory_bytes(self):
        """What the server says of itself; 0 where it does not."""
        words = self.ask("SERVER")
        found = dict(zip(words[::2], words[1::2])) if isinstance(words, list) else {}
        return int(found.get(b"in_memory_size", found.get(b"heap_size", 0)))

    def load(self, key, zones, at_once=500):
        """Seconds to set them all, so many under way."""
        commands = [packed("SET", key, f"ZONE{number:06d}", "OBJECT", circle(*zone)) for number, zone in enumerate(zones)]
        began_s = time.monotonic()
        for first in range(0, len(commands), at_once):
            slice_of = commands[first:first + at_once]
            self.socket.sendall(b"".join(slice_of))
            for _ in slice_of:
                self.answer()
        return time.monotonic() - began_s

    def reports(self, bounds, drones, per_s, seconds):
        """Reports spread evenly, each a SET of a position and a question; from when one was due to its answer."""
        west, south, east, north = bounds
        chosen = random.Random(7)
        waits, begin_s, sent = [], time.monotonic(), 0
        total = round(per_s * seconds)
        while sent < total:
            due = min(total, int((time.monotonic() - begin_s) * per_s) + 1)
            if due <= sent:
                time.sleep(0.0002)
                continue
            first, sent = sent, due
            text = []
            for number in range(first, due):
                lat, lon = chosen.uniform(south, north), chosen.uniform(west, east)
                text.append(packed("SET", "fleet", f"coffee-{number % drones}", "POINT", f"{lat:.7f}", f"{lon:.7f}"))
                text.append(packed("INTERSECTS", "zones", "IDS", "CIRCLE", f"{lat:.7f}", f"{lon:.7f}", "300"))
            self.socket.sendall(b"".join(text))
            for number in range(first, due):
                self.answer()
                self.answer()
                waits.append(time.monotonic() - begin_s - number / per_s)
        waits.sort()
        return {"p50_ms": waits[len(waits) // 2] * 1e3, "p99_ms": waits[len(waits) * 99 // 100] * 1e3}
