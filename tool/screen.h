/* SPDX-License-Identifier: GPL-2.0-only */
/* The whole terminal, line by line, until it is given back as it was. */
#ifndef TWINCTL_SCREEN_H
#define TWINCTL_SCREEN_H

#include <stdbool.h>

/* Keys that are no characters. */
enum screen_key {
	SCREEN_NONE = -1, /* none is there */
	SCREEN_GONE = -2, /* nor will one ever come */
	SCREEN_UP = 256,
	SCREEN_DOWN,
	SCREEN_ENTER,
	SCREEN_BACKSPACE,
	SCREEN_ESCAPE,
	SCREEN_OTHER,
};

/* An alarm is red, unless the terminal has no colours or NO_COLOR wants none. */
enum screen_style {
	SCREEN_PLAIN,
	SCREEN_BOLD,
	SCREEN_REVERSE,
	SCREEN_ALARM,
	SCREEN_ALARM_REVERSE,
};

/*
 * screen_open() - take the terminal; NULL, or why it can't be had: a line. From then on
 * signals that would end this process, and SIGWINCH, come by screen_signals() and
 * screen_resized() instead.
 */
const char *screen_open(void);

/* screen_close() - as it was before; also if it was not opened */
void screen_close(void);

/* Two signalfds: what is to end us, and that screen_resize() is to be called. */
int screen_signals(void);
int screen_resized(void);
void screen_resize(void);

/* screen_leave() - as it was before, for another one; screen_return() - ours again */
void screen_leave(void);
void screen_return(void);

int screen_rows(void);
int screen_columns(void);

/* screen_line() - row number @row shows @text, as far as it has room, and nothing else */
void screen_line(int row, enum screen_style style, const char *text);

/* screen_show() - what was written, and the cursor there; @row is -1: nowhere */
void screen_show(int row, int column);

/* screen_key() - a character, or enum screen_key; never waits */
int screen_key(void);

#endif
