// SPDX-License-Identifier: Apache-2.0
/* Mount options as words: from them to flags and data, and back. */
#include "rootfs/option.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>

#include <cmocka.h>

static void read_words(const char *text, struct rootfs_mount *m)
{
	_cleanup_free_ char *copy = strdup(text);

	*m = (struct rootfs_mount){ 0 };
	for (char *rest = copy, *word; (word = strsep(&rest, ","));)
		assert_int_equal(mount_option_add(m, word, NULL), 0);
}

static void test_words(void **state)
{
	static const struct {
		const char *words;
		unsigned long flags;
		const char *data;
	} rows[] = {
		{ "", 0, NULL },
		{ "defaults", 0, NULL },
		{ "nosuid,noexec,nodev,relatime,ro", 14 | MS_RELATIME | MS_RDONLY, NULL },
		{ "ro,nosuid,rw", MS_NOSUID, NULL },
		{ "nosuid,suid,nodev,dev,noexec,exec", 0, NULL },
		{ "noatime,atime,nodiratime,diratime,relatime,norelatime", 0, NULL },
		{ "strictatime,nostrictatime,sync,async,mand,nomand", 0, NULL },
		{ "nosuid,strictatime,mode=755,size=65536k", MS_NOSUID | MS_STRICTATIME,
		  "mode=755,size=65536k" },
		{ "newinstance,nosuid,ptmxmode=0666", MS_NOSUID, "newinstance,ptmxmode=0666" },
		{ "bind", MS_BIND, NULL },
		{ "rbind,rprivate", MS_BIND | MS_REC | MS_PRIVATE, NULL },
		{ "rslave", MS_SLAVE | MS_REC, NULL },
		{ "shared,unbindable", MS_SHARED | MS_UNBINDABLE, NULL },
		{ "rshared,runbindable", MS_SHARED | MS_UNBINDABLE | MS_REC, NULL },
		{ "dirsync,remount,slave,private", MS_DIRSYNC | MS_REMOUNT | MS_SLAVE | MS_PRIVATE,
		  NULL },
		{ "rec,RO", 0, "rec,RO" },
	};

	(void)state;
	for (size_t i = 0; i < array_size(rows); i++) {
		struct rootfs_mount m;

		read_words(rows[i].words, &m);
		assert_int_equal(m.flags, rows[i].flags);
		if (rows[i].data)
			assert_string_equal(m.data, rows[i].data);
		else
			assert_null(m.data);
		free(m.data);
	}
}

static void expect_list(unsigned long flags, const char *data, const char *want)
{
	struct rootfs_mount m = { .flags = flags, .data = (char *)data }, again = { 0 };
	_cleanup_(strv_cleanup) char **words = NULL;
	char text[256] = "";

	assert_int_equal(mount_option_list(&m, &words, NULL), 0);
	for (char **w = words; w && *w; w++) {
		strcat(strcat(text, w == words ? "" : " "), *w);
		assert_int_equal(mount_option_add(&again, *w, NULL), 0);
	}
	assert_string_equal(text, want);
	assert_int_equal(again.flags, flags);
	assert_string_equal(again.data ? again.data : "", data ? data : "");
	free(again.data);
}

static void test_list(void **state)
{
	(void)state;
	expect_list(0, NULL, "");
	expect_list(15, NULL, "ro nosuid nodev noexec");
	expect_list(MS_BIND, NULL, "bind");
	expect_list(MS_BIND | MS_REC, NULL, "rbind");
	expect_list(MS_BIND | MS_REC | MS_SLAVE, NULL, "rbind rslave");
	expect_list(MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k",
		    "nosuid strictatime mode=755 size=65536k");
	expect_list(0, "context=\"u:r:t:s0:c1,c2\",mode=755",
		    "context=\"u:r:t:s0:c1,c2\" mode=755");
}

/* All that a mount can be asked for comes back from its words. */
static void test_round_trip(void **state)
{
	(void)state;
	for (unsigned int bit = 0; bit < 26; bit++) {
		unsigned long flags = 1ul << bit;
		_cleanup_(strv_cleanup) char **words = NULL;
		struct rootfs_mount m = { .flags = flags }, again = { 0 };

		assert_int_equal(mount_option_list(&m, &words, NULL), 0);
		for (char **w = words; w && *w; w++)
			assert_int_equal(mount_option_add(&again, *w, NULL), 0);
		assert_null(again.data);
		assert_int_equal(again.flags, words ? flags : 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
