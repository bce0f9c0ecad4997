// SPDX-License-Identifier: Apache-2.0
/* The tables that iproute2 has in files (normal.dist, ...), computed. */
#include "net/netem.h"

/* As linux/pkt_sched.h has it: NETEM_DIST_SCALE. */
#define SCALE 8192.0

/* Steps of integration from one entry to the next. */
#define SUBSTEPS 8

#define SQRT_2PI 2.50662827463100050242

/* A quantile of the standard normal distribution, and the density there. */
struct normal {
	double z, density;
};

/* By the probability p: z' = 1 / density, density' = -z * density * z' = -z. */
static struct normal slope(double z, double density)
{
	return (struct normal){ .z = 1 / density, .density = -z };
}

/* One step of the classic Runge-Kutta method. */
static void advance(struct normal *n, double h)
{
	struct normal a = slope(n->z, n->density);
	struct normal b = slope(n->z + h / 2 * a.z, n->density + h / 2 * a.density);
	struct normal c = slope(n->z + h / 2 * b.z, n->density + h / 2 * b.density);
	struct normal d = slope(n->z + h * c.z, n->density + h * c.density);

	n->z += h / 6 * (a.z + 2 * b.z + 2 * c.z + d.z);
	n->density += h / 6 * (a.density + 2 * b.density + 2 * c.density + d.density);
}

/* Entries are the middles of their share of the probability, so that mean and symmetry are right. */
static void fill_normal(double out[NETEM_TABLE_SIZE])
{
	struct normal n = { .z = 0, .density = 1 / SQRT_2PI };
	const double h = 1.0 / NETEM_TABLE_SIZE;

	advance(&n, h / 2);
	for (int i = NETEM_TABLE_SIZE / 2; i < NETEM_TABLE_SIZE; i++) {
		out[i] = n.z;
		out[NETEM_TABLE_SIZE - 1 - i] = -n.z;
		for (int j = 0; j < SUBSTEPS && i + 1 < NETEM_TABLE_SIZE; j++)
			advance(&n, h / SUBSTEPS);
	}
}

/* The cube root of @x, which is between 0 and 1, by Newton's method. */
static double cube_root(double x)
{
	double r = 1;

	for (int i = 0; i < 64; i++)
		r = (2 * r + x / (r * r)) / 3;
	return r;
}

static double clamp(double x)
{
	const double most = INT16_MAX / SCALE;

	return x > most ? most : x < -4 ? -4 : x;
}

/* Of index 3, whose mean is 1.5, and whose deviation is taken for 3/4 (as iproute2 does; it is 0.87). */
static void fill_pareto(double out[NETEM_TABLE_SIZE])
{
	for (int i = 0; i < NETEM_TABLE_SIZE; i++) {
		double rest = 1 - (i + 0.5) / NETEM_TABLE_SIZE;

		out[i] = clamp((1 / cube_root(rest) - 1.5) / 0.75);
	}
}

/* A quarter of the one and three quarters of the other, value by value. */
static void mix(double normal[NETEM_TABLE_SIZE], const double pareto[NETEM_TABLE_SIZE])
{
	for (int i = 0; i < NETEM_TABLE_SIZE; i++)
		normal[i] = normal[i] / 4 + pareto[i] * 3 / 4;
}

bool netem_table(int distribution, int16_t out[NETEM_TABLE_SIZE])
{
	double values[NETEM_TABLE_SIZE], pareto[NETEM_TABLE_SIZE];

	if (distribution == NETEM_UNIFORM)
		return false;
	if (distribution != NETEM_PARETO)
		fill_normal(values);
	if (distribution != NETEM_NORMAL)
		fill_pareto(distribution == NETEM_PARETO ? values : pareto);
	if (distribution == NETEM_PARETONORMAL)
		mix(values, pareto);
	for (int i = 0; i < NETEM_TABLE_SIZE; i++) {
		double scaled = clamp(values[i]) * SCALE;

		out[i] = (int16_t)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
	}
	return true;
}
