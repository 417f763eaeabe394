#!/usr/bin/python3
# tests/lint/test_asyncapi.py - AsyncAPI's own parser (npm, pinned) reads schemas/asyncapi.yaml; messages fit its schemas.
# SPDX-License-Identifier: Apache-2.0
"""It finds one message for each stream over MQTT, with models in it that can be told apart. The messages are those that
Google's encoder made (tests/data/golden), the README's context, and the samples of feeds that the decoders are fuzzed
from. The parser and a JSON Schema validator go into a folder of their own."""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import pages  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / 'tests/lint/asyncapi'
DEADLINE_S = 1200
ERROR, WARNING = 0, 1  # of the parser's diagnostics

POSITION = {'lat_e7': 436500000, 'lon_e7': -793800000}
RIGHT = [
    ('Telemetry', {**POSITION, 'time_us': 1700000000000000}),  # read as a number, too
    ('Telemetry', {**POSITION, 'a_field_of_a_later_version': 1}),
    ('Context', {'height': {'agl_reason': 200}}),  # a reason of a later version
    ('Profile', {'patch_cells': 128}),
]
WRONG = [
    ('Telemetry', {'lat_e7': 900000001}), ('Telemetry', {'lon_e7': 12.5}), ('Telemetry', {'time_us': '12s'}),
    ('Telemetry', {'battery_ratio': 1.5}), ('Telemetry', {'on_ground': 'yes'}), ('Telemetry', {'seq': -1}),
    ('Profile', {'rate_hz': 30}), ('Profile', {'patch_cells': 100}), ('Profile', {'obstacles_max': 17}),
    ('Plan', {'points': [POSITION]}), ('Context', {'obstacles': [{'top_amsl_m': 'high'}]}),
    ('geojson_obstacles', {'type': 'Feature', 'geometry': None}), ('tracks', {'tracks': [{'lat_e7': 1}]}),
]


def golden():
    return [(path.name.split('.')[1], json.loads(path.read_text())) for path in sorted((ROOT / 'tests/data/golden').glob('*.*.json'))]


def of_readme():
    return [('Context', json.loads(text)) for text in re.findall(r'^```json\n(.*?)^```', (ROOT / 'README.md').read_text(), re.M | re.S)]


def crane():
    """The example of obstacles.md."""
    return [('geojson_obstacles', json.loads(text))
            for text in re.findall(r'^```json\n(.*?)^```', (ROOT / 'schemas/obstacles.md').read_text(), re.M | re.S)]


BREAKS = [  # text, what is put there once, and the path that the parser must then name
    ('qos: 1\n', 'qos: 3\n', 'components/operationBindings/qos1'),
    ('type: userPassword', 'type: password', 'components/securitySchemes/account'),
    ("      region:\n        $ref: '#/components/parameters/region'\n", '', 'channels/context'),
    ('"type": "boolean"', '"type": "truth"', 'components/schemas/'),
]


def broken(text):
    for old, new, _ in BREAKS:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def nameless(text):
    return re.sub(r', "x-parser-schema-id": "[^"]*"|^      title: .*\n(?=      type)', '', text, flags=re.M)


def ask(question):
    with tempfile.TemporaryDirectory(prefix='drf-asyncapi-') as folder:
        for name in ('package.json', 'package-lock.json', '.npmrc', 'parse.mjs'):
            shutil.copy(HERE / name, folder)
        done = subprocess.run(['npm', 'ci', '--silent', '--prefer-offline'], cwd=folder, timeout=DEADLINE_S, check=False, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            sys.exit(f'npm ci ended with {done.returncode}:\n{done.stdout}')
        done = subprocess.run(['node', 'parse.mjs'], cwd=folder, timeout=DEADLINE_S, check=False, text=True,
                              input=json.dumps(question), stdout=subprocess.PIPE)
        if done.returncode:
            sys.exit(f'parse.mjs ended with {done.returncode}')
        return json.loads(done.stdout)


def unmodelled(said):
    """What keeps AsyncAPI's generators of models from one model for each message, with its fields' own types."""
    names = pages.proto_numbers(pages.of_drones())
    for channel, titles in said['models'].items():
        if len(titles) != 1 or titles[0] not in names:
            yield f'schemas/asyncapi.yaml: {channel} has not one message with a name of its own but {titles}'
    if {'Telemetry', 'Context', 'Plan'} - {title for titles in said['models'].values() for title in titles}:
        yield f'schemas/asyncapi.yaml: Telemetry, Context and Plan are not among its models: {said["models"]}'
    if said['unnamed']:
        yield f'schemas/asyncapi.yaml: {len(said["unnamed"])} fields without a name of their own: {said["unnamed"][:5]}'


def main():
    text = (ROOT / 'schemas/asyncapi.yaml').read_text(encoding='utf-8')
    good = [*golden(), *of_readme(), *crane(), *RIGHT]
    assert len(golden()) >= 20 and of_readme() and crane()
    answer = ask({'documents': {'asyncapi.yaml': text, 'broken': broken(text), 'nameless': nameless(text)}, 'of': 'asyncapi.yaml',
                  'messages': [{'schema': schema, 'value': value} for schema, value in good + WRONG]})
    said, faults = answer['documents']['asyncapi.yaml'], answer['documents']['broken']['found']
    bad = [f'schemas/asyncapi.yaml: {one["path"]}: {one["message"]} ({one["code"]})' for one in said['found'] if one['severity'] <= WARNING]
    if not said['read']:
        bad.append('schemas/asyncapi.yaml: was not read')
    bad += unmodelled(said)
    if len(list(unmodelled(answer['documents']['nameless']))) < 3:
        bad.append('messages without names are taken for models')
    for _, new, path in BREAKS:
        if not any(one['severity'] == ERROR and one['path'].startswith(path) for one in faults):
            bad.append(f'the parser does not say that {path} is wrong with {new!r}: {faults}')
    for (schema, value), wrong in zip(good, answer['messages']):
        if wrong:
            bad.append(f'{schema} {json.dumps(value)[:300]}\n  does not fit its schema: {wrong}')
    for (schema, value), wrong in zip(WRONG, answer['messages'][len(good):]):
        if not wrong:
            bad.append(f'{schema} {json.dumps(value)} fits its schema and should not')
    print(*bad, f'{len(good) + len(WRONG)} messages, {len(bad)} findings', sep='\n')
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
