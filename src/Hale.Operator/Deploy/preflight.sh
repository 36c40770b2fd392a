# What a machine is, in one round trip: lines KEY<tab>VALUE. Arguments: store paths that may be there.
say() { printf '%s\t%s\n' "$1" "$2"; }
os() { ( [ -r /etc/os-release ] && . /etc/os-release; eval "printf %s \"\${$1-}\"" ); }
say uid "$(id -u)"
say os "$(os ID) $(os VERSION_ID)"
say name "$(os PRETTY_NAME)"
say machine "$(uname -m)"
if [ -d /run/systemd/system ]; then say systemd yes; fi
place=/nix/store
while [ ! -d "$place" ]; do place=${place%/*}; place=${place:-/}; done
say free "$(df -Pk "$place" | { read -r _; read -r _ _ _ free _; echo "$free"; })"
# Some file systems, such as btrfs, set no limit: "-" or 0 of 0.
say names "$(df -Pi "$place" | { read -r _; read -r _ all _ free _; [ "$all" = 0 ] || echo "$free"; })"
if [ -L /run/hale/system ]; then say system "$(readlink /run/hale/system)"; fi
if [ -L /etc/hale/system ]; then say boot "$(readlink /etc/hale/system)"; fi
if [ -L /etc/hale/secrets ]; then say secrets "$(readlink /etc/hale/secrets)"; fi
for system in "$(readlink /run/hale/system)" "$(readlink /etc/hale/system)"; do
    if [ -s "$system/manifest.json" ] && [ -x "$system/activator/bin/hale-activator" ] && [ -d "$system/runtime/." ]; then say whole "$system"; break; fi
done
if [ -e /var/lib/hale/journal.json ]; then say interrupted yes; fi
for tool in tar gzip systemctl; do command -v "$tool" >/dev/null || say lacks "$tool"; done
for path; do if [ -e "$path" ] && [ -e "/var/lib/hale/info/${path##*/}.json" ]; then say have "$path"; fi; done
say end yes
