#!/usr/bin/python3
# tests/integration/test_example.py - the example that drone developers start from, against a node.
# SPDX-License-Identifier: Apache-2.0
"""schemas/examples/drone.py as it ships: what it prints tells absent, late and wrong apart."""
import json
import subprocess
import sys

from drf_fixture import BIN, DEADLINE_S, TOP, Folder, Mosquitto, Node, Process, main, wait_until
from fixture import place

EXAMPLE = TOP / "schemas/examples/drone.py"
# As it was before refused inputs marked their boxes, with the names it knew: who flies with it goes on flying.
OLDER = TOP / "tests/data/clients/examples/drone.py"


def node_of(mqtt, folder):
    """Its ground is there before it starts; nothing listens where Kafka should."""
    config = place.configuration("127.0.0.1:9", mqtt, mode="TEST", region="example")
    config["store"]["path"] = str(folder / "region.gpkg")
    path, raster = folder / "import.yaml", folder / "ground.tif"
    path.write_text(json.dumps(config))
    raster.write_bytes(place.geotiff())
    subprocess.run([BIN / "drf-edge", "import", "--config", path, "--feed", "terrain", "--time",
                    "2026-06-01T12:00:00Z", raster], check=True, timeout=DEADLINE_S, capture_output=True)
    return Node(config)


class Example(Process):
    def __init__(self, mqtt, folder, name, lat, lon, program=EXAMPLE):
        super().__init__(name, [sys.executable, program, "-t", "drf-test/v1", "--", mqtt.host, mqtt.port, name,
                                mqtt.passwords[name], lat, lon, 600], folder / f"{name}.log")
        self.read = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def until(self, *words):
        """Waits for a line, after the last one looked at, that has all these words."""
        def there():
            assert self.alive(), self.log_tail()
            lines = self.log_text().splitlines()
            for at, line in enumerate(lines[self.read:], self.read):
                if all(word in line for word in words):
                    self.read = at + 1
                    return line
            return None
        wait_until(there, f"{self.name} says {words}; it said:\n{self.log_tail()}")
        return self.log_text().splitlines()[self.read - 1]


def test_the_example_tells_absent_late_and_wrong_apart():
    names = ["good", "away", "off"]
    with Folder("example") as folder, Mosquitto(names) as mqtt:
        with Example(mqtt, folder.path, "good", *place.MIDDLE) as drone:
            drone.until("LATE", "no context yet")
            with node_of(mqtt, folder.path) as node:
                line = drone.until("NOT FOR FLIGHT: MODE_TEST", "agl ")
                ground = float(line.split("ground ")[1].split()[0])
                assert abs(ground - place.ground_amsl_m(*place.MIDDLE)) <= 1, line
                assert "REASON_BARE_EARTH" in line and "LATE" not in line and "WRONG" not in line, line
                assert "INCOMPLETE LAYER_GROUND" in line, line  # Kafka is away
                with Example(mqtt, folder.path, "away", 47.5, 8.05) as away:
                    line = away.until("WRONG: REPLY_CODE_OUTSIDE_REGION")
                    assert "LATE" in line, line  # and no context either
                with Example(mqtt, folder.path, "off", 95, 8.05) as off:
                    off.until("WRONG: REPLY_CODE_INVALID lat_e7")
                node.kill()
                drone.until("LATE: everything is unknown, the last context")
                node.start()
                line = drone.until("agl ")
                assert "LATE" not in line, line


def test_a_client_of_an_earlier_version_works_with_this_node():
    with Folder("example") as folder, Mosquitto(["good", "away"]) as mqtt, node_of(mqtt, folder.path) as node:
        with Example(mqtt, folder.path, "good", *place.MIDDLE, program=OLDER) as drone:
            line = drone.until("NOT FOR FLIGHT: MODE_TEST", "agl ")
            ground = float(line.split("ground ")[1].split()[0])
            assert abs(ground - place.ground_amsl_m(*place.MIDDLE)) <= 1, line
            assert "INCOMPLETE LAYER_GROUND" in line and "LATE" not in line and "WRONG" not in line, line
            with Example(mqtt, folder.path, "away", 47.5, 8.05, program=OLDER) as away:
                away.until("WRONG: REPLY_CODE_OUTSIDE_REGION")
            node.kill()
            drone.until("LATE: everything is unknown, the last context")


main(globals())
