# tests/replay/importers/logs.py - small logs by the documented layouts, as there are no real ones at hand.
# SPDX-License-Identifier: Apache-2.0
"""ULog: https://docs.px4.io/main/en/dev_log/ulog_file_format.html. DataFlash: the FMT record of ArduPilot's AP_Logger
(a3 95 80, type, length, name[4], format[16], columns[64]) and the columns of AP_GPS and AP_AHRS LogStructure.h."""
import datetime
import struct

GPS_EPOCH = datetime.datetime(1980, 1, 6, tzinfo=datetime.timezone.utc)


def gps_time(utc, leap_s):
    """(week, milliseconds) of an instant."""
    since = utc - GPS_EPOCH + datetime.timedelta(seconds=leap_s)
    week, rest = divmod(since, datetime.timedelta(weeks=1))
    return week, rest // datetime.timedelta(milliseconds=1)


# ULog -------------------------------------------------------------------------------------------------------------------

ULOG_TYPES = {"uint64_t": "Q", "int32_t": "i", "double": "d", "float": "f", "uint8_t": "B", "bool": "?"}


def _message(kind, body):
    return struct.pack("<HB", len(body), ord(kind)) + body


class Ulog:
    def __init__(self, start_us, info=()):
        self.parts = [b"ULog\x01\x12\x35\x01" + struct.pack("<Q", start_us), _message("B", bytes(40))]
        for key, value in info:
            self.parts.append(_message("I", bytes([len(key)]) + key.encode() + value))
        self.formats, self.ids, self.late = {}, {}, []

    def topic(self, name, fields):
        """fields: "uint64_t timestamp;double lat;..." """
        self.parts.append(_message("F", f"{name}:{fields}".encode()))
        self.formats[name] = "<" + "".join(ULOG_TYPES[f.split()[0]] for f in fields.strip(";").split(";"))
        self.ids[name] = len(self.ids)
        self.late.append(_message("A", struct.pack("<BH", 0, self.ids[name]) + name.encode()))

    def row(self, name, *values):
        self.late.append(_message("D", struct.pack("<H", self.ids[name]) + struct.pack(self.formats[name], *values)))

    def bytes(self):
        return b"".join(self.parts + self.late)


def read_ulog(data, topic):
    """The rows of a topic as dictionaries: a second reader, by the layout alone."""
    at, fields, wanted, rows = 16, [], None, []
    while at < len(data):
        size, kind = struct.unpack_from("<HB", data, at)
        body = data[at + 3:at + 3 + size]
        at += 3 + size
        if kind == ord("F") and body.startswith(topic.encode() + b":"):
            fields = [f.split(" ") for f in body.decode().split(":", 1)[1].strip(";").split(";")]
        elif kind == ord("A") and body[3:].decode() == topic and body[0] == 0:
            wanted = struct.unpack_from("<H", body, 1)[0]
        elif kind == ord("D") and wanted is not None and struct.unpack_from("<H", body)[0] == wanted:
            row, place = {}, 2
            for kind_name, name in fields:
                base, _, times = kind_name.partition("[")
                length = struct.calcsize(ULOG_SIZES[base]) * (int(times.rstrip("]")) if times else 1)
                if not times and place + length <= len(body):
                    row[name] = struct.unpack_from("<" + ULOG_SIZES[base], body, place)[0]
                place += length
            rows.append(row)
    return rows


ULOG_SIZES = {"uint64_t": "Q", "int64_t": "q", "uint32_t": "I", "int32_t": "i", "uint16_t": "H", "int16_t": "h",
              "uint8_t": "B", "int8_t": "b", "float": "f", "double": "d", "bool": "?", "char": "c"}

# DataFlash --------------------------------------------------------------------------------------------------------------

TABLES = {  # name: type, format, columns
    "PARM": (64, "QNff", "TimeUS,Name,Value,Default"),
    "GPS": (65, "QBBIHBcLLeffffB", "TimeUS,I,Status,GMS,GWk,NSats,HDop,Lat,Lng,Alt,Spd,GCrs,VZ,Yaw,U"),
    "POS": (66, "QLLfff", "TimeUS,Lat,Lng,Alt,RelHomeAlt,RelOriginAlt"),
    "ORGN": (67, "QBLLe", "TimeUS,Type,Lat,Lng,Alt"),
    "BARO": (68, "QBffcf", "TimeUS,I,Alt,Press,Temp,CRt"),
    "CMD": (69, "QHHHffffLLfB", "TimeUS,CTot,CNum,CId,Prm1,Prm2,Prm3,Prm4,Lat,Lng,Alt,Frame"),
}
PACKED = {"Q": ("Q", 1), "B": ("B", 1), "H": ("H", 1), "I": ("I", 1), "f": ("f", 1), "N": ("16s", 1), "c": ("h", 100),
          "e": ("i", 100), "L": ("i", 1e7)}


class Dataflash:
    def __init__(self):
        self.parts = [self.fmt(0x80, 89, "FMT", "BBnNZ", "Type,Length,Name,Format,Columns")]
        for name, (number, letters, columns) in TABLES.items():
            size = 3 + struct.calcsize("<" + "".join(PACKED[x][0] for x in letters))
            self.parts.append(self.fmt(number, size, name, letters, columns))

    @staticmethod
    def fmt(number, size, name, letters, columns):
        return b"\xa3\x95\x80" + struct.pack("<BB4s16s64s", number, size, name.encode(), letters.encode(), columns.encode())

    def row(self, name, *values):
        number, letters, _ = TABLES[name]
        packed = [v.encode() if isinstance(v, str) else round(v * PACKED[x][1]) if PACKED[x][1] != 1 else v
                  for x, v in zip(letters, values, strict=True)]
        self.parts.append(b"\xa3\x95" + bytes([number]) + struct.pack("<" + "".join(PACKED[x][0] for x in letters), *packed))

    def bytes(self):
        return b"".join(self.parts)
