#!/usr/bin/env bash
# Builds the executable into out/. A second call with nothing changed is quick.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v dotnet >/dev/null || { echo "the .NET SDK 10 is missing: install dotnet-sdk-10.0 and try again" >&2; exit 3; }
log="$(mktemp)"
. eng/compiler.sh
trap 'rm -f "$log"; compiler_end' EXIT
compiler_begin
if ! dotnet publish src/Scout.Cli -c "${CONFIGURATION:-Release}" -o artifacts/publish/scout --nologo -v quiet ${compiler[@]+"${compiler[@]}"} >"$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi
# By rename, so that one that runs goes on with the old file; and nothing of older builds stays beside it.
mkdir -p out
cp artifacts/publish/scout/scout out/.scout.new
mv -f out/.scout.new out/scout
find out -mindepth 1 ! -path out/scout ! -path "out/aot*" -delete
