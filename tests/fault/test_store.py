#!/usr/bin/python3
# tests/fault/test_store.py - a store that is damaged, another's, or on a full disk: the node serves on and says so.
# SPDX-License-Identifier: Apache-2.0
# Takes: 50 s
import os
import pathlib
import signal
import sqlite3
import subprocess

from drf_fixture import BIN, DEADLINE_S, Folder, main, shared_kafka, skip, wait_until
from fixture.fed import Fed, record

AT = 1_700_000_000_000


def towers(numbers, turn=0):
    return [dict(key=f"36-{i:06d}", value=record(i, 300 + 10 * turn), timestamp_ms=AT + 100_000 * turn + i)
            for i in numbers]


def settled(node):
    return node.caught_up() and node.metric("drf_store_pending_bytes") == 0


def caught_up(kafka, node, count=1000):
    kafka.create_topics("obstacles", "dead")
    kafka.produce_all("obstacles", towers(range(count)))
    node.start()
    wait_until(lambda: settled(node) and node.taken() == count, "the node to catch up")


def is_rebuilt(node, expected):
    node.wait_log("what=store.set_aside")
    wait_until(lambda: settled(node), "the store to be built anew")
    assert node.metric("drf_store_set_aside_total") == 1
    aside = [path for path in node.folder.path.iterdir() if ".damaged-" in path.name and path.suffix != ".log"]
    assert aside, "nothing was set aside"
    assert node.stop() == 0
    assert node.digest() == expected
    with sqlite3.connect(f"file:{node.store_path()}?mode=ro", uri=True) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def damaged_by(damage):
    with shared_kafka() as kafka, Fed(kafka.bootstrap) as node:
        caught_up(kafka, node)
        assert node.stop() == 0
        expected = node.digest()
        damage(pathlib.Path(node.store_path()))
        node.start()
        is_rebuilt(node, expected)


def test_torn_store_is_set_aside_and_rebuilt():
    damaged_by(lambda path: os.truncate(path, path.stat().st_size // 2))


def test_store_of_rubbish_is_set_aside_and_rebuilt():
    damaged_by(lambda path: path.write_bytes(os.urandom(path.stat().st_size)))


def flip_a_record(path):
    """One bit in what an obstacle said: SQLite finds nothing wrong with it, the checksum does."""
    with sqlite3.connect(path) as db:
        row, items = db.execute("SELECT id, items FROM drf_record ORDER BY id LIMIT 1 OFFSET 500").fetchone()
    content = bytearray(path.read_bytes())
    at = content.find(items)
    assert at > 0, row
    content[at + len(items) // 2] ^= 0x10
    path.write_bytes(content)


def test_bit_flipped_in_a_record_is_found_and_the_store_rebuilt():
    damaged_by(flip_a_record)


def test_second_node_on_the_same_store_is_refused_with_a_clear_word():
    with shared_kafka() as kafka, Fed(kafka.bootstrap) as node:
        caught_up(kafka, node)
        run = subprocess.run([BIN / "drf-edge", "run", "--config", node.config_path], capture_output=True, text=True,
                             timeout=DEADLINE_S)
        assert run.returncode == 1, run
        assert "store.busy" in run.stderr and "another program is writing this store" in run.stderr, run.stderr
        kafka.produce_all("obstacles", towers(range(1000, 1100)))
        wait_until(lambda: node.taken() == 1100, "the first node to go on")
        assert not list(node.folder.path.glob("*.damaged-*"))


def test_log_pinned_by_a_long_reader_is_reported():
    with shared_kafka() as kafka, Fed(kafka.bootstrap) as node:
        caught_up(kafka, node, 200)
        reader = sqlite3.connect(f"file:{node.store_path()}?mode=ro", uri=True, isolation_level=None)
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM drf_identity").fetchone()[0] >= 200
        turn = 0

        def pinned():
            nonlocal turn
            turn += 1
            kafka.produce_all("obstacles", towers(range(2000), turn))
            return node.metric("drf_store_wal_pinned_bytes") >= 16 << 20
        wait_until(pinned, "the pinned log to be counted")
        node.wait_log("what=store.log_pinned")
        reader.close()
        kafka.produce_all("obstacles", towers(range(2000), turn + 1))

        def released():
            nonlocal turn
            turn += 1
            kafka.produce_all("obstacles", towers(range(500), turn + 1))
            return "what=store.log_released" in node.log_text()
        wait_until(released, "the log to be released")


class SmallDisk:
    """A tmpfs; the only disk that fills up when asked to."""

    def __init__(self, size_mb):
        self.size_mb = size_mb
        self.folder = Folder("disk")

    def __enter__(self):
        if os.geteuid() != 0:
            skip("only root can mount a small disk")
        self.folder.__enter__()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self.size_mb}m", "tmpfs", self.folder.path],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            self.folder.__exit__(None, None, None)
            skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
        return self

    def __exit__(self, *why):
        subprocess.run(["umount", "-l", self.folder.path], check=False)
        self.folder.__exit__(*why)


def test_full_disk_is_served_through_and_said_and_recovered_from():
    with SmallDisk(64) as disk, shared_kafka() as kafka:
        store = str(disk.folder.path / "region.gpkg")
        with Fed(kafka.bootstrap, path=store, limits={"discover_s": 1, "pending_max_mb": 1}) as node:
            caught_up(kafka, node, 200)
            free = os.statvfs(disk.folder.path)
            ballast = disk.folder.path / "ballast"
            try:
                with open(ballast, "wb") as file:
                    file.write(b"\0" * max(0, free.f_bavail * free.f_frsize - (64 << 10)))
            except OSError:  # the node was quicker: full all the same
                pass
            turn, taken = 0, node.taken()

            def failing():
                nonlocal turn
                turn += 1
                kafka.produce_all("obstacles", towers(range(1000 * turn, 1000 * turn + 1000)))
                return "what=store.failing" in node.log_text()
            wait_until(failing, "the disk to be full")
            assert "store" in node.waits_for()
            assert node.ask("healthz") != "", "the node is not alive"
            for _ in range(15):
                turn += 1
                kafka.produce_all("obstacles", towers(range(1000 * turn, 1000 * turn + 1000)))
            wait_until(lambda: node.metric("drf_store_pending_bytes") >= 1 << 20, "the bound to be reached")
            assert node.taken() > taken, "nothing was folded on"
            assert node.metric("drf_store_commit_failures_total") > 0
            held = node.taken()
            assert node.metric("drf_store_pending_bytes") < 8 << 20, "pending work is not bounded"
            assert held < 200 + turn * 1000, "feeds were not paused"
            ballast.unlink()
            node.wait_log("what=store.recovered")
            wait_until(lambda: settled(node) and node.taken() == 200 + turn * 1000, "everything to be read")
            assert node.stop() == 0
            digest = node.digest()
        with Fed(kafka.bootstrap) as calm:
            wait_until(lambda: settled(calm), "a calm node to catch up")
            calm.stop()
            assert digest == calm.digest()


def test_start_on_a_full_disk_waits_for_room_and_says_so():
    with SmallDisk(8) as disk, shared_kafka() as kafka:
        store = str(disk.folder.path / "region.gpkg")
        ballast = disk.folder.path / "ballast"
        with Fed(kafka.bootstrap, path=store) as node:
            node.stop()
            kafka.create_topics("obstacles")
            kafka.produce_all("obstacles", towers(range(200)))
            for left in disk.folder.path.iterdir():
                left.unlink()
            with open(ballast, "wb", buffering=0) as file:
                try:
                    while True:
                        file.write(b"\0" * 4096)
                except OSError:
                    pass
            assert os.statvfs(disk.folder.path).f_bavail == 0
            node.start()
            waiting = "what=node.waiting for=store"
            node.wait_log(waiting)
            assert "database or disk is full" in node.log_text(), node.log_text()
            assert node.process.alive()
            assert node.stop() == 0  # told to stop while it waits
            node.start()
            wait_until(lambda: node.log_text().count(waiting) == 2, "the second start to wait")
            node.process.signal(signal.SIGHUP)  # the configuration is read again, and it waits on
            node.wait_log("what=reload.done")
            node.write_config("nonsense")
            node.process.signal(signal.SIGHUP)
            node.wait_log("what=reload.refused")
            ballast.unlink()
            node.wait_log("what=node.recovered for=store")
            wait_until(lambda: settled(node) and node.taken() == 200, "the node to catch up")
            assert node.log_text().count(waiting) == 2, "said more than once"
            assert node.stop() == 0
            digest = node.digest()
        with Fed(kafka.bootstrap) as calm:
            wait_until(lambda: settled(calm), "a calm node to catch up")
            calm.stop()
            assert digest == calm.digest()


main(globals())
