#!/bin/sh
# tests/lint/hygiene.sh - what no reviewer should have to look for.
# SPDX-License-Identifier: Apache-2.0
set -u
. tests/lint/tracked.sh
# A pipe's last command is a shell of its own: what it finds is told through a file.
bad=$(mktemp)
trap 'rm -f "$bad"' EXIT
report() { # TITLE, then the findings on standard input
    found=$(cat)
    [ -z "$found" ] && return
    printf '%s:\n%s\n' "$1" "$found"
    echo found >>"$bad"
}

{
    tracked '*.c' '*.h' '*.py' '*.sh' '*.proto' '*CMakeLists.txt' '*.cmake' '*.yaml' '*.yml'
    tracked | while IFS= read -r file; do
        head -c 2 "$file" | grep -q '^#!' && printf '%s\n' "$file"
    done
} | sort -u | while IFS= read -r file; do
    head -n 6 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || printf '%s\n' "$file"
done | report 'no SPDX line among the first six'

here=$(pwd -P)
tracked | xargs grep -nIF -- "$here/" /dev/null | cut -c1-160 | report 'paths of this machine'
tracked | xargs grep -nIE -- '(^|[^A-Za-z0-9_.}-])/(home|Users|root|work)/[A-Za-z]' /dev/null | cut -c1-160 |
    report 'paths of a developer machine'
tracked | while IFS= read -r file; do find "$file" -size +512k; done | report 'larger than 512 kB'
tracked '*.c' | xargs wc -l | awk '$2 != "total" && $1 > 600' | report 'longer than 600 lines (400 is when to look twice)'
tracked '*.c' '*.h' '*.py' '*.sh' '*.md' '*.proto' '*.yaml' | xargs grep -nIE '[[:blank:]]+$' /dev/null | cut -c1-160 |
    report 'blanks at the end of a line'
[ ! -s "$bad" ]
