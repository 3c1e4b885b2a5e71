#!/usr/bin/env bash
# The main job, end to end, on this machine alone: a secure fleet of a broker and three nodes with the definitions of machines/, a web server that gets killed,
# a stale lock that gets removed, maintenance, somebody who may not, events. Everything it starts ends with it. --non-interactive: do not wait for a key at the end.
set -euo pipefail
cd "$(dirname "$0")/.."
interactive=1
for argument in "$@"; do
  case "$argument" in
    --non-interactive) interactive=0 ;;
    *) echo "usage: make demo [ARGS=--non-interactive]" >&2; exit 2 ;;
  esac
done
[[ -t 0 && -t 1 ]] || interactive=0

eng/deps.sh
echo "building out/scout ..."
eng/build.sh
scout="$PWD/out/scout"
dir="$(mktemp -d "${TMPDIR:-/tmp}/scout-demo.XXXXXX")"
mkdir "$dir/textfile"
processes=()

finish() {
  trap '' INT TERM
  local pid
  for pid in "${processes[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in "${processes[@]}"; do wait "$pid" 2>/dev/null || true; done
  # The web servers were started by a remediation, so they outlive their node on purpose; here they must not.
  for file in "$dir"/*/machines/website/pid; do
    [[ -r "$file" ]] || continue
    read -r pid <"$file"
    if [[ "$(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null)" == *webserver* ]]; then kill "$pid" 2>/dev/null || true; fi
  done
  rm -rf "$dir"
}
trap finish EXIT
trap 'exit 130' INT TERM

if [[ -t 1 && -z "${NO_COLOR:-}" ]]; then bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'; else bold='' dim='' plain=''; fi
say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
show() { # a command as the user would type it, and what it prints
  local word line=''
  for word in "$@"; do [[ "$word" =~ [[:space:]*] ]] && line+=" '$word'" || line+=" $word"; done
  printf '%s$ scout%s%s\n' "$dim" "$line" "$plain"
  "$scout" "$@" || true
}
give_up() {
  echo "$1" >&2
  tail -n 20 "$dir"/*.log >&2 || true
  exit 1
}
wait_for() { # what, seconds, command...: until the command succeeds
  local what=$1 limit=$((SECONDS + $2))
  shift 2
  until "$@" >/dev/null 2>&1; do
    [[ $SECONDS -lt $limit ]] || give_up "$what: not within the time it should take"
    sleep 0.2
  done
}
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 30000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
}

say "1. A broker: an unmodified nats-server, managed. Keys, accounts, a role for everybody, certificates: one command, nothing to fill in."
port="$(free_port)"
echo "${dim}\$ scout broker init $dir/broker --host 127.0.0.1 --listen 127.0.0.1:$port${plain}"
"$scout" broker init "$dir/broker" --host 127.0.0.1 --listen "127.0.0.1:$port" >"$dir/init.log" 2>&1 || give_up "scout broker init"
echo "${dim}\$ scout broker run --data $dir/broker${plain}"
"$scout" broker run --data "$dir/broker" >"$dir/broker.log" 2>&1 &
processes+=($!)
wait_for "the broker" 40 grep -q ' ready: ' "$dir/broker.log"
grep -o 'ready: .*' "$dir/broker.log"

say "2. Three nodes. Each gets a token that is good once, for its name, and makes its own key; each decides for itself, with or without the broker."
for node in web1 web2 db1; do
  mkdir -p "$dir/$node/machines"
  cp -r machines/. "$dir/$node/machines/"
  rm -rf "$dir/$node/machines/tmp_cleaner.yaml" "$dir/$node/machines/service"
  [[ -d /run/systemd/system ]] || rm -f "$dir/$node/machines/systemd.yaml"
  sed "s|LOCK|$dir/$node/job.lock|g" demo/machines/jobs.yaml >"$dir/$node/machines/jobs.yaml"
  if [[ "$node" == web* ]]; then
    cp -r demo/machines/website "$dir/$node/machines/website"
    free_port >"$dir/$node/machines/website/port"
  fi
  cat >"$dir/$node/server.yaml" <<CONFIG
node: $node
labels: { role: ${node%%[0-9]*} }
machines: $dir/$node/machines
data: $dir/$node/data
http: off
enroll_token: $dir/$node/enroll.token
textfile: { directory: $dir/textfile, interval: 1s }
plugin_path: [$PWD/checks, /usr/lib/nagios/plugins]
CONFIG
  echo "${dim}\$ scout token new --for $node --group ${node%%[0-9]*} --ttl 10m >$dir/$node/enroll.token${plain}"
  (umask 077 && "$scout" --creds "$dir/broker/creds/admin.creds" token new --for "$node" --group "${node%%[0-9]*}" --ttl 10m >"$dir/$node/enroll.token" 2>>"$dir/token.log") ||
    give_up "scout token new"
  echo "${dim}\$ scout server run --config $dir/$node/server.yaml${plain}"
  "$scout" server run --config "$dir/$node/server.yaml" >"$dir/$node.log" 2>&1 &
  processes+=($!)
done
# People have files of their own; a file names broker, authority and login, so that nothing else has to be given.
for person in operator:alice viewer:bob; do
  show creds new --role "${person%:*}" --name "${person#*:}" --ttl 8h --data "$dir/broker" --out "$dir/${person#*:}.creds"
done
export SCOUT_CREDS="$dir/alice.creds"
fleet_is_up() { [[ "$("$scout" nodes -o name 2>/dev/null | wc -l)" -eq 3 ]]; }
wait_for "three nodes in the roster" 40 fleet_is_up
state_is() { # NODE/MACHINE, state
  "$scout" status "$1" -o json | grep -q "\"state\": *\"$2\""
}
wait_for "the first checks" 40 state_is web1/website UP
wait_for "the first checks" 40 state_is db1/disk_root OK
show nodes
show status web1

say "3. Something real breaks: the web server of web1 is killed with SIGKILL."
wait_for "the web server" 20 test -s "$dir/web1/machines/website/pid"
read -r pid <"$dir/web1/machines/website/pid"
echo "${dim}\$ kill -9 $pid${plain}"
kill -9 "$pid"
restarted() { [[ "$(cat "$dir/web1/machines/website/pid")" != "$pid" ]] && state_is web1/website UP; }
wait_for "the restart" 30 restarted
echo "web1 saw it, started the web server again and says so. Nobody was asked."
show history web1/website

say "4. A job died and left its lock behind on web2. A forced check finds it now, not at the next interval."
touch -d '1 hour ago' "$dir/web2/job.lock"
show check web2/stale_lock
lock_is_gone() { [[ ! -e "$dir/web2/job.lock" ]] && state_is web2/stale_lock OK; }
wait_for "the remediation" 30 lock_is_gone
echo "The remediation removed it, and the check is OK again:"
show history web2/stale_lock

say "5. Maintenance has a reason, an owner and an end. Meanwhile nothing is checked and nothing is mended."
show maintenance start db1/disk_root --for 2h --reason "swap the disks"
show check db1/disk_root
show maintenance ls
show resume db1/disk_root

say "6. Every command is signed, and the node decides. bob may look; what he tries beyond that ends at the broker, before it reaches a node."
show --creds "$dir/bob.creds" status db1/disk_root
show --creds "$dir/bob.creds" maintenance start db1/disk_root --for 1h --reason "let me try"
echo "The audit has who asked for what, and what became of it:"
show audit --since 1h --caller alice

say "7. All of it is in the stream, as CloudEvents. One of them, as it is stored:"
show events --last 8
"$scout" events web1/website --kind transition --last 1 -o jsonl || true

say "8. And in files that node_exporter serves:"
ls -l "$dir/textfile" | tail -n +2
grep -h '^scout_check_state{node="web2",machine="disk_root"' "$dir/textfile/scout-web2.prom" || true

say "What to type next, in another terminal:"
cat <<NEXT
  export SCOUT_CREDS=$dir/alice.creds
  $scout status --state WARNING          only what is not well
  $scout watch                           live, until Ctrl-C
  $scout inspect web1/website            one machine, with all that is known of it
  $scout check 'web*/load'               force checks on several nodes
  $scout events --follow                 what happens, as it happens
  \$EDITOR $dir/web1/machines/disk.yaml   change a definition: only that machine is touched
NEXT
if [[ $interactive -eq 1 ]]; then
  printf '\nThe broker and the three nodes run until you press Enter. '
  read -r || true
else
  echo
  echo "demo: done"
fi
