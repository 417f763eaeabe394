#!/usr/bin/python3
# tests/integration/test_watch.py - what a node says in its log, and two nodes that disturb each other.
# SPDX-License-Identifier: Apache-2.0
import contextlib
import json
import re
import signal
import subprocess
import types

from drf_fixture import NODE, OBSERVER, Mosquitto, Node, free_ports, main, shared_kafka, wait_until
from fixture import place

REGION = "niagara"
OTHER = "drf-node-2"
NO_BROKER = types.SimpleNamespace(host="127.0.0.1", port=9, passwords={NODE: ""})


def configuration(mqtt, account=NODE, node="n1", kafka="127.0.0.1:9", **more):
    return {"region": {"id": REGION, "bounds": [-80, 43, -79, 44]},
            "node": {"id": node, "mode": "TEST"},
            "store": {"path": "{folder}/region.gpkg"},
            "kafka": {"bootstrap.servers": kafka},
            "mqtt": {"host": mqtt.host, "port": mqtt.port, "username": account, "password": mqtt.passwords[account],
                     "client_id": f"{account}-{node}"},
            "feeds": [{"name": "dof", "topic": "obstacles", "kind": "obstacle"}], "limits": {"discover_s": 1}, **more}


def rewrite_acl(mqtt, change):
    mqtt.stop()
    acl = mqtt.folder.path / "acl"
    acl.write_text(change(acl.read_text()))
    mqtt.start()


def with_second_account(text):
    """drf-node-2 gets the rights of the first: two nodes of one account would end each other's connection."""
    block = re.search(rf"^user {NODE}\n(?:topic .*\n)+", text, re.M).group(0)
    return text + "\n" + block.replace(f"user {NODE}\n", f"user {OTHER}\n")


def without_reads(text):
    return re.sub(r"^pattern read \S+/nodes/\+/(heartbeat|state)\n", "", text, flags=re.M).replace("topic readwrite", "topic write")


def test_a_second_node_of_one_id_stops_with_that_word():
    with Mosquitto(services=[OTHER]) as mqtt:
        rewrite_acl(mqtt, with_second_account)
        with Node(configuration(mqtt)) as first, mqtt.client(OBSERVER) as observer:
            observer.subscribe(f"drf-test/v1/regions/{REGION}/nodes/n1/heartbeat")
            before = observer.take().payload
            with Node(configuration(mqtt, OTHER)) as second:
                wait_until(lambda: not second.process.alive(), "the end of the second node")
                assert second.process.popen.returncode == 3, second.process.popen.returncode
                assert re.search(r"level=error what=node.id_taken region=niagara node=n1 boot_id=\d+ seq=\d+ "
                                 r'text="another node with this id is running: this one stops', second.log_text())
                assert "what=node.stop good=0 signal=none" in second.log_text()
            # The first one never noticed, and the second never spoke: the boot id (field 1, seven bytes) is that of before.
            assert first.process.alive() and "id_taken" not in first.log_text()
            for _ in range(3):
                assert observer.take().payload[:7] == before[:7]
            with Node(configuration(mqtt, OTHER, node="n2")) as third:
                observer.subscribe(f"drf-test/v1/regions/{REGION}/nodes/n2/heartbeat")
                wait_until(lambda: "nodes/n2" in observer.take().topic, "the heartbeat of a node with an id of its own")
                assert third.process.alive()
                for node in first, third:
                    node.kill()


def test_a_node_claims_the_id_of_one_that_is_gone():
    """The retained state says UP, and nobody sends a heartbeat: the other's machine lost its power."""
    with Mosquitto() as mqtt:
        state = f"drf-test/v1/regions/{REGION}/nodes/n1/state"
        with Node(configuration(mqtt)) as node, mqtt.client(OBSERVER) as observer:
            observer.subscribe(state)
            left = observer.take().payload
            node.stop()
        assert mqtt.publish(NODE, state, left, retain=True) == 0
        with Node(configuration(mqtt)) as node, mqtt.client(OBSERVER) as observer:
            observer.subscribe(f"drf-test/v1/regions/{REGION}/nodes/n1/heartbeat")
            observer.take()
            assert node.process.alive() and "id_taken" not in node.log_text()
            node.kill()


def test_two_nodes_of_one_account_are_told_apart():
    """The broker takes the account for the client id (deploy/mosquitto) and ends the older connection."""
    with Mosquitto() as mqtt, Node(configuration(mqtt)) as first, Node(configuration(mqtt, node="n2")) as second:
        for node in first, second:
            node.wait_log("what=mqtt.shared ")
            assert re.search(r"level=error what=mqtt.shared client_id=\S+ text=\"the broker (?:ended the connection because "
                             r"another client connected|has ended three connections in 10 s)", node.log_text())
        for node in first, second:
            node.kill()


def test_the_account_of_a_node_whose_reads_are_denied_still_works():
    with Mosquitto() as mqtt:
        rewrite_acl(mqtt, without_reads)
        with Node(configuration(mqtt)) as node, mqtt.client(OBSERVER) as observer:
            observer.subscribe(f"drf-test/v1/regions/{REGION}/nodes/n1/state")
            observer.take()
            assert node.process.alive()
            node.kill()


def test_every_ending_signal_is_in_the_log():
    numbers = signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM
    with contextlib.ExitStack() as stack:
        nodes = [stack.enter_context(Node(configuration(NO_BROKER))) for _ in numbers]
        for node, number in zip(nodes, numbers):
            node.wait_log("what=node.start ")
            node.process.signal(number)
        for node, number in zip(nodes, numbers):
            wait_until(lambda: not node.process.alive(), "the end of the node")  # pylint: disable=W0640
            assert f"level=info what=node.stop good=1 signal={number.name} " in node.log_text(), node.log_text()


def test_the_log_tells_of_success():
    (port,) = free_ports(1)
    with shared_kafka() as kafka, Mosquitto(users=["d-1"]) as mqtt:
        kafka.create_topics("obstacles")
        kafka.produce_all("obstacles", [dict(key=str(i), value=place.dof(i, 43.5, -79.5, 100, 1)) for i in range(3)]
                          + [dict(key="junk", value=b"junk")])
        made = configuration(mqtt, kafka=kafka.bootstrap, http={"port": port}, log={"format": "json", "level": "info"})
        with Node(made, ready=lambda: place.page(port, "readyz")[0] == 200) as node:
            wait_until(lambda: '"node.ready"' in node.log_text(), "the line")
            with mqtt.client("d-1") as drone:
                drone.subscribe("drf-test/v1/drones/d-1/context/+")
                drone.publish("drf-test/v1/drones/d-1/telemetry", place.report(1, 43.5, -79.5),
                              content_type="application/json")
                drone.take()
            wait_until(lambda: '"drone.first"' in node.log_text(), "the line")
            node.stop()
            lines = [json.loads(line) for line in node.log_text().splitlines()]
        told = {line["what"]: line for line in lines}
        read, caught = told["config.read"], told["feed.caught_up"]
        # A degree of latitude is 111.2 km on the mean sphere, one of longitude 80.7 km at 43.5 north.
        assert (read["lat"], read["lon"], read["high_km"], read["wide_km"]) == (43.5, -79.5, 111.2, 80.7), read
        assert (caught["feed"], caught["messages"], caught["applied"], caught["refused"]) == ("dof", 4, 3, 1), caught
        assert told["node.ready"]["after_s"] > 0 and told["drone.first"]["level"] == "info", told
        assert told["node.stop"]["signal"] == "SIGTERM" and lines[-1]["what"] == "node.stop"
        order = [line["what"] for line in lines]
        assert order.index("config.read") < order.index("node.start") < order.index("feed.caught_up") < order.index("node.ready")


def test_a_node_whose_time_is_replayed_logs_both_clocks():
    with Mosquitto() as mqtt:
        made = configuration(mqtt)
        made["node"]["mode"] = "REPLAY"
        with Node(made, arguments=["--utc-start", "2004-12-09T12:00:00Z"]) as node:
            node.wait_log("what=node.start ")
            year = subprocess.run(["date", "-u", "+%Y"], check=True, capture_output=True, text=True).stdout.strip()
            assert re.search(rf"^2004-12-09T12:\S+Z real={year}-\S+Z level=info what=node.start ", node.log_text(), re.M)
            node.kill()


main(globals())
