#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The decoder that drone developers start from reads tests/data/golden_patch/."""
import pathlib
import sys
import types

sys.path.insert(0, "schemas/examples")
from patch_decode import UNKNOWN, Patches  # noqa: E402

WEST, SOUTH = (800, 808, 808), (400, 416, 416)


def ground(n, x, y):
    if n == 2:
        return (x * 2654435761 ^ y * 2246822519) % 65536
    if (x // 10 + y // 12) % 9 == 0:
        return UNKNOWN
    return 4000 + (x * x // 7 + y * 3 + x * y // 11) % 500


def surface(n, x, y):
    below = ground(n, x, y)
    if n == 2:
        return below
    if below == UNKNOWN:
        return 5000 if x % 5 == 0 else UNKNOWN
    canopy = 40 + x % 9 if (x * 7 + y * 13) % 29 < 3 else 0
    return below + canopy + (200 if n == 1 and (x, y) == (831, 430) else 0)


patches = Patches()
for n in range(3):
    layers = [pathlib.Path(f"tests/data/golden_patch/{n + 1}.{name}").read_bytes() for name in ("ground", "surface")]
    seq = patches.take(types.SimpleNamespace(
        seq=n + 1, base_seq=1 if n == 1 else 0, level=12, west_cell=WEST[n], south_cell=SOUTH[n], columns=64,
        ground=layers[0], surface=layers[1]))
    cells = [(WEST[n] + i % 64, SOUTH[n] + i // 64) for i in range(64 * 64)]
    assert seq == n + 1
    assert patches.ground == [ground(n, x, y) for x, y in cells], f"ground of patch {n + 1}"
    assert patches.surface == [surface(n, x, y) for x, y in cells], f"surface of patch {n + 1}"
assert patches.take(types.SimpleNamespace(seq=99, base_seq=50, west_cell=0, south_cell=0)) == 0, "a base nobody has"
assert len(pathlib.Path("schemas/examples/patch_decode.py").read_text().splitlines()) <= 60, "longer than 60 lines"
print("three golden patches, every cell right")
