#!/usr/bin/python3
# tests/lint/inputs.py - lists what enters the two steps of the node, and refuses what enters beside it.
# SPDX-License-Identifier: Apache-2.0
"""A step is replayed from what its ports recorded (edge/inputs/inputs.h). So every kind of input has a port, and the code
that runs inside a step reads no clock, no socket, no file, no environment, no chance and no memory of another thread
beside them. Prints the ports; exit code 1 with a line for each breach."""
import pathlib
import re
import sys

# What runs inside edge_ingest_step and edge_serve_step. Store and decoder wait for the disk and for children: what they
# answer is a port (COMMIT, FOLD, RENDER, STORE_FREE; DECODE_*).
INSIDE = ["edge/ingest", "edge/serve", "edge/serve/fleet", "edge/serve/others", "edge/wire", "edge/handoff", "fusion/root", "fusion/aircraft", "fusion/reason",
          "fusion/context", "fusion/fold", "fusion/fabric"]
INSIDE_FILES = ["edge/kafka/deadletter.c", "edge/kafka/delivery.c", "edge/kafka/outbox.c", "edge/kafka/envelope.c", "edge/config/region.c"]
# Threads of their own, or before the first step.
OUTSIDE = {"edge/ingest/topic_discovery.c", "edge/ingest/import_log.c"}
# Names ports of the hand-offs and runs nothing inside a step.
NAMES_ONLY = ["edge/service/node.c"]

WORLD = re.compile(r"\b(clock_gettime|gettimeofday|time|edge_clock_now|edge_clock_mono_us|getenv|secure_getenv|rand|random|"
                   r"getrandom|arc4random|rand_r|drand48|clock|timespec_get|localtime(?:_r)?|setlocale|localeconv|"
                   r"fopen|open|openat|opendir|access|read|pread|fread|fgets|getline|mmap|recv|recvmsg|recvfrom|"
                   r"poll|ppoll|select|epoll_wait|statvfs|fstatvfs|stat|fstat|lstat|getpid|gettid|sched_getcpu|sysconf|"
                   r"pthread_self|mosquitto_\w+|rd_kafka_\w+|edge_mqtt_step|edge_kafka_serve)\s*\(")
# Memory without a file behind it says nothing of the world.
MEMORY = {("fusion/root/tile_pool.c", "mmap")}
ATOMIC = re.compile(r"\batomic_(load|exchange|fetch_\w+|compare_\w+)")
# Functions that read what another thread wrote, and the files that may call them: each passes it through a port there.
READERS = {
    "edge_mailbox_take": {"edge/serve/serve.c"},
    "edge_mailbox_acknowledged": {"edge/ingest/ingest.c"},
    "edge_health_all": {"edge/serve/node_status.c"},
    "edge_health_has": {"edge/ingest/ingest.c", "edge/ingest/ingest_due.c"},  # STORE: ingest's own bit
    "edge_health_stalled_us": {"edge/serve/node_status.c"},
    "edge_backqueue_empty": {"edge/handoff/restore_request.c"},  # for edge_restore_request_waiting(), outside steps
    "edge_restore_request_waiting": set(),
    "edge_ownership_read": {"edge/serve/owners.c"},
    "edge_ownership_leased": set(),  # the link's, whose answer is a port
    "edge_source_stats_own": {"edge/serve/catalog.c"},  # for those who only look
    "edge_metrics_value": {"edge/ingest/ingest.c"},  # its own counter, to another
    # Who looks at the node, and what they ask: no port, because nothing that a step puts out depends on it.
    # One file may know of it, and it writes to the viewers alone.
    "edge_viewing_watched": {"edge/serve/show/show.c"},
    "edge_viewing_followed": {"edge/serve/show/show.c"},
    "edge_viewing_asked": {"edge/serve/show/show_answer.c"},
}
ATOMIC_FILES = {"edge/handoff/mailbox.c", "edge/handoff/backqueue.c", "edge/handoff/source_stats.c",
                "edge/handoff/source_stats_store.c", "edge/handoff/viewing.c", "edge/handoff/seqlock.c",
                "edge/handoff/ownership.c"}
# Calls through a table of functions, and the one file that may make each: the port.
DIRECT = [(re.compile(r"\blink\s*(?:\.|->)\s*(?:send|receive|session|connected|behind)\s*\("), "edge/serve/link_port.c"),
          (re.compile(r"\bpublisher\s*(?:\.|->)\s*send\s*\("), "edge/serve/others/publish.c"),
          (re.compile(r"\bdecoder\s*(?:\.|->)\s*(?:start|take|ready)\s*\("), "edge/ingest/decoder_port.c"),
          (re.compile(r"\bport\s*(?:\.|->)\s*(?:start|stop|next|release)\s*\("), "edge/ingest/feed_port.c"),
          (re.compile(r"\bhealth\s*->\s*(?:troubles|step_mono_us)\b"), None)]
PORT = re.compile(r"\bEDGE_(?:IN|OUT)PUT_([A-Z_]+)\b")


def code_of(path):
    """The file without comments and texts."""
    text = re.sub(r"//[^\n]*", "", path.read_text(encoding="utf-8"))
    return re.sub(r'"(?:\\.|[^"\\\n])*"', '""', text)


def kinds(top):
    text = code_of(top / "edge/inputs/inputs.h")
    body = text[text.index("enum edge_input {"):]
    named = PORT.findall(body[:body.index("};")])
    return [name for name in named if name not in ("NUMBERS", "BYTES_END", "END")]


def look(top):
    """The ports, {kind: files}, and the breaches."""
    files = [path for folder in INSIDE for path in sorted((top / folder).glob("*.[ch]"))]
    files += [top / name for name in INSIDE_FILES]
    ports, breaches = {}, []
    for path in files:
        name = path.relative_to(top).as_posix()
        if name in OUTSIDE:
            continue
        code = code_of(path)
        for kind in set(PORT.findall(code)):
            ports.setdefault(kind, []).append(name)
        for number, line in enumerate(code.splitlines(), 1):
            for found in WORLD.finditer(line):
                if (name, found.group(1)) in MEMORY:
                    continue
                breaches.append(f"{name}:{number}: {found.group(1)}() inside a step, beside its ports")
            for direct, allowed in DIRECT:
                if direct.search(line) and name != allowed:
                    breaches.append(f"{name}:{number}: {direct.search(line).group(0)}...) beside its port")
            if ATOMIC.search(line) and name not in ATOMIC_FILES:
                breaches.append(f"{name}:{number}: reads memory that another thread writes, beside the hand-offs")
            for reader, allowed in READERS.items():
                if re.search(rf"\b{reader}\s*\(", line) and name not in allowed and not name.startswith("edge/handoff/") \
                        and path.suffix == ".c":
                    breaches.append(f"{name}:{number}: {reader}() beside its port")
    for name in NAMES_ONLY:
        for kind in set(PORT.findall(code_of(top / name))):
            ports.setdefault(kind, []).append(name)
    for kind in kinds(top):
        if kind not in ports and kind not in ("FINISH", "DIGEST", "MESSAGE"):  # those are of edge/inputs itself
            breaches.append(f"edge/inputs/inputs.h: EDGE_INPUT_{kind} has no port")
    return ports, breaches


def main():
    top = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    ports, breaches = look(top)
    for kind in kinds(top):
        print(f"{kind:16} {' '.join(sorted(set(ports.get(kind, ['edge/inputs/inputs.c']))))}")
    for breach in breaches:
        print(breach)
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
