#!/usr/bin/python3
# tests/bench/test_bench.py - how rows are judged and written, and the Tile38 client against a server of this file.
# SPDX-License-Identifier: Apache-2.0
"""No Tile38 is installed where this is tested: the server here speaks RESP as redis.io describes it, and answers SET, DROP,
INTERSECTS and SERVER as tile38.com documents. It keeps what it was sent, so that a test sees it."""
import json
import socketserver
import threading
import unittest

import judge
import tile38


class Judged(unittest.TestCase):
    def test_a_goal_is_met_when_every_pair_meets_it(self):
        one = judge.row("fanout", "ms", [2.2, 1.1, 3.3], "a relay", [2.0, 1.0, 3.0])
        self.assertEqual((one["met"], one["value"], one["reference_value"], one["pairs"]), (True, 2.2, 2.0, 3))
        self.assertEqual((one["ratio"], one["spread"], one["reach"]), (1.1, [1.1, 1.1], 1.2))

    def test_a_goal_is_not_met_when_no_pair_meets_it(self):
        self.assertIs(judge.row("fanout", "ms", [3.0, 2.0], "a relay", [2.0, 1.0])["met"], False)

    def test_a_spread_around_what_is_to_be_reached_is_not_decided(self):
        one = judge.row("fanout", "ms", [1.0, 1.1, 9.0], "a relay", [1.0, 1.0, 1.0])
        self.assertEqual((one["met"], one["ratio"], one["spread"]), ("not decided", 1.1, [1.0, 9.0]))

    def test_the_ratio_is_of_pairs_and_not_of_medians(self):
        # medians 2 and 2; ratios 0.5, 2, 3
        self.assertEqual(judge.row("x", "ms", [1, 2, 6], "a relay", [2, 1, 2], reach=9)["ratio"], 2)

    def test_where_more_is_better_the_least_ratio_decides(self):
        for values, met in (([95, 99], True), ([94, 99], "not decided"), ([80, 94], False)):
            self.assertEqual(judge.row("saturation", "/s", values, "a relay", [100, 100])["met"], met)

    def test_a_goal_in_numbers_takes_the_place_of_the_reference(self):
        one = judge.row("push_burst", "ms", [50.0, 30.0, 20.0])
        self.assertEqual((one["reference"], one["reference_value"], one["ratio"], one["met"]),
                         ("goal", 40, 0.75, "not decided"))
        self.assertIs(judge.row("points", "a minute", [41e6, 50e6])["met"], True)

    def test_a_row_without_a_goal_is_not_judged(self):
        self.assertNotIn("met", judge.row("points_real", "a minute", [1.0, 2.0]))

    def test_several_runs_of_a_program_are_pairs(self):
        runs = [[{"bench": "start", "value": value, "unit": "ms", "reference": "r", "reference_value": 2.0, "ratio": 0,
                  "reach": 3.0, "met": True, "open_ms": value}] for value in (4.0, 2.0, 3.0)]
        one, = judge.merged(runs)
        self.assertEqual((one["value"], one["spread"], one["reach"], one["met"], one["open_ms"]),
                         (3.0, [1.0, 2.0], 1.5, "not decided", 3.0))

    def test_a_program_may_print_its_pairs(self):
        line = {"bench": "start", "unit": "ms", "reference": "r", "pairs": [[2.0, 2.0], [4.0, 2.0], [2.8, 2.0]]}
        one, = judge.merged([[line], [{**line, "pairs": [[1.0, 2.0], [3.2, 2.0]]}]])
        self.assertEqual((one["pairs"], one["ratio"], one["spread"], one["met"]), (5, 1.4, [0.5, 2.0], "not decided"))

    def test_a_program_that_judges_is_followed_where_there_is_no_goal_here(self):
        def line(value, met):
            return {"bench": "new", "value": value, "unit": "/s", "reference": "r", "reference_value": 1.0, "ratio": value,
                    "reach": 2.0, "met": met}
        self.assertIs(next(judge.merged([[line(3.0, True)], [line(2.5, True)]]))["met"], True)
        self.assertEqual(next(judge.merged([[line(3.0, True)], [line(1.5, False)]]))["met"], "not decided")
        self.assertIs(next(judge.merged([[line(1.5, True)], [line(1.0, True)]]))["met"], True)  # less is better

    def test_nothing_where_nothing_may_be(self):
        line = {"bench": "skipped", "value": 0.0, "unit": "frames", "reference": "g", "reference_value": 0.0, "ratio": 0.0,
                "reach": 1, "met": True}
        self.assertIs(next(judge.merged([[line]]))["met"], True)
        self.assertEqual(next(judge.merged([[line], [{**line, "value": 3.0}]]))["met"], "not decided")


class Written(unittest.TestCase):
    def test_every_row_has_every_column(self):
        page = judge.table([judge.row("fanout", "ms", [2.0, 4.0], "a relay", [2.0, 2.0], p50=0.5, reference_p50=0.25),
                            judge.row("serve_step", "contexts/s", [7.0])], "# Benchmarks")
        rows = [line for line in page.splitlines() if line.startswith("|")]
        self.assertEqual({line.count("|") for line in rows}, {13})
        self.assertEqual(rows[2], "| fanout | 3 | 0.5 | ms | a relay | 2 | 0.25 | 1.5 | 1 .. 2 | 2 | 1.2 | not decided |")

    def test_what_was_written_below_the_table_stays(self):
        page = judge.table([], "# Benchmarks\n\nnew", "# Benchmarks\n\nold\n\n## What is left\n\nA gap.\n")
        self.assertIn("new", page)
        self.assertNotIn("old", page)
        self.assertTrue(page.endswith("\n## What is left\n\nA gap.\n"))


class Server(socketserver.StreamRequestHandler):
    """Commands in arrays of bulk strings; nothing else is understood."""

    def handle(self):
        while head := self.rfile.readline():
            words = []
            for _ in range(int(head[1:])):
                size = int(self.rfile.readline()[1:])
                words.append(self.rfile.read(size + 2)[:-2])
            self.server.said.append(words)
            self.wfile.write(self.answer(words))

    def answer(self, words):
        if words[0] == b"SET" and words[3] in (b"OBJECT", b"POINT"):
            return b"+OK\r\n"
        if words[0] == b"DROP":
            return b":1\r\n"
        if words[0] == b"INTERSECTS" and words[2:4] == [b"IDS", b"CIRCLE"]:
            return b"*2\r\n:0\r\n*2\r\n$10\r\nZONE000001\r\n$-1\r\n"
        if words[0] == b"SERVER":
            return b"*4\r\n$2\r\nid\r\n$1\r\na\r\n$14\r\nin_memory_size\r\n$4\r\n4711\r\n"
        return b"-ERR unknown command\r\n"


class Clients(unittest.TestCase):
    def setUp(self):
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Server)
        self.server.daemon_threads = True
        self.server.said = []
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"127.0.0.1:{self.server.server_address[1]}"

    def tearDown(self):
        self.server.shutdown()
        self.server.server_close()

    def test_zones_go_as_polygons_around_their_circles(self):
        with tile38.Tile38(self.address) as client:
            client.drop("zones")
            self.assertGreater(client.load("zones", [(47.0, 8.0, 1000.0), (0.0, 0.0, 111320.0)] * 600, at_once=500), 0)
        sets = [words for words in self.server.said if words[0] == b"SET"]
        self.assertEqual((len(sets), sets[0][1:4], sets[1199][2]), (1200, [b"zones", b"ZONE000000", b"OBJECT"], b"ZONE001199"))
        ring, = json.loads(sets[1][4])["coordinates"]
        self.assertEqual((ring[0], ring[0], len(ring)), ([0.0, 1.0], ring[-1], 17))  # one degree north of 0 N 0 E

    def test_reports_are_a_position_and_a_question_each(self):
        with tile38.Tile38(self.address) as client:
            found = client.reports((8.0, 47.0, 9.0, 48.0), 10, 200, 0.5)
        kinds = [words[0] for words in self.server.said]
        self.assertEqual((kinds.count(b"SET"), kinds.count(b"INTERSECTS")), (100, 100))
        self.assertTrue(0 < found["p50_ms"] <= found["p99_ms"], found)
        lat, lon = (float(word) for word in self.server.said[0][4:6])
        self.assertTrue(47 <= lat <= 48 and 8 <= lon <= 9, (lat, lon))

    def test_an_error_and_an_end_are_told(self):
        with tile38.Tile38(self.address) as client:
            self.assertEqual(client.memory_bytes(), 4711)
            with self.assertRaisesRegex(tile38.Refused, "unknown command"):
                client.ask("NONSENSE")


if __name__ == "__main__":
    unittest.main()
