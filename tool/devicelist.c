// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "devicelist.h"
#include "exit.h"
#include "output.h"
#include "table.h"

static const char *state(const struct twinos_device_status *device)
{
	if (device->leaving)
		return "leaving";
	return device->serves ? "in use" : "idle";
}

/* A file's name may be bytes that JSON can't hold. */
static json_t *detail(const struct twinos_device_status *device)
{
	json_t *string = json_string(device->detail);

	return string ? string : json_string("?");
}

/* null where nobody counts. */
static json_t *traffic(const struct twinos_device_status *device)
{
	const struct twinos_traffic *now = &device->traffic;

	if (!device->counted)
		return json_null();
	return json_pack("{s:I, s:I, s:I, s:I}", "in_bytes",
			 (json_int_t)now->in_bytes, "out_bytes",
			 (json_int_t)now->out_bytes, "in_ops",
			 (json_int_t)now->in_ops, "out_ops",
			 (json_int_t)now->out_ops);
}

static json_t *json_device(const struct twinos_device_status *device)
{
	char features[20];

	snprintf(features, sizeof(features), "0x%llx",
		 (unsigned long long)device->features);
	return json_pack("{s:s, s:s, s:s, s:i, s:s, s:o, s:o}", "name",
			 device->name, "kind", device->kind, "state",
			 state(device), "queues", (int)device->nr_queues,
			 "features", features, "detail", detail(device),
			 "traffic", traffic(device));
}

json_t *devicelist_json(const struct twinos_device_status *list, size_t nr)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < nr; i++)
		json_array_append_new(array, json_device(&list[i]));
	return array;
}

int devicelist_print(const json_t *array)
{
	const char *name, *kind, *how, *behind;
	struct table table = { 0 };
	json_t *device;
	size_t i;

	TABLE_ROW(&table, "NAME", "KIND", "STATE", "DETAIL");
	json_array_foreach(
		(json_t *)array, i,
		device) if (!json_unpack(device, "{s:s, s:s, s:s, s:s}", "name",
					 &name, "kind", &kind, "state", &how,
					 "detail", &behind))
		TABLE_ROW(&table, name, kind, how, behind);
	return table_print(&table);
}
