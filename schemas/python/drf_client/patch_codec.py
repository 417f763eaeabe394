# schemas/python/drf_client/patch_codec.py - reads the patches of schemas/patch.md. Needs nothing else of this package.
# SPDX-License-Identifier: Apache-2.0
"""Each drf.v1.Patch that came in goes to Patches.take(), which returns what to acknowledge as seen.patch_seq (0: a key
frame is wanted). Afterwards .ground and .surface are lists of cells, row 0 the southernmost, 65535 unknown."""
from typing import Any

UNKNOWN = 65535


def read_layer(data: bytes, side: int, base: list[int] | None, dx: int, dy: int, under: list[int] | None) -> list[int]:
    """Cells of one layer; base: those of the patch it changes, whose corner lies dx cells west and dy south. What is not
    coding 1 is an IndexError, TypeError or ValueError."""
    form, mask_bytes = (data[0], data[1:9]) if data else (5, bytes(8))
    if form not in (1, 2, 3, 4, 5) or form == 3 and under is None:
        raise ValueError(f"form {form}")
    if form == 3 and under is not None:
        return list(under)
    mask, rest = (int.from_bytes(mask_bytes, "big"), data[9:]) if form in (2, 5) else (2 ** 64 - 1, data[1:])
    raw, step, out = form > 3, side // 8, [UNKNOWN] * (side * side)
    v: list[list[int | None]] = [[None] * (side + 1) for _ in range(side + 1)]  # over `under`; one row and column of nothing
    bits, at, run, known, last, total, count = "".join(f"{b:08b}" for b in rest), 0, 0, False, 0, 4, 1
    left = bin(mask).count("1") * step * step
    for i in range(side * side):
        y, x = divmod(i, side)
        floor = under[i] if under and under[i] != UNKNOWN else 0
        if not mask >> (y // step * 8 + x // step) & 1:
            if not 0 <= y + dy < side or not 0 <= x + dx < side:
                raise ValueError("neither coded nor in the base")
            out[i] = base[(y + dy) * side + x + dx]  # type: ignore[index]
        elif raw:
            out[i], at = int(bits[at:at + 16], 2), at + 16
        else:
            if run == 0:
                known, at = (not known, at) if at else (bits[0] == "1", 1)
                zeros = bits.index("1", at) - at
                run, at = int(bits[at + zeros:at + 2 * zeros + 1], 2), at + 2 * zeros + 1
                if run > left:
                    raise ValueError("a run longer than what is left")
            run, left = run - 1, left - 1
            if known:
                west, south, corner = v[y + 1][x], v[y][x + 1], v[y][x]
                guess = west if west is not None else south if south is not None else last
                if west is not None and south is not None and corner is not None:
                    guess = sorted((west, south, west + south - corner))[1]
                k = next(k for k in range(15) if k == 14 or count << k >= total)
                ones = next(n for n in range(21) if n == 20 or bits[at + n] == "0")
                width, at = (16, at + 20) if ones == 20 else (k, at + ones + 1)
                u = int("0" + bits[at:at + width], 2) + (ones << k if ones < 20 else 0)
                at, total, count = at + width, total + (u + 1) // 2, count + 1
                total, count = (total // 2, count // 2) if count == 64 else (total, count)
                out[i] = (floor + guess + (-(u + 1) // 2 if u & 1 else u // 2)) % 65536
                last = out[i] - floor
                if out[i] == UNKNOWN:
                    raise ValueError("a known cell of 65535")
        v[y + 1][x + 1] = None if out[i] == UNKNOWN else out[i] - floor
    if not 0 <= len(bits) - at < 8 or "1" in bits[at:]:
        raise ValueError("bits are left over, or missing")
    return out


class Patches:
    def __init__(self) -> None:
        self.held: dict[int, tuple[int, int, list[int] | None, list[int] | None]] = {}  # by seq, of one stream

    def take(self, p: Any) -> int:
        base = self.held.get(p.base_seq, (p.west_cell, p.south_cell, None, None))
        if p.base_seq and base[2] is None:
            return 0
        dx, dy = (p.west_cell - base[0] + (256 << p.level)) % (512 << p.level) - (256 << p.level), p.south_cell - base[1]
        self.ground = read_layer(p.ground, p.columns, base[2], dx, dy, None)
        self.surface = read_layer(p.surface, p.columns, base[3], dx, dy, self.ground)
        self.held = {s: h for s, h in self.held.items() if s > p.seq - 8}
        self.held[p.seq] = (p.west_cell, p.south_cell, self.ground, self.surface)
        return int(p.seq)
