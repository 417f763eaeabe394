#!/usr/bin/python3
# tests/nodes/test_regions.py - drones fly from a region into the next, each with a broker and a node of its own.
# SPDX-License-Identifier: Apache-2.0
# Takes: 60 s
"""Fifty drones of the Python package, one real Kafka, two real mosquittos that are joined as deploy/mosquitto/configure
does it. Each flies by a plan over the border, toward a crane that stands just behind it: at every moment one node at most
is PRIMARY for it, it is never without a context, the next node has its plan and warns of the crane from its first context
on, and it leaves the first broker. Five turn round in the margin: they leave the second one again."""
import json

from drf_fixture import Folder, Kafka, Mosquitto, Node, main, wait_until
from fixture import client, place
from test_neighbours import Side, begin_anew, join

DRONES = [f"d-{number:02d}" for number in range(1, 51)]
TURNING = [7, 17, 27, 37, 47]
PASSWORD = "of-all-of-them"
BORDER, SPEED_MPS, SECONDS = 8.05, 60.0, 26.0
BOUNDS = {"west": (8.0, 47.0, BORDER, 47.1), "east": (BORDER, 47.0, 8.1, 47.1)}
PRIMARY, FOLLOWED = 2, 4
LAT, LANE = 47.02, 0.0012


def configuration(kafka, mqtt, region):
    config = place.configuration(kafka.bootstrap, mqtt, mode="TEST", region=region)
    config["region"].update(bounds=list(BOUNDS[region]), address=f"{mqtt.host}:{mqtt.port}")
    return config


def publish(kafka):
    """The ground, and a crane on each lane 75 m behind the border, higher than they fly."""
    headers = {"drf_mode": "TEST", "ce_time": "2026-01-01T00:00:00Z", "ce_source": "test.survey"}
    kafka.produce(place.TOPICS["terrain"], place.geotiff(), key="survey", headers=headers)
    kafka.produce_all(place.TOPICS["cranes"], [
        dict(key=f"crane-{at}", headers=headers,
             value=place.feature(f"crane-{at}", LAT + at * LANE, BORDER + 0.001, agl_m=250.0)) for at in range(len(DRONES))])


def fly(west, folder):
    settings = {"host": west.host, "port": west.port, "password": PASSWORD, "names": DRONES, "turning": TURNING, "lat": LAT,
                "lane_deg": LANE, "from": BORDER - 0.010, "speed_mps": SPEED_MPS, "seconds": SECONDS, "turn_s": 7.0,
                "alt_amsl_m": 600.0, "deadline_s": 240}
    path = folder.path / "crossing.json"
    path.write_text(json.dumps(settings))
    return json.loads(client.script("crossing.py", path))


def one_primary_at_a_time(flight):
    """No report is answered by two nodes that both say so."""
    primary = {}
    for region, seq, authority in flight["told"]:
        if authority == PRIMARY and seq:
            assert primary.setdefault(seq, region) == region, (flight["name"], seq, "both are PRIMARY for this report")
    assert primary, flight


def no_gap(flight):
    """Unless this program itself was not run meanwhile, or just before."""
    for at_s, why in flight["unserved"]:
        assert any(0 <= at_s - stalled_s < late_s + 4 for stalled_s, late_s in flight["stalled_s"]), (flight["name"], at_s, why)


def crossed(flight, number, west, east):
    used = flight["used"]
    assert [one["region"] for one in used] == ["west", "east"], used
    last, first = used[0]["last"], used[1]["first"]
    assert last["authority"] == used[1]["last"]["authority"] == PRIMARY, used
    assert abs(first["lon"] - BORDER) * 75_800 < 3 * SPEED_MPS, ("at the border", first)
    assert last["plan_state"] == first["plan_state"] == FOLLOWED, (last, first)
    crane = f"crane-{number}"
    assert crane in last["warned"] and crane in first["warned"], (last, first)
    # Connected to the next one before it is there, to both over the border, and then to that one alone.
    assert [brokers for _, brokers in flight["brokers"]] == [[west], [west, east], [east]], flight["brokers"]
    secondary = [region for region, _, authority in flight["told"] if authority != PRIMARY]
    assert "east" in secondary and "west" in secondary, "each answers in its margin"


def turned_round(flight, west, east):
    assert [one["region"] for one in flight["used"]] == ["west"], flight["used"]
    assert [brokers for _, brokers in flight["brokers"]] == [[west], [west, east], [west]], flight["brokers"]


def test_fifty_drones_cross_from_one_region_into_the_next():
    users = [f"{name}:{PASSWORD}" for name in DRONES]
    with Folder("regions") as folder, Kafka() as kafka, Mosquitto(users) as one, Mosquitto(users) as other:
        sides = [Side("west", one), Side("east", other)]
        for side, arguments in zip(sides, [join(*sides), join(*reversed(sides))]):
            begin_anew(side, arguments)
        kafka.create_topics(*place.TOPICS.values())
        publish(kafka)
        with Node(configuration(kafka, one, "west")), Node(configuration(kafka, other, "east")):
            for side in sides:
                side.watch()
            for side, beside in zip(sides, ["east", "west"]):
                wait_until(lambda: beside in (side.neighbours() or {}), f"{side.region} names {beside}")
            flights = fly(one, folder)
    west, east = (f"{mqtt.host}:{mqtt.port}" for mqtt in (one, other))
    for number, flight in enumerate(flights):
        one_primary_at_a_time(flight)
        no_gap(flight)
        if flight["turns"]:
            turned_round(flight, west, east)
        else:
            crossed(flight, number, west, east)
    assert len(flights) == len(DRONES)


main(globals())
