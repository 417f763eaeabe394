#!/bin/sh
# tests/lint/format.sh - one look for the whole tree. `clang-format-14 -i FILE` mends what it names.
# SPDX-License-Identifier: Apache-2.0
set -eu
. tests/lint/tracked.sh
tracked '*.c' '*.h' | xargs clang-format-14 --dry-run -Werror
