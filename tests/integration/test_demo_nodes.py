#!/usr/bin/python3
# tests/integration/test_demo_nodes.py - deploy/demo --nodes 2: one of two nodes is killed, and the other takes over.
# SPDX-License-Identifier: Apache-2.0
# Takes: 60 s
import re

from drf_fixture import Folder, main
from fixture.story import DRONES, fly

# As long as the takeover needs; where a machine is too busy for it, once more with more time.
LENGTHS_S = (24, 90)


def test_the_other_node_takes_over():
    with Folder("demo") as folder:
        for seconds in LENGTHS_S:
            text, report = fly(folder, "--nodes", "2", "--seconds", str(seconds))
            takeover = report["takeover"]
            if takeover["after_s"] is not None:
                break
            print(f"{seconds} s were not enough: {takeover}", flush=True)
        assert report["mismatches"] == 0 and report["contexts"] > DRONES * seconds, report
        assert takeover["node"] == "rack-1" and takeover["after_s"] > 0, takeover
        assert (takeover["lost"], takeover["repeated"], takeover["gaps"]) == (0, 0, 0), takeover
        assert takeover["same_digest"] and takeover["compared"] > 200, takeover
        assert report["several_nodes"]["owner_changes"] > 0, report["several_nodes"]
        assert re.search(r"rack-1, owner of half of them, killed with -9: taken over after \d+\.\d s, 0 lost, 0 repeated", text), text


main(globals())
