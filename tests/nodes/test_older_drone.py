#!/usr/bin/python3
# tests/nodes/test_older_drone.py - who knows nothing of owners flies on: the example as it was, and its node is killed.
# SPDX-License-Identifier: Apache-2.0
# Takes: 60 s
"""tests/data/clients/examples/drone.py, which looks at the boot id alone, five times beside each other against two LIVE
nodes. The owner of each is killed once, with -9; that it is served again is read from the lines it prints."""
import json
import sys

from drf_fixture import OBSERVER, TOP, Folder, Kafka, Mosquitto, Node, Process, free_ports, main, wait_until
from fixture import place

OLDER = TOP / "tests/data/clients/examples/drone.py"
IDS = [f"older-{i}" for i in range(1, 6)]
SESSION_MS = 3000


class Older(Process):
    def __init__(self, mqtt, folder, name):
        super().__init__(name, [sys.executable, OLDER, mqtt.host, mqtt.port, name, mqtt.passwords[name], *place.MIDDLE, 600],
                         folder / f"{name}.log")

    def lines(self):
        return self.log_text().splitlines()

    def served_after(self, count):
        """A line, after so many and after one that said LATE, that has a height."""
        lines = self.lines()[count:]
        late = next((at for at, line in enumerate(lines) if line.startswith("LATE")), None)
        return late is not None and any(line.startswith("agl ") for line in lines[late:])


def owner_of(observer, drones):
    """{drone: the node whose context says that it is the owner}, from what comes from now on."""
    observer.drain()
    found = {}

    def all_found():
        for message in observer.drain():
            if message.payload.startswith(b"{") and b'"owner_epoch"' in message.payload:
                context = json.loads(message.payload)
                found[message.topic.split("/")[3]] = context["node_id"]
        ended = [f"{name} has ended:\n{drone.log_tail()}" for name, drone in drones.items() if not drone.alive()]
        assert not ended, "\n".join(ended)
        return all(name in found for name in drones)
    try:
        wait_until(all_found, "every drone has an owner")
    except TimeoutError as late:
        quiet = [f"{name} says last:\n{drone.log_tail(5)}" for name, drone in drones.items() if name not in found]
        raise AssertionError("\n".join([str(late), *quiet])) from late
    return found


def test_the_older_example_is_served_by_the_other_node():
    with Folder("older") as folder, Mosquitto(users=IDS, nodes=["drf-node-2"]) as mqtt, \
            Kafka({"auto.create.topics.enable": "false", "group.min.session.timeout.ms": 1000}) as kafka:
        kafka.create_topics(*place.TOPICS.values(), place.DEAD)
        kafka.produce(place.TOPICS["terrain"], place.geotiff())

        def node(name, account, port):
            # A context is stale before the other node can have taken over: so LATE is said between.
            config = place.configuration(kafka.bootstrap, mqtt, http=port, stale_after_ms=1000)
            config["node"]["id"], config["owners"] = name, {"topic": "drf.owners.place", "session_ms": SESSION_MS}
            config["mqtt"].update(username=account, password=mqtt.passwords[account])
            return Node(config)
        ports = dict(zip(("n1", "n2"), free_ports(2)))

        def shared():
            return all(place.metrics(port).get("drf_owner_parts") == 16 for port in ports.values())
        with node("n1", "drf-node", ports["n1"]) as first, node("n2", "drf-node-2", ports["n2"]) as second, \
                mqtt.client(OBSERVER) as observer:
            nodes = {"n1": first, "n2": second}
            observer.subscribe("drf/v1/drones/+/context/place", qos=0)
            wait_until(shared, "both own a half")
            drones = {name: Older(mqtt, folder.path, name) for name in IDS}
            try:
                left = set(IDS)
                while left:
                    wait_until(shared, "both own a half")
                    owners = owner_of(observer, drones)
                    wait_until(lambda: all(drone.lines() and drone.lines()[-1].startswith("agl ") for drone in drones.values()),
                               "every drone has heights")
                    victim = owners[min(left)]
                    mine = [name for name, node_id in owners.items() if node_id == victim]
                    before = {name: len(drones[name].lines()) for name in mine}
                    nodes[victim].kill()
                    for name, count in before.items():
                        wait_until(lambda drone=drones[name], count=count: drone.served_after(count), f"{name} is served again")
                    print(f"{victim} was killed: {', '.join(mine)} served again", flush=True)
                    left -= set(mine)
                    nodes[victim].start()
            finally:
                for drone in drones.values():
                    drone.kill()


main(globals())
