/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The frames of twinos/agent.h on a stream socket, for both of its ends. Nothing here
 * waits: who calls waits with poll(2).
 */
#ifndef TWINOS_LIB_FRAME_H
#define TWINOS_LIB_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <twinos/agent.h>

#include "queue.h"

#define TWINOS_FRAME_SIZE \
	(sizeof(struct twinos_agent_header) + TWINOS_AGENT_PAYLOAD_MAX)

/* struct twinos_frame - one that has come */
struct twinos_frame {
	unsigned int type; /* any */
	size_t length; /* at most TWINOS_AGENT_PAYLOAD_MAX */
	const uint8_t *data;
};

struct twinos_frame_reader {
	size_t start, end; /* of what was not taken yet */
	uint8_t data[2 * TWINOS_FRAME_SIZE];
};

struct twinos_frame_writer {
	struct twinos_queue queue;
	uint8_t data[4 * TWINOS_FRAME_SIZE];
};

void twinos_frame_reader_init(struct twinos_frame_reader *reader);
void twinos_frame_writer_init(struct twinos_frame_writer *writer);

/*
 * twinos_frame_read() - what the socket has and there is room for: 1, 0 if the other
 * end has hung up, or -errno, -EAGAIN if there is nothing or no room. Frames that were
 * taken are gone.
 */
int twinos_frame_read(struct twinos_frame_reader *reader, int fd);

/*
 * twinos_frame_next() - take a frame: 1, 0 if there is none that is whole, or -EPROTO:
 * what came is none, and never will be. There is always one, or room for one.
 */
int twinos_frame_next(struct twinos_frame_reader *reader,
		      struct twinos_frame *frame);

/* twinos_frame_room() - the longest payload that can be put, or -1 if no frame can */
long twinos_frame_room(const struct twinos_frame_writer *writer);

/* twinos_frame_put() - into the buffer; 0 or -ENOBUFS, and nothing of it is there */
int twinos_frame_put(struct twinos_frame_writer *writer, unsigned int type,
		     const void *data, size_t length);

/* twinos_frame_write() - as much as the socket takes now; 0 or -errno */
int twinos_frame_write(struct twinos_frame_writer *writer, int fd);

/* twinos_frame_waits() - something is still to be written */
bool twinos_frame_waits(const struct twinos_frame_writer *writer);

/*
 * What frames say, by both ends: 0 or -EPROTO if the payload is none of that kind. Behind
 * a hello and behind two numbers may be more.
 */
int twinos_frame_hello(const struct twinos_frame *frame,
		       unsigned int *revision);
int twinos_frame_number(const struct twinos_frame *frame, uint32_t *number);
int twinos_frame_numbers(const struct twinos_frame *frame, uint32_t *first,
			 uint32_t *second);

/* twinos_frame_put_...() - as twinos_frame_put(), of the same */
int twinos_frame_put_hello(struct twinos_frame_writer *writer);
int twinos_frame_put_number(struct twinos_frame_writer *writer,
			    unsigned int type, uint32_t number);
int twinos_frame_put_numbers(struct twinos_frame_writer *writer,
			     unsigned int type, uint32_t first,
			     uint32_t second);

/* Two numbers of 16 bits in one of 32, as struct twinos_agent_size lies. */
static inline uint32_t twinos_frame_size(unsigned int rows,
					 unsigned int columns)
{
	return (rows & 0xffff) | columns << 16;
}

#endif
