#!/usr/bin/python3
# tests/integration/test_heap.py - what a running node takes from the heap for each message.
# SPDX-License-Identifier: Apache-2.0
"""The program as it is, with a counter before malloc (tests/support/count_heap.c). Drones report over a real
mosquitto and are answered with contexts and patches; between two readings of the counters the thread that serves
them takes nothing of its own from the heap. What the libraries take is told beside it."""
import json
import pathlib
import struct
import subprocess
import time

from drf_fixture import BIN, DEADLINE_S, OBSERVER, TOP, Folder, Mosquitto, Node, main, skip, wait_until
from fixture import place
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

COUNTER = BIN / "libcount_heap.so"
DRONES = [f"d-{number}" for number in range(6)]
ROOT = "drf-test/v1"
WARM_UP, ROUNDS = 60, 200
RATE_HZ, PATCH_HZ = 20, 10  # the most that a profile may ask for


def messages():
    """Telemetry, Context, Patch and Profile, by Google's own library."""
    files = descriptor_pb2.FileDescriptorSet.FromString((TOP / "tests/data/golden/drf_v1.desc").read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    factory = message_factory.MessageFactory(pool)
    return {name: factory.GetPrototype(pool.FindMessageTypeByName(f"drf.v1.{name}"))
            for name in ("Telemetry", "Context", "Patch", "Profile")}


def readings(path, pid):
    """{thread: (own, libraries)}, by name; threads of one name are added up."""
    told = {}
    for thread, own, libraries in struct.iter_unpack("QQQ", pathlib.Path(f"{path}.{pid}").read_bytes()):
        try:
            name = pathlib.Path(f"/proc/{pid}/task/{thread}/comm").read_text().strip()
        except OSError:
            continue
        before = told.get(name, (0, 0))
        told[name] = before[0] + own, before[1] + libraries
    return told


class Drone:
    def __init__(self, mqtt, name, kinds):
        self.name, self.kinds, self.seq, self.patch_seq, self.patches = name, kinds, 0, 0, 0
        self.boot_id = self.context_seq = 0
        self.client = mqtt.client(name)
        self.client.subscribe(f"{ROOT}/drones/{name}/context/+", f"{ROOT}/drones/{name}/patch/+",
                              f"{ROOT}/drones/{name}/reply/+")
        profile = kinds["Profile"](patch=True, patch_cells=64, patch_rate_hz=PATCH_HZ, rate_hz=RATE_HZ)
        self.client.publish(f"{ROOT}/drones/{name}/profile", profile.SerializeToString(), qos=1)

    def report(self):
        """Moves 3 m east, and returns when its context has come."""
        self.seq += 1
        telemetry = self.kinds["Telemetry"](
            seq=self.seq, drone_boot_id=1, time_us=time.time_ns() // 1000, time_source=1, alt_amsl_m=600.0,
            lat_e7=round(place.MIDDLE[0] * 1e7), lon_e7=round((place.MIDDLE[1] + self.seq * 4e-5) * 1e7),
            velocity_north_mps=0.0, velocity_east_mps=20.0, velocity_up_mps=0.0)
        telemetry.seen.boot_id, telemetry.seen.context_seq = self.boot_id, self.context_seq
        telemetry.seen.patch_seq = self.patch_seq
        self.client.publish(f"{ROOT}/drones/{self.name}/telemetry", telemetry.SerializeToString())
        while True:
            message = self.client.take()
            if "/patch/" in message.topic:
                self.patch_seq = self.kinds["Patch"].FromString(message.payload).seq
                self.patches += 1
            elif "/context/" in message.topic:
                context = self.kinds["Context"].FromString(message.payload)
                self.boot_id, self.context_seq = context.boot_id, context.seq
                if context.telemetry_seq == self.seq:
                    return context


def node_of(mqtt, folder):
    """Its ground is there before it starts; nothing listens where Kafka should."""
    config = place.configuration("127.0.0.1:9", mqtt, mode="TEST", region="heap", drones_max=100,
                                 context_rate_max_hz=RATE_HZ, telemetry_rate_max_hz=2 * RATE_HZ)
    config["store"]["path"] = str(folder / "region.gpkg")
    path, raster = folder / "import.yaml", folder / "ground.tif"
    path.write_text(json.dumps(config))
    raster.write_bytes(place.geotiff())
    subprocess.run([BIN / "drf-edge", "import", "--config", path, "--feed", "terrain", "--time",
                    "2026-06-01T12:00:00Z", raster], check=True, timeout=DEADLINE_S, capture_output=True)

    def ready():
        with mqtt.client(OBSERVER) as observer:
            observer.subscribe(f"{ROOT}/regions/heap/nodes/n1/heartbeat")
            try:
                return observer.take(2) is not None
            except TimeoutError:
                return False
    return Node(config, ready=ready, env={"LD_PRELOAD": str(COUNTER), "COUNT_HEAP": str(folder / "heap")})


def test_the_node_takes_nothing_of_its_own_from_the_heap_for_a_message():
    if not COUNTER.exists():
        skip(f"{COUNTER.name} is not built beside a sanitizer")
    kinds = messages()
    with Folder("heap") as folder, Mosquitto(DRONES) as mqtt, node_of(mqtt, folder.path) as node:
        drones = [Drone(mqtt, name, kinds) for name in DRONES]
        wait_until(lambda: drones[0].report().height.HasField("ground_amsl_m"), "the ground is loaded")
        for _ in range(WARM_UP):
            for drone in drones:
                drone.report()
        patches = sum(drone.patches for drone in drones)
        before = readings(folder.path / "heap", node.process.pid)
        assert before["serve"][0] > 0, before  # it does count
        for _ in range(ROUNDS):
            for drone in drones:
                assert drone.report().height.HasField("agl_m")
        after = readings(folder.path / "heap", node.process.pid)
        count = ROUNDS * len(drones)
        patches = sum(drone.patches for drone in drones) - patches
        for name in sorted(after):
            own, libraries = (now - then for now, then in zip(after[name], before.get(name, (0, 0))))
            print(f"  {name}: {own / count:.4f} of ours, {libraries / count:.2f} of libraries for each context")
        for drone in drones:
            drone.client.close()
        assert patches > count / 10, (patches, count)
        assert after["serve"][0] == before["serve"][0], (before, after, count)


main(globals())
