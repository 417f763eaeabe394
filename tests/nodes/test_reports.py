#!/usr/bin/python3
# tests/nodes/test_reports.py - words of drones that must not be lost: stored, DURABLE, once in Kafka by their id.
# SPDX-License-Identifier: Apache-2.0
# Takes: 60 s
"""What a drone was told DURABLE of is in Kafka, whatever happened to the node and to Kafka; what it was not told, it sends
again. With DRF_FULL=1 the node is killed 100 times while Kafka is away for 60 s at a time, else 5 times."""
import json
import os
import random
import sqlite3
import subprocess
import time

from drf_fixture import BIN, DEADLINE_S, Kafka, Mosquitto, Node, free_ports, main, shared_kafka, wait_until
from fixture import place

FULL = os.environ.get("DRF_FULL") == "1"
WORDS, TAPE = "t.words", "t.capture"
INVALID, STALE, OVERLOADED, NOT_AVAILABLE, DURABLE = 3, 7, 10, 11, 12
LAT, LON = place.MIDDLE


def now_us():
    return time.time_ns() // 1000


def weather(seq, boot=7, **fields):
    """A report in ProtoJSON; `weather` fields by name, those of the report with an underscore behind them."""
    own = {name[:-1]: fields.pop(name) for name in list(fields) if name.endswith("_")}
    values = {"lat_e7": round(LAT * 1e7), "lon_e7": round(LON * 1e7), "agl_m": 60, "wind_mps": 9.5,
              "wind_from_deg_true": 250, "gust_mps": 14, "temperature_k": 281.5, **fields}
    report = {"report_seq": seq, "drone_boot_id": str(boot), "time_us": str(now_us()), "weather": values, **own}
    return {name: value for name, value in report.items() if value is not None}


class Reporter:
    """A client that sends reports and keeps each until it is told DURABLE."""

    def __init__(self, mqtt, name):
        self.name, self.client = name, mqtt.client(name)
        self.client.subscribe(f"drf/v1/drones/{name}/reply/+")
        self.client.publish(f"drf/v1/drones/{name}/profile", json.dumps({"json": True}), qos=1, retain=True,
                            content_type="application/json")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()

    def send(self, report, **options):
        payload = report if isinstance(report, bytes) else json.dumps(report).encode()
        self.client.publish(f"drf/v1/drones/{self.name}/report", payload, qos=1, content_type="application/json",
                            **options)

    def reply(self, deadline_s=None):
        """The next answer to a report."""
        while True:
            message = self.client.take(*([deadline_s] if deadline_s else []))
            if message.payload[:1] != b"{":
                continue  # before the profile applied
            reply = json.loads(message.payload)
            if reply["answers"] == 5:
                return reply

    def ask(self, report, **options):
        self.send(report, **options)
        return self.reply()


def configuration(kafka, mqtt, port, **reports):
    config = place.configuration(kafka.bootstrap, mqtt, http=port)
    config["reports"] = {"topic": WORDS, **reports}
    return config


def ready(port):
    wait_until(lambda: place.page(port, "readyz")[0] == 200, "the node is ready")


def connected(port):
    wait_until(lambda: place.metrics(port).get("drf_mqtt_up") == 1, "the node is at the broker")


def words(kafka):
    """{ce_id: [value, ...]} of all that is in the topic."""
    found = {}
    end = kafka.end_offset(WORDS)
    for _, value, headers, *_ in kafka.consume(WORDS, end) if end else []:
        found.setdefault(headers["ce_id"].decode(), []).append(json.loads(value))
    return found


def test_a_report_is_durable_and_in_kafka_with_what_the_node_knows_of_it():
    port, = free_ports(1)
    with shared_kafka() as kafka, Mosquitto(users=["d1", "d2"]) as mqtt:
        kafka.create_topics(*place.TOPICS.values(), place.DEAD, WORDS)
        config = configuration(kafka, mqtt, port)
        config["journal"] = {"path": "{folder}/journal.mcap"}
        with Node(config) as node, Reporter(mqtt, "d1") as drone, Reporter(mqtt, "d2") as other:
            ready(port)
            sent = weather(1, correlation_="c-1", drone_id_="somebody else")
            reply = drone.ask(sent)
            assert (reply["code"], reply["correlation"], reply["report_seq"], reply["drone_boot_id"]) == \
                (DURABLE, "c-1", 1, "7"), reply
            with sqlite3.connect(f"file:{node.path('region.gpkg')}?mode=ro", uri=True) as db:
                taken = db.execute("SELECT count(*) FROM drf_value WHERE name LIKE 'taken/%'").fetchone()[0]
            assert taken == 1, "told DURABLE and not committed"
            key, value, headers, *_ = kafka.consume(WORDS, 1)[0]
            told = json.loads(value)
            assert key == b"d1" and told["drone_id"] == "d1" and told["mode"] == 1 and "correlation" not in told, told
            assert told["weather"]["wind_mps"] == 9.5 and told["time_us"] == sent["time_us"], told
            assert {name: headers[name] for name in ("ce_id", "ce_source", "drf_node", "ce_type", "drf_mode", "ce_specversion")} == {
                "ce_id": b"d1/7/1", "ce_source": b"place", "drf_node": b"n1", "ce_type": b"drf.v1.report.weather", "drf_mode": b"LIVE",
                "ce_specversion": b"1.0"}, headers

            # The same again: durable, and not sent twice. Another drone's, and another boot's, are others.
            assert drone.ask(weather(1))["code"] == DURABLE
            assert other.ask(weather(1))["code"] == DURABLE and drone.ask(weather(1, boot=8))["code"] == DURABLE
            wait_until(lambda: set(words(kafka)) == {"d1/7/1", "d2/7/1", "d1/8/1"}, "three reports are in Kafka")
            assert all(len(values) == 1 for values in words(kafka).values())
            wait_until(lambda: place.metrics(port)["drf_reports_waiting_bytes"] == 0, "none waits")

            free = {"report_seq": 9, "drone_boot_id": "7", "schema": "example.battery/1", "json": '{"cells": [3.9, 4.0]}'}
            assert drone.ask(free)["code"] == DURABLE
            headers = kafka.consume(WORDS, 4)[3][2]
            assert headers["ce_type"] == b"drf.v1.report.json" and headers["ce_dataschema"] == b"example.battery/1"
            wait_until(lambda: place.metrics(port)["drf_reports_sent_total"] == 4, "all are acknowledged")
            assert node.stop() == 0
            done = subprocess.run([BIN / "drf-edge", "replay", node.path("journal.mcap"), "--verify"], text=True, check=False,
                                  timeout=DEADLINE_S, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            assert done.returncode == 0 and "recording: whole" in done.stdout, done.stdout


def test_what_is_no_report_is_refused_and_names_the_field():
    port, = free_ports(1)
    with shared_kafka() as kafka, Mosquitto(users=["d1"]) as mqtt:
        kafka.create_topics(*place.TOPICS.values(), place.DEAD, WORDS)
        with Node(configuration(kafka, mqtt, port)) as node, Reporter(mqtt, "d1") as drone:
            ready(port)
            old = str(now_us() - 86_500_000_000)
            for bad, code, field in [
                    (b"{]", INVALID, ""), (weather(0), INVALID, "report_seq"),
                    (weather(1, drone_boot_id_=None), INVALID, "drone_boot_id"),
                    (weather(1, wind_mps=-1), INVALID, "weather.wind_mps"),
                    (weather(1, lat_e7=910000000), INVALID, "weather.lat_e7"),
                    (weather(1, time_us_=old), STALE, "time_us"),
                    (weather(1, mode_=4), INVALID, "mode"),
                    (weather(1, json_="{}", schema_="s"), INVALID, ""),
                    ({"report_seq": 1, "drone_boot_id": "7", "schema": "s", "json": "{"}, INVALID, "json"),
                    ({"report_seq": 1, "drone_boot_id": "7", "json": "{}"}, INVALID, "schema"),
                    ({"report_seq": 1, "drone_boot_id": "7", "schema": "s", "json": '"' + "x" * 8192 + '"'}, INVALID, "json"),
            ]:
                reply = drone.ask(bad)
                assert (reply["code"], reply.get("field_path", "")) == (code, field), (bad, reply)
                time.sleep(0.2)  # five a second are taken
            assert kafka.end_offset(WORDS) == 0
            assert place.metrics(port)['drf_reports_refused_total{code="STALE"}'] == 1
            assert node.stop() == 0


def test_a_node_without_the_topic_says_so():
    port, = free_ports(1)
    with shared_kafka() as kafka, Mosquitto(users=["d1"]) as mqtt:
        kafka.create_topics(*place.TOPICS.values(), place.DEAD)
        with Node(configuration(kafka, mqtt, port, topic="")) as node, Reporter(mqtt, "d1") as drone:
            ready(port)
            reply = drone.ask(weather(1))
            assert (reply["code"], reply["report_seq"]) == (NOT_AVAILABLE, 1), reply
            assert node.stop() == 0


def test_a_full_store_of_reports_is_overloaded_and_takes_more_when_kafka_has_them():
    port, = free_ports(1)
    with shared_kafka() as kafka, Mosquitto(users=[f"d{i}" for i in range(8)]) as mqtt:
        kafka.create_topics(*place.TOPICS.values(), place.DEAD)  # and nobody takes reports
        with Node(configuration(kafka, mqtt, port, max_mb=1)) as node:
            ready(port)
            durable, seq, full = set(), 0, None
            drones = [Reporter(mqtt, f"d{i}") for i in range(8)]
            while full is None:
                seq += 1
                for drone in drones:  # 8 KB each: 128 of them fill a megabyte
                    reply = drone.ask({"report_seq": seq, "drone_boot_id": "7", "schema": "s", "json": json.dumps("x" * 8000)})
                    if reply["code"] == OVERLOADED:
                        full = (drone, seq, reply)
                        break
                    assert reply["code"] == DURABLE, reply
                    durable.add(f"{drone.name}/7/{seq}")
            assert 115 <= len(durable) <= 128 and full[2]["retry_after_s"] > 0, (len(durable), full)
            kafka.create_topics(WORDS)
            wait_until(lambda: place.metrics(port)["drf_reports_waiting_bytes"] == 0, "Kafka has them")
            assert set(words(kafka)) == durable
            assert full[0].ask({"report_seq": full[1], "drone_boot_id": "7", "schema": "s", "json": "1"})["code"] == DURABLE
            for drone in drones:
                drone.client.close()
            assert node.stop() == 0


class Flock:
    """Drones that report all the while, and repeat what was not told DURABLE."""

    def __init__(self, mqtt, count):
        self.drones = [Reporter(mqtt, f"d{i}") for i in range(count)]
        self.open = {}  # ce_id: (drone, report, when it was sent)
        self.durable, self.refused, self.seq = set(), {}, 0

    def step(self, more=True, hear=True):
        """One more report of each drone, those without an answer again, and what was answered."""
        now = time.monotonic()
        self.seq += more
        for drone in self.drones if more else []:
            report = weather(self.seq, boot=3, correlation_=f"c{self.seq}")
            self.open[f"{drone.name}/3/{self.seq}"] = (drone, report, 0)
        for name, (drone, report, sent) in list(self.open.items()):
            if now - sent > 2:  # the node was away, or told nothing
                drone.send(report)
                self.open[name] = (drone, report, now)
        if hear:
            self.hear()

    def hear(self):
        for drone in self.drones:
            while True:
                try:
                    reply = drone.reply(0.01)
                except TimeoutError:
                    break
                name = f"{drone.name}/3/{reply.get('report_seq')}"
                if reply["code"] == DURABLE:
                    self.durable.add(name)
                    self.open.pop(name, None)
                else:
                    self.refused[reply["code"]] = self.refused.get(reply["code"], 0) + 1

    def close(self):
        for drone in self.drones:
            drone.client.close()


def test_what_was_told_durable_outlives_kills_of_the_node_while_kafka_is_away():
    """The node is killed at moments of chance while reports come and Kafka comes and goes."""
    kills, away_s = (100, 60) if FULL else (5, 4)
    chance = random.Random(13)
    port, = free_ports(1)
    names = [f"d{i}" for i in range(4)]
    with Kafka() as kafka, Mosquitto(users=names) as mqtt:
        kafka.create_topics(*place.TOPICS.values(), place.DEAD, WORDS)
        with Node(configuration(kafka, mqtt, port)) as node:
            ready(port)
            flock = Flock(mqtt, len(names))
            killed, without = 0, 0
            while killed < kills:
                kafka.kill()
                back = time.monotonic() + away_s
                while time.monotonic() < back:
                    until = time.monotonic() + chance.uniform(0.05, 2)
                    while time.monotonic() < until:
                        flock.step()
                        time.sleep(0.25)
                    flock.step(hear=False)
                    time.sleep(chance.uniform(0, 0.1))  # under way, handed over, committed, or answered
                    node.process.kill()
                    killed += 1
                    node.start()
                    connected(port)
                kafka.start()
                told = len(flock.durable)
                without += told
                wait_until(lambda told=told: (flock.step(), len(flock.durable) > told)[1], "reports are taken again")
            wait_until(lambda: (flock.step(more=False), not flock.open)[1], "all are durable")
            wait_until(lambda: place.metrics(port).get("drf_reports_waiting_bytes") == 0, "Kafka has them")
            flock.close()
            found = words(kafka)
            lost = flock.durable - set(found)
            assert not lost, f"{len(lost)} of {len(flock.durable)} were told DURABLE and are not in Kafka: {sorted(lost)[:5]}"
            assert flock.durable == set(found) and len(found) > killed and without > 0, (len(found), killed, without)
            for name, values in found.items():
                assert all(value == values[0] for value in values), (name, values)
            more = sum(len(values) - 1 for values in found.values())
            print(f"{killed} kills, {len(flock.durable)} durable, {len(found)} in Kafka by id, {more} of them twice, "
                  f"refused {flock.refused}", flush=True)
            assert node.stop() == 0


def test_a_weather_report_comes_back_as_weather_of_a_context():
    """The topic of the reports read as a feed: the wind measured 60 m up is told there, with the drone as station."""
    port, = free_ports(1)
    with shared_kafka() as kafka, Mosquitto(users=["d1", "d2"]) as mqtt:
        kafka.create_topics(*place.TOPICS.values(), place.DEAD, WORDS)
        config = configuration(kafka, mqtt, port)
        config["feeds"].append({"name": "urep", "topic": WORDS, "kind": "weather", "format": "urep", "class": "urgent"})
        with Node(config) as node, Reporter(mqtt, "d1") as drone, mqtt.client("d2") as other:
            kafka.produce(place.TOPICS["terrain"], place.geotiff(), key="dtm", timestamp_ms=int(time.time() * 1000))
            ready(port)
            wait_until(lambda: place.applied(port, "terrain") == 1, "the ground is known")
            assert drone.ask(weather(1))["code"] == DURABLE
            sighting = {"report_seq": 2, "drone_boot_id": "7", "obstacle": {"lat_e7": round(LAT * 1e7), "lon_e7": round(LON * 1e7)}}
            assert drone.ask(sighting)["code"] == DURABLE
            wait_until(lambda: place.applied(port, "urep") == 1 and place.refusals(port, "urep", "IGNORED") == 1,
                       "the weather report is read, the sighting counted")
            other.subscribe("drf/v1/drones/d2/context/+")
            other.publish("drf/v1/drones/d2/profile", json.dumps({"json": True}), qos=1, content_type="application/json")
            seq = 0

            def told(agl_m):
                """The weather that a drone gets at this height."""
                nonlocal seq
                seq += 1
                report = place.report(seq, alt_amsl_m=place.ground_amsl_m(LAT, LON) + agl_m, alt_amsl_acc95_m=1.0)
                other.publish("drf/v1/drones/d2/telemetry", report, content_type="application/json")
                time.sleep(0.2)
                found = None
                while True:
                    try:
                        message = other.take(0.3)
                    except TimeoutError:
                        return found
                    if message.payload[:1] == b"{" and "weather" in (context := json.loads(message.payload)):
                        found = context["weather"]

            near = wait_until(lambda: (found := told(65)) and found["wind"].get("station") and found, "the wind is told near its height")
            wind = near["wind"]
            assert (wind["station"], wind["source"], wind["wind_speed_mps"], wind["wind_from_deg_true"], wind["lower_agl_m"]) == \
                ("d1", "urep/place", 9.5, 250, 60), wind
            assert int(wind["valid_until_us"]) - int(wind["valid_from_us"]) == 15 * 60 * 1_000_000, wind
            assert near["gust_mps"]["value"] == 14 and near["temperature_k"]["value"] == 281.5, near
            far = told(120)
            assert "station" not in far["wind"] and "station" not in far["gust_mps"], far
            assert node.stop() == 0


def test_of_two_nodes_the_one_that_answers_takes_a_report():
    """One DURABLE and one record for each report, and both nodes have their share of the drones."""
    names, other = [f"d{i}" for i in range(12)], "drf-node-2"
    ports = free_ports(2)
    with shared_kafka() as kafka, Mosquitto(users=names, nodes=[other]) as mqtt:
        kafka.create_topics(*place.TOPICS.values(), place.DEAD, WORDS)
        nodes = []
        for port, name, account in zip(ports, ("n1", "n2"), ("drf-node", other), strict=True):
            config = configuration(kafka, mqtt, port)
            config["node"]["id"] = name
            config["mqtt"].update(username=account, password=mqtt.passwords[account])
            config["owners"] = {"topic": "t.owners", "session_ms": 6000}
            nodes.append(Node(config))
        with nodes[0] as first, nodes[1] as second:
            for port in ports:
                ready(port)
            wait_until(lambda: all(place.metrics(port).get("drf_owner_parts") == 16 for port in ports), "each owns half")
            drones = [Reporter(mqtt, name) for name in names]
            for drone in drones:
                assert drone.ask(weather(1))["code"] == DURABLE
            wait_until(lambda: len(words(kafka)) == len(names), "all are in Kafka")
            assert all(len(values) == 1 for values in words(kafka).values())
            taken = [place.metrics(port)["drf_reports_durable_total"] for port in ports]
            assert sum(taken) == len(names) and min(taken) > 0, taken
            for drone in drones:
                try:
                    reply = drone.reply(0.1)
                    raise AssertionError(f"a second answer: {reply}")
                except TimeoutError:
                    drone.client.close()
            assert first.stop() == 0 and second.stop() == 0


def test_telemetry_is_captured_whole():
    port, = free_ports(1)
    with shared_kafka() as kafka, Mosquitto(users=["d1"]) as mqtt:
        kafka.create_topics(*place.TOPICS.values(), place.DEAD, WORDS, TAPE)
        with Node(configuration(kafka, mqtt, port, capture_topic=TAPE, capture_s=1)) as node, mqtt.client("d1") as drone:
            ready(port)
            sent = []
            for seq in range(1, 31):
                sent.append(place.report(seq))
                drone.publish("drf/v1/drones/d1/telemetry", sent[-1], content_type="application/json")
                time.sleep(0.05)
            wait_until(lambda: place.metrics(port)["drf_captures_sent_total"] >= 1
                       and place.metrics(port)["drf_telemetry_total"] == 30, "it is heard and sent on")
            time.sleep(1.5)  # what is gathered goes after a second
            wait_until(lambda: place.metrics(port)["drf_captures_waiting_bytes"] == 0, "Kafka has it")
            told = []
            for _, value, headers, *_ in kafka.consume(TAPE, kafka.end_offset(TAPE)):
                assert headers["ce_type"] == b"drf.v1.TelemetryCapture"
                told += entries(value)
            assert told == [(b"d1", one) for one in sent], (len(told), told[:1])
            # What is gathered when the node is stopped is kept, and sent on after the next start.
            end = kafka.end_offset(TAPE)
            drone.publish("drf/v1/drones/d1/telemetry", place.report(31), content_type="application/json")
            wait_until(lambda: place.metrics(port)["drf_telemetry_total"] == 31, "one more is heard")
            assert node.stop() == 0
            node.start()
            wait_until(lambda: kafka.end_offset(TAPE) > end, "it is sent on")
            assert len(entries(kafka.consume(TAPE, 1, offset=end)[0][1])) == 1
            assert node.stop() == 0


def entries(value):
    """(drone, text) of a TelemetryCapture, by hand: field 1 is an entry, its field 1 the drone, 4 the ProtoJSON."""
    return [(one[1], one[4]) for number, one in ((number, dict(fields(entry))) for number, entry in fields(value)) if number == 1]


def fields(value):
    at = 0

    def varint():
        nonlocal at
        number = shift = 0
        while True:
            byte = value[at]
            at += 1
            number |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return number

    while at < len(value):
        key = varint()
        content = varint()
        if key & 7 == 2:
            content, at = value[at:at + content], at + content
        yield key >> 3, content


main(globals())
