// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "request.h"

static struct strings *find_strings(struct request *request, unsigned int type)
{
	switch (type) {
	case TWINOS_AGENT_ARGUMENTS:
		return &request->arguments;
	case TWINOS_AGENT_ENVIRONMENT:
		return &request->environment;
	case TWINOS_AGENT_DIRECTORY:
		return &request->directory;
	default:
		return NULL;
	}
}

int request_add(struct request *request, const struct twinos_frame *frame)
{
	struct strings *strings = find_strings(request, frame->type);
	char *data;

	if (!strings)
		return -EPROTO;
	if (frame->length > TWINOS_AGENT_STRINGS_MAX - strings->length)
		return -E2BIG;
	if (!frame->length)
		return 0;
	data = realloc(strings->data, strings->length + frame->length);
	if (!data)
		return -ENOMEM;
	memcpy(data + strings->length, frame->data, frame->length);
	strings->data = data;
	strings->length += frame->length;
	return 0;
}

static size_t count(const struct strings *strings)
{
	size_t i, nr = 0;

	for (i = 0; i < strings->length; i++)
		nr += !strings->data[i];
	return nr;
}

int request_list(const struct strings *strings, char ***list)
{
	size_t i, at = 0, nr = count(strings);

	if (strings->length && strings->data[strings->length - 1])
		return -EINVAL;
	*list = calloc(nr + 1, sizeof(**list));
	if (!*list)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		(*list)[i] = strings->data + at;
		at += strlen(strings->data + at) + 1;
	}
	return 0;
}

const char *request_directory(const struct request *request)
{
	const struct strings *directory = &request->directory;

	if (!directory->length || directory->data[directory->length - 1])
		return NULL;
	return directory->data;
}
