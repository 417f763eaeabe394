#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/data/golden/: the descriptor set and 20 payloads, by Google's own encoder.

Run from the top of the tree when a message gains a field, and read the difference before
committing it: numbers and meanings never change. `make.py --check` only compares the descriptor
set and exits with 1 where it differs."""
import pathlib
import subprocess
import sys
import tempfile

OUT = pathlib.Path("tests/data/golden")
PROTOS = sorted(str(p) for p in pathlib.Path("schemas/drf/v1").glob("*.proto"))


def descriptor(path):
    subprocess.run(["protoc", "--proto_path=schemas", "--include_imports",
                    f"--descriptor_set_out={path}", *PROTOS], check=True)


def check():
    with tempfile.TemporaryDirectory() as folder:
        new = pathlib.Path(folder) / "drf_v1.desc"
        descriptor(new)
        if new.read_bytes() == (OUT / "drf_v1.desc").read_bytes():
            return 0
    print("the messages differ from tests/data/golden/drf_v1.desc; see tests/golden/make.py")
    return 1


T = 1700000000000000
POSITION = dict(lat_e7=436500000, lon_e7=-793800000)
ADVISORY = dict(advisory_id=4026531841, revision=2, state=1, severity=1, kind=1, time_to_go_s=12.5,
                valid_until_us=T + 5000000, alt_amsl_m=130.25, layer=2, source="faa-dof",
                feature_id="36-019284", data_time_us=T - 86400000000, value=-3.5, limit=15.0,
                value_unit="m", text="nominal clearance -4 m in 12 s", **POSITION)
HEIGHT = dict(agl_m=137.274, agl_acc95_m=5.0, agl_basis=3, aircraft_amsl_m=237.274,
              aircraft_acc95_m=3.0, ground_amsl_m=100.0, ground_acc95_m=4.0,
              ground_source="dted", ground_posting_m=926.6, surface_amsl_m=104.25,
              surface_reason=11, clearance_m=133.024, clearance_low_m=126.024, geoid_m=-37.274,
              altitude_residual_m=-0.726)
SEGMENT = dict(from_m=0.0, to_m=50.0, ground_max_amsl_m=101.0, ground_mean_amsl_m=99.5,
               surface_max_amsl_m=120.25, clearance_min_m=110.0, clearance_low_m=103.0,
               unknown_ratio=0.0)
WIND = dict(wind_to_north_mps=1.444, wind_to_east_mps=-3.862, wind_speed_mps=4.123,
            wind_from_deg_true=110.5, lower_agl_m=10.0, upper_agl_m=10.0, valid_from_us=T,
            valid_until_us=T + 3600000000, horizontal_basis=2, vertical_basis=4, time_basis=4,
            data_time_us=T, source="eta", issue_time_us=T - 86400000000)
OBSTACLE = dict(feature_id="36-019284", source="faa-dof", distance_m=310.5,
                bearing_deg_true=271.25, top_amsl_m=181.0, published_amsl_m=166.0,
                published_agl_m=60.0, horizontal_acc95_m=75.0, vertical_acc95_m=15.0,
                accuracy_assumed=True, kind="TOWER", verified=False, lighting=82,
                data_time_us=T - 1, **POSITION)
CONTEXT = dict(boot_id=1700000000123, seq=42, node_time_us=T, stale_after_ms=3000, mode=1,
               authority=2, telemetry_seq=7, height=HEIGHT,
               look_ahead=dict(basis=2, length_m=450.0, half_width_m=11.0, half_width_end_m=33.5,
                               track_deg_true=89.5,
                               segments=[SEGMENT, dict(from_m=50.0, to_m=450.0, unknown_ratio=0.25,
                                                       unknown_reason=2)]),
               weather=dict(wind=WIND, gust_mps=dict(value=5.0, statistic=1, source="eta"),
                            visibility_m=dict(reason=12)),
               obstacles=[OBSTACLE], plan_state=4, epoch=18446744073709551615,
               layer_states=[dict(layer=5, reason=2)], obstacles_left_out=3,
               obstacle_radius_m=2000.0, region_id="niagara", node_id="n1", **POSITION)
REPLY = dict(code=3, field_path="lat_e7", text="is not on the globe", retry_after_s=1.0,
             correlation="c-1", count=3, boot_id=1, seq=2, node_time_us=T, mode=1,
             region_id="niagara", node_id="n1", answers=1)
PAYLOADS = {
    "telemetry_least": ("Telemetry", POSITION),
    "telemetry_full": ("Telemetry", dict(
        seq=7, drone_boot_id=2**63, time_us=T, time_source=1, alt_wgs84_m=200.0, alt_amsl_m=238.0,
        velocity_north_mps=-0.0, velocity_east_mps=12.5, velocity_up_mps=-1.5, on_ground=False,
        seen=dict(boot_id=1, context_seq=41, patch_seq=0), flight_id="f", active_plan_id="p",
        alt_pressure_m=210.0, alt_above_takeoff_m=100.0, horizontal_acc95_m=3.0,
        alt_wgs84_acc95_m=4.0, velocity_acc95_mps=0.1, track_deg_true=90.0,
        heading_deg_true=91.5, battery_ratio=0.75, mode=1, takeoff_lat_e7=-1,
        takeoff_lon_e7=1, **POSITION)),
    "telemetry_extremes": ("Telemetry", dict(lat_e7=-900000000, lon_e7=1800000000,
                                             seq=2**32 - 1, drone_boot_id=2**64 - 1,
                                             time_us=-2**63, alt_amsl_m=-1.17549435e-38)),
    "profile_empty": ("Profile", {}),
    "profile_full": ("Profile", dict(revision=3, rate_hz=0.1, look_ahead_s=60.0,
                                     link_bytes_per_s=1200, json=True, patch=True,
                                     patch_cells=128, obstacles_max=0, correlation="c")),
    "plan_two_points": ("Plan", dict(plan_id="p", revision=1, points=[
        dict(agl_m=50.0, **POSITION), dict(lat_e7=436600000, lon_e7=-793800000, alt_amsl_m=150.0,
                                           speed_mps=12.0, hold_s=3.0)],
        valid_from_us=T, valid_until_us=T + 1, conformance_m=50.0)),
    "context_full": ("Context", CONTEXT),
    "context_unknown": ("Context", dict(boot_id=1, seq=1, node_time_us=T, mode=4, height=dict(
        agl_reason=9, ground_reason=2, surface_reason=5), look_ahead=dict(reason=18))),
    "context_shed": ("Context", dict(
        shed=10, obstacles_reason=17, obstacles_left_out=16,
        advisories=[ADVISORY], advisories_brief=[dict(advisory_id=1, severity=3, kind=10)],
        advisories_left_out=2, advisories_left_out_severity=3,
        alerts=[dict(alert_id="a", revision=1, severity=2)])),
    "context_traffic": ("Context", dict(traffic=[dict(
        traffic_id="coffee-17", velocity_north_mps=1.0, cpa_s=22.5, cpa_m=80.0, predicted=True,
        **POSITION)], traffic_left_out=1)),
    "reply_invalid": ("Reply", REPLY),
    "reply_defaults": ("Reply", dict(code=2, answers=2, defaults=["rate_hz=5", "obstacles_max=4"])),
    "reply_plan_review": ("Reply", dict(code=1, answers=3, plan_review=dict(
        plan_id="p", clearance_lowest_m=-2.5, conflicts=[dict(leg=0, kind=1, severity=1)],
        gaps=[dict(leg=1, layer=1, unknown_ratio=0.5, reason=2)], epoch=9))),
    "advisory": ("AdvisoryMessage", dict(region_id="niagara", boot_id=1, seq=1, node_time_us=T,
                                         mode=1, advisory=ADVISORY)),
    "heartbeat": ("Heartbeat", dict(boot_id=1700000000123, seq=1, node_time_us=T, condition=4,
                                    epoch=3, drones=50, mode=4)),
    "state_up": ("NodeState", dict(boot_id=1, condition=4, mode=1, region_id="niagara",
                                   boundary=[POSITION] * 3, margin_m=500.0, version="0.1.0",
                                   waiting_for=["kafka"])),
    "catalog": ("Catalog", dict(boot_id=1, sources=[dict(source="dted", feed="terrain", layer=1,
                                                         licence="public domain", records=4,
                                                         refused=1)])),
    "alerts": ("Alerts", dict(boot_id=1, alerts=[dict(alert_id="a", event="fire \u2013 \U0001F525",
                                                      right_ascension_deg=83.633212,
                                                      region_wide=True)])),
    "patch": ("Patch", dict(boot_id=1, seq=9, base_seq=0, level=12, columns=64, rows=64,
                            ground=bytes(range(256)), surface=b"\0", quantum_m=0.25,
                            offset_amsl_m=-1000.0)),
    "terrain": ("Terrain", dict(boot_id=1, data=[dict(grid_spacing_m=30, grid_bit=55,
                                                      height_amsl_m=list(range(-8, 8)))],
                                unavailable=[dict(grid_bit=0, reason=2)])),
}


def make():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["protoc", "--proto_path=schemas", f"--python_out={folder}", *PROTOS],
                       check=True)
        sys.path.insert(0, folder)
        import importlib
        from google.protobuf import json_format
        modules = [importlib.import_module("drf.v1." + pathlib.Path(p).stem + "_pb2")
                   for p in PROTOS]
        for name, (kind, fields) in PAYLOADS.items():
            message = next(getattr(m, kind) for m in modules if hasattr(m, kind))(**fields)
            (OUT / f"{name}.{kind}.bin").write_bytes(message.SerializeToString(deterministic=True))
            (OUT / f"{name}.{kind}.json").write_text(json_format.MessageToJson(
                message, preserving_proto_field_name=True) + "\n")
    descriptor(OUT / "drf_v1.desc")


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(check())
    make()
