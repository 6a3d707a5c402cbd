// SPDX-License-Identifier: GPL-2.0-only
/*
 * A terminal for programs, and no console of the kernel's: what the kernel says
 * stands in its log, where the host reads it from the first line on, and a console
 * would wait for whoever reads it.
 */
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/termios.h>

#include <asm/barrier.h>

#include "compat.h"
#include "console.h"
#include "doorbell.h"

#define OUTBUF_SIZE 256

static struct twinos_console *console;
static struct hvc_struct *hvc;
static u16 rows, columns; /* as the terminal was told */

static compat_hvc_ret get_chars(u32 vtermno, compat_hvc_char *buf,
				compat_hvc_size count)
{
	u32 tail = console->in_tail;
	u32 used = smp_load_acquire(&console->in_head) - tail;
	u32 i, size = min_t(u32, count, min_t(u32, used, TWINOS_CONSOLE_IN));

	for (i = 0; i < size; i++)
		buf[i] = console->in[(tail + i) % TWINOS_CONSOLE_IN];
	if (!size)
		return 0;
	smp_store_release(&console->in_tail, tail + size);
	guest_kick(TWINOS_BIT_CONSOLE);
	return size;
}

/* 0 makes hvc try again later. With no reader that would be for ever. */
static u32 no_room(u32 count)
{
	if (READ_ONCE(console->reads))
		return 0;
	WRITE_ONCE(console->dropped, console->dropped + count);
	return count;
}

static compat_hvc_ret put_chars(u32 vtermno, const compat_hvc_char *buf,
				compat_hvc_size count)
{
	u32 head = console->out_head;
	u32 used = head - smp_load_acquire(&console->out_tail);
	u32 i, size = min_t(u32, count, TWINOS_CONSOLE_OUT - used);

	if (!size)
		return no_room(count);
	for (i = 0; i < size; i++)
		console->out[(head + i) % TWINOS_CONSOLE_OUT] = buf[i];
	smp_store_release(&console->out_head, head + size);
	guest_kick(TWINOS_BIT_CONSOLE);
	return size;
}

static const struct hv_ops ops = {
	.get_chars = get_chars,
	.put_chars = put_chars,
};

/* Nobody else sets the size, so hvc's lock, which only its own files see, is not missed. */
static void resize(void)
{
	struct winsize size = {
		.ws_row = READ_ONCE(console->rows),
		.ws_col = READ_ONCE(console->columns),
	};

	if (size.ws_row == rows && size.ws_col == columns)
		return;
	rows = size.ws_row;
	columns = size.ws_col;
	__hvc_resize(hvc, size);
}

/* There is something to read, or room to write, or the terminal has a new size. */
static void called(void *data)
{
	resize();
	hvc_kick();
}

int console_init(struct twinos_handover *handover)
{
	console = &handover->console;
	hvc = hvc_alloc(0, 0, &ops, OUTBUF_SIZE);
	if (IS_ERR(hvc))
		return PTR_ERR(hvc);
	return guest_on_call(TWINOS_BIT_CONSOLE, called, NULL);
}
