// SPDX-License-Identifier: GPL-2.0-only
/* /sys/class/twinos/NAME: the state of a twin, to read only. */
#include <linux/device.h>
#include <linux/sysfs.h>

#include "compat.h"
#include "sysfs.h"
#include "twin.h"

static struct class *twinos_class;

static const char *const state_names[] = TWINOS_STATE_NAMES;
static const char *const reason_names[] = TWINOS_REASON_NAMES;
static const char *const kind_names[] = TWINOS_MEMORY_NAMES;

static ssize_t state_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	struct twinos_state state;

	twin_get_state(dev_get_drvdata(dev), &state);
	return sysfs_emit(buf, "%s\n", state_names[state.state]);
}
static DEVICE_ATTR_RO(state);

static ssize_t reason_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	struct twinos_state state;

	twin_get_state(dev_get_drvdata(dev), &state);
	return sysfs_emit(buf, "%s\n", reason_names[state.reason]);
}
static DEVICE_ATTR_RO(reason);

/* Each line fits, so the page does for TWIN_CHANGES of them. */
static ssize_t changes_show(struct device *dev, struct device_attribute *attr,
			    char *buf)
{
	struct twin_change changes[TWIN_CHANGES];
	unsigned int i, nr;
	ssize_t len = 0;

	nr = twin_get_changes(dev_get_drvdata(dev), changes);
	for (i = 0; i < nr; i++)
		len += sysfs_emit_at(buf, len, "%lld %s %s\n",
				     ktime_to_ms(changes[i].time),
				     state_names[changes[i].state],
				     reason_names[changes[i].reason]);
	return len;
}
static DEVICE_ATTR_RO(changes);

static ssize_t owner_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	struct twin *twin = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%d\n", twin->owner);
}
static DEVICE_ATTR_RO(owner);

static ssize_t age_ms_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	struct twin *twin = dev_get_drvdata(dev);
	ktime_t started = READ_ONCE(twin->started);

	if (!started)
		return sysfs_emit(buf, "-1\n");
	return sysfs_emit(buf, "%lld\n", ktime_ms_delta(ktime_get(), started));
}
static DEVICE_ATTR_RO(age_ms);

static ssize_t starts_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	struct twin *twin = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%llu\n", READ_ONCE(twin->starts));
}
static DEVICE_ATTR_RO(starts);

static ssize_t handover_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	struct twin *twin = dev_get_drvdata(dev);

	return sysfs_emit(buf, "0x%llx\n", READ_ONCE(twin->handover));
}
static DEVICE_ATTR_RO(handover);

/* Not under the twin's lock: a start in progress would hold up the reader. */
static ssize_t cpus_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	struct twin *twin = dev_get_drvdata(dev);
	unsigned int i, nr = READ_ONCE(twin->nr_cpus);
	ssize_t len = 0;

	for (i = 0; i < nr; i++)
		len += sysfs_emit_at(buf, len, "%s%u", i ? "," : "",
				     twin->cpus[i].cpu);
	return len + sysfs_emit_at(buf, len, "\n");
}
static DEVICE_ATTR_RO(cpus);

static ssize_t memory_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	struct twin *twin = dev_get_drvdata(dev);
	struct memory *memory = &twin->memory;
	struct memory_range *range;
	ssize_t len = 0;
	unsigned int i;

	down_read(&memory->lock);
	for (i = 0; i < memory->nr; i++) {
		range = &memory->ranges[i];
		len += sysfs_emit_at(buf, len, "%s 0x%llx 0x%llx\n",
				     kind_names[range->kind], (u64)range->start,
				     range->length);
	}
	up_read(&memory->lock);
	return len;
}
static DEVICE_ATTR_RO(memory);

static ssize_t mode_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	struct twin *twin = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%s\n", twin->shared ? "shared" : "dedicated");
}
static DEVICE_ATTR_RO(mode);

/* The values are written by the twin's thread alone, and each is one word. */
#define VCPU_ATTR(name, value)                                               \
	static ssize_t name##_show(struct device *dev,                       \
				   struct device_attribute *attr, char *buf) \
	{                                                                    \
		struct vcpu *vcpu =                                          \
			&((struct twin *)dev_get_drvdata(dev))->vcpu;        \
                                                                             \
		return sysfs_emit(buf, "%llu\n", (u64)READ_ONCE(value));     \
	}                                                                    \
	static DEVICE_ATTR_RO(name)

VCPU_ATTR(pid, vcpu->pid);
VCPU_ATTR(slice_us, vcpu->slice_us);
VCPU_ATTR(switches, vcpu->switches);
VCPU_ATTR(run_ns, vcpu->run_ns);
VCPU_ATTR(switch_ns, vcpu->switch_ns);
VCPU_ATTR(steal_ns, vcpu->steal_ns);
VCPU_ATTR(forwarded, vcpu->reraise.forwarded);
VCPU_ATTR(reraised, vcpu->reraise.reraised);
VCPU_ATTR(unclaimed, vcpu->reraise.unclaimed);

static struct attribute *vcpu_attrs[] = {
	&dev_attr_pid.attr,	  &dev_attr_slice_us.attr,
	&dev_attr_switches.attr,  &dev_attr_run_ns.attr,
	&dev_attr_switch_ns.attr, &dev_attr_steal_ns.attr,
	&dev_attr_forwarded.attr, &dev_attr_reraised.attr,
	&dev_attr_unclaimed.attr, NULL,
};

static const struct attribute_group vcpu_group = {
	.name = "vcpu",
	.attrs = vcpu_attrs,
};

/* Each is one word, written by one at a time. */
#define DOORBELL_ATTR(name, value)                                           \
	static ssize_t name##_show(struct device *dev,                       \
				   struct device_attribute *attr, char *buf) \
	{                                                                    \
		struct doorbell *doorbell =                                  \
			&((struct twin *)dev_get_drvdata(dev))->doorbell;    \
                                                                             \
		return sysfs_emit(buf, "%llu\n", (u64)(value));              \
	}                                                                    \
	static DEVICE_ATTR_RO(name)

DOORBELL_ATTR(irq, READ_ONCE(doorbell->bell.irq));
DOORBELL_ATTR(kicks, READ_ONCE(doorbell->taken));
DOORBELL_ATTR(calls, atomic64_read(&doorbell->called));
DOORBELL_ATTR(kicks_helped, READ_ONCE(doorbell->kicks_helped));
DOORBELL_ATTR(calls_helped, READ_ONCE(doorbell->calls_helped));
DOORBELL_ATTR(bad_targets, atomic64_read(&doorbell->bad_targets));

static struct attribute *doorbell_attrs[] = {
	&dev_attr_irq.attr,
	&dev_attr_kicks.attr,
	&dev_attr_calls.attr,
	&dev_attr_kicks_helped.attr,
	&dev_attr_calls_helped.attr,
	&dev_attr_bad_targets.attr,
	NULL,
};

static const struct attribute_group doorbell_group = {
	.name = "doorbell",
	.attrs = doorbell_attrs,
};

static struct attribute *twin_attrs[] = {
	&dev_attr_state.attr,
	&dev_attr_reason.attr,
	&dev_attr_owner.attr,
	&dev_attr_age_ms.attr,
	&dev_attr_cpus.attr,
	&dev_attr_memory.attr,
	&dev_attr_mode.attr,
	&dev_attr_changes.attr,
	&dev_attr_starts.attr,
	&dev_attr_handover.attr,
	NULL,
};

static const struct attribute_group twin_group = {
	.attrs = twin_attrs,
};

static const struct attribute_group *twin_groups[] = {
	&twin_group,
	&vcpu_group,
	&doorbell_group,
	NULL,
};

int sysfs_add(struct twin *twin)
{
	struct device *dev;

	dev = device_create_with_groups(twinos_class, NULL, MKDEV(0, 0), twin,
					twin_groups, "%s", twin->name);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	twin->dev = dev;
	return 0;
}

void sysfs_remove(struct twin *twin)
{
	device_unregister(twin->dev);
	twin->dev = NULL;
}

void sysfs_tell(struct twin *twin, u32 state, u32 reason)
{
	char state_text[32], reason_text[32];
	char *env[] = { state_text, reason_text, NULL };

	if (!twin->dev)
		return;
	snprintf(state_text, sizeof(state_text), "TWINOS_STATE=%s",
		 state_names[state]);
	snprintf(reason_text, sizeof(reason_text), "TWINOS_REASON=%s",
		 reason_names[reason]);
	kobject_uevent_env(&twin->dev->kobj, KOBJ_CHANGE, env);
}

int sysfs_init(void)
{
	twinos_class = compat_class_create("twinos");
	return PTR_ERR_OR_ZERO(twinos_class);
}

void sysfs_exit(void)
{
	class_destroy(twinos_class);
}
