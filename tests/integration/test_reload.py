#!/usr/bin/python3
# tests/integration/test_reload.py - SIGHUP: the configuration is read again, and no drone notices.
# SPDX-License-Identifier: Apache-2.0
# Takes: 40 s
"""A node with a journal and a drone that reports all the time. Feeds come, go and change; limits change; what cannot
change is named; mistakes change nothing. At the end the journal gives every output again, and the store is as that of a
node that was started with the last configuration."""
import copy
import json
import signal
import ssl
import socket
import subprocess
import threading
import time

from drf_fixture import (BIN, DEADLINE_S, NODE, OBSERVER, Folder, Mosquitto, Node, free_ports, main, shared_kafka,
                         wait_until)
from fixture import place

ROOT = "drf/v1/drones/d-1"
STATE = "drf/v1/regions/place/nodes/n1/state"
STEP_S = 0.2


class Hovering:
    """Reports five times a second, and keeps every context."""

    def __init__(self, mqtt):
        self.client = mqtt.client("d-1")
        self.client.subscribe(f"{ROOT}/context/+")
        self.client.publish(f"{ROOT}/profile", json.dumps({"json": True, "rate_hz": 5}), qos=1, retain=True,
                            content_type="application/json")
        self.contexts, self.ends = [], threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        seq = 0
        while not self.ends.wait(STEP_S):
            seq += 1
            self.client.publish(f"{ROOT}/telemetry", place.report(seq), content_type="application/json")
            self.contexts += [json.loads(message.payload) for message in self.client.drain()]

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ends.set()
        self.thread.join()
        self.client.close()

    def goes_on(self):
        count = len(self.contexts)
        wait_until(lambda: len(self.contexts) >= count + 5, "five more contexts")

    def obstacles(self):
        """Of the newest context: their names."""
        return {one["feature_id"] for one in self.contexts[-1].get("obstacles", [])} if self.contexts else None


def hang_up(node, config, event="what=reload.done"):
    before = node.log_text().count(event)
    node.write_config(config)
    node.process.signal(signal.SIGHUP)
    wait_until(lambda: node.log_text().count(event) > before, event)


def without(config, name):
    return {**config, "feeds": [feed for feed in config["feeds"] if feed["name"] != name]}


def ready(port):
    return place.page(port, "readyz")[0] == 200


def messages(port, feed):
    return place.metrics(port).get(f'drf_feed_messages_total{{feed="{feed}"}}', 0)


def publish(kafka):
    kafka.create_topics(*place.TOPICS.values(), place.DEAD)
    live = {"drf_mode": "LIVE"}
    kafka.produce(place.TOPICS["terrain"], place.geotiff(size=90), key="dem", headers=live)
    kafka.produce(place.TOPICS["towers"], place.dof(1, 47.0501, 8.0501, 300, 1800), key="99-000001", headers=live)
    kafka.produce(place.TOPICS["cranes"], place.feature("crane-1", 47.0502, 8.0502), key="crane-1", headers=live)


def check_added(node, port, whole, drone):
    read = messages(port, "terrain"), messages(port, "towers")
    hang_up(node, whole)
    wait_until(lambda: place.applied(port, "cranes") == 1, "the crane of the new feed is applied")
    wait_until(lambda: "crane-1" in drone.obstacles(), "a context names it")
    assert (messages(port, "terrain"), messages(port, "towers")) == read, "what did not change was read again"


def check_removed(node, port, whole, drone):
    hang_up(node, without(whole, "cranes"))
    node.wait_log("what=feed.withdrawn feed=cranes records=1")
    wait_until(lambda: drone.obstacles() == {"99-000001"}, "the crane is gone from the contexts")
    hang_up(node, whole)
    wait_until(lambda: "crane-1" in drone.obstacles(), "the crane is there again")


def check_changed(node, port, whole):
    changed = copy.deepcopy(whole)
    changed["feeds"][1]["default_vertical_acc95_m"] = 40
    hang_up(node, changed)
    node.wait_log("what=feed.resync feed=towers")
    node.wait_log("what=feed.resynchronised feed=towers")
    wait_until(lambda: ready(port), "the feed that is decoded otherwise was read again")
    return changed


def check_kafka_anew(kafka, node, port, whole):
    """Other settings of Kafka: every feed goes on with a new client where it was, and dead letters too."""
    read = messages(port, "terrain"), messages(port, "towers")
    other = {**whole, "kafka": {**whole["kafka"], "client.id": "another"}}
    hang_up(node, other, "kafka=reconnected")
    kafka.produce(place.TOPICS["towers"], place.dof(2, 47.0901, 8.0901, 300, 1800), key="99-000002",
                  headers={"drf_mode": "LIVE"})
    kafka.produce(place.TOPICS["towers"], b"no obstacle at all", key="none", headers={"drf_mode": "LIVE"})
    wait_until(lambda: (messages(port, "terrain"), messages(port, "towers")) == (read[0], read[1] + 2), "two more are read")
    kafka.consume(place.DEAD, 1)
    wait_until(lambda: ready(port), "every feed is current")
    return other


def check_fixed(node, mqtt, whole):
    """What cannot change is named with both values, and the rest is taken."""
    other = copy.deepcopy(whole)
    other["region"] |= {"id": "elsewhere", "bounds": [8.0, 47.0, 8.2, 47.1]}
    other["store"]["level"] = 11
    other["feeds"][0]["kind"], other["feeds"][0]["format"] = "obstacle", "dof"
    del other["feeds"][0]["vertical_acc95_m"]
    other["limits"]["context_rate_max_hz"] = 7
    hang_up(node, other)
    for line in ('key=region.id stays="place" file="elsewhere"',
                 'key=store.level stays="12" file="11"',
                 'key=feeds.terrain.kind stays="terrain" file="obstacle"',
                 'key=region stays="4 corners within [8, 47, 8.1, 47.1]" file="4 corners within [8, 47, 8.2, 47.1]"'):
        assert f"what=reload.not_changed {line}" in node.log_text(), line
    with mqtt.client(OBSERVER) as observer:
        def rate():
            observer.subscribe(STATE)
            return subprocess.run(["protoc", "--decode_raw"], input=observer.take().payload, capture_output=True,
                                  check=True, timeout=DEADLINE_S).stdout.decode()
        wait_until(lambda: ": 7\n" in rate(), "the state says the new rate")


def check_mistakes(node, port, whole):
    before = node.log_text().count("what=reload.done"), place.page(port, "readyz")
    for text, said in ((json.dumps({**whole, "limits": {"drones_max": -5}}), "drones_max"),
                       ("region: [", "config.mistake"),
                       (json.dumps({**whole, "kafka": {"bootstrap.servers": "127.0.0.1:9", "security.protocol": "ssl",
                                                       "ssl.ca.location": "/nowhere"}}), "ssl.ca.location")):
        hang_up(node, text, "what=reload.refused")
        assert said in node.log_text(), said
    assert (node.log_text().count("what=reload.done"), place.page(port, "readyz")) == before
    assert place.metrics(port)["drf_config_reloads_total"] == before[0]
    assert place.metrics(port)["drf_config_reloads_refused_total"] == 3


def check_log_level(node, port, whole):
    """Between two reloads nothing below an error is written."""
    hang_up(node, {**whole, "log": {"level": "error"}})
    begun, done = node.log_text().count("what=reload.begin"), place.metrics(port)["drf_config_reloads_total"]
    node.write_config(whole)
    node.process.signal(signal.SIGHUP)
    wait_until(lambda: place.metrics(port)["drf_config_reloads_total"] > done, "the level is as before")
    assert node.log_text().count("what=reload.begin") == begun


def digest(store):
    return subprocess.run([BIN / "drf-edge", "digest", "--store", store, "--truth"], check=True, capture_output=True,
                          text=True, timeout=DEADLINE_S).stdout


def test_a_configuration_is_taken_over_and_no_drone_notices():
    port, = free_ports(1)
    with Folder("reload") as folder, shared_kafka() as kafka, Mosquitto(["d-1"]) as mqtt:
        publish(kafka)
        whole = place.configuration(kafka.bootstrap, mqtt, http=port)
        whole["store"]["path"] = str(folder.path / "region.gpkg")
        journal = folder.path / "journal.mcap"
        with Node(without(whole, "cranes"), ["--journal", str(journal), "--journal-output"],
                  ready=lambda: ready(port)) as node:
            with Hovering(mqtt) as drone:
                drone.goes_on()
                check_added(node, port, whole, drone)
                check_removed(node, port, whole, drone)
                changed = check_changed(node, port, whole)
                changed = check_kafka_anew(kafka, node, port, changed)
                check_fixed(node, mqtt, changed)
                check_mistakes(node, port, changed)
                check_log_level(node, port, changed)
                drone.goes_on()
                hang_up(node, changed)
                drone.goes_on()
                seqs = [one["seq"] for one in drone.contexts]
                boots = {one["boot_id"] for one in drone.contexts}
            assert seqs == list(range(seqs[0], seqs[0] + len(seqs))), seqs
            assert len(boots) == 1, boots
            assert place.metrics(port)["drf_mqtt_connects_total"] == 1
            assert node.stop() == 0
            assert node.log_text().count("what=feed.start feed=terrain") == 2  # at the start, and by the new client
        said = subprocess.run([BIN / "drf-edge", "replay", journal, "--verify"], check=False, capture_output=True, text=True,
                              timeout=DEADLINE_S)
        assert said.returncode == 0, said.stdout + said.stderr
        assert b"password" not in journal.read_bytes() and mqtt.passwords[NODE].encode() not in journal.read_bytes()
        reloaded = digest(whole["store"]["path"])
        changed["store"]["path"] = "{folder}/region.gpkg"
        with Node(changed, ready=lambda: ready(port)) as node:
            node.stop()
            assert digest(node.path("region.gpkg")) == reloaded
            node.write_config(without(changed, "cranes"))  # removed while the node was not running
            node.start()
            node.wait_log("what=feed.withdrawn feed=cranes records=1")
            node.stop()
            node.write_config(changed)
            node.start()
            wait_until(lambda: place.applied(port, "cranes") == 1, "the crane is read from the beginning again")
            node.stop()
            assert digest(node.path("region.gpkg")) == reloaded


def certificate(folder, serial):
    """A key and a certificate that is its own authority, in place of those before."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2", "-set_serial",
                    str(serial), "-keyout", folder.path / "key.pem", "-out", folder.path / "cert.pem"], check=True,
                   capture_output=True, timeout=DEADLINE_S)


class Broker(threading.Thread):
    """Says CONNACK over TLS, reads, and keeps the serial number of each client's certificate and its CONNECT."""

    def __init__(self, folder):
        super().__init__(daemon=True)
        self.folder, self.clients = folder, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def run(self):
        while True:
            plain, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(plain,), daemon=True).start()

    def serve(self, plain):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder.path / "cert.pem", self.folder.path / "key.pem")
        context.load_verify_locations(self.folder.path / "cert.pem")
        context.verify_mode = ssl.CERT_REQUIRED
        try:
            with context.wrap_socket(plain, server_side=True) as client:
                connect = client.recv(4096)
                self.clients.append((int(client.getpeercert()["serialNumber"], 16), connect))
                client.sendall(bytes([0x20, 3, 0, 0, 0]))
                while client.recv(4096):
                    pass
        except OSError:
            pass


def test_renewed_certificates_and_passwords_are_taken():
    with Folder("renewed") as folder:
        certificate(folder, 1001)
        broker = Broker(folder)
        broker.start()
        (folder.path / "password").write_text("first-word\n")
        config = {
            "region": {"id": "place", "bounds": list(place.BOUNDS)}, "node": {"id": "n1"},
            "store": {"path": "{folder}/region.gpkg"}, "kafka": {"bootstrap.servers": "127.0.0.1:9"},
            "mqtt": {"host": "localhost", "port": broker.port, "tls": True, "username": "drf-node",
                     "password_file": str(folder.path / "password"), "ca_file": str(folder.path / "cert.pem"),
                     "cert_file": str(folder.path / "cert.pem"), "key_file": str(folder.path / "key.pem")},
            "feeds": [{"name": "towers", "topic": "t.towers", "kind": "obstacle"}],
        }
        with Node(config) as node:
            wait_until(lambda: len(broker.clients) == 1, "the node is connected")
            hang_up(node, config)  # nothing changed: the connection stays
            certificate(folder, 1002)
            hang_up(node, config)
            wait_until(lambda: len(broker.clients) == 2, "it is connected anew")
            (folder.path / "password").write_text("second-word\n")
            hang_up(node, config)
            wait_until(lambda: len(broker.clients) == 3, "it is connected anew")
            assert [serial for serial, _ in broker.clients] == [1001, 1002, 1002]
            assert [word in connect for word in (b"first-word", b"second-word") for _, connect in broker.clients] == [
                True, True, False, False, False, True]
            (folder.path / "cert.pem").write_text("this is no certificate\n")
            hang_up(node, config, "what=reload.refused")
            certificate(folder, 1003)
            hang_up(node, config)
            wait_until(lambda: len(broker.clients) >= 4, "it is connected anew")
            # Had the refused file led to a connection, it would stand before this one.
            assert [serial for serial, _ in broker.clients] == [1001, 1002, 1002, 1003] and node.process.alive()


main(globals())
