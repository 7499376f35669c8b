#!/usr/bin/env bash
# Renews the golden outputs (expected.txt, expected.json) of tests/scenarios from what the program says now. Each
# scenario runs twice; one that says two different things fails and is left as it was.
#   tools/update_expected.sh [NAME...]   these scenarios; all of them without a name
# Look at the difference before you commit it. Facts asserted in expect.yaml are never changed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=tools/packages.sh
source tools/packages.sh
if [[ -z "${VAUBAN:-}" ]]; then
  cmake --preset dev >/dev/null
  cmake --build --preset dev --target vauban -j "$(vauban_jobs)"
  VAUBAN="$PWD/build/dev/vauban"
fi
export VAUBAN
exec python3 tests/run_scenarios.py --update "$@"
