#!/usr/bin/python3
# tests/integration/test_insets.py - a place kept at a finer level: files, commands, and a drone over real brokers.
# SPDX-License-Identifier: Apache-2.0
"""Two sources made by GDAL from one formula, 30 arc-seconds over all and a metre over a site; only the fine one has a
mound of 6 m on the site, which the region's cells of 19 m cannot show. What is right is the formula's."""
import json
import math
import subprocess
import sys
import time

import numpy
from drf_fixture import BIN, DEADLINE_S, NODE, Folder, Kafka, Mosquitto, Node, main, wait_until
from osgeo import gdal, osr

gdal.UseExceptions()
gdal.SetConfigOption("GDAL_PAM_ENABLED", "NO")

AT = "2026-06-01T12:00:00Z"
REGION = [7.98, 46.985, 8.02, 47.015]
INSET = {"name": "site", "level": 16, "bounds": [7.996, 46.996, 8.004, 47.004]}
MOUND = 47.0, 8.0
FINE = {"west": 7.994, "north": 47.006, "east": 8.006, "south": 46.994, "step": 1e-5}
COARSE = {"west": 7.8, "north": 47.2, "east": 8.2, "south": 46.8, "step": 1 / 120}
DRONE = "site-1"
# Of bilinear interpolation: posting squared over 8 times the curvatures, and half a quantum.
COARSE_ERROR_M = .125 + COARSE["step"] ** 2 / 8 * (12 * (2 * math.pi / .05) ** 2 + 8 * (2 * math.pi / .04) ** 2)


def analytic(lat, lon, mound):
    heights = 400 + 12 * numpy.sin(lon * 2 * math.pi / .05) + 8 * numpy.sin(lat * 2 * math.pi / .04)
    if mound:
        north, east = (lat - MOUND[0]) * 111195, (lon - MOUND[1]) * 111195 * math.cos(math.radians(MOUND[0]))
        heights = heights + 25 * numpy.exp(-(north ** 2 + east ** 2) / (2 * 6 ** 2))
    return heights


def make(path, extent, mound):
    step = extent["step"]
    columns = round((extent["east"] - extent["west"]) / step)
    rows = round((extent["north"] - extent["south"]) / step)
    lon = extent["west"] + (numpy.arange(columns) + .5) * step
    lat = extent["north"] - (numpy.arange(rows) + .5) * step
    data = gdal.GetDriverByName("GTiff").Create(str(path), columns, rows, 1, gdal.GDT_Float32,
                                                ["COMPRESS=DEFLATE", "PREDICTOR=3"])
    data.SetGeoTransform((extent["west"], step, 0, extent["north"], 0, -step))
    srs = osr.SpatialReference()
    srs.SetFromUserInput("EPSG:4326+5773")
    data.SetProjection(srs.ExportToWkt())
    data.GetRasterBand(1).WriteArray(analytic(lat[:, None], lon[None, :], mound).astype(numpy.float32))
    data = None
    return path


def feeds():
    return [{"name": name, "topic": f"terrain.{name}", "kind": "terrain", "vertical_acc95_m": accuracy,
             "licence": "made up", "message_max_kb": 65536} for name, accuracy in (("coarse", 10), ("fine", 1))]


def configuration(store, insets, **more):
    return {"region": {"id": "site", "bounds": REGION, "margin_m": 200}, "node": {"id": "edge-1", "mode": "TEST"},
            "store": {"path": str(store)}, "limits": {"look_ahead_max_m": 500, "discover_s": 1}, "insets": insets,
            "mqtt": {"host": "localhost"}, "kafka": {"bootstrap.servers": "localhost:1"}, "feeds": feeds(), **more}


def edge(*arguments, code=0):
    run = subprocess.run([BIN / "drf-edge", *map(str, arguments)], capture_output=True, text=True, timeout=DEADLINE_S)
    assert run.returncode == code, (arguments, run.returncode, run.stdout, run.stderr)
    return run.stdout if code == 0 else run.stderr


class Place(Folder):
    """A folder with both files, and stores beside them."""

    def __enter__(self):
        super().__enter__()
        self.files = {"coarse": make(self.path / "coarse.tif", COARSE, False),
                      "fine": make(self.path / "fine.tif", FINE, True)}
        return self

    def store(self, name):
        return self.path / f"{name}.gpkg"

    def config(self, name, insets):
        path = self.path / f"{name}.yaml"
        path.write_text(json.dumps(configuration(self.store(name), insets), indent=1))
        return path

    def imported(self, name, order=("coarse", "fine"), insets=(INSET,)):
        config = self.config(name, list(insets))
        for feed in order:
            edge("import", "--config", config, "--feed", feed, "--time", AT, self.files[feed])
        return self.store(name)


def query(store, lat, lon):
    return json.loads(edge("query", "--store", store, f"{lat:.7f}", f"{lon:.7f}", "--at", AT, "--json"))


def check_heights(name, expect_fine):
    """Every cell inside the fine source is the formula's within quantum and what a mean over a cell may change."""
    data = gdal.Open(name)
    values, t = data.ReadAsArray().astype(float), data.GetGeoTransform()
    void = data.GetRasterBand(1).GetNoDataValue()
    lon = t[0] + (numpy.arange(values.shape[1]) + .5) * t[1]
    lat = t[3] + (numpy.arange(values.shape[0]) + .5) * t[5]
    rows = (lat > INSET["bounds"][1]) & (lat < INSET["bounds"][3])
    cols = (lon > INSET["bounds"][0]) & (lon < INSET["bounds"][2])
    part = values[numpy.ix_(rows, cols)]
    assert part.size > 1000 and (part != void).all(), (name, part.size)
    worst = numpy.abs(part - analytic(lat[rows][:, None], lon[cols][None, :], True)).max()
    # The mound is at most 2.6 m steep in a metre; a pixel stands for half of itself around its middle.
    assert (worst <= .125 + 1.6) == expect_fine, (name, worst)
    return values, t


def test_configuration_is_refused_where_no_inset_can_be():
    with Folder("refused") as place:
        for change, word in (({"name": "Site"}, "small letter"), ({"level": 12}, "finer"), ({"level": 19}, "9 to 18"),
                             ({"bounds": [7.9, 46.99, 8.0, 47.0]}, "inside what is kept"),
                             ({"bounds": [8.0, 46.99, 7.99, 47.0]}, "west < east"), ({"bounds": [1, 2]}, "four"),
                             ({"level": 18, "bounds": REGION}, "1024 tiles"), ({"colour": 1}, "colour")):
            path = place.path / "node.yaml"
            path.write_text(json.dumps(configuration("x.gpkg", [INSET | change])))
            said = edge("check", "--config", path, code=2)
            assert word in said, (change, said)
        path.write_text(json.dumps(configuration("x.gpkg", [INSET, INSET | {"level": 14}])))
        assert "given twice" in edge("check", "--config", path, code=2)
        path.write_text(json.dumps(configuration("x.gpkg", [INSET, INSET | {"name": "other"}])))
        assert "shares a tile" in edge("check", "--config", path, code=2)
        defaults = edge("config")
        assert "insets:" in defaults and "# - name: campus" in defaults


def test_coverages_open_in_gdal_with_the_inset_s_values():
    with Place("read") as place:
        store = place.imported("store")
        subprocess.run([sys.executable, "-m", "osgeo_utils.samples.validate_gpkg", store], check=True, timeout=DEADLINE_S)
        check_heights(f"GPKG:{store}:ground_site", True)
        check_heights(f"GPKG:{store}:surface_site", True)
        check_heights(f"GPKG:{store}:ground", False)
        shown = subprocess.run(["gdallocationinfo", "-valonly", "-wgs84", f"GPKG:{store}:ground_site",
                                str(MOUND[1]), str(MOUND[0])], check=True, capture_output=True, text=True, timeout=DEADLINE_S)
        assert abs(float(shown.stdout) - analytic(*MOUND, True)) < 1, shown.stdout

        out, tif = place.path / "out.gpkg", place.path / "site.tif"
        edge("export", "--store", store, "--out", out)
        subprocess.run([sys.executable, "-m", "osgeo_utils.samples.validate_gpkg", out], check=True, timeout=DEADLINE_S)
        values, _ = check_heights(f"GPKG:{out}:ground_site", True)
        edge("export", "--store", store, "--layer", "ground_site", "--out", tif)
        whole, _ = check_heights(str(tif), True)
        assert whole.size >= values.size
        assert "no inset of that name" in edge("export", "--store", store, "--layer", "ground_moon", "--out",
                                               place.path / "moon.tif", code=1)
        edge("export", "--store", store, "--layer", "obstacle_site", "--out", place.path / "moon.tif", code=2)


def test_info_and_query_tell_which_level_answers():
    with Place("told") as place:
        store = place.imported("store")
        info = json.loads(edge("info", "--store", store, "--json"))
        assert [(i["name"], i["level"], i["bounds_deg"]) for i in info["insets"]] \
            == [("site", 16, INSET["bounds"])], info["insets"]
        levels = {layer["name"]: layer.get("level") for layer in info["layers"]}
        assert levels["ground"] == 12 and levels["ground_site"] == levels["surface_site"] == 16, levels
        assert "site" in edge("info", "--store", store)
        inside, outside = query(store, *MOUND), query(store, 46.99, 7.985)
        assert inside["ground_level"] == inside["surface_level"] == 16, inside
        assert abs(inside["height"]["ground_amsl_m"] - analytic(*MOUND, True)) < .5, inside["height"]
        assert inside["height"]["ground_source"].startswith("fine"), inside["height"]
        assert outside["ground_level"] == 12, outside
        assert abs(outside["height"]["ground_amsl_m"] - analytic(46.99, 7.985, False)) <= COARSE_ERROR_M, outside["height"]
        assert outside["height"]["ground_source"].startswith("coarse"), outside["height"]
        table = edge("query", "--store", store, *map(str, MOUND), "--at", AT)
        assert "level 16" in table, table


def test_digests_do_not_depend_on_the_order():
    with Place("digest") as place:
        told = [json.loads(edge("digest", "--store", place.imported(name, order), "--at", AT, "--json"))
                for name, order in (("one", ("coarse", "fine")), ("two", ("fine", "coarse", "fine")))]
        assert told[0] == told[1], told
        plain = json.loads(edge("digest", "--store", place.imported("plain", insets=()), "--at", AT, "--json"))
        assert plain["ground"] != told[0]["ground"], "the digest is over the insets too"


def test_import_again_fills_an_inset_that_is_new():
    with Place("again") as place:
        store = place.imported("store", insets=())
        assert query(store, *MOUND)["ground_level"] == 12
        place.imported("store")
        answer = query(store, *MOUND)
        assert answer["ground_level"] == 16 and abs(answer["height"]["ground_amsl_m"] - analytic(*MOUND, True)) < .5


def node_of(kafka, mqtt, insets):
    told = configuration("{folder}/region.gpkg", insets, kafka={"bootstrap.servers": kafka.bootstrap},
                         mqtt={"host": mqtt.host, "port": mqtt.port, "username": NODE,
                               "password": mqtt.passwords[NODE]})
    return Node(told)


def ground_at_mound(store):
    try:
        return json.loads(edge("query", "--store", store, *map(str, MOUND), "--json"))
    except AssertionError:
        return {}  # not written yet


def height_of(client, seq, lat, lon):
    client.publish(f"drf-test/v1/drones/{DRONE}/telemetry", json.dumps({
        "seq": seq, "drone_boot_id": "1", "time_us": str(time.time_ns() // 1000), "time_source": 1,
        "lat_e7": round(lat * 1e7), "lon_e7": round(lon * 1e7), "alt_amsl_m": 500, "alt_amsl_acc95_m": 3,
        "velocity_north_mps": 0, "velocity_east_mps": 0, "velocity_up_mps": 0, "horizontal_acc95_m": 2,
    }).encode(), content_type="application/json")
    while True:
        message = client.take()
        if "/context/" in message.topic:
            context = json.loads(message.payload)
            if context.get("telemetry_seq") == seq:
                return context


def test_a_drone_over_real_brokers_is_told_the_inset_s_heights():
    with Place("served") as place, Kafka({"message.max.bytes": "33554432"}) as kafka, Mosquitto([DRONE]) as mqtt:
        kafka.create_compacted("terrain.coarse", "terrain.fine")
        for name, file in place.files.items():
            kafka.produce_all(f"terrain.{name}", [{"key": file.name, "value": file.read_bytes()}])
        with node_of(kafka, mqtt, []) as node:
            store = node.path("region.gpkg")
            wait_until(lambda: ground_at_mound(store).get("height", {}).get("ground_source", "").startswith("fine"),
                       "the fine source is there, at the region's level")
            assert ground_at_mound(store)["ground_level"] == 12
            # Declared while there is a store already: what is in Kafka is read again.
            node.stop()
            node.write_config(node.config | {"insets": [INSET]})
            node.start()
            wait_until(lambda: ground_at_mound(store).get("ground_level") == 16
                       and ground_at_mound(store)["height"]["ground_source"].startswith("fine"),
                       "the inset is filled from Kafka")
            assert "why=fingerprint" in node.log_text()
            with mqtt.client(DRONE) as client:
                client.subscribe(f"drf-test/v1/drones/{DRONE}/context/+", f"drf-test/v1/drones/{DRONE}/reply/+")
                client.publish(f"drf-test/v1/drones/{DRONE}/profile", b'{"json": true}', qos=1,
                               content_type="application/json")
                context = height_of(client, 1, *MOUND)
                height = context["height"]
                assert abs(height["ground_amsl_m"] - analytic(*MOUND, True)) < .5, height
                assert abs(height["agl_m"] - (500 - analytic(*MOUND, True))) < .5, height
                highest = max(s["ground_max_amsl_m"] for s in context["look_ahead"]["segments"])
                assert highest >= analytic(*MOUND, True) - .5, context["look_ahead"]
                aside = height_of(client, 2, 46.99, 7.985)["height"]
                assert abs(aside["ground_amsl_m"] - analytic(46.99, 7.985, False)) <= COARSE_ERROR_M, aside
            wait_until(lambda: rendered(store), "the coverage shows it, while the node writes")
            check_heights(f"GPKG:{store}:ground_site", True)
            # Withdrawn: no trace of it.
            kafka.produce_all("terrain.fine", [{"key": "fine.tif", "value": None}])
            wait_until(lambda: ground_at_mound(store)["height"]["ground_source"].startswith("coarse"),
                       "the coarse source answers where the fine one was")
            answer = ground_at_mound(store)
            assert abs(answer["height"]["ground_amsl_m"] - analytic(*MOUND, False)) <= COARSE_ERROR_M, answer


def rendered(store):
    try:
        check_heights(f"GPKG:{store}:ground_site", True)
        return True
    except (AssertionError, RuntimeError):
        return False


main(globals())
