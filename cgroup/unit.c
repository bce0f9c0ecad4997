// SPDX-License-Identifier: Apache-2.0
#include "cgroup/unit.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <string.h>

#define UNIT_NAME_MAX 255
#define SLICE         ".slice"
#define DEFAULT_SLICE "system.slice"
#define ROOT_SLICE    "-.slice"
#define PREFIX        "ctrnet"

static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_.-";

static bool is_slice(const char *name)
{
	size_t len = strlen(name), tail = strlen(SLICE);

	return len > tail && !strcmp(name + len - tail, SLICE);
}

static const char *last_component(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path;
}

/* Each '-' of a slice's name is a level, so none may be empty. */
static int check_slice(const char *key, const char *slice, struct err *err)
{
	size_t len = strlen(slice) - (is_slice(slice) ? strlen(SLICE) : 0);

	if (!strcmp(slice, ROOT_SLICE))
		return 0;
	if (!is_slice(slice) || slice[strspn(slice, allowed)] || slice[0] == '-' ||
	    slice[0] == '.' || slice[len - 1] == '-' || strstr(slice, "--") ||
	    strlen(slice) > UNIT_NAME_MAX)
		return err_set(
			err, -EINVAL,
			"cgroups.%s: '%.80s' is no slice of systemd's, like machine.slice or "
			"lab-blue.slice",
			key, slice);
	return 0;
}

int unit_slice(const struct cgroup_spec *spec, char **slice, struct err *err)
{
	const char *parent = last_component(spec->parent), *found = DEFAULT_SLICE;
	int ret = 0;

	if (!str_empty(spec->slice)) {
		found = spec->slice;
		ret = check_slice("slice", found, err);
	} else if (parent && is_slice(parent)) {
		found = parent;
		ret = check_slice("parent", found, err);
	}
	if (ret < 0)
		return ret;
	*slice = strdup(found);
	return *slice ? 0 : err_oom(err);
}

static void write_escaped(FILE *out, const char *text)
{
	text += strspn(text, "/");
	for (; *text; text++) {
		if (*text == '/')
			fputc('-', out);
		else if (strchr(allowed, *text))
			fputc(*text, out);
		else
			fprintf(out, "\\x%02x", (unsigned char)*text);
	}
}

int unit_scope(const struct cgroup_spec *spec, const char *id, char **unit, struct err *err)
{
	const char *parent = spec->parent ? spec->parent : "";
	_cleanup_free_ char *name = NULL;
	size_t len;
	FILE *out = open_memstream(&name, &len);

	if (!out)
		return err_oom(err);
	/* Neither "" nor "/" names anything. */
	if (!parent[strspn(parent, "/")] || is_slice(last_component(parent)))
		fputs(PREFIX, out);
	else
		write_escaped(out, parent);
	fputc('-', out);
	write_escaped(out, str_empty(spec->name) ? id : spec->name);
	fputs(".scope", out);
	if (fclose(out) != 0)
		return err_oom(err);
	if (len > UNIT_NAME_MAX)
		return err_set(
			err, -ENAMETOOLONG,
			"cgroups.name: '%.40s...' is longer than the %d bytes that the name of a "
			"unit of systemd's may have",
			name, UNIT_NAME_MAX);
	*unit = take_ptr(name);
	return 0;
}

/* What may become a file of the kernel's in a cgroup directory: "cpu.slice". */
static bool is_of_controller(const char *name)
{
	static const char *const controllers[] = {
		"cgroup",
		"cpu",
		"cpuacct",
		"cpuset",
		"io",
		"blkio",
		"memory",
		"devices",
		"pids",
		/* Those that systemd thinks up. */
		"bpf-firewall",
		"bpf-devices",
		"bpf-foreign",
		"bpf-socket-bind",
		"bpf-restrict-network-interfaces",
	};

	for (size_t i = 0; i < array_size(controllers); i++)
		if (str_starts(name, controllers[i]) && name[strlen(controllers[i])] == '.')
			return true;
	return false;
}

const char *unit_escape(const char *name)
{
	return name[0] == '_' || name[0] == '.' || is_of_controller(name) ? "_" : "";
}

/* Append the slice whose name is the first @len bytes of @slice. */
static int add_level(char **path, const char *slice, size_t len)
{
	_cleanup_free_ char *level = str_format("%.*s" SLICE, (int)len, slice);
	char *longer = level ? str_format("%s/%s%s", *path, unit_escape(level), level) : NULL;

	if (!longer)
		return -ENOMEM;
	free(*path);
	*path = longer;
	return 0;
}

char *unit_slice_path(const char *slice)
{
	_cleanup_free_ char *path = strdup("");
	int ret = path ? 0 : -ENOMEM;

	if (!strcmp(slice, ROOT_SLICE))
		return take_ptr(path);
	for (const char *dash = strchr(slice, '-'); dash && ret == 0; dash = strchr(dash + 1, '-'))
		ret = add_level(&path, slice, (size_t)(dash - slice));
	if (ret == 0)
		ret = add_level(&path, slice, strlen(slice) - strlen(SLICE));
	return ret == 0 ? take_ptr(path) : NULL;
}
