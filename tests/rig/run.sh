#!/bin/bash
# tests/rig/run.sh [--long] [NAME...]
#
# Runs the rig's tests, or those with a NAME in their name; tests/run.sh runs them too, after all others.
# The first one builds what it needs. --long adds what takes longer.
set -euo pipefail
cd "$(dirname "$0")/../.."
data/setup.sh test
exec /usr/bin/python3 -B tests/lib/suite.py --rig "$@"
