// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nothing tells us of a new line in the twin's log or of its parking: both are
 * words in memory that the twin writes. So we look 20 times a second. poll()
 * wakes us earlier for a signal and for a stop by somebody else.
 */
#include <errno.h>
#include <linux/twinos.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "control.h"
#include "follow.h"
#include "lastlog.h"
#include "notify.h"
#include "output.h"
#include "record.h"
#include "terminal.h"
#include "twins.h"
#include "watch.h"

#define LOOK_MS 50

/* A twin that writes without end must not keep us from signals. */
#define RECORDS_A_LOOK 256

/* After "Kernel panic" come the modules, the stack and the end of the dump. */
#define PANIC_MS 1000

/* A heartbeat comes once a second. */
#define BEATS_MS 500

/* How long the last lines may take if nobody reads them. */
#define DRAIN_MS 2000

struct following {
	struct twinos_twin *twin;
	int fd;
	const struct follow_how *how;
	struct twinos_log *log;
	bool prints; /* our own, not the seat's */
	int64_t search_after; /* no look at the log before */
	int64_t beats_after; /* nor at the heartbeats */
	int64_t panic_until; /* 0: no panic seen */
	unsigned int state; /* TWINOS_RUNNING to _HUNG: how it is */
	bool up; /* who started us as a service knows it */
	bool taken_off; /* hung: it has lost its CPU, and will not run again */
	struct follow_end *end;
};

int follow_signals(void)
{
	static const int ours[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action;
	sigset_t set;
	size_t i;
	int fd;

	sigemptyset(&set);
	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		/* nohup(1) must work: what is ignored stays ignored. */
		sigaction(ours[i], NULL, &action);
		if (action.sa_handler != SIG_IGN)
			sigaddset(&set, ours[i]);
	}
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* One record; false if there is none or it could not be printed. */
static void show_record(const struct following *following,
			const struct twinos_record *record)
{
	char *lines = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&lines, &size);

	if (!file)
		return;
	record_lines(record, file, "\r\n");
	fclose(file);
	terminal_print(following->how->terminal, lines, size);
	free(lines);
}

static bool take_record(struct following *following)
{
	struct follow_end *end = following->end;
	struct twinos_record record;
	int ret;

	ret = twinos_log_next(following->log, &record);
	end->log_error = ret < 0 ? ret : 0;
	if (ret == -EAGAIN)
		following->search_after = watch_now() + WATCH_SEARCH_MS;
	if (ret <= 0)
		return false;
	if (following->prints && !end->print_error)
		end->print_error = record_print(&record);
	if (following->how->terminal)
		show_record(following, &record);
	return true;
}

/* The records stay in the ring while standard output takes no more. */
static bool can_take(const struct following *following, int timeout_ms)
{
	return !following->prints || following->end->print_error ||
	       record_can_print(timeout_ms);
}

static void look_at_log(struct following *following)
{
	int left = RECORDS_A_LOOK;

	if (watch_now() < following->search_after)
		return;
	while (left-- && can_take(following, 0) && take_record(following))
		;
}

/* The twin is stopped: what is in its memory now is all. */
static void drain_log(struct following *following)
{
	int64_t until = watch_now() + DRAIN_MS;

	while (watch_now() < until && can_take(following, DRAIN_MS) &&
	       take_record(following))
		;
}

/* Of a CPU that is lost, its twin may still write. */
static void keep_log(struct following *following)
{
	if (following->end->state == TWINOS_STOPPED &&
	    !following->end->log_error)
		lastlog_save(twinos_twin_plan(following->twin)->name,
			     following->log, !following->prints);
}

static bool signal_came(const struct following *following)
{
	struct pollfd in = { .fd = following->how->signals, .events = POLLIN };

	return poll(&in, 1, 0) > 0;
}

/* TWINOS_RUNNING or TWINOS_HUNG */
static unsigned int look_at_beats(struct following *following)
{
	int64_t now = watch_now();

	if (!following->how->hang_ms || now < following->beats_after)
		return following->state;
	following->beats_after = now + BEATS_MS;
	return twinos_twin_silence(following->twin) >= following->how->hang_ms ?
		       TWINOS_HUNG :
		       TWINOS_RUNNING;
}

static unsigned int look_at_twin(struct following *following)
{
	unsigned int life = twinos_twin_life(following->twin);

	following->taken_off = life == TWINOS_HUNG;
	if (twins_down(life) || following->taken_off)
		return life;
	if (twinos_log_panicked(following->log))
		return TWINOS_PANICKED;
	if (twinos_log_halted(following->log))
		return TWINOS_HALTED;
	return look_at_beats(following);
}

static void note_change(const struct following *following)
{
	const char *name = twinos_twin_plan(following->twin)->name;

	if (following->how->print)
		notify_status("%s", twinos_state_name(following->state));
	if (!following->prints)
		return;
	if (following->taken_off)
		note("twin '%s' hangs: it did not give its CPU back and was "
		     "taken off it by an NMI",
		     name);
	else if (following->state == TWINOS_HUNG)
		note("twin '%s' hangs: a CPU of it has stood still for %g s",
		     name, (double)following->how->hang_ms / 1000);
	if (following->state == TWINOS_RUNNING)
		note("twin '%s' runs again", name);
}

/* Whoever watches the twin learns it from its state. */
static void tell_state(struct following *following)
{
	unsigned int state;

	if (twins_down(following->state))
		return;
	state = look_at_twin(following);
	if (state == following->state)
		return;
	following->state = state;
	if (state == TWINOS_PANICKED)
		following->panic_until = watch_now() + PANIC_MS;
	/* It may have been stopped meanwhile, which its state will say. */
	twinos_set_state(following->fd, state);
	note_change(following);
}

static void tell_up(struct following *following)
{
	if (following->up || !following->how->print ||
	    twins_down(following->state) || !twinos_twin_is_up(following->twin))
		return;
	following->up = true;
	notify_ready();
	notify_status("%s", twinos_state_name(following->state));
}

static unsigned int why_stop(const struct following *following)
{
	if (signal_came(following) || following->end->print_error)
		return TWINOS_REASON_REQUEST;
	switch (following->state) {
	case TWINOS_HALTED:
		return TWINOS_REASON_HALTED;
	case TWINOS_REBOOTING:
		return TWINOS_REASON_REBOOTED;
	case TWINOS_PANICKED:
		return watch_now() < following->panic_until ?
			       TWINOS_REASON_NONE :
			       TWINOS_REASON_PANICKED;
	case TWINOS_HUNG:
		return following->how->stop_hung || following->taken_off ?
			       TWINOS_REASON_HUNG :
			       TWINOS_REASON_NONE;
	}
	return TWINOS_REASON_NONE;
}

/* A core that does not answer is an end too; it is told by the state. */
static int stop(struct following *following, unsigned int reason,
		struct twinos_error *err)
{
	struct follow_end *end = following->end;
	int ret;

	ret = twinos_stop(following->fd, reason, err);
	if (twinos_get_state(following->fd, &end->state, &end->reason))
		return ret;
	return twins_ended(end->state) ? 0 : ret;
}

static void look_at_terminal(const struct following *following)
{
	char data[TERMINAL_MESSAGE_MAX];
	size_t size;

	if (!following->how->terminal)
		return;
	/* One that writes without end must not keep us either. */
	size = twinos_twin_console_read(following->twin, data, sizeof(data));
	terminal_print(following->how->terminal, data, size);
	terminal_serve(following->how->terminal);
}

static bool is_seated(const struct follow_how *how)
{
	return how->seat && !waitpid(how->seat, NULL, WNOHANG);
}

static void wait_a_look(const struct following *following)
{
	struct terminal *terminal = following->how->terminal;
	struct pollfd fds[3 + TERMINAL_FDS + CONTROL_FDS] = {
		{ .fd = following->fd, .events = POLLIN },
		{ .fd = following->how->signals, .events = POLLIN },
		{ .fd = twinos_twin_console_fd(following->twin),
		  .events = POLLIN },
	};
	nfds_t nr = 3;

	if (terminal)
		nr += terminal_poll(terminal, fds + nr);
	if (following->how->control)
		nr += control_poll(following->how->control, fds + nr);
	poll(fds, nr, LOOK_MS);
}

static int follow(struct following *following, struct twinos_error *err)
{
	struct follow_end *end = following->end;
	unsigned int reason;
	int ret;

	for (;;) {
		following->prints = following->how->print &&
				    !is_seated(following->how);
		look_at_log(following);
		look_at_terminal(following);
		if (following->how->control)
			control_serve(following->how->control);
		ret = twinos_get_state(following->fd, &end->state,
				       &end->reason);
		if (ret) {
			err->kind = TWINOS_ERROR_SYSTEM;
			err->code = -ret;
			snprintf(err->text, sizeof(err->text),
				 "cannot read the twin's state: %s",
				 strerror(-ret));
			return ret;
		}
		if (twins_ended(end->state))
			return 0;
		tell_state(following);
		tell_up(following);
		reason = why_stop(following);
		if (reason)
			return stop(following, reason, err);
		wait_a_look(following);
	}
}

static int open_log(struct following *following)
{
	const struct twinos_plan *plan = twinos_twin_plan(following->twin);

	return twinos_log_open(&following->log, following->fd, plan->ranges,
			       plan->nr_ranges);
}

int follow_twin(struct twinos_twin *twin, const struct follow_how *how,
		struct follow_end *end, struct twinos_error *err)
{
	struct following following = {
		.twin = twin,
		.fd = twinos_twin_fd(twin),
		.how = how,
		.state = TWINOS_RUNNING,
		.end = end,
	};
	int ret;

	memset(end, 0, sizeof(*end));
	ret = open_log(&following);
	if (ret) {
		err->kind = TWINOS_ERROR_SYSTEM;
		err->code = -ret;
		snprintf(err->text, sizeof(err->text),
			 "cannot open the twin's log: %s", strerror(-ret));
		return ret;
	}
	ret = follow(&following, err);
	if (!ret) {
		drain_log(&following);
		look_at_terminal(&following);
		keep_log(&following);
	}
	twinos_log_free(following.log);
	return ret;
}

bool follow_had_a_turn(const struct twinos_error *err)
{
	return err->code == ECANCELED || err->code == EOVERFLOW ||
	       err->code == EIO;
}

bool follow_rest(struct twinos_twin *twin, bool print)
{
	struct follow_how how = { .signals = -1, .print = print };
	struct follow_end end = { .state = TWINOS_STOPPED };
	struct following following = {
		.twin = twin,
		.fd = twinos_twin_fd(twin),
		.how = &how,
		.prints = print,
		.end = &end,
	};
	bool panicked;

	if (open_log(&following))
		return false;
	drain_log(&following);
	keep_log(&following);
	panicked = twinos_log_panicked(following.log);
	twinos_log_free(following.log);
	return panicked;
}
