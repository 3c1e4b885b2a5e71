#!/usr/bin/env bash
# eng/image-check.sh [FILE]: is the image, an OCI archive of `make image` or of an engine, what the chart expects, and does it run as uid 65532 on a read-only root? No container engine. Needs root, umoci, skopeo.
set -euo pipefail
cd "$(dirname "$0")/.."
image="$(readlink -f "${1:-artifacts/image/scout.tar}")"
for tool in umoci skopeo setpriv unshare python3; do command -v "$tool" >/dev/null || { echo "$tool is missing" >&2; exit 3; }; done
[[ "$(id -u)" -eq 0 ]] || { echo "unpacking an image wants root" >&2; exit 3; }
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
die() { echo "image: $1" >&2; exit 1; }

skopeo inspect --config "oci-archive:$image" >"$work/config.json"
python3 - "$work/config.json" <<'PY' || exit 1
import json, sys
config = json.load(open(sys.argv[1]))["config"]
wanted = {"User": "65532:65532", "Entrypoint": ["/app/scout"], "ExposedPorts": {"8619/tcp": {}, "8620/tcp": {}, "8620/udp": {}}}
for key, value in wanted.items():
    if config.get(key) != value: sys.exit(f"image: {key} is {config.get(key)}, not {value}")
if config.get("Labels", {}).get("org.opencontainers.image.title") != "scout": sys.exit("image: no label org.opencontainers.image.title")
PY

skopeo copy --quiet "oci-archive:$image" "oci:$work/u:ci"
umoci unpack --image "$work/u:ci" "$work/bundle" >/dev/null
rootfs="$work/bundle/rootfs"
found="$(find "$rootfs" -xdev -perm /6000 -type f)"
[[ -z "$found" ]] || die "setuid files: $found"
found="$(find "$rootfs" -xdev \( -name '*.creds' -o -name '*.nk' -o -name 'enroll.token' -o -name 'id_rsa' -o -name '*.key' \) -type f)"
[[ -z "$found" ]] || die "keys or tokens: $found"
found="$(find "$rootfs" -xdev ! -type l \( -uid 65532 -o -gid 65532 -o -perm -0002 \) ! -path "$rootfs/tmp" ! -path "$rootfs/proc*" ! -path "$rootfs/sys*" ! -path "$rootfs/dev*")"
[[ -z "$found" ]] || die "writable by the user: $found"
for plugin in /usr/lib/scout/plugins/check_memory /usr/lib/nagios/plugins/check_dummy; do [[ -x "$rootfs$plugin" ]] || die "$plugin is missing"; done
size=$(du -sm "$rootfs/app" | cut -f1)
[[ "$size" -le 60 ]] || die "the program takes $size MB unpacked, more than 60"

# As the chart runs it: user 65532, no capability, no new privileges, read-only root, a volume of mode 0777 for the state, a folder of links for definitions.
mkdir -p "$work/machines/..1" "$work/state" "$work/config"
printf 'checks:\n  - { name: dummy, plugin: check_dummy 0 fine, interval: 1s }\n' >"$work/machines/..1/dummy.yaml"
ln -s ..1 "$work/machines/..data"
ln -s ..data/dummy.yaml "$work/machines/dummy.yaml"
printf 'node: n1\nmachines: /etc/scout/machines\ndata: /var/lib/scout/data\nhttp: ":8619"\nlog: { format: json }\nmesh: { enabled: true, peers: { sources: [{ dns: { name: localhost } }] } }\n' >"$work/config/server.yaml"
chmod 0777 "$work/state" "$work/machines" "$work/config"
chmod 0755 "$work" "$work/bundle"
mkdir -p "$rootfs/etc/scout/machines" "$rootfs/etc/scout/config" "$rootfs/var/lib/scout"
cat >"$work/inside.sh" <<'SH'
set -eu
work=$1 rootfs=$2
ip link set lo up
mount --bind "$rootfs" "$rootfs"
mount -o remount,bind,ro "$rootfs"
mount -t proc proc "$rootfs/proc"
mount -t tmpfs tmpfs "$rootfs/tmp"
for pair in machines:etc/scout/machines config:etc/scout/config; do
  mount --bind "$work/${pair%%:*}" "$rootfs/${pair#*:}"
  mount -o remount,bind,ro "$rootfs/${pair#*:}"
done
mount --bind "$work/state" "$rootfs/var/lib/scout"
mount --bind /dev "$rootfs/dev"
# chroot wants its capability; the change of user takes all of them away.
as="env -i PATH=/usr/bin:/bin SCOUT_SOCKET=/var/lib/scout/data/server.sock DOTNET_EnableDiagnostics=0 setpriv --no-new-privs /usr/sbin/chroot --userspec=65532:65532 $rootfs"
$as /app/scout server run --config /etc/scout/config/server.yaml >"$work/log" 2>&1 &
pid=$!
state=""
for _ in $(seq 150); do
  kill -0 "$pid" 2>/dev/null || { cat "$work/log" >&2; echo "image: the server ended" >&2; exit 1; }
  state="$($as /app/scout status --local -o json 2>/dev/null || true)"
  case "$state" in *'"OK"'*) break ;; esac
  sleep 0.2
done
case "$state" in *'"OK"'*) ;; *) cat "$work/log" >&2; echo "image: check_dummy did not reach OK: $state" >&2; exit 1 ;; esac
$as /app/scout probe http http://127.0.0.1:8619/healthz
$as /app/scout probe http http://127.0.0.1:8619/readyz
grep -q '^CapEff:[[:space:]]*0*$' "/proc/$pid/status" || { echo "image: it has capabilities" >&2; exit 1; }
grep -q '^NoNewPrivs:[[:space:]]*1$' "/proc/$pid/status" || { echo "image: it may gain privileges" >&2; exit 1; }
grep -q '^Uid:[[:space:]]*65532' "/proc/$pid/status" || { echo "image: another user" >&2; exit 1; }
resident() { sed -nE 's/^VmRSS:[[:space:]]*([0-9]+) kB/\1/p' "/proc/$pid/status"; }
first="$(resident)"
# 5 s after its start a node gives back what only the start needed.
sleep 7
echo "image: $((first / 1024)) MiB resident at first, $(($(resident) / 1024)) MiB seconds later"
kill -TERM "$pid"
code=0
wait "$pid" || code=$?
[ "$code" -eq 0 ] || { tail -5 "$work/log" >&2; echo "image: SIGTERM ended it with $code" >&2; exit 1; }
SH
unshare --mount --net --pid --fork --mount-proc sh "$work/inside.sh" "$work" "$rootfs"
echo "image: good; $(du -m "$image" | cut -f1) MB packed, $size MB of it the program unpacked"
