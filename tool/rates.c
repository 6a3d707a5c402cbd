// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rates.h"

/* A CPU gives its account once a second. One that gives none for so long stands still. */
#define ACCOUNT_MS 3500

/**
 * struct account - the last two that differ of a CPU of a twin
 * @seen_ms: when the last one was seen first
 */
struct account {
	char name[32];
	struct twinos_cpu_times before, now;
	int64_t seen_ms;
};

struct rates_state {
	struct sample sample; /* the last one */
	struct account *accounts;
	size_t nr_accounts;
};

/* ---- numbers ---- */

/* A counter that has become less is another one. */
static double rate(uint64_t before, uint64_t now, double seconds)
{
	if (seconds <= 0 || now < before)
		return RATES_NONE;
	return (double)(now - before) / seconds;
}

/* Unknown ones do not make a sum unknown. */
static void add(double *sum, double more)
{
	if (more >= 0)
		*sum = (*sum < 0 ? 0 : *sum) + more;
}

/* ---- CPUs ---- */

static struct account *find_account(struct account *accounts, size_t nr,
				    const char *name, unsigned int cpu)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (accounts[i].now.cpu == cpu &&
		    !strcmp(accounts[i].name, name))
			return &accounts[i];
	return NULL;
}

/* A clock that goes back is that of another life. */
static struct account next_account(const struct account *last, const char *name,
				   const struct twinos_cpu_times *now,
				   int64_t at_ms)
{
	struct account account = { .now = *now, .seen_ms = at_ms };

	strncpy(account.name, name, sizeof(account.name) - 1);
	if (!last || now->at_ns < last->now.at_ns)
		return account;
	if (now->at_ns == last->now.at_ns)
		return *last;
	account.before = last->now;
	return account;
}

static double clamp(double part)
{
	if (part < 0)
		return 0;
	return part > 1 ? 1 : part;
}

/* There are two, of which one is new. */
static bool tells(const struct account *account, int64_t at_ms)
{
	return account->before.at_ns && at_ms - account->seen_ms <= ACCOUNT_MS;
}

static double busy_of(const struct account *account, int64_t at_ms)
{
	const struct twinos_cpu_times *a = &account->before, *b = &account->now;
	double all, idle, stolen;

	if (!tells(account, at_ms))
		return RATES_NONE;
	stolen = (double)(b->steal_ns - a->steal_ns);
	all = (double)(b->at_ns - a->at_ns) - stolen;
	idle = (double)(b->idle_ns - a->idle_ns);
	return all > 0 ? clamp(1 - idle / all) : 0;
}

static double interrupts_of(const struct account *account, int64_t at_ms)
{
	const struct twinos_cpu_times *a = &account->before, *b = &account->now;

	if (!tells(account, at_ms))
		return RATES_NONE;
	return rate(a->interrupts, b->interrupts,
		    (double)(b->at_ns - a->at_ns) * 1e-9);
}

static double mean_of(const struct rates_twin *twin)
{
	double sum = 0;
	size_t i, nr = 0;

	for (i = 0; i < twin->nr_cpus; i++) {
		if (twin->cpus[i].busy < 0)
			continue;
		sum += twin->cpus[i].busy;
		nr++;
	}
	return nr ? sum / (double)nr : RATES_NONE;
}

static int take_cpus(struct rates_twin *twin, const struct sample_twin *now,
		     struct account *accounts, int64_t at_ms)
{
	size_t i;

	twin->cpus = calloc(now->nr_cpus + 1, sizeof(*twin->cpus));
	if (!twin->cpus)
		return -ENOMEM;
	twin->interrupts = RATES_NONE;
	for (i = 0; i < now->nr_cpus; i++) {
		twin->cpus[i] = (struct rates_cpu){
			.cpu = now->cpus[i].cpu,
			.busy = busy_of(&accounts[i], at_ms),
		};
		add(&twin->interrupts, interrupts_of(&accounts[i], at_ms));
	}
	twin->nr_cpus = now->nr_cpus;
	twin->busy = mean_of(twin);
	return 0;
}

static size_t count_cpus(const struct sample *sample)
{
	size_t i, nr = 0;

	for (i = 0; i < sample->nr; i++)
		nr += sample->twins[i].nr_cpus;
	return nr;
}

/* The accounts of all CPUs of @sample, twin by twin. NULL: no memory */
static struct account *next_accounts(const struct rates_state *state,
				     const struct sample *sample)
{
	struct account *accounts, *into;
	const struct sample_twin *twin;
	size_t i, j;

	accounts = calloc(count_cpus(sample) + 1, sizeof(*accounts));
	for (i = 0, into = accounts; into && i < sample->nr; i++) {
		twin = &sample->twins[i];
		for (j = 0; j < twin->nr_cpus; j++)
			*into++ = next_account(find_account(state->accounts,
							    state->nr_accounts,
							    twin->status.name,
							    twin->cpus[j].cpu),
					       twin->status.name,
					       &twin->cpus[j], sample->at_ms);
	}
	return accounts;
}

/* ---- counters ---- */

/* The same twin, in the same life. */
static bool is_same(const struct sample_twin *before,
		    const struct sample_twin *now)
{
	return before && before->status.owner == now->status.owner &&
	       before->status.starts == now->status.starts &&
	       before->status.age_ms <= now->status.age_ms;
}

static const struct sample_device *
find_device(const struct sample_twin *twin, const struct sample_device *device)
{
	size_t i;

	for (i = 0; i < twin->nr_devices; i++)
		if (!strcmp(twin->devices[i].name, device->name) &&
		    !strcmp(twin->devices[i].kind, device->kind))
			return &twin->devices[i];
	return NULL;
}

static void add_device(struct rates_twin *twin,
		       const struct sample_device *before,
		       const struct sample_device *now, double seconds)
{
	double in, out;

	if (!before || !before->counted || !now->counted)
		return;
	in = rate(before->traffic.in_bytes, now->traffic.in_bytes, seconds);
	out = rate(before->traffic.out_bytes, now->traffic.out_bytes, seconds);
	if (!strcmp(now->kind, "net")) {
		add(&twin->net_in, in);
		add(&twin->net_out, out);
	} else {
		add(&twin->disk_in, in);
		add(&twin->disk_out, out);
	}
}

static void take_devices(struct rates_twin *twin,
			 const struct sample_twin *before,
			 const struct sample_twin *now, double seconds)
{
	size_t i;

	for (i = 0; i < now->nr_devices; i++)
		add_device(twin, find_device(before, &now->devices[i]),
			   &now->devices[i], seconds);
}

static void take_vcpu(struct rates_twin *twin, const struct twinos_vcpu *before,
		      const struct twinos_vcpu *now, double seconds)
{
	twin->share = rate(before->run_ns, now->run_ns, seconds * 1e9);
	twin->turns = rate(before->switches, now->switches, seconds);
	twin->host_interrupts =
		rate(before->forwarded, now->forwarded, seconds);
}

static void take_counters(struct rates_twin *twin,
			  const struct sample_twin *before,
			  const struct sample_twin *now, double seconds)
{
	twin->share = twin->turns = twin->host_interrupts = RATES_NONE;
	twin->kicks = twin->calls = RATES_NONE;
	twin->net_in = twin->net_out = RATES_NONE;
	twin->disk_in = twin->disk_out = RATES_NONE;
	twin->nr_devices = now->devices_known ? (int)now->nr_devices : -1;
	if (!is_same(before, now))
		return;
	twin->kicks = rate(before->status.bells.kicks, now->status.bells.kicks,
			   seconds);
	twin->calls = rate(before->status.bells.calls, now->status.bells.calls,
			   seconds);
	if (now->status.shared)
		take_vcpu(twin, &before->status.vcpu, &now->status.vcpu,
			  seconds);
	take_devices(twin, before, now, seconds);
}

/* ---- all ---- */

struct rates *rates_new(void)
{
	struct rates *rates = calloc(1, sizeof(*rates));

	if (!rates)
		return NULL;
	rates->state = calloc(1, sizeof(*rates->state));
	if (!rates->state) {
		free(rates);
		return NULL;
	}
	return rates;
}

static void free_twins(struct rates_twin *twins, size_t nr)
{
	size_t i;

	for (i = 0; twins && i < nr; i++)
		free(twins[i].cpus);
	free(twins);
}

void rates_free(struct rates *rates)
{
	if (!rates)
		return;
	free_twins(rates->twins, rates->nr);
	sample_free(&rates->state->sample);
	free(rates->state->accounts);
	free(rates->state);
	free(rates);
}

static int take_twins(struct rates_twin *twins, const struct sample *before,
		      const struct sample *now, struct account *accounts,
		      double seconds)
{
	size_t i;
	int ret = 0;

	for (i = 0; i < now->nr && !ret; i++) {
		twins[i].status = &now->twins[i].status;
		take_counters(&twins[i],
			      sample_find(before, now->twins[i].status.name),
			      &now->twins[i], seconds);
		ret = take_cpus(&twins[i], &now->twins[i], accounts,
				now->at_ms);
		accounts += now->twins[i].nr_cpus;
	}
	return ret;
}

/* What was there before goes with the sample that it speaks of. */
static void replace(struct rates *rates, struct sample *sample,
		    struct rates_twin *twins, struct account *accounts)
{
	struct rates_state *state = rates->state;

	free_twins(rates->twins, rates->nr);
	rates->twins = twins;
	rates->nr = sample->nr;
	free(state->accounts);
	state->accounts = accounts;
	state->nr_accounts = count_cpus(sample);
	sample_free(&state->sample);
	state->sample = *sample;
	memset(sample, 0, sizeof(*sample));
}

int rates_take(struct rates *rates, struct sample *sample)
{
	const struct sample *before = &rates->state->sample;
	struct account *accounts = next_accounts(rates->state, sample);
	struct rates_twin *twins = calloc(sample->nr + 1, sizeof(*twins));
	double seconds = 0;

	if (before->at_ms)
		seconds = (double)(sample->at_ms - before->at_ms) / 1000;
	if (!accounts || !twins ||
	    take_twins(twins, before, sample, accounts, seconds)) {
		free_twins(twins, sample->nr);
		free(accounts);
		return -ENOMEM;
	}
	rates->seconds = seconds;
	replace(rates, sample, twins, accounts);
	return 0;
}
