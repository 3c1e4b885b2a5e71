#!/bin/sh
# Starts the service again; what it starts lives on after this script. Exit 0: it runs. The example's service is a long sleep.
setsid sleep 86400 >/dev/null 2>&1 </dev/null &
echo $! >service.pid.new && mv service.pid.new service.pid
echo "started as process $!"
