// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf.h"
#include "error.h"
#include "exit.h"
#include "meminfo.h"
#include "options.h"
#include "output.h"
#include "reuse.h"

static int no_file_name(struct twinos_error *err)
{
	err->kind = TWINOS_ERROR_USAGE;
	err->code = EINVAL;
	snprintf(err->text, sizeof(err->text), "the file's name is empty");
	return -EINVAL;
}

static int set_kernel(void *into, const char *value, struct twinos_error *err)
{
	struct options *options = into;

	options->config.kernel = value;
	return *value ? 0 : no_file_name(err);
}

static int set_name(void *into, const char *value, struct twinos_error *err)
{
	struct options *options = into;

	options->config.name = value;
	return parse_name(value, err);
}

static int set_cpus(void *into, const char *value, struct twinos_error *err)
{
	struct options *options = into;

	options->cpus_given = true;
	return parse_cpus(value, &options->cpus, err);
}

static int set_shared(void *into, const char *value, struct twinos_error *err)
{
	struct options *options = into;

	options->config.shared = true;
	return parse_cpu(value, &options->shared_cpu, err);
}

static int set_slice(void *into, const char *value, struct twinos_error *err)
{
	struct options *options = into;

	return parse_slice(value, &options->config.slice_us, err);
}

static int no_directory_name(struct twinos_error *err)
{
	err->kind = TWINOS_ERROR_USAGE;
	err->code = EINVAL;
	snprintf(err->text, sizeof(err->text), "the directory's name is empty");
	return -EINVAL;
}

static int set_guest_modules(void *into, const char *value,
			     struct twinos_error *err)
{
	struct options *options = into;

	options->config.guest_dir = value;
	return *value ? 0 : no_directory_name(err);
}

static int set_on_panic(void *into, const char *value, struct twinos_error *err)
{
	struct options *options = into;

	options->panic_dir = value;
	return *value ? 0 : no_directory_name(err);
}

static int set_no_guest_module(void *into, const char *value,
			       struct twinos_error *err)
{
	struct options *options = into;

	(void)value;
	(void)err;
	options->config.no_guest = true;
	return 0;
}

static int set_restart(void *into, const char *value, struct twinos_error *err)
{
	struct options *options = into;

	return restart_parse(value, &options->restart.policy, err);
}

static int set_restart_limit(void *into, const char *value,
			     struct twinos_error *err)
{
	struct options *options = into;

	options->limit_given = true;
	return parse_cpu(value, &options->restart.limit, err);
}

/* Three beats: one may be late. */
#define HANG_LEAST_MS 3000

static int set_hang_limit(void *into, const char *value,
			  struct twinos_error *err)
{
	struct options *options = into;
	int ret = parse_seconds(value, &options->hang_ms, err);

	if (ret || options->hang_ms >= HANG_LEAST_MS)
		return ret;
	err->kind = TWINOS_ERROR_USAGE;
	err->code = ERANGE;
	snprintf(err->text, sizeof(err->text),
		 "a heartbeat comes once a second; give 3 or more");
	return -ERANGE;
}

static int set_memory(void *into, const char *value, struct twinos_error *err)
{
	struct options *options = into;

	options->memory_given = true;
	return parse_aligned(value, &options->config.memory, err);
}

static int set_reserved(void *into, const char *value, struct twinos_error *err)
{
	struct options *options = into;

	(void)value;
	(void)err;
	options->config.reserved = true;
	return 0;
}

static int set_mem_min(void *into, const char *value, struct twinos_error *err)
{
	struct options *options = into;

	return parse_size(value, &options->config.mem_min, err);
}

static int set_mem_max(void *into, const char *value, struct twinos_error *err)
{
	struct options *options = into;
	int ret;

	ret = parse_size(value, &options->config.mem_max, err);
	if (ret || options->config.mem_max)
		return ret;
	/* 0 would be no limit to the library. */
	err->kind = TWINOS_ERROR_USAGE;
	err->code = EINVAL;
	snprintf(err->text, sizeof(err->text), "no memory lies below 0");
	return -EINVAL;
}

static int set_initrd(void *into, const char *value, struct twinos_error *err)
{
	struct options *options = into;
	size_t nr = options->config.nr_initrds;
	const char **initrds;

	if (!*value)
		return no_file_name(err);
	initrds = reallocarray(options->initrds, nr + 1, sizeof(*initrds));
	if (!initrds) {
		snprintf(err->text, sizeof(err->text), "out of memory");
		return -ENOMEM;
	}
	initrds[nr] = value;
	options->initrds = initrds;
	options->config.nr_initrds = nr + 1;
	return 0;
}

static int set_root(void *into, const char *value, struct twinos_error *err)
{
	struct options *options = into;

	options->rootfs_text = value;
	return rootfs_check(value, err);
}

static int add_device(struct options *options, const char *kind,
		      const char *text, struct twinos_error *err)
{
	size_t nr = options->config.nr_devices;
	struct twinos_device *devices;

	devices = reallocarray(options->devices, nr + 1, sizeof(*devices));
	if (!devices) {
		snprintf(err->text, sizeof(err->text), "out of memory");
		return -ENOMEM;
	}
	devices[nr] = (struct twinos_device){ kind, text };
	options->devices = devices;
	options->config.nr_devices = nr + 1;
	return 0;
}

/* Of what a twin has one of, the command line's replaces the file's. */
static int set_only_device(struct options *options, const char *kind,
			   const char *text, struct twinos_error *err)
{
	size_t i;

	for (i = 0; i < options->config.nr_devices; i++) {
		if (strcmp(options->devices[i].kind, kind))
			continue;
		options->devices[i].text = text;
		return 0;
	}
	return add_device(options, kind, text, err);
}

static int set_disk(void *into, const char *value, struct twinos_error *err)
{
	return add_device(into, "disk", value, err);
}

static int set_net(void *into, const char *value, struct twinos_error *err)
{
	return add_device(into, "net", value, err);
}

static int set_vsock(void *into, const char *value, struct twinos_error *err)
{
	struct options *options = into;

	options->vsock_given = true;
	return set_only_device(options, "vsock", value, err);
}

static int set_rng(void *into, const char *value, struct twinos_error *err)
{
	(void)value;
	return set_only_device(into, "rng", "", err);
}

static int set_extra_console(void *into, const char *value,
			     struct twinos_error *err)
{
	return add_device(into, "extra-console", value ? value : "", err);
}

static int set_share(void *into, const char *value, struct twinos_error *err)
{
	return add_device(into, "share", value, err);
}

static int set_vhost_user_blk(void *into, const char *value,
			      struct twinos_error *err)
{
	return add_device(into, "vhost-user-blk", value, err);
}

static int set_vhost_user_fs(void *into, const char *value,
			     struct twinos_error *err)
{
	return add_device(into, "vhost-user-fs", value, err);
}

static int set_vhost_user_net(void *into, const char *value,
			      struct twinos_error *err)
{
	return add_device(into, "vhost-user-net", value, err);
}

static int set_append(void *into, const char *value, struct twinos_error *err)
{
	struct options *options = into;

	(void)err;
	options->append = value;
	return 0;
}

static int set_reuse_cmdline(void *into, const char *value,
			     struct twinos_error *err)
{
	struct options *options = into;

	(void)value;
	(void)err;
	options->reuse_cmdline = true;
	return 0;
}

static int set_entry(void *into, const char *value, struct twinos_error *err)
{
	struct options *options = into;

	return parse_entry(value, &options->config.entry, err);
}

static int set_keep(void *into, const char *value, struct twinos_error *err)
{
	struct options *options = into;

	(void)value;
	(void)err;
	options->keep = true;
	return 0;
}

static int set_dry_run(void *into, const char *value, struct twinos_error *err)
{
	struct options *options = into;

	(void)value;
	(void)err;
	options->dry_run = true;
	return 0;
}

static const char *const root_parts[] = {
	"ro",	   "partition=", "direct", "format=raw", "format=qcow2",
	"serial=", "busy-poll=", "name=",  NULL
};
static const char *const disk_parts[] = {
	"ro",	   "direct",	 "format=raw", "format=qcow2",
	"serial=", "busy-poll=", "name=",      NULL
};
static const char *const share_parts[] = { "ro", "cached", "name=", NULL };
static const char *const net_parts[] = {
	"tap=",	   "bridge=", "host=",	    "guest=", "no-dhcp", "nat",
	"queues=", "mac=",    "busy-poll=", "name=",  NULL
};
static const char *const name_parts[] = { "name=", NULL };
static const char *const tag_parts[] = { "tag=", "name=", NULL };
static const char *const mac_parts[] = { "mac=", "name=", NULL };

static int set_config(void *into, const char *value, struct twinos_error *err)
{
	struct options *options = into;
	char path[PATH_MAX];

	options->conf = value;
	return conf_path(path, value, err);
}

const struct args_option options_table[] = {
	{ .name = "config",
	  .value = "NAME|FILE",
	  .offer.kinds = ARGS_FILE,
	  .call_only = true,
	  .set = set_config,
	  .help = "what /etc/twinos/NAME.conf says, for the twin NAME; or\n"
		  "a file, which has a slash in its name: ./twin.conf. Other\n"
		  "options add to it or override it; see twin.conf(5)" },
	{ .name = "kernel",
	  .value = "FILE",
	  .set = set_kernel,
	  .offer.kinds = ARGS_FILE,
	  .help = "bzImage or ELF vmlinux (default: the kernel this\n"
		  "machine runs)" },
	{ .name = "name",
	  .value = "NAME",
	  .set = set_name,
	  .help = "the twin's name (default: the first free one of\n"
		  "twin0, twin1...)" },
	{ .name = "cpus",
	  .value = "N|LIST",
	  .set = set_cpus,
	  .offer.kinds = ARGS_CPUS,
	  .help = "how many (2: any two), or which of this machine's CPUs\n"
		  "(2-3,6: the first one boots; \"2,\" is CPU 2 alone)\n"
		  "(default: 1)" },
	{ .name = "shared",
	  .value = "CPU",
	  .set = set_shared,
	  .offer.kinds = ARGS_CPU,
	  .help = "take turns with this machine on one CPU, which stays its\n"
		  "own, instead of taking CPUs away; any that is online" },
	{ .name = "slice",
	  .value = "TIME",
	  .set = set_slice,
	  .help = "with --shared, how long the twin may run at a stretch,\n"
		  "100us to 100ms (default: 4ms)" },
	{ .name = "guest-modules",
	  .value = "DIR",
	  .set = set_guest_modules,
	  .offer.kinds = ARGS_DIRECTORY,
	  .help = "where the guest modules are, which tell how the twin is\n"
		  "(default: /usr/lib/twinos, if there is one for its kernel)" },
	{ .name = "no-guest-module",
	  .set = set_no_guest_module,
	  .help = "without --shared, give the twin none" },
	{ .name = "memory",
	  .value = "SIZE",
	  .set = set_memory,
	  .help = "the twin's memory, a multiple of 2M (default: 512M, but\n"
		  "not more than a quarter of what is available)" },
	{ .name = "reserved",
	  .set = set_reserved,
	  .help = "take it from ranges reserved at boot by memmap=SIZE$ADDR" },
	{ .name = "mem-min",
	  .value = "ADDR",
	  .set = set_mem_min,
	  .help = "lowest address of the twin's memory" },
	{ .name = "mem-max",
	  .value = "ADDR",
	  .set = set_mem_max,
	  .help = "highest address of the twin's memory" },
	{ .name = "initrd",
	  .value = "FILE",
	  .set = set_initrd,
	  .offer.kinds = ARGS_FILE,
	  .repeatable = true,
	  .help = "initial RAM disk; more than one are put one behind\n"
		  "the other (default: one with a shell, as of 'twinctl\n"
		  "mkinitrd')" },
	{ .name = "root",
	  .value = "DIR|IMAGE[,ro]",
	  .set = set_root,
	  .offer = { .kinds = ARGS_FILE, .parts = root_parts },
	  .help = "boot the system that is installed in this directory, or on\n"
		  "this image or block device, its first disk then; with\n"
		  "partition=N there. With run and COMMAND that runs in it\n"
		  "instead" },
	{ .name = "disk",
	  .value = "FILE[,ro]",
	  .set = set_disk,
	  .device = true,
	  .offer = { .kinds = ARGS_FILE, .parts = disk_parts },
	  .repeatable = true,
	  .help = "a disk for the twin: a raw image or a block device; with\n"
		  "format=qcow2 such an image" },
	{ .name = "share",
	  .value = "DIR:TAG[,ro]",
	  .set = set_share,
	  .device = true,
	  .offer = { .kinds = ARGS_DIRECTORY, .parts = share_parts },
	  .repeatable = true,
	  .help = "a directory for the twin, which mounts it as TAG, by\n"
		  "'mount -t virtiofs TAG /mnt'" },
	{ .name = "net",
	  .value = "HOW",
	  .set = set_net,
	  .device = true,
	  .offer = { .parts = net_parts },
	  .repeatable = true,
	  .help = "a network interface for the twin; on this side it is\n"
		  "tap=NAME, one that is there, or bridge=NAME, a new one\n"
		  "at that bridge, or host=ADDR/LEN, a new one with that\n"
		  "address, where DHCP gives the twin the next one;\n"
		  "host=ADDR/LEN,nat leads it on to where this machine's\n"
		  "network leads; queues=N, up to 8, is of use to a twin\n"
		  "with as many CPUs" },
	{ .name = "vsock",
	  .value = "CID",
	  .set = set_vsock,
	  .device = true,
	  .offer.words = ARGS_WORDS("auto"),
	  .help = "let the twin be reached by AF_VSOCK, as CID; auto: one\n"
		  "that is free" },
	{ .name = "rng",
	  .set = set_rng,
	  .device = true,
	  .help = "give the twin random numbers" },
	{ .name = "extra-console",
	  .value = "[=name=NAME]",
	  .optional = true,
	  .set = set_extra_console,
	  .device = true,
	  .offer = { .parts = name_parts },
	  .repeatable = true,
	  .help = "one more terminal for the twin, /dev/hvc1...; 'device\n"
		  "list' tells the one of this side" },
	{ .name = "vhost-user-blk",
	  .value = "SOCKET",
	  .set = set_vhost_user_blk,
	  .device = true,
	  .offer = { .kinds = ARGS_FILE, .parts = name_parts },
	  .repeatable = true,
	  .help = "a disk for the twin that another process serves there" },
	{ .name = "vhost-user-fs",
	  .value = "SOCKET,tag=TAG",
	  .set = set_vhost_user_fs,
	  .device = true,
	  .offer = { .kinds = ARGS_FILE, .parts = tag_parts },
	  .repeatable = true,
	  .help = "a directory for the twin that another process serves\n"
		  "there; TAG is what the twin mounts" },
	{ .name = "vhost-user-net",
	  .value = "SOCKET",
	  .set = set_vhost_user_net,
	  .device = true,
	  .offer = { .kinds = ARGS_FILE, .parts = mac_parts },
	  .repeatable = true,
	  .help = "a network interface for the twin that another process\n"
		  "serves there; mac=MAC" },
	{ .name = "append",
	  .alias = "command-line",
	  .value = "TEXT",
	  .set = set_append,
	  .help = "the twin's kernel command line" },
	{ .name = "reuse-cmdline",
	  .set = set_reuse_cmdline,
	  .help = "put this machine's command line before it, without\n"
		  "what is of no use to a twin" },
	{ .name = "entry",
	  .value = "HOW",
	  .set = set_entry,
	  .offer.words = parse_entries,
	  .help = "auto, elf (unpack the kernel here) or bzimage (it\n"
		  "unpacks itself, with KASLR) (default: auto)" },
	{ .name = "on-panic",
	  .value = "DIR",
	  .set = set_on_panic,
	  .offer.kinds = ARGS_DIRECTORY,
	  .help = "if the twin panics, write its memory to a file in DIR,\n"
		  "NAME-TIME.vmcore, as 'twinctl dump' does" },
	{ .name = "restart",
	  .value = "POLICY",
	  .set = set_restart,
	  .offer.words = restart_words,
	  .help = "no, on-failure (it panicked, hung or rebooted) or always:\n"
		  "start it anew in the same memory (default: no)" },
	{ .name = "restart-limit",
	  .value = "N",
	  .set = set_restart_limit,
	  .help = "how often in a row; 0 is without end (default: 5)" },
	{ .name = "hang-limit",
	  .value = "SECONDS",
	  .set = set_hang_limit,
	  .help = "the twin hangs when one of its CPUs stands still for so\n"
		  "long (default: that is not looked for)" },
	{ .name = "keep",
	  .set = set_keep,
	  .help = "with start: the twin goes on if the process that supervises\n"
		  "it is killed, and 'twinctl attach' makes another one" },
	{ .name = "dry-run",
	  .call_only = true,
	  .set = set_dry_run,
	  .help = "show the whole plan and start nothing; memory is taken\n"
		  "for a moment and given back" },
	{ .name = "json",
	  .call_only = true,
	  .set = args_set_json,
	  .help = "JSON on standard output, errors too" },
	{ 0 },
};

void options_init(struct options *options)
{
	memset(options, 0, sizeof(*options));
	options->cpus.nr = 1;
	options->restart.limit = RESTART_LIMIT;
}

const char *options_keep(struct options *options, const char *text)
{
	size_t nr = options->nr_kept;
	char **kept = reallocarray(options->kept, nr + 1, sizeof(*kept));

	if (!kept)
		return NULL;
	options->kept = kept;
	kept[nr] = strdup(text);
	if (kept[nr])
		options->nr_kept++;
	return kept[nr];
}

static int refuse(struct twinos_error *err, const char *why)
{
	return twinos_fail(err, TWINOS_ERROR_USAGE, EINVAL, "%s", why);
}

static char *reuse(const struct options *options, struct twinos_error *err)
{
	char *reused = options->reuse_cmdline ?
			       reuse_read(options->config.shared) :
			       strdup("");

	if (!reused)
		twinos_fail(err, TWINOS_ERROR_SYSTEM, errno,
			    "cannot read /proc/cmdline: %s", strerror(errno));
	return reused;
}

/* NULL: out of memory; what is empty leaves no blank behind */
static char *join(const char *first, const char *second, const char *third)
{
	char *joined;

	if (asprintf(&joined, "%s%s%s%s%s", first, *first && *second ? " " : "",
		     second, (*first || *second) && *third ? " " : "",
		     third) < 0)
		return NULL;
	return joined;
}

/* --append comes last: of two that contradict each other the kernel takes it. */
static int make_cmdline(struct options *options, struct twinos_error *err)
{
	char *reused;

	options->config.cmdline = options->append;
	if (!options->reuse_cmdline && !options->rootfs.device)
		return 0;
	reused = reuse(options, err);
	if (!reused)
		return -err->code;
	options->cmdline = join(reused, options->rootfs.cmdline,
				options->append ? options->append : "");
	free(reused);
	if (!options->cmdline)
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, ENOMEM,
				   "cannot join the command lines: %s",
				   strerror(ENOMEM));
	options->config.cmdline = options->cmdline;
	return 0;
}

/* Linux gives names to disks in the order in which it finds them: /dev/vda is the root. */
static int add_rootfs(struct options *options, struct twinos_error *err)
{
	struct rootfs *rootfs = &options->rootfs;
	struct twinos_device device;
	int ret;

	if (!options->rootfs_text)
		return 0;
	ret = rootfs_open(rootfs, options->rootfs_text, options->command, err);
	if (!ret)
		ret = add_device(options, rootfs->directory ? "share" : "disk",
				 rootfs->device, err);
	if (ret)
		return ret;
	device = options->devices[options->config.nr_devices - 1];
	memmove(options->devices + 1, options->devices,
		(options->config.nr_devices - 1) * sizeof(device));
	options->devices[0] = device;
	return 0;
}

static int check_memory(const struct options *options, struct twinos_error *err)
{
	const struct twinos_config *config = &options->config;

	if (config->mem_max && config->mem_min > config->mem_max)
		return refuse(err, "--mem-min lies above --mem-max");
	return 0;
}

static int check_shared(const struct options *options, struct twinos_error *err)
{
	const struct twinos_config *config = &options->config;

	if (config->shared && options->cpus_given)
		return refuse(err, "--shared and --cpus exclude each other");
	if (!config->shared && config->slice_us)
		return refuse(err, "--slice goes with --shared only");
	return 0;
}

static int check_guest(const struct options *options, struct twinos_error *err)
{
	const struct twinos_config *config = &options->config;

	if (!config->no_guest)
		return 0;
	if (config->shared)
		return refuse(err, "--shared can't do with --no-guest-module");
	if (config->nr_devices)
		return refuse(
			err,
			"devices need a guest module; leave --no-guest-module away");
	if (config->guest_dir)
		return refuse(
			err,
			"--guest-modules and --no-guest-module exclude each other");
	if (options->hang_ms)
		return refuse(
			err,
			"--hang-limit needs the heartbeat of a guest module");
	return 0;
}

static int check_keep(const struct options *options, const char *command,
		      struct twinos_error *err)
{
	if (options->keep && !strcmp(command, "run"))
		return refuse(err, "--keep goes with 'twinctl start' only");
	return 0;
}

static int check_restart(const struct options *options,
			 struct twinos_error *err)
{
	if (options->limit_given && options->restart.policy == RESTART_NO)
		return refuse(err, "--restart-limit goes with --restart only");
	return 0;
}

static int no_panic_dir(const char *dir, int code, const char *why,
			struct twinos_error *err)
{
	return twinos_fail(err, TWINOS_ERROR_SYSTEM, code,
			   "cannot write dumps to '%.256s': %s", dir, why);
}

/*
 * When the twin panics it is too late to learn that nothing can be written, and
 * its supervisor has gone to another directory by then.
 */
static int find_panic_dir(struct options *options, struct twinos_error *err)
{
	const char *dir = options->panic_dir;
	struct stat stat_buf;

	if (!dir)
		return 0;
	if (!realpath(dir, options->on_panic) ||
	    stat(options->on_panic, &stat_buf))
		return no_panic_dir(dir, errno, strerror(errno), err);
	if (!S_ISDIR(stat_buf.st_mode))
		return no_panic_dir(dir, ENOTDIR, "it is no directory", err);
	if (access(options->on_panic, W_OK | X_OK))
		return no_panic_dir(dir, errno, strerror(errno), err);
	return 0;
}

/* The reserved ranges are there for twins alone. */
static void choose_memory(struct options *options)
{
	struct twinos_config *config = &options->config;

	if (!options->memory_given)
		config->memory = meminfo_share(
			config->reserved ? UINT64_MAX : meminfo_available());
}

static int check_command(const struct options *options,
			 struct twinos_error *err)
{
	if (!options->command)
		return 0;
	if (output_json)
		return refuse(err, "--json and a COMMAND exclude each other");
	if (options->restart.policy != RESTART_NO)
		return refuse(err,
			      "--restart and a COMMAND exclude each other");
	if (options->config.no_guest)
		return refuse(
			err,
			"a COMMAND needs vsock, and that a guest module; leave --no-guest-module away");
	return 0;
}

/* Whoever wants no guest module has no use for the ready-made root. */
static void choose_root(struct options *options)
{
	struct twinos_config *config = &options->config;

	if (!config->nr_initrds && !config->no_guest)
		config->root = &options->root;
}

/* The node may be there without a module behind it. */
static int look_for_vsock(void)
{
	int fd = open("/dev/vhost-vsock", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

/* A twin that can be worked in has a way for exec and cp, where that can be had. */
static int choose_vsock(struct options *options)
{
	struct twinos_error err = { 0 };

	if (options->vsock_given ||
	    (!options->config.root && !options->command))
		return EXIT_OK;
	options->vsock_error = look_for_vsock();
	/* A COMMAND can't do without: then the library says what is wrong. */
	if (options->vsock_error && !options->command)
		return EXIT_OK;
	if (add_device(options, "vsock", "auto", &err))
		return fail(&err);
	options->config.devices = options->devices;
	return EXIT_OK;
}

static void set_config_cpus(struct options *options)
{
	struct twinos_config *config = &options->config;

	config->nr_cpus = options->cpus.nr;
	if (config->shared)
		config->cpus = &options->shared_cpu;
	else if (options->cpus.listed)
		config->cpus = options->cpus.cpus;
}

int options_check(struct options *options, const char *command,
		  struct twinos_error *err)
{
	int ret;

	ret = add_rootfs(options, err);
	if (!ret)
		ret = check_memory(options, err);
	if (!ret)
		ret = check_shared(options, err);
	if (!ret)
		ret = check_guest(options, err);
	if (!ret)
		ret = check_restart(options, err);
	if (!ret)
		ret = check_keep(options, command, err);
	if (!ret)
		ret = check_command(options, err);
	if (!ret)
		ret = find_panic_dir(options, err);
	if (ret)
		return ret;
	options->config.initrds = options->initrds;
	options->config.devices = options->devices;
	choose_root(options);
	choose_memory(options);
	set_config_cpus(options);
	return make_cmdline(options, err);
}

/* What contradicts something of a file may stand in it: no help with options helps. */
static int tell_mistake(const struct options *options, const char *command,
			const struct twinos_error *err)
{
	char path[PATH_MAX];

	if (err->kind != TWINOS_ERROR_USAGE)
		return fail(err);
	if (!options->conf)
		return fail_usage(command, "%s", err->text);
	conf_path(path, options->conf, NULL);
	return fail_with(EXIT_USAGE, "%.256s: %s", path, err->text);
}

int options_finish(struct options *options, const char *command)
{
	struct twinos_error err;

	if (options_check(options, command, &err))
		return tell_mistake(options, command, &err);
	return choose_vsock(options);
}

void options_tell(const struct options *options)
{
	if (!options->config.root)
		return;
	if (!options->rootfs.device)
		note("without --initrd, the twin gets the small root of 'twinctl mkinitrd'");
	if (options->vsock_error)
		note("it has no vsock, for 'twinctl exec' and 'cp': /dev/vhost-vsock: %s; 'modprobe vhost_vsock' may help",
		     strerror(options->vsock_error));
}

void options_release(struct options *options)
{
	size_t i;

	for (i = 0; i < options->nr_kept; i++)
		free(options->kept[i]);
	free(options->kept);
	free(options->initrds);
	free(options->devices);
	free(options->cmdline);
	rootfs_release(&options->rootfs);
}
