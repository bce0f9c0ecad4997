#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Every key of the format of mid-2015: see every_key.bash.

load lib
load every_key

# A key that is ignored, that does something else than it should, or is refused in other words, and one that has no row, are noticed.
@test "every key: the test of tests" {
	begin
	use 'libcontainer (mid-2015)'
	grep -q '^hostname: base' "$OBSERVED_FILE"
	grep -q '^inside addr eth0.*10.77.0.2' "$OBSERVED_FILE"
	grep -q '^pdeathsig: 9' "$OBSERVED_FILE"
	run check_rows <<<'nonsense :: . :: .nonsense = true :: - :: + ^hostname: other'
	[ "$status" = 1 ]
	[[ $output == 'nonsense: has not the effect + ^hostname: other of .nonsense = true, but:'* ]]
	# What is there anyway is no effect, nor is a warning.
	run check_rows <<<'nonsense :: . :: .networks[1].nonsense = true :: - :: + ^hostname: base'
	[ "$status" = 1 ]
	run check_rows <<<'parent_death_signal :: . :: .parent_death_signal = 15 :: - :: + ^umask: 077'
	[ "$status" = 1 ]
	run check_rows <<<'parent_death_signal :: . :: .parent_death_signal = 15 :: - :: - ^pdeathsig: 9$'
	[ "$status" = 0 ]
	run check_rows <<<'parent_death_signal :: . :: .parent_death_signal = 15 :: - :: none'
	[[ $output == 'parent_death_signal: not in docs/differences.md' ]]
	run check_rows <<<'parent_death_signal :: . :: .parent_death_signal = 65 :: - :: refused FILE: parent_death_signal: 65 is too much'
	[ "$status" = 1 ]
	[[ $output == *'got:      FILE: parent_death_signal: '* ]]
	run check_rows <<<'hostname :: . :: .parent_death_signal = 65 :: = hostname'
	[ "$status" = 1 ]
	[[ $output == *'hostname: does not run:'* ]]
	run check_rows <<<'hostname :: . :: .hostname = "other" :: = no_such_effect'
	[ "$status" = 1 ]
	rows_of() { echo 'no_such_key :: . :: . :: - :: none'; rows networks; rows networks | head -n 1; }
	run complete 'libcontainer (mid-2015)'
	[ "$status" = 1 ]
	[[ $output == *'mounts[].source: has no row'* ]]
	[[ $output == *'no_such_key: is no key'* ]]
	[[ $output == *'networks[].type: has two rows'* ]]
	[[ $output != *'networks[].mtu: has'* ]]
}

# Those that other kernels answer in another way. What other formats have of them comes to the same, and in a virtual machine they
# take too long to go with the other tests: make check-vm VM=v2 ONLY=every_key FILTER='cgroups and labels' VM_TIMEOUT=2400
OTHERWISE='^(cgroups\.|apparmor_profile|process_label|mount_label)'

@test "every key: libcontainer of mid-2015: cgroups and labels" {
	begin
	use 'libcontainer (mid-2015)'
	run check_rows < <(rows_of "$FORMAT" | grep -E "$OTHERWISE")
	assert_status 0
}

# All together they are in whole_config.bats.
# bats test_tags=slow
@test "every key: libcontainer of mid-2015: all the others" {
	begin
	use 'libcontainer (mid-2015)'
	run check_rows < <(rows_of "$FORMAT" | grep -vE "$OTHERWISE")
	assert_status 0
}

@test "every key: each of each format has a row" {
	local format failed=0
	while IFS= read -r format; do
		complete "$format" || { echo "$format"; failed=1; }
	done < <("$CTRNET" config --keys | sed -n 's/^# //p')
	return $failed
}
