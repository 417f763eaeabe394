#!/usr/bin/python3
# deploy/poll_provider.py - polls a provider's HTTP address and publishes what changed to the Kafka topic of a feed.
# SPDX-License-Identifier: Apache-2.0
"""An example, meant to be used: one process polls one address, for ever or (--once) one time for a systemd timer. It
needs Python's standard library alone. HTTP is urllib's: the request is one conditional GET, and what a larger library
adds (sessions, cookies, pools) is of no use to it. Publishing is `drf-sim publish`, which knows for each format of a
feed how a file is cut, under which key each part goes and what time it states; so nothing of that is said twice.

What holds:
- A body is published when it is whole (its length was stated, and is right), within --max-bytes, no HTML page, and
  other than the body published last. The state is written after Kafka has confirmed: a crash between the two publishes
  the same again, which a node recognises.
- A request that failed is followed by a longer pause: what Retry-After says, else the interval doubled for each
  failure, up to --backoff-max, each with chance in it. The state file keeps that over a restart.
- Each failure is one line on standard error, without the query of the address and without headers, where keys may be.

Arguments may stand in a file, one a line, `#` before a comment: poll_provider.py @FILE. Exit code with --once: 0
published or nothing new; 1 failed, said why; 2 the command is wrong."""
import argparse
import email.utils
import fcntl
import fnmatch
import hashlib
import http.client
import io
import json
import lzma
import os
import pathlib
import random
import re
import signal
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
import zlib

RETRY_AFTER_MAX_S = 86400
FORMATS = ("terrain geotiff dted hgt dof geojson_obstacles grib metar urep geojson_zones ed269 ed318 sigmet readsb tracks "
           "cap gcn").split()
WHOLE_FORMATS = "dof geojson_obstacles geojson_zones ed269 ed318 sigmet".split()  # else it would withdraw what others hold


class Failed(Exception):
    """A poll that brought nothing; retry_s: the provider said when to come again."""

    def __init__(self, why, retry_s=None):
        super().__init__(why)
        self.retry_s = retry_s


class Arguments(argparse.ArgumentParser):
    def convert_arg_line_to_args(self, line):
        return [] if not line.strip() or line.lstrip().startswith("#") else [line.strip()]


def arguments():
    parser = Arguments(description=__doc__.split("\n")[0], fromfile_prefix_chars="@",
                       epilog="@FILE reads arguments from a file, one a line: --url=https://...")
    add = parser.add_argument
    add("--url", required=True, help="http or https")
    add("--format", required=True, choices=FORMATS, metavar="FORMAT", help="of the feed: " + ", ".join(FORMATS))
    add("--bootstrap", required=True, metavar="HOST:PORT", help="of Kafka")
    add("--topic", required=True, help="of the feed")
    add("--source", required=True, help="the provider's name, which drones are told")
    add("--mode", required=True, choices=("LIVE", "TEST", "SIM", "REPLAY"))
    add("--state", required=True, type=pathlib.Path, metavar="FILE", help="what was published; one for each address")
    add("--name", help="of the file as drf-sim publish sees it, the key of most formats (default: the end of the address)")
    add("--whole", action="store_true",
        help="the document is all there is (an edition): obstacles or zones that are not in it any more are withdrawn")
    add("--member", metavar="PATTERN", help="the address gives a ZIP archive: publish the one file in it of this name")
    add("--header", action="append", default=[], metavar="'NAME: VALUE'", help="of the request; not sent where redirected")
    add("--interval", type=float, default=60, metavar="S", help="between polls (default 60)")
    add("--backoff-max", type=float, default=900, metavar="S", help="longest pause after failures (default 900)")
    add("--timeout", type=float, default=30, metavar="S", help="for a whole answer, and for publishing (default 30)")
    add("--max-bytes", type=int, default=16 << 20, metavar="N", help="of a body, and of a member (default 16777216)")
    add("--unsized", action="store_true", help="take a body of unstated length too: one that was cut off is not noticed")
    add("--publisher", default="drf-sim", metavar="PROGRAM", help="drf-sim (default: found by PATH)")
    add("--once", action="store_true", help="poll one time, unless the last failure still says to wait")
    asked = parser.parse_args()
    wrong = wrong_address(asked.url)
    if wrong:
        parser.error(f"--url: {wrong}")
    if re.search(r"[\x00-\x20\x7f-\uffff]", asked.url):
        parser.error(f"--url: a blank or a letter beyond ASCII is to be written as %XX: {shown(asked.url)}")
    # Versions are whole seconds: more changes than one a second would drive them into the future.
    if not 1 <= asked.interval <= 86400 or not asked.interval <= asked.backoff_max <= 86400:
        parser.error("--interval is at least 1, --backoff-max at least the interval, and both are at most 86400")
    if not 0 < asked.timeout <= 3600 or asked.max_bytes < 1:
        parser.error("--timeout is above 0 and at most 3600, --max-bytes at least 1")
    if not all(re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~\xa0-\xff]*", header) for header in asked.header):
        parser.error("--header: 'NAME: VALUE', on one line, without letters beyond Latin-1")
    if asked.whole and asked.format not in WHOLE_FORMATS:
        parser.error(f"--whole: not with --format {asked.format}: what of this source is not in the document would be "
                     f"withdrawn. It is for {', '.join(WHOLE_FORMATS)}")
    asked.name = asked.name or urllib.parse.urlsplit(asked.url).path.rstrip("/").rpartition("/")[2] or asked.topic
    asked.name = re.sub(r"[^A-Za-z0-9._-]", "_", asked.name).lstrip(".")[:100] or "document"
    return asked


def wrong_address(url):
    """Why it is none that is asked, without what may be a password in it; "" if it is one."""
    try:
        parts = urllib.parse.urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "an address that cannot be read"
    if parts.scheme not in ("http", "https"):
        return "http or https are asked, nothing else"
    if "@" in parts.netloc:
        return "no account belongs in an address; --header='Authorization: Basic ...' sends one"
    return "" if host else "an address with no host"


def shown(url):
    """Of an address what may stand in a log: neither account nor query."""
    parts = urllib.parse.urlsplit(url)
    return urllib.parse.urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def quoted(value):
    """One value of one line, whatever others wrote into it: in quotes where it needs them, what is not printable escaped."""
    def escaped(found):
        code = ord(found[0])
        short = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(found[0])
        return short or (found[0] if found[0].isprintable() else
                         f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")

    text = str(value)
    return text if re.fullmatch(r"[!#-<>-\[\]-~]+", text) else '"' + re.sub(r'["\\]|[^ -~]', escaped, text) + '"'


def say(what, asked, **values):
    values = {"format": asked.format, "url": shown(asked.url), **values}
    print(f"poll.{what}", *(f"{name}={quoted(value)}" for name, value in values.items()), file=sys.stderr, flush=True)


def read_state(asked):
    try:
        state = json.loads(asked.state.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise SystemExit(f"poll_provider: {asked.state}: is no state of a poll ({error}); remove it to publish again") from None
    if not isinstance(state, dict) or state.get("url") != asked.url or state.get("topic") != asked.topic:
        raise SystemExit(f"poll_provider: {asked.state}: belongs to another address or topic; give each its own --state")
    return state


def write_state(asked, state):
    """Whole or not at all; readable by its owner alone, because the address may hold a key."""
    path = asked.state.with_name(asked.state.name + ".new")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump({**state, "url": asked.url, "topic": asked.topic}, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    path.replace(asked.state)


def retry_after_s(text):
    """Seconds, or a date (RFC 9110, 10.2.3); None where it is neither."""
    if text is None:
        return None
    if re.fullmatch(r"\d{1,9}", text.strip()):
        return min(int(text), RETRY_AFTER_MAX_S)
    when = http_date_s(text)
    return None if when is None else min(max(when - time.time(), 0), RETRY_AFTER_MAX_S)


def http_date_s(text):
    try:
        return email.utils.parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None


def read_body(answer, asked):
    """The whole body, or Failed."""
    if answer.length is not None and answer.length > asked.max_bytes:
        raise Failed(f"the body has {answer.length} bytes, more than --max-bytes {asked.max_bytes}")
    if answer.length is None and not answer.chunked and not asked.unsized:
        raise Failed("the answer states no length, or none that can be read: a body that is cut off could not be told "
                     "(--unsized takes it)")
    expected = answer.length
    body = answer.read(asked.max_bytes + 1)
    if len(body) > asked.max_bytes:
        raise Failed(f"the body has more than --max-bytes {asked.max_bytes}")
    if expected is not None and len(body) < expected:
        raise Failed(f"the body is cut off: {len(body)} of {expected} bytes came")
    return body


class KeepTls(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, req, fp, code, msg, headers, newurl):
        wrong = wrong_address(newurl)
        if wrong:
            raise Failed(f"redirected, which is not followed: {wrong}")
        if req.type == "https" and urllib.parse.urlsplit(newurl).scheme != "https":
            raise Failed(f"redirected from https to {shown(newurl)}, which is not followed")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def open_url(asked, state):
    request = urllib.request.Request(asked.url, headers={"User-Agent": "drf-poll/1", "Accept-Encoding": "identity"})
    for header in asked.header:
        name, _, value = header.partition(":")
        request.add_unredirected_header(name.strip(), value.strip())
    if state.get("etag"):
        request.add_header("If-None-Match", state["etag"])
    if state.get("last_modified"):
        request.add_header("If-Modified-Since", state["last_modified"])
    opener = urllib.request.OpenerDirector()  # http and https only: build_opener() would open file: and ftp: too
    for handler in (urllib.request.ProxyHandler, urllib.request.HTTPHandler, urllib.request.HTTPSHandler,
                    urllib.request.HTTPDefaultErrorHandler, urllib.request.HTTPErrorProcessor, KeepTls):
        opener.add_handler(handler())
    return opener.open(request, timeout=asked.timeout)


def fetch(asked, state):
    """(body, headers) of an answer 200, or None after 304."""
    def too_late(_signal, _frame):
        raise TimeoutError(f"no whole answer within {asked.timeout:g} s")

    signal.signal(signal.SIGALRM, too_late)  # urllib's own timeout is for one read, and there may be many
    signal.setitimer(signal.ITIMER_REAL, asked.timeout)
    try:
        with open_url(asked, state) as answer:
            if answer.status != 200:
                raise Failed(f"HTTP {answer.status} {answer.reason}: only 200 and 304 are taken")
            coding = answer.headers.get("Content-Encoding", "identity")
            if coding != "identity":
                raise Failed(f"Content-Encoding {coding} was not asked for")
            if answer.headers.get_content_type() == "text/html":
                raise Failed("an HTML page came, not data")
            return read_body(answer, asked), answer.headers
    except urllib.error.HTTPError as error:
        with error:
            if error.code == 304 and state.get("sha256"):
                return None
            raise Failed(f"HTTP {error.code} {error.reason}", retry_after_s(error.headers.get("Retry-After"))) from None
    except http.client.IncompleteRead as error:
        raise Failed(f"the body is cut off: it ends after {len(error.partial)} bytes, inside a chunk") from None
    except TimeoutError as error:
        raise Failed(str(error)) from None
    except urllib.error.URLError as error:
        raise Failed(f"no answer: {error.reason}") from None
    except (ValueError, http.client.InvalidURL):  # of urllib, which may repeat the address or a header in it
        raise Failed("redirected, which is not followed: an address that cannot be read") from None
    except (OSError, http.client.HTTPException) as error:
        raise Failed(f"the answer is no HTTP, or ended: {error or type(error).__name__}") from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def unpacked(body, asked):
    """The one member of a ZIP archive that --member means."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            names = [name for name in archive.namelist() if fnmatch.fnmatchcase(name, asked.member)]
            if len(names) != 1:
                raise Failed(f"{len(names)} files in the archive are named {asked.member}: {', '.join(archive.namelist()[:5])}")
            with archive.open(names[0]) as file:
                content = file.read(asked.max_bytes + 1)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError, IndexError, struct.error,
            zlib.error, lzma.LZMAError) as error:
        raise Failed(f"the body is no ZIP archive, or damaged: {error}") from None
    if len(content) > asked.max_bytes:
        raise Failed(f"{names[0]} has more than --max-bytes {asked.max_bytes}")
    return content


def publish(asked, content, version_s, sha256):
    """Returns when Kafka has confirmed all of it. Its time is that of the file, unless the document states one."""
    with tempfile.TemporaryDirectory(prefix="drf-poll-") as folder:
        path = pathlib.Path(folder) / asked.name
        path.write_bytes(content)
        os.utime(path, (version_s, version_s))
        words = [asked.publisher, "publish", "--bootstrap", asked.bootstrap, "--topic", asked.topic, "--format", asked.format,
                 "--mode", asked.mode, "--source", asked.source, "--timeout", str(max(1, round(asked.timeout)))]
        words += ["--edition", sha256[:16]] if asked.whole else []
        try:
            run = subprocess.run([*words, path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                 text=True, errors="replace", timeout=2 * asked.timeout + 10, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Failed(f"{asked.publisher} publish: {error}") from None
    if run.returncode != 0:
        lines = [line.replace(folder + "/", "") for line in run.stdout.splitlines() if line.strip()]
        raise Failed(f"not published: {' | '.join(lines[:3])[:400] or f'exit code {run.returncode}'}")


def poll(asked, state):
    """One request; the state afterwards."""
    found = fetch(asked, state)
    if found is None:
        return {**state, "failures": 0, "not_before_s": 0}
    body, headers = found
    content = unpacked(body, asked) if asked.member else body
    if not content.strip():
        raise Failed("the body is empty")
    sha256 = hashlib.sha256(content).hexdigest()
    new = {**state, "etag": headers.get("ETag"), "last_modified": headers.get("Last-Modified"), "failures": 0,
           "not_before_s": 0}
    if sha256 != state.get("sha256"):
        # A version never goes back, and other bytes are another version: Last-Modified counts where it is a later one.
        version_s = http_date_s(new["last_modified"] or "")
        if version_s is None or not state.get("version_s", 0) < version_s <= time.time() + 60:
            version_s = max(int(time.time()), state.get("version_s", 0) + 1)
        publish(asked, content, version_s, sha256)
        new.update(sha256=sha256, version_s=version_s)
        say("published", asked, topic=asked.topic, bytes=len(content))
    return new


def pause_s(asked, failures, retry_s=None):
    """Until the next poll. Some chance keeps many pollers from coming all at once."""
    if retry_s is not None:
        return max(retry_s, asked.interval) * random.uniform(1, 1.1)
    longest = min(asked.interval * 2 ** min(failures, 30), asked.backoff_max)
    return longest * (random.uniform(0.5, 1) if failures else random.uniform(0.95, 1.05))


def step(asked, state):
    """One poll and what follows from it: (state, succeeded, seconds to wait)."""
    try:
        new, wait_s = poll(asked, state), pause_s(asked, 0)
        good = True
    except Failed as error:
        failures = state.get("failures", 0) + 1
        wait_s = pause_s(asked, failures, error.retry_s)
        say("failed", asked, why=error, failures=failures, next_s=round(wait_s))
        new = {**state, "failures": failures, "not_before_s": time.time() + wait_s}
        good = False
    if new != state:
        write_state(asked, new)
    return new, good, wait_s


def main():
    asked = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with open(os.open(asked.state.with_name(asked.state.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600), "wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(f"poll_provider: {asked.state}: another process polls with it") from None
        state = read_state(asked)
        left_s = state.get("not_before_s", 0) - time.time()
        left_s = left_s if 0 < left_s <= 1.1 * RETRY_AFTER_MAX_S else 0  # later than that: the clock was wrong
        if left_s:
            say("waiting", asked, why="the last poll failed", next_s=round(left_s))
        if asked.once:
            return 0 if left_s or step(asked, state)[1] else 1
        time.sleep(left_s)
        while True:
            state, _, wait_s = step(asked, state)
            time.sleep(wait_s)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(0)
    except OSError as failure:
        sys.exit(f"poll_provider: {failure}")
