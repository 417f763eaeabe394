#!/usr/bin/python3
# tests/integration/test_try.py - `drf-edge try` on real files, on an empty folder and on wrong ones.
# SPDX-License-Identifier: Apache-2.0
# Takes: 25 s
"""What is expected is of the data folder's index: counts of records, heights of DTED posts, values of the forecast."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess

from drf_fixture import BIN, DEADLINE_S, Folder, Process, jars, main, real_data, wait_until

EDGE = BIN / "drf-edge"


def attempt(*arguments, code=0, env=None):
    run = subprocess.run([EDGE, "try", *map(str, arguments)], capture_output=True, text=True, timeout=4 * DEADLINE_S,
                         env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL)
    assert run.returncode == code, (arguments, run.returncode, run.stdout, run.stderr)
    return run.stdout + run.stderr


def copied(folder, *names):
    own = folder.path / "own files"
    own.mkdir()
    for name in names:
        shutil.copyfile(real_data(*name.split("/")), own / pathlib.Path(name).name)
    return own


def running_in(folder):
    """Command lines of running programs that name the folder."""
    found = []
    for place in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = place.read_bytes()
        except OSError:
            continue
        if str(folder).encode() in words and b"test_try" not in words:
            found.append(words)
    return found


def query(store, *arguments):
    return json.loads(subprocess.run([EDGE, "query", "--store", store, "--json", *arguments], check=True,
                                     capture_output=True, timeout=DEADLINE_S).stdout)


def test_real_files_are_known_published_and_answered():
    with Folder("try") as folder:
        own = copied(folder, "terrain/n43.dt0", "obstacles/Canada.Dat", "obstacles/36-NY.Dat", "weather/eta.grb",
                     "cases/sigmet/sg_full.txt", "zones/ed269_geo-awareness-che-1.json", "traffic/calfire.json.gz")
        (own / "notes.txt").write_text("to do: buy milk\n")
        (own / "nothing").touch()
        before = {path.name: path.read_bytes() for path in own.iterdir()}
        said = attempt(own, "--kafka", jars())
        for words in (r"Canada\.Dat +dof: 14401 x", r"36-NY\.Dat +dof: 13089 x", r"n43\.dt0 +dted: ", r"eta\.grb +grib: ",
                      r"sg_full\.txt +sigmet: 1 x", r"ed269_\S+ +ed269: 6 x", r"gz +NOT USED: a \.gz file: unpack it",
                      r"notes\.txt +NOT USED: read by no decoder", r"nothing +NOT USED: it is empty",
                      r"81 x 111 km, west -80\.0", r"ed269\S+: ALL of it lies OUTSIDE",
                      r"mode REPLAY, its UTC beginning at 2004-12-09T12:00:00Z",  # 2004-12-08 12 UTC + 24 h
                      r"the node has read 6 messages", r"feed ed269: 1 refused: OUT_OF_REGION"):
            assert re.search(words, said), (words, said)
        assert {path.name: path.read_bytes() for path in own.iterdir()} == before, "it only reads them"
        out = pathlib.Path(f"{own}-drf")
        assert running_in(out) == [], running_in(out)
        for name in "accounts", "mqtt.password", "mosquitto/passwords":
            assert (out / name).stat().st_mode & 0o077 == 0, name
        passwords = [line.split(":")[1] for line in (out / "accounts").read_text().splitlines()]
        assert len(passwords) == 3 and not any(word in said for word in passwords)
        assert all(":$7$" in line for line in (out / "mosquitto/passwords").read_text().splitlines()), "hashed"
        # What is left answers: a bilinear height between DTED posts, and the forecast's nearest point at Toronto.
        store = out / "region.gpkg"
        height = query(store, "43.2557", "-79.8711")["height"]
        assert abs(height["ground_amsl_m"] - 95.89) < 0.2, height
        shown = subprocess.run([EDGE, "query", "--store", store, "--nearest", "--agl", "2", "43.65", "-79.38"], check=True, text=True,
                               capture_output=True, timeout=DEADLINE_S).stdout
        values = {name: float(re.search(rf"^{name} +(\S+) ", shown, re.M).group(1)) for name in ("temperature", "gust")}
        assert abs(values["temperature"] - 2.85) < 0.01 and abs(values["gust"] - 5) < 0.01, values
        # The lines it ends with: these run as they stand.
        steps = (out / "next-steps.txt").read_text()
        assert all(line in said for line in steps.splitlines())
        info = next(line for line in steps.splitlines() if " info " in line)
        assert "forecast" in subprocess.run(info, shell=True, check=True, capture_output=True, text=True,
                                            timeout=DEADLINE_S).stdout


def test_an_interrupted_try_ends_what_it_started():
    with Folder("try-stop") as folder:
        own = copied(folder, "terrain/n43.dt0")
        process = Process("try", [EDGE, "try", own, "--kafka", jars(), "--out", folder.path / "out"], folder.path / "log")
        wait_until(lambda: any(b"kafka.Kafka" in words for words in running_in(folder.path / "out")), "Kafka to run")
        process.signal(signal.SIGINT)
        assert process.popen.wait(DEADLINE_S) == 1, process.log_text()
        wait_until(lambda: not running_in(folder.path / "out"), "all of it to end")
        process.kill()


def test_without_kafka_what_can_be_imported_is_and_the_rest_is_named():
    with Folder("try-import") as folder:
        own = copied(folder, "terrain/n43.dt0", "terrain/dem_epsg3857_38.7N_76E.tif", "obstacles/36-NY.Dat",
                     "weather/eta.grb")
        (own / "aircraft.json").write_text(json.dumps({"now": 1e9, "messages": 1, "aircraft": [
            {"hex": "4b1234", "lat": 43.3, "lon": -79.8, "alt_geom": 3100, "gs": 100, "seen_pos": 0.5, "seen": 0.1}]}))
        said = attempt(own, "--out", folder.path / "out", "--kafka", folder.path)
        for words in ("holds no Kafka", "without Kafka the files are imported", "the node serves what was imported at", ": 1 file left out: traffic comes by Kafka only",
                      "eta.grb: imported: ", "states no vertical datum: EGM96 is taken", "the data reach farther",
                      "the terrain file with most features"):
            assert words in said, (words, said)
        config = (out := folder.path / "out").joinpath("drf-edge.yaml").read_text()
        assert config.count("vertical_datum: EGM96") == 1, config
        assert abs(query(out / "region.gpkg", "43.2557", "-79.8711")["height"]["ground_amsl_m"] - 95.89) < 0.2
        subprocess.run([EDGE, "check", "--offline", "--config", out / "drf-edge.yaml"], check=True, timeout=DEADLINE_S,
                       stdout=subprocess.DEVNULL)
        assert "mosquitto.conf &" in said and "kafka.Kafka" not in said and running_in(out) == []
        assert "it is there already" in attempt(own, "--out", out, "--import", code=1)


def test_an_empty_and_a_wrong_folder_write_nothing():
    with Folder("try-wrong") as folder:
        own, out = folder.path / "own", folder.path / "out"
        own.mkdir()
        assert "it holds no files" in attempt(own, "--out", out, code=1)
        assert "No such file" in attempt(folder.path / "absent", "--out", out, code=1)
        (own / "a.txt").write_text("not a report\n")
        (own / "b.json").write_text("[1, 2]")
        (own / "c.xml").write_text("<html/>")
        (own / "d.tif").write_bytes(b"II*\0" + bytes(40))
        (own / "e.bin").write_bytes(bytes(range(256)))
        (own / "f.grb").write_bytes(b"GRIB\0\0\0\2")
        (own / ".hidden").touch()
        (own / "leads-nowhere").symlink_to("absent")
        (own / "to-itself").symlink_to(".")
        os.mkfifo(own / "pipe")
        said = attempt(own, "--out", out, code=1)
        for words in r"\.hidden +NOT LOOKED AT: a hidden", "NOT LOOKED AT: it leads", "NOT LOOKED AT: neither", "NOT LOOKED AT: a link to a folder":
            assert re.search(words, said), (words, said)
        assert said.count("NOT USED") == 6 and "none of these files is of use; nothing was written" in said, said
        assert not out.exists()
        for wrong in ("--region", "1,2,3"), ("--region", "5,2,3,4"), ("--there-is-no", "x"):
            attempt(own, "--out", out, *wrong, code=2)
        attempt(code=2)


main(globals())
