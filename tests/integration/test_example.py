#!/usr/bin/python3
# tests/integration/test_example.py - what drone developers start from: the Python package and the examples.
# SPDX-License-Identifier: Apache-2.0
# Takes: 55 s
"""schemas/python installed as its README says, schemas/examples/drone.py and drone.c as they ship: against the shipped
broker configuration and a node. What they say tells absent, late and wrong apart."""
import json
import os
import pathlib
import re
import subprocess
import sys

from drf_fixture import BIN, DEADLINE_S, TOP, Folder, Mosquitto, Node, Process, main, wait_until
from fixture import client, place

EXAMPLE = TOP / "schemas/examples/drone.py"
# As it was before refused inputs marked their boxes, with the names it knew: who flies with it goes on flying.
OLDER = TOP / "tests/data/clients/examples/drone.py"


def node_of(mqtt, folder, mode="TEST", arguments=()):
    """Its ground is there before it starts; nothing listens where Kafka should."""
    config = place.configuration("127.0.0.1:9", mqtt, mode=mode, region="example")
    config["store"]["path"] = str(folder / "region.gpkg")
    config["reports"] = {"topic": "t.words"}  # Kafka is away: they wait
    path, raster = folder / "import.yaml", folder / "ground.tif"
    path.write_text(json.dumps(config))
    raster.write_bytes(place.geotiff())
    subprocess.run([BIN / "drf-edge", "import", "--config", path, "--feed", "terrain", "--time",
                    "2004-06-01T12:00:00Z", raster], check=True, timeout=DEADLINE_S, capture_output=True)
    return Node(config, arguments)


class Example(Process):
    def __init__(self, mqtt, folder, name, lat, lon, program=(EXAMPLE, "-t"), python=None, alt_wgs84_m=600, root="drf-test/v1"):
        words = [*program, root, *(["--"] if len(program) > 1 else [])]
        super().__init__(name, [*([python or client.python()] if len(program) > 1 else []), *words, mqtt.host, mqtt.port, name,
                                mqtt.passwords[name], lat, lon, alt_wgs84_m], folder / f"{name}.log")
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


def test_the_package_is_typed():
    """mypy --strict on the package, as installed: its own code and the stubs of the messages."""
    python, schemas = client.python(), client.folder()
    strict = schemas / "python" / "pyproject.toml"
    assert "strict = true" in strict.read_text()
    subprocess.run([python, "-m", "mypy", "--config-file", strict, "-p", "drf_client"], check=True, timeout=DEADLINE_S)
    wrong = schemas / "wrong.py"
    wrong.write_text("import drf_client as d\n\ndef f(now: d.Now) -> float:\n    return now.agl_m.value\n\n"
                     "def g(now: d.Now) -> float:\n    return now.agl_m.value if now.agl_m else 0.0\n\n"
                     "d.Telemetry(lat=1)\n")
    pages = [schemas / f"page_{at}.py" for at in range(4)]
    for path, block in zip(pages, [*python_of("schemas/client.md"), *python_of("schemas/python/README.md")], strict=True):
        path.write_text(block)
    done = subprocess.run([python, "-m", "mypy", "--strict", wrong, *pages], text=True, capture_output=True, timeout=DEADLINE_S)
    found = {":".join(line.split(":")[:2]) for line in done.stdout.splitlines() if ": error:" in line}
    # A value that may be missing is not a number, and there is no such field; the pages' own are right.
    assert {line.rpartition("/")[2] for line in found} == {"wrong.py:4", "wrong.py:9"}, done.stdout


def python_of(page):
    """The programs of a page; pieces, which await at the outside, get around them what they stand in."""
    for block in re.findall(r"```python\n(.*?)```", (TOP / page).read_text(), re.S):
        if "asyncio.run" not in block:
            imports, piece = block.split("\n\n", 1)
            block = f"{imports}\n\n\nasync def piece(drone: Drone) -> None:\n" + re.sub("^(?=.)", "    ", piece, flags=re.M)
        yield block


def test_the_package_without_a_broker():
    client.script("units.py")


def test_the_package_against_a_node():
    with Folder("example") as folder, Mosquitto(["good", "planner"]) as mqtt, node_of(mqtt, folder.path):
        client.script("against_node.py", mqtt.host, mqtt.port, mqtt.passwords["good"], mqtt.passwords["planner"])


def test_the_examples_tell_absent_late_and_wrong_apart():
    names = ["good", "away", "low", "off", "c", "c-away", "c-low", "c-off", "older", "page", "root", "c-root"]
    with Folder("example") as folder, Mosquitto(names) as mqtt:
        c = (c_example(folder.path),)
        with Example(mqtt, folder.path, "good", *place.MIDDLE) as drone, \
                Example(mqtt, folder.path, "c", *place.MIDDLE, program=c) as in_c, \
                Example(mqtt, folder.path, "root", *place.MIDDLE, root="drf/v1") as root, \
                Example(mqtt, folder.path, "c-root", *place.MIDDLE, program=c, root="drf/v1") as c_root:
            drone.until("LATE", "no context yet", "no node was heard")
            in_c.until("LATE; everything is unknown, no context yet")
            with node_of(mqtt, folder.path) as node:
                line = drone.until("NOT FOR FLIGHT: TEST", "agl ")
                ground = float(line.split("ground ")[1].split()[0])
                assert abs(ground - place.ground_amsl_m(*place.MIDDLE)) <= 1, line
                assert "BARE_EARTH" in line and "everything" not in line and "WRONG" not in line, line
                assert "INCOMPLETE GROUND SURFACE OBSTACLE WEATHER: LATE FEED_DOWN" in line, line  # Kafka is away
                in_c.until("NOT FOR FLIGHT: mode 2")
                agl = float(re.match(r"agl (-?\d+) m$", in_c.until("agl "))[1])
                below = place.ground_amsl_m(*place.MIDDLE) + place.geoid_m(*place.MIDDLE)
                assert abs(agl - (600 - below)) <= 1.5, (agl, below)
                clearance = float(re.match(r"clearance (-?\d+) m$", in_c.until("clearance "))[1])
                assert abs(clearance - (600 - below)) <= 10, (clearance, below)  # bare earth, the highest of four cells
                with Example(mqtt, folder.path, "away", 47.5, 8.05) as away:
                    line = away.until("ABSENT OUTSIDE_REGION")
                    assert "everything is unknown" in line and "WRONG" not in line, line
                with Example(mqtt, folder.path, "c-away", 47.5, 8.05, program=c) as away:
                    away.until("ABSENT OUTSIDE_REGION", "everything is unknown, no context yet")
                with Example(mqtt, folder.path, "low", *place.MIDDLE, alt_wgs84_m=0) as low:
                    line = low.until("WRONG ALTITUDE_SUSPECT agl")
                    for words in ("WRONG ALTITUDE_SUSPECT clearance;", "WRONG ALTITUDE_SUSPECT: altitude is", "ground 4"):
                        assert words in line, line
                with Example(mqtt, folder.path, "c-low", *place.MIDDLE, alt_wgs84_m=0, program=c) as low:
                    low.until("WRONG ALTITUDE_SUSPECT agl")
                    low.until("WRONG ALTITUDE_SUSPECT clearance")
                with Example(mqtt, folder.path, "off", 95, 8.05) as off:
                    off.until("WRONG INVALID: lat_e7", "LATE")
                with Example(mqtt, folder.path, "c-off", 95, 8.05, program=c) as off:
                    off.until("WRONG INVALID: lat_e7 ", "everything is unknown, no context yet")
                a_client_of_an_earlier_version_works(mqtt, folder.path)
                the_program_of_the_page_works(mqtt, folder.path)
                # The topic root of LIVE nodes, where none is.
                root.until("LATE", "no node was heard below drf/v1 in ", "is that its topic root?", "drf-test/v1")
                c_root.until("LATE", "no node is heard on drf/v1/regions/")
                is_refused_in_one_line(mqtt, "good", client.python(), EXAMPLE, "-t", "drf-test/v1")
                is_refused_in_one_line(mqtt, "c", *c, "drf-test/v1")
                node.kill()
                drone.until("LATE", "the last context is of", "the node of example is down: the broker has lost its connection")
                in_c.until("LATE", "no node is heard on drf-test/v1/regions/")
                node.start()
                drone.until("NOT FOR FLIGHT: TEST", "agl ")
                in_c.until("agl ")
                # And the broker, which forgets who was connected and what was subscribed.
                mqtt.process.kill()
                drone.until("LATE FEED_DOWN", "no connection to the broker")
                assert "the connection was lost" in drone.log_text(), drone.log_tail()
                mqtt.start()
                drone.until("NOT FOR FLIGHT: TEST", "agl ")
                in_c.until("LATE")
                in_c.until("agl ")
                node.stop()
                drone.until("LATE", "the last context is of", "the node of example says that it is down")


def is_refused_in_one_line(mqtt, name, *words):
    done = subprocess.run([str(w) for w in (*words, mqtt.host, mqtt.port, name, "not its password", *place.MIDDLE, 600)], text=True,
                          capture_output=True, timeout=DEADLINE_S)
    said = [line for line in done.stderr.splitlines() if not line.startswith(f"{name}: ")]  # the package's own log
    assert done.returncode == 1 and len(said) == 1 and not done.stdout, done
    assert re.search(r"^the broker .*(this password|not authori[sz]ed)", said[0], re.I), done


def a_client_of_an_earlier_version_works(mqtt, folder):
    with Example(mqtt, folder, "older", *place.MIDDLE, program=(OLDER, "-t"), python=sys.executable) as drone:
        line = drone.until("NOT FOR FLIGHT: MODE_TEST", "agl ")
        ground = float(line.split("ground ")[1].split()[0])
        assert abs(ground - place.ground_amsl_m(*place.MIDDLE)) <= 1, line
        assert "INCOMPLETE LAYER_GROUND" in line and "LATE" not in line and "WRONG" not in line, line


def the_program_of_the_page_works(mqtt, folder):
    """The few lines of client.md, but for the place."""
    text, = python_of("schemas/client.md")
    for said, here in (('"localhost", 1883, "d1", "secret"', f'"{mqtt.host}", {mqtt.port}, "page", "{mqtt.passwords["page"]}"'),
                       ("e7(43.65)", "e7(47.05)"), ("e7(-79.38)", "e7(8.05)")):
        assert said in text, said
        text = text.replace(said, here)
    text, count = re.subn(r"alt_wgs84_m=[0-9.]+", "alt_wgs84_m=600", text)
    assert count == 1, text
    program = folder / "page.py"
    program.write_text(text)
    page = Process("page", [client.python(), "-u", program], folder / "page.log")
    try:
        page.wait_log("m over the ground")
    finally:
        page.stop()


def c_example(folder):
    """Built as schemas/client.md says, from schemas/ alone."""
    page = (TOP / "schemas/client.md").read_text()
    lines = re.search(r"```sh\n(protoc --c_out.*?)```", page, re.S)[1].splitlines()
    out = folder / "build"
    out.mkdir()
    for line in lines:
        subprocess.run(["sh", "-c", line], check=True, timeout=DEADLINE_S, cwd=TOP / "schemas",
                       env={**os.environ, "OUT": str(out)})
    return pathlib.Path(out / "drone")


def test_a_replay_is_judged_by_its_own_time():
    with Folder("example") as folder, Mosquitto(["good"]) as mqtt, \
            node_of(mqtt, folder.path, "REPLAY", ["--utc-start", "2004-12-09T12:00:00Z"]), \
            Example(mqtt, folder.path, "good", *place.MIDDLE) as drone:
        line = drone.until("agl ")
        assert "NOT FOR FLIGHT: REPLAY of 2004-12-09 12:0" in line, line
        drone.until("REPLAY", "agl ")
        assert "WRONG" not in drone.log_text() and not re.search(r"\d s ahead", drone.log_text()), drone.log_tail()


main(globals())
