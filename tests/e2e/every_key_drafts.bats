#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Every key of the OCI's drafts: see every_key.bash. The three later ones have their keys in common but for the mounts; those of
# runc 0.0.4 are looked at one by one; whole_config.bats has them in each.

load lib
load every_key

# bats test_tags=slow
@test "every key: the drafts of July to November 2015" {
	begin
	use 'runc 0.0.4 (September 2015)'
	run check_rows < <(rows_of "$FORMAT")
	assert_status 0
	# After it, there were two files.
	use 'runc 0.0.5 (November 2015)'
	run check_rows < <(rows pair)
	assert_status 0
}

@test "every key: the first draft, June 2015" {
	begin
	use 'first runc draft (June 2015)'
	run check_rows < <(rows_of "$FORMAT")
	assert_status 0
}
