#!/usr/bin/python3
# tests/fault/test_resync.py - topics that are not what they were: the node ends as one that begins with them.
# SPDX-License-Identifier: Apache-2.0
# Takes: 80 s
"""Each time the node's content is compared with that of a node that never saw anything else, over a real Kafka."""
import sqlite3
import subprocess

from drf_fixture import BIN, DEADLINE_S, Kafka, main, shared_kafka, wait_until
from fixture.fed import Fed, record

AT = 1_700_000_000_000


def towers(numbers, turn=0):
    return [dict(key=f"36-{i:06d}", value=record(i, 300 + 10 * turn), timestamp_ms=AT + 100_000 * turn + i)
            for i in numbers]


def settled(node):
    """At the end of the feed, nothing being resynchronised, everything committed."""
    return (node.caught_up() and node.metric('drf_feed_resynchronising{feed="dof"}') == 0
            and node.metric("drf_store_pending_bytes") == 0)


def position(node):
    with sqlite3.connect(f"file:{node.store_path()}?mode=ro", uri=True) as db:
        return db.execute("SELECT next_offset FROM drf_offset WHERE topic = 'obstacles'").fetchone()[0]


class Replayed(Fed):
    """Its clock begins where it is told to."""

    def __init__(self, bootstrap, **more):
        super().__init__(bootstrap, **more)
        self.config["node"]["mode"] = "REPLAY"
        self.arguments = ["--utc-start", "2026-11-22T12:00:00Z"]


def fresh_digest(kafka, kind=Fed):
    with kind(kafka.bootstrap) as fresh:
        wait_until(lambda: settled(fresh), "a fresh node to catch up")
        fresh.stop()
        return fresh.digest()


def ends_as_fresh(node, kafka, why, once=True, fresh=Fed):
    node.wait_log(f"why={why}")
    wait_until(lambda: "what=feed.resynchronised" in node.log_text() and settled(node),
               "the node to be through with resynchronising")
    node.stop()
    digest = node.digest()
    assert digest == fresh_digest(kafka, fresh), f"{why}: not what a fresh node has"
    if once:
        node.start()
        wait_until(lambda: settled(node), "the node to catch up again")
        assert node.metric('drf_feed_resyncs_total{feed="dof"}') == 0, "read again without a reason"
        node.stop()
        assert node.digest() == digest


def anew(kafka, messages, partitions=1):
    kafka.delete_topics("obstacles")
    kafka.create_topics("obstacles", partitions=partitions)
    kafka.produce_all("obstacles", messages)


def begin(kafka, node, count=300):
    """The node meets a topic that is there and whole: found while it fills, its end would be any."""
    node.stop()
    kafka.create_topics("obstacles", "dead")
    kafka.produce_all("obstacles", towers(range(count)))
    node.start()
    wait_until(lambda: settled(node) and node.taken() == count, "the node to catch up")


def stopped_then(change, why):
    with shared_kafka() as kafka, Fed(kafka.bootstrap) as node:
        begin(kafka, node)
        node.stop()
        change(kafka)
        node.start()
        ends_as_fresh(node, kafka, why)


def test_topic_made_anew_and_shorter_while_the_node_was_down():
    stopped_then(lambda kafka: anew(kafka, towers(range(250, 350))), "offset_gone")


def test_topic_made_anew_and_longer_while_the_node_was_down():
    stopped_then(lambda kafka: anew(kafka, towers(range(100, 600), 1)), "topic_made_anew")


def test_topic_with_fewer_partitions_than_before():
    with shared_kafka() as kafka, Fed(kafka.bootstrap) as node:
        kafka.create_topics("obstacles", partitions=3)
        kafka.create_topics("dead")
        kafka.produce_all("obstacles", [dict(message, partition=i % 3) for i, message in enumerate(towers(range(90)))])
        node.start()
        wait_until(lambda: settled(node) and node.taken() == 90, "the node to catch up")
        node.stop()
        anew(kafka, towers(range(30)) + towers(range(40, 140)))
        node.start()
        ends_as_fresh(node, kafka, "fewer_partitions")


def test_topic_made_anew_while_the_node_runs():
    with shared_kafka() as kafka, Fed(kafka.bootstrap) as node:
        begin(kafka, node)
        anew(kafka, towers(range(280, 1000)))
        wait_until(lambda: "what=feed.resynchronised" in node.log_text() and position(node) == 720 and settled(node),
                   "the node to notice")
        node.stop()
        assert node.digest() == fresh_digest(kafka)


def test_topic_found_empty_then_filled_and_made_anew_between_two_looks():
    with shared_kafka() as kafka, Fed(kafka.bootstrap, limits={"discover_s": 8}) as node:
        node.stop()
        kafka.create_topics("obstacles", "dead")
        node.start()
        node.wait_log("what=feed.start")
        kafka.produce_all("obstacles", towers(range(300)))
        wait_until(lambda: settled(node) and node.taken() == 300, "the node to catch up")
        anew(kafka, towers(range(280, 1000)))
        wait_until(lambda: "what=feed.resynchronised" in node.log_text() and position(node) == 720 and settled(node),
                   "the node to notice")
        node.stop()
        assert node.digest() == fresh_digest(kafka)


def test_partitions_added_while_the_node_is_down_lose_and_repeat_nothing():
    with shared_kafka() as kafka, Fed(kafka.bootstrap) as node:
        begin(kafka, node)
        node.stop()
        kafka.add_partitions("obstacles", 4)
        kafka.produce_all("obstacles", [dict(message, partition=i % 4)
                                        for i, message in enumerate(towers(range(200, 400), 1))])
        node.start()
        wait_until(lambda: settled(node) and node.taken() == 200, "the new messages")
        assert node.metric('drf_feed_resyncs_total{feed="dof"}') == 0
        node.stop()
        assert node.digest() == fresh_digest(kafka)


def test_another_cluster():
    with Kafka() as first, Fed(first.bootstrap) as node:
        begin(first, node)
        node.stop()
        first.stop()
        with Kafka() as second:
            second.create_topics("obstacles", "dead")
            second.produce_all("obstacles", towers(range(200, 600)))
            node.config["kafka"]["bootstrap.servers"] = second.bootstrap
            node.write_config(node.config)
            node.start()
            ends_as_fresh(node, second, "another_cluster")


def test_away_for_longer_than_tombstones_live():
    """The withdrawal and its tombstone came and went while the node was away: nothing says any more that it was. The
    node's own clock says for how long."""
    with shared_kafka() as kafka, Replayed(kafka.bootstrap, store={"tombstone_horizon_s": 60}) as node:
        begin(kafka, node)
        node.stop()
        anew(kafka, towers(range(150, 300)) + towers(range(400, 700)))  # as compaction would have left it, and grown
        kafka.produce_all("obstacles", [towers([299])[0]])
        node.arguments = ["--utc-start", "2026-11-22T12:10:00Z"]
        node.start()
        ends_as_fresh(node, kafka, "tombstone_horizon", once=False, fresh=Replayed)


def test_other_terms_read_the_feed_again():
    with shared_kafka() as kafka, Fed(kafka.bootstrap, default_vertical_acc95_m=15) as node:
        begin(kafka, node)
        node.stop()
        before = node.digest()
        node.config["region"]["bounds"] = [-80, 43, -79.06, 44]
        node.config["limits"]["look_ahead_max_m"] = 500
        node.write_config(node.config)
        node.start()
        node.wait_log("why=fingerprint")
        wait_until(lambda: "what=feed.resynchronised" in node.log_text() and settled(node), "resynchronised")
        node.stop()
        assert node.digest() != before  # towers beyond the smaller region are gone
        fresh = Fed(kafka.bootstrap)
        fresh.config["region"]["bounds"] = [-80, 43, -79.06, 44]
        fresh.config["limits"]["look_ahead_max_m"] = 500
        with fresh:
            wait_until(lambda: settled(fresh), "a fresh node to catch up")
            fresh.stop()
            assert node.digest() == fresh.digest()


def missing(node):
    return node.metric('drf_feed_missing{feed="dof"}')


def test_what_retention_deleted_while_the_node_was_down_makes_the_layer_incomplete():
    """30 of 300 come again, then the others; a second time they are an edition, a third time the operator says so."""
    with shared_kafka() as kafka, Fed(kafka.bootstrap) as node:
        begin(kafka, node)
        for turn, end in enumerate(("return", "edition", "accept")):
            node.stop()
            position = kafka.end_offset("obstacles")
            kafka.produce_all("obstacles", towers(range(30), turn + 1))
            kafka.delete_records("obstacles", position + 1)  # all that was read, and one that was not
            node.start()
            node.wait_log("why=offset_gone")
            lost = 271  # of the 30 the first is gone too
            wait_until(lambda n=lost: settled(node) and missing(node) == n, "they are missed")
            assert "what=feed.incomplete" in node.log_text()

            def info(n=lost):  # of the store, which is committed a moment later
                said = subprocess.run([BIN / "drf-edge", "info", "--store", node.store_path()], check=True,
                                      timeout=DEADLINE_S, stdout=subprocess.PIPE, text=True).stdout
                return f"feed dof: {n} obstacles" in said
            wait_until(info, "the store says so too")
            rest = towers(range(300), turn + 1)
            if end == "return":
                kafka.produce_all("obstacles", [rest[0]] + rest[30:-1])
                wait_until(lambda: missing(node) == 1, "all but one have come again")
                node.stop()
                node.start()
                wait_until(lambda: settled(node) and missing(node) == 1, "one is missed still")
                kafka.produce_all("obstacles", rest[-1:])
            elif end == "edition":
                edition = {"drf_delivery": "edition", "drf_edition": "e", "drf_part": "1", "drf_parts": "1"}
                kafka.produce("obstacles", b"\r\n".join(one["value"] for one in rest), key="all",
                              timestamp_ms=AT + 10**6, headers=edition)
            else:
                node.stop()
                done = subprocess.run([BIN / "drf-edge", "accept", "--config", node.config_path, "--feed", "dof"],
                                      timeout=DEADLINE_S, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                      check=False)
                assert done.returncode == 0 and f"{lost} features taken as withdrawn" in done.stdout, done
                node.start()
            wait_until(lambda: settled(node) and missing(node) == 0, "none is missed")


def test_killed_amid_resynchronising():
    with shared_kafka() as kafka, Fed(kafka.bootstrap) as node:
        begin(kafka, node, 2000)
        node.stop()
        anew(kafka, towers(range(1500, 3000)))
        before = 0
        for share in (0.1, 0.4, 0.7):
            node.start()
            wait_until(lambda goal=share * 1500 - before: node.taken() >= goal, "a part of the messages",
                       pause_max_s=0.02)
            node.kill()
            before = position(node) % 2000  # 2000 as long as the first commit of the new topic is to come
        node.start()
        ends_as_fresh(node, kafka, "offset_gone")


main(globals())
