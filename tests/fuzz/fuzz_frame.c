// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a stream may hold that claims to be frames, in pieces whose lengths the first byte
 * says; and what the agent would make of them.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/socket.h>
#include <unistd.h>

#include "frame.h"

/* Fuzzers are linked with the library and the tool alone. */
#include "../../agent/request.c"

static struct twinos_frame_reader reader;
static struct request request;

static void look_at(const struct twinos_frame *frame)
{
	unsigned int revision;
	uint32_t first, second;
	size_t i, sum = 0;

	if (frame->length > TWINOS_AGENT_PAYLOAD_MAX || frame->type > 255)
		abort();
	for (i = 0; i < frame->length; i++)
		sum += frame->data[i];
	if (sum > frame->length * 255)
		abort();
	if (!twinos_frame_number(frame, &first) &&
	    !twinos_frame_numbers(frame, &first, &second))
		abort();
	twinos_frame_hello(frame, &revision);
	request_add(&request, frame);
}

static void check_list(const struct strings *strings)
{
	size_t i, size = 0;
	char **list;

	if (strings->length > TWINOS_AGENT_STRINGS_MAX)
		abort();
	if (request_list(strings, &list))
		return;
	for (i = 0; list[i]; i++)
		size += strlen(list[i]) + 1;
	if (size != strings->length)
		abort();
	free(list);
}

static void end_request(void)
{
	const char *directory = request_directory(&request);

	if (directory && strlen(directory) >= request.directory.length)
		abort();
	check_list(&request.arguments);
	check_list(&request.environment);
	free(request.arguments.data);
	free(request.environment.data);
	free(request.directory.data);
	memset(&request, 0, sizeof(request));
}

static void take_all(int fd)
{
	struct twinos_frame frame;
	int ret;

	do {
		ret = twinos_frame_read(&reader, fd);
		while (twinos_frame_next(&reader, &frame) > 0)
			look_at(&frame);
	} while (ret > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t step, at;
	int fds[2];

	if (!size)
		return 0;
	/* A socket takes that much. */
	size = MIN(size, 65536);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
		abort();
	twinos_frame_reader_init(&reader);
	step = data[0] ? data[0] : size;
	for (at = 1; at < size; at += step) {
		if (write(fds[0], data + at, MIN(step, size - at)) < 0)
			abort();
		take_all(fds[1]);
	}
	end_request();
	close(fds[0]);
	close(fds[1]);
	return 0;
}
