/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The program nft, of the package nftables. */
#ifndef TWINOS_LIB_NFT_H
#define TWINOS_LIB_NFT_H

#include <limits.h>

#include "libtwinos.h"

/* twinos_nft_find() - where it is; 0 or -errno with a line in @err */
int twinos_nft_find(char path[PATH_MAX], struct twinos_error *err);

/* twinos_nft_run() - have it do what @script says: all of it or nothing */
int twinos_nft_run(const char *path, const char *script,
		   struct twinos_error *err);

#endif
