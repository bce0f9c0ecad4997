// SPDX-License-Identifier: Apache-2.0
/* Quantities: what is read is printed as a text that is read as the same, and what is not says why in a line. */
#include "net/unit.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static const struct {
	const struct json_text *text;
	size_t size;
} quantities[] = {
	{ &unit_rate_text, 8 },    { &unit_time_text, 8 },   { &unit_size_text, 4 },
	{ &unit_percent_text, 4 }, { &unit_chance_text, 4 }, { &unit_rest_text, 4 },
};

/* A missing key is all zero, and is not printed. */
static void read_one(const struct json_text *text, size_t size, const char *word)
{
	uint64_t value = 0, again = 0;
	char printed[UNIT_TEXT_MAX];
	struct err err = { 0 };
	int ret = text->parse(word, &value, &err);

	if (ret < 0) {
		expect_line(&err, ret);
		return;
	}
	text->format(&value, printed, sizeof(printed));
	if (text->parse(printed, &again, &err) < 0 || memcmp(&value, &again, size) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char word[256];

	if (!size || size >= sizeof(word))
		return 0;
	memcpy(word, data, size);
	word[size] = '\0';
	for (size_t i = 0; *word && i < sizeof(quantities) / sizeof(*quantities); i++)
		read_one(quantities[i].text, quantities[i].size, word);
	return 0;
}
