#!/usr/bin/python3
# tests/integration/test_bad_input.py - bad messages and bad telemetry hurt only themselves.
# SPDX-License-Identifier: Apache-2.0
import hashlib
import json
import socket
import struct
import subprocess
import time

import numpy
from drf_fixture import DEADLINE_S, TOP, Folder, Kafka, Mosquitto, Node, free_ports, main, wait_until
from fixture import place
from google.protobuf import descriptor_pb2, message_factory

MAX_KB = 700
DRONES = "drf/v1/drones"
INVALID, STALE, UNSYNCHRONISED = 3, 7, 8
NOT_AUTHORISED = 0x87
SQUARE = numpy.zeros((100, 100))
VRT = (b'<VRTDataset rasterXSize="100" rasterYSize="100"><SRS>EPSG:4326</SRS>'
       b'<GeoTransform>7.9, 0.003, 0, 47.2, 0, -0.003</GeoTransform><VRTRasterBand dataType="Int16" band="1">'
       b'<SimpleSource><SourceFilename>/etc/passwd</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>')


def terrain_cases():
    good = place.geotiff()
    far = (120.0, 10.0, 120.3, 10.3)
    return {
        "truncated": (good[:len(good) // 2], "FORMAT"),
        "cut-in-its-header": (good[:6], "FORMAT"),
        "empty": (b"", "EMPTY"),
        "oversized": (b"II*\0" + bytes(MAX_KB * 1024), "TOO_LARGE"),
        "a-text": (place.dof(1, 47.05, 8.05, 100, 1700), "FORMAT"),
        "a-forecast": (place.grib(), "FORMAT"),
        "no-width": (place.geotiff(SQUARE, transform=(7.9, 0, 0, 47.2, 0, -0.003)), "GEOREFERENCE"),
        "all-in-a-line": (place.geotiff(SQUARE, transform=(7.9, 0.003, 0.003, 47.2, 0.003, 0.003)), "GEOREFERENCE"),
        "no-georeference": (place.geotiff(SQUARE, transform=(0, 1, 0, 0, 0, 1)), "GEOREFERENCE"),
        "no-number": (place.geotiff(SQUARE, transform=(7.9, float("nan"), 0, 47.2, 0, -0.003)), "GEOREFERENCE"),
        "no-reference": (place.geotiff(SQUARE, epsg=None), "CRS"),
        "no-vertical-reference": (place.geotiff(SQUARE, epsg=(4326,)), "VERTICAL"),
        "all-nodata": (place.geotiff(SQUARE - 9999, nodata=-9999), "NO_VALUES"),
        "all-nan": (place.geotiff(SQUARE + numpy.nan), "NO_VALUES"),
        "elsewhere": (place.geotiff(bounds=far), "OUT_OF_REGION"),
        "above-everything": (place.geotiff(SQUARE + 1e6), "RANGE"),
        "a-vrt.tif": (VRT, "FORMAT"),
    }


def tower_cases():
    good = place.dof(1, 47.05, 8.05, 100, 1700)
    return {
        "truncated": (good[:60], "FORMAT"),
        "empty": (b"", "EMPTY"),
        "oversized": (good * (MAX_KB * 1024 // len(good) + 1), "TOO_LARGE"),
        "geojson": (place.feature("c", 47.05, 8.05), "FORMAT"),
        "binary": (bytes(range(256)), "FORMAT"),
        "sixty-minutes": (good.replace(b"47 03", b"47 60"), "RANGE"),
        "beyond-the-pole": (good.replace(b"47 03", b"91 03"), "RANGE"),
        "headers-only": (b"  CURRENCY DATE = 02/18/24\r\n", "EMPTY"),
        "elsewhere": (place.dof(2, 10.0, 120.0, 100, 1700), "OUT_OF_REGION"),
        "higher-than-anything": (place.dof(3, 47.05, 8.05, 99999, 99999), "RANGE"),
    }


def crane_cases():
    good = place.feature("crane", 47.05, 8.05)
    return {
        "truncated": (good[:len(good) // 2], "FORMAT"),
        "empty": (b"", "EMPTY"),
        "oversized": (good + b" " * (MAX_KB * 1024), "TOO_LARGE"),
        "xml": (b"<kml/>", "FORMAT"),
        "more-after-it": (good + b"{}", "FORMAT"),
        "no-geometry": (json.dumps({**json.loads(good), "geometry": None}).encode(), "FORMAT"),
        "another-reference": (good[:-1] + b', "crs": {"type": "name", "properties": {"name": "EPSG:999999"}}}', "CRS"),
        "no-height": (place.feature("crane", 47.05, 8.05, agl_m=None), "NO_VALUES"),
        "beyond-the-pole": (place.feature("crane", 91.0, 8.05), "RANGE"),
        "elsewhere": (place.feature("crane-2", 10.0, 120.0), "OUT_OF_REGION"),
        "no-number": (good.replace(b"30.0", b"NaN"), "FORMAT"),
        "higher-than-anything": (place.feature("crane", 47.05, 8.05, agl_m=1e9), "RANGE"),
    }


def forecast_cases():
    good = place.grib()
    point = ("set latitudeOfLastGridPointInDegrees = 48.0; set longitudeOfLastGridPointInDegrees = 7.0;"
             "set iDirectionIncrement = 0; set jDirectionIncrement = 0;")
    missing = "set bitmapPresent = 1; set missingValue = 9999; set values = { " + ", ".join(["9999.0"] * 441) + " };"
    return {
        "truncated": (good[:len(good) // 2], "FORMAT"),
        "empty": (b"", "EMPTY"),
        "oversized": (good + bytes(MAX_KB * 1024), "TOO_LARGE"),
        "a-text": (b"METAR LSZH 221950Z 24010KT", "FORMAT"),
        "a-geotiff": (place.geotiff(), "FORMAT"),
        "all-in-a-point": (place.grib(more=point), "GEOREFERENCE"),
        "all-missing": (place.grib(more=missing), "NO_VALUES"),
        "elsewhere": (place.grib(first=(-30.0, 120.0)), "OUT_OF_REGION"),
        "faster-than-anything": (place.grib(value=500.0), "RANGE"),
    }


GOOD = {"terrain": place.geotiff, "towers": lambda: place.dof(7, 47.05, 8.05, 100, 1700),
        "cranes": lambda: place.feature("crane-7", 47.05, 8.05), "forecast": place.grib}


def headers(case):
    return {"ce_time": "2026-01-01T00:00:00Z", "ce_source": "test.bad", "case": case}


def check_letter(letter, topic, offset, case, value, reason):
    key, dead, told, _ = letter
    assert key == case.encode() and told["case"] == key and told["ce_source"] == b"test.bad", (case, told)
    assert told["drf_dead_reason"].decode() == reason, (topic, case, told["drf_dead_reason"], told["drf_dead_text"])
    assert (told["drf_dead_topic"], told["drf_dead_partition"], told["drf_dead_offset"]) == (
        topic.encode(), b"0", str(offset).encode()), (case, told)
    assert told["drf_dead_text"] and told["drf_dead_sha256"].decode() == hashlib.sha256(value).hexdigest(), told
    # The original bytes; of a very large message its beginning, with the whole size.
    assert dead == value[:65536] and int(told["drf_dead_size"]) == len(value), (case, len(dead))


REASONS = {reason for cases in (terrain_cases, tower_cases, crane_cases, forecast_cases) for _, reason in cases().values()}


def marks(port, feed, reason):
    return place.metrics(port).get(f'drf_feed_notes_total{{feed="{feed}",reason="{reason}"}}', 0)


def check_feeds(kafka, port):
    cases = {"terrain": terrain_cases(), "towers": tower_cases(), "cranes": crane_cases(),
             "forecast": forecast_cases()}
    sent, wrong = {}, []
    for feed, bad in cases.items():
        messages = [dict(value=value, key=case, headers=headers(case)) for case, (value, _) in bad.items()]
        messages.append(dict(value=GOOD[feed](), key="good", headers=headers("good")))
        offsets = kafka.produce_all(place.TOPICS[feed], messages)
        sent.update({(place.TOPICS[feed], offset): (feed, *item)
                     for offset, item in zip(offsets, bad.items())})
    # What lies elsewhere is a count.
    sent = {at: one for at, one in sent.items() if one[2][1] != "OUT_OF_REGION"}
    count = len(sent)
    for letter in kafka.consume(place.DEAD, len(sent)):
        topic, offset = letter[2]["drf_dead_topic"].decode(), int(letter[2]["drf_dead_offset"])
        _, case, (value, reason) = sent.pop((topic, offset))
        try:
            check_letter(letter, topic, offset, case, value, reason)
        except AssertionError as error:
            wrong.append(error.args[0])
    assert not wrong and not sent, "\n".join(map(str, wrong))
    for feed, bad in cases.items():
        # What names its place is kept as refused there: it is applied, and its reason is that of a part.
        wait_until(lambda f=feed: place.metrics(port).get(
            f'drf_feed_outcomes_total{{feed="{f}",outcome="APPLIED"}}') == 1 + sum(
                marks(port, f, reason) for reason in REASONS), f"the good message of {feed}")
        for reason in {reason for _, reason in bad.values()}:
            expected = sum(1 for _, other in bad.values() if other == reason)
            told = place.refusals(port, feed, reason), marks(port, feed, reason)
            assert sum(told) == expected, (feed, reason, told)
    wait_until(lambda: place.metrics(port)["drf_dead_letters_total"] == count, "every letter is counted")
    assert kafka.end_offset(place.DEAD) == count


def check_of_no_use(kafka, port):
    """What this node has no use for is no fault: counted, no letter."""
    letters = kafka.end_offset(place.DEAD)
    kafka.produce(place.TOPICS["forecast"], place.grib("u", 10.0, 500, "isobaricInhPa"), key="aloft")
    wait_until(lambda: place.refusals(port, "forecast", "IGNORED") == 1, "the message of no use is counted")
    kafka.produce(place.TOPICS["forecast"], b"bad", key="bad")
    wait_until(lambda: kafka.end_offset(place.DEAD) > letters, "the letter of the bad one behind it")
    assert kafka.end_offset(place.DEAD) == letters + 1


def test_bad_messages_of_every_feed_are_refused_with_a_reason():
    port, = free_ports(1)
    with Kafka() as kafka, Mosquitto() as mqtt:
        kafka.create_topics(*place.TOPICS.values(), place.DEAD)
        with Node(place.configuration(kafka.bootstrap, mqtt, http=port, message_max_kb=MAX_KB)) as node:
            wait_until(lambda: place.page(port, "readyz")[0] == 200, "the node is ready")
            check_feeds(kafka, port)
            check_of_no_use(kafka, port)
            assert place.page(port, "readyz")[0] == 200
            assert node.stop() == 0


def messages_of_schemas():
    """What Google's protobuf makes of schemas/: Telemetry and Reply, by name."""
    with Folder("schemas") as folder:
        subprocess.run(["protoc", f"--proto_path={TOP}/schemas", "--include_imports",
                        f"--descriptor_set_out={folder.path}/set", "drf/v1/telemetry.proto", "drf/v1/reply.proto",
                        "drf/v1/context.proto"], check=True, cwd=TOP)
        files = descriptor_pb2.FileDescriptorSet.FromString((folder.path / "set").read_bytes())
    return message_factory.GetMessages(files.file)


def reports(wire):
    """What a drone may send by mistake, and the code and field it must hear."""
    def report(**fields):
        values = dict(seq=1, time_us=time.time_ns() // 1000, time_source=1, lat_e7=470500000, lon_e7=80500000,
                      alt_amsl_m=600.0, alt_amsl_acc95_m=2.0)
        values.update(fields)
        return wire["drf.v1.Telemetry"](**{k: v for k, v in values.items() if v is not None}).SerializeToString()
    now = time.time_ns() // 1000
    return {
        "nan": (report(alt_amsl_m=float("nan")), INVALID, "alt_amsl_m"),
        "infinity": (report(velocity_north_mps=float("inf"), velocity_east_mps=0.0), INVALID, "velocity_north_mps"),
        "lat-91": (report(lat_e7=910000000), INVALID, "lat_e7"),
        "lon-181": (report(lon_e7=1810000000), INVALID, "lon_e7"),
        "stale": (report(time_us=now - 2_500_000), STALE, "time_us"),
        "future": (report(time_us=now + 20_000_000), UNSYNCHRONISED, "time_us"),
        "no-position": (report(lat_e7=None), INVALID, "lat_e7"),
        "garbage": (b"\xff\x00\xfe garbage", INVALID, ""),
        "cut": (report()[:-3], INVALID, ""),
        "nothing": (b"", INVALID, None),
    }


def ask_well(client, wire, seq):
    """A good report gets its context."""
    good = wire["drf.v1.Telemetry"](seq=seq, time_us=time.time_ns() // 1000, time_source=1, lat_e7=470500000,
                                    lon_e7=80500000, alt_amsl_m=600.0, alt_amsl_acc95_m=2.0)
    client.publish(f"{DRONES}/{client.user}/telemetry", good.SerializeToString())
    message = client.take()
    assert message.topic == f"{DRONES}/{client.user}/context/place", message.topic
    context = wire["drf.v1.Context"].FromString(message.payload)
    assert context.telemetry_seq == seq and context.height.HasField("aircraft_amsl_m"), context


def check_report(client, wire, payload, code, field):
    client.publish(f"{DRONES}/{client.user}/telemetry", payload)
    message = client.take()
    assert message.topic == f"{DRONES}/{client.user}/reply/place", (client.user, message.topic)
    reply = wire["drf.v1.Reply"].FromString(message.payload)
    assert (reply.code, reply.answers, reply.count) == (code, 1, 1) and reply.text, (client.user, reply)
    assert field is None or reply.field_path == field, (client.user, reply)
    ask_well(client, wire, 1)


def check_burst(client, wire):
    """Twenty bad reports at once: one reply at once, the next a second later by the node's clock, and the counts add
    up."""
    for _ in range(20):
        client.publish(f"{DRONES}/{client.user}/telemetry", b"\xff")
    replies = []
    while sum(reply.count for reply in replies) < 20:
        replies.append(wire["drf.v1.Reply"].FromString(client.take().payload))
    gaps_s = [(b.node_time_us - a.node_time_us) / 1e6 for a, b in zip(replies, replies[1:])]
    assert gaps_s and all(gap_s > 0.9 for gap_s in gaps_s), (gaps_s, replies)
    assert all(reply.code == INVALID for reply in replies) and client.drain() == []
    ask_well(client, wire, 1)


def test_bad_telemetry_is_refused_with_a_reply_and_the_next_is_answered():
    wire = messages_of_schemas()
    names = list(reports(wire))
    port, = free_ports(1)
    with Mosquitto(users=[*names, "burst"]) as mqtt:
        with Node(place.configuration("127.0.0.1:9", mqtt, http=port)) as node:
            node.wait_log("what=node.recovered for=mqtt")
            for name in names:
                payload, code, field = reports(wire)[name]  # made now: their times are of now
                with mqtt.client(name) as client:
                    client.subscribe(f"{DRONES}/{name}/context/+", f"{DRONES}/{name}/reply/+")
                    check_report(client, wire, payload, code, field)
            with mqtt.client("burst") as client:
                client.subscribe(f"{DRONES}/burst/context/+", f"{DRONES}/burst/reply/+")
                check_burst(client, wire)
            check_names(mqtt, port, "burst")


def thrown_out(mqtt, user, topic):
    """Whether the broker ends the session of who publishes there: DISCONNECT with an error, or the end at once."""
    def text(value):
        return struct.pack(">H", len(value)) + value.encode()

    def packet(head, body):
        assert len(body) < 128
        return bytes([head, len(body)]) + body

    connect = text("MQTT") + bytes([5, 0xC2]) + struct.pack(">H", 60) + b"\0" + text(user) + text(user)
    connect += text(mqtt.passwords[user])
    with socket.create_connection((mqtt.host, mqtt.port), timeout=DEADLINE_S) as line:
        line.sendall(packet(0x10, connect))
        head = line.recv(2, socket.MSG_WAITALL)
        body = line.recv(head[1], socket.MSG_WAITALL)
        assert head[0] == 0x20 and body[1] == 0, (head, body)
        line.sendall(packet(0x32, text(topic) + struct.pack(">H", 7) + b"\0x"))
        answer = line.recv(3)
    return answer == b"" or (answer[0] == 0xE0 and len(answer) == 3 and answer[2] >= 0x80)


def check_names(mqtt, port, user):
    """No account can have such a name, so no topic with it can be written; not even the node listens to it."""
    before = place.metrics(port)["drf_telemetry_total"]
    for name in ("a/b", "a b", "-a", "x" * 37):
        assert mqtt.publish(user, f"{DRONES}/{name}/telemetry", b"x") == NOT_AUTHORISED, name
    for name in ("+", "#"):  # no topic at all: no library sends it, so it is sent as bytes
        assert thrown_out(mqtt, user, f"{DRONES}/{name}/telemetry"), name
    assert place.metrics(port)["drf_telemetry_total"] == before


main(globals())
