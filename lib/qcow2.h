/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Disks in qcow2 files, which qemu-storage-daemon serves. */
#ifndef TWINOS_LIB_QCOW2_H
#define TWINOS_LIB_QCOW2_H

#include "spec.h"
#include "vdev.h"

/* twinos_qcow2_open() - as twinos_disk_open(), for what was said behind --disk */
int twinos_qcow2_open(const struct twinos_spec *spec, struct twinos_vdev **vdev,
		      struct twinos_error *err);

#endif
