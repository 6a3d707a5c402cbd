// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon.h"
#include "error.h"

#define RUN_DIRECTORY "/run/twinos"
#define SOCKET_DIRECTORY RUN_DIRECTORY "/daemon.XXXXXX"

#define TERM_MS 3000 /* how long it may take to end when it is asked to */
#define KILL_MS 5000 /* when it is not asked */
#define LAST_WORDS_MS 1000 /* until what goes wrong has ended it */

int twinos_daemon_add_arg(struct twinos_daemon *daemon, const char *format, ...)
{
	va_list args;
	size_t i = 0;
	int ret;

	while (daemon->argv[i])
		i++;
	if (i == TWINOS_DAEMON_ARGS)
		return -E2BIG;
	va_start(args, format);
	ret = vasprintf(&daemon->argv[i], format, args);
	va_end(args);
	if (ret >= 0)
		return 0;
	daemon->argv[i] = NULL;
	return -ENOMEM;
}

/* ---- the socket ---- */

static int with_errno(int fd)
{
	int ret = -errno;

	close(fd);
	return ret;
}

static int listen_at(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) ||
	    listen(fd, 1))
		return with_errno(fd);
	return fd;
}

static int connect_to(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)))
		return with_errno(fd);
	return fd;
}

static int connect_at(const struct sockaddr_un *address, int *listener)
{
	int fd;

	*listener = listen_at(address);
	if (*listener < 0)
		return *listener;
	fd = connect_to(address);
	unlink(address->sun_path);
	if (fd < 0)
		close(*listener);
	return fd;
}

/*
 * A connection that waits to be accepted. Nobody has to wait for the daemon to listen,
 * nobody else can be faster, and nothing is left of the socket's name.
 */
static int make_connection(int *listener)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char directory[] = SOCKET_DIRECTORY;
	int fd;

	if (mkdir(RUN_DIRECTORY, 0755) && errno != EEXIST)
		return -errno;
	if (!mkdtemp(directory))
		return -errno;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket",
		 directory);
	fd = connect_at(&address, listener);
	rmdir(directory);
	return fd;
}

/* ---- the process: between fork() and exec() only what a signal handler may do ---- */

static void complain(const char *text)
{
	(void)!write(STDERR_FILENO, text, strlen(text));
	_exit(126);
}

/* Mounts below it included. Nobody else sees this. */
static void make_read_only(const char *directory)
{
	struct mount_attr read_only = { .attr_set = MOUNT_ATTR_RDONLY };

	if (unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) ||
	    mount(directory, directory, NULL, MS_BIND | MS_REC, NULL) ||
	    mount_setattr(AT_FDCWD, directory, AT_RECURSIVE, &read_only,
			  sizeof(read_only)))
		complain("can't make the directory read-only\n");
}

static void set_signals(void)
{
	sigset_t none;

	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* All that it has of ours is the socket; above all no fd of the twin. */
static void set_fds(int listener, int out)
{
	int null = open("/dev/null", O_RDWR);

	dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	if (listener == TWINOS_DAEMON_FD)
		fcntl(listener, F_SETFD, 0);
	else
		dup2(listener, TWINOS_DAEMON_FD);
	if (close_range(TWINOS_DAEMON_FD + 1, ~0U, 0))
		complain("can't close fds\n");
}

static void become(const struct twinos_daemon *daemon, int listener, int out,
		   pid_t parent)
{
	set_signals();
	set_fds(listener, out);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(126);
	/* No Ctrl-C is for it. */
	setsid();
	if (daemon->read_only)
		make_read_only(daemon->read_only);
	execv(daemon->argv[0], daemon->argv);
	complain("can't be run\n");
}

/* A pidfd can't fail to be had for lack of anything but fds. */
static int fork_daemon(struct twinos_daemon *daemon, int listener, int out)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid)
		become(daemon, listener, out, parent);
	daemon->pidfd = pidfd_open(pid, 0);
	if (daemon->pidfd < 0) {
		int ret = -errno;

		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		return ret;
	}
	daemon->pid = pid;
	return 0;
}

/* What it says must neither stop it, if nobody reads it, nor end it. */
static int spawn(struct twinos_daemon *daemon, int listener)
{
	int pipes[2], ret;

	if (pipe2(pipes, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	ret = fork_daemon(daemon, listener, pipes[1]);
	close(pipes[1]);
	if (ret)
		close(pipes[0]);
	else
		daemon->said = pipes[0];
	return ret;
}

int twinos_daemon_start(struct twinos_daemon *daemon, struct twinos_error *err)
{
	int listener = -1, ret, fd = make_connection(&listener);

	if (fd < 0)
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, -fd,
				   "can't make a socket for %s in %s: %s",
				   daemon->name, RUN_DIRECTORY, strerror(-fd));
	ret = spawn(daemon, listener);
	close(listener);
	if (!ret)
		return fd;
	close(fd);
	return twinos_fail(err, TWINOS_ERROR_SYSTEM, -ret, "can't start %s: %s",
			   daemon->name, strerror(-ret));
}

/* ---- its end ---- */

static bool ends_within(const struct twinos_daemon *daemon, int ms)
{
	struct pollfd end = { .fd = daemon->pidfd, .events = POLLIN };

	return poll(&end, 1, ms) > 0;
}

static void describe_status(int status, char *said, size_t size)
{
	if (WIFSIGNALED(status))
		snprintf(said, size, "it was killed by signal %d (%s)",
			 WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(said, size, "it has ended with exit code %d",
			 WEXITSTATUS(status));
}

/* struct line - the last one, so far; @nr: bytes of it; @ended: the next one begins */
struct line {
	char *bytes;
	size_t nr, size;
	bool ended;
};

static void add_byte(struct line *line, char byte)
{
	if (byte == '\n') {
		line->ended = true;
		return;
	}
	if (line->ended)
		line->nr = 0;
	line->ended = false;
	if (line->nr + 1 < line->size)
		line->bytes[line->nr++] = byte < ' ' ? '?' : byte;
}

/* Of all that it has said; false if that is nothing. */
static bool last_line(const struct twinos_daemon *daemon, char *said,
		      size_t size)
{
	struct line line = { .bytes = said, .size = size };
	char bytes[512];
	ssize_t got, i;

	while ((got = read(daemon->said, bytes, sizeof(bytes))) > 0)
		for (i = 0; i < got; i++)
			add_byte(&line, bytes[i]);
	said[line.nr] = '\0';
	return line.nr;
}

static void forget(struct twinos_daemon *daemon)
{
	close(daemon->said);
	close(daemon->pidfd);
	daemon->pid = 0;
}

/*
 * One that is stuck in the kernel stays there, and a zombie of ours, until that lets go
 * of it.
 */
void twinos_daemon_stop(struct twinos_daemon *daemon, char *said, size_t size)
{
	int status = 0;
	bool ended;

	if (!daemon->pid)
		return;
	ended = ends_within(daemon, said ? LAST_WORDS_MS : 0);
	if (!ended)
		kill(daemon->pid, SIGTERM);
	if (!ends_within(daemon, TERM_MS))
		kill(daemon->pid, SIGKILL);
	if (ends_within(daemon, KILL_MS))
		waitpid(daemon->pid, &status, 0);
	if (said && !last_line(daemon, said, size) && ended)
		describe_status(status, said, size);
	forget(daemon);
}

void twinos_daemon_destroy(struct twinos_daemon *daemon)
{
	size_t i;

	for (i = 0; daemon->argv[i]; i++)
		free(daemon->argv[i]);
	free(daemon->read_only);
	*daemon = (struct twinos_daemon){ 0 };
}
