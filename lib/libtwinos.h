/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libtwinos: everything twinctl knows of kernels, tables and placement.
 *
 * No function prints, exits or changes signal handling. Those that take a
 * struct twinos_error return 0 or -errno and, on failure, leave one line in it
 * that says what is wrong and what to do. No object may be used by two threads
 * at once.
 */
#ifndef LIBTWINOS_H
#define LIBTWINOS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a failure is about; the tool's exit codes follow it. */
enum twinos_error_kind {
	TWINOS_ERROR_SYSTEM, /* the machine said no: out of memory, I/O... */
	TWINOS_ERROR_USAGE, /* a value that can't be meant */
	TWINOS_ERROR_IMAGE, /* kernel or initrd */
	TWINOS_ERROR_MEMORY, /* the twin's memory can't be had */
	TWINOS_ERROR_CPU, /* a CPU can't be lent */
	TWINOS_ERROR_NAME, /* no such twin, or the name is taken */
	TWINOS_ERROR_MODULE, /* module absent, of another revision, no right */
};

/**
 * struct twinos_error - why a call failed
 * @kind: what it is about
 * @code: the positive errno that the call returned negated
 * @text: one line for a person, without a closing stop or newline
 */
struct twinos_error {
	enum twinos_error_kind kind;
	int code;
	char text[512];
};

/* How the twin's kernel is entered. */
enum twinos_entry {
	TWINOS_ENTRY_AUTO, /* ELF if the image holds one, else bzImage */
	TWINOS_ENTRY_ELF, /* the vmlinux's own startup_64, unpacked here */
	TWINOS_ENTRY_BZIMAGE, /* the bzImage's 64-bit entry: it unpacks itself */
};

/**
 * struct twinos_device - a virtio device for a twin
 * @kind: "disk", "net", "vsock", "rng" or "extra-console"
 * @text: the rest of it, as twinctl(8) tells of the option of that name
 */
struct twinos_device {
	const char *kind;
	const char *text;
};

/**
 * struct twinos_root - a small root for twins, made of what this machine has
 *
 * Busybox, twinos-agent, the modules of the twin's kernel that its devices need, and an
 * init that starts the agent and a shell on hvc0, and powers off when the shell ends.
 *
 * @release: of the twin's kernel; NULL: the running one, or of a twin's own root what
 *	the twin's kernel says
 * @modules_dir: where its modules.dep is; NULL: /lib/modules/RELEASE
 * @no_modules: the kernel has all it needs built in
 * @modules: names of more modules, which come with what they need
 * @nr_modules: how many
 * @busybox: path of a static one; NULL: the one in PATH, or /usr/lib/twinos/busybox
 * @agent: path of a static one; NULL: /usr/lib/twinos/twinos-agent
 */
struct twinos_root {
	const char *release;
	const char *modules_dir;
	bool no_modules;
	const char *const *modules;
	size_t nr_modules;
	const char *busybox;
	const char *agent;
};

/**
 * struct twinos_root_result - what is in such a root
 * @bytes: the size of the file
 * @nr_modules: how many modules
 * @missing: drivers that the kernel does not have, divided by blanks
 */
struct twinos_root_result {
	uint64_t bytes;
	size_t nr_modules;
	char missing[256];
};

/*
 * twinos_root_write() - such a root as a file, a packed cpio archive; with @force instead
 * of one that is there. After a failure there is none, and one that was there is as it was.
 */
int twinos_root_write(const struct twinos_root *root, const char *path,
		      bool force, struct twinos_root_result *result,
		      struct twinos_error *err);

/**
 * struct twinos_config - what the user wants
 * @name: of the twin; see struct twinos_create for its letters
 * @kernel: path of a bzImage or ELF vmlinux; NULL: the one the host runs
 * @initrds: paths, concatenated in this order
 * @nr_initrds: how many
 * @root: without @initrds: make this one, which needs a guest module; NULL: the twin has
 *	none
 * @cmdline: the user's kernel command line; NULL: none
 * @cpus: the host's logical numbers, the first one boots; NULL: any
 * @nr_cpus: how many
 * @memory: bytes, a multiple of 2 MiB
 * @mem_min: lowest address wanted
 * @mem_max: highest address wanted, of the last byte; 0: no limit
 * @reserved: take it from the boot-time ranges (memmap=SIZE$ADDR)
 * @entry: how to enter the kernel
 * @shared: the twin takes turns with the host on the one CPU in @cpus, which
 *	stays the host's
 * @slice_us: with @shared, how long it may run at a stretch; 0: the default
 * @guest_dir: where VERSION/twinos_guest.ko and init are found; NULL:
 *	"/usr/lib/twinos", where without @shared there may be none
 * @no_guest: without @shared, give the twin no guest module
 * @devices: virtio devices for it, which need a guest module
 * @nr_devices: how many
 */
struct twinos_config {
	const char *name;
	const char *kernel;
	const char *const *initrds;
	size_t nr_initrds;
	const struct twinos_root *root;
	const char *cmdline;
	const unsigned int *cpus;
	size_t nr_cpus;
	uint64_t memory;
	uint64_t mem_min;
	uint64_t mem_max;
	bool reserved;
	enum twinos_entry entry;
	bool shared;
	unsigned int slice_us;
	const char *guest_dir;
	bool no_guest;
	const struct twinos_device *devices;
	size_t nr_devices;
};

struct twinos_range {
	uint64_t start;
	uint64_t length;
	unsigned int kind; /* TWINOS_MEMORY_* of <linux/twinos.h> */
};

struct twinos_lent_cpu {
	unsigned int cpu;
	unsigned int apic_id;
};

struct twinos_segment {
	const char *name; /* "kernel", "initrd", "boot_params"... */
	uint64_t start;
	uint64_t length;
};

/**
 * struct twinos_plan - what twinos_twin_load() made, for --dry-run
 *
 * Owned by the twin, valid until it is freed.
 */
struct twinos_plan {
	const char *name;
	const char *kernel; /* path */
	const char *version; /* of the kernel, "" if the image does not say */
	enum twinos_entry how; /* never TWINOS_ENTRY_AUTO */
	const char *cmdline; /* whole */
	uint64_t entry, rsi, cr3;
	const struct twinos_lent_cpu *cpus;
	size_t nr_cpus;
	const struct twinos_range *ranges;
	size_t nr_ranges;
	const struct twinos_segment *segments;
	size_t nr_segments;
	const struct twinos_segment *tables; /* the ACPI tables */
	size_t nr_tables;
	bool shared;
	unsigned int slice_us; /* 0 unless @shared */
	const char *guest_module; /* path; NULL: the twin gets none */
};

/*
 * twinos_cmdline_check() - refuse kernel options that would break the rules of
 * a twin (acpi=off, noapic, panic=5, console=ttyS0...), each with its reason;
 * @user is any string; with @shared also those of shared mode (idle=poll...);
 * panic=5 only without @guest, a guest module in the twin
 */
int twinos_cmdline_check(const char *user, bool shared, bool guest,
			 struct twinos_error *err);

/*
 * twinos_config_check() - what can be seen of @config without the module and without
 * opening anything but kernel and initrds: the command line, whether the files that are
 * named are there, and what is said of devices
 *
 * What it lets pass can fail at twinos_twin_new() yet.
 */
int twinos_config_check(const struct twinos_config *config,
			struct twinos_error *err);

struct twinos_twin;

/**
 * twinos_twin_new() - check what can be checked, take nothing
 *
 * Opens the kernel and the initrds, checks the command line, the CPUs and the
 * sizes, and opens the device. In shared mode also finds the guest module.
 */
int twinos_twin_new(const struct twinos_config *config,
		    struct twinos_twin **twin, struct twinos_error *err);

/* twinos_twin_load() - create the twin, take its memory and fill it */
int twinos_twin_load(struct twinos_twin *twin, struct twinos_error *err);

/*
 * twinos_twin_start() - take the CPUs and jump; after twinos_twin_load()
 *
 * If no CPUs were named and one that was chosen has been taken meanwhile, others are.
 */
int twinos_twin_start(struct twinos_twin *twin, struct twinos_error *err);

/*
 * twinos_twin_forked() - in a child process, before it does anything else with @twin:
 * the memory of a twin is not mapped in children. It may look at the twin, work at its
 * terminal and stop it; devices, life and end are the parent's matter.
 */
int twinos_twin_forked(struct twinos_twin *twin, struct twinos_error *err);

/* twinos_twin_plan() - after twinos_twin_load() */
const struct twinos_plan *twinos_twin_plan(const struct twinos_twin *twin);

/* twinos_twin_fd() - the owner fd, -1 before twinos_twin_load() */
int twinos_twin_fd(const struct twinos_twin *twin);

/*
 * twinos_twin_life() - TWINOS_RUNNING, TWINOS_HALTED, TWINOS_REBOOTING,
 * TWINOS_PANICKED, or in shared mode TWINOS_HUNG once an NMI has taken it off its
 * CPU, as far as the handover area tells: without a guest module a panic or halt
 * does not show there, and a reboot is told as a halt
 */
unsigned int twinos_twin_life(const struct twinos_twin *twin);

/*
 * twinos_twin_is_up() - it was started and its guest module has said that it is there;
 * a twin without one is up at once
 */
bool twinos_twin_is_up(const struct twinos_twin *twin);

/*
 * twinos_twin_silence() - for how long one of the twin's CPUs has shown no
 * heartbeat, in milliseconds; 0 if none has one. To be called every second or
 * so. In shared mode only the time that the twin had counts.
 */
int64_t twinos_twin_silence(struct twinos_twin *twin);

/*
 * twinos_twin_console_read() - bytes that programs of the twin's have written to
 * hvc0, at most @size; 0 if there are none, or there is no guest module.
 * twinos_twin_console_write() - let them read there; returns how many had room.
 * twinos_twin_console_reads() - whether somebody reads, so that writers are to wait
 * where there is no room; otherwise what has none is dropped.
 * twinos_twin_console_resize() - how large the terminal is.
 * twinos_twin_console_fd() - to poll for reading: the twin has written, or read what
 * was there; -1 without a guest module. A read answers it.
 */
int twinos_twin_console_fd(const struct twinos_twin *twin);
size_t twinos_twin_console_read(struct twinos_twin *twin, void *data,
				size_t size);
size_t twinos_twin_console_write(struct twinos_twin *twin, const void *data,
				 size_t size);
void twinos_twin_console_reads(struct twinos_twin *twin, bool reads);
void twinos_twin_console_resize(struct twinos_twin *twin, unsigned int rows,
				unsigned int columns);

/**
 * struct twinos_traffic - what has gone through a device so far
 * @in_bytes: into the twin: read from a disk, received from a network
 * @out_bytes: out of it: written, sent
 * @in_ops: how many requests or packets that were
 * @out_ops: as above
 */
struct twinos_traffic {
	uint64_t in_bytes, out_bytes;
	uint64_t in_ops, out_ops;
};

/**
 * struct twinos_device_status - a device of a twin
 * @kind: see struct twinos_device
 * @name: unique among the twin's
 * @detail: what of the host stands behind it: a file, a CID...
 * @nr_queues: how many queues it has
 * @features: that the twin's driver and it have agreed on
 * @serves: a driver of the twin's uses it
 * @leaving: the twin was asked to let go of it
 * @counted: @traffic is known, which is so of disks and network cards that this
 *	process serves
 */
struct twinos_device_status {
	char kind[16];
	char name[32];
	char detail[256];
	unsigned int nr_queues;
	uint64_t features;
	bool serves;
	bool leaving;
	bool counted;
	struct twinos_traffic traffic;
};

#define TWINOS_DEVICES_MAX 16

/* twinos_twin_devices() - fill @list with at most @max; returns how many */
size_t twinos_twin_devices(struct twinos_twin *twin,
			   struct twinos_device_status *list, size_t max);

/*
 * twinos_twin_device_add() - one more device, for a twin that is loaded, runs or not
 * @name: room for TWINOS_NAME_SIZE bytes: what it is called
 */
int twinos_twin_device_add(struct twinos_twin *twin,
			   const struct twinos_device *device, char *name,
			   struct twinos_error *err);

/*
 * twinos_twin_device_remove() - have the twin let go of a device, and close it then
 *
 * Never waits: -EINPROGRESS as long as the twin has not let go, so it is to be called
 * again. With @force it is closed at once, and whoever uses it in the twin hangs.
 * -ENOENT: there is no such device.
 */
int twinos_twin_device_remove(struct twinos_twin *twin, const char *name,
			      bool force, struct twinos_error *err);

/*
 * twinos_twin_quiesce() - once the twin is stopped: no back end of a device touches its
 * memory any more. twinos_twin_reload() and twinos_twin_free() see to it as well, so
 * this is for who looks at the memory in between.
 */
void twinos_twin_quiesce(struct twinos_twin *twin);

/*
 * twinos_twin_reload() - make one that was stopped ready to be started anew, in
 * the same memory
 */
int twinos_twin_reload(struct twinos_twin *twin, struct twinos_error *err);

/* twinos_twin_free() - stop it if it runs and give everything back */
void twinos_twin_free(struct twinos_twin *twin);

/**
 * struct twinos_vcpu - the turns of a twin in shared mode; 0 in dedicated mode
 * @pid: the host's thread "twin/NAME", whose priority and cgroup govern the
 *	twin's share; 0: there is none
 * @slice_us: how long the twin may run at a stretch
 * @switches: turns so far
 * @run_ns: CPU time that the twin had
 * @switch_ns: of that, what the switches took
 * @steal_ns: time that the twin wanted the CPU and had to wait for it
 * @forwarded: interrupts of the host that arrived in the twin's turns
 * @reraised: of these, those that the host was given again
 * @unclaimed: of these, those whose vector was no irq's of the host
 */
struct twinos_vcpu {
	pid_t pid;
	unsigned int slice_us;
	uint64_t switches;
	uint64_t run_ns, switch_ns, steal_ns;
	uint64_t forwarded, reraised, unclaimed;
};

/**
 * struct twinos_bells - notifications between host and twin; 0 without a guest module
 * @irq: the host's irq for kicks; 0 in shared mode and while the twin does not run
 * @kicks: how often the host has found kicks
 * @calls: how often the host has rung for calls
 * @kicks_helped: how often only the slow look has found kicks
 * @calls_helped: how often the slow look rang once more
 * @bad_targets: how often the twin wanted to be rung at where it can't be
 */
struct twinos_bells {
	unsigned int irq;
	uint64_t kicks, calls;
	uint64_t kicks_helped, calls_helped, bad_targets;
};

/* struct twinos_change - what became of a twin, and when: ms since 1970 UTC */
struct twinos_change {
	int64_t time_ms;
	unsigned int state;
	unsigned int reason;
};

#define TWINOS_CHANGES_MAX 16

/**
 * struct twinos_status - a twin as anybody can see it
 *
 * From sysfs; @state and @reason are TWINOS_CREATED..., TWINOS_REASON_*.
 */
struct twinos_status {
	char name[32];
	unsigned int state;
	unsigned int reason;
	pid_t owner; /* the process that created it */
	uint64_t memory; /* bytes in all ranges but the low one */
	struct twinos_range *ranges;
	size_t nr_ranges;
	unsigned int *cpus;
	size_t nr_cpus;
	int64_t age_ms; /* since the start; -1 if it was not started */
	uint64_t starts; /* how often it was started; more than 1: anew */
	uint64_t handover; /* address of its handover area; 0: it has none */
	bool shared;
	struct twinos_vcpu vcpu;
	struct twinos_bells bells;
	struct twinos_change changes[TWINOS_CHANGES_MAX]; /* the newest last */
	size_t nr_changes;
};

/* twinos_list() - every twin of this host, by name; *list is malloc'd */
int twinos_list(struct twinos_status **list, size_t *nr,
		struct twinos_error *err);
void twinos_list_free(struct twinos_status *list, size_t nr);

/* The words of sysfs for TWINOS_CREATED... and TWINOS_REASON_*; never NULL. */
const char *twinos_state_name(unsigned int state);
const char *twinos_reason_name(unsigned int reason);

/* twinos_open() - an observer fd; -ENOENT if there is no such twin */
int twinos_open(const char *name, struct twinos_error *err);

/* twinos_stop() - on an owner or observer fd; @reason is TWINOS_REASON_* */
int twinos_stop(int fd, unsigned int reason, struct twinos_error *err);

/*
 * twinos_set_state() - tell everybody what became of a running twin; @state is
 * TWINOS_RUNNING to TWINOS_HUNG. 0 or -errno: -EBUSY: it runs no more
 */
int twinos_set_state(int fd, unsigned int state);

/* twinos_get_state() - on an owner or observer fd; either out may be NULL */
int twinos_get_state(int fd, unsigned int *state, unsigned int *reason);

/* twinos_module_version() - of the loaded module, into @version */
int twinos_module_version(char *version, size_t size, struct twinos_error *err);

/* twinos_version() - of this library */
const char *twinos_version(void);

/**
 * struct twinos_record - one line of a twin's kernel log
 * @seq: its number, from 0
 * @ts_nsec: the twin's local_clock() when it was written
 * @facility: as in syslog(3), 0 for the kernel
 * @level: 0 (emergency) to 7 (debug)
 * @lost: how many records were overwritten unread before this one
 * @length: bytes of text, without a closing newline
 * @text: bytes the twin wrote: not NUL-terminated, anything may stand in it
 */
struct twinos_record {
	uint64_t seq;
	uint64_t ts_nsec;
	unsigned int facility;
	unsigned int level;
	uint64_t lost;
	size_t length;
	const char *text;
};

/* Reads the twin's physical memory: 0 or -errno. */
typedef int (*twinos_read_fn)(void *ctx, uint64_t addr, void *buf, size_t len);

/* twinos_read_fd() - one that reads from the owner or observer fd at @ctx */
int twinos_read_fd(void *ctx, uint64_t addr, void *buf, size_t len);

/**
 * struct twinos_cpu_times - what a CPU of a twin has done with its time since the twin
 *	was booted, in nanoseconds, as the twin counts
 * @cpu: its number in the twin
 * @at_ns: when that was, once a second, by a clock of the twin's
 * @idle_ns: it had nothing to do
 * @steal_ns: it waited for the CPU, in shared mode
 * @interrupts: how many it took
 */
struct twinos_cpu_times {
	unsigned int cpu;
	uint64_t at_ns;
	uint64_t idle_ns, user_ns, system_ns, irq_ns, steal_ns;
	uint64_t interrupts;
};

/*
 * twinos_cpu_times() - of the twin whose handover area is at @handover (see struct
 * twinos_status). Fills @list with at most @max and returns how many, 0 without a guest
 * module; -errno of @read. A CPU that is offline, or that writes its times right now, is
 * left out. Nothing that the memory holds is trusted.
 */
int twinos_cpu_times(struct twinos_cpu_times *list, size_t max,
		     uint64_t handover, twinos_read_fn read, void *ctx);

struct twinos_log;

/**
 * twinos_log_new() - a reader of a twin's printk ring
 * @ranges: where the twin has memory; copied
 * @read: called with ranges of addresses inside @ranges only
 *
 * Works with any memory contents: nothing it reads is trusted.
 */
int twinos_log_new(struct twinos_log **log, const struct twinos_range *ranges,
		   size_t nr_ranges, twinos_read_fn read, void *ctx);

/* twinos_log_open() - the same for an owner or observer fd, read by pread() */
int twinos_log_open(struct twinos_log **log, int fd,
		    const struct twinos_range *ranges, size_t nr_ranges);

/**
 * twinos_log_next() - the next record
 *
 * Returns 1 and fills @record, whose text is valid until the next call; 0 if
 * there is no more for now; -EAGAIN while the twin's kernel has not yet set its
 * log up (VMCOREINFO was not found); -EILSEQ if what stands there is no log;
 * -errno of the read function otherwise.
 */
int twinos_log_next(struct twinos_log *log, struct twinos_record *record);

/* twinos_log_panicked() - a record that next() gave said "Kernel panic" */
bool twinos_log_panicked(const struct twinos_log *log);

/*
 * twinos_log_halted() - one said "reboot: System halted": a halt, unlike a
 * poweroff or reboot, does not call _PTS, so without a guest module
 * twinos_twin_life() can't tell
 */
bool twinos_log_halted(const struct twinos_log *log);

/* twinos_log_rewind() - next() gives the oldest record that is there once more */
void twinos_log_rewind(struct twinos_log *log);

void twinos_log_free(struct twinos_log *log);

/**
 * struct twinos_dump - a memory dump to write
 * @path: the file; there is none of that name before it is whole
 * @force: replace a file that is there
 * @ranges: where the twin has memory: whole pages, in any order
 * @read: called with ranges of addresses inside @ranges only
 * @read_ctx: for @read
 * @progress: told after each step how many bytes of the memory are done;
 *	anything but 0 ends the dump with -ECANCELED; NULL: nobody is told
 * @progress_ctx: for @progress
 */
struct twinos_dump {
	const char *path;
	bool force;
	const struct twinos_range *ranges;
	size_t nr_ranges;
	twinos_read_fn read;
	void *read_ctx;
	int (*progress)(void *ctx, uint64_t done, uint64_t total);
	void *progress_ctx;
};

/**
 * struct twinos_dump_result - a memory dump that was written
 * @bytes: the size of the file
 * @stored: how many of them are no hole
 * @described: VMCOREINFO was found and is in the file; else its readers must be
 *	told by hand what they need to know
 */
struct twinos_dump_result {
	uint64_t bytes, stored;
	bool described;
};

/**
 * twinos_dump() - write the memory of a twin to a file, as an ELF core
 *
 * The twin may run, hang or be stopped; what changes in the meantime is in the
 * file in either state. On failure no file is left, and one that was there is
 * as it was. Nothing that the memory holds is trusted.
 */
int twinos_dump(const struct twinos_dump *dump,
		struct twinos_dump_result *result, struct twinos_error *err);
/* What a check says, from good to bad. */
enum twinos_verdict {
	TWINOS_VERDICT_OK,
	TWINOS_VERDICT_NOTE, /* it works, but somebody should know this */
	TWINOS_VERDICT_UNKNOWN, /* the check could not be made */
	TWINOS_VERDICT_NO, /* the modes it concerns can't work */
};

/* Bits: which modes a check concerns. */
#define TWINOS_MODE_DEDICATED (1 << 0)
#define TWINOS_MODE_SHARED (1 << 1)

/**
 * struct twinos_finding - what one check has found
 * @id: its name, which never changes: "spare-cpus"
 * @modes: TWINOS_MODE_*
 * @decisive: as long as it is not known, the modes are not either
 * @found: a sentence without its stop, printable ASCII
 * @next: what to do, "" if @verdict is TWINOS_VERDICT_OK
 */
struct twinos_finding {
	const char *id;
	enum twinos_verdict verdict;
	unsigned int modes;
	bool decisive;
	char found[256];
	char next[256];
};

/**
 * struct twinos_report - whether this machine can run twins
 * @dedicated: TWINOS_VERDICT_OK, _UNKNOWN or _NO
 * @shared: the same of shared mode
 */
struct twinos_report {
	struct twinos_finding *findings;
	size_t nr_findings;
	enum twinos_verdict dedicated, shared;
};

/**
 * struct twinos_doctor_config - where to look
 * @root: a directory with /proc, /sys, /dev and /boot of the machine; NULL: "/",
 *	and only then the CPU and the module themselves are asked
 * @try_memory: take as much memory through the module as can be had, and give it
 *	back; otherwise nothing on the machine is touched
 */
struct twinos_doctor_config {
	const char *root;
	bool try_memory;
};

/*
 * twinos_doctor() - look at the machine; *report is for twinos_report_free()
 *
 * It fails only where there is no memory or no root directory: a check that
 * can't be made is a finding.
 */
int twinos_doctor(const struct twinos_doctor_config *config,
		  struct twinos_report **report, struct twinos_error *err);
void twinos_report_free(struct twinos_report *report);

/* "ok", "note", "unknown", "no" */
const char *twinos_verdict_name(enum twinos_verdict verdict);

#ifdef __cplusplus
}
#endif

#endif /* LIBTWINOS_H */
