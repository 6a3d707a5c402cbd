// SPDX-License-Identifier: GPL-2.0-only
/*
 * inih takes a line apart. It gets the lines from us, one by one, so that we know the
 * number of each, and see before it what it would let pass: see check_line().
 */
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf.h"
#include "error.h"

#define SECTION "twin"
#define SPACES " \t\n\v\f\r"

/* What some editors put before UTF-8. */
#define BOM "\xef\xbb\xbf"

/**
 * struct conf - a file that is being read
 * @text: what is left of it
 * @line: the number of the last one that was taken
 * @given: the row was seen
 * @ret: 0, or -errno of what stands in @err
 */
struct conf {
	const char *path;
	const char *text;
	size_t length;
	unsigned int line;
	struct options *options;
	bool given[ARGS_MAX_OPTIONS];
	struct twinos_error *err;
	int ret;
};

__attribute__((format(printf, 2, 3))) static void
mistake(struct conf *conf, const char *format, ...)
{
	char what[sizeof(conf->err->text)];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	conf->ret = twinos_fail(conf->err, TWINOS_ERROR_USAGE, EINVAL,
				"%.256s:%u: %s", conf->path, conf->line, what);
}

/* ---- lines ----------------------------------------------------------------- */

static void check_section(struct conf *conf, const char *line)
{
	size_t length = strlen("[" SECTION "]");

	if (strncmp(line, "[" SECTION "]", length) ||
	    line[length + strspn(line + length, SPACES)])
		mistake(conf,
			"'%.*s' is no section: there is [" SECTION "] only",
			(int)strcspn(line, "\r\n"), line);
}

/* inih takes a colon for an equals sign, and tells us of no section without a key. */
static void check_line(struct conf *conf, const char *line)
{
	line += strspn(line, SPACES);
	if (*line == '[')
		check_section(conf, line);
	else if (*line && *line != '#' && *line != ';' &&
		 line[strcspn(line, "=:")] != '=')
		mistake(conf, "there is no '=' where KEY = VALUE should stand");
}

static size_t line_length(const struct conf *conf)
{
	const char *end = memchr(conf->text, '\n', conf->length);

	return end ? (size_t)(end + 1 - conf->text) : conf->length;
}

/* As fgets(3) does, for inih. */
static char *next_line(char *line, int size, void *stream)
{
	struct conf *conf = stream;
	size_t length;

	if (conf->ret || !conf->length)
		return NULL;
	length = line_length(conf);
	conf->line++;
	if (length > CONF_LINE_MAX || length >= (size_t)size) {
		mistake(conf, "it is longer than %d bytes", CONF_LINE_MAX);
		return NULL;
	}
	memcpy(line, conf->text, length);
	line[length] = '\0';
	conf->text += length;
	conf->length -= length;
	if (strlen(line) == length)
		check_line(conf, line);
	else
		mistake(conf, "a NUL byte stands in it");
	return conf->ret ? NULL : line;
}

/* ---- keys ------------------------------------------------------------------ */

static const struct args_option *find_row(const char *key)
{
	const struct args_option *row;

	for (row = options_table; row->name; row++)
		if (!row->call_only &&
		    (!strcmp(row->name, key) ||
		     (row->alias && !strcmp(row->alias, key))))
			return row;
	return NULL;
}

static void set(struct conf *conf, const struct args_option *row,
		const char *value)
{
	const char *kept = value ? options_keep(conf->options, value) : NULL;
	struct twinos_error err;

	if (value && !kept)
		mistake(conf, "out of memory");
	else if (row->set(conf->options, kept, &err))
		mistake(conf, "key '%s': %s", row->name, err.text);
}

/* An option that can stand without a value is there or not. */
static void take_value(struct conf *conf, const struct args_option *row,
		       const char *value)
{
	bool bare = !row->value || row->optional;

	if (bare && !strcmp(value, "no"))
		return;
	if (bare && !strcmp(value, "yes"))
		set(conf, row, NULL);
	else if (!row->value || (bare && !*value))
		mistake(conf, "key '%s': '%.64s' is neither yes nor no",
			row->name, value);
	else
		set(conf, row, value);
}

static int take_key(void *user, const char *section, const char *key,
		    const char *value)
{
	const struct args_option *row = find_row(key);
	struct conf *conf = user;

	if (!*section)
		mistake(conf, "no [" SECTION "] stands before the first key");
	else if (!row)
		mistake(conf, "key '%.64s' is not known", key);
	else if (conf->given[row - options_table] && !row->repeatable)
		mistake(conf, "key '%s' is given twice", row->name);
	else
		take_value(conf, row, value);
	if (row)
		conf->given[row - options_table] = true;
	return !conf->ret;
}

/* ---- files ----------------------------------------------------------------- */

int conf_parse(const char *path, const char *text, size_t length,
	       struct options *options, struct twinos_error *err)
{
	struct conf conf = {
		.path = path,
		.text = text,
		.length = length,
		.options = options,
		.err = err,
	};
	int ret;

	if (length >= strlen(BOM) && !memcmp(text, BOM, strlen(BOM))) {
		conf.text += strlen(BOM);
		conf.length -= strlen(BOM);
	}
	/* A value may go on in no other line, and a kernel's command line hold a ';'. */
	ini_allow_multiline = false;
	ini_allow_inline_comments = false;
	ini_stop_on_first_error = true;
	ini_max_line = CONF_LINE_MAX + 2;
	ret = ini_parse_stream(next_line, &conf, take_key, &conf);
	if (ret && !conf.ret)
		mistake(&conf, "it can't be understood");
	return conf.ret;
}

static int refuse(struct twinos_error *err, int code, const char *path,
		  const char *why)
{
	return twinos_fail(err, TWINOS_ERROR_SYSTEM, code, "%.256s: %s", path,
			   why);
}

static int read_text(int fd, const char *path, char *text, size_t *length,
		     struct twinos_error *err)
{
	struct stat stat_buf;
	ssize_t got;

	if (fstat(fd, &stat_buf))
		return refuse(err, errno, path, strerror(errno));
	if (!S_ISREG(stat_buf.st_mode))
		return refuse(err, EINVAL, path, "it is no regular file");
	do {
		got = read(fd, text + *length, CONF_FILE_MAX + 1 - *length);
		*length += got > 0 ? (size_t)got : 0;
	} while (got > 0);
	if (got < 0)
		return refuse(err, errno, path, strerror(errno));
	if (*length > CONF_FILE_MAX)
		return refuse(err, EFBIG, path,
			      "it is too large to be a twin's configuration");
	return 0;
}

static int read_file(int fd, const char *path, struct options *options,
		     struct twinos_error *err)
{
	char *text = malloc(CONF_FILE_MAX + 1);
	size_t length = 0;
	int ret;

	if (!text)
		return refuse(err, ENOMEM, path, strerror(ENOMEM));
	ret = read_text(fd, path, text, &length, err);
	if (!ret)
		ret = conf_parse(path, text, length, options, err);
	free(text);
	return ret;
}

static bool is_name(const char *conf)
{
	return !strchr(conf, '/');
}

int conf_path(char path[PATH_MAX], const char *conf, struct twinos_error *err)
{
	struct twinos_error unused;
	bool name = is_name(conf);

	if (name && parse_name(conf, err ? err : &unused))
		return -EINVAL;
	if (snprintf(path, PATH_MAX, name ? CONF_DIR "/%s.conf" : "%s", conf) <
	    PATH_MAX)
		return 0;
	return twinos_fail(err, TWINOS_ERROR_USAGE, ENAMETOOLONG,
			   "the file's name is too long");
}

static int cant_open(const char *conf, const char *path, int code,
		     struct twinos_error *err)
{
	if (code != ENOENT || !is_name(conf))
		return refuse(err, code, path, strerror(code));
	return twinos_fail(err, TWINOS_ERROR_SYSTEM, code,
			   "%.256s: %s; a file elsewhere is given with a "
			   "slash: ./%s",
			   path, strerror(code), conf);
}

int conf_read(const char *conf, struct options *options,
	      struct twinos_error *err)
{
	char path[PATH_MAX];
	int fd, ret;

	ret = conf_path(path, conf, err);
	if (ret)
		return ret;
	/* To open a FIFO must not take until somebody writes to it. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return cant_open(conf, path, errno, err);
	if (is_name(conf))
		options->config.name = conf;
	ret = read_file(fd, path, options, err);
	close(fd);
	return ret;
}
