// SPDX-License-Identifier: Apache-2.0
#include "cmd/cmd.h"
#include "cmd/create.h"
#include "cmd/target.h"

#include "lib/cleanup.h"
#include "lib/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
	bool help, keys, schema;
	int form; /* enum ctrnet_format */
	const char *file, *rootfs;
	struct create_flags create;
};

static const struct option_name forms[] = {
	{ "libcontainer", CTRNET_FORMAT_LIBCONTAINER },
	{ "oci", CTRNET_FORMAT_OCI },
	{ NULL, 0 },
};

static const struct option_desc options[] = {
	CMD_HELP(struct options),
	{ 0, "format", "libcontainer|oci", "how it is shown (default libcontainer)", OPTION_ENUM,
	  offsetof(struct options, form), forms },
	{ 0, "keys", NULL, "list the keys of all formats, or of the one that FILE is in, instead",
	  OPTION_FLAG, offsetof(struct options, keys), NULL },
	{ 0, "schema", NULL,
	  "show what a config may have as a JSON schema, by which editors complete and check it, instead",
	  OPTION_FLAG, offsetof(struct options, schema), NULL },
	{ 'f', "file", "OUT", "write it to OUT instead of stdout", OPTION_STRING,
	  offsetof(struct options, file), NULL },
	{ 0, "rootfs", "DIR", "of a container without a config: its root directory", OPTION_STRING,
	  offsetof(struct options, rootfs), NULL },
	{ 0, "", NULL,
	  "Of a container without a config (without --rootfs, in the current directory):",
	  OPTION_TABLE, offsetof(struct options, create), create_options },
	CMD_OPTIONS_END,
};

static void show_key(const struct ctrnet_key *key, void *arg)
{
	FILE *out = arg;

	fprintf(out, "%s\t%s", key->name, key->type);
	if (*key->range)
		fprintf(out, " (%s)", key->range);
	if (key->alias)
		fputs("; another spelling of the key before", out);
	fprintf(out, "%s%s\n", key->help ? "\t" : "", key->help ? key->help : "");
}

/* In columns for awk(1) and column(1): key, type, what it is; a heading is a line with '#'. */
static void show_keys(size_t format, FILE *out)
{
	if (!ctrnet_format_is_read(format))
		return;
	fprintf(out, "# %s\n", ctrnet_format_name(format));
	ctrnet_format_keys(format, show_key, out);
}

static int show_all_keys(FILE *out)
{
	for (size_t i = 0; ctrnet_format_name(i); i++)
		show_keys(i, out);
	return 0;
}

static int show_keys_of(const char *path, FILE *out, struct err *err)
{
	struct ctrnet_error error;
	size_t format;

	if (ctrnet_format_detect(path, &format, &error) < 0)
		return library_error(&error, err);
	show_keys(format, out);
	return 0;
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

static int write_text(const char *text, const char *path, struct err *err)
{
	FILE *out;
	int ret = open_output(path, &out, err);

	if (ret < 0)
		return ret;
	fprintf(out, "%s\n", text);
	return close_output(out, path, err);
}

/* Of what is read as it is shown: the format of mid-2015. */
static int show_schema(const struct options *o, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	struct ctrnet_error error;

	if (ctrnet_config_schema(&text, &error) < 0)
		return library_error(&error, err);
	return write_text(text, o->file, err);
}

static int read_file(const char *path, struct ctrnet_config **config, struct err *err)
{
	struct ctrnet_error error;

	if (ctrnet_config_load_logged(config, path, library_log, NULL, &error) < 0)
		return library_error(&error, err);
	return 0;
}

/* What exec would run of the flags makes sense together. Other runtimes want a command, too. */
static int read_flags(const struct options *o, struct ctrnet_config **config, struct err *err)
{
	bool oci = o->form == CTRNET_FORMAT_OCI;
	struct ctrnet_error error;
	int ret = create_config(&o->create, o->rootfs, oci ? "sh" : NULL, config, err);

	if (ret < 0)
		return ret;
	ctrnet_config_set_log(*config, library_log, NULL);
	if (ctrnet_config_check(*config, &error) < 0) {
		ret = library_error(&error, err);
		create_name_flag(err);
	} else if (oci) {
		log_warn("flags: no command; 'sh' is put in its place");
	}
	return ret;
}

static int write_config(const struct options *o, const struct ctrnet_config *config,
			struct err *err)
{
	_cleanup_free_ char *text = NULL;
	struct ctrnet_error error;

	if (o->form == CTRNET_FORMAT_OCI && library_check_rootfs(config, err) < 0)
		return err->code;
	if (ctrnet_config_json(config, (enum ctrnet_format)o->form, &text, &error) < 0)
		return library_error(&error, err);
	return write_text(text, o->file, err);
}

static int show(const struct options *o, const char *path, struct err *err)
{
	struct ctrnet_config *config = NULL;
	int ret = path ? read_file(path, &config, err) : read_flags(o, &config, err);

	if (ret == 0)
		ret = write_config(o, config, err);
	ctrnet_config_free(config);
	return ret;
}

/* *@path stays NULL where flags describe the container. */
static int find(const struct options *o, int argc, char **argv, char **path, struct err *err)
{
	bool made = o->rootfs || option_given(create_options, &o->create);
	struct ctrnet_error error;

	if (argc > 1)
		return usage_error(&cmd_config, err, "expected one FILE");
	if (made && argc)
		return usage_error(&cmd_config, err, "expected a FILE or flags, not both");
	if (made)
		return 0;
	if (ctrnet_config_find(argv[0], path, &error) < 0)
		return library_fail(&cmd_config, &error, err);
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
	if (o.schema)
		return at == argc ? show_schema(&o, err)
				  : usage_error(&cmd_config, err, "--schema is about no FILE");
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
		"would add. Networks and routes become the annotation org.ctrnet.networks.\n\n"
		"With --schema, it is nothing of a config, but the schema of what one in the form of mid-2015 may have (JSON Schema,\n"
		"draft 7), with the words of ctrnet.json(5).\n",
	.options = options,
	.failure = 1,
	.run = run,
};
