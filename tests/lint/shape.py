#!/usr/bin/env python3
# tests/lint/shape.py [--check] [TREE] - measures the structure of the sources and checks its rules.
# SPDX-License-Identifier: Apache-2.0
"""Prints, for the rooms geo, fusion, edge, sim and schemas of TREE (default: this tree): files per folder, the order
of the sub-folders by their includes, circles of calls between files, function lengths, comment share, duplicates,
references that lead nowhere, headers without a first line, and mutable globals. With --check it ends with 1 where
a rule is broken.

How: comments and strings are blanked, then braces are counted; what stands before a brace at depth 0 and ends in a
parameter list is a function. A file and its header are one unit. A function calls what it names: a function with
external linkage of another unit, called or handed on. It reads text only: no compiler, no index."""
import collections
import functools
import pathlib
import re
import subprocess
import sys

ROOMS = ("geo", "fusion", "edge", "sim", "schemas")
FILES_MOST = 45        # source files in one folder
CIRCLE_MOST = 5        # files of a room that call each other in a circle
FUNCTION_MOST = 100    # lines of a function; .clang-tidy refuses the same
DUPLICATE_LINES = 6    # lines in a row that stand in two places
DUPLICATE_PLACES = 8   # a run that stands in more places than this is an idiom, not a copy

Function = collections.namedtuple("Function", "name lines static body")


def listed(tree):
    if (tree / ".git").exists():
        command = ["git", "-c", f"safe.directory={tree}", "ls-files", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(command, cwd=tree, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    else:
        names = [str(p.relative_to(tree)) for p in tree.rglob("*") if not {"build", "demo"} & set(p.parts)]
    return sorted(name for name in names if (tree / name).is_file())


BLANKED = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)


def blank(match):
    text = match[0]
    keep = text[0] in "\"'"
    body = "".join("\n" if c == "\n" else " " for c in text)
    return text[0] + body[1:-1] + text[0] if keep and len(text) > 1 else body


def code_of(text):
    """The text with comments and the insides of strings blanked, and preprocessor lines emptied; lines stay."""
    code = BLANKED.sub(blank, text)
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: "\n" * m[0].count("\n"), code, flags=re.M)


HEAD = re.compile(r"\b(\w+)\s*\([^{};]*\)\s*$")
NOT_FUNCTIONS = {"if", "for", "while", "switch", "defined", "sizeof", "_Static_assert"}


# `static const struct { ... } table[] = { ... };` is one declaration in two pairs of braces.
TYPE = re.compile(r"\b(?:struct|union|enum)\b[^=()]*$")
VARIABLE = re.compile(r"\s*\w[^;{(]*[=;]")


def pieces(code):
    """(kind, head, body, first line, last line) of what stands at depth 0: kind is "{" or ";"."""
    depth = start = opened = 0
    line = head_line = 1
    head = type_head = ""
    for at, char in enumerate(code):
        if char == "\n":
            line += 1
        elif char == "{":
            if depth == 0:
                head, opened = type_head + code[start:at], at
                head_line = line - head.lstrip().count("\n")
            depth += 1
        elif char == "}":
            depth -= 1
            if depth == 0 and TYPE.search(head) and VARIABLE.match(code, at + 1):
                type_head, start = head + " ", at + 1
            elif depth == 0:
                yield "{", head.strip(), code[opened:at + 1], head_line, line
                type_head, start = "", at + 1
        elif char == ";" and depth == 0:
            yield ";", (type_head + code[start:at]).strip(), "", line, line
            type_head, start = "", at + 1


@functools.lru_cache(None)
def parsed(path):
    text = path.read_text(encoding="utf-8")
    code = code_of(text)
    functions, globals_ = [], []
    for kind, head, body, first, last in pieces(code):
        match = HEAD.search(head) if kind == "{" else None
        if match and match[1] not in NOT_FUNCTIONS and "=" not in head:
            functions.append(Function(match[1], last - first + 1, "static" in head.split(), body))
            for found in re.finditer(r"^\s+static\s+(?!const\b|inline\b)([^;={}()]*?)(\w+)(\[[^;={}]*\])?\s*[=;]", body, re.M):
                if "const" not in found[1]:
                    globals_.append(found[2])
        elif kind == "{" and "=" in head and re.search(r"\bconst\b", head) is None:
            globals_.append(head.split("=")[0].split("[")[0].split()[-1])
        elif kind == ";" and head and not re.match(r"(typedef|extern|struct \w+$|enum \w+$|union \w+$|_Static_assert)", head) \
                and "(" not in head and "sig_atomic_t" not in head and "const" not in head.split("=")[0] and len(head.split("=")[0].split()) > 1:
            globals_.append(head.split("=")[0].split("[")[0].split()[-1])
    includes = re.findall(r'^#include "((?:' + "|".join(ROOMS) + r')/[^"]+)"', text, re.M)
    return text, code, functions, includes, globals_


def unit(name):
    return name.rsplit(".", 1)[0]


def folder(name):
    return name.rsplit("/", 1)[0]


def circles(graph):
    """The strongly connected parts of more than one node (Tarjan), largest first."""
    index, low, on, stack, found = {}, {}, set(), [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        on.add(node)
        for other in sorted(graph.get(node, ())):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in on:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            part = set()
            while True:
                other = stack.pop()
                on.discard(other)
                part.add(other)
                if other == node:
                    break
            if len(part) > 1:
                found.append(sorted(part))

    sys.setrecursionlimit(10000)
    for node in sorted(graph):
        if node not in index:
            visit(node)
    return sorted(found, key=lambda part: (-len(part), part))


def layers(graph, nodes):
    """The nodes from the lowest up: each after all it includes. Nodes of a circle come last, by name."""
    order, left = [], set(nodes)
    while left:
        ready = sorted(n for n in left if not (graph.get(n, set()) & left - {n}))
        if not ready:
            return order, sorted(left)
        order.append(ready)
        left -= set(ready)
    return order, []


def duplicates(sources):
    """Pairs of files that share at least one run of DUPLICATE_LINES lines, and the runs."""
    seen = collections.defaultdict(list)
    for path, (_, code, *_rest) in sources.items():
        lines = [(n, re.sub(r"\s+", " ", raw).strip()) for n, raw in enumerate(code.splitlines(), 1)]
        lines = [(n, t) for n, t in lines if re.search(r"\w", t)]
        for at in range(len(lines) - DUPLICATE_LINES + 1):
            window = lines[at:at + DUPLICATE_LINES]
            if sum(len(t) for _, t in window) >= 90:
                seen[tuple(t for _, t in window)].append((path, window[0][0]))
    pairs = collections.defaultdict(list)
    for places in seen.values():
        if 1 < len(places) <= DUPLICATE_PLACES:
            for i, (a, at_a) in enumerate(places):
                for b, at_b in places[i + 1:]:
                    pairs[a, b].append((at_a, at_b))
    return pairs


def references(tree, names):
    """Pages, numbered rules and files of the tree that a file names and that do not exist: (file, line, reference)."""
    known = set(names)
    by_base = collections.defaultdict(set)
    for name in names:
        by_base[name.rsplit("/", 1)[-1]].add(name)
    rules = {}
    for name in names:
        if name.endswith(".md"):
            text = (tree / name).read_text(encoding="utf-8")
            rules[name] = set(re.findall(r"^(?:\*\*)?([0-9]+)\.(?:\*\*)? ", text, re.M)) | set(re.findall(r"^#+ (.+)$", text, re.M))
    for name in names:
        if not re.search(r"\.(c|h|md|py|sh|txt|yaml|proto|cmake)$", name) and "/" in name and "." in name.rsplit("/", 1)[-1]:
            continue
        if name.startswith("tests/data/"):
            continue
        try:
            text = (tree / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if name in ("tests/lint/shape.py", "tests/lint/test_shape.py"): # they name what does not exist on purpose
            continue
        for found in re.finditer(r"`([\w/]+\.[ch])`\s`(\w+)`", text) if name.endswith(".md") else ():  # `file` `function`
            at = [found[1]] if found[1] in known else sorted(by_base[found[1]])
            if at and not any(re.search(rf"\b{found[2]}\b", (tree / p).read_text(encoding="utf-8")) for p in at):
                yield name, text.count("\n", 0, found.start()) + 1, f"{found[2]} in {found[1]}"
        for number, line in enumerate(text.splitlines(), 1):
            for found in re.finditer(r"([\w./-]*\b[\w-]+\.md)\b(?:,? (?:rule|promise|point)s? ([0-9]+(?:(?:, | and | to )[0-9]+)*))?", line):
                page = found[1].lstrip("./")
                at = [p for p in (page, f"{folder(name)}/{page}" if "/" in name else page) if p in known] or sorted(by_base[page])
                if not at:
                    yield name, number, found[0]
                elif not set(re.findall("[0-9]+", found[2] or "")) <= rules[at[0]]:
                    yield name, number, found[0]
            for found in re.finditer(r"(?<![\w./-])(?:" + "|".join(ROOMS) + r"|tests|deploy)/[a-z0-9_/]+\.(?:c|h|py|sh|proto)\b", line):
                if found[0] not in known:
                    yield name, number, found[0]
            for found in re.finditer(r"\b(DESIGN|CONTRACT)\b(?!_)(?!\.md)", line):
                yield name, number, found[0]
            if name.endswith(".md"):
                for found in re.finditer(r"\]\(([^)#:]+)(?:#[^)]*)?\)", line):
                    target = (pathlib.PurePosixPath(name).parent / found[1]).as_posix()
                    target = re.sub(r"[^/]+/\.\./", "", re.sub(r"^\./", "", target)).rstrip("/")
                    if target != "." and not (tree / target).exists():
                        yield name, number, found[1]


class Tree:
    def __init__(self, root):
        self.root = root
        self.names = listed(root)
        # An example is a program of its own, as a drone's developer would write it: no part of a room.
        self.sources = {n: parsed(root / n) for n in self.names if not n.startswith("schemas/examples/")
                        and re.match(r"(?:" + "|".join(ROOMS) + r")/.*\.[ch]$", n)}

    def folders(self):
        return collections.Counter(folder(n) for n in self.sources)

    def calls(self):
        home = {}
        for name, (_, _, functions, _, _) in self.sources.items():
            for f in functions:
                if not f.static:
                    home[f.name] = unit(name)
        graph = collections.defaultdict(set)
        for name, (_, _, functions, _, _) in self.sources.items():
            for f in functions:
                for used in set(re.findall(r"\b\w+\b", f.body)):
                    if used in home and home[used] != unit(name):
                        graph[unit(name)].add(home[used])
        return graph

    def folder_includes(self, room):
        graph = collections.defaultdict(set)
        why = collections.defaultdict(list)
        for name, (_, _, _, includes, _) in self.sources.items():
            for other in includes:
                a, b = folder(name), folder(other)
                if a != b and a.split("/")[0] == b.split("/")[0] == room:
                    graph[a].add(b)
                    why[a, b].append((name, other))
        return graph, why


def report(tree):
    broken = []
    counts = tree.folders()
    print("source files per folder")
    for name in sorted(counts):
        lines = sum(t[0].count("\n") for n, t in tree.sources.items() if folder(n) == name)
        print(f"  {name:24} {counts[name]:4} files {lines:6} lines")
    tests = collections.Counter(folder(n) for n in tree.names if re.match(r"tests/.*\.(?:[ch]|py)$", n))
    print("  tests: " + ", ".join(f"{n.removeprefix('tests/')} {tests[n]}" for n in sorted(tests)))
    for name, count in sorted((counts + tests).items()):
        if count > FILES_MOST:
            broken.append(f"{name}: {count} source files, {FILES_MOST} are the most")
    print("order of sub-folders (each includes only what stands before it)")
    for room in ROOMS:
        nodes = sorted(n for n in counts if n.split("/")[0] == room)
        graph, why = tree.folder_includes(room)
        order, circle = layers(graph, nodes)
        print(f"  {room}: " + " < ".join(" ".join(n.removeprefix(room + "/") for n in level) for level in order))
        if circle:
            print("    in a circle: " + " ".join(circle))
            for a, b in sorted(why):
                if a in circle and b in circle:
                    sample = ", ".join(f"{x} -> {y}" for x, y in sorted(why[a, b])[:3])
                    broken.append(f"{a} includes {b} and is included by it in turn ({len(why[a, b])}: {sample})")
    print("circles of calls between files")
    calls = tree.calls()
    for room in ROOMS:
        inside = {n: {o for o in others if o.startswith(room + "/")} for n, others in calls.items() if n.startswith(room + "/")}
        for part in circles(inside):
            print(f"  {room}: {len(part)}: " + " ".join(p.removeprefix(room + "/") for p in part))
            if len(part) > CIRCLE_MOST:
                broken.append(f"{room}: {len(part)} files call each other in a circle, {CIRCLE_MOST} are the most")
    lengths = sorted(f.lines for _, _, functions, _, _ in tree.sources.values() for f in functions)
    at = lambda share: lengths[min(len(lengths) - 1, int(share * len(lengths)))]
    print(f"functions: {len(lengths)}; lines p50 {at(.5)}, p90 {at(.9)}, p99 {at(.99)}, max {lengths[-1]}")
    if lengths[-1] > FUNCTION_MOST:
        broken.append(f"a function of {lengths[-1]} lines, {FUNCTION_MOST} are the most")
    lines = sum(t[0].count("\n") for t in tree.sources.values())
    comments = sum(len(re.findall(r"^\s*(?://|/\*|\*)|\S\s*//", re.sub(r'"(?:\\.|[^"\\\n])*"', '""', t[0]), re.M))
                   for t in tree.sources.values())
    print(f"comments: {comments} of {lines} lines ({100 * comments / lines:.1f} %)")
    pairs = duplicates(tree.sources)
    print(f"duplicates: {len(pairs)} pairs of files share {DUPLICATE_LINES} lines or more")
    for (a, b), runs in sorted(pairs.items(), key=lambda item: -len(item[1]))[:12]:
        print(f"  {len(runs) + DUPLICATE_LINES - 1:3} lines: {a}:{runs[0][0]} ~ {b}:{runs[0][1]}")
    dangling = list(references(tree.root, tree.names))
    print(f"references that lead nowhere: {len(dangling)}")
    for name, number, what in dangling:
        print(f"  {name}:{number}: {what}")
        broken.append(f"{name}:{number}: {what} does not exist")
    heads = [n for n, t in tree.sources.items() if n.endswith(".h") and not re.match(r"// " + re.escape(n) + r" - \S.*\n// SPDX-License-Identifier: Apache-2.0\n", t[0])]
    print(f"headers whose first line is not `// path - what it is`, with the SPDX line below: {len(heads)}")
    broken += [f"{n}: the first line is not `// {n} - what it is`, the second not the SPDX line" for n in heads]
    silent = [n for n, t in tree.sources.items() if n.endswith(".c") and t[0].count("\n") > 250
              and not re.match(r"(?://[^\n]*\n)?// SPDX[^\n]*\n(?://[^\n]*\n)*(?:// [^\n]*\n){2,}", t[0])]
    print(f"sources over 250 lines that do not begin with how they work: {len(silent)}")
    broken += [f"{n}: over 250 lines and does not begin with a paragraph on how it works" for n in silent]
    found = [f"{n}: {g}" for n, t in sorted(tree.sources.items()) for g in t[4]]
    print(f"mutable globals: {len(found)}")
    for line in found:
        print("  " + line)
    broken += [f"{line}: a mutable global" for line in found]
    return broken


def main():
    arguments = [a for a in sys.argv[1:] if a != "--check"]
    root = pathlib.Path(arguments[0]).resolve() if arguments else pathlib.Path(__file__).resolve().parents[2]
    broken = report(Tree(root))
    if "--check" in sys.argv[1:]:
        print(f"rules broken: {len(broken)}")
        for line in broken:
            print("  " + line)
        sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
