#!/bin/sh
# Exit 0: the service lives. Put your own question here; the example asks whether the process in service.pid is there.
file=service.pid
[ -r "$file" ] || { echo "$file is not there: the service does not run"; exit 1; }
read -r pid <"$file"
case $pid in '' | *[!0-9]*) echo "$file holds no number"; exit 1 ;; esac
kill -0 "$pid" 2>/dev/null || { echo "process $pid is gone"; exit 1; }
echo "process $pid runs"
