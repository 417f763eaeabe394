# tests/replay/importers/make_tlog.py - writes a .tlog by pymavlink's own encoder from a list in JSON.
# SPDX-License-Identifier: Apache-2.0
"""make_tlog.py OUT < [[stamp_us, system, message, {field: value}], ...]; `second OUT` prints what pymavlink's own reader
of logs (mavutil) finds in one: a second reading."""
import json
import struct
import sys

from pymavlink import mavutil
from pymavlink.dialects.v20 import ardupilotmega as mavlink


def write(path):
    links = {}
    with open(path, "wb") as stream:
        for stamp, system, name, fields in json.load(sys.stdin):
            link = links.setdefault(system, mavlink.MAVLink(None, srcSystem=system, srcComponent=1))
            fields = {k: v.encode() if isinstance(v, str) else v for k, v in fields.items()}
            message = getattr(mavlink, f"MAVLink_{name.lower()}_message")(**fields)
            stream.write(struct.pack(">Q", stamp) + message.pack(link))
            link.seq = (link.seq + 1) % 256


def second(path):
    log, found = mavutil.mavlink_connection(path), []
    while (message := log.recv_match(type="GLOBAL_POSITION_INT")) is not None:
        found.append({**message.to_dict(), "stamp_s": message._timestamp})
    print(json.dumps(found))


if sys.argv[1] == "second":
    second(sys.argv[2])
else:
    write(sys.argv[1])
