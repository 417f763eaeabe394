#!/usr/bin/python3
# tests/integration/test_poll.py - deploy/poll_provider.py against a local HTTP server, a real Kafka and a node.
# SPDX-License-Identifier: Apache-2.0
# Takes: 40 s
"""The server answers what a test says, one answer a request, and keeps what it was asked. What HTTP brings is tried with
a publisher that only notes what it is given; the last test goes all the way to a query."""
import argparse
import contextlib
import email.utils
import hashlib
import http.server
import io
import json
import re
import runpy
import signal
import subprocess
import threading
import time
import zipfile

from drf_fixture import BIN, DEADLINE_S, TOP, Folder, Mosquitto, Node, Process, free_ports, main, shared_kafka, wait_until
from fixture import place

PROGRAM = TOP / "deploy" / "poll_provider.py"
FEEDS = {"metar": ("weather", "t.metar"), "readsb": ("traffic", "t.adsb"), "cap": ("alert", "t.cap"),
         "dof": ("obstacle", "t.dof")}
ROOT = "drf/v1/drones/d-1"


class Server:
    """`answers` are (status, headers, body), the last of them again and again; `asked` the headers of each request."""

    def __enter__(self):
        self.answers, self.asked = [], []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer.asked.append((self.path, dict(self.headers)))
                status, headers, body = outer.answers.pop(0) if len(outer.answers) > 1 else outer.answers[0]
                self.send_response(*status if isinstance(status, tuple) else [status])
                for name, value in headers.items():
                    self.send_header(name, value)
                if not {"Content-Length", "Transfer-Encoding", "X-Unsized"} & set(headers):
                    self.send_header("Content-Length", str(len(body)))
                self.close_connection = True
                self.send_header("Connection", "close")
                self.end_headers()
                for part in body if isinstance(body, list) else [body]:
                    with contextlib.suppress(OSError):
                        self.wfile.write(part)
                        self.wfile.flush()
                    if isinstance(body, list):
                        outer.slow.wait(0.2)

            def log_message(self, *_):
                pass

        self.slow = threading.Event()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.slow.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Poll(Folder):
    """The program with its state in a folder of its own, and a publisher that notes its arguments and the file."""

    def __init__(self, server, path="/data/metar.txt?key=secret", **more):
        super().__init__("poll")
        self.server, self.url, self.more = server, server.url + path, more
        self.state = self.path / "state.json"
        self.publisher = self.path / "publisher"
        self.publisher.write_text(f"""#!/bin/sh
[ -e {self.path}/down ] && echo 'no broker answers' && exit 1
for last; do :; done
echo "$@" >>{self.path}/said
stat -c %Y "$last" >>{self.path}/times
cat "$last" >>{self.path}/published
""")
        self.publisher.chmod(0o755)

    def words(self, *more):
        given = {"url": self.url, "format": "metar", "bootstrap": "localhost:1", "topic": "t", "source": "office",
                 "mode": "LIVE", "state": self.state, "publisher": self.publisher, "timeout": 5, "interval": 60, **self.more}
        return [PROGRAM, *(f"--{name.replace('_', '-')}={value}" for name, value in given.items()), *more]

    def once(self, status, headers, body, code=0, more=()):
        """Polls one time, whatever the failure before said; what it told."""
        if self.state.exists():
            kept = json.loads(self.state.read_text())
            self.state.write_text(json.dumps({**kept, "not_before_s": 0}))
        self.server.answers[:] = [(status, headers, body)]
        run = subprocess.run(self.words("--once", *more), capture_output=True, text=True, timeout=DEADLINE_S)
        assert run.returncode == code and not run.stdout, (run.returncode, run.stdout, run.stderr)
        assert "secret" not in run.stderr and "Traceback" not in run.stderr, run.stderr
        return run.stderr

    def failed(self, why, *answer, **more):
        """As once(), with one line that says why; nothing is published and nothing is taken for published."""
        before = (self.published(), json.loads(self.state.read_text()).get("etag") if self.state.exists() else None)
        said = self.once(*answer, code=1, **more)
        assert said.startswith("poll.failed ") and said.count("\n") == 1 and re.search(why, said), (why, said)
        assert (self.published(), json.loads(self.state.read_text()).get("etag")) == before, said
        return said

    def published(self):
        kept = self.path / "published"
        return kept.read_bytes() if kept.exists() else b""


def test_a_change_is_published_once_also_over_a_restart_and_asked_for_conditionally():
    with Server() as server, Poll(server) as poll:
        when = "Sun, 01 Nov 2026 10:00:00 GMT"
        said = poll.once(200, {"ETag": '"1"', "Last-Modified": when}, b"one\n")
        assert said == f"poll.published format=metar url={server.url}/data/metar.txt topic=t bytes=4\n", said
        assert "If-None-Match" not in server.asked[-1][1] and server.asked[-1][0].endswith("?key=secret"), server.asked
        assert (poll.path / "times").read_text() == "1793527200\n"  # date -u -d '2026-11-01 10:00' +%s
        words = (poll.path / "said").read_text()
        for part in ("publish --bootstrap localhost:1 --topic t --format metar --mode LIVE --source office --timeout 5 ",
                     "/metar.txt\n"):
            assert part in words, words
        assert poll.once(304, {}, b"") == ""
        assert server.asked[-1][1]["If-None-Match"] == '"1"' and server.asked[-1][1]["If-Modified-Since"] == when, server.asked
        assert poll.once(200, {"ETag": '"2"'}, b"one\n") == "", "the same bytes under another ETag"
        poll.once(200, {"ETag": '"3"', "Last-Modified": when}, b"two\n")
        assert poll.published() == b"one\ntwo\n"
        times = [int(line) for line in (poll.path / "times").read_text().split()]
        assert times[1] > times[0], "other bytes of the same Last-Modified are a later version"
        assert oct(poll.state.stat().st_mode & 0o777) == "0o600"
        assert sorted(path.name for path in poll.path.glob("state*")) == ["state.json", "state.json.lock"]


def test_what_is_not_whole_too_large_or_not_data_is_one_line_and_not_published():
    with Server() as server, Poll(server, max_bytes=1000) as poll:
        poll.failed("HTTP 304", 304, {}, b"")  # nobody asked for a change
        poll.once(200, {"ETag": '"1"'}, b"one\n")
        page = {"ETag": '"2"'}
        poll.failed("cut off: 4 of 40 bytes came", 200, {**page, "Content-Length": "40"}, b"half")
        poll.failed("cut off", 200, {**page, "Transfer-Encoding": "chunked"}, b"20\r\nhalf")
        poll.failed("states no length", 200, {**page, "X-Unsized": "1"}, b"perhaps half")
        poll.failed("2000 bytes, more than --max-bytes 1000", 200, page, b"x" * 2000)
        poll.failed("more than --max-bytes 1000", 200, {**page, "Transfer-Encoding": "chunked"},
                    b"7d0\r\n" + b"x" * 2000 + b"\r\n0\r\n\r\n")
        poll.failed("states no length", 200, {**page, "Content-Length": "12x"}, b"perhaps half")
        poll.failed("HTML page", 200, {**page, "Content-Type": "text/html; charset=utf-8"}, b"<p>log in</p>")
        poll.failed("gzip was not asked for", 200, {**page, "Content-Encoding": "gzip"}, b"\x1f\x8b")
        poll.failed("is empty", 200, page, b" \n")
        poll.failed("HTTP 206", 206, page, b"part")
        poll.failed("HTTP 500 Internal Server Error", 500, page, b"oh")
        poll.failed("HTTP 302", 302, {"Location": "file:///etc/hostname"}, b"")
        poll.failed("no whole answer within 1 s", 200, {**page, "Content-Length": "100"}, [b"x"] * 100, more=["--timeout=1"])
        (poll.path / "down").touch()
        poll.failed("not published: no broker answers", 200, page, b"two\n")
        (poll.path / "down").unlink()
        poll.once(200, page, b"two\n")
        assert server.asked[-1][1]["If-None-Match"] == '"1"', "what was not published was asked for as if it were there"
        poll.once(200, {"Transfer-Encoding": "chunked"}, b"6\r\nthree\n\r\n0\r\n\r\n")
        poll.once(200, {"X-Unsized": "1"}, b"four\n", more=["--unsized"])
        assert poll.published() == b"one\ntwo\nthree\nfour\n"
    with Server() as gone:
        pass
    with Poll(gone) as poll:
        poll.server.answers = []
        poll.failed("no answer: .*Connection refused", 0, {}, b"")


def test_failures_are_waited_out_as_the_provider_says_or_ever_longer_also_over_a_restart():
    with Server() as server, Poll(server) as poll:
        def next_s(*answer):
            return int(re.search(r"next_s=(\d+)", poll.failed("HTTP", *answer))[1])

        date = email.utils.formatdate(time.time() + 5000, usegmt=True)
        assert 3600 <= next_s(429, {"Retry-After": "3600"}, b"") <= 3960
        assert 4900 <= next_s(503, {"Retry-After": date}, b"") <= 5500
        assert 60 <= next_s(429, {"Retry-After": "1"}, b"") <= 66, "never sooner than the interval"
        assert 86400 <= next_s(429, {"Retry-After": "999999999"}, b"") <= 95040, "a day at most"
        asked = len(server.asked)
        run = subprocess.run(poll.words("--once"), capture_output=True, text=True, timeout=DEADLINE_S)
        assert run.returncode == 0 and run.stderr.startswith("poll.waiting ") and len(server.asked) == asked, run
        poll.once(200, {}, b"one\n")
        waits = [next_s(500, {"Retry-After": "soon"}, b"") for _ in range(6)]
        for failures, wait in enumerate(waits, 1):
            longest = min(60 * 2**failures, 900)
            assert longest / 2 - 1 <= wait <= longest + 1, waits
        assert json.loads(poll.state.read_text())["failures"] == 6
        poll.once(304, {}, b"")
        assert json.loads(poll.state.read_text())["failures"] == 0


def test_it_polls_on_until_it_is_ended_and_two_do_not_share_a_state():
    with Server() as server, Poll(server, interval=1, backoff_max=1) as poll:
        server.answers[:] = [(200, {}, b"one\n"), (500, {}, b""), (200, {}, b"one\n"), (200, {}, b"two\n")]
        process = Process("poll", poll.words(), poll.path / "log")
        try:
            wait_until(lambda: poll.published() == b"one\ntwo\n" and len(server.asked) > 4, "both to be published")
            second = subprocess.run(poll.words("--once"), capture_output=True, text=True, timeout=DEADLINE_S)
            assert second.returncode == 1 and "another process polls with it" in second.stderr, second
            process.popen.send_signal(signal.SIGTERM)
            assert process.popen.wait(DEADLINE_S) == 0, process.log_text()
        finally:
            process.kill()
        assert poll.published() == b"one\ntwo\n"
        words = [word.split()[0] for word in process.log_text().splitlines()]
        assert words == ["poll.published", "poll.failed", "poll.published"], words
        other = subprocess.run([word if not str(word).startswith("--topic") else "--topic=u" for word in poll.words("--once")],
                               capture_output=True, text=True, timeout=DEADLINE_S)
        assert other.returncode == 1 and "belongs to another address or topic" in other.stderr, other


def test_keys_stay_with_the_address_they_are_for_and_a_file_may_hold_the_arguments():
    with Server() as server, Server() as elsewhere, Poll(server) as poll:
        elsewhere.answers[:] = [(200, {}, b"one\n")]
        file = poll.path / "arguments"
        file.write_text("# who asks\n\n--header=Authorization: Bearer hidden\n")
        poll.once(301, {"Location": f"{elsewhere.url}/moved.txt"}, b"", more=[f"@{file}"])
        assert poll.published() == b"one\n"
        assert server.asked[-1][1]["Authorization"] == "Bearer hidden" and "Authorization" not in elsewhere.asked[-1][1]


def test_an_address_that_cannot_be_read_is_refused_or_a_failure_and_no_account_is_told():
    with Server() as server, Poll(server) as poll:
        for url, why in (("http://user:S3cret@host/x", "no account"), ("http://S3cret@host:1/x", "no account"),
                         ("http://user:S3cret@/x", "no account"), ("http://[S3cret/x", "cannot be read"),
                         ("http://host:S3cret/x", "cannot be read"), ("http:///S3cret", "no host"),
                         ("ftp://user:S3cret@host/x", "http or https")):
            run = subprocess.run(poll.words("--once", f"--url={url}"), capture_output=True, text=True, timeout=DEADLINE_S)
            assert run.returncode == 2 and why in run.stderr, (url, run)
            assert "S3cret" not in run.stdout + run.stderr and "Traceback" not in run.stderr, run
        for words in (["--interval=0.5"], ["--interval=nan"], ["--header=A: S3cret\r\nB: c"], ["--header=: S3cret"],
                      ["--whole", "--format=cap"], ["--whole", "--format=gcn"], ["--whole", "--format=metar"]):
            run = subprocess.run(poll.words("--once", *words), capture_output=True, text=True, timeout=DEADLINE_S)
            assert run.returncode == 2 and words[0].partition("=")[0] in run.stderr.splitlines()[-1], run
            assert "S3cret" not in run.stderr, run
        assert not server.asked
        for to in ("http://[x/", "http://u:S3cret@127.0.0.1:1/", "http://u:S3cret@127.0.0.1/", "http://127.0.0.1:S3cret/",
                   "http://a..b/S3cret", f"http://{'a' * 70}.example/", "//", "http:", "\u00e4\u00f6"):
            said = poll.failed("redirected, which is not followed: |no answer: |infinite loop", 302, {"Location": to}, b"")
            assert "S3cret" not in said and "failures=" in said, said
        assert json.loads(poll.state.read_text())["failures"] == 9


def test_what_others_send_stays_one_value_of_one_line():
    forged = 'x" url=http://forged/\x1b[2J\x85poll.published \\'
    with Server() as server, Poll(server, member="*.Dat") as poll:
        said = poll.failed("HTTP 500", (500, forged), {}, b"")
        assert said[:-1].isprintable(), repr(said)
        assert ' why="HTTP 500 x\\" url=http://forged/\\x1b[2J\\x85poll.published \\\\" failures=1 ' in said, said
        kept = io.BytesIO()
        with zipfile.ZipFile(kept, "w") as made:
            made.writestr('a\npoll.published format=cap\u2028\u202e".txt', b"x")
        said = poll.failed("0 files", 200, {}, kept.getvalue())
        assert said[:-1].isprintable() and 'a\\npoll.published format=cap\\u2028\\u202e\\".txt" failures=2' in said, said
        said = poll.failed("was not asked for", 200, {"Content-Encoding": "a\x9b31m"}, b"")
        assert said[:-1].isprintable() and "\\x9b31m" in said, said


def test_the_one_file_of_an_archive_is_published():
    def archive(*names, method=zipfile.ZIP_DEFLATED):
        kept = io.BytesIO()
        with zipfile.ZipFile(kept, "w", method) as made:
            for name in names:
                made.writestr(name, b"x" * 3000)
        return kept.getvalue()

    def damaged(whole, place, bytes_there):
        return whole[:place] + bytes_there + whole[place + len(bytes_there):]

    with Server() as server, Poll(server, member="*.Dat", max_bytes=2500) as poll:
        poll.failed("2 files in the archive are named", 200, {}, archive("a.Dat", "b.Dat"))
        poll.failed("a.Dat has more than --max-bytes 2500", 200, {}, archive("a.Dat", "b.txt"))
        poll.failed("no ZIP archive, or damaged", 200, {}, b"PK")
        poll.failed("no ZIP archive, or damaged", 200, {}, damaged(archive("a.Dat"), 35, b"\xff" * 8))
        poll.failed("no ZIP archive, or damaged", 200, {}, damaged(archive("a.Dat", method=zipfile.ZIP_LZMA), 39, b"\xff" * 8))
        # Nothing but Failed leaves unpacked(), whichever byte of whichever method is another.
        program = runpy.run_path(str(PROGRAM))
        asked = argparse.Namespace(member="*.Dat", max_bytes=3000)
        refused = 0
        for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, zipfile.ZIP_STORED):
            whole = archive("a.Dat", method=method)
            assert program["unpacked"](whole, asked) == b"x" * 3000
            for place in range(len(whole) if method != zipfile.ZIP_STORED else 200):
                for byte in (0, 0x7F, 0xFF, whole[place] ^ 1):
                    try:
                        program["unpacked"](damaged(whole, place, bytes([byte])), asked)
                    except program["Failed"]:
                        refused += 1
        assert refused > 500, refused
        poll.more["max_bytes"] = 3000
        poll.once(200, {}, archive("a.Dat", "b.txt"))
        assert poll.published() == b"x" * 3000


def test_it_takes_the_formats_that_drf_sim_publish_takes():
    told = subprocess.run([BIN / "drf-sim", "publish", "--bootstrap", "x", "--topic", "t", "--format", "?", "f"],
                          capture_output=True, text=True, timeout=DEADLINE_S).stderr
    listed = set(re.findall(r"[a-z0-9_]+", told.partition("it is ")[2])) - {"or"}
    helped = subprocess.run([PROGRAM, "--help"], check=True, capture_output=True, text=True, timeout=DEADLINE_S).stdout
    offered = re.search(r"of the feed: ([a-z0-9_,\s]+?)\s+--", helped)[1]
    assert set(re.split(r",\s*", offered)) == listed, (offered, told)


def day_time(offset_s):
    return time.strftime("%d%H%M", time.gmtime(time.time() + offset_s))


def documents(qnh, aircraft_lon, alert, towers, currency):
    """What four providers have at one moment."""
    lat, lon = place.MIDDLE
    now = time.time()
    utc = [time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(now + offset_s)) for offset_s in (0, 600)]
    return {
        "metar": f"METAR LSZZ {day_time(-120)}Z 27010KT 9999 10/05 Q{qnh:04d}=\n".encode(),
        "readsb": json.dumps({"now": now, "messages": 1, "aircraft": [
            {"hex": "4b1234", "flight": "REGA1", "lat": lat, "lon": aircraft_lon, "alt_geom": 2200, "gs": 10, "track": 90,
             "nac_p": 9, "seen_pos": 0.1, "seen": 0.1}]}).encode(),
        "cap": f"""<?xml version="1.0"?><alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>{alert}</identifier>
<sender>city@example</sender><sent>{utc[0]}</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope><info>
<category>Safety</category><event>Gas leak</event><urgency>Immediate</urgency><severity>Extreme</severity><certainty>Observed
</certainty><expires>{utc[1]}</expires><area><areaDesc>here</areaDesc><circle>{lat},{lon} 1</circle></area></info></alert>"""
        .encode(),
        "dof": f"  CURRENCY DATE = {currency}\r\n".encode()
        + b"".join(place.dof(n, lat + 0.001 * n, lon, 100, 1700) for n in towers)}


def test_what_providers_change_reaches_a_query_and_a_drone():
    port, = free_ports(1)
    lat, lon = place.MIDDLE
    with contextlib.ExitStack() as stack:
        servers = {form: stack.enter_context(Server()) for form in FEEDS}
        folder = stack.enter_context(Folder("polled"))
        kafka, mqtt = stack.enter_context(shared_kafka()), stack.enter_context(Mosquitto(["d-1"]))
        kafka.create_topics(*(topic for _, topic in FEEDS.values()), place.DEAD)
        (folder.path / "stations.csv").write_text(f"id,lat,lon,elevation_m\nLSZZ,{lat + 0.018},{lon},475\n")
        made = place.configuration(kafka.bootstrap, mqtt, http=port)
        made["feeds"] = [{"name": form, "topic": topic, "kind": kind, "format": form} for form, (kind, topic) in FEEDS.items()]
        made["feeds"][0]["stations"] = str(folder.path / "stations.csv")
        node = stack.enter_context(Node(made, ready=lambda: place.page(port, "readyz")[0] == 200))

        def poll(given):
            for form, (_, topic) in FEEDS.items():
                body = given[form]
                servers[form].answers[:] = [(200, {"ETag": f'"{hashlib.md5(body).hexdigest()}"'}, body)]
                subprocess.run([PROGRAM, "--once", f"--url={servers[form].url}/{form}", f"--format={form}", f"--topic={topic}",
                                f"--bootstrap={kafka.bootstrap}", "--source=office", "--mode=LIVE",
                                f"--state={folder.path}/{form}.state", f"--publisher={BIN / 'drf-sim'}",
                                *(["--whole"] if form == "dof" else [])], check=True, timeout=DEADLINE_S)

        def query():
            return json.loads(subprocess.run(
                [BIN / "drf-edge", "query", "--store", node.path("region.gpkg"), str(lat), str(lon), "--json"], check=True,
                text=True, stdout=subprocess.PIPE, timeout=DEADLINE_S).stdout)

        def answered(qnh_pa, alerts, towers):
            said = query()
            found = (said["weather"]["qnh_pa"].get("value"), sorted(a["alert_id"] for a in said.get("alerts", [])),
                     len(said.get("obstacles", [])))
            return said if found == (qnh_pa, alerts, towers) else None

        poll(documents(987, lon + 0.005, "a-1", (1, 2), "11/01/26"))
        said = wait_until(lambda: answered(98700, ["city@example,a-1"], 2), "the first answers")
        assert {one["source"] for one in said["sources"]} >= {"metar/office", "cap/office", "dof/office"}, said["sources"]

        client = mqtt.client("d-1")
        client.subscribe(f"{ROOT}/context/+")
        client.publish(f"{ROOT}/profile", json.dumps({"json": True}), qos=1, retain=True, content_type="application/json")
        seq = iter(range(1, 10**6))

        def traffic():
            client.publish(f"{ROOT}/telemetry", place.report(next(seq)), content_type="application/json")
            with contextlib.suppress(TimeoutError):
                return json.loads(client.take(1).payload).get("traffic")
            return None

        second = documents(991, lon + 0.006, "a-2", (1,), "11/02/26")
        poll(second)
        seen = wait_until(traffic, "an aircraft in a context")
        assert [(one["traffic_id"], abs(one["lon_e7"] / 1e7 - lon - 0.006) < 0.002) for one in seen] == [("4b1234", True)], seen
        # --whole: the tower that the second file lacks is withdrawn. A CAP alert holds until it ends or is cancelled.
        wait_until(lambda: answered(99100, ["city@example,a-1", "city@example,a-2"], 1), "the changes")
        ends = {topic: kafka.end_offset(topic) for _, topic in FEEDS.values()}
        poll(second)
        assert {topic: kafka.end_offset(topic) for _, topic in FEEDS.values()} == ends, "published again without a change"
        assert node.stop() == 0


main(globals())
