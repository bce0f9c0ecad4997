// SPDX-License-Identifier: Apache-2.0
#include "cmd/cmd.h"
#include "cmd/create.h"

#include "container/find.h"
#include "container/names.h"
#include "container/oci_write.h"
#include "container/spec.h"
#include "lib/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum form { FORM_LIBCONTAINER, FORM_OCI };

struct options {
	bool help, keys;
	int form; /* enum form */
	const char *file, *rootfs;
	struct create_flags create;
};

static const struct option_name forms[] = {
	{ "libcontainer", FORM_LIBCONTAINER },
	{ "oci", FORM_OCI },
	{ NULL, 0 },
};

static const struct option_desc options[] = {
	CMD_HELP(struct options),
	{ 0, "format", "libcontainer|oci", "how it is shown (default libcontainer)", OPTION_ENUM,
	  offsetof(struct options, form), forms },
	{ 0, "keys", NULL, "list the keys of all formats, or of the one that FILE is in, instead",
	  OPTION_FLAG, offsetof(struct options, keys), NULL },
	{ 'f', "file", "OUT", "write it to OUT instead of stdout", OPTION_STRING,
	  offsetof(struct options, file), NULL },
	{ 0, "rootfs", "DIR", "of a container without a config: its root directory", OPTION_STRING,
	  offsetof(struct options, rootfs), NULL },
	{ 0, "", NULL,
	  "Of a container without a config (without --rootfs, in the current directory):",
	  OPTION_TABLE, offsetof(struct options, create), create_options },
	CMD_OPTIONS_END,
};

static void show_key(const struct json_key *key, int which, void *arg)
{
	FILE *out = arg;

	(void)which;
	fprintf(out, "%s\t%s", key->path, key->type);
	if (*key->range)
		fprintf(out, " (%s)", key->range);
	if (key->alias)
		fputs("; another spelling of the key before", out);
	fprintf(out, "%s%s\n", key->help ? "\t" : "", key->help ? key->help : "");
}

/* In columns for awk(1) and column(1): key, type, what it is; a heading is a line with '#'. */
static void show_keys(const struct format *f, FILE *out)
{
	if (!f->load)
		return;
	fprintf(out, "# %s\n", f->name);
	format_keys(f, show_key, out);
}

static int show_all_keys(FILE *out)
{
	const struct format *f;

	for (size_t i = 0; (f = format_at(i)); i++)
		show_keys(f, out);
	return 0;
}

static int show_keys_of(const char *path, FILE *out, struct err *err)
{
	const struct format *f;
	int ret = format_of(path, &f, err);

	if (ret == 0)
		show_keys(f, out);
	return ret;
}

/* nsinit's word for the standard output was "stdout". */
static int open_output(const char *path, FILE **out, struct err *err)
{
	*out = path && strcmp(path, "stdout") ? fopen(path, "we") : stdout;
	return *out ? 0 : err_sys(err, -errno, "--file: %s", path);
}

static int close_output(FILE *out, const char *path, struct err *err)
{
	return out == stdout || fclose(out) == 0 ? 0 : err_sys(err, -errno, "--file: %s", path);
}

/* A root directory that is known from where the config stands is named, since what is shown may stand elsewhere. */
static int write_libcontainer(struct spec *spec, const char *path, FILE *out, struct err *err)
{
	if (path)
		config_rootfs(NULL, path, spec, NULL);
	return spec_write(spec, out, err);
}

static int write_spec(struct spec *spec, const struct options *o, const char *path, struct err *err)
{
	FILE *out;
	int ret = open_output(o->file, &out, err);

	if (ret < 0)
		return ret;
	ret = o->form == FORM_OCI ? config_write_oci(spec, path, out, err)
				  : write_libcontainer(spec, path, out, err);
	if (ret == 0)
		putc('\n', out);
	if (close_output(out, o->file, ret == 0 ? err : NULL) < 0 && ret == 0)
		ret = err->code;
	return ret;
}

/* What exec would run of the flags; that they make sense together is checked on a copy, which that completes. */
static int make_spec(const struct options *o, struct spec *spec, struct err *err)
{
	struct spec copy;
	int ret = create_spec(&o->create, o->rootfs, &copy, err);

	if (ret < 0)
		return ret;
	ret = spec_prepare(&copy, err);
	spec_release(&copy);
	return ret < 0 ? ret : create_spec(&o->create, o->rootfs, spec, err);
}

static int show(const struct options *o, const char *path, struct err *err)
{
	struct spec_names names = { 0 };
	struct spec_names_watch watch;
	struct spec spec;
	int ret = path ? spec_load_named(&spec, path, &names, err) : make_spec(o, &spec, err);

	if (ret < 0)
		return ret;
	spec_names_watch(&watch, &names);
	ret = write_spec(&spec, o, path, err);
	spec_names_unwatch(&watch);
	if (ret < 0)
		spec_names_apply(&names, err);
	spec_names_release(&names);
	spec_release(&spec);
	return ret;
}

/* *@path stays NULL where flags describe the container. */
static int find(const struct options *o, int argc, char **argv, char **path, struct err *err)
{
	bool made = o->rootfs || option_given(create_options, &o->create);

	if (argc > 1)
		return usage_error(&cmd_config, err, "expected one FILE");
	if (made && argc)
		return usage_error(&cmd_config, err, "expected a FILE or flags, not both");
	if (made)
		return 0;
	if (config_find(argv[0], path, err) < 0)
		return err_wrap(err, "config");
	return *path ? 0
		     : usage_error(
			       &cmd_config, err,
			       "expected a FILE, since there is no container.json here, or flags "
			       "in its place");
}

static int run(const struct globals *globals, int argc, char **argv, struct err *err)
{
	_cleanup_free_ char *path = NULL;
	struct options o = { 0 };
	int at = command_options(&cmd_config, &o, argc, argv, err);
	int ret;

	(void)globals;
	if (at < 0)
		return at == -ECANCELED ? 0 : at;
	if (o.keys && at == argc)
		return show_all_keys(stdout);
	ret = find(&o, argc - at, argv + at, &path, err);
	if (ret == 0 && (o.keys ? show_keys_of(path, stdout, err) : show(&o, path, err)) < 0)
		ret = err_wrap(err, "config");
	option_release(options, &o);
	return ret;
}

const struct command cmd_config = {
	.name = "config",
	.args = "[OPTION...] [FILE]",
	.summary = "show what a config of any format says, in the form of mid-2015 or of the OCI",
	.text = "FILE may be a directory with a config.json or container.json; without it, it is the container.json of the\n"
		"directory that the variable data_path names, or of the current one. What is shown is what the config says,\n"
		"without what ctrnet adds when it runs it; it is a config itself, and comes to the same. With flags in place of a\n"
		"FILE, it is the config of the container that 'ctrnet exec' would make of them.\n\n"
		"For other runtimes, --format oci shows it as a config.json of the OCI's runtime-spec 1.0.2, with all that ctrnet\n"
		"would add. Networks and routes become the annotation org.ctrnet.networks.\n",
	.options = options,
	.failure = 1,
	.run = run,
};
