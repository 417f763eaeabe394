#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The decoder that drone developers start from reads tests/data/golden_patch/."""
import pathlib
import sys
import types

sys.path.insert(0, "schemas/python/drf_client")
from patch_codec import UNKNOWN, Patches  # noqa: E402

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

# Anything else is not a patch (schemas/patch.md): none of these may be taken for cells.
good = pathlib.Path("tests/data/golden_patch/1.ground").read_bytes()
bad = {"bits left over": good + b"\0", "an end too soon": good[:-9],
       "form 9": b"\x09" + good[1:], "form 0": b"\0" + good[1:], "a copy of no ground": b"\x03", "a run too long": b"\x01\x80" + b"\0\0\x0f\xff\xff" + bytes(40),
       "no base": b"", "a mask without a base": b"\x05" + bytes(8)}
for what, layer in bad.items():
    try:
        Patches().take(types.SimpleNamespace(seq=1, base_seq=0, level=12, west_cell=0, south_cell=0, columns=64, ground=layer,
                                             surface=b"\x03"))
    except (IndexError, TypeError, ValueError):
        continue
    raise AssertionError(f"{what} is taken for a patch")
print("three golden patches, every cell right")
