#!/usr/bin/python3
# tests/integration/test_rules.py - the alert rules and the dashboard name what a node has, and every rule fires.
# SPDX-License-Identifier: Apache-2.0
"""Prometheus itself decides: `promtool test rules` with series of the names and labels that a real node shows, and a
real Prometheus that scrapes a node whose brokers are gone and whose file system is read by it."""
import contextlib
import json
import re
import shutil
import subprocess
import urllib.request

import yaml
from drf_fixture import DEADLINE_S, TOP, Folder, Process, free_ports, main, wait_until
from fixture.fed import Fed

RULES = TOP / "deploy" / "prometheus" / "drf-edge.rules.yaml"
BOARD = TOP / "deploy" / "grafana" / "drf-edge.json"
HERE = 'job="drf-edge",instance="n1"'
FEED = f'{HERE},feed="dof"'

# Of each alert: what it sees of one node, a value a minute for an hour. The first one that keeps its rule's `for` fires.
SEES = {
    "DrfEdgeDown": {f"up{{{HERE}}}": "0x60"},
    "DrfEdgeRestarting": {f"process_start_time_seconds{{{HERE}}}": "1000+60x60"},
    "DrfEdgeStalled": {f'drf_loop_stalled_seconds{{{HERE},loop="ingest"}}': "20+60x60"},
    "DrfEdgeNotReady": {f"drf_ready{{{HERE}}}": "0x60"},
    "DrfEdgeFilesRunningOut": {f"process_open_fds{{{HERE}}}": "900x60", f"process_max_fds{{{HERE}}}": "1024x60"},
    "DrfEdgeMqttDown": {f"drf_mqtt_up{{{HERE}}}": "0x60"},
    "DrfEdgeMqttDenied": {f"drf_mqtt_denied_total{{{HERE}}}": "0+1x60"},
    "DrfEdgeMqttAccountShared": {f"drf_mqtt_shared{{{HERE}}}": "1x60"},
    "DrfEdgeDronesWithoutOwner": {f"drf_owner_parts{{{HERE}}}": "16x60", f"drf_owner_taken_total{{{HERE}}}": "32x60"},
    "DrfEdgeMqttDropping": {f"drf_mqtt_drops_total{{{HERE}}}": "0+1x60"},
    "DrfEdgeKafkaDown": {f"drf_kafka_up{{{HERE}}}": "0x60"},
    "DrfEdgeTopicMissing": {f'drf_not_ready{{{HERE},reason="topic"}}': "1x60"},
    "DrfEdgeFeedBehind": {f"drf_feed_behind_messages{{{FEED}}}": "500x60"},
    "DrfEdgeFeedSilent": {f"drf_feed_silent_sources{{{FEED}}}": "1x60"},
    "DrfEdgeFeedRefused": {f'drf_feed_refusals_total{{{FEED},reason="MALFORMED"}}': "0x49 1x10"},
    "DrfEdgeFeedPaused": {f"drf_feed_paused{{{FEED}}}": "1x60"},
    "DrfEdgeFeedIncomplete": {f"drf_feed_missing{{{FEED}}}": "3x60"},
    "DrfEdgeFeedResynchronising": {f"drf_feed_resynchronising{{{FEED}}}": "1x60"},
    "DrfEdgeDecoderDying": {f"drf_decoder_deaths_total{{{FEED}}}": "0x49 1x10"},
    "DrfEdgeDeadLettersWaiting": {f"drf_dead_letters_kept{{{HERE}}}": "5x60"},
    "DrfEdgeDeadLettersLost": {f"drf_dead_letters_lost_total{{{HERE}}}": "0x49 1x10"},
    "DrfEdgeReportsWaiting": {f"drf_reports_waiting_bytes{{{HERE}}}": "5x60"},
    "DrfEdgeReportsLost": {f"drf_reports_lost_total{{{HERE}}}": "0x49 1x10"},
    "DrfEdgeStoreFailing": {f'drf_not_ready{{{HERE},reason="store"}}': "1x60"},
    "DrfEdgeStoreSetAside": {f"drf_store_set_aside_total{{{HERE}}}": "1x60"},
    "DrfEdgeDiskFilling": {f"drf_store_disk_free_bytes{{{HERE}}}": "1000000x60"},
    "DrfEdgeStoreReaderOpen": {f"drf_store_wal_pinned_bytes{{{HERE}}}": "100000000x60"},
    "DrfEdgeJournalEnded": {f"drf_journal_ended_total{{{HERE}}}": "1x60"},
    "DrfEdgeOverloaded": {f"drf_overload_level{{{HERE}}}": "2x60"},
    "DrfEdgeContextsLate": {f'drf_context_seconds_bucket{{{HERE},le="0.1"}}': "0+1x60",
                            f'drf_context_seconds_bucket{{{HERE},le="0.5"}}': "0+60x60",
                            f'drf_context_seconds_bucket{{{HERE},le="+Inf"}}': "0+60x60"},
    "DrfEdgeTelemetryRefused": {f'drf_telemetry_refused_total{{{HERE},code="STALE"}}': "0+50x60",
                                f"drf_telemetry_total{{{HERE}}}": "0+100x60"},
    "DrfEdgeDronesRefused": {f"drf_drones_refused_total{{{HERE}}}": "0x55 1x4"},
    "DrfEdgeContentLeftOut": {f"drf_alerts_left_out{{{HERE}}}": "1x60"},
    "DrfEdgeValuesDropped": {f"drf_backqueue_drops_total{{{HERE}}}": "0x55 1x4"},
    "DrfEdgeClockSet": {f"drf_clock_steps_total{{{HERE}}}": "0x49 1x10"},
}


def promtool(*arguments):
    return subprocess.run(["promtool", *map(str, arguments)], check=False, timeout=DEADLINE_S, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def rules():
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def series(page):
    """Names with the names of their labels, as the node shows them: {name: labels}."""
    found = {}
    for line in page.splitlines():
        if line and line[0] != "#":
            name, labels = re.fullmatch(r"(\w+)(?:\{(.*)\})? \S+", line).groups()
            found[name] = set(re.findall(r"(\w+)=", labels or ""))
    return found


def named(text):
    return set(re.findall(r"\b(?:drf|process)_[a-z_]+\b", text)) - {"drf_edge"}


@contextlib.contextmanager
def lonely_node():
    """Neither Kafka nor MQTT answers."""
    with Fed("127.0.0.1:9") as node:
        wait_until(lambda: {"kafka", "mqtt"} <= set(node.waits_for() or []), "both are missed", pause_max_s=0.05)
        yield node
        node.kill()


def check_names(have):
    expressions = {rule["alert"]: rule["expr"] for rule in rules()}
    board = json.loads(BOARD.read_text())
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            expressions[panel["title"]] = expressions.get(panel["title"], "") + " " + target["expr"]
    assert len(board["panels"]) > 20 and board["templating"]["list"][1]["query"]["query"].split("(")[1].split(",")[0] in have
    for where, expression in expressions.items():
        names = named(re.sub(r'"[^"]*"', "", expression))
        assert names <= set(have) or where == "DrfEdgeDown", (where, names - set(have))
    for alert, inputs in SEES.items():
        for text in inputs:
            name, labels = re.fullmatch(r"(\w+)\{(.*)\}", text).groups()
            if name != "up":  # Prometheus' own
                assert have[name] == set(re.findall(r"(\w+)=", labels)) - {"job", "instance"}, (alert, text, have[name])


def healthy(page):
    """The node's own series at the values of a node that is well, all other alerts' inputs among them."""
    well = {"drf_ready": 1, "drf_mqtt_up": 1, "drf_kafka_up": 1, "drf_not_ready": 0, "process_max_fds": 1024,
            "process_open_fds": 50, "drf_store_disk_free_bytes": 1 << 40}
    lines = [line.rsplit(" ", 1) for line in page.splitlines() if line and line[0] != "#"]
    values = [{"series": f'up{{{HERE}}}', "values": "1x60"}]
    for name, value in lines:
        bare = name.split("{")[0]
        text = f"{name[:-1]},{HERE}}}" if "{" in name else f"{name}{{{HERE}}}"
        values.append({"series": text, "values": f"{well.get(bare, value)}x60"})
    return values


def check_every_rule(page):
    # Of the times of a test the last one: every `for` is over.
    tests = [{"name": "a node that is well", "interval": "1m", "input_series": healthy(page),
              "alert_rule_test": [{"alertname": rule["alert"], "eval_time": "59m", "exp_alerts": []} for rule in rules()]}]
    assert {rule["alert"] for rule in rules()} == set(SEES)
    for rule in rules():
        inputs = [{"series": name, "values": values} for name, values in SEES[rule["alert"]].items()]
        tests.append({"name": rule["alert"], "interval": "1m", "input_series": inputs,
                      "promql_expr_test": [{"expr": f'count(ALERTS{{alertname="{rule["alert"]}",alertstate="firing",'
                                                    f'severity="{rule["labels"]["severity"]}"}})',
                                            "eval_time": "59m", "exp_samples": [{"labels": "{}", "value": 1}]}]})
    with Folder("rules") as folder:
        path = folder.path / "tests.yaml"
        path.write_text(json.dumps({"rule_files": [str(RULES)], "evaluation_interval": "30s", "tests": tests}))
        done = promtool("test", "rules", path)
        assert done.returncode == 0 and "SUCCESS" in done.stdout, done.stdout[:4000]


def check_fires(node):
    """A real Prometheus on a real node; `for` is left out of the rules, and what they look at stays."""
    (port,) = free_ports(1)
    with Folder("prometheus") as folder:
        quick = yaml.safe_load(RULES.read_text())
        for rule in quick["groups"][0]["rules"]:
            rule.pop("for", None)
        (folder.path / "rules.yaml").write_text(json.dumps(quick))
        (folder.path / "prometheus.yaml").write_text(json.dumps({
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"}, "rule_files": ["rules.yaml"],
            "scrape_configs": [{"job_name": "drf-edge", "static_configs": [{"targets": [f"127.0.0.1:{node.port}"]}]}]}))
        process = Process("prometheus", ["prometheus", f"--config.file={folder.path}/prometheus.yaml",
                                         f"--storage.tsdb.path={folder.path}/data", f"--web.listen-address=127.0.0.1:{port}"],
                          folder.path / "prometheus.log")

        def firing():
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/alerts", timeout=DEADLINE_S) as answer:
                    return {alert["labels"]["alertname"] for alert in json.load(answer)["data"]["alerts"]}
            except OSError:
                return set()
        try:
            wanted = {"DrfEdgeNotReady", "DrfEdgeMqttDown", "DrfEdgeKafkaDown"}
            wait_until(lambda: wanted <= firing(), "the alerts of a node without brokers")
            assert firing() - {"DrfEdgeDiskFilling"} == wanted, firing()
            node.kill()
            wait_until(lambda: "DrfEdgeDown" in firing(), "the alert of a node that is gone")
        finally:
            process.kill()


def test_rules_and_dashboard_name_what_a_node_has_and_every_rule_fires():
    assert shutil.which("promtool"), "promtool is missing: deploy/packages.sh installs it"
    done = promtool("check", "rules", RULES)
    assert done.returncode == 0, done.stdout
    with lonely_node() as node:
        page = node.ask("metrics")
        check_names(series(page))
        check_every_rule(page)
        check_fires(node)


main(globals())
