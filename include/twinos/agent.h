/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Contract 3: twinctl <-> the agent, a program in the twin that runs commands for
 * the host. They speak over a stream socket, AF_VSOCK as a rule; each connection is
 * one session and ends with it. Each side takes all that the other sends as hostile.
 *
 * A stream is a row of frames, each a struct twinos_agent_header and its payload.
 * All numbers are little-endian.
 *
 *	host			agent
 *	HELLO
 *				HELLO
 *	ARGUMENTS, ENVIRONMENT, DIRECTORY (any number), then EXEC; or POWEROFF
 *	STDIN, STDIN_END,	STDOUT, STDERR,
 *	SIZE, SIGNAL		CREDIT
 *				EXIT or ERROR
 *
 * Who is spoken to in another revision answers with HELLO all the same, and hangs up.
 * The host hangs up last; if it does before EXIT, the command gets SIGHUP.
 *
 * STDOUT and STDERR wait in the stream when the host does not read. STDIN must not,
 * since signals come behind it: the host sends no more of it than it has credit for,
 * TWINOS_AGENT_WINDOW at first, and what CREDIT adds when the command has read.
 */
#ifndef _TWINOS_AGENT_H
#define _TWINOS_AGENT_H

#include <linux/types.h>

/* Below 1024, where only root can listen. */
#define TWINOS_AGENT_PORT 1011

/* The agent speaks to root of the host only, whose port is not above that either. */
#define TWINOS_AGENT_HOST_PORT_MAX 1023

#define TWINOS_AGENT_MAGIC "TWINAGNT" /* without its NUL */
#define TWINOS_AGENT_REVISION 1

#define TWINOS_AGENT_PAYLOAD_MAX 16384
#define TWINOS_AGENT_WINDOW 262144
/* Of all ARGUMENTS of a session together, all ENVIRONMENT, and all DIRECTORY. */
#define TWINOS_AGENT_STRINGS_MAX 131072

/* From both: struct twinos_agent_hello */
#define TWINOS_AGENT_HELLO 1

/* From the host */
#define TWINOS_AGENT_ARGUMENTS 2 /* strings, each with a NUL at its end */
#define TWINOS_AGENT_ENVIRONMENT \
	3 /* as well, NAME=VALUE each; added to the agent's */
#define TWINOS_AGENT_DIRECTORY 4 /* one string with a NUL: where to run it */
#define TWINOS_AGENT_EXEC 5 /* struct twinos_agent_exec: run it */
#define TWINOS_AGENT_POWEROFF 6 /* nothing: run what powers the twin off */
#define TWINOS_AGENT_STDIN 7 /* bytes */
#define TWINOS_AGENT_STDIN_END 8 /* nothing */
#define TWINOS_AGENT_SIZE 9 /* struct twinos_agent_size: of the terminal */
#define TWINOS_AGENT_SIGNAL \
	10 /* struct twinos_agent_signal: to the process group */

/* From the agent */
#define TWINOS_AGENT_STDOUT \
	16 /* bytes; with a terminal all that appears there */
#define TWINOS_AGENT_STDERR 17 /* bytes */
#define TWINOS_AGENT_CREDIT 18 /* struct twinos_agent_credit */
#define TWINOS_AGENT_EXIT 19 /* struct twinos_agent_exit: the last one */
#define TWINOS_AGENT_ERROR \
	20 /* struct twinos_agent_error and text: the last one */

/**
 * struct twinos_agent_header - what each frame begins with
 * @type: TWINOS_AGENT_*, of those above
 * @zero: 0
 * @length: of the payload behind it, at most TWINOS_AGENT_PAYLOAD_MAX
 */
struct twinos_agent_header {
	__u8 type;
	__u8 zero;
	__u16 length;
};

/* struct twinos_agent_hello - this much stays in all revisions */
struct twinos_agent_hello {
	__u8 magic[8];
	__u32 revision;
};

/* struct twinos_agent_size - of a terminal; zeros: not known */
struct twinos_agent_size {
	__u16 rows;
	__u16 columns;
};

/* The command gets a terminal of its own, not pipes. */
#define TWINOS_AGENT_TTY 1

/**
 * struct twinos_agent_exec
 * @flags: TWINOS_AGENT_TTY or 0
 * @size: of that terminal
 */
struct twinos_agent_exec {
	__u32 flags;
	struct twinos_agent_size size;
};

/* struct twinos_agent_signal - @number is that of x86's signal(7) */
struct twinos_agent_signal {
	__u32 number;
};

/* struct twinos_agent_credit - how many more bytes of STDIN may come */
struct twinos_agent_credit {
	__u32 bytes;
};

/**
 * struct twinos_agent_exit - how the command has ended
 * @signaled: 1: by the signal @value; 0: with the exit code @value
 */
struct twinos_agent_exit {
	__u32 signaled;
	__u32 value;
};

#define TWINOS_AGENT_STAGE_REQUEST 0 /* the host's request can't be met */
#define TWINOS_AGENT_STAGE_RUN 1 /* what runs the command, execve(2), failed */

/**
 * struct twinos_agent_error - there is no command; text behind it says why
 * @stage: TWINOS_AGENT_STAGE_*
 * @code: an errno of x86
 */
struct twinos_agent_error {
	__u32 stage;
	__u32 code;
};

#endif
