#!/usr/bin/env bash
# Runs the benchmarks; each prints its table and, last, one JSON line. Exit code 77: skipped, with the reason.
set -uo pipefail
cd "$(dirname "$0")/.."
dotnet build tests/Scout.Benchmarks -c Release --nologo -v quiet >/dev/null || { dotnet build tests/Scout.Benchmarks -c Release --nologo -v quiet; exit 1; }
exec artifacts/bin/Scout.Benchmarks/release/Scout.Benchmarks "$@"
