#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A first drone. Says once a second what is known, what is absent and why, what is late, and what of its own is wrong:
schemas/client.md, "Absent, late, wrong". Needs python3-paho-mqtt and nothing else.
Advisory information, not certified, never a replacement for on-board sensing."""
import argparse
import json
import pathlib
import re
import time

import paho.mqtt.client as paho

PROTO = (pathlib.Path(__file__).resolve().parents[1] / "drf/v1/enums.proto").read_text()
NAMES = {kind: {int(number): name for name, number in re.findall(r"(\w+) = (\d+);", body)}
         for kind, body in re.findall(r"enum (\w+) \{(.*?)\n\}", PROTO, re.S)}


def name(kind, number):
    """0, absent, and numbers of a later version are the most severe of their kind."""
    return NAMES[kind].get(number or 0, NAMES[kind][0])


class Drone:
    def __init__(self, root, host, port, user, password):
        self.topic, self.boot, self.seq = f"{root}/drones/{user}/", time.time_ns() // 1000000, 0
        self.context = self.wrong = None
        self.begin = float("inf")  # of reports
        self.mqtt = paho.Client(client_id=user, protocol=paho.MQTTv5)  # clean start, session expiry 0
        self.mqtt.username_pw_set(user, password)
        self.mqtt.on_connect, self.mqtt.on_message = self.connected, self.take
        self.mqtt.connect(host, port, keepalive=15)

    def connected(self, *_):
        """At each connection: listen first, then say the profile. Reports wait for its reply, so that all that follows
        is JSON; none comes when the node holds this profile already."""
        self.mqtt.subscribe([(self.topic + leaf, 1) for leaf in ("context/+", "reply/+")])
        self.mqtt.publish(self.topic + "profile", '{"json": true}', qos=1, retain=True)
        self.begin = time.monotonic() + 3

    def take(self, _client, _data, message):
        if not message.payload.startswith(b"{"):
            return  # Protocol Buffers: sent before the node knew the profile
        body = json.loads(message.payload)
        if "/reply/" in message.topic:
            self.begin = 0 if body.get("answers") == 2 else self.begin
            refused = body.get("code") not in (1, 2)
            self.wrong = (name("ReplyCode", body.get("code")), body, self.seq) if refused else None
            return
        old = self.context
        if old and old["region_id"] == body["region_id"] and self.stream(body) < self.stream(old):
            return  # of a former life of the node, or overtaken
        if old and old["region_id"] != body["region_id"] and body.get("authority") != 2 and not self.late(old):
            return  # where regions overlap, the one that is PRIMARY is preferred
        self.context, self.arrived = body, time.monotonic()
        if self.wrong and self.wrong[1].get("answers") == 1 and body.get("telemetry_seq", 0) > self.wrong[2]:
            self.wrong = None  # a later report was taken

    @staticmethod
    def stream(context):
        return int(context["boot_id"]), context["seq"]

    def age_s(self, context):
        """By the time in it and since it came, whichever is more."""
        return max(time.time() - int(context["node_time_us"]) / 1e6, time.monotonic() - self.arrived)

    def late(self, context):
        return self.age_s(context) * 1000 > context.get("stale_after_ms", 0)

    def report(self, lat, lon, alt_wgs84_m):
        if time.monotonic() < self.begin:
            return
        self.seq += 1
        context = self.context
        seen = {"boot_id": context["boot_id"], "context_seq": context["seq"]} if context else {}
        self.mqtt.publish(self.topic + "telemetry", json.dumps({
            "seq": self.seq, "drone_boot_id": self.boot, "time_us": time.time_ns() // 1000, "time_source": 2,
            "lat_e7": round(lat * 1e7), "lon_e7": round(lon * 1e7), "alt_wgs84_m": alt_wgs84_m,
            "velocity_north_mps": 0, "velocity_east_mps": 0, "seen": seen}))

    def tell(self):
        context = self.context
        if context is None:
            yield "LATE: no context yet, everything is unknown"
        elif self.late(context):
            yield f"LATE: everything is unknown, the last context is of {self.age_s(context):.1f} s ago"
        else:
            yield from self.known(context)
        if self.wrong:
            yield f"WRONG: {self.wrong[0]} {self.wrong[1].get('field_path', '')} {self.wrong[1].get('text', '')}"

    @staticmethod
    def known(context):
        if name("Mode", context.get("mode")) != "MODE_LIVE":
            yield f"NOT FOR FLIGHT: {name('Mode', context.get('mode'))}"
        height = context.get("height", {})
        for what, field in (("agl", "agl_m"), ("ground", "ground_amsl_m"), ("surface", "surface_amsl_m")):
            value, why = height.get(field), height.get(f"{what}_reason")
            yield f"ABSENT {what}: {name('Reason', why)}" if value is None \
                else f"{what} {value:.0f} m, {name('Reason', why or 1)}"
        for layer in context.get("layer_states", []):
            yield f"INCOMPLETE {name('Layer', layer.get('layer'))}: {name('Reason', layer.get('reason'))}"
        for advisory in context.get("advisories", []) + context.get("advisories_brief", []):
            kind, severity = name("AdvisoryKind", advisory.get("kind")), name("Severity", advisory.get("severity"))
            yield f"{severity} {kind}: {advisory.get('text', '')}"
        if context.get("advisories_left_out"):
            yield f"{context['advisories_left_out']} more advisories, the worst of them " \
                + name("Severity", context.get("advisories_left_out_severity"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-t", default="drf/v1", dest="root", help="topic root: drf-test/v1 where the node is not LIVE")
    for argument, kind in (("host", str), ("port", int), ("id", str), ("password", str), ("lat", float),
                           ("lon", float), ("alt_wgs84_m", float)):
        parser.add_argument(argument, type=kind)
    args = parser.parse_args()
    drone = Drone(args.root, args.host, args.port, args.id, args.password)
    drone.mqtt.loop_start()
    while True:
        for _ in range(5):
            drone.report(args.lat, args.lon, args.alt_wgs84_m)
            time.sleep(0.2)
        print("; ".join(drone.tell()), flush=True)


if __name__ == "__main__":
    main()
