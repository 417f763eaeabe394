#!/usr/bin/python3
# tests/lint/test_pages.py - tests/lint/pages.py finds each field and value of a .proto that schemas/asyncapi.yaml lacks.
# SPDX-License-Identifier: Apache-2.0
import copy
import sys

sys.dont_write_bytecode = True
import pages  # noqa: E402

NEW = """message Profile {
  optional float climb_max_mps = 22;           // 0.1 .. 100
  repeated sint32 of_later = 900 [packed = true];
}
enum Reason {
  REASON_PER_VALUE = 24;
  REASON_OF_LATER = 900;
}
message OfLater { // a whole message
  optional Profile profile = 1;
}
"""


def main():
    texts, document = pages.of_drones(), pages.load(pages.read('schemas/asyncapi.yaml'))
    assert sum(len(one) for one in pages.proto_numbers(texts).values()) > 400
    assert not [*pages.check_asyncapi(texts, document)]
    found = {one for one in pages.check_asyncapi([NEW], document) if ' lacks ' in one}
    assert found == {f'schemas/asyncapi.yaml: {one}' for one in
                     ("Profile lacks ('of_later', 900)", "Reason lacks ('REASON_OF_LATER', 900)", "OfLater lacks ('profile', 1)")}, found
    count = 0
    for name, schema in document['components']['schemas'].items():  # each field in turn taken out of the document
        for field in schema.get('properties', {}) if name in pages.proto_numbers(texts) else ():
            without = copy.copy(schema['properties'])
            number = without.pop(field)['x-number']
            less = {'components': {'schemas': {**document['components']['schemas'], name: {**schema, 'properties': without}}}}
            assert [*pages.check_asyncapi(texts, less)] == [f"schemas/asyncapi.yaml: {name} lacks ('{field}', {number})"], (name, field)
            count += 1
    assert count > 400, count
    print(f'{count} fields, each missed')


if __name__ == '__main__':
    sys.exit(main())
