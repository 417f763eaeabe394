#!/usr/bin/python3
# tests/integration/test_serve.py - drones and a node over a real mosquitto with the shipped rights.
# SPDX-License-Identifier: Apache-2.0
import json
import sqlite3
import time

from drf_fixture import NODE, OBSERVER, Mosquitto, Node, main, wait_until

REGION, NODE_ID = "sim-toronto", "n1"
ROOT = "drf-test/v1"
JSON = "application/json"
NOT_AUTHORISED = 0x87
MODE_SIM = 4
REPLY = {"OK": 1, "ACCEPTED_DEFAULTS": 2, "INVALID": 3, "NOT_AUTHORISED": 5, "OUTSIDE_REGION": 6, "STALE": 7,
         "TIME_UNSYNCHRONISED": 8, "NOT_AVAILABLE": 11}


def config(mqtt, **changes):
    node = {"id": NODE_ID, "mode": "SIM"}
    return {
        "region": {"id": REGION, "bounds": [-79.6, 43.5, -79.2, 43.8], "margin_m": 1000},
        "node": {**node, **changes},
        "store": {"path": "{folder}/region.gpkg"},
        # Nothing listens there: the node serves without Kafka and says what it waits for.
        "kafka": {"bootstrap.servers": "127.0.0.1:9"},
        "mqtt": {"host": mqtt.host, "port": mqtt.port, "username": NODE, "password": mqtt.passwords[NODE]},
        "feeds": [],
    }


def topic(drone, leaf, region=None):
    return f"{ROOT}/drones/{drone}/{leaf}" + (f"/{region}" if region else "")


STATE = f"{ROOT}/regions/{REGION}/nodes/{NODE_ID}/state"
HEARTBEAT = f"{ROOT}/regions/{REGION}/nodes/{NODE_ID}/heartbeat"


def report(seq=1, **fields):
    values = {"seq": seq, "drone_boot_id": "77", "time_us": str(time.time_ns() // 1000), "time_source": 1,
              "lat_e7": 436500000, "lon_e7": -793800000, "alt_wgs84_m": 100.0,
              "velocity_north_mps": 0.0, "velocity_east_mps": 15.0}
    values.update(fields)
    return json.dumps({key: value for key, value in values.items() if value is not None})


class Drone:
    """A client that asks for ProtoJSON and keeps its own count."""

    def __init__(self, mqtt, name, json_profile=True):
        self.name = name
        self.client = mqtt.client(name)
        self.client.subscribe(topic(name, "context", "+"), topic(name, "reply", "+"))
        self.seq = 0
        if json_profile:
            self.client.publish(topic(name, "profile"), json.dumps({"json": True}), qos=1, retain=True,
                                content_type=JSON)
            self.reply()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()

    def send(self, text=None, **fields):
        self.seq += 1
        self.client.publish(topic(self.name, "telemetry"), text if text is not None else report(self.seq, **fields),
                            content_type=JSON)

    def take(self, leaf):
        message = self.client.take()
        assert message.topic == topic(self.name, leaf, REGION), message
        assert message.properties.ContentType == JSON, message.properties
        return json.loads(message.payload), message

    def reply(self):
        return self.take("reply")[0]

    def context(self):
        return self.take("context")[0]


DOWN = 1  # NodeCondition


def varints(payload):
    """The fields of a protobuf message that are varints, by number; sint64 stays zigzag."""
    fields, at = {}, 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = payload[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(payload):
        key = varint()
        if key & 7 == 0:
            fields[key >> 3] = varint()
        else:
            size = {1: 8, 5: 4}.get(key & 7) or varint()
            at += size
    return fields


def condition(payload):
    return varints(payload)[2]


def ready(mqtt):
    """The node's retained state is there and says something else than DOWN."""
    def look():
        with mqtt.client(OBSERVER) as observer:
            observer.subscribe(STATE)
            try:
                message = observer.take(0.2)
            except TimeoutError:
                return False
            return message.retain and condition(message.payload) != DOWN
    return look


def kept(node, name):
    """Whether the store has committed a value of this name."""
    with sqlite3.connect(f"file:{node.path('region.gpkg')}?mode=ro", uri=True) as db:
        return db.execute("SELECT count(*) FROM drf_value WHERE name = ?", [name]).fetchone()[0] == 1


def running(mqtt, **changes):
    return Node(config(mqtt, **changes), ready=ready(mqtt))


def test_a_report_is_answered_with_a_context_that_says_what_it_is():
    with Mosquitto(users=["d-1"]) as mqtt, running(mqtt), Drone(mqtt, "d-1") as drone:
        before_us = time.time_ns() // 1000
        drone.send()
        context, message = drone.take("context")
        assert context["seq"] == 1 and context["mode"] == MODE_SIM, context
        assert context["telemetry_seq"] == 1 and context["region_id"] == REGION
        assert context["stale_after_ms"] == 3000 and context["authority"] == 2
        assert before_us <= int(context["node_time_us"]) <= time.time_ns() // 1000
        assert "ground_amsl_m" not in context["height"], "no terrain was published: it is unknown, not zero"
        assert context["height"]["ground_reason"] > 1
        assert not message.retain and message.properties.MessageExpiryInterval <= 3
        # The wind is unknown too, and says so.
        assert "wind_to_east_mps" not in context["weather"]["wind"]


def test_a_drone_that_reads_anothers_context_gets_nothing():
    with Mosquitto(users=["d-1", "d-2"]) as mqtt, running(mqtt), Drone(mqtt, "d-1") as drone:
        with mqtt.client("d-2") as spy:
            spy.subscribe(topic("d-1", "context", "+"), f"{ROOT}/drones/#", f"{ROOT}/+/+/context/+")
            drone.send()
            drone.context()
            # What is its own comes after: had another's context leaked, it would be here before.
            spy.publish(topic("d-2", "telemetry"), report(), content_type=JSON)
            names = {spy.take().topic}
            names.update(message.topic for message in spy.drain())
            assert all(name.startswith(topic("d-2", "")) for name in names), names


def test_a_client_that_publishes_as_the_node_is_refused():
    with Mosquitto(users=["d-1", "d-2"]) as mqtt:
        for forbidden in (topic("d-1", "context", REGION), topic("d-2", "context", REGION),
                          topic("d-2", "telemetry"), STATE, HEARTBEAT, f"{ROOT}/regions/{REGION}/alerts"):
            assert mqtt.publish("d-1", forbidden, b"x") == NOT_AUTHORISED, forbidden
        assert mqtt.publish("d-1", topic("d-1", "telemetry"), b"x") == 0


BAD = [
    ("not a number", dict(alt_wgs84_m="NaN"), "INVALID", "alt_wgs84_m"),
    ("latitude 91", dict(lat_e7=910000000), "INVALID", "lat_e7"),
    ("no position", dict(lat_e7=None), "INVALID", "lat_e7"),
    ("stale", dict(time_us=lambda: time.time_ns() // 1000 - 3_000_000), "STALE", "time_us"),
    ("of the future", dict(time_us=lambda: time.time_ns() // 1000 + 2_000_000), "TIME_UNSYNCHRONISED", "time_us"),
    ("GPS time", dict(time_us=lambda: time.time_ns() // 1000 + 18_000_000), "TIME_UNSYNCHRONISED", "time_us"),
    ("LIVE to a SIM node", dict(mode=1), "INVALID", "mode"),
    ("outside", dict(lat_e7=100000000), "OUTSIDE_REGION", None),
]


def test_bad_telemetry_is_refused_with_a_reply_and_the_next_message_is_read():
    names = [f"bad-{i}" for i in range(len(BAD) + 4)]
    with Mosquitto(users=[*names, "good", "other"]) as mqtt, running(mqtt), Drone(mqtt, "good") as good:
        def refused(name, code, field, send):
            with Drone(mqtt, name) as drone:
                send(drone)
                reply = drone.reply()
                assert reply["code"] == REPLY[code], (name, reply)
                assert field is None or reply.get("field_path") == field, reply
                assert reply["text"], reply
                assert drone.client.drain() == []
            good.send()
            good.context()
            time.sleep(0.21)  # its rate is 5 Hz

        for name, (_, fields, code, field) in zip(names, BAD):
            refused(name, code, field, lambda drone, fields=fields: drone.send(
                **{key: value() if callable(value) else value for key, value in fields.items()}))
        for name, text in zip(names[len(BAD):], ("", "{", '{"lat_e7":1,"lat_e7":2}', '{"lat_e7":1e999}')):
            refused(name, "INVALID", None, lambda drone, text=text: drone.send(text))
        for name in ("a/b", "+", "#", "a b"):  # no account can have them; the rights let nothing through
            assert name in ("+", "#") or mqtt.publish("other", f"{ROOT}/drones/{name}/telemetry", b"{}") \
                == NOT_AUTHORISED, name
        good.send()
        good.context()


def test_the_broker_killed_and_started_again_finds_everything_again():
    with Mosquitto(users=["d-1"]) as mqtt, running(mqtt) as node:
        with Drone(mqtt, "d-1") as drone:
            drone.send()
            first = drone.context()
        missed = node.log_text().count("what=node.waiting for=mqtt")
        mqtt.kill()
        wait_until(lambda: node.log_text().count("what=node.waiting for=mqtt") > missed, "the broker is missed")
        mqtt.start()
        wait_until(ready(mqtt), "the node's retained state")
        with mqtt.client(OBSERVER) as observer:
            observer.subscribe(STATE)
            assert observer.take().retain
        with mqtt.client(OBSERVER) as observer:
            observer.subscribe(HEARTBEAT)
            beats = [observer.take() for _ in range(2)]
            assert not any(beat.retain for beat in beats) and all(len(beat.payload) <= 64 for beat in beats)
        with Drone(mqtt, "d-1", json_profile=False) as drone:
            # The profile is remembered without being sent again.
            drone.seq = 10
            drone.send()
            second = drone.context()
            assert second["boot_id"] == first["boot_id"] and second["seq"] > first["seq"]


def test_a_node_that_is_killed_is_said_to_be_down_and_remembers_profiles():
    with Mosquitto(users=["d-1"]) as mqtt, running(mqtt) as node:
        with Drone(mqtt, "d-1") as drone:
            drone.send()
            first = drone.context()
        wait_until(lambda: kept(node, "profile/d-1"), "the profile is in the store")
        with mqtt.client(OBSERVER) as observer:
            observer.subscribe(STATE)
            assert condition(observer.take().payload) != DOWN
            node.kill()
            assert condition(observer.take().payload) == DOWN  # the will
        node.start()
        wait_until(ready(mqtt), "the node's state")
        with Drone(mqtt, "d-1", json_profile=False) as drone:
            drone.send()
            second = drone.context()
            assert int(second["boot_id"]) > int(first["boot_id"])
            assert second["seq"] == 1


def take_place(mqtt, name):
    """Reports until there is a place for it: whoever had it was silent for long enough."""
    with mqtt.client(name) as client:
        client.subscribe(topic(name, "context", "+"))

        def served():
            client.publish(topic(name, "telemetry"), report(seq=None), content_type=JSON)
            try:
                return client.take(1) is not None
            except TimeoutError:
                return False
        wait_until(served, f"a place for {name}")


def test_a_drone_that_had_to_make_room_finds_its_profile_and_plan_when_it_is_back():
    plan = {"plan_id": "p-1", "valid_until_us": str(time.time_ns() // 1000 + 3600 * 1000000), "correlation": "c-1",
            "points": [{"lat_e7": 436500000, "lon_e7": lon, "alt_wgs84_m": 100.0} for lon in (-793900000, -793700000)]}
    settings = {"limits": {"drones_max": 1, "drone_forget_s": 10}}
    with Mosquitto(users=["d-1", "x-1"]) as mqtt, Node({**config(mqtt), **settings}, ready=ready(mqtt)):
        with Drone(mqtt, "d-1", json_profile=False) as drone:
            drone.client.publish(topic("d-1", "profile"), json.dumps({"json": True, "look_ahead_s": 20}), qos=1,
                                 content_type=JSON)
            assert drone.reply()["code"] == REPLY["ACCEPTED_DEFAULTS"]
            drone.client.publish(topic("d-1", "plan"), json.dumps(plan), qos=1, content_type=JSON)
            assert drone.reply()["code"] == REPLY["OK"]
            drone.send(active_plan_id="p-1")
            assert drone.context()["plan_state"] == 4
        take_place(mqtt, "x-1")  # the only one: d-1 is gone
        with Drone(mqtt, "d-1", json_profile=False) as drone:
            drone.seq = 10
            drone.send(active_plan_id="p-1")
            got = {}
            while len(got) < 3:  # context and replies have different QoS: in either order
                message = drone.client.take()
                assert message.properties.ContentType == JSON, message  # the first word already
                body = json.loads(message.payload)
                got[body.get("answers", 0)] = body
            assert "applies again" in got[2]["text"] and got[2]["code"] == REPLY["ACCEPTED_DEFAULTS"], got[2]
            assert "applies again" in got[3]["text"] and got[3]["code"] == REPLY["OK"], got[3]
            assert "plan_review" in got[3] and "correlation" not in got[3], got[3]
            drone.send(active_plan_id="p-1")
            assert drone.context()["plan_state"] == 4


def test_a_node_that_is_stopped_says_so_itself():
    with Mosquitto() as mqtt, running(mqtt) as node, mqtt.client(OBSERVER) as observer:
        observer.subscribe(STATE)
        assert condition(observer.take().payload) != DOWN
        node.stop()
        message = observer.take()
        # Its own word carries the boundary and the time; the will has neither.
        assert condition(message.payload) == DOWN and 3 in varints(message.payload)


def test_a_live_node_refuses_what_is_simulated():
    with Mosquitto(users=["d-1"]) as mqtt:
        settings = config(mqtt, mode="LIVE")
        settings["region"]["id"] = "toronto"
        with Node(settings) as node, mqtt.client("d-1") as drone:
            node.wait_log("mqtt")
            drone.subscribe("drf/v1/drones/d-1/#")
            profile = json.dumps({"json": True})

            def answered():
                drone.publish("drf/v1/drones/d-1/profile", profile, qos=1, content_type=JSON)
                try:
                    return drone.take(0.5)
                except TimeoutError:
                    return None

            wait_until(answered, "a reply of the node")
            drone.drain()
            drone.publish("drf/v1/drones/d-1/telemetry", report(1, mode=MODE_SIM), content_type=JSON)
            message = drone.take()
            reply = json.loads(message.payload)
            assert message.topic.endswith("/reply/toronto") and reply["code"] == REPLY["INVALID"]
            assert reply["field_path"] == "mode", reply
            drone.publish("drf/v1/drones/d-1/telemetry", report(2), content_type=JSON)
            message = drone.take()
            while message.topic == "drf/v1/drones/d-1/advisory/toronto":  # of what is not known here
                message = drone.take()
            assert message.topic == "drf/v1/drones/d-1/context/toronto", message
            assert json.loads(message.payload)["mode"] == 1


def test_requests_and_queries_are_answered():
    with Mosquitto(users=["d-1"]) as mqtt, running(mqtt), Drone(mqtt, "d-1") as drone:
        drone.client.publish(topic("d-1", "request"), json.dumps({"correlation": "r-1", "terrain": {}}), qos=1,
                             content_type=JSON)
        reply = drone.reply()
        assert (reply["code"], reply["correlation"], reply["answers"]) == (REPLY["INVALID"], "r-1", 4), reply
        assert reply["field_path"].startswith("terrain"), reply  # a request without a place
        own = f"{ROOT}/query/d-1/reply"
        drone.client.subscribe(own)
        query = json.dumps({"lat_e7": 436500000, "lon_e7": -793800000, "agl_m": 50})
        drone.client.publish(f"{ROOT}/query/d-1", query, qos=1, content_type=JSON, correlation=b"7",
                             response_topic=own)
        message = drone.client.take()
        assert message.topic == own and message.properties.CorrelationData == b"7"
        answer = json.loads(message.payload)
        assert answer["status"]["code"] == REPLY["OK"] and "ground_amsl_m" not in answer["height"], answer
        drone.client.publish(f"{ROOT}/query/d-1", query, qos=1, content_type=JSON,
                             response_topic=f"{ROOT}/query/d-2/reply")
        message = drone.client.take()
        assert message.topic == own
        assert json.loads(message.payload)["status"]["code"] == REPLY["NOT_AUTHORISED"]


TRAFFIC, DATA_QUALITY = 7, 10  # AdvisoryKind


def test_two_drones_that_close_in_are_told_on_the_advisory_topic_and_in_the_context():
    with Mosquitto(users=["d-1", "d-2"]) as mqtt, running(mqtt), Drone(mqtt, "d-1") as one, Drone(mqtt, "d-2") as two:
        for drone in (one, two):
            drone.client.subscribe(topic(drone.name, "advisory", "+"))
        one.send()
        two.send(lon_e7=-793700000, velocity_east_mps=-15.0)  # 800 m east, head on

        def told(drone, other):
            drone.send(lon_e7=-793800000 if drone is one else -793700000,
                       velocity_east_mps=15.0 if drone is one else -15.0)
            advisory = context = None
            while advisory is None or context is None:
                message = drone.client.take()
                if message.topic == topic(drone.name, "advisory", REGION):
                    body = json.loads(message.payload)
                    assert body["region_id"] == REGION, message
                    if body["advisory"]["kind"] == TRAFFIC:
                        advisory = body["advisory"]
                elif message.topic == topic(drone.name, "context", REGION):
                    found = [a for a in json.loads(message.payload).get("advisories", []) if a["kind"] == TRAFFIC]
                    context = found[0] if found else context
            assert advisory and context, (advisory, context)
            assert advisory["feature_id"] == context["feature_id"] == other
            assert advisory["advisory_id"] == context["advisory_id"] and advisory["state"] == 1
            return advisory

        assert told(two, "d-1")["severity"] == 2  # 26 s off
        assert told(one, "d-2")["severity"] == 2


def test_a_landing_and_a_plan_over_unknown_ground_are_not_called_clear():
    with Mosquitto(users=["d-1"]) as mqtt, running(mqtt), Drone(mqtt, "d-1") as drone:
        drone.client.publish(topic("d-1", "request"), json.dumps(
            {"correlation": "r-2", "landing": {"lat_e7": 436500000, "lon_e7": -793800000}}), qos=1, content_type=JSON)
        reply = drone.reply()
        landing = reply["landing"]
        assert reply["code"] == REPLY["OK"] and landing["severity"] == 2, reply
        assert "slope_deg" not in landing and 1 in landing["unknown"], landing
        points = [{"lat_e7": 436500000, "lon_e7": -793800000 + i * 100000, "agl_m": 60} for i in range(3)]
        drone.client.publish(topic("d-1", "plan"), json.dumps({"plan_id": "p", "points": points}), qos=1,
                             content_type=JSON)
        review = drone.reply()["plan_review"]
        assert "clearance_lowest_m" not in review and [g.get("leg", 0) for g in review["gaps"]] == [0, 1], review


if __name__ == "__main__":
    main(globals())
