# What stands beside a system's links and units, and whether they stand: lines KEY<tab>VALUE that DriftGlance weighs. It runs before every
# deployment, also one that has nothing to do, so it looks at what a few programs can tell at once; hale verify looks at all.
hale=/run/hale/system
if [ -d "$hale" ]; then
    cd "$hale" || exit 1
    find /etc/systemd/system.control /run/systemd/system.control /run/systemd/transient /etc/systemd/system /run/systemd/system \
        -mindepth 1 -maxdepth 2 ! -type d -printf '%p\t%l\n' 2>/dev/null | awk -F '\t' -v hale="$hale" '
        { name = $1; sub(/.*\//, "", name) }
        $2 == hale "/units/" name { own++; next }
        $2 == hale $1 { next }
        { print "beside\t" $0 }
        END { print "links\t" own + 0 }'
    find etc ! -type d -printf '/%p\0' 2>/dev/null | xargs -0 -r sh -c 'exec find "$@" -maxdepth 0 -printf "%p\t%l\n"' find 2>/dev/null |
        awk -F '\t' -v hale="$hale" '$2 == hale $1 { own++ } END { print "files\t" own + 0 }'
    find -L manifest.json units etc -newermt @1 -printf 'written\t%p\n' 2>/dev/null
    systemctl list-units --all --plain --no-legend --no-pager $(ls units 2>/dev/null) '*.target' 2>/dev/null | awk '{ print "unit\t" $1 " " $3 }'
    cd /
fi
