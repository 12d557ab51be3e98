/* SPDX-License-Identifier: MIT */
#include "random.h"

/* SplitMix64: makes good states out of any seed. */
static uint64_t mix(uint64_t *x)
{
	uint64_t z = *x += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

void sim_random_init(struct sim_random *r, uint64_t seed, const char *part)
{
	uint64_t x = 0xcbf29ce484222325u; /* FNV-1a of the part's name */

	for (; *part; part++)
		x = (x ^ (uint8_t)*part) * 0x100000001b3u;
	x ^= mix(&seed);
	for (int i = 0; i < 4; i++)
		r->s[i] = mix(&x);
}

static uint64_t turn(uint64_t x, unsigned by)
{
	return x << by | x >> (64 - by);
}

/* xoshiro256** */
uint64_t sim_random_next(struct sim_random *r)
{
	uint64_t *s = r->s, result = turn(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = turn(s[3], 45);
	return result;
}

uint32_t sim_random_below(struct sim_random *r, uint32_t n)
{
	/* Less than one part in 2^32 off of even, which nobody can see here. */
	return (uint32_t)((sim_random_next(r) >> 32) * n >> 32);
}

bool sim_random_chance(struct sim_random *r, double probability)
{
	if (probability <= 0)
		return false;
	return probability >= 1 || (double)(sim_random_next(r) >> 11) < probability * 9007199254740992.0;
}

uint64_t sim_random_between(struct sim_random *r, uint64_t low, uint64_t high)
{
	return low < high ? low + sim_random_next(r) % (high - low) : low;
}

#define ONE ((uint64_t)1 << 32) /* of fractions with 32 bits behind the point */

/* An exponential number of mean 1, after von Neumann: only comparisons of uniform numbers. The
 * length of a falling run says whether its first number is the fraction; each run that says no
 * adds a whole one. */
static uint64_t exponential(struct sim_random *r)
{
	for (uint64_t whole = 0;; whole += ONE) {
		uint64_t first = sim_random_next(r) >> 32, last = first, next;
		bool odd = true;

		while ((next = sim_random_next(r) >> 32) < last) {
			last = next;
			odd = !odd;
		}
		if (odd)
			return whole + first;
	}
}

/* `value` times a fraction of 32 bits, for values of up to 40 bits or so: what times are. */
static uint64_t times(uint64_t value, uint64_t fraction)
{
	return (value >> 16) * (fraction >> 16) + ((value & 0xffff) * (fraction >> 16) >> 16) +
	       ((value >> 16) * (fraction & 0xffff) >> 16);
}

uint64_t sim_random_gap(struct sim_random *r, uint64_t mean)
{
	return times(mean, exponential(r));
}

/* 2 to the power of 1/2, 1/4, 1/8 ..., less one. */
static const uint32_t roots[] = {
	0x6a09e668, 0x306fe0a3, 0x172b83c8, 0x0b5586d0, 0x059b0d31, 0x02c9a3e7, 0x0163daa0, 0x00b1afa6,
};

/* 2 to the power of `x` eighths of bits: x / 256, from -16 to 16 or so. */
static uint64_t power(int x)
{
	int whole = x >= 0 ? x / 256 : -((255 - x) / 256);
	unsigned rest = (unsigned)(x - whole * 256);
	uint64_t result = ONE;

	for (unsigned i = 0; i < 8; i++)
		if (rest & 0x80u >> i)
			result += times(result, roots[i]);
	return whole >= 0 ? result << whole : result >> -whole;
}

uint64_t sim_random_duration(struct sim_random *r, uint64_t median)
{
	int sum = 0;

	/* Twelve uniform numbers make a normal one, near enough: of deviation 256 here, which is one
	 * doubling or halving. */
	for (int i = 0; i < 12; i++)
		sum += (int)sim_random_below(r, 256);
	return times(median, power(sum - 12 * 255 / 2));
}
