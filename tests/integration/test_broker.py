#!/usr/bin/python3
# tests/integration/test_broker.py - the embedded Kafka holds national files, and says aloud what it drops.
# SPDX-License-Identifier: Apache-2.0
# Takes: 17 s
import contextlib
import os
import re
import subprocess

import confluent_kafka
from drf_fixture import BIN, DEADLINE_S, Folder, Mosquitto, Node, Process, free_ports, main, real_data, wait_until
from fixture import place

COPIES = 8  # of Canada's file of obstacles, 15 MB: three times of what a partition keeps
KEPT_MB = 5  # librdkafka's mock cluster: a partition


@contextlib.contextmanager
def broker(folder, *options):
    """Its address and its log."""
    port = folder.path / "port"
    running = Process("broker", [BIN / "drf-sim", "broker", *options, "--port-file", port], folder.path / "broker.log")
    try:
        running.wait_ready(lambda: port.exists() and port.read_text().strip())
        yield f"127.0.0.1:{port.read_text().strip()}", running.log_text
    finally:
        running.kill()


def publish(bootstrap, topic, form, *files):
    said = subprocess.run([BIN / "drf-sim", "publish", "--bootstrap", bootstrap, "--topic", topic, "--format", form,
                           "--mode", "LIVE", *files], check=True, timeout=DEADLINE_S, stdout=subprocess.PIPE, text=True).stdout
    return int(re.search(rf"^{re.escape(topic)}: (\d+) messages", said, re.M)[1])


def offsets(bootstrap, topic):
    """First offset and end of each partition, as another client sees them."""
    client = confluent_kafka.Consumer({"bootstrap.servers": bootstrap, "group.id": "t"})
    try:
        partitions = client.list_topics(topic, timeout=DEADLINE_S).topics[topic].partitions
        return [client.get_watermark_offsets(confluent_kafka.TopicPartition(topic, number), timeout=DEADLINE_S)
                for number in partitions]
    finally:
        client.close()


def test_national_files_are_there_for_a_node_that_comes_late():
    canada, dted = real_data("obstacles", "Canada.Dat"), real_data("terrain", "n43.dt0")
    port, = free_ports(1)
    with Folder("broker") as folder, Mosquitto(users=[]) as mqtt, broker(folder, "--topics", "dof,dem") as (kafka, log):
        files = [folder.path / f"canada-{i}.dat" for i in range(COPIES)]
        for file in files:
            file.symlink_to(canada)
        sent = publish(kafka, "dof", "dof", *files)
        assert COPIES * canada.stat().st_size > 2 * KEPT_MB * 1e6
        publish(kafka, "dem", "dted", dted)
        seen = offsets(kafka, "dof")
        assert all(first == 0 for first, _ in seen) and sum(end for _, end in seen) == sent, (sent, seen)
        made = place.configuration(kafka, mqtt, http=port)
        made["region"]["bounds"] = [-80, 43, -79, 44]
        made["feeds"] = [{"name": "dof", "topic": "dof", "kind": "obstacle"},
                         {"name": "dem", "topic": "dem", "kind": "terrain", "format": "dted", "vertical_acc95_m": 10}]
        del made["dead_letters"]
        with Node(made):
            def taken(feed):
                return sum(value for name, value in place.metrics(port).items()
                           if name.startswith(f'drf_feed_messages_total{{feed="{feed}"'))
            wait_until(lambda: taken("dem") == 1 and taken("dof") == sent, "the node has read all")
        assert "WARNING" not in log(), log()


def test_what_it_drops_it_says():
    with Folder("drop") as folder, broker(folder, "--topics", "hgt", "--partitions", "1") as (kafka, log):
        # Noise cannot be compressed: three cells of 2.9 MB in one partition of 5 MB.
        files = [folder.path / f"N43W0{west}.hgt" for west in (78, 79, 80)]
        for file in files:
            file.write_bytes(os.urandom(1201 * 1201 * 2))
        publish(kafka, "hgt", "hgt", *files)
        (first, end), = offsets(kafka, "hgt")
        assert first > 0, "nothing was dropped"

        def told():
            said = re.findall(r"WARNING: hgt, partition 0: dropped .*\((\d+) in all, (\d+) left\)", log())
            return said and tuple(map(int, said[-1])) == (first, end - first)
        wait_until(told, f"the broker says that {first} are gone and {end - first} left")


main(globals())
