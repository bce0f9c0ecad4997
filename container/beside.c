// SPDX-License-Identifier: Apache-2.0
#include "container/beside.h"

#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/str.h"
#include "ns/process.h"
#include "rootfs/path.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

/* trusted.* cannot be given by a container, but needs CAP_SYS_ADMIN in the first user namespace. */
static const char *const marks[] = { "trusted.ctrnet", "user.ctrnet" };

/* --- What is in the files --- */

struct contents {
	const struct beside *from;
	pid_t pid;
	uint64_t start;
};

static void write_network(const struct beside *from, struct json_writer *w)
{
	const struct net_config *net = &from->state->spec.net;

	json_write_begin(w, "network_state", '{');
	for (size_t i = 0; i < net->network_count; i++) {
		const struct endpoint *e = &from->build->ends[i];

		if (!e->host_name[0])
			continue;
		json_write_string(w, "veth_host", e->host_name);
		json_write_string(w, "veth_child", e->name);
		break;
	}
	json_write_end(w);
}

/* One for each controller, also where several have a directory together. */
static void write_cgroups(const struct cgroup_place *place, struct json_writer *w)
{
	json_write_begin(w, "cgroup_paths", '{');
	for (size_t i = 0; i < place->count; i++) {
		_cleanup_free_ char *names = strdup(place->dirs[i].controllers);
		char *save = NULL;

		if (place->dirs[i].v2)
			json_write_string(w, "unified", place->dirs[i].path);
		for (char *name = names && !place->dirs[i].v2 ? strtok_r(names, ",", &save) : NULL;
		     name; name = strtok_r(NULL, ",", &save))
			json_write_string(w, name, place->dirs[i].path);
	}
	json_write_end(w);
}

static void write_namespaces(pid_t pid, struct json_writer *w)
{
	static const int types[] = { CLONE_NEWNS,  CLONE_NEWUTS, CLONE_NEWIPC,
				     CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWUSER };
	char path[64];

	json_write_begin(w, "namespace_paths", '{');
	for (size_t i = 0; i < array_size(types); i++) {
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, namespace_proc_name(types[i]));
		json_write_string(w, namespace_config_name(types[i]), path);
	}
	json_write_end(w);
}

/* The keys of 2014 and 2015 together. */
static int write_state(const struct contents *c, FILE *out, struct err *err)
{
	struct json_writer *w = json_writer_new(out, true);
	char start[24];

	snprintf(start, sizeof(start), "%" PRIu64, c->start);
	json_writer_hide(w);
	json_write_begin(w, NULL, '{');
	json_write_string(w, "id", c->from->state->id);
	json_write_int(w, "init_pid", c->pid);
	json_write_string(w, "init_start_time", start);
	write_network(c->from, w);
	write_cgroups(&c->from->state->cgroup, w);
	write_namespaces(c->pid, w);
	json_write_object(w, "config", &spec_schema, &c->from->state->spec);
	json_write_end(w);
	return json_writer_end(w, err);
}

static int write_pid(const struct contents *c, FILE *out, struct err *err)
{
	(void)err;
	fprintf(out, "%d", c->pid);
	return 0;
}

static int write_start(const struct contents *c, FILE *out, struct err *err)
{
	(void)err;
	fprintf(out, "%" PRIu64, c->start);
	return 0;
}

static const struct file {
	const char *name;
	bool old; /* only of formats that have spec.pid_file */
	int (*write)(const struct contents *c, FILE *out, struct err *err);
} files[] = {
	{ "state.json", false, write_state },
	{ "pid", true, write_pid },
	{ "start", true, write_start },
};

static const struct file *file_by_name(const char *name)
{
	for (size_t i = 0; i < array_size(files); i++)
		if (!strcmp(files[i].name, name))
			return &files[i];
	return NULL;
}

static bool is_wanted(const struct file *f, const struct spec *spec)
{
	return !f->old || spec->pid_file;
}

/* --- The step --- */

struct beside_args {
	char *dir;
	char *name;
};

static const struct json_field fields[] = {
	JSON_STRING(struct beside_args, "directory", dir, .flags = JSON_REQUIRED),
	JSON_STRING(struct beside_args, "name", name, .flags = JSON_REQUIRED),
	JSON_END,
};
static const struct json_schema beside_schema = JSON_SCHEMA(struct beside_args, fields);

/* Whose it is, is in its name: it has no mark yet. */
static char *temporary_name(const struct scope *scope, const struct beside_args *a)
{
	return str_format(".%s.ctrnet-%016" PRIx64, a->name,
			  hash64(scope->run_dir, strlen(scope->run_dir)));
}

/* 0, -ENODATA where there is none of that name, or why it cannot be told. */
static int get_mark(const char *path, const char *name, char run_dir[PATH_MAX])
{
	ssize_t n = getxattr(path, name, run_dir, PATH_MAX - 1);

	if (n < 0)
		/* ERANGE: longer than any of ours. */
		return errno == ENOTSUP || errno == ERANGE ? -ENODATA : -errno;
	run_dir[n] = '\0';
	return 0;
}

/* The mark of a regular file: 0 and the run directory of its container in @run_dir, or -errno; -ENODATA: it has none. */
static int read_mark(int dir, const char *name, char run_dir[PATH_MAX])
{
	_cleanup_fd_ int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	int ret = -ENODATA;
	char path[40];
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return -ENODATA;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	for (size_t i = 0; ret == -ENODATA && i < array_size(marks); i++)
		ret = get_mark(path, marks[i], run_dir);
	return ret;
}

/* 1, 0, or why it cannot be told. One that is gone is nobody's. */
static int is_own(const struct scope *scope, int dir, const char *name)
{
	char run_dir[PATH_MAX];
	int ret = read_mark(dir, name, run_dir);

	if (ret == 0)
		return !strcmp(run_dir, scope->run_dir);
	return ret == -ENODATA || ret == -ENOENT ? 0 : ret;
}

static int mark(int fd, const char *run_dir)
{
	for (size_t i = 0; i < array_size(marks); i++)
		if (fsetxattr(fd, marks[i], run_dir, strlen(run_dir), 0) == 0)
			return 0;
	return -errno;
}

/* The rest of the world may read it if it may read the config, which is in it. */
static mode_t mode_beside(int dir)
{
	struct stat st;

	if (fstatat(dir, "container.json", &st, 0) < 0)
		return 0600;
	return 0600 | (st.st_mode & 0044);
}

/* Under its name at once and whole, and never in place of another. */
static int put_file(const struct scope *scope, const struct beside_args *a, int dir,
		    const char *text, size_t len)
{
	_cleanup_free_ char *temp = temporary_name(scope, a);
	_cleanup_fd_ int fd = -1;
	int ret = 0;

	if (!temp)
		return -ENOMEM;
	unlinkat(dir, temp, 0);
	fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (fchmod(fd, mode_beside(dir)) < 0)
		ret = -errno;
	if (ret == 0)
		ret = mark(fd, scope->run_dir);
	if (ret == 0)
		ret = file_write_all(fd, text, len);
	/* What an earlier start of this very container left. */
	if (ret == 0 && is_own(scope, dir, a->name) == 1)
		unlinkat(dir, a->name, 0);
	if (ret == 0 && renameat2(dir, temp, dir, a->name, RENAME_NOREPLACE) < 0)
		ret = -errno;
	if (ret < 0)
		unlinkat(dir, temp, 0);
	return ret;
}

/* Another container of this config has one, or it is a stranger's. */
static void tell_taken(const struct beside_args *a, int dir)
{
	char run_dir[PATH_MAX];

	if (read_mark(dir, a->name, run_dir) == 0)
		log_debug("%s/%s is of the container in %s", a->dir, a->name, run_dir);
	else
		log_warn("%s/%s is there, and is not ctrnet's: it stays as it is", a->dir, a->name);
}

static const char handle_tag;

static int make_text(struct scope *scope, const struct file *f, char **text, size_t *len,
		     struct err *err)
{
	struct contents c = { .from = scope_handle(scope, &handle_tag, ""), .pid = scope->pid };
	FILE *out = open_memstream(text, len);
	int ret;

	if (!out)
		return err_oom(err);
	ret = process_start_time(c.pid, &c.start);
	if (ret < 0 || !c.from)
		err_set(err, ret = -ESRCH, "its process is gone");
	else
		ret = f->write(&c, out, err);
	if (fclose(out) != 0 && ret == 0)
		ret = err_oom(err);
	return ret;
}

static int apply(struct scope *scope, void *args, struct err *err)
{
	const struct beside_args *a = args;
	_cleanup_fd_ int dir = path_open_host(a->dir, O_DIRECTORY);
	_cleanup_free_ char *text = NULL;
	const struct file *f = file_by_name(a->name);
	struct err why = { 0 };
	size_t len;
	int ret = dir < 0 ? dir : 0;

	(void)err;
	/* Nobody's start fails for it. */
	if (!f || make_text(scope, f, &text, &len, &why) < 0) {
		log_debug("%s/%s: %s", a->dir, a->name, why.text);
		return 0;
	}
	if (ret == 0)
		ret = put_file(scope, a, dir, text, len);
	if (ret == -EEXIST)
		tell_taken(a, dir);
	else if (ret < 0)
		log_warn("%s/%s cannot be written: %s", a->dir, a->name, strerror(-ret));
	return 0;
}

/*
 * A directory of that name is somebody else's: of the container itself, which could otherwise see to it that it is never
 * wholly removed.
 */
static int remove_file(int dir, const char *name)
{
	int ret = unlinkat(dir, name, 0) < 0 ? -errno : 0;

	/* A file system that is read-only says so before it has looked. */
	return ret == -EISDIR || (ret < 0 && !file_exists(dir, name)) ? 0 : ret;
}

static int revert(struct scope *scope, void *args, struct err *err)
{
	const struct beside_args *a = args;
	_cleanup_free_ char *temp = temporary_name(scope, a);
	_cleanup_fd_ int dir = path_open_host(a->dir, O_DIRECTORY);
	int ret, own;

	if (!temp)
		return err_oom(err);
	if (dir == -ENOENT || dir == -ENOTDIR || dir == -ELOOP)
		return 0;
	if (dir < 0)
		return err_sys(err, dir, "%s", a->dir);
	ret = remove_file(dir, temp);
	if (ret < 0)
		return err_sys(err, ret, "cannot remove %s/%s", a->dir, temp);
	own = is_own(scope, dir, a->name);
	if (own < 0)
		return err_sys(err, own, "cannot tell whose %s/%s is", a->dir, a->name);
	ret = own ? remove_file(dir, a->name) : 0;
	return ret < 0 ? err_sys(err, ret, "cannot remove %s/%s", a->dir, a->name) : 0;
}

static int probe(struct scope *scope, const void *args, struct err *err)
{
	const struct beside_args *a = args;
	_cleanup_fd_ int dir = path_open_host(a->dir, O_DIRECTORY);
	char run_dir[PATH_MAX];
	int ret = dir < 0 ? dir : read_mark(dir, a->name, run_dir);

	if (ret == 0 && !strcmp(run_dir, scope->run_dir))
		return 0;
	if (ret == 0 || ret == -ENODATA)
		return err_set(err, -ESTALE, "%s/%s is not this container's", a->dir, a->name);
	return err_sys(err, ret, "%s/%s", a->dir, a->name);
}

static void show(const void *args, FILE *out)
{
	const struct beside_args *a = args;
	_cleanup_free_ char *path = str_format("%s/%s", a->dir, a->name);

	fprintf(out, "echo %s > ", strcmp(a->name, "pid") ? "..." : "$PID");
	str_print_shell(out, path ? path : a->name);
	fputs("   # while it lives\n", out);
}

static const struct step_type beside_step = {
	.name = "beside.file",
	.args = &beside_schema,
	.phase = PHASE_CONNECT,
	.apply = apply,
	.revert = revert,
	.probe = probe,
	.show = show,
};

const struct step_type *const beside_step_types[] = { &beside_step, NULL };

int beside_plan(const char *dir, const struct spec *spec, struct plan *plan, struct err *err)
{
	for (size_t i = 0; i < array_size(files); i++) {
		struct beside_args args = { 0 };
		int ret;

		if (!is_wanted(&files[i], spec))
			continue;
		args.dir = strdup(dir);
		args.name = strdup(files[i].name);
		if (!args.dir || !args.name) {
			json_release(&beside_schema, &args);
			return err_oom(err);
		}
		ret = plan_add(plan, &beside_step, NULL, &args, err);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static void forget(void *handle)
{
	(void)handle;
}

int beside_offer(struct scope *scope, struct beside *beside, struct err *err)
{
	return scope_set_handle(scope, &handle_tag, "", beside, forget, err);
}

/* --- Seen from inside --- */

static int add_readonly(struct spec *spec, const char *inside, struct err *err)
{
	for (char **path = spec->rootfs.readonly_paths; path && *path; path++)
		if (!strcmp(*path, inside))
			return 0;
	return strv_add(&spec->rootfs.readonly_paths, inside) < 0 ? err_oom(err) : 0;
}

/* The directory of @path without symlinks, and in it the name, which may be one. */
static int find_place(const char *path, char **place, struct err *err)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *dir = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	_cleanup_free_ char *real = dir ? realpath(dir, NULL) : NULL;

	if (!real)
		return err_sys(err, dir ? -errno : -ENOMEM, "%s", path);
	*place = str_format("%s/%s", strcmp(real, "/") ? real : "", slash ? slash + 1 : path);
	return *place ? 0 : err_oom(err);
}

static void warn_of_config(const char *path)
{
	log_warn("%s lies inside the container's root directory: it can replace its own config",
		 path);
}

/* A link to a config elsewhere: nothing can be mounted on it that would hold it. */
static int warn_of_link(const char *given, const char *config, const char *rootfs, struct err *err)
{
	_cleanup_free_ char *place = NULL;
	int ret = find_place(given, &place, err);

	if (ret == 0 && strcmp(place, config) && path_is_below(place, rootfs))
		warn_of_config(place);
	return ret;
}

int beside_protect(struct spec *spec, const char *given, const char *config, bool with_files,
		   struct err *err)
{
	_cleanup_free_ char *rootfs = NULL;
	const char *inside;
	int ret = path_inside(NULL, spec->rootfs.path, &rootfs, err);

	if (ret == 0)
		ret = warn_of_link(given, config, rootfs, err);
	if (ret < 0 || !path_is_below(config, rootfs))
		return ret;
	inside = config + (strcmp(rootfs, "/") ? strlen(rootfs) : 0);
	if (path_depth(inside) > 1) {
		warn_of_config(config);
		return 0;
	}
	ret = add_readonly(spec, inside, err);
	/* The other half of a config of two files; passed over if it is not there. */
	if (ret == 0)
		ret = add_readonly(spec, "/runtime.json", err);
	for (size_t i = 0; with_files && ret == 0 && i < array_size(files); i++) {
		_cleanup_free_ char *path = str_format("/%s", files[i].name);

		if (!path)
			return err_oom(err);
		if (is_wanted(&files[i], spec))
			ret = add_readonly(spec, path, err);
	}
	return ret;
}
