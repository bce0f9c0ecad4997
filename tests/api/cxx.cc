// SPDX-License-Identifier: Apache-2.0
/* The header and the library from C++: CXX ROOT ROOTFS ID. */
#include <ctrnet.h>

#include <cstdio>

int main(int, char **argv)
{
	const char *const args[] = { "/bin/echo", "hello from c++", nullptr };
	const ctrnet_namespace namespaces[] = { { "NEWNS", nullptr }, { "NEWPID", nullptr } };
	ctrnet_factory_options factory_options = CTRNET_FACTORY_OPTIONS_INIT;
	ctrnet_process_options options = CTRNET_PROCESS_OPTIONS_INIT;
	ctrnet_spec spec = CTRNET_SPEC_INIT;
	ctrnet_cgroup cgroup = CTRNET_CGROUP_INIT;
	ctrnet_limits limits = CTRNET_LIMITS_INIT;
	ctrnet_seccomp seccomp = CTRNET_SECCOMP_INIT;
	ctrnet_error error;
	ctrnet_factory *factory = nullptr;
	ctrnet_config *config = nullptr;
	ctrnet_container *container = nullptr;
	ctrnet_process *process = nullptr;
	int status = 1;

	cgroup.limits = &limits;
	(void)seccomp;
	spec.rootfs = argv[2];
	spec.namespaces = namespaces;
	spec.namespace_count = 2;
	spec.cgroups = &cgroup;
	options.args = args;
	if (ctrnet_factory_open(&factory, argv[1], &factory_options, &error) < 0 ||
	    ctrnet_config_make(&config, &spec, &error) < 0 ||
	    ctrnet_container_create(factory, argv[3], config, &container, &error) < 0 ||
	    ctrnet_container_start(container, &options, &process, &error) < 0 ||
	    ctrnet_process_wait(process, &status, &error) < 0 ||
	    ctrnet_container_destroy(container, true, &error) < 0)
		std::printf("%s\n", error.text);
	ctrnet_process_free(process);
	ctrnet_container_free(container);
	ctrnet_config_free(config);
	ctrnet_factory_close(factory);
	return status;
}
