#!/usr/bin/env bash
# Builds the image artifacts/image/scout.tar (an OCI archive) without a container engine: Debian's packages as the base, the program by the .NET SDK. The base is kept
# in artifacts/image; delete it to get newer packages. Needs root, mmdebstrap, umoci, skopeo and docker-registry, and a Debian mirror; exit 3 where something is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD work=$PWD/artifacts/image
case "$(uname -m)" in
  x86_64) arch=amd64 ;;
  aarch64) arch=arm64 ;;
  *) echo "no image for $(uname -m)" >&2; exit 3 ;;
esac
for tool in mmdebstrap umoci skopeo docker-registry dotnet; do
  command -v "$tool" >/dev/null || { echo "$tool is missing: apt-get install mmdebstrap umoci skopeo docker-registry" >&2; exit 3; }
done
[[ "$(id -u)" -eq 0 ]] || { echo "the base image is made as root" >&2; exit 3; }

registry=""
. eng/compiler.sh
finish() { compiler_end; [[ -z "$registry" ]] || kill "$registry" 2>/dev/null || true; }
trap finish EXIT
mkdir -p "$work"

if [[ ! -e "$work/base.tar" ]]; then
  made=0
  mmdebstrap --quiet --variant=apt --include=ca-certificates,libssl3,libstdc++6,zlib1g,tzdata,monitoring-plugins-basic \
    --customize-hook="install -d \"\$1/usr/lib/scout/plugins\" && install -m 0755 '$root'/checks/check_* \"\$1/usr/lib/scout/plugins/\"" \
    --customize-hook='rm -rf "$1"/etc/apt/sources.list "$1"/etc/apt/sources.list.d/* "$1"/etc/apt/apt.conf.d/99mmdebstrap' \
    --customize-hook='find "$1" -xdev -perm /6000 -type f -exec chmod a-s {} +' \
    --customize-hook='find "$1" -xdev -type d -perm -0002 ! -path "$1/tmp" -exec chmod o-w {} +' \
    bookworm "$work/base.new.tar" || made=$?
  [[ $made -eq 0 ]] || { echo "the base could not be made of Debian's packages (does the mirror answer?)" >&2; exit 3; }
  mv "$work/base.new.tar" "$work/base.tar"
fi

rm -rf "$work/oci" "$work/registry" "$work/scout.tar"
umoci init --layout "$work/oci"
umoci new --image "$work/oci:base"
umoci raw add-layer --image "$work/oci:base" "$work/base.tar"
umoci config --image "$work/oci:base" --config.user 65532:65532 --architecture "$arch" --os linux

# A registry on loopback, for as long as the SDK reads the base from it.
port=$((20000 + $$ % 20000))
printf 'version: 0.1\nlog: { level: error }\nstorage: { filesystem: { rootdirectory: %s } }\nhttp: { addr: 127.0.0.1:%s }\n' "$work/registry" "$port" >"$work/registry.yml"
docker-registry serve "$work/registry.yml" >"$work/registry.log" 2>&1 &
registry=$!
for _ in $(seq 100); do
  (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
  kill -0 "$registry" || { cat "$work/registry.log" >&2; exit 1; }
  sleep 0.1
done
skopeo copy --quiet --dest-tls-verify=false "oci:$work/oci:base" "docker://127.0.0.1:$port/scout-base:1"
compiler_begin
DOTNET_CONTAINER_INSECURE_REGISTRIES=127.0.0.1:$port dotnet publish src/Scout.Cli -c Release ${compiler[@]+"${compiler[@]}"} /t:PublishContainer --nologo -v quiet \
  -p:ContainerBaseImage="127.0.0.1:$port/scout-base:1" -p:ContainerArchiveOutputPath="$work/scout.tar"
echo "$work/scout.tar"
