#!/usr/bin/python3
# tests/integration/test_view_live.py - the stream of the live page, against what drones send and are told over MQTT.
# SPDX-License-Identifier: Apache-2.0
import contextlib
import json
import math
import re
import signal
import subprocess
import sys
import time
import urllib.request

from drf_fixture import DEADLINE_S, TOP, Mosquitto, main, shared_kafka, wait_until
from fixture import place
from fixture.view import Filled, Stream, ask, valid, zone

ROOT = "drf-test/v1"
JSON = "application/json"
CLEARED = 2  # AdvisoryState
FREE = (46.99, 8.005)  # nothing is near
ZONE_A = (46.98, 7.99)


class Drone:
    """Reports when it is told to, asks for ProtoJSON, and keeps what it is told."""

    def __init__(self, mqtt, name):
        self.name = name
        self.client = mqtt.client(name)
        self.client.subscribe(f"{ROOT}/drones/{name}/context/+", f"{ROOT}/drones/{name}/advisory/+")
        self.client.publish(f"{ROOT}/drones/{name}/profile", json.dumps({"json": True}), qos=1, content_type=JSON)
        self.seq = 0
        self.contexts, self.advisories = {}, {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()

    def report(self, lat, lon, **fields):
        self.seq += 1
        self.client.publish(f"{ROOT}/drones/{self.name}/telemetry", place.report(self.seq, lat, lon, **fields),
                            content_type=JSON)
        self.hear()

    def hear(self):
        for message in self.client.drain():
            if not message.payload.startswith(b"{"):
                continue  # a node that was killed before it kept the profile answers in Protocol Buffers
            told = json.loads(message.payload)
            if "/context/" in message.topic:
                self.contexts[told["seq"]] = told
            else:
                self.advisories[told["advisory"]["advisory_id"]] = told["advisory"]


def reporting(stream, drones, fits, deadline_s=DEADLINE_S, **fields):
    """Drones {drone: (lat, lon)} report at 4 Hz until the stream fits."""
    end = time.monotonic() + deadline_s
    while time.monotonic() < end:
        for drone, (lat, lon) in drones.items():
            drone.report(lat, lon, **fields)
        stream.until("fleet")
        if fits():
            return
    raise AssertionError(f"not within {deadline_s} s: {stream.drones} {stream.at} {stream.say}")


def livez(node):
    with urllib.request.urlopen(f"http://127.0.0.1:{node.http_port}/livez", timeout=5) as answer:
        return answer.status


def serving(node):
    """It hears what comes over MQTT."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{node.http_port}/metrics", timeout=DEADLINE_S) as answer:
            return b"\ndrf_mqtt_up 1\n" in answer.read()
    except OSError:
        return False


def metric(node, name):
    with urllib.request.urlopen(f"http://127.0.0.1:{node.http_port}/metrics", timeout=DEADLINE_S) as answer:
        for line in answer.read().decode().splitlines():
            if line.rsplit(" ", 1)[0] == name:
                return float(line.rsplit(" ", 1)[1])
    raise AssertionError(f"no metric {name}")


@contextlib.contextmanager
def flying(*names, **more):
    """mqtt, node, drones by those names."""
    with Mosquitto(users=[*names, "planner"]) as mqtt, Filled(mqtt, **more) as node, contextlib.ExitStack() as stack:
        wait_until(lambda: serving(node), "the node to be connected")
        yield (mqtt, node, *(stack.enter_context(Drone(mqtt, name)) for name in names))


def test_the_stream_says_where_a_drone_reports_to_be_and_that_it_has_gone_silent():
    with flying("d-1", "d-2") as (_, node, one, two), Stream(node.port) as stream:
        stream.until("hello")
        reporting(stream, {one: FREE, two: (FREE[0] + .001, FREE[1])},
                  lambda: stream.row("d-1") and stream.row("d-2") and stream.row("d-1")[3] is not None,
                  velocity_north_mps=6.0, velocity_east_mps=8.0, velocity_up_mps=-1.5)
        _, lat, lon, amsl, track, speed, climb, free, _ = stream.row("d-1")
        assert (lat, lon) == (round(FREE[0] * 1e6), round(FREE[1] * 1e6)), stream.row("d-1")
        assert amsl == 600 and speed == 10 and track == round(math.degrees(math.atan2(8, 6))) and climb == -1.5, stream.row("d-1")
        assert free is None or 150 < free < 400, stream.row("d-1")
        assert stream.row("d-2")[1] == round((FREE[0] + .001) * 1e6)
        assert stream.row("d-1", "say")[5] is None, "it is not silent"
        reporting(stream, {one: (FREE[0], FREE[1] + .0005)}, lambda: stream.row("d-1")[2] == round((FREE[1] + .0005) * 1e6))
        # d-2 has said nothing for a while; d-1 goes on.
        before_ms = time.time() * 1000
        reporting(stream, {one: FREE}, lambda: stream.row("d-2", "say")[5] is not None)
        since_ms = stream.row("d-2", "say")[5]
        assert before_ms - 20000 < since_ms < time.time() * 1000 - 2900, (since_ms, time.time() * 1000)
        assert stream.row("d-1", "say")[5] is None
        assert stream.until("node")["reporting"] >= 1
        trails = node.ask("/v1/trails").json("trails")["drones"]
        assert {"d-1", "d-2"} <= trails.keys(), trails
        assert [FREE[0], FREE[1]] == [value / 1e6 for value in trails["d-1"][0][1:3]], trails["d-1"]
        assert [point[0] for point in trails["d-1"]] == sorted((point[0] for point in trails["d-1"]), reverse=True)


def test_what_a_drone_is_told_is_the_worst_of_its_advisory_topic():
    with flying("d-1") as (_, node, drone), Stream(node.port) as stream:
        reporting(stream, {drone: ZONE_A}, lambda: stream.row("d-1") and stream.row("d-1", "say")[1] == 1, alt_amsl_m=420.0)
        for _ in range(8):  # what was said before it is known is over
            drone.report(*ZONE_A, alt_amsl_m=420.0)
            stream.until("fleet")
        drone.hear()
        held = {key: told for key, told in drone.advisories.items() if told["state"] != CLEARED}
        worst = min(told["severity"] for told in held.values())
        _, severity, kind, _, count, _, flags, text = stream.row("d-1", "say")
        assert severity == worst == 1, (stream.row("d-1", "say"), held)
        among = [told for told in held.values() if told["severity"] == worst and told["kind"] == kind]
        assert among and text and text[:60] in [told["text"][:60] for told in among], (text, among)
        assert 1 <= count <= len(held) and flags & 32, (count, held)
        reporting(stream, {drone: FREE}, lambda: stream.row("d-1", "say")[1] != 1)


def shared(live, mqtt, path=""):
    """Numbers that stand in both; a list that MQTT cut is looked at as far as it goes."""
    found = 0
    if isinstance(mqtt, dict):
        for key in mqtt.keys() & live.keys():
            found += shared(live[key], mqtt[key], f"{path}.{key}")
    elif isinstance(mqtt, (int, float)) and not isinstance(mqtt, bool):
        assert abs(mqtt - live) <= 1e-4 * max(1, abs(mqtt)), (path, live, mqtt)
        found = 1
    return found


def test_a_followed_drone_s_context_is_that_which_it_gets_over_mqtt():
    with flying("d-1") as (_, node, drone), Stream(node.port, "drone=d-1&drone=nobody") as stream:
        assert stream.until("drone", lambda d: d["id"] == "nobody")["context"] is None
        seen, last = {}, {}

        def fits():
            for name, data in stream.events:
                if name == "drone" and data["context"] and "height" in data["context"]:
                    last.update(data)
                    seen[data["context"].get("seq")] = data["context"]
            return len(seen.keys() & drone.contexts.keys()) > 5
        reporting(stream, {drone: FREE}, fits, velocity_east_mps=12.0)
        way, context = last["way"], last["context"]
        assert last["clearance_min_m"] == 15, last  # what a drone without a profile has
        assert len(way) >= 2 and way[0][:3] == [context["lat_e7"], context["lon_e7"], 0], way
        assert way[-1][2] >= context["look_ahead"]["length_m"] - 0.01, (way, context)
        east_m = (way[-1][1] - way[0][1]) * 1e-7 * 111320 * math.cos(math.radians(way[0][0] * 1e-7))
        assert abs(east_m - way[-1][2]) < 0.005 * way[-1][2] and abs(way[-1][0] - way[0][0]) < 100, way
        for seq in seen.keys() & drone.contexts.keys():
            live, mqtt = seen[seq], drone.contexts[seq]
            assert live["telemetry_seq"] == mqtt["telemetry_seq"], seq
            assert mqtt["height"].keys() <= live["height"].keys(), (live["height"], mqtt["height"])
            assert shared(live, mqtt) > 8, (live, mqtt)
            for key in "segments", "obstacles", "advisories":
                assert len(live.get(key, [])) >= len(mqtt.get(key, [])), key


def test_a_reader_that_does_not_read_skips_to_the_newest_and_others_lose_nothing():
    with flying("d-1") as (_, node, drone), Stream(node.port) as fast, Stream(node.port, "drone=d-1", 4096) as slow:
        reporting(fast, {drone: FREE}, lambda: fast.row("d-1"))

        def lat(i):
            return FREE[0] + i * 1e-5
        for i in range(60):  # 15 s of frames, for not all of which there is room; who takes nothing for 20 s is ended
            drone.report(lat(i), FREE[1])
            fast.until("fleet")
        skipped = metric(node, "drf_view_frames_skipped_total")
        while slow.take()[1].get("t", 0) < time.time() * 1000 - 1000:  # reads what was sent to it
            pass
        reporting(fast, {drone: (lat(200), FREE[1])}, lambda: fast.row("d-1")[1] == round(lat(200) * 1e6))
        slow.until("fleet", lambda f: slow.row("d-1") and slow.row("d-1")[1] == round(lat(200) * 1e6))
        whole = [data for name, data in slow.events if name == "fleet" and data.get("full")]
        assert len(whole) >= 2, "it began anew"
        assert metric(node, "drf_view_frames_skipped_total") > skipped or skipped > 0
        assert len([1 for name, data in fast.events if name == "fleet" and data.get("full")]) == 1
        assert fast.until("node")["frames_skipped"] > 0


def test_sixteen_streams_and_many_tabs_leave_livez_answering():
    with flying() as (_, node), contextlib.ExitStack() as tabs:
        streams = [tabs.enter_context(Stream(node.port)) for _ in range(20)]
        codes = [stream.code for stream in streams]
        assert codes == [200] * 16 + [503] * 4, codes
        for _ in range(20):
            assert livez(node) == 200
        refused = ask(node.port, "/v1/live")
        assert refused.code == 503 and "16" in refused.error()
        assert metric(node, "drf_view_streams") == 16
        assert metric(node, 'drf_view_requests_refused_total{reason="FULL"}') == 5
        assert ask(node.port, "/v1/region").code == 200
        streams[3].close()
        wait_until(lambda: metric(node, "drf_view_streams") == 15, "the stream that was closed to end")
        with Stream(node.port) as again:
            assert again.code == 200 and again.until("node")["viewers"] == 16
        many = "&".join(f"drone=d{i}" for i in range(65))
        assert ask(node.port, f"/v1/live?{many}").code == 503


def test_a_node_that_is_killed_and_comes_back_is_another_in_hello():
    with flying("d-1") as (_, node, drone):
        with Stream(node.port) as stream:
            first = stream.until("hello")
            reporting(stream, {drone: FREE}, lambda: stream.row("d-1"))
            node.kill()
            with contextlib.suppress(AssertionError, OSError):
                while True:
                    stream.take()
        node.start()
        wait_until(node.answers, "the node to answer again")
        with Stream(node.port) as stream:
            again = stream.until("hello")
            assert int(again["boot_id"]) > int(first["boot_id"]), (first, again)
            assert stream.until("fleet")["full"]
            reporting(stream, {drone: FREE}, lambda: stream.row("d-1"))


def test_a_node_that_is_stopped_ends_its_streams_at_once():
    with flying() as (_, node), Stream(node.port, "drone=x") as stream, Stream(node.port) as other:
        stream.until("node")
        node.process.signal(signal.SIGTERM)
        began = time.monotonic()
        for one in stream, other:
            with contextlib.suppress(AssertionError, OSError):
                while True:
                    one.take()
        wait_until(lambda: not node.process.alive(), "the node to end")
        print(f"ended after {time.monotonic() - began:.1f} s", flush=True)


def without_time(reply):
    return {key: value for key, value in reply.items() if not key.endswith("time_us") and key != "node_time_us"}


def test_a_position_is_answered_as_over_mqtt():
    with flying() as (mqtt, node), mqtt.client("planner") as planner:
        planner.subscribe(f"{ROOT}/query/planner/reply")
        for lat, lon, agl in ((*FREE, 30), (*ZONE_A, 10), (47.0, 8.0, 120), (46.0, 8.0, 10)):
            planner.publish(f"{ROOT}/query/planner", json.dumps({"lat_e7": round(lat * 1e7), "lon_e7": round(lon * 1e7),
                                                                 "agl_m": agl}), content_type=JSON)
            told = json.loads(planner.take().payload)
            live = node.ask(f"/v1/position?lat={lat}&lon={lon}&agl_m={agl}").json("position")
            assert without_time(live) == without_time(told), (lat, lon, live, told)


def test_the_wind_of_a_grid_without_a_forecast_says_why_it_is_not_known():
    with flying() as (_, node):
        for _ in range(2):  # the second is kept from the first
            answer = node.ask("/v1/wind?agl_m=30&nx=3&ny=2").json("wind")
        # Nothing of it was ever read, and the feed cannot be.
        assert len(answer["points"]) == 6 and len({point[3] for point in answer["points"]}) == 1, answer
        assert answer["points"][0][2] is None and answer["points"][0][3] in (
            "REASON_CATCHING_UP", "REASON_FEED_DOWN", "REASON_NO_DATA", "REASON_LOADING"), answer
        lons, lats = {point[0] for point in answer["points"]}, {point[1] for point in answer["points"]}
        assert len(lons) == 3 and len(lats) == 2, answer
        assert min(abs(lon - 8.005) for lon in lons) < 1e-6, lons


def test_the_examples_of_view_md_do_what_they_say():
    shell, python = re.findall(r"```(?:sh|python)\n(.*?)```", (TOP / "schemas" / "view.md").read_text(encoding="utf-8"), re.S)
    with flying("coffee-17") as (_, node, drone), Stream(node.port) as stream:
        at = f"127.0.0.1:{node.port}"
        assert "127.0.0.1:9465" in shell and "127.0.0.1:9465" in python
        reporting(stream, {drone: FREE}, lambda: stream.row("coffee-17"))
        done = subprocess.run(["bash", "-c", shell.replace("127.0.0.1:9465", at)], cwd=node.folder.path, capture_output=True,
                              text=True, timeout=DEADLINE_S, check=True)
        region, position, *events = [line for line in done.stdout.replace("}{", "}\n{").splitlines() if line]
        valid("region", json.loads(region)), valid("position", json.loads(position))
        assert {"event: hello", "event: fleet", "event: drone", "event: node"} <= set(events), events
        assert node.path("tile.png").read_bytes()[1:4] == b"PNG"
        follower = subprocess.Popen([sys.executable, "-c", python.replace("127.0.0.1:9465", at)], stdout=subprocess.PIPE, text=True)
        try:
            assert follower.stdout.readline().split() == ["coffee-17", str(round(FREE[0], 6)), str(round(FREE[1], 6))]
        finally:
            follower.kill()
            follower.communicate()


def test_what_changes_in_the_store_is_said_once_it_can_be_read():
    with shared_kafka() as kafka, Mosquitto() as mqtt:
        for topic in "t", "c", "z", "w":
            kafka.create_topics(topic)
        with Filled(mqtt, kafka=kafka.bootstrap) as node, Stream(node.port) as stream:
            stream.until("node")
            stream.until("node")
            kafka.produce("z", json.dumps(zone("fresh", 8.0, 46.98, 8.01, 46.985)).encode(), key="fresh",
                          headers=[("ce_time", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))])
            changed = stream.until("changed", lambda c: "zone" in c["layers"])
            assert "ground" not in changed["layers"], changed
            names = [f["properties"].get("feature_id") for f in node.ask("/v1/features").json("features")["features"]]
            assert "fresh" in names, names


main(globals())
