#!/usr/bin/python3
# tests/integration/test_deadletters.py - dead letters wait in the store while Kafka does not take them.
# SPDX-License-Identifier: Apache-2.0
import subprocess

from drf_fixture import BIN, DEADLINE_S, Folder, Mosquitto, Node, free_ports, main, shared_kafka, wait_until
from fixture import place

TOWERS = place.TOPICS["towers"]


def deadletters(node, *words):
    done = subprocess.run([BIN / "drf-edge", "deadletters", "--config", node.config_path, *words], timeout=DEADLINE_S,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout


def check_waiting(kafka, node, port):
    """No topic takes them: they wait, through the death of the node, and come when the topic does."""
    kafka.produce_all(TOWERS, [dict(value=b"broken %d" % i, key=f"k{i}") for i in range(3)])
    wait_until(lambda: place.metrics(port).get("drf_dead_letters_kept") == 3, "three letters are kept")
    wait_until(lambda: deadletters(node)[1].count("store:") == 3, "they are in the file")
    node.process.kill()
    node.start()
    wait_until(lambda: place.metrics(port).get("drf_dead_letters_kept") == 3, "they are kept after a death")
    kafka.create_topics(place.DEAD)
    letters = kafka.consume(place.DEAD, 3)
    assert sorted(letter[0] for letter in letters) == [b"k0", b"k1", b"k2"], letters
    assert all(letter[1].startswith(b"broken") and letter[2]["drf_dead_reason"] == b"FORMAT" for letter in letters)
    wait_until(lambda: place.metrics(port).get("drf_dead_letters_kept", 0) == 0, "none is kept any more")


def check_resubmit(kafka, node):
    wait_until(lambda: "3 dead letters" in deadletters(node, "list")[1], "what was kept is forgotten in the file")
    code, text = deadletters(node, "list")
    assert code == 0 and "0:0 " in text and "reason=FORMAT" in text, text
    end = kafka.end_offset(TOWERS)
    code, text = deadletters(node, "resubmit", "0:1")
    assert code == 0 and "1 sent, 1 delivered" in text, text
    letter = kafka.consume(place.DEAD, 2)[1]
    again = kafka.consume(TOWERS, 1, offset=end)[0]
    assert again[:2] == letter[:2] and not any(name.startswith("drf_dead") for name in again[2]), again
    # Its time is that of the original: an old message does not become the newest of its key.
    times = kafka.kcat_consume(TOWERS, end + 1, form="%k %T\n").splitlines()
    assert times[-1] == again[0] + b" " + letter[2]["drf_dead_time_ms"] and times.count(times[-1]) == 2, times
    code, text = deadletters(node, "resubmit", "0:77")
    assert code == 1 and "0 of 1 were found" in text, text


def test_letters_wait_in_the_store_and_can_be_sent_again():
    port, = free_ports(1)
    with shared_kafka() as kafka, Mosquitto() as mqtt:
        kafka.create_topics(*place.TOPICS.values())
        with Node(place.configuration(kafka.bootstrap, mqtt, http=port)) as node:
            wait_until(lambda: place.page(port, "readyz")[0] == 200, "the node is ready")
            check_waiting(kafka, node, port)
            check_resubmit(kafka, node)
            assert node.stop() == 0


def test_a_node_killed_with_letters_under_way_loses_none():
    port, = free_ports(1)
    with shared_kafka() as kafka, Mosquitto() as mqtt:
        kafka.create_topics(*place.TOPICS.values(), place.DEAD)
        with Node(place.configuration(kafka.bootstrap, mqtt, http=port)) as node:
            sent = set()
            for turn in range(3):
                wait_until(lambda: place.page(port, "readyz")[0] == 200, "the node is ready")
                keys = [f"{turn}-{i}" for i in range(500)]
                kafka.produce_all(TOWERS, [dict(value=b"broken", key=key) for key in keys])
                sent |= {key.encode() for key in keys}
                wait_until(lambda: kafka.end_offset(place.DEAD) > 0 and place.refusals(port, "towers", "FORMAT") > 0,
                           "letters are under way")
                node.process.kill()
                node.start()

            def told():
                end = kafka.end_offset(place.DEAD)
                return end >= len(sent) and {one[0] for one in kafka.consume(place.DEAD, end)} == sent

            wait_until(told, "a letter for each broken message, some of them twice")
            wait_until(lambda: place.metrics(port).get("drf_dead_letters_kept") == 0, "none is kept any more")
            assert node.stop() == 0


def test_a_node_that_ends_keeps_what_kafka_did_not_take():
    port, = free_ports(1)
    with shared_kafka() as kafka, Mosquitto() as mqtt:
        kafka.create_topics(*place.TOPICS.values())
        with Node(place.configuration(kafka.bootstrap, mqtt, http=port)) as node:
            wait_until(lambda: place.page(port, "readyz")[0] == 200, "the node is ready")
            kafka.produce(TOWERS, b"broken", key="last")
            wait_until(lambda: place.refusals(port, "towers", "FORMAT") == 1, "it is refused")
            assert node.stop() == 0
            code, text = deadletters(node)
            assert "store:" in text and "key=\"last\"" in text, text


def test_a_flood_of_refusals_loses_none_while_kafka_answers():
    """More than wait in the store and are under way together, sent before the node begins to read."""
    port, = free_ports(1)
    with shared_kafka() as kafka, Mosquitto() as mqtt:
        kafka.create_topics(*place.TOPICS.values(), place.DEAD)
        keys = [b"flood-%d" % i for i in range(10_000)]
        kafka.produce_all(TOWERS, [dict(value=b"broken", key=key.decode()) for key in keys])
        kafka.produce(place.TOPICS["cranes"], place.feature("crane-1", 47.05, 8.05), key="crane-1")
        with Node(place.configuration(kafka.bootstrap, mqtt, http=port)) as node:
            wait_until(lambda: place.refusals(port, "towers", "FORMAT") == len(keys), "all are refused")
            wait_until(lambda: place.metrics(port).get("drf_dead_letters_kept") == 0, "none is kept any more")
            wait_until(lambda: place.applied(port, "cranes") == 1, "the other feed is read")
            assert place.metrics(port).get("drf_dead_letters_lost_total", 0) == 0
            wait_until(lambda: kafka.end_offset(place.DEAD) >= len(keys), "every letter is there")
            letters = kafka.consume(place.DEAD, kafka.end_offset(place.DEAD))
            assert len(letters) == len(keys) and {letter[0] for letter in letters} == set(keys)
            assert node.stop() == 0


def test_what_kafka_does_not_take_is_kept_up_to_the_bound_and_the_rest_is_counted():
    port, = free_ports(1)
    with shared_kafka() as kafka, Mosquitto() as mqtt:
        kafka.create_topics(*place.TOPICS.values())  # and nobody takes dead letters
        kafka.produce_all(TOWERS, [dict(value=b"broken", key=f"k{i}") for i in range(3000)])
        with Node(place.configuration(kafka.bootstrap, mqtt, http=port)) as node:
            wait_until(lambda: place.refusals(port, "towers", "FORMAT") == 3000, "all are refused")

            def told():
                now = place.metrics(port)
                return now["drf_dead_letters_kept"], now["drf_dead_letters_lost_total"]

            wait_until(lambda: sum(told()) == 3000, "each is kept or counted as lost")
            kept, lost = told()
            assert kept >= 1000 and lost > 0, (kept, lost)
            kafka.create_topics(place.DEAD)
            wait_until(lambda: place.metrics(port).get("drf_dead_letters_kept") == 0, "they are sent")
            assert kafka.end_offset(place.DEAD) == kept and told() == (0, lost)
            assert node.stop() == 0


def test_a_national_file_is_a_count():
    """1,200 towers elsewhere: a message each, then as drf-sim publishes the file."""
    port, = free_ports(1)
    with shared_kafka() as kafka, Mosquitto() as mqtt, Folder("national") as folder:
        kafka.create_topics(*place.TOPICS.values(), place.DEAD)
        records = [place.dof(i, 30 + i % 10, -100 + i / 100, 100, 1700) for i in range(1, 1201)]
        kafka.produce_all(TOWERS, [dict(value=record, key=f"99-{i:06d}") for i, record in enumerate(records)])
        with Node(place.configuration(kafka.bootstrap, mqtt, http=port)) as node:
            wait_until(lambda: place.refusals(port, "towers", "OUT_OF_REGION") == 1200, "all are counted")
            file = folder.path / "nation.dat"
            file.write_bytes(b"".join(records))
            subprocess.run([BIN / "drf-sim", "publish", "--bootstrap", kafka.bootstrap, "--topic", TOWERS,
                            "--kind", "dof", "--mode", "LIVE", file], check=True, timeout=DEADLINE_S)
            assert kafka.end_offset(TOWERS) == 1200 + 4, "not 300 records a message"
            wait_until(lambda: place.refusals(port, "towers", "OUT_OF_REGION") == 1204, "so are those")
            kafka.produce(TOWERS, b"broken", key="last")
            letters = kafka.consume(place.DEAD, 1)
            assert letters[0][0] == b"last" and kafka.end_offset(place.DEAD) == 1, letters
            assert node.log_text().count("what=feed.outside") < 5
            assert node.stop() == 0


def test_dead_letters_do_not_go_round_between_two_nodes():
    ports = free_ports(2)
    with shared_kafka() as kafka, Mosquitto() as mqtt, Mosquitto() as other:
        kafka.create_topics(*place.TOPICS.values(), place.DEAD)
        first = place.configuration(kafka.bootstrap, mqtt, http=ports[0])
        second = place.configuration(kafka.bootstrap, other, http=ports[1])
        second["feeds"] = [dict(second["feeds"][1], topic=place.DEAD)]
        second["dead_letters"]["topic"] = TOWERS  # what the first one reads
        with Node(first) as node, Node(second) as back:
            for port in ports:
                wait_until(lambda p=port: place.page(p, "readyz")[0] == 200, "both are ready")
            kafka.produce(TOWERS, b"broken", key="k")
            wait_until(lambda: place.refusals(ports[1], "towers", "ENVELOPE") == 1, "the other has the letter")
            kafka.produce(TOWERS, b"broken", key="l")
            wait_until(lambda: place.refusals(ports[1], "towers", "ENVELOPE") == 2, "and the next one")
            assert kafka.end_offset(TOWERS) == 2 and kafka.end_offset(place.DEAD) == 2
            assert "done=dropped" in back.log_text()
            assert node.stop() == 0 and back.stop() == 0


main(globals())
