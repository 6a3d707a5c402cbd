// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Options are found as the kernel finds them: next_arg() in its lib/cmdline.c,
 * parse_args() and parameq() in its kernel/params.c.
 *
 * The rules guard against mistakes, not against malice: whoever starts a twin
 * may give it any kernel.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmdline.h"
#include "error.h"
#include "guest.h"

#define RDINIT "rdinit=" TWINOS_GUEST_INIT
#define RDINIT_MAX 4095 /* PATH_MAX without the NUL: the length of a symlink */

struct option {
	const char *name;
	size_t name_length;
	const char *value; /* NULL: there was no '=' */
	size_t value_length;
	bool open; /* its last quote is not closed */
};

/* Whether @option is one to refuse, by its value and the rule's @values. */
typedef bool (*match_fn)(const struct option *option, const char *values);

struct rule {
	const char *name;
	match_fn match;
	const char *values; /* separated by commas */
	const char *reason;
};

/* The kernel's: 0xa0 is a space of Latin-1 (lib/ctype.c). */
static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == (char)0xa0;
}

static bool equals(const char *text, size_t length, const char *word,
		   size_t word_length)
{
	return length == word_length && !memcmp(text, word, length);
}

/* Takes the first word off the list *@values; NULL: there is none left. */
static const char *next_word(const char **values, size_t *length)
{
	const char *word = *values;

	if (!word || !*word)
		return NULL;
	*length = strcspn(word, ",");
	*values = word + *length + (word[*length] == ',');
	return word;
}

static bool always(const struct option *option, const char *values)
{
	(void)option;
	(void)values;
	return true;
}

static bool has_value(const struct option *option, const char *values)
{
	(void)values;
	return option->value && option->value_length;
}

static bool one_of(const struct option *option, const char *values)
{
	const char *word;
	size_t length;

	while ((word = next_word(&values, &length)))
		if (option->value &&
		    equals(option->value, option->value_length, word, length))
			return true;
	return false;
}

static bool none_of(const struct option *option, const char *values)
{
	return !one_of(option, values);
}

static bool starts_with(const char *text, size_t length, const char *values)
{
	const char *word;
	size_t word_length;

	while ((word = next_word(&values, &word_length)))
		if (word_length <= length && !memcmp(text, word, word_length))
			return true;
	return false;
}

static bool begins(const struct option *option, const char *values)
{
	return option->value &&
	       starts_with(option->value, option->value_length, values);
}

/* The value is a list itself, and one of its words begins like that. */
static bool word_begins(const struct option *option, const char *values)
{
	const char *at = option->value;
	const char *end = at + option->value_length;

	while (at && at < end) {
		const char *comma = memchr(at, ',', end - at);

		if (starts_with(at, end - at, values))
			return true;
		at = comma ? comma + 1 : NULL;
	}
	return false;
}

static bool no_word_begins(const struct option *option, const char *values)
{
	return !word_begins(option, values);
}

/* get_option() takes what is no number for 0. */
static bool is_zero(const struct option *option, const char *values)
{
	if (!has_value(option, values))
		return false;
	return !strtoll(option->value, NULL, 0);
}

/* Whether the shim could not run what the user wants it to run. */
static bool no_next(const struct option *option, const char *values)
{
	return option->value &&
	       (option->open || !option->value_length ||
		option->value_length > RDINIT_MAX || one_of(option, values));
}

#define FREEZES "the twin would have no timer interrupts and freeze"
#define IO_APIC "without its IO-APIC the twin uses the host's interrupt pins"
#define CLOCK "the twin has no other clock than the TSC"
#define OURS "the value is known and set for every twin"
#define SERIAL "the serial ports are the host's"
#define RESTARTS                                                             \
	"without a guest module for its kernel, the restart that follows a " \
	"panic resets the whole machine"

/* What each does was looked up in 6.1 and 6.12, in the file named beside it. */
static const struct rule rules[] = {
	/* arch/x86/kernel/acpi/boot.c, drivers/acpi/osl.c */
	{ "acpi", one_of, "off,noirq,ht,rsdt",
	  "the ACPI tables tell the twin which hardware is its own" },
	{ "acpi_rsdp", always, NULL, OURS },
	/* arch/x86/kernel/apic/io_apic.c */
	{ "noapic", always, NULL, IO_APIC },
	/* kernel/smp.c: both end in disable_ioapic_support() */
	{ "nosmp", always, NULL, IO_APIC "; for one CPU use nr_cpus=1" },
	{ "maxcpus", is_zero, NULL, IO_APIC "; for one CPU use nr_cpus=1" },
	/* arch/x86/kernel/apic/apic.c */
	{ "nolapic", always, NULL, FREEZES },
	{ "disableapic", always, NULL, FREEZES },
	{ "noapictimer", always, NULL, FREEZES },
	{ "nolapic_timer", always, NULL, FREEZES },
	{ "apicpmtimer", always, NULL, CLOCK },
	/* arch/x86/kernel/apic/ipi.c */
	{ "no_ipi_broadcast", none_of, "1",
	  "interrupts sent to all CPUs would hit those of the host" },
	/* arch/x86/kernel/tsc.c */
	{ "notsc", always, NULL, CLOCK },
	{ "tsc", one_of, "unstable", CLOCK },
	{ "tsc_early_khz", always, NULL, OURS },
	/* arch/x86/kernel/hpet.c */
	{ "hpet", word_begins, "force", "the HPET is the host's" },
	/* arch/x86/pci/common.c, arch/x86/kernel/acpi/boot.c */
	{ "pci", none_of, "off", "the PCI devices are the host's" },
	/* drivers/tty/serial/8250/8250_core.c: it answers to both names */
	{ "8250.nr_uarts", none_of, "0", SERIAL },
	{ "8250_core.nr_uarts", none_of, "0", SERIAL },
	{ "console", begins, "ttyS,uart", SERIAL "; see 'twinctl dmesg'" },
	/* drivers/tty/serial/earlycon.c */
	{ "earlycon", has_value, NULL, SERIAL "; see 'twinctl dmesg'" },
	/* arch/x86/kernel/early_printk.c */
	{ "earlyprintk", has_value, NULL,
	  "every device it can write to is the host's; see 'twinctl dmesg'" },
	/* drivers/input/serio/i8042-acpipnpio.h: probes the ports directly */
	{ "i8042.nopnp", always, NULL,
	  "the keyboard controller is the host's" },
	/* arch/x86/kernel/e820.c */
	{ "memmap", always, NULL,
	  "the twin could take the host's memory for its own" },
	/* kernel/module/main.c: the last one given replaces those before it */
	{ "module_blacklist", no_word_begins, "kvm_intel",
	  "kvm_intel must be in the list: a core that runs it can't be stopped" },
	/* init/do_mounts_initrd.c: an address; a path only concerns EFI */
	{ "initrd", begins, "0,1,2,3,4,5,6,7,8,9",
	  "it would be read from the host's memory; use --initrd" },
	{ "initrdmem", always, NULL,
	  "it would be read from the host's memory; use --initrd" },
};

#define IDLES "when it idles, its guest module gives the CPU back to the host"
#define SLICES "its slice of the CPU could not be timed"
#define KEEPS "without its guest module it would never give the CPU back"
#define FALSE "0,n,N,f,F,of,oF,Of,OF" /* kstrtobool() */

/* Those of shared mode, which count beside the others. */
static const struct rule shared_rules[] = {
	/* arch/x86/kernel/process.c, drivers/cpuidle/cpuidle.c */
	{ "idle", has_value, NULL, IDLES },
	{ "cpuidle.off", none_of, "0", IDLES },
	/* drivers/idle/intel_idle.c: it would be there before ours */
	{ "intel_idle.max_cstate", none_of, "0", IDLES },
	/* kernel/time/tick-sched.c, kernel/time/hrtimer.c */
	{ "nohz", begins, FALSE, SLICES },
	{ "highres", begins, FALSE, SLICES },
	/* kernel/watchdog.c */
	{ "nmi_watchdog", none_of, "0",
	  "the performance counters are the host's" },
	/* kernel/module/main.c */
	{ "nomodule", always, NULL, KEEPS },
	{ "module_blacklist", word_begins, "twinos_guest", KEEPS },
};

static const struct rule guest_rules[] = {
	/* init/main.c */
	{ "rdinit", no_next, TWINOS_GUEST_INIT,
	  "it is no program that could run once the guest module is loaded" },
};

static const struct rule no_guest_rules[] = {
	/* kernel/panic.c */
	{ "panic", none_of, "0", RESTARTS },
};

/* Quotes at both ends of a value, or around the whole option, are dropped. */
static void strip_quotes(struct option *option, const char *end, bool quoted)
{
	if (option->value && option->value < end && *option->value == '"') {
		option->value++;
		quoted = true;
	}
	if (quoted && end > option->name && end[-1] == '"')
		end--;
	if (!option->value) {
		option->name_length = end - option->name;
		return;
	}
	option->value_length = end > option->value ? end - option->value : 0;
}

/* Splits the option at *@at, which must not be a space, and steps behind it. */
static void parse_option(const char **at, struct option *option)
{
	const char *p = *at;
	bool in_quote = *p == '"', quoted = in_quote;

	*option = (struct option){ .name = p + quoted };
	for (p = option->name; *p && (in_quote || !is_space(*p)); p++) {
		if (*p == '"')
			in_quote = !in_quote;
		if (*p == '=' && !option->value && p > option->name) {
			option->name_length = p - option->name;
			option->value = p + 1;
		}
	}
	option->open = in_quote;
	strip_quotes(option, p, quoted);
	*at = p;
}

/* What follows "--" is for init. */
static bool ends_options(const struct option *option)
{
	return !option->value &&
	       equals(option->name, option->name_length, "--", 2);
}

static bool next_option(const char **at, struct option *option)
{
	while (is_space(**at))
		(*at)++;
	if (!**at)
		return false;
	parse_option(at, option);
	return !ends_options(option);
}

static char dash_to_underscore(char c)
{
	return c == '-' ? '_' : c;
}

static bool is_named(const struct option *option, const char *name)
{
	if (strlen(name) != option->name_length)
		return false;
	for (size_t i = 0; i < option->name_length; i++)
		if (dash_to_underscore(option->name[i]) != name[i])
			return false;
	return true;
}

static const struct rule *broken_of(const struct rule *list, size_t nr,
				    const struct option *option)
{
	for (size_t i = 0; i < nr; i++)
		if (is_named(option, list[i].name) &&
		    list[i].match(option, list[i].values))
			return &list[i];
	return NULL;
}

#define BROKEN_OF(list, option) \
	broken_of(list, sizeof(list) / sizeof(list[0]), option)

/* As much of the value as fits into one line. */
static int shown_length(const struct option *option)
{
	size_t length = 0;

	while (length < option->value_length && length < 64 &&
	       option->value[length] >= ' ' && option->value[length] <= '~')
		length++;
	return length;
}

static int refuse(const struct option *option, const struct rule *rule,
		  const char *mode, struct twinos_error *err)
{
	return twinos_fail(
		err, TWINOS_ERROR_USAGE, EINVAL,
		"kernel option '%s%s%.*s' can't be given to a twin%s: %s",
		rule->name, option->value ? "=" : "", shown_length(option),
		option->value ? option->value : "", mode, rule->reason);
}

static int check(const struct option *option, bool shared, bool guest,
		 struct twinos_error *err)
{
	const struct rule *rule = BROKEN_OF(rules, option);

	if (rule)
		return refuse(option, rule, "", err);
	rule = guest ? BROKEN_OF(guest_rules, option) :
		       BROKEN_OF(no_guest_rules, option);
	if (!rule && shared)
		rule = BROKEN_OF(shared_rules, option);
	return rule ? refuse(option, rule, shared ? " in shared mode" : "",
			     err) :
		      0;
}

int twinos_cmdline_check(const char *user, bool shared, bool guest,
			 struct twinos_error *err)
{
	struct option option;
	int ret = 0;

	while (!ret && user && next_option(&user, &option))
		ret = check(&option, shared, guest, err);
	return ret;
}

/* The last one counts. Returns how far it reaches in @user, 0 without one. */
static size_t find_last(const char *user, const char *name,
			struct option *found)
{
	const char *at = user;
	struct option option;
	size_t end = 0;

	while (at && next_option(&at, &option)) {
		if (!option.value || !is_named(&option, name))
			continue;
		*found = option;
		end = (size_t)(at - user);
	}
	return end;
}

int twinos_cmdline_panic(const char *user)
{
	struct option option;

	if (!find_last(user, "panic", &option))
		return 0;
	return (int)strtol(option.value, NULL, 0);
}

/* What is left of @user without the options called @name; NULL: no memory. */
static char *drop(const char *user, const char *name)
{
	const char *at = user, *from = user;
	char *copy = malloc(strlen(user) + 1), *to = copy;
	struct option option;

	while (copy && next_option(&at, &option)) {
		if (!is_named(&option, name))
			to = mempcpy(to, from, (size_t)(at - from));
		from = at;
	}
	if (copy)
		strcpy(to, from);
	return copy;
}

char *twinos_cmdline_rdinit(const char *user)
{
	struct option rdinit;

	if (!find_last(user, "rdinit", &rdinit))
		return strdup("/init");
	return strndup(rdinit.value, rdinit.value_length);
}

/*
 * tsc_early_khz: there is no PIT, HPET or PM timer to measure the TSC with.
 * tsc=reliable: and none to watch it by.
 * pci=off: the twin has no PCI devices, and would find the host's.
 * 8250.nr_uarts=0: the driver probes the PC's ports even if ACPI has none.
 * no_ipi_broadcast=1: "all but self" means every CPU of the machine.
 * panic=0: a restart after a panic would reset the whole machine.
 * module_blacklist=kvm_intel: VMX root operation blocks INIT, and with it the
 * way to take the twin's cores back (SDM volume 3, section 24.8).
 */
#define OUR_OPTIONS                                              \
	"tsc_early_khz=%u tsc=reliable pci=off 8250.nr_uarts=0 " \
	"no_ipi_broadcast=1 panic=0 module_blacklist=kvm_intel"

/*
 * nmi_watchdog=0: it counts with a performance counter, which the host uses.
 * intel_idle.max_cstate=0: intel_idle would be the cpuidle driver, not ours.
 */
#define SHARED_OPTIONS " nmi_watchdog=0 intel_idle.max_cstate=0"

static char *build_guest(const char *user, unsigned int tsc_khz, bool shared)
{
	struct option rdinit;
	size_t end = find_last(user, "rdinit", &rdinit);
	char *cmdline;
	int length;

	/*
	 * rdinit= drops what stands before it of init's arguments, and of two
	 * the last one counts. So ours goes where it does not change what the
	 * user's init gets: behind the user's own, or else before everything.
	 */
	length = asprintf(&cmdline, OUR_OPTIONS "%s%s%.*s %s%s%s", tsc_khz,
			  shared ? SHARED_OPTIONS : "", end ? " " : "",
			  (int)end, user, RDINIT, *user && !end ? " " : "",
			  user + end);
	return length < 0 ? NULL : cmdline;
}

char *twinos_cmdline_build(const char *user, unsigned int tsc_khz, bool shared,
			   bool guest)
{
	char *cmdline, *rest;
	int length;

	if (!user)
		user = "";
	if (guest) {
		rest = drop(user, "panic");
		cmdline = rest ? build_guest(rest, tsc_khz, shared) : NULL;
		free(rest);
		return cmdline;
	}
	length = asprintf(&cmdline, OUR_OPTIONS "%s%s", tsc_khz,
			  *user ? " " : "", user);
	return length < 0 ? NULL : cmdline;
}
