// SPDX-License-Identifier: LGPL-2.1-or-later
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "frame.h"
#include "le.h"

_Static_assert(sizeof(struct twinos_agent_header) == 4, "header");
_Static_assert(sizeof(struct twinos_agent_hello) == 12, "hello");
_Static_assert(sizeof(struct twinos_agent_size) == 4, "size");
_Static_assert(sizeof(struct twinos_agent_exec) == 8, "exec");
_Static_assert(sizeof(struct twinos_agent_signal) == 4, "signal");
_Static_assert(sizeof(struct twinos_agent_credit) == 4, "credit");
_Static_assert(sizeof(struct twinos_agent_exit) == 8, "exit");
_Static_assert(sizeof(struct twinos_agent_error) == 8, "error");

#define HEADER sizeof(struct twinos_agent_header)

void twinos_frame_reader_init(struct twinos_frame_reader *reader)
{
	reader->start = 0;
	reader->end = 0;
}

void twinos_frame_writer_init(struct twinos_frame_writer *writer)
{
	twinos_queue_init(&writer->queue, writer->data, sizeof(writer->data));
}

int twinos_frame_read(struct twinos_frame_reader *reader, int fd)
{
	size_t nr = reader->end - reader->start;
	ssize_t got;

	memmove(reader->data, reader->data + reader->start, nr);
	reader->start = 0;
	reader->end = nr;
	if (nr == sizeof(reader->data))
		return -EAGAIN;
	got = recv(fd, reader->data + nr, sizeof(reader->data) - nr,
		   MSG_DONTWAIT);
	if (got < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	reader->end += (size_t)got;
	return got > 0;
}

int twinos_frame_next(struct twinos_frame_reader *reader,
		      struct twinos_frame *frame)
{
	const uint8_t *at = reader->data + reader->start;
	size_t nr = reader->end - reader->start;

	if (nr < HEADER)
		return 0;
	frame->type = at[0];
	frame->length = twinos_le16(at + 2);
	frame->data = at + HEADER;
	if (at[1] || frame->length > TWINOS_AGENT_PAYLOAD_MAX)
		return -EPROTO;
	if (nr < HEADER + frame->length)
		return 0;
	reader->start += HEADER + frame->length;
	return 1;
}

long twinos_frame_room(const struct twinos_frame_writer *writer)
{
	size_t room = twinos_queue_room(&writer->queue);

	if (room < HEADER)
		return -1;
	room -= HEADER;
	return room > TWINOS_AGENT_PAYLOAD_MAX ? TWINOS_AGENT_PAYLOAD_MAX :
						 (long)room;
}

int twinos_frame_put(struct twinos_frame_writer *writer, unsigned int type,
		     const void *data, size_t length)
{
	struct twinos_agent_header header = {
		.type = (uint8_t)type,
		.length = htole16((uint16_t)length),
	};

	if (twinos_frame_room(writer) < (long)length)
		return -ENOBUFS;
	twinos_queue_put(&writer->queue, &header, HEADER);
	if (length)
		twinos_queue_put(&writer->queue, data, length);
	return 0;
}

int twinos_frame_write(struct twinos_frame_writer *writer, int fd)
{
	const uint8_t *data;
	size_t nr;

	while ((nr = twinos_queue_peek(&writer->queue, &data))) {
		ssize_t sent = send(fd, data, nr, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -errno;
		twinos_queue_drop(&writer->queue, (size_t)sent);
	}
	return 0;
}

bool twinos_frame_waits(const struct twinos_frame_writer *writer)
{
	return writer->queue.nr > 0;
}

int twinos_frame_hello(const struct twinos_frame *frame, unsigned int *revision)
{
	if (frame->type != TWINOS_AGENT_HELLO ||
	    frame->length < sizeof(struct twinos_agent_hello) ||
	    memcmp(frame->data, TWINOS_AGENT_MAGIC, 8))
		return -EPROTO;
	*revision = twinos_le32(frame->data + 8);
	return 0;
}

int twinos_frame_number(const struct twinos_frame *frame, uint32_t *number)
{
	if (frame->length != sizeof(*number))
		return -EPROTO;
	*number = twinos_le32(frame->data);
	return 0;
}

int twinos_frame_numbers(const struct twinos_frame *frame, uint32_t *first,
			 uint32_t *second)
{
	if (frame->length < 2 * sizeof(*first))
		return -EPROTO;
	*first = twinos_le32(frame->data);
	*second = twinos_le32(frame->data + 4);
	return 0;
}

int twinos_frame_put_hello(struct twinos_frame_writer *writer)
{
	struct twinos_agent_hello hello = {
		.revision = htole32(TWINOS_AGENT_REVISION),
	};

	memcpy(hello.magic, TWINOS_AGENT_MAGIC, sizeof(hello.magic));
	return twinos_frame_put(writer, TWINOS_AGENT_HELLO, &hello,
				sizeof(hello));
}

int twinos_frame_put_number(struct twinos_frame_writer *writer,
			    unsigned int type, uint32_t number)
{
	number = htole32(number);
	return twinos_frame_put(writer, type, &number, sizeof(number));
}

int twinos_frame_put_numbers(struct twinos_frame_writer *writer,
			     unsigned int type, uint32_t first, uint32_t second)
{
	uint32_t numbers[] = { htole32(first), htole32(second) };

	return twinos_frame_put(writer, type, numbers, sizeof(numbers));
}
