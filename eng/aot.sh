#!/usr/bin/env bash
# The same sources compiled ahead of time, for net9.0 (the compiler of net10.0 is not in every registry): a proof that nothing stands in the way.
# Leaves out/aot/scout and tries it: version, lint, and a server with a check. No warnings. Without the compiler or a linker it says what is missing and ends with 77.
set -euo pipefail
cd "$(dirname "$0")/.."
framework="${AOT_FRAMEWORK:-net9.0}"
case "$(uname -m)" in
  x86_64) runtime=linux-x64 ;;
  aarch64) runtime=linux-arm64 ;;
  *) echo "skipped: no compiler for $(uname -m)" >&2; exit 77 ;;
esac
linker=()
if ! command -v clang >/dev/null; then
  command -v gcc >/dev/null || { echo "skipped: neither clang nor gcc is there to link with (apt-get install clang)" >&2; exit 77; }
  linker=(-p:CppCompilerAndLinker=gcc)
fi
work="$(mktemp -d)"
pid=""
. eng/compiler.sh
finish() { [[ -z "$pid" ]] || kill "$pid" 2>/dev/null || true; compiler_end; rm -rf "$work"; }
trap finish EXIT
compiler_begin

common=(src/Scout.Cli -r "$runtime" "-p:ScoutTargetFramework=$framework" -p:PublishAot=true "-p:ArtifactsPath=$PWD/artifacts/aot" -p:RestoreLockedMode=false --nologo)
if ! dotnet restore "${common[@]}" -v quiet >"$work/restore" 2>&1; then
  if grep -qE 'NU110[0-3].*ILCompiler' "$work/restore"; then
    echo "skipped: the registry has no ahead-of-time compiler for $framework ($(grep -oEm1 '[A-Za-z0-9.-]*ILCompiler' "$work/restore"))" >&2
    exit 77
  fi
  cat "$work/restore" >&2
  exit 1
fi
started=$SECONDS
dotnet publish "${common[@]}" --no-restore -c Release -p:RunAnalyzers=false -v quiet ${linker[@]+"${linker[@]}"} ${compiler[@]+"${compiler[@]}"} -o artifacts/aot/out >"$work/publish" 2>&1 || { cat "$work/publish" >&2; exit 1; }
if grep -q 'warning' "$work/publish"; then
  grep 'warning' "$work/publish" | sort -u >&2
  exit 1
fi
mkdir -p out/aot
cp artifacts/aot/out/scout out/aot/.scout.new
mv -f out/aot/.scout.new out/aot/scout
scout="$PWD/out/aot/scout"

"$scout" version
"$scout" machine lint machines >/dev/null
mkdir -p "$work/machines" "$work/plugins"
printf '#!/bin/sh\necho "OK - fine | load=1;5;9"\n' >"$work/plugins/check_fine"
chmod 0755 "$work/plugins/check_fine" "$work"
printf 'checks:\n  - { name: fine, plugin: check_fine, interval: 1s }\n  - { name: port, tcp: { host: 127.0.0.1, port: 9 }, interval: 1s }\n' >"$work/machines/checks.yaml"
printf 'plugin_path: [%s]\n' "$work/plugins" >"$work/server.yaml"
"$scout" server run --config "$work/server.yaml" --node aot --machines "$work/machines" --data "$work/data" --http 127.0.0.1:0 >"$work/log" 2>&1 &
pid=$!
ready=""
for _ in $(seq 300); do
  kill -0 "$pid" 2>/dev/null || { cat "$work/log" >&2; pid=""; echo "aot: the server ended" >&2; exit 1; }
  ready="$("$scout" status --socket "$work/data/server.sock" -o json 2>/dev/null || true)"
  [[ "$ready" == *'"OK"'* && "$ready" == *'"CRITICAL"'* ]] && break
  sleep 0.1
done
[[ "$ready" == *'"OK"'* && "$ready" == *'"CRITICAL"'* ]] || { cat "$work/log" >&2; echo "aot: one check OK, one CRITICAL, expected; got: $ready" >&2; exit 1; }
resident="$(sed -nE 's/^VmRSS:[[:space:]]*([0-9]+) kB/\1/p' "/proc/$pid/status")"
kill -TERM "$pid"
code=0
wait "$pid" || code=$?
pid=""
[[ "$code" -eq 0 ]] || { tail -5 "$work/log" >&2; echo "aot: SIGTERM ended it with $code" >&2; exit 1; }
echo "aot: good; $framework, $(du -m "$scout" | cut -f1) MB, $((resident / 1024)) MiB resident with two checks, built in $((SECONDS - started)) s"
