// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/twinos.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control.h"
#include "devicelist.h"
#include "lastlog.h"
#include "socket.h"

#define MESSAGE_MAX (64UL << 10)

struct control {
	struct twinos_twin *twin;
	int listener;
	char path[SOCKET_PATH_MAX];
	int clients[CONTROL_CLIENTS]; /* -1: none */
	int (*attach)(void *ctx, pid_t *pid, struct twinos_error *err);
	void *attach_ctx;
};

static void control_path(char *path, size_t size, const char *name)
{
	snprintf(path, size, LASTLOG_DIR "/%s.control", name);
}

/* ---- orders ---- */

static json_t *error_answer(const struct twinos_error *err)
{
	return json_pack("{s:{s:i, s:i, s:s}}", "error", "kind", (int)err->kind,
			 "code", err->code, "text", err->text);
}

static json_t *devices(struct control *control)
{
	struct twinos_device_status list[TWINOS_DEVICES_MAX];
	size_t nr =
		twinos_twin_devices(control->twin, list, TWINOS_DEVICES_MAX);

	return json_pack("{s:o}", "devices", devicelist_json(list, nr));
}

/* Back from @directory to @before, which is -1 if we have not left. */
static void go_back(int before)
{
	if (before < 0)
		return;
	(void)!fchdir(before);
	close(before);
}

static int go_to(const char *directory, struct twinos_error *err)
{
	int before = open(".", O_PATH | O_CLOEXEC);

	if (before >= 0 && !chdir(directory))
		return before;
	err->kind = TWINOS_ERROR_SYSTEM;
	err->code = errno;
	snprintf(err->text, sizeof(err->text), "cannot go to '%.256s': %s",
		 directory, strerror(errno));
	if (before >= 0)
		close(before);
	return -1;
}

static json_t *add(struct control *control, const char *kind, const char *text,
		   const char *directory)
{
	struct twinos_device device = { kind, text };
	char name[TWINOS_NAME_SIZE];
	struct twinos_error err;
	int before, ret;

	before = go_to(directory, &err);
	if (before < 0)
		return error_answer(&err);
	ret = twinos_twin_device_add(control->twin, &device, name, &err);
	go_back(before);
	return ret ? error_answer(&err) : json_pack("{s:s}", "device", name);
}

static json_t *remove_device(struct control *control, const char *name,
			     bool force)
{
	struct twinos_error err;

	if (twinos_twin_device_remove(control->twin, name, force, &err))
		return error_answer(&err);
	return json_object();
}

static json_t *attach(struct control *control)
{
	struct twinos_error err = { TWINOS_ERROR_USAGE, EALREADY, "" };
	pid_t pid;

	snprintf(err.text, sizeof(err.text),
		 "twin '%s' was started without --keep, and has a supervisor",
		 twinos_twin_plan(control->twin)->name);
	if (!control->attach ||
	    control->attach(control->attach_ctx, &pid, &err))
		return error_answer(&err);
	return json_pack("{s:i}", "supervisor", (int)pid);
}

static json_t *not_understood(void)
{
	static const struct twinos_error err = {
		TWINOS_ERROR_MODULE, EINVAL,
		"the process that holds the twin is of another version"
	};

	return error_answer(&err);
}

static json_t *obey(struct control *control, json_t *order)
{
	const char *what, *kind, *text, *directory, *name;
	int force;

	if (json_unpack(order, "{s:s}", "order", &what))
		return not_understood();
	if (!strcmp(what, "devices"))
		return devices(control);
	if (!strcmp(what, "attach"))
		return attach(control);
	if (!strcmp(what, "add") &&
	    !json_unpack(order, "{s:s, s:s, s:s}", "kind", &kind, "text", &text,
			 "directory", &directory))
		return add(control, kind, text, directory);
	if (!strcmp(what, "remove") &&
	    !json_unpack(order, "{s:s, s:b}", "device", &name, "force", &force))
		return remove_device(control, name, force);
	return not_understood();
}

/* ---- messages ---- */

/* Takes @object. */
static int send_object(int fd, json_t *object, int flags)
{
	char *text = json_dumps(object, JSON_COMPACT);
	int ret = -ENOMEM;

	json_decref(object);
	if (text)
		ret = send(fd, text, strlen(text), MSG_NOSIGNAL | flags) < 0 ?
			      -errno :
			      0;
	free(text);
	return ret;
}

/* NULL: the other end is gone or talks nonsense; -EAGAIN in @ret: nothing came. */
static json_t *receive_object(int fd, int flags, int *ret)
{
	char *text = malloc(MESSAGE_MAX);
	json_t *object = NULL;
	ssize_t got;

	if (!text)
		return NULL;
	got = recv(fd, text, MESSAGE_MAX, flags);
	*ret = got < 0 ? -errno : 0;
	if (got > 0)
		object = json_loadb(text, (size_t)got, 0, NULL);
	free(text);
	return object;
}

/* ---- the holder's end ---- */

int control_open(struct control **control, struct twinos_twin *twin)
{
	struct control *new = calloc(1, sizeof(*new));
	size_t i;

	if (!new)
		return -ENOMEM;
	new->twin = twin;
	control_path(new->path, sizeof(new->path),
		     twinos_twin_plan(twin)->name);
	for (i = 0; i < CONTROL_CLIENTS; i++)
		new->clients[i] = -1;
	new->listener = socket_listen(new->path, CONTROL_CLIENTS);
	if (new->listener < 0) {
		int ret = new->listener;

		free(new);
		return ret;
	}
	*control = new;
	return 0;
}

void control_on_attach(struct control *control,
		       int (*on_attach)(void *ctx, pid_t *pid,
					struct twinos_error *err),
		       void *ctx)
{
	control->attach = on_attach;
	control->attach_ctx = ctx;
}

static void drop(int *client)
{
	if (*client >= 0)
		close(*client);
	*client = -1;
}

void control_close(struct control *control)
{
	size_t i;

	if (!control)
		return;
	for (i = 0; i < CONTROL_CLIENTS; i++)
		drop(&control->clients[i]);
	unlink(control->path);
	close(control->listener);
	free(control);
}

size_t control_poll(const struct control *control, struct pollfd *fds)
{
	size_t i, nr = 0;

	fds[nr++] = (struct pollfd){ control->listener, POLLIN, 0 };
	for (i = 0; i < CONTROL_CLIENTS; i++)
		if (control->clients[i] >= 0)
			fds[nr++] = (struct pollfd){ control->clients[i],
						     POLLIN, 0 };
	return nr;
}

static void serve_client(struct control *control, int *client)
{
	json_t *order;
	int ret = 0;

	order = receive_object(*client, MSG_DONTWAIT, &ret);
	if (ret == -EAGAIN)
		return;
	if (!order || send_object(*client, obey(control, order), MSG_DONTWAIT))
		drop(client);
	json_decref(order);
}

/* While there is no place for more, they wait in the listener's queue. */
static void welcome(struct control *control)
{
	size_t i;

	for (i = 0; i < CONTROL_CLIENTS; i++)
		if (control->clients[i] < 0)
			control->clients[i] =
				accept4(control->listener, NULL, NULL,
					SOCK_CLOEXEC | SOCK_NONBLOCK);
}

void control_serve(struct control *control)
{
	size_t i;

	welcome(control);
	for (i = 0; i < CONTROL_CLIENTS; i++)
		if (control->clients[i] >= 0)
			serve_client(control, &control->clients[i]);
}

/* ---- the other end ---- */

static json_t *fail_ask(struct twinos_error *err, enum twinos_error_kind kind,
			int code, const char *format, const char *name)
{
	err->kind = kind;
	err->code = code;
	snprintf(err->text, sizeof(err->text), format, name, strerror(code));
	return NULL;
}

static json_t *unpack_error(json_t *answer, struct twinos_error *err)
{
	json_t *error = json_object_get(answer, "error");
	const char *text;
	int kind, code;

	if (!error)
		return answer;
	if (json_unpack(error, "{s:i, s:i, s:s}", "kind", &kind, "code", &code,
			"text", &text))
		text = "", kind = TWINOS_ERROR_SYSTEM, code = EPROTO;
	err->kind = (enum twinos_error_kind)kind;
	err->code = code;
	snprintf(err->text, sizeof(err->text), "%s", text);
	json_decref(answer);
	return NULL;
}

json_t *control_ask(const char *name, json_t *order, struct twinos_error *err)
{
	return control_ask_within(name, order, 0, err);
}

json_t *control_ask_within(const char *name, json_t *order, int64_t timeout_ms,
			   struct twinos_error *err)
{
	char path[SOCKET_PATH_MAX];
	json_t *answer;
	int fd, ret;

	control_path(path, sizeof(path), name);
	fd = socket_connect_within(path, timeout_ms);
	if (fd < 0) {
		json_decref(order);
		return fail_ask(err, TWINOS_ERROR_NAME, -fd,
				"no process that holds a twin '%s' answers: %s",
				name);
	}
	ret = send_object(fd, order, 0);
	answer = ret ? NULL : receive_object(fd, 0, &ret);
	close(fd);
	if (!answer)
		return fail_ask(err, TWINOS_ERROR_SYSTEM, ret ? -ret : EPROTO,
				"the process that holds twin '%s' does not "
				"answer: %s",
				name);
	return unpack_error(answer, err);
}
