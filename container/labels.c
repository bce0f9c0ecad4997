// SPDX-License-Identifier: Apache-2.0
#include "container/labels.h"

#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/str.h"
#include "ns/lsm.h"
#include "rootfs/kind.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const struct label {
	const char *key;
	enum lsm lsm;
	size_t offset; /* of the char * in struct spec */
} labels[] = {
	{ "apparmor_profile", LSM_APPARMOR, offsetof(struct spec, apparmor_profile) },
	{ "process_label", LSM_SELINUX, offsetof(struct spec, process_label) },
	{ "mount_label", LSM_SELINUX, offsetof(struct spec, rootfs.mount_label) },
};

static char **label_of(struct spec *spec, const struct label *l)
{
	return (char **)((char *)spec + l->offset);
}

int labels_check(const struct spec *spec, struct err *err)
{
	for (size_t i = 0; i < array_size(labels); i++) {
		const char *label = *label_of((struct spec *)spec, &labels[i]);

		if (!str_empty(label) && lsm_check(labels[i].lsm, label, err) < 0)
			return err_wrap(err, "%s", labels[i].key);
	}
	return 0;
}

/* @key asks for *@label, and the module is missing. */
static int miss(const struct spec *spec, const char *key, enum lsm lsm, char **label,
		struct err *err)
{
	if (!spec->ignore_missing_lsm)
		return err_set(err, -EOPNOTSUPP,
			       "%s: '%.200s' is asked for, but this kernel runs without %s "
			       "(--ignore-missing-lsm goes on without it)",
			       key, *label, lsm_name(lsm));
	log_warn("%s: '%.200s' is ignored, as this kernel runs without %s", key, *label,
		 lsm_name(lsm));
	free(take_ptr(*label));
	return 0;
}

/* AppArmor's word for a process without a profile, which all are where there is no AppArmor. */
static bool asks_for_nothing(const char *label)
{
	return str_empty(label) || !strcmp(label, "unconfined");
}

static int settle_relabel(struct spec *spec, size_t i, struct err *err)
{
	struct rootfs_mount *m = &spec->rootfs.mounts[i];
	char origin[MOUNT_ORIGIN_MAX];
	_cleanup_free_ char *key = NULL;

	if (str_empty(m->relabel))
		return 0;
	key = str_format("%s: relabel", mount_origin(&spec->rootfs, i, origin));
	if (!key)
		return err_oom(err);
	if (!lsm_enabled(LSM_SELINUX))
		return miss(spec, key, LSM_SELINUX, &m->relabel, err);
	return str_empty(spec->rootfs.mount_label)
		       ? err_set(err, -EINVAL, "%s: there is no mount_label to give it", key)
		       : 0;
}

int labels_settle(struct spec *spec, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < array_size(labels); i++) {
		char **label = label_of(spec, &labels[i]);

		if (!asks_for_nothing(*label) && !lsm_enabled(labels[i].lsm))
			ret = miss(spec, labels[i].key, labels[i].lsm, label, err);
	}
	for (size_t i = 0; ret == 0 && i < spec->rootfs.mount_count; i++)
		ret = settle_relabel(spec, i, err);
	return ret;
}
