# drf_recording/cli.py - the command drf-import.
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import argparse
import dataclasses
import pathlib
import sys
from collections.abc import Callable, Sequence

from . import __version__, adsb, bluesky, dataflash, remoteid, tlog, ulog
from .job import AMSL, ELLIPSOID, NO_HEIGHT, Job, Options
from .report import Refused, Report, utc_us
from .tape import DRONE_ID, Tape


@dataclasses.dataclass(frozen=True)
class Format:
    run: Callable[[Job], None]
    accepts: set[str]
    what: str
    mode: str = "REPLAY"


FORMATS = {
    "ulog": Format(ulog.run, ulog.ACCEPTS, "PX4 ULog"),
    "dataflash": Format(dataflash.run, dataflash.ACCEPTS, "ArduPilot DataFlash log (.bin)"),
    "tlog": Format(tlog.run, tlog.ACCEPTS, "MAVLink telemetry log (.tlog)"),
    "readsb": Format(adsb.run_readsb, adsb.READSB_ACCEPTS, "readsb trace, or state vectors of `traffic`; may be gzip"),
    "opensky": Format(adsb.run_opensky, adsb.OPENSKY_ACCEPTS, "OpenSky state vectors as CSV; may be gzip"),
    "rid-json": Format(remoteid.run_json, remoteid.JSON_ACCEPTS, "remote-ID flights as JSON (ASTM F3411)"),
    "rid-kml": Format(remoteid.run_kml, remoteid.KML_ACCEPTS, "KML: gx:Track, or flights drawn as InterUSS does"),
    "bluesky": Format(bluesky.run, bluesky.ACCEPTS, "BlueSky scenario (.scn)", "SIM"),
}
SWITCH = {"datum": "--datum", "start_utc_us": "--start-utc", "leap_seconds": "--leap-seconds", "drone_id": "--drone-id",
          "traffic_topic": "--traffic-topic", "zone_topic": "--zone-topic", "qnh_hpa": "--qnh-hpa",
          "accept_truncated": "--accept-truncated"}


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(
        prog="drf-import", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Writes a flight log, traffic or a scenario as a recording (MCAP) that drf-sim play publishes.",
        epilog="formats:\n" + "".join(f"  {name:10} {f.what}\n" for name, f in FORMATS.items())
        + "\nexit code: 0 written, 1 refused (nothing is written), 2 wrong usage")
    found.add_argument("format", choices=FORMATS, metavar="FORMAT")
    found.add_argument("input", type=pathlib.Path, metavar="INPUT")
    found.add_argument("-o", "--output", type=pathlib.Path, required=True, metavar="FILE.mcap")
    found.add_argument("--datum", choices=[AMSL, ELLIPSOID, NO_HEIGHT], help="what heights are over, where the file does "
                       "not say; none: leave them out")
    found.add_argument("--start-utc", metavar="TIME", help="when it began, where the file has no UTC: 2024-03-18T14:49:10Z")
    found.add_argument("--leap-seconds", type=int, metavar="N", help="GPS minus UTC, where the table of IERS has ended")
    found.add_argument("--qnh-hpa", type=float, metavar="HPA", help="for flight levels in plans")
    found.add_argument("--mode", choices=["REPLAY", "SIM"], help="default REPLAY; SIM for what nobody flew")
    found.add_argument("--drone-id", metavar="ID", help="default: from the file's name")
    found.add_argument("--topic-root", default="drf/v1", metavar="ROOT", help="default drf/v1")
    found.add_argument("--traffic-topic", metavar="TOPIC", help="Kafka topic of strangers, default import.traffic")
    found.add_argument("--zone-topic", metavar="TOPIC", help="Kafka topic of zones, default import.zones")
    found.add_argument("--accept-truncated", action="store_true", help="import what is whole of a truncated log")
    found.add_argument("--force", action="store_true", help="replace the output file")
    found.add_argument("--version", action="version", version=f"drf-import {__version__}")
    return found


def options_of(args: argparse.Namespace, accepts: set[str]) -> Options:
    said = {name: getattr(args, name) for name in SWITCH if name != "start_utc_us" and getattr(args, name)
            not in (None, False)}
    if args.start_utc is not None:
        said["start_utc_us"] = utc_us(args.start_utc, "--start-utc")
    for name in said:
        if name not in accepts:
            raise Refused(f"{SWITCH[name]} means nothing for {args.format}")
    if args.drone_id is not None and not DRONE_ID.fullmatch(args.drone_id):
        raise Refused(f"--drone-id {args.drone_id!r}: letters, digits, '.', '_', '-', at most 36, the first no sign")
    return Options(**said)


def run(args: argparse.Namespace) -> Report:
    chosen = FORMATS[args.format]
    options = options_of(args, chosen.accepts)
    try:
        data = args.input.read_bytes()
    except OSError as error:
        raise Refused(f"{args.input}: {error.strerror}") from error
    if not data:
        raise Refused(f"{args.input}: empty")
    report = Report()
    report.state(format=args.format)
    tape = Tape(args.input, args.mode or chosen.mode, args.topic_root.rstrip("/"), report)
    job = Job(args.input, data, options, report, tape)
    if args.mode is None and simulated(args.format, data):
        tape.mode = "SIM"
        report.note("mode SIM: nobody flew this (--mode says otherwise)")
    chosen.run(job)
    try:
        tape.write(args.output, data, args.force)
    except OSError as error:
        raise Refused(f"{args.output}: {error.strerror}") from error
    return report


def simulated(name: str, data: bytes) -> bool:
    """What says of itself that it is a simulation: PX4's board name, a drawn flight."""
    return (name == "ulog" and b"PX4_SITL" in data[:65536]) or (name == "rid-kml" and b"<name>flight:" in data)


def main(argv: Sequence[str] | None = None) -> int:
    args = parser().parse_args(argv)
    try:
        report = run(args)
    except Refused as why:
        print(f"drf-import: {why}", file=sys.stderr)
        return 1
    for line in report.lines():
        print(line)
    return 0
