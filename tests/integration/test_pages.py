#!/usr/bin/python3
# tests/integration/test_pages.py - every example of README.md and of the pages in schemas/ is run, as it is printed.
# SPDX-License-Identifier: Apache-2.0
"""An example is what stands between fences, and what is indented by four after a blank line. Each is known here by words
in it, and by what runs it: a function of this file, or another test, which is named and has to hold the words that show
it. One that nobody knows fails. A node and the shipped broker come up from the page's own commands, once as
TEST and once as LIVE; only the folder and the port are this test's."""
import contextlib
import json
import os
import re
import signal
import subprocess

from drf_fixture import BIN, DEADLINE_S, TOP, Folder, free_ports, main, wait_until
from fixture import place

PAGES = ["README.md", *sorted(str(path.relative_to(TOP)) for path in (TOP / "schemas").rglob("*.md"))]


def examples(page):
    """The texts of a page's examples, without their indentation."""
    found, block, fence, blank = [], None, False, True
    for line in (TOP / page).read_text(encoding="utf-8").splitlines() + [""]:
        if line.lstrip().startswith("```"):
            if fence:
                found.append("\n".join(block) + "\n")
            fence, block = not fence, None if fence else []
        elif fence:
            block.append(line)
        elif line.startswith("    ") and (blank or block):
            block = [*(block or []), line.strip()]
        elif block and line.strip():
            found.append("\n".join(block) + "\n")
            block = None
        blank = not line.strip()
    assert not fence, f"{page}: a fence is not closed"
    return found + (["\n".join(block) + "\n"] if block else [])


# Page, words of the example, and what runs it: the name of a function here, or a test and words that it holds.
KNOWN = [
    ("README.md", "drf-sim publish└", None),  # a drawing
    ("README.md", "./deploy/demo ", ("tests/integration/test_demo.py", "deploy/demo")),
    ("README.md", "50 drones flew for 30 s", ("tests/integration/test_demo.py", "contexts")),
    ("README.md", '"boot_id": "1102593600000"', ("tests/lint/test_asyncapi.py", "README.md")),
    ("README.md", "drf-edge try my-files", ("tests/integration/test_try.py", '"try"')),
    ("README.md", "my-terrain.tif", "publish"),
    ("README.md", "36-NY.Dat", "publish"),
    ("schemas/client.md", "deploy/mosquitto/configure", "node_of_the_page"),
    ("schemas/client.md", "mosquitto_passwd -b", "node_of_the_page"),
    ("schemas/client.md", "drf-sim world", "node_of_the_page"),
    ("schemas/client.md", '"plan_id": "north"', "fly_a_plan"),
    ("schemas/client.md", "/query/planner", "first_client"),
    ("schemas/client.md", "-u drf-observer", "first_client"),
    ("schemas/client.md", "schemas/examples/drone.py", ("tests/integration/test_example.py", "drone.py")),
    ("schemas/client.md", "from drf_client import", ("tests/integration/test_example.py", "client.md")),
    ("schemas/client.md", "protoc --c_out", ("tests/integration/test_example.py", "client.md")),
    ("schemas/python/README.md", "", ("tests/integration/test_example.py", "python")),
    ("schemas/alerts.md", "geocodes:", "configurations"),
    ("schemas/feeds.md", "licence: CC-BY-4.0", "configurations"),
    ("schemas/metar.md", "stations: stations.csv", "configurations"),
    ("schemas/obstacles.md", "name: osm", "configurations"),
    ("schemas/zones.md", "name: faa-sua", "configurations"),
    ("schemas/obstacles.md", '"id": "crane-7"', "check_a_crane"),
    ("schemas/feeds.md", "drf-edge check", "check_a_crane"),
    ("schemas/feeds.md", "drf-sim publish", "publish"),
    ("schemas/patch.md", "lon_deg =", ("tests/golden/patch.py", "patch")),
    ("schemas/recording.md", "make_reader", ("tests/integration/fixture/mcap_oracle.py", "make_reader")),
    ("schemas/recording.md", "drf-sim record", ("tests/replay/test_tape.py", '"record"')),
    ("schemas/view.md", "/v1/live?drone=coffee-17", ("tests/integration/test_view_live.py", "view.md")),
    ("schemas/view.md", "names.update", ("tests/integration/test_view_live.py", "view.md")),
    ("schemas/terrain.md", "E = 89.83204953368922", ("tests/unit/fusion/context/test_fusion_terrain.c", "corner")),
    ("schemas/terrain.md", "offset(lat, lon, n, e):", ("tests/unit/fusion/context/test_fusion_terrain.c", "corner")),
]


def runner(page, text):
    fits = [how for where, words, how in KNOWN if where == page and words in text]
    assert len(fits) == 1, f"{page}: {len(fits)} entries of KNOWN fit this example; there must be one:\n{text}"
    return fits[0]


def of(page, words):
    """The one example of a page that has these words."""
    text, = [text for text in examples(page) if words in text]
    return text


def test_every_example_is_run_by_something():
    count = 0
    for page in PAGES:
        for text in examples(page):
            count += 1
            how = runner(page, text)
            if isinstance(how, str):
                assert how in globals(), f"{page}: there is no function {how}"
            elif how:
                test, words = how
                assert words in (TOP / test).read_text(encoding="utf-8"), f"{page}: {test} does not hold {words}:\n{text}"
    assert count >= 20, f"only {count} examples were found"


def shell(text, folder, env=None, code=0):
    """Runs it with the programs in the path; what it says."""
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", text], cwd=folder, capture_output=True, text=True, timeout=DEADLINE_S,
                          env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}:/usr/sbin", **(env or {})},
                          stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == code, f"{text}\nended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout


class Page:
    """What client.md says under "A broker", "A node to try" and what comes after it, in this test's folder, at its port."""

    def __init__(self, folder, mode):
        self.folder, self.mode, self.port = folder, mode, free_ports(1)[0]
        # The tools of mosquitto read more options from these: the commands themselves stay as they are.
        for tool in ("pub", "sub", "rr"):
            (folder / f"mosquitto_{tool}").write_text(f"-p {self.port}\n")
        self.env = {"XDG_CONFIG_HOME": str(folder)}

    def commands(self, words):
        """The example with these words, as this node has it: one of LIVE has another topic root, nothing else."""
        text = of("schemas/client.md", words)
        return text.replace("drf-test/v1", "drf/v1") if self.mode == "LIVE" else text

    def answers(self, words):
        """What each mosquitto_rr of the example prints, in their order."""
        text = shell(self.commands(words), TOP, self.env)
        return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


@contextlib.contextmanager
def node_of_the_page(mode, broker="deploy/mosquitto/configure"):
    with Folder("page") as folder:
        page = Page(folder.path, mode)
        text = (page.commands(broker) + page.commands("drf-sim world")).replace("/tmp/first", str(folder.path))
        shipped = (("$PWD/build/bin", str(BIN)), ("configure ", f"configure --port {page.port} "))
        for said, here in (*(shipped if "configure" in broker else (("listener 1883", f"listener {page.port}"), ("$PATH", f"{BIN}:$PATH"))),
                           ("port: 1883", f"port: {page.port}"), ("localhost:9092", f"localhost:{free_ports(1)[0]}"),
                           ("mode: TEST", f"mode: {mode}")):
            assert said in text, f"client.md lacks {said}:\n{text}"
            text = text.replace(said, here)
        # They are to outlive the shell that starts them, and end with this test.
        started = subprocess.Popen(["setsid", "bash", "-euo", "pipefail", "-c", text + "wait\n"], cwd=TOP, stdout=subprocess.DEVNULL,
                                   stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            def up():
                assert started.poll() is None, started.stderr.read()
                log = folder.path / "node.log"
                return log.exists() and "connected to the MQTT broker" in log.read_text()
            wait_until(up, "the node of client.md is connected")
            yield page
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(started.pid, signal.SIGTERM)
            started.wait(DEADLINE_S)
            started.stderr.close()


def ground_amsl_m(page):
    """By GDAL, of the file that drf-sim wrote."""
    said = subprocess.run(["gdallocationinfo", "-valonly", "-wgs84", page.folder / "world/ground.tif", "-79.38", "43.65"],
                          check=True, capture_output=True, text=True, timeout=DEADLINE_S).stdout
    return float(said)


def heights(page, context, ground):
    """All first flights are at one height, above the ground and the surface, and what the pages say of it is so."""
    client, package = ((TOP / name).read_text() for name in ("schemas/client.md", "schemas/python/README.md"))
    told = {float(one) for one in re.findall(r"alt_wgs84_m\"?[=:] ?([\d.]+)|43\.65 -79\.38 ([\d.]+)", client + package) for one in one if one}
    assert told == {320}, told
    geoid = place.geoid_m(43.65, -79.38)
    assert abs(context["height"]["agl_m"] - (320 - geoid - ground)) <= 2 and context["height"]["clearance_low_m"] > 20, context["height"]
    assert {one["kind"] for one in context["advisories"]} == {10}, context["advisories"]  # the feeds, without Kafka
    assert len(context["advisories"]) == 3 and {one["severity"] for one in context["advisories"]} == {2}, context["advisories"]
    assert {one["layer"]: one["reason"] for one in context["layer_states"]} == {1: 15, 2: 15, 3: 15, 4: 2, 5: 2, 6: 2, 7: 2}, context
    for words in (f"{320 - geoid - ground:.0f} m above the\nground", f"the geoid is at {geoid:.0f} m", "three CAUTIONs"):
        assert words in client, words
    assert f"{320 - geoid - ground:.0f} m above it" in package


def first_client(page):
    context, reply = page.answers("/query/planner")
    ground = ground_amsl_m(page)
    heights(page, context, ground)
    assert abs(context["height"]["ground_amsl_m"] - ground) <= 2 and context["mode"] == {"TEST": 2, "LIVE": 1}[page.mode], context
    assert reply["status"]["code"] == 1 and abs(reply["height"]["ground_amsl_m"] - ground) <= 2, reply
    assert f"{ground:.0f} m above the sea" in (TOP / "schemas/client.md").read_text(), ground
    lines = shell(page.commands("-u drf-observer"), TOP, page.env).splitlines()
    assert len(lines) == 5 and all(re.fullmatch(r"drf(-test)?/v1/\S+: \d+ bytes", line) for line in lines), lines


def fly_a_plan(page):
    profile, reply, first, second = page.answers('"plan_id": "north"')
    assert profile["code"] == 2 and profile["answers"] == 2, profile  # ACCEPTED_DEFAULTS, of a profile
    assert reply["code"] == 1 and reply["plan_review"]["plan_id"] == "north", reply
    assert (first["plan_state"], first["look_ahead"]["basis"]) == (1, 2), first  # NONE, VELOCITY
    assert (second["plan_state"], second["look_ahead"]["basis"]) == (4, 3), second  # FOLLOWED, PLAN


def test_the_commands_of_client_md_work_on_a_test_node():
    with node_of_the_page("TEST") as page:
        first_client(page)
        fly_a_plan(page)


def test_the_commands_of_client_md_work_on_a_live_node():
    with node_of_the_page("LIVE") as page:
        first_client(page)
        fly_a_plan(page)


def test_the_broker_that_client_md_writes_is_enough_and_keeps_accounts_apart():
    def tool(program, *words):
        done = subprocess.run([f"mosquitto_{program}", "-V", "5", *words], env={**os.environ, **page.env}, capture_output=True, text=True,
                              timeout=DEADLINE_S, check=False)
        return done.stdout + done.stderr
    with node_of_the_page("TEST", "mosquitto_passwd -b") as page:
        first_client(page)
        # The profile of d1 is retained: the observer hears it, another account does not, nor may it speak in d1's name.
        topic = ("-t", "drf-test/v1/drones/d1/profile")
        assert '{"json": true}' in tool("sub", "-u", "drf-observer", "-P", "look", *topic, "-C", "1")
        assert "json" not in tool("sub", "-u", "planner", "-P", "secret", *topic, "-W", "1")
        for words in (["-u", "planner", "-P", "secret", "-q", "1"], ["-u", "planner", "-P", "wrong"], []):
            assert re.search("not authori[sz]ed", tool("pub", *words, *topic, "-m", "{}"), re.I), words


def configurations(folder):
    """Each paragraph of configuration is understood, feed by feed."""
    (folder / "counties.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"FIPS": "36029"}, "geometry": {
            "type": "Polygon", "coordinates": [[[-79, 43], [-78, 43], [-78, 44], [-79, 43]]]}}]}))
    (folder / "stations.csv").write_text("id,lat,lon,elevation_m\nCYTZ,43.6275,-79.3962,77\n")
    for page, words, how in KNOWN:
        if how != "configurations":
            continue
        feeds = of(page, words)
        feeds = feeds if feeds.startswith("feeds:") else "feeds:\n" + feeds
        path = folder / "node.yaml"
        path.write_text(json.dumps({"region": {"id": "r", "bounds": [-79.6, 43.4, -79.2, 43.8]}, "node": {"id": "n", "mode": "TEST"},
                                    "store": {"path": "region.gpkg"}, "kafka": {"bootstrap.servers": "localhost:9"}, "http": {"port": 0},
                                    "mqtt": {"host": "localhost"}}, indent=1).removesuffix("\n}") + "\n}\n")
        path.write_text("\n".join(f"{key}: {json.dumps(value)}" for key, value in json.loads(path.read_text()).items()) + "\n" + feeds)
        said = shell("drf-edge check --config node.yaml --offline", folder)
        names = re.findall(r"\bname: ([\w-]+)(?=[,\n])", feeds)
        assert names and "configuration: ok" in said, (page, said)


def check_a_crane(folder):
    """feeds.md's command, its paragraph of configuration and the crane of obstacles.md."""
    (folder / "crane.json").write_text(of("schemas/obstacles.md", '"id": "crane-7"'))
    (folder / "node.yaml").write_text(
        "region: {id: r, bounds: [-79.6, 43.4, -79.2, 43.8]}\nnode: {id: n, mode: TEST}\nstore: {path: region.gpkg}\n"
        "kafka: {bootstrap.servers: \"localhost:9\"}\nmqtt: {host: localhost}\n" + of("schemas/feeds.md", "licence: CC-BY-4.0"))
    said = shell(of("schemas/feeds.md", "drf-edge check"), folder)
    assert "crane-7" in said, said


def publish(folder):
    """The README's, in a Kafka that drf-sim embeds."""
    commands = [text for page in PAGES for text in examples(page) if runner(page, text) == "publish"]
    assert len(commands) >= 2
    (folder / "my-terrain.tif").write_bytes(place.geotiff())
    (folder / "36-NY.Dat").write_bytes(place.dof(1, 47.05, 8.05, 300, 2000))
    (folder / "crane.json").write_text(of("schemas/obstacles.md", '"id": "crane-7"'))
    broker = subprocess.Popen([BIN / "drf-sim", "broker", "--port-file", folder / "port"], stdout=subprocess.DEVNULL)
    try:
        port = wait_until(lambda: (folder / "port").exists() and (folder / "port").read_text().strip(), "the embedded Kafka")
        for text in commands:
            shell(text.replace("HOST:PORT", f"127.0.0.1:{port}"), folder)
            topic = re.search(r"--topic (\S+)", text)[1]
            got = shell(f"kcat -C -e -q -b 127.0.0.1:{port} -t {topic} -f '%k %S\\n'", folder).splitlines()
            assert got, f"{topic} holds nothing after\n{text}"
    finally:
        broker.terminate()
        broker.wait(DEADLINE_S)


def test_files_and_configurations_of_the_pages_are_taken():
    for run in (configurations, check_a_crane, publish):
        with Folder("pages") as folder:
            run(folder.path)


def test_an_example_that_nobody_knows_is_found():
    for text in ("rm -rf everything\n", of("README.md", "my-terrain.tif") + "36-NY.Dat\n"):  # none, and two
        try:
            runner("README.md", text)
        except AssertionError:
            continue
        raise AssertionError(f"{text} was taken for known")


main(globals())
