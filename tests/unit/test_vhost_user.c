// SPDX-License-Identifier: GPL-2.0-only
/* The front end of vhost-user, with daemons of all kinds. */
#include <errno.h>
#include <linux/vhost_types.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
/* cmocka.h wants those above. */
#include <cmocka.h>

#include "fake_driver.h"
#include "vhost_user.h"

#define BIT(n) (1ULL << (n))
#define VERSION_1 BIT(32)
#define HAS_PROTOCOL BIT(30)
#define REPLY_ACK BIT(3)
#define CONFIG BIT(9)
#define SLOTS BIT(15)
#define ALL_PROTOCOL (REPLY_ACK | CONFIG | SLOTS)

#define LIMIT_MS 300
#define MAX_SEEN 64
#define NONE (-1)

enum {
	GET_FEATURES = 1,
	SET_FEATURES,
	SET_OWNER,
	SET_MEM_TABLE = 5,
	SET_VRING_NUM = 8,
	SET_VRING_ADDR,
	SET_VRING_BASE,
	GET_VRING_BASE,
	SET_VRING_KICK,
	SET_VRING_CALL,
	GET_PROTOCOL_FEATURES = 15,
	SET_PROTOCOL_FEATURES,
	SET_VRING_ENABLE = 18,
	GET_CONFIG = 24,
	GET_MAX_MEM_SLOTS = 36,
	ADD_MEM_REG
};

struct message {
	uint32_t request, flags, size;
	uint8_t payload[512];
};

#define HEADER 12

struct seen {
	uint32_t request, size;
	uint8_t payload[512];
	unsigned int nr_fds;
};

/**
 * struct daemon - the other end
 * @bad: the request that it answers wrongly, NONE: none is
 * @how: what is wrong with it
 * @max_slots: of memory
 */
enum how {
	SILENT,
	DRIPPING,
	CLOSING,
	REFUSING,
	OTHER_REQUEST,
	NO_REPLY_FLAG,
	OTHER_VERSION,
	HUGE,
	SHORT,
	WRONG_CONFIG,
};

struct daemon {
	int fd, front;
	uint64_t features, protocol, agreed;
	uint64_t max_slots;
	int bad;
	enum how how;
	pthread_t thread;
	struct seen seen[MAX_SEEN];
	size_t nr;
};

static bool read_all(int fd, void *to, size_t size)
{
	return !size || recv(fd, to, size, MSG_WAITALL) == (ssize_t)size;
}

/* Its header, with the fds that come with it, which are only counted. */
static bool read_header(int fd, struct message *message, unsigned int *nr_fds)
{
	char control[CMSG_SPACE(8 * sizeof(int))];
	struct iovec iov = { message, HEADER };
	struct msghdr header = { .msg_iov = &iov,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control) };
	struct cmsghdr *fds;
	unsigned int i;
	int one;

	*nr_fds = 0;
	if (recvmsg(fd, &header, MSG_WAITALL) != HEADER)
		return false;
	fds = CMSG_FIRSTHDR(&header);
	if (fds)
		*nr_fds = (unsigned int)((fds->cmsg_len - CMSG_LEN(0)) /
					 sizeof(int));
	for (i = 0; i < *nr_fds; i++) {
		memcpy(&one, CMSG_DATA(fds) + i * sizeof(one), sizeof(one));
		close(one);
	}
	return true;
}

static void put_u64(struct message *message, uint64_t value)
{
	memcpy(message->payload, &value, sizeof(value));
	message->size = sizeof(value);
}

/* False: it is one that is answered only if it asks for that. */
static bool fill_answer(struct daemon *daemon, struct message *message)
{
	size_t i;

	switch (message->request) {
	case GET_FEATURES:
		put_u64(message, daemon->features);
		return true;
	case GET_PROTOCOL_FEATURES:
		put_u64(message, daemon->protocol);
		return true;
	case GET_MAX_MEM_SLOTS:
		put_u64(message, daemon->max_slots);
		return true;
	case GET_CONFIG:
		for (i = HEADER; i < message->size; i++)
			message->payload[i] = (uint8_t)i;
		return true;
	case GET_VRING_BASE:
		return true;
	case SET_PROTOCOL_FEATURES:
		memcpy(&daemon->agreed, message->payload, 8);
		break;
	}
	if (!(message->flags & 0x8))
		return false;
	put_u64(message, 0);
	return true;
}

static bool send_slowly(int fd, const struct message *message)
{
	size_t i;

	for (i = 0; i < HEADER + message->size; i++) {
		if (send(fd, (char *)message + i, 1, MSG_NOSIGNAL) != 1)
			return false;
		usleep(LIMIT_MS * 1000 / 8);
	}
	return true;
}

static bool send_badly(const struct daemon *daemon, struct message *message)
{
	switch (daemon->how) {
	case SILENT:
		return true;
	case DRIPPING:
		return send_slowly(daemon->fd, message);
	case CLOSING:
		return false;
	case REFUSING:
		put_u64(message, 1);
		break;
	case OTHER_REQUEST:
		message->request++;
		break;
	case NO_REPLY_FLAG:
		message->flags &= ~0x4U;
		break;
	case OTHER_VERSION:
		message->flags ^= 0x2;
		break;
	case HUGE:
		message->size = UINT32_MAX;
		return send(daemon->fd, message, HEADER, MSG_NOSIGNAL) > 0;
	case SHORT:
		message->size--;
		break;
	case WRONG_CONFIG:
		message->payload[4]++;
		break;
	}
	return send(daemon->fd, message, HEADER + message->size, MSG_NOSIGNAL) >
	       0;
}

static bool answer(struct daemon *daemon, struct message *message)
{
	if (!fill_answer(daemon, message))
		return true;
	message->flags = 0x5;
	if ((int)message->request == daemon->bad)
		return send_badly(daemon, message);
	return send(daemon->fd, message, HEADER + message->size, MSG_NOSIGNAL) >
	       0;
}

static void *run_daemon(void *ctx)
{
	struct daemon *daemon = ctx;
	struct message message;
	struct seen *seen;

	for (;;) {
		seen = &daemon->seen[daemon->nr];
		if (daemon->nr == MAX_SEEN ||
		    !read_header(daemon->fd, &message, &seen->nr_fds) ||
		    message.size > sizeof(message.payload) ||
		    !read_all(daemon->fd, message.payload, message.size))
			break;
		seen->request = message.request;
		seen->size = message.size;
		memcpy(seen->payload, message.payload, message.size);
		daemon->nr++;
		if (!answer(daemon, &message))
			break;
	}
	shutdown(daemon->fd, SHUT_RDWR);
	return NULL;
}

static void start_daemon(struct daemon *daemon)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	daemon->fd = fds[0];
	daemon->front = fds[1];
	assert_int_equal(
		pthread_create(&daemon->thread, NULL, run_daemon, daemon), 0);
}

/* Behind it all is known that the daemon has seen. */
static void end_daemon(struct daemon *daemon, struct twinos_vhost_user *link)
{
	twinos_vhost_user_end(link, 0);
	pthread_join(daemon->thread, NULL);
	close(daemon->fd);
}

static struct daemon good_daemon(void)
{
	return (struct daemon){ .features = VERSION_1 | HAS_PROTOCOL | 0x77,
				.protocol = ~0ULL,
				.max_slots = 32,
				.bad = NONE };
}

static struct twinos_vhost_user new_link(void)
{
	return (struct twinos_vhost_user){ .fd = -1, .limit_ms = LIMIT_MS };
}

static uint64_t u64_at(const struct seen *seen, size_t offset)
{
	uint64_t value;

	memcpy(&value, seen->payload + offset, sizeof(value));
	return value;
}

/* ---- begin ---- */

static void test_begin(void **state)
{
	static const uint32_t wanted[] = { GET_FEATURES, GET_PROTOCOL_FEATURES,
					   SET_PROTOCOL_FEATURES, SET_OWNER };
	struct daemon daemon = good_daemon();
	struct twinos_vhost_user link = new_link();
	size_t i;

	(void)state;
	start_daemon(&daemon);
	assert_int_equal(twinos_vhost_user_begin(&link, daemon.front), 0);
	assert_int_equal(link.features, daemon.features);
	assert_int_equal(link.protocol, ALL_PROTOCOL);
	assert_false(twinos_vhost_user_is_lost(&link));
	end_daemon(&daemon, &link);
	assert_int_equal(link.fd, -1);
	assert_int_equal(daemon.agreed, ALL_PROTOCOL);
	assert_int_equal(daemon.nr, 4);
	for (i = 0; i < 4; i++)
		assert_int_equal(daemon.seen[i].request, wanted[i]);
}

static void test_begin_without_protocol(void **state)
{
	struct daemon daemon = good_daemon();
	struct twinos_vhost_user link = new_link();
	uint8_t config[8];

	(void)state;
	daemon.features = VERSION_1;
	start_daemon(&daemon);
	assert_int_equal(twinos_vhost_user_begin(&link, daemon.front), 0);
	assert_int_equal(link.protocol, 0);
	assert_int_equal(twinos_vhost_user_config(&link, config, 8),
			 -EOPNOTSUPP);
	end_daemon(&daemon, &link);
	assert_int_equal(daemon.nr, 2);
}

static void test_too_old(void **state)
{
	struct daemon daemon = good_daemon();
	struct twinos_vhost_user link = new_link();

	(void)state;
	daemon.features = HAS_PROTOCOL;
	start_daemon(&daemon);
	assert_int_equal(twinos_vhost_user_begin(&link, daemon.front),
			 -EOPNOTSUPP);
	end_daemon(&daemon, &link);
}

static int begin_badly(int request, enum how how)
{
	struct daemon daemon = good_daemon();
	struct twinos_vhost_user link = new_link();
	int ret;

	daemon.bad = request;
	daemon.how = how;
	start_daemon(&daemon);
	ret = twinos_vhost_user_begin(&link, daemon.front);
	end_daemon(&daemon, &link);
	return ret;
}

static void test_bad_answers(void **state)
{
	static const struct {
		enum how how;
		int want;
	} hows[] = {
		{ SILENT, -ETIMEDOUT },	    { DRIPPING, -ETIMEDOUT },
		{ CLOSING, -ECONNRESET },   { OTHER_REQUEST, -EPROTO },
		{ NO_REPLY_FLAG, -EPROTO }, { OTHER_VERSION, -EPROTO },
		{ HUGE, -EPROTO },	    { SHORT, -EPROTO },
	};
	static const int requests[] = { GET_FEATURES, GET_PROTOCOL_FEATURES };
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(hows) / sizeof(hows[0]); i++)
		for (j = 0; j < 2; j++)
			assert_int_equal(begin_badly(requests[j], hows[i].how),
					 hows[i].want);
	assert_int_equal(begin_badly(SET_OWNER, REFUSING), -EREMOTEIO);
	assert_int_equal(begin_badly(SET_OWNER, SILENT), -ETIMEDOUT);
}

static void test_lost(void **state)
{
	struct daemon daemon = good_daemon();
	struct twinos_vhost_user link = new_link();

	(void)state;
	assert_false(twinos_vhost_user_is_lost(&link));
	daemon.bad = GET_FEATURES;
	daemon.how = CLOSING;
	start_daemon(&daemon);
	twinos_vhost_user_begin(&link, daemon.front);
	pthread_join(daemon.thread, NULL);
	close(daemon.fd);
	assert_true(twinos_vhost_user_is_lost(&link));
	twinos_vhost_user_end(&link, 0);
	twinos_vhost_user_end(&link, 0);
}

/* ---- configuration ---- */

static int get_config(int bad, enum how how, uint8_t *config, size_t size)
{
	struct daemon daemon = good_daemon();
	struct twinos_vhost_user link = new_link();
	int ret;

	daemon.bad = bad;
	daemon.how = how;
	start_daemon(&daemon);
	assert_int_equal(twinos_vhost_user_begin(&link, daemon.front), 0);
	ret = twinos_vhost_user_config(&link, config, size);
	end_daemon(&daemon, &link);
	return ret;
}

static void test_config(void **state)
{
	uint8_t config[TWINOS_VHOST_USER_CONFIG];
	size_t i;

	(void)state;
	assert_int_equal(get_config(NONE, SILENT, config, sizeof(config)), 0);
	for (i = 0; i < sizeof(config); i++)
		assert_int_equal(config[i], i + HEADER);
	assert_int_equal(get_config(NONE, SILENT, config, 1), 0);
	assert_int_equal(get_config(GET_CONFIG, SHORT, config, 60), -EPROTO);
	assert_int_equal(get_config(GET_CONFIG, HUGE, config, 60), -EPROTO);
	assert_int_equal(get_config(GET_CONFIG, REFUSING, config, 60), -EPROTO);
	assert_int_equal(get_config(GET_CONFIG, WRONG_CONFIG, config, 60),
			 -EPROTO);
}

/* ---- start and stop ---- */

static int get_memfd(const struct twinos_twinmem *memory, size_t i)
{
	(void)memory;
	(void)i;
	return memfd_create("region", MFD_CLOEXEC);
}

static const struct seen *find_seen(const struct daemon *daemon,
				    uint32_t request)
{
	size_t i;

	for (i = 0; i < daemon->nr; i++)
		if (daemon->seen[i].request == request)
			return &daemon->seen[i];
	fail_msg("no request %u", request);
	return NULL;
}

static size_t count_seen(const struct daemon *daemon, uint32_t request)
{
	size_t i, nr = 0;

	for (i = 0; i < daemon->nr; i++)
		nr += daemon->seen[i].request == request;
	return nr;
}

static int start_and_stop(struct daemon *daemon, struct fake_driver *driver)
{
	struct twinos_vhost_user link = new_link();
	int ret;

	start_daemon(daemon);
	assert_int_equal(twinos_vhost_user_begin(&link, daemon->front), 0);
	ret = twinos_vhost_user_start(&link, &driver->setup, 2);
	if (!ret)
		ret = twinos_vhost_user_stop(&link, &driver->setup, 2);
	end_daemon(daemon, &link);
	return ret;
}

static void check_table(const struct daemon *daemon,
			const struct fake_driver *driver)
{
	const struct seen *table = find_seen(daemon, SET_MEM_TABLE);
	size_t i, nr = driver->memory.nr;

	assert_int_equal(table->size, 8 + 32 * nr);
	assert_int_equal(table->nr_fds, nr);
	assert_int_equal(u64_at(table, 0), nr);
	for (i = 0; i < nr; i++) {
		assert_int_equal(u64_at(table, 8 + 32 * i),
				 driver->memory.regions[i].start);
		assert_int_equal(u64_at(table, 16 + 32 * i),
				 driver->memory.regions[i].length);
		assert_int_equal(u64_at(table, 24 + 32 * i),
				 driver->memory.regions[i].start);
		assert_int_equal(u64_at(table, 32 + 32 * i), 0);
	}
}

static void check_queue(const struct daemon *daemon)
{
	const struct seen *seen = find_seen(daemon, SET_VRING_ADDR);
	struct vhost_vring_addr addr;

	memcpy(&addr, seen->payload, sizeof(addr));
	assert_int_equal(addr.desc_user_addr, DRIVER_DESC);
	assert_int_equal(addr.avail_user_addr, DRIVER_AVAIL);
	assert_int_equal(addr.used_user_addr, DRIVER_USED);
	assert_int_equal(u64_at(find_seen(daemon, SET_VRING_NUM), 0),
			 64ULL << 32);
	assert_int_equal(u64_at(find_seen(daemon, SET_VRING_BASE), 0),
			 17ULL << 32);
	assert_int_equal(find_seen(daemon, SET_VRING_KICK)->nr_fds, 1);
	assert_int_equal(find_seen(daemon, SET_VRING_CALL)->nr_fds, 1);
	assert_int_equal(u64_at(find_seen(daemon, SET_VRING_KICK), 0), 0);
}

static void test_start(void **state)
{
	struct daemon daemon = good_daemon();
	struct fake_driver driver;
	eventfd_t kicks;

	(void)state;
	fake_driver_init(&driver, VERSION_1 | 0x71, 64);
	driver.memory.get_fd = get_memfd;
	fake_driver_begin_at(&driver, 17);
	assert_int_equal(start_and_stop(&daemon, &driver), 0);
	check_table(&daemon, &driver);
	check_queue(&daemon);
	assert_int_equal(u64_at(find_seen(&daemon, SET_FEATURES), 0),
			 VERSION_1 | HAS_PROTOCOL | 0x71);
	assert_int_equal(count_seen(&daemon, SET_VRING_NUM), 1);
	assert_int_equal(count_seen(&daemon, SET_VRING_ENABLE), 2);
	assert_int_equal(count_seen(&daemon, GET_VRING_BASE), 1);
	assert_int_equal(eventfd_read(driver.queue->kick, &kicks), 0);
	fake_driver_free(&driver);
}

static void test_start_again(void **state)
{
	struct daemon daemon = good_daemon();
	struct twinos_vhost_user link = new_link();
	struct fake_driver driver;
	int i;

	(void)state;
	fake_driver_init(&driver, VERSION_1, 64);
	driver.memory.get_fd = get_memfd;
	start_daemon(&daemon);
	assert_int_equal(twinos_vhost_user_begin(&link, daemon.front), 0);
	for (i = 0; i < 2; i++) {
		assert_int_equal(
			twinos_vhost_user_start(&link, &driver.setup, 1), 0);
		assert_int_equal(
			twinos_vhost_user_stop(&link, &driver.setup, 1), 0);
	}
	end_daemon(&daemon, &link);
	assert_int_equal(count_seen(&daemon, SET_MEM_TABLE), 1);
	assert_int_equal(count_seen(&daemon, GET_VRING_BASE), 2);
	fake_driver_free(&driver);
}

static void add_regions(struct fake_driver *driver)
{
	for (; driver->memory.nr < 9; driver->memory.nr++)
		driver->memory.regions[driver->memory.nr] =
			(struct twinos_twinmem_region){
				.start = driver->memory.nr << 32,
				.length = 4096,
			};
}

static void test_many_regions(void **state)
{
	struct daemon daemon = good_daemon(), small = good_daemon(),
		      none = good_daemon();
	struct fake_driver driver;

	(void)state;
	fake_driver_init(&driver, VERSION_1, 64);
	driver.memory.get_fd = get_memfd;
	add_regions(&driver);
	assert_int_equal(start_and_stop(&daemon, &driver), 0);
	assert_int_equal(count_seen(&daemon, ADD_MEM_REG), 9);
	assert_int_equal(count_seen(&daemon, SET_MEM_TABLE), 0);
	assert_int_equal(find_seen(&daemon, ADD_MEM_REG)->nr_fds, 1);
	assert_int_equal(u64_at(find_seen(&daemon, ADD_MEM_REG), 8),
			 driver.memory.regions[0].start);
	small.max_slots = 8;
	assert_int_equal(start_and_stop(&small, &driver), -E2BIG);
	none.protocol = REPLY_ACK;
	assert_int_equal(start_and_stop(&none, &driver), -E2BIG);
	driver.memory.nr = 3;
	fake_driver_free(&driver);
}

static void test_no_memory_fd(void **state)
{
	struct daemon daemon = good_daemon();
	struct fake_driver driver;

	(void)state;
	fake_driver_init(&driver, VERSION_1, 64);
	assert_int_equal(start_and_stop(&daemon, &driver), -EOPNOTSUPP);
	fake_driver_free(&driver);
}

static void test_bad_queue(void **state)
{
	struct daemon daemon = good_daemon();
	struct fake_driver driver;

	(void)state;
	fake_driver_init(&driver, VERSION_1, 64);
	driver.memory.get_fd = get_memfd;
	driver.queue->device = DRIVER_END - 64;
	assert_int_equal(start_and_stop(&daemon, &driver), -EINVAL);
	assert_int_equal(count_seen(&daemon, SET_VRING_KICK), 0);
	fake_driver_free(&driver);
}

/* Whatever a start tells, a daemon can fail in it. */
static void test_bad_start(void **state)
{
	static const int requests[] = { SET_FEATURES,	SET_MEM_TABLE,
					SET_VRING_NUM,	SET_VRING_BASE,
					SET_VRING_ADDR, SET_VRING_CALL,
					SET_VRING_KICK, SET_VRING_ENABLE,
					GET_VRING_BASE };
	struct fake_driver driver;
	struct daemon daemon;
	size_t i;

	(void)state;
	fake_driver_init(&driver, VERSION_1, 64);
	driver.memory.get_fd = get_memfd;
	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		daemon = good_daemon();
		daemon.bad = requests[i];
		daemon.how = CLOSING;
		assert_int_equal(start_and_stop(&daemon, &driver), -ECONNRESET);
		daemon = good_daemon();
		daemon.bad = requests[i];
		daemon.how = SHORT;
		assert_int_equal(start_and_stop(&daemon, &driver), -EPROTO);
	}
	fake_driver_free(&driver);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_begin),
		cmocka_unit_test(test_begin_without_protocol),
		cmocka_unit_test(test_too_old),
		cmocka_unit_test(test_bad_answers),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_start_again),
		cmocka_unit_test(test_many_regions),
		cmocka_unit_test(test_no_memory_fd),
		cmocka_unit_test(test_bad_queue),
		cmocka_unit_test(test_bad_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
