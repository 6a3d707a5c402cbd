// SPDX-License-Identifier: GPL-2.0-only
/* twin.conf(5): every key, every mistake, and what the command line does to it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf.h"
#include "exit.h"
#include "fake_root.h"
#include "launch.h"

static struct options options;
static struct twinos_error err;

static int start_options(void **state)
{
	(void)state;
	options_init(&options);
	return 0;
}

static int release_options(void **state)
{
	(void)state;
	options_release(&options);
	return 0;
}

static void reads(const char *text)
{
	options_release(&options);
	options_init(&options);
	if (conf_parse("f", text, strlen(text), &options, &err))
		fail_msg("%s", err.text);
}

static void refuses_bytes(const char *text, size_t length, const char *want)
{
	options_release(&options);
	options_init(&options);
	assert_int_equal(conf_parse("f", text, length, &options, &err),
			 -EINVAL);
	assert_int_equal(err.kind, TWINOS_ERROR_USAGE);
	if (strncmp(err.text, want, strlen(want)))
		fail_msg("'%s' instead of '%s'", err.text, want);
}

static void refuses(const char *text, const char *want)
{
	refuses_bytes(text, strlen(text), want);
}

#define ALL                                        \
	"# a comment\n"                            \
	"; another = one\n"                        \
	"\n"                                       \
	"[twin]\n"                                 \
	"kernel = /boot/vmlinuz # not a comment\n" \
	"name=web\n"                               \
	"  shared   =   3  \r\n"                   \
	"slice = 2ms\n"                            \
	"memory = 1G\n"                            \
	"initrd = a\n"                             \
	"initrd = b\n"                             \
	"disk = d.img,ro\n"                        \
	"net = host=10.77.0.1/24,nat\n"            \
	"vsock = 5\n"                              \
	"rng = yes\n"                              \
	"reserved = no\n"                          \
	"extra-console = yes\n"                    \
	"extra-console = name=second\n"            \
	"extra-console = no\n"                     \
	"[twin]\n"                                 \
	"append = console=hvc0 a:b ; quiet\n"      \
	"restart = always\n"                       \
	"restart-limit = 0\n"                      \
	"hang-limit = 3.5\n"                       \
	"keep = yes"

static void all_kinds(void **state)
{
	const struct twinos_config *config = &options.config;

	(void)state;
	reads(ALL);
	assert_int_equal(options_check(&options, "start", &err), 0);
	assert_string_equal(config->kernel, "/boot/vmlinuz # not a comment");
	assert_string_equal(config->name, "web");
	assert_true(config->shared);
	assert_int_equal(config->cpus[0], 3);
	assert_int_equal(config->slice_us, 2000);
	assert_int_equal(config->memory, 1 << 30);
	assert_int_equal(config->nr_initrds, 2);
	assert_string_equal(config->initrds[0], "a");
	assert_string_equal(config->initrds[1], "b");
	assert_false(config->reserved);
	assert_string_equal(config->cmdline, "console=hvc0 a:b ; quiet");
	assert_int_equal(options.restart.policy, RESTART_ALWAYS);
	assert_int_equal(options.restart.limit, 0);
	assert_int_equal(options.hang_ms, 3500);
	assert_true(options.keep);
}

static void devices(void **state)
{
	static const struct twinos_device want[] = {
		{ "disk", "d.img,ro" },	 { "net", "host=10.77.0.1/24,nat" },
		{ "vsock", "5" },	 { "rng", "" },
		{ "extra-console", "" }, { "extra-console", "name=second" },
	};
	size_t i;

	(void)state;
	reads(ALL);
	assert_int_equal(options.config.nr_devices,
			 sizeof(want) / sizeof(want[0]));
	for (i = 0; i < options.config.nr_devices; i++) {
		assert_string_equal(options.devices[i].kind, want[i].kind);
		assert_string_equal(options.devices[i].text, want[i].text);
	}
}

static void nothing(void **state)
{
	(void)state;
	reads("");
	reads("\n\n");
	reads("[twin]");
	reads("[twin]\r\nappend =\n");
	assert_string_equal(options.append, "");
	reads("\xef\xbb\xbf[twin]\nname = a\n");
	assert_string_equal(options.config.name, "a");
}

/* Each key is a row of the table, and each row but those of the call a key. */
static void keys(void **state)
{
	const struct args_option *row;
	char text[128], want[128];

	(void)state;
	for (row = options_table; row->name; row++) {
		snprintf(text, sizeof(text), "[twin]\n%s = \x01\n", row->name);
		snprintf(want, sizeof(want), "f:2: key '%s' is not known",
			 row->name);
		options_release(&options);
		options_init(&options);
		*err.text = '\0';
		conf_parse("f", text, strlen(text), &options, &err);
		assert_int_equal(!strcmp(err.text, want), row->call_only);
	}
}

static void mistakes(void **state)
{
	(void)state;
	refuses("name = a\n", "f:1: no [twin] stands before");
	refuses("[twin]\nnone = a\n", "f:2: key 'none' is not known");
	refuses("[twin]\n= a\n", "f:2: key '' is not known");
	refuses("[twin]\njson = yes\n", "f:2: key 'json' is not known");
	refuses("[twin]\nconfig = x\n", "f:2: key 'config' is not known");
	refuses("[twin]\n\n# x\ncpus\n", "f:4: there is no '='");
	refuses("[twin]\ncpus: 2\n", "f:2: there is no '='");
	refuses("[twin]\nshare /srv:x = y\n", "f:2: there is no '='");
	refuses("[twin]\nname = a\nname = b\n",
		"f:3: key 'name' is given twice");
	refuses("[twin]\nrng = no\nrng = yes\n",
		"f:3: key 'rng' is given twice");
	refuses("[twin]\nappend = a\ncommand-line = b\n",
		"f:3: key 'append' is given twice");
	refuses("[twin]\nrng = 1\n",
		"f:2: key 'rng': '1' is neither yes nor no");
	refuses("[twin]\nrng =\n", "f:2: key 'rng': '' is neither yes nor no");
	refuses("[twin]\nextra-console =\n", "f:2: key 'extra-console': ''");
	refuses("[twin]\nmemory = 3M\n", "f:2: key 'memory': '3M' is not a");
	refuses("[twin]\ncpus = x\nname = -\n", "f:2: key 'cpus': ");
	refuses("[twin]\nkernel =\n", "f:2: key 'kernel': ");
}

static void sections(void **state)
{
	(void)state;
	refuses("[other]\n", "f:1: '[other]' is no section");
	refuses("[twin]\n[twins]\n", "f:2: '[twins]' is no section");
	refuses("[twin\n", "f:1: '[twin' is no section");
	refuses("[twin] name = a\n", "f:1: '[twin] name = a' is no section");
	refuses("[]\n", "f:1: '[]' is no section");
}

/* A line of @length bytes behind the first one, with @last at its end. */
static char *long_line(size_t length, const char *last)
{
	char *text = malloc(length + 16);

	strcpy(text, "[twin]\nappend=");
	memset(text + 14, 'x', length);
	strcpy(text + 7 + length - strlen(last), last);
	return text;
}

static void lines(void **state)
{
	char *text;

	(void)state;
	text = long_line(CONF_LINE_MAX, "\n");
	reads(text);
	assert_int_equal(strlen(options.append), CONF_LINE_MAX - 8);
	free(text);
	text = long_line(CONF_LINE_MAX, "");
	reads(text);
	assert_int_equal(strlen(options.append), CONF_LINE_MAX - 7);
	free(text);
	text = long_line(CONF_LINE_MAX + 1, "\n");
	refuses(text, "f:2: it is longer than 4096 bytes");
	free(text);
	refuses_bytes("[twin]\nname = a\0b\n", 18, "f:2: a NUL byte");
	refuses_bytes("\0", 1, "f:1: a NUL byte");
}

/* ---- roots ----------------------------------------------------------------- */

static const char *there;

/* What options_check() makes of lines in which "@" is the directory that is there. */
static int checks(const char *lines)
{
	char text[1024] = "[twin]\n", *to = text + strlen(text);

	for (; *lines; lines++)
		if (*lines == '@')
			to = stpcpy(to, there);
		else
			*to++ = *lines;
	*to = '\0';
	reads(text);
	return options_check(&options, "start", &err);
}

static void boots_from(const char *lines, const char *kind, const char *device,
		       const char *cmdline)
{
	char want[256];

	if (checks(lines))
		fail_msg("%s: %s", lines, err.text);
	snprintf(want, sizeof(want), device, there);
	assert_string_equal(options.config.devices[0].kind, kind);
	assert_string_equal(options.config.devices[0].text, want);
	assert_string_equal(options.config.cmdline, cmdline);
}

static void roots(void **state)
{
	(void)state;
	there = fake_root_make();
	fake_root_put("/a,b=c", "x");
	boots_from("root = @\n", "share", "dir=%s:twinroot,cached",
		   "root=twinroot rootfstype=virtiofs rw net.ifnames=0");
	assert_non_null(options.config.root);
	boots_from("root = @,ro\nappend = quiet\n", "share",
		   "dir=%s:twinroot,cached,ro",
		   "root=twinroot rootfstype=virtiofs ro net.ifnames=0 quiet");
	boots_from("root = @/a,,b=c\n", "disk", "file=%s/a,,b=c",
		   "root=/dev/vda rw net.ifnames=0");
	boots_from("root = @/a,,b=c,partition=2,ro,format=qcow2\n", "disk",
		   "file=%s/a,,b=c,ro,format=qcow2",
		   "root=/dev/vda2 ro net.ifnames=0");
	boots_from("disk = d\nnet = n\nroot = @/a,,b=c,name=r\ninitrd = i\n",
		   "disk", "file=%s/a,,b=c,name=r",
		   "root=/dev/vda rw net.ifnames=0");
	assert_null(options.config.root);
	assert_int_equal(options.config.nr_devices, 3);
	assert_string_equal(options.config.devices[1].text, "d");
	assert_string_equal(options.config.devices[2].text, "n");
	fake_root_remove();
}

static void refuses_root(const char *lines, enum twinos_error_kind kind,
			 const char *want)
{
	assert_int_not_equal(checks(lines), 0);
	assert_int_equal(err.kind, kind);
	if (!strstr(err.text, want))
		fail_msg("'%s' without '%s'", err.text, want);
}

static void no_roots(void **state)
{
	(void)state;
	there = fake_root_make();
	refuses_root("root = @/none\n", TWINOS_ERROR_IMAGE, "No such file");
	refuses_root("root = @,partition=1\n", TWINOS_ERROR_USAGE,
		     "'partition' is for images");
	refuses_root("root = @,direct\n", TWINOS_ERROR_USAGE,
		     "'direct' is for images");
	refuses_root("root = @\nno-guest-module = yes\n", TWINOS_ERROR_USAGE,
		     "devices need a guest module");
	fake_root_remove();
	refuses("[twin]\nroot =\n", "f:2: key 'root': root: no directory");
	refuses("[twin]\nroot = ro\n", "f:2: key 'root': root: no directory");
	refuses("[twin]\nroot = x,partition=0\n",
		"f:2: key 'root': root: '0' can't be partition");
	refuses("[twin]\nroot = x,partition=129\n",
		"f:2: key 'root': root: '129' can't be partition");
	refuses("[twin]\nroot = x,size=1\n",
		"f:2: key 'root': root: 'size' is not known");
}

/* ---- files ----------------------------------------------------------------- */

static void paths(void **state)
{
	char path[PATH_MAX], *name = malloc(2 * PATH_MAX);

	(void)state;
	assert_int_equal(conf_path(path, "web", &err), 0);
	assert_string_equal(path, "/etc/twinos/web.conf");
	assert_int_equal(conf_path(path, "./web", &err), 0);
	assert_string_equal(path, "./web");
	assert_int_equal(conf_path(path, "", &err), -EINVAL);
	assert_int_equal(conf_path(path, "a b", &err), -EINVAL);
	memset(name, '/', 2 * PATH_MAX - 1);
	name[2 * PATH_MAX - 1] = '\0';
	assert_int_equal(conf_path(path, name, &err), -ENAMETOOLONG);
	free(name);
}

static void fails(const char *path, int want, const char *text)
{
	assert_int_equal(conf_read(path, &options, &err), want);
	assert_int_equal(err.kind, TWINOS_ERROR_SYSTEM);
	if (!strstr(err.text, text))
		fail_msg("'%s' without '%s'", err.text, text);
}

static void files(void **state)
{
	const char *root = fake_root_make();
	char path[64], *large = calloc(1, CONF_FILE_MAX + 2);

	(void)state;
	snprintf(path, sizeof(path), "%s/f", root);
	fails(path, -ENOENT, "No such file");
	fails("no-twin-of-this-name", -ENOENT,
	      "/etc/twinos/no-twin-of-this-name.conf: No such file or "
	      "directory; a file elsewhere is given with a slash");
	fails(root, -EINVAL, "no regular file");
	assert_int_equal(mkfifo(path, 0600), 0);
	fails(path, -EINVAL, "no regular file");
	memset(large, '\n', CONF_FILE_MAX + 1);
	fake_root_put("/f", large);
	fails(path, -EFBIG, "too large");
	fake_root_put("/f", large + 1);
	assert_int_equal(conf_read(path, &options, &err), 0);
	assert_null(options.config.name);
	free(large);
	fake_root_remove();
}

/* ---- the command line ------------------------------------------------------ */

static struct options *launched;

static int keep_options(struct options *given)
{
	launched = malloc(sizeof(*launched));
	*launched = *given;
	/* What they point to is released behind us. */
	memset(given, 0, sizeof(*given));
	return EXIT_OK;
}

static const struct args args = {
	.command = "run",
	.operands = "",
	.max_operands = 1,
	.help = "",
	.options = options_table,
};

#define LAUNCH(...)                                               \
	launch_command(&args, keep_options,                       \
		       sizeof((char *[]){ "run", __VA_ARGS__ }) / \
			       sizeof(char *),                    \
		       (char *[]){ "run", __VA_ARGS__, NULL })

static void drop_launched(void)
{
	options_release(launched);
	free(launched);
	launched = NULL;
}

static void overrides(void **state)
{
	const char *root = fake_root_make();
	const struct twinos_config *config;
	char path[64];

	(void)state;
	snprintf(path, sizeof(path), "%s/f", root);
	fake_root_put("/f", "[twin]\nname = a\ncpus = 2-3,5\ninitrd = one\n"
			    "vsock = 5\nrng = yes\nappend = x\ndisk = d\n");
	assert_int_equal(LAUNCH("--initrd", "two", "--config", path, "--cpus",
				"4", "--vsock=6", "--rng", "--name", "b",
				"--disk", "e"),
			 EXIT_OK);
	config = &launched->config;
	assert_string_equal(config->name, "b");
	assert_int_equal(config->nr_cpus, 4);
	assert_null(config->cpus);
	assert_int_equal(config->nr_initrds, 2);
	assert_string_equal(config->initrds[0], "one");
	assert_string_equal(config->initrds[1], "two");
	assert_string_equal(config->cmdline, "x");
	assert_int_equal(config->nr_devices, 4);
	assert_string_equal(config->devices[0].text, "6");
	assert_string_equal(config->devices[2].text, "d");
	assert_string_equal(config->devices[3].text, "e");
	drop_launched();
	fake_root_remove();
}

/* A command is run by the agent, and not by the init of the root. */
static void serves(void **state)
{
	const char *root = fake_root_make();

	(void)state;
	assert_int_equal(LAUNCH("--root", (char *)root, "--", "true"), EXIT_OK);
	assert_string_equal(
		launched->config.cmdline,
		"root=twinroot rootfstype=virtiofs rw net.ifnames=0 twinos.agent");
	assert_string_equal(launched->config.devices[0].kind, "share");
	assert_string_equal(launched->config.devices[1].kind, "vsock");
	drop_launched();
	fake_root_remove();
}

static void contradicts(void **state)
{
	const char *root = fake_root_make();
	char path[64];

	(void)state;
	snprintf(path, sizeof(path), "%s/f", root);
	fake_root_put("/f", "[twin]\ncpus = 2\n");
	assert_int_equal(LAUNCH("--config", path, "--shared", "0"), EXIT_USAGE);
	fake_root_put("/f", "[twin]\ncpus = 2\nkeep = yes\n");
	assert_int_equal(LAUNCH("--config", path), EXIT_USAGE);
	fake_root_put("/f", "[twin]\ncpus = 2\nslice = 2ms\n");
	assert_int_equal(LAUNCH("--config", path), EXIT_USAGE);
	fake_root_put("/f", "[twin]\ncpus = 2\nnone = 2ms\n");
	assert_int_equal(LAUNCH("--config", path), EXIT_USAGE);
	assert_int_equal(LAUNCH("--config", (char *)root), EXIT_SYSTEM);
	assert_null(launched);
	fake_root_remove();
}

#define OPTIONS(test) \
	cmocka_unit_test_setup_teardown(test, start_options, release_options)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		OPTIONS(all_kinds),	  OPTIONS(devices),
		OPTIONS(nothing),	  OPTIONS(keys),
		OPTIONS(mistakes),	  OPTIONS(sections),
		OPTIONS(lines),		  OPTIONS(roots),
		OPTIONS(no_roots),	  OPTIONS(paths),
		OPTIONS(files),		  cmocka_unit_test(overrides),
		cmocka_unit_test(serves), cmocka_unit_test(contradicts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
