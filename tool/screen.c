// SPDX-License-Identifier: GPL-2.0-only
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define NCURSES_NOMACROS
#include <ncurses.h>
#include <term.h>

#include "screen.h"

#define ESCAPE_MS \
	25 /* between an escape key and what a function key sends behind it */
#define KEY_ESC 27
#define KEY_DEL 127

#define ALARM_PAIR 1

static SCREEN *terminal;
static int signals = -1, resized = -1;

/* What can't move its cursor is a printer. */
static const char *check_terminal(void)
{
	const char *type = getenv("TERM");
	char *move_to;
	int found;

	if (!type || !*type)
		return "TERM is not set, so that nobody knows what this terminal can do";
	if (setupterm(NULL, STDOUT_FILENO, &found) != OK)
		return "this machine does not know what a terminal of the type in TERM can do";
	move_to = tigetstr("cup");
	if (!move_to || move_to == (char *)-1)
		return "a terminal of the type in TERM can't move its cursor";
	return NULL;
}

static int open_signals(const int *which, size_t nr)
{
	struct sigaction action;
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < nr; i++) {
		/* nohup(1) must work: what is ignored stays ignored. */
		sigaction(which[i], NULL, &action);
		if (action.sa_handler != SIG_IGN)
			sigaddset(&set, which[i]);
	}
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static void begin_colours(void)
{
	const char *none = getenv("NO_COLOR");

	if ((none && *none) || !has_colors())
		return;
	start_color();
	use_default_colors();
	init_pair(ALARM_PAIR, COLOR_RED, -1);
}

static void begin(void)
{
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(ESCAPE_MS);
	curs_set(0);
	begin_colours();
}

const char *screen_open(void)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	static const int winch[] = { SIGWINCH };
	const char *trouble = check_terminal();

	if (trouble)
		return trouble;
	/* For the bytes of keys; all that is shown is ASCII. */
	setlocale(LC_CTYPE, "");
	signals = open_signals(ends, sizeof(ends) / sizeof(*ends));
	resized = open_signals(winch, 1);
	if (signals >= 0 && resized >= 0)
		terminal = newterm(NULL, stdout, stdin);
	if (!terminal) {
		screen_close();
		return "this terminal can't be had";
	}
	/* An exit() somewhere must not leave it as it is now. */
	atexit(screen_close);
	begin();
	return NULL;
}

void screen_close(void)
{
	if (terminal) {
		curs_set(1);
		endwin();
		delscreen(terminal);
	}
	terminal = NULL;
	if (signals >= 0)
		close(signals);
	if (resized >= 0)
		close(resized);
	signals = resized = -1;
}

int screen_signals(void)
{
	return signals;
}

int screen_resized(void)
{
	return resized;
}

static void take_size(void)
{
	struct winsize now;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &now) && now.ws_row && now.ws_col)
		resizeterm(now.ws_row, now.ws_col);
}

void screen_resize(void)
{
	struct signalfd_siginfo info;

	(void)!read(resized, &info, sizeof(info));
	take_size();
	clearok(curscr, TRUE);
}

void screen_leave(void)
{
	curs_set(1);
	endwin();
}

void screen_return(void)
{
	take_size();
	clearok(curscr, TRUE);
	refresh();
	curs_set(0);
	flushinp();
}

int screen_rows(void)
{
	return getmaxy(stdscr);
}

int screen_columns(void)
{
	return getmaxx(stdscr);
}

void screen_line(int row, enum screen_style style, const char *text)
{
	const attr_t attributes[] = {
		[SCREEN_PLAIN] = A_NORMAL,
		[SCREEN_BOLD] = A_BOLD,
		[SCREEN_REVERSE] = A_REVERSE,
		[SCREEN_ALARM] = A_BOLD | COLOR_PAIR(ALARM_PAIR),
		[SCREEN_ALARM_REVERSE] = A_REVERSE | COLOR_PAIR(ALARM_PAIR),
	};
	int width = screen_columns();

	wmove(stdscr, row, 0);
	wclrtoeol(stdscr);
	wattrset(stdscr, (int)attributes[style]);
	waddnstr(stdscr, text, width);
	if (attributes[style] & A_REVERSE)
		for (width -= (int)strlen(text); width > 0; width--)
			waddch(stdscr, ' ');
	wattrset(stdscr, A_NORMAL);
}

void screen_show(int row, int column)
{
	curs_set(row >= 0);
	if (row >= 0)
		wmove(stdscr, row, column);
	wrefresh(stdscr);
}

static int translate(int key)
{
	switch (key) {
	case KEY_UP:
		return SCREEN_UP;
	case KEY_DOWN:
		return SCREEN_DOWN;
	case KEY_ENTER:
	case '\r':
	case '\n':
		return SCREEN_ENTER;
	case KEY_BACKSPACE:
	case KEY_DEL:
	case '\b':
		return SCREEN_BACKSPACE;
	case KEY_ESC:
		return SCREEN_ESCAPE;
	}
	return key >= ' ' && key < KEY_DEL ? key : SCREEN_OTHER;
}

/* A terminal that has hung up is always readable, and nothing is there. */
int screen_key(void)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	int key = wgetch(stdscr);

	if (key != ERR)
		return translate(key);
	if (poll(&in, 1, 0) > 0 && in.revents & (POLLHUP | POLLERR | POLLNVAL))
		return SCREEN_GONE;
	return SCREEN_NONE;
}
