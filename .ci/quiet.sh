#!/usr/bin/env bash
# Runs a command and shows what it printed only when it failed.
set -uo pipefail
log=$(mktemp)
"$@" >"$log" 2>&1 </dev/null
code=$?
((code == 0)) || cat "$log"
rm -f "$log"
exit "$code"
