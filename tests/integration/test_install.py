#!/usr/bin/python3
# tests/integration/test_install.py - `cmake --install`, the manual pages, and completion in real shells.
# SPDX-License-Identifier: Apache-2.0
"""What pages and shells offer is compared with what the programs take, not with what made them."""
import functools
import json
import os
import pty
import re
import select
import shutil
import subprocess
import time

import yaml

from drf_fixture import BIN, DEADLINE_S, TOP, Folder, main, skip

BUILD = BIN.parent
PAGES = "usr/share/doc/drf-edge"


def run(*words, code=0, **options):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=DEADLINE_S, **options)
    assert code is None or done.returncode == code, f"{words} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done


def install(prefix, *options, destination=None):
    environment = {**os.environ, **({"DESTDIR": str(destination)} if destination else {})}
    run("cmake", "--install", BUILD, "--prefix", prefix, *options, env=environment)


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def page(path):
    """A manual page as a reader sees it; groff complains of nothing."""
    done = run("man", "--warnings", "-E", "UTF-8", "-l", path,
               env={**os.environ, "MANWIDTH": "4000", "LC_ALL": "C.UTF-8", "MANROFFOPT": "-rHY=0"})
    assert done.stderr == "", done.stderr
    # A wide page is still justified, where a line is as long as that.
    return re.sub(r" +", " ", re.sub(r".\x08", "", done.stdout))


def test_an_install_lies_in_the_folders_of_gnu():
    with Folder("install") as folder:
        install("/usr", destination=folder.path)
        there = files(folder.path)
        for file in ("usr/bin/drf-edge", "usr/bin/drf-sim", "etc/drf-edge/drf-edge.yaml", "usr/share/man/man1/drf-edge.1",
                     "usr/share/man/man1/drf-sim.1", "usr/share/man/man5/drf-edge.yaml.5",
                     "usr/share/bash-completion/completions/drf-edge", "usr/share/zsh/site-functions/_drf-edge",
                     "usr/share/drf-edge/mosquitto/acl", f"{PAGES}/deploy/operations.md", f"{PAGES}/schemas/client.md"):
            assert file in there, f"{file} is not among {sorted(there)}"
        assert {file.split("/")[0] for file in there} == {"usr", "etc"}, there
        # Below /usr nothing in them is changed.
        assert (folder.path / "etc/drf-edge/drf-edge.yaml").read_bytes() == (TOP / "deploy/drf-edge.yaml").read_bytes()
        unit = TOP / "deploy/systemd/drf-edge.service"
        if unit.exists():
            assert (folder.path / "usr/lib/systemd/system/drf-edge.service").read_bytes() == unit.read_bytes()


def test_an_install_elsewhere_names_its_own_folders_and_keeps_a_configuration():
    with Folder("install") as folder:
        prefix = folder.path / "opt"
        install(prefix)
        sample = prefix / "etc/drf-edge/drf-edge.yaml"
        assert yaml.safe_load(sample.read_text())["store"]["path"] == f"{prefix}/var/lib/drf-edge/niagara.gpkg"
        unit = prefix / "lib/systemd/system/drf-edge.service"
        if unit.exists():
            assert f"ExecStart={prefix}/bin/drf-edge run --config {sample}\n" in unit.read_text()
        (prefix / "var/lib/drf-edge").mkdir(parents=True)  # systemd makes it
        run(prefix / "bin/drf-edge", "check", "--offline", "--config", sample)
        assert run(prefix / "bin/drf-sim", "--version").stdout.startswith("drf-sim ")
        sample.write_text("# mine\n")
        install(prefix)
        assert sample.read_text() == "# mine\n"


def test_an_install_of_one_program_has_nothing_of_the_other():
    with Folder("install") as folder:
        install(folder.path, "--component", "drf-sim")
        there = files(folder.path)
        assert "bin/drf-sim" in there and not [file for file in there if "drf-edge" in file], there


def test_links_of_the_installed_pages_lead_to_installed_pages():
    with Folder("install") as folder:
        install(folder.path)
        # Pages for developers lie in the source alone.
        source = {"ARCHITECTURE.md", "CONTRIBUTING.md", "README.md"}
        for file in (folder.path / "share/doc/drf-edge/deploy").glob("*.md"):
            for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", file.read_text()):
                target = (file.parent / link).resolve()
                known = target.exists() or target.name in source or (TOP / "deploy" / link).resolve().exists()
                assert known, f"{file.name} leads to {link}"
                if "/schemas/" in str(target):
                    assert target.exists(), f"{file.name} leads to {link}, which is not installed"


@functools.cache
def commands(program):
    listing = run(BIN / program, "--help").stdout
    names = re.findall(rf"^  (?:{program} )?([a-z]+) ", listing.replace("\n", " \n"), re.M)
    assert len(names) > 8, listing
    return names


def test_every_key_of_the_configuration_is_in_its_page():
    keys = yaml.safe_load(run(BIN / "drf-edge", "config").stdout)
    text = page(BUILD / "share/man/man5/drf-edge.yaml.5")
    for section, content in keys.items():
        begin = re.search(rf"^{section}$", text, re.M)
        assert begin, f"no section {section}"
        end = re.compile(r"^\S", re.M).search(text, begin.end() + 1)
        own = text[begin.end():end.start()]
        for key in (content[0] if section == "feeds" else content or {}):
            if section != "kafka":
                assert re.search(rf"^ {key}\b", own, re.M), f"{section}.{key} is not in drf-edge.yaml(5)"
    # Some facts, read from the page as a person would.
    assert re.search(r"^ level\b(.*\n)?.*fixed in the file\. A whole number, 8 to 15\. +Default: 12$", text, re.M), text
    assert re.search(r"^ topic\b(.*\n)?.*may not exist yet\. Taken over on reload\. Required\. +Example: terrain\.dem$", text, re.M), text


def test_every_command_and_option_is_in_the_pages():
    for program in ("drf-edge", "drf-sim"):
        text = page(BUILD / f"share/man/man1/{program}.1")
        assert re.search(rf"^NAME\n +{program} - \S", text, re.M), text[:300]
        for name in commands(program):
            shown = run(BIN / program, name, "--help").stdout
            begin = re.search(rf"^ {name}$", text, re.M)
            assert begin, f"{program}(1) lacks {name}"
            own = text[begin.end():]
            own = own[:re.compile(r"^ [a-z]+$|^[A-Z]", re.M).search(own).start()]
            for option in set(re.findall(r"(?<![\w-])--[a-z][\w-]*", shown)) - {"--help"}:
                assert re.search(rf"{option}(?![\w-])", own), f"{program}(1), {name}: no {option}"


def bash_offers(program, *words):
    """What bash offers for the last word."""
    line = " ".join(words)
    script = (f". {BUILD}/share/bash/{program}\ncompopt() {{ printf 'compopt %s\\n' \"$2\"; }}\n"
              f"COMP_WORDS=({' '.join(json.dumps(word) for word in words)})\nCOMP_CWORD={len(words) - 1}\n"
              f"COMP_LINE={json.dumps(line)}\n$(complete -p {program} | sed 's/.*-F \\([^ ]*\\) .*/\\1/')\n"
              "printf '%s\\n' \"${COMPREPLY[@]}\"")
    return run("bash", "-c", script).stdout.split("\n")[:-1]


def test_bash_offers_what_the_programs_take():
    for program in ("drf-edge", "drf-sim"):
        offered = bash_offers(program, program, "")
        assert offered[:-2] == commands(program) and offered[-2:] == ["--help", "--version"], offered
    assert bash_offers("drf-edge", "drf-edge", "re") == ["replay"]
    assert bash_offers("drf-edge", "drf-edge", "query", "--a") == ["--agl", "--at"]
    assert bash_offers("drf-edge", "drf-edge", "replay", "--speed", "") == ["max", "real"]
    assert bash_offers("drf-edge", "drf-edge", "run", "--config", "") == ["compopt default", ""]
    assert bash_offers("drf-edge", "drf-edge", "deadletters", "") == ["list", "resubmit"]
    assert bash_offers("drf-edge", "drf-edge", "help", "exp") == ["export"]
    assert bash_offers("drf-sim", "drf-sim", "world", "--out", "") == ["compopt dirnames", ""]
    # Too little to do anything; what is asked is whether the options are known. (drf-sim reads its options by the table
    # that its help is printed from.)
    text = (BUILD / "share/bash/drf-edge").read_text()
    with Folder("completion") as folder:
        for name in commands("drf-edge"):
            options = bash_offers("drf-edge", "drf-edge", name, "--")
            words = [word for option in options if option != "--help"
                     for word in ([option, "x"] if f"'{name} {option}')" in text else [option])]
            said = run(BIN / "drf-edge", name, *words, code=None, cwd=folder.path, stdin=subprocess.DEVNULL).stderr
            assert "not known" not in said and "needs a value" not in said, f"drf-edge {name} {words}: {said}"
            wrote = sorted(path.name for path in folder.path.iterdir())  # `support` packs what there is, without a node too
            assert wrote == (["x"] if name == "support" else []), f"drf-edge {name} {words} wrote {wrote}"
            for path in folder.path.iterdir():
                path.unlink()


def zsh_completes(home, texts):
    """Types each text and a tab into a zsh that has our functions; what its line is then."""
    (home / ".zshrc").write_text(
        f"fpath=({BUILD}/share/zsh $fpath)\nautoload -Uz compinit\ncompinit -u -D\nPROMPT='> '\nunset zle_bracketed_paste\n"
        "setopt NO_BEEP NO_PROMPT_SP\nshow() { print -r -- \"$BUFFER\" >> $ZDOTDIR/lines; zle kill-whole-line }\n"
        "zle -N show\nbindkey '^X' show\n: > $ZDOTDIR/lines\n")
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(ZDOTDIR=str(home), TERM="dumb", PATH=f"{BIN}:{os.environ['PATH']}")
        os.execvp("zsh", ["zsh", "-i"])
    try:
        end, said, typed, lines = time.monotonic() + DEADLINE_S, b"", 0, []
        while len(lines) < len(texts):
            assert time.monotonic() < end, said.decode(errors="replace")
            if select.select([terminal], [], [], 0.05)[0]:
                said += os.read(terminal, 4096)
            lines = (home / "lines").read_text().splitlines() if (home / "lines").exists() else []
            if typed == len(lines) < len(texts) and b"> " in said:
                os.write(terminal, texts[typed].encode() + b"\t\x18")
                typed += 1
        return [line.rstrip() for line in lines]
    finally:
        os.close(terminal)
        os.kill(child, 9)
        os.waitpid(child, 0)


def test_zsh_completes_commands_and_options():
    if not shutil.which("zsh"):
        skip("zsh is not installed")
    typed = {"drf-edge exp": "drf-edge export", "drf-edge query --nea": "drf-edge query --nearest",
             "drf-sim world --size": "drf-sim world --size-km", "drf-edge replay --speed re": "drf-edge replay --speed real"}
    with Folder("zsh") as folder:
        found = zsh_completes(folder.path, list(typed))
        assert found == list(typed.values()), found


def test_help_that_cannot_be_read_ends_the_build():
    with Folder("manual") as folder:
        program = folder.path / "drf-edge"
        names = ["aa", "bb", "cc", "dd", "ee"]
        listing = "".join(f"  drf-edge {name}  \n" for name in names)
        for wrong, why in (("drf-edge aa\n\nText.\n   --odd is not at its place\n", "has the line"),
                           ("drf-edge zz\n\nText.\n", "begins with")):
            program.write_text(f"#!/bin/sh\n[ $1 = --help ] && printf 'drf-edge: a node.\\n\\n{listing}' && exit\n"
                               f"printf '{wrong}'\n".replace("\n\n", "\\n\\n").replace(".\n ", ".\\n ").replace("\n'", "\\n'"))
            program.chmod(0o755)
            said = run("/usr/bin/python3", TOP / "deploy/manual.py", program, folder.path / "out", code=1).stderr
            assert why in said, said


main(globals())
