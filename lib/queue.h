/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bytes that wait in a buffer of a fixed size, the oldest first. */
#ifndef TWINOS_LIB_QUEUE_H
#define TWINOS_LIB_QUEUE_H

#include <stddef.h>
#include <stdint.h>

/* struct twinos_queue - @nr bytes from @start on, round the end of @data's @size */
struct twinos_queue {
	uint8_t *data;
	size_t size;
	size_t start;
	size_t nr;
};

/* twinos_queue_init() - empty; @data is the caller's */
void twinos_queue_init(struct twinos_queue *queue, uint8_t *data, size_t size);

/* twinos_queue_room() - how much can be put */
size_t twinos_queue_room(const struct twinos_queue *queue);

/* twinos_queue_put() - for @size bytes there must be room */
void twinos_queue_put(struct twinos_queue *queue, const void *data,
		      size_t size);

/* twinos_queue_peek() - the oldest bytes as far as they are in one piece; how many */
size_t twinos_queue_peek(const struct twinos_queue *queue,
			 const uint8_t **data);

/* twinos_queue_drop() - the oldest @size of those that twinos_queue_peek() showed */
void twinos_queue_drop(struct twinos_queue *queue, size_t size);

#endif
