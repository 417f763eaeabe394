#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A stand-in for `drf-edge lockstep`: reads the MCAP stream of drf-sim experiment, answers each step
with the same SimStep, before it with a heartbeat, and keeps what it was told in counts.txt beside its
configuration. It knows nothing of the weather. Written from https://mcap.dev/spec and
sim/experiment/lockstep.h alone.

LOCKSTEP_STUB=die-at:N ends at step N, =late answers with another time, =deaf never answers."""
import os
import struct
import sys

MAGIC = b"\x89MCAP0\r\n"


def text(value):
    data = value.encode()
    return struct.pack("<I", len(data)) + data


def record(opcode, content):
    return struct.pack("<BQ", opcode, len(content)) + content


def pairs(items):
    content = b"".join(text(k) + text(v) for k, v in items)
    return struct.pack("<I", len(content)) + content


class Reader:
    def __init__(self, stream):
        self.stream = stream
        self.topics = {}

    def exactly(self, size):
        data = self.stream.read(size)
        if len(data) < size:
            sys.exit("the stream ends inside a record")
        return data

    def messages(self):
        """(topic, log_time_ns, publish_time_ns, data)"""
        assert self.exactly(8) == MAGIC
        while True:
            head = self.stream.read(9)
            if not head:
                return
            opcode, size = struct.unpack("<BQ", head)
            content = self.exactly(size)
            if opcode == 0x04:
                number, _, length = struct.unpack_from("<HHI", content)
                self.topics[number] = content[8:8 + length].decode()
            elif opcode == 0x05:
                channel, _, log, publish = struct.unpack_from("<HIQQ", content)
                yield self.topics[channel], log, publish, content[22:]


def varints(data):
    """Fields of a message that has numbers alone."""
    fields, at = {}, 0
    while at < len(data):
        values = []
        for _ in range(2):
            value = shift = 0
            while True:
                byte = data[at]
                at += 1
                value |= (byte & 127) << shift
                shift += 7
                if byte < 128:
                    break
            values.append(value)
        fields[values[0] >> 3] = values[1]
    return fields


def main():
    if len(sys.argv) != 4 or sys.argv[1:3] != ["lockstep", "--config"]:
        sys.exit("usage: lockstep --config FILE")
    how = os.environ.get("LOCKSTEP_STUB", "")
    config = sys.argv[3]
    counts, steps, begun = {}, 0, False
    out = sys.stdout.buffer
    last = 0
    for topic, log, publish, data in Reader(sys.stdin.buffer).messages():
        if topic != "sim/step":
            assert log >= last and publish <= log, (topic, log, last, publish)
            last = log
            counts[topic] = counts.get(topic, 0) + 1
            continue
        step = varints(data)
        steps += 1
        assert last <= step[2] * 1000 == log, (last, step, log)
        if how == f"die-at:{steps}":
            sys.exit("this stand-in was told to end here")
        if how == "late":
            data = data[:2] + bytes([data[2] ^ 1]) + data[3:]
        if how == "deaf":
            continue
        answer = b""
        if not begun:
            begun = True
            answer = MAGIC + record(0x01, text("drf") + text("stub"))
            answer += record(0x03, struct.pack("<H", 1) + text("drf.v1.SimStep") + text("protobuf") + struct.pack("<I", 0))
            answer += record(0x04, struct.pack("<HH", 1, 0) + text("drf-test/v1/regions/sim-experiment/nodes/sim-1/x")
                             + text("json") + pairs([("transport", "mqtt"), ("qos", "0"), ("retain", "0")]))
            answer += record(0x04, struct.pack("<HH", 2, 1) + text("sim/step") + text("protobuf") + pairs([]))
        answer += record(0x05, struct.pack("<HIQQ", 1, steps, log, log) + b"{}")
        answer += record(0x05, struct.pack("<HIQQ", 2, steps, log, log) + data)
        out.write(answer)
        out.flush()
        if step.get(3):
            break
    with open(os.path.join(os.path.dirname(config), "counts.txt"), "w", encoding="utf-8") as file:
        file.write(f"steps {steps}\n")
        for topic in sorted(counts):
            file.write(f"{topic} {counts[topic]}\n")


if __name__ == "__main__":
    main()
