/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Little-endian numbers at any address: file formats don't align them. */
#ifndef TWINOS_LIB_LE_H
#define TWINOS_LIB_LE_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t twinos_le16(const void *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return le16toh(value);
}

static inline uint32_t twinos_le32(const void *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return le32toh(value);
}

#endif
