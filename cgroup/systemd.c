// SPDX-License-Identifier: Apache-2.0
#include "cgroup/systemd.h"

#include "cgroup/kill.h"
#include "cgroup/systemd_bus.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/str.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define DESTINATION "org.freedesktop.systemd1"
#define MANAGER     "/org/freedesktop/systemd1", DESTINATION ".Manager"
#define SCOPE       DESTINATION ".Scope"

#define JOB_TIMEOUT_S   30
#define GONE_TIMEOUT_MS 5000

/* A job that has ended. Of all jobs, since the signal may come before the answer that has our job's path. */
struct ended {
	char *path, *result;
};

struct systemd {
	const struct sdbus *bus; /* functions */
	struct sdbus loaded;
	sd_bus *connection;
	struct ended *ended;
	size_t ended_count;
};

void systemd_close(struct systemd *sd)
{
	if (!sd)
		return;
	if (sd->connection)
		sd->bus->flush_close_unref(sd->connection);
	for (size_t i = 0; i < sd->ended_count; i++) {
		free(sd->ended[i].path);
		free(sd->ended[i].result);
	}
	free(sd->ended);
	free(sd);
}

static void systemd_cleanup(struct systemd **sd)
{
	systemd_close(*sd);
}

int systemd_open_with(struct systemd **sd, const struct sdbus *bus, struct err *err)
{
	_cleanup_(systemd_cleanup) struct systemd *s = calloc(1, sizeof(*s));
	int ret = s ? 0 : err_oom(err);

	if (ret == 0 && !bus)
		ret = sdbus_load(&s->loaded, err);
	if (ret < 0)
		return ret;
	s->bus = bus ? bus : &s->loaded;
	ret = s->bus->open_system(&s->connection);
	if (ret < 0)
		return err_sys(err, ret, "cannot reach systemd: the system bus (D-Bus)");
	*sd = take_ptr(s);
	return 0;
}

/* sd_booted(3). */
int systemd_open(struct systemd **sd, struct err *err)
{
	struct stat st;

	if (lstat("/run/systemd/system", &st) < 0 || !S_ISDIR(st.st_mode))
		return err_set(
			err, -EOPNOTSUPP,
			"the systemd cgroup manager needs a system that systemd is the init of "
			"(there is no /run/systemd/system)");
	return systemd_open_with(sd, NULL, err);
}

/* --- One call --- */

static int call(struct systemd *sd, sd_bus_message *m, sd_bus_message **reply, sd_bus_error *error)
{
	int ret = sd->bus->call(sd->connection, m, JOB_TIMEOUT_S * UINT64_C(1000000), error, reply);

	return ret < 0 ? ret : 0;
}

static int call_err(int code, const sd_bus_error *error, struct err *err)
{
	if (error->message && *error->message)
		return err_set(err, code, "systemd: %s", error->message);
	return err_sys(err, code, "systemd");
}

static bool is_error(const sd_bus_error *error, const char *name)
{
	return error->name && !strcmp(error->name, name);
}

static int new_call(struct systemd *sd, const char *method, sd_bus_message **m)
{
	return sd->bus->message_new_method_call(sd->connection, m, DESTINATION, MANAGER, method);
}

static int append_string(struct systemd *sd, sd_bus_message *m, const char *text)
{
	return sd->bus->message_append_basic(m, 's', text);
}

/* --- Properties --- */

static int append_bytes(struct systemd *sd, sd_bus_message *m, const char *list)
{
	_cleanup_free_ uint8_t *mask = NULL;
	size_t size;
	int ret = property_mask(list, &mask, &size, NULL);

	return ret < 0 ? ret : sd->bus->message_append_array(m, 'y', mask, size);
}

/* "PATTERN ACCESS", one of the list: each property of that name adds to it. */
static int append_pair(struct systemd *sd, sd_bus_message *m, const char *text)
{
	const char *space = strchr(text, ' ');
	_cleanup_free_ char *first = space ? strndup(text, (size_t)(space - text)) : NULL;
	int ret = space ? 0 : -EINVAL;

	if (ret == 0 && !first)
		ret = -ENOMEM;
	if (ret >= 0)
		ret = sd->bus->message_open_container(m, SD_BUS_TYPE_ARRAY, "(ss)");
	if (ret >= 0)
		ret = sd->bus->message_open_container(m, SD_BUS_TYPE_STRUCT, "ss");
	if (ret >= 0)
		ret = append_string(sd, m, first);
	if (ret >= 0)
		ret = append_string(sd, m, space + 1);
	if (ret >= 0)
		ret = sd->bus->message_close_container(m);
	return ret >= 0 ? sd->bus->message_close_container(m) : ret;
}

static int append_value(struct systemd *sd, sd_bus_message *m, const struct cgroup_property *p)
{
	const int yes = !strcmp(p->value, "yes");
	unsigned long long number = 0;
	uint64_t value;

	switch (p->type[0]) {
	case 'a':
		return p->type[1] == 'y' ? append_bytes(sd, m, p->value)
					 : append_pair(sd, m, p->value);
	case 'b':
		return sd->bus->message_append_basic(m, 'b', &yes);
	case 't':
		if (str_to_u64(p->value, UINT64_MAX, &number) < 0)
			return -EINVAL;
		value = number;
		return sd->bus->message_append_basic(m, 't', &value);
	default:
		return append_string(sd, m, p->value);
	}
}

/* "(sv)" */
static int append_property(struct systemd *sd, sd_bus_message *m, const struct cgroup_property *p)
{
	int ret = sd->bus->message_open_container(m, SD_BUS_TYPE_STRUCT, "sv");

	if (ret >= 0)
		ret = append_string(sd, m, p->name);
	if (ret >= 0)
		ret = sd->bus->message_open_container(m, SD_BUS_TYPE_VARIANT, p->type);
	if (ret >= 0)
		ret = append_value(sd, m, p);
	if (ret >= 0)
		ret = sd->bus->message_close_container(m);
	return ret >= 0 ? sd->bus->message_close_container(m) : ret;
}

/*
 * PIDs, of ourselves: 0 is who sends the message, as the bus knows it, and so it is right in any pid namespace. A number of
 * ours would be somebody else's process in systemd's.
 */
static int append_self(struct systemd *sd, sd_bus_message *m)
{
	const uint32_t self = 0;
	int ret = sd->bus->message_open_container(m, SD_BUS_TYPE_STRUCT, "sv");

	if (ret >= 0)
		ret = append_string(sd, m, "PIDs");
	if (ret >= 0)
		ret = sd->bus->message_open_container(m, SD_BUS_TYPE_VARIANT, "au");
	if (ret >= 0)
		ret = sd->bus->message_append_array(m, 'u', &self, sizeof(self));
	if (ret >= 0)
		ret = sd->bus->message_close_container(m);
	return ret >= 0 ? sd->bus->message_close_container(m) : ret;
}

/* "a(sv)", without those that are @left_out. */
static int append_properties(struct systemd *sd, sd_bus_message *m,
			     const struct cgroup_properties *p, const bool *left_out, bool self)
{
	int ret = sd->bus->message_open_container(m, SD_BUS_TYPE_ARRAY, "(sv)");

	if (ret >= 0 && self)
		ret = append_self(sd, m);
	for (size_t i = 0; ret >= 0 && i < p->count; i++)
		if (!left_out[i])
			ret = append_property(sd, m, &p->items[i]);
	return ret >= 0 ? sd->bus->message_close_container(m) : ret;
}

/*
 * An older systemd does not know all of them, and says which in its message only. What is a limit is written to the
 * cgroup's files anyway.
 */
static bool leave_out(const struct cgroup_properties *p, bool *left_out, const sd_bus_error *error)
{
	if (!is_error(error, SD_BUS_ERROR_PROPERTY_READ_ONLY) || !error->message)
		return false;
	for (size_t i = 0; i < p->count; i++) {
		const char *at = strstr(error->message, p->items[i].name);
		char behind = at ? at[strlen(p->items[i].name)] : '\0';

		if (!at || left_out[i] || (behind && !strchr(" ,.'\"", behind)))
			continue;
		log_debug("systemd: %s", error->message);
		left_out[i] = true;
		return true;
	}
	return false;
}

/* --- Jobs --- */

static int read_string(struct systemd *sd, sd_bus_message *m, char type, char **text)
{
	const char *read = NULL;
	int ret = sd->bus->message_read_basic(m, type, &read);

	if (ret <= 0)
		return ret < 0 ? ret : -EBADMSG;
	*text = strdup(read);
	return *text ? 0 : -ENOMEM;
}

/* JobRemoved: u (number), o (path), s (unit), s (result). */
static int job_removed(sd_bus_message *m, void *arg, sd_bus_error *error)
{
	struct systemd *sd = arg;
	struct ended *more = reallocarray(sd->ended, sd->ended_count + 1, sizeof(*more));
	_cleanup_free_ char *unit = NULL;
	struct ended one = { 0 };
	uint32_t number;
	int ret;

	(void)error;
	if (!more)
		return -ENOMEM;
	sd->ended = more;
	ret = sd->bus->message_read_basic(m, 'u', &number);
	if (ret > 0)
		ret = read_string(sd, m, 'o', &one.path);
	if (ret == 0)
		ret = read_string(sd, m, 's', &unit);
	if (ret == 0)
		ret = read_string(sd, m, 's', &one.result);
	if (ret < 0) {
		free(one.path);
		free(one.result);
		return ret;
	}
	sd->ended[sd->ended_count++] = one;
	return 0;
}

static const char *result_of(const struct systemd *sd, const char *job)
{
	for (size_t i = 0; i < sd->ended_count; i++)
		if (!strcmp(sd->ended[i].path, job))
			return sd->ended[i].result;
	return NULL;
}

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static int wait_job(struct systemd *sd, const char *job, struct err *err)
{
	uint64_t end = now_us() + JOB_TIMEOUT_S * UINT64_C(1000000);

	while (!result_of(sd, job)) {
		int ret = sd->bus->process(sd->connection, NULL);
		uint64_t now = now_us();

		if (ret == 0 && now >= end)
			return err_set(err, -ETIMEDOUT, "systemd did not end its job in %d s",
				       JOB_TIMEOUT_S);
		if (ret == 0)
			ret = sd->bus->wait(sd->connection, end - now);
		if (ret < 0 && ret != -EINTR)
			return err_sys(err, ret, "the connection to systemd");
	}
	if (strcmp(result_of(sd, job), "done"))
		return err_set(err, -EIO,
			       "systemd: its job ended with '%s' (journalctl tells more)",
			       result_of(sd, job));
	return 0;
}

/* Before the first job is asked for. */
static int watch_jobs(struct systemd *sd, struct err *err)
{
	int ret = sd->bus->match_signal(sd->connection, NULL, DESTINATION, MANAGER, "JobRemoved",
					job_removed, sd);

	return ret < 0 ? err_sys(err, ret, "systemd: JobRemoved") : 0;
}

static int wait_replied(struct systemd *sd, sd_bus_message *reply, struct err *err)
{
	_cleanup_free_ char *job = NULL;
	int ret = read_string(sd, reply, 'o', &job);

	return ret < 0 ? err_sys(err, ret, "systemd's answer") : wait_job(sd, job, err);
}

/* --- Scopes --- */

int systemd_root(struct systemd *sd, char **path, struct err *err)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	char *found = NULL;
	int ret = sd->bus->get_property_string(sd->connection, DESTINATION, MANAGER, "ControlGroup",
					       &error, &found);

	if (ret < 0)
		ret = call_err(ret, &error, err);
	else
		*path = found;
	sd->bus->error_free(&error);
	return ret < 0 ? ret : 0;
}

/* StartTransientUnit(s unit, s mode, a(sv) properties, a(sa(sv)) further units) */
static int fill_start(struct systemd *sd, sd_bus_message *m, const char *unit,
		      const struct cgroup_properties *p, const bool *left_out)
{
	int ret = append_string(sd, m, unit);

	if (ret >= 0)
		ret = append_string(sd, m, "fail");
	if (ret >= 0)
		ret = append_properties(sd, m, p, left_out, true);
	if (ret >= 0)
		ret = sd->bus->message_open_container(m, SD_BUS_TYPE_ARRAY, "(sa(sv))");
	return ret >= 0 ? sd->bus->message_close_container(m) : ret;
}

static int start_err(int code, const char *unit, const sd_bus_error *error, struct err *err)
{
	if (is_error(error, "org.freedesktop.systemd1.UnitExists"))
		return err_set(err, -EEXIST,
			       "systemd has a unit %s already (systemctl stop %s ends it)", unit,
			       unit);
	return call_err(code, error, err);
}

/* One try. 1: without one property more it may succeed. */
static int try_start(struct systemd *sd, const char *unit, const struct cgroup_properties *p,
		     bool *left_out, struct err *err)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *m = NULL, *reply = NULL;
	int ret = new_call(sd, "StartTransientUnit", &m);

	if (ret >= 0)
		ret = fill_start(sd, m, unit, p, left_out);
	if (ret < 0) {
		err_sys(err, ret, "systemd: StartTransientUnit");
	} else {
		ret = call(sd, m, &reply, &error);
		if (ret >= 0)
			ret = wait_replied(sd, reply, err);
		else if (leave_out(p, left_out, &error))
			ret = 1;
		else
			ret = start_err(ret, unit, &error, err);
	}
	sd->bus->message_unref(m);
	sd->bus->message_unref(reply);
	sd->bus->error_free(&error);
	return ret;
}

int systemd_start_scope(struct systemd *sd, const char *unit, const char *slice,
			const struct cgroup_properties *properties, struct err *err)
{
	_cleanup_(properties_release) struct cgroup_properties all = { 0 };
	_cleanup_free_ bool *left_out = calloc(properties->count + 1, sizeof(*left_out));
	int ret = left_out ? watch_jobs(sd, err) : err_oom(err);

	if (ret == 0)
		ret = properties_add(&all, "Slice", "s", slice, NULL, err);
	for (size_t i = 0; ret == 0 && i < properties->count; i++)
		ret = properties_add(&all, properties->items[i].name, properties->items[i].type,
				     properties->items[i].value, NULL, err);
	if (ret < 0)
		return ret;
	do
		ret = try_start(sd, unit, &all, left_out, err);
	while (ret == 1);
	return ret;
}

/* A method with the unit's name and maybe a mode; @reply is the caller's. 1: there is no such unit. */
static int call_unit(struct systemd *sd, const char *method, const char *unit, const char *mode,
		     sd_bus_message **reply, struct err *err)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *m = NULL;
	int ret = new_call(sd, method, &m);

	if (ret >= 0)
		ret = append_string(sd, m, unit);
	if (ret >= 0 && mode)
		ret = append_string(sd, m, mode);
	if (ret < 0) {
		err_sys(err, ret, "systemd: %s", method);
	} else {
		ret = call(sd, m, reply, &error);
		if (is_error(&error, "org.freedesktop.systemd1.NoSuchUnit"))
			ret = 1;
		else if (ret < 0)
			ret = call_err(ret, &error, err);
	}
	sd->bus->message_unref(m);
	sd->bus->error_free(&error);
	return ret;
}

/* The object that stands for it. 1: there is no such unit. */
static int unit_object(struct systemd *sd, const char *unit, char **object, struct err *err)
{
	sd_bus_message *reply = NULL;
	int ret = call_unit(sd, "GetUnit", unit, NULL, &reply, err);

	if (ret == 0) {
		ret = read_string(sd, reply, 'o', object);
		if (ret < 0)
			err_sys(err, ret, "systemd's answer");
	}
	sd->bus->message_unref(reply);
	return ret;
}

/* Is there a unit of that name in @slice? 0: none, or it is another one. */
static int is_in_slice(struct systemd *sd, const char *unit, const char *slice, struct err *err)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_free_ char *object = NULL, *found = NULL;
	int ret = unit_object(sd, unit, &object, err);

	if (ret != 0)
		return ret < 0 ? ret : 0;
	ret = sd->bus->get_property_string(sd->connection, DESTINATION, object, SCOPE, "Slice",
					   &error, &found);
	if (ret < 0)
		ret = call_err(ret, &error, err);
	else
		ret = !strcmp(found, slice);
	sd->bus->error_free(&error);
	return ret;
}

static int stop_unit(struct systemd *sd, const char *unit, struct err *err)
{
	sd_bus_message *reply = NULL;
	int ret = call_unit(sd, "StopUnit", unit, "replace", &reply, err);

	if (ret == 0)
		ret = wait_replied(sd, reply, err);
	sd->bus->message_unref(reply);
	return ret;
}

/* One that has failed would stay, for people to look at. */
static void reset_failed(struct systemd *sd, const char *unit)
{
	sd_bus_message *reply = NULL;

	call_unit(sd, "ResetFailedUnit", unit, NULL, &reply, NULL);
	sd->bus->message_unref(reply);
}

/* systemd forgets a unit a moment after the unit has ended; until then nobody can have its name. */
int systemd_stop_scope(struct systemd *sd, const char *unit, const char *slice, struct err *err)
{
	struct patience patience = { 0 };
	int ret = is_in_slice(sd, unit, slice, err);

	if (ret != 1)
		return ret;
	ret = watch_jobs(sd, err);
	if (ret == 0)
		ret = stop_unit(sd, unit, err);
	if (ret != 0)
		return ret < 0 ? ret : 0;
	while ((ret = is_in_slice(sd, unit, slice, err)) == 1) {
		reset_failed(sd, unit);
		if (!patience_wait(&patience, GONE_TIMEOUT_MS))
			return err_set(err, -EBUSY, "systemd still has the unit %s", unit);
	}
	return ret;
}

/* SetUnitProperties(s unit, b runtime, a(sv) properties) */
static int fill_set(struct systemd *sd, sd_bus_message *m, const char *unit,
		    const struct cgroup_properties *p, const bool *left_out)
{
	const int runtime = 1;
	int ret = append_string(sd, m, unit);

	if (ret >= 0)
		ret = sd->bus->message_append_basic(m, 'b', &runtime);
	return ret >= 0 ? append_properties(sd, m, p, left_out, false) : ret;
}

static int try_set(struct systemd *sd, const char *unit, const struct cgroup_properties *p,
		   bool *left_out, struct err *err)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *m = NULL, *reply = NULL;
	int ret = new_call(sd, "SetUnitProperties", &m);

	if (ret >= 0)
		ret = fill_set(sd, m, unit, p, left_out);
	if (ret >= 0)
		ret = call(sd, m, &reply, &error);
	if (ret < 0)
		ret = leave_out(p, left_out, &error) ? 1 : call_err(ret, &error, err);
	sd->bus->message_unref(m);
	sd->bus->message_unref(reply);
	sd->bus->error_free(&error);
	return ret;
}

int systemd_set_properties(struct systemd *sd, const char *unit,
			   const struct cgroup_properties *properties, struct err *err)
{
	_cleanup_free_ bool *left_out = calloc(properties->count + 1, sizeof(*left_out));
	int ret = left_out ? 1 : err_oom(err);

	while (ret == 1)
		ret = try_set(sd, unit, properties, left_out, err);
	return ret;
}
