# tests/lint/tracked.sh - sourced: tracked [PATTERN...] prints the tree's files, tracked and new ones alike.
# SPDX-License-Identifier: Apache-2.0
# A tree that belongs to somebody else (sudo) and one without git (an archive) are read too.
tracked() {
    if [ -e .git ]; then
        git -c safe.directory="$(pwd -P)" ls-files --cached --others --exclude-standard -- "$@" |
            while IFS= read -r file; do if [ -f "$file" ]; then printf '%s\n' "$file"; fi; done
    else
        find . -path ./build -prune -o -path ./demo -prune -o -type f -print | sed 's|^\./||' |
            while IFS= read -r file; do
                [ $# -gt 0 ] || { printf '%s\n' "$file"; continue; }
                for pattern in "$@"; do
                    # shellcheck disable=SC2254
                    case "$file" in $pattern) printf '%s\n' "$file" ;; esac
                done
            done
    fi
}
