#!/usr/bin/python3
# tests/lint/tidy.py BUILD [JOBS] - clang-tidy with the tree's .clang-tidy over every source that BUILD compiles.
# SPDX-License-Identifier: Apache-2.0
"""A source is looked at again only when it, its headers, its flags or the checks changed: what passed is kept
under BUILD/tidy, named by a digest of the preprocessed text. JOBS sources at a time; as many as there are cores."""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
ROOMS = tuple(f"{TOP}/{room}/" for room in ("geo", "fusion", "edge", "schemas", "sim"))
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
    return hashlib.sha256(salt + done.stdout + pathlib.Path(entry["file"]).read_bytes()).hexdigest()


def check(entry, build, salt):
    """The findings, empty if there are none."""
    name = digest(entry, salt)
    passed = name and build / "tidy" / name
    if passed and passed.exists():
        return ""
    done = subprocess.run(["clang-tidy-14", "--quiet", "-p", build, entry["file"]], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode == 0:
        if passed:
            passed.touch()
        return ""
    lines = [line for line in done.stdout.splitlines() if not NOISE.match(line)]
    return "\n".join(lines) or f"{entry['file']}: clang-tidy ended with {done.returncode}"


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    (build / "tidy").mkdir(exist_ok=True)
    salt = (TOP / ".clang-tidy").read_bytes() + pathlib.Path(__file__).read_bytes()
    entries = [e for e in json.loads((build / "compile_commands.json").read_text()) if e["file"].startswith(ROOMS)]
    if not entries:
        sys.exit("no sources in compile_commands.json")
    jobs = int(sys.argv[2]) if len(sys.argv) > 2 else os.cpu_count()
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        findings = [text for text in pool.map(lambda e: check(e, build, salt), entries) if text]
    print("\n".join(findings) or f"{len(entries)} sources, no findings")
    sys.exit(1 if findings else 0)


main()
