// SPDX-License-Identifier: LGPL-2.1-or-later
#include <string.h>
#include <sys/param.h>

#include "queue.h"

void twinos_queue_init(struct twinos_queue *queue, uint8_t *data, size_t size)
{
	queue->data = data;
	queue->size = size;
	queue->start = 0;
	queue->nr = 0;
}

size_t twinos_queue_room(const struct twinos_queue *queue)
{
	return queue->size - queue->nr;
}

void twinos_queue_put(struct twinos_queue *queue, const void *data, size_t size)
{
	size_t end = (queue->start + queue->nr) % queue->size;
	size_t first = MIN(size, queue->size - end);

	memcpy(queue->data + end, data, first);
	memcpy(queue->data, (const uint8_t *)data + first, size - first);
	queue->nr += size;
}

size_t twinos_queue_peek(const struct twinos_queue *queue, const uint8_t **data)
{
	*data = queue->data + queue->start;
	return MIN(queue->nr, queue->size - queue->start);
}

void twinos_queue_drop(struct twinos_queue *queue, size_t size)
{
	queue->start = (queue->start + size) % queue->size;
	queue->nr -= size;
}
