// SPDX-License-Identifier: Apache-2.0
/* The keys of shaping, and the rules between them. */
#include "net/shaping.h"

#include "net/shaping_plan.h"
#include "net/unit.h"

#include <errno.h>

static const struct json_field way_fields[] = {
	JSON_TEXT(struct shaping_way, "rate", rate, &unit_rate_text),
	JSON_TEXT(struct shaping_way, "ceil", ceil, &unit_rate_text),
	JSON_TEXT(struct shaping_way, "burst", burst, &unit_size_text),
	NETEM_JSON(struct shaping_way, netem),
	JSON_UINT(struct shaping_way, "limit", netem.limit),
	JSON_END,
};
const struct json_schema shaping_way_schema =
	JSON_SCHEMA(struct shaping_way, way_fields, .unknown = JSON_UNKNOWN_REFUSE);

static const struct json_field fields[] = {
	JSON_OBJECT(struct shaping, "egress", egress, &shaping_way_schema),
	JSON_OBJECT(struct shaping, "ingress", ingress, &shaping_way_schema),
	JSON_END,
};
const struct json_schema shaping_schema =
	JSON_SCHEMA(struct shaping, fields, .unknown = JSON_UNKNOWN_REFUSE);

bool shaping_way_present(const struct shaping_way *w)
{
	return w->rate || netem_first_key(&w->netem);
}

bool shaping_present(const struct shaping *s)
{
	return shaping_way_present(&s->egress) || shaping_way_present(&s->ingress);
}

/* --- Rules --- */

static int check_burst(const struct shaping_way *w, uint32_t mtu, struct err *err)
{
	char burst[UNIT_TEXT_MAX], rate[UNIT_TEXT_MAX];
	uint32_t bytes = w->burst ? w->burst : shaping_burst(w->rate, mtu);

	unit_size_format(bytes, burst, sizeof(burst));
	unit_rate_format(w->rate, rate, sizeof(rate));
	if (bytes < shaping_packet(mtu))
		return err_set(
			err, -EINVAL,
			"burst: %s is less than a packet (%u bytes): none of that size would ever leave",
			burst, shaping_packet(mtu));
	if (!shaping_bucket_fits(w->rate, bytes))
		return err_set(err, -ERANGE,
			       "burst: at %s, %s last longer than the kernel can count (274s)",
			       rate, burst);
	return 0;
}

static int check_rate(const struct shaping_way *w, uint32_t mtu, struct err *err)
{
	char ceil[UNIT_TEXT_MAX], rate[UNIT_TEXT_MAX];

	if (!w->rate && (w->ceil || w->burst))
		return err_set(err, -EINVAL, "%s: there is no rate", w->ceil ? "ceil" : "burst");
	if (w->ceil && w->ceil < w->rate)
		return err_set(err, -EINVAL, "ceil: %s is below the rate, %s",
			       unit_rate_format(w->ceil, ceil, sizeof(ceil)),
			       unit_rate_format(w->rate, rate, sizeof(rate)));
	return w->rate ? check_burst(w, mtu, err) : 0;
}

static int check_way(const struct shaping_way *w, uint32_t mtu, struct err *err)
{
	int ret = check_rate(w, mtu, err);

	if (ret == 0)
		ret = netem_check(&w->netem, err);
	if (ret == 0 && w->netem.limit && !shaping_way_present(w))
		return err_set(err, -EINVAL,
			       "limit: nothing waits without a rate or an impairment");
	return ret;
}

int shaping_check(const struct shaping *s, uint32_t mtu, struct err *err)
{
	int ret = check_way(&s->egress, mtu, err);

	if (ret < 0) {
		err_wrap(err, "shaping.egress");
		return ret;
	}
	ret = check_way(&s->ingress, mtu, err);
	if (ret < 0)
		err_wrap(err, "shaping.ingress");
	return ret;
}
