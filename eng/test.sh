#!/usr/bin/env bash
# Runs every test project and ends with one line, "N passed, N failed, N skipped". The test programs are started directly, two at a time; those
# that measure time or start many processes run alone, last. FILTER="--filter-class '*.Name'" and ONLY=Scout.Nats.Tests narrow it down.
set -uo pipefail
cd "$(dirname "$0")/.."
export MSBUILDDISABLENODEREUSE=1 CONFIGURATION="${CONFIGURATION:-Release}"
configuration="${CONFIGURATION,,}"
logs="$(mktemp -d)"
trap 'rm -rf "$logs"' EXIT

fail() { # reason: nothing was tested, which is a failure
  echo "$1" >&2
  echo "0 passed, 1 failed"
  exit 1
}

eng/deps.sh test || fail "something that the tests need is missing"
started=$SECONDS
dotnet build Scout.sln -c "$CONFIGURATION" --nologo -v quiet >"$logs/build" 2>&1 || { tail -n 60 "$logs/build" >&2; fail "the build failed"; }
eng/build.sh || fail "out/scout could not be built"
echo "built in $((SECONDS - started)) s"

run() { # one test program: its output into a file, its verdict into another
  local name=$1 log=$2/$1 started=$SECONDS
  timeout --kill-after=10 "${TEST_TIMEOUT:-420}" "artifacts/bin/$name/$3/$name" --no-ansi --no-progress ${FILTER:-} >"$log.log" 2>&1 </dev/null
  echo "$? $((SECONDS - started))" >"$log.exit"
}
export -f run

alone=(Scout.EndToEnd Scout.MeshLab)
together=()
for project in tests/*/; do
  name="$(basename "$project")"
  [[ "$name" == *.Tests ]] && together+=("$name")
done
if [[ -n "${ONLY:-}" ]]; then
  together=($ONLY)
  alone=()
fi
printf '%s\n' "${together[@]}" | xargs -P 2 -I{} bash -c 'run {} "$0" "$1"' "$logs" "$configuration"
for name in ${alone[@]+"${alone[@]}"}; do run "$name" "$logs" "$configuration"; done

passed=0 failed=0 skipped=0 failures=""
count() { sed -nE "s/^ *$2: *([0-9]+).*/\1/p" "$1" | tail -n 1; }
for name in "${together[@]}" ${alone[@]+"${alone[@]}"}; do
  log="$logs/$name.log"
  read -r code seconds <"$logs/$name.exit"
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
