# schemas/python/drf_client/v1.py - the messages of drf/v1, made from the descriptor; v1.pyi has their types.
# SPDX-License-Identifier: Apache-2.0
import importlib.resources

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory


def _messages() -> dict[str, object]:
    data = (importlib.resources.files(__package__) / "drf_v1.desc").read_bytes()
    files = descriptor_pb2.FileDescriptorSet.FromString(data).file
    pool = descriptor_pool.DescriptorPool()  # its own: others may have messages of the same names
    for file in files:
        pool.Add(file)
    return {message.name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{file.package}.{message.name}"))
            for file in files if file.package == "drf.v1" for message in file.message_type}


globals().update(_messages())
