#!/usr/bin/python3
# tests/replay/test_tape.py - `drf-sim record` and `drf-sim play` with real brokers and a node.
# SPDX-License-Identifier: Apache-2.0
# Takes: 60 s
import atexit
import base64
import collections
import json
import signal
import subprocess
import sys
import time

from drf_fixture import (BIN, DEADLINE_S, OBSERVER, TOP, Folder, Mosquitto, Node, Process, free_ports, main, shared_kafka,
                         wait_until)
from fixture import place
from fixture.mcap_oracle import Oracle

ROOT, JSON, PROTOBUF = "drf-test/v1", "application/json", "application/x-protobuf"
REPLAYER = "drf-replay"
SERVICES = [REPLAYER, "drf-recorder"]
SIM = {"drf_mode": "SIM", "ce_time": "2026-01-01T00:00:00Z", "ce_source": "test.survey"}
MODE_REPLAY = 3
TOPICS = ",".join(place.TOPICS.values())
END = b'{"lat_e7": 470500000, "lon_e7": 80500000, "radius_m": 4711}'  # a question that nobody answers any more
JOURNAL = TOP / "tests/data/golden_replay/node.mcap"
folder = Folder("tape")
atexit.register(folder.close)


def generated():
    """The messages by Google's own compiler."""
    subprocess.run(["protoc", f"--proto_path={TOP / 'schemas'}", f"--python_out={folder.path}",
                    *map(str, sorted((TOP / "schemas/drf/v1").glob("*.proto")))], check=True)
    sys.path.insert(0, str(folder.path))
    from drf.v1 import context_pb2, query_pb2, telemetry_pb2
    return context_pb2, query_pb2, telemetry_pb2


context_pb2, query_pb2, telemetry_pb2 = generated()


def users(mqtt):
    file = folder.path / f"users-{mqtt.port}"
    file.write_text("".join(f"{name}:{password}\n" for name, password in mqtt.passwords.items()))
    return file


class Recorder:
    def __init__(self, path, *words):
        self.path = path
        self.process = Process("record", [BIN / "drf-sim", "record", "--out", path, *words], path.with_suffix(".log"))
        self.process.wait_log("recording")

    def end(self):
        """What it said; SIGINT, as Ctrl-C sends it."""
        self.process.signal(signal.SIGINT)
        wait_until(lambda: not self.process.alive(), "the end of the recorder")
        return self.process.log_text()


def play(path, *words, code=0):
    done = subprocess.run([BIN / "drf-sim", "play", *map(str, words), path], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=DEADLINE_S, check=False)
    assert done.returncode == code, (done.returncode, done.stdout)
    return done.stdout


class Drone:
    """Sends Protocol Buffers, or JSON; names what it has seen; keeps its contexts by the report they answer."""

    def __init__(self, mqtt, name, as_json):
        self.name, self.as_json, self.client, self.seq = name, as_json, mqtt.client(name), 0
        self.seen, self.contexts = (0, 0), {}
        self.client.subscribe(f"{ROOT}/drones/{name}/context/+")
        profile = json.dumps({"rate_hz": 5}).encode()
        self.client.publish(f"{ROOT}/drones/{name}/profile", profile, qos=1, retain=True, content_type=JSON)

    def report(self):
        self.seq += 1
        values = json.loads(place.report(self.seq, lat=place.MIDDLE[0] + 1e-5 * self.seq, mode=4))
        message = telemetry_pb2.Telemetry(**{key: int(value) if isinstance(value, str) else value
                                             for key, value in values.items()})
        if self.seen[0]:
            message.seen.boot_id, message.seen.context_seq = self.seen
        self.client.publish(f"{ROOT}/drones/{self.name}/telemetry",
                            json.dumps(values).encode() if self.as_json else message.SerializeToString(),
                            content_type=JSON if self.as_json else PROTOBUF)

    def hear(self):
        for message in self.client.drain():
            context = context_pb2.Context.FromString(message.payload)
            self.seen = (context.boot_id, context.seq)
            self.contexts[context.telemetry_seq] = context


def publish_feeds(kafka):
    kafka.produce(place.TOPICS["terrain"], place.geotiff(), key="survey", headers=SIM)
    kafka.produce(place.TOPICS["cranes"], place.feature("crane-1", 47.05, 8.055), key="crane-1", headers=SIM)
    kafka.produce(place.TOPICS["cranes"], place.feature("crane-2", 47.06, 8.055), key="crane-2", headers=SIM)
    kafka.produce(place.TOPICS["cranes"], None, key="crane-2", headers={**SIM, "ce_time": "2026-01-02T00:00:00Z"})


def fly(mqtt, port, reports):
    """Two drones, and one client that asks; the contexts of the first."""
    drones = [Drone(mqtt, "d-1", False), Drone(mqtt, "d-2", True)]
    wait_until(lambda: place.applied(port, "terrain") >= 1 and place.applied(port, "cranes") >= 3, "the feeds")
    wait_until(lambda: place.page(port, "readyz")[0] == 200, "the node hears the drones")  # it may know the feeds before
    for _ in range(reports):
        for drone in drones:
            drone.report()
        wait_until(lambda: drones[0].hear() or drones[0].seq in drones[0].contexts, "a context")
    with mqtt.client("c-1") as client:
        client.subscribe(f"{ROOT}/query/c-1/reply")
        query = query_pb2.Query(lat_e7=470500000, lon_e7=80500000)
        client.publish(f"{ROOT}/query/c-1", query.SerializeToString(), qos=1, content_type=PROTOBUF, correlation=b"\0c7",
                       response_topic=f"{ROOT}/query/c-1/reply")
        assert query_pb2.QueryReply.FromString(client.take().payload).height.ground_amsl_m > 0
    for drone in drones:
        drone.client.close()
    return drones[0].contexts


def told_once(kind, messages):
    return next(m for m in messages if m["topic"].endswith(kind))


def check_recording(dumped, seen, kafka):
    """Against an independent MQTT client and an independent Kafka consumer."""
    told, recorded = collections.defaultdict(list), collections.defaultdict(list)
    for message in seen:
        told[message.topic].append(message.payload)
    mqtt = [m for m in dumped["messages"] if m["metadata"]["transport"] == "mqtt"]
    for m in mqtt:
        wrapped = m["metadata"].get("wrapped") == "1"
        assert wrapped == (m["schema"] == "drf.v1.MqttMessage")
        recorded[m["topic"]].append(base64.b64decode(m["decoded"].get("payload", "")) if wrapped else bytes.fromhex(m["data"]))
    assert dict(told) == dict(recorded), [(t, len(told[t]), len(recorded[t])) for t in set(told) | set(recorded)]
    kinds = {(m["topic"].split("/")[-1 if "region" not in m["topic"] else -1], m["schema"]) for m in mqtt}
    assert {("telemetry", "drf.v1.Telemetry"), ("telemetry", None), ("heartbeat", "drf.v1.Heartbeat"),
            ("state", "drf.v1.NodeState")} <= kinds, kinds
    assert told_once("/profile", mqtt)["metadata"] == {"transport": "mqtt", "qos": "1", "retain": "1"}
    query = told_once("/query/c-1", mqtt)["decoded"]
    assert (query["response_topic"], query["correlation"]) == (f"{ROOT}/query/c-1/reply", "AGM3"), query
    for m in mqtt:
        assert abs(m["log_time"] - time.time_ns()) < 3600e9 and m["publish_time"] == m["log_time"]

    for topic in place.TOPICS.values():
        got = [m["decoded"] for m in dumped["messages"] if m["topic"] == f"kafka/{topic}"]
        end = kafka.end_offset(topic)
        assert len(got) == end
        for decoded, (key, value, headers, offset) in zip(got, kafka.consume(topic, end)):
            assert base64.b64decode(decoded["key"]) == key and int(decoded.get("offset", 0)) == offset
            assert ("value" in decoded) == (value is not None)
            assert value is None or base64.b64decode(decoded["value"]) == value
            assert {h["key"]: base64.b64decode(h["value"]) for h in decoded["headers"]} == headers
    assert dumped["metadata"]["drf"]["program"] == "drf-sim record" and dumped["profile"] == "drf"
    statistics = dumped["statistics"]
    assert statistics["message_count"] == len(dumped["messages"]) and dumped["compressions"] == ["zstd"]


def recorded_so_far(path):
    """What can be read of a file that is being written: its whole chunks, not compressed."""
    copied = path.with_suffix(".copy")
    copied.unlink(missing_ok=True)
    done = subprocess.run([BIN / "mcap_copy", "recording", path, copied, "0"], stderr=subprocess.PIPE, check=False)
    assert done.returncode == 3 and b"truncated at offset" in done.stderr, done
    return copied.read_bytes()


def record_a_flight(kafka, path, reports=12):
    """(the contexts of d-1, what an independent client heard, in its order)."""
    port, = free_ports(1)
    with Mosquitto(users=["d-1", "d-2", "c-1"], services=SERVICES) as mqtt, mqtt.client(OBSERVER) as observer:
        observer.subscribe(f"{ROOT}/#", qos=1)
        recorder = Recorder(path, "--mqtt", f"{mqtt.host}:{mqtt.port}", "--users", users(mqtt), "--filters", f"{ROOT}/#",
                            "--kafka", kafka.bootstrap, "--topics", TOPICS)
        publish_feeds(kafka)
        with Node(place.configuration(kafka.bootstrap, mqtt, mode="SIM", region="sim-place", http=port)):
            contexts = fly(mqtt, port, reports)
        mqtt.publish("c-1", f"{ROOT}/query/c-1", END)
        told = [observer.take()]
        while told[-1].payload != END:
            told.append(observer.take())
        wait_until(lambda: END in recorded_so_far(path), "the end in the file")
        said = recorder.end()
        assert recorder.process.popen.returncode == 0 and " 0 not written" in said, said
    assert path.stat().st_mode & 0o777 == 0o640
    return contexts, told


def test_a_recorded_flight_is_what_others_heard_and_plays_again():
    path = folder.path / "flight.mcap"
    with shared_kafka() as kafka:
        kafka.create_topics(*place.TOPICS.values(), place.DEAD)
        contexts, told = record_a_flight(kafka, path)
        dumped = Oracle(folder.path).dump(path)
        check_recording(dumped, told, kafka)
        play_again(kafka, path, contexts)
    check_guards(path)
    check_pace(path, sum(m["topic"].endswith("/telemetry") for m in dumped["messages"]))
    check_damage(path)


def play_again(kafka, path, contexts):
    """Into a fresh node of mode REPLAY, with topics of its own: it says of the ground what the first one said."""
    port, = free_ports(1)
    kafka.create_topics(*(f"again.{topic}" for topic in (*place.TOPICS.values(), place.DEAD)))
    with Mosquitto(users=["d-1", "d-2", "c-1"], services=SERVICES) as mqtt, mqtt.client(OBSERVER) as observer:
        observer.subscribe("drf-test/v1/#", "drf/v1/#", qos=1)
        config = place.configuration(kafka.bootstrap, mqtt, mode="REPLAY", region="sim-place", http=port)
        for feed in config["feeds"]:
            feed["topic"] = f"again.{feed['topic']}"
        brokers = ["--mqtt", f"{mqtt.host}:{mqtt.port}", "--users", users(mqtt), "--kafka", kafka.bootstrap,
                   "--kafka-prefix", "again."]
        with Node(config):
            wait_until(lambda: place.page(port, "healthz")[0] or place.metrics(port), "the node")
            play(path, *brokers, "--only", "kafka", "--speed", "max")
            wait_until(lambda: place.applied(port, "terrain") >= 1 and place.applied(port, "cranes") >= 3, "the feeds")
            wait_until(lambda: place.page(port, "readyz")[0] == 200, "the node hears the drones")
            said = play(path, *brokers, "--only", "mqtt")
            assert " 0 not confirmed, 0 refused" in said and "a node had sent" in said, said
            heard = {}
            last = max(contexts)

            def take():
                for message in observer.drain():
                    assert message.topic.startswith("drf-test/v1/"), message.topic
                    if message.topic == f"{ROOT}/drones/d-1/context/sim-place":
                        context = context_pb2.Context.FromString(message.payload)
                        heard[context.telemetry_seq] = context
                    if message.topic == f"{ROOT}/drones/d-1/telemetry":
                        report = telemetry_pb2.Telemetry.FromString(message.payload)
                        assert report.mode == MODE_REPLAY and abs(report.time_us - time.time_ns() // 1000) < DEADLINE_S * 1e6
                        reports.append(report)
                return last in heard
            reports = []
            wait_until(take, "the context of the last report")
            replies = place.metrics(port)
        assert not any("refused" in name and value for name, value in replies.items() if "telemetry" in name), replies
    for seq, context in heard.items():
        assert context.mode == MODE_REPLAY
        if seq in contexts:
            assert context.height.ground_amsl_m == contexts[seq].height.ground_amsl_m
            assert context.height.agl_m == contexts[seq].height.agl_m
    # What the recorded drone had seen came from another node: now it names the contexts of this one.
    boot_id = next(iter(heard.values())).boot_id
    assert reports[-1].seen.boot_id == boot_id and reports[-1].seen.context_seq > 0, reports[-1]
    assert boot_id != next(iter(contexts.values())).boot_id
    for topic in place.TOPICS.values():
        end = kafka.end_offset(topic)
        again = kafka.consume(f"again.{topic}", end)
        for (key, value, headers, _), first in zip(again, kafka.consume(topic, end)):
            assert (key, value, headers) == (first[0], first[1], {**first[2], "drf_mode": b"REPLAY"})


def check_guards(path):
    with Mosquitto(services=SERVICES) as mqtt, mqtt.client(OBSERVER) as observer:
        observer.subscribe("drf/v1/#", qos=1)
        broker = ["--mqtt", f"{mqtt.host}:{mqtt.port}", "--users", users(mqtt), "--speed", "max"]
        assert "mode LIVE" in play(path, *broker, "--root", "drf/v1", code=1)
        assert "mode LIVE" in play(path, *broker, "--root", "drf/v1/more", code=1)
        # The account may not write there either, nor what only a node may say.
        for topic in ("drf/v1/drones/d-1/telemetry", "drf-test/v1/drones/d-1/context/r"):
            assert mqtt.publish(REPLAYER, topic, b"x") == 0x87, topic
        assert mqtt.publish(REPLAYER, "drf-test/v1/drones/d-1/telemetry", b"x") == 0
        # With the node's account and --outputs: marked, below the test root.
        observer.subscribe("drf-test/v1/#", qos=1)
        play(path, *broker, "--user", "drf-node", "--outputs", "--only", "context", code=0)
        context = context_pb2.Context.FromString(observer.take().payload)
        assert context.mode == MODE_REPLAY


def check_pace(path, telemetry):
    with Mosquitto(services=SERVICES) as mqtt, mqtt.client(OBSERVER) as observer:
        observer.subscribe("drf-test/v1/#", qos=1)
        broker = ["--mqtt", f"{mqtt.host}:{mqtt.port}", "--users", users(mqtt), "--only", "telemetry"]
        said = play(path, *broker, "--speed", "max", "--loop", "3", "--times", "as-recorded")
        assert f"{3 * telemetry} MQTT and 0 Kafka messages in 3 passes" in said, said
        got = [observer.take() for _ in range(3 * telemetry)]
        boots = collections.Counter()
        for message in got:
            if "/d-1/" in message.topic:
                report = telemetry_pb2.Telemetry.FromString(message.payload)
                boots[report.drone_boot_id] += 1
        assert len(boots) == 3 and len(set(boots.values())) == 1, boots  # each pass is another boot
        began = time.monotonic()
        play(path, *broker, "--rate", "20")
        assert time.monotonic() - began > (telemetry - 2) / 20  # not before


def check_damage(path):
    data = path.read_bytes()
    cut, bad = folder.path / "cut.mcap", folder.path / "bad.mcap"
    cut.write_bytes(data[:len(data) * 3 // 4])
    bad.write_bytes(data[:len(data) // 2] + bytes([data[len(data) // 2] ^ 4]) + data[len(data) // 2 + 1:])
    with Mosquitto(services=SERVICES) as mqtt, mqtt.client(OBSERVER) as observer:
        observer.subscribe("drf-test/v1/#", qos=1)
        broker = ["--mqtt", f"{mqtt.host}:{mqtt.port}", "--users", users(mqtt), "--speed", "max"]
        said = play(bad, *broker, code=1)
        assert f"{bad}: offset " in said and "0 MQTT" in said, said
        assert observer.drain() == []
        assert "drf-edge replay FILE --out FILE2" in play(JOURNAL, *broker, code=1)
        said = play(path, *broker, "--only", "kafka", code=1)
        assert "Kafka messages, which need --kafka" in said and "nothing was published" in said, said
        assert observer.drain() == []
        assert f"{cut}: truncated at offset " in play(cut, *broker)


def test_what_cannot_be_recorded_is_said():
    path = folder.path / "none.mcap"

    def refused(*words):
        done = subprocess.run([BIN / "drf-sim", "record", "--out", path, *words], stderr=subprocess.PIPE, text=True,
                              check=False, timeout=DEADLINE_S)
        assert done.returncode != 0 and not path.exists(), done
        return done.stderr
    with shared_kafka() as kafka:
        assert "nowhere" in refused("--kafka", kafka.bootstrap, "--topics", "nowhere")
        assert "--topics" in refused("--kafka", kafka.bootstrap)
    with Mosquitto() as mqtt:
        said = refused("--mqtt", f"{mqtt.host}:{mqtt.port}")  # without an account
        assert "not authori" in said.lower(), said
    path.write_bytes(b"kept")
    done = subprocess.run([BIN / "drf-sim", "record", "--out", path, "--mqtt", "127.0.0.1"], stderr=subprocess.PIPE,
                          text=True, check=False)
    assert done.returncode == 1 and "exists" in done.stderr and path.read_bytes() == b"kept", done


main(globals())
