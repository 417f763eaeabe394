# tests/integration/client/units.py - the Python package without a broker; run in its environment by test_example.py.
# SPDX-License-Identifier: Apache-2.0
"""Expected numbers are those of the payloads' authors (tests/golden/make.py, tests/golden/patch.py), of the pages, and of
MAVLink's and ArduPilot's definitions."""
import json
import math
import pathlib
import re
import struct
import sys

import drf_client
from drf_client import (Absent, Late, Layer, Mode, Reason, ReplyCode, Severity, Value, Wrong, enums, places, streams, terrain,
                        v1, values, view)
from drf_client.crossing import Crossing
from drf_client.patch import PatchStream
from drf_client.streams import Moment, Streams
from google.protobuf import json_format

TOP = pathlib.Path(__file__).resolve().parents[3]
GOLDEN = TOP / "tests/data/golden"
T = 1700000000000000


def golden(name, kind):
    return kind.FromString((GOLDEN / f"{name}.{kind.DESCRIPTOR.name}.bin").read_bytes())


def float32(number):
    return struct.unpack("f", struct.pack("f", number))[0]


def now(name, **more):
    return view.Now(golden(name, v1.Context), **more)


def test_every_golden_payload_is_read_as_its_json_says():
    seen = 0
    for path in GOLDEN.glob("*.bin"):
        kind = getattr(v1, path.suffixes[0][1:])
        message, said = kind.FromString(path.read_bytes()), json.loads(path.with_suffix(".json").read_text())
        assert json_format.Parse(json.dumps(said), kind()) == message, path
        seen += 1
    assert seen >= 20


def test_enums_are_those_of_the_schema():
    text = (TOP / "schemas/drf/v1/enums.proto").read_text()
    kinds = re.findall(r"^enum (\w+) \{(.*?)^\}", text, re.S | re.M)
    assert len(kinds) >= 15
    for kind, body in kinds:
        prefix = re.sub(r"(?<!^)(?=[A-Z])", "_", kind).upper() + "_"
        for name, number in re.findall(r"^  (\w+) = (\d+);", body, re.M):
            assert getattr(enums, kind)[name.removeprefix(prefix)] == int(number), name
    assert Severity(77) is Severity.UNKNOWN and str(Reason(99)) == "UNKNOWN" and f"{Mode(3)}" == "REPLAY"


def test_a_full_context_says_its_values():
    full = now("context_full")
    assert full.for_flight and full.mode is Mode.LIVE
    assert full.agl_m == Value(float32(137.274), 5.0, Reason.NONE, None, None)
    assert full.ground_amsl_m == Value(100.0, 4.0, Reason.NONE, "dted", None)
    assert full.surface_amsl_m == Value(104.25, None, Reason.BARE_EARTH, None, None)  # there, but without trees
    assert full.clearance_low_m.or_worst(0) == float32(126.024)
    assert full.wind_speed_mps.value == float32(4.123) and full.wind_speed_mps.source == "eta"
    assert full.gust_mps == Value(5.0, None, Reason.NONE, "eta", None)
    assert full.visibility_m == Absent(Reason.NOT_REPORTED, "the source does not carry this quantity")
    assert full.visibility_m.or_worst(0.0) == 0.0
    assert full.incomplete.keys() == {Layer.ZONE} and isinstance(full.incomplete[Layer.ZONE], Absent)
    assert [o.feature_id for o in full.obstacles] == ["36-019284"] and full.obstacles.left_out == 3
    first, second = full.ahead
    assert first.clearance_min_m.value == 110.0 and second.clearance_min_m == values.missing(Reason.NO_DATA)
    assert isinstance(full.clearance_ahead_m, Absent), "unknown is never clear"


def test_absent_late_and_wrong_in_one_context():
    unknown = now("context_unknown")
    assert not unknown.for_flight and unknown.mode is Mode.SIM
    assert isinstance(unknown.agl_m, Wrong) and unknown.agl_m.reason is Reason.NO_ALTITUDE
    assert isinstance(unknown.ground_amsl_m, Absent) and unknown.ground_amsl_m.reason is Reason.NO_DATA
    assert isinstance(unknown.surface_amsl_m, Late) and unknown.surface_amsl_m.reason is Reason.CATCHING_UP
    assert isinstance(unknown.clearance_m, Wrong)  # for the reason of what it would be made of
    assert isinstance(unknown.clearance_ahead_m, Wrong) and unknown.ahead.complete.reason is Reason.NO_POSITION
    assert isinstance(unknown.gust_mps, Absent) and unknown.gust_mps.reason is Reason.UNKNOWN
    assert "WRONG NO_ALTITUDE agl; ABSENT NO_DATA ground; LATE CATCHING_UP surface" in str(unknown)
    for value in (unknown.agl_m, unknown.ground_amsl_m, unknown.surface_amsl_m):
        assert not value and value.or_worst(-1.0) == -1.0


def test_a_clearance_that_is_missing_has_the_reason_of_what_it_is_made_of():
    def said(height, **segment):
        segments = [v1.Segment(from_m=0, to_m=50, **segment)]
        seen = view.Now(v1.Context(height=height, look_ahead=v1.LookAhead(segments=segments)))
        return seen.clearance_m, seen.clearance_low_m, seen.clearance_ahead_m, seen.ahead.items[0].clearance_low_m

    no_altitude = v1.Height(agl_reason=9, ground_amsl_m=100, surface_amsl_m=100)
    for value in said(no_altitude, surface_max_amsl_m=120, unknown_ratio=0):
        assert isinstance(value, Wrong) and value.reason is Reason.NO_ALTITUDE, value
    for value in said(no_altitude, unknown_ratio=1, unknown_reason=15):
        assert isinstance(value, Wrong) and value.reason is Reason.NO_ALTITUDE, value
    for value in said(v1.Height(agl_reason=15, surface_reason=2), surface_max_amsl_m=120):
        assert isinstance(value, Late) and value.reason is Reason.FEED_DOWN, value
    for value in said(v1.Height(agl_m=50, surface_reason=2), unknown_ratio=1, unknown_reason=2):
        assert isinstance(value, Absent) and value.reason is Reason.NO_DATA, value
    # The altitude is known, the ground below is not: what is missing of a clearance is the surface (rule 5).
    here, low, ahead, _ = said(v1.Height(aircraft_amsl_m=500, agl_reason=3, surface_reason=15), unknown_ratio=1, unknown_reason=2)
    assert here == low and isinstance(here, Late) and here.reason is Reason.FEED_DOWN, here
    assert isinstance(ahead, Absent) and ahead.reason is Reason.NO_DATA, ahead
    # The ground here is not known, and yet the surface ahead is.
    assert said(v1.Height(agl_reason=2, surface_reason=2), clearance_min_m=30, clearance_low_m=20)[2:] == (Value(30), Value(20))
    text = str(view.Now(v1.Context(height=no_altitude, look_ahead=v1.LookAhead(segments=[v1.Segment(to_m=50)]))))
    assert "WRONG NO_ALTITUDE clearance; WRONG NO_ALTITUDE clearance ahead" in text, text


def test_heights_that_rest_on_a_suspect_altitude_are_wrong():
    heights = {"height": v1.Height(agl_m=-276, ground_amsl_m=276, surface_amsl_m=276, clearance_m=-276, clearance_low_m=-290),
               "look_ahead": v1.LookAhead(segments=[v1.Segment(to_m=50, surface_max_amsl_m=276, clearance_min_m=-276,
                                                               clearance_low_m=-290)])}
    text = "altitude is 276.0 m below the ground (-37.3 m is the geoid here)"
    sure = view.Now(v1.Context(**heights))
    assert sure.agl_m == Value(-276) and sure.clearance_ahead_m == Value(-276) and not sure.wrong
    told = view.Now(v1.Context(**heights, advisories=[v1.Advisory(advisory_id=1, severity=2, kind=9, text=text)]))
    suspect = Wrong(Reason.ALTITUDE_SUSPECT, text)
    assert told.wrong == (suspect,) and told.served
    for value in (told.agl_m, told.clearance_m, told.clearance_low_m, told.clearance_ahead_m,
                  told.ahead.items[0].clearance_min_m, told.ahead.items[0].clearance_low_m):
        assert value == suspect and value.or_worst(0.0) == 0.0, value
    assert told.ground_amsl_m == told.surface_amsl_m == told.ahead.items[0].surface_max_amsl_m == Value(276), "not of the altitude"
    assert told.height.agl_m == -276, "what the node computed is still there as it came"
    brief = view.Now(v1.Context(**heights, advisories_brief=[v1.AdvisoryBrief(advisory_id=1, severity=2, kind=9)]))
    assert brief.wrong == (Wrong(Reason.ALTITUDE_SUSPECT, "the altitudes sent contradict each other"),)
    over = v1.Advisory(advisory_id=1, state=2)
    assert not view.Now(told.context, newer=[over]).wrong, "cleared since"


def test_every_reason_is_absent_late_or_wrong_as_the_page_says():
    page = (TOP / "schemas/client.md").read_text()
    table = page[page.index("## Absent, late, wrong"):page.index("## Look-ahead")]
    found = {}
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        kind = re.match(r"\*\*(absent|late|wrong)\*\*", cells[-1]) if len(cells) == 2 else None
        if kind and "reason" in cells[0] and "a reply" not in cells[0]:
            words = cells[0].split(";")[0]
            found.update({word: kind[1] for word in re.findall(r"\b[A-Z][A-Z_]{3,}\b", words) if word in Reason.__members__})
    assert found["NO_DATA"] == "absent" and found["FEED_DOWN"] == "late" and found["NO_QNH"] == "wrong" and len(found) >= 14
    for name, kind in found.items():
        assert type(values.missing(Reason[name])).__name__.lower() == kind, name
    # The others stand beside a value or what is known of its source, or have a line of their own; none comes by itself or is
    # of the aircraft's making. SHED does: what was left out comes back.
    beside = {"NONE", "BARE_EARTH", "OBSTACLE_TOP", "PER_VALUE", "CALM", "DATUM", "UNKNOWN"}
    assert set(Reason.__members__) == found.keys() | beside | {"SHED"}, "a reason without a class"
    assert all(type(values.missing(Reason[name])) is Absent for name in beside) and isinstance(values.missing(Reason.SHED), Late)
    assert values.missing(99) == Absent(Reason.UNKNOWN, Reason.UNKNOWN.text), "of a later version"


def test_every_reply_is_absent_late_or_wrong_as_the_page_says():
    kinds = {"INVALID": Wrong, "UNSUPPORTED_VERSION": Wrong, "NOT_AUTHORISED": Wrong, "STALE": Wrong, "UNKNOWN": Wrong,
             "TIME_UNSYNCHRONISED": Wrong, "RATE_LIMITED": Late, "OVERLOADED": Late, "NOT_AVAILABLE": Late,
             "OUTSIDE_REGION": Absent}
    assert kinds.keys() | {"OK", "ACCEPTED_DEFAULTS", "DURABLE"} == set(ReplyCode.__members__)
    for name, kind in kinds.items():
        refusal = values.refused(v1.Reply(code=ReplyCode[name]))
        assert type(refusal) is kind and (refusal.retry_after_s == 1.0) == (kind is Late), name
    invalid = values.refused(golden("reply_invalid", v1.Reply))
    assert (invalid.code, invalid.field_path, invalid.text) == (ReplyCode.INVALID, "lat_e7", "is not on the globe")
    assert str(invalid) == "WRONG INVALID: lat_e7 is not on the globe"


def test_the_lists_of_an_answer_say_what_they_leave_out():
    for name in "obstacles", "zones", "alerts":
        place = drf_client.view.Place(v1.QueryReply(**{f"{name}_left_out": 2, f"{name}_reason": Reason.UNREADABLE}))
        listing = getattr(place, name)
        assert listing.left_out == 2 and not listing.clear and listing.complete.reason is Reason.UNREADABLE, (name, listing)


def test_a_list_is_clear_only_where_that_is_known():
    shed = now("context_shed")
    assert not shed.obstacles.items and shed.obstacles.left_out == 16 and not shed.obstacles.clear
    assert isinstance(shed.obstacles.complete, Late) and shed.obstacles.complete.reason is Reason.SHED
    assert shed.advisories.left_out == 2 and shed.advisories_left_out_severity is Severity.INFO
    advisory = shed.advisories.items[0]
    assert (advisory.severity, advisory.text) == (Severity.WARNING, "nominal clearance -4 m in 12 s")
    assert [(a.severity, a.message is None) for a in shed.advisories][-1] == (Severity.INFO, True)
    try:
        bool(shed.obstacles)
    except TypeError:
        pass
    else:
        raise AssertionError("`if not now.obstacles` reads as clear")
    assert view.Now(v1.Context()).obstacles.clear and str(view.Now(v1.Context()).obstacles) == "clear"
    assert str(shed.obstacles) == "0 known, 16 left out, LATE SHED"
    ground = v1.Context(layer_states=[v1.LayerState(layer=Layer.TRAFFIC, reason=Reason.FEED_DOWN)])
    assert not view.Now(ground).traffic.clear and view.Now(ground).obstacles.clear
    late = view.Now(golden("context_full", v1.Context), Late(Reason.STALE, "too old"))
    assert not late.obstacles.items and not late.obstacles.clear and not late.advisories.items
    assert late.agl_m == late.gust_mps == late.clearance_ahead_m == late.served and not late.served and late.context is None


# Streams ----------------------------------------------------------------------------------------------------------------

def at(seconds, clock_s=0.0):
    """So long after T; this machine's clock may go ahead."""
    return Moment(T + round((seconds + clock_s) * 1e6), round(seconds * 1e6) + 777)


def context(seconds, boot=5, seq=1, **more):
    fields = {"boot_id": boot, "seq": seq, "node_time_us": T + round(seconds * 1e6), "stale_after_ms": 2000, "mode": 2,
              "node_id": "n1", "authority": 2, "height": v1.Height(agl_m=seq), **more}
    return v1.Context(**fields)


def heartbeat(seconds, boot=5, mode=2, start_us=T, condition=4):
    return v1.Heartbeat(boot_id=boot, node_time_us=start_us + round(seconds * 1e6), mode=mode, condition=condition)


def test_a_larger_boot_id_wins_and_no_smaller_one_is_taken():
    held = Streams()
    assert held.take_context("r", context(0, boot=5, seq=9), at(0))
    assert not held.take_context("r", context(0.1, boot=5, seq=9), at(0.1)), "repeated"
    assert not held.take_context("r", context(0.1, boot=5, seq=8), at(0.1)), "overtaken"
    assert not held.take_context("r", context(0.1, boot=4, seq=50), at(0.1)), "of a former life"
    assert held.now(at(0.2)).agl_m.value == 9
    held.take_heartbeat("r", "n1", heartbeat(0.3, boot=6), at(0.3))
    assert held.now(at(0.3)).agl_m.value == 9, "it goes on under a larger one, as when it takes over: its last word holds"
    assert isinstance(held.now(at(2.1)).agl_m, Late), "until that is stale"
    assert not held.take_context("r", context(0.35, boot=5, seq=10), at(0.35)), "of a former life"
    assert held.take_context("r", context(0.4, boot=6, seq=2), at(0.4)) and held.now(at(0.4)).agl_m.value == 2
    assert held.take_context("s", context(0.4, boot=1, seq=1), at(0.4)), "another region counts by itself"
    assert held.take_context("r", context(0.5, boot=1, seq=1, node_id="n2"), at(0.5)), "another node too"
    again = Streams()
    again.take_context("r", context(0), at(0))
    again.take_state("r", "n1", v1.NodeState(boot_id=5, condition=1))
    again.take_heartbeat("r", "n1", heartbeat(0.3, boot=6), at(0.3))
    assert isinstance(again.now(at(0.3)).agl_m, Late), "it was down, and what its former life said holds no longer"


def test_what_is_not_refreshed_is_late_and_why():
    held = Streams()
    assert "no context yet" in held.now(at(0)).served.text
    held.take_heartbeat("r", "n1", heartbeat(0), at(0))
    held.take_context("r", context(0), at(0.05))
    assert held.now(at(2.0)).served
    late = held.now(at(2.01)).served
    assert isinstance(late, Late) and "does not answer this drone" in late.text
    assert "no node was heard" in held.now(at(3.1)).served.text
    assert "no connection to the broker: gone" in held.now(at(3.1), "gone").served.text
    delayed = Streams()
    delayed.take_context("r", context(0), at(1.9))
    assert delayed.now(at(1.95)).served and isinstance(delayed.now(at(2.1)).served, Late), "by the time in it"
    assert Streams(has_clock=False).take_context("r", context(0), at(9))
    unset = Streams(has_clock=False)
    unset.take_context("r", context(0), at(50))
    assert unset.now(at(51.9)).served and isinstance(unset.now(at(52.1)).served, Late), "by receipt"


def test_a_node_that_says_down_is_down_at_once():
    held = Streams()
    held.take_heartbeat("r", "n1", heartbeat(0), at(0))
    held.take_context("r", context(0.1), at(0.1))
    held.take_state("r", "n1", v1.NodeState(boot_id=4, condition=1))
    assert held.now(at(0.2)).served, "of a former life"
    held.take_state("r", "n1", v1.NodeState(boot_id=5, condition=1, node_time_us=T))
    down = held.now(at(0.2))
    assert isinstance(down.served, Late) and "the node of r says that it is down" in down.served.text, down
    assert down.agl_m == down.served, "its last context is of 0.1 s ago, and is not used"
    held.take_heartbeat("r", "n1", heartbeat(0.3), at(0.3))
    assert held.now(at(0.3)).served, "it was the will of a connection that has come back"
    held.take_state("r", "n1", v1.NodeState(boot_id=5, condition=1))  # a will: without a time
    assert "the broker has lost its connection" in held.now(at(0.4)).served.text
    held.take_context("s", context(0.4, boot=1), at(0.4))
    assert held.now(at(0.5)).served and held.now(at(0.5)).region == "s", "another region serves"


def test_a_topic_root_without_a_node_is_told_after_some_seconds():
    held = Streams(root="drf/v1")
    held.connected(at(0))
    assert "no node was heard below drf/v1 yet" in held.now(at(1)).served.text
    late = held.now(at(7)).served
    assert isinstance(late, Late) and "no node was heard below drf/v1 in 7 s" in late.text and "drf-test/v1" in late.text, late
    held.take_heartbeat("r", "n1", heartbeat(8), at(8))
    assert "in the last 3 s" in held.now(at(20)).served.text and "root" not in held.now(at(20)).served.text


def test_where_regions_overlap_the_primary_is_preferred_unless_late():
    held = Streams()
    held.take_context("in", context(0, authority=2, seq=10), at(0))
    held.take_context("margin", context(1, authority=1, seq=20), at(1))
    assert held.now(at(1)).region == "in"
    held.take_context("margin", context(2, authority=1, seq=21), at(2))
    assert held.now(at(2.5)).region == "margin"


def test_outside_every_region_is_absent_and_ends_with_a_context():
    held = Streams()
    held.take_heartbeat("r", "n1", heartbeat(0), at(0))
    held.take_reply("r", v1.Reply(code=6, answers=1, node_id="n1", boot_id=5, node_time_us=T, mode=2, text="2 km outside"), at(0), 7, False)
    assert isinstance(held.now(at(0.1)).served, Absent) and not held.now(at(0.1)).wrong
    assert isinstance(held.now(at(9)).served, Late), "no heartbeat: nobody knows"
    held.take_context("r", context(0.2, telemetry_seq=7), at(0.2))
    assert 1 in held.refusals, "of a report before"
    held.take_context("r", context(0.3, seq=2, telemetry_seq=8), at(0.3))
    assert held.now(at(0.3)).served and not held.refusals


def test_a_refusal_is_wrong_and_a_wrong_clock_too():
    held = Streams()
    held.take_heartbeat("r", "n1", heartbeat(0), at(0, clock_s=3600))
    clock, = held.now(at(0.1, clock_s=3600)).wrong
    assert "3600.0 s ahead of the node's" in clock.text and clock.code is ReplyCode.TIME_UNSYNCHRONISED
    assert not held.now(at(0.1)).wrong
    reply = golden("reply_invalid", v1.Reply)
    reply.boot_id = 5
    held.take_reply("r", reply, at(0.2), 1, False)
    invalid, = held.now(at(0.2)).wrong
    assert invalid.field_path == "lat_e7"
    reply.text, reply.count = "2 reports were refused since the last reply, the last one for this reason", 2
    held.take_reply("r", reply, at(0.3), 2, False)
    assert held.now(at(0.3)).wrong[0].text == "is not on the globe", "the first text says why, the count does not"
    reply.text = "2 reports were refused since the last reply, the last one: is not a number"
    held.take_reply("r", reply, at(0.4), 3, False)
    assert "is not a number" in held.now(at(0.4)).wrong[0].text
    reply.field_path, reply.text = "lon_e7", ""
    held.take_reply("r", reply, at(0.5), 4, False)
    assert held.now(at(0.5)).wrong[0].text == "", "another field has another reason"


OLD = 1102593600000000  # 2004-12-09T12:00:00Z


def test_a_replay_goes_by_its_own_time():
    held = Streams()
    assert held.report_time_us(at(0)) == T
    held.take_heartbeat("r", "n1", heartbeat(0, mode=3, start_us=OLD), at(0.02))
    assert held.report_time_us(at(1.02)) == OLD + 1_000_000
    replayed = context(1, mode=3)
    replayed.node_time_us = OLD + 1_000_000
    held.take_context("r", replayed, at(1.1))
    told = held.now(at(1.2))
    assert told.served and told.mode is Mode.REPLAY and not told.for_flight and not told.wrong
    assert "NOT FOR FLIGHT: REPLAY of 2004-12-09 12:00:01Z" in str(told) and "LATE" not in str(told)
    assert isinstance(held.now(at(3.2)).served, Late), "nothing came for 2 s"
    held.take_heartbeat("r", "n1", heartbeat(3.1, mode=3, start_us=OLD), at(1.3))
    assert isinstance(held.now(at(1.4)).served, Late), "the replay is 2.1 s farther"


def test_a_report_with_another_time_is_not_wrong_before_the_replay_is_known():
    refusal = v1.Reply(code=8, answers=1, node_id="n1", boot_id=5, node_time_us=OLD, mode=3, text="is 595000000 s ahead of UTC")
    held = Streams()
    held.take_reply("r", refusal, at(0), 1, False)
    assert not held.now(at(0.1)).wrong and held.report_time_us(at(0)) == OLD
    held.take_reply("r", refusal, at(0), 2, True)
    assert held.now(at(0.1)).wrong[0].code is ReplyCode.TIME_UNSYNCHRONISED, "the caller said that time"


def test_advisories_that_come_sooner_than_the_next_context():
    held = Streams()
    raised = v1.Advisory(advisory_id=1, state=1, severity=1, kind=2, valid_until_us=T + 9_000_000, text="a crane")
    held.take_context("r", context(0, stale_after_ms=20000, advisories=[v1.Advisory(advisory_id=2, severity=2)]), at(0))
    held.take_advisory("r", v1.AdvisoryMessage(node_id="n1", boot_id=5, node_time_us=T + 1000, mode=2, advisory=raised), at(0.1))
    assert [a.advisory_id for a in held.now(at(0.2)).advisories] == [1, 2]
    over = v1.Advisory(advisory_id=2, state=2)
    held.take_advisory("r", v1.AdvisoryMessage(node_id="n1", boot_id=5, node_time_us=T + 2000, mode=2, advisory=over), at(0.3))
    assert [a.advisory_id for a in held.now(at(0.4)).advisories] == [1]
    assert not held.now(at(9.1)).advisories.items, "not refreshed by valid_until_us: void"
    held.take_context("r", context(1, seq=2), at(1))
    assert not held.now(at(1)).advisories.items, "what is not in it is over"


# Several nodes for one region ------------------------------------------------------------------------------------------

def test_the_newest_owner_is_used_while_it_is_not_stale():
    held = Streams()
    held.take_context("r", context(0, boot=7, seq=1, node_id="b"), at(0.01))
    assert held.now(at(0.02)).context.node_id == "b", "nobody is the owner yet"
    held.take_context("r", context(0.1, seq=10, node_id="a", owner_epoch=100), at(0.1))
    assert held.now(at(0.1)).context.node_id == "a", "the smaller boot_id: that says nothing between nodes"
    held.take_context("r", context(1, boot=7, seq=2, node_id="b"), at(1))
    assert held.now(at(1)).context.node_id == "a" and held.now(at(2.1)).context.node_id == "a", "not stale yet"
    assert held.now(at(2.11)).context.node_id == "b", "then the other's, which came meanwhile: no gap"
    held.take_context("r", context(2.2, seq=11, node_id="a", owner_epoch=100), at(2.2))
    assert held.now(at(2.2)).context.node_id == "a", "back at once"


def test_an_older_epoch_is_never_taken_after_a_newer_one():
    held = Streams()
    held.take_context("r", context(0, seq=1, node_id="a", owner_epoch=100), at(0))
    assert held.take_context("r", context(0.1, boot=9, seq=1, node_id="b", owner_epoch=101), at(0.1))
    assert held.now(at(0.1)).context.node_id == "b"
    # A node that wakes again and does not know that it was put out.
    assert not held.take_context("r", context(0.2, seq=2, node_id="a", owner_epoch=100), at(0.2))
    late = v1.AdvisoryMessage(node_id="a", boot_id=5, node_time_us=T + 250000, mode=2, owner_epoch=100,
                              advisory=v1.Advisory(advisory_id=1, severity=1))
    held.take_advisory("r", late, at(0.25))
    assert held.older_epochs == 2 and held.now(at(0.3)).context.node_id == "b"
    assert not held.now(at(1.9)).advisories.items
    assert not held.now(at(2.2)).served, "b is stale now, and what a said as the owner that it was is not used either"
    held.take_context("r", context(2.3, seq=3, node_id="a"), at(2.3))
    assert held.now(at(2.3)).context.node_id == "a", "as one that is not the owner it may speak"
    brief = Streams()
    brief.take_context("r", context(0, seq=1, node_id="a", owner_epoch=100), at(0))
    brief.take_context("r", context(0.1, boot=9, node_id="b", owner_epoch=101, stale_after_ms=500), at(0.1))
    assert not brief.now(at(1)).served, "what a said before is fresh, and all the same of a former owner"
    held.take_context("s", context(2.4, seq=3, node_id="a", owner_epoch=3), at(2.4))
    assert held.regions["s"].epoch == 3, "another region has its own"
    held.take_context("r", context(2.5, boot=9, seq=2, node_id="b", owner_epoch=101), at(2.5))
    assert held.now(at(2.5)).context.node_id == "b"


def test_while_no_owner_is_fresh_it_stays_with_the_one_it_took():
    held = Streams()
    held.take_context("r", context(0, seq=1, node_id="a", owner_epoch=100), at(0))
    for second in 1.0, 1.5:
        held.take_context("r", context(second, boot=6, seq=round(second * 10), node_id="b"), at(second))
        held.take_context("r", context(second + 0.2, boot=7, seq=round(second * 10), node_id="c"), at(second + 0.2))
    assert held.now(at(2.1)).context.node_id == "c", "the freshest"
    held.take_context("r", context(2.5, boot=6, seq=25, node_id="b"), at(2.5))
    assert held.now(at(2.5)).context.node_id == "c", "and then that one on"
    held.take_context("r", context(4, boot=6, seq=40, node_id="b"), at(4))
    assert held.now(at(4)).context.node_id == "b", "until it is stale itself"
    assert isinstance(held.now(at(6.1)).served, Late)
    held.take_context("r", context(7, boot=6, seq=70, node_id="b", owner_epoch=104), at(7))
    assert held.now(at(7)).context.owner_epoch == 104 and held.stream_of("r", at(7)).boot_id == 6


def test_a_node_that_is_put_down_leaves_the_others():
    held = Streams()
    held.take_context("r", context(0, seq=1, node_id="a", owner_epoch=100), at(0))
    held.take_context("r", context(0.1, boot=6, seq=1, node_id="b"), at(0.1))
    held.take_heartbeat("r", "b", heartbeat(0.1, boot=6), at(0.1))
    held.take_state("r", "a", v1.NodeState(boot_id=5, condition=1))  # its will: it was killed
    assert held.now(at(0.2)).context.node_id == "b", "at once"
    held.take_context("r", context(0.3, boot=2000, seq=1, node_id="b", owner_epoch=101), at(0.3))
    assert held.now(at(0.3)).context.boot_id == 2000, "it took over, under a larger boot_id"
    held.take_state("r", "b", v1.NodeState(boot_id=2000, condition=1))
    nobody = held.now(at(0.4)).served.text
    assert "a of r is down" in nobody and "b of r is down" in nobody, nobody


def test_a_context_without_its_nodes_name_is_of_the_stream_with_its_boot():
    held = Streams()
    held.take_heartbeat("r", "a", heartbeat(0, boot=5), at(0))
    held.take_heartbeat("r", "b", heartbeat(0, boot=6), at(0))
    held.take_context("r", context(0.1, boot=6, seq=4, node_id="b"), at(0.1))
    assert not held.take_context("r", context(0.1, boot=6, seq=4, node_id=None), at(0.2)), "repeated"
    assert held.take_context("r", context(0.2, boot=6, seq=5, node_id=None), at(0.2))
    unknown = Streams()
    unknown.take_context("r", context(0, boot=8, seq=1, node_id=None), at(0))
    unknown.take_heartbeat("r", "c", heartbeat(0.1, boot=8), at(0.1))
    assert list(unknown.regions["r"].streams) == ["c"] and unknown.now(at(0.2)).served, "then it is known whose it was"


def test_patches_are_kept_for_each_node():
    layers = [(TOP / f"tests/data/golden_patch/1.{name}").read_bytes() for name in ("ground", "surface")]
    stream = PatchStream()
    for node, boot, seq in (("a", 5, 7), ("b", 9, 1), ("a", 5, 8)):
        stream.take("r", v1.Patch(boot_id=boot, node_id=node, seq=seq, level=12, west_cell=800, south_cell=400, columns=64, rows=64,
                                  coding=1, quantum_m=0.25, offset_amsl_m=-1000, ground=layers[0], surface=layers[1]))
    assert (stream.seen("r", 5), stream.seen("r", 9)) == (8, 1), "each counts by itself"
    assert stream.window("r", 5).message.node_id == "a" and stream.window("r", 9).message.node_id == "b"
    assert isinstance(stream.window("s", 5), Late)


# Regions side by side --------------------------------------------------------------------------------------------------

def square(west, south, east, north):
    return [v1.Vertex(lat_e7=drf_client.e7(lat), lon_e7=drf_client.e7(lon))
            for lat, lon in ((south, west), (south, east), (north, east), (north, west))]


WEST, EAST = square(8.0, 47.0, 8.1, 47.1), square(8.1, 47.0, 8.2, 47.1)


def beside(held, region, boundary, neighbour, at_address, priority=0, own_priority=0):
    """The state of a node of the region, which names its neighbour."""
    held.take_state(region, "n1", v1.NodeState(boot_id=5, condition=4, node_time_us=T, boundary=boundary, margin_m=500,
                                               priority=own_priority, neighbours=[v1.Neighbour(
                                                   region_id=neighbour, node_id="n1", margin_m=500, priority=priority,
                                                   boundary=EAST if boundary is WEST else WEST, address=at_address)]))


def test_a_place_is_inside_or_so_far_outside():
    area = places.Polygon.of(WEST)
    assert area.distance_m(47.05, 8.05) == 0.0
    # A degree of longitude at 47.05 north is 75.75 km (of the sphere of 6,371 km: 111.195 km x cos).
    assert abs(area.distance_m(47.05, 8.11) - 757.5) < 1 and abs(area.distance_m(46.99, 8.05) - 1111.95) < 0.1
    assert abs(area.distance_m(47.11, 8.11) - math.hypot(1111.95, 756.7)) < 1
    dateline = places.Polygon.of(square(179.9, -0.1, -179.9, 0.1))
    assert dateline.distance_m(0, 179.95) == 0.0 == dateline.distance_m(0, -179.95)
    assert abs(dateline.distance_m(0, 179.8) - 11119.5) < 1
    concave = places.Polygon(((0, 0), (0, 4), (4, 4), (4, 3), (1, 3), (1, 1), (4, 1), (4, 0)))
    assert concave.distance_m(2, 2) > 100_000 and concave.distance_m(2, 0.5) == 0.0


def test_where_regions_overlap_the_greater_priority_serves_then_the_smaller_id():
    held = Streams()
    for region in "b", "a":
        held.take_context(region, context(0, seq=1), at(0))
    assert held.now(at(0)).region == "a"
    beside(held, "b", WEST, "a", "a:1883", own_priority=5)
    assert held.now(at(0)).region == "b"
    held.take_context("b", context(0.1, seq=2, authority=1), at(0.1))
    assert held.now(at(0.1)).region == "a", "it is PRIMARY"
    held.take_context("a", context(0.2, seq=2, authority=1), at(0.2))
    beside(held, "a", EAST, "b", "b:1883", own_priority=9)
    held.place = 47.05, 8.09
    assert held.now(at(0.2)).region == "b", "nobody is PRIMARY for a while: it is inside the polygon of b"


def test_it_joins_in_the_margin_and_leaves_when_the_next_is_primary():
    held = Streams()
    crossing = Crossing(held, "west:1883")
    beside(held, "west", WEST, "east", "east:1883")

    def step(seconds, lon, west=None, east=None):
        """At a longitude; the authority of what each node says meanwhile."""
        for region, said in (("west", west), ("east", east)):
            if said is not None:
                assert f"{region}:1883" in crossing.brokers, "nobody hears that"
                held.take_context(region, context(seconds, seq=round(10 * seconds) + 1, authority=said), at(seconds))
                crossing.heard(f"{region}:1883", region, at(seconds))
        return crossing.step(at(seconds), 47.05, lon)

    assert step(0, 8.05, west=2) == ([], [])
    assert step(1, 8.092, west=2) == ([], []), "606 m before it"
    assert step(2, 8.095, west=2) == (["east:1883"], []), "379 m: within the margin"
    assert step(3, 8.096, west=2) == ([], []), "once"
    beside(held, "east", EAST, "west", "west:1883")
    assert step(4, 8.097, west=2, east=1) == ([], []), "it was not inside the next one yet: nothing is left"
    assert step(8, 8.097, west=2, east=1) == ([], [])
    assert step(10, 8.101, west=1, east=2) == ([], []), "outside, but only just"
    assert step(12, 8.099, west=2, east=1) == ([], []), "and back: it starts again"
    assert step(13, 8.101, west=1, east=1) == ([], []), "the next one is not PRIMARY yet"
    assert step(17, 8.102, west=1, east=1) == ([], [])
    assert step(18, 8.102, west=1, east=2) == ([], [])
    assert crossing.broker_of("west") == "west:1883" and list(crossing.regions_of("east:1883")) == ["east"]
    assert step(21.1, 8.103, west=1, east=2) == ([], ["west:1883"])
    assert step(22, 8.104, east=2) == ([], []), "still in the margin that it left through"
    assert step(23, 8.099, east=1) == (["west:1883"], []), "it turned round"
    assert set(crossing.brokers) == {"east:1883", "west:1883"}


def test_one_that_turns_round_in_the_margin_leaves_the_next_again():
    held = Streams()
    crossing = Crossing(held, "west:1883")
    beside(held, "west", WEST, "east", "east:1883")
    crossing.heard("west:1883", "west", at(0))
    steps = ((0, 8.095), (2, 8.0935), (4, 8.0925), (6, 8.0925), (8, 8.092), (9, 8.095))  # 379, 492, 568 m, 568, 606, 379
    done = []
    for seconds, lon in steps:
        held.take_context("west", context(seconds, seq=seconds + 1), at(seconds))
        crossing.heard("west:1883", "west", at(seconds))
        done.append(crossing.step(at(seconds), 47.05, lon))
    assert done == [(["east:1883"], []), ([], []), ([], []), ([], []), ([], ["east:1883"]), (["east:1883"], [])], done


def test_a_broker_under_two_names_is_not_joined_twice():
    held = Streams()
    crossing = Crossing(held, "localhost:1883")  # as this aircraft calls it
    beside(held, "west", WEST, "east", "broker:1883")
    crossing.heard("localhost:1883", "west", at(0))
    crossing.heard("localhost:1883", "east", at(0))
    assert crossing.step(at(1), 47.05, 8.15) == ([], []), "its node is heard here already"
    assert crossing.step(at(9), 47.05, 8.15) == (["broker:1883"], []), "no longer: there may be another"
    crossing.refused("broker:1883", at(9.5))
    assert crossing.step(at(10), 47.05, 8.15) == ([], []), "it does not know this aircraft"
    assert crossing.step(at(70), 47.05, 8.15) == (["broker:1883"], [])
    same = Crossing(held, "localhost:1883")
    held.take_state("west", "n1", v1.NodeState(boot_id=5, condition=4, node_time_us=T, boundary=WEST, margin_m=500,
                                               address="broker:1883", neighbours=held.regions["west"].neighbours))
    same.heard("localhost:1883", "west", at(0))
    assert same.step(at(9), 47.05, 8.15) == ([], []), "both regions have that address: it is this broker"


def test_profiles_ask_for_the_streams_unless_told_otherwise():
    drone = drf_client.Drone("h", 1, "d1", profile=v1.Profile(rate_hz=2))
    assert drone._profile == v1.Profile(rate_hz=2, streams=True)
    assert drf_client.Drone("h", 1, "d1")._profile is None, "what the node has of before holds on"
    assert drf_client.Drone("h", 1, "d1", profile=v1.Profile(), streams=False)._profile == v1.Profile()
    assert drf_client.Drone("h", 1, "d1", profile=v1.Profile(streams=False))._profile.streams is False


# Cells and posts --------------------------------------------------------------------------------------------------------

def test_patches_know_their_places():
    layers = [[(TOP / f"tests/data/golden_patch/{n}.{name}").read_bytes() for name in ("ground", "surface")] for n in (1, 2)]
    stream = PatchStream()
    patches = [v1.Patch(boot_id=5, seq=n + 1, base_seq=n, level=12, west_cell=(800, 808)[n], south_cell=(400, 416)[n],
                        columns=64, rows=64, coding=1, quantum_m=0.25, offset_amsl_m=-1000, ground=layers[n][0],
                        surface=layers[n][1]) for n in (0, 1)]
    stream.take("r", patches[1])
    assert stream.seen("r", 5) == 0, "a base that is not there"
    stream.take("r", patches[0])
    stream = PatchStream()
    for patch in patches:
        stream.take("r", patch)
    assert stream.seen("r", 5) == 2 and stream.seen("r", 6) == 0
    window = stream.window("r", 5)
    # Cell (831, 430) bears the change of the second; the formulas are those of tests/golden/patch.py.
    lat, lon = (430.5 * 180 / (256 * 2 ** 12) - 90, 831.5 * 180 / (256 * 2 ** 12) - 180)
    ground = 4000 + (831 * 831 // 7 + 430 * 3 + 831 * 430 // 11) % 500
    unknown = (831 // 10 + 430 // 12) % 9 == 0
    assert not unknown and window.at("ground", lat, lon) == Value(-1000 + 0.25 * ground)
    canopy = 40 + 831 % 9 if (831 * 7 + 430 * 13) % 29 < 3 else 0
    assert window.at("surface", lat, lon) == Value(-1000 + 0.25 * (ground + canopy + 200))
    assert max(abs(a - b) for a, b in zip(window.centre_deg(831 - 808, 430 - 416), (lat, lon))) < 1e-9
    assert window.at("ground", lat + 1, lon).reason is Reason.OUT_OF_REGION
    void = next(x for x in range(64) if ((808 + x) // 10 + 416 // 12) % 9 == 0)
    assert isinstance(window.height_amsl_m("ground", void, 0), Absent)
    try:
        window.array("ground")
    except ImportError as error:
        assert "schemas/python[numpy]" in str(error), error
    else:
        raise AssertionError("this environment has no numpy")
    sys.path.append("/usr/lib/python3/dist-packages")  # Debian's numpy: this environment has none
    import numpy
    cells = window.array("ground")
    assert cells.shape == (64, 64) and cells[14, 23] == -1000 + 0.25 * ground and numpy.isnan(cells[0, void])
    stream.take("r", v1.Patch(boot_id=4, seq=9, level=12, columns=64, rows=64, ground=layers[0][0], surface=layers[0][1]))
    assert stream.seen("r", 5) == 2 and stream.window("r", 5) is window, "of a former life of the node"
    broken = v1.Patch.FromString(patches[1].SerializeToString())
    broken.seq, broken.ground = 3, b"\x01\xff"
    stream.take("r", broken)
    assert stream.seen("r", 5) == 0 and stream.window("r", 5) is window, "what is not a patch is discarded"


def test_terrain_blocks_are_tiles_for_an_autopilot():
    block = terrain.TerrainBlock(golden("terrain", v1.Terrain))
    assert block.tiles[55].heights_amsl_m == tuple(range(-8, 8))
    assert block.height_amsl_m(24, 28) == Value(-8) and block.height_amsl_m(27, 31) == Value(7)  # north x 4 + east
    assert block.height_amsl_m(25, 30) == Value(-2) and block.height_amsl_m(26, 28) == Value(0)
    assert isinstance(block.height_amsl_m(0, 0), Absent) and block.height_amsl_m(0, 0).reason is Reason.NO_DATA
    assert block.height_amsl_m(12, 12).reason is Reason.UNKNOWN
    gaps = {tile.reason for tile in block.tiles.values()}
    assert gaps == {Reason.NONE, Reason.NO_DATA} and all(isinstance(reason, Reason) for reason in gaps)
    assert isinstance(block.complete, Absent) and block.complete.reason is Reason.NO_DATA
    assert "ABSENT NO_DATA" in repr(block) and f"of {len(block.tiles)} tiles known" in repr(block), repr(block)
    outside = terrain.TerrainBlock(v1.Terrain(unavailable=[v1.TerrainUnavailable(grid_bit=i, reason=8) for i in range(56)]))
    assert outside and not outside.complete and "0 of 56 tiles known, ABSENT OUT_OF_REGION" in str(outside)
    assert "56 of 56 tiles" in outside.complete.text
    whole = terrain.TerrainBlock(v1.Terrain(data=[v1.TerrainData(grid_bit=0, height_amsl_m=[7] * 16)]))
    assert whole.complete and "1 of 1 tiles known;" in repr(whole)
    # Worked by hand from ArduPilot's calculate_grid_info: lat0 = 43, 0.65 degree = 72355.75... m, 72355 / 100 / 24 = row 30.
    lat, lon = terrain.corner(436500000, -793800000, 100)
    assert lat == 430000000 + int(30 * 24 * 100 * 89.83204953368922)
    assert 0 <= (436500000 - lat) * 0.011131884502145034 < 24 * 100
    east_m = (-793800000 - lon) * 0.011131884502145034 * 0.7236
    assert -1 <= east_m < 28 * 100 + 1


def test_the_c_example_has_the_same_table():
    text = (TOP / "schemas/examples/drone.c").read_text()
    reasons, codes = (dict(reversed(row) for row in re.findall(rf"\b{letter}\((\w+), (\w+)\)[,}}]", text)) for letter in "RC")
    assert codes.keys() | {"OK", "ACCEPTED_DEFAULTS", "DURABLE"} == set(ReplyCode.__members__)
    for name, kind in codes.items():
        assert type(values.refused(v1.Reply(code=ReplyCode[name]))).__name__.upper() == kind, name
    assert {name for name in Reason.__members__ if not isinstance(values.missing(Reason[name]), Absent)} <= reasons.keys()
    for name, kind in reasons.items():
        assert type(values.missing(Reason[name])).__name__.upper() == kind, name


def test_what_is_exported_is_there():
    for name in drf_client.__all__:
        assert hasattr(drf_client, name), name
    assert drf_client.e7(-79.38) == -793800000 and streams.HEARTBEAT_S == 3.0


for _name, _test in list(globals().items()):
    if _name.startswith("test_") and (len(sys.argv) < 2 or _name in sys.argv[1:]):
        _test()
        print("ok", _name)
