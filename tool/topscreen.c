// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the top: a title, the twins, what the CPUs of the selected one do, the end of its
 * log, and a line for what is to be told or asked.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chore.h"
#include "exit.h"
#include "lastlines.h"
#include "output.h"
#include "screen.h"
#include "stamp.h"
#include "topscreen.h"
#include "topview.h"
#include "watch.h"

#define ROWS_MIN 8
#define COLUMNS_MIN 40

/* Title, head, a free line, CPUs, the log's title and the last line. */
#define ROWS_TAKEN 6

#define KEYS "up/down select  c console  s stop  d dump  h help  q quit"

/* What the next key is for. */
enum mode { MODE_KEYS, MODE_HELP, MODE_STOP, MODE_DUMP };

/**
 * struct topscreen
 * @selected: a twin's name; "": there is none
 * @index: where that twin was seen last
 * @asked: the twin that a question or the chore is about, whatever is selected meanwhile
 * @input: the name of a file, as far as it is typed
 * @away: that the module is gone is the message
 * @message: instead of the keys in the last line, until the next one
 * @code: of the end
 */
struct topscreen {
	struct rates *rates;
	int64_t interval_ms, next_ms;
	char selected[32];
	size_t index;
	struct lastlines *log;
	enum mode mode;
	char asked[32];
	char input[256];
	bool away;
	char message[600];
	struct chore chore;
	bool over;
	int code;
};

/* ---- the selected twin ---- */

static const struct rates_twin *selected(const struct topscreen *top)
{
	return top->rates->nr ? &top->rates->twins[top->index] : NULL;
}

static size_t find_selected(const struct topscreen *top)
{
	size_t i;

	for (i = 0; i < top->rates->nr; i++)
		if (!strcmp(top->rates->twins[i].status->name, top->selected))
			return i;
	return top->index < i ? top->index : i - 1;
}

static void follow_log(struct topscreen *top)
{
	if (top->log && strcmp(lastlines_name(top->log), top->selected)) {
		lastlines_close(top->log);
		top->log = NULL;
	}
	if (!top->log && *top->selected)
		top->log = lastlines_open(top->selected);
	if (top->log)
		lastlines_read(top->log, selected(top)->status->starts);
}

/* If it is gone, the one in its place is. */
static void select_again(struct topscreen *top)
{
	top->index = top->rates->nr ? find_selected(top) : 0;
	snprintf(top->selected, sizeof(top->selected), "%s",
		 top->rates->nr ? selected(top)->status->name : "");
	follow_log(top);
}

static void move(struct topscreen *top, int by)
{
	size_t nr = top->rates->nr;

	if (!nr || (by < 0 && !top->index) || (by > 0 && top->index + 1 == nr))
		return;
	top->index += (size_t)by;
	strcpy(top->selected, top->rates->twins[top->index].status->name);
	follow_log(top);
}

static int sample(struct topscreen *top)
{
	struct twinos_error err;
	struct sample now;

	if (sample_take(&now, &err)) {
		if (err.kind == TWINOS_ERROR_SYSTEM)
			return -ENOMEM;
		/* The module was removed, and may come back. */
		snprintf(top->message, sizeof(top->message), "%s", err.text);
		now = (struct sample){ .at_ms = watch_now() };
		top->away = true;
	} else if (top->away) {
		*top->message = '\0';
		top->away = false;
	}
	if (rates_take(top->rates, &now)) {
		sample_free(&now);
		return -ENOMEM;
	}
	select_again(top);
	top->next_ms = watch_now() + top->interval_ms;
	return 0;
}

/* ---- drawing ---- */

static void draw_help(void)
{
	static const char *const lines[] = {
		"Each line is a twin:",
		"",
		"  CPUS      numbers of the host's",
		"  BUSY%     of each of its CPUs, or their mean; - it does not tell",
		"  NET       bytes a second that it received / sent",
		"  DISK      bytes a second that it read / wrote",
		"  IRQS/s    interrupts that its CPUs took",
		"  BELLS/s   notifications that came from it or went to it",
		"  TURNS/s, SHARE%   in shared mode: its turns, and the part of the CPU",
		"            that it had in them",
		"",
		"up, down    select one; below are its CPUs and the end of its log",
		"c           work at its terminal; Ctrl-] comes back",
		"s           stop it at once",
		"d           write its memory to a file",
		"q           quit; the twins go on",
	};
	size_t i;

	for (i = 0;
	     i < sizeof(lines) / sizeof(*lines) && (int)i < screen_rows() - 1;
	     i++)
		screen_line((int)i, SCREEN_PLAIN, lines[i]);
}

static enum screen_style style_of(const struct topscreen *top, size_t i)
{
	bool bad = topview_is_bad(top->rates->twins[i].status);

	if (i == top->index)
		return bad ? SCREEN_ALARM_REVERSE : SCREEN_REVERSE;
	return bad ? SCREEN_ALARM : SCREEN_PLAIN;
}

static int draw_twins(const struct topscreen *top, int row,
		      const struct topview_shape *shape)
{
	char text[TOPVIEW_SIZE];
	size_t room = (size_t)(screen_rows() - ROWS_TAKEN) / 2, i, first;

	/* What is selected is seen. */
	first = top->index < room ? 0 : top->index - room + 1;
	for (i = first; i < top->rates->nr && i < first + room; i++) {
		topview_twin(text, shape, &top->rates->twins[i]);
		screen_line(row++, style_of(top, i), text);
	}
	if (!top->rates->nr)
		screen_line(row++, SCREEN_PLAIN,
			    "There is no twin; 'twinctl start' makes one.");
	return row;
}

static void draw_log(const struct topscreen *top, int row, int end)
{
	const char *line;
	char title[64];
	size_t i, nr = 0;

	snprintf(title, sizeof(title), "Log of %s:", top->selected);
	screen_line(row++, SCREEN_BOLD, title);
	while (row + (int)nr < end && lastlines_get(top->log, nr))
		nr++;
	for (i = nr; i-- > 0; row++) {
		line = lastlines_get(top->log, i);
		screen_line(row, SCREEN_PLAIN, line);
	}
}

static void draw_all(const struct topscreen *top)
{
	struct topview_shape shape =
		topview_shape(top->rates, screen_columns());
	char text[TOPVIEW_SIZE];
	int row = 0;

	topview_title(text, top->rates, stamp_now() / 1000);
	screen_line(row++, SCREEN_BOLD, text);
	topview_head(text, &shape);
	screen_line(row++, SCREEN_REVERSE, text);
	row = draw_twins(top, row, &shape);
	if (!selected(top))
		return;
	topview_cpus(text, selected(top));
	screen_line(++row, SCREEN_PLAIN, text);
	if (top->log)
		draw_log(top, row + 1, screen_rows() - 1);
}

static void last_line(const struct topscreen *top, char *text, size_t size)
{
	switch (top->mode) {
	case MODE_HELP:
		snprintf(text, size, "Any key goes back.");
		break;
	case MODE_STOP:
		snprintf(text, size,
			 "Stop %s at once, as pulling the plug would? y/n",
			 top->asked);
		break;
	case MODE_DUMP:
		snprintf(text, size, "Write the memory of %s to file: %s",
			 top->asked, top->input);
		break;
	case MODE_KEYS:
		snprintf(text, size, "%s", *top->message ? top->message : KEYS);
		break;
	}
}

static bool is_too_small(void)
{
	return screen_rows() < ROWS_MIN || screen_columns() < COLUMNS_MIN;
}

/* The end of what is typed is what one wants to see. Returns where it ends. */
static int draw_last_line(const struct topscreen *top)
{
	size_t width = (size_t)screen_columns() - 1, length;
	char text[1024], *shown = text;

	last_line(top, text, sizeof(text));
	length = strlen(text);
	if (top->mode == MODE_DUMP && length > width)
		shown += length - width;
	screen_line(screen_rows() - 1, SCREEN_BOLD, shown);
	return (int)strlen(shown);
}

static void draw(const struct topscreen *top)
{
	char text[80];
	int row, column;

	for (row = 0; row < screen_rows(); row++)
		screen_line(row, SCREEN_PLAIN, "");
	if (is_too_small()) {
		snprintf(text, sizeof(text), "too small: %dx%d needed",
			 COLUMNS_MIN, ROWS_MIN);
		screen_line(0, SCREEN_PLAIN, text);
		screen_show(-1, 0);
		return;
	}
	if (top->mode == MODE_HELP)
		draw_help();
	else
		draw_all(top);
	column = draw_last_line(top);
	screen_show(top->mode == MODE_DUMP ? screen_rows() - 1 : -1, column);
}

/* ---- keys ---- */

static void begin_chore(struct topscreen *top, const char *command,
			const char *what, const char *file)
{
	char *argv[] = { (char[]){ "twinctl" }, (char *)command,
			 (char[]){ "--" },	top->asked,
			 (char *)file,		NULL };
	int ret = chore_begin(&top->chore, argv);

	if (ret)
		snprintf(top->message, sizeof(top->message),
			 "cannot run twinctl: %s", strerror(-ret));
	else
		snprintf(top->message, sizeof(top->message), "%s %s...", what,
			 top->asked);
}

static void end_chore(struct topscreen *top)
{
	const char *text = top->chore.text;
	int code;

	if (!chore_read(&top->chore, &code))
		return;
	if (!strncmp(text, "twinctl: ", 9))
		text += 9;
	/* 'dump' tells what it has done, 'stop' only what it could not. */
	if (*text)
		snprintf(top->message, sizeof(top->message), "%s", text);
	else
		snprintf(top->message, sizeof(top->message),
			 code ? "%s: it has failed" : "%s is stopped",
			 top->asked);
	top->next_ms = 0;
}

static void work_at_console(struct topscreen *top)
{
	char *argv[] = { (char[]){ "twinctl" }, (char[]){ "console" },
			 (char[]){ "--" }, top->selected, NULL };

	screen_leave();
	if (chore_at_terminal(argv, screen_signals()))
		snprintf(
			top->message, sizeof(top->message),
			"there is no terminal to work at; 'twinctl console %s' says why",
			top->selected);
	screen_return();
}

/* For a twin that is selected, and not while there is a chore. */
static void ask(struct topscreen *top, enum mode mode)
{
	if (top->chore.pid) {
		snprintf(top->message, sizeof(top->message),
			 "wait until the last order is carried out");
		return;
	}
	top->mode = mode;
	strcpy(top->asked, top->selected);
	*top->input = '\0';
}

static void take_order(struct topscreen *top, int key)
{
	if (!selected(top))
		return;
	switch (key) {
	case 'c':
		work_at_console(top);
		break;
	case 's':
		ask(top, MODE_STOP);
		break;
	case 'd':
		ask(top, MODE_DUMP);
		break;
	}
}

static void take_command(struct topscreen *top, int key)
{
	if (!top->chore.pid)
		*top->message = '\0';
	switch (key) {
	case SCREEN_UP:
	case 'k':
		move(top, -1);
		break;
	case SCREEN_DOWN:
	case 'j':
		move(top, 1);
		break;
	case 'h':
	case '?':
		top->mode = MODE_HELP;
		break;
	case 'q':
		top->over = true;
		break;
	default:
		take_order(top, key);
	}
}

static void type(struct topscreen *top, int key)
{
	size_t length = strlen(top->input);

	if (key == SCREEN_BACKSPACE && length)
		top->input[length - 1] = '\0';
	if (key < SCREEN_UP && length < sizeof(top->input) - 1) {
		top->input[length] = (char)key;
		top->input[length + 1] = '\0';
	}
}

static void take_file(struct topscreen *top, int key)
{
	if (key != SCREEN_ENTER && key != SCREEN_ESCAPE) {
		type(top, key);
		return;
	}
	top->mode = MODE_KEYS;
	if (key == SCREEN_ENTER && *top->input)
		begin_chore(top, "dump", "writing the memory of", top->input);
}

static void take_key(struct topscreen *top, int key)
{
	switch (top->mode) {
	case MODE_KEYS:
		take_command(top, key);
		break;
	case MODE_HELP:
		top->mode = MODE_KEYS;
		break;
	case MODE_STOP:
		top->mode = MODE_KEYS;
		if (key == 'y')
			begin_chore(top, "stop", "stopping", NULL);
		break;
	case MODE_DUMP:
		take_file(top, key);
		break;
	}
}

static void take_keys(struct topscreen *top)
{
	int key;

	while (!top->over && (key = screen_key()) != SCREEN_NONE) {
		if (key == SCREEN_GONE)
			top->over = true;
		else
			take_key(top, key);
	}
}

/* ---- the loop ---- */

static int time_left(const struct topscreen *top)
{
	int64_t left = top->next_ms - watch_now();

	if (left < 0)
		return 0;
	return left > 60000 ? 60000 : (int)left;
}

static void wait_and_do(struct topscreen *top)
{
	struct pollfd fds[] = {
		{ .fd = 0, .events = POLLIN },
		{ .fd = screen_signals(), .events = POLLIN },
		{ .fd = screen_resized(), .events = POLLIN },
		{ .fd = top->chore.pid ? top->chore.fd : -1, .events = POLLIN },
	};

	if (poll(fds, 4, time_left(top)) < 0)
		return;
	if (fds[1].revents) {
		top->over = true;
		return;
	}
	if (fds[2].revents)
		screen_resize();
	if (fds[3].revents)
		end_chore(top);
	if (fds[0].revents)
		take_keys(top);
}

static int loop(struct topscreen *top)
{
	int ret = 0;

	while (!top->over && !ret) {
		if (watch_now() >= top->next_ms)
			ret = sample(top);
		if (ret)
			break;
		draw(top);
		wait_and_do(top);
	}
	return ret;
}

int topscreen_run(struct rates *rates, int64_t interval_ms)
{
	struct topscreen top = { .rates = rates, .interval_ms = interval_ms };
	const char *trouble = screen_open();
	int ret;

	if (trouble)
		return fail_with(EXIT_USAGE,
				 "%s; 'twinctl top --once' prints "
				 "to any",
				 trouble);
	ret = loop(&top);
	screen_close();
	chore_leave(&top.chore);
	lastlines_close(top.log);
	if (!ret)
		return EXIT_OK;
	errno = -ret;
	return fail_errno("cannot go on");
}
