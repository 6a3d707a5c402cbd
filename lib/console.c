// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <linux/twinos.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

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

static int bind_bit(int owner, unsigned long request, int *fd)
{
	struct twinos_bind bind = { .size = sizeof(bind),
				    .bit = TWINOS_BIT_CONSOLE };

	*fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	bind.fd = *fd;
	return *fd < 0 || ioctl(owner, request, &bind) ? -errno : 0;
}

int twinos_console_bind(struct twinos_console_bell *bell, int owner)
{
	int ret = bind_bit(owner, TWINOS_BIND_KICK, &bell->kick);

	if (!ret)
		ret = bind_bit(owner, TWINOS_BIND_CALL, &bell->call);
	if (ret)
		twinos_console_unbind(bell);
	return ret;
}

void twinos_console_unbind(struct twinos_console_bell *bell)
{
	if (bell->kick >= 0)
		close(bell->kick);
	if (bell->call >= 0)
		close(bell->call);
	*bell = (struct twinos_console_bell){ -1, -1 };
}

/* Its count can't overflow: the module takes it off at once. */
void twinos_console_call(const struct twinos_console_bell *bell)
{
	if (bell->call >= 0)
		(void)!eventfd_write(bell->call, 1);
}

void twinos_console_answer(const struct twinos_console_bell *bell)
{
	eventfd_t count;

	if (bell->kick >= 0)
		(void)!eventfd_read(bell->kick, &count);
}
