// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * One launch: twinos_twin_new() reads and checks, twinos_twin_load() takes
 * memory and fills it in place, twinos_twin_start() hands the CPUs over.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <linux/twinos.h>
#include <twinos/handover.h>

#include "acpi.h"
#include "beats.h"
#include "console.h"
#include "boot_params.h"
#include "cmdline.h"
#include "cpus.h"
#include "device.h"
#include "devices.h"
#include "error.h"
#include "guest.h"
#include "image.h"
#include "initrd.h"
#include "pagetable.h"
#include "placement.h"
#include "root.h"
#include "shared.h"
#include "status.h"

/* The page behind the trampoline plays the IO-APIC; the rest is RAM. */
#define LOW_IO_APIC TWINOS_TRAMPOLINE_SIZE
#define LOW_RESERVED (TWINOS_TRAMPOLINE_SIZE + TWINOS_PAGE_SIZE)

#define MAX_SEGMENTS 8

/**
 * struct twinos_twin
 * @config: the user's; the strings it points to are copied where they are kept
 * @device: /dev/twinos
 * @owner: the twin's owner fd, -1 before it is loaded
 * @main: the range that holds the layout, mapped
 * @low: the low range, mapped
 */
struct twinos_twin {
	struct twinos_config config;
	char *name, *kernel, *cmdline;
	int device, owner;
	struct twinos_info info;
	struct twinos_image image;
	struct twinos_guest guest;
	struct twinos_beats beats;
	struct twinos_initrd initrd;
	struct twinos_lent_cpu *cpus;
	struct twinos_layout layout;
	struct twinos_place place;
	struct twinos_acpi acpi;
	void *main, *low;
	struct twinos_console_bell console_bell;
	struct twinos_devices devices;
	struct twinos_segment segments[MAX_SEGMENTS];
	struct twinos_plan plan;
};

static int no_memory(struct twinos_error *err)
{
	return twinos_fail(err, TWINOS_ERROR_SYSTEM, ENOMEM, "out of memory");
}

/* The kernel that the host runs, where distributions put it. */
static char *default_kernel(void)
{
	struct utsname uts;
	char *path;

	if (uname(&uts) || asprintf(&path, "/boot/vmlinuz-%s", uts.release) < 0)
		return NULL;
	return path;
}

static int copy_config(struct twinos_twin *twin,
		       const struct twinos_config *config,
		       struct twinos_error *err)
{
	twin->config = *config;
	twin->name = strdup(config->name);
	twin->kernel = config->kernel ? strdup(config->kernel) :
					default_kernel();
	twin->cpus = calloc(config->nr_cpus ? config->nr_cpus : 1,
			    sizeof(*twin->cpus));
	return twin->name && twin->kernel && twin->cpus ? 0 : no_memory(err);
}

static bool has_guest(const struct twinos_twin *twin)
{
	return twin->guest.path;
}

static int make_cmdline(struct twinos_twin *twin, struct twinos_error *err)
{
	twin->cmdline =
		twinos_cmdline_build(twin->config.cmdline, twin->info.tsc_khz,
				     twin->config.shared, has_guest(twin));
	if (!twin->cmdline)
		return no_memory(err);
	if (strlen(twin->cmdline) > twin->image.max_cmdline)
		return twinos_fail(
			err, TWINOS_ERROR_USAGE, E2BIG,
			"the command line has %zu bytes and this kernel takes %" PRIu32,
			strlen(twin->cmdline), twin->image.max_cmdline);
	return 0;
}

/*
 * From 6.9 on a kernel that was not started on a CPU with the BSP bit, which
 * ours never has, takes itself for a crash kernel and stays on one CPU unless
 * the first APIC of the table is another (arch/x86/kernel/cpu/topology.c). An
 * older one waits 10 s for that other one.
 */
static bool wants_dummy_apic(const struct twinos_twin *twin)
{
	unsigned int major, minor;

	if (twin->config.nr_cpus == 1)
		return false;
	if (sscanf(twin->image.version, "%u.%u", &major, &minor) != 2)
		return true;
	return major > 6 || (major == 6 && minor >= 9);
}

static struct twinos_acpi_config acpi_config(const struct twinos_twin *twin)
{
	return (struct twinos_acpi_config){
		.cpus = twin->cpus,
		.nr_cpus = twin->config.nr_cpus,
		.dummy_apic = wants_dummy_apic(twin),
	};
}

static int make_layout(struct twinos_twin *twin, struct twinos_error *err)
{
	struct twinos_acpi_config acpi = acpi_config(twin);
	struct twinos_needs needs = {
		.kernel = twin->image.span,
		.cmdline = strlen(twin->cmdline) + 1,
		.acpi = twinos_acpi_size(&acpi),
		.initrd = twin->initrd.length,
	};

	if (twinos_layout_make(&twin->layout, &needs))
		return twinos_fail(err, TWINOS_ERROR_IMAGE, EOVERFLOW,
				   "kernel and initrd are too large");
	return 0;
}

/* In shared mode what the image's own entry is advised for can't be done. */
static int open_image(struct twinos_twin *twin, struct twinos_error *err)
{
	bool shared = twin->config.shared;
	int ret;

	ret = twinos_image_open(&twin->image, twin->kernel,
				shared ? TWINOS_ENTRY_AUTO : twin->config.entry,
				err);
	if (ret || !shared)
		return ret;
	return twinos_shared_check_image(&twin->image,
					 twinos_shared_five_levels(), err);
}

static bool wants_root(const struct twinos_twin *twin)
{
	return twin->config.root && !twin->config.nr_initrds;
}

/* It is found by the kernel's version, and put into the initrd. */
static bool guest_possible(const struct twinos_twin *twin)
{
	return !twin->config.no_guest && *twin->image.version &&
	       (twin->initrd.length || wants_root(twin));
}

/*
 * A twin on CPUs of its own can do without, if nobody named a place for it. The shell of
 * the ready-made root can't.
 */
static int find_guest(struct twinos_twin *twin, struct twinos_error *err)
{
	const struct twinos_config *config = &twin->config;
	int ret;

	if (!config->shared && !guest_possible(twin))
		return 0;
	ret = twinos_guest_open(&twin->guest, config->guest_dir,
				twin->image.version, err);
	return ret == -ENOENT && !config->shared && !config->guest_dir &&
			       !wants_root(twin) ?
		       0 :
		       ret;
}

static int append_guest(struct twinos_twin *twin, struct twinos_error *err)
{
	struct twinos_file archive;
	char *next;
	int ret;

	ret = find_guest(twin, err);
	if (ret || !has_guest(twin))
		return ret;
	next = twinos_cmdline_rdinit(twin->config.cmdline);
	if (!next)
		return no_memory(err);
	ret = twinos_guest_pack(&twin->guest, next, !twin->config.shared,
				&archive, err);
	free(next);
	return ret ? ret : twinos_initrd_append(&twin->initrd, &archive, err);
}

static int open_initrd(struct twinos_twin *twin, struct twinos_error *err)
{
	int ret;

	ret = twinos_initrd_open(&twin->initrd, twin->config.initrds,
				 twin->config.nr_initrds, err);
	return ret ? ret : append_guest(twin, err);
}

/* As it is: to pack it would take longer than the twin's kernel saves by that. */
static int append_root(struct twinos_twin *twin, struct twinos_error *err)
{
	const struct twinos_root *root = twin->config.root;
	struct twinos_file archive;
	int ret;

	if (!wants_root(twin))
		return 0;
	ret = twinos_root_pack(
		root, root->release ? root->release : twin->image.version,
		&archive, NULL, err);
	return ret ? ret : twinos_initrd_append(&twin->initrd, &archive, err);
}

static int choose_cpus(struct twinos_twin *twin, struct twinos_error *err)
{
	const struct twinos_config *config = &twin->config;

	if (config->shared)
		return twinos_cpus_share(twin->device, config->cpus[0],
					 twin->cpus, err);
	return twinos_cpus_choose(twin->device, twin->info.nr_cpus,
				  config->cpus, config->nr_cpus, twin->cpus,
				  err);
}

static int fail_guest(const struct twinos_twin *twin, struct twinos_error *err)
{
	if (twin->config.no_guest)
		return twinos_fail(
			err, TWINOS_ERROR_USAGE, EINVAL,
			"devices need a guest module, which --no-guest-module leaves out");
	if (!twin->initrd.length && !wants_root(twin))
		return twinos_fail(
			err, TWINOS_ERROR_USAGE, EINVAL,
			"devices need an initrd, in which the guest module is put");
	return twinos_fail(err, TWINOS_ERROR_USAGE, ENOENT,
			   "devices need a guest module for kernel %s; "
			   "build it, or name its place with --guest-modules",
			   twin->image.version);
}

/* What is opened for devices stays as it is over all lives of the twin. */
static int open_devices(struct twinos_twin *twin, struct twinos_error *err)
{
	const struct twinos_config *config = &twin->config;

	if (config->nr_devices && !has_guest(twin))
		return fail_guest(twin, err);
	return twinos_devices_open(&twin->devices, config->devices,
				   config->nr_devices, config->shared, err);
}

static int prepare(struct twinos_twin *twin, struct twinos_error *err)
{
	const struct twinos_config *config = &twin->config;
	int ret;

	/* Unpacking the kernel takes longest: what is quick to see comes first. */
	ret = twinos_shared_check(config, err);
	if (ret)
		return ret;
	ret = twinos_cmdline_check(config->cmdline, config->shared, true, err);
	if (ret)
		return ret;
	ret = open_image(twin, err);
	if (ret)
		return ret;
	ret = open_initrd(twin, err);
	if (ret)
		return ret;
	ret = twinos_cmdline_check(config->cmdline, config->shared,
				   has_guest(twin), err);
	if (ret)
		return ret;
	ret = open_devices(twin, err);
	if (ret)
		return ret;
	twin->device = twinos_device_open(&twin->info, err);
	if (twin->device < 0)
		return twin->device;
	ret = append_root(twin, err);
	if (ret)
		return ret;
	ret = make_cmdline(twin, err);
	if (ret)
		return ret;
	ret = make_layout(twin, err);
	if (ret)
		return ret;
	return choose_cpus(twin, err);
}

int twinos_twin_new(const struct twinos_config *config,
		    struct twinos_twin **result, struct twinos_error *err)
{
	struct twinos_twin *twin = calloc(1, sizeof(*twin));
	int ret;

	if (!twin)
		return no_memory(err);
	twin->device = -1;
	twin->owner = -1;
	twin->console_bell = (struct twinos_console_bell){ -1, -1 };
	twin->main = MAP_FAILED;
	twin->low = MAP_FAILED;
	ret = copy_config(twin, config, err);
	if (!ret)
		ret = prepare(twin, err);
	if (ret) {
		twinos_twin_free(twin);
		return ret;
	}
	*result = twin;
	return 0;
}

static const struct twinos_range *low_range(const struct twinos_twin *twin)
{
	return &twin->place.ranges[0];
}

static const struct twinos_range *main_range(const struct twinos_twin *twin)
{
	return &twin->place.ranges[1];
}

static void *map(struct twinos_twin *twin, const struct twinos_range *range)
{
	return mmap(NULL, range->length, PROT_READ | PROT_WRITE, MAP_SHARED,
		    twin->owner, range->start);
}

static int map_ranges(struct twinos_twin *twin, struct twinos_error *err)
{
	twin->low = map(twin, low_range(twin));
	if (twin->low != MAP_FAILED)
		twin->main = map(twin, main_range(twin));
	if (twin->main == MAP_FAILED)
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, errno,
				   "can't map the twin's memory: %s",
				   strerror(errno));
	return 0;
}

int twinos_twin_forked(struct twinos_twin *twin, struct twinos_error *err)
{
	twinos_devices_forked(&twin->devices);
	twin->low = MAP_FAILED;
	twin->main = MAP_FAILED;
	return map_ranges(twin, err);
}

/* Where an offset of the layout is for us. */
static void *at(struct twinos_twin *twin, uint64_t offset)
{
	return (char *)twin->main +
	       (twin->place.base - main_range(twin)->start) + offset;
}

static void fill_kernel(struct twinos_twin *twin)
{
	const struct twinos_image_segment *segment;
	size_t i;

	for (i = 0; i < twin->image.nr_segments; i++) {
		segment = &twin->image.segments[i];
		memcpy(at(twin, segment->offset), segment->data,
		       segment->length);
	}
}

static void fill_handover(struct twinos_twin *twin)
{
	struct twinos_handover *handover = at(twin, twin->layout.handover);

	handover->magic = TWINOS_HANDOVER_MAGIC;
	handover->revision = TWINOS_HANDOVER_REVISION;
	handover->size = sizeof(*handover);
	if (has_guest(twin))
		handover->panic_timeout =
			twinos_cmdline_panic(twin->config.cmdline);
}

static int fill_acpi(struct twinos_twin *twin)
{
	const struct twinos_layout *layout = &twin->layout;
	struct twinos_acpi_config config = acpi_config(twin);

	config.handover = twin->place.base + layout->handover;
	config.io_apic = low_range(twin)->start + LOW_IO_APIC;
	twinos_acpi_io_apic((char *)twin->low + LOW_IO_APIC);
	return twinos_acpi_build(&twin->acpi, at(twin, layout->acpi),
				 layout->handover - layout->acpi,
				 twin->place.base + layout->acpi, &config);
}

static int fill_boot_params(struct twinos_twin *twin)
{
	const struct twinos_layout *layout = &twin->layout;
	uint64_t base = twin->place.base;
	struct twinos_range holes[] = {
		{ .start = low_range(twin)->start, .length = LOW_RESERVED },
		{ .start = base + layout->boot_params,
		  .length = layout->control_end - layout->boot_params },
	};
	struct twinos_boot_params_config config = {
		.image = &twin->image,
		.ranges = twin->place.ranges,
		.nr_ranges = twin->place.nr_ranges,
		.holes = holes,
		.nr_holes = sizeof(holes) / sizeof(*holes),
		.cmdline = base + layout->cmdline,
		.cmdline_length = strlen(twin->cmdline),
		.initrd = twin->initrd.length ? base + layout->initrd : 0,
		.initrd_length = twin->initrd.length,
		.rsdp = twin->acpi.rsdp,
	};

	return twinos_boot_params_build(at(twin, layout->boot_params), &config);
}

static int fill_pagetable(struct twinos_twin *twin)
{
	const struct twinos_layout *layout = &twin->layout;
	struct twinos_range range = { .start = twin->place.base,
				      .length = layout->end };

	return twinos_pagetable_build(at(twin, layout->pagetable),
				      layout->control_end - layout->pagetable,
				      twin->place.base + layout->pagetable,
				      &range, 1);
}

static int fill(struct twinos_twin *twin, struct twinos_error *err)
{
	int ret;

	fill_kernel(twin);
	strcpy(at(twin, twin->layout.cmdline), twin->cmdline);
	fill_handover(twin);
	ret = fill_acpi(twin);
	if (!ret)
		ret = fill_boot_params(twin);
	if (!ret)
		ret = fill_pagetable(twin);
	if (ret)
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, -ret,
				   "can't make the twin's tables: %s",
				   strerror(-ret));
	twinos_initrd_copy(&twin->initrd, at(twin, twin->layout.initrd));
	return 0;
}

static void add_segment(struct twinos_twin *twin, const char *name,
			uint64_t offset, uint64_t end)
{
	struct twinos_plan *plan = &twin->plan;

	if (end > offset)
		twin->segments[plan->nr_segments++] = (struct twinos_segment){
			.name = name,
			.start = twin->place.base + offset,
			.length = end - offset,
		};
}

static unsigned int slice_us(const struct twinos_twin *twin)
{
	return twin->config.slice_us ? twin->config.slice_us :
				       TWINOS_SLICE_DEFAULT_US;
}

static void make_plan(struct twinos_twin *twin)
{
	const struct twinos_layout *layout = &twin->layout;
	struct twinos_plan *plan = &twin->plan;
	uint64_t base = twin->place.base;

	*plan = (struct twinos_plan){
		.name = twin->name,
		.kernel = twin->kernel,
		.version = twin->image.version,
		.how = twin->image.how,
		.cmdline = twin->cmdline,
		.entry = base + twin->image.entry,
		.rsi = base + layout->boot_params,
		.cr3 = base + layout->pagetable,
		.cpus = twin->cpus,
		.nr_cpus = twin->config.nr_cpus,
		.ranges = twin->place.ranges,
		.nr_ranges = twin->place.nr_ranges,
		.segments = twin->segments,
		.tables = twin->acpi.tables,
		.nr_tables = twin->acpi.nr_tables,
		.guest_module = twin->guest.path,
	};
	if (twin->config.shared) {
		plan->shared = true;
		plan->slice_us = slice_us(twin);
	}
	add_segment(twin, "kernel", 0, layout->boot_params);
	add_segment(twin, "boot_params", layout->boot_params, layout->cmdline);
	add_segment(twin, "cmdline", layout->cmdline, layout->acpi);
	add_segment(twin, "acpi", layout->acpi, layout->handover);
	add_segment(twin, "handover", layout->handover, layout->pagetable);
	add_segment(twin, "pagetable", layout->pagetable, layout->control_end);
	add_segment(twin, "initrd", layout->initrd, layout->end);
}

/* Mappings keep the twin's memory, and what maps it must be done with it before. */
static void unload(struct twinos_twin *twin)
{
	if (twin->owner >= 0)
		twinos_stop(twin->owner, TWINOS_REASON_CLOSED, NULL);
	twinos_devices_close(&twin->devices);
	if (twin->main != MAP_FAILED)
		munmap(twin->main, main_range(twin)->length);
	if (twin->low != MAP_FAILED)
		munmap(twin->low, low_range(twin)->length);
	twinos_console_unbind(&twin->console_bell);
	if (twin->owner >= 0)
		close(twin->owner);
	twin->main = MAP_FAILED;
	twin->low = MAP_FAILED;
	twin->owner = -1;
}

/* Only a guest module serves the other end. */
static int bind_console(struct twinos_twin *twin, struct twinos_error *err)
{
	int ret = has_guest(twin) ? twinos_console_bind(&twin->console_bell,
							twin->owner) :
				    0;

	if (ret)
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, -ret,
				   "can't tie the twin's terminal: %s",
				   strerror(-ret));
	return 0;
}

static int load_devices(struct twinos_twin *twin, struct twinos_error *err)
{
	return has_guest(twin) ?
		       twinos_devices_load(&twin->devices, twin->owner,
					   twin->place.ranges,
					   twin->place.nr_ranges, err) :
		       0;
}

int twinos_twin_load(struct twinos_twin *twin, struct twinos_error *err)
{
	int ret;

	twin->owner = twinos_device_create(twin->device, twin->name, err);
	if (twin->owner < 0)
		return twin->owner;
	ret = twinos_place_take(&twin->place, twin->owner, &twin->config,
				&twin->layout, twin->image.align, err);
	if (ret)
		goto unload;
	ret = map_ranges(twin, err);
	if (ret)
		goto unload;
	ret = fill(twin, err);
	if (ret)
		goto unload;
	ret = bind_console(twin, err);
	if (ret)
		goto unload;
	ret = load_devices(twin, err);
	if (ret)
		goto unload;
	make_plan(twin);
	return 0;

unload:
	unload(twin);
	return ret;
}

static const char *start_error(int code)
{
	switch (code) {
	case EBUSY:
		return "one has been lent to another twin";
	case EHOSTDOWN:
		return "one has gone offline";
	case EPERM:
		return "the host must keep its boot CPU and one that is online";
	case ETIMEDOUT:
		return "the core did not jump";
	case EIO:
		return "a core does not answer INIT; it is lost until the next boot";
	}
	return strerror(code);
}

static int start_failed(const struct twinos_twin *twin, int code,
			struct twinos_error *err)
{
	bool shared = twin->config.shared;
	bool ran = shared && twinos_shared_had_turn(code);
	const char *why = NULL;

	if (shared)
		why = twinos_shared_start_error(code);
	return twinos_fail(err, ran ? TWINOS_ERROR_SYSTEM : TWINOS_ERROR_CPU,
			   code, "can't start the twin on its CPU%s: %s",
			   shared ? "" : "s", why ? why : start_error(code));
}

static void begin_devices(struct twinos_twin *twin)
{
	struct twinos_handover *handover = at(twin, twin->layout.handover);

	twinos_devices_begin(&twin->devices, &handover->virtio);
}

void twinos_twin_quiesce(struct twinos_twin *twin)
{
	twinos_devices_end(&twin->devices);
}

size_t twinos_twin_devices(struct twinos_twin *twin,
			   struct twinos_device_status *list, size_t max)
{
	return twinos_devices_list(&twin->devices, list, max);
}

int twinos_twin_device_add(struct twinos_twin *twin,
			   const struct twinos_device *device, char *name,
			   struct twinos_error *err)
{
	return twinos_devices_add(&twin->devices, device, name, err);
}

int twinos_twin_device_remove(struct twinos_twin *twin, const char *name,
			      bool force, struct twinos_error *err)
{
	return twinos_devices_remove(&twin->devices, name, force, err);
}

static int start_once(struct twinos_twin *twin, struct twinos_error *err)
{
	uint32_t cpus[TWINOS_MAX_CPUS];
	struct twinos_start start = {
		.size = sizeof(start),
		.nr_cpus = twin->config.nr_cpus,
		.cpus = (uintptr_t)cpus,
		.entry = twin->plan.entry,
		.rsi = twin->plan.rsi,
		.cr3 = twin->plan.cr3,
	};
	size_t i;
	int ret;

	if (twin->config.shared) {
		start.flags = TWINOS_START_SHARED;
		start.slice_us = twin->plan.slice_us;
	}
	if (has_guest(twin))
		start.handover = twin->place.base + twin->layout.handover;
	for (i = 0; i < twin->config.nr_cpus; i++)
		cpus[i] = twin->cpus[i].cpu;
	begin_devices(twin);
	if (!ioctl(twin->owner, TWINOS_START, &start))
		return 0;
	ret = start_failed(twin, errno, err);
	twinos_twin_quiesce(twin);
	return ret;
}

/* One that was chosen is not to be had, and any would do. */
static bool others_may_do(const struct twinos_twin *twin, int ret)
{
	return (ret == -EBUSY || ret == -EHOSTDOWN) && !twin->config.shared &&
	       !twin->config.cpus;
}

/* The tables tell the twin which CPUs it has. */
static int choose_others(struct twinos_twin *twin, struct twinos_error *err)
{
	int ret = choose_cpus(twin, err);

	return ret ? ret : fill_acpi(twin);
}

/* Twins that start at once choose the same CPUs: who comes second chooses again. */
int twinos_twin_start(struct twinos_twin *twin, struct twinos_error *err)
{
	unsigned int tries = twin->info.nr_cpus;
	int ret = start_once(twin, err);

	while (others_may_do(twin, ret) && tries--) {
		ret = choose_others(twin, err);
		if (!ret)
			ret = start_once(twin, err);
	}
	return ret;
}

const struct twinos_plan *twinos_twin_plan(const struct twinos_twin *twin)
{
	return &twin->plan;
}

int twinos_twin_fd(const struct twinos_twin *twin)
{
	return twin->owner;
}

static const volatile struct twinos_handover *
handover_of(const struct twinos_twin *twin)
{
	return twin->main == MAP_FAILED ?
		       NULL :
		       at((struct twinos_twin *)twin, twin->layout.handover);
}

unsigned int twinos_twin_life(const struct twinos_twin *twin)
{
	const volatile struct twinos_handover *handover = handover_of(twin);

	if (!handover)
		return TWINOS_RUNNING;
	switch (handover->life) {
	case TWINOS_LIFE_PANICKED:
		return TWINOS_PANICKED;
	case TWINOS_LIFE_HUNG:
		return TWINOS_HUNG;
	case TWINOS_LIFE_REBOOTING:
		return TWINOS_REBOOTING;
	case TWINOS_LIFE_HALTED:
		return TWINOS_HALTED;
	}
	return handover->parked ? TWINOS_HALTED : TWINOS_RUNNING;
}

bool twinos_twin_is_up(const struct twinos_twin *twin)
{
	const volatile struct twinos_handover *handover = handover_of(twin);

	return handover &&
	       (!has_guest(twin) || handover->life != TWINOS_LIFE_NONE);
}

/* Milliseconds of the time in which the twin could have shown a heartbeat. */
static int64_t twin_clock(const struct twinos_twin *twin)
{
	struct timespec now;

	if (twin->config.shared)
		return (int64_t)(twinos_status_run_ns(twin->name) / 1000000);
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static volatile struct twinos_console *console_of(struct twinos_twin *twin)
{
	struct twinos_handover *handover;

	if (twin->main == MAP_FAILED)
		return NULL;
	handover = at(twin, twin->layout.handover);
	return &handover->console;
}

int twinos_twin_console_fd(const struct twinos_twin *twin)
{
	return twin->console_bell.kick;
}

/* Who waits for room hears of it. */
size_t twinos_twin_console_read(struct twinos_twin *twin, void *data,
				size_t size)
{
	volatile struct twinos_console *console = console_of(twin);
	size_t got;

	if (!console)
		return 0;
	twinos_console_answer(&twin->console_bell);
	got = twinos_console_read(console, data, size);
	if (got)
		twinos_console_call(&twin->console_bell);
	return got;
}

size_t twinos_twin_console_write(struct twinos_twin *twin, const void *data,
				 size_t size)
{
	volatile struct twinos_console *console = console_of(twin);
	size_t done;

	if (!console)
		return 0;
	done = twinos_console_write(console, data, size);
	if (done)
		twinos_console_call(&twin->console_bell);
	return done;
}

void twinos_twin_console_reads(struct twinos_twin *twin, bool reads)
{
	volatile struct twinos_console *console = console_of(twin);

	if (console)
		console->reads = reads;
}

void twinos_twin_console_resize(struct twinos_twin *twin, unsigned int rows,
				unsigned int columns)
{
	volatile struct twinos_console *console = console_of(twin);

	if (!console)
		return;
	console->rows = (uint16_t)rows;
	console->columns = (uint16_t)columns;
	twinos_console_call(&twin->console_bell);
}

int64_t twinos_twin_silence(struct twinos_twin *twin)
{
	const volatile struct twinos_handover *handover = handover_of(twin);

	if (!handover)
		return 0;
	return twinos_beats_look(&twin->beats, handover, twin_clock(twin));
}

int twinos_twin_reload(struct twinos_twin *twin, struct twinos_error *err)
{
	struct twinos_clear clear = { .size = sizeof(clear) };

	twinos_twin_quiesce(twin);
	if (ioctl(twin->owner, TWINOS_CLEAR, &clear))
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, errno,
				   "can't clear the twin's memory: %s",
				   strerror(errno));
	memset(&twin->beats, 0, sizeof(twin->beats));
	return fill(twin, err);
}

void twinos_twin_free(struct twinos_twin *twin)
{
	if (!twin)
		return;
	unload(twin);
	if (twin->device >= 0)
		close(twin->device);
	twinos_initrd_release(&twin->initrd);
	twinos_guest_release(&twin->guest);
	twinos_image_release(&twin->image);
	free(twin->cpus);
	free(twin->cmdline);
	free(twin->kernel);
	free(twin->name);
	free(twin);
}
