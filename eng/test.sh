#!/usr/bin/env bash
# Builds everything, runs every test project and ends with one line, "N passed, N failed, N skipped". The test programs are started directly, the longest first and
# two at a time; beside them the executable is published, and then those that start it run, three at a time, for they mostly wait.
# FILTER="--filter-class '*.Name'" and ONLY=Scout.Nats.Tests narrow it down; TEST_JOBS=1 leaves more of the processor to each.
set -uo pipefail
cd "$(dirname "$0")/.."
export MSBUILDDISABLENODEREUSE=1 CONFIGURATION="${CONFIGURATION:-Release}"
configuration="${CONFIGURATION,,}"
logs="$(mktemp -d)"
. eng/compiler.sh
trap 'rm -rf "$logs"; compiler_end' EXIT

fail() { # reason: nothing was tested, which is a failure
  echo "$1" >&2
  echo "0 passed, 1 failed"
  exit 1
}

eng/deps.sh test || fail "something that the tests need is missing"
started=$SECONDS
compiler_begin
dotnet build Scout.sln -c "$CONFIGURATION" --nologo -v quiet ${compiler[@]+"${compiler[@]}"} >"$logs/build" 2>&1 || { tail -n 60 "$logs/build" >&2; fail "the build failed"; }
echo "built in $((SECONDS - started)) s"

# Those that start out/scout, which is published meanwhile, and all others, the longest first.
executable=(Scout.EndToEnd Scout.MeshLab Scout.Server.Tests Scout.Chart.Tests Scout.Traffic.Tests)
others=(Scout.Checks.Tests Scout.Broker.Tests Scout.Nats.Tests Scout.Machines.Tests)
for project in tests/*/; do
  name="$(basename "$project")"
  [[ "$name" != *.Tests || " ${executable[*]} ${others[*]} " == *" $name "* ]] || others+=("$name")
done
if [[ -n "${ONLY:-}" ]]; then
  executable=($ONLY) others=()
fi

run() { # one test program: its output into a file, its verdict into another
  local name=$1 started=$SECONDS
  timeout --kill-after=10 "${TEST_TIMEOUT:-420}" "artifacts/bin/$name/$2/$name" --no-ansi --no-progress ${FILTER:-} >"$3/$name.log" 2>&1 </dev/null
  echo "$? $((SECONDS - started))" >"$3/$name.exit"
}
export -f run

lane() { # how many at a time unless TEST_JOBS says so, names
  local jobs="${TEST_JOBS:-$1}"
  shift
  [[ $# -eq 0 ]] || printf '%s\n' "$@" | xargs -P "$jobs" -I{} bash -c 'run {} "$0" "$1"' "$configuration" "$logs"
}

lane 2 ${others[@]+"${others[@]}"} &
beside=$!
if eng/build.sh; then
  compiler_end
  echo "built and published in $((SECONDS - started)) s"
  lane 3 "${executable[@]}"
else
  echo "out/scout could not be built" >&2
  echo "1 0" >"$logs/publish.exit"
fi
wait "$beside"

passed=0 failed=0 skipped=0 failures=""
count() { sed -nE "s/^ *$2: *([0-9]+).*/\1/p" "$1" | tail -n 1; }
for exit in "$logs"/*.exit; do
  name="$(basename "$exit" .exit)"
  log="$logs/$name.log"
  touch "$log"
  read -r code seconds <"$exit"
  p="$(count "$log" succeeded)" f="$(count "$log" failed)" s="$(count "$log" skipped)"
  if [[ -z "$p" || ("$code" -ne 0 && "${f:-0}" -eq 0 && "$code" -ne 8) ]]; then
    # It ended without a summary: killed, crashed, or out of time.
    echo "$name ended with exit code $code and no verdict" >&2
    f=$((${f:-0} + 1))
  fi
  printf '%-28s %5d passed %4d failed %4d skipped %5d s\n' "$name" "${p:-0}" "${f:-0}" "${s:-0}" "$seconds"
  if [[ "${f:-0}" -gt 0 ]]; then
    grep -vE '^ *(\[?[+x?0-9/ ]+\]?)$' "$log" | tail -n "${LOG_LINES:-150}" >&2
    # Once more at the end, where somebody who sees only the last lines finds them.
    failures+="$(grep -E '^ *failed ' -A 4 "$log" | head -n 60)"$'\n'
  elif [[ "${s:-0}" -gt 0 ]]; then
    grep -iE '^ *skipped ' -A 1 "$log" | head -n 20
  fi
  passed=$((passed + ${p:-0})) failed=$((failed + ${f:-0})) skipped=$((skipped + ${s:-0}))
done
[[ -n "$failures" ]] && printf '%s' "$failures"
echo "all in $((SECONDS - started)) s"
echo "$passed passed, $failed failed, $skipped skipped"
[[ "$failed" -eq 0 && "$passed" -gt 0 ]]
