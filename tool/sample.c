// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/twinos.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control.h"
#include "sample.h"
#include "watch.h"

/* A process that is stopped, or in trouble, must not keep all others waiting. */
#define ANSWER_MS 200

/* ---- CPUs ---- */

static int open_twin(const struct twinos_status *status)
{
	struct twinos_error err;

	return twinos_open(status->name, &err);
}

static void read_cpus(struct sample_twin *twin)
{
	int fd, got;

	twin->cpus = calloc(TWINOS_MAX_CPUS, sizeof(*twin->cpus));
	if (!twin->cpus || !twin->status.handover || !twin->status.nr_cpus)
		return;
	fd = open_twin(&twin->status);
	if (fd < 0)
		return;
	got = twinos_cpu_times(twin->cpus, TWINOS_MAX_CPUS,
			       twin->status.handover, twinos_read_fd, &fd);
	twin->nr_cpus = got > 0 ? (size_t)got : 0;
	close(fd);
}

/* ---- devices ---- */

static bool take_traffic(struct twinos_traffic *into, const json_t *traffic)
{
	json_int_t in_bytes, out_bytes, in_ops, out_ops;

	if (json_unpack((json_t *)traffic, "{s:I, s:I, s:I, s:I}", "in_bytes",
			&in_bytes, "out_bytes", &out_bytes, "in_ops", &in_ops,
			"out_ops", &out_ops))
		return false;
	into->in_bytes = (uint64_t)in_bytes;
	into->out_bytes = (uint64_t)out_bytes;
	into->in_ops = (uint64_t)in_ops;
	into->out_ops = (uint64_t)out_ops;
	return true;
}

static void take_device(struct sample_twin *twin, const json_t *device)
{
	struct sample_device *into = &twin->devices[twin->nr_devices];
	const char *name, *kind;

	if (twin->nr_devices == TWINOS_DEVICES_MAX ||
	    json_unpack((json_t *)device, "{s:s, s:s}", "name", &name, "kind",
			&kind))
		return;
	strncpy(into->name, name, sizeof(into->name) - 1);
	strncpy(into->kind, kind, sizeof(into->kind) - 1);
	into->counted = take_traffic(&into->traffic,
				     json_object_get(device, "traffic"));
	twin->nr_devices++;
}

static void ask_for_devices(struct sample_twin *twin)
{
	struct twinos_error err;
	json_t *answer, *array;
	size_t i;

	answer = control_ask_within(twin->status.name,
				    json_pack("{s:s}", "order", "devices"),
				    ANSWER_MS, &err);
	array = json_object_get(answer, "devices");
	twin->devices_known = json_is_array(array);
	for (i = 0; i < json_array_size(array); i++)
		take_device(twin, json_array_get(array, i));
	json_decref(answer);
}

/* ---- all ---- */

static int no_memory(struct twinos_error *err)
{
	err->kind = TWINOS_ERROR_SYSTEM;
	err->code = ENOMEM;
	strcpy(err->text, "out of memory");
	return -ENOMEM;
}

int sample_take(struct sample *sample, struct twinos_error *err)
{
	size_t i;
	int ret;

	memset(sample, 0, sizeof(*sample));
	ret = twinos_list(&sample->list, &sample->nr, err);
	if (ret)
		return ret;
	sample->at_ms = watch_now();
	sample->twins = calloc(sample->nr + 1, sizeof(*sample->twins));
	if (!sample->twins) {
		twinos_list_free(sample->list, sample->nr);
		memset(sample, 0, sizeof(*sample));
		return no_memory(err);
	}
	for (i = 0; i < sample->nr; i++) {
		sample->twins[i].status = sample->list[i];
		read_cpus(&sample->twins[i]);
		ask_for_devices(&sample->twins[i]);
	}
	return 0;
}

void sample_free(struct sample *sample)
{
	size_t i;

	for (i = 0; i < sample->nr; i++)
		free(sample->twins[i].cpus);
	free(sample->twins);
	twinos_list_free(sample->list, sample->nr);
	memset(sample, 0, sizeof(*sample));
}

const struct sample_twin *sample_find(const struct sample *sample,
				      const char *name)
{
	size_t i;

	for (i = 0; i < sample->nr; i++)
		if (!strcmp(sample->twins[i].status.name, name))
			return &sample->twins[i];
	return NULL;
}
