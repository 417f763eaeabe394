#!/usr/bin/python3
# tests/integration/test_page.py - the live page in a browser, on a node with real brokers and two drones.
# SPDX-License-Identifier: Apache-2.0
# Takes: 120 s
"""Ground, crane and wind are those of fixture/place.py; what the page shows is compared with what the drone itself got
over MQTT. Nothing is looked at twice to become true, but for what has to arrive first."""
import contextlib
import decimal
import json
import math
import re
import threading
import time

import numpy
from drf_fixture import TOP, Mosquitto, Node, free_ports, main, shared_kafka, wait_until
from fixture import place
from fixture.browser import Browser

NEAR, OVER_HOLE = "near-crane", "over-hole"
HOLE = (47.08, 8.02)
HOLE_M = 600
CRANE_M = 300  # ahead of the drone, which flies to the east
EVIL = "<img src=x onerror=\"document.title='taken'\">"
LIVE = {"drf_mode": "LIVE", "ce_source": "test.survey"}
ALTITUDE_M = 60


def metres_east(lat):
    """Of a degree of longitude."""
    return 111320 * math.cos(math.radians(lat))


def ground_with_hole():
    size, (west, south, east, north) = 600, (7.9, 46.9, 8.2, 47.2)
    lon = west + (numpy.arange(size) + 0.5) * (east - west) / size
    lat = north - (numpy.arange(size) + 0.5) * (north - south) / size
    heights = place.ground_amsl_m(lat[:, None], lon[None, :])
    away = numpy.hypot((lat[:, None] - HOLE[0]) * 111132, (lon[None, :] - HOLE[1]) * metres_east(HOLE[0]))
    heights[away < HOLE_M] = -9999
    return place.geotiff(heights, size=size, nodata=-9999)


def crane(kafka, name, lon, when, lat=place.MIDDLE[0], **properties):
    kafka.kcat_produce(place.TOPICS["cranes"], place.feature(name, lat, lon, **properties), key=name,
                       headers={**LIVE, "ce_time": when})


class Pilot(threading.Thread):
    """A drone that reports five times a second from one place, flying to the east, and keeps its contexts."""

    def __init__(self, mqtt, name, lat, lon):
        super().__init__(daemon=True)
        self.contexts, self.ended = {}, threading.Event()
        self.root, self.at = f"drf/v1/drones/{name}", (lat, lon)
        self.client = mqtt.client(name)
        self.client.subscribe(f"{self.root}/context/+")
        self.client.publish(f"{self.root}/profile", b'{"json": true, "ignore_seen": true}', qos=1, retain=True,
                            content_type="application/json")
        self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.join()
        self.client.close()

    def run(self):
        seq = 0
        while not self.ended.wait(0.2):
            seq += 1
            self.client.publish(f"{self.root}/telemetry", place.report(
                seq, *self.at, alt_amsl_m=place.ground_amsl_m(*self.at) + ALTITUDE_M, velocity_east_mps=10.0),
                content_type="application/json")
            for message in self.client.drain():
                if message.payload.startswith(b"{"):
                    context = json.loads(message.payload)
                    self.contexts[context["node_time_us"]] = context


@contextlib.contextmanager
def flown():
    """(browser, url, node, kafka, pilots by name) with everything there but the crane."""
    http, view = free_ports(2)
    with shared_kafka() as kafka, Mosquitto(users=[NEAR, OVER_HOLE]) as mqtt, Browser() as browser:
        kafka.create_compacted(*place.TOPICS.values())
        kafka.create_topics(place.DEAD)
        kafka.kcat_produce(place.TOPICS["terrain"], ground_with_hole(), key="survey",
                           headers={**LIVE, "ce_time": "2026-01-01T00:00:00Z"})
        kafka.kcat_produce(place.TOPICS["towers"], place.dof(1, 47.06, 8.05, 328, 1900), key="towers",
                           headers={**LIVE, "ce_time": "2026-01-01T00:00:00Z"})
        for name, value in (("10u", 3.0), ("10v", -4.0)):
            kafka.kcat_produce(place.TOPICS["forecast"], place.grib(name, value, 10), key=name,
                               headers={**LIVE, "ce_time": "2026-01-01T00:00:00Z"})
        crane(kafka, EVIL, 8.05, "2026-01-01T00:00:00Z", lat=47.045, kind=EVIL)
        config = {**place.configuration(kafka.bootstrap, mqtt, http=http), "view": {"port": view}}
        with Node(config, ready=lambda: place.page(http, "readyz")[0] == 200) as node, \
                Pilot(mqtt, NEAR, *place.MIDDLE) as near, Pilot(mqtt, OVER_HOLE, *HOLE) as over:
            wait_until(lambda: near.contexts and over.contexts, "the first contexts of both")
            yield browser, f"http://127.0.0.1:{view}/", node, kafka, {NEAR: near, OVER_HOLE: over}


def shown(value, digits=0):
    """A number as the page writes it."""
    step = decimal.Decimal(1).scaleb(-digits)
    return str(decimal.Decimal(repr(value)).quantize(step, rounding=decimal.ROUND_HALF_UP))


def plain(text):
    return re.sub(r"\s+", " ", text)


def panel(browser, pilot):
    """(text of the selected drone's panel, the context it was made of as the drone got it), both of one instant. What
    the node makes between two messages to the drone is shown, too, and passed over here."""
    def look():
        made, text = browser.eval("(p => [p.dataset.made, p.innerText])(document.getElementById('p-drone'))")
        return made in pilot.contexts and (plain(text), pilot.contexts[made])
    return wait_until(look, "a context on the page that the drone got, too")


def select(browser, url, name):
    browser.open(f"{url}#drone={name}")
    browser.wait("document.getElementById('p-drone').dataset.made > 0")


def nothing_from_elsewhere(browser, url, errors=()):
    """Only the node was asked, and nothing went wrong but what is expected."""
    noted = browser.noted()
    assert noted["requests"] and all(one.startswith((url, "data:", "blob:")) for one in noted["requests"]), noted["requests"]
    assert not [e for e in noted["errors"] if not any(part in e for part in errors)], noted["errors"]


def pixels(browser, lat, lon, size=24):
    """The colours of a square of the map about a place, row by row."""
    flat = browser.eval(f"""(() => {{
        const c = document.getElementById('base'), q = c.width / c.clientWidth;
        const [x, y] = drfView.pixel({lat}, {lon}).map(v => v * q - {size // 2});
        return [...new Uint32Array(c.getContext('2d').getImageData(x, y, {size}, {size}).data.buffer)];
    }})()""")
    return [flat[i:i + size] for i in range(0, len(flat), size)]


def hatched(rows):
    """Neither of one colour nor without a period: a pattern that repeats across."""
    return len({c for row in rows for c in row}) > 1 and any(
        all(row[i] == row[i + period] for row in rows for i in range(len(row) - period)) for period in range(4, 13))


def side(browser):
    """What the picture from the side says to those who do not see it."""
    return browser.eval("document.getElementById('sideview').getAttribute('aria-label')")


def check_crane(browser, url, kafka, pilot):
    """The crane comes over Kafka while the page is open."""
    select(browser, url, NEAR)
    assert "Nothing to report." in browser.text("#headline"), browser.text("#headline")
    at = place.MIDDLE[0], place.MIDDLE[1] + CRANE_M / metres_east(place.MIDDLE[0])
    before = pixels(browser, *at)
    crane(kafka, "crane-7", at[1], "2026-02-01T00:00:00Z", agl_m=90.0)
    browser.wait_text("#headline", "crane-7")
    browser.wait("drfView.shows().obstacles.includes('crane-7')")
    wait_until(lambda: pixels(browser, *at) != before, "the crane on the map")
    text, told = panel(browser, pilot)
    advisory = next(a for a in told["advisories"] if a.get("feature_id") == "crane-7")
    assert {1: "WARNING", 2: "CAUTION"}[advisory["severity"]] in browser.text("#headline")
    assert plain(advisory["text"]) in text, (advisory["text"], text)
    assert "CRANE crane-7" in text and "crane-7" in side(browser)


def check_numbers(browser, pilot):
    """What is written is what the drone got, in the same context."""
    text, c = panel(browser, pilot)
    height, wind = c["height"], c["weather"]["wind"]
    ahead = min(s["clearance_low_m"] for s in c["look_ahead"]["segments"])
    obstacle = next(o for o in c["obstacles"] if o["feature_id"] == "crane-7")
    for words in (f"Free below {math.floor(height['clearance_low_m'])} m", f"Least ahead {math.floor(ahead)} m",
                  f"It flies {shown(height['agl_m'])} m above the ground",
                  f"Its own height is {shown(height['aircraft_amsl_m'])} m above the sea",
                  f"The ground below lies at {shown(height['ground_amsl_m'])} m AMSL",
                  f"by {height['ground_source']}", f"Wind {shown(wind['wind_speed_mps'], 1)} m/s",
                  f"({shown(wind['wind_from_deg_true'])}°)", f"top {shown(obstacle['top_amsl_m'])} m AMSL",
                  f"Context {c['seq']} of place", "Temperature: not known"):
        assert words in text, (words, text)


def check_end(browser, url, kafka):
    """The crane is taken down: what was told of it stays for 10 s, marked as ended, with the text that it had."""
    select(browser, url, NEAR)
    told = browser.wait("document.querySelector('.adv .s2 div')?.innerText")
    kafka.produce(place.TOPICS["cranes"], None, key="crane-7", headers={**LIVE, "ce_time": "2026-03-01T00:00:00Z"})
    browser.wait_text(".adv .over", "it was a caution, ended")
    # others may have ended as well: of a layer that was late on a busy machine
    ended = browser.wait("[...document.querySelectorAll('.adv .over div')].map(d => d.innerText).find(t => t.startsWith('CRANE crane-7:'))")
    assert ended.split(":")[0] == told.split(":")[0] == "CRANE crane-7", (told, ended)
    browser.wait("!document.querySelector('.adv .over')")
    assert "crane-7" not in browser.text("#p-drone") and "Nothing to report." in browser.text("#headline")


def check_text(browser):
    """What a stranger wrote is read as he wrote it, on the panel and wherever else it stands."""
    text = plain(browser.text("#p-drone"))
    assert EVIL in text, text
    assert browser.eval("document.querySelectorAll('img, iframe, object, embed').length") == 0
    assert "taken" not in browser.eval("document.title")


def check_unknown(browser, url, pilot):
    select(browser, url, OVER_HOLE)
    text, told = panel(browser, pilot)
    height = told["height"]
    assert "agl_m" not in height and "ground_amsl_m" not in height, height
    for words in ("Free below not known", "Least ahead not known", "Its height above the ground is not known:",
                  "The ground below is not known:", "What stands there is not known:"):
        assert words in text, (words, text)
    heights = plain(browser.text("#p-drone .big") + browser.text("#p-drone .words"))  # the first of them: Height
    assert not re.search(r"(?<![\d.])-?0(\.0)? m(?![/\w])", heights), heights
    wait_until(lambda: hatched(pixels(browser, *HOLE)), "hatch over the hole")
    assert not hatched(pixels(browser, 47.06, 8.09)), "known ground is hatched, too"
    assert "not known: no source covers this place" in side(browser)


def check_whole(browser, url):
    """A context from a file in place of the node's: each part stands there, and what the page cannot know by its name."""
    told = json.loads((TOP / "tests" / "data" / "golden" / "context_full.Context.json").read_text())
    now_us = time.time_ns() // 1000
    told |= {"node_time_us": str(now_us), "later_m": 7.5, "layer_states": [{"layer": 5, "reason": 2, "since": 4}]}
    zone = {"advisory_id": 77, "kind": 6, "state": 0, "severity": 1, "time_to_go_s": 4, "text": "ZONE R-1 prohibited, in 4 s"}
    told["advisories"] = [*told.get("advisories", []), zone]
    events = (("hello", {"t": now_us // 1000, "boot_id": "1", "tick_ms": 250, "version": "0.1.0"}),
              ("fleet", {"t": now_us // 1000, "full": True, "new": [[0, "golden"]], "at": [
                  [0, 43650000, -79380000, 237, None, None, None, 126, None]], "say": [[0, 0, 0, None, 0, None, 0, ""]]}),
              ("drone", {"id": "golden", "t": now_us // 1000, "context": told}))
    body = "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in events)
    browser.open(f"{url}#drone=golden", instead={"**/v1/live*": {"contentType": "text/event-stream", "body": body}})
    browser.wait("document.getElementById('p-drone').dataset.made > 0")
    browser.eval("document.querySelector('#p-drone details').open = true")
    text = plain(browser.text("#p-drone"))
    for words in (
            "Free below 126 m", "Least ahead 103 m", "Climb not sent",
            "It flies 137 m above the ground ± 5 m, from the satellite height.",
            "Its own height is 237 m above the sea (AMSL) ± 3 m.",
            "The ground below lies at 100 m AMSL ± 4 m, by dted, posts every 927 m",
            "What stands there reaches 104 m AMSL", "bare earth: no buildings or trees in it", "differ by -0.7 m",
            "50 – 450 unknown (unknown) unknown 25 % unknown: no source covers this place", "Plan: flies its plan.",
            "Wind 4.1 m/s from the east (111°)", "Gusts 5.0 m/s", "Visibility: not known: the source does not carry it",
            "Ceiling: not known: the node cannot say why", "TOWER 36-019284 311 m to the west (271°), top 181 m AMSL",
            "accuracy assumed", "3 more are there", "zones: this node has no feed of it", "Also told", "later_m = 7.5",
            "layer_states.since = 4"):
        assert words in text, (words, text)
    also = text[text.index("Also told"):]
    assert also.count("=") == 2, also
    # What is free below is coloured; that a zone is in the way is not hidden by it.
    legend = browser.text("#legend")
    assert "its way: what is free below, at worst" in legend and "the way leads into a zone" in legend, legend


def check_keyboard(browser, url):
    """From the first Tab to a drone's panel and back, without a pointer."""
    browser.open(url, motion="reduce")
    browser.wait("drfView.shows().drones.length === 2")
    browser.press("Tab")
    assert browser.eval("document.activeElement.id") == "skip"
    browser.press("Enter")
    assert browser.eval("document.activeElement.dataset.id") == NEAR, "the list by name begins with it"
    assert browser.eval("getComputedStyle(document.activeElement).outlineStyle") != "none"
    browser.press("ArrowDown")
    assert browser.eval("document.activeElement.dataset.id") == OVER_HOLE
    browser.press("Enter")
    browser.wait("document.getElementById('p-drone').dataset.made > 0")
    assert browser.eval("[drfView.shows().selected, document.getElementById('p-drone').dataset.drone]") == [OVER_HOLE] * 2
    browser.wait(f"location.hash.includes('drone={OVER_HOLE}')")
    browser.press("Escape")
    assert browser.eval("drfView.shows().selected") is None
    nothing_from_elsewhere(browser, url)


def check_accessible(browser, url):
    for width, height in (1440, 900), (390, 844):
        for theme in "dark", "light":
            browser.open(f"{url}#drone={NEAR}", width=width, height=height, theme=theme)
            browser.wait("document.getElementById('p-drone').dataset.made > 0")
            assert browser.eval("document.documentElement.dataset.theme") == theme
            assert browser.eval("document.documentElement.scrollWidth") <= width
            for tab in "drone", "att", "all", "src":
                browser.click(f"#t-{tab}")
                assert not (found := browser.axe()), (width, theme, tab, found)
            nothing_from_elsewhere(browser, url)


def check_silence(browser, url, node):
    """The node is killed as by a power cut; what is shown says so, and comes back by itself."""
    select(browser, url, NEAR)
    assert browser.text("#silent") == "" and browser.text("#cond") == "up"
    node.kill()
    browser.wait_text("#silent", "The node is silent")
    assert browser.text("#cond") == "condition unknown" and "silent" in browser.text("#headline")
    assert browser.eval("document.querySelector('#silent').getAttribute('role')") == "alert"
    assert browser.eval("[...document.querySelectorAll('#counts b')].every(b => b.innerText === '?')")
    assert not (found := browser.axe()), found
    node.start()
    browser.wait("document.getElementById('silent').hidden && document.getElementById('cond').innerText === 'up'")
    browser.wait_text("#headline", "crane-7")
    assert browser.eval("document.getElementById('p-drone').dataset.drone") == NEAR
    nothing_from_elsewhere(browser, url, errors=("net::ERR_",))  # while it was dead


def test_what_it_shows_is_what_the_drones_are_told():
    with flown() as (browser, url, node, kafka, pilots):
        check_crane(browser, url, kafka, pilots[NEAR])
        check_numbers(browser, pilots[NEAR])
        check_text(browser)
        nothing_from_elsewhere(browser, url)
        check_unknown(browser, url, pilots[OVER_HOLE])
        nothing_from_elsewhere(browser, url)
        check_whole(browser, url)
        check_keyboard(browser, url)
        check_accessible(browser, url)
        check_silence(browser, url, node)
        check_end(browser, url, kafka)


main(globals())
