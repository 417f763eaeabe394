#!/usr/bin/python3
# tests/bench/imported.py [SECONDS [PAIRS]] - the highest memory of importing a large raster, beside gdalwarp's.
# SPDX-License-Identifier: Apache-2.0
"""One JSON line, import_memory: 10801 x 10801 posts of a second of arc (301 when SECONDS is below 5) into a new store by
`drf-edge import`, its decoder child counted with it, and into a GeoPackage of the same cells by gdalwarp with its own
defaults, side by side: a peak does not depend on what else runs. What both took of the clock then stands beside. gdalwarp's
peak has GDAL's block cache in it, by default a twentieth of the machine's memory: `gdal_cache_mb`, where it is filled."""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

import numpy
from osgeo import gdal, osr

from judge import row

TOP = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("DRF_BIN_DIR") or TOP / "build" / "bin").resolve()
WEST, SOUTH, POST_DEG, CELL_DEG = 8.0, 45.0, 1 / 3600, 180 / 2**12 / 256


def make_raster(path, posts):
    """Hills with some grain, as pixels whose centres are the posts."""
    file = gdal.GetDriverByName("GTiff").Create(str(path), posts, posts, 1, gdal.GDT_Int16, ["COMPRESS=DEFLATE", "TILED=YES"])
    file.SetGeoTransform((WEST - POST_DEG / 2, POST_DEG, 0, SOUTH + (posts - 0.5) * POST_DEG, 0, -POST_DEG))
    frame = osr.SpatialReference()
    frame.SetFromUserInput("EPSG:4326+5773")
    file.SetProjection(frame.ExportToWkt())
    x, grain = numpy.arange(posts), numpy.random.default_rng(5)
    for first in range(0, posts, 256):
        y = numpy.arange(first, min(first + 256, posts))[:, None]
        heights = 900 + 400 * numpy.sin(x * 0.004) * numpy.cos(y * 0.005) + 60 * numpy.sin(x * 0.05 + y * 0.03)
        file.GetRasterBand(1).WriteArray((heights + grain.integers(0, 4, heights.shape)).astype("int16"), 0, first)
    file.FlushCache()


def look_mb(pid):
    """What a process and its children have of the memory now, and the most that one of them ever had. Shared pages count
    once in the first (Pss), wholly in the second (VmHWM)."""
    now, most = 0.0, 0.0
    for one in [pid, *(int(child) for path in pathlib.Path(f"/proc/{pid}/task").glob("*/children")
                       for child in path.read_text().split())]:
        try:
            text = "".join(pathlib.Path(f"/proc/{one}/{name}").read_text() for name in ("smaps_rollup", "status"))
            sizes = dict(line.split()[:2] for line in text.splitlines() if line.startswith(("Pss:", "VmHWM:")))
            now, most = now + int(sizes["Pss:"]) / 1024, max(most, int(sizes["VmHWM:"]) / 1024)
        except (OSError, KeyError):
            continue  # it ended
    return now, most


def highest_mb(*words):
    """(the most of all its processes together, of one of them, seconds) of a program, looked at 20 times a second."""
    begin_s, seen, ended = time.monotonic(), [(0.0, 0.0)], threading.Event()
    process = subprocess.Popen([str(word) for word in words], stdout=subprocess.DEVNULL)

    def look():
        while not ended.wait(0.05):
            try:
                seen.append(look_mb(process.pid))
            except OSError:
                continue
    looking = threading.Thread(target=look)
    looking.start()
    process.wait()
    took_s = time.monotonic() - begin_s
    ended.set()
    looking.join()
    if process.returncode != 0:
        raise RuntimeError(f"{words[0]} ended with {process.returncode}")
    return max(one[0] for one in seen), max(one[1] for one in seen), took_s


def main():
    small = len(sys.argv) > 1 and int(sys.argv[1]) < 5
    pairs = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    posts = 301 if small else 10801
    side = (posts - 1) * POST_DEG
    own, warped = [], []
    with tempfile.TemporaryDirectory(prefix="drf-bench-") as name:
        folder = pathlib.Path(name)
        make_raster(folder / "raster.tif", posts)
        config = folder / "node.yaml"
        config.write_text(json.dumps({
            "region": {"id": "sim-import", "bounds": [WEST, SOUTH, WEST + side, SOUTH + side], "margin_m": 0},
            "node": {"id": "n", "mode": "SIM"}, "store": {"path": str(folder / "region.gpkg")},
            "kafka": {"bootstrap.servers": "127.0.0.1:9"}, "mqtt": {"host": "127.0.0.1", "port": 9},
            "limits": {"look_ahead_max_m": 1000, "decode_pixels_max": 200000000},
            "feeds": [{"name": "ground", "topic": "g", "kind": "terrain", "mode": "SIM"}]}))
        for _ in range(pairs):
            for file in folder.glob("region.gpkg*"):
                file.unlink()
            (folder / "warped.gpkg").unlink(missing_ok=True)
            with concurrent.futures.ThreadPoolExecutor(2) as both:
                ours = both.submit(highest_mb, BIN / "drf-edge", "import", "--config", config, "--feed", "ground",
                                   folder / "raster.tif")
                theirs = both.submit(highest_mb, "gdalwarp", "-q", "-of", "GPKG", "-ot", "Int16", "-r", "bilinear", "-tr",
                                     CELL_DEG, CELL_DEG, "-te", WEST, SOUTH, WEST + side, SOUTH + side, "-co",
                                     "TILE_FORMAT=PNG", "-s_srs", "EPSG:4326", "-t_srs", "EPSG:4326",
                                     folder / "raster.tif", folder / "warped.gpkg")
                own.append(ours.result())
                warped.append(theirs.result())
    print(json.dumps(row("import_memory", f"MB at the highest for {posts} x {posts} posts", [one[0] for one in own],
                         "gdalwarp into a GeoPackage of the same cells", [one[0] for one in warped],
                         gdal_cache_mb=gdal.GetCacheMax() / 2**20, largest_process_mb=[one[1] for one in own],
                         gdalwarp_largest_process_mb=[one[1] for one in warped],
                         took_s=[one[2] for one in own], gdalwarp_took_s=[one[2] for one in warped])))


main()
