#!/usr/bin/env python3
# tests/lint/asyncapi.py: the schemas at the end of schemas/asyncapi.yaml are those of the .proto files and of the JSON
# Schemas beside them, and what stands above agrees with the program and the pages. `--write` writes the schemas anew.
# SPDX-License-Identifier: Apache-2.0
"""A message becomes the JSON Schema of its ProtoJSON form, with what its comments say: `Reason, when ...` names a list
of enums.proto, `0.1 .. 20` a range, `64, 128 or 256` the values allowed, `default 45` a default. Suffixes give units and
ranges: `_lat_e7`, `_deg_true`, `_ratio`, `_acc95_m`. A feed's schema (draft 2020-12) is written as draft 7, which is
what AsyncAPI 3.0 reads. No file is named from within: the document can be read from anywhere."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import yaml
from google.protobuf import descriptor_pb2

sys.dont_write_bytecode = True
import pages  # noqa: E402

SCHEMAS = pages.ROOT / 'schemas'
DOCUMENT = SCHEMAS / 'asyncapi.yaml'
MARK = '  # From here on written by tests/lint/asyncapi.py --write, from drf/v1/*.proto and *.schema.json.\n'
FEEDS = {'obstacles': 'geojson_obstacles', 'zones': 'geojson_zones', 'traffic': 'tracks', 'gcn': 'gcn'}

FIELD = descriptor_pb2.FieldDescriptorProto
WHOLE = {FIELD.TYPE_INT32: (-2**31, 2**31 - 1), FIELD.TYPE_SINT32: (-2**31, 2**31 - 1), FIELD.TYPE_UINT32: (0, 2**32 - 1),
         FIELD.TYPE_FIXED32: (0, 2**32 - 1)}
LONG = {FIELD.TYPE_SINT64: '^-?[0-9]{1,19}$', FIELD.TYPE_INT64: '^-?[0-9]{1,19}$', FIELD.TYPE_UINT64: '^[0-9]{1,20}$',
        FIELD.TYPE_FIXED64: '^[0-9]{1,20}$'}
NUMBER = r'-?[0-9][0-9,]*(?:\.[0-9]+)?(?![0-9])'
RANGES = [('lat_e7', -900000000, 900000000), ('lon_e7', -1800000000, 1800000000), ('_deg_true', 0, 360), ('_ratio', 0, 1),
          ('_acc95_m', 0, None), ('_acc95_mps', 0, None)]
UNITS = [('_e7', '1e-7 degree'), ('_mps', 'm/s'), ('_m', 'm'), ('_deg_true', 'degree from true north'), ('_deg', 'degree'),
         ('_bytes_per_s', 'byte/s'), ('records_per_s', '1/s'), ('_ms', 'ms'), ('_us', 'microsecond'), ('_s', 's'), ('_hz', 'Hz'),
         ('_pa', 'Pa'), ('_k', 'K'), ('_ratio', '1')]


def descriptors():
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / 'set'
        subprocess.run(['protoc', f'--proto_path={SCHEMAS}', '--include_imports', '--include_source_info',
                        f'--descriptor_set_out={out}', *sorted((SCHEMAS / 'drf/v1').glob('*.proto'))], check=True)
        return descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes()).file


def comments(file):
    """What stands before and behind a thing, by its path in the file."""
    return {tuple(one.path): ' '.join(f'{one.leading_comments} {one.trailing_comments}'.split())
            for one in file.source_code_info.location}


def number(text):
    value = float(text.replace(',', ''))
    return int(value) if value.is_integer() else value


def suffixed(name, table):
    return next((row[1:] for row in table if name.endswith(row[0])), None)


def scalar(field, text):
    """The schema of one value of a field that is no message."""
    if field.type in LONG:  # ProtoJSON writes text and reads both
        return {'type': ['string', 'integer'], 'pattern': LONG[field.type]}
    simple = {FIELD.TYPE_BOOL: {'type': 'boolean'}, FIELD.TYPE_STRING: {'type': 'string'},
              FIELD.TYPE_BYTES: {'type': 'string', 'contentEncoding': 'base64'}}
    if field.type in simple:
        return simple[field.type]
    low, high = WHOLE.get(field.type, (None, None))
    low, high = suffixed(field.name, RANGES) or (low, high)
    found = re.search(rf'(?<![\w.])({NUMBER}) \.\. ({NUMBER})', text)
    if found and field.label != FIELD.LABEL_REPEATED:
        low, high = number(found[1]), number(found[2])
    schema = {'type': 'integer' if field.type in WHOLE else 'number'}
    schema.update({key: value for key, value in (('minimum', low), ('maximum', high)) if value is not None})
    words = re.match(rf'({NUMBER}(?:, {NUMBER})* or {NUMBER})\b', text)
    if words:
        schema = {'type': schema['type'], 'enum': [number(one) for one in re.findall(NUMBER, words[1].replace(', ', ' '))]}
    return schema


def field_schema(field, text, enums):
    described = {'description': text} if text else {}
    if field.type == FIELD.TYPE_MESSAGE:
        schema = {'$ref': '#/components/schemas/' + field.type_name.rsplit('.', 1)[1]}
    elif (re.match(r'\w+', text) or [''])[0] in enums:
        schema = {'$ref': '#/components/schemas/' + re.match(r'\w+', text)[0]}
    else:
        schema = scalar(field, text)
    if field.label == FIELD.LABEL_REPEATED:
        schema = {'type': 'array', 'items': schema}
        found = re.match(rf'({NUMBER})(?: \.\. ({NUMBER}))?(?=,|$)', text)
        if found:
            schema.update(minItems=number(found[1]), maxItems=number(found[2] or found[1]))
    elif '$ref' in schema and described:
        schema = {'allOf': [schema]}  # in draft 7 nothing counts beside a $ref
    found = re.search(rf'(?:default|absent =) ({NUMBER})', text)
    if found:
        schema['default'] = number(found[1])
    unit = suffixed(field.name, UNITS)
    return {**schema, **described, **({'x-unit': unit[0]} if unit else {}), 'x-number': field.number}


def message_schemas():
    """All that goes over MQTT: {name: schema}, enums last."""
    files = [file for file in descriptors() if pathlib.Path(file.name).name not in pages.RECORDED]
    enums = {enum.name for file in files for enum in file.enum_type}
    schemas, lists = {}, {}
    for file in files:
        said = comments(file)
        for at, message in enumerate(file.message_type):
            fields = {field.name: field_schema(field, said.get((4, at, 2, i), ''), enums) for i, field in enumerate(message.field)}
            text = said.get((4, at), '')
            schemas[message.name] = {'title': message.name, 'type': 'object', **({'description': text} if text else {}), 'properties': fields}
        for at, enum in enumerate(file.enum_type):
            values = []
            for i, value in enumerate(enum.value):
                text = said.get((5, at, 2, i), '')
                values.append({'const': value.number, 'title': value.name, **({'description': text} if text else {})})
            last = max(value.number for value in enum.value)
            values.append({'minimum': last + 1, 'description': 'of a later version: as 0'})
            text = said.get((5, at), '')
            lists[enum.name] = {'title': enum.name, 'type': 'integer', 'minimum': 0, 'maximum': 2**32 - 1,
                                **({'description': text} if text else {}), 'anyOf': values}
    return {**dict(sorted(schemas.items())), **dict(sorted(lists.items()))}


def draft_7(node, name):
    """A JSON Schema of draft 2020-12, whose definitions become `name-definition`, as one of draft 7."""
    if isinstance(node, list):
        return [draft_7(one, name) for one in node]
    if not isinstance(node, dict):
        return node
    out = {}
    for key, value in node.items():
        if key in ('$schema', '$id', '$defs'):
            continue
        if key == '$ref':
            out[key] = '#/components/schemas/' + name + '-' + value.removeprefix('#/$defs/')
        elif key == 'prefixItems':
            out['items'] = draft_7(value, name)
        elif key == 'dependentRequired':
            out['dependencies'] = value
        elif key == 'items' and 'prefixItems' in node:
            out['additionalItems'] = draft_7(value, name)
        else:
            out[key] = draft_7(value, name)
    return out


def feed_schemas():
    schemas = {}
    for stem, name in FEEDS.items():
        schema = json.loads((SCHEMAS / f'{stem}.schema.json').read_text(encoding='utf-8'))
        schemas[name] = draft_7(schema, name)
        schemas.update({f'{name}-{part}': draft_7(value, name) for part, value in schema.get('$defs', {}).items()})
    return schemas


def identified(node, name):
    """With a name for each schema inside. AsyncAPI's model generator (Modelina) tells schemas apart by it; where one has
    none it takes all such to be the same, and every field gets the type of the first."""
    if '$ref' in node or 'const' in node:
        return node
    out = {**node, 'x-parser-schema-id': name}
    if 'properties' in node:
        out['properties'] = {field: identified(value, f'{name}.{field}') for field, value in node['properties'].items()}
    if isinstance(node.get('items'), dict):
        out['items'] = identified(node['items'], f'{name}.item')
    for key in {'allOf', 'anyOf', 'oneOf'} & node.keys():
        out[key] = [identified(one, f'{name}.{key}{at}') for at, one in enumerate(node[key])]
    return out


def line(value):
    """In one line; JSON is YAML."""
    return json.dumps(value, ensure_ascii=False)


def generated():
    text = MARK + '  schemas:\n'
    for name, schema in {**message_schemas(), **feed_schemas()}.items():
        text += f'    {name}:\n'
        for key, value in identified(schema, name).items():
            many = key in ('properties', 'anyOf', 'oneOf') and value
            if not many:
                text += f'      {key}: {line(value)}\n'
            elif isinstance(value, dict):
                text += f'      {key}:\n' + ''.join(f'        {one}: {line(part)}\n' for one, part in value.items())
            else:
                text += f'      {key}:\n' + ''.join(f'        - {line(part)}\n' for part in value)
    return text


def written_by_hand():
    head, mark, _ = DOCUMENT.read_text(encoding='utf-8').partition(MARK)
    if not mark:
        sys.exit(f'schemas/asyncapi.yaml: the line {MARK.strip()!r} is not in it')
    return head


def references(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == '$ref':
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def resolved(document, reference):
    for part in reference.removeprefix('#/').split('/'):
        if not isinstance(document, dict) or part not in document:
            return None
        document = document[part]
    return document


def reached(document, name, seen):
    """The names of the schemas that this one is made of."""
    if name not in seen:
        seen.add(name)
        for reference in references(document['components']['schemas'][name]):
            reached(document, reference.rsplit('/', 1)[1], seen)
    return seen


def topic(address):
    """As the pages write it: of a live node."""
    return address.replace('{root}/v1/', 'drf/v1/', 1)


def qos_of_pages():
    """{topic: (QoS, retained)} of the table of client.md."""
    rows = re.findall(r'^\| `(drf/v1/[^`]+)` \| (?:up|down) \| ([01])(, retained)? \|', pages.read('schemas/client.md'), re.M)
    return {where: (int(qos), bool(retained)) for where, qos, retained in rows}


def check_delivery(document):
    """QoS and retain are those of client.md, and what is up there is received here."""
    table = qos_of_pages()
    for name, operation in document['operations'].items():
        where = topic(resolved(document, operation['channel']['$ref'])['address'])
        if where == '{topic}':
            continue
        mqtt = resolved(document, operation['bindings']['$ref'])['mqtt'] if 'bindings' in operation else {}
        if (mqtt.get('qos'), mqtt.get('retain')) != table.get(where):
            yield f'schemas/asyncapi.yaml: {name} is sent as {mqtt}, and client.md says of {where}: {table.get(where)}'


def check_profile(document):
    """Ranges and defaults of the profile are those that client.md tells."""
    page, fields = pages.read('schemas/client.md'), document['components']['schemas']['Profile']['properties']
    rows = re.findall(rf'^\| `(\w+)` \| ({NUMBER}) \.\. ({NUMBER})[^|]*\| ({NUMBER})', page.partition('\n## Profile\n')[2], re.M)
    if len(rows) < 7:
        yield 'schemas/client.md: no table of the profile was found'
    for name, *told in rows:
        schema = fields.get(name, {})
        have = [schema.get('minimum'), schema.get('maximum'), schema.get('default')]
        if have != [number(one) for one in told]:
            yield f'schemas/drf/v1/profile.proto says of {name} {have}, and client.md {told}'


def check_document(document):
    for reference in references(document):
        if resolved(document, reference) is None:
            yield f'schemas/asyncapi.yaml: {reference} leads nowhere'
            return
    messages = document['components']['messages']
    schemas, named = set(), set()
    for message in messages.values():
        named.add(message['name'])
        for reference in references(message.get('payload', {})):
            reached(document, reference.rsplit('/', 1)[1], schemas)
    enums = set(re.findall(r'^enum (\w+)', pages.read('schemas/drf/v1/enums.proto'), re.M))
    held = {f'drf.v1.{name}' for name in schemas if re.fullmatch('[A-Z][A-Za-z]+', name)} - {f'drf.v1.{e}' for e in enums}
    ours = {name for name in named if name.startswith('drf.v1.')}
    yield from pages.compare('messages of schemas/asyncapi.yaml', ours | held, pages.proto_messages())
    yield from pages.compare('feeds of schemas/asyncapi.yaml', named - ours, pages.formats() | {'dead_letter'})
    yield from pages.compare('enums of schemas/asyncapi.yaml', schemas & enums, enums)
    addresses = {topic(c['address']) for c in document['channels'].values()} - {'{topic}'}
    yield from pages.compare('schemas/asyncapi.yaml', addresses, pages.topics())
    yield from pages.compare('topics with a QoS in client.md', set(qos_of_pages()), pages.topics())
    used = {o['channel']['$ref'].rsplit('/', 1)[1] for o in document['operations'].values()}
    yield from pages.compare('operations of schemas/asyncapi.yaml', used, set(document['channels']))
    told = {m['$ref'].rsplit('/', 1)[1] for c in document['channels'].values() for m in c['messages'].values()}
    yield from pages.compare('channels of schemas/asyncapi.yaml', told, set(messages))
    headers = messages['DeadLetter']['headers']['properties']
    yield from pages.compare('schemas/asyncapi.yaml', set(headers), set(re.findall(r'"(drf_dead_\w+)"', pages.read('edge/kafka/deadletter.c'))))
    yield from check_delivery(document)
    yield from check_profile(document)


def main():
    if sys.argv[1:] == ['--write']:
        DOCUMENT.write_text(written_by_hand() + generated(), encoding='utf-8')
        return 0
    if DOCUMENT.read_text(encoding='utf-8') != written_by_hand() + generated():
        print('schemas/asyncapi.yaml: its schemas are not those of the .proto files: run tests/lint/asyncapi.py --write')
        return 1
    found = [*check_document(yaml.load(DOCUMENT.read_text(encoding='utf-8'), Loader=getattr(yaml, 'CSafeLoader', yaml.SafeLoader)))]
    for one in found:
        print(one)
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main())
