#!/bin/sh
# Hale: this boot runs the system that the machine is committed to. Written by hale-activator.
# Once in a boot: what is written there later is for the next one.
if [ ! -e /run/hale/booted ] && mkdir -p /run/hale; then
    [ ! -L /run/hale/system ] && system=$(readlink /etc/hale/system) && ln -s "$system" /run/hale/system
    [ -d /etc/hale/held ] && cp -r /etc/hale/held /run/hale/held
    : >/run/hale/booted
fi
# Units whose data are not settled wait until they are.
[ -d /run/hale/held ] && [ -n "$1" ] && cp -r /run/hale/held/. "$1"
exit 0
