#!/usr/bin/python3
# tests/replay/test_replay.py - a node's journal gives every output of it again, to the byte.
# SPDX-License-Identifier: Apache-2.0
# Takes: 100 s
"""A flight over a real Kafka and a real mosquitto; the node, the Kafka broker and the MQTT broker are killed with -9 once
each; then each run of the node again from its journal alone. With DRF_FULL=1 500 drones for 10 minutes, else 50 for a minute."""
import os
import re
import struct
import subprocess

import numpy

from drf_fixture import (BIN, DEADLINE_S, NODE, TOP, Folder, Kafka, Mosquitto, Node, Process, free_ports, main, shared_kafka,
                         wait_until)
from fixture import place

FULL = bool(os.environ.get("DRF_FULL"))
DRONES, SECONDS = (500, 600) if FULL else (50, 60)
NAMES = [f"coffee-{i:02d}" for i in range(1, DRONES + 1)]
FILES = {"terrain": ("geotiff", "ground.tif"), "surface": ("geotiff", "surface.tif"), "towers": ("dof", "towers.dat"),
         "cranes": ("geojson", "obstacles.geojson"), "weather": ("grib", "weather.grib2")}


def run(*argv, program="drf-sim", code=0):
    done = subprocess.run([BIN / program, *argv], check=False, timeout=20 * DEADLINE_S if FULL else 4 * DEADLINE_S,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == code, done.stdout
    return done.stdout


def configuration(bootstrap, mqtt, port, bounds):
    feeds = [dict(name="terrain", kind="terrain"), dict(name="surface", kind="terrain", surface="dsm"),
             dict(name="towers", kind="obstacle"),
             dict(name="cranes", kind="obstacle", format="geojson_obstacles"), dict(name="weather", kind="weather"),
             dict(name="flybys", kind="traffic", format="tracks")]
    return {
        "region": {"id": "sim-replay", "bounds": bounds},
        "node": {"id": "n1", "mode": "SIM"},
        "store": {"path": "{folder}/region.gpkg"},
        "kafka": {"bootstrap.servers": bootstrap},
        "dead_letters": {"topic": "r.dead"},
        "mqtt": {"host": mqtt.host, "port": mqtt.port, "username": NODE, "password": mqtt.passwords[NODE]},
        "http": {"port": port},
        "limits": {"discover_s": 1},
        "feeds": [{"topic": f"r.{feed['name']}",
                   **({"vertical_acc95_m": 1} if feed["kind"] == "terrain" else {}), **feed} for feed in feeds],
    }


def caught_up(port):
    numbers = place.metrics(port)
    behind = [value for name, value in numbers.items() if name.startswith("drf_feed_behind_messages")]
    applied = {name for name, number in numbers.items() if 'outcome="APPLIED"' in name and number > 0}
    return place.page(port, "readyz")[0] == 200 and len(applied) >= len(FILES) and not any(behind)


def publish(kafka, folder):
    for name, (kind, file) in FILES.items():
        run("publish", "--bootstrap", kafka.bootstrap, "--topic", f"r.{name}", "--kind", kind, folder.path / "world" / file)


def verify(journal):
    """The numbers that a replay with --verify ends with."""
    text = run("replay", journal, "--verify", program="drf-edge")
    seconds, unproved = map(int, re.search(r"compared: (\d+) seconds of outputs; (\d+) outputs", text).groups())
    outputs = int(re.search(r"outputs: (\d+)", text).group(1))
    print(journal.name, text, sep="\n", flush=True)
    return {"outputs": outputs, "seconds": seconds, "unproved": unproved, "whole": "recording: whole" in text}


def flown(port, seconds):
    """Until the node has sent what this many seconds of flight bring, at half the rate of the reports (5 Hz) at least."""
    wait_until(lambda: place.metrics(port).get("drf_contexts_total", 0) > 2.5 * DRONES * seconds, "contexts flow",
               deadline_s=10 * seconds + DEADLINE_S)


def test_live_is_replay():
    port, = free_ports(1)
    with Folder("replay") as folder, Kafka({"auto.create.topics.enable": "false"}) as kafka, Mosquitto(users=NAMES) as mqtt:
        kafka.create_topics(*[f"r.{name}" for name in [*FILES, "flybys", "dead"]])
        (folder.path / "users").write_text("".join(f"{name}:{mqtt.passwords[name]}\n" for name in NAMES))
        made = run("world", "--seed", "5", "--out", folder.path / "world", "--center", "47,8", "--size-km", "8")
        bounds = [float(x) for x in re.search(r"bounds: west (\S+) south (\S+) east (\S+) north (\S+)", made).groups()]
        with Node(configuration(kafka.bootstrap, mqtt, port, bounds),
                  arguments=["--journal", "{folder}/node.mcap", "--journal-output"]) as node:
            wait_until(lambda: place.page(port, "healthz")[0] == 200, "the node answers")
            publish(kafka, folder)
            wait_until(lambda: caught_up(port), "all is learned")
            fleet = Process("fleet", [BIN / "drf-sim", "fleet", "--mqtt", f"{mqtt.host}:{mqtt.port}", "--region", "sim-replay",
                                      "--world", folder.path / "world", "--drones", str(DRONES), "--seconds", str(SECONDS),
                                      "--users", folder.path / "users", "--patch", "128", "--traffic", kafka.bootstrap,
                                      "--traffic-topic", "r.flybys", "--report", folder.path / "report.json",
                                      "--verify", "0.1"], folder.path / "fleet.log")
            try:
                flown(port, SECONDS / 6)
                node.kill()
                node.start()
                flown(port, SECONDS / 6)
                kafka.kill()
                wait_until(lambda: place.metrics(port)["drf_kafka_up"] == 0, "the node misses Kafka")
                kafka.start()
                wait_until(lambda: place.metrics(port)["drf_kafka_up"] == 1, "the node has Kafka again")
                mqtt.kill()
                wait_until(lambda: place.metrics(port)["drf_mqtt_up"] == 0, "the node misses its broker")
                mqtt.start()
                wait_until(lambda: not fleet.alive(), "the fleet has landed", deadline_s=10 * SECONDS + DEADLINE_S)
                contexts = place.metrics(port)["drf_contexts_total"]
                assert place.metrics(port)["drf_journal_recording"] == 1, node.log_text()
            finally:
                fleet.kill()
            node.stop()
            journals = sorted(node.folder.path.glob("node*.mcap"), key=lambda path: path.stat().st_mtime)
            assert len(journals) == 2, journals
            killed, ended = map(verify, journals)
            assert not killed["whole"] and killed["seconds"] > 0 and killed["outputs"] > DRONES * SECONDS / 6, killed
            assert ended["whole"] and ended["unproved"] == 0 and ended["outputs"] >= contexts, (ended, contexts)
            check_outputs(folder, journals[1])


def check_outputs(folder, journal):
    """Two replays write the same file, and so do two what-ifs that change nothing; one that changes a limit writes another,
    and compare says where it begins to differ."""
    unchanged, changed = ("limits.stale_after_ms=3000",), ("limits.stale_after_ms=3000", "profile.clearance_min_m=80")
    out = [folder.path / f"out-{number}.mcap" for number in range(5)]
    said = []
    for path, settings in zip(out, ((), (), unchanged, unchanged, changed)):
        words = [word for setting in settings for word in ("--set", setting)]
        said.append(run("replay", journal, "--out", path, *words, program="drf-edge"))
    assert "not compared" in said[0] and "compared" not in said[2], said
    for one, other, text in ((*out[0:2], said[0]), (*out[2:4], said[2])):
        assert one.read_bytes() == other.read_bytes()
        # What the node sent, and nothing twice: the broker gives a node its own state back.
        outputs = re.search(r"outputs: (\d+)", text)[1]
        assert f"{outputs} outputs are equal" in run("compare", one, other), text
    assert b"".join((b"set", struct.pack("<I", len("\n".join(changed))), "\n".join(changed).encode())) in out[4].read_bytes()
    assert "--set limits.stale_after_ms=soon" in run("replay", journal, "--set", "limits.stale_after_ms=soon", program="drf-edge", code=2)
    said = run("compare", out[2], out[4], code=1)
    assert re.search(r"drones/\S+/(context|advisory|reply)", said), said


def test_what_cannot_be_replayed_is_named():
    golden = TOP / "tests/data/golden_replay/node.mcap"
    with Folder("refused") as folder:
        out, other = folder.path / "out.mcap", folder.path / "other.mcap"
        run("replay", golden, "--out", out, program="drf-edge")
        said = run("replay", out, program="drf-edge", code=1)
        assert f"{out}: not a journal" in said and "a recording by drf-edge" in said and "drf-sim play" in said, said
        said = run("replay", golden, "--until", "2001-01-01T00:00:00Z", program="drf-edge", code=2)
        assert "--until: nothing was recorded before that time" in said and "sha256" not in said, said
        # Another version of a file that lost its end, and with that the CRC over metadata.
        begun = golden.read_bytes()[:50000]
        assert begun.count(b"version\x01\x00\x00\x002") == 1
        other.write_bytes(begun.replace(b"version\x01\x00\x00\x002", b"version\x01\x00\x00\x007"))
        said = run("replay", other, program="drf-edge", code=1)
        assert "a journal of version 7 by drf-edge" in said and "replays version 2" in said, said


def topics(recording):
    """Every channel's topic, read by hand: MCAP records of chunks that the zstd program unpacks."""
    found, at = set(), 8
    data = recording.read_bytes()
    stack = [(data, at)]
    while stack:
        data, at = stack.pop()
        while at + 9 <= len(data):
            kind, size = data[at], struct.unpack_from("<Q", data, at + 1)[0]
            body = data[at + 9:at + 9 + size]
            if kind == 6:  # chunk: two times, size, crc, compression, size, records
                name_size = struct.unpack_from("<I", body, 28)[0]
                assert body[32:32 + name_size] == b"zstd", body[:40]
                packed = body[32 + name_size + 8:]
                stack.append((subprocess.run(["zstd", "-d", "-q", "-c"], input=packed, check=True, capture_output=True).stdout, 0))
            elif kind == 4:  # channel: id, schema, topic
                length = struct.unpack_from("<I", body, 4)[0]
                found.add(body[8:8 + length].decode())
            at += 9 + size
    return found


def rough():
    """A raster of chance, whose cells take megabytes: too much to be written down as decoded."""
    heights = numpy.random.default_rng(7).integers(300, 900, (600, 600)).astype(numpy.int16)
    return place.geotiff(heights=heights, size=600, kind=place.gdal.GDT_Int16)


def test_what_was_live_is_no_live_topic_in_a_replay():
    port, = free_ports(1)
    with Folder("live") as folder, shared_kafka() as kafka, Mosquitto(users=["d-1"]) as mqtt:
        kafka.create_topics(*place.TOPICS.values(), place.DEAD)
        made = place.configuration(kafka.bootstrap, mqtt, http=port)
        made["store"]["level"] = 13
        with Node(made, arguments=["--journal", "{folder}/node.mcap"]) as node:
            wait_until(lambda: place.page(port, "healthz")[0] == 200, "the node answers")
            kafka.produce(place.TOPICS["terrain"], rough(), key="rough")
            wait_until(lambda: place.applied(port, "terrain") == 1, "the raster is there")
            # Again, when the first has been rendered: the store's log is another one than in a replay.
            wait_until(lambda: place.page(port, "readyz")[0] == 200, "all is known")
            kafka.produce(place.TOPICS["terrain"], rough(), key="rougher")
            wait_until(lambda: place.applied(port, "terrain") == 2, "the next raster is there")
            with mqtt.client("d-1") as drone:
                drone.subscribe("drf/v1/drones/d-1/context/+")
                for seq in range(1, 6):
                    drone.publish("drf/v1/drones/d-1/telemetry", place.report(seq), content_type="application/json")
                    drone.take()
            node.stop()
            journal = node.path("node.mcap")
            verify(journal)
            run("replay", journal, "--out", folder.path / "out.mcap", program="drf-edge")
            named = topics(folder.path / "out.mcap")
            assert {"drf-test/v1/drones/d-1/telemetry"} < named, named
            assert not [topic for topic in named if topic.startswith("drf/v1")], named


main(globals())
