#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# image.sh DIR: make in DIR what every virtual machine boots, unless it is there already: Debian's kernel (vmlinuz), a small
# Debian with that kernel's modules (root.ext4) and an initramfs that finds it (initrd). Needs root and the network; nothing of
# it is installed on this machine.

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
dir=$1
kernel=linux-image-cloud-amd64
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
packages=systemd,systemd-sysv,dbus,libpam-systemd,kmod,apparmor,attr
# What the tests and the program need: as deps_check in the Makefile, and libraries.
packages+=,bats,perl,jq,iproute2,iputils-ping,busybox-static,util-linux,strace,procps,libcap2-bin,libmnl0,libcap2,libseccomp2,libnftnl11,nftables,wireguard-tools,linux-libc-dev
# What the initramfs loads, in this order: disks, and the port for TAP.
boot_modules='virtio_pci virtio_blk virtio_console'

# The package that the metapackage stands for today.
kernel_package() {
	apt-cache depends "$kernel" 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-.*\)/\1/p' | head -n 1
}

download_kernel() {
	local package
	package=$(kernel_package)
	[ -n "$package" ] && (cd "$work" && apt-get -qq -o APT::Sandbox::User=root download "$package")
}

# The kernel, out of its package: $work/kernel.
unpack_kernel() {
	# No package lists yet, or they are older than what the mirror has.
	download_kernel || { apt-get -qq update && download_kernel; }
	dpkg -x "$work"/linux-image-*.deb "$work/kernel"
	version=$(ls "$work/kernel/lib/modules")
	cp "$work/kernel/boot/vmlinuz-$version" "$dir/vmlinuz"
}

# The file system: $work/root. In a mount namespace, where what debootstrap mounts goes away by itself.
make_root() {
	local suite unit
	# shellcheck disable=SC1091
	suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-bookworm}")
	unshare --mount --propagation private debootstrap --variant=minbase --include="$packages" "$suite" "$work/root" "$mirror" \
		>"$dir/debootstrap.log" 2>&1 || { tail -n 5 "$dir/debootstrap.log" >&2; return 1; }
	rm -rf "$work"/root/var/{cache,lib}/apt "$work"/root/usr/share/{doc,man,locale,info}
	cp -a "$work/kernel/lib/modules" "$work/root/usr/lib/"
	depmod -b "$work/root" "$version"
	mkdir "$work/root/vm"
	echo ctrnet-vm >"$work/root/etc/hostname"
	# Units that there is nothing for, or that would take time which nobody waits for.
	for unit in serial-getty@ttyS0.service getty@tty1.service systemd-timesyncd.service apt-daily.timer apt-daily-upgrade.timer \
		dpkg-db-backup.timer e2scrub_all.timer fstrim.timer proc-sys-fs-binfmt_misc.automount; do
		ln -sf /dev/null "$work/root/etc/systemd/system/$unit"
	done
}

keep_boot_modules() {
	local file module
	rm -rf "$dir/modules"
	mkdir "$dir/modules"
	for module in $boot_modules; do
		modprobe --dirname "$work/root" --set-version "$version" --show-depends "$module"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r file; do
		cp "$file" "$dir/modules/"
		basename "$file" >>"$dir/modules/order"
	done
}

make_image() {
	rm -f "$dir"/{stamp,root.ext4,initrd}
	unpack_kernel
	make_root
	keep_boot_modules
	mke2fs -q -t ext4 -d "$work/root" -L ctrnet-vm "$dir/root.ext4" 1G >/dev/null
	echo "$version" >"$dir/stamp"
}

make_initrd() {
	mkdir -p "$work"/initrd/{bin,proc,sys,dev,new}
	cp "$(command -v busybox)" "$work/initrd/bin/busybox"
	cp -r "$dir/modules" "$work/initrd/"
	install -m 755 "$here/initrd.sh" "$work/initrd/init"
	(cd "$work/initrd" && find . | cpio --quiet -o -H newc -R 0:0) | gzip -1 >"$work/initrd.gz"
	mv "$work/initrd.gz" "$dir/initrd"
}

mkdir -p "$dir"
exec 9>"$dir/lock"
flock 9
work=$dir/work
trap 'rm -rf "$work"' EXIT
rm -rf "$work"
mkdir "$work"
[ "$dir/stamp" -nt "$0" ] || make_image
[ "$dir/initrd" -nt "$here/initrd.sh" ] || make_initrd
