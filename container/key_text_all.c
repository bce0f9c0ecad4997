// SPDX-License-Identifier: Apache-2.0
#include "container/key_text.h"

/* As it is, read from the root of the tree, where compilers run: a string that nobody has to quote, and no page of which is touched by a start. */
__asm__(".pushsection .rodata.key_text,\"a\"\n"
	".globl key_text_all\n"
	".hidden key_text_all\n"
	"key_text_all:\n"
	".incbin \"docs/man/keys.in\"\n"
	".byte 0\n"
	".popsection\n");
