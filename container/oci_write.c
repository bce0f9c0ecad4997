// SPDX-License-Identifier: Apache-2.0
/* A config as one of the OCI's, whole; oci.h has the tables. */
#include "container/oci_write.h"

#include "container/id.h"
#include "container/merge.h"
#include "container/oci.h"
#include "lib/cleanup.h"
#include "lib/log.h"

/* What a config may leave to whoever runs it, other runtimes expect in it. */
static int complete(struct spec *spec, const char *name, struct err *err)
{
	static char *shell[] = { (char *)"sh", NULL };
	const struct process_flags flags = { 0 };
	struct process process;
	int ret;

	if (!spec->process.args || !*spec->process.args)
		log_warn("%s%sno command; 'sh' is put in its place", name ? name : "",
			 name ? ": " : "");
	ret = process_merge(spec, &flags,
			    spec->process.args && *spec->process.args ? shell + 1 : shell, &process,
			    err);
	if (ret == 0)
		spec_set_process(spec, &process);
	return ret;
}

static int derive_id(const struct spec *spec, const char *real, char **id, struct err *err)
{
	return real ? id_derive_real(real, id, NULL, err)
		    : id_derive(spec->rootfs.path, id, NULL, err);
}

int config_write_oci(struct spec *spec, const char *name, const char *real, FILE *out,
		     struct err *err)
{
	_cleanup_free_ char *id = NULL;
	struct oci oci;
	int ret = complete(spec, name, err);

	if (ret == 0)
		ret = derive_id(spec, real, &id, err);
	if (ret < 0)
		return ret;
	ret = oci_take(spec, id, &oci, err);
	if (ret == 0)
		ret = json_encode(&oci_schema, &oci, out, err);
	else if (name)
		err_wrap(err, "%s", name);
	json_release(&oci_schema, &oci);
	return ret;
}
