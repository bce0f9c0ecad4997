// SPDX-License-Identifier: Apache-2.0
#include "net/patience.h"

#include <time.h>

#define LIMIT_USEC 5000000

bool net_patience_wait(struct net_patience *p)
{
	unsigned int usec = p->next ? p->next : 50;
	const struct timespec t = { .tv_sec = 0, .tv_nsec = 1000L * usec };

	if (p->waited >= (p->limit ? p->limit : LIMIT_USEC))
		return false;
	nanosleep(&t, NULL);
	p->waited += usec;
	p->next = usec < 2000 ? usec * 2 : usec;
	return true;
}
