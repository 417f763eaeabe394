#!/usr/bin/python3
# tests/integration/test_backup.py - a backup restored under another node; what `support` packs and what it leaves out.
# SPDX-License-Identifier: Apache-2.0
# Takes: 15 s
import json
import shutil
import subprocess
import tarfile

from drf_fixture import BIN, DEADLINE_S, Folder, Mosquitto, main, shared_kafka, wait_until
from fixture.fed import Fed, record

PASSWORDS = {"mqtt": "mqtt-password-1", "sasl.password": "kafka-password-2", "ssl.key.password": "key-password-3"}


def settled(node, messages):
    wait_until(lambda: node.taken() >= messages and node.caught_up(), f"{messages} messages")


def test_a_backup_restored_under_a_new_node_reads_on_where_it_was_made():
    with shared_kafka() as kafka, Folder("backup") as folder:
        kafka.create_topics("obstacles", "dead")
        kafka.produce_all("obstacles", [{"key": f"a-{i}", "value": record(i)} for i in range(20)])
        backup = folder.path / "backup.gpkg"
        with Fed(kafka.bootstrap) as node:
            settled(node, 20)
            subprocess.run([BIN / "drf-edge", "export", "--store", node.store_path(), "--backup", "--out", backup], check=True,
                           timeout=DEADLINE_S, stdout=subprocess.DEVNULL)
            at_backup = node.digest()
            kafka.produce_all("obstacles", [{"key": f"b-{i}", "value": record(100 + i, minute=10)} for i in range(10)]
                              + [{"key": "a-3", "value": None}])
            settled(node, 31)
            assert node.stop() == 0
            expected = node.digest()
        assert expected != at_backup
        store = folder.path / "restored.gpkg"
        shutil.copyfile(backup, store)
        again = Fed(kafka.bootstrap, path=str(store))
        again.config["node"]["id"] = "replacement"
        with Fed("127.0.0.1:9", path=str(store)) as alone:
            wait_until(lambda: "kafka" in alone.ask("readyz"), "a node without Kafka")
            assert alone.digest() == at_backup, "the backup is the store of that moment"
            assert alone.stop() == 0
        with again:
            settled(again, 11)
            assert again.taken() == 11, "it read on, not from the beginning"
            assert again.stop() == 0
            assert again.digest() == expected


def support(config, *arguments, code=0):
    done = subprocess.run([BIN / "drf-edge", "support", "--config", config, *map(str, arguments)], capture_output=True,
                          text=True, timeout=DEADLINE_S)
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return done.stdout + done.stderr


def members(tar):
    with tarfile.open(tar) as file:
        return {member.name.split("/")[-1]: file.extractfile(member).read().decode() for member in file if member.isfile()}


def test_support_packs_what_helps_and_no_secret():
    with Mosquitto() as mqtt, Fed("127.0.0.1:9") as node:
        folder = node.folder.path
        told = json.loads(node.config_path.read_text())
        told["mqtt"] = {"host": mqtt.host, "port": mqtt.port, "username": "drf-node", "password": PASSWORDS["mqtt"]}
        told["kafka"] |= {"security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN", "sasl.username": "somebody",
                          "sasl.password": PASSWORDS["sasl.password"], "ssl.key.password": PASSWORDS["ssl.key.password"]}
        config, log, tar = folder / "support.yaml", folder / "a.log", folder / "s.tar"
        config.write_text(json.dumps(told, indent=1))
        # No log of the node has a secret; if another program's lines are among them, they are hidden.
        log.write_text("".join(f"line {i}\n" for i in range(2500)) + f"oops {PASSWORDS['sasl.password']} end\n")
        wait_until(lambda: node.ask("readyz"), "the node's HTTP")
        said = support(config, "--log", log, "--out", tar)
        found = members(tar)
        assert set(found) == {"CONTENTS.txt", "configuration.txt", "info.txt", "metrics.txt", "readyz.txt", "log.txt",
                              "versions.txt", "disk.txt"}, found.keys()
        whole = tar.read_bytes() + said.encode()
        assert not any(word.encode() in whole for word in PASSWORDS.values()), "a secret"
        assert "drf_feed_messages_total" in found["metrics.txt"] and "not ready" in found["readyz.txt"]
        assert "niagara" in found["configuration.txt"] and "kafka: sasl.password: (hidden)" in found["configuration.txt"]
        assert "bootstrap.servers: 127.0.0.1:9" in found["configuration.txt"]
        lines = found["log.txt"].splitlines()
        assert len(lines) == 2000 and lines[-1] == "oops (hidden) end" and lines[0] == "line 501", lines[:1] + lines[-1:]
        assert "librdkafka" in found["versions.txt"] and "free" in found["disk.txt"] and "obstacle" in found["info.txt"]
        for name in found:
            assert name == "CONTENTS.txt" or (name in said and name in found["CONTENTS.txt"]), said
        assert "Read the rest before you send it" in said and tar.stat().st_mode & 0o077 == 0
        # A configuration that is refused, and a log that is not there: told, and packed without.
        config.write_text("region: {id: x}\n")
        said = support(config, "--log", folder / "absent.log", "--out", tar)
        assert "not searched" in said and "gave no lines" in members(tar)["log.txt"], said


main(globals())
