// SPDX-License-Identifier: Apache-2.0
/* A program that is a container's supervisor itself (ctrnet_exec()), and what it can know of configs before. */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A signal mask of the program's own, for what must come back, and go to the command. */
static void block_usr1(void)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	CHECK(sigprocmask(SIG_SETMASK, &mask, NULL) == 0);
}

static bool is_polite(void)
{
	int reaper = -1;

	CHECK(prctl(PR_GET_CHILD_SUBREAPER, &reaper, 0, 0, 0) == 0);
	return reaper == 0 && prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1;
}

static struct ctrnet_config *template_config(const struct place *place)
{
	struct ctrnet_spec spec = CTRNET_SPEC_INIT;
	struct ctrnet_cgroup cgroup = CTRNET_CGROUP_INIT;
	static const struct ctrnet_network lo = { .type = "loopback" };
	struct ctrnet_config *config;

	ctrnet_template(&spec, &cgroup);
	CHECK(spec.cgroups == &cgroup && !spec.rootfs && !spec.network_count);
	spec.rootfs = place->rootfs;
	spec.networks = &lo;
	spec.network_count = 1;
	CLEAN(ctrnet_config_make(&config, &spec, &error));
	return config;
}

static struct ctrnet_factory *open_factory(const struct place *place)
{
	struct ctrnet_factory *f;

	CLEAN(ctrnet_factory_open(&f, place->root, NULL, &error));
	return f;
}

/* What `/bin/sh -c @script` prints, or a function with @o's arguments; the program is as before. Its exit status must be @code. */
static const char *output_of_exec(struct ctrnet_factory *f, const char *id,
				  struct ctrnet_config *config, struct ctrnet_exec_options *o,
				  const char *script, int code)
{
	const char *const args[] = { "/bin/sh", "-c", script, NULL };
	static char text[65536];
	ssize_t n, len = 0;
	int ends[2], kept = dup(1), status = -1;

	if (script)
		o->args = args;
	CHECK(kept >= 0 && pipe2(ends, O_CLOEXEC) == 0 && dup2(ends[1], 1) == 1);
	close(ends[1]);
	CLEAN(ctrnet_exec(f, id, config, o, &status, &error));
	CHECK(is_polite());
	CHECK(dup2(kept, 1) == 1);
	close(kept);
	while ((n = read(ends[0], text + len, sizeof(text) - 1 - (size_t)len)) > 0)
		len += n;
	close(ends[0]);
	text[len] = '\0';
	if (status != code)
		fail(__FILE__, __LINE__, "exit status %d; output: %s", status, text);
	return text;
}

static void expect_gone(struct ctrnet_factory *f, const char *id)
{
	struct ctrnet_container *c;

	FAILS(ctrnet_container_load(f, id, &c, &error), CTRNET_CONTAINER_NOT_EXISTS, -ENOENT,
	      error.text);
}

/* One that is made, and is gone with its command. */
static void anew(const struct place *place)
{
	static const char *const env[] = { "A=1", "A=2", NULL };
	struct ctrnet_exec_options o = CTRNET_EXEC_OPTIONS_INIT;
	struct ctrnet_factory *f = open_factory(place);
	struct ctrnet_config *config = template_config(place);
	sigset_t none;

	block_usr1();
	o.env = env;
	o.cwd = "/tmp";
	o.user = "alice";
	SAME(output_of_exec(
		     f, place->id, config, &o,
		     "hostname; echo $A $HOSTNAME; pwd; id -u; grep SigBlk /proc/self/status; exit 7",
		     7),
	     "nsinit\n2 nsinit\n/tmp\n1000\nSigBlk:\t0000000000000200\n");
	expect_gone(f, place->id);
	/* It is used up; that is no crash. */
	ctrnet_config_free(config);

	/* Its own end, by a signal; and an id of its root directory. */
	config = template_config(place);
	o = (struct ctrnet_exec_options)CTRNET_EXEC_OPTIONS_INIT;
	SAME(output_of_exec(
		     f, NULL, config, &o,
		     "grep -o 'nsinit/rootfs-[0-9a-f]*$' /proc/self/cgroup | sort -u | sed 's/-.*//'",
		     0),
	     "nsinit/rootfs\n");
	ctrnet_config_free(config);
	config = template_config(place);
	SAME(output_of_exec(f, place->id, config, &o,
			    "exec 2>/dev/null; /bin/sh -c 'kill -TERM $$'; exit $?", 143),
	     "");
	ctrnet_config_free(config);
	ctrnet_factory_close(f);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* One that a start of the library's made. */
static void joined(const struct place *place)
{
	struct ctrnet_exec_options o = CTRNET_EXEC_OPTIONS_INIT;
	struct ctrnet_factory *f;
	struct ctrnet_container *c = usual_container(place, &f);
	struct ctrnet_config *other = template_config(place);
	struct ctrnet_process *p;
	const char *const ls[] = { "ls", NULL };
	char expected[300];
	int status = 77;

	o.join_only = true;
	o.args = ls;
	snprintf(expected, sizeof(expected),
		 "container '%s' does not run, so that nothing can join it", place->id);
	FAILS(ctrnet_exec(f, place->id, NULL, &o, &status, &error), CTRNET_CONTAINER_NOT_RUNNING,
	      -ESRCH, expected);
	CHECK(status == 77 && is_polite());
	p = start_script(c, "sleep 100", -1);
	SAME(output_of_exec(f, place->id, NULL, &o, "hostname; exit 3", 3), "api\n");
	o.cgroup = true;
	CHECK(strstr(output_of_exec(f, place->id, NULL, &o, "cat /proc/self/cgroup", 0),
		     place->id));
	/* An id says which one is meant, whatever the config. */
	o = (struct ctrnet_exec_options)CTRNET_EXEC_OPTIONS_INIT;
	SAME(output_of_exec(f, place->id, other, &o, "hostname", 0), "api\n");
	ctrnet_config_free(other);
	OK(ctrnet_process_signal(p, SIGKILL, &error));
	OK(ctrnet_process_wait(p, &status, &error));
	ctrnet_process_free(p);
	end_container(c, f);
}

/* --- signals --- */

/* In a process of its own: what a program with @last_call is left with is that one's. */
static int supervise(const struct place *place, bool last_call, int out)
{
	const char *const args[] = { "/bin/sh", "-c",
				     "trap 'exit 5' TERM; echo ready; while :; do sleep 0.05; done",
				     NULL };
	struct ctrnet_exec_options o = CTRNET_EXEC_OPTIONS_INIT;
	struct ctrnet_factory *f = open_factory(place);
	struct ctrnet_config *config = template_config(place);
	sigset_t mask;
	int status;

	CHECK(dup2(out, 1) == 1);
	o.args = args;
	o.last_call = last_call;
	OK(ctrnet_exec(f, place->id, config, &o, &status, &error));
	CHECK(sigprocmask(SIG_BLOCK, NULL, &mask) == 0);
	CHECK(sigismember(&mask, SIGTERM) == last_call);
	CHECK(is_polite() == !last_call);
	ctrnet_config_free(config);
	ctrnet_factory_close(f);
	return status;
}

static void signals(const struct place *place)
{
	for (int last_call = 0; last_call < 2; last_call++) {
		int ends[2], raw;
		char word[6];
		pid_t pid;

		CHECK(pipe2(ends, O_CLOEXEC) == 0);
		pid = fork();
		CHECK(pid >= 0);
		if (pid == 0)
			_exit(supervise(place, last_call, ends[1]));
		close(ends[1]);
		CHECK(read(ends[0], word, sizeof(word)) == 6 && !memcmp(word, "ready\n", 6));
		CHECK(kill(pid, SIGTERM) == 0);
		CHECK(waitpid(pid, &raw, 0) == pid);
		CHECK(WIFEXITED(raw) && WEXITSTATUS(raw) == 5);
		close(ends[0]);
	}
}

/* --- what is refused --- */

static void exec_fails(struct ctrnet_factory *f, const char *id, struct ctrnet_config *config,
		       const struct ctrnet_exec_options *o, enum ctrnet_code code, int number,
		       const char *text)
{
	int status = 77;

	FAILS(ctrnet_exec(f, id, config, o, &status, &error), code, number, text);
	CHECK(status == 77 && is_polite());
	ctrnet_config_free(config);
}

static void *sit(void *arg)
{
	char c;

	CHECK(read(*(int *)arg, &c, 1) == 0);
	return NULL;
}

/* One thread is too many; one that has ended is not. */
static void with_a_thread(const struct place *place, struct ctrnet_factory *f)
{
	struct ctrnet_exec_options o = CTRNET_EXEC_OPTIONS_INIT;
	const char *const args[] = { "/bin/true", NULL };
	struct ctrnet_config *config = template_config(place);
	pthread_t thread;
	int ends[2];

	o.args = args;
	CHECK(pipe2(ends, O_CLOEXEC) == 0);
	CHECK(pthread_create(&thread, NULL, sit, &ends[0]) == 0);
	exec_fails(f, place->id, config, &o, CTRNET_SYSTEM_ERROR, -EBUSY,
		   "a program with threads cannot be a supervisor");
	close(ends[1]);
	pthread_join(thread, NULL);
	close(ends[0]);
	config = template_config(place);
	output_of_exec(f, place->id, config, &o, NULL, 0);
	ctrnet_config_free(config);
}

static void refused(const struct place *place)
{
	struct ctrnet_exec_options o = CTRNET_EXEC_OPTIONS_INIT;
	const char *const args[] = { "/bin/true", NULL }, *const missing[] = { "/no/such", NULL };
	struct ctrnet_factory *f = open_factory(place);

	exec_fails(f, place->id, template_config(place), &o, CTRNET_CONFIG_INVALID, -EINVAL,
		   "args: a command is missing");
	o.args = args;
	exec_fails(f, NULL, NULL, &o, CTRNET_CONFIG_INVALID, -EINVAL,
		   "an id, or a config that it is made of, is missing");
	exec_fails(f, "a/b", template_config(place), &o, CTRNET_INVALID_ID_FORMAT, -EINVAL,
		   "invalid id 'a/b': only [A-Za-z0-9_+.-] are allowed");
	exec_fails(f, "nobody", NULL, &o, CTRNET_CONTAINER_NOT_EXISTS, -ENOENT,
		   "container 'nobody' does not exist");
	o.cwd = "tmp";
	exec_fails(f, place->id, template_config(place), &o, CTRNET_CONFIG_INVALID, -EINVAL,
		   "cwd: 'tmp' is not an absolute path");
	o.cwd = NULL;
	o.preserve_fds = 1001;
	exec_fails(f, place->id, template_config(place), &o, CTRNET_CONFIG_INVALID, -EINVAL,
		   "preserve_fds: 1001 is more than 1000");
	o.preserve_fds = 7;
	exec_fails(f, place->id, template_config(place), &o, CTRNET_CONFIG_INVALID, -EBADF,
		   "preserve_fds: descriptor 3 is not open");
	o.preserve_fds = 0;
	o.args = missing;
	exec_fails(f, place->id, template_config(place), &o, CTRNET_SYSTEM_ERROR, -ENOENT,
		   "cannot execute '/no/such': No such file or directory");
	expect_gone(f, place->id);
	o.size = 1;
	exec_fails(f, place->id, template_config(place), &o, CTRNET_CONFIG_INVALID, -EINVAL,
		   "struct ctrnet_exec_options: its size is 1, is its _INIT missing?");
	with_a_thread(place, f);
	ctrnet_factory_close(f);
}

/* --- functions --- */

static void functions(const struct place *place)
{
	const char *const fifo[] = { "/tmp/fifo", "p", NULL }, *const none[] = { NULL };
	struct ctrnet_process_options p = CTRNET_PROCESS_OPTIONS_INIT;
	struct ctrnet_exec_options o = CTRNET_EXEC_OPTIONS_INIT;
	struct ctrnet_process *process = NULL;
	struct ctrnet_factory *f;
	struct ctrnet_container *c = usual_container(place, &f);
	struct stat st;
	char path[4096];
	size_t n = 0;

	while (ctrnet_function_at(n))
		n++;
	CHECK(n >= 3 && !ctrnet_function_at(n + 1));
	SAME(ctrnet_function_at(0)->name, "exec");
	/* By a process of its own, and by one that joins. */
	p.function = "ip";
	p.args = none;
	CHECK(strstr(output_of(c, &p), "127.0.0.1/8"));
	process = start_script(c, "sleep 100", -1);
	p.function = "mknod";
	p.args = fifo;
	SAME(output_of(c, &p), "");
	snprintf(path, sizeof(path), "%s/tmp/fifo", place->rootfs);
	CHECK(lstat(path, &st) == 0 && S_ISFIFO(st.st_mode) && unlink(path) == 0);
	o.function = "ip";
	CHECK(strstr(output_of_exec(f, place->id, NULL, &o, NULL, 0), "127.0.0.1/8"));
	o.function = "mknod";
	exec_fails(f, place->id, NULL, &o, CTRNET_CONFIG_INVALID, -EINVAL,
		   "mknod: expected PATH TYPE MAJOR MINOR");
	o.function = "x";
	exec_fails(f, place->id, NULL, &o, CTRNET_CONFIG_INVALID, -EINVAL,
		   "function: unknown function 'x'; known are exec, ip, mknod");
	p.function = "x";
	FAILS(ctrnet_container_start(c, &p, &process, &error), CTRNET_CONFIG_INVALID, -EINVAL,
	      "function: unknown function 'x'; known are exec, ip, mknod");
	/* A failure inside is one of the call. */
	p.function = "mknod";
	p.args = (const char *const[]){ "/no/such/place", "p", NULL };
	FAILS(ctrnet_container_start(c, &p, &process, &error), CTRNET_SYSTEM_ERROR, -ENOENT,
	      "mknod: cannot make '/no/such/place': No such file or directory");
	OK(ctrnet_process_signal(process, SIGKILL, &error));
	OK(ctrnet_process_wait(process, &(int){ 0 }, &error));
	ctrnet_process_free(process);
	end_container(c, f);
}

/* --- plans --- */

static void plan(const struct place *place)
{
	struct ctrnet_exec_options o = CTRNET_EXEC_OPTIONS_INIT;
	const char *const args[] = { "/bin/true", NULL };
	struct ctrnet_factory *f = open_factory(place);
	struct ctrnet_config *config = template_config(place);
	char *text, *again;

	o.args = args;
	CLEAN(ctrnet_exec_plan(f, place->id, config, &o, &text, &error));
	CHECK(!strncmp(text, "# before the container's first process\n", 39));
	CHECK(strstr(text, "unshare") && strstr(text, "/bin/true"));
	expect_gone(f, place->id);
	/* The config is as it was. */
	CLEAN(ctrnet_exec_plan(f, place->id, config, &o, &again, &error));
	SAME(again, text);
	FAILS(ctrnet_exec_plan(f, place->id, NULL, &o, &again, &error), CTRNET_CONFIG_INVALID,
	      -EINVAL, "a config, of which there is a plan, is missing");
	free(text);
	free(again);
	SAME(output_of_exec(f, place->id, config, &o, "echo ran", 0), "ran\n");
	ctrnet_config_free(config);
	ctrnet_factory_close(f);
}

/* --- configs --- */

static char *write_config(const struct place *place, const char *name, const char *text)
{
	static char path[4096];
	FILE *out;

	mkdir(place->root, 0700);
	snprintf(path, sizeof(path), "%s/../%s", place->root, name);
	out = fopen(path, "we");
	CHECK(out && fputs(text, out) >= 0 && fclose(out) == 0);
	return path;
}

static void see_key(const struct ctrnet_key *key, void *arg)
{
	bool *seen = arg;

	*seen |= !strcmp(key->name, "networks[].name") && !strcmp(key->type, "string");
}

static void formats(const struct place *place)
{
	const char *path =
		write_config(place, "f.json", "{\"root_fs\": \"/\", \"mount_config\": {}}");
	size_t format = 77, read = 0;
	bool seen = false;

	CLEAN(ctrnet_format_detect(path, &format, &error));
	CHECK(ctrnet_format_name(format) && strstr(ctrnet_format_name(format), "2015"));
	FAILS(ctrnet_format_detect("/no/such", &format, &error), CTRNET_CONFIG_INVALID, -ENOENT,
	      "/no/such: No such file or directory");
	for (format = 0; ctrnet_format_name(format); format++) {
		read += ctrnet_format_is_read(format);
		ctrnet_format_keys(format, see_key, &seen);
	}
	CHECK(format >= 11 && read == format - 1 && seen);
	ctrnet_format_keys(format, see_key, NULL);
	CHECK(!ctrnet_format_is_read(format));
	unlink(path);
}

static void see_type(const struct ctrnet_network_type *type, void *arg)
{
	*(bool *)arg |= !strcmp(type->name, "loopback") && !type->makes_link && type->about &&
			type->example;
}

static void see_network_key(const struct ctrnet_network_key *key, void *arg)
{
	*(bool *)arg |= !strcmp(key->name, "ipv6_address") && !strcmp(key->values, "String.") &&
			key->about && !strcmp(key->aliases, "address6");
}

static void schema(const struct place *place)
{
	bool type = false, key = false, none = false;
	char *json = NULL;

	(void)place;
	CLEAN(ctrnet_config_schema(&json, &error));
	CHECK(json && strstr(json, "\"http://json-schema.org/draft-07/schema#\""));
	free(json);
	ctrnet_network_types(see_type, &type);
	ctrnet_network_keys(NULL, see_network_key, &key);
	ctrnet_network_keys("no such type", see_network_key, &none);
	CHECK(type && key && !none);
}

static void record(void *arg, enum ctrnet_log_level level, const char *line)
{
	if (level == CTRNET_LOG_WARNING)
		snprintf(arg, 1000, "%s", line);
}

/* One of a file: where its root directory is, what its command is, what is wrong with it and is said in its own words. */
static void files(const struct place *place)
{
	struct ctrnet_config *config;
	char line[1000] = "", expected[5000], *json;
	const char *path = write_config(
		place, "c.json",
		"{\"version\": \"pre-draft\", \"platform\": {\"os\": \"linux\"}, "
		"\"process\": {\"args\": [\"/bin/true\", \"x\"]}, "
		"\"linux\": {\"namespaces\": [{\"type\": \"mount\"}], \"resources\": {\"memory\": {\"swap\": 5}}}}");

	CLEAN(ctrnet_config_load(&config, path, &error));
	CHECK(!ctrnet_config_rootfs(config));
	SAME(ctrnet_config_args(config)[1], "x");
	snprintf(expected, sizeof(expected), "%s: root.path: missing", path);
	FAILS(ctrnet_config_check(config, &error), CTRNET_CONFIG_INVALID, -EINVAL, expected);
	FAILS(ctrnet_config_json(config, CTRNET_FORMAT_OCI, &json, &error), CTRNET_CONFIG_INVALID,
	      -EINVAL, expected);
	FAILS(ctrnet_config_set_rootfs(config, "", &error), CTRNET_CONFIG_INVALID, -EINVAL,
	      "rootfs: empty");
	CLEAN(ctrnet_config_set_rootfs(config, place->rootfs, &error));
	SAME(ctrnet_config_rootfs(config), place->rootfs);
	FAILS(ctrnet_config_check(config, &error), CTRNET_CONFIG_INVALID, -EINVAL, error.text);
	snprintf(expected, sizeof(expected), "%s: linux.resources.memory.swap: ", path);
	if (strncmp(error.text, expected, strlen(expected)) != 0)
		fail(__FILE__, __LINE__, "%s", error.text);
	ctrnet_config_free(config);
	unlink(path);

	path = write_config(place, "container.json",
			    "{\"namespaces\": [{\"type\": \"NEWNS\"}], \"readonlyfs\": false, "
			    "\"networks\": [{\"type\": \"loopback\", \"adress\": \"x\"}]}");
	CLEAN(ctrnet_config_load_logged(&config, path, record, line, &error));
	CHECK(strstr(line, "adress"));
	CHECK(ctrnet_config_rootfs(config) && !ctrnet_config_args(config));
	ctrnet_config_free(config);
	unlink(path);
}

/* Where nothing but the container's directory is left of the config. */
static void stored_names(const struct place *place)
{
	static const char text[] =
		"{\"mount_config\": {\"mounts\": [{\"type\": \"bind\", \"source\": \"/no/such\", "
		"\"destination\": \"/mnt\"}]}, \"root_fs\": \"%s\", \"hostname\": \"x\", "
		"\"namespaces\": [{\"type\": \"NEWNS\"}, {\"type\": \"NEWPID\"}, {\"type\": \"NEWUTS\"}]}";
	const char *const args[] = { "/bin/true", NULL };
	struct ctrnet_process_options o = CTRNET_PROCESS_OPTIONS_INIT;
	struct ctrnet_exec_options e = CTRNET_EXEC_OPTIONS_INIT;
	struct ctrnet_factory *f = open_factory(place);
	struct ctrnet_config *config;
	struct ctrnet_container *c;
	struct ctrnet_process *p;
	char json[5000];

	snprintf(json, sizeof(json), text, place->rootfs);
	CLEAN(ctrnet_config_parse(&config, json, strlen(json), "t", &error));
	CLEAN(ctrnet_container_create(f, place->id, config, &c, &error));
	ctrnet_config_free(config);
	ctrnet_container_free(c);
	CLEAN(ctrnet_container_load(f, place->id, &c, &error));
	o.args = e.args = args;
	FAILS(ctrnet_container_start(c, &o, &p, &error), CTRNET_SYSTEM_ERROR, -ENOENT, error.text);
	if (strncmp(error.text, "mount_config.mounts ", 20) != 0)
		fail(__FILE__, __LINE__, "%s", error.text);
	FAILS(ctrnet_exec(f, place->id, NULL, &e, &(int){ 0 }, &error), CTRNET_SYSTEM_ERROR,
	      -ENOENT, error.text);
	CHECK(!strncmp(error.text, "mount_config.mounts ", 20));
	ctrnet_container_free(c);
	ctrnet_factory_close(f);
}

/* --- configs in C --- */

static void made(const struct place *place)
{
	struct ctrnet_id_mapping maps[3];
	struct ctrnet_spec spec = CTRNET_SPEC_INIT;
	struct ctrnet_cgroup cgroup = CTRNET_CGROUP_INIT;
	struct ctrnet_exec_options o = CTRNET_EXEC_OPTIONS_INIT;
	struct ctrnet_factory *f = open_factory(place);
	struct ctrnet_config *config = (struct ctrnet_config *)1;
	size_t count = 77;

	CLEAN(ctrnet_id_mappings_for_root(1234, maps, &count, &error));
	CHECK(count == 3 && maps[0].host_id == 1234 && maps[2].container_id == 1235);
	CLEAN(ctrnet_id_mappings_for_root(0, maps, &count, &error));
	CHECK(count == 2);
	FAILS(ctrnet_id_mappings_for_root(2147483647, maps, &count, &error), CTRNET_CONFIG_INVALID,
	      -ERANGE, "2147483647 is no id from 0 to 2147483646");
	ctrnet_template(&spec, &cgroup);
	spec.rootfs = place->rootfs;
	spec.security = "none";
	FAILS(ctrnet_config_make(&config, &spec, &error), CTRNET_CONFIG_INVALID, -EINVAL,
	      "security: 'none' is none of high, medium and low");
	CHECK(config == (struct ctrnet_config *)1);
	spec.security = "high";
	CLEAN(ctrnet_config_make(&config, &spec, &error));
	SAME(output_of_exec(f, place->id, config, &o,
			    "awk '/^(CapBnd|Seccomp|NoNewPrivs):/ { print $2 }' /proc/self/status",
			    0),
	     "0000000020000420\n1\n2\n");
	ctrnet_config_free(config);
	ctrnet_factory_close(f);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{ "anew", anew },           { "joined", joined },
		{ "signals", signals },     { "refused", refused },
		{ "functions", functions }, { "plan", plan },
		{ "formats", formats },     { "schema", schema },
		{ "files", files },         { "stored_names", stored_names },
		{ "made", made },           { NULL, NULL },
	};

	return run_test(tests, argc, argv);
}
