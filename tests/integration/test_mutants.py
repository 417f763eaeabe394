#!/usr/bin/python3
# tests/integration/test_mutants.py - a node with a fault put into it is caught by a fleet of 50 within a minute.
# SPDX-License-Identifier: Apache-2.0
# Takes: 30 s
"""Nothing in the node knows of this: a source is copied, one place of it changed, that file compiled as the build compiles
it, and a node linked with it before the libraries. Each flies the same minute in lock-step (drf-sim experiment), and the
witness must call it wrong, by the kind that is. Two nodes with several faults each, of different kinds; with DRF_FULL=1
every fault by itself."""
import csv
import json
import os
import pathlib
import shlex
import subprocess

from drf_fixture import BIN, DEADLINE_S, TOP, Folder, main, skip

BUILD = BIN.resolve().parent
MINUTE = """start: 2026-01-31T12:00:00Z
drones: 50
duration_s: 60
settle_s: 3
rate_hz: 2
seeds: [1]
confused: true
plans: 2
traffic: 4
zones: 4
alerts: 3
world: {size_km: 3, void_radius_m: 350, towers: 20, cranes: 10, buildings: 30}
"""


class Fault:
    """`changes`: what stands in the source exactly once, and what is put there. `kinds`: what the witness must name, any
    of them. `plans`: one in so many drones flies by a plan, and keeps clear of terrain. `lost`: so many of its reports are not sent."""

    def __init__(self, name, source, changes, *kinds, plans=2, lost=0.0):
        self.name, self.source, self.changes, self.kinds, self.plans, self.lost = name, source, changes, kinds, plans, lost

    def put_into(self, text):
        for old, new in self.changes.items():
            found = text.count(old)
            assert found == 1, f"{self.name}: {self.source} has {found} of {old!r}, not one: the fault must be written again"
            text = text.replace(old, new)
        return text


REASON = "fusion/reason/"
ALL = REASON + "reasoners.c"


def never(reasoner, *kinds):
    return Fault(f"{reasoner} never raised", ALL, {f"fusion_reason_{reasoner},": ""}, *kinds)


FAULTS = [
    Fault("the sign of the weather's limits", REASON + "reason_weather.c",
          {"value < rule->limit : value > rule->limit": "value > rule->limit : value < rule->limit"},
          "wind:", "gust:", "visibility:"),
    Fault("obstacles 10 m too late", REASON + "reason_obstacle.c",
          {"double limit_m = view->aircraft->limits.clearance_min_m;":
           "double limit_m = view->aircraft->limits.clearance_min_m - 10.0;"}, "obstacle:missed"),
    Fault("terrain 10 m too late", REASON + "reason_terrain.c",
          {".limit_m = view->aircraft->limits.clearance_min_m}": ".limit_m = view->aircraft->limits.clearance_min_m - 10.0}"},
          "terrain:missed", plans=3),
    Fault("the height limit 10 m too high", REASON + "reason_agl.c",
          {"node.amsl_m.value - ground.amsl_m > limit_m": "node.amsl_m.value - ground.amsl_m > limit_m + 10.0",
           "height->agl_m.value > limits->agl_max_m": "height->agl_m.value > limits->agl_max_m + 10.0"},
          "altitude_limit:missed"),
    Fault("traffic 10 m too late", "fusion/aircraft/encounter.c",
          {"out->limit_m = limits->clearance_min_m +": "out->limit_m = limits->clearance_min_m - 10.0 +"},
          "traffic:missed"),
    Fault("traffic one severity lower", REASON + "reason_traffic.c",
          {"return FUSION_SEVERITY_CAUTION;\n    return severity;":
           "return FUSION_SEVERITY_CAUTION;\n    return severity < FUSION_SEVERITY_INFO ? severity + 1 : severity;"},
          "traffic:missed"),
    Fault("kept 30 s too long", "edge/serve/fleet/advisories.c",
          {"< EDGE_ADVISORY_DWELL_US / 1000)": "< EDGE_ADVISORY_DWELL_US / 1000 + 30000)"}, ":false"),
    Fault("alerts 10 m too late", "fusion/aircraft/alert.c", {"place) <= acc95_m)": "place) <= acc95_m - 10.0)"}, "alert"),
    Fault("alerts one severity lower", "fusion/aircraft/alert.c",
          {"return zone->view.zone->alert & GEO_ALERT_SEVERITY;":
           "uint32_t said = zone->view.zone->alert & GEO_ALERT_SEVERITY;\n    return said < 3 ? said + 1 : said;"}, "alert"),
    Fault("unknown ground one severity lower", REASON + "reason_quality.c",
          {"raise(view, FUSION_SEVERITY_CAUTION, FUSION_LAYER_GROUND": "raise(view, FUSION_SEVERITY_INFO, FUSION_LAYER_GROUND"},
          "data_quality:missed"),
    Fault("a missing wind for want of an altitude", "fusion/context/context_build.c",
          {"if (wind->reason == FUSION_REASON_NO_ALTITUDE)": "if (false)"}, "wind "),
    Fault("the sign of the other's age", "fusion/aircraft/encounter.c",
          {"double lag_s = (double)(fix->time_utc_us - other->time_utc_us)":
           "double lag_s = (double)(other->time_utc_us - fix->time_utc_us)"}, "traffic "),
    Fault("others listed the wrong way round", "fusion/context/context_traffic.c",
          {"fusion_encounter_compare(&encounters[at - 1], &encounter) > 0":
           "fusion_encounter_compare(&encounters[at - 1], &encounter) < 0"}, "traffic "),
    Fault("others left out are not counted", "fusion/context/context_traffic.c",
          {"around->neighbours_left_out + (uint32_t)(count - out->traffic_count)": "around->neighbours_left_out"}, "traffic "),
    Fault("the one who can be met soonest is passed over", "fusion/context/context_traffic.c",
          {"for (size_t i = 0; i < around->neighbour_count; i++)": "for (size_t i = 1; i < around->neighbour_count; i++)"},
          "traffic"),
    Fault("the sign of a review's clearance", "fusion/context/review.c",
          {"sweep.lowest_amsl_m.value - swath.surface_max_amsl_m": "swath.surface_max_amsl_m - sweep.lowest_amsl_m.value"},
          "review "),
    Fault("a review without conflicts", "fusion/context/review.c",
          {"if (list.items[i].severity == FUSION_SEVERITY_INFO)": "if (true)"}, "review "),
    Fault("a review's conflicts on the leg before", "fusion/context/review.c",
          {"{.leg = leg, .advisory = list.items[i]}": "{.leg = leg > 0 ? leg - 1 : 0, .advisory = list.items[i]}"}, "review "),
    Fault("a review's conflicts one severity lower", "fusion/context/review.c",
          {"{.leg = leg, .advisory = list.items[i]};":
           "{.leg = leg, .advisory = list.items[i]};\n        out->conflicts[out->conflict_count - 1].advisory.severity++;"},
          "review "),
    Fault("a review's corridor 7.5 m too wide", "fusion/context/review.c",
          {"+ fusion_fix_acc95_m(&reviewer->aircraft->fix)": "+ fusion_fix_acc95_m(&reviewer->aircraft->fix) + 7.5"}, "review "),
    Fault("a plan is followed that no report names", "edge/serve/fleet/plan_held.c",
          {"held->named = held->held && strcmp(held->plan->plan_id, plan_id) == 0;":
           "held->named = held->held && strlen(plan_id) < 1000;"}, "plan "),
    Fault("the next plan is followed before a report names it", "edge/serve/fleet/plan_held.c",
          {"bool named = held->named && held->held && strcmp(held->plan->plan_id, plan->plan_id) == 0;":
           "bool named = held->named && held->held;"}, "plan ", lost=0.3),
    Fault("a review without gaps", "fusion/context/review.c",
          {"if (out->gap_count < FUSION_REVIEW_GAPS_MAX)": "if (false)"}, "review "),
    Fault("a plan without a review", "edge/serve/plan.c", {"reply.review = &review;": ""}, "review "),
    never("alert", "alert:missed"),
    never("quality", "data_quality:missed"),
    never("altitude", "altitude_reference_suspect:missed"),
    never("agl", "altitude_limit:missed"),
    never("terrain", "terrain:missed"),
    never("obstacle", "obstacle:missed"),
    never("traffic", "traffic:missed"),
    never("zone", "zone:missed"),
    never("weather", "wind:missed", "gust:missed", "visibility:missed"),
]


def object_of(source):
    """How the build compiles a source into its library."""
    with open(BUILD / "compile_commands.json", encoding="utf-8") as file:
        entry, = (e for e in json.load(file) if e["file"] == str(TOP / source))
    return shlex.split(entry["command"]), entry["directory"]


def link_of():
    """How the build links drf-edge, without link-time optimisation, which takes half a minute."""
    words = subprocess.run(["ninja", "-C", BUILD, "-t", "commands", "bin/drf-edge"], check=True, capture_output=True, text=True,
                           timeout=DEADLINE_S).stdout.splitlines()[-1]
    words = [word for word in shlex.split(words) if word not in (":", "&&")]
    return [word for word in words if not word.startswith(("-flto", "-fno-lto"))] + ["-fno-lto"]


def link_mutant(folder, faults):
    """The path of a node with these faults."""
    made = []
    for source in sorted({fault.source for fault in faults}):
        text = (TOP / source).read_text(encoding="utf-8")
        for fault in faults:
            text = fault.put_into(text) if fault.source == source else text
        copy, out = folder / pathlib.Path(source).name, folder / (pathlib.Path(source).name + ".o")
        copy.write_text(text, encoding="utf-8")
        words, directory = object_of(source)
        words = [word for word in words if not word.startswith("-flto") and word != "-Werror"]
        words[words.index("-o") + 1], words[words.index("-c") + 1] = str(out), str(copy)
        subprocess.run(words, check=True, cwd=directory, timeout=DEADLINE_S)
        made.append(str(out))
    words = link_of()
    words[words.index("-o") + 1] = str(folder / "drf-edge")
    words[words.index("-o"):words.index("-o")] = made
    subprocess.run(words, check=True, cwd=BUILD, timeout=DEADLINE_S)
    return folder / "drf-edge"


def fly(folder, edge=None, plans=2, lost=0.0):
    """The row of results, and what is wrong in words."""
    (folder / "minute.yaml").write_text(MINUTE.replace("plans: 2", f"plans: {plans}")
                                        + (f"errors: {{reports: {{lost_ratio: {lost}}}}}\n" if lost else ""), encoding="utf-8")
    subprocess.run([BIN / "drf-sim", "experiment", folder / "minute.yaml", "--out", folder / "out",
                    *(["--edge", edge] if edge else [])], check=True, capture_output=True, timeout=DEADLINE_S)
    with open(folder / "out/results.csv", encoding="utf-8", newline="") as file:
        row, = csv.DictReader(file)
    words = folder / "out/run-1/wrong.txt"
    return row, words.read_text(encoding="utf-8") if words.exists() else ""


def needs_a_build():
    if not (BUILD / "compile_commands.json").exists() or not (BUILD / "build.ninja").exists():
        skip("the folder of a build by ninja is not here")


def caught(*faults):
    with Folder("mutant") as folder:
        row, words = fly(folder.path, link_mutant(folder.path, faults), faults[0].plans, faults[0].lost)
        for fault in faults:
            assert any(kind in row["wrong_by"] for kind in fault.kinds), (fault.name, row["wrong_by"], words)
        print("; ".join(fault.name for fault in faults), "->", row["wrong_by"], flush=True)


def named(*names):
    chosen = [fault for fault in FAULTS if fault.name in names]
    assert len(chosen) == len(names), names
    return chosen


def test_the_node_as_it_is_is_right():
    with Folder("mutant") as folder:
        row, words = fly(folder.path)
        assert row["wrong_by"] == "" and row["values_wrong"] == "0", (row["wrong_by"], words)
        assert int(row["advisories_judged"]) > 5000 and int(row["values_checked"]) > 100000, row


def test_the_node_that_lost_reports_is_right():
    with Folder("mutant") as folder:
        row, words = fly(folder.path, lost=0.3)
        assert row["wrong_by"] == "" and row["values_wrong"] == "0", (row["wrong_by"], words)
        assert int(row["reports_not_sent"]) > 1000 and int(row["values_checked"]) > 100000, row


def test_faults_of_different_kinds_are_each_named():
    needs_a_build()
    caught(*named("the sign of the weather's limits", "obstacles 10 m too late", "traffic one severity lower",
                  "altitude never raised", "zone never raised", "alerts one severity lower",
                  "quality never raised", "a review without conflicts"))


def test_every_fault_by_itself():
    needs_a_build()
    if not os.environ.get("DRF_FULL"):
        skip("a quarter of a minute for each: DRF_FULL=1")
    missed = []
    for fault in FAULTS:
        try:
            caught(fault)
        except AssertionError as error:
            print("NOT CAUGHT:", error, flush=True)
            missed.append(fault.name)
    assert not missed, missed


main(globals())
