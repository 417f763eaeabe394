# tests/integration/client/against_node.py HOST PORT PASSWORD PASSWORD_2 - the Python package against a real node.
# SPDX-License-Identifier: Apache-2.0
"""Run in its environment by test_example.py, which started the node on the place of fixture/place.py: the ground there
is 400 + 1000 (lat - 47) + 500 (lon - 8) metres, and a TEST node serves it."""
import asyncio
import sys

from drf_client import (Absent, Client, Drone, LandingRequest, Late, Mode, NotAdmitted, Plan, PlanPoint, PlanState,
                        PreloadRequest, Profile, Query, Reason, ReplyCode, Report, Request, Telemetry, TerrainRequest, WeatherReport,
                        Wrong, e7, v1)
from drf_client.terrain import corner

HOST, PORT, PASSWORD, PASSWORD_2 = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
LAT, LON = 47.05, 8.05
GROUND = 400 + 1000 * (LAT - 47) + 500 * (LON - 8)
HERE = Telemetry(lat_e7=e7(LAT), lon_e7=e7(LON), alt_amsl_m=600, velocity_north_mps=5, velocity_east_mps=0)
ROOT = "drf-test/v1"


async def until(drone, true, telemetry=HERE):
    """Reports until it is true of now()."""
    while True:
        await drone.report(telemetry)
        await asyncio.sleep(0.1)
        if true(drone.now()):
            return drone.now()


async def values_and_answers(drone):
    assert isinstance(drone.now().served, Late)
    now = await until(drone, lambda now: now.served and now.ground_amsl_m)
    assert now.mode is Mode.TEST and not now.for_flight and now.region == "example", now
    assert abs(now.ground_amsl_m.value - GROUND) < 1 and abs(now.agl_m.value - (600 - GROUND)) < 1.5, now
    assert now.surface_amsl_m.reason is Reason.BARE_EARTH and not now.wrong, now
    assert not now.obstacles.items and not now.obstacles.clear, "Kafka is away: nobody knows"
    assert isinstance(now.wind_speed_mps, (Absent, Late)), now.wind_speed_mps

    profile = Profile(rate_hz=5, clearance_min_m=200, patch=True, patch_cells=64, patch_rate_hz=5)
    answer = await drone.set_profile(profile)
    assert answer and answer.reply.answers == 2 and "look_ahead_s=45" in answer.reply.defaults, answer
    bad = await drone.set_profile(Profile(rate_hz=1000))
    assert isinstance(bad, Wrong) and bad.code is ReplyCode.INVALID and bad.field_path == "rate_hz", bad
    assert any(wrong.field_path == "rate_hz" for wrong in drone.now().wrong)
    assert await drone.set_profile(profile) and not drone.now().wrong
    landing = await drone.request(Request(landing=LandingRequest(lat_e7=e7(LAT), lon_e7=e7(LON))))
    assert landing and landing.reply.HasField("landing"), landing


async def plan(drone):
    points = [PlanPoint(lat_e7=e7(LAT + north), lon_e7=e7(LON), alt_amsl_m=600, speed_mps=5) for north in (0, 0.01)]
    answer = await drone.set_plan(Plan(plan_id="p1", points=points))
    assert answer and answer.reply.plan_review.plan_id == "p1", answer
    await until(drone, lambda now: now.plan_state is PlanState.FOLLOWED)
    drone.active_plan_id = ""
    await until(drone, lambda now: now.plan_state is PlanState.NONE)  # used only while telemetry names it
    assert await drone.withdraw_plan()


async def cells(drone):
    await until(drone, lambda _: bool(drone.patch()))
    window = drone.patch()
    height = window.at("ground", LAT, LON)
    assert abs(height.value - GROUND) < 3 and window.side == 64, height
    first = window.message.seq
    # Changes come against what was acknowledged, and are read.
    moved = Telemetry(lat_e7=e7(LAT + 0.003), lon_e7=e7(LON), alt_amsl_m=600)
    await until(drone, lambda _: drone.patch().message.seq > first and drone.patch().message.base_seq > 0, moved)
    lat, lon = drone.patch().centre_deg(32, 32)
    assert abs(drone.patch().at("ground", lat, lon).value - (400 + 1000 * (lat - 47) + 500 * (lon - 8))) < 3
    lat, lon = corner(e7(LAT), e7(LON), 100)
    block = await drone.terrain(TerrainRequest(lat_e7=lat, lon_e7=lon, grid_spacing_m=100))
    there = [tile for tile in block.tiles.values() if tile.heights_amsl_m]
    assert there and block.tiles[min(t.grid_bit for t in there)].source == "terrain/import", block.message
    whole = block.height_amsl_m(0, 0).value
    assert 0 <= whole - (400 + 1000 * (lat / 1e7 - 47) + 500 * (lon / 1e7 - 8)) < 2, whole
    blocks = [block async for block in drone.preload(PreloadRequest(
        south_lat_e7=e7(47.04), west_lon_e7=e7(8.04), north_lat_e7=e7(47.05), east_lon_e7=e7(8.05), grid_spacing_m=100))]
    assert blocks and all(blocks) and blocks[-1].pending == 0 and blocks[-1].loaded > 0, [str(b) for b in blocks]
    refused = await drone.terrain(TerrainRequest())
    assert isinstance(refused, Wrong) and refused.code is ReplyCode.INVALID, refused


async def words(drone):
    """Kafka is away: what is told is stored, and durable."""
    weather = WeatherReport(lat_e7=e7(LAT), lon_e7=e7(LON), agl_m=60, wind_mps=9.5)
    first = await drone.tell(Report(weather=weather))
    assert first and first.reply.code == ReplyCode.DURABLE and first.reply.report_seq == 1, first
    assert (await drone.tell(Report(schema="a/1", json="[1]"))).reply.report_seq == 2
    again = Report(weather=weather, report_seq=1, drone_boot_id=first.reply.drone_boot_id, correlation="again")
    assert (await drone.tell(again)).reply.correlation == "again"
    bad = await drone.tell(Report(json="[1", schema="a/1"))
    assert isinstance(bad, Wrong) and bad.code is ReplyCode.INVALID and bad.field_path == "json", bad
    assert not drone.now().wrong, "a refused report is nothing wrong with the telemetry"


async def query():
    async with Client(HOST, PORT, "planner", PASSWORD_2, root=ROOT) as client:
        place = await client.ask(Query(lat_e7=e7(LAT), lon_e7=e7(LON), agl_m=50, radius_m=500))
        assert place and abs(place.ground_amsl_m.value - GROUND) < 1 and place.mode is Mode.TEST, place
        assert not place.obstacles.clear and not place.zones.clear, "Kafka is away: nobody knows"
        assert "surface 475 m (BARE_EARTH)" in str(place) and "obstacles: 0 known, LATE" in str(place), str(place)
        invalid = await client.ask(Query(lat_e7=e7(95), lon_e7=e7(LON)))
        assert isinstance(invalid, Wrong) and invalid.code is ReplyCode.INVALID, invalid
    async with Client(HOST, PORT, "planner", PASSWORD_2) as client:  # the root of LIVE nodes: none is there
        nobody = await client.ask(v1.Query(lat_e7=e7(LAT), lon_e7=e7(LON)), timeout_s=0.5)
        assert isinstance(nobody, Late) and "is drf/v1 the topic root" in nobody.text, nobody


async def main():
    async with Drone(HOST, PORT, "good", PASSWORD, root=ROOT) as drone:
        async with asyncio.timeout(250):
            await values_and_answers(drone)
            await plan(drone)
            await cells(drone)
            await words(drone)
            async for now in drone.watch(0.2):
                assert now.region == "example"
                break
    await query()
    try:
        async with Drone(HOST, PORT, "good", "not its password", root=ROOT):
            raise AssertionError("admitted with a wrong password")
    except NotAdmitted as error:
        assert "good" in str(error), error


asyncio.run(main())
print("ok")
