// SPDX-License-Identifier: GPL-2.0-only
/*
 * fpu [SECONDS [THREADS [SPOIL]]] - keep patterns in all floating-point and
 * vector registers across a spin, and compare every bit afterwards
 *
 * Each thread has patterns of its own: x87 with its control word, XMM with MXCSR,
 * YMM where the CPU has AVX. SPOIL spoils one register during the spin, to show
 * that it is noticed: 1 x87, 2 XMM, 3 the upper half of YMM, 4 MXCSR, 5 the x87
 * control word. Prints "fpu rounds=N avx=0|1". Until SIGTERM without SECONDS.
 */
#include <pthread.h>
#include <string.h>

#include "job.h"

#define MOST 64 /* threads */
#define SPIN 200000 /* turns of an empty loop */

/* As the assembly below finds it: offsets in bytes are written there. */
struct registers {
	uint8_t ymm[16][32]; /* 0 */
	uint8_t st[8][16]; /* 512, 10 bytes each */
	uint32_t mxcsr; /* 640 */
	uint16_t fcw; /* 644 */
	uint16_t pad;
};

struct thread {
	pthread_t id;
	unsigned int seed;
	unsigned long long rounds;
	int wrong;
};

static int has_avx;
static unsigned long spoil;

/* The assembler repeats it for each register, whose number is \n. */
#define EACH(what) \
	".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n" what "\n.endr\n"
#define LOAD_XMM EACH("movdqu \\n*32(%[in]), %%xmm\\n")
#define LOAD_YMM EACH("vmovdqu \\n*32(%[in]), %%ymm\\n")
#define STORE_XMM EACH("movdqu %%xmm\\n, \\n*32(%[out])")
#define STORE_YMM EACH("vmovdqu %%ymm\\n, \\n*32(%[out])")
#define LOAD_X87                                                \
	"fninit\n fldcw 644(%[in])\n ldmxcsr 640(%[in])\n"      \
	"fldt 512(%[in])\n fldt 528(%[in])\n fldt 544(%[in])\n" \
	"fldt 560(%[in])\n fldt 576(%[in])\n fldt 592(%[in])\n" \
	"fldt 608(%[in])\n fldt 624(%[in])\n"
#define STORE_X87                                                     \
	"fnstcw 644(%[out])\n stmxcsr 640(%[out])\n"                  \
	"fstpt 624(%[out])\n fstpt 608(%[out])\n fstpt 592(%[out])\n" \
	"fstpt 576(%[out])\n fstpt 560(%[out])\n fstpt 544(%[out])\n" \
	"fstpt 528(%[out])\n fstpt 512(%[out])\n"
#define SPOIL(number, how) "cmp $" #number ", %[spoil]\n jne 1f\n" how "\n 1:\n"
#define WAIT                                               \
	"1: dec %[turns]\n jnz 1b\n" SPOIL(1, "fchs")      \
		SPOIL(2, "paddb %%xmm0, %%xmm7")           \
			SPOIL(4, "ldmxcsr %[usual_mxcsr]") \
				SPOIL(5, "fldcw %[usual_fcw]")
#define OPERANDS                                                     \
	: [turns] "+r"(turns)                                             \
	: [in] "r"(in), [out] "r"(out), [spoil] "r"(spoil),               \
	  [usual_mxcsr] "m"(usual_mxcsr), [usual_fcw] "m"(usual_fcw)      \
	: "memory", "cc", "st", "st(1)", "st(2)", "st(3)", "st(4)",       \
	  "st(5)", "st(6)", "st(7)", "xmm0", "xmm1", "xmm2", "xmm3",      \
	  "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",        \
	  "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"

static const uint32_t usual_mxcsr = 0x1f80;
static const uint16_t usual_fcw = 0x37f;

static void hold_sse(const struct registers *in, struct registers *out,
		     unsigned long turns)
{
	asm volatile(LOAD_X87 LOAD_XMM WAIT STORE_XMM STORE_X87
		     "ldmxcsr %[usual_mxcsr]\n fninit" OPERANDS);
}

static void hold_avx(const struct registers *in, struct registers *out,
		     unsigned long turns)
{
	asm volatile(LOAD_X87 LOAD_YMM WAIT SPOIL(
		3, "vinsertf128 $1, %%xmm0, %%ymm9, %%ymm9") STORE_YMM STORE_X87
		     "vzeroupper\n ldmxcsr %[usual_mxcsr]\n fninit" OPERANDS);
}

static uint64_t next(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state ^ *state >> 29;
}

/* Normal numbers, so that no x87 instruction changes or traps them. */
static void fill_st(uint8_t *st, uint64_t random)
{
	uint64_t mantissa = random | 1ull << 63;
	uint16_t exponent = 0x3f00 + random % 512;

	memcpy(st, &mantissa, 8);
	memcpy(st + 8, &exponent, 2);
}

/* Rounding modes other than the usual, which is what a lost one becomes. */
static void fill(struct registers *r, uint64_t *random)
{
	unsigned int rounding = 1 + next(random) % 3;

	memset(r, 0, sizeof(*r));
	for (size_t i = 0; i < 16; i++)
		for (size_t j = 0; j < (has_avx ? 32 : 16); j++)
			r->ymm[i][j] = next(random) >> 32;
	for (size_t i = 0; i < 8; i++)
		fill_st(r->st[i], next(random));
	r->mxcsr = usual_mxcsr | rounding << 13;
	r->fcw = usual_fcw | rounding << 10;
}

static int compare(const struct registers *in, const struct registers *out)
{
	const uint8_t *wanted = (const uint8_t *)in;
	const uint8_t *got = (const uint8_t *)out;

	for (size_t i = 0; i < sizeof(*in); i++) {
		if (wanted[i] == got[i])
			continue;
		fprintf(stderr, "fpu: byte %zu is %#x instead of %#x\n", i,
			got[i], wanted[i]);
		return 1;
	}
	return 0;
}

static void *run(void *argument)
{
	struct thread *thread = argument;
	uint64_t random = thread->seed;
	struct registers in, out;

	while (job_goes_on() && !thread->wrong) {
		fill(&in, &random);
		memset(&out, 0, sizeof(out));
		(has_avx ? hold_avx : hold_sse)(&in, &out, SPIN);
		thread->wrong = compare(&in, &out);
		thread->rounds++;
	}
	/* One that found a fault ends the others. */
	job_stopped = job_stopped || thread->wrong;
	return NULL;
}

int main(int argc, char **argv)
{
	unsigned long nr = job_number(argc, argv, 2, 2);
	static struct thread threads[MOST];
	unsigned long long rounds = 0;
	int wrong = 0;

	has_avx = __builtin_cpu_supports("avx") != 0;
	spoil = job_number(argc, argv, 3, 0);
	nr = nr && nr < MOST ? nr : MOST;
	job_begin(job_number(argc, argv, 1, 0));
	for (size_t i = 0; i < nr; i++) {
		threads[i].seed = i + 1;
		if (pthread_create(&threads[i].id, NULL, run, &threads[i]))
			return 2;
	}
	for (size_t i = 0; i < nr; i++) {
		pthread_join(threads[i].id, NULL);
		rounds += threads[i].rounds;
		wrong |= threads[i].wrong;
	}
	printf("fpu rounds=%llu avx=%d\n", rounds, has_avx);
	return wrong || !rounds;
}
