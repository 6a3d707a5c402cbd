// SPDX-License-Identifier: GPL-2.0-only
/*
 * victim SECONDS - own a page until somebody else writes to it
 *
 * Prints "page 0xADDRESS", which is physical, and at its end what the page holds.
 * Exits with 0 if it was written to, 1 if the time was up, 3 if the kernel has moved
 * the page.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "job.h"

#define PAGE 4096

/* Documentation/admin-guide/mm/pagemap.rst; 0 if it can't be told. */
static uint64_t physical(const void *page)
{
	uint64_t entry = 0;
	int fd = open("/proc/self/pagemap", O_RDONLY);

	if (fd < 0)
		return 0;
	if (pread(fd, &entry, sizeof(entry), (uintptr_t)page / PAGE * 8) !=
	    sizeof(entry))
		entry = 0;
	close(fd);
	return (entry & ((1ULL << 55) - 1)) * PAGE;
}

int main(int argc, char **argv)
{
	char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
	static const char own[] = "the victim's";
	volatile char *first = page;
	uint64_t address;

	if (page == MAP_FAILED)
		return 2;
	strcpy(page, own);
	address = physical(page);
	if (!address)
		return 2;
	job_begin(job_number(argc, argv, 1, 60));
	printf("page %#llx\n", (unsigned long long)address);
	while (job_goes_on() && *first == *own)
		usleep(100000);
	if (physical(page) != address)
		return 3;
	printf("holds %.40s\n", page);
	return *first == *own;
}
