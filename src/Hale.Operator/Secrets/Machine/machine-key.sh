# The key of a machine. Arguments: "read"; or "place" or "replace", and the number of bytes that come on standard input.
# Prints lines KEY<tab>VALUE, and for "read" the key's text after the line "key"; only ever over the connection it was started by.
set -eu
umask 077
folder=/var/lib/hale
key=$folder/key.txt
say() { printf '%s\t%s\n' "$1" "$2"; }
say uid "$(id -u)"
[ "$(id -u)" = 0 ] || exit 0
case $1 in
read)
    if [ -e "$key" ]; then
        say mode "$(stat -c '%a %u %g' "$key")"
        say key ''
        cat "$key"
    fi
    ;;
*)
    # The activator makes it so; what lies in it has modes of its own.
    [ -d "$folder" ] || mkdir -m 755 -p "$folder"
    temporary=$(mktemp "$folder/.key.XXXXXXXX")
    trap 'rm -f "$temporary"' EXIT
    cat >"$temporary"
    # A connection that breaks ends the input early.
    [ "$(wc -c <"$temporary")" = "$2" ] || { say failed "only a part of the key arrived"; exit 0; }
    chmod 600 "$temporary"
    chown 0:0 "$temporary"
    sync "$temporary"
    if [ "$1" = replace ]; then
        mv -f "$temporary" "$key"
    else
        # Unlike a rename it fails where somebody else has put a key there meanwhile.
        ln "$temporary" "$key" || { say failed "a key is there already"; exit 0; }
    fi
    sync "$folder"
    say placed yes
    ;;
esac
