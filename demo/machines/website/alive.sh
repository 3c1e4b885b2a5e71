#!/bin/sh
read -r port <port || exit 1
exec /usr/lib/nagios/plugins/check_http -I 127.0.0.1 -p "$port" -t 3
