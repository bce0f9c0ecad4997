#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The schema for editors, by a validator that is not ours (python3-jsonschema), and beside what ctrnet says itself. As TAP.
# $O: where `make docs` was.

cd "$(dirname "$0")/../.." || exit
: "${O:=build}" "${CTRNET:=$PWD/$O/ctrnet}"
export CTRNET
if ! python3 -c 'import jsonschema' 2>/dev/null; then
	echo '1..0 # SKIP no python3-jsonschema'
	exit
fi
exec python3 -W ignore tests/docs/schema.py "$O/man/schema/ctrnet.schema.json"
