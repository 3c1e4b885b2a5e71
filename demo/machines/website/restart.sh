#!/bin/sh
# Starts the web server in the background (it lives on after this script) and waits until it answers.
read -r port <port || exit 1
setsid ./webserver "$port" >/dev/null 2>&1 </dev/null &
echo $! >pid.new && mv pid.new pid
tries=0
until answer=$(./alive.sh); do
    tries=$((tries + 1))
    [ "$tries" -lt 20 ] || exit 1
    sleep 0.2
done
echo "$answer"
