#!/usr/bin/python3
# tests/integration/test_store_commands.py - what an operator does with a store: import, digest, info and the rest.
# SPDX-License-Identifier: Apache-2.0
"""Without brokers: the files of a world made by drf-sim are imported; other tools look at what comes out."""
import json
import sqlite3
import subprocess
import sys
import time

from drf_fixture import BIN, DEADLINE_S, TOP, Folder, main, real_data
from osgeo import gdal, osr

gdal.UseExceptions()

AT = "2026-06-01T12:00:00Z"
FILES = (("terrain", "ground.tif"), ("dof", "towers.dat"), ("cranes", "obstacles.geojson"))


def edge(*arguments, code=0, program=BIN / "drf-edge"):
    run = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=DEADLINE_S)
    assert run.returncode == code, (arguments, run.returncode, run.stdout, run.stderr)
    return run.stdout if code == 0 else run.stderr


class Place(Folder):
    """A folder with a world in it and a configuration for a store beside it."""

    def __enter__(self):
        super().__enter__()
        self.world = self.path / "world"
        subprocess.run([BIN / "drf-sim", "world", "--seed", "5", "--out", self.world, "--center", "47,8", "--size-km",
                        "6", "--time", AT, "--hours", "2"], check=True, stdout=subprocess.DEVNULL, timeout=DEADLINE_S)
        return self

    def config(self, name, **region):
        told = {"region": {"id": "sim-store", "bounds": [7.97, 46.98, 8.03, 47.02], "margin_m": 500} | region,
                "node": {"id": "edge-1", "mode": "SIM"}, "store": {"path": str(self.store(name))},
                "mqtt": {"host": "localhost"}, "kafka": {"bootstrap.servers": "localhost:1"},
                "limits": {"look_ahead_max_m": 1000},
                "feeds": [
                    {"name": "terrain", "topic": "t", "kind": "terrain", "surface": "dtm", "mode": "SIM",
                     "vertical_acc95_m": 1, "licence": "made up"},
                    {"name": "dof", "topic": "d", "kind": "obstacle", "format": "dof", "mode": "SIM"},
                    {"name": "cranes", "topic": "c", "kind": "obstacle", "format": "geojson_obstacles",
                     "mode": "SIM"}]}
        path = self.path / f"{name}.yaml"
        path.write_text(json.dumps(told, indent=1))
        return path

    def store(self, name):
        return self.path / f"{name}.gpkg"

    def file(self, name):
        return self.world / name

    def imported(self, name, files=FILES, program=BIN / "drf-edge"):
        config = self.config(name)
        for feed, file in files:
            edge("import", "--config", config, "--feed", feed, "--time", AT, self.file(file), program=program)
        return self.store(name)


def digests(store, *arguments, program=BIN / "drf-edge"):
    return json.loads(edge("digest", "--store", store, "--at", AT, "--json", *arguments, program=program))


def test_a_world_that_cannot_be_written_is_one_error_and_nothing_else():
    with Folder("world") as folder:
        (folder.path / "file").write_text("")
        for out, why in ((folder.path / "missing" / "world", "No such file or directory (the folder above it has to exist)"),
                         (folder.path / "file" / "world", "Not a directory")):
            done = subprocess.run([BIN / "drf-sim", "world", "--out", out], capture_output=True, text=True, timeout=DEADLINE_S)
            assert (done.returncode, done.stdout) == (1, ""), done
            assert done.stderr == f"drf-sim: cannot make the folder {out}: {why}\n", done


def test_imports_in_any_order_and_again_give_the_same_digest():
    with Place("import") as place:
        first = digests(place.imported("first"))
        empty = digests(place.imported("empty", FILES[1:]))
        assert first["ground"] != empty["ground"] and first["obstacle"] != empty["obstacle"], "tops need the ground"
        assert digests(place.imported("second", FILES[::-1] + FILES[:1])) == first
        assert digests(place.store("first"), "--layer", "ground") == {"ground": first["ground"]}
        edge("digest", "--store", place.store("first"), "--layer", "soil", code=2)


def test_gcc_and_clang_builds_give_the_same_digest():
    clang = TOP / "build" / "clang" / "bin" / "drf-edge"
    if not clang.exists() or clang.parent == BIN:
        print("no clang build beside this one: not compared")
        return
    with Place("compilers") as place:
        ours = digests(place.imported("ours"))
        theirs = digests(place.imported("theirs", program=clang), program=clang)
        assert ours == theirs


def test_import_takes_the_time_that_the_file_says_and_marks_another():
    with Place("times") as place:
        config = place.config("store")
        said = edge("import", "--config", config, "--feed", "dof", place.file("towers.dat"))
        assert "version 2026-06-01T00:00:00Z\n" in said, said  # CURRENCY DATE = 06/01/26
        said = edge("import", "--config", config, "--feed", "cranes", place.file("obstacles.geojson"))
        assert "Z (file)\n" in said, said  # a GeoJSON file says nothing
        told = json.loads(edge("info", "--json", "--store", place.store("store")))
        versions = {source["name"]: source["version"] for source in told["sources"]}
        assert versions["dof/import"] == "2026-06-01T00:00:00Z", versions
        assert versions["cranes/import"].endswith("Z (file)"), versions
        table = edge("info", "--store", place.store("store"))
        assert sum(" (file) " in line for line in table.splitlines()) >= 1, table


def utc(form, offset_s):
    return time.strftime(form, time.gmtime(time.time() + offset_s))


def written_samples(folder):
    """Feeds of all formats that are reports, forecasts and alerts, with a file of each in the middle of the region."""
    (folder / "stations.csv").write_text("id,lat,lon,elevation_m\nLSZZ,48.01,8,475\n")
    (folder / "metar.txt").write_text(f"METAR LSZZ {utc('%d%H%M', -120)}Z 27010G22KT 3000 -RA BKN012 M01/M03 Q0987=\n")
    (folder / "sigmet.txt").write_text(
        f"WSXX31 LSXX {utc('%d%H%M', 0)}\nLSAS SIGMET 4 VALID {utc('%d%H%M', -60)}/{utc('%d%H%M', 7200)} LSXX-\nLSAS "
        "SWITZERLAND FIR SEV TURB OBS WI N4750 E00750 - N4750 E00820 - N4815 E00820 - N4815 E00750 SFC/FL150 STNR NC=\n")
    form = "%Y-%m-%dT%H:%M:%S+00:00"
    (folder / "alert.xml").write_text(
        '<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>x-1</identifier><sender>w@example.org</sender>'
        f"<sent>{utc(form, -60)}</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope><info>"
        "<category>Met</category><event>Storm</event><urgency>Immediate</urgency><severity>Severe</severity><certainty>"
        f"Observed</certainty><expires>{utc(form, 3600)}</expires><area><areaDesc>here</areaDesc><circle>48.0,8.0 20"
        "</circle></area></info></alert>")
    feeds = [{"name": "reports", "kind": "weather", "format": "metar", "stations": "stations.csv"},
             {"name": "model", "kind": "weather", "format": "grib"}, {"name": "warnings", "kind": "zone", "format": "sigmet"},
             {"name": "civil", "kind": "alert", "format": "cap"}, {"name": "bursts", "kind": "alert", "format": "gcn"},
             {"name": "adsb", "kind": "traffic", "format": "readsb"}, {"name": "seen", "kind": "traffic", "format": "tracks"}]
    return [{**feed, "topic": feed["name"]} for feed in feeds]


def test_import_takes_reports_forecasts_and_alerts_and_says_why_no_traffic():
    grib, notice = real_data("weather", "regular_latlon_surface.grib1"), real_data("alerts", "gcn_fermi_gbm_trigger.alert.json")
    with Place("kinds") as place:
        feeds = written_samples(place.path)
        config = place.config("store", bounds=[7.97, 47.97, 8.03, 48.03])
        told = json.loads(config.read_text())
        told["node"]["mode"] = "REPLAY"
        config.write_text(json.dumps({**told, "feeds": feeds}))
        for feed, file, brought in (("reports", place.path / "metar.txt", "1 feature"), ("model", grib, "1 weather field"),
                                    ("warnings", place.path / "sigmet.txt", "1 feature"),
                                    ("civil", place.path / "alert.xml", "1 feature"), ("bursts", notice, "1 feature")):
            said = edge("import", "--config", config, "--feed", feed, file)
            assert f"{file}: imported: {brought}, version " in said, said
        for feed, form in ("adsb", "readsb"), ("seen", "tracks"):
            said = edge("import", "--config", config, "--feed", feed, place.path / "metar.txt", code=2)
            for words in f"feed '{feed}' brings traffic ({form})", "Nothing was imported", f"--topic {feed} --format {form}":
                assert words in said, (words, said)

        asked = json.loads(edge("query", "--store", place.store("store"), "48", "8", "--json"))
        assert abs(asked["weather"]["qnh_pa"]["value"] - 98700) < 1 and asked["weather"]["qnh_pa"]["station"] == "LSZZ", asked
        assert [zone["feature_id"][:13] for zone in asked["zones"]] == ["LSAS SIGMET 4"], asked
        assert [alert["alert_id"] for alert in asked["alerts"]] == ["w@example.org,x-1"], asked
        then = json.loads(edge("query", "--store", place.store("store"), "48", "8", "--json", "--at", "2008-02-06T12:00:00Z"))
        assert abs(then["weather"]["temperature_k"]["value"] - 278.63) < 0.01, then  # grib_get -l 48,8 of eccodes-tools
        listed = json.loads(edge("info", "--json", "--store", place.store("store")))["imports"]
        assert sorted(one["feed"] for one in listed) == ["bursts", "civil", "model", "reports", "warnings"], listed


def test_import_is_refused_while_another_writes_and_changes_nothing_then():
    with Place("busy") as place:
        before = digests(place.imported("store", FILES[:1]))
        lock = sqlite3.connect(f"{place.store('store')}-lock", isolation_level=None)
        lock.execute("BEGIN EXCLUSIVE")
        said = edge("import", "--config", place.config("store"), "--feed", "dof", place.file(FILES[1][1]), code=1)
        assert "another program is writing" in said and "stop the node" in said, said
        assert digests(place.store("store")) == before, "reading is held up by nobody"
        lock.close()
        said = edge("import", "--config", place.config("store"), "--feed", "dof", place.file(FILES[0][1]), code=1)


def test_exports_open_in_gdal_with_the_right_values():
    with Place("export") as place:
        store = place.imported("store")
        out, tif, backup = (place.path / name for name in ("out.gpkg", "ground.tif", "backup.gpkg"))
        edge("export", "--store", store, "--out", out)
        edge("export", "--store", store, "--layer", "ground", "--out", tif)
        edge("export", "--store", store, "--out", backup, "--backup")
        subprocess.run([sys.executable, "-m", "osgeo_utils.samples.validate_gpkg", out], check=True, timeout=DEADLINE_S)
        assert sorted(path.name for path in place.path.glob("out*")) == ["out.gpkg"], "something is left beside it"
        assert digests(backup) == digests(store)
        said = edge("export", "--store", store, "--out", out, code=1)
        assert "is there already" in said, said
        assert "not a store" in edge("digest", "--store", out, code=1), "a node must not run on an export"

        source = gdal.Open(str(place.file("ground.tif")))
        for name in f"GPKG:{out}:ground", str(tif):
            data = gdal.Open(name)
            compare(source, data)
        assert osr.SpatialReference(data.GetProjection()).GetAttrValue("VERT_CS|AUTHORITY", 1) == "5773"
        with sqlite3.connect(out) as db:
            styled = {name for name, in db.execute("SELECT f_table_name FROM layer_styles WHERE useAsDefault")}
            assert {"ground", "surface", "obstacle"} <= styled, styled
            left = {name for name, in db.execute("SELECT name FROM sqlite_master WHERE name LIKE 'drf_%'")}
            assert left == {"drf_source"}, left
        db.close()


def compare(source, data):
    """Where both have a height, a tile's is the bilinear one of the source within quantum and rounding."""
    west, step, _, north, _, down = data.GetGeoTransform()
    values, seen = data.ReadAsArray(), 0
    nodata = data.GetRasterBand(1).GetNoDataValue()
    left, across, _, top, _, up = source.GetGeoTransform()
    posts, void = source.ReadAsArray().astype(float), source.GetRasterBand(1).GetNoDataValue()
    for row in range(3, values.shape[0], 31):
        for col in range(3, values.shape[1], 29):
            x = (west + (col + .5) * step - left) / across - .5
            y = (north + (row + .5) * down - top) / up - .5
            i, j = int(x // 1), int(y // 1)
            if values[row, col] == nodata or not (0 <= i < posts.shape[1] - 1 and 0 <= j < posts.shape[0] - 1):
                continue
            four = posts[j:j + 2, i:i + 2]
            if (four == void).any():
                continue
            x, y = x - i, y - j
            expected = (four * [[(1 - x) * (1 - y), x * (1 - y)], [(1 - x) * y, x * y]]).sum()
            assert abs(values[row, col] - expected) <= .13, (row, col, values[row, col], expected)
            seen += 1
    assert seen > 50, seen


def test_info_and_migrate_say_what_a_store_is():
    with Place("info") as place:
        store = place.imported("store")
        told = json.loads(edge("info", "--store", store, "--json"))
        assert (told["region_id"], told["mode"], told["level"]) == ("sim-store", "SIM", 12), told
        layers = {layer["name"]: layer for layer in told["layers"]}
        assert layers["ground"]["rows"] > 0 and layers["ground"]["level"] == 12, layers
        assert layers["ground"]["last_change"] > "2026" and "last_change" not in layers["station"], layers
        sources = {source["name"]: source for source in told["sources"]}
        assert sources["terrain/import"]["licence"] == "made up", sources
        with sqlite3.connect(store) as db:
            rows, = db.execute("SELECT count(*) FROM obstacle").fetchone()
        db.close()
        cranes = json.loads(place.file("obstacles.geojson").read_text())["features"]
        unreadable = sum(isinstance(crane["properties"].get("agl_m"), str) for crane in cranes)  # records, but no rows
        assert unreadable and layers["obstacle"]["rows"] == rows, layers
        assert rows + unreadable == sum(sources[f"{name}/import"]["records"] for name in ("dof", "cranes"))
        catalogue = {entry["source"]: entry for entry in told["catalogue"]["sources"]}
        assert set(catalogue) == {"EGM96", *(f"{name}/import" for name, _ in FILES)}, catalogue
        assert catalogue["terrain/import"]["licence"] == "made up" and catalogue["terrain/import"]["layer"] == 1, catalogue
        assert [one["to_be_repeated"] for one in told["imports"]] == [False] * len(FILES), told["imports"]
        assert told["offsets"] == []
        for line in "ground.tif", "made up", "schema":
            assert line in edge("info", "--store", store), line

        assert "nothing to do" in edge("migrate", "--store", store, "--level", "12")
        assert "reads\nits topics again" in edge("migrate", "--store", store, "--level", "13", code=1)

        store.unlink()  # and what the store knew with it
        place.imported("store", FILES[:1])
        told = json.loads(edge("info", "--store", store, "--json"))
        missing = {one["file"] for one in told["imports"] if one["to_be_repeated"]}
        assert missing == {"towers.dat", "obstacles.geojson"}, told["imports"]

        with sqlite3.connect(store) as db:
            db.execute("UPDATE drf_store SET schema = schema + 1")
        db.close()
        for words in ("migrate", "--store", store), ("digest", "--store", store):
            assert "newer version" in edge(*words, code=1), words


def zone(identity, lon, **properties):
    ring = [[lon, 47.0], [lon + .01, 47.0], [lon + .01, 47.01], [lon, 47.01], [lon, 47.0]]
    return {"type": "Feature", "id": identity, "properties": properties,
            "geometry": {"type": "Polygon", "coordinates": [ring]}}


def test_a_query_shows_the_zones_at_a_point_with_their_provenance_and_leaves_nothing_behind():
    with Place("zones") as place:
        config = place.config("zones")
        told = json.loads(config.read_text())
        told["feeds"].append({"name": "zones", "topic": "z", "kind": "zone", "mode": "SIM", "licence": "open"})
        config.write_text(json.dumps(told))
        published = place.path / "zones.json"
        published.write_text(json.dumps({"type": "FeatureCollection", "features": [
            zone("tfr", 8.0, name="Concert", restriction="PROHIBITED", upper_agl_m=120, lower_agl_m=0,
                 **{"from": "2026-06-01T10:00:00Z", "until": "2026-06-01T14:00:00Z"},
                 data_time="2026-06-01T09:00:00Z"),
            zone("high", 8.005, restriction="REQ_AUTHORISATION", lower_amsl_m=9000),
            zone("far", 8.02, restriction="CONDITIONAL")]}))
        edge("import", "--config", config, "--feed", "terrain", "--time", AT, place.file("ground.tif"))
        edge("import", "--config", config, "--feed", "zones", "--time", AT, published)
        store = place.store("zones")
        before = {path.name for path in place.path.iterdir()}
        ask = ["query", "--store", store, 47.005, 8.007, "--radius", 500, "--at", AT]
        answer = json.loads(edge(*ask, "--json"))
        found = {one["feature_id"]: one for one in answer["zones"]}
        assert list(found) and set(found) == {"tfr", "high"}, found
        tfr, high = found["tfr"], found["high"]
        assert tfr["active"] and tfr["in_height"] and tfr["distance_m"] == 0, tfr
        assert (tfr["lower_agl_m"], tfr["upper_agl_m"], tfr["restriction"]) == (0, 120, 1), tfr
        assert tfr["next_change_us"] == str(1780322400 * 10**6), tfr  # 14:00, by date -d
        assert tfr["data_time_us"] == str(1780304400 * 10**6), tfr
        assert high["lower_amsl_m"] == 9000 and "upper_amsl_m" not in high and not high["in_height"], high
        sources = {one["version"]: one for one in answer["sources"]}
        assert sources[tfr["version"]]["licence"] == "open", (tfr, sources)
        assert sources[tfr["version"]]["source"] == tfr["source"], (tfr, sources)
        assert sources[tfr["version"]]["issue_time_us"] == str(1780315200 * 10**6), sources  # 12:00
        text = edge(*ask)
        assert "Concert" in text and "0.0 m AGL to 120.0 m AGL; until 2026-06-01T14:00:00Z" in text, text
        assert "here, not at this height" in text and "licence open" in text, text
        later = json.loads(edge(*ask[:-1], "2026-06-01T14:00:00Z", "--json"))
        assert {one["feature_id"] for one in later["zones"]} == {"high"}, later  # the other is over

        info = edge("info", "--store", store)
        row = next(line for line in info.splitlines() if line.startswith("  zones/import "))
        assert "never" not in info, info
        assert "unknown" in row and "0.00" not in row, row
        assert "zones/import: zone, feed zones, version 2026-06-01T12:00:00Z, licence open" in info, info
        assert "covers 47.00000 8.00000 to 47.01000 8.03000" in info, info
        assert {path.name for path in place.path.iterdir()} == before, before


main(globals())
