/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Contract 2: host <-> twin. The handover area is one page of the twin's
 * memory, reserved in its memory map; the twin finds it as the _CRS of the ACPI
 * device TWIN0001. Each field has one writer. The host's side reads it as
 * hostile: any value may stand in a field that the twin writes.
 */
#ifndef _TWINOS_HANDOVER_H
#define _TWINOS_HANDOVER_H

#include <linux/types.h>

#define TWINOS_HANDOVER_MAGIC 0x31304e4957544f53ULL /* "SOTWIN01" */
#define TWINOS_HANDOVER_REVISION 7
#define TWINOS_HANDOVER_SIZE 4096

/* In the .modinfo of twinos_guest.ko, with TWINOS_HANDOVER_REVISION. */
#define TWINOS_HANDOVER_MARK "twinos_handover"

/* The ACPI device that shows the handover area to the twin. */
#define TWINOS_HANDOVER_HID "TWIN0001"

/* How the twin is, as its module knows: &struct twinos_handover.life */
#define TWINOS_LIFE_NONE 0 /* there is no module */
#define TWINOS_LIFE_UP 1
#define TWINOS_LIFE_HALTED \
	2 /* halted or powered off; this and all below last */
#define TWINOS_LIFE_REBOOTING 3 /* restarted, in order or by force */
#define TWINOS_LIFE_PANICKED 4
#define TWINOS_LIFE_HUNG 5 /* in shared mode: an NMI took it off the CPU */

#define TWINOS_BEATS 256 /* CPUs that can have a heartbeat */
#define TWINOS_BEAT_MS 1000

/* Why a twin in shared mode came back: &struct twinos_shared.exit */
#define TWINOS_EXIT_NONE 0 /* it did not */
#define TWINOS_EXIT_READY 1 /* its module is there; ends the first turn */
#define TWINOS_EXIT_IDLE 2 /* nothing to do before @idle_until */
#define TWINOS_EXIT_SLICE 3 /* its slice is used up */
#define TWINOS_EXIT_IRQ 4 /* an interrupt of the host arrived */
#define TWINOS_EXIT_DEAD 5 /* for good: halt, reboot, poweroff, NMI */
#define TWINOS_EXIT_PANIC 6 /* for good: its kernel panicked */
#define TWINOS_EXIT_CALL 7 /* a program of its gave the rest of the turn away */

/**
 * struct twinos_shared - the part of shared mode
 *
 * Both kernels run on the same CPU by turns, so that no two ever touch it at
 * once: no field needs a barrier. TSC values are those of that CPU.
 *
 * @trampoline: writer host, before the start: address of the trampoline page
 *	(see below); 0 in dedicated mode
 * @apic_ratio: writer host, before the start: ticks of the local APIC's timer,
 *	undivided, in 2^32 ticks of the TSC
 * @logical_id: writer host, before the start: what the twin must leave in its
 *	xAPIC's LDR, in bits 31-24, so that the host's interrupts reach the CPU;
 *	0: whatever stands there
 * @run_until: writer host, before each turn: TSC at which to come back
 * @keep_until: writer host, before each turn: TSC until which an interrupt of
 *	the host is no reason to come back; not above @run_until
 * @wall_ns: writer host, before each turn: the wall clock, nanoseconds since
 *	1970 UTC...
 * @wall_tsc: ...at this TSC
 * @exit: writer twin, before it comes back: TWINOS_EXIT_*
 * @idle_until: writer twin, with TWINOS_EXIT_IDLE: TSC of its next timer event;
 *	all ones: none
 * @vectors: writer twin: a bit for each interrupt vector of the host that has
 *	arrived since the host last cleared them
 * @forwarded: writer twin: how many bits it has set in @vectors so far
 * @steal_ns: writer twin: how long it has waited for the CPU so far
 * @arrived: writer twin, in each turn: TSC once its state was restored...
 * @left: ...and before it was saved again: what a turn lasts beyond that is the
 *	switch's
 */
struct twinos_shared {
	__u64 trampoline;
	__u64 apic_ratio;
	__u32 logical_id;
	__u32 pad0;
	__u64 run_until;
	__u64 keep_until;
	__u64 wall_ns;
	__u64 wall_tsc;
	__u32 exit;
	__u32 pad1;
	__u64 idle_until;
	__u64 vectors[4];
	__u64 forwarded;
	__u64 steal_ns;
	__u64 arrived;
	__u64 left;
};

/**
 * struct twinos_times - what a CPU of the twin has done with its time since it was booted
 *
 * In nanoseconds, by the twin's own account. Its writer is the CPU itself, with each
 * heartbeat. The parts need not add up to @at: the kernel measures idle time and samples
 * the rest.
 *
 * @writes: odd while the rest is being written
 * @at: the time of the account, by the twin's monotonic clock; 0: there is none yet
 * @idle: nothing to do, or only waiting for I/O
 * @user: in programs
 * @system: in the kernel
 * @irq: in interrupts
 * @steal: waiting for the CPU in shared mode; may also stand in one of the others
 * @interrupts: how many there were
 */
struct twinos_times {
	__u64 writes;
	__u64 at;
	__u64 idle;
	__u64 user;
	__u64 system;
	__u64 irq;
	__u64 steal;
	__u64 interrupts;
};

/* &struct twinos_doorbell.target: 0, or a vector in bits 7-0 and an APIC id here. */
#define TWINOS_TARGET_VECTOR 0xffULL
#define TWINOS_TARGET_ID_SHIFT 32
#define TWINOS_TARGET_FIRST_VECTOR 32 /* those below are exceptions */

/**
 * struct twinos_doorbell - one direction of notifications
 *
 * The sender sets a bit, and rings if it was clear: it sends the interrupt that
 * @target names. The receiver, in that interrupt, takes all bits at once. What the
 * bits stand for is agreed on elsewhere. Each group lies on a cache line of its own.
 *
 * @bits: writers both: the sender sets bits, by a locked instruction, after all
 *	that the bit tells of was written; the receiver exchanges them for 0, and
 *	reads what they tell of after that
 * @target: writer receiver, one store of 64 bits: the vector that it wants, 32 or
 *	above, and the physical APIC id of the CPU; 0: there is none. May change at
 *	any time, and the receiver looks at @bits after each change. So the sender
 *	reads it after it has set the bit, and once more after it has sent the
 *	interrupt: if it is another one then, it sends another interrupt
 * @taken: writer receiver: how often it has taken bits so far
 * @bad: writer sender: how often @target was one that it must not or can't ring
 * @helped: writer host, in both directions: how often bits had lain there until the
 *	host's slow look, every TWINOS_SLOW_LOOK_MS, found them
 *
 * In shared mode nobody rings, @target is 0 and there is no slow look: the host
 * looks after each turn of the twin, the twin when its turn begins.
 */
struct twinos_doorbell {
	__u64 bits;
	__u8 pad0[56];
	__u64 target;
	__u64 taken;
	__u8 pad1[48];
	__u64 bad;
	__u64 helped;
	__u8 pad2[48];
};

#define TWINOS_SLOW_LOOK_MS 100

/* The bit of both directions that stands for &struct twinos_console. */
#define TWINOS_BIT_CONSOLE 0

#define TWINOS_CONSOLE_IN 256 /* bytes; a power of two */
#define TWINOS_CONSOLE_OUT 1024 /* as above */

/**
 * struct twinos_console - a terminal: two rings of bytes
 *
 * A ring's head and tail count bytes, and wrap at 2^32. Who writes to a ring stores the
 * bytes before its head, and who reads from it its tail after it has read them; each
 * loads the other's count before it touches the bytes. Kernel messages are not here:
 * they stand in the kernel's log.
 *
 * @out_head: writer twin
 * @dropped: writer twin: bytes that found no room while nobody read
 * @in_tail: writer twin
 * @out_tail: writer host
 * @in_head: writer host
 * @reads: writer host: not 0 while somebody reads the output, so that it is worth
 *	waiting for room
 * @rows: writer host: of the terminal that writes; 0: not known
 * @columns: writer host: as above
 */
struct twinos_console {
	__u32 out_head;
	__u32 dropped;
	__u32 in_tail;
	__u8 pad0[52];
	__u32 out_tail; /* at 64 */
	__u32 in_head;
	__u32 reads;
	__u16 rows;
	__u16 columns;
	__u8 pad1[48];
	__u8 in[TWINOS_CONSOLE_IN];
	__u8 out[TWINOS_CONSOLE_OUT];
};

/* The bit of both directions that stands for &struct twinos_virtio. */
#define TWINOS_BIT_VIRTIO 1
/* Those from here on are given to queues, by the answer to TWINOS_MSG_GET_VQUEUE. */
#define TWINOS_BIT_QUEUES 2

#define TWINOS_VIRTIO_DEVICES 16 /* numbered from 0 */

/*
 * Messages by which the twin's kernel drives virtio devices. Numbers, meanings and
 * order are those of the transport "virtio-msg" that is proposed for OASIS Virtio
 * 1.4; the layouts are ours. All numbers are little-endian.
 */
#define TWINOS_MSG_GET_DEVICES \
	0x80 /* -> struct twinos_msg_devices; a bus message */
#define TWINOS_MSG_PING 0x81 /* -> nothing; a bus message */
#define TWINOS_MSG_RELEASE 0x82 /* the device that is leaving is used no more */
#define TWINOS_MSG_GET_INFO 0x02 /* -> struct twinos_msg_info */
#define TWINOS_MSG_GET_FEATURES 0x03 /* -> struct twinos_msg_features */
#define TWINOS_MSG_SET_FEATURES 0x04 /* struct twinos_msg_features */
#define TWINOS_MSG_GET_CONFIG 0x05 /* struct twinos_msg_config -> the same */
#define TWINOS_MSG_SET_CONFIG 0x06 /* struct twinos_msg_config -> the same */
#define TWINOS_MSG_GET_STATUS 0x07 /* -> struct twinos_msg_status */
#define TWINOS_MSG_SET_STATUS 0x08 /* struct twinos_msg_status -> the same */
#define TWINOS_MSG_GET_VQUEUE 0x09 /* struct twinos_msg_vqueue -> the same */
#define TWINOS_MSG_SET_VQUEUE 0x0a /* struct twinos_msg_vqueue */

/* &struct twinos_msg.result */
#define TWINOS_MSG_OK 0
#define TWINOS_MSG_NO_DEVICE 1
#define TWINOS_MSG_INVALID \
	2 /* not now, not such values, or not such a message */
#define TWINOS_MSG_FAILED 3 /* the back end said no */

/* @present, @leaving: a bit for each device; a leaving one is still present */
struct twinos_msg_devices {
	__u64 present;
	__u64 leaving;
};

struct twinos_msg_info {
	__u32 device_id; /* as in the Virtio specification, chapter 5 */
	__u32 vendor_id;
	__u32 config_size;
	__u32 nr_queues;
};

struct twinos_msg_features {
	__u64 features;
};

#define TWINOS_MSG_CONFIG_MAX 64

/* @generation: as the specification's, 2.5.1 */
struct twinos_msg_config {
	__u32 offset;
	__u32 size;
	__u32 generation;
	__u8 data[TWINOS_MSG_CONFIG_MAX];
};

struct twinos_msg_status {
	__u32 status;
};

/*
 * @size: number of descriptors; in the answer to GET_VQUEUE the most
 * @bit: in the answer to GET_VQUEUE: of kick and call, both for this queue
 * @desc, @driver, @device: physical addresses
 */
struct twinos_msg_vqueue {
	__u32 index;
	__u32 size;
	__u32 bit;
	__u32 pad;
	__u64 desc;
	__u64 driver;
	__u64 device;
};

#define TWINOS_MSG_PAYLOAD 176

/**
 * struct twinos_msg - a message or its answer
 * @token: written last, by a release; an answer has its message's. 0: none yet
 * @id: TWINOS_MSG_*
 * @device: number of a device; 0 in a bus message
 * @result: in an answer: TWINOS_MSG_OK...
 * @size: bytes of @payload
 */
struct twinos_msg {
	__u32 token;
	__u8 id;
	__u8 pad;
	__u16 device;
	__u32 result;
	__u32 size;
	__u8 payload[TWINOS_MSG_PAYLOAD];
};

/**
 * struct twinos_virtio - virtio devices of the host's for the twin
 *
 * The twin writes a message and kicks; the host answers and calls. One message at a
 * time: the twin writes none before the last one was answered or given up. An answer
 * with another token than the last message's belongs to one that was given up.
 *
 * @message: writer twin
 * @answer: writer host
 * @devices_changed: writer host: grows when a device has come or is leaving
 * @config_changed: writer host: of each device, grows with its configuration
 */
struct twinos_virtio {
	struct twinos_msg message;
	struct twinos_msg answer;
	__u32 devices_changed; /* at 384 */
	__u32 config_changed[TWINOS_VIRTIO_DEVICES];
	__u8 pad[188];
};

/**
 * struct twinos_handover
 * @magic: writer host, before the start: TWINOS_HANDOVER_MAGIC
 * @revision: writer host, before the start: TWINOS_HANDOVER_REVISION
 * @size: writer host, before the start: TWINOS_HANDOVER_SIZE
 * @going_down: writer twin (_TTS of the DSDT): not 0 once the twin's kernel has
 *	begun to halt, reboot or power off
 * @parked: writer twin (_PTS of the DSDT, or its module), and host for a twin that
 *	was fetched from a shared CPU: not 0 once it has done everything but the
 *	last step and waits for its end; terminal
 * @sleep_control: writer twin: the FADT's sleep control register, without which
 *	Linux does not evaluate _PTS; nobody reads it
 * @sleep_status: writer twin: the FADT's sleep status register; as above
 * @life: writer twin: TWINOS_LIFE_*
 * @panic_timeout: writer host, before the start: what the module sets the twin's
 *	panic_timeout to, once the restart that follows a panic is safe
 * @shared: see there
 * @nr_times: writer twin, once: how many there are at...
 * @times: ...this address in the twin's memory: struct twinos_times of each CPU, by the
 *	number that its kernel gives it; 0: nowhere
 * @beating: writer twin: a bit for each of its CPUs that has a heartbeat
 * @beats: writer twin, each CPU its own, by the number that its kernel gives it:
 *	grows every TWINOS_BEAT_MS as long as the CPU takes interrupts
 * @kick: from the twin to the host; all 0 at the start
 * @call: from the host to the twin; all 0 at the start
 * @console: see there
 * @virtio: see there; all 0 at the start
 */
struct twinos_handover {
	__u64 magic;
	__u32 revision;
	__u32 size;
	__u32 going_down;
	__u32 parked;
	__u8 sleep_control;
	__u8 sleep_status;
	__u8 pad0[2];
	__u32 life;
	__s32 panic_timeout;
	__u8 pad1[28];
	struct twinos_shared shared; /* at 64 */
	__u8 pad2[432 - sizeof(struct twinos_shared)];
	__u32 nr_times; /* at 496 */
	__u32 pad3;
	__u64 times;
	__u64 beating[TWINOS_BEATS / 64]; /* at 512 */
	__u32 beats[TWINOS_BEATS];
	__u8 pad4[32];
	struct twinos_doorbell kick; /* at 1600 */
	struct twinos_doorbell call; /* at 1792 */
	__u8 pad5[64];
	struct twinos_console console; /* at 2048 */
	struct twinos_virtio virtio; /* at 3456 */
};

/*
 * The trampoline page of shared mode is the first one of the twin's low range.
 * Either kernel's page tables for the switch map it to itself. Its first bytes
 * are code, written by the host before the start: a jump to it with %rdi at
 * the address of a slot goes on to that slot's kernel. Each kernel writes its
 * own slot.
 */
#define TWINOS_SLOTS 0x800 /* where the slots lie in the page */
#define TWINOS_SLOT_HOST 0
#define TWINOS_SLOT_TWIN 1

/**
 * struct twinos_slot - how to go on in a kernel
 * @cr3: its page tables for the switch
 * @rip: where to jump
 * @rdi: what to put into %rdi
 */
struct twinos_slot {
	__u64 cr3;
	__u64 rip;
	__u64 rdi;
};

#endif /* _TWINOS_HANDOVER_H */
