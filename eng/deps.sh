#!/usr/bin/env bash
# Installs the Debian packages that build, demo and tests use, when something of them is missing. Prints nothing when all is there.
set -euo pipefail

# command or file that proves it, package
needs=(
  "nats-server nats-server"
  "/usr/lib/nagios/plugins/check_disk monitoring-plugins-basic"
  "/usr/lib/nagios/plugins/check_dns monitoring-plugins-standard"
  "openssl openssl"
)
if [[ "${1:-}" == test ]]; then
  needs+=(
    "prometheus-node-exporter prometheus-node-exporter"
    "promtool prometheus"
    "/usr/lib/python3/dist-packages/jsonschema/__init__.py python3-jsonschema"
    "cc gcc"
    "/usr/include/stdio.h libc6-dev"
    "zsh zsh"
    "fish fish"
    "ip iproute2"
    "nft nftables"
    "sysctl procps"
  )
fi

missing=()
PATH="$PATH:/usr/sbin:/sbin"
for need in "${needs[@]}"; do
  read -r proof package <<<"$need"
  if [[ "$proof" == /* ]]; then
    [[ -e "$proof" ]] || missing+=("$package")
  else
    command -v "$proof" >/dev/null || missing+=("$package")
  fi
done
[[ ${#missing[@]} -eq 0 ]] && exit 0

if [[ "$(id -u)" -ne 0 ]] || ! command -v apt-get >/dev/null; then
  printf 'missing: %s\ninstall them and try again:  sudo apt-get install --no-install-recommends %s\n' "${missing[*]}" "${missing[*]}" >&2
  exit 3
fi

echo "installing ${missing[*]}" >&2
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
# Services that the packages would start are of no use here: the tests start their own on free ports.
policy=/usr/sbin/policy-rc.d
if [[ ! -e "$policy" ]]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 0755 "$policy"
  trap 'rm -f "$log" "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get update && apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "apt-get could not install: ${missing[*]}" >&2
  exit 3
fi
