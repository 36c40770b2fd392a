# Unpacks the first store paths from a compressed archive on standard input, where no activator is yet that could.
# They get their names at the end, once they are on the disk whole: a connection that breaks leaves nothing that counts.
set -eu
umask 022
mkdir -p /nix/store /var/lib/hale/info
find /nix/store -maxdepth 1 -name '.hale-boot-*' -mmin +60 -exec rm -rf {} +
new=$(mktemp -d /nix/store/.hale-boot-XXXXXX)
trap 'chmod -R u+w "$new"; rm -rf "$new"' EXIT
trap 'exit 1' HUP INT TERM PIPE
tar -x -z -p --numeric-owner --no-same-owner -f - -C "$new"
[ -e "$new/complete" ]
sync -f "$new"
for path in "$new"/store/*; do
    place=/nix/store/${path##*/}
    # What lies there has no info, or it would not have been sent: the half of a power cut.
    rm -rf "$place"
    mv -T "$path" "$place"
    mv -f "$new/info/${path##*/}.json" /var/lib/hale/info/
done
sync -f /nix/store
