// SPDX-License-Identifier: Apache-2.0
/* A config as one of the OCI's, whole; oci.h has the tables. */
#include "container/oci_write.h"

#include "container/find.h"
#include "container/id.h"
#include "container/merge.h"
#include "container/oci.h"
#include "lib/cleanup.h"
#include "lib/log.h"

/* What a config may leave to whoever runs it, other runtimes expect in it. */
static int complete(struct spec *spec, const char *path, struct err *err)
{
	static char *shell[] = { (char *)"sh", NULL };
	const struct process_flags flags = { 0 };
	struct process process;
	int ret = path ? config_rootfs(NULL, path, spec, err) : 0;

	if (ret < 0)
		return ret;
	ret = spec_prepare(spec, err);
	if (ret < 0)
		return path ? err_wrap(err, "%s", path) : ret;
	if (!spec->process.args || !*spec->process.args)
		log_warn("%s: no command; 'sh' is put in its place", path ? path : "flags");
	ret = process_merge(spec, &flags,
			    spec->process.args && *spec->process.args ? shell + 1 : shell, &process,
			    err);
	if (ret == 0)
		spec_set_process(spec, &process);
	return ret;
}

int config_write_oci(struct spec *spec, const char *path, FILE *out, struct err *err)
{
	_cleanup_free_ char *id = NULL;
	struct oci oci;
	int ret = complete(spec, path, err);

	if (ret == 0)
		ret = id_derive(path ? path : spec->rootfs.path, &id, NULL, err);
	if (ret < 0)
		return ret;
	ret = oci_take(spec, id, &oci, err);
	if (ret == 0)
		ret = json_encode(&oci_schema, &oci, out, err);
	else if (path)
		err_wrap(err, "%s", path);
	json_release(&oci_schema, &oci);
	return ret;
}
