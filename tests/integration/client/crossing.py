# tests/integration/client/crossing.py FILE - drones of the Python package fly from one region into the next.
# SPDX-License-Identifier: Apache-2.0
"""Run in its environment by tests/nodes/test_regions.py, which started the brokers and nodes; FILE says where they are.
Writes what each drone was told, as one JSON object, to standard output: the test judges it. Each drone flies eastward on a
lane of its own, by a plan, toward a crane just behind the border; some turn round in the margin before it."""
import asyncio
import json
import math
import pathlib
import sys
import time

from drf_client import Drone, Plan, PlanPoint, Profile, Telemetry, e7

RATE_HZ, STALL_S = 2.5, 0.5
SET = json.loads(pathlib.Path(sys.argv[1]).read_text())
M_PER_LON = 111_195 * math.cos(math.radians(SET["lat"]))


class Flight:
    def __init__(self, number):
        self.name, self.turns = SET["names"][number], number in SET["turning"]
        self.lat = SET["lat"] + number * SET["lane_deg"]
        self.told, self.used, self.brokers, self.unserved, self.plan = [], [], [], [], ""
        self.drone = Drone(SET["host"], SET["port"], self.name, SET["password"], root="drf-test/v1",
                           profile=Profile(rate_hz=RATE_HZ, clearance_min_m=20))
        take = self.drone.streams.take_context

        def heard(region, context, at):
            """Everything that comes is told, whether it is used or not; then what is used now."""
            self.told.append((region, context.telemetry_seq, context.authority))
            taken = take(region, context, at)
            self.look()
            return taken
        self.drone.streams.take_context = heard

    def look(self):
        """What is used, first and last of each region in turn."""
        now = self.drone.now()
        if now.context is None:
            return
        seen = {"lon": now.context.lon_e7 / 1e7, "authority": now.context.authority, "plan_state": now.context.plan_state,
                "warned": [a.message.feature_id for a in now.advisories if a.message and a.severity == 1]}
        if not self.used or self.used[-1]["region"] != now.region:
            self.used.append({"region": now.region, "first": seen})
        self.used[-1]["last"] = seen

    def lon(self, seconds):
        """Where it is: one that turns is farthest east in the middle of the time."""
        there = SET["from"] + SET["speed_mps"] * min(seconds, SET["turn_s"] if self.turns else seconds) / M_PER_LON
        back = max(0.0, seconds - SET["turn_s"]) if self.turns else 0.0
        return there - SET["speed_mps"] * back / M_PER_LON

    async def report(self, seconds, moving=True):
        lon = self.lon(seconds)
        eastward = (-1 if self.turns and seconds > SET["turn_s"] else 1) * moving
        await self.drone.report(Telemetry(lat_e7=e7(self.lat), lon_e7=e7(lon), alt_amsl_m=SET["alt_amsl_m"],
                                          velocity_north_mps=0, velocity_east_mps=eastward * SET["speed_mps"]))
        if not (served := self.drone.now().served):
            self.unserved.append((round(seconds, 1), str(served)))
        if not self.brokers or self.brokers[-1][1] != list(self.drone.brokers):
            self.brokers.append((round(seconds, 2), list(self.drone.brokers)))

    async def prepare(self):
        """Served, and with a plan that is accepted, where it begins."""
        while not self.drone.now().served:
            await self.report(0.0, moving=False)
            await asyncio.sleep(0.3)
        ends = [SET["from"], self.lon(SET["turn_s"]) if self.turns else self.lon(SET["seconds"]) + 0.005]
        answer = await self.drone.set_plan(Plan(plan_id="cross", points=[
            PlanPoint(lat_e7=e7(self.lat), lon_e7=e7(lon), alt_amsl_m=SET["alt_amsl_m"], speed_mps=SET["speed_mps"]) for lon in ends]),
            follow=not self.turns, timeout_s=60)
        self.plan = str(answer)
        self.told.clear(), self.used.clear(), self.brokers.clear(), self.unserved.clear()

    async def fly(self, began):
        stalled_s = []
        while (seconds := time.monotonic() - began) < SET["seconds"]:
            await self.report(seconds)
            due = began + (math.floor(seconds * RATE_HZ) + 1) / RATE_HZ
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            if time.monotonic() - due > STALL_S:  # this program itself was not run
                stalled_s.append((round(due - began, 1), round(time.monotonic() - due, 1)))
        return {"name": self.name, "turns": self.turns, "told": self.told, "used": self.used, "brokers": self.brokers,
                "unserved": self.unserved, "stalled_s": stalled_s, "plan": self.plan}


async def main():
    flights = [Flight(number) for number in range(len(SET["names"]))]
    async with asyncio.timeout(SET["deadline_s"]):
        for flight in flights:
            await flight.drone.__aenter__()
        await asyncio.gather(*(flight.prepare() for flight in flights))
        began = time.monotonic()
        told = await asyncio.gather(*(flight.fly(began) for flight in flights))
        for flight in flights:
            await flight.drone.__aexit__(None, None, None)
    json.dump(told, sys.stdout)


asyncio.run(main())
