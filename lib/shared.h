/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What shared mode wants of the user and of the twin's kernel. */
#ifndef TWINOS_LIB_SHARED_H
#define TWINOS_LIB_SHARED_H

#include "image.h"

/* twinos_shared_check() - what can be known before a file is opened */
int twinos_shared_check(const struct twinos_config *config,
			struct twinos_error *err);

/*
 * twinos_shared_check_image() - @five_levels: the host's page tables have 5,
 * see twinos_shared_five_levels()
 */
int twinos_shared_check_image(const struct twinos_image *image,
			      bool five_levels, struct twinos_error *err);

bool twinos_shared_five_levels(void);

/*
 * twinos_shared_start_error() - why TWINOS_START failed; NULL: as ever
 * twinos_shared_had_turn() - whether the twin had a turn before that
 */
const char *twinos_shared_start_error(int code);
bool twinos_shared_had_turn(int code);

#endif
