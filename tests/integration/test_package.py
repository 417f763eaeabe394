#!/usr/bin/python3
# tests/integration/test_package.py - Debian packages and the container: made, installed, run, upgraded, removed.
# SPDX-License-Identifier: Apache-2.0
# Takes: 40 s
"""The life of an installation, in a copy of this machine that keeps all changes apart; with DRF_FULL=1 also on a Debian 12
that debootstrap makes, where apt fetches what the packages depend on."""
import functools
import json
import os
import pathlib
import re
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import urllib.error
import urllib.request

import yaml

from drf_fixture import BIN, DEADLINE_S, TOP, Mosquitto, free_ports, main, skip, wait_until
from fixture import place
from fixture.image import Image, stages
from fixture.mqtt import NODE
from fixture.roots import Bare, Overlay, own_network

CONFIG = "/etc/drf-edge/drf-edge.yaml"
PAGES = "/usr/share/doc/drf-edge"
STORE = "/var/lib/drf-edge/region.gpkg"
NEWER = "99.1"


def run(*words, **options):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=DEADLINE_S, check=False, **options)
    assert done.returncode == 0, f"{words} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout


class Packages:
    """Both packages, and of the node one of a higher version whose sample configuration differs."""

    def __init__(self, folder):
        self.folder = folder
        out = run(TOP / "deploy/debian/build", "--programs", BIN.parent, "--out", folder).split()
        self.version = run(BIN / "drf-edge", "version").split()[1]
        machine = run("dpkg", "--print-architecture").strip()
        self.edge, self.sim = (folder / f"{name}_{self.version}_{machine}.deb" for name in ("drf-edge", "drf-sim"))
        assert out == [str(self.edge), str(self.sim)], out
        run("dpkg-deb", "-R", self.edge, folder / "newer")
        control = folder / "newer/DEBIAN/control"
        control.write_text(control.read_text().replace(f"Version: {self.version}\n", f"Version: {NEWER}\n"))
        sample = folder / f"newer{CONFIG}"
        sample.write_text(sample.read_text() + "# of the newer version\n")
        self.newer = folder / f"drf-edge_{NEWER}_{machine}.deb"
        run("dpkg-deb", "--root-owner-group", "-Zgzip", "-b", folder / "newer", self.newer)


@functools.cache
def packages():
    if not shutil.which("dh"):
        skip("debhelper is not installed")
    folder = tempfile.TemporaryDirectory(prefix="drf-packages-")
    made = Packages(pathlib.Path(folder.name))
    made.keep = folder
    return made


def test_lintian_has_nothing_to_say():
    made = packages()
    if not shutil.which("lintian"):
        skip("lintian is not installed")
    done = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning", made.edge, made.sim], capture_output=True,
                          text=True, timeout=DEADLINE_S, check=False)
    assert done.returncode == 0 and done.stdout == "", done.stdout + done.stderr


def test_the_packages_hold_what_they_say():
    made = packages()
    control = run("dpkg-deb", "-I", made.edge, "conffiles")
    assert control.split() == [CONFIG], control
    listing = run("dpkg-deb", "-c", made.edge)
    names = {line.split()[5][1:]: line.split()[:2] for line in listing.splitlines()}
    for name in ("/usr/bin/drf-edge", CONFIG, "/usr/share/man/man1/drf-edge.1.gz", "/usr/share/man/man5/drf-edge.yaml.5.gz",
                 "/usr/share/bash-completion/completions/drf-edge", "/usr/share/zsh/vendor-completions/_drf-edge",
                 f"{PAGES}/copyright", f"{PAGES}/deploy/configuration.md", f"{PAGES}/CHANGELOG.md"):
        assert name in names, f"{name} is not among {sorted(names)}"
    assert ("/lib/systemd/system/drf-edge.service" in names) == (TOP / "deploy/systemd/drf-edge.service").exists()
    assert all(owner == "root/root" for _, owner in names.values()), names
    # What the program is linked with comes with it.
    wanted = run("dpkg-deb", "-f", made.edge, "Depends")
    for library in ("libgdal32", "librdkafka1", "libmosquitto1", "libsqlite3-0", "libproj25"):
        assert library in wanted, wanted
    described = run("dpkg-deb", "-f", made.sim, "Description")
    assert "simulated" in described, described


class Installed:
    """A node that runs by hand, as its user, in a root."""

    def __init__(self, root, mqtt, kafka):
        self.root, self.mqtt, self.kafka = root, mqtt, kafka
        self.port, = free_ports(1)
        self.node = None

    def configuration(self):
        feeds = [{"name": "terrain", "topic": "t.terrain", "kind": "terrain", "vertical_acc95_m": 1},
                 {"name": "towers", "topic": "t.towers", "kind": "obstacle"}]
        west, south, east, north = place.BOUNDS
        return json.dumps({
            "region": {"id": "sim-install", "bounds": [west, south, east, north]}, "node": {"id": "edge-1", "mode": "SIM"},
            "store": {"path": STORE}, "kafka": {"bootstrap.servers": self.kafka}, "http": {"port": self.port},
            "mqtt": {"host": self.mqtt.host, "port": self.mqtt.port, "username": NODE, "password": self.mqtt.passwords[NODE]},
            "feeds": feeds}, indent=1)

    def start(self):
        self.node = self.root.process("node", "drf-edge", "run", "--config", CONFIG, user="drf-edge")
        self.node.wait_ready(self.ready)

    def ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as page:
                return page.status == 200
        except (OSError, urllib.error.HTTPError):
            return False

    def stop(self):
        self.node.signal(15)
        assert self.node.popen.wait(DEADLINE_S) == 0, self.node.log_tail()

    def publish(self, topic, kind, name):
        self.root.run("drf-sim", "publish", "--bootstrap", self.kafka, "--topic", topic, "--kind", kind, name, user="nobody")

    def query(self):
        done = self.root.run("drf-edge", "query", "--store", STORE, *map(str, place.MIDDLE), "--json", user="drf-edge")
        there = json.loads(done.stdout)
        return there["height"].get("ground_amsl_m"), sorted(o["feature_id"] for o in there.get("obstacles", []))

    def shows(self, ground, obstacles):
        def there():
            height, found = self.query()
            return height is not None and abs(height - ground) <= 0.5 and found == obstacles
        try:
            wait_until(there, "the query", pause_max_s=0.5)
        except TimeoutError as error:
            raise AssertionError(f"{self.query()}\n{self.node.log_tail()}") from error


def owner(root, name):
    return root.run("stat", "-c", "%U:%G %a", name).stdout.strip()


def start_broker(root, topics):
    broker = root.process("kafka", "drf-sim", "broker", "--topics", topics, user="nobody")
    broker.wait_ready(lambda: "bootstrap: " in broker.log_text())
    return broker, re.search(r"bootstrap: (\S+)", broker.log_text())[1]


def live(root, install):
    """Install, run, publish, query, upgrade, a newer store, remove, purge."""
    made = packages()
    for package in (made.edge, made.sim, made.newer):
        root.put(f"/tmp/{package.name}", package)
    install(root, *(f"/tmp/{package.name}" for package in (made.edge, made.sim)))
    assert root.run("drf-edge", "version").stdout == f"drf-edge {made.version}\n"
    assert re.fullmatch(r"drf-edge:[^:]*:\d+:\d+:[^:]*:/var/lib/drf-edge:/usr/sbin/nologin\n",
                        root.run("getent", "passwd", "drf-edge").stdout)
    assert owner(root, "/var/lib/drf-edge") == "drf-edge:drf-edge 750"
    assert owner(root, "/etc/drf-edge") == "root:drf-edge 750"
    assert owner(root, CONFIG) == "root:drf-edge 640"
    root.run("drf-edge", "check", "--offline", "--config", CONFIG, user="drf-edge")
    # Passwords in it are not for everybody.
    assert root.run("cat", CONFIG, user="nobody", code=1).stdout == ""

    with Mosquitto() as mqtt:
        broker, kafka = start_broker(root, "t.terrain,t.towers")
        there = Installed(root, mqtt, kafka)
        try:
            root.at(CONFIG).write_text(there.configuration())
            root.put("/tmp/ground.tif", place.geotiff(size=60))
            root.put("/tmp/first.dat", place.dof(1, 47.05, 8.05, 200, 1600))
            root.put("/tmp/second.dat", place.dof(2, 47.051, 8.05, 200, 1600))
            there.start()
            there.publish("t.terrain", "geotiff", "/tmp/ground.tif")
            there.publish("t.towers", "dof", "/tmp/first.dat")
            ground = place.ground_amsl_m(*place.MIDDLE)
            there.shows(ground, ["99-000001"])
            there.stop()
            assert owner(root, STORE).startswith("drf-edge:drf-edge "), owner(root, STORE)

            # The operator's configuration and the data of the former version stay, and the node reads on.
            root.install(f"/tmp/{made.newer.name}")
            assert root.run("dpkg-query", "-W", "-f", "${Version}", "drf-edge").stdout == NEWER
            assert root.at(CONFIG).read_text() == there.configuration()
            assert root.at(f"{CONFIG}.dpkg-dist").read_text().endswith("# of the newer version\n")
            assert owner(root, CONFIG) == "root:drf-edge 640"
            there.shows(ground, ["99-000001"])
            there.start()
            assert "feed.resync" not in there.node.log_text(), there.node.log_tail()
            there.publish("t.towers", "dof", "/tmp/second.dat")
            there.shows(ground, ["99-000001", "99-000002"])
            there.stop()
        finally:
            for process in (there.node, broker):
                if process and process.alive():
                    process.kill()

    # A store of a version that does not exist yet: nothing touches it.
    with sqlite3.connect(root.at(STORE)) as store:
        store.execute("UPDATE drf_store SET schema = schema + 1")
    store.close()
    before = root.at(STORE).read_bytes()
    for words in (["run", "--config", CONFIG], ["query", "--store", STORE, "47.05", "8.05"], ["migrate", "--store", STORE]):
        done = root.run("drf-edge", *words, user="drf-edge", code=None)
        assert done.returncode != 0 and "made by a newer version of this program" in done.stdout + done.stderr, (words, done)
    assert root.at(STORE).read_bytes() == before

    # Removed, the operator's files stay; purged, they go, and with them what he put beside them.
    root.put("/etc/drf-edge/secrets/mqtt-password", "secret\n")
    root.run("dpkg", "--force-unsafe-io", "--no-triggers", "--remove", "drf-edge", "drf-sim")
    assert not root.at("/usr/bin/drf-edge").exists() and not root.at("/usr/bin/drf-sim").exists()
    assert root.at(CONFIG).exists() and root.at(STORE).read_bytes() == before
    root.run("dpkg", "--force-unsafe-io", "--no-triggers", "--purge", "drf-edge", "drf-sim")
    left = [line for line in root.run("find", "/etc", "/usr", "/lib", "/var", "-xdev", "-name", "*drf*", "-not", "-type", "c").stdout.split()
            if not re.match(r"/var/(log|cache)/", line)]
    assert left == [], left
    assert root.run("getent", "passwd", "drf-edge", code=None).returncode == 0  # no other account ever gets its number


def test_an_installation_lives_through_upgrade_and_purge():
    packages()
    with Overlay() as root:
        if root.run("dpkg-query", "-W", "-f", "${db:Status-Status}", "drf-edge", code=None).stdout not in ("", "not-installed"):
            skip("drf-edge is installed on this machine")
        live(root, Overlay.install)


def test_an_installation_on_a_bare_debian_12():
    if not os.environ.get("DRF_FULL"):
        skip("a Debian of its own takes minutes to make: DRF_FULL=1")
    packages()
    with Bare() as root:
        def install(root, *files):
            root.run("apt-get", "update", "-qq")
            root.run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *files)
        live(root, install)


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def own_apt(root):
    """What the packages need is on this machine: nothing is fetched."""
    root.put("/usr/local/bin/apt-get", "#!/bin/sh\nset -e\n[ $1 = install ] || exit 0\nfor word; do case $word in\n"
             "*.deb) dpkg --force-unsafe-io --no-triggers --install $word ;; esac; done\n")
    root.at("/usr/local/bin/apt-get").chmod(0o755)


def start_unit(root, name, fallback=None):
    """What systemd would start, as the user it would."""
    file = root.at(f"/lib/systemd/system/{name}.service")
    text = file.read_text() if file.exists() else fallback
    for line in re.findall(r"^ExecStartPre=(.*)$", text, re.M):
        root.run(*line.split())
    user = re.search(r"^User=(.*)$", text, re.M)
    words = re.search(r"^ExecStart=(.*)$", text, re.M)[1].split()
    return root.process(name, *words, user=user[1] if user else None)


def test_the_page_for_operators_leads_to_a_running_node():
    """The blocks of deploy/install.md that are marked as to be run, in their order, with a Kafka that an operator has."""
    made = packages()
    blocks = re.findall(r"<!-- run -->\n((?:    .*\n)+)", (TOP / "deploy/install.md").read_text())
    with Overlay() as root, own_network():
        own_apt(root)
        root.put("/usr/local/bin/systemctl", '#!/bin/sh\necho "$@" >>/tmp/systemctl.log\n')
        root.at("/usr/local/bin/systemctl").chmod(0o755)
        root.put(f"/srv/packages/{made.edge.name}", made.edge)
        root.put("/tmp/sim.deb", made.sim)
        root.install("/tmp/sim.deb")
        kafka, at = start_broker(root, "terrain.dem,obstacles.faa,obstacles.local,weather.grib")
        processes = [kafka]
        asked = root.at("/tmp/systemctl.log")
        try:
            for block in blocks:
                if asked.exists() and len(processes) == 1:
                    assert asked.read_text() == "restart mosquitto\n"
                    mosquitto = start_unit(root, "mosquitto")
                    processes.append(mosquitto)
                    mosquitto.wait_ready(lambda: answers(1883))
                    config = root.at(CONFIG)
                    sample = config.read_text()
                    assert "bootstrap.servers: kafka-1:9092,kafka-2:9092\n" in sample
                    config.write_text(sample.replace("kafka-1:9092,kafka-2:9092", at))
                root.run("env", "-C", "/srv/packages", "sh", "-ec", block)
            assert asked.read_text().endswith("enable --now drf-edge\n")
            node = start_unit(root, "drf-edge", f"User=drf-edge\nExecStart=drf-edge run --config {CONFIG}\n")
            processes.append(node)
            node.wait_ready(lambda: page("/readyz") == 200)
            node.signal(15)
            assert node.popen.wait(DEADLINE_S) == 0, node.log_tail()
        except BaseException:
            print("\n".join(process.log_tail() for process in processes[1:]))
            raise
        finally:
            for process in processes:
                if process.alive():
                    process.kill()


def page(path):
    """The status of a page of the container's node, None where nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:9464{path}", timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def start_mosquitto(root, compose):
    """The command of the Compose file, with its files where it puts them, by this machine's mosquitto."""
    service = compose["services"]["mosquitto"]
    for volume in service["volumes"]:
        source, target = volume.split(":")[:2]
        if source.startswith("./accounts"):
            source = root.folder.path / source
        if "/" in str(source):
            root.put(target, TOP / "deploy/container" / source)
            root.at(target).chmod(0o644)
        else:
            root.run("install", "-d", "-o", "mosquitto", target)
    broker = root.process("mosquitto", *service["command"])
    broker.wait_ready(lambda: answers(1883))
    return broker


def contain(root, image):
    """Runs the image beside the brokers of the Compose file, with its configuration."""
    compose = yaml.safe_load((TOP / "deploy/container/compose.yaml").read_text())
    accounts = root.folder.path / "accounts"
    accounts.mkdir()
    password = run(TOP / "deploy/mosquitto/passwords", accounts / "passwords", "--service", input=f"{NODE}\n").strip().split(":")[1]
    (accounts / "mqtt-password").write_text(f"{password}\n")
    with own_network():
        kafka, at = start_broker(root, "terrain.dem,obstacles.faa,drf.dead-letters")
        mosquitto = start_mosquitto(root, compose)
        node = None
        try:
            root.at("/etc/hosts").write_text("127.0.0.1 localhost kafka mosquitto\n")
            for volume in compose["services"]["node"]["volumes"]:
                source, target = volume.split(":")[:2]
                if source.startswith("./accounts"):
                    root.put(target, accounts / source.removeprefix("./accounts/"))
                elif source.startswith("./"):
                    text = (TOP / "deploy/container" / source).read_text()
                    assert "kafka:9092" in text and "port: 9464" in text and "port: 1883" in text, text
                    root.put(target, text.replace("kafka:9092", f"kafka:{at.rsplit(':', 1)[1]}"))
            node = image.start()
            node.wait_ready(lambda: page("/readyz") == 200)
            assert image.healthy()
            manifest = (TOP / "deploy/kubernetes/drf-edge.yaml").read_text()
            for path in re.findall(r"path: (/[a-z]+z)\b", manifest):
                assert page(path) == 200, path
            assert root.run("touch", "/usr/there", user=image.user, code=1).stdout == ""
            root.put("/tmp/towers.dat", place.dof(1, 43.5, -79.5, 200, 1600))
            root.run("drf-sim", "publish", "--bootstrap", at, "--topic", "obstacles.faa", "--kind", "dof", "--mode", "LIVE",
                     "/tmp/towers.dat", user="nobody")

            def learned():
                done = root.run("drf-edge", "query", "--store", STORE, "43.5", "-79.5", "--json", user=image.user, code=None)
                return done.returncode == 0 and "99-000001" in done.stdout
            wait_until(learned, "the tower", pause_max_s=0.5)
            node.signal(15)
            assert node.popen.wait(DEADLINE_S) == 0, node.log_tail()
            assert not image.healthy()
        except BaseException:
            print(node.log_tail() if node else mosquitto.log_tail())
            raise
        finally:
            for process in (node, mosquitto, kafka):
                if process and process.alive():
                    process.kill()


def test_the_steps_of_the_container_make_one_that_runs():
    made = packages()
    build, last = stages(TOP / "deploy/container/Containerfile")
    assert build.name == "build" and build.base == last.base == "docker.io/library/debian:12-slim"
    with Overlay() as root:
        own_apt(root)
        root.put(f"/tmp/{made.sim.name}", made.sim)
        root.install(f"/tmp/{made.sim.name}")

        class Built:
            """The first stage, whose packages are there already."""
        Built.root = root
        root.put(f"/packages/{made.edge.name}", made.edge)
        image = Image(last, root, {"build": Built})
        assert image.user == "10464:10464" and image.volumes == ["/var/lib/drf-edge"]
        assert root.run("id", "-u", "drf-edge").stdout == "10464\n"
        assert not list(root.at("/tmp").glob("drf-edge*.deb"))
        contain(root, image)


def test_a_container_is_built_from_nothing():
    if not os.environ.get("DRF_FULL"):
        skip("two Debians and a build take half an hour: DRF_FULL=1")
    build, last = stages(TOP / "deploy/container/Containerfile")
    with Bare() as first, Bare() as second:
        built = Image(build, first)
        image = Image(last, second, {"build": built})
        second.run("sh", "-c", "apt-get update -qq && apt-get install -y -qq --no-install-recommends mosquitto")
        second.put("/tmp/drf-sim.deb", next(first.at("/packages").glob("drf-sim_*.deb")))
        second.run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "/tmp/drf-sim.deb")
        contain(second, image)


main(globals())
