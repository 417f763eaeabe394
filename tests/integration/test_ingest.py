#!/usr/bin/python3
# tests/integration/test_ingest.py - feeds from a real Kafka into the store: late brokers, kills, bad messages.
# SPDX-License-Identifier: Apache-2.0
# Takes: 50 s
import hashlib
import time

from drf_fixture import Kafka, late_s, main, shared_kafka, wait_until
from fixture.fed import Fed, record

COUNT = 3000
PARTS = 4  # one waits at the start, the others come while a killed node sleeps
STOP_GOAL_S = 8


def messages(count=COUNT):
    """Towers, every third one changed later, every tenth withdrawn at the end."""
    made = [dict(key=f"36-{i:06d}", value=record(i), timestamp_ms=1_700_000_000_000 + i) for i in range(count)]
    made += [dict(key=f"36-{i:06d}", value=record(i, 400), timestamp_ms=1_700_000_100_000 + i)
             for i in range(0, count, 3)]
    made += [dict(key=f"36-{i:06d}", value=None, timestamp_ms=1_700_000_200_000 + i) for i in range(0, count, 10)]
    return made


def divided(made):
    return [made[len(made) * part // PARTS:len(made) * (part + 1) // PARTS] for part in range(PARTS)]


def test_everything_comes_late():
    with Kafka() as kafka:
        kafka.stop()
        with Fed(kafka.bootstrap) as node:
            node.wait_log("for=kafka")
            wait_until(lambda: "kafka" in (node.waits_for() or []), "readyz to name kafka")
            kafka.start()
            node.wait_log("feed.waiting feed=dof topic=obstacles for=topic")
            kafka.create_topics("obstacles")
            kafka.produce("obstacles", record(1), key="36-000001")
            wait_until(lambda: node.taken() == 1 and node.caught_up(), "the first obstacle")
            kafka.add_partitions("obstacles", 2)
            kafka.produce("obstacles", record(2), key="36-000002", partition=1)
            wait_until(lambda: node.taken() == 2, "the obstacle in the new partition")
            kafka.kill()
            node.wait_log("for=kafka")
            kafka.start()
            kafka.produce("obstacles", record(3), key="36-000003")
            wait_until(lambda: node.taken() == 3, "the obstacle after the broker's restart")


def test_killed_three_times_in_the_middle():
    with shared_kafka() as kafka:
        kafka.create_topics("obstacles", "dead")
        parts = divided(messages())
        kafka.produce_all("obstacles", parts[0])
        with Fed(kafka.bootstrap) as killed:
            for share, part in zip((0.2, 0.3, 0.2), parts[1:]):
                wait_until(lambda goal=share * len(parts[0]): killed.taken() >= goal, "a part of the messages",
                           pause_max_s=0.02)
                killed.pause()  # however fast it is, this part is still to come when it dies
                kafka.produce_all("obstacles", part)
                killed.kill()
                killed.start()
            wait_until(killed.caught_up, "the killed node to catch up")
            starts = [line for line in killed.log_text().splitlines() if "what=feed.start" in line]
            assert starts and "why=stored" in starts[-1] and "offset=0 " not in starts[-1], starts
            killed.stop()
            told = killed.digest()
        with Fed(kafka.bootstrap) as undisturbed:
            wait_until(undisturbed.caught_up, "the undisturbed node to catch up")
            undisturbed.stop()
            expected = undisturbed.digest()
        assert expected["--truth", "obstacle"] != hashlib.sha256(b"").hexdigest(), "nothing was read"
        assert told == expected, "a killed node's store differs"


def test_bad_messages_are_dead_lettered_and_the_next_is_read():
    with shared_kafka() as kafka:
        kafka.create_topics("obstacles", "dead")
        large = b"x" * 200_000
        bad = [
            (dict(key="empty", value=b""), "EMPTY"),
            (dict(key="rubbish", value=b"\x00\xff not a record"), "FORMAT"),
            (dict(key="cut", value=record(1)[:60]), "FORMAT"),
            (dict(key="far", value=record(5).replace(b" 43 30", b" 10 30")), "OUT_OF_REGION"),
            (dict(key="sim", value=record(6), headers={"drf_mode": "SIM"}), "MODE"),
            (dict(key="when", value=record(7), headers={"ce_time": "soon"}), "ENVELOPE"),
            (dict(key="large", value=large), "TOO_LARGE"),
        ]
        offsets = kafka.produce_all("obstacles", [message for message, _ in bad])
        kafka.produce("obstacles", record(9), key="36-000009")
        with Fed(kafka.bootstrap, message_max_kb=100) as node:
            wait_until(lambda: node.metric('drf_feed_outcomes_total{feed="dof",outcome="APPLIED"}') == 1,
                       "the good message after the bad ones")
            told_of = [(one, offset) for one, offset in zip(bad, offsets) if one[1] != "OUT_OF_REGION"]
            assert node.metric('drf_feed_refusals_total{feed="dof",reason="OUT_OF_REGION"}') == 1
            letters = kafka.consume("dead", len(told_of))
            for ((message, reason), offset), (key, value, headers, _) in zip(told_of, letters):
                told = {name: text.decode() for name, text in headers.items() if name.startswith("drf_dead_")}
                assert key.decode() == message["key"], (key, message["key"])
                assert told["drf_dead_reason"] == reason, told
                assert (told["drf_dead_topic"], told["drf_dead_partition"]) == ("obstacles", "0"), told
                assert told["drf_dead_offset"] == str(offset), told
                assert (value or b"") == message["value"][:65536], f"{key}: not the original bytes"
                assert told["drf_dead_sha256"] == hashlib.sha256(message["value"]).hexdigest(), told
                assert node.metric(f'drf_feed_refusals_total{{feed="dof",reason="{reason}"}}') >= 1, reason


def test_stopped_node_ends_with_kafka_away():
    with Fed("127.0.0.1:9") as node:
        node.wait_log("for=kafka")
        began = time.monotonic()
        assert node.stop(late_s(STOP_GOAL_S)) == 0
        print(f"stopped in {time.monotonic() - began:.1f} s", flush=True)


main(globals())
