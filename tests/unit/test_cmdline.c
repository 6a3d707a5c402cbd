// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cmdline.h"

static struct twinos_error err;
static bool shared;

static int check(const char *user)
{
	memset(&err, 0, sizeof(err));
	return twinos_cmdline_check(user, shared, shared, &err);
}

static void expect_refused(const char *user)
{
	if (check(user) != -EINVAL)
		fail_msg("not refused: %s", user);
	assert_int_equal(err.code, EINVAL);
	assert_int_equal(err.kind, TWINOS_ERROR_USAGE);
	assert_null(strchr(err.text, '\n'));
	assert_non_null(strstr(err.text, "can't be given to a twin"));
}

static void expect_allowed(const char *user)
{
	if (check(user))
		fail_msg("refused: %s: %s", user, err.text);
}

static const char *const refused[] = {
	"acpi=off",
	"acpi=noirq",
	"acpi=ht",
	"acpi=rsdt",
	"acpi_rsdp=0x1000",
	"noapic",
	"nosmp",
	"maxcpus=0",
	"maxcpus=0x0",
	"maxcpus=none",
	"nolapic",
	"disableapic",
	"noapictimer",
	"nolapic_timer",
	"apicpmtimer",
	"no_ipi_broadcast=0",
	"no_ipi_broadcast=",
	"notsc",
	"tsc=unstable",
	"tsc_early_khz=1000",
	"hpet=force",
	"hpet=verbose,force",
	"pci=noacpi",
	"pci=conf1",
	"pci=off,conf1",
	"pci",
	"8250.nr_uarts=4",
	"8250_core.nr_uarts=1",
	"console=ttyS0",
	"console=ttyS1,115200n8",
	"console=uart8250,io,0x3f8",
	"earlycon=uart,io,0x3f8",
	"earlyprintk=serial,ttyS0,115200",
	"earlyprintk=vga",
	"i8042.nopnp",
	"i8042.nopnp=1",
	"module_blacklist=nouveau",
	"module_blacklist=",
	"memmap=1G@4G",
	"memmap=64M$0x40000000",
	"initrd=0x40000000,16M",
	"initrdmem=0x40000000,16M",
};

/* In shared mode only. */
static const char *const refused_shared[] = {
	"idle=poll",
	"idle=halt",
	"idle=nomwait",
	"cpuidle.off=1",
	"cpuidle.off=",
	"cpuidle.off",
	"intel_idle.max_cstate=1",
	"intel_idle.max-cstate=9",
	"nohz=off",
	"nohz=0",
	"nohz=no",
	"nohz=False",
	"highres=off",
	"highres=0",
	"highres=n",
	"nmi_watchdog=1",
	"nmi_watchdog=panic",
	"nmi-watchdog=1",
	"nomodule",
	"module_blacklist=kvm_intel,twinos_guest",
	"rdinit=",
	"rdinit=\"\"",
	"rdinit=/twinos/init",
	"rdinit=\"/twinos/init\"",
	"\"rdinit=/twinos/init\"",
};

static const char *const allowed_shared[] = {
	"idle",
	"idle=",
	"cpuidle.off=0",
	"cpuidle.governor=menu",
	"intel_idle.max_cstate=0",
	"processor.max_cstate=1",
	"nohz=on",
	"nohz=1",
	"nohz_full=1",
	"highres=on",
	"highres=y",
	"nmi_watchdog=0",
	"nowatchdog",
	"rdinit",
	"rdinit=/init",
	"rdinit=bin/sh",
	"rdinit=/twinos/init2",
	"xrdinit=",
	"rdinit=\"/my init\"",
};

static const char *const allowed[] = {
	"",
	" ",
	"quiet",
	"root=/dev/vda1 ro console=tty0 console=hvc0",
	"acpi=force",
	"acpi=strict",
	"acpi",
	"acpi=offline",
	"acpi_osi=Linux",
	"noapics",
	"xnoapic",
	"apic=verbose",
	"lapic",
	"nox2apic",
	"maxcpus=1",
	"maxcpus=",
	"nr_cpus=1",
	"no_ipi_broadcast=1",
	"tsc=reliable",
	"tsc=nowatchdog",
	"hpet=disable",
	"nohpet",
	"panic=0",
	"panic_on_oops=1",
	"oops=panic",
	"pci=off",
	"pcie_aspm=off",
	"8250.nr_uarts=0",
	"8250.share_irqs=1",
	"console=ttynull",
	"console=tty0",
	"earlycon",
	"earlyprintk",
	"i8042.noaux",
	"mem=1G",
	"memory_corruption_check=1",
	"module_blacklist=nouveau,kvm_intel",
	"module-blacklist=kvm_intel",
	"crashkernel=128M",
	"initrd=/boot/initrd.img",
	"initrd=\\initrd.img",
	"intel_iommu=on iommu=pt",
	"reboot=acpi",
	"init=/bin/sh",
	"=noapic",
	"a=noapic",
	"a=b=noapic",
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		expect_refused(refused[i]);
}

static void test_allowed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		expect_allowed(allowed[i]);
	expect_allowed(NULL);
}

#define COUNT(list) (sizeof(list) / sizeof(list[0]))

static int go_shared(void **state)
{
	(void)state;
	shared = true;
	return 0;
}

static int go_dedicated(void **state)
{
	(void)state;
	shared = false;
	return 0;
}

static void expect_refused_anywhere(const char *option)
{
	char line[256];

	snprintf(line, sizeof(line), "quiet\t%s ro", option);
	expect_refused(line);
	snprintf(line, sizeof(line), "quiet %s -- ro", option);
	expect_refused(line);
	snprintf(line, sizeof(line), "quiet -- %s", option);
	expect_allowed(line);
}

static void test_shared(void **state)
{
	test_refused(state);
	test_allowed(state);
	for (size_t i = 0; i < COUNT(refused_shared); i++) {
		expect_refused(refused_shared[i]);
		assert_non_null(strstr(err.text, "in shared mode: "));
		expect_refused_anywhere(refused_shared[i]);
	}
	for (size_t i = 0; i < COUNT(allowed_shared); i++)
		expect_allowed(allowed_shared[i]);
	/* A quote that is not closed would take ours in. */
	expect_refused("rdinit=\"/init");
	expect_refused("rdinit=/a\"b c");
	expect_refused("\"rdinit=/init");
}

static void test_shared_rules_are_for_shared_mode(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused_shared); i++)
		expect_allowed(refused_shared[i]);
}

static void test_long_rdinit(void **state)
{
	char line[4200] = "rdinit=/";

	(void)state;
	memset(line + 8, 'x', 4094);
	expect_allowed(line);
	line[8 + 4094] = 'x';
	expect_refused(line);
}

/* Each also in the middle of a line, and none of them behind "--". */
static void test_anywhere_before_dashes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		expect_refused_anywhere(refused[i]);
	expect_refused("--x noapic");
	expect_refused("--=1 noapic");
	expect_allowed("\"--\" noapic");
}

static void test_spaces(void **state)
{
	(void)state;
	expect_refused("a\nnoapic\n");
	expect_refused("a\vnoapic\f\r");
	expect_refused("a\xa0noapic"); /* the kernel's isspace() */
	expect_allowed("a\x85noapic");
}

static void test_quotes(void **state)
{
	(void)state;
	expect_refused("\"noapic\"");
	expect_refused("acpi=\"off\"");
	expect_refused("\"acpi=off\"");
	expect_refused("x=\"a b\" noapic");
	expect_refused("\"noapic");
	expect_allowed("x=\"a noapic b\"");
	expect_allowed("\"x=a noapic b\"");
	expect_allowed("x=\"a noapic");
	/* one quote is dropped at each end, not two */
	expect_allowed("\"acpi=\"off\"\"");
	expect_allowed("\"");
	expect_allowed("\"\"");
	expect_allowed("a=\"");
	expect_allowed("a=\"\"");
	expect_allowed("acpi=\"off b\"");
}

static void test_dashes_are_underscores(void **state)
{
	(void)state;
	expect_refused("8250.nr-uarts=2");
	expect_refused("8250-core.nr-uarts=2");
	expect_refused("no-ipi-broadcast=0");
	expect_refused("nolapic-timer");
	expect_allowed("8250.nr-uarts=0");
}

static void test_says_which_and_why(void **state)
{
	(void)state;
	expect_refused("quiet acpi=noirq");
	assert_non_null(strstr(err.text, "'acpi=noirq'"));
	assert_non_null(strstr(err.text, "ACPI tables"));
	expect_refused("noapic");
	assert_non_null(strstr(err.text, "'noapic'"));
	assert_non_null(strstr(err.text, "IO-APIC"));
	expect_refused("tsc=unstable noapic");
	assert_non_null(strstr(err.text, "'tsc=unstable'"));
	expect_refused("memmap=\"1G\n2G\"");
	assert_non_null(strstr(err.text, "'memmap=1G'"));
	assert_int_equal(twinos_cmdline_check("noapic", false, false, NULL),
			 -EINVAL);
}

/* A guest module makes the restart after a panic safe, and wants to be loaded. */
static void test_guest(void **state)
{
	(void)state;
	expect_refused("panic=5");
	assert_non_null(strstr(err.text, "without a guest module"));
	expect_refused("panic=-1");
	expect_refused("panic=");
	expect_allowed("panic=0");
	expect_allowed("rdinit=/twinos/init");
	assert_int_equal(twinos_cmdline_check("panic=5", false, true, &err), 0);
	assert_int_equal(twinos_cmdline_check("rdinit=/twinos/init", false,
					      true, &err),
			 -EINVAL);
	assert_int_equal(twinos_cmdline_check("idle=poll", false, true, &err),
			 0);
}

static void test_panic_timeout(void **state)
{
	(void)state;
	assert_int_equal(twinos_cmdline_panic(NULL), 0);
	assert_int_equal(twinos_cmdline_panic("quiet"), 0);
	assert_int_equal(twinos_cmdline_panic("panic=5 panic=-1 x"), -1);
	assert_int_equal(twinos_cmdline_panic("panic=7 -- panic=8"), 7);
}

static void test_long_value(void **state)
{
	char line[4096];

	(void)state;
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	memcpy(line, "memmap=", 7);
	expect_refused(line);
	assert_non_null(strstr(err.text, "host's memory"));
}

#define OURS                                          \
	"tsc_early_khz=2999999 tsc=reliable pci=off " \
	"8250.nr_uarts=0 no_ipi_broadcast=1 panic=0 " \
	"module_blacklist=kvm_intel"

static void expect_built(const char *user, const char *want)
{
	char *cmdline = twinos_cmdline_build(user, 2999999, shared, shared);

	assert_non_null(cmdline);
	assert_string_equal(cmdline, want);
	free(cmdline);
}

static void test_build(void **state)
{
	(void)state;
	expect_built(NULL, OURS);
	expect_built("", OURS);
	expect_built("quiet -- x", OURS " quiet -- x");
	expect_built("rdinit=/a b", OURS " rdinit=/a b");
}

#define SHIM "rdinit=/twinos/init"

static void expect_with_guest(const char *user, const char *want)
{
	char *cmdline = twinos_cmdline_build(user, 2999999, false, true);

	assert_non_null(cmdline);
	assert_string_equal(cmdline, want);
	free(cmdline);
}

/* The module sets panic_timeout; before it is there a restart is no option. */
static void test_build_guest(void **state)
{
	(void)state;
	expect_with_guest(NULL, OURS " " SHIM);
	expect_with_guest("quiet", OURS " " SHIM " quiet");
	expect_with_guest("panic=5", OURS " " SHIM);
	expect_with_guest("a panic=5 b", OURS " " SHIM " a b");
	expect_with_guest("a panic=\"5\" rdinit=/b panic=1 c -- panic=9",
			  OURS " a rdinit=/b " SHIM " c -- panic=9");
}

#define SHARED OURS " nmi_watchdog=0 intel_idle.max_cstate=0"

/* What stands before a rdinit= is dropped from the arguments of init. */
static void test_build_shared(void **state)
{
	(void)state;
	expect_built(NULL, SHARED " " SHIM);
	expect_built("", SHARED " " SHIM);
	expect_built("single -- x", SHARED " " SHIM " single -- x");
	expect_built("a rdinit=/b c", SHARED " a rdinit=/b " SHIM " c");
	expect_built("rdinit=/b", SHARED " rdinit=/b " SHIM);
	expect_built("rdinit=/b\t", SHARED " rdinit=/b " SHIM "\t");
	expect_built("rdinit=/a rdinit=/b c -- rdinit=/d",
		     SHARED " rdinit=/a rdinit=/b " SHIM " c -- rdinit=/d");
	expect_built("a=\"b c\" rdinit=\"/d e\" f",
		     SHARED " a=\"b c\" rdinit=\"/d e\" " SHIM " f");
	expect_built("-- rdinit=/d", SHARED " " SHIM " -- rdinit=/d");
}

static void expect_rdinit(const char *user, const char *want)
{
	char *rdinit = twinos_cmdline_rdinit(user);

	assert_non_null(rdinit);
	assert_string_equal(rdinit, want);
	free(rdinit);
}

static void test_rdinit(void **state)
{
	(void)state;
	expect_rdinit(NULL, "/init");
	expect_rdinit("", "/init");
	expect_rdinit("init=/bin/sh rdinit", "/init");
	expect_rdinit("-- rdinit=/a", "/init");
	expect_rdinit("rdinit=/a", "/a");
	expect_rdinit("rdinit=/a rdinit=/b quiet -- rdinit=/c", "/b");
	expect_rdinit("\"rdinit=/a b\" c", "/a b");
	expect_rdinit("rdinit=\"/a\"", "/a");
	expect_rdinit("x=\"rdinit=/a rdinit=/b\"", "/init");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_allowed),
		cmocka_unit_test(test_anywhere_before_dashes),
		cmocka_unit_test(test_spaces),
		cmocka_unit_test(test_quotes),
		cmocka_unit_test(test_dashes_are_underscores),
		cmocka_unit_test(test_says_which_and_why),
		cmocka_unit_test(test_guest),
		cmocka_unit_test(test_panic_timeout),
		cmocka_unit_test(test_build_guest),
		cmocka_unit_test(test_long_value),
		cmocka_unit_test(test_build),
		cmocka_unit_test(test_rdinit),
		cmocka_unit_test(test_shared_rules_are_for_shared_mode),
		cmocka_unit_test_setup_teardown(test_shared, go_shared,
						go_dedicated),
		cmocka_unit_test_setup_teardown(test_long_rdinit, go_shared,
						go_dedicated),
		cmocka_unit_test_setup_teardown(test_build_shared, go_shared,
						go_dedicated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
