// SPDX-License-Identifier: Apache-2.0
#include "net/pasta.h"

#include "net/link.h"
#include "net/netns.h"

#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/pid.h"
#include "lib/run.h"
#include "lib/str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define START_TIMEOUT 20000 /* ms */
#define KILL_TIMEOUT  10000 /* ms */

/* What it says where there is no syslog, which says nothing about why. */
#define NO_SYSLOG "Failed to send "

/* By this it gets at the namespace, and by this it is known. Allocated, or NULL. */
static char *pin_path(const struct scope *scope, const char *name)
{
	return str_format("%s/pasta.%s", scope->run_dir, name);
}

/* --- Finding it --- */

/* The argument behind the first one, which is --netns; arguments are ended by NULs (proc(5)). False: there is none. */
static bool read_netns(pid_t pid, char *out, size_t size)
{
	char path[40], text[PATH_MAX + 256] = "";
	const char *end, *at = text;
	_cleanup_fd_ int fd = -1;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (len <= 0)
		return false;
	text[len] = '\0';
	end = text + len;
	at += strlen(at) + 1;
	if (at >= end || strcmp(at, "--netns"))
		return false;
	at += strlen(at) + 1;
	return at < end && str_copy(out, size, at) == 0;
}

/* Told of a process, when it started, and the path that it was given. Goes on until it returns other than 0. */
typedef int found_fn(void *arg, pid_t pid, uint64_t start, const char *netns);

static int each(found_fn *found, void *arg)
{
	_cleanup_dir_ DIR *proc = opendir("/proc");
	char netns[PATH_MAX];
	unsigned long long pid;
	struct dirent *e;
	uint64_t start;
	int ret = 0;

	while (ret == 0 && proc && (e = readdir(proc)))
		if (str_to_u64(e->d_name, INT32_MAX, &pid) == 0 &&
		    process_start_time((pid_t)pid, &start) == 0 &&
		    read_netns((pid_t)pid, netns, sizeof(netns)))
			ret = found(arg, (pid_t)pid, start, netns);
	return ret;
}

struct search {
	const char *pin;
	pid_t pid;
	uint64_t start;
};

static int keep(void *arg, pid_t pid, uint64_t start, const char *netns)
{
	struct search *s = arg;

	if (strcmp(netns, s->pin))
		return 0;
	s->pid = pid;
	s->start = start;
	return 1;
}

bool pasta_find(const struct scope *scope, const char *name, pid_t *pid, uint64_t *start)
{
	_cleanup_free_ char *pin = pin_path(scope, name);
	struct search s = { .pin = pin };

	if (pin)
		each(keep, &s);
	*pid = s.pid;
	*start = s.start;
	return s.pid;
}

/* --- Starting it --- */

/* The last line that it said, printable. */
static void last_words(int output, char *buf, size_t size)
{
	char text[4096];
	ssize_t len = pread(output, text, sizeof(text) - 1, 0);
	char *save = NULL;

	buf[0] = '\0';
	if (len <= 0)
		return;
	text[len] = '\0';
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (!str_starts(line, NO_SYSLOG) && line[strspn(line, " ")])
			snprintf(buf, size, "%s", line);
	str_make_printable(buf);
}

static int fail(const struct pasta_args *a, int ret, int output, struct err *err)
{
	char words[256];

	if (ret == -ENOENT && !strchr(a->program, '/'))
		return err_set(err, ret, "%s is not installed (Debian: passt)", a->program);
	last_words(output, words, sizeof(words));
	if (words[0])
		return err_set(err, ret, "%s: %s", a->program, words);
	return err_wrap(err, "%s", a->program);
}

static int run(const struct pasta_args *a, const char *pin, struct err *err)
{
	_cleanup_(strv_cleanup) char **args = NULL;
	_cleanup_fd_ int output = memfd_create("pasta", MFD_CLOEXEC);
	int ret = output < 0 ? -errno : strv_add(&args, "--netns");

	if (ret == 0)
		ret = strv_add(&args, pin);
	for (char **option = a->options; ret == 0 && option && *option; option++)
		ret = strv_add(&args, *option);
	if (ret < 0)
		return err_sys(err, ret, "%s", a->program);
	ret = run_program(&(struct run){ .path = a->program,
					 .args = args,
					 .output = output,
					 .timeout_ms = START_TIMEOUT },
			  err);
	return ret < 0 ? fail(a, ret, output, err) : 0;
}

/* It has opened the namespace when it goes to the background. */
static int run_pinned(struct scope *scope, const struct pasta_args *a, const char *pin,
		      struct err *err)
{
	int netns = scope_ns_fd(scope, a->ns), ret, unpinned;

	if (netns < 0)
		return err_set(err, -ENOENT, "network namespace '%s' is not there", a->ns);
	ret = netns_pin(netns, pin, err);
	if (ret == 0)
		ret = run(a, pin, err);
	unpinned = netns_unpin(pin, ret < 0 ? NULL : err);
	return ret < 0 ? ret : unpinned;
}

/* Of these pasta tells only who asks it (DHCP, NDP). */
static int set_link(struct scope *scope, const struct pasta_args *a, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct nl *nl;
	int ret = nl_for(scope, a->ns, &nl, err);

	link_put_settings(link_put_name(&b, RTM_SETLINK, 0, 0, a->name, false), &a->mac, a->mtu,
			  a->txqueuelen);
	if (ret == 0)
		ret = nl_batch_send(nl, &b, NULL, NULL, err);
	return ret < 0 ? ret
		       : nl_batch_error(&b, err, "mac_address, mtu or txqueuelen of '%s'", a->name);
}

static int apply(struct scope *scope, void *args, struct err *err)
{
	struct pasta_args *a = args;
	_cleanup_free_ char *pin = pin_path(scope, a->name);
	int ret = pin ? run_pinned(scope, a, pin, err) : err_oom(err);

	if (ret < 0)
		return ret;
	if (!pasta_find(scope, a->name, &a->pid, &a->start))
		return err_set(err, -ESRCH, "%s has ended as soon as it ran", a->program);
	return set_link(scope, a, err);
}

/* --- Stopping it --- */

static int stop(pid_t pid, uint64_t start, struct err *err)
{
	int ret = process_end(pid, start, KILL_TIMEOUT);

	return ret < 0 ? err_sys(err, ret, "cannot kill process %d", pid) : 0;
}

struct stopping {
	const char *pin;
	struct err *err;
};

static int stop_found(void *arg, pid_t pid, uint64_t start, const char *netns)
{
	const struct stopping *s = arg;

	return strcmp(netns, s->pin) ? 0 : stop(pid, start, s->err);
}

/*
 * One that was started by a ctrnet that was killed before it could record the pid, or by `net repair`, of which the ctrnet that waits for the container has not
 * heard, is told by its command line.
 */
static int revert(struct scope *scope, void *args, struct err *err)
{
	struct pasta_args *a = args;
	_cleanup_free_ char *pin = pin_path(scope, a->name);
	int ret = pin ? 0 : err_oom(err);

	if (ret == 0 && a->pid)
		ret = stop(a->pid, a->start, err);
	if (ret == 0)
		ret = each(stop_found, &(struct stopping){ pin, err });
	if (ret < 0)
		return ret;
	a->pid = 0;
	return netns_unpin(pin, err);
}

static int probe(struct scope *scope, const void *args, struct err *err)
{
	const struct pasta_args *a = args;
	char mac[MAC_TEXT_MAX];
	struct link link;
	int ret;

	if (!a->pid || process_gone(a->pid, a->start))
		return err_set(err, -ENOENT, "%s does not run", a->program);
	ret = link_find_in(scope, a->ns, a->name, NULL, &link, err);
	if (ret < 0)
		return ret;
	if (!link.index)
		return err_set(err, -ENOENT, "no link '%s'", a->name);
	if (a->mtu && link.mtu != a->mtu)
		return err_set(err, -ESTALE, "link '%s': mtu is %u, planned %u", a->name, link.mtu,
			       a->mtu);
	if (a->txqueuelen && link.txqueuelen != a->txqueuelen)
		return err_set(err, -ESTALE, "link '%s': txqueuelen is %u, planned %u", a->name,
			       link.txqueuelen, a->txqueuelen);
	if (!mac_equal(&link.mac, &a->mac))
		return err_set(err, -ESTALE, "link '%s': MAC is %s", a->name,
			       mac_format(&link.mac, mac, sizeof(mac)));
	return 0;
}

static void describe(const void *args, char *buf, size_t size)
{
	const struct pasta_args *a = args;

	snprintf(buf, size, "%s for %s", a->program, a->name);
}

static void show(const void *args, FILE *out)
{
	const struct pasta_args *a = args;

	str_print_shell(out, a->program);
	fprintf(out, " --netns %s", a->ns);
	for (char **option = a->options; option && *option; option++) {
		fputc(' ', out);
		str_print_shell(out, *option);
	}
	fputc('\n', out);
	if (!a->mtu && !a->txqueuelen)
		return;
	net_show_ip(out, a->ns);
	fprintf(out, "link set dev %s", a->name);
	link_show_settings(out, &(struct mac){ 0 }, a->mtu, a->txqueuelen);
	fputc('\n', out);
}

static const struct json_field fields[] = {
	JSON_CHARS(struct pasta_args, "ns", ns, .flags = JSON_REQUIRED),
	JSON_CHARS(struct pasta_args, "name", name, .flags = JSON_REQUIRED),
	JSON_TEXT(struct pasta_args, "mac", mac, &mac_text),
	JSON_UINT(struct pasta_args, "mtu", mtu),
	JSON_UINT(struct pasta_args, "txqueuelen", txqueuelen),
	JSON_STRING(struct pasta_args, "program", program, .flags = JSON_REQUIRED),
	JSON_STRINGS(struct pasta_args, "options", options),
	JSON_INT(struct pasta_args, "pid", pid),
	JSON_UINT(struct pasta_args, "start_time", start),
	JSON_END
};
static const struct json_schema schema = JSON_SCHEMA(struct pasta_args, fields);

const struct step_type pasta_step = {
	.name = "pasta.run",
	.args = &schema,
	.phase = PHASE_CONNECT,
	.apply = apply,
	.revert = revert,
	.probe = probe,
	.describe = describe,
	.show = show,
	.learns = true,
};

/* --- Without a journal --- */

struct salvage {
	char *prefix; /* of the paths of this container's */
	struct plan *plan;
	struct err *err;
};

static int salvage_found(void *arg, pid_t pid, uint64_t start, const char *netns)
{
	const struct salvage *s = arg;
	struct pasta_args args = { .ns = SCOPE_CONTAINER, .pid = pid, .start = start };

	if (!str_starts(netns, s->prefix) ||
	    str_copy(args.name, sizeof(args.name), netns + strlen(s->prefix)) < 0)
		return 0;
	args.program = strdup("pasta");
	return args.program ? plan_add(s->plan, &pasta_step, NULL, &args, s->err) : err_oom(s->err);
}

int pasta_salvage(const struct scope *scope, struct plan *plan, struct err *err)
{
	struct salvage s = { str_format("%s/pasta.", scope->run_dir), plan, err };
	int ret = s.prefix ? each(salvage_found, &s) : err_oom(err);

	free(s.prefix);
	return ret;
}
