/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MIT */
/*
 * Contract 1: user space <-> the host module twinos.ko.
 *
 * A twin is a file descriptor. TWINOS_CREATE on /dev/twinos gives the owner fd;
 * TWINOS_ADD_MEMORY takes memory, which mmap() of the owner fd shows (the
 * offset is the physical address); TWINOS_START takes CPUs and jumps. Closing
 * the owner fd stops the twin and gives every CPU and page back; so does the
 * end of the process that holds it. TWINOS_OPEN gives any number of observer
 * fds, which keep nothing alive: they pread() the twin's memory, poll() its
 * changes of state and may stop it. TWINOS_GET_MEMORY_FD gives memory fds, which show
 * the memory and can do nothing to the twin.
 *
 * Every call needs CAP_SYS_BOOT at the open() of /dev/twinos, as kexec_load(2)
 * does, and is refused under the kernel lockdown that refuses kexec_load(2).
 *
 * Every struct starts with its size in bytes, which is also its version: a
 * size the module does not know is refused. Reserved fields and unknown flags
 * must be zero. Errors that every call can give:
 *
 *	EFAULT	the argument is not readable or writable memory
 *	EINVAL	wrong size, unknown flag, non-zero padding, a value out of range
 *	ENOTTY	no such call on this kind of fd
 *
 * All addresses are physical, all lengths are bytes, both multiples of
 * TWINOS_PAGE_SIZE unless said otherwise.
 */
#ifndef _UAPI_LINUX_TWINOS_H
#define _UAPI_LINUX_TWINOS_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Raised by every change of this file that an older partner would misread. */
#define TWINOS_REVISION 5

#define TWINOS_DEVICE "/dev/twinos"
#define TWINOS_PAGE_SIZE 4096

/* Alignment of TWINOS_MEMORY_CONTIG and TWINOS_MEMORY_RESERVED ranges. */
#define TWINOS_RANGE_ALIGN 0x200000

#define TWINOS_NAME_SIZE 32 /* with the closing NUL */
#define TWINOS_MAX_CPUS 256 /* in one twin */
#define TWINOS_MAX_RANGES 64 /* in one twin */

/*
 * The first bytes of the low range belong to the module: its trampoline and
 * that trampoline's page tables. Everything behind them is the user's.
 */
#define TWINOS_TRAMPOLINE_SIZE 0x4000

/* Limits of the one TWINOS_MEMORY_LOW range of a twin. */
#define TWINOS_LOW_MIN 0x10000
#define TWINOS_LOW_MAX 0x20000

/**
 * struct twinos_info - what this module and this host are
 * @size: sizeof(struct twinos_info)
 * @revision: out: TWINOS_REVISION of the module
 * @tsc_khz: out: the host's TSC frequency in kHz
 * @nr_cpus: out: one more than the highest possible CPU number
 * @version: out: the module's version, a string that ends with NUL
 */
struct twinos_info {
	__u32 size;
	__u32 revision;
	__u32 tsc_khz;
	__u32 nr_cpus;
	char version[32];
};

/**
 * struct twinos_cpu - one CPU of the host
 * @size: sizeof(struct twinos_cpu)
 * @cpu: in: the host's logical number
 * @apic_id: out: its local APIC id
 * @flags: out: TWINOS_CPU_*
 *
 * ENODEV: there is no such CPU.
 */
struct twinos_cpu {
	__u32 size;
	__u32 cpu;
	__u32 apic_id;
	__u32 flags;
};

#define TWINOS_CPU_ONLINE (1 << 0)
#define TWINOS_CPU_BOOT (1 << 1) /* the boot CPU: it can't be lent */
#define TWINOS_CPU_LENT (1 << 2) /* a twin has it */
#define TWINOS_CPU_SHARED (1 << 3) /* a twin takes turns on it */

/**
 * struct twinos_create - a new twin
 * @size: sizeof(struct twinos_create)
 * @flags: O_CLOEXEC or 0
 * @name: letters, digits, '.', '_' and '-', not starting with '.' or '-';
 *	ends with NUL and is NUL up to its end
 *
 * Returns the owner fd. EEXIST: the name is taken. ENOMEM, EMFILE.
 */
struct twinos_create {
	__u32 size;
	__u32 flags;
	char name[TWINOS_NAME_SIZE];
};

/**
 * struct twinos_open - an observer of an existing twin
 * @size: sizeof(struct twinos_open)
 * @flags: O_CLOEXEC or 0
 * @name: as in struct twinos_create
 *
 * Returns the observer fd: pread() at a physical address reads the twin's
 * memory, EFAULT where the twin has none and ENODEV once the twin is gone;
 * poll() and TWINOS_GET_STATE tell its state even after that; TWINOS_STOP stops
 * it. ENOENT: no twin has this name.
 */
struct twinos_open {
	__u32 size;
	__u32 flags;
	char name[TWINOS_NAME_SIZE];
};

/**
 * struct twinos_memory - one more range of memory for a twin
 * @size: sizeof(struct twinos_memory)
 * @kind: TWINOS_MEMORY_*
 * @length: bytes wanted; a multiple of TWINOS_RANGE_ALIGN, for
 *	TWINOS_MEMORY_LOW of TWINOS_PAGE_SIZE
 * @min: lowest acceptable address
 * @max: highest acceptable address of the last byte
 * @start: in: for TWINOS_MEMORY_RESERVED the address; otherwise 0.
 *	out: the address
 *
 * Only while the twin is TWINOS_CREATED or TWINOS_LOADED. The range is zeroed when taken and
 * again when given back.
 *
 * What is mapped of it can be used as any memory, also by calls that hold its pages
 * while they read or write (O_DIRECT, vmsplice()). If somebody still holds one when the
 * range is to be given back, this is done once nobody does; until then the module can't
 * be unloaded, and nobody else gets the range.
 *
 * TWINOS_MEMORY_CONTIG takes it from the running host (alloc_contig_range).
 *	ENOMEM: no such run of pages is to be had between @min and @max, or
 *	too little memory would be left for the host;
 *	EINTR: a fatal signal came.
 * TWINOS_MEMORY_RESERVED takes a range that the host's memory map calls
 *	reserved (memmap=SIZE$ADDR). EADDRNOTAVAIL: it is not wholly reserved;
 *	EBUSY: it overlaps a range of another twin. If the host can't make struct
 *	pages for it (no room: they take a 64th of its size; or a kernel without
 *	ZONE_DEVICE), calls that hold pages of it fail with EFAULT.
 * TWINOS_MEMORY_LOW, once a twin, takes pages below 640 KiB that the host does
 *	not use; @min and @max do not matter and must be 0. ENOMEM: none is left.
 * All: EBUSY: the twin is in another state; E2BIG: TWINOS_MAX_RANGES reached;
 *	EEXIST: it has its low range already.
 */
struct twinos_memory {
	__u32 size;
	__u32 kind;
	__aligned_u64 length;
	__aligned_u64 min;
	__aligned_u64 max;
	__aligned_u64 start;
};

#define TWINOS_MEMORY_LOW 0
#define TWINOS_MEMORY_RESERVED 1
#define TWINOS_MEMORY_CONTIG 2

/**
 * struct twinos_start - take the CPUs and jump
 * @size: sizeof(struct twinos_start)
 * @nr_cpus: 1 to TWINOS_MAX_CPUS; with TWINOS_START_SHARED 1
 * @flags: TWINOS_START_* or 0
 * @slice_us: with TWINOS_START_SHARED, how long the twin may run at a stretch,
 *	in microseconds, TWINOS_SLICE_MIN_US to TWINOS_SLICE_MAX_US; 0 means
 *	TWINOS_SLICE_DEFAULT_US. Otherwise 0
 * @cpus: user pointer to @nr_cpus __u32, the host's logical numbers; the first
 *	one jumps, the others wait for the twin's own INIT-SIPI
 * @entry: address to jump to, in 64-bit mode, interrupts off
 * @rsi: address of boot_params, in %rsi at the jump
 * @cr3: address of the page tables, of 4 levels, which must map the first 2 MiB
 *	and @entry to themselves
 * @handover: address of the handover area (see <twinos/handover.h>), a multiple
 *	of TWINOS_PAGE_SIZE. Without TWINOS_START_SHARED it may be 0: there are no
 *	doorbells then
 *
 * @entry, @rsi, @cr3 and @handover, if it is not 0, must lie in the twin's ranges. Everything is
 * checked before the first CPU is taken, and on failure all are given back.
 *
 * EBUSY: the twin is not TWINOS_CREATED or TWINOS_LOADED, or a CPU is lent
 * already;
 * ENODEV: a CPU does not exist; EHOSTDOWN: a CPU is offline; EPERM: a CPU is the
 * boot CPU or the last one; EINVAL: also a CPU given twice; EADDRNOTAVAIL: an
 * address is not in the twin's ranges; ENOSPC: the twin has no low range;
 * ETIMEDOUT: the core did not jump; others: what the host's CPU hotplug said.
 *
 * With TWINOS_START_SHARED the CPU stays the host's and may be any that is
 * online, the boot CPU and the only one too. Both kernels take turns on it, the
 * twin whenever the host's thread "twin/NAME" has its turn. The call returns
 * when the twin has come back for the first time. EOPNOTSUPP: this machine
 * can't: no constant TSC, no local APIC in use, an x2APIC id that xAPIC mode has
 * no room for, or memory encryption;
 * ETXTBSY: VMX is on on that CPU (KVM is in use); ECANCELED: the twin gave up
 * at its first turn; EOVERFLOW: it did not come back from it in time, and was
 * taken off the CPU by force; EINTR: so it was after a fatal signal; EIO: it did
 * not come back at all, and its CPU and memory are lost (TWINOS_LOST).
 */
struct twinos_start {
	__u32 size;
	__u32 nr_cpus;
	__u32 flags;
	__u32 slice_us;
	__aligned_u64 cpus;
	__aligned_u64 entry;
	__aligned_u64 rsi;
	__aligned_u64 cr3;
	__aligned_u64 handover;
};

#define TWINOS_START_SHARED (1 << 0)

#define TWINOS_SLICE_MIN_US 100
#define TWINOS_SLICE_MAX_US 100000
#define TWINOS_SLICE_DEFAULT_US 4000

/**
 * struct twinos_bind - tie a notification of the twin to an eventfd
 * @size: sizeof(struct twinos_bind)
 * @bit: 0 to TWINOS_BITS - 1
 * @fd: an eventfd; -1: untie
 * @flags: 0
 *
 * TWINOS_BIND_KICK: when the twin sets this bit of its kicks, @fd is signalled. A
 *	kick that has come since the start and found no eventfd is told at once.
 * TWINOS_BIND_CALL: when @fd is written, this bit of the twin's calls is set. The
 *	module takes the count off the eventfd, also one that stands there already.
 *
 * In any state of the twin. A new eventfd takes the place of an old one. Bonds last
 * until they are untied or the owner fd is closed, also over a stop and a new start;
 * they keep the eventfd alive. While the twin does not run nothing is told either
 * way, and what is written then is lost.
 *
 * EBADF: @fd is not open; EINVAL: also if it is no eventfd; ENOMEM; EINTR: a fatal
 * signal came.
 */
struct twinos_bind {
	__u32 size;
	__u32 bit;
	__s32 fd;
	__u32 flags;
};

#define TWINOS_BITS 64

/**
 * struct twinos_memory_fd - an fd that shows one range of the twin's memory
 * @size: sizeof(struct twinos_memory_fd)
 * @flags: O_CLOEXEC or 0
 * @start: the address at which the range begins
 *
 * In any state of the twin. Returns a memory fd, for a process that is to reach the
 * memory but not the twin: mmap() with MAP_SHARED and pread() at offset 0 show the
 * first byte of the range, lseek() with SEEK_END tells its length, and no ioctl() is
 * known there. As mappings of the owner fd, those of a memory fd are not inherited by
 * fork().
 *
 * Unlike a mapping of the owner fd it does not keep the twin, which is stopped and gone
 * once its owner fd is closed. All of the twin's memory stays what it was until then,
 * and as it was, until the last memory fd, and mapping of one, is closed; it is given
 * back then.
 *
 * EADDRNOTAVAIL: no range begins at @start; ENOMEM, EMFILE.
 */
struct twinos_memory_fd {
	__u32 size;
	__u32 flags;
	__aligned_u64 start;
};

/**
 * struct twinos_stop - INIT every core of the twin and give the CPUs back
 * @size: sizeof(struct twinos_stop)
 * @reason: TWINOS_REASON_* to keep; not TWINOS_REASON_NONE
 *
 * Works on cores that spin with interrupts off. The memory stays with the twin
 * until its owner fd is closed. On a twin that does not run it does nothing.
 *
 * EIO: a core does not answer INIT; it, the other CPUs and the memory are kept
 * from the host for good (TWINOS_LOST). ENODEV: the twin is gone.
 */
struct twinos_stop {
	__u32 size;
	__u32 reason;
};

#define TWINOS_REASON_NONE 0
#define TWINOS_REASON_REQUEST 1 /* somebody asked for it */
#define TWINOS_REASON_HALTED 2 /* it powered off, halted or rebooted */
#define TWINOS_REASON_PANICKED 3 /* its kernel panicked */
#define TWINOS_REASON_CLOSED 4 /* the owner fd was closed while it ran */
#define TWINOS_REASON_FAILED 5 /* it could not be started */
#define TWINOS_REASON_REBOOTED 6 /* it restarted, and so wants to be started */
#define TWINOS_REASON_HUNG 7 /* a CPU of it stood still for too long */

/**
 * struct twinos_set_state - what became of a twin that runs
 * @size: sizeof(struct twinos_set_state)
 * @state: TWINOS_RUNNING, TWINOS_HALTED, TWINOS_REBOOTING, TWINOS_PANICKED or
 *	TWINOS_HUNG
 *
 * Who watches the twin's memory tells everybody else. Only a twin that hangs can
 * run again. EBUSY: the twin does not run, or its state is one of those that
 * last. ENODEV: the twin is gone.
 */
struct twinos_set_state {
	__u32 size;
	__u32 state;
};

/**
 * struct twinos_clear - make a stopped twin ready to be started anew
 * @size: sizeof(struct twinos_clear)
 * @flags: 0
 *
 * Zeroes all of its memory, which it keeps; the state is TWINOS_LOADED then.
 * EBUSY: the twin is not TWINOS_STOPPED. EINTR: a fatal signal came.
 */
struct twinos_clear {
	__u32 size;
	__u32 flags;
};

/**
 * struct twinos_state - what a twin is doing
 * @size: sizeof(struct twinos_state)
 * @state: out: TWINOS_CREATED...
 * @reason: out: why it stopped, TWINOS_REASON_*
 * @generation: out: grows by one with each change of state
 *
 * poll() on an owner or observer fd gives POLLIN when the state has changed
 * since the last TWINOS_GET_STATE through this fd or since it was opened, and POLLHUP once it is gone.
 */
struct twinos_state {
	__u32 size;
	__u32 state;
	__u32 reason;
	__u32 generation;
};

#define TWINOS_CREATED 0 /* memory may be taken */
#define TWINOS_LOADED 1 /* the same; it has what a start needs */
#define TWINOS_STARTING 2 /* its CPUs are being taken */
#define TWINOS_RUNNING 3
#define TWINOS_HALTED 4 /* its kernel has come to its end; it has its CPUs */
#define TWINOS_REBOOTING 5 /* the same, and wants to be started anew */
#define TWINOS_PANICKED 6 /* the same, by a panic */
#define TWINOS_HUNG 7 /* a CPU of it stands still */
#define TWINOS_STOPPING 8 /* its CPUs are being given back */
#define TWINOS_STOPPED 9 /* CPUs are back, memory is still there */
#define TWINOS_LOST 10 /* a core does not answer: nothing is given back */
#define TWINOS_GONE 11 /* everything was given back */

/*
 * The words that /sys/class/twinos shows for the numbers above: initialisers of
 * arrays of strings.
 */
#define TWINOS_STATE_NAMES                                                    \
	{                                                                     \
		[TWINOS_CREATED] = "created", [TWINOS_LOADED] = "loaded",     \
		[TWINOS_STARTING] = "starting", [TWINOS_RUNNING] = "running", \
		[TWINOS_HALTED] = "halted", [TWINOS_REBOOTING] = "rebooting", \
		[TWINOS_PANICKED] = "panicked", [TWINOS_HUNG] = "hung",       \
		[TWINOS_STOPPING] = "stopping", [TWINOS_STOPPED] = "stopped", \
		[TWINOS_LOST] = "lost", [TWINOS_GONE] = "gone",               \
	}
#define TWINOS_REASON_NAMES                            \
	{                                              \
		[TWINOS_REASON_NONE] = "none",         \
		[TWINOS_REASON_REQUEST] = "request",   \
		[TWINOS_REASON_HALTED] = "halted",     \
		[TWINOS_REASON_PANICKED] = "panicked", \
		[TWINOS_REASON_CLOSED] = "closed",     \
		[TWINOS_REASON_FAILED] = "failed",     \
		[TWINOS_REASON_REBOOTED] = "rebooted", \
		[TWINOS_REASON_HUNG] = "hung",         \
	}
#define TWINOS_MEMORY_NAMES                            \
	{                                              \
		[TWINOS_MEMORY_LOW] = "low",           \
		[TWINOS_MEMORY_RESERVED] = "reserved", \
		[TWINOS_MEMORY_CONTIG] = "contig",     \
	}

#define TWINOS_IOC_MAGIC 0xB7

/* On /dev/twinos */
#define TWINOS_GET_INFO _IOWR(TWINOS_IOC_MAGIC, 0x00, struct twinos_info)
#define TWINOS_GET_CPU _IOWR(TWINOS_IOC_MAGIC, 0x01, struct twinos_cpu)
#define TWINOS_CREATE _IOW(TWINOS_IOC_MAGIC, 0x02, struct twinos_create)
#define TWINOS_OPEN _IOW(TWINOS_IOC_MAGIC, 0x03, struct twinos_open)

/* On an owner fd */
#define TWINOS_ADD_MEMORY _IOWR(TWINOS_IOC_MAGIC, 0x10, struct twinos_memory)
#define TWINOS_START _IOW(TWINOS_IOC_MAGIC, 0x11, struct twinos_start)
#define TWINOS_CLEAR _IOW(TWINOS_IOC_MAGIC, 0x14, struct twinos_clear)
#define TWINOS_BIND_KICK _IOW(TWINOS_IOC_MAGIC, 0x16, struct twinos_bind)
#define TWINOS_BIND_CALL _IOW(TWINOS_IOC_MAGIC, 0x17, struct twinos_bind)
#define TWINOS_GET_MEMORY_FD \
	_IOW(TWINOS_IOC_MAGIC, 0x18, struct twinos_memory_fd)

/* On an owner or an observer fd */
#define TWINOS_STOP _IOW(TWINOS_IOC_MAGIC, 0x12, struct twinos_stop)
#define TWINOS_GET_STATE _IOWR(TWINOS_IOC_MAGIC, 0x13, struct twinos_state)
#define TWINOS_SET_STATE _IOW(TWINOS_IOC_MAGIC, 0x15, struct twinos_set_state)

#endif /* _UAPI_LINUX_TWINOS_H */
