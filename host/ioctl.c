// SPDX-License-Identifier: GPL-2.0-only
/*
 * The contract with user space: /dev/twinos, owner fds and observer fds. Each
 * call is a row of a table; copying in, the size, flags and padding are checked
 * in one place, all other values where they are used.
 */
#include <linux/anon_inodes.h>
#include <linux/capability.h>
#include <linux/ctype.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <asm/tsc.h>

#include "cpu.h"
#include "ioctl.h"
#include "memfd.h"
#include "twin.h"

/**
 * struct handle - an open owner or observer fd
 * @seen: the generation that the last TWINOS_GET_STATE through it told, at first
 *	that of its opening
 */
struct handle {
	struct twin *twin;
	u32 seen;
};

union argument {
	__u32 size;
	struct twinos_info info;
	struct twinos_cpu cpu;
	struct twinos_create create;
	struct twinos_open open;
	struct twinos_memory memory;
	struct twinos_start start;
	struct twinos_stop stop;
	struct twinos_state state;
	struct twinos_set_state set_state;
	struct twinos_clear clear;
	struct twinos_bind bind;
	struct twinos_memory_fd memory_fd;
};

struct call {
	unsigned int cmd;
	long (*fn)(struct file *file, union argument *arg);
};

static long dispatch(const struct call *calls, size_t nr, struct file *file,
		     unsigned int cmd, unsigned long address)
{
	void __user *user = (void __user *)address;
	union argument arg = {};
	size_t i, size = _IOC_SIZE(cmd);
	long ret;

	for (i = 0; i < nr && calls[i].cmd != cmd; i++)
		;
	if (i == nr)
		return -ENOTTY;
	if (copy_from_user(&arg, user, size))
		return -EFAULT;
	if (arg.size != size)
		return -EINVAL;
	ret = calls[i].fn(file, &arg);
	if (ret >= 0 && (_IOC_DIR(cmd) & _IOC_READ) &&
	    copy_to_user(user, &arg, size))
		return -EFAULT;
	return ret;
}

static long call_get_info(struct file *file, union argument *arg)
{
	struct twinos_info *info = &arg->info;

	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	info->revision = TWINOS_REVISION;
	info->tsc_khz = tsc_khz;
	info->nr_cpus = nr_cpu_ids;
	strscpy(info->version, THIS_MODULE->version, sizeof(info->version));
	return 0;
}

static long call_get_cpu_info(struct file *file, union argument *arg)
{
	return cpu_get(&arg->cpu);
}

static bool name_ok(const char *name)
{
	size_t i, length = strnlen(name, TWINOS_NAME_SIZE);

	if (!length || length == TWINOS_NAME_SIZE || *name == '.' ||
	    *name == '-')
		return false;
	for (i = 0; i < length; i++)
		if (!isascii(name[i]) ||
		    (!isalnum(name[i]) && !strchr("._-", name[i])))
			return false;
	return !memchr_inv(name + length, 0, TWINOS_NAME_SIZE - length);
}

static int handle_fd(struct twin *twin, const char *what,
		     const struct file_operations *fops, int flags)
{
	struct twinos_state state;
	struct handle *handle;
	struct file *file;
	int fd;

	handle = kzalloc(sizeof(*handle), GFP_KERNEL_ACCOUNT);
	if (!handle)
		return -ENOMEM;
	handle->twin = twin;
	twin_get_state(twin, &state);
	handle->seen = state.generation;
	fd = get_unused_fd_flags(flags);
	if (fd < 0)
		goto free_handle;
	file = anon_inode_getfile(what, fops, handle, flags);
	if (IS_ERR(file))
		goto put_fd;

	/* The position is a physical address, as kvm's stats fd does it. */
	file->f_mode |= FMODE_PREAD;
	fd_install(fd, file);
	return fd;

put_fd:
	put_unused_fd(fd);
	fd = PTR_ERR(file);
free_handle:
	kfree(handle);
	return fd;
}

static const struct file_operations owner_fops, observer_fops;

static long call_create_twin(struct file *file, union argument *arg)
{
	struct twinos_create *create = &arg->create;
	struct twin *twin;
	int fd;

	if (create->flags & ~O_CLOEXEC || !name_ok(create->name))
		return -EINVAL;
	twin = twin_create(create->name);
	if (IS_ERR(twin))
		return PTR_ERR(twin);
	fd = handle_fd(twin, "[twinos-owner]", &owner_fops,
		       O_RDWR | create->flags);
	if (fd < 0)
		twin_close(twin);
	return fd;
}

static long call_open_twin(struct file *file, union argument *arg)
{
	struct twinos_open *open = &arg->open;
	struct twin *twin;
	int fd;

	if (open->flags & ~O_CLOEXEC || !name_ok(open->name))
		return -EINVAL;
	twin = twin_find(open->name);
	if (!twin)
		return -ENOENT;
	fd = handle_fd(twin, "[twinos-observer]", &observer_fops,
		       O_RDONLY | open->flags);
	if (fd < 0)
		twin_put(twin);
	return fd;
}

static const struct call device_calls[] = {
	{ TWINOS_GET_INFO, call_get_info },
	{ TWINOS_GET_CPU, call_get_cpu_info },
	{ TWINOS_CREATE, call_create_twin },
	{ TWINOS_OPEN, call_open_twin },
};

static long device_ioctl(struct file *file, unsigned int cmd,
			 unsigned long address)
{
	return dispatch(device_calls, ARRAY_SIZE(device_calls), file, cmd,
			address);
}

static int device_open(struct inode *inode, struct file *file)
{
	if (!capable(CAP_SYS_BOOT))
		return -EPERM;
	return security_locked_down(LOCKDOWN_KEXEC);
}

static struct twin *file_twin(struct file *file)
{
	struct handle *handle = file->private_data;

	return handle->twin;
}

static long call_add_memory(struct file *file, union argument *arg)
{
	return twin_add_memory(file_twin(file), &arg->memory);
}

static bool slice_ok(u32 us)
{
	return !us || (us >= TWINOS_SLICE_MIN_US && us <= TWINOS_SLICE_MAX_US);
}

static bool mode_ok(const struct twinos_start *start)
{
	if (start->flags & ~TWINOS_START_SHARED)
		return false;
	if (start->flags & TWINOS_START_SHARED)
		return start->nr_cpus == 1 && slice_ok(start->slice_us);
	return !start->slice_us;
}

static long call_start(struct file *file, union argument *arg)
{
	struct twinos_start *start = &arg->start;
	u32 *cpus;
	long ret;

	if (!start->nr_cpus || start->nr_cpus > TWINOS_MAX_CPUS ||
	    !mode_ok(start))
		return -EINVAL;
	cpus = memdup_user(u64_to_user_ptr(start->cpus),
			   start->nr_cpus * sizeof(*cpus));
	if (IS_ERR(cpus))
		return PTR_ERR(cpus);
	ret = twin_start(file_twin(file), start, cpus);
	kfree(cpus);
	return ret;
}

static long call_stop(struct file *file, union argument *arg)
{
	u32 reason = arg->stop.reason;

	if (reason == TWINOS_REASON_NONE || reason > TWINOS_REASON_HUNG)
		return -EINVAL;
	return twin_stop(file_twin(file), reason);
}

static long call_set_state(struct file *file, union argument *arg)
{
	return twin_tell(file_twin(file), arg->set_state.state);
}

static long call_clear(struct file *file, union argument *arg)
{
	return arg->clear.flags ? -EINVAL : twin_clear(file_twin(file));
}

static long call_bind_kick(struct file *file, union argument *arg)
{
	return twin_bind(file_twin(file), &arg->bind, doorbell_bind_kick);
}

static long call_bind_call(struct file *file, union argument *arg)
{
	return twin_bind(file_twin(file), &arg->bind, doorbell_bind_call);
}

static long call_get_memory_fd(struct file *file, union argument *arg)
{
	struct twinos_memory_fd *memory_fd = &arg->memory_fd;

	if (memory_fd->flags & ~O_CLOEXEC)
		return -EINVAL;
	return memfd_make(file_twin(file), memory_fd->start, memory_fd->flags);
}

static long call_get_state(struct file *file, union argument *arg)
{
	struct handle *handle = file->private_data;

	twin_get_state(handle->twin, &arg->state);
	WRITE_ONCE(handle->seen, arg->state.generation);
	return 0;
}

static const struct call owner_calls[] = {
	{ TWINOS_ADD_MEMORY, call_add_memory },
	{ TWINOS_START, call_start },
	{ TWINOS_STOP, call_stop },
	{ TWINOS_CLEAR, call_clear },
	{ TWINOS_BIND_KICK, call_bind_kick },
	{ TWINOS_BIND_CALL, call_bind_call },
	{ TWINOS_GET_MEMORY_FD, call_get_memory_fd },
	{ TWINOS_GET_STATE, call_get_state },
	{ TWINOS_SET_STATE, call_set_state },
};

static const struct call observer_calls[] = {
	{ TWINOS_STOP, call_stop },
	{ TWINOS_GET_STATE, call_get_state },
	{ TWINOS_SET_STATE, call_set_state },
};

static long owner_ioctl(struct file *file, unsigned int cmd,
			unsigned long address)
{
	return dispatch(owner_calls, ARRAY_SIZE(owner_calls), file, cmd,
			address);
}

static long observer_ioctl(struct file *file, unsigned int cmd,
			   unsigned long address)
{
	return dispatch(observer_calls, ARRAY_SIZE(observer_calls), file, cmd,
			address);
}

/* Memory fds may keep the memory of one that is gone. */
static ssize_t handle_read(struct kiocb *iocb, struct iov_iter *to)
{
	struct twin *twin = file_twin(iocb->ki_filp);
	struct twinos_state state;

	twin_get_state(twin, &state);
	if (state.state == TWINOS_GONE)
		return -ENODEV;
	return memory_read(&twin->memory, iocb, to);
}

static __poll_t handle_poll(struct file *file, poll_table *table)
{
	struct handle *handle = file->private_data;
	struct twinos_state state;
	__poll_t mask = 0;

	poll_wait(file, &handle->twin->wait, table);
	twin_get_state(handle->twin, &state);
	if (state.generation != READ_ONCE(handle->seen))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (state.state == TWINOS_GONE)
		mask |= EPOLLHUP;
	return mask;
}

static int owner_mmap(struct file *file, struct vm_area_struct *vma)
{
	return memory_mmap(&file_twin(file)->memory, vma);
}

static int owner_release(struct inode *inode, struct file *file)
{
	twin_close(file_twin(file));
	kfree(file->private_data);
	return 0;
}

static int observer_release(struct inode *inode, struct file *file)
{
	twin_put(file_twin(file));
	kfree(file->private_data);
	return 0;
}

static const struct file_operations owner_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = owner_ioctl,
	.read_iter = handle_read,
	.mmap = owner_mmap,
	.poll = handle_poll,
	.release = owner_release,
	.llseek = noop_llseek,
};

static const struct file_operations observer_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = observer_ioctl,
	.read_iter = handle_read,
	.poll = handle_poll,
	.release = observer_release,
	.llseek = noop_llseek,
};

static const struct file_operations device_fops = {
	.owner = THIS_MODULE,
	.open = device_open,
	.unlocked_ioctl = device_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "twinos",
	.fops = &device_fops,
	.mode = 0600,
};

int ioctl_init(void)
{
	return misc_register(&device);
}

void ioctl_exit(void)
{
	misc_deregister(&device);
}
