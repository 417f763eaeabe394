#!/usr/bin/python3
# tests/integration/test_fixture.py - the ground the other integration tests stand on holds.
# SPDX-License-Identifier: Apache-2.0
import os
import pathlib
import shutil
import signal
import stat
import subprocess
import sys
import tempfile

from drf_fixture import DEADLINE_S, NODE, OBSERVER, TOP, Kafka, Mosquitto, Refused, main, wait_until

NOT_AUTHORISED = 0x87


def test_kafka_carries_bytes_headers_tombstones_and_survives_a_kill():
    value = bytes(range(256)) * 4
    with Kafka() as kafka:
        kafka.create_topics("plain", partitions=2)
        kafka.create_compacted("state")
        kafka.kcat_produce("plain", value, key="k1", headers={"ce_time": "2026-01-01T00:00:00Z", "drf_core": "1,2,3,4"})
        (key, got, headers, offset), = kafka.consume("plain", 1)
        assert (key, got, offset) == (b"k1", value, 0)
        assert headers == {"ce_time": b"2026-01-01T00:00:00Z", "drf_core": b"1,2,3,4"}

        # The other way round, and what kcat has no words for: a tombstone and a time.
        assert kafka.produce("state", b"one", key="a", headers={"h": "x"}, timestamp_ms=1_700_000_000_000) == 0
        assert kafka.produce("state", None, key="a") == 1
        assert kafka.kcat_consume("state", 2, form="%k %S %T %h\n").splitlines()[0] == b"a 3 1700000000000 h=x"
        assert kafka.consume("state", 1, offset=1)[0][:2] == (b"a", None)

        kafka.kill()
        kafka.start()
        assert kafka.end_offset("state") == 2
        kafka.add_partitions("plain", 3)
        assert kafka.produce("plain", b"late", partition=2) == 0


def test_drone_hears_its_own_context_and_nobody_elses():
    with Mosquitto(users=["d-1", "d-2"]) as mqtt, mqtt.client("d-1") as one, mqtt.client("d-2") as two:
        one.subscribe("drf/v1/drones/+/context/+", "drf/v1/drones/d-2/#", "#")
        two.subscribe("drf/v1/drones/d-2/context/+")
        with mqtt.client(NODE) as node:
            for drone in ("d-2", "d-1"):
                node.publish(f"drf/v1/drones/{drone}/context/north", drone.encode(), qos=1)
        assert two.take().payload == b"d-2"
        # d-2's was sent first: had it leaked, it would come before this one (twice: two filters match).
        own = "drf/v1/drones/d-1/context/north"
        assert [one.take().topic, one.take().topic] == [own, own]
        assert one.drain() == []


def test_telemetry_of_a_drone_arrives_at_the_node_and_no_other():
    with Mosquitto(users=["d-1", "d-2"]) as mqtt, mqtt.client(NODE) as node, mqtt.client("d-2") as other:
        other.subscribe("drf/v1/drones/+/telemetry")
        node.subscribe("drf/v1/drones/+/telemetry", "drf/v1/query/+")
        with mqtt.client("d-1") as drone:
            drone.publish("drf/v1/drones/d-1/telemetry", b"here", content_type="application/json")
            message = node.take()
            assert (message.topic, message.payload) == ("drf/v1/drones/d-1/telemetry", b"here")
            assert message.properties.ContentType == "application/json"
            drone.publish("drf/v1/query/d-1", b"?", qos=1, correlation=b"7",
                          response_topic="drf/v1/query/d-1/reply")
            assert node.take().properties.CorrelationData == b"7"
            drone.subscribe("drf/v1/query/+/reply")
            node.publish("drf/v1/query/d-2/reply", b"not yours", qos=1)
            node.publish("drf/v1/query/d-1/reply", b"yours", qos=1)
            assert drone.take().payload == b"yours"
        assert other.drain() == []


def test_what_only_a_node_may_say_is_refused_to_others():
    forbidden = [f"{root}/{topic}" for root in ("drf/v1", "drf-test/v1") for topic in (
        "drones/d-1/context/north", "drones/d-1/advisory/north", "drones/d-1/reply/north", "drones/d-2/telemetry",
        "drones/d-2/plan", "drones/d-1/other", "query/d-2", "query/d-1/reply", "regions/north/alerts",
        "regions/north/nodes/n1/heartbeat", "regions/north/nodes/n1/state", "regions/north/nodes/n1/catalog")]
    with Mosquitto(users=["d-1"]) as mqtt:
        for topic in forbidden:
            assert mqtt.publish("d-1", topic, b"x") == NOT_AUTHORISED, topic
        for topic in ("telemetry", "profile", "plan", "request"):
            assert mqtt.publish("d-1", f"drf/v1/drones/d-1/{topic}", b"x") == 0, topic
        for topic in (f"drones/{OBSERVER}/telemetry", f"query/{OBSERVER}", "drones/d-1/telemetry"):
            assert mqtt.publish(OBSERVER, f"drf/v1/{topic}", b"x") == NOT_AUTHORISED, topic


def test_who_plays_a_recording_writes_below_the_test_root_only_and_who_makes_one_writes_nothing():
    with Mosquitto(users=["d-1"], services=["drf-replay", "drf-recorder"]) as mqtt:
        for leaf in ("drones/d-1/telemetry", "drones/d-1/profile", "drones/d-1/plan", "drones/d-1/request", "query/d-1"):
            assert mqtt.publish("drf-replay", f"drf-test/v1/{leaf}", b"x") == 0, leaf
            assert mqtt.publish("drf-replay", f"drf/v1/{leaf}", b"x") == NOT_AUTHORISED, leaf
            assert mqtt.publish("drf-recorder", f"drf-test/v1/{leaf}", b"x") == NOT_AUTHORISED, leaf
        for root in ("drf/v1", "drf-test/v1"):
            for leaf in ("drones/d-1/context/north", "drones/d-1/advisory/north", "regions/north/alerts", "query/d-1/reply"):
                assert mqtt.publish("drf-replay", f"{root}/{leaf}", b"x") == NOT_AUTHORISED, leaf
            for account in ("drf-replay", "drf-recorder"):
                if (root, account) != ("drf-test/v1", "drf-replay"):
                    assert mqtt.publish(account, f"{root}/drones/{account}/telemetry", b"x") == NOT_AUTHORISED, account
        with mqtt.client("drf-recorder") as recorder:
            recorder.subscribe("drf/v1/#", "drf-test/v1/#")
            mqtt.publish(NODE, "drf/v1/drones/d-1/context/north", b"one")
            mqtt.publish("d-1", "drf-test/v1/query/d-1", b"two")
            assert [recorder.take().payload for _ in range(2)] == [b"one", b"two"]


def test_nobody_without_an_account_and_nobody_under_anothers_client_id():
    with Mosquitto(users=["d-1", "d-2"]) as mqtt:
        for user, password in ((None, None), ("d-1", "wrong"), ("stranger", "x")):
            try:
                mqtt.client(user, password).close()
            except Refused as refused:
                assert refused.code == NOT_AUTHORISED, refused
            else:
                raise AssertionError(f"{user} was let in")
        with mqtt.client("d-1") as drone:
            drone.subscribe("drf/v1/regions/+/alerts")
            subprocess.run(["mosquitto_pub", *mqtt.arguments("d-2"), "-i", "d-1", "-q", "1", "-m", "x",
                            "-t", "drf/v1/drones/d-2/telemetry"], check=True, timeout=DEADLINE_S)
            assert mqtt.publish(NODE, "drf/v1/regions/north/alerts", b"alert") == 0
            assert drone.take().payload == b"alert", "thrown off by another account's connection"


def test_retained_state_survives_a_kill_of_the_broker():
    with Mosquitto() as mqtt:
        mqtt.publish(NODE, "drf/v1/regions/north/nodes/n1/state", b"up", retain=True)
        saved = mqtt.folder.path / "mosquitto.db"
        wait_until(lambda: saved.exists() and b"nodes/n1/state" in saved.read_bytes(), "the autosave")
        mqtt.kill()
        mqtt.start()
        with mqtt.client(OBSERVER) as observer:
            observer.subscribe("drf/v1/regions/+/nodes/+/state")
            assert observer.take().payload == b"up"


def add_account(file, name):
    return subprocess.run([TOP / "deploy/mosquitto/passwords", file], input=f"{name}\n", text=True, timeout=DEADLINE_S,
                          check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_accounts_are_refused_that_could_be_a_wildcard_or_a_service():
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "passwords")
        for name in ("a/b", "+", "#", "drf-node", "-x", "x" * 37, "a b"):
            done = add_account(file, name)
            assert done.returncode != 0 and "line 1" in done.stderr, name
            assert not file.exists(), name
        assert add_account(file, "d-1").returncode == 0 and file.read_text().startswith("d-1:$7$101$")


def test_accounts_go_into_no_device_and_through_a_link():
    with tempfile.TemporaryDirectory() as folder:
        special, file, link = (pathlib.Path(folder, name) for name in ("special", "file", "link"))
        os.mkfifo(special)
        assert add_account(special, "d-1").returncode != 0
        assert stat.S_ISFIFO(special.stat().st_mode)
        link.symlink_to(file)
        assert add_account(link, "d-1").returncode == 0
        assert link.is_symlink() and file.is_file()


def test_everything_started_ends_with_the_test_however_it_ends():
    script = ("from drf_fixture import Mosquitto, wait_until\n"
              "with Mosquitto() as mqtt:\n"
              "    print(mqtt.process.pid, mqtt.folder.path, flush=True)\n"
              "    wait_until(lambda: False, 60)\n")
    for signum in (signal.SIGTERM, signal.SIGKILL):
        with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True,
                              cwd=TOP / "tests/integration") as child:
            pid, folder = child.stdout.readline().split()
            child.send_signal(signum)
            child.wait(10)
        wait_until(lambda: not os.path.exists(f"/proc/{pid}"), f"mosquitto's end after {signum.name}")
        assert signum == signal.SIGKILL or not os.path.exists(folder)
        assert pathlib.Path(folder).name.startswith("drf-mosquitto-")
        shutil.rmtree(folder, ignore_errors=True)


main(globals())
