#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh TARGET NAME: fuzz for DRF_FUZZ_SECONDS (default 10) from the seeds of tests/data/corpus/NAME.
set -eu
target=$1 name=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
mkdir -p "$work/new"
seeds=tests/data/corpus/$name
[ -d "$seeds" ] || seeds=
"$target" -seed="${DRF_FUZZ_SEED:-1}" -max_total_time="${DRF_FUZZ_SECONDS:-10}" -timeout=10 -rss_limit_mb=4096 -max_len=65536 \
    -artifact_prefix="$work/" -print_final_stats=1 "$work/new" $seeds 2>"$work/log" || {
    cat "$work/log"
    for f in "$work"/crash-* "$work"/timeout-* "$work"/oom-*; do
        [ -f "$f" ] && { echo "input: $f"; base64 "$f" | head -c 4000; }
    done
    exit 1
}
grep -E 'stat::(number_of_executed_units|peak_rss_mb)' "$work/log"
