/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The checks behind twinos_doctor(), each of which says one finding. They look
 * through struct twinos_doctor only, so that a test can make up a machine.
 */
#ifndef TWINOS_LIB_DOCTOR_H
#define TWINOS_LIB_DOCTOR_H

#include "cpulist.h"
#include "hostfs.h"
#include "kconfig.h"
#include "kmsg.h"
#include "libtwinos.h"

struct twinos_doctor;

/**
 * struct twinos_tried - memory that was taken and given back
 * @largest: bytes in one piece
 * @total: bytes in all pieces
 * @low: the low range was to be had as well
 */
struct twinos_tried {
	uint64_t largest, total;
	bool low;
};

/**
 * struct twinos_asks - what can't be read from a file; NULL: nobody to ask
 * @cpuid: eax, ebx, ecx, edx; false: the CPU has no such leaf
 * @module: as twinos_module_version()
 * @try_memory: see twinos_doctor_try_memory()
 */
struct twinos_asks {
	bool (*cpuid)(uint32_t leaf, uint32_t subleaf, uint32_t regs[4]);
	int (*module)(char *version, size_t size, struct twinos_error *err);
	int (*try_memory)(struct twinos_tried *tried, struct twinos_error *err);
};

/**
 * struct twinos_check - one row
 * @run: calls twinos_doctor_say() once
 */
struct twinos_check {
	const char *id;
	unsigned int modes;
	bool decisive;
	void (*run)(struct twinos_doctor *doctor);
};

/**
 * struct twinos_doctor - the machine, as several checks need it
 * @release: of its kernel
 * @cmdline: of its kernel, "" if it can't be read
 * @cpuinfo: /proc/cpuinfo, ""
 * @flags: of its first CPU, each between spaces
 * @online: CPUs
 * @module_state: 0, or what asking the module has failed with, negated
 * @module: its version, or why it can't be asked
 * @tried: filled if @tried_state is 0; otherwise why it could not be, negated
 * @check: the one that runs
 */
struct twinos_doctor {
	struct twinos_doctor_config config;
	struct twinos_asks asks;
	struct twinos_hostfs fs;
	struct twinos_kconfig kconfig;
	struct twinos_kmsg log;
	char release[128];
	char *cmdline;
	char *cpuinfo;
	char *flags;
	struct twinos_cpulist online;
	int module_state;
	struct twinos_error module;
	int tried_state;
	struct twinos_error try_error;
	struct twinos_tried tried;
	const struct twinos_check *check;
	struct twinos_report *report;
};

/* Each ends with a row without an id. */
extern const struct twinos_check twinos_doctor_kernel[];
extern const struct twinos_check twinos_doctor_module[];
extern const struct twinos_check twinos_doctor_cpu[];
extern const struct twinos_check twinos_doctor_apic[];
extern const struct twinos_check twinos_doctor_memory[];
extern const struct twinos_check twinos_doctor_guest[];

#define TWINOS_MODE_BOTH (TWINOS_MODE_DEDICATED | TWINOS_MODE_SHARED)

/* twinos_doctor_say() - the finding of the check that runs; @next: "" for none */
void twinos_doctor_say(struct twinos_doctor *doctor,
		       enum twinos_verdict verdict, const char *next,
		       const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* twinos_doctor_flag() - the CPU has it, by the names of /proc/cpuinfo */
bool twinos_doctor_flag(const struct twinos_doctor *doctor, const char *flag);

/* twinos_doctor_option() - the host's kernel got this word */
bool twinos_doctor_option(const struct twinos_doctor *doctor, const char *word);

/* twinos_doctor_msr() - of one CPU; 0, or -errno: without /dev/cpu or root */
int twinos_doctor_msr(const struct twinos_doctor *doctor, unsigned int cpu,
		      uint32_t msr, uint64_t *value);

/* twinos_doctor_loaded() - the module is, also one that we may not ask */
bool twinos_doctor_loaded(const struct twinos_doctor *doctor);

/*
 * twinos_doctor_examine() - twinos_doctor() with somebody else to ask
 */
int twinos_doctor_examine(const struct twinos_doctor_config *config,
			  const struct twinos_asks *asks,
			  struct twinos_report **report,
			  struct twinos_error *err);

/*
 * twinos_doctor_try_memory() - take what can be had in pieces of
 * TWINOS_RANGE_ALIGN and more, largest first, and give all of it back
 */
int twinos_doctor_try_memory(struct twinos_tried *tried,
			     struct twinos_error *err);

#endif
