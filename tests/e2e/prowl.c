// SPDX-License-Identifier: Apache-2.0
/*
 * prowl SECONDS: look at each process that appears in /proc, before it executes its command as well as behind it: what it
 * has open, what it may do, where its root is. With CAP_SYS_PTRACE all of that can be seen, and had (ptrace(2)). Prints each
 * different finding once:
 *	may HEX     its permitted or effective capabilities have these beyond our bounding set
 *	unfiltered  no system call filter is in force for it, as for us
 *	open LINK   a descriptor of its that is neither a pipe nor a socket nor a null device
 *	root        its root is not ours
 *	env WORD    its memory has this string, that of our variable LOOK_FOR
 *	apart       it is nobody, with an empty root, in a user namespace of its own that is not ours: its rights are none here
 *	seized      ptrace(2) has let us in before it had executed anything
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char seen[64][256];
static int filtered; /* are we? */

static void found(const char *fmt, ...)
{
	char line[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < 64; i++) {
		if (!strcmp(seen[i], line))
			return;
		if (*seen[i])
			continue;
		strcpy(seen[i], line);
		puts(line);
		fflush(stdout);
		return;
	}
}

static unsigned long long mask(const char *status, const char *key)
{
	const char *at = strstr(status, key);

	return at ? strtoull(at + strlen(key), NULL, 16) : 0;
}

static int read_all(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);

	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return n > 0;
}

static void look_at_rights(const char *dir, unsigned long long bounding)
{
	char path[300], status[4096];
	unsigned long long more;

	snprintf(path, sizeof(path), "%s/status", dir);
	if (!read_all(path, status, sizeof(status)))
		return;
	more = (mask(status, "CapPrm:\t") | mask(status, "CapEff:\t")) & ~bounding;
	if (more)
		found("may %llx", more);
	if (filtered && !mask(status, "Seccomp:\t"))
		found("unfiltered");
}

static int is_ctrnet(const char *dir)
{
	char path[300], comm[32];

	snprintf(path, sizeof(path), "%s/comm", dir);
	return read_all(path, comm, sizeof(comm)) && !strncmp(comm, "ctrnet", 6);
}

/* Who is about to be gone has no root any more. */
static int is_empty(const char *path)
{
	DIR *d = opendir(path);
	int entries = 0;

	while (d && readdir(d))
		entries++;
	if (d)
		closedir(d);
	return !d || entries == 2;
}

static int is_apart(const char *dir)
{
	char path[300], status[4096], its[64] = "", own[64] = "";

	snprintf(path, sizeof(path), "%s/ns/user", dir);
	if (readlink(path, its, sizeof(its) - 1) < 0 ||
	    readlink("/proc/self/ns/user", own, sizeof(own) - 1) < 0 || !strcmp(its, own))
		return 0;
	snprintf(path, sizeof(path), "%s/root", dir);
	if (!is_empty(path))
		return 0;
	snprintf(path, sizeof(path), "%s/status", dir);
	if (!read_all(path, status, sizeof(status)) ||
	    !strstr(status, "\nUid:\t65534\t65534\t65534\t65534\n") ||
	    !strstr(status, "\nGid:\t65534\t65534\t65534\t65534\n") ||
	    !strstr(status, "\nGroups:\t \n"))
		return 0;
	return mask(status, "Seccomp:\t") == 2;
}

static void look_at_files(const char *dir)
{
	char path[300], link[256];
	struct dirent *e;
	struct stat st;
	DIR *d;

	snprintf(path, sizeof(path), "%s/fd", dir);
	d = opendir(path);
	while (d && (e = readdir(d))) {
		ssize_t n;

		snprintf(path, sizeof(path), "%s/fd/%.20s", dir, e->d_name);
		n = readlink(path, link, sizeof(link) - 1);
		if (n <= 0 || *e->d_name == '.')
			continue;
		link[n] = '\0';
		/* It may have been closed meanwhile, or be the command's, if that was executed since. */
		if (strncmp(link, "pipe:", 5) && strncmp(link, "socket:", 7) &&
		    strcmp(link, "anon_inode:[fscontext]") && stat(path, &st) == 0 &&
		    !S_ISCHR(st.st_mode) && is_ctrnet(dir))
			found("open %s", link);
	}
	if (d)
		closedir(d);
}

static void look_at_root(const char *dir, const struct stat *own)
{
	char path[300];
	struct stat st;

	snprintf(path, sizeof(path), "%s/root", dir);
	if (stat(path, &st) == 0 && (st.st_dev != own->st_dev || st.st_ino != own->st_ino))
		found("root");
}

static void look_into_part(int mem, unsigned long from, unsigned long to, const char *word)
{
	static char part[1 << 20];

	for (; from < to; from += sizeof(part)) {
		size_t size = to - from < sizeof(part) ? to - from : sizeof(part);
		ssize_t n = pread(mem, part, size, (off_t)from);

		if (n > 0 && memmem(part, (size_t)n, word, strlen(word)))
			found("env %s", word);
	}
}

/* All of it that is its own: what it may write to. */
static void look_into_memory(const char *dir, const char *word)
{
	char path[300], line[512], kind[8];
	unsigned long from, to;
	FILE *maps;
	int mem;

	snprintf(path, sizeof(path), "%s/mem", dir);
	mem = open(path, O_RDONLY);
	snprintf(path, sizeof(path), "%s/maps", dir);
	maps = fopen(path, "r");
	while (mem >= 0 && maps && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx %7s", &from, &to, kind) == 3 && kind[1] == 'w' &&
		    to - from < 1UL << 26)
			look_into_part(mem, from, to, word);
	if (maps)
		fclose(maps);
	close(mem);
}

/* As long as it has not executed its command. */
static void look_at(int pid, unsigned long long bounding, const struct stat *root, const char *word)
{
	char dir[64];
	int held;

	snprintf(dir, sizeof(dir), "/proc/%d", pid);
	if (!is_ctrnet(dir))
		return;
	held = ptrace(PTRACE_SEIZE, pid, 0, 0) == 0;
	if (held && ptrace(PTRACE_INTERRUPT, pid, 0, 0) == 0)
		waitpid(pid, NULL, __WALL);
	if (held && is_ctrnet(dir))
		found("seized");
	look_at_files(dir);
	if (is_apart(dir)) {
		found("apart");
	} else {
		look_at_rights(dir, bounding);
		look_at_root(dir, root);
	}
	if (word)
		look_into_memory(dir, word);
	if (held)
		ptrace(PTRACE_DETACH, pid, 0, 0);
}

int main(int argc, char **argv)
{
	char status[4096];
	struct stat root;
	time_t end = time(NULL) + (argc == 2 ? atoi(argv[1]) : 0);
	unsigned long long bounding;

	if (argc != 2 || !read_all("/proc/self/status", status, sizeof(status)) || stat("/", &root))
		return 2;
	bounding = mask(status, "CapBnd:\t");
	filtered = mask(status, "Seccomp:\t") != 0;
	puts("prowling");
	fflush(stdout);
	while (time(NULL) < end) {
		DIR *proc = opendir("/proc");
		struct dirent *e;

		while (proc && (e = readdir(proc))) {
			int pid = atoi(e->d_name);

			if (pid > 1 && pid != getpid())
				look_at(pid, bounding, &root, getenv("LOOK_FOR"));
		}
		if (proc)
			closedir(proc);
	}
	return 0;
}
