// SPDX-License-Identifier: Apache-2.0
#include "container/api.h"
#include "container/id.h"
#include "container/labels.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)CTRNET_CGROUP_MANAGER_SYSTEMD == (int)CGROUP_MANAGER_SYSTEMD &&
		       (int)CTRNET_CGROUP_MANAGER_DISABLED == (int)CGROUP_MANAGER_DISABLED,
	       "the library's managers are those of cgroup/");

int ctrnet_factory_open(struct ctrnet_factory **factory, const char *root,
			const struct ctrnet_factory_options *options, struct ctrnet_error *error)
{
	struct ctrnet_factory_options given = CTRNET_FACTORY_OPTIONS_INIT;
	struct ctrnet_factory *f;
	struct err err = { 0 };

	if (str_empty(root) || *root != '/') {
		err_set(&err, -EINVAL, "root '%.200s' is not an absolute path", root ? root : "");
		return api_fail(error, CTRNET_CONFIG_INVALID, &err);
	}
	if (options && api_take(&given, sizeof(given), options, "ctrnet_factory_options", &err) < 0)
		return api_fail(error, CTRNET_SYSTEM_ERROR, &err);
	if (given.cgroup_manager < CTRNET_CGROUP_MANAGER_CGROUPFS ||
	    given.cgroup_manager > CTRNET_CGROUP_MANAGER_DISABLED) {
		err_set(&err, -EINVAL, "cgroup_manager: %d is none", (int)given.cgroup_manager);
		return api_fail(error, CTRNET_CONFIG_INVALID, &err);
	}
	f = calloc(1, sizeof(*f));
	if (f)
		f->root = strdup(root);
	if (!f || !f->root) {
		free(f);
		err_oom(&err);
		return api_fail(error, CTRNET_SYSTEM_ERROR, &err);
	}
	f->options = (struct api_options){ given.log, given.log_arg, given.ignore_missing_lsm,
					   given.cgroup_manager, given.one_thread };
	*factory = f;
	return 0;
}

void ctrnet_factory_close(struct ctrnet_factory *factory)
{
	if (factory)
		free(factory->root);
	free(factory);
}

int api_container_new(struct ctrnet_container **container, const char *root, const char *id,
		      const struct api_options *options, struct err *err)
{
	struct ctrnet_container *c = calloc(1, sizeof(*c));

	if (!c)
		return err_oom(err);
	*c = (struct ctrnet_container){ strdup(root), strdup(id), *options };
	if (!c->root || !c->id) {
		ctrnet_container_free(c);
		return err_oom(err);
	}
	*container = c;
	return 0;
}

void ctrnet_container_free(struct ctrnet_container *c)
{
	if (!c)
		return;
	free(c->root);
	free(c->id);
	free(c);
}

/* What is stored is what will be started: labels that this kernel has not are out of it. */
static int prepare(const struct ctrnet_factory *f, struct spec *spec, struct err *err)
{
	int ret;

	spec->ignore_missing_lsm |= f->options.ignore_missing_lsm;
	spec->cgroup.manager = (enum cgroup_manager)f->options.manager;
	ret = spec_prepare(spec, err);
	return ret == 0 ? labels_settle(spec, err) : ret;
}

/* Under the lock of the directory that says so. */
static int take_id(const struct ctrnet_factory *f, const char *id, struct spec *spec,
		   const struct spec_names *names, struct err *err)
{
	struct state state = { .id = (char *)id, .kept = true };
	struct store store;
	int ret = store_open(&store, f->root, id, true, err);

	if (ret < 0)
		return ret;
	if (!store_fresh(&store)) {
		ret = err_set(err, -EEXIST, "container '%s' exists already", id);
	} else {
		state.spec = take_struct(*spec);
		state.owner = geteuid();
		ret = host_netns(&state.netns, err);
		if (ret == 0)
			ret = store_write_names(&store, names, err);
		if (ret == 0)
			ret = store_write_state(&store, &state, err);
		*spec = take_struct(state.spec);
		if (ret < 0)
			store_remove(&store, NULL);
	}
	store_close(&store);
	return ret;
}

static enum ctrnet_code create_code(int ret)
{
	return ret == -EEXIST ? CTRNET_ID_IN_USE : CTRNET_SYSTEM_ERROR;
}

int ctrnet_container_create(struct ctrnet_factory *factory, const char *id,
			    const struct ctrnet_config *config, struct ctrnet_container **container,
			    struct ctrnet_error *error)
{
	_cleanup_(log_restore) struct log_diversion before = api_log(&factory->options);
	_cleanup_(spec_release) struct spec spec = { 0 };
	struct spec_names_watch watch;
	struct ctrnet_container *c;
	struct err err = { 0 };
	int ret;

	if (id_check(id, &err) < 0)
		return api_fail(error, CTRNET_INVALID_ID_FORMAT, &err);
	if (config->no_rootfs.code < 0)
		return api_fail_named(error, CTRNET_CONFIG_INVALID, &config->names,
				      &config->no_rootfs);
	if (spec_copy(&spec, &config->spec, &err) < 0)
		return api_fail(error, CTRNET_SYSTEM_ERROR, &err);
	spec_names_watch(&watch, &config->names);
	ret = prepare(factory, &spec, &err);
	spec_names_unwatch(&watch);
	if (ret < 0)
		return api_fail_named(error, CTRNET_CONFIG_INVALID, &config->names, &err);
	ret = api_container_new(&c, factory->root, id, &factory->options, &err);
	if (ret < 0)
		return api_fail(error, CTRNET_SYSTEM_ERROR, &err);
	ret = take_id(factory, id, &spec, &config->names, &err);
	if (ret < 0) {
		ctrnet_container_free(c);
		return api_fail(error, create_code(ret), &err);
	}
	*container = c;
	return 0;
}

int ctrnet_container_load(struct ctrnet_factory *factory, const char *id,
			  struct ctrnet_container **container, struct ctrnet_error *error)
{
	_cleanup_(log_restore) struct log_diversion before = api_log(&factory->options);
	struct state state = { 0 };
	struct ctrnet_container *c;
	enum ctrnet_status status;
	struct err err = { 0 };
	int ret;

	if (id_check(id, &err) < 0)
		return api_fail(error, CTRNET_INVALID_ID_FORMAT, &err);
	ret = api_container_new(&c, factory->root, id, &factory->options, &err);
	if (ret < 0)
		return api_fail(error, CTRNET_SYSTEM_ERROR, &err);
	ret = api_read(c, &state, &status, error);
	state_release(&state);
	if (ret < 0)
		ctrnet_container_free(c);
	else
		*container = c;
	return ret;
}

int ctrnet_container_list(struct ctrnet_factory *factory, char ***ids, struct ctrnet_error *error)
{
	_cleanup_(log_restore) struct log_diversion before = api_log(&factory->options);
	struct err err = { 0 };
	char **list;

	if (store_list(factory->root, &list, &err) < 0)
		return api_fail(error, CTRNET_SYSTEM_ERROR, &err);
	if (!list)
		list = calloc(1, sizeof(*list));
	if (!list) {
		err_oom(&err);
		return api_fail(error, CTRNET_SYSTEM_ERROR, &err);
	}
	*ids = list;
	return 0;
}
