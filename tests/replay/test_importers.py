#!/usr/bin/python3
# tests/replay/test_importers.py - logs, traffic and scenarios become tapes, with what is known of time and height.
# SPDX-License-Identifier: Apache-2.0
# Takes: 110 s
"""Real files for ULog, readsb, remote ID and BlueSky ($DRF_REAL_DATA). For DataFlash, tlog and OpenSky's CSV there is none
at hand: small ones are made by the documented layout (importers/logs.py) or by pymavlink's own encoder, and read a second
time by another reader."""
import csv
import datetime
import gzip
import io
import json
import math
import pathlib
import re
import stat
import struct
import subprocess
import types

import yaml
from drf_fixture import BIN, NODE, main, real_data
from fixture import place
from importers import bench as workbench
from importers.logs import Dataflash, Ulog, gps_time, read_ulog
from osgeo import ogr

bench = workbench.bench
UTC = datetime.timezone.utc
FEET, KNOT = 0.3048, 1852 / 3600
ULG, SCN = ("replay", "px4_sample_events_zurich.ulg"), ("replay", "bluesky_M2AP1.scn")
KML, RID = ("replay", "rid_zurich.kml"), ("replay", "rid_zurich.states.json")
TRACE, CALFIRE = ("traffic", "readsb_trace_full_ac671b.json"), ("traffic", "calfire.json.gz")
AT = datetime.datetime(2024, 3, 18, 14, 49, 10, tzinfo=UTC)
AT_US = 1710773350000000  # the same; date -ud 2024-03-18T14:49:10Z +%s


def close(a, b, within):
    assert abs(a - b) <= within, (a, b, within)


def near_f32(a, b):
    """Equal as far as a single-precision float holds it."""
    close(a, b, 1e-6 * max(1.0, abs(b)))


# ULog -------------------------------------------------------------------------------------------------------------------

def test_ulog__amsl_that_equals_the_ellipsoid__needs_the_users_word_and_is_not_called_verified():
    path = real_data(*ULG)
    bench().refused("ulog", path, says=["alt (AMSL) and alt_ellipsoid are the same", "--datum"])
    imported = bench().taken("ulog", path, "--datum", "amsl-egm96").read()["metadata"]["import"]
    assert imported["datum_verified"] == "no" and imported["datum_basis"] == "stated by the user", imported
    assert any("no geoid can be tested" in text for key, text in imported.items() if key.startswith("note.")), imported


def test_ulog__real_log__is_what_a_second_reader_finds():
    path = real_data(*ULG)
    rows = read_ulog(path.read_bytes(), "vehicle_global_position")
    local = read_ulog(path.read_bytes(), "vehicle_local_position")
    air = read_ulog(path.read_bytes(), "vehicle_air_data")
    result = bench().taken("ulog", path, "--datum", "amsl-egm96", "--drone-id", "px4")
    told = result.messages("drones/px4/telemetry")
    assert len(told) == len(rows) == 109 and result.said["written telemetry"] == "109"
    for at, (message, row) in enumerate(zip(told, rows), 1):
        fields = message["fields"]
        assert int(fields["time_us"]) == row["timestamp_sample"] and message["log_time"] == row["timestamp"] * 1000
        assert (fields["lat_e7"], fields["lon_e7"]) == (round(row["lat"] * 1e7), round(row["lon"] * 1e7))
        near_f32(fields["alt_amsl_m"], row["alt"])
        assert "alt_wgs84_m" not in fields and fields["mode"] == 4 and fields["seq"] == at and fields["time_source"] == 1
        last = [v for v in local if v["timestamp"] <= row["timestamp"]][-1]
        near_f32(fields["velocity_north_mps"], last["vx"])
        near_f32(fields["velocity_up_mps"], -last["vz"])
        near_f32(fields["horizontal_acc95_m"], 1.96 * row["eph"])
        # PX4 makes the same of the pressure with its default QNH of 1013.25 hPa.
        close(fields["alt_pressure_m"], [a for a in air if a["timestamp"] <= row["timestamp"]][-1]["baro_alt_meter"], 0.2)
    # What the index of the real data says of it.
    heights = [m["fields"]["alt_amsl_m"] for m in told]
    assert 487.5 <= min(heights) and max(heights) <= 490.15, (min(heights), max(heights))
    close(told[0]["fields"]["lat_e7"] / 1e7, 47.39774, 1e-5)
    close(told[0]["fields"]["lon_e7"] / 1e7, 8.54559, 1e-5)
    close(108 / (told[-1]["log_time"] - told[0]["log_time"]) * 1e9, 5.1, 0.1)


def test_tape__is_as_the_recording_format_says():
    result = bench().taken("ulog", real_data(*ULG), "--datum", "ellipsoid", "--drone-id", "px4")
    read = result.read()
    assert read["profile"] == "drf" and read["library"].startswith("drf-import ") and read["compression"] == ["zstd"], read
    assert stat.S_IMODE(result.tape.stat().st_mode) == 0o640
    assert read["attachments"].keys() == {"drf.v1.desc"} and read["metadata"]["drf"]["mode"] == "SIM", read["metadata"]
    assert read["metadata"]["drf"]["simulated"] == "1"
    first = read["messages"][0]
    assert first["schema"] == "drf.v1.Telemetry" and first["topic"] == "drf/v1/drones/px4/telemetry"
    stated = {"transport": "mqtt", "qos": "0", "retain": "0", "source": ULG[1], "datum": "ellipsoid"}
    assert stated.items() <= first["metadata"].items() and "boot clock plus 0 us" in first["metadata"]["time_base"]
    assert [m["sequence"] for m in read["messages"]] == list(range(1, 110))
    assert [m["log_time"] for m in read["messages"]] == sorted(m["log_time"] for m in read["messages"])
    assert "alt_wgs84_m" in first["fields"] and "alt_amsl_m" not in first["fields"]
    again = bench().taken("ulog", real_data(*ULG), "--datum", "ellipsoid", "--drone-id", "px4")
    assert again.tape.read_bytes() == result.tape.read_bytes(), "the same input gave another tape"


BOOT_US = 97000000
GEOID_M = 47.3


def small_ulog(utc=True, step_us=0, fix=3, ellipsoid=GEOID_M):
    log = Ulog(BOOT_US, [("int32_t time_ref_utc", struct.pack("<i", 3600))])
    log.topic("vehicle_global_position", "uint64_t timestamp;uint64_t timestamp_sample;double lat;double lon;float alt;"
              "float alt_ellipsoid;float eph;float epv;")
    log.topic("vehicle_gps_position", "uint64_t timestamp;uint64_t time_utc_usec;uint8_t fix_type;")
    for i in range(10):
        boot = BOOT_US + i * 200000
        log.row("vehicle_gps_position", boot, (AT_US + i * 200000 + (step_us if i > 4 else 0)) if utc else 0, fix)
        log.row("vehicle_global_position", boot + 2000, boot, 47.0 + i * 1e-5, 8.0, 400.0, 400.0 + ellipsoid, 1.0, 1.0)
        if i == 5:  # published again without a new estimate
            log.row("vehicle_global_position", boot + 9000, boot, 47.0 + i * 1e-5, 8.0, 400.0, 400.0 + ellipsoid, 1.0, 1.0)
    return bench().file("small.ulg", log.bytes())


def test_ulog__boot_time__becomes_utc_by_the_receiver_and_not_by_the_time_zone():
    result = bench().taken("ulog", small_ulog())
    told = result.messages("telemetry")
    assert [int(m["fields"]["time_us"]) for m in told] == [AT_US + i * 200000 for i in range(10)]
    assert told[0]["log_time"] == (AT_US + 2000) * 1000 and told[0]["fields"]["mode"] == 3
    assert result.said["dropped sample_repeated"] == "1", result.out
    for message in told:
        near_f32(message["fields"]["alt_amsl_m"], 400.0)
        near_f32(message["fields"]["alt_wgs84_m"], 400.0 + GEOID_M)
    assert result.said["datum"] == "amsl-egm96 and ellipsoid" and result.said["datum_verified"] == "no"


def test_ulog__absent_utc__is_refused_until_the_user_says_it():
    for log in (small_ulog(utc=False), small_ulog(fix=1)):
        bench().refused("ulog", log, says=["since boot", "--start-utc"])
    told = bench().taken("ulog", small_ulog(utc=False), "--start-utc", "2024-03-18T14:49:10Z").messages("telemetry")
    assert int(told[0]["fields"]["time_us"]) == AT_US and told[0]["fields"]["time_source"] == 0
    bench().refused("ulog", small_ulog(), "--start-utc", "2024-03-18T14:49:10Z", says="states the time")
    bench().refused("ulog", small_ulog(utc=False), "--start-utc", "2024-03-18T14:49:10", says="no offset from UTC")
    bench().refused("ulog", small_ulog(step_us=18000000), says="steps by 18.000 s")


# DataFlash --------------------------------------------------------------------------------------------------------------

PRESSURE_PA = 89874.6  # at 1,000 m: ICAO standard atmosphere, Doc 7488, table 1


def small_dataflash(at=AT, leap_s=18, options=0, gps=True, home=True):
    log = Dataflash()
    if options is not None:
        log.row("PARM", 1, "GPS_DRV_OPTIONS", float(options), 0.0)
    week, ms = gps_time(at, leap_s)
    for row in ([(0, 585.0)] if home else []):
        log.row("ORGN", 1000, 0, 46.0, 7.0, 1.0)
        log.row("ORGN", 1000, 1, 47.0, 8.0, row[1])
    mission = [(16, 0, 47.0, 8.0, 585.0), (22, 3, 0, 0, 20.0), (16, 3, 47.001, 8.0, 50.0), (16, 0, 47.002, 8.0, 700.0),
               (16, 10, 47.003, 8.0, 60.0), (178, 0, 0, 0, 0)]
    for _ in range(2):
        for number, (command, frame, lat, lon, alt) in enumerate(mission):
            log.row("CMD", 2000, len(mission), number, command, 0.0, 0.0, 0.0, 0.0, lat, lon, alt, frame)
    for i in range(6):
        boot = BOOT_US + i * 200000
        log.row("GPS", boot, 0, 3 if gps else 1, ms + i * 200, week, 12, 0.8, 47.0, 8.0, 600.0, 10.0, 90.0, -2.0, 0.0, 1)
        log.row("GPS", boot, 1, 3, ms + 500000, week, 12, 0.8, 47.0, 8.0, 600.0, 10.0, 90.0, -2.0, 0.0, 0)
        if i == 3:  # the receiver repeats itself
            log.row("GPS", boot + 90000, 0, 3 if gps else 1, ms + i * 200, week, 12, 0.8, 47.0, 8.0, 600.0, 10.0, 90.0, -2.0, 0.0, 1)
        log.row("BARO", boot, 0, 15.0, PRESSURE_PA, 15.0, 0.0)
        log.row("POS", boot + 1000, 47.0 + i * 1e-5, 8.0 + i * 1e-5, 600.0 + i, 15.0 + i, 14.0)
    log.row("POS", BOOT_US + 5 * 200000 + 1000, 47.00005, 8.00005, 605.0, 20.0, 14.0)  # its row once more
    return bench().file("small.bin", log.bytes())


def test_dataflash__gps_time__is_utc_after_the_leap_seconds():
    result = bench().taken("dataflash", small_dataflash())
    told = result.messages("telemetry")
    assert [int(m["fields"]["time_us"]) for m in told] == [AT_US + i * 200000 + 1000 for i in range(6)]
    assert result.said["leap_seconds"] == "18" and result.said["dropped time_repeated"] == "1", result.out
    assert result.said["dropped utc_row_repeated"] == "1", result.out
    second = json.loads(bench().python("second_dataflash.py", small_dataflash()))
    for message, stamp in zip(told, second):  # pymavlink has its own constant of leap seconds
        close(int(message["fields"]["time_us"]) / 1e6, stamp, 0.01)


def test_dataflash__position_and_heights__each_in_its_own_frame():
    told = bench().taken("dataflash", small_dataflash()).messages("telemetry")
    for i, fields in enumerate(m["fields"] for m in told):
        assert (fields["lat_e7"], fields["lon_e7"]) == (470000000 + i * 100, 80000000 + i * 100)
        near_f32(fields["alt_amsl_m"], 600.0 + i)
        near_f32(fields["alt_above_takeoff_m"], 15.0 + i)
        assert (fields["takeoff_lat_e7"], fields["takeoff_lon_e7"]) == (470000000, 80000000)
        close(fields["alt_pressure_m"], 1000.0, 0.1)  # of the pressure, never BARO.Alt, which is relative
        close(fields["velocity_east_mps"], 10.0, 1e-5)
        close(fields["velocity_north_mps"], 0.0, 1e-5)
        close(fields["velocity_up_mps"], 2.0, 1e-6)
    without = bench().taken("dataflash", small_dataflash(home=False))
    assert "alt_above_takeoff_m" not in without.messages("telemetry")[0]["fields"]
    assert without.said["dropped height_over_home_without_home"] == "7", without.out


def test_dataflash__datum__is_the_parameters_or_the_users():
    bench().refused("dataflash", small_dataflash(options=None), says=["GPS_DRV_OPTIONS", "--datum"])
    fields = bench().taken("dataflash", small_dataflash(options=16)).messages("telemetry")[0]["fields"]
    assert "alt_amsl_m" not in fields
    near_f32(fields["alt_wgs84_m"], 600.0)
    said = bench().taken("dataflash", small_dataflash(options=None), "--datum", "amsl-egm96").said
    assert said["datum"] == "amsl-egm96" and said["datum_basis"] == "stated by the user", said
    overruled = bench().taken("dataflash", small_dataflash(), "--datum", "ellipsoid")
    assert "the user says ellipsoid; parameter GPS_DRV_OPTIONS = 0 says amsl-egm96" in overruled.out


def test_dataflash__mission__becomes_a_plan_once():
    result = bench().taken("dataflash", small_dataflash())
    plan, = result.messages("small/plan")
    assert plan["metadata"]["retain"] == "1" and plan["metadata"]["qos"] == "1" and plan["log_time"] == (AT_US - BOOT_US + 2000) * 1000
    points = plan["fields"]["points"]
    assert [p["lat_e7"] for p in points] == [470010000, 470020000, 470030000]
    close(points[0]["alt_amsl_m"], 585.0 + 50.0, 1e-3)  # relative to home
    close(points[1]["alt_amsl_m"], 700.0, 1e-3)
    close(points[2]["agl_m"], 60.0, 1e-3)
    assert result.said["dropped mission_repeated"] == "1" and result.said["dropped mission_item_without_position"] == "4"
    homeless = bench().taken("dataflash", small_dataflash(home=False))
    assert not homeless.messages("plan") and homeless.said["dropped mission_incomplete"] == "2", homeless.out


def test_dataflash__without_utc_or_leap_seconds__is_refused():
    bench().refused("dataflash", small_dataflash(gps=False), says=["since boot", "--start-utc"])
    started = bench().taken("dataflash", small_dataflash(gps=False), "--start-utc", "2024-03-18T14:49:10Z")
    assert int(started.messages("telemetry")[0]["fields"]["time_us"]) == AT_US + BOOT_US + 1000 - 1  # the first TimeUS is 1
    later = datetime.datetime(2049, 1, 1, tzinfo=UTC)  # no table reaches there
    bench().refused("dataflash", small_dataflash(later), says=["table of leap seconds ends", "--leap-seconds"])
    told = bench().taken("dataflash", small_dataflash(later, 20), "--leap-seconds", "20").messages("telemetry")
    assert int(told[0]["fields"]["time_us"]) == int(later.timestamp() * 1e6) + 1000


def test_leap_seconds__table__is_that_of_tzdata():
    """At each step of the list that Debian's tzdata has, a log from a second before and one from then on."""
    lines = pathlib.Path("/usr/share/zoneinfo/leap-seconds.list").read_text(encoding="ascii").splitlines()
    steps = [tuple(int(v) for v in line.split("#")[0].split()) for line in lines if line and line[0] != "#"]
    for (_, before), (ntp_s, tai_s) in zip(steps, steps[1:]):
        at = datetime.datetime(1900, 1, 1, tzinfo=UTC) + datetime.timedelta(seconds=ntp_s)
        if at.year < 2012:  # GPS weeks before are taken as rolled over
            continue
        for moment, leap_s in ((at - datetime.timedelta(seconds=5), before - 19), (at, tai_s - 19)):
            said = bench().taken("dataflash", small_dataflash(moment, leap_s)).said
            assert said["leap_seconds"] == str(leap_s), (moment, said)
    assert steps[-1][1] - 19 == 18 and at == datetime.datetime(2017, 1, 1, tzinfo=UTC)


# MAVLink tlog -----------------------------------------------------------------------------------------------------------

GROUND_US = AT_US + 250000  # the ground station hears it a quarter of a second later


def tlog(name="small.tlog", ground_us=GROUND_US, unix=True, home=True, extra=()):
    rows = [[ground_us, 7, "HEARTBEAT", dict(type=2, autopilot=3, base_mode=0, custom_mode=0, system_status=4, mavlink_version=3)]]
    if home:
        rows.append([ground_us, 7, "HOME_POSITION", dict(latitude=470000000, longitude=80000000, altitude=585000, x=0, y=0, z=0,
                                                         q=[1, 0, 0, 0], approach_x=0, approach_y=0, approach_z=0)])
    rows += [[ground_us, 7, *row] for row in extra]
    for i in range(6):
        stamp, boot_ms = ground_us + i * 200000, 97000 + i * 200
        rows.append([stamp, 7, "SYSTEM_TIME", dict(time_unix_usec=AT_US + i * 200000 if unix else 0, time_boot_ms=boot_ms)])
        rows.append([stamp, 7, "EXTENDED_SYS_STATE", dict(vtol_state=0, landed_state=1 if i == 0 else 2)])
        rows.append([stamp, 7, "SCALED_PRESSURE", dict(time_boot_ms=boot_ms, press_abs=PRESSURE_PA / 100, press_diff=0, temperature=0)])
        position = dict(time_boot_ms=boot_ms, lat=470000000 + i * 100, lon=80000000, alt=600000 + i * 1000,
                        relative_alt=15000 + i * 1000, vx=100, vy=-200, vz=-300, hdg=9000)
        rows.append([stamp, 7, "GLOBAL_POSITION_INT", position])
        if i == 4:  # sent twice
            rows.append([stamp + 50000, 7, "GLOBAL_POSITION_INT", position])
    path = bench().path / name
    bench().python("make_tlog.py", path, stdin=json.dumps(rows))
    return path


def test_tlog__aircrafts_own_utc__counts_and_the_ground_stations_says_when_it_was_heard():
    path = tlog()
    result = bench().taken("tlog", path)
    told = result.messages("drones/small/telemetry")
    second = json.loads(bench().python("make_tlog.py", "second", path))
    assert len(told) == 6 and len(second) == 7 and result.said["dropped sample_repeated"] == "1", result.out
    for i, message in enumerate(told):
        fields, other = message["fields"], [s for s in second if s["time_boot_ms"] == 97000 + i * 200][0]
        assert int(fields["time_us"]) == AT_US + i * 200000 and fields["time_source"] == 1
        assert message["log_time"] == (GROUND_US + i * 200000) * 1000
        close(message["log_time"] / 1e9, other["stamp_s"], 1e-3)
        assert (fields["lat_e7"], fields["lon_e7"]) == (other["lat"], other["lon"])
        near_f32(fields["alt_amsl_m"], other["alt"] / 1000)
        near_f32(fields["alt_above_takeoff_m"], other["relative_alt"] / 1000)
        assert (fields["velocity_north_mps"], fields["velocity_east_mps"], fields["velocity_up_mps"]) == (1.0, -2.0, 3.0)
        assert fields["on_ground"] is (i == 0) and fields["takeoff_lat_e7"] == 470000000
        close(fields["alt_pressure_m"], 1000.0, 0.1)


def test_tlog__clocks__wrong_absent_and_at_boot():
    hour = 3600000000
    moved = bench().taken("tlog", tlog(ground_us=GROUND_US - hour))
    assert "3599.750 s behind" in moved.out, moved.out
    assert moved.messages("telemetry")[0]["log_time"] == AT_US * 1000
    ground = bench().taken("tlog", tlog(unix=False))
    first = ground.messages("telemetry")[0]["fields"]
    assert int(first["time_us"]) == GROUND_US and first["time_source"] == 2 and "clock of the ground station" in ground.said["time_base"]
    boot = tlog(unix=False, ground_us=5000000)
    bench().refused("tlog", boot, says=["no date", "--start-utc"])
    told = bench().taken("tlog", boot, "--start-utc", "2024-03-18T14:49:10Z").messages("telemetry")
    assert int(told[0]["fields"]["time_us"]) == AT_US and told[0]["fields"]["time_source"] == 0
    unheard = bench().taken("tlog", tlog(ground_us=5000000)).messages("telemetry")
    assert unheard[0]["log_time"] == AT_US * 1000


def test_tlog__heights_and_missions():
    homeless = bench().taken("tlog", tlog(home=False))
    assert "alt_above_takeoff_m" not in homeless.messages("telemetry")[0]["fields"]
    assert homeless.said["dropped height_over_home_without_home"] == "6", homeless.out
    ellipsoid = tlog(extra=[["PARAM_VALUE", dict(param_id="GPS_DRV_OPTIONS", param_value=16.0, param_type=6, param_count=1, param_index=0)]])
    fields = bench().taken("tlog", ellipsoid).messages("telemetry")[0]["fields"]
    assert "alt_amsl_m" not in fields and fields["alt_wgs84_m"] == 600.0
    item = dict(target_system=255, target_component=0, current=0, autocontinue=1, param1=0, param2=0, param3=0, param4=0)
    mission = [["MISSION_COUNT", dict(target_system=255, target_component=0, count=3)]]
    for seq, frame, alt in ((0, 0, 585.0), (1, 3, 40.0), (2, 0, 650.0)):
        mission.append(["MISSION_ITEM_INT", dict(item, seq=seq, frame=frame, command=16, x=470000000 + seq, y=80000000, z=alt)])
    plan, = bench().taken("tlog", tlog(extra=mission)).messages("plan")
    assert [(p["lat_e7"], p["alt_amsl_m"]) for p in plan["fields"]["points"]] == [(470000001, 625.0), (470000002, 650.0)]


# ADS-B of strangers -----------------------------------------------------------------------------------------------------

def test_readsb__real_trace__each_row_once_with_baro_and_geometric_apart():
    path = real_data(*TRACE)
    source = json.loads(path.read_text())
    result = bench().taken("readsb", path, "--traffic-topic", "t.adsb")
    told = result.read()["messages"]
    rows, last = [], None
    for row in source["trace"]:
        same = last is not None and (row[0] <= last[0] or row[1:8] + row[10:12] == last[1:8] + last[10:12])
        if not same:
            rows.append(row)
            last = row
    dropped = int(result.said["dropped time_repeated"]) + int(result.said["dropped values_repeated"])
    assert len(told) + dropped == len(source["trace"]) == 2500 and abs(len(told) - len(rows)) <= 2, (len(told), len(rows))
    by_time = {round(source["timestamp"] * 1000 + row[0] * 1000): row for row in reversed(source["trace"])}
    grounded = 0
    for message in told:
        said, row = message["value"], by_time[message["log_time"] // 1000000]
        assert message["topic"] == "kafka/t.adsb" and message["key"] == said["hex"] == "ac671b"
        assert message["headers"] == {"drf_mode": "REPLAY"} and int(message["fields"]["timestamp_ms"]) * 1000000 == message["log_time"]
        assert (said["lat"], said["lon"], said.get("alt_geom"), said["alt_baro"]) == (row[1], row[2], row[10], row[3])
        assert said.get("gs") == row[4] and said.get("true_heading" if row[3] == "ground" else "track") == row[5]
        assert ("track" in said) is (row[3] != "ground" and row[5] is not None)
        grounded += said["alt_baro"] == "ground"
    assert grounded >= 390, grounded  # 394 rows of the file say so
    assert result.said["datum"] == "ellipsoid" and result.said["pressure_datum"].startswith("standard atmosphere")


def test_readsb__flags_and_text__baro_is_never_called_geometric():
    rows = [[0, 47, 8, 1000, 100, 90, 8, 64, None, "adsb_icao", None, None],
            [1, 47.1, 8, 1000, 100, 90, 4, 64, None, "adsb_icao", None, None],
            [2, 47.2, 8, "1200", "100.5", 90, 0, -64, None, "adsb_icao", 1300, 128],
            [3, 47.2, 8, "ground", 5, 90, 0, None, None, "adsb_icao", None, None],
            [4, 47.2, 8, "ground", 5, 90, 0, None, None, "adsb_icao", None, None],
            [3, 47.3, 8, 1000, 5, 90, 0, None, None, "adsb_icao", None, None],
            [5, None, 8, 1000, 5, 90, 0, None, None, "adsb_icao", None, None],
            [6, 47.4, 8, "high", 5, 90, 0, None, None, "adsb_icao", None, None],
            [7, 47.5, 8, True, 5, 90, 0, None, None, "adsb_icao", None, None]]
    path = bench().file("trace.json", json.dumps({"icao": "3c6444", "timestamp": 1e9, "trace": rows}))
    result = bench().taken("readsb", path)
    geometric, rate, text, ground = result.values()
    assert "alt_baro" not in geometric and geometric["alt_geom"] == 1000 and geometric["baro_rate"] == 64
    assert rate["alt_baro"] == 1000 and "alt_geom" not in rate and rate["geom_rate"] == 64 and "baro_rate" not in rate
    assert text["alt_baro"] == 1200.0 and text["gs"] == 100.5 and text["geom_rate"] == 128 and text["baro_rate"] == -64
    assert ground["alt_baro"] == "ground" and "alt_geom" not in ground and "track" not in ground
    dropped = {k: v for k, v in result.said.items() if k.startswith("dropped")}
    assert dropped == {"dropped values_repeated": "1", "dropped time_repeated": "1", "dropped no_position": "1",
                       "dropped row_not_readable": "2"}, dropped
    assert result.said["written number_read_from_text"] == "2", result.out
    unsaid = bench().taken("readsb", path, "--datum", "none")
    assert all("alt_geom" not in v for v in unsaid.values()) and unsaid.said["dropped geometric_height"] == "2", unsaid.out
    bench().refused("readsb", path, "--datum", "amsl-egm96", says="over the ellipsoid only")


def test_readsb__real_state_vectors__need_a_datum():
    path = real_data(*CALFIRE)
    bench().refused("readsb", path, says=["geoaltitude", "--datum"])
    result = bench().taken("readsb", path, "--datum", "ellipsoid")
    rows = json.loads(gzip.decompress(path.read_bytes()))
    source = {(r["icao24"], r["timestamp"]): r for r in rows}
    assert len({m["key"] for m in result.read()["messages"]}) == 45  # as the index of the real data says
    for message in result.read()["messages"]:
        said, row = message["value"], source[message["key"], message["log_time"] // 1000000]
        assert (said["lat"], said["lon"], said.get("alt_baro"), said.get("alt_geom")) == (
            row["latitude"], row["longitude"], row.get("altitude"), row.get("geoaltitude")), (said, row)
        assert said.get("gs") == row.get("groundspeed") and said.get("baro_rate") == row.get("vertical_rate")
    assert int(result.said["written kafka"]) + int(result.said["dropped values_repeated"]) == len(rows)


OPENSKY = ("time,icao24,lat,lon,velocity,heading,vertrate,callsign,onground,alert,spi,squawk,baroaltitude,geoaltitude,"
           "lastposupdate,lastcontact")


def opensky(*rows):
    out = io.StringIO()
    csv.writer(out).writerows([OPENSKY.split(","), *rows])
    return bench().file("states.csv", out.getvalue())


def test_opensky__csv__an_old_position_is_sent_once_and_keeps_its_age():
    path = opensky(
        [1000000010, "3c6444", 47.05, 8.05, 61.7, 90.0, -1.5, "DLH123  ", "False", "False", "False", "1000", 609.6, 655.3, 1000000008.5, 1000000009.9],
        [1000000011, "3c6444", 47.05, 8.05, 61.7, 90.0, -1.5, "DLH123  ", "False", "False", "False", "1000", 609.6, 655.3, 1000000008.5, 1000000010.9],
        [1000000011, "3c6445", 47.06, 8.06, "", "", "", "", "True", "False", "False", "", "", "", 1000000011, 1000000011],
        [1000000012, "3c6446", "", "", 61.7, 90.0, 0, "", "False", "False", "False", "", "", "", "", 1000000011],
        [1000000012, "3c6447", 47.07, 8.07, "fast", 90.0, 0, "", "False", "False", "False", "", "", "NaN", 1000000012, 1000000011])
    bench().refused("opensky", path, says=["geoaltitude", "--datum"])
    result = bench().taken("opensky", path, "--datum", "ellipsoid")
    first, second = result.values()
    # Columns of OpenSky's interface by number: schemas/traffic.md.
    assert first["time"] == 1000000010 and first["states"] == [
        ["3c6444", "DLH123", None, 1000000008.5, 1000000009.9, 8.05, 47.05, 609.6, False, 61.7, 90.0, -1.5, None, 655.3, "1000"]]
    assert second["states"] == [["3c6445", None, None, 1000000011.0, 1000000011.0, 8.06, 47.06, None, True, None, None, None, None, None, None]]
    dropped = {k: v for k, v in result.said.items() if k.startswith("dropped")}
    assert dropped == {"dropped time_repeated": "1", "dropped no_position": "1", "dropped row_not_readable": "1"}, dropped
    unsaid = bench().taken("opensky", path, "--datum", "none").values()
    assert unsaid[0]["states"][0][13] is None and unsaid[0]["states"][0][7] == 609.6
    short = bench().file("short.csv", "time,icao24,lat,lon\n1,3c6444,47,8\n")
    bench().refused("opensky", short, says=["line 1", "lastposupdate"])


def node_configuration():
    mqtt = types.SimpleNamespace(host="127.0.0.1", port=9, passwords={NODE: "none"})
    made = place.configuration("127.0.0.1:9", mqtt, mode="REPLAY")
    made["region"]["bounds"] = [-110, 16, -60, 48]
    made["store"]["path"] = str(bench().path / "none.gpkg")
    made["feeds"] = [{"name": "traffic", "topic": "import.traffic", "kind": "traffic"},
                     {"name": "zones", "topic": "import.zones", "kind": "zone"}]
    return bench().file("node.yaml", yaml.safe_dump(made))


def test_messages_of_feeds__are_what_a_node_takes():
    config = node_configuration()
    trace = bench().taken("readsb", real_data(*TRACE)).read()["messages"]
    ground = [m for m in trace if m["value"]["alt_baro"] == "ground"][0]
    states = bench().taken("opensky", opensky([1000000010, "3c6444", 47.05, -80.05, 61.7, 90.0, -1.5, "DLH123  ", "False", "False",
                                               "False", "1000", 609.6, 655.3, 1000000008.5, 1000000009.9]), "--datum", "ellipsoid")
    for message, said in ((trace[0], "tracks: 1 (0 on the ground); no height of 0, no course of 0"),
                          (ground, "tracks: 1 (1 on the ground)"),
                          (states.read()["messages"][0], "tracks: 1 (0 on the ground); no height of 0, no course of 0")):
        run = bench().edge_check(config, "traffic", json.dumps(message["value"]), message["key"], ["drf_mode=REPLAY"])
        assert run.returncode == 0 and said in run.stdout, (run.stdout, run.stderr)
    scenario = bench().taken("bluesky", real_data(*SCN), "--datum", "amsl-egm96", "--start-utc", "2022-01-01T00:00:00Z")
    for message in [m for m in scenario.read()["messages"] if m["topic"] == "kafka/import.zones"][:3]:
        run = bench().edge_check(config, "zones", json.dumps(message["value"]), message["key"], ["drf_mode=SIM"])
        assert run.returncode == 0 and "zones: 1" in run.stdout and "total: 1 = 1 in the region" in run.stdout, (run.stdout, run.stderr)


# Remote ID --------------------------------------------------------------------------------------------------------------

def test_remote_id_json__real_flights__are_over_the_ellipsoid_by_the_standard():
    path = real_data(*RID)
    flights = json.loads(path.read_text())["flights"]
    result = bench().taken("rid-json", path)
    assert [len(f["states"]) for f in flights] == [17, 13] and result.said["datum"] == "ellipsoid"
    for number, flight in enumerate(flights, 1):
        told = result.messages(f"drones/rid_zurich-{number}/telemetry")
        assert len(told) == len(flight["states"])
        for message, state in zip(told, flight["states"]):
            fields, where = message["fields"], state["position"]
            at = datetime.datetime.fromisoformat(state["timestamp"])
            assert int(fields["time_us"]) == int(at.timestamp()) * 1000000
            assert (fields["lat_e7"], fields["lon_e7"]) == (round(where["lat"] * 1e7), round(where["lng"] * 1e7))
            near_f32(fields["alt_wgs84_m"], where["alt"])
            near_f32(fields["alt_above_takeoff_m"], where["height"]["distance"])
            close(math.hypot(fields["velocity_north_mps"], fields["velocity_east_mps"]), state["speed"], 1e-4)
            close(math.degrees(math.atan2(fields["velocity_east_mps"], fields["velocity_north_mps"])) % 360, state["track"], 1e-3)
            assert fields["on_ground"] is False and fields["velocity_acc95_mps"] == 3.0 and "horizontal_acc95_m" not in fields
    assert "not compared with a geoid" in result.out and result.said["datum_verified"] == "no"


def test_remote_id_json__values_that_are_none__and_times_without_an_offset():
    def flight(**changes):
        state = {"timestamp": "2022-01-01T00:00:01+02:00", "operational_status": "Ground", "track": 361, "speed": 255,
                 "vertical_speed": 63, "position": {"lat": "47.1", "lng": 8.1, "alt": -1000, "accuracy_h": "HA10m",
                                                    "accuracy_v": "VA3m", "extrapolated": False,
                                                    "height": {"distance": 5.0, "reference": "GroundLevel"}}}
        state.update(changes)
        return bench().file("flight.json", json.dumps({"flights": [{"states": [state]}]}))
    result = bench().taken("rid-json", flight())
    fields = result.messages("telemetry")[0]["fields"]
    assert fields.keys() == {"seq", "drone_boot_id", "time_us", "time_source", "lat_e7", "lon_e7", "on_ground", "horizontal_acc95_m",
                             "alt_wgs84_acc95_m", "mode"}, fields
    assert int(fields["time_us"]) == 1640988001000000 and fields["on_ground"] is True and fields["horizontal_acc95_m"] == 10.0
    assert result.said["dropped height_over_ground"] == "1" and result.said["written number_read_from_text"] == "1"
    bench().refused("rid-json", flight(timestamp="2022-01-01T00:00:01"), says=["flight 1, state 1", "no offset from UTC"])
    bench().refused("rid-json", flight(position={"lat": 47.1, "lng": 8.1, "extrapolated": True}), says="extrapolated: 1")


def kml_areas(path):
    """Of each flight the rings and heights of its `alt:` areas, cut out of the text."""
    text = path.read_text()
    for flight in re.findall(r"<name>flight: .*?</Folder>", text, re.S):
        rings = []
        for area in re.findall(r"<name>alt: .*?<coordinates>(.*?)</coordinates>", flight, re.S):
            rings.append([[float(v) for v in corner.split(",")] for corner in area.split()])
        yield rings


def by_gdal(areas, lat, lon):
    """The height between areas with GEOS's distances, on a plane about the place."""
    east = 111319.5 * math.cos(math.radians(lat))
    weights = total = 0.0
    for ring in areas:
        line = ogr.Geometry(ogr.wkbLinearRing)
        for corner in ring:
            line.AddPoint_2D((corner[0] - lon) * east, (corner[1] - lat) * 111319.5)
        area = ogr.Geometry(ogr.wkbPolygon)
        area.AddGeometry(line)
        point = ogr.Geometry(ogr.wkbPoint)
        point.AddPoint_2D(0, 0)
        apart = area.Distance(point)
        if apart < 0.1:
            return ring[0][2]
        weights += 1 / apart
        total += ring[0][2] / apart
    return total / weights


def test_remote_id_kml__drawn_flights__are_flown_as_their_areas_say():
    path = real_data(*KML)
    bench().refused("rid-kml", path, says=["no times", "--start-utc"])
    result = bench().taken("rid-kml", path, "--start-utc", "2022-01-01T00:00:00Z")
    assert result.said["datum"] == "amsl-egm96" and "altitudeMode absolute" in result.said["datum_basis"] and result.said["mode"] == "SIM"
    first, second = ([m["fields"] for m in result.messages(f"rid_zurich-{i}/telemetry")] for i in (1, 2))
    assert (first[0]["lat_e7"], first[0]["lon_e7"], int(first[0]["time_us"])) == (473714318, 85233997, 1640995200000000)
    assert (second[0]["lat_e7"], second[0]["lon_e7"]) == (473752894, 85506164)
    assert first[0]["alt_amsl_m"] == 450.0  # inside `alt: Takeoff`
    for fields, areas in zip((first, second), kml_areas(path)):
        for one in fields[::10]:
            close(one["alt_amsl_m"], by_gdal(areas, one["lat_e7"] / 1e7, one["lon_e7"] / 1e7), 0.05)
    close(math.hypot(first[0]["velocity_north_mps"], first[0]["velocity_east_mps"]), 5.0, 1e-4)  # `speed: Departure (5)`
    ends = {1: (47.3908233, 8.499741, 30.0), 2: (47.3770694, 8.5535454, 60.0)}
    for number, fields in ((1, first), (2, second)):
        lat, lon, fastest = ends[number]
        last_m = 111200 * math.hypot(fields[-1]["lat_e7"] / 1e7 - lat, (fields[-1]["lon_e7"] / 1e7 - lon) * math.cos(math.radians(lat)))
        assert last_m <= fastest, last_m
        for a, b in zip(fields, fields[1:]):
            assert int(b["time_us"]) - int(a["time_us"]) == 1000000  # sample_rate 1.0
            speed = math.hypot(a["velocity_north_mps"], a["velocity_east_mps"])
            moved = 111320 * math.hypot((b["lat_e7"] - a["lat_e7"]) / 1e7, (b["lon_e7"] - a["lon_e7"]) / 1e7 * math.cos(math.radians(lat)))
            assert 5.0 - 1e-3 <= speed <= fastest + 1e-3 and moved <= speed * 1.001 + 0.02, (speed, moved)  # a chord at corners


def test_remote_id_kml__between_areas__is_weighted_by_one_over_distance():
    """The example of InterUSS's own page: 10 m at 10 m, 20 m at 50 m, 30 m at 100 m give 13.1 m."""
    code = ("from drf_recording.remoteid import Area, value_at\n"
            "def box(x): return [(x, -1e6), (x + 1, -1e6), (x + 1, 1e6), (x, 1e6)]\n"
            "print(value_at((0.0, 0.0), [Area(box(10), 10.0), Area(box(50), 20.0), Area(box(100), 30.0)]))")
    run = subprocess.run([bench().environment / "bin" / "python", "-c", code], check=True, text=True, stdout=subprocess.PIPE)
    close(float(run.stdout), 13.1, 0.05)


def test_remote_id_kml__track__has_its_own_times_and_altitude_mode():
    def track(mode, when="2022-01-01T00:00:01Z"):
        return bench().file("track.kml", f"""<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2">
<Placemark><gx:Track>{mode}<when>2022-01-01T00:00:00Z</when><when>{when}</when><gx:coord>8.1 47.1 500</gx:coord>
<gx:coord>8.2 47.2 510.5</gx:coord></gx:Track></Placemark></kml>""")
    absolute = "<altitudeMode>absolute</altitudeMode>"
    told = bench().taken("rid-kml", track(absolute)).messages("telemetry")
    assert [(m["fields"]["lat_e7"], m["fields"]["lon_e7"], m["fields"]["alt_amsl_m"], m["fields"]["mode"]) for m in told] == [
        (471000000, 81000000, 500.0, 3), (472000000, 82000000, 510.5, 3)]
    assert told[1]["log_time"] == 1640995201000000000
    bench().refused("rid-kml", track("<altitudeMode>relativeToGround</altitudeMode>"), says=["relativeToGround", "--datum"])
    bench().refused("rid-kml", track(absolute, "2022-01-01T00:00:01"), says="no offset from UTC")
    assert bench().taken("rid-kml", track(absolute, "2022-01-01T00:00:00Z")).said["dropped time_repeated"] == "1"


# BlueSky ----------------------------------------------------------------------------------------------------------------

def test_bluesky__real_scenario__zones_plan_and_first_position():
    path = real_data(*SCN)
    bench().refused("bluesky", path, "--datum", "amsl-egm96", says=["00:00:00", "--start-utc"])
    bench().refused("bluesky", path, "--start-utc", "2022-01-01T00:00:00Z", says=["feet", "--datum"])
    result = bench().taken("bluesky", path, "--datum", "amsl-egm96", "--start-utc", "2022-01-01T00:00:00Z")
    lines = [line.split(">", 1)[1].split() for line in path.read_text().splitlines() if ">" in line and not line.startswith("#")]
    polygons = {words[1]: [float(w) for w in words[2:]] for words in lines if words[0] == "POLY"}
    zones = {m["key"]: m["value"] for m in result.read()["messages"] if m["topic"] == "kafka/import.zones"}
    assert len(zones) == len(polygons) == 19  # as the index of the real data says
    for name, numbers in polygons.items():
        ring, = zones[name]["geometry"]["coordinates"]
        assert ring == [[lon, lat] for lat, lon in zip(numbers[::2], numbers[1::2])] + [[numbers[1], numbers[0]]]
        assert zones[name]["id"] == name and "restriction" not in zones[name]["properties"]
    points = {words[1]: words[2:] for words in lines if words[0] == "DEFWPT"}
    plan, = result.messages("HX2/plan")
    ways = [points[w[2]] for w in lines if w[0] == "ADDWPT" and w[2] in points]
    assert [(p["lat_e7"], p["lon_e7"]) for p in plan["fields"]["points"]] == [(407538800, -739889400)] + [
        (round(float(lat) * 1e7), round(float(lon) * 1e7)) for lat, lon in ways]
    assert "waypoint HEROS is not defined" in result.out and result.said["dropped waypoint_unknown"] == "1"
    told, = result.messages("HX2/telemetry")
    fields = told["fields"]
    close(fields["alt_amsl_m"], 90 * FEET, 1e-5)
    close(math.hypot(fields["velocity_north_mps"], fields["velocity_east_mps"]), 7.72683164387405, 2e-5)  # BlueSky 1.1.1, 15 kt at 90 ft
    close(math.degrees(math.atan2(fields["velocity_east_mps"], fields["velocity_north_mps"])), -154.0, 1e-4)  # 206 degrees
    assert fields["mode"] == 4 and fields["time_source"] == 0 and result.said["dropped command_not_read"] == "28"


# TAS in m/s by BlueSky 1.1.1 (bluesky.tools.aero.vcas2tas, vmach2tas; its knot is 0.514444 m/s) for CAS in knots and feet.
BLUESKY_TAS = [("250", "10000", 148.52605093729673), ("300", "FL350", 259.07148266937975), ("20", "90", 10.302440513839235),
               ("280", "25000", 208.10804082556803), ("200", "5000", 110.59473328507023), ("M.78", "FL350", 231.29762078201966),
               (".78", "35000", 231.29762078201966), ("0.78", "35000", 231.29762078201966)]


def scenario(*lines):
    return bench().file("made.scn", "\n".join(f"{at}>{text}" for at, text in lines) + "\n")


def test_bluesky__speeds__are_true_airspeeds_of_the_standard_atmosphere():
    path = scenario(*(("00:00:00.00", f"CRE A{i},B738,52,4,0,{height},{speed}") for i, (speed, height, _) in enumerate(BLUESKY_TAS)))
    result = bench().taken("bluesky", path, "--datum", "amsl-egm96", "--start-utc", "2022-01-01T00:00:00Z")
    for i, (_, height, tas) in enumerate(BLUESKY_TAS):
        fields = result.messages(f"A{i}/telemetry")[0]["fields"]
        # Its exponent of density is 4.25685, that of Doc 7488 4.25588: 0.03 % of pressure at FL350.
        close(fields["velocity_north_mps"], tas, 1.5e-4 * tas)
        level = height.startswith("FL")
        feet = int(height[2:]) * 100 if level else int(height)
        close(fields["alt_pressure_m" if level else "alt_amsl_m"], feet * FEET, 1e-2)
        assert ("alt_amsl_m" in fields) is not level, "a flight level is a pressure altitude"


def test_standard_atmosphere__is_that_of_the_tables():
    """Pressure at geopotential heights: ICAO Doc 7488/3, table 1; and the way back."""
    table = {-1000: 113929.0, 0: 101325.0, 1000: 89874.6, 5000: 54019.9, 10000: 26436.3, 11000: 22632.1, 15000: 12044.6, 20000: 5474.89}
    code = ("import json, sys\nfrom drf_recording.air import pressure_pa, pressure_altitude_m, tas_of_cas\n"
            "heights = json.load(sys.stdin)\n"
            "print(json.dumps([[pressure_pa(h), pressure_altitude_m(pressure_pa(h))] for h in heights] + [tas_of_cas(100.0, 0.0)]))")
    run = subprocess.run([bench().environment / "bin" / "python", "-c", code], input=json.dumps(list(table)), check=True, text=True,
                         stdout=subprocess.PIPE)
    *pairs, at_sea_level = json.loads(run.stdout)
    for (height, pressure), (found, back) in zip(table.items(), pairs):
        close(found, pressure, 2e-5 * pressure)
        close(back, height, 1e-6)
    close(at_sea_level, 100.0, 1e-9)  # there both airspeeds are the same


def test_bluesky__move_date_polyalt_and_wind():
    path = scenario(("0:00:00", "date 18,3,2024,14:49:10"), ("0:00:00", "cre KL1 B738 N52'30'00 E004'30 90 3000 250"),
                    ("0:00:00", "POLYALT Z1,FL100,2000,52,4,53,4,53,5"), ("0:00:05", "MOVE KL1,52.6,4.6,,180,,600"),
                    ("0:00:01", "KL1 ADDWPT 52.7,4.7,4000,200"), ("0:00:02", "ADDWPT KL1 52.8 4.8"), ("0:00:03", "KL1 LNAV ON"), ("0:00:30", "DEL Z1"))
    result = bench().taken("bluesky", path, "--datum", "amsl-egm96", "--qnh-hpa", "1013.25")
    first, moved = (m["fields"] for m in result.messages("KL1/telemetry"))
    assert (int(first["time_us"]), first["lat_e7"], first["lon_e7"]) == (AT_US, 525000000, 45000000)
    assert int(moved["time_us"]) == AT_US + 5000000 and moved["heading_deg_true"] == 180.0
    close(moved["alt_amsl_m"], 3000 * FEET, 1e-3)  # left out: stays
    close(moved["velocity_up_mps"], 600 * FEET / 60, 1e-5)
    close(moved["velocity_north_mps"], -first["velocity_east_mps"], 1e-4)
    points = result.messages("KL1/plan")[0]["fields"]["points"]
    assert len(points) == 3 and "active_plan_id" not in first and moved["active_plan_id"] == "route"
    close(points[1]["alt_amsl_m"], 4000 * FEET, 1e-3)
    close(points[2]["alt_amsl_m"], 4000 * FEET, 1e-3)
    zone, gone = [m for m in result.read()["messages"] if m["topic"] == "kafka/import.zones"]
    close(zone["value"]["properties"]["upper_pressure_m"], 3048.0, 1e-9)
    close(zone["value"]["properties"]["lower_amsl_m"], 609.6, 1e-9)
    assert gone["value"] is None and gone["key"] == "Z1" and gone["log_time"] == (AT_US + 30000000) * 1000
    windy = bench().taken("bluesky", scenario(("0:00:00", "DATE 18 3 2024"), ("0:00:00", "CRE KL1 B738 52 4 90 3000 250"),
                                              ("0:00:00", "WIND 52 4 ALL 270 20")), "--datum", "ellipsoid")
    fields = windy.messages("KL1/telemetry")[0]["fields"]
    assert "velocity_north_mps" not in fields and "WIND in it" in windy.out and "alt_wgs84_m" in fields


def test_bluesky__a_waypoint_that_is_not_defined__ends_the_route():
    lines = [("0:00:00", "DATE 18 3 2024"), ("0:00:00", "CRE KL1 B738 52 4 90 3000 250"), ("0:00:00", "DEFWPT WA 52.1 4.1"),
             ("0:00:00", "ADDWPT KL1 WA"), ("0:00:00", "ADDWPT KL1 SPY"), ("0:00:00", "ADDWPT KL1 52.3 4.3")]
    result = bench().taken("bluesky", scenario(*lines), "--datum", "amsl-egm96")
    points = result.messages("KL1/plan")[0]["fields"]["points"]
    assert [p["lat_e7"] for p in points] == [520000000, 521000000], "a leg over what is not known was made up"
    assert result.said["dropped waypoint_after_an_unknown_one"] == "1", result.out


def test_bluesky__flight_levels__are_no_heights_of_a_plan_without_a_qnh():
    lines = [("0:00:00", "DATE 18 3 2024"), ("0:00:00", "CRE KL1 B738 52 4 90 FL100 250"), ("0:00:00", "ADDWPT KL1 52.7 4.7")]
    without = bench().taken("bluesky", scenario(*lines), "--datum", "amsl-egm96")
    assert not without.messages("plan") and without.said["dropped plan_height_not_known"] == "1", without.out
    result = bench().taken("bluesky", scenario(*lines), "--datum", "amsl-egm96", "--qnh-hpa", "1003.25")
    # 10 hPa less is about 27 ft/hPa x 10 lower (ICAO Doc 7488 near the sea: 8.3 m/hPa).
    close(result.messages("plan")[0]["fields"]["points"][0]["alt_amsl_m"], 3048 - 83, 2.0)
    bench().refused("bluesky", scenario(("0:00:00", "DATE 18 3 2024"), ("0:00:01", "CRE KL1 B738 52 4 90 high 250")),
                    "--datum", "ellipsoid", says=["line 2", "CRE"])
    bench().refused("bluesky", scenario(("0:00:00", "DATE 18 3 2024"), ("now", "CRE KL1 B738 52 4 90 100 250")), "--datum", "ellipsoid",
                    says="line 2")


def test_tapes__are_read_by_drf_sim_as_by_others():
    """The reader in schemas/, through `drf-sim measure`, counts what pip's reader counts, and can decode all of it."""
    tapes = [(bench().taken("rid-kml", real_data(*KML), "--start-utc", "2022-01-01T00:00:00Z"), 2),
             (bench().taken("ulog", real_data(*ULG), "--datum", "amsl-egm96"), 1),
             (bench().taken("bluesky", real_data(*SCN), "--datum", "amsl-egm96", "--start-utc", "2022-01-01T00:00:00Z"), 1),
             (bench().taken("readsb", real_data(*TRACE)), None)]  # none of the region's own
    for result, drones in tapes:
        run = subprocess.run([str(BIN / "drf-sim"), "measure", str(result.tape)], check=True, capture_output=True, text=True)
        said = dict(re.findall(r"^ +(messages|messages_undecodable|drones) +([0-9.]+) ", run.stdout, re.M))
        count = str(len(result.read()["messages"]))
        told = {} if drones is None else {"drones": str(drones)}
        assert said == {"messages": count, "messages_undecodable": "0", **told}, (said, count, run.stdout)


# Ill files --------------------------------------------------------------------------------------------------------------

KINDS = ("ulog", "dataflash", "tlog", "readsb", "opensky", "rid-json", "rid-kml", "bluesky")


def test_ill_files__empty_wrong_or_absent__are_refused_by_name():
    empty, wrong, binary = (bench().file(n, c) for n, c in (("empty", b""), ("wrong", b"no log of any kind\n" * 9), ("binary", bytes(range(256)))))
    for kind in KINDS:
        bench().refused(kind, empty, says=["empty", str(empty)])
        bench().refused(kind, bench().path / "absent", says=["absent", "No such file"])
        for path in (wrong, binary):
            bench().refused(kind, path, says=str(path))
    bench().refused("ulog", wrong, says="55 4c 6f 67")
    bench().refused("dataflash", wrong, says="FMT record")
    bench().refused("tlog", wrong, says="offset 8")
    bench().refused("readsb", wrong, says="line 1, column 1")
    bench().refused("readsb", binary, says="no UTF-8 text at offset 128")


def test_ill_files__truncated__are_refused_with_the_offset_or_read_to_there():
    for kind, path, words in (("ulog", small_ulog(), ()), ("dataflash", small_dataflash(), ()), ("tlog", tlog(), ())):
        whole = bench().taken(kind, path, *words)
        cut = bench().file(f"cut.{kind}", path.read_bytes()[:-5])
        bench().refused(kind, cut, *words, says=["truncated", "offset", "--accept-truncated"])
        rest = bench().taken(kind, cut, *words, "--accept-truncated")
        assert int(rest.said["dropped truncated_bytes"]) > 0 and len(whole.read()["messages"]) - len(rest.read()["messages"]) in (0, 1)
    trace = real_data(*TRACE).read_bytes()
    bench().refused("readsb", bench().file("cut.json", trace[:5000]), says="no JSON at line")
    bench().refused("readsb", bench().file("cut.gz", real_data(*CALFIRE).read_bytes()[:5000]), says="gzip")
    bench().refused("rid-kml", bench().file("cut.kml", real_data(*KML).read_bytes()[:5000]), says="no XML")


def test_ill_files__a_flipped_byte__costs_its_record_and_is_counted():
    data = bytearray(tlog().read_bytes())
    data[-4] ^= 0xFF
    result = bench().taken("tlog", bench().file("flipped.tlog", bytes(data)))
    assert result.said["dropped bad_mavlink_frame"] == "1", result.out
    noisy = tlog().read_bytes() + b"\x00" * 7 + tlog().read_bytes()[:400]
    counted = bench().run("tlog", bench().file("noisy.tlog", noisy), "--accept-truncated")
    assert counted.code == 0 and int(counted.said["dropped bytes_that_are_no_record"]) == 7, (counted.out, counted.error)


def test_ill_files__dataflash_with_a_record_of_no_type__goes_on_after_it():
    data = small_dataflash().read_bytes()
    at = data.index(b"\xa3\x95" + bytes([66]))  # the first POS
    noisy = bench().file("noisy.bin", data[:at] + b"\xa3\x95\xf0" + bytes(20) + data[at:])
    result = bench().taken("dataflash", noisy)
    assert len(result.messages("telemetry")) == 6 and result.said["dropped bytes_that_are_no_record"] == "23", result.out


def test_ill_files__mutated__are_read_or_refused():
    """Bytes and words changed by a seeded generator: never anything but a tape or a refusal."""
    samples = [("ulog", small_ulog()), ("dataflash", small_dataflash()), ("tlog", tlog()), ("rid-json", real_data(*RID)),
               ("rid-kml", real_data(*KML)), ("bluesky", real_data(*SCN))]
    rows = json.loads(real_data(*TRACE).read_text())
    rows["trace"] = rows["trace"][:40]
    samples.append(("readsb", bench().file("short-trace.json", json.dumps(rows))))
    vectors = json.loads(gzip.decompress(real_data(*CALFIRE).read_bytes()))[:40]
    samples.append(("readsb", bench().file("short-vectors.json", json.dumps(vectors))))
    samples.append(("opensky", opensky(*([1000000010 + i, "3c6444", 47.05 + i, 8.05, 61.7, 90.0, -1.5, "DLH123", "False", "False", "False",
                                          "1000", 609.6, 655.3, 1000000008.5 + i, 1000000009.9] for i in range(20)))))
    said = json.loads(bench().python("mutate.py", bench().path, *(f"{kind}={path}" for kind, path in samples)))
    assert not said["raised"], said["raised"]
    assert said["taken"] > 50 and said["refused"] > 50, said


def test_usage__what_means_nothing_or_would_overwrite__is_refused():
    path = opensky([1000000010, "3c6444", 47.05, 8.05, 1, 90.0, 0, "", "False", "False", "False", "", 609.6, "", 1000000008, 1000000009])
    bench().refused("opensky", path, "--leap-seconds", "18", says="--leap-seconds means nothing for opensky")
    bench().refused("opensky", path, "--start-utc", "2022-01-01T00:00:00Z", says="--start-utc means nothing")
    bench().refused("rid-json", real_data(*RID), "--drone-id=-x", says="--drone-id")
    result = bench().taken("opensky", path)
    before = result.tape.read_bytes()
    words = [bench().environment / "bin" / "drf-import", "opensky", path, "-o", result.tape]
    again = subprocess.run([str(w) for w in words], capture_output=True, text=True)
    assert again.returncode == 1 and "exists already" in again.stderr and result.tape.read_bytes() == before
    assert subprocess.run([str(w) for w in [*words, "--force"]], capture_output=True).returncode == 0
    assert not list(bench().path.glob("*.part*")), "a part of a tape was left"


def test_package__is_typed():
    run = subprocess.run([bench().environment / "bin" / "mypy", "--config-file", "pyproject.toml", "drf_recording"],
                         cwd=bench().path / "source" / "sim" / "python", capture_output=True, text=True)
    assert run.returncode == 0, run.stdout


def test_page__its_examples_name_every_format_and_option():
    page = (pathlib.Path(workbench.TOP) / "sim" / "python" / "README.md").read_text(encoding="utf-8")
    helped = subprocess.run([bench().environment / "bin" / "drf-import", "--help"], check=True, capture_output=True, text=True).stdout
    for kind in KINDS:
        assert re.search(rf"^drf-import {kind} ", page, re.M), kind
    for option in set(re.findall(r"--[a-z][a-z-]+", helped)) - {"--help", "--version"}:
        assert option in page, option


try:
    main(globals())
finally:
    workbench.close()
