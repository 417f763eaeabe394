#!/usr/bin/env python3
# tests/lint/pages.py: pages that describe what the program has are complete. `--metrics` prints the table of
# deploy/metrics.md as edge/host/metrics.h has it. Run at the top of the tree.
# SPDX-License-Identifier: Apache-2.0
import pathlib
import re
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
LABELS = {'NONE': '', 'FEED': 'feed', 'REFUSAL': 'reason', 'OUTCOME': 'outcome', 'REPLY': 'code', 'SHED': 'what', 'GATE': 'outcome', 'VIEW': 'reason',
          'VERSION': 'version', 'TROUBLE': 'reason', 'LOOP': 'loop'}


def read(path):
    return (ROOT / path).read_text(encoding='utf-8')


def metrics():
    """Rows of EDGE_METRICS: (name, type, labels, help)."""
    header = re.sub(r'\\\n', '\n', read('edge/host/metrics.h'))
    rows = re.findall(r'X\((\w+), (COUNTER|GAUGE|SECONDS|HISTOGRAM), "(\w+)", (\w+), (\w+),\s*"([^"]*)"\)', header)
    names = header.count('    X(')
    if len(rows) != names or not rows:
        sys.exit(f'edge/host/metrics.h: {names} metrics, {len(rows)} of them understood')
    return [(name, 'counter' if kind == 'SECONDS' else kind.lower(), ', '.join(LABELS[x] for x in (a, b) if LABELS[x]), text)
            for _, kind, name, a, b, text in rows]


def metrics_table():
    return ''.join(f'| `{name}` | {kind} | {labels} | {text} |\n' for name, kind, labels, text in metrics())


RECORDED = {'recording.proto', 'simulation.proto'}  # what stands in recordings and goes over no wire


def proto_messages(recorded=False):
    return {f'drf.v1.{name}' for path in (ROOT / 'schemas/drf/v1').glob('*.proto') if (path.name in RECORDED) == recorded
            for name in re.findall(r'^message (\w+)', path.read_text(encoding='utf-8'), re.M)}


def topics():
    """Addresses as edge/mqtt/topic.c makes them, with {names} for what differs."""
    source = read('edge/mqtt/topic.c')
    table = source[source.index('leaves['):source.index('};')]
    leaves = re.findall(r'\[EDGE_TOPIC_(\w+)\] = "(\w+)"', table)
    up = ('TELEMETRY', 'PROFILE', 'PLAN', 'REQUEST', 'REPORT')
    found = {'drf/v1/query/{client}', 'drf/v1/query/{client}/reply', 'drf/v1/regions/{region}/alerts'}
    for kind, leaf in leaves:
        if kind not in ('QUERY', 'STATE', 'HEARTBEAT'):
            found.add(f'drf/v1/drones/{{id}}/{leaf}' + ('' if kind in up else '/{region}'))
    node = re.search(r'leaf one of ([a-z, ]+)\.', read('edge/mqtt/topic.h'))
    for leaf in node[1].split(', '):
        found.add(f'drf/v1/regions/{{region}}/nodes/{{node}}/{leaf}')
    return found


def formats():
    return set(re.findall(r'\[GEO_FORMAT_\w+\] = "(\w+)"', read('geo/reader/format.c'))) - {'unknown'}


def compare(what, have, want):
    for name in sorted(want - have):
        yield f'{what} lacks {name}'
    for name in sorted(have - want):
        yield f'{what} has {name}, which does not exist'


def check_pages():
    client = read('schemas/client.md')
    for topic in sorted(topics()):
        if f'`{topic}`' not in client:
            yield f'schemas/client.md does not name {topic}'
    recording = read('schemas/recording.md')
    for name in sorted(proto_messages(recorded=True)):
        if f'`{name}`' not in recording:
            yield f'schemas/recording.md does not name {name}'
    if metrics_table() not in read('deploy/metrics.md'):
        yield 'deploy/metrics.md is behind: put the table of tests/lint/pages.py --metrics into it'


def proto_numbers(texts):
    """{message or enum: {field or value: number}} as it is read in .proto files."""
    found = {}
    for text in texts:
        for kind, name, body in re.findall(r'^(message|enum) (\w+) \{(.*?)^\}', re.sub(r'//.*', '', text), re.M | re.S):
            pattern = r'(?:optional|repeated) [\w.]+ (\w+) = (\d+)' if kind == 'message' else r'(\w+) = (\d+)'
            found[name] = {field: int(number) for field, number in re.findall(pattern, body)}
            if len(found[name]) != len(re.findall(r'= \d+\s*(?:\[[^]]*\])?\s*;', body)):
                sys.exit(f'{name}: not every line of it is understood')
    return found


def check_asyncapi(texts, document):
    """Each field and value, without the program that writes them (asyncapi.py), so that an omission of it is found, too."""
    schemas = document['components']['schemas']
    for name, want in sorted(proto_numbers(texts).items()):
        schema = schemas.get(name, {})
        have = {field: one.get('x-number') for field, one in schema.get('properties', {}).items()}
        have |= {one['title']: one['const'] for one in schema.get('anyOf', []) if 'const' in one}
        yield from compare(f'schemas/asyncapi.yaml: {name}', set(have.items()), set(want.items()))


def of_drones():
    """The texts of what goes over MQTT."""
    return [path.read_text(encoding='utf-8') for path in sorted((ROOT / 'schemas/drf/v1').glob('*.proto')) if path.name not in RECORDED]


def load(text):
    return yaml.load(text, Loader=getattr(yaml, 'CSafeLoader', yaml.SafeLoader))


def check_runbook():
    """An alert without a heading helps nobody at night, and a heading without an alert is of yesterday."""
    rules = ROOT / 'deploy/prometheus/drf-edge.rules.yaml'
    if not rules.exists():
        return
    alerts = {rule['alert'] for group in yaml.safe_load(rules.read_text())['groups'] for rule in group['rules']}
    page = read('deploy/runbook.md')
    yield from compare('deploy/runbook.md', set(re.findall(r'^## (DrfEdge\w+)$', page, re.M)), alerts)
    for name, text in re.findall(r'^## (DrfEdge\w+)\n(.*?)(?=^#|\Z)', page, re.M | re.S):
        if not all(f'- **{part}** ' in text for part in ('Means', 'Look', 'Do')):
            yield f'deploy/runbook.md: {name} says not what it means, where to look and what to do'


def main():
    if sys.argv[1:] == ['--metrics']:
        print(metrics_table(), end='')
        return 0
    found = [*check_pages(), *check_asyncapi(of_drones(), load(read('schemas/asyncapi.yaml'))), *check_runbook()]
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main())
