#!/usr/bin/python3
# tests/fault/test_overload.py - one that floods and one that never reads hurt nobody but themselves.
# SPDX-License-Identifier: Apache-2.0
import contextlib
import json
import pathlib
import socket
import struct
import threading
import time

from drf_fixture import NODE, Mosquitto, Node, free_ports, late_s, main, wait_until
from fixture import place

REGION, ROOT = "sim-flood", "drf-test/v1"
GOOD, FLOOD, DEAF = "good-1", "flood-1", "deaf-1"
REPORTS, FLOODED = 100, 30000
ANSWER_GOAL_S = 1.0
MEMORY_MAX_KB = 64 * 1024  # more than before; what floods is 6 MB, what is queued for the deaf a broker's matter


def configuration(mqtt, port):
    return {
        "region": {"id": REGION, "bounds": list(place.BOUNDS), "margin_m": 500},
        "node": {"id": "n1", "mode": "SIM"},
        "store": {"path": "{folder}/region.gpkg"},
        "kafka": {"bootstrap.servers": "127.0.0.1:9"},
        "mqtt": {"host": mqtt.host, "port": mqtt.port, "username": NODE, "password": mqtt.passwords[NODE]},
        "http": {"port": port},
        "feeds": [],
    }


def topic(name, leaf):
    return f"{ROOT}/drones/{name}/{leaf}"


def text(value):
    return struct.pack(">H", len(value)) + value.encode()


def packet(kind, body):
    size, length = b"", len(body)
    while True:
        size += bytes([length & 127 | (128 if length > 127 else 0)])
        length >>= 7
        if length == 0:
            return bytes([kind]) + size + body


def publish(name, payload):
    return packet(0x30, text(topic(name, "telemetry")) + b"\0" + payload)


@contextlib.contextmanager
def raw(mqtt, name):
    """A client that writes what it is told and reads nothing, not even that it may connect."""
    with socket.create_connection((mqtt.host, mqtt.port)) as link:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        link.sendall(packet(0x10, text("MQTT") + b"\x05\xc2\0\x3c\0" + text(name) + text(name)
                            + text(mqtt.passwords[name])))
        yield link


def flood(mqtt, ended):
    """As fast as the broker takes it; then it is there no more."""
    with raw(mqtt, FLOOD) as link:
        for seq in range(0, FLOODED, 200):
            link.sendall(b"".join(publish(FLOOD, place.report(seq + i)) for i in range(1, 201)))
    ended.set()


def ask_and_never_read(mqtt, stop):
    with raw(mqtt, DEAF) as link:
        link.sendall(packet(0x82, b"\0\1\0" + text(topic(DEAF, "context/+")) + b"\0"))
        seq = 0
        while not stop.wait(0.02):
            seq += 1
            try:
                link.sendall(publish(DEAF, place.report(seq)))
            except OSError:
                return


def resident_kb(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


def answered(client, seq):
    """Whether a context answers this report; contexts of before are passed over."""
    end = time.monotonic() + late_s(ANSWER_GOAL_S)
    while True:
        try:
            message = client.take(max(end - time.monotonic(), 0.0))
        except TimeoutError:
            return False
        if "/context/" in message.topic and json.loads(message.payload).get("telemetry_seq", 0) >= seq:
            return True


def test_a_flood_and_a_drone_that_never_reads_leave_the_others_served():
    port, = free_ports(1)
    with Mosquitto(users=[GOOD, FLOOD, DEAF]) as mqtt, Node(configuration(mqtt, port)) as node:
        wait_until(lambda: place.metrics(port).get("drf_mqtt_up") == 1, "the node is connected")
        with mqtt.client(GOOD) as good:
            good.subscribe(topic(GOOD, "context/+"), topic(GOOD, "reply/+"))
            good.publish(topic(GOOD, "profile"), json.dumps({"json": True, "rate_hz": 10, "ignore_seen": True}), qos=1,
                         content_type="application/json")
            assert "/reply/" in good.take().topic
            before_kb = resident_kb(node.process.pid)
            ended, stop = threading.Event(), threading.Event()
            others = [threading.Thread(target=flood, args=(mqtt, ended)),
                      threading.Thread(target=ask_and_never_read, args=(mqtt, stop))]
            for thread in others:
                thread.start()
            seq = served = 0
            try:
                while seq < REPORTS or not ended.is_set():
                    seq += 1
                    good.publish(topic(GOOD, "telemetry"), place.report(seq), content_type="application/json")
                    served += answered(good, seq)
            finally:
                stop.set()
                for thread in others:
                    thread.join()
        numbers = place.metrics(port)
        refused = sum(value for name, value in numbers.items()
                      if name.startswith("drf_telemetry_refused_total") and "RATE_LIMITED" in name)
        assert served >= 0.9 * seq, (served, seq, numbers)  # QoS 0: the broker may lose one
        assert refused > FLOODED / 100, numbers
        assert resident_kb(node.process.pid) < before_kb + MEMORY_MAX_KB
        assert node.process.alive()


main(globals())
