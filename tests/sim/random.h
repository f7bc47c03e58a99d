/* Random numbers that a seed brings back: splitmix64 (Steele, Lea, Flood 2014). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct random {
	uint64_t state;
};

static inline uint64_t random_next(struct random *random)
{
	uint64_t z = random->state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

/* 0..n-1, n from 1 to 2^32. */
static inline uint64_t random_below(struct random *random, uint64_t n)
{
	return ((random_next(random) >> 32) * n) >> 32;
}

/* from..to, both included. */
static inline int64_t random_between(struct random *random, int64_t from, int64_t to)
{
	return from + (int64_t)(random_next(random) % (uint64_t)(to - from + 1));
}

static inline bool random_one_in(struct random *random, uint64_t n)
{
	return random_below(random, n) == 0;
}
