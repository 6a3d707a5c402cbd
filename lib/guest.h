/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a twin gets beside the user's initrd: the guest module for its kernel, and
 * the shim that loads it before the user's own init.
 */
#ifndef TWINOS_LIB_GUEST_H
#define TWINOS_LIB_GUEST_H

#include "file.h"

#define TWINOS_GUEST_DIR "/usr/lib/twinos"

/* Where the shim is in the initramfs. */
#define TWINOS_GUEST_INIT "/twinos/init"

/**
 * struct twinos_guest - the files, open
 * @path: of the module, malloc'd
 */
struct twinos_guest {
	char *path;
	struct twinos_file module;
	struct twinos_file shim;
};

/*
 * twinos_guest_open() - DIR/VERSION/twinos_guest.ko and DIR/init
 * @dir: NULL: TWINOS_GUEST_DIR
 * @version: of the twin's kernel, "" if it is not known
 */
int twinos_guest_open(struct twinos_guest *guest, const char *dir,
		      const char *version, struct twinos_error *err);

/*
 * twinos_guest_pack() - an archive with both, for twinos_file_unmap()
 * @next: what the shim runs once the module is there
 * @optional: it does so too if the module can't be loaded
 */
int twinos_guest_pack(const struct twinos_guest *guest, const char *next,
		      bool optional, struct twinos_file *archive,
		      struct twinos_error *err);

/* twinos_guest_release() - also of a zeroed @guest */
void twinos_guest_release(struct twinos_guest *guest);

#endif
