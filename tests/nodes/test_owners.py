#!/usr/bin/python3
# tests/nodes/test_owners.py - several nodes on one region: who is owner of a drone, and who answers it.
# SPDX-License-Identifier: Apache-2.0
# Takes: 95 s
"""Two live nodes, a real Kafka and a real mosquitto; the drones are paho clients, and an observer's account hears what
each of them gets, from which node. What one node stamps as PRIMARY is judged by the times in the messages, which come
from one clock."""
import json
import re
import signal
import subprocess
import sys
import threading
import time

from drf_fixture import BIN, DEADLINE_S, NODE, OBSERVER, Kafka, Mosquitto, Node, free_ports, main, wait_until
from fixture import place

OTHER = "drf-node-2"
SESSION_MS = 3000
TOPIC = "drf.owners.place"
BROKER = {"auto.create.topics.enable": "false", "group.min.session.timeout.ms": 1000}
DRONES = [f"d-{i}" for i in range(6)]
PRIMARY, SECONDARY = 2, 1

# A member of a group that commits all the time and says when an answer changes.
MEMBER = """
import sys, time, confluent_kafka as ck
bootstrap, topic, name = sys.argv[1:]
mine = set()
c = ck.Consumer({"bootstrap.servers": bootstrap, "group.id": "g", "client.id": name, "session.timeout.ms": 3000,
                 "heartbeat.interval.ms": 250, "enable.auto.commit": False, "auto.offset.reset": "latest"})
c.subscribe([topic], on_assign=lambda c, p: (mine.update(x.partition for x in p), c.assign(p)),
            on_revoke=lambda c, p: (mine.clear(), c.unassign()))
last = None
while True:
    if not mine:
        c.poll(0.05)
        continue
    try:
        c.commit(offsets=[ck.TopicPartition(topic, p, 7) for p in mine], asynchronous=False)
        said = "good"
    except ck.KafkaException as error:
        said = error.args[0].name()
    if said != last:
        print(said, len(mine), flush=True)
    last = said
    time.sleep(0.05)  # it is not told of anything meanwhile: what it commits is for what it was assigned at first
"""


def test_the_commit_of_an_evicted_member_is_refused():
    """What the lease rests on: a broker takes no commit of a member that it has given up."""
    with Kafka(BROKER) as kafka:
        kafka.create_topics("t", partitions=32)

        def member(name):
            return subprocess.Popen([sys.executable, "-c", MEMBER, kafka.bootstrap, "t", name], text=True,
                                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        first = member("first")
        try:
            assert first.stdout.readline() == "good 32\n"
            first.send_signal(signal.SIGSTOP)
            second = member("second")
            try:
                assert second.stdout.readline() == "good 32\n"  # the first was evicted
                first.send_signal(signal.SIGCONT)
                said = first.stdout.readline().split()  # its first commit after that, with what it was assigned
                assert said in (["UNKNOWN_MEMBER_ID", "32"], ["ILLEGAL_GENERATION", "32"]), said
            finally:
                second.kill()
                second.wait()
        finally:
            first.send_signal(signal.SIGCONT)
            first.kill()
            first.wait()


class Ears:
    """The observer: every context, reply and advisory, by drone."""

    def __init__(self, mqtt):
        self.client = mqtt.client(OBSERVER)
        self.client.subscribe(*(f"drf/v1/drones/+/{leaf}/place" for leaf in ("context", "reply")))
        self.contexts = {name: [] for name in DRONES}
        self.replies = {name: [] for name in DRONES}

    def hear(self):
        for message in self.client.drain():
            _, _, _, name, leaf, _ = message.topic.split("/")
            if message.payload.startswith(b"{"):
                (self.contexts if leaf == "context" else self.replies)[name].append(json.loads(message.payload))

    def newest(self, name, node=None):
        self.hear()
        return next((c for c in reversed(self.contexts[name]) if node in (None, c["node_id"])), None)

    def primary(self, name, than=0):
        """The newest context of an owner, of a later epoch than that."""
        self.hear()
        return next((c for c in reversed(self.contexts[name]) if int(c.get("owner_epoch", 0)) > than), None)

    def answers(self, name, correlation):
        self.hear()
        return [r for r in self.replies[name] if r.get("correlation") == correlation]


class Drone:
    """Reports five times a second and acknowledges what an old client would: the greatest boot id."""

    def __init__(self, mqtt, name):
        self.name, self.client, self.seq, self.seen, self.ends = name, mqtt.client(name), 0, None, False
        self.client.subscribe(f"drf/v1/drones/{name}/context/+")
        self.boot = time.time_ns() // 1000000
        self.thread = threading.Thread(target=self._run, daemon=True)

    def profile(self, correlation, **fields):
        self.client.publish(f"drf/v1/drones/{self.name}/profile",
                            json.dumps({"json": True, "correlation": correlation, **fields}), qos=1, retain=True)

    def _run(self):
        while not self.ends:
            for message in self.client.drain():
                if message.payload.startswith(b"{"):
                    c = json.loads(message.payload)
                    stream = int(c["boot_id"]), c["seq"]
                    self.seen = max(self.seen or stream, stream)
            self.seq += 1
            seen = {"boot_id": str(self.seen[0]), "context_seq": self.seen[1]} if self.seen else None
            self.client.send(f"drf/v1/drones/{self.name}/telemetry",
                             place.report(self.seq, drone_boot_id=str(self.boot), seen=seen))
            time.sleep(0.2)

    def close(self):
        self.ends = True
        self.thread.join()
        self.client.close()


class Site:
    """Brokers, two nodes that have learned the place, and drones that fly."""

    def __enter__(self):
        self.kafka = Kafka(BROKER).__enter__()
        self.mqtt = Mosquitto(users=DRONES, nodes=[OTHER]).__enter__()
        self.kafka.create_topics(*place.TOPICS.values(), place.DEAD)
        self.kafka.produce(place.TOPICS["terrain"], place.geotiff(), key="survey",
                           headers={"drf_mode": "LIVE", "ce_time": "2026-01-01T00:00:00Z"})
        self.nodes = {"n1": self._node("n1", NODE).__enter__(), "n2": self._node("n2", OTHER).__enter__()}
        self.ears = Ears(self.mqtt)
        wait_until(lambda: all(self.parts(n) == 16 for n in self.nodes), "each node owns half of the parts")
        self.drones = {name: Drone(self.mqtt, name) for name in DRONES}
        for drone in self.drones.values():
            drone.profile("first")
            drone.thread.start()
        return self

    def _node(self, name, account):
        port, = free_ports(1)
        config = place.configuration(self.kafka.bootstrap, self.mqtt, http=port)
        config["node"]["id"] = name
        config["mqtt"].update(username=account, password=self.mqtt.passwords[account])
        config["owners"] = {"topic": TOPIC, "session_ms": SESSION_MS}
        config["journal"] = {"path": "{folder}/journal.mcap"}
        node = Node(config)
        node.port = port
        return node

    def parts(self, name):
        return place.metrics(self.nodes[name].port).get("drf_owner_parts", -1)

    def __exit__(self, *_):
        for drone in getattr(self, "drones", {}).values():
            drone.close()
        self.ears.client.close()
        for node in self.nodes.values():
            node.__exit__(*_)
        self.mqtt.__exit__(*_)
        self.kafka.__exit__(*_)

    def replay(self):
        """What each node recorded gives every output again, to the byte; true with some hundred outputs."""
        for node in self.nodes.values():
            assert node.stop() == 0
            done = subprocess.run([BIN / "drf-edge", "replay", node.path("journal.mcap"), "--verify"], text=True, check=False,
                                  timeout=DEADLINE_S, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            assert done.returncode == 0 and "recording: whole" in done.stdout, done.stdout
            assert int(re.search(r"outputs: (\d+)", done.stdout).group(1)) > 100, done.stdout

    def all_served(self, than=0):
        """Each drone's newest context of an owner, of a later epoch than that."""
        return wait_until(lambda: [c for c in (self.ears.primary(name, than) for name in DRONES) if c] if all(
            self.ears.primary(name, than) for name in DRONES) else None, "every drone has an owner")

    def check(self):
        """Each context that an owner sent: none of an older epoch is of a later time."""
        self.ears.hear()
        for name in DRONES:
            owned = [c for c in self.ears.contexts[name] if "owner_epoch" in c]
            spans = {}
            for c in owned:
                first, last, node = spans.get(c["owner_epoch"], (float("inf"), 0, c["node_id"]))
                assert node == c["node_id"], f"{name}: two nodes have the epoch {c['owner_epoch']}"
                at = int(c["node_time_us"])
                spans[c["owner_epoch"]] = min(first, at), max(last, at), node
            order = [spans[epoch] for epoch in sorted(spans, key=int)]
            for before, after in zip(order, order[1:]):
                assert before[1] < after[0], f"{name}: {before} and {after} overlap"


def owner_of(site, name):
    return site.ears.primary(name)["node_id"]


def test_one_node_is_owner_and_another_takes_over():
    with Site() as site:
        before = site.all_served()
        for name in DRONES:  # one owner each, one reply each
            assert len({c["node_id"] for c in site.ears.contexts[name]}) == 1, name
            assert site.ears.newest(name)["authority"] == PRIMARY
            wait_until(lambda n=name: len(site.ears.answers(n, "first")) == 1, f"the reply to {name}'s profile")
        assert {c["node_id"] for c in before} == {"n1", "n2"}, "six drones, and one node owns them all"

        # Killed: the other takes over, with a greater epoch and a greater boot id, and answers what was left.
        name = next(n for n in DRONES if owner_of(site, n) == "n1")
        old = site.ears.primary(name)
        site.nodes["n1"].process.kill()
        site.drones[name].profile("orphaned", rate_hz=4)
        new = wait_until(lambda: site.ears.primary(name, int(old["owner_epoch"])), "a new owner")
        assert new["node_id"] == "n2" and int(new["boot_id"]) > int(old["boot_id"]), (old["boot_id"], new["boot_id"])
        wait_until(lambda: site.drones[name].seen and site.drones[name].seen[0] == int(new["boot_id"]),
                   "a client that looks at the boot id alone follows")
        wait_until(lambda: site.ears.answers(name, "orphaned"), "the profile is answered")

        # It comes back, and gets a half again.
        site.nodes["n1"].start()
        wait_until(lambda: site.parts("n1") == 16 and site.parts("n2") == 16, "each owns half again")

        # Stopped, and a zombie when it wakes.
        epochs = [int(c["owner_epoch"]) for c in site.all_served()]
        sleeper = owner_of(site, DRONES[0])
        awake = "n1" if sleeper == "n2" else "n2"
        site.nodes[sleeper].process.signal(signal.SIGSTOP)
        wait_until(lambda: site.parts(awake) == 32, "the other owns all")
        site.drones[DRONES[0]].profile("while stopped", rate_hz=3)
        wait_until(lambda: site.ears.answers(DRONES[0], "while stopped"), "the profile is answered by the other")
        site.nodes[sleeper].process.signal(signal.SIGCONT)
        wait_until(lambda: site.parts("n1") == 16 and site.parts("n2") == 16, "each owns half again")
        site.all_served(min(epochs) - 1)
        quiet = time.monotonic() + 2  # replies that come late would be here by then
        wait_until(lambda: time.monotonic() > quiet, "late replies")
        for drone, correlation in ((name, "orphaned"), (DRONES[0], "while stopped")):
            assert len(site.ears.answers(drone, correlation)) == 1, site.ears.answers(drone, correlation)
        site.check()


def test_a_session_that_the_broker_refuses_is_told():
    with Kafka({"auto.create.topics.enable": "false"}) as kafka, Mosquitto() as mqtt:  # 6 s at least
        kafka.create_topics(*place.TOPICS.values(), place.DEAD)
        config = place.configuration(kafka.bootstrap, mqtt)
        config["owners"] = {"topic": TOPIC, "session_ms": 3000}
        with Node(config) as node:
            node.wait_log("the broker refuses owners.session_ms")


def test_without_kafka_nobody_is_owner_and_all_are_served():
    with Site() as site:
        site.all_served()
        site.kafka.process.kill()
        for name in site.nodes:
            wait_until(lambda n=name: site.parts(n) == 0, "no lease runs")
        count = {}
        for name in DRONES:
            wait_until(lambda n=name: "owner_epoch" not in site.ears.newest(n), "no owner")
            count[name] = len(site.ears.contexts[name])
        for name in DRONES:  # they go on, from one node each
            wait_until(lambda n=name: site.ears.newest(n) and len(site.ears.contexts[n]) > count[n] + 10, "contexts go on")
            assert {c["authority"] for c in site.ears.contexts[name][count[name]:]} == {SECONDARY}
            assert len({c["node_id"] for c in site.ears.contexts[name]}) == 1
            site.drones[name].profile("without", rate_hz=4)
        for name in DRONES:
            wait_until(lambda n=name: site.ears.answers(n, "without"), "the last owner answers")
        epochs = {name: max(int(c.get("owner_epoch", 0)) for c in site.ears.contexts[name]) for name in DRONES}
        counts = {name: len(site.ears.contexts[name]) for name in DRONES}
        site.kafka.start()
        for name in DRONES:  # each has an owner again, and never of an older epoch
            found = wait_until(lambda n=name: next((c for c in reversed(site.ears.contexts[n][counts[n]:])
                                                    if "owner_epoch" in c), site.ears.hear()), "an owner again")
            assert int(found["owner_epoch"]) >= epochs[name]
            assert len(site.ears.answers(name, "without")) == 1
        site.check()
        site.replay()


def test_the_broker_of_the_drones_goes_and_comes():
    with Site() as site:
        epochs = [int(c["owner_epoch"]) for c in site.all_served()]
        site.mqtt.process.kill()
        for name in site.nodes:
            wait_until(lambda n=name: site.parts(n) == 0, "a node without drones gives up what it owns")
        site.mqtt.start()
        site.ears.client.close()
        site.ears = Ears(site.mqtt)
        for name in site.nodes:  # on a connection that it did not begin with
            wait_until(lambda n=name: place.metrics(site.nodes[n].port).get("drf_mqtt_up") == 1, "every subscription is answered")
        for name in DRONES:
            wait_until(lambda n=name: site.ears.primary(n), f"{name} has an owner again")
            assert int(site.ears.primary(name)["owner_epoch"]) >= min(epochs)
        site.check()


main(globals())
