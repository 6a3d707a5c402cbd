// SPDX-License-Identifier: LGPL-2.1-or-later
/* Check of what a twin in shared mode gets beside its initrd. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "guest.h"

#define NEXT                                                                   \
	"install twinos_guest.ko for the version of the twin's kernel ('make " \
	"install-modules KDIR=...'), or give --guest-modules"

static bool has_module(const struct twinos_doctor *doctor, const char *release)
{
	char path[512];

	snprintf(path, sizeof(path), TWINOS_GUEST_DIR "/%.256s/twinos_guest.ko",
		 release);
	return twinos_hostfs_has(&doctor->fs, path);
}

/* The releases that have one, with a space before each. */
static size_t find_modules(const struct twinos_doctor *doctor, char *found,
			   size_t size)
{
	size_t count = 0, used = 0;
	char **names;
	ssize_t nr, i;

	*found = '\0';
	nr = twinos_hostfs_list(&doctor->fs, TWINOS_GUEST_DIR, &names);
	if (nr < 0)
		return 0;
	for (i = 0; i < nr; i++) {
		if (!has_module(doctor, names[i]))
			continue;
		count++;
		if (used + strlen(names[i]) + 2 <= size)
			used += (size_t)snprintf(found + used, size - used,
						 " %s", names[i]);
	}
	free(names);
	return count;
}

static void guest_modules(struct twinos_doctor *doctor)
{
	char found[160];
	size_t count = find_modules(doctor, found, sizeof(found));

	if (!count || !twinos_hostfs_has(&doctor->fs, TWINOS_GUEST_DIR "/init"))
		twinos_doctor_say(doctor, TWINOS_VERDICT_NOTE, NEXT,
				  TWINOS_GUEST_DIR " lacks %s",
				  count ? "init, which loads a guest module" :
					  "a guest module");
	else if (!has_module(doctor, doctor->release))
		twinos_doctor_say(doctor, TWINOS_VERDICT_NOTE, NEXT,
				  "none for the host's own kernel, but for%s",
				  found);
	else
		twinos_doctor_say(
			doctor, TWINOS_VERDICT_OK, "",
			"there is one for%s; only a start tells whether it is of this release",
			found);
}

const struct twinos_check twinos_doctor_guest[] = {
	{ "guest-modules", TWINOS_MODE_SHARED, false, guest_modules },
	{ 0 },
};
