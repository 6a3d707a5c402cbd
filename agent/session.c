// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes go through three places of a fixed size: frames that have come (reader), bytes
 * for the command (input), frames to be sent (writer). What has no room in the next
 * place is not read, so the command waits for the host; only signals and the like never
 * wait. A session lasts until the host has hung up, since what is under way when we do
 * might be lost.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/param.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "frame.h"
#include "poweroff.h"
#include "request.h"
#include "session.h"

/* How long the host may take to say what it wants. */
#define REQUEST_MS 30000

/*
 * A child that the command has left behind may hold its pipes for ever. What comes for so
 * long behind its end is sent, and what is in the pipes then.
 */
#define DRAIN_MS 250

#define FOR_EVER (-1)

enum stage {
	STAGE_HELLO,
	STAGE_REQUEST,
	STAGE_RUN,
	STAGE_LINGER, /* the last frame is put; the host hangs up */
	STAGE_END,
};

/* struct stream - what comes from the command, @left bytes more at most if not -1 */
struct stream {
	int fd;
	unsigned int type;
	int64_t left;
};

enum { OUT, ERR, NR_STREAMS };

struct session {
	const struct session_options *options;
	int fd;
	int children; /* signalfd for SIGCHLD */
	enum stage stage;
	int64_t until; /* of now_ms(), or FOR_EVER */
	struct request request;
	struct command command;
	struct stream streams[NR_STREAMS];
	struct twinos_queue input;
	uint32_t credit; /* that the host has not got yet */
	bool input_ended;
	bool limited; /* the streams have limits */
	struct twinos_frame_reader reader;
	struct twinos_frame_writer writer;
	uint8_t input_data[TWINOS_AGENT_WINDOW];
	uint8_t chunk[TWINOS_AGENT_PAYLOAD_MAX];
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int timeout_of(const struct session *session)
{
	int64_t left = session->until - now_ms();

	if (session->until == FOR_EVER)
		return -1;
	return left < 0 ? 0 : (int)MIN(left, REQUEST_MS);
}

static bool is_late(const struct session *session)
{
	return session->until != FOR_EVER && now_ms() >= session->until;
}

static void linger(struct session *session)
{
	session->stage = STAGE_LINGER;
	session->until = FOR_EVER;
}

/* ---- before the command ---------------------------------------------------- */

static void refuse(struct session *session, unsigned int stage, int code,
		   const char *what)
{
	struct twinos_agent_error error = {
		.stage = htole32(stage),
		.code = htole32((uint32_t)code),
	};
	char payload[512];
	int length;

	memcpy(payload, &error, sizeof(error));
	length = snprintf(payload + sizeof(error),
			  sizeof(payload) - sizeof(error), "%.200s%s%s", what,
			  *what ? ": " : "", strerror(code));
	twinos_frame_put(&session->writer, TWINOS_AGENT_ERROR, payload,
			 MIN(sizeof(error) + (size_t)length, sizeof(payload)));
	linger(session);
}

/* What can't be understood can't be answered: maybe it is no twinctl. */
static void take_hello(struct session *session,
		       const struct twinos_frame *frame)
{
	unsigned int revision;

	if (twinos_frame_hello(frame, &revision)) {
		session->stage = STAGE_END;
		return;
	}
	twinos_frame_put_hello(&session->writer);
	if (revision == TWINOS_AGENT_REVISION)
		session->stage = STAGE_REQUEST;
	else
		linger(session);
}

static void begin(struct session *session)
{
	session->stage = STAGE_RUN;
	session->until = FOR_EVER;
	session->streams[OUT] = (struct stream){
		.fd = session->command.out,
		.type = TWINOS_AGENT_STDOUT,
		.left = -1,
	};
	session->streams[ERR] = (struct stream){
		.fd = session->command.err,
		.type = TWINOS_AGENT_STDERR,
		.left = -1,
	};
}

/* The host knows what it wanted to be run; where, it may not. */
static void start(struct session *session, const struct command_order *order)
{
	const char *where = order->directory ? order->directory : "";
	unsigned int stage;
	int ret = command_start(&session->command, order, &stage);

	if (!ret)
		begin(session);
	else
		refuse(session, stage, -ret,
		       stage == TWINOS_AGENT_STAGE_RUN ? "" : where);
}

static struct winsize window(uint32_t size)
{
	return (struct winsize){
		.ws_row = (unsigned short)(size & 0xffff),
		.ws_col = (unsigned short)(size >> 16),
	};
}

static int read_exec(const struct session *session,
		     const struct twinos_frame *frame,
		     struct command_order *order)
{
	uint32_t flags, size;

	if (twinos_frame_numbers(frame, &flags, &size) ||
	    flags & ~TWINOS_AGENT_TTY || !session->request.arguments.length)
		return -EINVAL;
	order->tty = flags & TWINOS_AGENT_TTY;
	order->size = window(size);
	order->directory = request_directory(&session->request);
	return 0;
}

/* The lists are this process's for as long as it lives. */
static void take_exec(struct session *session, const struct twinos_frame *frame)
{
	struct command_order order = { 0 };
	char **argv = NULL, **environment = NULL;
	int ret = read_exec(session, frame, &order);

	if (!ret)
		ret = request_list(&session->request.arguments, &argv);
	if (!ret)
		ret = request_list(&session->request.environment, &environment);
	if (ret) {
		refuse(session, TWINOS_AGENT_STAGE_REQUEST, -ret, "");
		return;
	}
	order.argv = argv;
	order.environment = environment;
	start(session, &order);
}

static void take_poweroff(struct session *session)
{
	char *given[] = { session->options->poweroff, NULL };
	struct command_order order = { 0 };

	if (session->options->poweroff)
		order.argv = given;
	else if (!session->options->only_here)
		order.argv = poweroff_command();
	if (!order.argv && session->options->only_here) {
		refuse(session, TWINOS_AGENT_STAGE_REQUEST, EPERM, "a test");
		return;
	}
	if (!order.argv)
		order.instead = poweroff_now;
	start(session, &order);
}

static void take_request(struct session *session,
			 const struct twinos_frame *frame)
{
	int ret;

	if (frame->type == TWINOS_AGENT_EXEC) {
		take_exec(session, frame);
	} else if (frame->type == TWINOS_AGENT_POWEROFF) {
		take_poweroff(session);
	} else {
		ret = request_add(&session->request, frame);
		if (ret)
			refuse(session, TWINOS_AGENT_STAGE_REQUEST, -ret, "");
	}
}

/* ---- from the host --------------------------------------------------------- */

/* What a command does not want that has closed its standard input gives no credit. */
static int take_input(struct session *session, const struct twinos_frame *frame)
{
	if (session->command.in < 0)
		return 0;
	if (session->input_ended ||
	    frame->length > twinos_queue_room(&session->input))
		return -EPROTO;
	twinos_queue_put(&session->input, frame->data, frame->length);
	return 0;
}

static int take_order(struct session *session, const struct twinos_frame *frame)
{
	struct winsize size;
	uint32_t number;

	switch (frame->type) {
	case TWINOS_AGENT_STDIN:
		return take_input(session, frame);
	case TWINOS_AGENT_STDIN_END:
		session->input_ended = true;
		return 0;
	case TWINOS_AGENT_SIZE:
		if (twinos_frame_number(frame, &number))
			return -EPROTO;
		size = window(number);
		command_resize(&session->command, &size);
		return 0;
	case TWINOS_AGENT_SIGNAL:
		if (twinos_frame_number(frame, &number) || !number ||
		    number >= NSIG)
			return -EPROTO;
		command_signal(&session->command, (int)number);
		return 0;
	default:
		return -EPROTO;
	}
}

static void take_frame(struct session *session,
		       const struct twinos_frame *frame)
{
	switch (session->stage) {
	case STAGE_HELLO:
		take_hello(session, frame);
		break;
	case STAGE_REQUEST:
		take_request(session, frame);
		break;
	case STAGE_RUN:
		if (take_order(session, frame))
			session->stage = STAGE_END;
		break;
	default:
		break; /* it was under way when the command ended */
	}
}

static void receive(struct session *session)
{
	struct twinos_frame frame;
	int ret = twinos_frame_read(&session->reader, session->fd);

	if (ret <= 0 && ret != -EAGAIN) {
		session->stage = STAGE_END;
		return;
	}
	while (session->stage != STAGE_END &&
	       (ret = twinos_frame_next(&session->reader, &frame)) > 0)
		take_frame(session, &frame);
	if (ret == -EPROTO)
		session->stage = STAGE_END;
}

/* ---- to the command -------------------------------------------------------- */

static void give_input(struct session *session)
{
	struct command *command = &session->command;
	const uint8_t *data;
	size_t nr = twinos_queue_peek(&session->input, &data);
	ssize_t wrote = nr ? command_write(command, data, nr) : 0;

	if (wrote > 0) {
		twinos_queue_drop(&session->input, (size_t)wrote);
		session->credit += (uint32_t)wrote;
	} else if (wrote < 0 && wrote != -EAGAIN && wrote != -EINTR) {
		close(command->in);
		command->in = -1;
		return;
	}
	if (!session->input.nr && session->input_ended)
		command_end_input(command);
}

/* Not for each byte, but before the host has to wait for it. */
static void give_credit(struct session *session)
{
	if (!session->credit ||
	    (session->input.nr && session->credit < TWINOS_AGENT_WINDOW / 4))
		return;
	if (!twinos_frame_put_number(&session->writer, TWINOS_AGENT_CREDIT,
				     session->credit))
		session->credit = 0;
}

/* ---- from the command ------------------------------------------------------ */

/* With a frame left over for what must not wait. */
static bool has_room(const struct session *session)
{
	return twinos_queue_room(&session->writer.queue) >=
	       2 * TWINOS_FRAME_SIZE;
}

static void close_stream(struct session *session, struct stream *stream)
{
	close(stream->fd);
	if (stream->fd == session->command.out)
		session->command.out = -1;
	stream->fd = -1;
}

static void take_output(struct session *session, struct stream *stream)
{
	size_t size = sizeof(session->chunk);
	ssize_t got;

	if (!has_room(session))
		return;
	if (stream->left >= 0)
		size = MIN(size, (size_t)stream->left);
	got = read(stream->fd, session->chunk, size);
	if (got < 0 && stream->left < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got > 0)
		twinos_frame_put(&session->writer, stream->type, session->chunk,
				 (size_t)got);
	if (got > 0 && stream->left >= 0)
		stream->left -= got;
	/* EIO is the end of a terminal. */
	if (got <= 0 || !stream->left)
		close_stream(session, stream);
}

/* ---- the end of the command ------------------------------------------------ */

static void limit_stream(struct session *session, struct stream *stream)
{
	int nr;

	if (stream->fd < 0)
		return;
	if (ioctl(stream->fd, FIONREAD, &nr) || nr <= 0)
		close_stream(session, stream);
	else
		stream->left = nr;
}

static void limit_streams(struct session *session)
{
	int i;

	session->limited = true;
	session->until = FOR_EVER;
	for (i = 0; i < NR_STREAMS; i++)
		limit_stream(session, &session->streams[i]);
}

static void tell_end(struct session *session)
{
	int status = session->command.status;
	bool signaled = WIFSIGNALED(status);
	int value = signaled ? WTERMSIG(status) : WEXITSTATUS(status);

	if (!twinos_frame_put_numbers(&session->writer, TWINOS_AGENT_EXIT,
				      signaled, (uint32_t)value))
		linger(session);
}

static void look_for_end(struct session *session)
{
	struct signalfd_siginfo info;

	while (read(session->children, &info, sizeof(info)) > 0)
		;
	if (command_reap(&session->command))
		session->until = now_ms() + DRAIN_MS;
	if (!session->command.ended)
		return;
	if (!session->limited && is_late(session))
		limit_streams(session);
	if (session->streams[OUT].fd < 0 && session->streams[ERR].fd < 0)
		tell_end(session);
}

/* ---- the loop -------------------------------------------------------------- */

static bool wants_input(const struct session *session)
{
	return session->command.in >= 0 &&
	       (session->input.nr || session->input_ended);
}

static int stream_fd(const struct session *session, int nr)
{
	return has_room(session) ? session->streams[nr].fd : -1;
}

enum { HOST, CHILDREN, INPUT, STREAMS, NR_FDS = STREAMS + NR_STREAMS };

static void wait_for_it(struct session *session, struct pollfd *fds)
{
	bool runs = session->stage == STAGE_RUN;
	short out = twinos_frame_waits(&session->writer) ? POLLOUT : 0;
	int i;

	fds[HOST] = (struct pollfd){ session->fd, POLLIN | out, 0 };
	for (i = CHILDREN; i < NR_FDS; i++)
		fds[i] = (struct pollfd){ -1, POLLIN, 0 };
	if (runs)
		fds[CHILDREN].fd = session->children;
	if (runs && wants_input(session))
		fds[INPUT] = (struct pollfd){ session->command.in, POLLOUT, 0 };
	for (i = 0; runs && i < NR_STREAMS; i++)
		fds[STREAMS + i].fd = stream_fd(session, i);
	if (poll(fds, NR_FDS, timeout_of(session)) < 0)
		for (i = 0; i < NR_FDS; i++)
			fds[i].revents = 0;
}

static void serve_command(struct session *session, const struct pollfd *fds)
{
	int i;

	if (fds[INPUT].revents && wants_input(session))
		give_input(session);
	for (i = 0; i < NR_STREAMS; i++)
		if (fds[STREAMS + i].revents)
			take_output(session, &session->streams[i]);
	give_credit(session);
	look_for_end(session);
}

static void serve(struct session *session)
{
	struct pollfd fds[NR_FDS];

	wait_for_it(session, fds);
	if (fds[HOST].revents & ~POLLOUT)
		receive(session);
	if (session->stage == STAGE_RUN)
		serve_command(session, fds);
	else if (session->stage != STAGE_LINGER && is_late(session))
		session->stage = STAGE_END;
	if (session->stage != STAGE_END &&
	    twinos_frame_write(&session->writer, session->fd))
		session->stage = STAGE_END;
}

static int open_children(void)
{
	sigset_t set;

	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/*
 * All of it is written to before it is used: the first touch of a page by an instruction
 * such as setcc goes wrong in some emulators.
 */
static struct session *make_session(int fd,
				    const struct session_options *options)
{
	struct session *session = malloc(sizeof(*session));

	if (!session)
		return NULL;
	explicit_bzero(session, sizeof(*session));
	session->options = options;
	session->fd = fd;
	session->until = now_ms() + REQUEST_MS;
	session->children = open_children();
	twinos_queue_init(&session->input, session->input_data,
			  sizeof(session->input_data));
	twinos_frame_reader_init(&session->reader);
	twinos_frame_writer_init(&session->writer);
	return session;
}

void session_run(int fd, const struct session_options *options)
{
	struct session *session = make_session(fd, options);

	if (!session || session->children < 0)
		return;
	signal(SIGPIPE, SIG_IGN);
	while (session->stage != STAGE_END)
		serve(session);
	if (session->command.pid)
		command_hang_up(&session->command);
}
