#!/usr/bin/env python3
# deploy/manual.py - manual pages and shell completion of a program, made from what its --help prints.
# SPDX-License-Identifier: Apache-2.0
"""Write man/man1/NAME.1, bash/NAME and zsh/_NAME below FOLDER, and man/man5/drf-edge.yaml.5 for drf-edge.

The build runs it after linking. It reads the list of commands and the help of each, which the program prints
from its own tables; help that it cannot read ends the build.
"""
import argparse
import pathlib
import re
import shlex
import subprocess
import sys

NOTICE = "Advisory information, not certified, never a replacement for on-board sensing."
WRITTEN_BY = {  # words of a synopsis that stand for files and folders
    "FILE": "file", "FILE.gpkg": "file", "FILE.tif": "file", "FILE.yaml": "file", "SAMPLE": "file", "PROGRAM": "file",
    "DIR": "folder", "FOLDER": "folder"}


class Item:
    """A described option, or word, of a command."""

    def __init__(self, head, text):
        self.head, self.text = head, [text]


class Command:
    def __init__(self, name, synopsis, blocks):
        self.name, self.synopsis, self.blocks = name, synopsis, blocks  # a block is a paragraph or an Item
        self.options = {}  # name: the word of its value, None for a flag
        self.texts = {}
        for item in (b for b in blocks if isinstance(b, Item)):
            match = re.match(r"--([\w-]+)(?: (.+))?$", item.head)
            if match:
                self.options[match[1]] = match[2]
                self.texts[match[1]] = item.text[0]
        for option, value in re.findall(r"--([a-z][\w-]*)(?: ([^\s\[\]|]+(?:\|[^\s\[\]|]+)*))?", synopsis):
            self.options[option] = self.options.get(option) or value or None
        self.options.setdefault("help", None)
        bare = re.sub(r"--[\w-]+(?: [^\s\[\]|]+(?:\|[^\s\[\]|]+)*)?", " ", synopsis)
        words = re.findall(r"[\w.]+", bare)
        self.words = list(dict.fromkeys(word for word in words if re.fullmatch(r"[a-z]+", word)))
        self.operand = next((WRITTEN_BY[word] for word in words if word in WRITTEN_BY), None)
        self.commands = "COMMAND" in words


def refuse(why):
    sys.exit(f"manual.py: {why}")


def output(*words):
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        refuse(f"{shlex.join(map(str, words))} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def parse(program, name, text):
    """The help of a command: its synopsis, an empty line, then paragraphs and items (`  HEAD  text`)."""
    head, _, rest = text.partition("\n\n")
    synopsis = " ".join(head.removeprefix("usage: ").split())
    start = f"{program} {name}"
    if not (synopsis + " ").startswith(start + " "):
        refuse(f"the help of {start} begins with {synopsis!r}")
    blocks, paragraph = [], None
    for line in rest.splitlines():
        item = (re.match(r"  (--[\w-]+(?: [A-Z][\w:,.=-]*)?|\S+(?: \S+)*?) {2,}(\S.*)$", line)
                or re.match(r"  (--[\w-]+(?: [A-Z][A-Z0-9:,=.-]*)?) (\S.*)$", line))
        if item:
            blocks.append(Item(item[1], item[2]))
            paragraph = None
        elif line.startswith("    ") and blocks and isinstance(blocks[-1], Item):
            blocks[-1].text.append(line.strip())
        elif line.startswith("  "):
            refuse(f"the help of {start} has the line {line!r}")
        elif line == "":
            paragraph = None
        else:
            if paragraph is None:
                paragraph = []
                blocks.append(paragraph)
            paragraph.append(line)
    return Command(name, synopsis.removeprefix(start).strip(), blocks)


def read(path):
    """The program's line about itself and its commands, in its order."""
    listing = output(path, "--help")
    about = re.search(rf"^{path.name}: ((?:.|\n(?!\n))*)", listing, re.M)
    if not about:
        refuse(f"{path.name} --help does not say what it is")
    about = " ".join(about[1].split()).split(".")[0]
    names = re.findall(rf"^  (?:{path.name} )?([a-z]+)\b", listing, re.M)
    if len(names) < 5 or len(set(names)) != len(names):
        refuse(f"{path.name} --help lists {names}")
    return about, [parse(path.name, name, output(path, name, "--help")) for name in names]


# -- roff

def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join("\\&" + line if line[:1] in (".", "'") else line for line in text.split("\n"))


def prose(text):
    """`words` in backquotes are bold."""
    return re.sub(r"`([^`]+)`", r"\\fB\1\\fP", roff(text))


def synopsis(program, command):
    """Words to type bold, words that stand for something in italics."""
    words = [f"\\fB{roff(program)} {command.name}\\fP"]
    for word in re.findall(r"--[\w-]+|[A-Za-z][\w.:=]*|.", command.synopsis):
        if word.startswith("--") or re.fullmatch(r"[a-z]+", word):
            words.append(f"\\fB{roff(word)}\\fP")
        elif re.match(r"[A-Z]", word):
            words.append(f"\\fI{roff(word)}\\fP")
        else:
            words.append(roff(word))
    return words[0] + (" " + "".join(words[1:]) if len(words) > 1 else "")


def manual(program, version, about, commands):
    lines = ['.\\" SPDX-License-Identifier: Apache-2.0', f'.TH {roff(program.upper())} 1 "" "{roff(version)}" "User Commands"',
             ".SH NAME", f"{roff(program)} \\- {roff(about)}", ".SH SYNOPSIS", ".nh", ".ad l"]
    for command in commands:
        lines += [synopsis(program, command), ".br"]
    lines[-1] = ".ad b"
    lines += [".hy", ".SH DESCRIPTION", roff(NOTICE), ".SH COMMANDS"]
    for command in commands:
        lines += [f".SS {command.name}", synopsis(program, command)]
        for block in command.blocks:
            if isinstance(block, Item):
                if block.head == "--help":
                    continue
                lines += [".TP", f".B {roff(block.head)}", prose("\n".join(block.text))]
            else:
                lines += [".PP", prose("\n".join(block))]
    lines += [".SH EXIT STATUS", "0: done. 1: it could not be done, or something is wrong. 2: used wrongly.",
              "What differs is said at its command.", ".SH SEE ALSO"]
    lines += [".BR drf\\-edge.yaml (5),", ".BR drf\\-sim (1)"] if program == "drf-edge" else [".BR drf\\-edge (1)"]
    return "\n".join(lines) + "\n"


# -- completion

def values(word):
    """What may be completed for a value: file, folder, a list of words, or None."""
    if word is None:
        return None
    if word in WRITTEN_BY:
        return WRITTEN_BY[word]
    choices = [choice for choice in word.split("|") if re.fullmatch(r"[a-z]+", choice)] if "|" in word else []
    return choices or None


def bash(program, commands):
    function = "_" + program.replace("-", "_")
    names = " ".join(command.name for command in commands)
    lines = [f"# {program}: completion for bash, made by deploy/manual.py", "# SPDX-License-Identifier: Apache-2.0",
             f"{function}() {{", "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}", "    COMPREPLY=()",
             '    if [ "$COMP_CWORD" -eq 1 ]; then',
             f"        mapfile -t COMPREPLY < <(compgen -W '{names} --help --version' -- \"$word\")", "        return", "    fi",
             '    case "${COMP_WORDS[1]} $before" in']
    kinds = {"file": "compopt -o default", "folder": "compopt -o dirnames"}
    for command in commands:
        for option, word in command.options.items():
            if word is None:
                continue
            kind = values(word)
            act = (f"mapfile -t COMPREPLY < <(compgen -W '{' '.join(kind)}' -- \"$word\")" if isinstance(kind, list)
                   else kinds.get(kind, ":"))
            lines.append(f"    '{command.name} --{option}') {act}; return ;;")
    lines += ["    esac", '    case "${COMP_WORDS[1]}" in']
    for command in commands:
        offered = names if command.commands else " ".join(command.words)
        dashed = " ".join(f"--{option}" for option in command.options)
        lines += [f"    {command.name})", '        case "$word" in',
                  f"        -*) mapfile -t COMPREPLY < <(compgen -W '{dashed}' -- \"$word\") ;;"]
        if offered:
            lines.append(f"        *) mapfile -t COMPREPLY < <(compgen -W '{offered}' -- \"$word\") ;;")
        elif command.operand:
            lines.append(f"        *) {kinds[command.operand]} ;;")
        lines += ["        esac", "        ;;"]
    lines += ["    esac", "}", f"complete -F {function} {program}"]
    return "\n".join(lines) + "\n"


def zsh(program, about, commands):
    def quote(text):
        return text.replace("'", "'\\''")

    def describe(text):
        return quote(re.sub(r"([\[\]:\\])", r"\\\1", text.replace("`", "")))

    acts = {"file": "_files", "folder": "_files -/"}
    lines = [f"#compdef {program}", f"# {program}: completion for zsh, made by deploy/manual.py",
             "# SPDX-License-Identifier: Apache-2.0", "local -a commands", "commands=("]
    for command in commands:
        first = next((b[0] for b in command.blocks if isinstance(b, list)), command.name)
        lines.append(f"    '{command.name}:{describe(first)}'")
    lines += [")", "if (( CURRENT == 2 )); then", f"    _describe -t commands '{program} command' commands", "    return", "fi",
              "local command=$words[2]", "shift words", "(( CURRENT-- ))", "case $command in"]
    for command in commands:
        lines += [f"{command.name})", "    _arguments \\"]
        for option, word in command.options.items():
            text = describe(command.texts.get(option, option))
            if word is None:
                lines.append(f"        '*--{option}[{text}]' \\")
                continue
            kind = values(word)
            act = f"({' '.join(kind)})" if isinstance(kind, list) else acts.get(kind, " ")
            lines.append(f"        '*--{option}[{text}]:{describe(word)}:{act}' \\")
        if command.commands:
            lines.append(f"        '*:command:({' '.join(c.name for c in commands)})'")
        elif command.words:
            lines.append(f"        '*:word:({' '.join(command.words)})'")
        elif command.operand:
            lines.append(f"        '*:{command.operand}:{acts[command.operand]}'")
        else:
            lines[-1] = lines[-1].removesuffix(" \\")
        lines.append("    ;;")
    lines.append("esac")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path, help="drf-edge or drf-sim, as built")
    parser.add_argument("folder", type=pathlib.Path)
    options = parser.parse_args()
    path = options.program.resolve()
    name = path.name
    about, commands = read(path)
    made = {f"man/man1/{name}.1": manual(name, output(path, "--version").strip(), about, commands),
            f"bash/{name}": bash(name, commands), f"zsh/_{name}": zsh(name, about, commands)}
    if name == "drf-edge":
        made["man/man5/drf-edge.yaml.5"] = output(path, "config", "--manual")
    for target, text in made.items():
        target = options.folder / target
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
