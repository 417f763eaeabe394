# tests/integration/client/failover.py HOST PORT NAME PASSWORD LAT LON SECONDS - a drone of the Python package over a failure.
# SPDX-License-Identifier: Apache-2.0
"""Run in its environment by tests/nodes/test_witness.py, which kills a node meanwhile. Reports five times a second, and
writes to standard output what it used, as one JSON object."""
import asyncio
import json
import sys
import time

from drf_client import Drone, Profile, Telemetry, e7

HOST, PORT, NAME, PASSWORD = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
LAT, LON, SECONDS = (float(word) for word in sys.argv[5:8])


async def main():
    used, unserved, late_s = [], [], []
    here = Telemetry(lat_e7=e7(LAT), lon_e7=e7(LON), alt_amsl_m=900, velocity_north_mps=0, velocity_east_mps=0)
    async with Drone(HOST, PORT, NAME, PASSWORD, root="drf-test/v1", profile=Profile()) as drone, asyncio.timeout(SECONDS + 60):
        while not drone.now().served or not drone.now().context.owner_epoch:
            await drone.report(here)
            await asyncio.sleep(0.2)
        print("served", file=sys.stderr, flush=True)
        began = time.monotonic()
        while (now_s := time.monotonic() - began) < SECONDS:
            await drone.report(here)
            now = drone.now()
            if not now.served:
                unserved.append((round(now_s, 2), str(now.served)))
            elif not used or used[-1][0] != [now.context.node_id, now.context.owner_epoch]:
                used.append(([now.context.node_id, now.context.owner_epoch], round(now_s, 2)))
            await asyncio.sleep(0.2)
            if time.monotonic() - began - now_s > 1.0:  # this program itself was not run
                late_s.append((round(now_s, 2), round(time.monotonic() - began - now_s, 2)))
        json.dump({"used": used, "unserved": unserved, "late_s": late_s, "older_epochs": drone.streams.older_epochs}, sys.stdout)


asyncio.run(main())
