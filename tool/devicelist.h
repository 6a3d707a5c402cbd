/* SPDX-License-Identifier: GPL-2.0-only */
/* The devices of a twin, for programs and for people. */
#ifndef TWINCTL_DEVICELIST_H
#define TWINCTL_DEVICELIST_H

#include <jansson.h>

#include "libtwinos.h"

/* devicelist_json() - an array */
json_t *devicelist_json(const struct twinos_device_status *list, size_t nr);

/* devicelist_print() - such an array as a table; 0 or an exit code */
int devicelist_print(const json_t *array);

#endif
