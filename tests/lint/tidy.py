#!/usr/bin/python3
# tests/lint/tidy.py BUILD [JOBS] - clang-tidy with the tree's .clang-tidy over every source that BUILD compiles.
# SPDX-License-Identifier: Apache-2.0
"""A source is looked at again only when it, its headers, its flags, the checks or the tool changed: what passed is
kept under ~/.cache/drf/tidy (XDG_CACHE_HOME is obeyed), named by a digest of the preprocessed text without the path of
the tree, for every checkout alike; what was not asked for in 30 days is deleted. JOBS sources at a time; as many as
there are cores. The analyzer follows a tenth of the paths it would by itself, which takes a quarter of the time;
with DRF_FULL=1 all of them."""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
ROOMS = tuple(f"{TOP}/{room}/" for room in ("geo", "fusion", "edge", "schemas", "sim"))
DEPTH = () if os.environ.get("DRF_FULL") == "1" else tuple(
    f"--extra-arg={word}" for word in ("-Xclang", "-analyzer-config", "-Xclang", "max-nodes=22500"))
NOISE = re.compile(r"^\d+ warnings? |^Suppressed |^Use -header-filter")


def preprocess_command(entry):
    words = iter(shlex.split(entry["command"])[1:])
    kept = ["clang-14", "-E", "-w"]
    for word in words:
        if word in ("-o", "-MF", "-MT"):
            next(words)
        elif word not in ("-c", "-MD", "-MMD"):
            kept.append(word)
    return kept


def digest(entry, salt):
    """None when clang does not understand the source: clang-tidy will say why."""
    done = subprocess.run(preprocess_command(entry), cwd=entry["directory"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        return None
    # Comments count: a NOLINT stands in one, and -E drops them.
    text = entry["command"].encode() + done.stdout
    for path in (entry["directory"], str(TOP)):
        text = text.replace(path.encode(), b"")
    return hashlib.sha256(salt + text + pathlib.Path(entry["file"]).read_bytes()).hexdigest()


def cache():
    """The folder of what passed, without what nobody asked for in a while."""
    folder = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "drf" / "tidy"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        if old.stat().st_mtime < time.time() - 30 * 86400:
            old.unlink(missing_ok=True)
    return folder


def check(entry, build, salt, folder):
    """The findings, empty if there are none."""
    name = digest(entry, salt)
    passed = name and folder / name
    if passed and passed.exists():
        passed.touch()
        return ""
    done = subprocess.run(["clang-tidy-14", "--quiet", "-p", build, *DEPTH, entry["file"]], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode == 0:
        if passed:
            passed.touch()
        return ""
    lines = [line for line in done.stdout.splitlines() if not NOISE.match(line)]
    return "\n".join(lines) or f"{entry['file']}: clang-tidy ended with {done.returncode}"


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    folder = cache()
    version = subprocess.run(["clang-tidy-14", "--version"], stdout=subprocess.PIPE, check=True).stdout
    salt = version + (TOP / ".clang-tidy").read_bytes() + pathlib.Path(__file__).read_bytes() \
        + "".join(DEPTH).encode()
    entries = [e for e in json.loads((build / "compile_commands.json").read_text()) if e["file"].startswith(ROOMS)]
    if not entries:
        sys.exit("no sources in compile_commands.json")
    jobs = int(sys.argv[2]) if len(sys.argv) > 2 else os.cpu_count()
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        findings = [text for text in pool.map(lambda e: check(e, build, salt, folder), entries) if text]
    print("\n".join(findings) or f"{len(entries)} sources, no findings")
    sys.exit(1 if findings else 0)


main()
