// SPDX-License-Identifier: GPL-2.0-only
/*
 * uapi_fuzz [--seed N] [--seconds N] [--workers N] [--reserved ADDRESS]
 *
 * Random sequences of valid and invalid calls of /dev/twinos, from several
 * processes at once, which are killed now and then in the middle of one. Wants
 * to be alone with the module. TAP on standard output.
 *
 * Two things are kept from it, as each of them may reset the machine and is
 * documented to: a start of a twin in whose memory is no code, so that what is
 * wrong with a bad start is known to be refused; and writing over the code, page
 * tables and trampoline of one that runs.
 */
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "uapi_fuzz_calls.h"

/* ---- everything else ------------------------------------------------------ */

static long do_open(struct worker *worker)
{
	static const int flags[] = { O_RDWR, O_RDONLY, O_WRONLY,
				     O_RDWR | O_NONBLOCK | O_CLOEXEC };
	int fd = open(TWINOS_DEVICE, PICK(worker, flags));

	if (fd >= 0)
		slot_add(worker, fd, DEVICE);
	return fd;
}

static long do_close(struct worker *worker)
{
	struct slot *slot = &PICK(worker, worker->slots);
	bool open = slot->fd >= 0;

	slot_close(slot);
	return open ? 0 : -1;
}

static long do_dup(struct worker *worker)
{
	struct slot from = PICK(worker, worker->slots);
	int fd = dup(from.fd);

	if (fd < 0)
		return fd;
	from.fd = fd;
	*slot_add(worker, fd, from.kind) = from;
	return fd;
}

static uint64_t protected_bytes(uint64_t offset)
{
	return offset < IMAGE_SIZE ? IMAGE_SIZE - offset : 0;
}

static struct map *map_free(struct worker *worker)
{
	struct map *map = &PICK(worker, worker->maps);

	if (map->at)
		munmap(map->at, map->length);
	map->at = NULL;
	return map;
}

static long do_mmap(struct worker *worker)
{
	struct slot *slot =
		slot_pick(worker, one_in(worker, 3) ? MEMORY : OWNER);
	struct range *range =
		&slot->ranges[slot->nr ? below(worker, slot->nr) : 0];
	uint64_t offset = below(worker, range->length / 4096 + 1) * 4096ULL;
	uint64_t length = range->length - offset;
	uint64_t keep_off = protected_bytes(offset);
	int shared = one_in(worker, 16) ? MAP_PRIVATE : MAP_SHARED;
	struct map *map = map_free(worker);
	char *at;

	if (one_in(worker, 8))
		length = draw_number(worker) >> 20;
	/* That may be the beginning of another range. */
	if (one_in(worker, 8)) {
		offset = draw_number(worker);
		keep_off = length;
	}
	at = mmap(NULL, length, PROT_READ | PROT_WRITE, shared, slot->fd,
		  range->start + offset);
	if (at == MAP_FAILED)
		return -1;
	*map = (struct map){ at, length, keep_off };
	return 0;
}

static long do_munmap(struct worker *worker)
{
	struct map *map = &PICK(worker, worker->maps);
	uint64_t page = TWINOS_PAGE_SIZE;
	long ret;

	if (!map->at)
		return -1;
	/* Its beginning goes, or all of it. */
	if (map->length > 2 * page && one_in(worker, 2)) {
		ret = munmap(map->at, page);
		map->at += page;
		map->length -= page;
		map->keep_off -= map->keep_off < page ? map->keep_off : page;
		return ret;
	}
	ret = munmap(map->at, map->length);
	map->at = NULL;
	return ret;
}

static long do_touch(struct worker *worker)
{
	struct map *map = &PICK(worker, worker->maps);
	volatile char *at;
	uint64_t offset;

	if (!map->at || !map->length)
		return -1;
	offset = draw(worker) % map->length;
	at = map->at + offset;
	if (offset >= map->keep_off && one_in(worker, 2))
		*at = 1;
	else
		(void)*at;
	return 0;
}

static long do_read(struct worker *worker)
{
	static char buffer[65536];
	struct slot *slot =
		slot_pick(worker, one_in(worker, 2) ? OWNER : OBSERVER);
	struct range *range =
		&slot->ranges[slot->nr ? below(worker, slot->nr) : 0];
	uint64_t at = range->start + draw(worker) % (range->length + 1);
	void *to = one_in(worker, 8) ? draw_bad_pointer(worker) : buffer;

	if (one_in(worker, 4))
		at = draw_number(worker);
	if (one_in(worker, 8))
		lseek(slot->fd, at, SEEK_SET);
	if (one_in(worker, 8))
		return write(slot->fd, buffer, 1);
	if (one_in(worker, 8))
		return read(slot->fd, to, below(worker, sizeof(buffer)));
	return pread(slot->fd, to, below(worker, sizeof(buffer)), at);
}

static long do_poll(struct worker *worker)
{
	struct pollfd fds[2] = {
		{ .fd = slot_pick(worker, OBSERVER)->fd, .events = POLLIN },
		{ .fd = slot_pick(worker, OWNER)->fd, .events = POLLIN },
	};

	return poll(fds, 2, below(worker, 20)) ?: -1;
}

static bool is_blank(const struct slot *slot)
{
	return !slot->image && slot_range(slot, false);
}

/* Puts code and page tables into a twin that has the memory for them. */
static long do_image(struct worker *worker)
{
	struct slot *slot = slot_pick_due(worker, OWNER, is_blank);
	const struct range *range = slot_range(slot, false);
	struct image *image;

	if (slot->kind != OWNER || slot->image || !range)
		return -1;
	image = mmap(NULL, RANGE, PROT_READ | PROT_WRITE, MAP_SHARED, slot->fd,
		     range->start);
	if (image == MAP_FAILED)
		return -1;
	fill_image(image, range->start);
	munmap(image, RANGE);
	slot->image = range->start;
	return 0;
}

/* Whatever the twins' state is right now. */
static long do_sysfs(struct worker *worker)
{
	static const char *const files[] = {
		"state",	 "reason",	  "owner",  "age_ms",
		"cpus",		 "memory",	  "mode",   "vcpu/pid",
		"vcpu/switches", "vcpu/slice_us", "starts", "nothing",
	};
	char path[128], text[4096];
	long ret;
	int fd;

	snprintf(path, sizeof(path), "/sys/class/twinos/fuzz%u/%s",
		 below(worker, NAMES), PICK(worker, files));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ret = read(fd, text, sizeof(text));
	close(fd);
	return ret;
}

static long set_online(unsigned int cpu, char online)
{
	char path[64];
	long ret;
	int fd;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/online",
		 cpu);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ret = write(fd, &online, 1);
	close(fd);
	return ret;
}

/* The administrator takes a CPU away and brings it back. */
static long do_hotplug(struct worker *worker)
{
	unsigned int cpu = 1 + below(worker, cpus_online - 1);

	if (one_in(worker, 2))
		set_online(cpu, '0');
	return set_online(cpu, '1');
}

/* Always refused: the parent has the device open. */
static long do_unload(struct worker *worker)
{
	(void)worker;
	return syscall(SYS_delete_module, "twinos", O_NONBLOCK);
}

static long do_sleep(struct worker *worker)
{
	return usleep(below(worker, 20000));
}

/* Whatever is tied to the eventfd. */
static long do_call(struct worker *worker)
{
	uint64_t count = 1 + below(worker, 3);

	return write(worker->event, &count, sizeof(count));
}

static void note_death(int status)
{
	if (WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL :
				  !WEXITSTATUS(status))
		return;
	__atomic_fetch_add(&tally->died, 1, __ATOMIC_RELAXED);
	tally->status = status;
}

static void hand_down_slots(struct worker *worker, bool is_handed_down)
{
	unsigned int i;

	for (i = 0; i < SLOTS; i++)
		worker->slots[i].is_handed_down = is_handed_down;
}

static long do_kill(struct worker *worker)
{
	int status;
	long ret = 0;

	if (!worker->child)
		return -1;
	if (waitpid(worker->child, &status, WNOHANG) != worker->child) {
		ret = kill(worker->child, SIGKILL);
		if (waitpid(worker->child, &status, 0) != worker->child)
			return ret;
	}
	note_death(status);
	worker->child = 0;
	hand_down_slots(worker, false);
	return ret;
}

static void step(struct worker *worker);

/* A child has the same fds. */
static long do_fork(struct worker *worker)
{
	unsigned int i;

	if (worker->is_child)
		return -1;
	do_kill(worker);
	hand_down_slots(worker, true);
	worker->child = fork();
	if (worker->child)
		return worker->child;
	worker->is_child = true;
	worker->random ^= getpid();
	/* The twins' memory is not handed down. */
	memset(worker->maps, 0, sizeof(worker->maps));
	for (i = 0; i < CHILD_STEPS && time(NULL) < tally->deadline; i++)
		step(worker);
	_exit(0);
}

static const struct action {
	const char *name;
	unsigned int weight;
	long (*run)(struct worker *worker);
} actions[] = {
	{ "open", 2, do_open },	      { "close", 3, do_close },
	{ "dup", 1, do_dup },	      { "mmap", 4, do_mmap },
	{ "munmap", 2, do_munmap },   { "touch", 6, do_touch },
	{ "read", 4, do_read },	      { "poll", 2, do_poll },
	{ "image", 12, do_image },    { "sysfs", 4, do_sysfs },
	{ "hotplug", 1, do_hotplug }, { "unload", 1, do_unload },
	{ "sleep", 2, do_sleep },     { "fork", 2, do_fork },
	{ "kill", 2, do_kill },	      { "call", 8, do_call },
};

#define ROWS (ARRAY_SIZE(calls) + ARRAY_SIZE(actions))

/* The table of calls and, behind it, that of actions, as one. */
static const char *row_name(unsigned int row)
{
	return row < ARRAY_SIZE(calls) ? calls[row].name :
					 actions[row - ARRAY_SIZE(calls)].name;
}

static unsigned int row_weight(unsigned int row)
{
	return row < ARRAY_SIZE(calls) ?
		       calls[row].weight :
		       actions[row - ARRAY_SIZE(calls)].weight;
}

static unsigned int row_pick(struct worker *worker)
{
	unsigned int row, sum = 0;

	for (row = 0; row < ROWS; row++)
		sum += row_weight(row);
	sum = below(worker, sum);
	for (row = 0; sum >= row_weight(row); row++)
		sum -= row_weight(row);
	return row;
}

static void note_result(unsigned int row, long ret, int error)
{
	if (ret >= 0) {
		__atomic_fetch_add(&tally->of[row].worked, 1, __ATOMIC_RELAXED);
		return;
	}
	__atomic_fetch_add(&tally->of[row].failed, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&tally->of[row].errors[error % ERRORS], 1,
			   __ATOMIC_RELAXED);
}

static void step(struct worker *worker)
{
	unsigned int row = row_pick(worker);
	long ret;

	if (!worker->is_child) {
		tally->doing[worker->number].name = row_name(row);
		tally->doing[worker->number].since = time(NULL);
	}
	errno = 0;
	ret = row < ARRAY_SIZE(calls) ?
		      call_once(worker, &calls[row]) :
		      actions[row - ARRAY_SIZE(calls)].run(worker);
	note_result(row, ret, errno);
}

/* ---- the workers ---------------------------------------------------------- */

static char *read_only_page(void)
{
	return edge_page(PROT_READ) + TWINOS_PAGE_SIZE;
}

static void run_worker(unsigned int number, uint64_t seed)
{
	struct worker worker = { .random = seed | 1, .number = number };
	size_t i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (i = 0; i < SLOTS; i++)
		worker.slots[i].fd = -1;
	worker.edge = edge_page(PROT_READ | PROT_WRITE) + TWINOS_PAGE_SIZE;
	worker.read_only = read_only_page();
	worker.event = must(eventfd(0, EFD_NONBLOCK), "eventfd");
	slot_add(&worker, open_device(), DEVICE);
	slot_add(&worker, open("/dev/null", O_RDWR), OTHER);
	while (time(NULL) < tally->deadline)
		step(&worker);
	if (worker.child)
		do_kill(&worker);
	_exit(0);
}

struct crowd {
	struct worker chance; /* the parent's own */
	unsigned int nr;
	unsigned long killed;
	pid_t pids[WORKERS_MAX];
};

static void worker_begin(struct crowd *crowd, unsigned int i)
{
	uint64_t seed = draw(&crowd->chance);

	tally->doing[i].since = time(NULL);
	fflush(stdout);
	crowd->pids[i] = must(fork(), "fork");
	if (!crowd->pids[i])
		run_worker(i, seed);
}

static void worker_kill(struct crowd *crowd, unsigned int i)
{
	crowd->killed++;
	kill(crowd->pids[i], SIGKILL);
}

/* Those that have ended begin anew, with other chances. */
static void reap(struct crowd *crowd)
{
	unsigned int i;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		note_death(status);
		for (i = 0; i < crowd->nr; i++)
			if (crowd->pids[i] == pid &&
			    time(NULL) < tally->deadline)
				worker_begin(crowd, i);
	}
}

static bool reap_all(struct crowd *crowd)
{
	time_t end = time(NULL) + HANG_SECONDS;
	unsigned int i;

	tally->deadline = 0;
	for (i = 0; i < crowd->nr; i++)
		worker_kill(crowd, i);
	do {
		reap(crowd);
		if (waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD)
			return true;
		usleep(100000);
	} while (time(NULL) < end);
	return false;
}

static unsigned int count_hanging(const struct crowd *crowd)
{
	unsigned int i, nr = 0;

	for (i = 0; i < crowd->nr; i++) {
		if (time(NULL) - tally->doing[i].since < HANG_SECONDS)
			continue;
		printf("# worker %u hangs in %s\n", i, tally->doing[i].name);
		nr++;
	}
	return nr;
}

/* A call that only ever failed, or never did, tells nothing. */
static bool call_tells(unsigned int row)
{
	return tally->of[row].worked && tally->of[row].failed;
}

static bool all_calls_tell(void)
{
	unsigned int row;

	for (row = 0; row < ARRAY_SIZE(calls); row++)
		if (!call_tells(row))
			return false;
	return true;
}

/* A slow machine gets more time. */
static void extend(time_t limit)
{
	time_t soon = time(NULL) + 2;

	if (tally->deadline < soon && soon < limit && !all_calls_tell())
		tally->deadline = soon;
}

static unsigned int run_crowd(struct crowd *crowd)
{
	time_t now = time(NULL), limit = now + 3 * (tally->deadline - now);
	unsigned int i, hanging = 0;

	for (i = 0; i < crowd->nr; i++)
		worker_begin(crowd, i);
	while (time(NULL) < tally->deadline && !hanging) {
		usleep(below(&crowd->chance, 800000));
		if (one_in(&crowd->chance, 2))
			worker_kill(crowd, below(&crowd->chance, crowd->nr));
		extend(limit);
		reap(crowd);
		hanging = count_hanging(crowd);
	}
	return hanging;
}

/* ---- the verdict ---------------------------------------------------------- */

static bool comes_true(bool (*condition)(void), unsigned int seconds)
{
	time_t end = time(NULL) + seconds;

	while (!condition()) {
		if (time(NULL) >= end)
			return false;
		usleep(100000);
	}
	return true;
}

static bool no_twin_is_left(void)
{
	return !count_twins();
}

static bool cpu_is_back(int device, unsigned int cpu)
{
	struct twinos_cpu arg = { .size = sizeof(arg), .cpu = cpu };

	/* Who was killed may not have brought it back. */
	set_online(cpu, '1');
	return !ioctl(device, TWINOS_GET_CPU, &arg) &&
	       !(arg.flags & TWINOS_CPU_LENT) && arg.flags & TWINOS_CPU_ONLINE;
}

static void check_cpus(int device, const char *before)
{
	unsigned int cpu, nr = 1;
	char text[64];

	for (cpu = 1; cpu < cpus_online; cpu++)
		nr += cpu_is_back(device, cpu);
	check(nr == cpus_online, "no CPU is lent");
	slurp("/sys/devices/system/cpu/online", text, sizeof(text));
	check(!strcmp(text, before), "all CPUs are online");
}

static void print_row(unsigned int row)
{
	unsigned int error;

	printf("# %s: %lu worked, %lu failed", row_name(row),
	       tally->of[row].worked, tally->of[row].failed);
	for (error = 1; error < ERRORS; error++)
		if (tally->of[row].errors[error])
			printf(" %s %lu", strerrorname_np(error),
			       tally->of[row].errors[error]);
	putchar('\n');
}

static void check_rows(void)
{
	unsigned int row;

	for (row = 0; row < ROWS; row++) {
		print_row(row);
		if (row < ARRAY_SIZE(calls))
			check(call_tells(row), "%s has worked, and has failed",
			      row_name(row));
	}
}

static void check_all(struct crowd *crowd, int device, unsigned int hanging,
		      const char *online)
{
	check(!hanging, "no call hung");
	check(reap_all(crowd), "all processes ended");
	printf("# %lu were killed\n", crowd->killed);
	check(!tally->died, "none died of itself (status %#x)", tally->status);
	check(comes_true(no_twin_is_left, 60), "no twin is left");
	check_cpus(device, online);
	check_rows();
}

static uint64_t parse(const char *text)
{
	char *end;
	uint64_t value = strtoull(text, &end, 0);

	if (*end || end == text) {
		fprintf(stderr, "uapi_fuzz: no number: %s\n", text);
		exit(2);
	}
	return value;
}

struct settings {
	uint64_t seed;
	unsigned int seconds;
	unsigned int workers;
};

static struct settings parse_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "seconds", required_argument, NULL, 't' },
		{ "workers", required_argument, NULL, 'w' },
		{ "reserved", required_argument, NULL, 'r' },
		{ 0 },
	};
	struct settings settings = { time(NULL), 60, 6 };
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (option) {
		case 's':
			settings.seed = parse(optarg);
			break;
		case 't':
			settings.seconds = parse(optarg);
			break;
		case 'w':
			settings.workers = parse(optarg);
			break;
		case 'r':
			reserved_at = parse(optarg);
			break;
		default:
			exit(2);
		}
	if (!settings.workers || settings.workers > WORKERS_MAX)
		settings.workers = WORKERS_MAX;
	return settings;
}

static void prepare(unsigned int seconds)
{
	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (tally == MAP_FAILED)
		must(-1, "map the tally");
	setvbuf(stdout, NULL, _IOLBF, 0);
	/* Children of those that were killed become ours. */
	must(prctl(PR_SET_CHILD_SUBREAPER, 1), "become the reaper");
	cpus_online = sysconf(_SC_NPROCESSORS_ONLN);
	tally->deadline = time(NULL) + seconds;
}

int main(int argc, char **argv)
{
	struct settings settings = parse_options(argc, argv);
	struct crowd crowd = { .nr = settings.workers };
	int device = open_device(); /* which keeps the module loaded */
	unsigned int hanging;
	char online[64];

	printf("# --seed %llu --seconds %u --workers %u\n",
	       (unsigned long long)settings.seed, settings.seconds,
	       settings.workers);
	_Static_assert(ROWS <= ARRAY_SIZE(((struct tally *)0)->of),
		       "too many rows");
	prepare(settings.seconds);
	slurp("/sys/devices/system/cpu/online", online, sizeof(online));
	crowd.chance.random = settings.seed * 2 + 1;
	hanging = run_crowd(&crowd);
	check_all(&crowd, device, hanging, online);
	return finish();
}
