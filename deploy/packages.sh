#!/usr/bin/env bash
# deploy/packages.sh [run|package|test]: install the Debian 12 packages that building and running need (`run`),
# these and what making packages needs (`package`), or these and what the tests need (`test`, the default). As root
# or through sudo; what is there already is left alone, and when all of it is there nothing is asked of the network.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail

run_packages=(
    build-essential cmake ninja-build pkg-config
    librdkafka-dev libmosquitto-dev mosquitto mosquitto-clients openssl
    libgdal-dev libproj-dev proj-data libeccodes-dev libeccodes-data
    libsqlite3-dev sqlite3 libjansson-dev libyaml-dev libexpat1-dev
    libprotobuf-c-dev protobuf-c-compiler protobuf-compiler
    libmicrohttpd-dev libseccomp-dev libcurl4-openssl-dev libssl-dev uthash-dev libpng-dev libzstd-dev zlib1g-dev
    libdeflate-dev libcmocka-dev python3 esbuild
)
package_packages=(debhelper)
test_packages=(
    clang clang-format clang-tidy libclang-rt-14-dev git
    kcat openjdk-17-jre-headless maven openssl
    libeccodes-tools zstd debootstrap lintian man-db zsh
    chromium gdal-bin python3-gdal python3-numpy python3-paho-mqtt python3-protobuf python3-confluent-kafka python3-yaml
    curl python3-jsonschema python3-venv systemd prometheus iproute2
)
# Debian's npm cannot stand beside another's nodejs, and that one brings its own.
command -v npm >/dev/null || test_packages+=(nodejs npm)

case "${1:-test}" in
run) wanted=("${run_packages[@]}") ;;
package) wanted=("${run_packages[@]}" "${package_packages[@]}") ;;
test) wanted=("${run_packages[@]}" "${package_packages[@]}" "${test_packages[@]}") ;;
*)
    echo "usage: $0 [run|package|test]" >&2
    exit 2
    ;;
esac

absent() {
    local package
    for package in "${wanted[@]}"; do
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
    done
}

mapfile -t missing < <(absent)
[ ${#missing[@]} -eq 0 ] && exit 0

echo "installing: ${missing[*]}"
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
        echo "$0: root or sudo is needed to install: ${missing[*]}" >&2
        exit 1
    }
    exec sudo -- "$BASH" "$0" "$@"
fi

# Debian's packages would start a broker on port 1883 and a Prometheus, and enable them for every boot; nobody
# asked for those. A policy-rc.d refuses their start while we install (an existing policy is left as it is).
policy=/usr/sbin/policy-rc.d
idle=()
for service in mosquitto prometheus; do
    dpkg-query -W -f='${db:Status-Status}' $service 2>/dev/null | grep -qx installed || idle+=("$service")
done
if [ ${#idle[@]} -gt 0 ] && [ ! -e $policy ]; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 130' INT TERM
    # shellcheck disable=SC2016
    printf '%s\n' '#!/bin/sh' 'case "$1" in mosquitto* | prometheus*) exit 101 ;; esac' 'exit 0' >$policy
    chmod 755 $policy
fi

export DEBIAN_FRONTEND=noninteractive
install=(apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 "${missing[@]}")
# The lists may be absent or older than the archive: only then are they read again.
"${install[@]}" >/dev/null 2>&1 || {
    apt-get update -qq -o DPkg::Lock::Timeout=120
    "${install[@]}" >/dev/null
}

if command -v systemctl >/dev/null; then
    for service in "${idle[@]}"; do
        systemctl disable --quiet "$service.service" 2>/dev/null || true
    done
fi
mapfile -t missing < <(absent)
[ ${#missing[@]} -eq 0 ] || {
    echo "$0: still missing: ${missing[*]}" >&2
    exit 1
}
