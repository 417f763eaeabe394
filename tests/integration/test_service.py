#!/usr/bin/python3
# tests/integration/test_service.py - the node as a service: what systemd hears, what others may read, what it may do.
# SPDX-License-Identifier: Apache-2.0
# Takes: 30 s
"""No systemd runs here: the test listens at $NOTIFY_SOCKET in its place, `systemd-analyze` judges the unit, and
fixture/confine.py puts the unit's filters of system calls before the node."""
import contextlib
import ctypes
import json
import os
import pathlib
import re
import socket
import sqlite3
import stat
import subprocess
import sys
import time

from drf_fixture import BIN, DEADLINE_S, TOP, Folder, Kafka, Mosquitto, Node, free_ports, main, wait_until
from fixture import confine, place

UNIT = TOP / "deploy/systemd/drf-edge.service"
CONFINE = TOP / "tests/integration/fixture/confine.py"
EXPOSURE_MAX = 15  # tenths
SECRET = "Hunter2"
PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT = 17, 0x4206, 0x4207
_libc = ctypes.CDLL(None, use_errno=True)


def quiet(broker=None, port=0, folder="{folder}", **more):
    """A node without feeds: it needs no Kafka to be ready."""
    made = place.configuration("127.0.0.1:1", broker, http=port) if broker else {
        "region": {"id": "place", "bounds": list(place.BOUNDS)}, "node": {"id": "n1"},
        "store": {"path": f"{folder}/region.gpkg"}, "mqtt": {"host": "127.0.0.1", "port": 1}}
    made["feeds"] = []
    for section, keys in more.items():
        made.setdefault(section, {}).update(keys)
    return made


class Manager:
    """What a service manager hears."""

    def __init__(self, folder):
        self.path = folder.path / "notify"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        self.socket.setblocking(False)
        self.heard = []

    def listen(self):
        with contextlib.suppress(BlockingIOError):
            while True:
                self.heard += self.socket.recv(4096).decode().split("\n")
        return self.heard

    def wait(self, line):
        wait_until(lambda: line in self.listen(), f"the manager hears {line}")

    def count(self, line):
        return self.listen().count(line)

    def environment(self, watchdog_s=None):
        given = {"NOTIFY_SOCKET": str(self.path)}
        return {**given, "WATCHDOG_USEC": str(int(watchdog_s * 1e6))} if watchdog_s else given


@contextlib.contextmanager
def managed():
    with Folder("manager") as folder:
        manager = Manager(folder)
        try:
            yield manager
        finally:
            manager.socket.close()


def run_node(configuration, folder, env=None, before=()):
    """To its end: (exit code, its log)."""
    path = folder.path / "node.yaml"
    path.write_text(configuration if isinstance(configuration, str) else json.dumps(configuration))
    done = subprocess.run([*before, BIN / "drf-edge", "run", "--config", path], capture_output=True, text=True,
                          check=False, timeout=DEADLINE_S, env={**os.environ, **(env or {})})
    return done.returncode, done.stdout + done.stderr


def test_unit_is_valid_and_confines():
    with Folder("unit") as folder:
        unit = folder.path / "drf-edge.service"
        unit.write_text(UNIT.read_text().replace("/usr/bin/drf-edge", str(BIN / "drf-edge")))
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False)
        assert done.returncode == 0 and not done.stderr.strip(), done.stderr
        judge = ["systemd-analyze", "security", "--no-pager", "--offline=true", f"--threshold={EXPOSURE_MAX}"]
        done = subprocess.run([*judge, unit], capture_output=True, text=True, check=False)
        print(done.stdout.splitlines()[-1] if done.stdout else done.stderr)
        assert done.returncode == 0, done.stdout + done.stderr
        unit.write_text(re.sub("(?m)^SystemCallFilter=.*$", "", unit.read_text()))
        assert subprocess.run([*judge, unit], capture_output=True, check=False).returncode != 0
    keys = dict(confine.directives(UNIT))
    # Decoder children that got SIGTERM too would refuse the message they are at.
    assert (keys["Type"], keys["NotifyAccess"], keys["KillMode"]) == ("notify", "main", "mixed"), keys
    assert keys["Restart"] == "on-failure" and "LoadCredential=" in UNIT.read_text()


def change_store(path, statement):
    with contextlib.closing(sqlite3.connect(path)) as store, store:
        store.execute(statement)


def test_exit_codes_tell_whether_a_restart_helps():
    never = set(dict(confine.directives(UNIT))["RestartPreventExitStatus"].split())
    with Folder("codes") as folder:
        store = folder.path / "region.gpkg"
        with Node(quiet(folder=folder.path)) as node:
            node.wait_log("what=node.start")
            code, log = run_node(quiet(folder=folder.path), folder)
            assert code == 1 and "store.busy" in log, (code, log)  # another program writes it now
            assert node.stop() == 0
        code, log = run_node("region: {id: x", folder)
        assert code == 2, log
        wrong = quiet(folder=folder.path, kafka={"security.protocol": "SSL", "ssl.ca.location": "/etc/hostname"})
        wrong["feeds"] = [{"name": "towers", "topic": "t", "kind": "obstacle"}]
        code, log = run_node(wrong, folder)
        assert code == 2 and "what=kafka.settings" in log, (code, log)
        change_store(store, "UPDATE drf_store SET region_id = 'elsewhere'")
        code, log = run_node(quiet(folder=folder.path), folder)
        assert code == 3 and "was made for region elsewhere" in log, (code, log)
        change_store(store, "UPDATE drf_store SET region_id = 'place', schema = schema + 1")
        code, log = run_node(quiet(folder=folder.path), folder)
        assert code == 3 and "newer version" in log, (code, log)
        store.unlink()
        store.mkdir()
        code, log = run_node(quiet(folder=folder.path), folder)
        assert code in (1, 2), log
    assert never == {"2", "3"}, never


def thread(pid, name):
    return next(int(task.name) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()
                if (task / "comm").read_text().strip() == name)


@contextlib.contextmanager
def stopped(tid):
    """One thread makes no step, as if its disk hung; the others go on."""
    if _libc.ptrace(PTRACE_SEIZE, tid, None, None) or _libc.ptrace(PTRACE_INTERRUPT, tid, None, None):
        raise OSError(ctypes.get_errno(), "ptrace")
    wait_until(lambda: " t " in pathlib.Path(f"/proc/{tid}/stat").read_text(), "the thread is stopped")
    try:
        yield
    finally:
        os.waitpid(tid, 0x40000000)  # __WALL
        _libc.ptrace(PTRACE_DETACH, tid, None, None)


def wakes(pid):
    """How often the main thread has waited: it does once for each look at the loops."""
    status = pathlib.Path(f"/proc/{pid}/task/{pid}/status").read_text()
    return int(status.split("\nvoluntary_ctxt_switches:")[1].split()[0])


def test_manager_hears_what_the_node_is_like():
    with managed() as manager, Mosquitto() as mqtt:
        mqtt.stop()
        with Node(quiet(mqtt), env=manager.environment(watchdog_s=1)) as node:
            manager.wait("STATUS=waiting: not connected to the MQTT broker")
            wait_until(lambda: manager.count("EXTEND_TIMEOUT_USEC=60000000") >= 3, "it asks for more time")
            assert "READY=1" not in manager.heard and "WATCHDOG=1" not in manager.heard, manager.heard
            mqtt.start()
            manager.wait("READY=1")
            manager.wait("STATUS=serving")
            for name in ("ingest", "serve"):
                before = manager.count("WATCHDOG=1")
                wait_until(lambda: manager.count("WATCHDOG=1") > before + 1, "the watchdog is fed")
                with stopped(thread(node.process.pid, name)):
                    before, woken = manager.count("WATCHDOG=1"), wakes(node.process.pid)
                    wait_until(lambda: wakes(node.process.pid) >= woken + 6, "the main thread looks six times")
                    # What the loop did until it was stopped counts once more.
                    assert manager.count("WATCHDOG=1") <= before + 1, name
                    before = manager.count("WATCHDOG=1")
                wait_until(lambda: manager.count("WATCHDOG=1") > before, "it is fed again")
            mqtt.stop()
            manager.wait("STATUS=serving: not connected to the MQTT broker")
            mqtt.start()
            before = manager.count("READY=1")
            assert node.stop() == 0
            assert before == 1 and manager.count("STOPPING=1") == 1, manager.heard
            assert manager.heard.index("READY=1") < manager.heard.index("STOPPING=1")
            assert not any(line.startswith("STOPPING") for line in manager.heard[:manager.heard.index("READY=1")])


def everything_said(node, folder):
    """What other programs of this machine can see of a node: arguments, environments, log, recordings, printed text."""
    seen = {"log": node.log_text().encode()}
    for pid in [node.process.pid, *place.decoders(node.process.pid)]:
        seen[f"arguments of {pid}"] = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    for pid in place.decoders(node.process.pid):
        seen[f"environment of {pid}"] = pathlib.Path(f"/proc/{pid}/environ").read_bytes()
    for command in ("config", "version", "check --offline --config"):
        words = command.split() + ([str(node.config_path)] if "check" in command else [])
        done = subprocess.run([BIN / "drf-edge", *words], capture_output=True, check=False)
        seen[command] = done.stdout + done.stderr
    for path in folder.glob("*.mcap*"):
        seen[path.name] = path.read_bytes()
    return seen


def test_no_secret_is_told_and_no_file_is_open_to_others():
    before = os.umask(0)  # the worst that an operator's shell can do
    try:
        with Folder("secrets") as folder:
            for name in ("mqtt", "kafka"):
                (folder.path / name).write_text(f"{SECRET}-{name}\n")
            made = quiet(folder=folder.path, journal={"path": "{folder}/node.mcap"},
                         mqtt={"username": "n1", "password_file": str(folder.path / "mqtt")},
                         kafka={"bootstrap.servers": "127.0.0.1:1", "security.protocol": "SASL_PLAINTEXT",
                                "sasl.mechanisms": "PLAIN", "sasl.username": "n1",
                                "sasl.password_file": str(folder.path / "kafka")})
            made["store"]["path"] = "{folder}/region.gpkg"
            made["feeds"] = [{"name": "towers", "topic": "t", "kind": "obstacle"}]
            with Node(made, env={"DRF_TEST_SECRET": f"{SECRET}-environment"}, arguments=["--verbose"]) as node:
                node.wait_log("what=node.waiting for=kafka")
                wait_until(lambda: place.decoders(node.process.pid), "a decoder runs")
                wait_until(lambda: (node.folder.path / "region.gpkg-wal").exists(), "the store is written")
                for what, text in everything_said(node, node.folder.path).items():
                    assert SECRET.encode() not in text, (what, text)
                names = {path.name for path in node.folder.path.iterdir()} - {"node.yaml", "node.log"}
                assert {"region.gpkg", "region.gpkg-wal", "region.gpkg-lock", "node.mcap"} <= names, names
                for name in names:
                    mode = stat.S_IMODE((node.folder.path / name).stat().st_mode)
                    assert mode & 0o137 == 0, (name, oct(mode))
                assert b"configuration.yaml" in (node.folder.path / "node.mcap").read_bytes()
    finally:
        os.umask(before)


def test_without_landlock_the_node_says_so_and_refuses_where_it_is_required():
    lacking = [sys.executable, CONFINE, "landlock"]
    with Folder("landlock") as folder, Mosquitto() as mqtt:
        port, = free_ports(1)
        made = quiet(mqtt, port, node={"sandbox": "required"})
        made["store"]["path"] = f"{folder.path}/region.gpkg"
        code, log = run_node(made, folder, before=lacking)
        assert code == 3 and "what=sandbox.incomplete missing=landlock" in log, (code, log)
        made["node"]["sandbox"] = "preferred"
        path = folder.path / "node.yaml"
        path.write_text(json.dumps(made))
        with subprocess.Popen([*lacking, BIN / "drf-edge", "run", "--config", path],
                              stderr=subprocess.PIPE, text=True) as node:
            try:
                wait_until(lambda: place.page(port, "readyz")[0] == 200, "it is ready all the same")
                assert place.metrics(port)["drf_decoder_landlock"] == 0
            finally:
                node.terminate()
            log = node.communicate(timeout=DEADLINE_S)[1]
        assert "level=warn what=sandbox.incomplete missing=landlock" in log, log


def has_landlock():
    """Whether this kernel has Landlock, asked of itself."""
    return _libc.syscall(confine.LANDLOCK_CREATE_RULESET, None, 0, 1) >= 1


def test_node_does_its_work_behind_the_units_filters():
    port, = free_ports(1)
    with Kafka() as kafka, Mosquitto() as mqtt, Folder("confined") as folder:
        kafka.create_topics(*place.TOPICS.values(), place.DEAD)
        kafka.produce(place.TOPICS["terrain"], place.geotiff(size=60), key="g", headers={"drf_mode": "LIVE"})
        kafka.produce(place.TOPICS["forecast"], place.grib(), key="w", headers={"drf_mode": "LIVE"})
        made = place.configuration(kafka.bootstrap, mqtt, http=port)
        made["store"]["path"] = f"{folder.path}/region.gpkg"
        made["journal"] = {"path": f"{folder.path}/node.mcap"}
        path = folder.path / "node.yaml"
        path.write_text(json.dumps(made))
        with managed() as manager, subprocess.Popen(
                [sys.executable, CONFINE, UNIT, BIN / "drf-edge", "run", "--config", path], stderr=subprocess.PIPE,
                text=True, env={**os.environ, **manager.environment()}) as node:
            try:
                manager.wait("READY=1")
                # Ready means caught up: nothing needs to be waited for.
                assert place.applied(port, "terrain") == 1 and place.applied(port, "forecast") == 1
                assert place.metrics(port)["drf_decoder_landlock"] == has_landlock()
                assert place.metrics(port)["drf_journal_recording"] == 1
            finally:
                node.terminate()
            log = node.communicate(timeout=DEADLINE_S)[1]
            assert node.returncode == 0 and manager.count("STOPPING=1") == 1, log
            assert "level=error" not in log, log


def test_binaries_are_hardened():
    for name in ("drf-edge", "drf-sim"):
        told = subprocess.run(["readelf", "-hldW", BIN / name], check=True, capture_output=True, text=True).stdout
        wanted = subprocess.run(["nm", "-D", "--undefined-only", BIN / name], check=True, capture_output=True,
                                text=True).stdout
        assert re.search(r"Type:\s+DYN", told) and re.search(r"FLAGS_1.*PIE", told), told
        assert "GNU_RELRO" in told and re.search(r"FLAGS_1.*NOW", told), told
        assert re.search(r"GNU_STACK.* RW ", told), told
        assert "__stack_chk_fail" in wanted, name
        if "asan" not in wanted and "tsan" not in wanted:  # a sanitizer sees more without it
            checked = set(re.findall(r"__(\w+)_chk\b", wanted))
            assert {"snprintf", "memcpy"} & checked and len(checked) >= 4, (name, checked)


main(globals())
