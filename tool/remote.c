// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nothing here blocks but poll(2), so that signals are passed on whatever else waits.
 * The files are not ours to be made non-blocking: others may have them open. So each
 * read and write comes after poll(2), and is no longer than what a pipe then takes.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/param.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "exit.h"
#include "frame.h"
#include "output.h"
#include "remote.h"
#include "watch.h"

/* So many signals that should end the command end us. */
#define PATIENCE 3

struct passage {
	const struct remote *remote;
	struct remote_end *end;
	int fd;
	bool ended;
	bool input_ended;
	bool new_size; /* the agent does not know it yet */
	bool has_output; /* @output is not written yet */
	bool mute; /* the agent hears nothing any more */
	unsigned int nr_signals;
	size_t credit;
	struct twinos_frame output;
	struct twinos_frame_reader reader;
	struct twinos_frame_writer writer;
	uint8_t chunk[TWINOS_AGENT_PAYLOAD_MAX];
};

static void set_end(struct passage *passage, enum remote_kind kind,
		    unsigned int value)
{
	if (passage->ended)
		return;
	passage->ended = true;
	passage->end->kind = kind;
	passage->end->value = value;
}

static void lose(struct passage *passage, int ret)
{
	set_end(passage, REMOTE_LOST, (unsigned int)-ret);
}

static int timeout_of(const struct passage *passage)
{
	int64_t until = passage->remote->until;
	int64_t left = until - watch_now();

	if (until < 0)
		return -1;
	return left < 0 ? 0 : (int)MIN(left, INT_MAX);
}

static void look_at_clock(struct passage *passage)
{
	int64_t until = passage->remote->until;

	if (until < 0 || watch_now() < until)
		return;
	twinos_frame_put_number(&passage->writer, TWINOS_AGENT_SIGNAL, SIGTERM);
	twinos_frame_write(&passage->writer, passage->fd);
	set_end(passage, REMOTE_LATE, 0);
}

/* ---- the request ----------------------------------------------------------- */

static void send_now(struct passage *passage)
{
	struct pollfd out = { passage->fd, POLLOUT, 0 };
	int ret;

	poll(&out, 1, timeout_of(passage));
	ret = twinos_frame_write(&passage->writer, passage->fd);
	if (ret)
		lose(passage, ret);
	look_at_clock(passage);
}

/* Strings may be longer than frames. */
static void send_bytes(struct passage *passage, unsigned int type,
		       const char *data, size_t size)
{
	while (size && !passage->ended) {
		long room = twinos_frame_room(&passage->writer);
		size_t length = room < 1 ? 0 : MIN(size, (size_t)room);

		if (length)
			twinos_frame_put(&passage->writer, type, data, length);
		else
			send_now(passage);
		data += length;
		size -= length;
	}
}

static size_t size_of(char *const *list)
{
	size_t size = 0;

	for (; list && *list; list++)
		size += strlen(*list) + 1;
	return size;
}

static void send_list(struct passage *passage, unsigned int type,
		      char *const *list)
{
	if (size_of(list) > TWINOS_AGENT_STRINGS_MAX) {
		set_end(passage, REMOTE_REFUSED, E2BIG);
		snprintf(passage->end->text, sizeof(passage->end->text), "%s",
			 strerror(E2BIG));
		return;
	}
	for (; list && *list; list++)
		send_bytes(passage, type, *list, strlen(*list) + 1);
}

/* Of whichever of the three is a terminal. */
static uint32_t read_size(void)
{
	struct winsize size;
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (!ioctl(fd, TIOCGWINSZ, &size))
			return twinos_frame_size(size.ws_row, size.ws_col);
	return 0;
}

static void send_exec(struct passage *passage)
{
	const struct remote *remote = passage->remote;

	send_list(passage, TWINOS_AGENT_ARGUMENTS, remote->argv);
	send_list(passage, TWINOS_AGENT_ENVIRONMENT, remote->environment);
	if (remote->directory)
		send_list(passage, TWINOS_AGENT_DIRECTORY,
			  (char *const[]){ (char *)remote->directory, NULL });
	while (!passage->ended &&
	       twinos_frame_put_numbers(&passage->writer, TWINOS_AGENT_EXEC,
					remote->tty ? TWINOS_AGENT_TTY : 0,
					remote->tty ? read_size() : 0))
		send_now(passage);
}

static void send_request(struct passage *passage)
{
	if (passage->remote->argv)
		send_exec(passage);
	else
		twinos_frame_put(&passage->writer, TWINOS_AGENT_POWEROFF, NULL,
				 0);
}

/* ---- to the twin ----------------------------------------------------------- */

/* A frame's room is left for what must not wait. */
static size_t input_room(const struct passage *passage)
{
	size_t room = twinos_queue_room(&passage->writer.queue);

	if (passage->input_ended || passage->mute ||
	    room < 2 * TWINOS_FRAME_SIZE)
		return 0;
	return MIN(passage->credit, sizeof(passage->chunk));
}

static void end_input(struct passage *passage)
{
	passage->input_ended = !twinos_frame_put(
		&passage->writer, TWINOS_AGENT_STDIN_END, NULL, 0);
}

static void tell_progress(const struct passage *passage, size_t bytes)
{
	if (passage->remote->progress)
		passage->remote->progress(passage->remote->ctx, bytes);
}

/* EIO is the end of a terminal. */
static void take_input(struct passage *passage)
{
	ssize_t got =
		read(passage->remote->in, passage->chunk, input_room(passage));

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got < 0 && errno != EIO) {
		set_end(passage, REMOTE_UNREAD, (unsigned int)errno);
	} else if (got <= 0) {
		end_input(passage);
	} else {
		twinos_frame_put(&passage->writer, TWINOS_AGENT_STDIN,
				 passage->chunk, (size_t)got);
		passage->credit -= (size_t)got;
		tell_progress(passage, (size_t)got);
	}
}

static void pass_signal(struct passage *passage, unsigned int number)
{
	if (number == SIGWINCH) {
		passage->new_size = passage->remote->tty;
		return;
	}
	twinos_frame_put_number(&passage->writer, TWINOS_AGENT_SIGNAL, number);
	if (number != SIGUSR1 && number != SIGUSR2 &&
	    ++passage->nr_signals == PATIENCE)
		set_end(passage, REMOTE_LEFT, number);
}

static void take_signals(struct passage *passage)
{
	struct signalfd_siginfo info;

	if (read(passage->remote->signals, &info, sizeof(info)) == sizeof(info))
		pass_signal(passage, info.ssi_signo);
}

static void send_size(struct passage *passage)
{
	if (passage->new_size &&
	    !twinos_frame_put_number(&passage->writer, TWINOS_AGENT_SIZE,
				     read_size()))
		passage->new_size = false;
}

/* ---- from the twin --------------------------------------------------------- */

static const struct remote_sink *sink_of(const struct passage *passage)
{
	return passage->output.type == TWINOS_AGENT_STDOUT ?
		       &passage->remote->out :
		       &passage->remote->err;
}

static int output_fd(const struct passage *passage)
{
	return passage->has_output ? sink_of(passage)->fd : -1;
}

/* The frame lies in the reader, from which nothing is taken meanwhile. */
static void give_output(struct passage *passage)
{
	struct twinos_frame *output = &passage->output;
	ssize_t wrote = write(output_fd(passage), output->data,
			      MIN(output->length, PIPE_BUF));

	if (wrote < 0) {
		if (errno != EAGAIN && errno != EINTR)
			set_end(passage, REMOTE_UNWRITTEN, (unsigned int)errno);
		return;
	}
	output->data += wrote;
	output->length -= (size_t)wrote;
	passage->has_output = output->length > 0;
	if (passage->remote->in < 0 && output->type == TWINOS_AGENT_STDOUT)
		tell_progress(passage, (size_t)wrote);
}

static void keep_text(const struct remote_sink *sink,
		      const struct twinos_frame *frame)
{
	size_t length = sink->text ? strlen(sink->text) : 0;
	size_t room = sink->text ? sink->size - 1 - length : 0;
	size_t nr = MIN(room, frame->length);

	if (!nr)
		return;
	memcpy(sink->text + length, frame->data, nr);
	sink->text[length + nr] = '\0';
}

static void take_output(struct passage *passage,
			const struct twinos_frame *frame)
{
	passage->output = *frame;
	if (sink_of(passage)->fd < 0)
		keep_text(sink_of(passage), frame);
	else
		passage->has_output = frame->length > 0;
}

static int take_credit(struct passage *passage,
		       const struct twinos_frame *frame)
{
	uint32_t bytes;

	if (twinos_frame_number(frame, &bytes) ||
	    bytes > TWINOS_AGENT_WINDOW - passage->credit)
		return -EPROTO;
	passage->credit += bytes;
	return 0;
}

static int take_exit(struct passage *passage, const struct twinos_frame *frame)
{
	uint32_t signaled, value;

	if (twinos_frame_numbers(frame, &signaled, &value) || signaled > 1 ||
	    value > (signaled ? 127 : 255))
		return -EPROTO;
	set_end(passage, signaled ? REMOTE_SIGNALED : REMOTE_EXITED, value);
	return 0;
}

static int take_error(struct passage *passage, const struct twinos_frame *frame)
{
	uint32_t stage, code;
	struct remote_end *end = passage->end;

	if (twinos_frame_numbers(frame, &stage, &code))
		return -EPROTO;
	snprintf(end->text, sizeof(end->text), "%.*s", (int)frame->length - 8,
		 (const char *)frame->data + 8);
	set_end(passage,
		stage == TWINOS_AGENT_STAGE_RUN ? REMOTE_NOT_RUN :
						  REMOTE_REFUSED,
		code);
	return 0;
}

static int take_frame(struct passage *passage, const struct twinos_frame *frame)
{
	switch (frame->type) {
	case TWINOS_AGENT_STDOUT:
	case TWINOS_AGENT_STDERR:
		take_output(passage, frame);
		return 0;
	case TWINOS_AGENT_CREDIT:
		return take_credit(passage, frame);
	case TWINOS_AGENT_EXIT:
		return take_exit(passage, frame);
	case TWINOS_AGENT_ERROR:
		return take_error(passage, frame);
	default:
		return -EPROTO;
	}
}

static void take_frames(struct passage *passage)
{
	struct twinos_frame frame;
	int ret = 0;

	while (!passage->ended && !passage->has_output &&
	       (ret = twinos_frame_next(&passage->reader, &frame)) > 0) {
		ret = take_frame(passage, &frame);
		if (ret)
			break;
	}
	if (ret < 0)
		lose(passage, ret);
}

static void receive(struct passage *passage)
{
	int ret = twinos_frame_read(&passage->reader, passage->fd);

	if (ret <= 0 && ret != -EAGAIN)
		lose(passage, ret ? ret : -ECONNRESET);
}

/* ---- the loop -------------------------------------------------------------- */

enum { TWIN, SIGNALS, INPUT, OUTPUT, NR_FDS };

static void wait_for_it(struct passage *passage, struct pollfd *fds)
{
	const struct remote *remote = passage->remote;
	bool sends = !passage->mute && twinos_frame_waits(&passage->writer);
	short events = (passage->has_output ? 0 : POLLIN) |
		       (sends ? POLLOUT : 0);
	int i;

	fds[TWIN] = (struct pollfd){ events ? passage->fd : -1, events, 0 };
	fds[SIGNALS] = (struct pollfd){ remote->signals, POLLIN, 0 };
	fds[INPUT] = (struct pollfd){ input_room(passage) ? remote->in : -1,
				      POLLIN, 0 };
	fds[OUTPUT] = (struct pollfd){ output_fd(passage), POLLOUT, 0 };
	if (poll(fds, NR_FDS, timeout_of(passage)) < 0)
		for (i = 0; i < NR_FDS; i++)
			fds[i].revents = 0;
}

/* What the agent has said before its end is still to be read. */
static void send_frames(struct passage *passage)
{
	if (!passage->mute)
		passage->mute =
			twinos_frame_write(&passage->writer, passage->fd) < 0;
}

static void serve(struct passage *passage)
{
	struct pollfd fds[NR_FDS];

	wait_for_it(passage, fds);
	if (fds[SIGNALS].revents)
		take_signals(passage);
	if (fds[INPUT].revents && !passage->ended)
		take_input(passage);
	if (fds[OUTPUT].revents)
		give_output(passage);
	if (fds[TWIN].revents & ~POLLOUT && !passage->has_output)
		receive(passage);
	take_frames(passage);
	send_size(passage);
	send_frames(passage);
	look_at_clock(passage);
}

static void begin(struct passage *passage, int fd, const struct remote *remote,
		  struct remote_end *end)
{
	memset(passage, 0, sizeof(*passage));
	memset(end, 0, sizeof(*end));
	passage->remote = remote;
	passage->end = end;
	passage->fd = fd;
	passage->credit = TWINOS_AGENT_WINDOW;
	twinos_frame_reader_init(&passage->reader);
	twinos_frame_writer_init(&passage->writer);
}

void remote_run(int fd, const struct remote *remote, struct remote_end *end)
{
	static struct passage passage;

	signal(SIGPIPE, SIG_IGN);
	begin(&passage, fd, remote, end);
	send_request(&passage);
	if (remote->in < 0 && !passage.ended)
		end_input(&passage);
	while (!passage.ended)
		serve(&passage);
}

int remote_signals(void)
{
	static const int numbers[] = { SIGINT,	SIGTERM, SIGHUP,  SIGQUIT,
				       SIGUSR1, SIGUSR2, SIGWINCH };
	sigset_t set;
	size_t i;
	int fd;

	sigemptyset(&set);
	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		sigaddset(&set, numbers[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

/* As env(1) and shells have it. */
static int not_run_code(unsigned int code)
{
	return code == ENOENT ? 127 : 126;
}

static int fail_unwritten(const char *name, const char *what, unsigned int code)
{
	if (code == EPIPE)
		return 128 + SIGPIPE;
	return fail_with(EXIT_SYSTEM,
			 "cannot %s in twin '%s': cannot write its output: %s",
			 what, name, strerror((int)code));
}

int remote_fail(const char *name, const char *what,
		const struct remote_end *end)
{
	switch (end->kind) {
	case REMOTE_REFUSED:
		return fail_with(EXIT_SYSTEM, "cannot %s in twin '%s': %s",
				 what, name, end->text);
	case REMOTE_NOT_RUN:
		return fail_with(not_run_code(end->value),
				 "cannot %s in twin '%s': %s", what, name,
				 end->text);
	case REMOTE_LATE:
		return fail_with(EXIT_TIMED_OUT,
				 "cannot %s in twin '%s': it took too long",
				 what, name);
	case REMOTE_LEFT:
		return 128 + (int)end->value;
	case REMOTE_UNREAD:
		return fail_with(
			EXIT_SYSTEM,
			"cannot %s in twin '%s': cannot read its input: %s",
			what, name, strerror((int)end->value));
	case REMOTE_UNWRITTEN:
		return fail_unwritten(name, what, end->value);
	default:
		return fail_with(EXIT_SYSTEM,
				 "cannot %s in twin '%s': its agent is gone: "
				 "%s",
				 what, name, strerror((int)end->value));
	}
}
