// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "error.h"
#include "forwarding.h"
#include "nat.h"
#include "nft.h"
#include "uplinks.h"

#define UPLINKS 8

/* A table that was left there must not be added to. */
#define NO_TABLE "add table ip twinos_%1$s; delete table ip twinos_%1$s"

/*
 * Others' tables come on top: what they drop stays dropped. What they lead here (DNAT)
 * may come, as do answers.
 */
#define TABLE                                                        \
	NO_TABLE "; table ip twinos_%1$s {\n"                        \
		 "chain forward {\n"                                 \
		 "type filter hook forward priority filter\n"        \
		 "oifname \"%1$s\" ct state established accept\n"    \
		 "oifname \"%1$s\" ct state related accept\n"        \
		 "oifname \"%1$s\" ct status dnat accept\n"          \
		 "oifname \"%1$s\" drop\n"                           \
		 "}\n"                                               \
		 "chain postrouting {\n"                             \
		 "type nat hook postrouting priority srcnat\n"       \
		 "iifname \"%1$s\" oifname != \"%1$s\" masquerade\n" \
		 "}\n"                                               \
		 "}"

/**
 * struct undo - what the keeper needs, all made before it is
 * @nft: the program
 * @script: for it
 * @end: the other end of nat->end
 * @held: interfaces
 */
struct undo {
	char nft[PATH_MAX];
	char script[128];
	int end;
	struct twinos_forwarding held[1 + UPLINKS];
	size_t nr_held;
};

/* ---- the keeper: a child of a process with threads, so it only calls the kernel ---- */

/* The lowest fd from @from on that is needed; -1: none */
static int next_needed(const struct undo *undo, int from)
{
	int next = undo->end >= from ? undo->end : -1, fd;
	size_t i;

	for (i = 0; i < undo->nr_held; i++) {
		fd = undo->held[i].fd;
		if (fd >= from && (next < 0 || fd < next))
			next = fd;
	}
	return next;
}

/* Above all not the twin's owner fd, nor the other end of our socket. */
static void close_others(const struct undo *undo)
{
	int from = 0, next;

	while ((next = next_needed(undo, from)) >= 0) {
		if (next > from)
			close_range((unsigned int)from, (unsigned int)next - 1,
				    0);
		from = next + 1;
	}
	close_range((unsigned int)from, ~0U, 0);
}

static void drop_held(struct undo *undo)
{
	while (undo->nr_held)
		twinos_forwarding_drop(&undo->held[--undo->nr_held]);
}

/* It replaces us, so nobody has to wait for it. */
static void remove_rules(struct undo *undo)
{
	char *const argv[] = { "nft", undo->script, NULL };
	int null;

	do {
		null = open("/dev/null", O_RDWR);
	} while (null >= 0 && null <= STDERR_FILENO);
	execve(undo->nft, argv, environ);
}

/* Signals that end others are not for who tidies up behind them. */
static void keep(struct undo *undo)
{
	sigset_t all;
	char none;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	prctl(PR_SET_NAME, "twinos-nat");
	if (chdir("/"))
		_exit(1);
	close_others(undo);
	while (read(undo->end, &none, 1) < 0 && errno == EINTR)
		;
	drop_held(undo);
	remove_rules(undo);
	_exit(127);
}

static int start_keeper(struct twinos_nat *nat, struct undo *undo,
			struct twinos_error *err)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, errno,
				   "can't make a socket: %s", strerror(errno));
	undo->end = ends[0];
	nat->end = ends[1];
	nat->keeper = fork();
	if (!nat->keeper)
		keep(undo);
	close(ends[0]);
	if (nat->keeper > 0)
		return 0;
	nat->keeper = 0;
	close(ends[1]);
	return twinos_fail(err, TWINOS_ERROR_SYSTEM, EAGAIN,
			   "can't make a process for NAT");
}

/* ---- forwarding ---- */

static int hold(struct undo *undo, const char *interface,
		struct twinos_error *err)
{
	struct twinos_forwarding *forwarding = &undo->held[undo->nr_held];
	int ret = twinos_forwarding_hold(forwarding, interface);

	if (ret)
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, -ret,
				   "can't forward what comes in by '%s': %s",
				   interface, strerror(-ret));
	undo->nr_held++;
	return 0;
}

static bool is_router(const struct twinos_hostfs *fs)
{
	uint64_t forwards;

	return !twinos_hostfs_number(fs, "/proc/sys/net/ipv4/ip_forward",
				     &forwards) &&
	       forwards;
}

static int hold_uplinks(struct undo *undo, const struct twinos_hostfs *fs,
			struct twinos_error *err)
{
	char uplinks[UPLINKS][IFNAMSIZ];
	size_t nr = twinos_uplinks_find(fs, uplinks, UPLINKS), i;
	int ret = 0;

	if (!nr)
		return twinos_fail(
			err, TWINOS_ERROR_SYSTEM, ENETUNREACH,
			"NAT leads nowhere: this host has no default route; with 'sysctl net.ipv4.ip_forward=1' it is a router without one");
	for (i = 0; i < nr && !ret; i++)
		ret = hold(undo, uplinks[i], err);
	return ret;
}

static int hold_all(struct undo *undo, const char *interface,
		    struct twinos_error *err)
{
	struct twinos_hostfs fs;
	int ret;

	ret = twinos_hostfs_open(&fs, "/");
	if (ret)
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, -ret, "/: %s",
				   strerror(-ret));
	ret = hold(undo, interface, err);
	if (!ret && !is_router(&fs))
		ret = hold_uplinks(undo, &fs, err);
	twinos_hostfs_close(&fs);
	return ret;
}

/* The keeper has them too; a lock is given up with its last fd. */
static void leave_held(struct undo *undo)
{
	while (undo->nr_held)
		close(undo->held[--undo->nr_held].fd);
}

/* ---- rules ---- */

/* What nft takes for a name without quotes. */
static int check_name(const char *interface, struct twinos_error *err)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";

	if (!interface[strspn(interface, letters)])
		return 0;
	return twinos_fail(
		err, TWINOS_ERROR_USAGE, EINVAL,
		"net: NAT can't be had for a tap of this name: up to 15 letters, digits, '.', '_' and '-'");
}

static int make_rules(const struct undo *undo, const char *interface,
		      struct twinos_error *err)
{
	char script[1024];

	snprintf(script, sizeof(script), TABLE, interface);
	return twinos_nft_run(undo->nft, script, err);
}

/* ---- both ---- */

/* The keeper is there before what it is to undo. */
static int open_nat(struct twinos_nat *nat, struct undo *undo,
		    const char *interface, struct twinos_error *err)
{
	int ret = hold_all(undo, interface, err);

	if (!ret)
		ret = start_keeper(nat, undo, err);
	if (ret) {
		drop_held(undo);
		return ret;
	}
	leave_held(undo);
	ret = make_rules(undo, interface, err);
	if (ret)
		twinos_nat_close(nat);
	return ret;
}

int twinos_nat_open(struct twinos_nat *nat, const char *interface,
		    struct twinos_error *err)
{
	struct undo undo = { 0 };
	int ret;

	*nat = (struct twinos_nat){ 0 };
	ret = check_name(interface, err);
	if (!ret)
		ret = twinos_nft_find(undo.nft, err);
	if (ret)
		return ret;
	snprintf(undo.script, sizeof(undo.script), NO_TABLE, interface);
	return open_nat(nat, &undo, interface, err);
}

void twinos_nat_close(struct twinos_nat *nat)
{
	if (!nat->keeper)
		return;
	/* Not left to the close: another child of ours may have the fd too. */
	send(nat->end, "", 1, MSG_NOSIGNAL);
	close(nat->end);
	while (waitpid(nat->keeper, NULL, 0) < 0 && errno == EINTR)
		;
	*nat = (struct twinos_nat){ 0 };
}
