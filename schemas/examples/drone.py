#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A first drone: says once a second what is known, absent, late and wrong. Needs `pip install ./schemas/python`.
Advisory information, not certified, never a replacement for on-board sensing."""
import argparse
import asyncio
import sys

from drf_client import Drone, NotAdmitted, Profile, Telemetry, e7


async def fly(args: argparse.Namespace) -> None:
    here = Telemetry(lat_e7=e7(args.lat), lon_e7=e7(args.lon), alt_wgs84_m=args.alt_wgs84_m,
                     velocity_north_mps=0, velocity_east_mps=0)
    async with Drone(args.host, args.port, args.id, args.password, root=args.root, profile=Profile()) as drone:
        while True:
            for _ in range(5):
                await drone.report(here)
                await asyncio.sleep(0.2)
            print(drone.now(), flush=True)


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("-t", default="drf/v1", dest="root", help="topic root: drf-test/v1 where the node is not LIVE")
for argument, kind in (("host", str), ("port", int), ("id", str), ("password", str), ("lat", float), ("lon", float),
                       ("alt_wgs84_m", float)):
    parser.add_argument(argument, type=kind)
if __name__ == "__main__":
    try:
        asyncio.run(fly(parser.parse_args()))
    except NotAdmitted as error:
        sys.exit(str(error))
