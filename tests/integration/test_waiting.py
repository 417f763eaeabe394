#!/usr/bin/python3
# tests/integration/test_waiting.py - a node that starts first, and brokers that come, die and come again.
# SPDX-License-Identifier: Apache-2.0
# Takes: 45 s
"""One Kafka and one mosquitto for all of it: the node is started while both are down, must say so, and must come to
itself each time without help."""
import subprocess

from drf_fixture import OBSERVER, TOP, Folder, Kafka, Mosquitto, Node, free_ports, late_s, main, wait_until
from fixture import place
from fixture.node import reasons
from google.protobuf import descriptor_pb2, message_factory

NODE_TOPIC = "drf/v1/regions/place/nodes/n1"
UP, DEGRADED = 4, 3
HEARTBEAT_MAX_BYTES, HEARTBEAT_S = 64, 1.0


def messages_of_schemas():
    with Folder("schemas") as folder:
        subprocess.run(["protoc", f"--proto_path={TOP}/schemas", "--include_imports",
                        f"--descriptor_set_out={folder.path}/set", "drf/v1/node.proto"], check=True, cwd=TOP)
        files = descriptor_pb2.FileDescriptorSet.FromString((folder.path / "set").read_bytes())
    return message_factory.GetMessages(files.file)


def troubles(port):
    """The reasons of /readyz; None while the page is not there, empty when ready."""
    status, text = place.page(port, "readyz")
    return None if status == 0 else set() if status == 200 else set(reasons(text))


def wait_ready(port):
    wait_until(lambda: troubles(port) == set(), "the node is ready")


def retained_state(mqtt, wire):
    """What a client that comes later finds."""
    with mqtt.client(OBSERVER) as observer:
        observer.subscribe(f"{NODE_TOPIC}/state")
        try:
            message = observer.take(0.5)
        except TimeoutError:
            return None
        return wire["drf.v1.NodeState"].FromString(message.payload) if message.retain else None


def wait_state(mqtt, wire, condition, waiting_for):
    def look():
        state = retained_state(mqtt, wire)
        return state and (state.condition, set(state.waiting_for)) == (condition, waiting_for)
    wait_until(look, f"the retained state says {waiting_for or 'up'}")


def check_heartbeats(mqtt, wire):
    with mqtt.client(OBSERVER) as observer:
        observer.subscribe(f"{NODE_TOPIC}/heartbeat")
        beats = []
        for _ in range(4):
            message = observer.take(late_s(HEARTBEAT_S))
            assert not message.retain and len(message.payload) <= HEARTBEAT_MAX_BYTES, message
            beats.append(wire["drf.v1.Heartbeat"].FromString(message.payload))
    gaps = [(b.node_time_us - a.node_time_us) / 1e6 for a, b in zip(beats, beats[1:])]
    # One for each second: the first may be late, by less than one, and those behind it need not be.
    assert sum(gaps) > 2 * HEARTBEAT_S and all(gap > 0 for gap in gaps), gaps
    print("heartbeats after", *(f"{gap:.2f}" for gap in gaps), "s", flush=True)
    assert [beat.seq for beat in beats] == list(range(beats[0].seq, beats[0].seq + 4)), beats


def applied(port):
    return place.metrics(port).get('drf_feed_outcomes_total{feed="terrain",outcome="APPLIED"}', 0)


def check_start_without_anything(kafka, mqtt, node, port):
    wait_until(lambda: troubles(port) and troubles(port) >= {"kafka", "mqtt"}, "both are missed")
    node.wait_log("what=node.waiting for=kafka")
    node.wait_log("what=node.waiting for=mqtt")
    assert place.page(port, "healthz")[0] == 200
    kafka.start()
    wait_until(lambda: troubles(port) == {"mqtt"}, "Kafka is found")
    node.wait_log("what=node.recovered for=kafka")
    mqtt.start()
    wait_ready(port)
    node.wait_log("what=node.recovered for=mqtt")


def check_kafka_killed(kafka, mqtt, wire, node, port):
    kafka.kill()
    wait_until(lambda: "kafka" in (troubles(port) or ()), "Kafka is missed")
    wait_state(mqtt, wire, DEGRADED, {"kafka", "catching_up"})
    kafka.start()
    wait_ready(port)
    wait_state(mqtt, wire, UP, set())
    before = applied(port)
    kafka.produce(place.TOPICS["terrain"], place.geotiff(size=90), key="after", headers={"drf_mode": "LIVE"})
    wait_until(lambda: applied(port) == before + 1, "what is published afterwards is applied")
    assert "RESYNC" not in node.log_text() and "why=shorter" not in node.log_text()


def check_mqtt_killed(mqtt, wire, port):
    mqtt.kill()
    (mqtt.folder.path / "mosquitto.db").unlink(missing_ok=True)  # nothing retained survives
    wait_until(lambda: "mqtt" in (troubles(port) or ()), "mosquitto is missed")
    mqtt.start()
    wait_ready(port)
    wait_state(mqtt, wire, UP, set())
    check_heartbeats(mqtt, wire)


def test_node_waits_says_for_what_and_recovers():
    wire = messages_of_schemas()
    port, = free_ports(1)
    with Kafka() as kafka, Mosquitto() as mqtt:
        kafka.create_topics(*place.TOPICS.values(), place.DEAD)
        kafka.stop()
        mqtt.stop()
        with Node(place.configuration(kafka.bootstrap, mqtt, http=port)) as node:
            check_start_without_anything(kafka, mqtt, node, port)
            wait_state(mqtt, wire, UP, set())
            check_heartbeats(mqtt, wire)
            check_kafka_killed(kafka, mqtt, wire, node, port)
            check_mqtt_killed(mqtt, wire, port)
            assert node.stop() == 0
        assert retained_state(mqtt, wire).condition == 1, "a node that ended says so"


main(globals())
