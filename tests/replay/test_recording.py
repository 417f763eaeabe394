#!/usr/bin/python3
# tests/replay/test_recording.py - our MCAP files and another library's, both ways (schemas/recording.md).
# SPDX-License-Identifier: Apache-2.0
import atexit
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

from drf_fixture import BIN, TOP, Folder, main
from fixture.mcap_oracle import Oracle

folder = Folder("recording")
atexit.register(folder.close)
oracle = Oracle(folder.path)
COPY = BIN / "mcap_copy"


def copy(how, source, target, level=3):
    """(exit code, what it said): reads with our reader, writes with our writer."""
    target.unlink(missing_ok=True)
    done = subprocess.run([COPY, how, source, target, str(level)], stderr=subprocess.PIPE, check=False, text=True)
    return done.returncode, done.stderr.strip()


def same(left, right):
    for key in ("messages", "metadata", "profile", "by_topic"):
        assert left[key] == right[key], key
    assert {**left["attachments"], "drf.v1.desc": None} == {**right["attachments"], "drf.v1.desc": None}


def test_files_of_the_other_library_are_read_and_ours_are_read_by_it():
    for kind in ("zstd", "none", "data-crc"):
        made, ours = folder.path / "made.mcap", folder.path / "ours.mcap"
        oracle.make(made, kind)
        theirs = oracle.dump(made)
        assert len(theirs["messages"]) == 1200
        for level in (0, 1, 19):
            assert copy("plain", made, ours, level) == (0, "")
            dumped = oracle.dump(ours)
            same(theirs, dumped)
            assert dumped["compressions"] == (["zstd"] if level else [""])
            statistics, chunks = dumped["statistics"], dumped["statistics"]["chunk_count"]
            assert chunks > 3 and dumped["indexed"] == chunks
            assert statistics["message_count"] == 1200 and statistics["channel_count"] == 4
            assert (statistics["message_start_time"], statistics["message_end_time"]) == (1000, 2199)
            assert statistics["attachment_count"] == 3 and statistics["metadata_count"] == 1
        assert ours.stat().st_mode & 0o777 == 0o640


def test_what_is_not_read_is_refused_by_name_and_offset():
    for kind, words in (("lz4", 'compression "lz4" is not read'), ("no-index", "unindexed"), ("no-chunks", "unindexed"),
                        ("no-summary", "unindexed")):
        made = folder.path / "made.mcap"
        oracle.make(made, kind)
        code, said = copy("plain", made, folder.path / "ours.mcap")
        assert code == 1 and words in said and f"{made}: offset " in said, said


def chunks_of(data):
    """(end of the record, its messages' number of the whole file so far) of each chunk, by the specification."""
    at, out = 8, []
    while data[at] != 0x0F:
        size, = struct.unpack_from("<Q", data, at + 1)
        at += 9 + size
        if data[at - 9 - size] == 0x06:
            out.append(at)
    return out


def test_a_truncated_file_of_the_other_library_gives_its_whole_chunks():
    made, cut, ours = (folder.path / name for name in ("made.mcap", "cut.mcap", "ours.mcap"))
    oracle.make(made, "zstd")
    data = made.read_bytes()
    ends = chunks_of(data)
    whole = [message["data"] for message in oracle.dump(made)["messages"]]
    given = []
    for share in (0.2, 0.5, 0.8, 1.0):
        length = int(len(data) * share) - 1
        cut.write_bytes(data[:length])
        code, said = copy("plain", cut, ours)
        assert code == 3 and "truncated at offset " in said, said
        assert int(said.rsplit(" ", 1)[1]) >= max([end for end in ends if end <= length], default=0)
        got = [message["data"] for message in oracle.dump(ours)["messages"]]
        assert got == whole[:len(got)]
        given.append((sum(end <= length for end in ends), len(got)))
    assert given == sorted(given) and given[-1][1] == 1200 and given[0][1] > 0


def protobuf():
    """The generated messages, by Google's own compiler."""
    out = pathlib.Path(tempfile.mkdtemp(dir=folder.path))
    subprocess.run(["protoc", f"--proto_path={TOP / 'schemas'}", f"--python_out={out}",
                    *map(str, sorted((TOP / "schemas/drf/v1").glob("*.proto")))], check=True)
    sys.path.insert(0, str(out))
    from drf.v1 import context_pb2, recording_pb2, telemetry_pb2
    return context_pb2, recording_pb2, telemetry_pb2


# A writer of recordings after schemas/recording.md, which knows nothing of our code; it runs inside the environment.
WRITER = '''
import json, pathlib, sys
from mcap.writer import Writer
descriptor = pathlib.Path(sys.argv[2]).read_bytes()
writer, schemas, channels = Writer(sys.argv[1], chunk_size=2000), {}, {}
writer.start("drf", "oracle 1")
for line in sys.stdin:
    m = json.loads(line)
    schema = 0
    if m["schema"]:
        if m["schema"] not in schemas:
            schemas[m["schema"]] = writer.register_schema(m["schema"], "protobuf", descriptor)
        schema = schemas[m["schema"]]
    key = json.dumps([m["topic"], m["encoding"], schema, m["metadata"]])
    if key not in channels:
        channels[key] = [writer.register_channel(m["topic"], m["encoding"], schema, m["metadata"]), 0]
    channels[key][1] += 1
    writer.add_message(channels[key][0], m["log"], bytes.fromhex(m["data"]), m["publish"], channels[key][1])
writer.finish()
'''


def messages_of_a_recording():
    import json
    context, recording, telemetry = protobuf()
    chance = random.Random(1)
    lines = []

    def add(topic, encoding, schema, metadata, data):
        n = len(lines)
        lines.append(json.dumps({"topic": topic, "encoding": encoding, "schema": schema, "metadata": metadata,
                                 "data": data.hex(), "log": 10**18 + n, "publish": 10**18 + n // 2}))

    for n in range(400):
        drone = f"d-{n % 20}"
        mqtt = {"transport": "mqtt", "qos": str(n % 3), "retain": str(n % 2)}
        report = telemetry.Telemetry(seq=n, lat_e7=-n, alt_amsl_m=n / 4).SerializeToString()
        add(f"drf-test/v1/drones/{drone}/telemetry", "protobuf", "drf.v1.Telemetry", mqtt, report)
        add(f"drf-test/v1/drones/{drone}/context/r", "protobuf", "drf.v1.Context", {**mqtt, "expiry_s": "3"},
            context.Context(boot_id=2**63, seq=n, height=context.Height(agl_m=n)).SerializeToString())
        add(f"drf-test/v1/drones/{drone}/telemetry", "json", None, mqtt, b'{"seq": %d}' % n)
        add(f"drf-test/v1/query/{drone}", "protobuf", "drf.v1.MqttMessage", {**mqtt, "wrapped": "1"},
            recording.MqttMessage(payload=chance.randbytes(n % 300), correlation=chance.randbytes(n % 5), json=n % 2 == 1,
                                  response_topic=f"drf-test/v1/query/{drone}/reply").SerializeToString())
        add("something/else", "", None, mqtt, chance.randbytes(9))
        kafka = recording.KafkaMessage(partition=n % 3, offset=2**40 + n)
        if n % 4:
            kafka.key = b"" if n % 8 == 1 else b"k%d" % n
        if n % 5:
            kafka.value = chance.randbytes(0 if n % 10 == 1 else n * 3)
        if n % 6:
            kafka.timestamp_ms = 1_700_000_000_000 + n
        if n % 12 == 1:
            kafka.log_append_time = True
        for h in range(n % 4):
            header = kafka.headers.add(key=f"ce_{h}")
            if h != 2:
                header.value = chance.randbytes(h * 100)
        add("kafka/weather", "protobuf", "drf.v1.KafkaMessage", {"transport": "kafka", "partition": str(n % 3)},
            kafka.SerializeToString())
    return lines


def test_a_recording_by_the_page_is_read_and_written_the_same():
    made, ours, descriptor = (folder.path / name for name in ("made.mcap", "ours.mcap", "descriptor"))
    subprocess.run(["protoc", f"--proto_path={TOP / 'schemas'}", "--include_imports", f"--descriptor_set_out={descriptor}",
                    *map(str, sorted((TOP / "schemas/drf/v1").glob("*.proto")))], check=True)
    lines = messages_of_a_recording()
    subprocess.run([oracle.python, "-c", WRITER, made, descriptor], input="\n".join(lines), text=True, check=True)
    assert copy("recording", made, ours) == (0, "")
    theirs, dumped = oracle.dump(made), oracle.dump(ours)
    assert len(theirs["messages"]) == len(lines)
    for left, right in zip(theirs["messages"], dumped["messages"]):
        if left["schema"] in ("drf.v1.KafkaMessage", "drf.v1.MqttMessage"):  # the same fields, in any order
            left["data"] = right["data"] = None
            # `json: false` may be written or not.
            for message in (left, right):
                if message["decoded"].get("json") is False:
                    del message["decoded"]["json"]
        assert left == right, (left, right)
    assert len(theirs["messages"]) == len(dumped["messages"])
    assert dumped["profile"] == "drf"
    # The attachment is what protoc makes of the schemas.
    assert bytes.fromhex(dumped["attachments"]["drf.v1.desc"][3]) == descriptor.read_bytes()


main(globals())
