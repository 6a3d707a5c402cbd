// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdint.h>

#include "console.h"

static uint32_t load_acquire(const volatile __u32 *count)
{
	return __atomic_load_n(count, __ATOMIC_ACQUIRE);
}

static void store_release(volatile __u32 *count, uint32_t value)
{
	__atomic_store_n(count, value, __ATOMIC_RELEASE);
}

size_t twinos_console_read(volatile struct twinos_console *console, void *data,
			   size_t size)
{
	uint32_t tail = console->out_tail;
	uint32_t used = load_acquire(&console->out_head) - tail;
	uint8_t *to = data;
	size_t i;

	/* A twin that has lost count has written nothing that can be found. */
	if (used > TWINOS_CONSOLE_OUT) {
		store_release(&console->out_tail, tail + used);
		return 0;
	}
	if (size > used)
		size = used;
	for (i = 0; i < size; i++)
		to[i] = console->out[(tail + i) % TWINOS_CONSOLE_OUT];
	store_release(&console->out_tail, tail + (uint32_t)size);
	return size;
}

size_t twinos_console_write(volatile struct twinos_console *console,
			    const void *data, size_t size)
{
	uint32_t head = console->in_head;
	uint32_t used = head - load_acquire(&console->in_tail);
	const uint8_t *from = data;
	size_t i;

	if (used > TWINOS_CONSOLE_IN)
		return 0;
	if (size > TWINOS_CONSOLE_IN - used)
		size = TWINOS_CONSOLE_IN - used;
	for (i = 0; i < size; i++)
		console->in[(head + i) % TWINOS_CONSOLE_IN] = from[i];
	store_release(&console->in_head, head + (uint32_t)size);
	return size;
}
