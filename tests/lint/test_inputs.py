#!/usr/bin/python3
# tests/lint/test_inputs.py - tests/lint/inputs.py finds each way past the ports.
# SPDX-License-Identifier: Apache-2.0
import pathlib
import shutil
import tempfile

import inputs

TOP = pathlib.Path(__file__).resolve().parents[2]
BROKEN = [
    ("edge/serve/schedule.c", "static long now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec; }",
     "clock_gettime() inside a step"),
    ("edge/ingest/feed.c", "static int read_it(int fd) { char b; return (int)recv(fd, &b, 1, 0); }", "recv() inside a step"),
    ("fusion/reason/reasoners.c", 'static const char *of_the_machine(void) { return getenv("HOME"); }', "getenv() inside a step"),
    ("edge/serve/fleet/fleet.c", "static int chance(void) { return rand(); }", "rand() inside a step"),
    ("edge/serve/patch.c", "static int shared(_Atomic int *x) { return atomic_load(x); }", "memory that another thread writes"),
    ("edge/serve/dispatch.c", "static uint32_t all(struct edge_health *h) { return edge_health_all(h); }",
     "edge_health_all() beside its port"),
]


def copy(folder):
    for name in [*inputs.INSIDE, "edge/kafka", "edge/config", "edge/inputs", "edge/service"]:
        shutil.copytree(TOP / name, folder / name, dirs_exist_ok=True)


def main():
    with tempfile.TemporaryDirectory() as made:
        folder = pathlib.Path(made)
        copy(folder)
        assert inputs.look(folder)[1] == [], inputs.look(folder)[1]
        for name, line, expected in BROKEN:
            before = (folder / name).read_text()
            (folder / name).write_text(before + line + "\n")
            breaches = inputs.look(folder)[1]
            assert len(breaches) == 1 and expected in breaches[0] and breaches[0].startswith(name), (name, breaches)
            (folder / name).write_text(before)
        header = folder / "edge/inputs/inputs.h"
        header.write_text(header.read_text().replace("    EDGE_INPUT_NUMBERS,", "    EDGE_INPUT_FORGOTTEN,\n    EDGE_INPUT_NUMBERS,"))
        assert inputs.look(folder)[1] == ["edge/inputs/inputs.h: EDGE_INPUT_FORGOTTEN has no port"]
    print("inputs.py finds all of them")


main()
