# tests/integration/test_niagara.py - real terrain, obstacles and weather of one place, through real brokers.
# SPDX-License-Identifier: Apache-2.0
# Takes: 30 s
"""The Niagara scene: a US DTED cell, FAA obstacles and an Eta forecast of 2004-12-09 12 UTC go through Apache Kafka into
a node whose clock begins then; a client that is not ours asks over MQTT. What is expected comes from gdalwarp, from
the obstacle files' own text and from the values of the data folder's index."""
import json
import math
import sqlite3
import struct
import subprocess
import time

import numpy
from drf_fixture import (BIN, DEADLINE_S, NODE, OBSERVER, Mosquitto, Node, main, real_data, shared_kafka,
                         wait_until)
from osgeo import gdal, ogr, osr

gdal.UseExceptions()
gdal.SetConfigOption("GDAL_PAM_ENABLED", "NO")

UTC = "2004-12-09T12:00:00Z"
CELL = (-80.0, 43.0, -79.0, 44.0)  # west, south, east, north
LEVEL = 12
CELL_DEG = 180.0 / (1 << LEVEL) / 256
FEET = 0.3048
STALE, TIME_UNSYNCHRONISED = 7, 8  # ReplyCode
KNOWN_CELLS = 0.98 / CELL_DEG ** 2  # at least, when all of it is there
TOPICS = ["terrain.dem", "obstacles.faa", "weather.eta"]
DRONES = ["toronto-1", "falls-2", "north-3"]


def configuration(kafka, mqtt, terrain_format, bounds):
    return {
        "region": {"id": "niagara", "bounds": bounds},
        "node": {"id": "rack-1", "mode": "REPLAY"},
        "store": {"path": "{folder}/region.gpkg"},
        "kafka": {"bootstrap.servers": kafka.bootstrap},
        "dead_letters": {"topic": "dead.letters"},
        "mqtt": {"host": mqtt.host, "port": mqtt.port, "username": NODE, "password": mqtt.passwords[NODE]},
        "feeds": [
            {"name": "dem", "topic": "terrain.dem", "kind": "terrain", "format": terrain_format, "mode": "LIVE",
             "vertical_datum": "EGM96", "licence": "US government work"},
            {"name": "faa", "topic": "obstacles.faa", "kind": "obstacle", "mode": "LIVE",
             "licence": "public domain"},
            {"name": "eta", "topic": "weather.eta", "kind": "weather", "mode": "LIVE"},
        ],
    }


def dof_records(name):
    lines = real_data("obstacles", name).read_bytes().split(b"\r\n")
    return [line for line in lines[4:] if line.strip()]


def degrees(text):
    d, m, s = text[:-1].split()
    value = int(d) + int(m) / 60 + float(s) / 3600
    return -value if text[-1] in "SW" else value


class Record:
    """One line of a DOF file, read here by the columns of its description and nothing else."""

    def __init__(self, line):
        text = line.decode("ascii")
        self.id = text[0:9].strip()
        self.lat, self.lon = degrees(text[35:47].strip()), degrees(text[48:61].strip())
        self.agl_m, self.amsl_m = int(text[83:88]) * FEET, int(text[89:94]) * FEET

    def in_cell(self):
        return CELL[0] <= self.lon <= CELL[2] and CELL[1] <= self.lat <= CELL[3]


def metres(lat1, lon1, lat2, lon2):
    """On the ellipsoid's local radii; better than 0.2 % over some kilometres."""
    lat = math.radians((lat1 + lat2) / 2)
    w = math.sqrt(1 - 0.00669438 * math.sin(lat) ** 2)
    north = math.radians(lat2 - lat1) * 6378137 * (1 - 0.00669438) / w ** 3
    east = math.radians(lon2 - lon1) * 6378137 / w * math.cos(lat)
    return math.hypot(north, east)


def grib_messages():
    data, at, messages = real_data("weather", "eta.grb").read_bytes(), 0, []
    while True:
        at = data.find(b"GRIB", at)
        if at < 0:
            return messages
        length, = struct.unpack(">Q", data[at + 8:at + 16])
        messages.append(data[at:at + length])
        at += length


def publish(kafka, terrain):
    kafka.create_compacted(*TOPICS)
    kafka.create_topics("dead.letters")
    kafka.kcat_produce("terrain.dem", real_data("terrain", terrain).read_bytes(), key=f"{terrain}")
    for name in ("Canada.Dat", "36-NY.Dat"):
        records = dof_records(name)
        kafka.produce_all("obstacles.faa", [
            {"key": f"{name}/{i}", "value": b"\r\n".join(records[i:i + 500]) + b"\r\n"}
            for i in range(0, len(records), 500)])
    kafka.produce_all("weather.eta", [{"key": f"eta/{i}", "value": message}
                                      for i, message in enumerate(grib_messages())])


def query(store, *arguments):
    out = subprocess.run([BIN / "drf-edge", "query", "--store", store, *arguments, "--json"], check=True, timeout=DEADLINE_S,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return json.loads(out.stdout)


def coverage(store, layer, around=CELL):
    """The coverage as GDAL reads it, 32 cells farther than `around` on each side: heights with NaN where nothing is
    known, and the upper left corner. The rest of the region has no terrain, and reading it takes a gigabyte."""
    data = gdal.OpenEx(f"GPKG:{store}:{layer}", gdal.OF_RASTER)
    t = list(data.GetGeoTransform())
    west, south, east, north = around
    left, top = max(0, int((west - t[0]) / t[1]) - 32), max(0, int((north - t[3]) / t[5]) - 32)
    right = min(data.RasterXSize, int((east - t[0]) / t[1]) + 33)
    bottom = min(data.RasterYSize, int((south - t[3]) / t[5]) + 33)
    heights = data.ReadAsArray(left, top, right - left, bottom - top, buf_type=gdal.GDT_Float32)
    heights[heights == data.GetRasterBand(1).GetNoDataValue()] = numpy.nan
    t[0] += left * t[1]
    t[3] += top * t[5]
    return heights, t


def rendered(store):
    """How many cells there are tiles for: cheap to ask, where reading them takes a second from the node."""
    try:
        with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as db:
            return 65536 * db.execute("SELECT count(*) FROM surface").fetchone()[0]
    except sqlite3.Error:
        return 0


def complete(store, obstacles, known_cells):
    """True when the store has committed every message and rendered every tile."""
    if rendered(store) < known_cells:
        return False
    try:
        heights, _ = coverage(store, "surface")
        rows = ogr.Open(str(store))
        layer = rows.GetLayerByName("obstacle")
        return layer is not None and layer.GetFeatureCount() >= obstacles and numpy.isfinite(heights).sum() > known_cells
    except RuntimeError:
        return False


def check_ground(store):
    heights, t = coverage(store, "ground")
    assert abs(t[1] - CELL_DEG) < 1e-12 and abs(t[5] + CELL_DEG) < 1e-12, t
    rows, columns = heights.shape
    warped = gdal.Warp("", str(real_data("terrain", "n43.dt0")), format="MEM", dstSRS="EPSG:4326",
                       outputBounds=(t[0], t[3] - rows * CELL_DEG, t[0] + columns * CELL_DEG, t[3]),
                       width=columns, height=rows, resampleAlg="bilinear", outputType=gdal.GDT_Float32,
                       errorThreshold=0, dstNodata=-32767).ReadAsArray()
    warped[warped == -32767] = numpy.nan
    both = numpy.isfinite(heights) & numpy.isfinite(warped)
    expected_cells = (1 / CELL_DEG) ** 2
    assert both.sum() > 0.98 * expected_cells, (both.sum(), expected_cells)
    worst = numpy.abs(heights - warped)[both].max()
    assert worst <= 0.25, worst
    # Posts are never extrapolated: what gdalwarp adds beyond the outermost posts is unknown here.
    assert numpy.isfinite(heights).sum() <= expected_cells * 1.002
    print(f"ground: {both.sum()} cells, worst difference to gdalwarp {worst:.3f} m")
    return heights


def bilinear_ground(lat, lon):
    """From the posts of the file itself, not from tiles."""
    data = gdal.Open(str(real_data("terrain", "n43.dt0")))
    posts, t = data.ReadAsArray().astype(float), data.GetGeoTransform()
    x, y = (lon - t[0]) / t[1] - 0.5, (lat - t[3]) / t[5] - 0.5
    i, j = min(int(x), posts.shape[1] - 2), min(int(y), posts.shape[0] - 2)
    fx, fy = x - i, y - j
    return ((posts[j, i] * (1 - fx) + posts[j, i + 1] * fx) * (1 - fy)
            + (posts[j + 1, i] * (1 - fx) + posts[j + 1, i + 1] * fx) * fy)


def check_obstacles(store, records):
    """All 850 stand above ground in their top, also those whose published height lies below the terrain."""
    in_cell = {r.id: r for r in records if r.in_cell()}
    assert len(in_cell) == 850, len(in_cell)
    rows = {}
    source = ogr.Open(str(store))  # kept: a layer does not outlive it
    layer = source.GetLayerByName("obstacle")
    layer.SetSpatialFilterRect(*CELL)
    for feature in layer:
        rows[feature["feature_id"]] = feature.items()
    below = 0
    for one in in_cell.values():
        row = rows[one.id]
        ground = bilinear_ground(one.lat, one.lon)
        assert abs(row["published_amsl_m"] - one.amsl_m) < 0.01, (one.id, row["published_amsl_m"], one.amsl_m)
        assert abs(row["agl_m"] - one.agl_m) < 0.01, one.id
        assert row["top_amsl_m"] > ground, (one.id, row["top_amsl_m"], ground)
        assert row["top_amsl_m"] >= one.amsl_m, one.id
        below += one.amsl_m < ground
    assert below == 35, below
    print(f"850 obstacles, {below} published below the terrain, all tops above ground")


def check_weather(store):
    def near(value, expected, tolerance):
        assert abs(value - expected) <= tolerance, (value, expected)

    low = query(store, "43.65", "-79.38", "--agl", "10", "--nearest", "--at", UTC)["weather"]["wind"]
    near(low["wind_to_east_mps"], -3.862, 0.02)
    near(low["wind_to_north_mps"], 1.444, 0.02)
    near(low["wind_speed_mps"], 4.12, 0.02)
    near(low["wind_from_deg_true"], 110.5, 0.1)
    high = query(store, "43.65", "-79.38", "--agl", "120", "--nearest", "--at", UTC)["weather"]["wind"]
    near(high["wind_speed_mps"], 5.83, 0.02)
    near(high["wind_from_deg_true"], 127.4, 0.1)
    toronto = query(store, "43.65", "-79.38", "--agl", "2", "--nearest", "--at", UTC)["weather"]
    near(toronto["temperature_k"]["value"], 2.85 + 273.15, 0.01)
    near(toronto["gust_mps"]["value"], 5.0, 0.01)
    rain = query(store, "43.692", "-81.617", "--nearest", "--at", UTC)["weather"]["precipitation_mps"]
    near(rain["value"] * 3600 * 1000, 1 / 12, 0.0005)
    near((int(rain["valid_until_us"]) - int(rain["valid_from_us"])) / 3.6e9, 12, 1e-9)


def native_bilinear(band, lat, lon):
    """Between the four native points of a field of the GRIB file, as GDAL and PROJ place them. gdalwarp itself widens
    its kernel where cells are larger than the field's."""
    data = gdal.Open(str(real_data("weather", "eta.grb")))
    plane = data.GetSpatialRef()
    globe = plane.CloneGeogCS()
    for one in plane, globe:
        one.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    points = numpy.array(osr.CoordinateTransformation(globe, plane).TransformPoints(
        numpy.column_stack([lon.ravel(), lat.ravel()]).tolist()))
    values, t = data.GetRasterBand(band).ReadAsArray().astype(float), data.GetGeoTransform()
    x, y = (points[:, 0] - t[0]) / t[1] - .5, (points[:, 1] - t[3]) / t[5] - .5
    i, j = numpy.floor(x).astype(int), numpy.floor(y).astype(int)
    fx, fy = x - i, y - j
    return ((values[j, i] * (1 - fx) + values[j, i + 1] * fx) * (1 - fy)
            + (values[j + 1, i] * (1 - fx) + values[j + 1, i + 1] * fx) * fy).reshape(lat.shape)


def check_exported_weather(store):
    """The export's coverages of weather, read by GDAL, hold what the GRIB file does; there in Celsius and percent."""
    out = store.parent / "weather.gpkg"
    subprocess.run([BIN / "drf-edge", "export", "--store", store, "--out", out], check=True, timeout=DEADLINE_S)
    for table, band, scale, offset, tolerance in (("temperature_2m", 10, 1, 273.15, 0.01),
                                                  ("relative_humidity_2m", 11, 0.01, 0, 0.0005),
                                                  ("gust_0m", 181, 1, 0, 0.01)):
        shown = gdal.Open(f"GPKG:{out}:{table}_20041209t120000")
        t, values = shown.GetGeoTransform(), shown.ReadAsArray().astype(float)
        lon, lat = numpy.meshgrid(t[0] + (numpy.arange(values.shape[1]) + .5) * t[1],
                                  t[3] + (numpy.arange(values.shape[0]) + .5) * t[5])
        native = native_bilinear(band, lat, lon) * scale + offset
        assert numpy.ptp(native) > 10 * tolerance, "a field without shape would prove nothing"
        worst = numpy.abs(values - native).max()
        assert worst <= tolerance, (table, worst, values, native)
        print(f"exported {table}: {values.shape} cells, worst difference to the file {worst:.5f}")


def ask(client, root, drone, lat, lon, amsl_m, time_us):
    """One telemetry as JSON; the context that answers it, as JSON. A node that a busy machine began late has another
    time than the test believes: it says so in its refusal, and is asked again."""
    ask.seq = getattr(ask, "seq", 0) + 1

    def report(at_us):
        client.publish(f"{root}/drones/{drone}/telemetry", json.dumps({
            "seq": ask.seq, "drone_boot_id": "1", "time_us": str(at_us), "time_source": 1,
            "lat_e7": round(lat * 1e7), "lon_e7": round(lon * 1e7), "alt_amsl_m": amsl_m, "alt_amsl_acc95_m": 3,
            "velocity_north_mps": 0, "velocity_east_mps": 0, "velocity_up_mps": 0, "horizontal_acc95_m": 2,
        }).encode(), content_type="application/json")
    report(time_us())
    while True:
        message = client.take()
        if "/reply/" in message.topic:
            reply = json.loads(message.payload)
            if reply["code"] in (STALE, TIME_UNSYNCHRONISED):
                report(reply["node_time_us"])
        if "/context/" in message.topic:
            context = json.loads(message.payload)
            if context.get("telemetry_seq") == ask.seq:
                return context


def check_drones(mqtt, records, now_us):
    root = "drf-test/v1"
    with mqtt.client(OBSERVER) as observer:
        observer.subscribe(f"{root}/regions/niagara/nodes/rack-1/state")
        assert observer.take().retain

    for drone, lat, lon in (("toronto-1", 43.65, -79.38), ("falls-2", 43.0896, -79.0748)):
        with mqtt.client(drone) as client:
            client.subscribe(f"{root}/drones/{drone}/context/+", f"{root}/drones/{drone}/reply/+")
            client.publish(f"{root}/drones/{drone}/profile", json.dumps(
                {"json": True, "obstacle_radius_m": 1500, "obstacles_max": 16}).encode(), qos=1,
                content_type="application/json")
            context = ask(client, root, drone, lat, lon, 400.0, now_us)
            height = context["height"]
            ground = bilinear_ground(lat, lon)
            assert abs(height["ground_amsl_m"] - ground) <= 0.5, (height, ground)
            assert abs(height["agl_m"] - (400 - ground)) <= 0.5, height
            assert height["ground_source"].startswith("dem"), height
            near = {r.id: r for r in records if metres(lat, lon, r.lat, r.lon) < 1500}
            listed = {o["feature_id"]: o for o in context.get("obstacles", [])}
            assert len(listed) + context.get("obstacles_left_out", 0) == len(near), (len(listed), len(near))
            for one, shown in listed.items():
                assert abs(shown["published_amsl_m"] - near[one].amsl_m) < 0.01
                assert abs(shown["published_agl_m"] - near[one].agl_m) < 0.01
            print(f"{drone}: {len(listed)} obstacles listed of {len(near)} within 1500 m")
    with mqtt.client("north-3") as client:
        client.subscribe(f"{root}/drones/north-3/context/+", f"{root}/drones/north-3/reply/+")
        client.publish(f"{root}/drones/north-3/profile", b'{"json": true}', qos=1, content_type="application/json")
        height = ask(client, root, "north-3", 44.5, -79.5, 400.0, now_us)["height"]
        assert "ground_amsl_m" not in height and "agl_m" not in height and "surface_amsl_m" not in height, height
        assert height["ground_reason"] == 2 and height["agl_reason"] == 2, height  # NO_DATA


def run_scene(terrain, terrain_format, bounds, obstacles, known_cells, check):
    with shared_kafka() as kafka, Mosquitto(users=DRONES) as mqtt:
        publish(kafka, terrain)
        records = [Record(line) for name in ("Canada.Dat", "36-NY.Dat") for line in dof_records(name)]
        with Node(configuration(kafka, mqtt, terrain_format, bounds), ["--utc-start", UTC]) as node:
            base, began = int(numpy.datetime64(UTC[:-1], "us").astype(int)), time.monotonic()
            store = node.path("region.gpkg")
            wait_until(lambda: complete(store, obstacles, known_cells),
                       "terrain, obstacles and weather are in the store")
            return check(store, mqtt, records, lambda: base + int((time.monotonic() - began) * 1e6))


def test_real_scene_is_served_as_it_is():
    def check(store, mqtt, records, now_us):
        heights = check_ground(store)
        check_obstacles(store, records)
        check_weather(store)
        check_exported_weather(store)
        check_drones(mqtt, records, now_us)
        test_real_scene_is_served_as_it_is.ground = heights, coverage(store, "ground")[1]
    run_scene("n43.dt0", "dted", [-82.0, 43.0, -79.0, 44.7], 850, KNOWN_CELLS, check)


def test_geotiff_of_the_same_cell_gives_the_same_tiles():
    """In a part of the region: making the whole cell twice shows no more and takes most of a minute."""
    west, south, east, north = bounds = [-79.3, 43.1, -79.0, 43.3]
    heights, t = run_scene("n43.tif", "geotiff", bounds, 1, (east - west) * (north - south) / CELL_DEG ** 2,
                           lambda store, *_: coverage(store, "ground", bounds))
    whole, whole_t = getattr(test_real_scene_is_served_as_it_is, "ground", (None, None))
    assert whole is not None, "runs after the scene of the DTED cell"
    column, row = round((t[0] - whole_t[0]) / CELL_DEG), round((t[3] - whole_t[3]) / -CELL_DEG)
    rows, columns = heights.shape
    assert row >= 0 and column >= 0, (t, whole_t)
    same = whole[row:row + rows, column:column + columns]
    assert same.shape == heights.shape, (same.shape, heights.shape)
    known = numpy.isfinite(heights)
    assert known.sum() >= (east - west) * (north - south) / CELL_DEG ** 2, known.sum()
    # At the edge of what is kept a tile may hold less than in the whole region: what it holds is the same.
    assert numpy.array_equal(heights[known], same[known])
    print(f"geotiff: {known.sum()} cells of {rows}x{columns} as from the DTED")


main(globals())
