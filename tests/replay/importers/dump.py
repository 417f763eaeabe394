# tests/replay/importers/dump.py - a tape as JSON, read by mcap and mcap-protobuf-support and by nothing of ours.
# SPDX-License-Identifier: Apache-2.0
import json
import sys

from google.protobuf.json_format import MessageToDict
from mcap.reader import make_reader
from mcap_protobuf.decoder import DecoderFactory


def main():
    with open(sys.argv[1], "rb") as stream:
        reader = make_reader(stream, validate_crcs=True, decoder_factories=[DecoderFactory()])
        messages = []
        for schema, channel, message, decoded in reader.iter_decoded_messages(log_time_order=False):
            one = {"topic": channel.topic, "metadata": channel.metadata, "schema": schema.name, "sequence": message.sequence,
                   "log_time": message.log_time, "publish_time": message.publish_time,
                   "fields": MessageToDict(decoded, preserving_proto_field_name=True)}
            if schema.name == "drf.v1.KafkaMessage":
                one["value"] = json.loads(decoded.value) if decoded.HasField("value") else None
                one["key"] = decoded.key.decode() if decoded.HasField("key") else None
                one["headers"] = {h.key: h.value.decode() for h in decoded.headers}
            messages.append(one)
        header, summary = reader.get_header(), reader.get_summary()
        print(json.dumps({
            "messages": messages, "profile": header.profile, "library": header.library,
            "count": summary.statistics.message_count, "compression": sorted({c.compression for c in summary.chunk_indexes}),
            "metadata": {m.name: m.metadata for m in reader.iter_metadata()},
            "attachments": {a.name: len(a.data) for a in reader.iter_attachments()}}))


main()
