#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# rootfs.sh DIR: make a root file system of busybox in DIR, unless it is there already.

set -euo pipefail
dir=$1
made_by=$dir.stamp          # beside it, so that the rootfs holds nothing of ours
busybox=$(command -v busybox) || { echo 'rootfs.sh: no busybox (package busybox-static)' >&2; exit 1; }

# Made anew when busybox or this script is newer.
[ "$made_by" -nt "$busybox" ] && [ "$made_by" -nt "$0" ] && [ -x "$dir/bin/busybox" ] && exit 0

rm -rf "$dir"
mkdir -p "$dir"/{bin,sbin,etc,proc,sys,dev,run,tmp,root,home/alice,usr/bin,usr/sbin,var}
chmod 755 "$dir"
chmod 1777 "$dir/tmp"
chmod 700 "$dir/root"
cp "$busybox" "$dir/bin/busybox"
for applet in $("$busybox" --list); do
	[ "$applet" = busybox ] || ln -s busybox "$dir/bin/$applet"
done

cat >"$dir/etc/passwd" <<'EOF'
root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/:/bin/false
alice:x:1000:1000:Alice:/home/alice:/bin/sh
EOF
cat >"$dir/etc/group" <<'EOF'
root:x:0:
daemon:x:1:
tty:x:5:
audio:x:29:alice
plugdev:x:46:alice
users:x:100:
alice:x:1000:
EOF
[ "$(id -u)" != 0 ] || chown 1000:1000 "$dir/home/alice"
touch "$made_by"
