// SPDX-License-Identifier: Apache-2.0
/* What callers do wrong, and callers that are unusual. */
#include "check.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void start_fails(struct ctrnet_container *c, const struct ctrnet_process_options *o,
			enum ctrnet_code code, int number, const char *text)
{
	struct ctrnet_process *p = (struct ctrnet_process *)1;

	FAILS(ctrnet_container_start(c, o, &p, &error), code, number, text);
	CHECK(p == (struct ctrnet_process *)1);
}

static void bad_options(struct ctrnet_container *c)
{
	static const char *const none[] = { NULL }, *const ls[] = { "/bin/ls", NULL };
	static const char *const missing[] = { "/bin/no-such", NULL };
	static const char *const caps[] = { "NO_SUCH", NULL };
	static const int closed[] = { 77 };
	struct ctrnet_process_options o = CTRNET_PROCESS_OPTIONS_INIT;

	start_fails(c, &o, CTRNET_CONFIG_INVALID, -EINVAL, "args: a command is missing");
	o.args = none;
	start_fails(c, &o, CTRNET_CONFIG_INVALID, -EINVAL, "args: a command is missing");
	o.args = missing;
	start_fails(c, &o, CTRNET_SYSTEM_ERROR, -ENOENT,
		    "cannot execute '/bin/no-such': No such file or directory");
	o.args = ls;
	o.cwd = "tmp";
	start_fails(c, &o, CTRNET_CONFIG_INVALID, -EINVAL, "cwd: 'tmp' is not an absolute path");
	o.cwd = NULL;
	o.capabilities = caps;
	start_fails(c, &o, CTRNET_CONFIG_INVALID, -EINVAL,
		    "capabilities: unknown capability 'NO_SUCH'");
	o.capabilities = NULL;
	o.user = "nobody-at-all";
	start_fails(c, &o, CTRNET_SYSTEM_ERROR, -ENOENT,
		    "unable to find user 'nobody-at-all' in the container's /etc/passwd");
	o.user = NULL;
	o.extra_fds = closed;
	o.extra_fd_count = 1;
	start_fails(c, &o, CTRNET_SYSTEM_ERROR, -EBADF,
		    "descriptor 77, which is to become 3: Bad file descriptor");
	o.extra_fd_count = 0;
	o.size = 0;
	start_fails(c, &o, CTRNET_CONFIG_INVALID, -EINVAL,
		    "struct ctrnet_process_options: its size is 0, is its _INIT missing?");
}

static void without_container(const struct place *place, struct ctrnet_factory *f)
{
	struct ctrnet_container *c = (struct ctrnet_container *)1;
	struct ctrnet_config *config = usual_config(place, false);

	FAILS(ctrnet_container_load(f, "nobody", &c, &error), CTRNET_CONTAINER_NOT_EXISTS, -ENOENT,
	      "container 'nobody' does not exist");
	FAILS(ctrnet_container_load(f, "a/b", &c, &error), CTRNET_INVALID_ID_FORMAT, -EINVAL,
	      error.text);
	FAILS(ctrnet_container_create(f, ".a", config, &c, &error), CTRNET_INVALID_ID_FORMAT,
	      -EINVAL, error.text);
	FAILS(ctrnet_container_create(f, place->id, config, &c, &error), CTRNET_ID_IN_USE, -EEXIST,
	      error.text);
	CHECK(strstr(error.text, place->id) && strstr(error.text, "exists already"));
	CHECK(c == (struct ctrnet_container *)1);
	ctrnet_config_free(config);
}

static void errors(const struct place *place)
{
	static const char *const strings[] = {
		"Id already in use",       "Invalid format",           "Container does not exist",
		"Container paused",        "Container is not stopped", "Container is not running",
		"Process is not executed", "Invalid configuration",    "System error",
	};
	struct ctrnet_factory *f = (struct ctrnet_factory *)1;
	struct ctrnet_config *config = (struct ctrnet_config *)1;
	struct ctrnet_process_options o = CTRNET_PROCESS_OPTIONS_INIT;
	const char *const ls[] = { "/bin/ls", NULL };
	struct ctrnet_container *c;
	struct ctrnet_process *p;
	char expected[300];
	pid_t *pids;
	size_t count;
	int status;

	for (int i = 0; i < 9; i++)
		SAME(ctrnet_code_string((enum ctrnet_code)i), strings[i]);
	CHECK(ctrnet_code_string((enum ctrnet_code)99));

	FAILS(ctrnet_factory_open(&f, "run", NULL, &error), CTRNET_CONFIG_INVALID, -EINVAL,
	      "root 'run' is not an absolute path");
	FAILS(ctrnet_config_load(&config, "/no/such", &error), CTRNET_CONFIG_INVALID, -ENOENT,
	      error.text);
	CHECK(!strncmp(error.text, "/no/such: ", 10));
	FAILS(ctrnet_config_parse(&config, "{", 1, "mine", &error), CTRNET_CONFIG_INVALID, -EINVAL,
	      error.text);
	CHECK(!strncmp(error.text, "mine:1:2: ", 10));
	/* Words are not needed. */
	CHECK(ctrnet_config_parse(&config, "{", 1, "mine", NULL) == -EINVAL);
	CHECK(config == (struct ctrnet_config *)1);

	c = usual_container(place, &f);
	without_container(place, f);
	bad_options(c);

	snprintf(expected, sizeof(expected), "container '%s' is not running", place->id);
	FAILS(ctrnet_container_signal(c, SIGTERM, false, &error), CTRNET_CONTAINER_NOT_RUNNING,
	      -ESRCH, expected);
	FAILS(ctrnet_container_signal(c, SIGTERM, true, &error), CTRNET_CONTAINER_NOT_RUNNING,
	      -ESRCH, expected);
	FAILS(ctrnet_container_pause(c, &error), CTRNET_CONTAINER_NOT_RUNNING, -ESRCH, expected);
	FAILS(ctrnet_container_resume(c, &error), CTRNET_CONTAINER_NOT_RUNNING, -ESRCH, expected);
	FAILS(ctrnet_container_processes(c, &pids, &count, &error), CTRNET_CONTAINER_NOT_RUNNING,
	      -ESRCH, expected);

	p = start_script(c, "sleep 100", -1);
	bad_options(c);
	FAILS(ctrnet_container_signal(c, 99, false, &error), CTRNET_SYSTEM_ERROR, -EINVAL,
	      error.text);
	FAILS(ctrnet_container_destroy(c, false, &error), CTRNET_CONTAINER_NOT_STOPPED, -EBUSY,
	      error.text);
	CLEAN(ctrnet_container_pause(c, &error));
	o.args = ls;
	start_fails(c, &o, CTRNET_CONTAINER_PAUSED, -EBUSY, error.text);
	CHECK(strstr(error.text, "frozen"));
	CLEAN(ctrnet_container_resume(c, &error));
	CLEAN(ctrnet_process_signal(p, SIGKILL, &error));
	OK(ctrnet_process_wait(p, &status, &error));
	FAILS(ctrnet_process_signal(p, SIGKILL, &error), CTRNET_PROCESS_NOT_EXECUTED, -ESRCH,
	      error.text);
	ctrnet_process_free(p);

	CLEAN(ctrnet_container_destroy(c, false, &error));
	snprintf(expected, sizeof(expected), "container '%s' does not exist", place->id);
	FAILS(ctrnet_container_destroy(c, false, &error), CTRNET_CONTAINER_NOT_EXISTS, -ENOENT,
	      expected);
	start_fails(c, &o, CTRNET_CONTAINER_NOT_EXISTS, -ENOENT, expected);
	FAILS(ctrnet_container_resume(c, &error), CTRNET_CONTAINER_NOT_EXISTS, -ENOENT, expected);
	ctrnet_container_free(c);
	ctrnet_factory_close(f);
	/* Nothing is a handle, too. */
	ctrnet_container_free(NULL);
	ctrnet_factory_close(NULL);
	ctrnet_config_free(NULL);
	ctrnet_process_free(NULL);
	ctrnet_state_free(NULL);
	ctrnet_strings_free(NULL);
}

/* What is wrong with a config is said in its own words, also when that comes out later. */
static void names(const struct place *place)
{
	static const char *const texts[][2] = {
		{ "{\"readonlyfs\": false, \"rootfs\": \"/\", \"hostname\": \"x\", "
		  "\"namespaces\": [{\"type\": \"NEWNS\"}]}",
		  "hostname: " },
		{ "{\"mount_config\": {\"mounts\": [{\"type\": \"bind\", \"source\": \"/etc\", "
		  "\"destination\": \"/proc/x\"}]}, \"root_fs\": \"/\", "
		  "\"namespaces\": [{\"type\": \"NEWNS\"}]}",
		  "mount_config.mounts[" },
	};
	struct ctrnet_container *c;
	struct ctrnet_factory *f;

	CLEAN(ctrnet_factory_open(&f, place->root, NULL, &error));
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct ctrnet_config *config;

		CLEAN(ctrnet_config_parse(&config, texts[i][0], strlen(texts[i][0]), "t", &error));
		FAILS(ctrnet_container_create(f, place->id, config, &c, &error),
		      CTRNET_CONFIG_INVALID, -EINVAL, error.text);
		if (strncmp(error.text, texts[i][1], strlen(texts[i][1])) != 0)
			fail(__FILE__, __LINE__, "'%s' instead of '%s...'", error.text,
			     texts[i][1]);
		ctrnet_config_free(config);
	}
	ctrnet_factory_close(f);
}

static void record(void *arg, enum ctrnet_log_level level, const char *line)
{
	char *text = arg;

	if (level == CTRNET_LOG_WARNING)
		snprintf(text, 1000, "%s", line);
}

static void log_records(const struct place *place)
{
	struct ctrnet_factory_options o = CTRNET_FACTORY_OPTIONS_INIT;
	static const char text[] = "{\"readonlyfs\": false, \"rootfs\": \"/\", "
				   "\"namespaces\": [{\"type\": \"NEWNS\"}], "
				   "\"apparmor_profile\": \"no-such\"}";
	char line[1000] = "";
	struct ctrnet_config *config;
	struct ctrnet_container *c;
	struct ctrnet_factory *f;

	o.log = record;
	o.log_arg = line;
	o.ignore_missing_lsm = true;
	CLEAN(ctrnet_factory_open(&f, place->root, &o, &error));
	CLEAN(ctrnet_config_parse(&config, text, strlen(text), "t", &error));
	CLEAN(ctrnet_container_create(f, place->id, config, &c, &error));
	CHECK(strstr(line, "is ignored"));
	ctrnet_config_free(config);
	end_container(c, f);
}

/* What the factory says of cgroups holds for the containers that it makes. */
static void choose_manager(const struct place *place)
{
	struct ctrnet_factory_options o = CTRNET_FACTORY_OPTIONS_INIT;
	static const char text[] =
		"{\"rootfs\": \"/\", \"cgroups\": {\"memory\": 67108864}, "
		"\"namespaces\": [{\"type\": \"NEWNS\"}, {\"type\": \"NEWPID\"}]}";
	struct ctrnet_config *config;
	struct ctrnet_container *c;
	struct ctrnet_factory *f;

	o.cgroup_manager = CTRNET_CGROUP_MANAGER_DISABLED;
	CLEAN(ctrnet_factory_open(&f, place->root, &o, &error));
	CLEAN(ctrnet_config_parse(&config, text, strlen(text), "t", &error));
	CHECK(ctrnet_container_create(f, place->id, config, &c, &error) < 0);
	CHECK(error.code == CTRNET_CONFIG_INVALID);
	CHECK(!strcmp(error.text,
		      "cgroups.memory: there is no cgroup with the cgroup manager 'disabled'"));
	ctrnet_config_free(config);
	ctrnet_factory_close(f);
	o.cgroup_manager = (enum ctrnet_cgroup_manager)3;
	CHECK(ctrnet_factory_open(&f, place->root, &o, &error) < 0);
	CHECK(error.code == CTRNET_CONFIG_INVALID);
}

/* The kernel takes the status away: the documented error, and no other one. */
static void sigchld_ignored(const struct place *place)
{
	struct ctrnet_factory *f;
	struct ctrnet_container *c = usual_container(place, &f);
	struct ctrnet_process *p;
	int status = 77;

	signal(SIGCHLD, SIG_IGN);
	p = start_script(c, "exit 3", -1);
	CHECK(ctrnet_process_wait(p, &status, &error) == -ECHILD);
	CHECK(error.code == CTRNET_SYSTEM_ERROR && error.number == -ECHILD);
	CHECK(status == 77);
	ctrnet_process_free(p);
	p = start_script(c, "sleep 100", -1);
	OK(ctrnet_container_signal(c, SIGKILL, true, &error));
	OK(ctrnet_container_wait(c, 10000, &error));
	ctrnet_process_free(p);
	OK(ctrnet_container_destroy(c, false, &error));
	signal(SIGCHLD, SIG_DFL);
	ctrnet_container_free(c);
	ctrnet_factory_close(f);
}

static void wait_any(const struct place *place)
{
	struct ctrnet_factory *f;
	struct ctrnet_container *c = usual_container(place, &f);
	struct ctrnet_process *p = start_script(c, "exit 3", -1);
	int status = 77, raw;
	pid_t pid = waitpid(-1, &raw, 0);

	/* The command itself is the program's child, and nothing else is. */
	CHECK(pid == ctrnet_process_pid(p));
	CHECK(WIFEXITED(raw) && WEXITSTATUS(raw) == 3);
	CHECK(waitpid(-1, &raw, 0) < 0 && errno == ECHILD);
	FAILS(ctrnet_process_wait(p, &status, &error), CTRNET_SYSTEM_ERROR, -ECHILD, error.text);
	CHECK(status == 77);
	ctrnet_process_free(p);
	end_container(c, f);
}

/* Nobody waits for the one that joined, so the first one cannot go: it is over none the less. */
static void never_waited(const struct place *place)
{
	struct ctrnet_factory *f;
	struct ctrnet_container *c = usual_container(place, &f);
	enum ctrnet_status status;
	struct ctrnet_process *p[2];

	for (int i = 0; i < 2; i++) {
		p[0] = start_script(c, "sleep 100", -1);
		p[1] = start_script(c, "sleep 100", -1);
		CLEAN(ctrnet_process_signal(p[0], SIGKILL, &error));
		CLEAN(ctrnet_container_wait(c, 5000, &error));
		CLEAN(ctrnet_container_status(c, &status, &error));
		CHECK(status == CTRNET_STOPPED);
		SAME(output_of_script(c, "echo new"), "new\n");
		CHECK(waitpid(ctrnet_process_pid(p[1]), NULL, 0) > 0);
		CHECK(waitpid(ctrnet_process_pid(p[0]), NULL, 0) > 0);
		ctrnet_process_free(p[0]);
		ctrnet_process_free(p[1]);
	}
	p[0] = start_script(c, "sleep 100", -1);
	p[1] = start_script(c, "sleep 100", -1);
	CLEAN(ctrnet_container_destroy(c, true, &error));
	for (int i = 1; i >= 0; i--) {
		int code;

		OK(ctrnet_process_wait(p[i], &code, &error));
		CHECK(code == 128 + SIGKILL);
		ctrnet_process_free(p[i]);
	}
	ctrnet_container_free(c);
	ctrnet_factory_close(f);
}

static void failed_start(const struct place *place)
{
	const char *const missing[] = { "/bin/no-such", NULL };
	struct ctrnet_process_options o = CTRNET_PROCESS_OPTIONS_INIT;
	struct ctrnet_factory *f;
	struct ctrnet_container *c = usual_container(place, &f);
	enum ctrnet_status status;

	o.args = missing;
	for (int i = 0; i < 3; i++)
		start_fails(c, &o, CTRNET_SYSTEM_ERROR, -ENOENT,
			    "cannot execute '/bin/no-such': No such file or directory");
	/* As it was before it was started, and it can be. */
	CLEAN(ctrnet_container_status(c, &status, &error));
	CHECK(status == CTRNET_CREATED);
	SAME(output_of_script(c, "echo on"), "on\n");
	end_container(c, f);
}

/* The number that @file of the container's cgroup for @controller has, read by itself; -1: there is no such file. */
static long long limit_of(struct ctrnet_container *c, const char *controller, const char *file)
{
	struct ctrnet_state *state;
	long long value = -1;
	char path[512];

	CLEAN(ctrnet_container_state(c, &state, &error));
	for (size_t i = 0; i < state->cgroup_count && value < 0; i++) {
		FILE *f;

		if (!strstr(state->cgroups[i].path, controller))
			continue;
		snprintf(path, sizeof(path), "%s/%s", state->cgroups[i].path, file);
		f = fopen(path, "r");
		if (f && fscanf(f, "%lld", &value) != 1)
			value = -1;
		if (f)
			fclose(f);
	}
	ctrnet_state_free(state);
	return value;
}

static void limits(const struct place *place)
{
	struct ctrnet_limits l = CTRNET_LIMITS_INIT;
	struct ctrnet_factory *factory;
	struct ctrnet_container *c = usual_container(place, &factory);
	struct ctrnet_process *p;
	int status;
	char words[200];

	l.pids_limit = 77;
	snprintf(words, sizeof(words), "container '%s' is not running", place->id);
	FAILS(ctrnet_container_set(c, &l, &error), CTRNET_CONTAINER_NOT_RUNNING, -ESRCH, words);
	p = start_script(c, "sleep 100", -1);
	CLEAN(ctrnet_container_set(c, &l, &error));
	CHECK(limit_of(c, "pids", "pids.max") == 77);
	/* What it does not say stays. */
	l = (struct ctrnet_limits)CTRNET_LIMITS_INIT;
	l.memory = 64 << 20;
	CLEAN(ctrnet_container_set(c, &l, &error));
	CHECK(limit_of(c, "pids", "pids.max") == 77);
	CHECK(limit_of(c, "memory", "memory.limit_in_bytes") == 64 << 20);
	/* All of it or none. */
	l.memory = 128 << 20;
	l.cpu_shares = 1;
	FAILS(ctrnet_container_set(c, &l, &error), CTRNET_CONFIG_INVALID, -EINVAL,
	      "cgroups.cpu_shares: 1: the minimum allowed cpu-shares is 2");
	CHECK(limit_of(c, "memory", "memory.limit_in_bytes") == 64 << 20);
	l = (struct ctrnet_limits)CTRNET_LIMITS_INIT;
	l.memory = -2;
	FAILS(ctrnet_container_set(c, &l, &error), CTRNET_CONFIG_INVALID, -EINVAL,
	      "memory: -2 is out of range (-1 to 9223372036854775807)");
	l.size = 0;
	FAILS(ctrnet_container_set(c, &l, &error), CTRNET_CONFIG_INVALID, -EINVAL,
	      "struct ctrnet_limits: its size is 0, is its _INIT missing?");
	CLEAN(ctrnet_container_signal(c, SIGKILL, false, &error));
	OK(ctrnet_process_wait(p, &status, &error));
	ctrnet_process_free(p);
	end_container(c, factory);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{ "errors", errors },
		{ "names", names },
		{ "limits", limits },
		{ "log", log_records },
		{ "cgroup_manager", choose_manager },
		{ "sigchld_ignored", sigchld_ignored },
		{ "wait_any", wait_any },
		{ "failed_start", failed_start },
		{ "never_waited", never_waited },
		{ NULL, NULL },
	};

	return run_test(tests, argc, argv);
}
