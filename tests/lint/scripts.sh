#!/bin/sh
# tests/lint/scripts.sh - every script parses: sh, bash and python.
# SPDX-License-Identifier: Apache-2.0
set -u
. tests/lint/tracked.sh
bad=$(mktemp)
trap 'rm -f "$bad"' EXIT
tracked | while IFS= read -r file; do
    case $(head -n 1 "$file" | tr -d '\0') in
    '#!/bin/sh'*) sh -n "$file" ;;
    '#!'*bash*) bash -n "$file" ;;
    '#!'*python3*) /usr/bin/python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read(), sys.argv[1])' "$file" ;;
    *)
        case $file in
        *.py) /usr/bin/python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read(), sys.argv[1])' "$file" ;;
        *) true ;;
        esac
        ;;
    esac || echo "$file" >>"$bad"
done
[ ! -s "$bad" ]
