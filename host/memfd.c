// SPDX-License-Identifier: GPL-2.0-only
/* Memory fds: a range of a twin's memory and nothing else of the twin. */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "memfd.h"
#include "twin.h"

struct memfd {
	struct twin *twin;
	struct memory_range *range;
};

static struct memory_range *file_range(struct file *file)
{
	struct memfd *memfd = file->private_data;

	return memfd->range;
}

static ssize_t memfd_read(struct kiocb *iocb, struct iov_iter *to)
{
	struct memory_range *range = file_range(iocb->ki_filp);
	ssize_t ret;

	if (iocb->ki_pos < 0)
		return -EINVAL;
	if (iocb->ki_pos >= range->length)
		return 0;
	ret = range_read(range, iocb->ki_pos, to);
	if (ret > 0)
		iocb->ki_pos += ret;
	return ret;
}

static loff_t memfd_llseek(struct file *file, loff_t offset, int whence)
{
	return fixed_size_llseek(file, offset, whence,
				 file_range(file)->length);
}

static int memfd_mmap(struct file *file, struct vm_area_struct *vma)
{
	return range_mmap(file_range(file), vma, vma->vm_pgoff);
}

/* The last one gives the memory back, if the twin has gone. */
static int memfd_release(struct inode *inode, struct file *file)
{
	struct memfd *memfd = file->private_data;

	memory_release(&memfd->twin->memory);
	twin_put(memfd->twin);
	kfree(memfd);
	return 0;
}

static const struct file_operations memfd_fops = {
	.owner = THIS_MODULE,
	.read_iter = memfd_read,
	.llseek = memfd_llseek,
	.mmap = memfd_mmap,
	.release = memfd_release,
};

static int install(struct memfd *memfd, int flags)
{
	int fd = get_unused_fd_flags(flags);
	struct file *file;

	if (fd < 0)
		return fd;
	file = anon_inode_getfile("[twinos-memory]", &memfd_fops, memfd,
				  O_RDWR | flags);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	twin_get(memfd->twin);
	memory_hold(&memfd->twin->memory);
	file->f_mode |= FMODE_PREAD;
	fd_install(fd, file);
	return fd;
}

int memfd_make(struct twin *twin, u64 start, int flags)
{
	struct memory_range *range = memory_find(&twin->memory, start, 1);
	struct memfd *memfd;
	int fd;

	if (!range || range->start != start)
		return -EADDRNOTAVAIL;
	memfd = kmalloc(sizeof(*memfd), GFP_KERNEL_ACCOUNT);
	if (!memfd)
		return -ENOMEM;
	memfd->twin = twin;
	memfd->range = range;
	fd = install(memfd, flags);
	if (fd < 0)
		kfree(memfd);
	return fd;
}
