/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libctrnet: containers from a C program. Link with `pkg-config --cflags --libs ctrnet`.
 *
 *	struct ctrnet_factory *f;
 *	struct ctrnet_container *c;
 *	struct ctrnet_process *p;
 *	int code;
 *
 *	ctrnet_factory_open(&f, "/run/ctrnet", NULL, &error);
 *	ctrnet_config_load(&config, "container.json", &error); (or ctrnet_config_make(), of a struct)
 *	ctrnet_container_create(f, "web", config, &c, &error);
 *	ctrnet_container_start(c, &options, &p, &error);
 *	ctrnet_process_wait(p, &code, &error);
 *	ctrnet_container_destroy(c, false, &error);
 *
 * What a call promises:
 *
 * - It returns 0, or a negative errno with @error filled in (NULL is allowed: then there are no words). Outputs are
 *   untouched on failure, and nothing is left half made.
 * - It prints nothing, ends no program, installs no signal handler, and changes neither directory, umask nor signal mask
 *   of the program. What cannot be done in a thread (namespaces, a clone) is done by a process that is forked for it and
 *   waited for. The one call that is otherwise is ctrnet_exec(), which says so, and so does the option `one_thread`.
 * - All that is known of a container is on disk, under a lock: any number of threads and programs may drive one
 *   container at the same time, through one handle or through several. Of two that exclude each other one wins; the other
 *   gets an error. A handle is freed when no call uses it any more; that is the caller's to see to.
 * - A pid is trusted only together with the start time of its process.
 *
 * A container outlives the program that started it. Its first process is a child of that program: nobody else can wait
 * for its exit status.
 *
 * A struct that is passed in and has an _INIT macro begins with its size, which that sets, so that later versions can add
 * members at its end; an older library takes it unless one of these is set. Strings and lists in it stay the caller's; they are
 * copied where they are kept.
 */
#ifndef CTRNET_H
#define CTRNET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CTRNET_API __attribute__((visibility("default")))

/* --- errors --- */

/* libcontainer's codes, with its numbers. */
enum ctrnet_code {
	CTRNET_ID_IN_USE = 0,
	CTRNET_INVALID_ID_FORMAT = 1,
	CTRNET_CONTAINER_NOT_EXISTS = 2,
	CTRNET_CONTAINER_PAUSED = 3,
	CTRNET_CONTAINER_NOT_STOPPED = 4,
	CTRNET_CONTAINER_NOT_RUNNING = 5,
	CTRNET_PROCESS_NOT_EXECUTED = 6,
	CTRNET_CONFIG_INVALID = 7,
	CTRNET_SYSTEM_ERROR = 8,
};

struct ctrnet_error {
	enum ctrnet_code code;
	int number;      /* the negative errno that the call returned */
	char text[1024]; /* one line, without a newline */
};

/* "Id already in use" and its like; never NULL. */
CTRNET_API const char *ctrnet_code_string(enum ctrnet_code code);

/* --- the program itself --- */

/*
 * The process that becomes a container's command has the caller's program in /proc/self/exe until then, and a command that
 * leads there, as a script's interpreter for instance, would let root of a container write to that file once the program has
 * ended (CVE-2019-5736). So a program that runs as root calls this first of all in main(), before it opens files or
 * starts threads: it executes itself once more, with @argv, from a read-only mount that nobody else has. Returns in that
 * second run, and at once if the program lies on a read-only file system anyway.
 */
CTRNET_API int ctrnet_protect_program(char *const *argv, struct ctrnet_error *error);

/* --- the factory: a directory of containers --- */

struct ctrnet_factory;

enum ctrnet_log_level { CTRNET_LOG_DEBUG, CTRNET_LOG_WARNING, CTRNET_LOG_ERROR };

/* Gets what is worth knowing and is no error, a line at a time, in the thread of the call that it comes from. */
typedef void ctrnet_log_function(void *arg, enum ctrnet_log_level level, const char *line);

/* Who makes a new container's cgroup. The container remembers it. */
enum ctrnet_cgroup_manager {
	CTRNET_CGROUP_MANAGER_CGROUPFS, /* the library, in the mounted hierarchies */
	CTRNET_CGROUP_MANAGER_SYSTEMD,  /* systemd, which makes a transient scope */
	CTRNET_CGROUP_MANAGER_DISABLED, /* nobody: a config that needs one is invalid */
};

struct ctrnet_factory_options {
	size_t size;
	ctrnet_log_function *log; /* NULL: it is dropped */
	void *log_arg;
	/* Go on without AppArmor or SELinux where a config asks for them and the kernel has none. */
	bool ignore_missing_lsm;
	enum ctrnet_cgroup_manager cgroup_manager;
	/*
	 * The program has one thread, and nothing else to do during a call: networks come, change and go without a process that is
	 * forked for that. Signals are blocked then, and the program is in another network namespace for moments.
	 */
	bool one_thread;
};
/* clang-format off */
#define CTRNET_FACTORY_OPTIONS_INIT \
	{ sizeof(struct ctrnet_factory_options), NULL, NULL, false, CTRNET_CGROUP_MANAGER_CGROUPFS, false }
/* clang-format on */

/*
 * @root is the directory of the containers' directories; it is made (0700) when the first container is. Absolute.
 * @options may be NULL.
 */
CTRNET_API int ctrnet_factory_open(struct ctrnet_factory **factory, const char *root,
				   const struct ctrnet_factory_options *options,
				   struct ctrnet_error *error);
/* Safe on NULL. Containers made from it may be used on. */
CTRNET_API void ctrnet_factory_close(struct ctrnet_factory *factory);

/* --- configs --- */

struct ctrnet_config;

/*
 * Read a config of any format that ctrnet knows; @name stands in front of what is wrong with it. Errors and warnings of what is
 * made of it later name keys as the config does, whatever its format. One of a file knows where that is: see ctrnet_exec().
 */
CTRNET_API int ctrnet_config_load(struct ctrnet_config **config, const char *path,
				  struct ctrnet_error *error);
CTRNET_API int ctrnet_config_parse(struct ctrnet_config **config, const char *json, size_t length,
				   const char *name, struct ctrnet_error *error);
/* As ctrnet_config_load(), with a log for what is read, which then is the config's: see ctrnet_config_set_log(). */
CTRNET_API int ctrnet_config_load_logged(struct ctrnet_config **config, const char *path,
					 ctrnet_log_function *log, void *log_arg,
					 struct ctrnet_error *error);
/* A log for calls that are about the config alone, without a factory, which has its own. NULL: none, as at first. */
CTRNET_API void ctrnet_config_set_log(struct ctrnet_config *config, ctrnet_log_function *log,
				      void *log_arg);
/*
 * Put @path, relative to the current directory, in the place of its root directory. Errors about that do not name a key of the
 * config's any more.
 */
CTRNET_API int ctrnet_config_set_rootfs(struct ctrnet_config *config, const char *path,
					struct ctrnet_error *error);
/*
 * Its root directory: the one that was set, or that it names, or, of a container.json or a config from before mid-2015 that names
 * none, the directory it is in; NULL: it has none. The config's, until that is changed.
 */
CTRNET_API const char *ctrnet_config_rootfs(const struct ctrnet_config *config);
/* The command that it names itself, as configs of 2014 and of the OCI's do; NULL: none. The config's. */
CTRNET_API const char *const *ctrnet_config_args(const struct ctrnet_config *config);
/*
 * Is it one that a container can be made of? Looks at the config, and at where it came from, and at nothing else; so what this
 * host, or its kernel, has not is found out by ctrnet_container_create(), and later.
 */
CTRNET_API int ctrnet_config_check(const struct ctrnet_config *config, struct ctrnet_error *error);

enum ctrnet_format {
	CTRNET_FORMAT_LIBCONTAINER, /* as of mid-2015 */
	CTRNET_FORMAT_OCI,
};

/* What was understood, as JSON; to be given to free(). */
CTRNET_API int ctrnet_config_json(const struct ctrnet_config *config, enum ctrnet_format format,
				  char **json, struct ctrnet_error *error);
CTRNET_API void ctrnet_config_free(struct ctrnet_config *config);

/*
 * The formats that a config can be in are counted from 0, the latest first: "libcontainer (mid-2015)" and its like; NULL behind
 * the last.
 */
CTRNET_API const char *ctrnet_format_name(size_t format);

/* A key that a config may have. */
struct ctrnet_key {
	const char *name;  /* "networks[].name" */
	const char *type;  /* "string", "list of objects", ... */
	const char *range; /* "68 to 65535", "one of NEWNS, NEWUTS"; "": any of its type */
	const char *help;  /* one line; NULL: none */
	bool alias;        /* another spelling of the key before */
};

/* Else ctrnet tells it from others, and refuses it. */
CTRNET_API bool ctrnet_format_is_read(size_t format);
/* Call @visit for each key of a format that is read, an object before its members. Strings are gone when @visit returns. */
CTRNET_API void ctrnet_format_keys(size_t format,
				   void (*visit)(const struct ctrnet_key *key, void *arg),
				   void *arg);
/*
 * A JSON schema (json-schema.org, draft 7) of the format of mid-2015, by which editors complete and check such a config: to be given
 * to free().
 */
CTRNET_API int ctrnet_config_schema(char **json, struct ctrnet_error *error);

/* A type of networks: what `type` of an element of `networks` may be. */
struct ctrnet_network_type {
	const char *name; /* "veth" */
	const char *
		about; /* a sentence or more, with `backquotes` around what stands in a config; NULL: nothing is said */
	const char *example; /* such an element, as JSON; NULL: none */
	bool makes_link; /* which the keys that all networks have are about; else they say nothing, or are refused */
};
/* Call @visit for each type of this build. Strings are gone when @visit returns. */
CTRNET_API void
ctrnet_network_types(void (*visit)(const struct ctrnet_network_type *type, void *arg), void *arg);

/* A key of a network, and what the manual says of it. */
struct ctrnet_network_key {
	const char *name;    /* "peers[].endpoint" */
	const char *values;  /* "String, one of private, bridge; default: bridge." */
	const char *about;   /* as in struct ctrnet_network_type */
	const char *aliases; /* its other spellings, with ", " between them; "": none */
};
/* Call @visit for each key of networks of type @type alone, or, if that is NULL, of all. Of unknown types there are none. */
CTRNET_API void ctrnet_network_keys(const char *type,
				    void (*visit)(const struct ctrnet_network_key *key, void *arg),
				    void *arg);

/* Which format the config @path is in, told by its keys; it is not read any further. */
CTRNET_API int ctrnet_format_detect(const char *path, size_t *format, struct ctrnet_error *error);

/* --- configs in C --- */

/*
 * Members are named by the keys of mid-2015 (ctrnet.json(5) says what they mean), and errors name those: it is as if they stood in
 * a container.json. NULL and 0 are "not there", as there; so is a list with a count of 0, or one that ends at once. Lists of
 * strings end in a NULL.
 */
struct ctrnet_pair {
	const char *name, *value;
};

struct ctrnet_namespace {
	const char *
		type; /* "NEWNS", "NEWUTS", "NEWIPC", "NEWPID", "NEWNET", "NEWUSER", "NEWCGROUP", "NEWTIME" */
	const char *path; /* of one that is there, to be joined; NULL: it is made */
};

/* Run on the host around a mount. */
struct ctrnet_command {
	const char *path;
	const char *const *args, *const *env;
	const char *dir;
};

struct ctrnet_mount {
	const char *source, *destination;
	const char *device; /* "bind", "proc", "tmpfs", ... */
	uint64_t flags;     /* MS_ of mount(2) */
	const char *data;
	const char *relabel; /* "z", "Z" */
	const struct ctrnet_command *premount_cmds;
	size_t premount_cmd_count;
	const struct ctrnet_command *postmount_cmds;
	size_t postmount_cmd_count;
};

struct ctrnet_device {
	int type; /* 'c', 'b', 'u', 'p' */
	const char *path;
	int64_t major, minor;
	uint32_t file_mode, uid, gid;
};

struct ctrnet_device_rule {
	int type;                /* 'c', 'b', 'a' */
	int64_t major, minor;    /* -1: any */
	const char *permissions; /* "rwm" */
};

struct ctrnet_network {
	const char *type; /* "loopback", "veth", "netns" */
	const char *name;
	const char *bridge;
	const char *mac_address;
	const char *address, *gateway; /* "10.1.2.3/24", "10.1.2.1" */
	const char *ipv6_address, *ipv6_gateway;
	uint32_t mtu, txqueuelen;
	const char *host_interface_name;
	bool hairpin_mode;
	/* Other keys of its type, and their values as JSON: { "addresses", "[\"10.9.9.9/32\"]" }. */
	const struct ctrnet_pair *more;
	size_t more_count;
};

struct ctrnet_route {
	const char *destination, *source, *gateway, *interface_name;
};

struct ctrnet_rlimit {
	int type; /* RLIMIT_ of getrlimit(2) */
	uint64_t hard, soft;
};

struct ctrnet_id_mapping {
	uint32_t container_id, host_id, size;
};

struct ctrnet_block_limit {
	uint32_t major, minor;
	uint64_t value; /* a weight; or bytes or operations per second */
};

struct ctrnet_hugetlb_limit {
	const char *page_size; /* "2MB", "1GB" */
	uint64_t limit;
};

struct ctrnet_interface_priority {
	const char *interface;
	uint32_t priority;
};

/* Limits of a cgroup. Of a number 0 is "leave it", and -1 is "no limit" where it can be below 0. */
struct ctrnet_limits {
	size_t size;
	int64_t memory, memory_reservation, memory_swap, kernel_memory; /* bytes */
	int64_t memory_high, memory_low, memory_min;                    /* bytes; v2 alone */
	uint64_t cpu_shares;
	uint32_t cpu_weight; /* 1 to 10000; v2 alone, in place of cpu_shares */
	int64_t cpu_quota;   /* microseconds in each period */
	uint64_t cpu_period, cpu_burst;
	int64_t cpu_rt_quota;
	uint64_t cpu_rt_period;
	const char *cpuset_cpus, *cpuset_mems; /* "0-3,7" */
	int64_t pids_limit;
	uint32_t blkio_weight;
	uint32_t io_weight; /* 1 to 10000; v2 alone, in place of blkio_weight */
	const struct ctrnet_block_limit *blkio_weight_device;
	size_t blkio_weight_device_count;
	const struct ctrnet_block_limit *blkio_throttle_read_bps_device;
	size_t blkio_throttle_read_bps_device_count;
	const struct ctrnet_block_limit *blkio_throttle_write_bps_device;
	size_t blkio_throttle_write_bps_device_count;
	const struct ctrnet_block_limit *blkio_throttle_read_iops_device;
	size_t blkio_throttle_read_iops_device_count;
	const struct ctrnet_block_limit *blkio_throttle_write_iops_device;
	size_t blkio_throttle_write_iops_device_count;
	int oom_kill_disable;  /* 0 or 1; -1: leave it */
	int memory_swappiness; /* 0 to 100; -1: leave it */
	const struct ctrnet_hugetlb_limit *hugetlb_limit;
	size_t hugetlb_limit_count;
	uint32_t net_cls_classid;
	const struct ctrnet_interface_priority *net_prio_ifpriomap;
	size_t net_prio_ifpriomap_count;
	const struct ctrnet_pair *unified; /* files of cgroup v2: "memory.high": "1000000" */
	size_t unified_count;
};
/* clang-format off */
#define CTRNET_LIMITS_INIT { sizeof(struct ctrnet_limits), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL, NULL, 0, 0, 0, \
	NULL, 0, NULL, 0, NULL, 0, NULL, 0, NULL, 0, -1, -1, NULL, 0, 0, NULL, 0, NULL, 0 }
/* clang-format on */

struct ctrnet_cgroup {
	size_t size;
	const char *name;   /* NULL: the id */
	const char *parent; /* relative: below the cgroup of pid 1; NULL: "ctrnet" */
	const char *slice;
	bool allow_all_devices;
	const struct ctrnet_device_rule *allowed_devices;
	size_t allowed_device_count;
	const struct ctrnet_device_rule *denied_devices;
	size_t denied_device_count;
	const char *freezer;                /* "FROZEN": once its command is executed */
	const struct ctrnet_limits *limits; /* NULL: none */
};
/* clang-format off */
#define CTRNET_CGROUP_INIT { sizeof(struct ctrnet_cgroup), NULL, NULL, NULL, false, NULL, 0, NULL, 0, NULL, NULL }
/* clang-format on */

struct ctrnet_seccomp_arg {
	uint32_t index;
	uint64_t value, value_two;
	int op; /* libcontainer's: 0 is "equal" */
};

struct ctrnet_seccomp_rule {
	int value;  /* the system call's number (SYS_ of syscall(2)) */
	int action; /* an errno, or CTRNET_SECCOMP_ */
	const struct ctrnet_seccomp_arg *args;
	size_t arg_count;
};

#define CTRNET_SECCOMP_ALLOW (-1)
#define CTRNET_SECCOMP_TRAP  (-2)
#define CTRNET_SECCOMP_KILL  (-3)

struct ctrnet_seccomp {
	size_t size;
	int default_action;
	const struct ctrnet_seccomp_rule *syscalls;
	size_t syscall_count;
};
/* clang-format off */
#define CTRNET_SECCOMP_INIT { sizeof(struct ctrnet_seccomp), CTRNET_SECCOMP_ALLOW, NULL, 0 }
/* clang-format on */

struct ctrnet_spec {
	size_t size;
	const char *rootfs; /* absolute */
	bool readonlyfs, privatefs, no_pivot_root;
	const char *pivot_dir;
	const char *hostname;
	int parent_death_signal;
	bool no_new_privileges;
	const struct ctrnet_namespace *namespaces;
	size_t namespace_count;
	const char *const *capabilities; /* with or without CAP_ */
	const struct ctrnet_mount *mounts;
	size_t mount_count;
	const struct ctrnet_device *devices;
	size_t device_count;
	const char *const *mask_paths, *const *readonly_paths;
	const struct ctrnet_network *networks;
	size_t network_count;
	const struct ctrnet_route *routes;
	size_t route_count;
	const struct ctrnet_cgroup *cgroups; /* one; NULL: no cgroup */
	const struct ctrnet_rlimit *rlimits;
	size_t rlimit_count;
	const struct ctrnet_id_mapping *uid_mappings;
	size_t uid_mapping_count;
	const struct ctrnet_id_mapping *gid_mappings;
	size_t gid_mapping_count;
	const char *const *additional_groups;        /* names or numbers */
	const struct ctrnet_pair *system_properties; /* "net.ipv4.ip_forward": "1" */
	size_t system_property_count;
	const char *apparmor_profile, *process_label, *mount_label;
	const struct ctrnet_seccomp *seccomp; /* NULL: no filter */
	/* Other keys of a container.json, and their values as JSON: { "time_offsets", "{\"boottime\": {\"secs\": 60}}" }. */
	const struct ctrnet_pair *more;
	size_t more_count;
	/*
	 * "high", "medium" or "low": the capabilities and the filter of nsinit's profile of that name, and no_new_privileges, in
	 * the place of what is said above. No key; NULL: none.
	 */
	const char *security;
};
/* clang-format off */
#define CTRNET_SPEC_INIT { sizeof(struct ctrnet_spec), NULL, false, false, false, NULL, NULL, 0, false, NULL, 0, NULL, \
	NULL, 0, NULL, 0, NULL, NULL, NULL, 0, NULL, 0, NULL, NULL, 0, NULL, 0, NULL, 0, NULL, NULL, 0, NULL, NULL, \
	NULL, NULL, NULL, 0, NULL }
/* clang-format on */

CTRNET_API int ctrnet_config_make(struct ctrnet_config **config, const struct ctrnet_spec *spec,
				  struct ctrnet_error *error);

/* What libcontainer gave to every container: /dev/null and its like, and what may be opened besides them. */
CTRNET_API const struct ctrnet_device *ctrnet_default_devices(size_t *count);
CTRNET_API const struct ctrnet_device_rule *ctrnet_default_device_rules(size_t *count);

/*
 * The container that nobody described: what nsinit started without a config, and what `ctrnet exec --rootfs` starts from. Mount, UTS,
 * IPC, pid and network namespaces, the usual mounts, devices and masks, 14 capabilities, 1024 open files, hostname "nsinit", and a
 * cgroup below "nsinit", which is @cgroup. There are no networks, and no rootfs. Both structs begin as their _INIT; strings and lists
 * that are put in are the library's, and constant.
 */
CTRNET_API void ctrnet_template(struct ctrnet_spec *spec, struct ctrnet_cgroup *cgroup);
/*
 * The maps of a user namespace whose root is @root outside, and in which all other ids up to 2147483647 are themselves. At most
 * 3 of them are put to @maps; *@count says how many. -ERANGE: @root is none from 0 to 2147483646.
 */
CTRNET_API int ctrnet_id_mappings_for_root(uint32_t root, struct ctrnet_id_mapping *maps,
					   size_t *count, struct ctrnet_error *error);

/* --- containers --- */

struct ctrnet_container;
struct ctrnet_process;

/*
 * Check the config and take the id (1 to 200 characters of [A-Za-z0-9_+.-], not starting with a dot): the container is
 * CTRNET_CREATED then, and nothing of it but its directory is there. CTRNET_ID_IN_USE if there is one of that id.
 */
CTRNET_API int ctrnet_container_create(struct ctrnet_factory *factory, const char *id,
				       const struct ctrnet_config *config,
				       struct ctrnet_container **container,
				       struct ctrnet_error *error);
/* One that is there, whoever made it; `ctrnet exec` too. */
CTRNET_API int ctrnet_container_load(struct ctrnet_factory *factory, const char *id,
				     struct ctrnet_container **container,
				     struct ctrnet_error *error);
/* The ids of all, sorted, with a NULL behind the last; to be given to ctrnet_strings_free(). */
CTRNET_API int ctrnet_container_list(struct ctrnet_factory *factory, char ***ids,
				     struct ctrnet_error *error);
CTRNET_API void ctrnet_strings_free(char **strings);
/* The handle only. Safe on NULL. */
CTRNET_API void ctrnet_container_free(struct ctrnet_container *container);

/* The container's as long as the handle. */
CTRNET_API const char *ctrnet_container_id(const struct ctrnet_container *container);

enum ctrnet_status {
	CTRNET_CREATING, /* somebody is at it, or died over it */
	CTRNET_CREATED,  /* nothing was started in it yet */
	CTRNET_RUNNING,
	CTRNET_PAUSING,
	CTRNET_PAUSED,
	CTRNET_CHECKPOINTED,
	CTRNET_STOPPED, /* its first process is gone */
};

/* "running" and its like. */
CTRNET_API const char *ctrnet_status_string(enum ctrnet_status status);
CTRNET_API int ctrnet_container_status(struct ctrnet_container *container,
				       enum ctrnet_status *status, struct ctrnet_error *error);

/* A name and what it leads to: a controller's directory, a namespace's file. */
struct ctrnet_path {
	const char *name;
	const char *path;
};

struct ctrnet_state {
	const char *id;
	enum ctrnet_status status;
	pid_t pid;           /* of its first process; 0: there is none */
	uint64_t start_time; /* of that, in clock ticks since boot (proc_pid_stat(5), field 22) */
	const char *created; /* RFC 3339; "" before it was started */
	const char *bundle;  /* the config's directory; "" if it had none */
	const char *rootfs;
	uid_t owner;
	const struct ctrnet_path *cgroups; /* by their controllers: "cpu,cpuacct" */
	size_t cgroup_count;
	const struct ctrnet_path
		*namespaces; /* "NEWNET": "/proc/77/ns/net"; all that the kernel has */
	size_t namespace_count;
};

/* A picture of this moment; to be given to ctrnet_state_free(). */
CTRNET_API int ctrnet_container_state(struct ctrnet_container *container,
				      struct ctrnet_state **state, struct ctrnet_error *error);
CTRNET_API void ctrnet_state_free(struct ctrnet_state *state);
/* The same and its config, as JSON; to be given to free(). */
CTRNET_API int ctrnet_container_state_json(struct ctrnet_container *container, char **json,
					   struct ctrnet_error *error);
/* A copy of the config that is stored with it. */
CTRNET_API int ctrnet_container_config(struct ctrnet_container *container,
				       struct ctrnet_config **config, struct ctrnet_error *error);

struct ctrnet_process_options {
	size_t size;
	const char *const *args; /* NULL-terminated; the first is looked for in the container */
	/* NULL-terminated, K=V; of several for one name the last counts. NULL: PATH, TERM, HOSTNAME, HOME. */
	const char *const *env;
	const char *
		user; /* "user:group", names or numbers, of the container's /etc/passwd; NULL: root */
	const char *cwd;      /* absolute; NULL: "/" */
	int stdio[3];         /* descriptors that become its 0, 1, 2; -1: /dev/null */
	const int *extra_fds; /* these become 3, 4, ... */
	size_t extra_fd_count;
	/* Names with or without CAP_, NULL-terminated, in the place of the config's; NULL: those. */
	const char *const *capabilities;
	/* A terminal of its own, in the place of stdio: see ctrnet_process_console(). */
	bool console;
	uint16_t rows, columns; /* of that; 0: as the kernel has it */
	/*
	 * Of a further process: in a cgroup of its own below the container's, with its limits. It is removed by
	 * ctrnet_process_wait(), or with the container if processes are left in it.
	 */
	bool cgroup;
	/* The name of one of ctrnet_function_at()'s, which is executed in place of a program; args are its arguments then. */
	const char *function;
};
/* clang-format off */
#define CTRNET_PROCESS_OPTIONS_INIT { sizeof(struct ctrnet_process_options), NULL, NULL, NULL, NULL, \
	{ 0, 1, 2 }, NULL, 0, NULL, false, 0, 0, false, NULL }
/* clang-format on */

/*
 * Start the first process of a container that does not run, with all that the config asks for, or a further one in a
 * container that does. Returns when the command was executed. CTRNET_CONTAINER_PAUSED: nothing can run in it. If
 * it is paused while a process joins it, that one stops on its way there, and the call returns when it was resumed or destroyed.
 */
CTRNET_API int ctrnet_container_start(struct ctrnet_container *container,
				      const struct ctrnet_process_options *options,
				      struct ctrnet_process **process, struct ctrnet_error *error);

/*
 * The pids of all its processes as the caller's /proc has them, those in cgroups below its own too; to be given to free().
 * By the time one is used it may be somebody else's.
 */
CTRNET_API int ctrnet_container_processes(struct ctrnet_container *container, pid_t **pids,
					  size_t *count, struct ctrnet_error *error);

/*
 * @signal (signal(7); 0: none is sent) to its first process, or to @all. One that is paused gets it when it is resumed, except
 * for SIGKILL. CTRNET_CONTAINER_NOT_RUNNING.
 */
CTRNET_API int ctrnet_container_signal(struct ctrnet_container *container, int signal, bool all,
				       struct ctrnet_error *error);
/*
 * Freeze all its processes, and let them go on. Is what is asked for so already, that is success. Waits for somebody who is
 * just starting it, and 10 s at most until all are frozen.
 */
CTRNET_API int ctrnet_container_pause(struct ctrnet_container *container,
				      struct ctrnet_error *error);
CTRNET_API int ctrnet_container_resume(struct ctrnet_container *container,
				       struct ctrnet_error *error);
/*
 * Until its first process is gone, at most @ms milliseconds (-1: without end; then -ETIMEDOUT). One that does not run is
 * gone. Anybody may wait; the exit status is ctrnet_process_wait()'s.
 */
CTRNET_API int ctrnet_container_wait(struct ctrnet_container *container, int ms,
				     struct ctrnet_error *error);
/*
 * Take back all that was made for it, and free its id. CTRNET_CONTAINER_NOT_STOPPED if it runs and not @force, which kills
 * it first, and frees the id also where something cannot be taken back: that is a warning in the log then. The handle is to be
 * freed none the less.
 */
CTRNET_API int ctrnet_container_destroy(struct ctrnet_container *container, bool force,
					struct ctrnet_error *error);

/* --- processes that this program started --- */

/* In the caller's pid namespace; it stays this process's until it was waited for. */
CTRNET_API pid_t ctrnet_process_pid(const struct ctrnet_process *process);
/*
 * Blocks until it ends. A container's first process takes the others along, and ends only when those were waited for: by who started
 * them, so first or in another thread. *@exit_code is its status, or 128 + signal; the same at each further call. A program that ignores
 * SIGCHLD, or waits for any child itself, may have it taken away: -ECHILD.
 */
CTRNET_API int ctrnet_process_wait(struct ctrnet_process *process, int *exit_code,
				   struct ctrnet_error *error);
/* CTRNET_PROCESS_NOT_EXECUTED when it has ended. */
CTRNET_API int ctrnet_process_signal(struct ctrnet_process *process, int signal,
				     struct ctrnet_error *error);
/* A pidfd (pidfd_open(2)), readable when it has ended; the process's. */
CTRNET_API int ctrnet_process_fd(const struct ctrnet_process *process);
/* The terminal's other side (pty(7)), the process's; -1 if it has none. */
CTRNET_API int ctrnet_process_console(const struct ctrnet_process *process);
CTRNET_API int ctrnet_process_resize(struct ctrnet_process *process, uint16_t rows,
				     uint16_t columns, struct ctrnet_error *error);
/* Ends nothing. Safe on NULL. */
CTRNET_API void ctrnet_process_free(struct ctrnet_process *process);

/*
 * Something that ctrnet itself does in a container, where a program would be executed: with its namespaces, user, capabilities
 * and filter, and without a file in it. What it has to say goes to its output, and what goes wrong is an error of the call that
 * started it.
 */
struct ctrnet_function {
	const char *name;
	const char *args; /* "PATH TYPE MAJOR MINOR"; "": it takes none */
	const char *summary;
};

/* They are counted from 0; NULL behind the last. The first one, "exec", stands for a program. */
CTRNET_API const struct ctrnet_function *ctrnet_function_at(size_t i);

/* --- being a container's supervisor --- */

#define CTRNET_PRESERVE_FDS_MAX 1000

struct ctrnet_exec_options {
	size_t size;
	const char *const *args; /* NULL-terminated; NULL, or none: the config's command */
	const char *const *env;  /* K=V, on top of the config's, or of PATH, TERM, HOSTNAME, HOME */
	const char *user;        /* "user:group"; NULL: the config's, or root */
	const char *cwd;         /* absolute; NULL: the config's, or "/" */
	bool tty;                /* a terminal of its own, which this program's is connected with */
	unsigned int preserve_fds; /* it gets that many of this program's, from 3 on, too */
	const char *function;      /* as in struct ctrnet_process_options */
	/* If it joins, in a cgroup of its own below the container's, which is removed when it has ended. */
	bool cgroup;
	bool join_only; /* CTRNET_CONTAINER_NOT_RUNNING if there is nothing to join */
	bool last_call; /* nothing follows but this program's end, so nothing is put back: see below */
};
/* clang-format off */
#define CTRNET_EXEC_OPTIONS_INIT { sizeof(struct ctrnet_exec_options), NULL, NULL, NULL, NULL, false, 0, NULL, false, false, \
	false }
/* clang-format on */

/*
 * Execute a command in the container @id, with this program's descriptors 0, 1 and 2, as `ctrnet exec` does. If that container
 * runs, whoever started it, the command joins it; else it becomes the first process of a new one made of @config, which ends
 * with the command and leaves nothing: what an earlier one of that id left behind is removed first, and it is not there for
 * ctrnet_container_load() afterwards. Without a @config (NULL), it is the container's stored one. Blocks until the command ends:
 * *@exit_code is its status, or 128 + signal.
 *
 * @id may be NULL with a config: it is made of the path that the config was read from, or of its root directory, and then only
 * a container of just that origin is joined (else CTRNET_ID_IN_USE). Beside a container.json, files tell others of the container
 * while it lives, as nsinit's did.
 *
 * There is no process in between: until it returns, this program is the container's supervisor, and what other calls promise
 * does not hold.
 *
 * - It has to be a program of one thread, run as root, without children of its own: orphans of the container become its children,
 *   and are reaped.
 * - All signals are blocked (but not for the command, which gets the mask of before) and handed on to the command; SIGCHLD has its
 *   default action, and this program is a child subreaper (PR_SET_CHILD_SUBREAPER) and cannot be dumped (PR_SET_DUMPABLE). Its
 *   terminal is in raw mode if the command has one of its own. Afterwards all that is as before, but with @last_call: then a signal
 *   that comes too late for the command does not take this program's exit status.
 * - If this program is killed, so is the container.
 * - The log may be called in a process that was cloned, before it becomes the command.
 * - @config is used up, also on failure: nothing can be done with it but ctrnet_config_free().
 *
 * Call ctrnet_protect_program() first of all in main().
 */
CTRNET_API int ctrnet_exec(struct ctrnet_factory *factory, const char *id,
			   struct ctrnet_config *config, const struct ctrnet_exec_options *options,
			   int *exit_code, struct ctrnet_error *error);
/*
 * What ctrnet_exec() would do to make the container, as the commands that a person would type; to be given to free(). Changes
 * nothing, needs no rights, and may be called by any thread.
 */
CTRNET_API int ctrnet_exec_plan(struct ctrnet_factory *factory, const char *id,
				const struct ctrnet_config *config,
				const struct ctrnet_exec_options *options, char **plan,
				struct ctrnet_error *error);

/* --- statistics --- */

/* A number that the kernel may not tell; that is something else than zero. */
struct ctrnet_count {
	bool known;
	uint64_t value; /* 0 when it is not known */
};

#define CTRNET_UNLIMITED UINT64_MAX /* the value of a limit */

/* The use of something that can be limited. */
struct ctrnet_use {
	struct ctrnet_count usage;
	struct ctrnet_count max; /* the highest that usage has been */
	struct ctrnet_count limit;
	struct ctrnet_count failcnt; /* how often the limit was hit */
};

/* The part of the time in which processes that could run had to wait. */
struct ctrnet_stall {
	struct ctrnet_count avg10, avg60, avg300; /* of so many seconds; hundredths of a percent */
	struct ctrnet_count total;                /* microseconds */
};

struct ctrnet_pressure {
	struct ctrnet_stall some, full; /* some of them, all of them */
};

struct ctrnet_cpu_stats {
	struct ctrnet_count usage, user, system; /* nanoseconds */
	const uint64_t *per_cpu;                 /* nanoseconds on each CPU; of cgroup v1 only */
	size_t per_cpu_count;
	struct ctrnet_count periods;           /* of the quota that have passed */
	struct ctrnet_count throttled_periods; /* of these, where it was used up */
	struct ctrnet_count throttled_time;    /* nanoseconds */
	struct ctrnet_pressure pressure;
};

/* A line of memory.stat, whose names differ between cgroup v1 and v2. */
struct ctrnet_stat {
	const char *name;
	uint64_t value;
};

/* Bytes. */
struct ctrnet_memory_stats {
	struct ctrnet_use use;
	struct ctrnet_use swap;    /* the swap alone */
	struct ctrnet_use memsw;   /* both together */
	struct ctrnet_use kernel;  /* the kernel's own memory, part of use */
	struct ctrnet_count cache; /* pages of files, part of use */
	struct ctrnet_count oom_kills;
	const struct ctrnet_stat *stat;
	size_t stat_count;
	struct ctrnet_pressure pressure;
};

struct ctrnet_io {
	uint32_t major, minor;
	const char *op; /* "Read", "Write", "Discard", ...; "": there are no kinds */
	uint64_t value;
};

struct ctrnet_io_list {
	bool known; /* an empty list is one, too */
	const struct ctrnet_io *items;
	size_t count;
};

struct ctrnet_io_stats {
	struct ctrnet_io_list bytes, operations;
	struct ctrnet_pressure pressure;
};

struct ctrnet_hugetlb_stats {
	const char *page_size; /* "2MB" */
	struct ctrnet_use use; /* bytes */
};

struct ctrnet_traffic {
	uint64_t bytes, packets, errors, dropped;
};

/* One of the container's own, by its counters in there. */
struct ctrnet_interface {
	uint32_t index;
	const char *name;
	const char *kind; /* "veth", "bridge", ...; "" for lo and hardware */
	const char *mac;  /* "02:00:00:00:00:07"; "": it has none */
	uint32_t mtu;
	bool loopback;
	bool up; /* it was brought up */
	struct ctrnet_traffic rx, tx;
};

struct ctrnet_stats {
	const struct ctrnet_cpu_stats *cpu;
	const struct ctrnet_memory_stats *memory;
	const struct ctrnet_use *pids; /* failcnt: forks that the limit refused */
	const struct ctrnet_io_stats *io;
	const struct ctrnet_hugetlb_stats *hugetlb;
	size_t hugetlb_count;
	const struct ctrnet_interface *interfaces; /* none if it has the host's */
	size_t interface_count;
};

/*
 * What its processes have used, cgroups below its own included; to be given to ctrnet_stats_free(). Without a cgroup nothing
 * is known. CTRNET_CONTAINER_NOT_RUNNING.
 */
CTRNET_API int ctrnet_container_stats(struct ctrnet_container *container,
				      struct ctrnet_stats **stats, struct ctrnet_error *error);
CTRNET_API void ctrnet_stats_free(struct ctrnet_stats *stats);

enum ctrnet_stats_format {
	CTRNET_STATS,              /* all of it; what is not known is left out */
	CTRNET_STATS_LIBCONTAINER, /* "Interfaces" and "CgroupStats", as of mid-2015 */
};

/* As JSON: @lines, in a readable form, or in one line; to be given to free(). */
CTRNET_API int ctrnet_stats_json(const struct ctrnet_stats *stats, enum ctrnet_stats_format format,
				 bool lines, char **json, struct ctrnet_error *error);

/* --- other limits --- */

/*
 * Set the limits that @limits has; others stay, and so do files of `unified`, which cannot be set here. All of them or none. Its
 * stored config has them from then on. CTRNET_CONFIG_INVALID: not what the key, or the kernel, takes. CTRNET_CONTAINER_NOT_RUNNING.
 */
CTRNET_API int ctrnet_container_set(struct ctrnet_container *container,
				    const struct ctrnet_limits *limits, struct ctrnet_error *error);

struct ctrnet_text {
	const char *
		name; /* stands in front of what is wrong with it; NULL: nobody has seen the text, and its places say nothing */
	const char *json; /* an object like `cgroups` in a config */
	size_t length;
};

/* The same by keys, of several for one key the last. */
CTRNET_API int ctrnet_container_set_json(struct ctrnet_container *container,
					 const struct ctrnet_text *texts, size_t count,
					 struct ctrnet_error *error);

/* --- being told --- */

/* A pidfd (pidfd_open(2)) of its first process, readable when that is gone; to be closed. CTRNET_CONTAINER_NOT_RUNNING. */
CTRNET_API int ctrnet_container_pidfd(struct ctrnet_container *container, int *fd,
				      struct ctrnet_error *error);

struct ctrnet_notify;

/*
 * On cgroup v1 the kernel's own: it reclaims memory at all, it is about to swap, it is about to be out of memory. On v2 some
 * process had to wait for memory for 100 ms of 2 s, for 500 ms, or all had to for 800 ms.
 */
enum ctrnet_level { CTRNET_LEVEL_LOW, CTRNET_LEVEL_MEDIUM, CTRNET_LEVEL_CRITICAL };

/* "low" and its like. */
CTRNET_API const char *ctrnet_level_string(enum ctrnet_level level);

/*
 * Be told each time that it wants memory which its limit does not let it have; or that the want of memory reaches @level or
 * a higher one. CTRNET_CONTAINER_NOT_RUNNING.
 */
CTRNET_API int ctrnet_container_notify_oom(struct ctrnet_container *container,
					   struct ctrnet_notify **notify,
					   struct ctrnet_error *error);
CTRNET_API int ctrnet_container_notify_memory_pressure(struct ctrnet_container *container,
						       enum ctrnet_level level,
						       struct ctrnet_notify **notify,
						       struct ctrnet_error *error);

/* For poll(2), the object's: readable when there is something to read. */
CTRNET_API int ctrnet_notify_fd(const struct ctrnet_notify *notify);

struct ctrnet_notice {
	bool happened; /* what was asked for, since it was read the last time */
	bool ended;    /* the container: nothing will come any more */
};

/* Does not wait, except 100 ms at most for a cgroup that is just being removed. One thread at a time. */
CTRNET_API int ctrnet_notify_read(struct ctrnet_notify *notify, struct ctrnet_notice *notice,
				  struct ctrnet_error *error);
/* Safe on NULL. */
CTRNET_API void ctrnet_notify_free(struct ctrnet_notify *notify);

/* --- networks --- */

struct ctrnet_net_route {
	const char *destination;      /* "default", "10.1.0.0/16" */
	const char *gateway, *source; /* "": none */
	uint32_t metric, table;
	uint32_t protocol; /* who set it (rtnetlink(7)); 206: ctrnet */
};

/* The other end of a veth pair, in the network namespace that the container was started from. */
struct ctrnet_net_peer {
	uint32_t index;
	const char *name;
	const char *bridge; /* that it is a port of; "": none */
};

/* Whom a WireGuard interface talks to (wg(8)). */
struct ctrnet_wireguard_peer {
	const char *public_key;
	const char *endpoint;           /* "192.0.2.1:51820"; "": not known */
	const char *const *allowed_ips; /* "10.0.0.0/8" */
	size_t allowed_ip_count;
	uint32_t persistent_keepalive; /* seconds; 0: off */
	int64_t latest_handshake;      /* seconds since 1970; 0: none yet */
	uint64_t rx_bytes, tx_bytes;
};

/* What happens to packets on their way, whoever asked the kernel for it. */
struct ctrnet_net_shaping {
	/* In words that ctrnet_container_net_set() takes, but without "ingress.": "rate=10mbit burst=16kb delay=20ms" */
	const char *text;
	uint64_t dropped; /* packets, so far */
	uint64_t backlog; /* bytes that wait */
};

struct ctrnet_net_interface {
	const struct ctrnet_interface *link;
	const char *
		state; /* does it work (RFC 2863): "up", "down", "lowerlayerdown", "unknown", ... */
	uint32_t txqueuelen;
	const char *master;                 /* in the container; "": none */
	const struct ctrnet_net_peer *peer; /* NULL: it has none there */
	const char *const *addresses;       /* "10.1.2.3/24" */
	size_t address_count;
	const struct ctrnet_net_route *routes; /* that lead out of it; not of the table `local` */
	size_t route_count;
	const struct ctrnet_wireguard_peer *wireguard_peers;
	size_t wireguard_peer_count;
	/* What it sends, and what it receives; NULL: it is not shaped. */
	const struct ctrnet_net_shaping *egress, *ingress;
};

/* A port of the host's that leads to the container, or several that follow one another. */
struct ctrnet_net_port {
	const char *protocol;     /* "tcp", "udp", "sctp" */
	const char *host_address; /* "0.0.0.0", "::": any */
	uint16_t host;            /* the first one */
	const char *address;      /* in the container */
	uint16_t container;       /* there, the first one */
	uint32_t count;
};

struct ctrnet_net {
	const char *id;
	bool host; /* it has the host's network: then there are no interfaces */
	const struct ctrnet_net_interface *interfaces;
	size_t interface_count;
	const struct ctrnet_net_port
		*ports; /* by address translation of the kernel's, not by pasta */
	size_t port_count;
};

/* Its network as the kernel has it; to be given to ctrnet_net_free(). CTRNET_CONTAINER_NOT_RUNNING. */
CTRNET_API int ctrnet_container_net(struct ctrnet_container *container, struct ctrnet_net **net,
				    struct ctrnet_error *error);
CTRNET_API void ctrnet_net_free(struct ctrnet_net *net);
/* As JSON; to be given to free(). */
CTRNET_API int ctrnet_net_json(const struct ctrnet_net *net, char **json,
			       struct ctrnet_error *error);

/* Something of its network that is not as the config has it. */
struct ctrnet_net_difference {
	const char *type; /* of what was made: "link.veth", "route.add" */
	const char *
		origin; /* the key that asked for it: "networks[0] (eth0)"; "": none in particular */
	const char *planned; /* in words */
	const char *
		found; /* what the kernel has, and what was planned: "link 'eth0': mtu is 1400, planned 1500" */
};

struct ctrnet_net_report {
	const struct ctrnet_net_difference *differences;
	size_t count;
};

/*
 * Compare all that was made for its network with what the kernel has. That something differs is no error: then there are
 * differences in @report, which is to be given to ctrnet_net_report_free(). Other links, addresses and routes than those of the
 * config are nobody's business. CTRNET_CONTAINER_NOT_RUNNING.
 */
CTRNET_API int ctrnet_container_net_check(struct ctrnet_container *container,
					  struct ctrnet_net_report **report,
					  struct ctrnet_error *error);
/*
 * Mend what differs, and only that: in place where it can be, else made anew together with what depends on it. @report has what
 * was mended. A link of somebody else's that has one of the names is an error, and stays. On failure what was mended before stays so.
 */
CTRNET_API int ctrnet_container_net_repair(struct ctrnet_container *container,
					   struct ctrnet_net_report **report,
					   struct ctrnet_error *error);
CTRNET_API void ctrnet_net_report_free(struct ctrnet_net_report *report);
/* As JSON; to be given to free(). */
CTRNET_API int ctrnet_net_report_json(const struct ctrnet_net_report *report, char **json,
				      struct ctrnet_error *error);

/*
 * Make further networks for a container that runs: @texts are objects as in `networks` of a config, or arrays of such. All or none.
 * They are part of its config from then on. *@names, to be given to ctrnet_strings_free(), are their interfaces, in order.
 * CTRNET_CONFIG_INVALID: they are not as they should be, or do not fit to the networks that it has. CTRNET_CONTAINER_NOT_RUNNING.
 */
CTRNET_API int ctrnet_container_net_attach(struct ctrnet_container *container,
					   const struct ctrnet_text *texts, size_t count,
					   char ***names, struct ctrnet_error *error);
/*
 * What ctrnet_container_net_attach() would do for them, as commands, a line for each; nothing is made. *@plan is to be given to
 * free().
 */
CTRNET_API int ctrnet_container_net_attach_plan(struct ctrnet_container *container,
						const struct ctrnet_text *texts, size_t count,
						char **plan, struct ctrnet_error *error);
/*
 * Take back all that was made for the network whose interface in the container is @name, whether it was attached or is one of those
 * that it was started with; routes of the config that lead over it go along. One that others need (as their parent or
 * master) stays: that is an error.
 */
CTRNET_API int ctrnet_container_net_detach(struct ctrnet_container *container, const char *name,
					   struct ctrnet_error *error);

/*
 * Change of the network whose interface is @name what each of @changes (NULL-terminated) names, and only that: "mtu=1400",
 * "mac_address=02:00:00:00:00:01", "txqueuelen=100", "up=false", or a key of `shaping`: "rate=10mbit", "ingress.delay=20ms"; without a
 * direction it is of egress, and "none" takes it away. All of them or none. Its config has them from then on.
 */
CTRNET_API int ctrnet_container_net_set(struct ctrnet_container *container, const char *name,
					char *const *changes, struct ctrnet_error *error);

/* Something that nobody has any more, or of which that cannot be told. */
struct ctrnet_net_garbage {
	const char *kind; /* "container", "link", "element", "record", "address" */
	const char *name;
	const char *why;
	bool kept; /* it was left alone, because of why */
};

struct ctrnet_net_garbage_list {
	const struct ctrnet_net_garbage *items;
	size_t count;
};

/*
 * Remove what was left behind: containers of the factory whose process and ctrnet are gone, as ctrnet_container_destroy() does; links
 * in the caller's network namespace with the mark of a container that is gone; and what was shared by containers of which none
 * is there any more. @dry_run: only tell. What may belong to a living container of another factory is left. @list has what
 * was removed, and what was left because it cannot be told whose it is; it is to be given to ctrnet_net_garbage_free().
 */
CTRNET_API int ctrnet_factory_net_gc(struct ctrnet_factory *factory, bool dry_run,
				     struct ctrnet_net_garbage_list **list,
				     struct ctrnet_error *error);
CTRNET_API void ctrnet_net_garbage_free(struct ctrnet_net_garbage_list *list);
/* As JSON; to be given to free(). */
CTRNET_API int ctrnet_net_garbage_json(const struct ctrnet_net_garbage_list *list, char **json,
				       struct ctrnet_error *error);

struct ctrnet_net_watch;

/* A change in the container's network namespace; the library's, for the call that it is handed over in. */
struct ctrnet_net_event {
	const char *
		what; /* "link", "address", "route"; "lost": changes came faster than they were read, so some are missing */
	bool gone;    /* it was removed */
	uint32_t index; /* of the interface; 0: it is about none */
	const char *interface;
	const char *text; /* all of it, in the words of ip(8) */
};

/* Be told of changes from now on. CTRNET_CONTAINER_NOT_RUNNING. */
CTRNET_API int ctrnet_container_net_watch(struct ctrnet_container *container,
					  struct ctrnet_net_watch **watch,
					  struct ctrnet_error *error);
/* For poll(2), the object's: readable when there is something to read. */
CTRNET_API int ctrnet_net_watch_fd(const struct ctrnet_net_watch *watch);
/*
 * Call @event, with @arg, for all that has happened since the last time. Does not wait. *@ended: the container has, and nothing will
 * come any more. One thread at a time.
 */
CTRNET_API int ctrnet_net_watch_read(struct ctrnet_net_watch *watch,
				     void (*event)(void *arg, const struct ctrnet_net_event *event),
				     void *arg, bool *ended, struct ctrnet_error *error);
/* Safe on NULL. */
CTRNET_API void ctrnet_net_watch_free(struct ctrnet_net_watch *watch);

struct ctrnet_net_capture;

enum ctrnet_net_direction { CTRNET_NET_INOUT, CTRNET_NET_IN, CTRNET_NET_OUT };

struct ctrnet_net_capture_options {
	size_t size;
	const char *const
		*interfaces; /* names, NULL-terminated; NULL, or none: all that it has now */
	enum ctrnet_net_direction direction; /* as the container sees it */
	uint32_t snaplen;        /* bytes of a packet that are kept, at most 262144; 0: that */
	uint64_t count;          /* end after so many packets; 0: never */
	const char *application; /* named in the file; NULL: "libctrnet" */
};
/* clang-format off */
#define CTRNET_NET_CAPTURE_OPTIONS_INIT { sizeof(struct ctrnet_net_capture_options), NULL, CTRNET_NET_INOUT, 0, 0, NULL }
/* clang-format on */

struct ctrnet_net_capture_interface {
	const char *name;
	uint32_t index;
	int linktype;      /* www.tcpdump.org/linktypes.html: 1 is Ethernet, 101 is IP */
	uint64_t captured; /* packets that were handed on */
	uint64_t dropped;  /* packets that came faster than they were read, as of the end */
	bool gone;         /* it is not in the container any more, which runs */
};

/*
 * Takes @length bytes of the capture, which are whole blocks of pcapng (draft-ietf-opsawg-pcapng). A negative errno ends the call
 * that it comes from, which returns it.
 */
typedef int ctrnet_net_capture_function(void *arg, const void *data, size_t length);

/*
 * Capture packets of the container's interfaces from now on; nothing is needed or changed in there. @options may be NULL.
 * CTRNET_CONTAINER_NOT_RUNNING.
 */
CTRNET_API int ctrnet_container_net_capture(struct ctrnet_container *container,
					    const struct ctrnet_net_capture_options *options,
					    struct ctrnet_net_capture **capture,
					    struct ctrnet_error *error);
/* For poll(2), the object's: readable when there is something to read. */
CTRNET_API int ctrnet_net_capture_fd(const struct ctrnet_net_capture *capture);
/*
 * Call @give, with @arg, for what has come; the first time with what the file begins with. Packets are in the order of their times,
 * for which they are kept back for up to 100 ms. Does not wait. *@ended: the container has, all of the interfaces are gone, or
 * all packets that were asked for are there. One thread at a time.
 */
CTRNET_API int ctrnet_net_capture_read(struct ctrnet_net_capture *capture,
				       ctrnet_net_capture_function *give, void *arg, bool *ended,
				       struct ctrnet_error *error);
/* The rest of the packets, and the statistics that end the file. Once, and last. */
CTRNET_API int ctrnet_net_capture_end(struct ctrnet_net_capture *capture,
				      ctrnet_net_capture_function *give, void *arg,
				      struct ctrnet_error *error);
/* As they are now; the capture's, until the next call. */
CTRNET_API const struct ctrnet_net_capture_interface *
ctrnet_net_capture_interfaces(const struct ctrnet_net_capture *capture, size_t *count);
/* Safe on NULL. */
CTRNET_API void ctrnet_net_capture_free(struct ctrnet_net_capture *capture);

enum ctrnet_net_graph_format {
	CTRNET_NET_GRAPH_DOT, /* for dot(1) of graphviz */
	CTRNET_NET_GRAPH_SVG,
};

/*
 * A picture of the networks of the containers @ids (NULL-terminated; NULL, or none: of all that run), as the kernel has them: their
 * interfaces, the links and bridges of the host that these hang on, and what is on the other side of tunnels. To be given to
 * free(). CTRNET_CONTAINER_NOT_RUNNING.
 */
CTRNET_API int ctrnet_factory_net_graph(struct ctrnet_factory *factory, const char *const *ids,
					enum ctrnet_net_graph_format format, char **text,
					struct ctrnet_error *error);

/* --- what the ctrnet command makes of its words --- */

/*
 * Take back what was made for the container @id, as ctrnet_container_destroy() does, also for one that cannot be loaded because
 * it died while it was made, or because its records cannot be read (this only with @force).
 */
CTRNET_API int ctrnet_factory_destroy(struct ctrnet_factory *factory, const char *id, bool force,
				      struct ctrnet_error *error);

/*
 * The config that a command without one is about: the container.json of the directory that the environment's data_path names,
 * else that of the current one; *@path is NULL if there is none. A @given path is it, or the directory it is in. To be given to
 * free().
 */
CTRNET_API int ctrnet_config_find(const char *given, char **path, struct ctrnet_error *error);
/* The id that `ctrnet exec` gives to a container of the config @path; to be given to free(). */
CTRNET_API int ctrnet_config_id(const char *path, char **id, struct ctrnet_error *error);

#ifdef __cplusplus
}
#endif

#endif
