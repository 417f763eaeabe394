#!/usr/bin/python3
# tests/integration/test_page_parts.py - parts of the live page that need no browser: heights, fleet, recordings, words.
# SPDX-License-Identifier: Apache-2.0
# Takes: 5 s
"""The page's files run in node as they are, with nothing of a browser but the few names they ask for. Cells come from
GDAL and libpng, numbers of enums from schemas/drf/v1/enums.proto, what a stream means from what was put into it."""
import base64
import json
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

import numpy
from drf_fixture import main
from osgeo import gdal

TREE = pathlib.Path(__file__).resolve().parents[2]
PAGE = TREE / "edge/view/page"
ENUMS = (TREE / "schemas/drf/v1/enums.proto").read_text(encoding="utf-8")
BROWSER = """
const matchMedia = () => ({ matches: false, addEventListener() {} });
const document = { addEventListener() {}, documentElement: { dataset: {} }, getElementById: () => null };
const window = globalThis, addEventListener = () => {}, requestAnimationFrame = () => 0, dirtyBase = () => {}, dirtyLive = () => {};
"""
UNKNOWN = 65535


def run(script, *names, **values):
    """What `script` returns, after the files `names` of the page; `values` are constants of it."""
    parts = ["'use strict';", BROWSER, *((PAGE / f"{name}.js").read_text(encoding="utf-8") for name in names)]
    parts += [f"const {name} = {json.dumps(value)};" for name, value in values.items()]
    parts.append("(async () => {" + script + "})().then(result => { require('fs').writeFileSync(process.argv[2], JSON.stringify(result)); process.exit(0); },"
                 " e => { console.error(e); process.exit(1); });")
    with tempfile.TemporaryDirectory() as folder:
        source, result = pathlib.Path(folder, "parts.cjs"), pathlib.Path(folder, "result.json")
        source.write_text("\n".join(parts), encoding="utf-8")
        done = subprocess.run(["node", source, result], capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(result.read_text(encoding="utf-8"))


def png_of(cells, kind=gdal.GDT_UInt16):
    """As libpng writes it."""
    name = "/vsimem/tile.png"
    memory = gdal.GetDriverByName("MEM").Create("", cells.shape[1], cells.shape[0], 1, kind)
    memory.GetRasterBand(1).WriteArray(cells)
    gdal.GetDriverByName("PNG").CreateCopy(name, memory)
    size = gdal.VSIStatL(name).size
    file = gdal.VSIFOpenL(name, "rb")
    data = bytes(gdal.VSIFReadL(1, size, file))
    gdal.VSIFCloseL(file)
    return data


def filtered(cells, filters):
    """The PNG of cells with the filter of each line as wanted (PNG specification, section 9.2), in the plain words of it."""
    def paeth(a, b, c):
        p = a + b - c
        near = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))
        return near[2]
    lines, above = [], bytes(512)
    for y, row in enumerate(cells):
        line = row.astype(">u2").tobytes()
        kind = filters[y % len(filters)]
        out = bytearray()
        for i, value in enumerate(line):
            a, b, c = (line[i - 2] if i > 1 else 0), above[i], (above[i - 2] if i > 1 else 0)
            out.append((value - (0, a, b, (a + b) // 2, paeth(a, b, c))[kind]) % 256)
        lines.append(bytes([kind]) + bytes(out))
        above = line

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 256, 256, 16, 0, 0, 0, 0)) + \
        chunk(b"IDAT", zlib.compress(b"".join(lines))) + chunk(b"IEND", b"")


def hills():
    x, y = numpy.meshgrid(numpy.arange(256), numpy.arange(256))
    cells = (5000 + 900 * numpy.sin(x / 37) * numpy.cos(y / 23) + (x * 7919 + y * 104729) % 13).astype(numpy.uint16)
    cells[40:60, 100:140] = UNKNOWN
    return cells


DECODE = """
  const bytes = Uint8Array.from(Buffer.from(png, 'base64')).buffer;
  try { return Buffer.from((await png16(bytes)).buffer).toString('base64'); } catch (e) { return 'refused: ' + e.message; }
"""


def decoded(png):
    return run(DECODE, "png16", png=base64.b64encode(png).decode())


def test_png16__files_of_libpng_and_each_filter__give_the_cells():
    cells = hills()
    files = {"libpng": png_of(cells), **{f"filter {n}": filtered(cells, [n]) for n in range(5)}, "mixed": filtered(cells, [4, 1, 3, 2, 0])}
    for name, png in files.items():
        got = numpy.frombuffer(base64.b64decode(decoded(png)), dtype="<u2").reshape(256, 256)
        assert (got == cells).all(), name


def test_filtered__read_by_gdal__is_a_png():
    cells = hills()
    gdal.FileFromMemBuffer("/vsimem/own.png", filtered(cells, [4, 1, 3, 2, 0]))
    assert (gdal.Open("/vsimem/own.png").ReadAsArray() == cells).all()


def test_png16__eight_bits_or_another_size_or_cut_short__is_refused():
    cells = hills()
    for png in (png_of((cells >> 8).astype(numpy.uint8), gdal.GDT_Byte), png_of(cells[:100]), png_of(cells)[:900]):
        assert decoded(png).startswith("refused: "), png[:40]


HEIGHT = """
  S.region = { level: 12, keep: [7, 46, 9, 48], bounds: [7, 46, 9, 48], insets: [{ level: 14, bounds: [7, 46, 9, 48] }] };
  for (const [layer, z, row, col, list] of given) tiles.set(tileKey(layer, z, row, col), { layer, z, row, col, state: list ? 'ready' : 'none', cells: list && Uint16Array.from(list) });
  return places.map(([lat, lon]) => { const h = heightAt('ground', lat, lon); return h === undefined ? 'not loaded' : h; });
"""


def test_height_at__cells_of_a_tile__as_the_grid_lies():
    # WorldCRS84Quad, level 12: 8192 x 4096 tiles from -180 and +90 on (OGC 17-083r4, annex D.2)
    side, z = 180 / 4096, 12
    row, col = int((90 - 47) / side), int((8 + 180) / side)
    cells = hills()
    fine = numpy.full((256, 256), UNKNOWN, dtype=numpy.uint16)
    fine[3, 5] = 4400
    west, north = -180 + col * side, 90 - row * side

    def middle(y, x, size=side, w=west, n=north):
        return [n - (y + 0.5) * size / 256, w + (x + 0.5) * size / 256]
    places = [middle(10, 20), middle(255, 0), middle(50, 120), [north - 1.5 * side, west + 0.1 * side], [north + 0.5 * side, west + 0.1 * side], [45, 8],
              middle(3, 5, side / 4)]
    given = [["ground", z, row, col, cells.flatten().tolist()], ["ground", z, row + 1, col, None], ["ground", 14, row * 4, col * 4, fine.flatten().tolist()]]
    got = run(HEIGHT, "core", "png16", "viewport", "heights", given=given, places=places)
    want = [int(cells[10, 20]) / 4 - 1000, int(cells[255, 0]) / 4 - 1000, None, None, "not loaded", None, 4400 / 4 - 1000]
    assert got == want, (got, want)


LEVELS = """
  S.region = { level: 12, coarsest_level: 8, keep: [7, 46, 9, 48], bounds: [7, 46, 9, 48], insets: [{ level: 17, bounds: [7.9, 46.9, 8.1, 47.1] }] };
  Object.assign(V, { lat: 47, lon: 8, w: 800, h: 600 });
  return scales.map(k => { V.k = k; return passes().map(p => p.z); });
"""


def test_passes__at_any_scale__are_levels_that_the_node_makes():
    scales = [10.0 ** -n for n in range(9)] + [3.0 * 10.0 ** -n for n in range(9)] + [1e3, 1e6]
    got = run(LEVELS, "core", "png16", "viewport", "heights", scales=scales)
    levels = {z for passes in got for z in passes}
    # Of the region 8 to 12, of the inset 13 (four up) to 17.
    assert levels <= set(range(8, 18)) and {8, 12, 17} <= levels, got
    assert all(passes[0] in range(8, 13) for passes in got if passes), got


FLEET = """
  for (const f of frames) applyFleet(f);
  return [...S.drones.values()].map(d => [d.n, d.id, d.lat, d.amsl, d.free, d.severity, d.silentSince, d.trail.length, S.byId.get(d.id) === d]);
"""


def at(n, lat, amsl=300, free=40):
    return [n, lat, 8_000_000, amsl, 90, 10, 0, free, 30]


def test_fleet__changes_in_turn__leave_what_is():
    frames = [
        {"t": 1000, "full": True, "new": [[0, "a"], [1, "b"], [3, "e"]], "at": [at(0, 47_000_000), at(1, 47_100_000), at(3, 47_000_000)],
         "say": [[0, 0, 0, None, 0, None, 0, ""], [1, 1, 2, 9, 1, None, 0, "x"]]},
        {"t": 2500, "at": [at(0, 47_000_300, None, None)]},
        {"t": 3000, "gone": [3], "new": [[2, "c"]], "at": [at(2, 47_200_000)], "say": [[2, 2, 1, None, 1, 900, 0, "y"]]},
        {"t": 3250, "new": [[1, "d"]], "at": [at(1, 47_300_000)]},  # the place of b, of which nothing more was said
        {"t": 3500, "at": [at(7, 1)], "say": [[7, 1, 1, None, 1, None, 0, ""]]},  # of nobody
    ]
    assert run(FLEET, "core", "live", frames=frames) == [
        [0, "a", 47.0003, None, None, 0, None, 2, True],
        [2, "c", 47.2, 300, 40, 2, 900, 1, True],
        [1, "d", 47.3, 300, 40, 0, None, 1, True],
    ]
    frames.append({"t": 9000, "full": True, "new": [[5, "c"]], "at": [at(5, 47_250_000)], "say": []})  # what is not in a full frame is gone
    assert run(FLEET, "core", "live", frames=frames) == [[5, "c", 47.25, 300, 40, 2, 900, 2, True]]


RECORDING = """
  S.region = data.region;
  S.recorded = recording(data);
  const said = [];
  for (const [ms, id] of seeks) {
    S.selected = id;
    S.recorded.seek(ms);
    said.push([S.drones.size, S.byId.get('a')?.lat, S.byId.get('a')?.trail.length, S.silent, S.context?.seq ?? null, S.node?.held ?? null, (await S.recorded.get('v1/features?bbox=')).name]);
  }
  return [S.recorded.duration, said];
"""


def test_recording__sought_to_any_time__is_what_it_was_then():
    frames, start = [], 1_700_000_000_000
    for i in range(41):  # 10 s, a position each 250 ms; b comes at 5 s; nothing between 6 and 10 s
        t = start + 250 * i
        if 6000 < 250 * i < 10_000:
            continue
        full = i % 8 == 0
        ids = [[0, "a"]] + ([[1, "b"]] if i >= 20 else [])
        frame = {"t": t, "at": [at(0, 47_000_000 + 200 * i)]}  # 22 m: a point of the trail each time
        if full or i == 20:
            frame |= {"new": ids, "at": frame["at"] + ([at(1, 47_500_000)] if i >= 20 else [])}
        if full:
            frame["full"] = True
        frames.append([t, "fleet", frame])
        if i in (4, 12):
            frames.append([t, "drone", {"id": "a", "t": t, "context": {"seq": i}}])
        if i % 4 == 0:
            frames.append([t, "node", {"t": t, "held": len(ids)}])
    data = {"region": {"level": 12}, "frames": frames, "features": [[start, {"name": "before"}], [start + 5000, {"name": "after"}]]}
    seeks = [(0, "a"), (1000, "a"), (1000, "b"), (2900, "a"), (5500, "a"), (9500, "a"), (10_000, "a"), (500, None), (99_999, "a")]
    duration, said = run(RECORDING, "core", "recorded", "live", "png16", "viewport", "heights", data=data, seeks=seeks)
    assert duration == 10_000
    want = [
        [1, 47.0, 1, False, None, 1, "before"],
        [1, 47.0008, 5, False, 4, 1, "before"],
        [1, 47.0008, 5, False, None, 1, "before"],  # what another was told is not b's
        [1, 47.0022, 12, False, 4, 1, "before"],
        [2, 47.0044, 23, False, 12, 2, "after"],
        [2, 47.0048, 25, True, None, 2, "after"],  # nothing came for 3.5 s: silent, and no context that old
        [2, 47.008, 26, False, None, 2, "after"],
        [1, 47.0004, 3, False, None, 1, "before"],
        [2, 47.008, 26, False, None, 2, "after"],
    ]
    for seek, got, wanted in zip(seeks, said, want):
        assert got == wanted, (seek, got, wanted)


def numbers(enum):
    body = re.search(r"enum " + enum + r" \{(.*?)\n\}", ENUMS, re.S).group(1)
    return {name: int(n) for name, n in re.findall(r"^\s+([A-Z_0-9]+) = (\d+);", body, re.M)}


def test_words__each_number_of_the_schema__has_one():
    lists = {"KIND": "AdvisoryKind", "REASON": "Reason", "LAYER": "Layer", "CONDITION": "NodeCondition", "MODE": "Mode", "BASIS": "Basis",
             "AGL_BASIS": "AglBasis", "PLAN_STATE": "PlanState"}
    got = run("return [{" + ", ".join(lists) + "}, REASON_NUMBER, LAYER_NUMBER, Object.keys(RESTRICTION), word(REASON, 99), word(REASON, undefined)];", "core")
    for name, enum in lists.items():
        for label, n in numbers(enum).items():
            assert n < len(got[0][name]) and got[0][name][n], f"{name} has no word for {label}"
        assert len(got[0][name]) == max(numbers(enum).values()) + 1, name
    for prefix, enum, table in (("REASON_", "Reason", got[1]), ("LAYER_", "Layer", got[2])):
        assert all(numbers(enum)[prefix + name] == n for name, n in table.items()), table
    assert {f"ZONE_RESTRICTION_{name}" for name in got[3]} == set(numbers("ZoneRestriction")) - {"ZONE_RESTRICTION_UNKNOWN"}
    assert got[4] == got[5] == got[0]["REASON"][0]


def test_numbers__unknown_or_nearly_nothing__are_said_so():
    script = r"return [number(null), metres(undefined), metres('x'), metres(-0.2), metres(0), metres(-3.4), metres('12'), freeIndex(null), freeIndex(-1), freeIndex(14.9), freeIndex(15), freeIndex(60)," \
        r"plain('a\u202eb\n<i>', 9), plain('0123456789', 5), plain(null), severityName(0), severityName(9), sevOf({severity: 1, silentSince: 5}), sevOf({severity: 0, silentSince: null})];"
    assert run(script, "core") == ["unknown", "unknown", "unknown", "0 m", "0 m", "-3 m", "12 m", 5, 0, 1, 2, 4,
                                   "a b <i>", "0123\u2026", "", "warning", "warning", "silent", "clear"]


if __name__ == "__main__" and not shutil.which("node"):
    print("skipped: no node")
    sys.exit(77)
main(globals())
