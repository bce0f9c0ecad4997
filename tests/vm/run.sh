#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh CONFIGURATION: boot a virtual machine (QEMU without hardware help, Debian's kernel, nothing of this machine's but a copy
# of the tree), run the end-to-end tests there that are tagged for it, and print one TAP. For prove --exec, from `make check-vm`.
#
# A configuration has things that this machine may lack, and each is a tag of tests (# bats test_tags=v2,apparmor). A test with
# a tag that the configuration has runs there, and may not skip; a test tagged "vm" runs in v2, v1 and systemd, and may; networks
# (what networks need and this kernel may lack) and systemd-v1 have only their own.
#
# What the guest sends goes to $O/vm/NAME.tap, what its kernel and init say to $O/vm/NAME.console. The plan is counted here
# beforehand: a machine that dies in between is a plan that was not kept.
#
# ONLY="exec cgroups" chooses files, which then run as a whole, and FILTER=regex their tests; VM_TIMEOUT=900 are seconds.

set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
tree=$(cd "$here/../.." && pwd)
config=$1
limit=${VM_TIMEOUT:-900}
cd "$tree" || exit 1

# Sets tags (that tests may have), cgroups (for init.sh), init, and append (for the kernel's command line).
configure() {
	local apparmor=lsm=landlock,lockdown,yama,apparmor,bpf
	local systemd='systemd.unit=multi-user.target systemd.wants=ctrnet-tests.service'

	init=/vm/tree/tests/vm/init.sh
	case $1 in
	v2) tags='vm v2 hugetlb apparmor' cgroups=v2 append=$apparmor ;;
	v1) tags='vm v1 hugetlb' cgroups=v1 append=$apparmor ;;
	systemd) tags='vm v2 systemd' cgroups=v2 append="$apparmor $systemd" init=/lib/systemd/systemd ;;
	systemd-v1) tags='systemd-v1' cgroups=v1 init=/lib/systemd/systemd
		append="$apparmor $systemd systemd.unified_cgroup_hierarchy=0 systemd.legacy_systemd_cgroup_controller=1" ;;
	networks) tags='net' cgroups=v2 append=$apparmor ;;
	selinux) tags='selinux' cgroups=v2 append='security=selinux' ;;
	*) echo "Bail out! no such configuration: $1" && return 1 ;;
	esac
}

# The tags of all tests in a file.
file_tags() {
	sed -n 's/^# bats \(file\|test\)_tags=//p' "$1" | tr -d ' ' | tr ',' '\n' | sort -u
}

# add NAME FILE TAGS [must]: a job, if it has a test. Any word of TAGS will do.
add() {
	local n word words=()
	for word in $3; do words+=(--filter-tags "$word"); done
	n=$(bats --count "${words[@]}" ${FILTER:+--filter "$FILTER"} "$2") && [ "$n" -gt 0 ] || return 0
	total=$((total + n))
	echo "$n $1 $2 '$3'${4:+ $4}" >>"$work/jobs"
}

# A job of those tests of a file that must not be skipped, and one of the rest.
tagged_jobs() {
	local file tag name has must without

	for file in tests/e2e/*.bats; do
		has=$(file_tags "$file") name=$(basename "$file" .bats) must='' without=''
		for tag in ${tags#vm }; do
			grep -qx "$tag" <<<"$has" && must+="$tag " without+=,!$tag
		done
		[ -n "$must" ] && add "$name.must" "$file" "${must% }" must
		[[ $tags == vm\ * ]] && grep -qx vm <<<"$has" && add "$name" "$file" "vm$without"
	done
}

whole_files() {
	local word
	for word in $ONLY; do
		[ -f "tests/e2e/$word.bats" ] || { echo "Bail out! no tests/e2e/$word.bats"; exit 1; }
		add "$word" "tests/e2e/$word.bats" ''
	done
}

# What the guest gets: the tree as git knows it, what was built, and the configuration.
pack() {
	mkdir -p "$work/vm/tree/build/tests"
	git ls-files -z --cached --others --exclude-standard | tar -c --null -T - --ignore-failed-read 2>/dev/null | tar -x -C "$work/vm/tree"
	cp "$CTRNET" "$work/vm/tree/build/ctrnet"
	cp -a "$ROOTFS" "$work/vm/tree/build/busybox"
	mkdir -p "$work/vm/tree/build/tests/e2e"
	find "$TOOLS" -maxdepth 1 -type f -perm -u+x -exec cp -t "$work/vm/tree/build/tests/e2e" {} +
	printf '%s=%q\n' CONFIG "$config" CGROUPS "$cgroups" FILTER "${FILTER:-}" JOB_TIMEOUT "$((limit - limit / 10))" >"$work/vm/config"
	[ "$config" != selinux ] || selinux_policy || return
	# The long ones first, so that the last one does not run alone.
	sort -rn "$work/jobs" | cut -d ' ' -f 2- >"$work/vm/jobs"
	tar -c -f "$work/vm.tar" -C "$work/vm" . && rm -rf "$work/vm/tree"
}

selinux_policy() {
	printf '%s=%s\n' SELINUX_PROCESS system_u:system_r:svirt_lxc_net_t:s0:c164,c475 \
		SELINUX_FILES system_u:object_r:lxc_file_t:s0:c164,c475 >>"$work/vm/config"
	"$here/policy.sh" >"$work/policy.conf" && checkpolicy -M -U allow -c 33 -o "$work/vm/policy" "$work/policy.conf"
}

boot() {
	# Writes of the guest go to a file without a name in $TMPDIR.
	TMPDIR=$work timeout --foreground -k 5 "$limit" qemu-system-x86_64 -accel tcg,thread=multi -smp 2 -m 2048 \
		-nodefaults -display none -no-reboot -nic none \
		-kernel "$images/vmlinuz" -initrd "$images/initrd" \
		-append "console=ttyS0 panic=-1 oops=panic mitigations=off net.ifnames=0 ctrnet.init=$init $append" \
		-serial "file:$images/$config.console" \
		-drive "file=$images/root.ext4,format=raw,if=virtio,snapshot=on" \
		-drive "file=$work/vm.tar,format=raw,if=virtio,snapshot=on" \
		-device virtio-serial-pci -chardev file,id=tap,path=/dev/stdout -device virtserialport,chardev=tap,name=tap \
		</dev/null 2>"$images/$config.qemu"
}

# Of lines "JOB<tab>TAP" of many one TAP; the numbers are given anew. $1: how many tests there should be.
merge() {
	awk -F '\t' -v total="$1" '
	BEGIN { print "1.." total; fflush() }
	{ job = $1; line = substr($0, length(job) + 2) }
	line ~ /^(not )?ok [0-9]+ / {
		n++
		if (line ~ /^ok .* # skip/)
			skipped++
		sub(/ok [0-9]+/, "ok " n, line)
		print line
		fflush()
		next
	}
	line ~ /^1\.\.[0-9]+$/ || line == "" { next }
	line ~ /^end / {
		if (job == "-")
			ended = 1
		next
	}
	{ sub(/^#? */, "", line); print "# " (job == "-" ? "" : job ": ") line; fflush() }
	END {
		printf "# %d of %d tests ran, %d of these skipped\n", n, total, skipped
		if (!ended)
			print "# the machine ended before the tests did"
		exit ended && n == total ? 0 : 1
	}'
}

command -v qemu-system-x86_64 >/dev/null || { echo '1..0 # SKIP no qemu-system-x86_64 (package qemu-system-x86)'; exit 0; }
[ "$(uname -m)" = x86_64 ] || { echo '1..0 # SKIP the machine is one of x86-64, and so is the program for it'; exit 0; }
configure "$config" || exit 1
images=$O/vm
"$here/image.sh" "$images" >&2 || { echo 'Bail out! the image could not be made'; exit 1; }
work=$(mktemp -d "$images/run.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
mkdir "$work/vm"
total=0
if [ -n "${ONLY:-}" ]; then whole_files; else tagged_jobs; fi
[ "$total" -gt 0 ] || { echo '1..0 # SKIP no test has a tag of this configuration'; exit 0; }
pack || { echo 'Bail out! what is to be tested could not be packed'; exit 1; }
start=$SECONDS
boot | tee "$images/$config.tap" | merge "$total"
status=$?
echo "# $((SECONDS - start)) s in the machine"
if [ $status != 0 ]; then tail -n 15 "$images/$config.console" | sed 's/\r$//; s/^/# console: /'; sed 's/^/# qemu: /' "$images/$config.qemu"; fi
exit $status
