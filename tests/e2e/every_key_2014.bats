#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Every key of the formats of February 2014 to February 2015: see every_key.bash. What a format has from another one, read by the same
# table, is looked at one by one in that one only; whole_config.bats has it in each.

load lib
load every_key

# bats test_tags=slow
@test "every key: libcontainer of February 2015" {
	begin
	use 'libcontainer (February 2015)'
	run check_rows < <(rows process; rows flat; rows devices device_nodes; rows_of "$FORMAT" | grep ^privatefs)
	assert_status 0
}

@test "every key: libcontainer of June 2014 to February 2015" {
	begin
	use 'libcontainer (June 2014 to February 2015)'
	run check_rows < <(rows_of "$FORMAT" | grep -vE '^(networks\[\]|routes\[\]|cgroups)\.')
	assert_status 0
}

# bats test_tags=slow
@test "every key: libcontainer of February to June 2014" {
	begin
	use 'libcontainer (May and June 2014)'
	run check_rows < <(rows spring; rows process; rows context; rows old_mounts mounts; rows_of_may; rows may_and_june)
	assert_status 0
	use 'libcontainer (March to May 2014)'
	run check_rows < <(rows mask)
	assert_status 0
	use 'libcontainer (February and March 2014)'
	run check_rows < <(rows first)
	assert_status 0
}
