# tests/replay/importers/mutate.py - the importers on files with changed bytes and words.
# SPDX-License-Identifier: Apache-2.0
"""mutate.py FOLDER KIND=FILE...: prints how many were taken and refused, and what raised anything else."""
import contextlib
import io
import json
import pathlib
import random
import re
import sys
import traceback

from drf_recording import cli

TIMES = 60
OPTIONS = {"ulog": ["--datum", "amsl-egm96"], "dataflash": ["--datum", "amsl-egm96"], "tlog": [], "readsb": ["--datum", "ellipsoid"],
           "opensky": ["--datum", "ellipsoid"], "rid-json": [], "rid-kml": ["--start-utc", "2022-01-01T00:00:00Z"],
           "bluesky": ["--datum", "amsl-egm96", "--start-utc", "2022-01-01T00:00:00Z"]}
WORDS = [b"", b"nan", b"-1", b"1e400", b"9" * 400, b"9" * 5000, b"null", b"true", b"[]", b"{}", b'""', b'"x"', b"1e18", b"-0", b"[" * 3000,
         b"\xff", b"0"]


def mutated(data, random_of):
    if random_of.random() < 0.5:
        found = bytearray(data)
        for _ in range(random_of.choice((1, 1, 3, 20))):
            found[random_of.randrange(len(found))] = random_of.randrange(256)
        return bytes(found)
    numbers = list(re.finditer(rb"-?[0-9]+(?:\.[0-9]+)?|\"[^\"]*\"|[A-Za-z]+", data))
    if not numbers:
        return data[:random_of.randrange(len(data))]
    word = random_of.choice(numbers)
    return data[:word.start()] + random_of.choice(WORDS) + data[word.end():]


def main():
    folder = pathlib.Path(sys.argv[1])
    counts = {"taken": 0, "refused": 0, "raised": []}
    for pair in sys.argv[2:]:
        kind, path = pair.split("=", 1)
        data, random_of = pathlib.Path(path).read_bytes(), random.Random(pair.rsplit("/", 1)[-1])
        for at in range(TIMES):
            one = folder / f"mutated.{kind}"
            one.write_bytes(mutated(data, random_of))
            words = [kind, str(one), "-o", str(folder / "mutated.mcap"), "--force", "--drone-id", "d", *OPTIONS[kind]]
            words = [w for w in words if not (kind in ("readsb", "opensky", "bluesky") and w in ("--drone-id", "d"))]
            silence = io.StringIO()
            try:
                with contextlib.redirect_stdout(silence), contextlib.redirect_stderr(silence):
                    code = cli.main(words)
                counts["taken" if code == 0 else "refused"] += 1
            except Exception:
                counts["raised"].append(f"{kind} {at}: {traceback.format_exc()[-600:]}")
    print(json.dumps(counts))


main()
