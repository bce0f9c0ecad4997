// SPDX-License-Identifier: Apache-2.0
#include "net/pcapng.h"

#include <stdlib.h>
#include <string.h>

/* Section 4 of the draft. */
enum { BLOCK_INTERFACE = 1, BLOCK_STATISTICS = 5, BLOCK_PACKET = 6, BLOCK_SECTION = 0x0A0D0D0A };
enum { OPTION_END = 0 };
enum { SHB_OS = 3, SHB_USERAPPL = 4 };
enum { IF_NAME = 2, IF_DESCRIPTION = 3, IF_MACADDR = 6, IF_TSRESOL = 9 };
enum { EPB_FLAGS = 2 };
enum { ISB_STARTTIME = 2, ISB_ENDTIME, ISB_IFRECV, ISB_IFDROP, ISB_OSDROP = 7, ISB_USRDELIV };

#define BYTE_ORDER_MAGIC 0x1A2B3C4D
#define NANOSECONDS      9 /* 10^-9 */

/* The next @len bytes, or NULL; those that make them a multiple of 4 are zero. */
static unsigned char *room(struct pcapng *p, size_t len)
{
	size_t padded = (len + 3) & ~(size_t)3;
	unsigned char *at;

	if (!p->full && p->size - p->used < padded) {
		size_t size = p->size * 2 + padded + 4096;

		at = realloc(p->data, size);
		p->full = !at;
		if (at) {
			p->data = at;
			p->size = size;
		}
	}
	if (p->full)
		return NULL;
	at = p->data + p->used;
	memset(at + len, 0, padded - len);
	p->used += padded;
	return at;
}

static void put(struct pcapng *p, const void *data, size_t len)
{
	unsigned char *at = room(p, len);

	if (at && len)
		memcpy(at, data, len);
}

static void put_u32(struct pcapng *p, uint32_t value)
{
	put(p, &value, sizeof(value));
}

static void put_u16s(struct pcapng *p, uint16_t first, uint16_t second)
{
	const uint16_t both[] = { first, second };

	put(p, both, sizeof(both));
}

/* The high half comes first, whatever the byte order. */
static void put_time(struct pcapng *p, uint64_t time)
{
	put_u32(p, (uint32_t)(time >> 32));
	put_u32(p, (uint32_t)time);
}

static void begin(struct pcapng *p, uint32_t type)
{
	p->block = p->used;
	put_u32(p, type);
	put_u32(p, 0);
}

/* The length of the whole stands at both its ends. */
static void end(struct pcapng *p)
{
	uint32_t length = (uint32_t)(p->used - p->block) + 4;

	put_u32(p, length);
	if (!p->full)
		memcpy(p->data + p->block + 4, &length, sizeof(length));
}

/* --- Options --- */

static void put_option(struct pcapng *p, uint16_t code, const void *data, size_t len)
{
	put_u16s(p, code, (uint16_t)len);
	put(p, data, len);
}

static void put_text(struct pcapng *p, uint16_t code, const char *text)
{
	if (text && *text)
		put_option(p, code, text, strnlen(text, UINT16_MAX));
}

static void put_option_time(struct pcapng *p, uint16_t code, uint64_t time)
{
	put_u16s(p, code, sizeof(time));
	put_time(p, time);
}

static void put_count(struct pcapng *p, uint16_t code, uint64_t count)
{
	put_option(p, code, &count, sizeof(count));
}

static void end_options(struct pcapng *p)
{
	put_u16s(p, OPTION_END, 0);
}

/* --- Blocks --- */

void pcapng_put_section(struct pcapng *p, const char *os, const char *application)
{
	const int64_t unknown = -1; /* the section's length */

	begin(p, BLOCK_SECTION);
	put_u32(p, BYTE_ORDER_MAGIC);
	put_u16s(p, 1, 0);
	put(p, &unknown, sizeof(unknown));
	put_text(p, SHB_OS, os);
	put_text(p, SHB_USERAPPL, application);
	end_options(p);
	end(p);
}

void pcapng_put_interface(struct pcapng *p, const struct pcapng_interface *i)
{
	const uint8_t resolution = NANOSECONDS;

	begin(p, BLOCK_INTERFACE);
	put_u16s(p, (uint16_t)i->linktype, 0);
	put_u32(p, i->snaplen);
	put_text(p, IF_NAME, i->name);
	put_text(p, IF_DESCRIPTION, i->description);
	if (!mac_is_zero(&i->mac))
		put_option(p, IF_MACADDR, i->mac.bytes, sizeof(i->mac.bytes));
	put_option(p, IF_TSRESOL, &resolution, sizeof(resolution));
	end_options(p);
	end(p);
}

void pcapng_put_packet(struct pcapng *p, const struct pcapng_packet *packet)
{
	begin(p, BLOCK_PACKET);
	put_u32(p, packet->interface);
	put_time(p, packet->time);
	put_u32(p, packet->captured);
	put_u32(p, packet->length);
	put(p, packet->data, packet->captured);
	if (packet->flags) {
		put_option(p, EPB_FLAGS, &packet->flags, sizeof(packet->flags));
		end_options(p);
	}
	end(p);
}

/*
 * A socket's drops are the system's (isb_osdrop); but what Wireshark and dumpcap read and write for them is isb_ifdrop, so they
 * are there, too.
 */
void pcapng_put_statistics(struct pcapng *p, const struct pcapng_statistics *s)
{
	begin(p, BLOCK_STATISTICS);
	put_u32(p, s->interface);
	put_time(p, s->end);
	put_option_time(p, ISB_STARTTIME, s->start);
	put_option_time(p, ISB_ENDTIME, s->end);
	put_count(p, ISB_IFRECV, s->received);
	put_count(p, ISB_IFDROP, s->dropped);
	put_count(p, ISB_OSDROP, s->dropped);
	put_count(p, ISB_USRDELIV, s->delivered);
	end_options(p);
	end(p);
}

void pcapng_put_blocks(struct pcapng *p, const void *blocks, size_t len)
{
	put(p, blocks, len);
}

void pcapng_release(struct pcapng *p)
{
	free(p->data);
	*p = (struct pcapng){ 0 };
}
