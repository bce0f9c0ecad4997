#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Configs with every key of a format at once: see whole_config.bash. Formats have most of their keys in common, so those between the
# first and the last of them go with the slow ones.

load lib
load whole_config

whole() {
	begin
	run check_whole "$1"
	assert_status 0
}

@test "whole config: libcontainer of mid-2015" {
	whole 'libcontainer (mid-2015)'
}

# bats test_tags=slow
@test "whole config: libcontainer of February 2015" {
	whole 'libcontainer (February 2015)'
}

# bats test_tags=slow
@test "whole config: libcontainer of June 2014 to February 2015" {
	whole 'libcontainer (June 2014 to February 2015)'
}

# bats test_tags=slow
@test "whole config: libcontainer of May and June 2014" {
	whole 'libcontainer (May and June 2014)'
}

# bats test_tags=slow
@test "whole config: libcontainer of March to May 2014" {
	whole 'libcontainer (March to May 2014)'
}

# bats test_tags=slow
@test "whole config: libcontainer of February and March 2014" {
	whole 'libcontainer (February and March 2014)'
}

# bats test_tags=slow
@test "whole config: the first draft, June 2015" {
	whole 'first runc draft (June 2015)'
}

# bats test_tags=slow
@test "whole config: the drafts of July to September 2015" {
	whole 'pre-OCI runc config.json (2015)'
}

# bats test_tags=slow
@test "whole config: runc 0.0.4" {
	whole 'runc 0.0.4 (September 2015)'
}

@test "whole config: runc 0.0.5" {
	whole 'runc 0.0.5 (November 2015)'
}

# A pair that no format has, or one more reason for the same, would be noticed by nobody else.
@test "whole config: every exclusion keeps two keys apart" {
	local format
	while IFS= read -r format; do
		rows_of "$format" | sed 's/ :: .*//' >"$T/keys"
		grep -v '^#' "$KEYS/exclusions.rows" | awk -F ' :: ' -v keys="$T/keys" '
			BEGIN { while ((getline key[n + 1] <keys) > 0) n++ }
			{
				for (k = 1; k <= n; k++)
					if (key[k] ~ "^(" $1 ")$")
						for (j = 1; j <= n; j++)
							if (j != k && key[j] ~ "^(" $2 ")$") {
								print
								next
							}
			}'
	done < <("$CTRNET" config --keys | sed -n 's/^# //p') | sort -u >"$T/used"
	grep -v '^#' "$KEYS/exclusions.rows" | sort | comm -23 - "$T/used" >"$T/unused"
	cat "$T/unused"
	[ ! -s "$T/unused" ]
}

@test "whole config: the test of tests" {
	begin
	use 'libcontainer (mid-2015)'
	rows_of() {
		printf '%s\n' 'hostname :: . :: .hostname = "other" :: = hostname' 'mount_label :: . :: .mount_label = "x" :: - :: + ^hostname: other' \
			'sysctl :: . :: .sysctl = {"kernel.shmmni": "8192"} :: = shmmni' \
			'system_properties :: . :: .system_properties = {"kernel.shmmni": "4097"} :: .system_properties["kernel.shmmni"] == "4098" :: + ^shmmni: 4098$'
	}
	run partition "$FORMAT"
	assert_output '1 hostname
1 mount_label
1 sysctl
2 hostname
2 mount_label
2 system_properties'
	# What is shown is what it is to be, and so is what is seen.
	take hostname
	generate
	run check_shown
	assert_status 0
	run check_together
	assert_status 0
	take system_properties
	generate
	run check_shown
	[ "$status" = 1 ]
	[[ $output == 'not shown: system_properties'* ]]
	run check_together
	[ "$status" = 1 ]
	assert_output 'system_properties: has not the effect + ^shmmni: 4098$'
	# What is refused has to be in these words, and what is to be refused must not run.
	take mount_label
	generate
	run check_together
	[ "$status" = 1 ]
	[[ $output == 'refused, which none of the keys is to be: FILE: mount_label: '* ]]
	take hostname
	# shellcheck disable=SC2034 # check_together() looks at it
	ROWS_OUTCOME[hostname]='refused FILE: hostname: no'
	generate
	run check_together
	[ "$status" = 1 ]
	assert_output 'hostname: was to be refused: FILE: hostname: no'
	# Another format's.
	# shellcheck disable=SC2034 # check_shown() looks at it
	ROWS_KEY=()
	jq '.restrict_sys = true' "$BASE" >"$CHANGED"
	run check_shown
	[ "$status" = 1 ]
	assert_output 'taken for libcontainer (February 2015)'
}
