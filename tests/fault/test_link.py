#!/usr/bin/python3
# tests/fault/test_link.py - a link cut without a reset: it is noticed and reported, and the node recovers by itself.
# SPDX-License-Identifier: Apache-2.0
"""No RST and no word of an interface comes: a router between the node and its brokers forwards nothing any more. The
times are goals (tests/bench/back.py); here the events count."""
import urllib.request

from drf_fixture import free_ports, late_s, main, wait_until
from fixture import place
from fixture.link import BROKERS, NODE_SIDE, FarNode, Link, reachable_kafka, reachable_mosquitto

NOTICED_GOAL_S, BACK_GOAL_S = 5, 5


def ready(port):
    try:
        with urllib.request.urlopen(f"http://{NODE_SIDE}:{port}/readyz", timeout=1) as answer:
            return answer.status == 200
    except OSError:
        return False


def test_a_cut_link_is_noticed_and_the_node_is_back_by_itself():
    port, = free_ports(1)
    kafka, bootstrap = reachable_kafka()
    with Link() as link, kafka, reachable_mosquitto() as mqtt:
        kafka.create_topics(*place.TOPICS.values(), place.DEAD)
        config = place.configuration(bootstrap, mqtt, http=port)
        config["mqtt"]["host"], config["http"]["address"] = BROKERS, NODE_SIDE
        with FarNode(link, config) as node:
            wait_until(lambda: ready(port), "the node is ready")
            lost = {name: node.count(f"what=node.waiting for={name} ") for name in ("mqtt", "kafka")}
            link.forward(False)
            wait_until(lambda: all(node.count(f"what=node.waiting for={name} ") > lost[name] for name in lost),
                       "both are missed", late_s(NOTICED_GOAL_S))
            link.forward(True)
            wait_until(lambda: ready(port), "every feed is current again", late_s(BACK_GOAL_S))


main(globals())
