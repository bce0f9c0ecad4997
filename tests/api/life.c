// SPDX-License-Identifier: Apache-2.0
/* One container's life, and its processes. */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum ctrnet_status status_of(struct ctrnet_container *c)
{
	enum ctrnet_status status;

	CLEAN(ctrnet_container_status(c, &status, &error));
	return status;
}

static int exit_code(struct ctrnet_process *p)
{
	int code = -1, again = -2;

	OK(ctrnet_process_wait(p, &code, &error));
	CLEAN(ctrnet_process_wait(p, &again, &error));
	CHECK(code == again);
	return code;
}

static void life(const struct place *place)
{
	struct ctrnet_config *config = usual_config(place, false), *stored;
	struct ctrnet_container *c, *same;
	struct ctrnet_factory *f;
	struct ctrnet_process *p;
	struct ctrnet_state *state;
	struct stat st;
	char **ids, *json, *other, path[300];
	pid_t *pids;
	size_t count;

	CLEAN(ctrnet_factory_open(&f, place->root, NULL, &error));
	CHECK(stat(place->root, &st) < 0);
	CLEAN(ctrnet_container_list(f, &ids, &error));
	CHECK(!ids[0]);
	ctrnet_strings_free(ids);

	CLEAN(ctrnet_container_create(f, place->id, config, &c, &error));
	CHECK(stat(place->root, &st) == 0 && (st.st_mode & 0777) == 0700);
	SAME(ctrnet_container_id(c), place->id);
	CHECK(status_of(c) == CTRNET_CREATED);
	CLEAN(ctrnet_container_list(f, &ids, &error));
	SAME(ids[0], place->id);
	CHECK(!ids[1]);
	ctrnet_strings_free(ids);
	CLEAN(ctrnet_container_state(c, &state, &error));
	CHECK(state->pid == 0 && state->cgroup_count == 0);
	SAME(state->created, "");
	ctrnet_state_free(state);
	CLEAN(ctrnet_container_wait(c, -1, &error));

	p = start_script(c, "sleep 100", -1);
	CHECK(status_of(c) == CTRNET_RUNNING);
	CLEAN(ctrnet_container_state(c, &state, &error));
	CHECK(state->pid == ctrnet_process_pid(p));
	CHECK(state->owner == 0 && state->start_time > 0 && state->created[0]);
	SAME(state->rootfs, place->rootfs);
	CHECK(state->cgroup_count > 0);
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)state->pid);
	/* Whatever it waits for, it has not ended. */
	CHECK(strstr(contents(path), ") ") && !strstr(contents(path), ") Z "));
	for (size_t i = 0; i < state->cgroup_count; i++) {
		snprintf(path, sizeof(path), "%s/cgroup.procs", state->cgroups[i].path);
		CHECK(atoi(contents(path)) == state->pid);
	}
	ctrnet_state_free(state);
	CLEAN(ctrnet_container_processes(c, &pids, &count, &error));
	CHECK(count >= 1 && pids[0] == ctrnet_process_pid(p));
	free(pids);

	/* Another handle, of another factory, is the same container. */
	CLEAN(ctrnet_container_load(f, place->id, &same, &error));
	ctrnet_factory_close(f);
	CHECK(status_of(same) == CTRNET_RUNNING);
	CLEAN(ctrnet_container_config(same, &stored, &error));
	CLEAN(ctrnet_config_json(stored, CTRNET_FORMAT_LIBCONTAINER, &other, &error));
	CLEAN(ctrnet_config_json(config, CTRNET_FORMAT_LIBCONTAINER, &json, &error));
	CHECK(strstr(other, "\"hostname\": \"api\"") && strstr(json, "\"hostname\": \"api\""));
	free(json);
	free(other);
	CLEAN(ctrnet_config_json(stored, CTRNET_FORMAT_OCI, &json, &error));
	CHECK(strstr(json, "\"ociVersion\""));
	free(json);
	CLEAN(ctrnet_container_state_json(same, &json, &error));
	CHECK(strstr(json, "\"running\""));
	free(json);

	FAILS(ctrnet_container_wait(same, 50, &error), CTRNET_SYSTEM_ERROR, -ETIMEDOUT, error.text);
	CLEAN(ctrnet_container_pause(same, &error));
	CHECK(status_of(c) == CTRNET_PAUSED);
	CLEAN(ctrnet_container_pause(c, &error));
	CLEAN(ctrnet_container_resume(c, &error));
	CHECK(status_of(same) == CTRNET_RUNNING);
	CLEAN(ctrnet_container_resume(c, &error));

	CLEAN(ctrnet_container_signal(same, 0, false, &error));
	CLEAN(ctrnet_container_signal(same, SIGKILL, true, &error));
	CLEAN(ctrnet_container_wait(same, 10000, &error));
	CHECK(exit_code(p) == 128 + SIGKILL);
	CHECK(status_of(c) == CTRNET_STOPPED);

	/* It can be started again. */
	ctrnet_process_free(p);
	p = start_script(c, "exit 7", -1);
	CHECK(exit_code(p) == 7);
	ctrnet_process_free(p);

	CLEAN(ctrnet_container_destroy(c, false, &error));
	ctrnet_container_free(c);
	ctrnet_container_free(same);
	ctrnet_config_free(stored);
	ctrnet_config_free(config);
}

static void process_options(const struct place *place)
{
	static const char *const env[] = { "FOO=BAR", "A=1", "A=2", NULL };
	static const char *const args[] = { "sh",
					    "-c",
					    "echo $0 $1; echo $FOO $A $HOME; id -u; id -g; pwd; "
					    "readlink /proc/self/fd/0; umask",
					    "zero",
					    "one two",
					    NULL };
	static const char *const with_admin[] = { "NET_ADMIN", "CAP_CHOWN", NULL };
	static const char *const caps[] = { "/bin/grep", "CapEff", "/proc/self/status", NULL };
	struct ctrnet_process_options o = CTRNET_PROCESS_OPTIONS_INIT;
	struct ctrnet_factory *f;
	struct ctrnet_container *c = usual_container(place, &f);
	struct ctrnet_process *first;

	/* The same of the first process and of one that joins: the first one ends at once. */
	for (int joined = 0; joined < 2; joined++) {
		first = joined ? start_script(c, "sleep 100", -1) : NULL;
		o.args = args;
		o.env = env;
		o.user = "2:3";
		o.cwd = "/tmp";
		SAME(output_of(c, &o), "zero one two\nBAR 2 /\n2\n3\n/tmp\n/dev/null\n0022\n");
		o = (struct ctrnet_process_options)CTRNET_PROCESS_OPTIONS_INIT;
		o.args = caps;
		SAME(output_of(c, &o), "CapEff:\t00000000a80425fb\n");
		/* TestProcessCaps */
		o.capabilities = with_admin;
		SAME(output_of(c, &o), "CapEff:\t0000000000001001\n");
		if (first)
			OK(ctrnet_process_signal(first, SIGKILL, &error));
		if (first)
			CHECK(exit_code(first) == 128 + SIGKILL);
		ctrnet_process_free(first);
	}
	end_container(c, f);
}

static void read_line(int fd, const char *expected)
{
	char text[100];
	ssize_t n = read(fd, text, sizeof(text) - 1);

	CHECK(n > 0);
	text[n] = '\0';
	SAME(text, expected);
}

/* Three pipes and an output for errors; the first one has a number behind all that are asked for. */
static void pass_pipes(struct ctrnet_container *c)
{
	static const char *const args[] = {
		"/bin/sh", "-c",
		"cd /proc/$$/fd; echo *; echo 3 >&3; echo 4 >&4; echo 5 >&5; echo 2 >&2", NULL
	};
	static const char *const expected[] = { "3\n", "4\n", "5\n", "2\n" };
	struct ctrnet_process_options o = CTRNET_PROCESS_OPTIONS_INIT;
	int fds[4][2], extra[3];

	for (int i = 0; i < 4; i++)
		CHECK(pipe2(fds[i], O_CLOEXEC) == 0);
	extra[0] = fcntl(fds[0][1], F_DUPFD_CLOEXEC, 40);
	extra[1] = fds[1][1];
	extra[2] = fds[2][1];
	o.args = args;
	o.extra_fds = extra;
	o.extra_fd_count = 3;
	o.stdio[2] = fds[3][1];
	SAME(output_of(c, &o), "0 1 2 3 4 5 6\n"); /* 6 is the directory that is read */
	for (int i = 0; i < 4; i++) {
		read_line(fds[i][0], expected[i]);
		close(fds[i][0]);
		close(fds[i][1]);
	}
	close(extra[0]);
}

/* 3 becomes 4 and 4 becomes 3, in the command and not here. */
static void swap_files(struct ctrnet_container *c)
{
	static const char *const args[] = { "/bin/sh", "-c",
					    "readlink /proc/$$/fd/3; readlink /proc/$$/fd/4",
					    NULL };
	static const int extra[] = { 4, 3 };
	struct ctrnet_process_options o = CTRNET_PROCESS_OPTIONS_INIT;

	o.args = args;
	o.extra_fds = extra;
	o.extra_fd_count = 2;
	SAME(output_of(c, &o), "/dev/full\n/dev/zero\n");
	SAME(link_target("/proc/self/fd/3"), "/dev/zero");
}

/* TestPassExtraFiles, TestExecinPassExtraFiles: what it finds open is what it was given. */
static void extra_files(const struct place *place)
{
	struct ctrnet_factory *f;
	struct ctrnet_container *c = usual_container(place, &f);
	struct ctrnet_process *first;

	CHECK(open("/dev/zero", O_RDONLY | O_CLOEXEC) == 3);
	CHECK(open("/dev/full", O_RDONLY | O_CLOEXEC) == 4);
	pass_pipes(c);
	swap_files(c);
	first = start_script(c, "sleep 100", -1);
	pass_pipes(c);
	swap_files(c);
	CLEAN(ctrnet_process_signal(first, SIGKILL, &error));
	CHECK(exit_code(first) == 128 + SIGKILL);
	ctrnet_process_free(first);
	close(3);
	close(4);
	end_container(c, f);
}

/* TestExecInTTY: a console gives output within five seconds, and has the size that is asked for. */
static void console(const struct place *place)
{
	static const char *const args[] = { "/bin/sh", "-c",
					    "tty; stty size; read x; stty size; ps", NULL };
	struct ctrnet_process_options o = CTRNET_PROCESS_OPTIONS_INIT;
	struct ctrnet_factory *f;
	struct ctrnet_container *c = usual_container(place, &f);

	o.args = args;
	o.console = true;
	o.rows = 33;
	o.columns = 77;
	for (int joined = 0; joined < 2; joined++) {
		struct ctrnet_process *first = joined ? start_script(c, "sleep 100", -1) : NULL, *p;
		char text[4096] = "";
		size_t len = 0;
		bool sized = false;
		struct pollfd master;

		if (first)
			CHECK(ctrnet_process_console(first) == -1);
		if (first)
			FAILS(ctrnet_process_resize(first, 1, 1, &error), CTRNET_SYSTEM_ERROR,
			      -ENOTTY, error.text);
		OK(ctrnet_container_start(c, &o, &p, &error));
		master = (struct pollfd){ .fd = ctrnet_process_console(p), .events = POLLIN };
		CHECK(master.fd >= 0);
		CHECK(fcntl(master.fd, F_GETFD) & FD_CLOEXEC);
		while (poll(&master, 1, 5000) == 1) {
			ssize_t n = read(master.fd, text + len, sizeof(text) - 1 - len);

			if (n <= 0)
				break;
			len += (size_t)n;
			text[len] = '\0';
			if (sized || !strstr(text, "33 77\r\n"))
				continue;
			sized = true;
			CLEAN(ctrnet_process_resize(p, 40, 100, &error));
			CHECK(write(master.fd, "\n", 1) == 1);
		}
		CHECK(strncmp(text, "/dev/", 5) == 0);
		CHECK(strstr(text, "40 100\r\n"));
		CHECK(strstr(text, " ps"));
		CHECK(!first || strstr(text, "sleep 100"));
		CHECK(exit_code(p) == 0);
		ctrnet_process_free(p);
		if (first)
			CLEAN(ctrnet_process_signal(first, SIGKILL, &error));
		if (first)
			CHECK(exit_code(first) == 128 + SIGKILL);
		ctrnet_process_free(first);
	}
	end_container(c, f);
}

/* TestEnter: two processes, both listed, in one pid namespace. */
static void enter(const struct place *place)
{
	struct ctrnet_factory *f;
	struct ctrnet_container *c = usual_container(place, &f);
	struct ctrnet_process *p[2];
	char path[64], ns[64];
	pid_t *pids;
	size_t count;
	bool found[2] = { false, false };

	p[0] = start_script(c, "exec sleep 99", -1);
	p[1] = start_script(c, "exec sleep 100", -1);
	CLEAN(ctrnet_container_processes(c, &pids, &count, &error));
	CHECK(count == 2);
	for (size_t i = 0; i < count; i++)
		for (int j = 0; j < 2; j++)
			found[j] |= pids[i] == ctrnet_process_pid(p[j]);
	CHECK(found[0] && found[1]);
	free(pids);
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)ctrnet_process_pid(p[0]));
	snprintf(ns, sizeof(ns), "%s", link_target(path));
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)ctrnet_process_pid(p[1]));
	SAME(link_target(path), ns);
	CHECK(strcmp(link_target("/proc/self/ns/pid"), ns) != 0);
	/* The pidfd says when it is over. */
	{
		struct pollfd end = { .fd = ctrnet_process_fd(p[1]), .events = POLLIN };

		CHECK(poll(&end, 1, 0) == 0);
		CLEAN(ctrnet_process_signal(p[1], SIGTERM, &error));
		CHECK(poll(&end, 1, 10000) == 1);
	}
	CHECK(exit_code(p[1]) == 128 + SIGTERM);
	CLEAN(ctrnet_process_signal(p[0], SIGKILL, &error));
	CHECK(exit_code(p[0]) == 128 + SIGKILL);
	ctrnet_process_free(p[0]);
	ctrnet_process_free(p[1]);
	end_container(c, f);
}

/* TestContainerState: without NEWIPC the state leads to the host's IPC namespace. */
static void state_paths(const struct place *place)
{
	struct ctrnet_config *config = usual_config(place, true);
	struct ctrnet_factory *f;
	struct ctrnet_container *c;
	struct ctrnet_process *p;
	struct ctrnet_state *state;
	bool ipc = false, net = false;

	CLEAN(ctrnet_factory_open(&f, place->root, NULL, &error));
	CLEAN(ctrnet_container_create(f, place->id, config, &c, &error));
	p = start_script(c, "sleep 100", -1);
	CLEAN(ctrnet_container_state(c, &state, &error));
	for (size_t i = 0; i < state->namespace_count; i++) {
		char here[64];

		if (!strcmp(state->namespaces[i].name, "NEWIPC")) {
			ipc = true;
			snprintf(here, sizeof(here), "%s", link_target("/proc/self/ns/ipc"));
			SAME(link_target(state->namespaces[i].path), here);
		} else if (!strcmp(state->namespaces[i].name, "NEWNET")) {
			net = true;
			snprintf(here, sizeof(here), "%s", link_target("/proc/self/ns/net"));
			CHECK(strcmp(link_target(state->namespaces[i].path), here) != 0);
		}
	}
	CHECK(ipc && net);
	ctrnet_state_free(state);
	CLEAN(ctrnet_process_signal(p, SIGKILL, &error));
	CHECK(exit_code(p) == 128 + SIGKILL);
	ctrnet_process_free(p);
	ctrnet_config_free(config);
	end_container(c, f);
}

/* The program ends, and its container goes on; somebody else ends it. */
static void leave(const struct place *place)
{
	struct ctrnet_factory *f;
	struct ctrnet_container *c = usual_container(place, &f);
	struct ctrnet_process *p = start_script(c, "sleep 4712", -1);

	ctrnet_process_free(p);
	ctrnet_container_free(c);
	ctrnet_factory_close(f);
	_exit(0);
}

static void take_over(const struct place *place)
{
	struct ctrnet_factory *f;
	struct ctrnet_container *c;

	CLEAN(ctrnet_factory_open(&f, place->root, NULL, &error));
	CLEAN(ctrnet_container_load(f, place->id, &c, &error));
	CHECK(status_of(c) == CTRNET_RUNNING);
	CHECK(strstr(output_of_script(c, "ps"), "sleep 4712"));
	end_container(c, f);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{ "life", life },
		{ "process_options", process_options },
		{ "extra_files", extra_files },
		{ "console", console },
		{ "enter", enter },
		{ "state_paths", state_paths },
		{ "leave", leave },
		{ "take_over", take_over },
		{ NULL, NULL },
	};

	return run_test(tests, argc, argv);
}
