// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "device.h"
#include "error.h"

static int open_failed(int code, struct twinos_error *err)
{
	switch (code) {
	case ENOENT:
	case ENXIO:
	case ENODEV:
		return twinos_fail(
			err, TWINOS_ERROR_MODULE, code,
			"the module is not loaded: try 'modprobe twinos'");
	case EPERM:
	case EACCES:
		return twinos_fail(
			err, TWINOS_ERROR_MODULE, code,
			"no right to open %s: it takes root (CAP_SYS_BOOT) and a kernel that is not locked down",
			TWINOS_DEVICE);
	default:
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, code,
				   "can't open %s: %s", TWINOS_DEVICE,
				   strerror(code));
	}
}

/* A module of another revision may not even know the size of our struct. */
static int check_revision(int fd, struct twinos_info *info,
			  struct twinos_error *err)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	if (!ioctl(fd, TWINOS_GET_INFO, info) &&
	    info->revision == TWINOS_REVISION)
		return 0;
	return twinos_fail(
		err, TWINOS_ERROR_MODULE, EPROTO,
		"the loaded module is of another revision than this tool (%u): install both from one release and reload it",
		TWINOS_REVISION);
}

int twinos_device_open(struct twinos_info *info, struct twinos_error *err)
{
	struct twinos_info unused;
	int fd, ret;

	fd = open(TWINOS_DEVICE, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return open_failed(errno, err);
	ret = check_revision(fd, info ? info : &unused, err);
	if (ret) {
		close(fd);
		return ret;
	}
	return fd;
}

int twinos_device_cpu(int device, unsigned int cpu, struct twinos_cpu *info)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	info->cpu = cpu;
	return ioctl(device, TWINOS_GET_CPU, info) ? -errno : 0;
}

/* A name that does not fit stays without its NUL, which the module refuses. */
static void copy_name(char *to, const char *name)
{
	memset(to, 0, TWINOS_NAME_SIZE);
	memcpy(to, name, strnlen(name, TWINOS_NAME_SIZE));
}

static int bad_name(const char *name, struct twinos_error *err)
{
	return twinos_fail(
		err, TWINOS_ERROR_USAGE, EINVAL,
		"'%.64s' can't be a twin's name: up to %d letters, digits, '.', '_' and '-', not starting with '.' or '-'",
		name, TWINOS_NAME_SIZE - 1);
}

int twinos_device_create(int device, const char *name, struct twinos_error *err)
{
	struct twinos_create create = { .size = sizeof(create),
					.flags = O_CLOEXEC };
	int fd;

	copy_name(create.name, name);
	fd = ioctl(device, TWINOS_CREATE, &create);
	if (fd >= 0)
		return fd;
	if (errno == EINVAL)
		return bad_name(name, err);
	if (errno == EEXIST)
		return twinos_fail(
			err, TWINOS_ERROR_NAME, EEXIST,
			"there is a twin named '%s' already: choose another --name or stop it",
			name);
	return twinos_fail(err, TWINOS_ERROR_SYSTEM, errno,
			   "can't create the twin '%s': %s", name,
			   strerror(errno));
}

int twinos_open(const char *name, struct twinos_error *err)
{
	struct twinos_open open = { .size = sizeof(open), .flags = O_CLOEXEC };
	int device, fd, ret;

	device = twinos_device_open(NULL, err);
	if (device < 0)
		return device;
	copy_name(open.name, name);
	fd = ioctl(device, TWINOS_OPEN, &open);
	ret = fd < 0 ? -errno : fd;
	close(device);
	if (ret == -EINVAL)
		return bad_name(name, err);
	if (ret == -ENOENT)
		return twinos_fail(
			err, TWINOS_ERROR_NAME, ENOENT,
			"there is no twin named '%s': see 'twinctl list'",
			name);
	if (ret < 0)
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, -ret,
				   "can't open the twin '%s': %s", name,
				   strerror(-ret));
	return ret;
}

int twinos_device_memory(int owner, struct twinos_range *range, uint64_t min,
			 uint64_t max)
{
	struct twinos_memory memory = {
		.size = sizeof(memory),
		.kind = range->kind,
		.length = range->length,
		.min = min,
		.max = max,
	};

	if (range->kind == TWINOS_MEMORY_RESERVED)
		memory.start = range->start;
	if (ioctl(owner, TWINOS_ADD_MEMORY, &memory))
		return -errno;
	range->start = memory.start;
	return 0;
}

int twinos_device_memory_fd(int owner, uint64_t start)
{
	struct twinos_memory_fd arg = { .size = sizeof(arg),
					.flags = O_CLOEXEC,
					.start = start };
	int fd = ioctl(owner, TWINOS_GET_MEMORY_FD, &arg);

	return fd < 0 ? -errno : fd;
}

int twinos_stop(int fd, unsigned int reason, struct twinos_error *err)
{
	struct twinos_stop stop = { .size = sizeof(stop), .reason = reason };

	if (!ioctl(fd, TWINOS_STOP, &stop))
		return 0;
	if (errno == EIO)
		return twinos_fail(
			err, TWINOS_ERROR_CPU, EIO,
			"a core of the twin does not answer INIT: its CPUs and memory are lost until the next boot");
	return twinos_fail(err, TWINOS_ERROR_SYSTEM, errno,
			   "can't stop the twin: %s", strerror(errno));
}

int twinos_set_state(int fd, unsigned int state)
{
	struct twinos_set_state arg = { .size = sizeof(arg), .state = state };

	return ioctl(fd, TWINOS_SET_STATE, &arg) ? -errno : 0;
}

int twinos_get_state(int fd, unsigned int *state, unsigned int *reason)
{
	struct twinos_state arg = { .size = sizeof(arg) };

	if (ioctl(fd, TWINOS_GET_STATE, &arg))
		return -errno;
	if (state)
		*state = arg.state;
	if (reason)
		*reason = arg.reason;
	return 0;
}

int twinos_module_version(char *version, size_t size, struct twinos_error *err)
{
	struct twinos_info info;
	int device;

	device = twinos_device_open(&info, err);
	if (device < 0)
		return device;
	close(device);
	snprintf(version, size, "%.*s", (int)sizeof(info.version),
		 info.version);
	return 0;
}

const char *twinos_version(void)
{
	return TWINOS_VERSION;
}
