#!/bin/bash
# tests/bench/run.sh [--quick] [--json FILE] [BENCH...]
#
# Installs what the benches need, builds for speed, runs all benches or those named (frame, latency,
# input, growth, shots, peers, rig), prints their tables and which of the bars hold, and writes all numbers
# to FILE, else to build-bench/bench.json. 20 minutes; with --quick 8, and less to be relied on. rig, which is run
# when it is named, compares where dma-bufs are real, in the machine of tests/rig: 5 minutes.
set -euo pipefail
cd "$(dirname "$0")/../.."

data/setup.sh bench

# One that has ScanoutMap (9.2) and, beside the D-Bus display, its own windows and SPICE.
qemu=$(command -v qemu-system-x86_64)
if ! "$qemu" --version | grep -Eq 'version (1[0-9]|9\.2)'; then
	tests/lib/fetch-qemu.sh 10 tests/.cache/bench-qemu qemu-system-gui
	qemu=tests/.cache/bench-qemu/qemu-system-x86_64
fi

[ -f build-bench/build.ninja ] || meson setup build-bench --buildtype=release >/dev/null || {
	cat build-bench/meson-logs/meson-log.txt
	exit 1
}
ninja -C build-bench --quiet

exec /usr/bin/python3 -B tests/bench/bench.py --build build-bench --qemu "$qemu" \
	--json build-bench/bench.json "$@"
