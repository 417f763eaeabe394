#!/usr/bin/python3
# tests/integration/test_view.py - the listener of the live page: against the store's file, and against a browser's tricks.
# SPDX-License-Identifier: Apache-2.0
"""Tiles are compared with the rows of the GeoPackage as SQLite gives them, overviews with what numpy makes of the
decoded cells, features with what GDAL reads of the same tables. Every answer is valid by schemas/view.schema.json."""
import concurrent.futures
import contextlib
import gzip
import http.client
import pathlib
import socket
import sqlite3

import numpy
from drf_fixture import DEADLINE_S, Folder, main
from fixture.view import INSET, REGION, Filled, Stream
from osgeo import gdal, ogr

gdal.UseExceptions()

LEVEL, COARSEST, UNKNOWN, SIDE = 12, 8, 65535, 256
ABOVE = 61, 267  # the tile of COARSEST that holds the region
TOKEN = "a-token~for.the_view-42"
HEADERS = ("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Resource-Policy",
           "Cache-Control")


def cells(png):
    """By GDAL."""
    gdal.FileFromMemBuffer("/vsimem/tile.png", png)
    try:
        values = gdal.Open("/vsimem/tile.png").ReadAsArray()
    finally:
        gdal.Unlink("/vsimem/tile.png")
    assert values.shape == (SIDE, SIDE) and values.dtype == numpy.uint16, (values.shape, values.dtype)
    return values


def reduced(layer, four):
    """Cells of a coarser tile from the mosaic of its four."""
    parts = four.reshape(SIDE, 2, SIDE, 2).transpose(0, 2, 1, 3).reshape(SIDE, SIDE, 4).astype(numpy.int64)
    known = parts != UNKNOWN
    count = known.sum(axis=2)
    if layer == "surface":
        value = numpy.where(known, parts, -1).max(axis=2)
    else:
        value = (numpy.where(known, parts, 0).sum(axis=2) + count // 2) // numpy.maximum(count, 1)
    return numpy.where(count == 0, UNKNOWN, value).astype(numpy.uint16)


def pyramid(layer, base, level, least):
    """All tiles of a layer from `level` up to `least`, as arrays by (level, row, column)."""
    made = {(level, *key): cells(png) for key, png in base.items()}
    for z in range(level - 1, least - 1, -1):
        for row, col in {(r // 2, c // 2) for zz, r, c in made if zz == z + 1}:
            void = numpy.full((SIDE, SIDE), UNKNOWN, numpy.uint16)
            four = [made.get((z + 1, 2 * row + i, 2 * col + j), void) for i in (0, 1) for j in (0, 1)]
            mosaic = numpy.vstack([numpy.hstack(four[:2]), numpy.hstack(four[2:])])
            made[z, row, col] = reduced(layer, mosaic)
    return made


def test_the_region_is_that_of_the_configuration_and_its_store():
    with Filled() as node:
        node.settled()
        region = node.ask("/v1/region").json("region")
        assert region["bounds"] == REGION and region["region_id"] == "viewed" and region["node_id"] == "n1", region
        assert region["insets"] == [INSET] and region["level"] == LEVEL and region["coarsest_level"] == COARSEST and region["mode"] == "TEST", region
        assert {tuple(point) for point in region["boundary"]} == {(x, y) for x in REGION[::2] for y in REGION[1::2]}, region
        assert {entry["layer"]: entry["fed"] for entry in region["layers"]} == {
            "GROUND": True, "SURFACE": True, "OBSTACLE": True, "WEATHER": True, "ZONE": True, "TRAFFIC": False,
            "ALERT": False}, region
        assert region["tile_count"] == {"ground": len(node.tiles("ground")), "surface": len(node.tiles("surface"))}, region
        assert region["tile_count"]["ground"] >= 4, region


def test_tiles_are_those_of_the_store_byte_for_byte_and_their_tag_answers_304():
    with Filled() as node:
        node.settled()
        for layer, table, level in (("ground", "ground", 12), ("surface", "surface", 12), ("ground", "ground_site", 14),
                                    ("surface", "surface_site", 14)):
            tiles = node.tiles(table)
            assert tiles, table
            for (row, col), data in tiles.items():
                path = f"/v1/tile/{layer}/{level}/{row}/{col}"
                answer = node.ask(path)
                assert answer.code == 200 and answer.headers["Content-Type"] == "image/png", (path, answer.code)
                assert answer.body == data, path
                tag = answer.headers["ETag"]
                again = node.ask(path, If_None_Match=tag)
                assert (again.code, again.body, again.headers["ETag"]) == (304, b"", tag), path
                assert node.ask(path, If_None_Match='"other"').body == data
        (row, col) = min(node.tiles("ground"))
        for path in (f"/v1/tile/ground/12/{row - 9}/{col}", f"/v1/tile/ground/15/{row * 8}/{col * 8}", "/v1/tile/ground/9/0/0"):
            answer = node.ask(path)
            assert answer.code == 404 and "no height is known" in answer.error(), (path, answer.body)


def test_overviews_are_the_mean_of_the_ground_and_the_greatest_of_the_surface():
    with Filled() as node:
        node.settled()
        for layer in "ground", "surface":
            expected = pyramid(layer, node.tiles(layer), LEVEL, COARSEST) | {
                key: value for key, value in pyramid(layer, node.tiles(f"{layer}_site"), 14, 13).items() if key[0] == 13}
            holes = 0
            for (z, row, col), values in expected.items():
                answer = node.ask(f"/v1/tile/{layer}/{z}/{row}/{col}")
                assert answer.code == 200, (layer, z, row, col, answer.body)
                got = cells(answer.body)
                assert (got == values).all(), (layer, z, row, col, int((got != values).sum()))
                holes += int((values == UNKNOWN).sum())
                if z < LEVEL:
                    tag = answer.headers["ETag"]
                    assert node.ask(f"/v1/tile/{layer}/{z}/{row}/{col}", If_None_Match=tag).code == 304
            assert holes > 0, "unknown cells are part of this test"
            for z in range(COARSEST):
                by = COARSEST - z
                answer = node.ask(f"/v1/tile/{layer}/{z}/{ABOVE[0] >> by}/{ABOVE[1] >> by}")
                assert answer.code == 404 and f"level {COARSEST}" in answer.error(), (z, answer.code, answer.body)


def crowd(node):
    """Fills all that is below the overview ABOVE, so that making it takes a while."""
    png = [data for table in ("ground", "surface") for data in node.tiles(table).values()]
    with contextlib.closing(sqlite3.connect(node.path("region.gpkg"), timeout=DEADLINE_S)) as db, db:
        for table in "ground", "surface":
            for i in range(256):
                row, col = ABOVE[0] * 16 + i // 16, ABOVE[1] * 16 + i % 16
                db.execute(f"INSERT OR IGNORE INTO {table} (zoom_level, tile_column, tile_row, tile_data) VALUES (?, ?, ?, ?)",
                           (LEVEL, col, row, png[i % len(png)]))
            db.execute("UPDATE gpkg_contents SET last_change = '2030-01-01T00:00:00.000Z' WHERE table_name = ?", (table,))


def overviews():
    """The paths of 30 overviews at ABOVE and below, the coarsest first."""
    paths = []
    for z in range(COARSEST, LEVEL):
        by = z - COARSEST
        for row in range(ABOVE[0] << by, (ABOVE[0] + 1) << by):
            for col in range(ABOVE[1] << by, (ABOVE[1] + 1) << by):
                paths += [f"/v1/tile/{layer}/{z}/{row}/{col}" for layer in ("ground", "surface")]
    return paths[:30]


def test_many_who_ask_for_overviews_are_told_to_come_again_and_keep_nobody_else_waiting():
    with Filled() as node, concurrent.futures.ThreadPoolExecutor(31) as pool:
        node.settled()
        crowd(node)
        asked = {path: pool.submit(node.ask, path) for path in overviews()}
        for _ in range(5):
            assert node.ask("/v1/region").json("region")
        for path, future in asked.items():
            answer = future.result()
            assert answer.code in (200, 503), (path, answer.code, answer.body[:100])
            if answer.code == 503:
                assert answer.headers["Retry-After"] == "1" and "again" in answer.error(), answer.body
        for path in asked:
            answer = node.ask(path)  # alone
            assert answer.code == 200, (path, answer.code, answer.body)
            assert node.ask(path, If_None_Match=answer.headers["ETag"]).code == 304, path


def test_the_node_ends_while_an_overview_is_made():
    with Filled() as node, concurrent.futures.ThreadPoolExecutor(8) as pool:
        node.settled()
        crowd(node)
        asked = [pool.submit(node.ask, path) for path in overviews()[:8]]
        assert node.ask("/v1/region").json("region")
        assert node.stop() == 0
        for future in asked:
            try:
                assert future.result().code in (200, 503)
            except (OSError, http.client.HTTPException):
                pass  # cut off


def niceness(pid):
    """Of each thread: its id to the field `nice` of /proc/PID/task/ID/stat."""
    return {int(task.name): int((task / "stat").read_text().rpartition(")")[2].split()[16])
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir()}


def test_only_the_threads_that_answer_are_nice():
    with Filled() as node:
        pid = node.process.pid
        own = niceness(pid)[pid]
        with Stream(node.port) as first, Stream(node.port) as second:
            first.until("node")
            second.until("node")
            threads = niceness(pid)
            nice = [thread for thread, value in threads.items() if value == max(10, own)]
            assert threads[pid] == own and len(threads) > 4, threads
            assert len(nice) == 2 or own >= 10, threads
            assert set(threads.values()) <= {own, 10}, threads


def test_features_are_the_rows_of_the_tables_in_the_box():
    with Filled() as node:
        node.settled()
        box = [7.984, 46.974, 8.0, 46.99]
        for bbox in ([-180, -90, 180, 90], box, [8.1, 46, 8.2, 47], [179, -90, -179, 90]):
            answer = node.ask("/v1/features?bbox=" + ",".join(map(str, bbox)))
            assert answer.headers["Content-Type"] == "application/geo+json"
            got = answer.json("features")
            assert got["left_out"] == 0
            expected = {}
            for table in "obstacle", "zone", "station":
                source = ogr.Open(str(node.path("region.gpkg")))
                rows = source.GetLayer(table)
                for row in rows:
                    w, e, s, n = row.geometry().GetEnvelope()
                    crosses = bbox[0] > bbox[2]
                    if s > bbox[3] or n < bbox[1] or (w > bbox[2] and e < bbox[0] if crosses else w > bbox[2] or e < bbox[0]):
                        continue
                    expected[table, row.GetFID()] = row.ExportToJson(as_object=True)
                    expected[table, row.GetFID()]["properties"] = {  # that makes false of a boolean that is null
                        name: value for name, value in row.items().items() if row.IsFieldSetAndNotNull(name)}
            mine = {(f["properties"]["layer"], f["properties"]["fid"]): f for f in got["features"]}
            assert mine.keys() == expected.keys(), (bbox, mine.keys() ^ expected.keys())
            for key, feature in mine.items():
                want = expected[key]
                assert feature["geometry"]["type"] == want["geometry"]["type"]
                assert numpy.allclose(numpy.array(feature["geometry"]["coordinates"]),
                                      numpy.array(want["geometry"]["coordinates"]), rtol=0, atol=1e-7)
                columns = want["properties"]
                said = {name: value for name, value in feature["properties"].items() if name not in ("layer", "fid")}
                assert said.keys() == columns.keys(), (key, said, columns)
                for name, value in columns.items():
                    if "time" in name or name.startswith("valid"):
                        continue  # GDAL writes dates in its own way
                    same = abs(value - said[name]) < 1e-6 if isinstance(value, float) else value == said[name]
                    assert same, (key, name, value, said[name])
        everything = node.ask("/v1/features").json("features")["features"]
        assert len(everything) == 22 and "zone a <b>&\"" in [f["properties"].get("name") for f in everything]


def test_files_of_the_page_come_compressed_and_by_their_tag():
    with Filled() as node:
        for path, kind in (("/", "text/html"), ("/view.css", "text/css"), ("/view.js", "text/javascript")):
            plain, packed = node.ask(path), node.ask(path, Accept_Encoding="br, gzip;q=0.8")
            assert plain.code == packed.code == 200 and plain.headers["Content-Type"].startswith(kind)
            assert "Content-Encoding" not in plain.headers and packed.headers["Content-Encoding"] == "gzip"
            assert gzip.decompress(packed.body) == plain.body and len(plain.body) > 500
            assert plain.headers["ETag"] != packed.headers["ETag"] and packed.headers["Vary"] == "Accept-Encoding"
            again = node.ask(path, Accept_Encoding="gzip", If_None_Match=packed.headers["ETag"])
            assert (again.code, again.body) == (304, b"")
            assert node.ask(path, If_None_Match=packed.headers["ETag"]).code == 200  # of another encoding
            head = node.ask(path, "HEAD")
            assert head.body == b"" and int(head.headers["Content-Length"]) == len(plain.body)


def test_every_answer_has_the_headers_that_bind_a_browser_and_none_that_lets_others_read():
    with Filled() as node:
        paths = {"/": 200, "/v1/region": 200, "/v1/tile/ground/0/0/0": 404, "/v1/tile/ground/8/61/267": 200, "/nothing": 404,
                 "/v1/features": 200, "/v1/trails": 200, "/v1/position": 400, "/v1/live?x=1": 400}
        for path, code in paths.items():
            answer = node.ask(path)
            assert answer.code == code, (path, answer.code, answer.body[:100])
            for name in HEADERS:
                assert answer.headers[name], (path, name)
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            assert not [name for name in answer.headers if name.lower().startswith("access-control-")], path
        with Stream(node.port) as stream:
            for name in HEADERS:
                assert stream.response.headers[name], name
            assert stream.response.headers["Content-Type"] == "text/event-stream"


def test_a_page_of_another_origin_and_a_name_that_is_not_ours_get_nothing():
    with Filled(hosts=["drf.example.org"]) as node:
        own, foreign = f"http://127.0.0.1:{node.port}", "http://evil.example"
        cases = [({}, 200), ({"Host": f"localhost:{node.port}"}, 200), ({"Host": "drf.example.org"}, 200),
                 ({"Host": f"evil.example:{node.port}"}, 403), ({"Host": "127.0.0.1"}, 403), ({"Host": ""}, 403),
                 ({"Origin": own}, 200), ({"Origin": foreign}, 403), ({"Origin": "null"}, 403),
                 ({"Sec-Fetch-Site": "same-origin"}, 200), ({"Sec-Fetch-Site": "none"}, 200),
                 ({"Sec-Fetch-Site": "cross-site"}, 403), ({"Sec-Fetch-Site": "same-site"}, 403)]
        for path in "/", "/v1/region", "/v1/live", "/v1/tile/ground/8/61/267":
            for headers, code in cases:
                if path == "/v1/live" and code == 200:
                    continue
                answer = node.ask(path, **headers)
                assert answer.code == code, (path, headers, answer.code)
                if code == 403:
                    assert answer.error() and b"viewed" not in answer.body, answer.body


def test_only_get_and_head_and_only_what_there_is():
    with Filled() as node:
        for method in "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE":
            answer = node.ask("/v1/region", method)
            assert answer.code == 405 and answer.headers["Allow"] == "GET, HEAD" and answer.error(), method
        for path in ("/v1", "/v1/", "/V1/region", "/region", "/v1/region/", "/../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd",
                     "/view.js/../../x", "//", "/index.html", "/v1/live/", "/" + "x" * 2000):
            assert node.ask(path).code == 404 and node.ask(path).error(), path
        for path in ("/v1/tile/ground/../../../etc/passwd", "/v1/tile/ground/%2e%2e/1/1", "/v1/tile/ground/12/1",
                     "/v1/tile/ground/12/1/1/1", "/v1/tile/ground/12/-1/1", "/v1/tile/ground/12/1e1/1", "/v1/tile/x/1/1/1",
                     "/v1/tile/", "/v1/features?bbox=1,2,3", "/v1/features?bbox=a,b,c,d", "/v1/features?bbox=0,10,1,5",
                     "/v1/features?bbox=", "/v1/features?box=1,2,3,4", "/v1/features?bbox=1,2,3,4&bbox=1,2,3,4",
                     "/v1/features?bbox=nan,0,1,1", "/v1/region?x", "/v1/position?lat=47", "/v1/position?lat=91&lon=0",
                     "/v1/position?lat=47&lon=8&agl_m=-1", "/v1/position?lat=47&lon=8&agl_m=inf", "/v1/wind?nx=100&ny=100",
                     "/v1/wind?nx=0", "/v1/wind?agl_m=1;2", "/v1/live?drone=", "/v1/live?drone=" + "d" * 60, "/v1/live?id=a"):
            answer = node.ask(path)
            assert answer.code == 400 and answer.error(), (path, answer.code, answer.body)
        for path in ("/v1/tile/ground/23/0/0", "/v1/tile/ground/2/4/0", "/v1/tile/ground/2/0/8"):
            assert node.ask(path).code == 404, path
        for raw in (b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.0\r\n\r\n", b"\0\0\0\0\r\n\r\n", b"GET\r\n\r\n",
                    b"GET / HTTP/1.1\r\nHost: " + b"h" * 40000 + b"\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", node.port), timeout=DEADLINE_S) as connection:
                with contextlib.suppress(OSError):
                    connection.sendall(raw)
                    told = connection.recv(4096)
                    assert b" 200 " not in told.split(b"\r\n")[0], (raw[:40], told[:200])
        assert node.ask("/v1/region").code == 200


def test_a_token_opens_the_page_once_given_as_a_cookie_or_with_each_request():
    with Folder("token") as folder:
        path = folder.path / "token"
        path.write_text(TOKEN + "\n")
        path.chmod(0o600)
        with Filled(token_file=str(path)) as node:
            for where in "/", "/v1/region", "/v1/live", "/view.js":
                assert node.ask(where).code == 403 and "token" in node.ask(where).error()
                assert node.ask(where, Authorization="Bearer wrong").code == 403
                assert node.ask(where, Cookie="drf_view=" + "0" * 64).code == 403
            given = "/?token=" + TOKEN
            assert node.ask("/?token=wrong").code == 403
            assert node.ask("/v1/region?token=" + TOKEN).code == 403
            assert node.ask(given, Origin="http://evil.example").code == 403
            opened = node.ask(given)
            assert opened.code == 303 and opened.headers["Location"] == "/", opened.code
            cookie = opened.headers["Set-Cookie"]
            assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and TOKEN not in cookie, cookie
            for headers in ({"Cookie": cookie.split(";")[0]}, {"Authorization": f"Bearer {TOKEN}"}):
                assert node.ask("/v1/region", **headers).json("region")
                assert node.ask("/", **headers).code == 200
                assert node.ask("/", Sec_Fetch_Site="cross-site", **headers).code == 403


def test_a_store_that_is_not_there_is_said_and_one_that_comes_is_read():
    with Filled() as node:
        node.settled()
        path = f"/v1/tile/ground/12/{'/'.join(map(str, min(node.tiles('ground'))))}"
        before = node.ask(path)
        assert before.code == 200
        moved = node.path("moved.gpkg")
        node.path("region.gpkg").rename(moved)
        answer = node.ask(path)
        assert answer.code == 503 and "not there" in answer.error(), answer.body
        assert node.ask("/v1/features").code == 503
        assert node.ask("/v1/region").json("region")["tile_count"] == {"ground": None, "surface": None}
        node.path("region.gpkg").write_bytes(b"not a database, but long enough to be looked at" * 100)
        answer = node.ask(path)
        assert answer.code == 503 and answer.error(), answer.body
        moved.rename(node.path("region.gpkg"))
        assert node.ask(path).body == before.body


main(globals())
