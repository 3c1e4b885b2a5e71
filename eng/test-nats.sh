#!/usr/bin/env bash
# Runs the tests that talk to a nats-server once for each executable given: roles, attacks, streams, whole fleets. make test-nats NATS="/path/one /path/two".
set -uo pipefail
cd "$(dirname "$0")/.."
[[ $# -gt 0 ]] || { echo "name one nats-server or more: make test-nats NATS=\"/path/to/nats-server ...\"" >&2; exit 2; }
failed=0
for server in "$@"; do
  [[ -x "$server" ]] || { echo "$server is no program" >&2; exit 2; }
  echo "$("$server" --version)"
  # The first of the list is what tests start; brokers of whole fleets are told, too.
  SCOUT_TEST_NATS="$(realpath "$server")" ONLY="${ONLY:-Scout.Nats.Tests Scout.Broker.Tests Scout.Server.Tests Scout.EndToEnd}" eng/test.sh || failed=1
done
exit "$failed"
