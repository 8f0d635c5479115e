#pragma once

#include "broker/broker-rules.h"
#include "broker/broker.h"

/*
 * What the broker's rules allow, once more, by what broker-rules.h says of them and not by how it
 * is done. There is a rule of each kind, like those of a viewer.
 */

void model_add_rules(struct broker_rules *rules);

bool model_allows(const struct broker_rules *rules, const char *path, enum broker_right right);
/* The same, by its own name, or that of its folder. */
bool model_names(const struct broker_rules *rules, const char *path, enum broker_right right);
bool model_allows_rename(const struct broker_rules *rules, const char *from, const char *to);
/* Whether -EPERM is the answer, as long as there is room. elsewhere: paths are not what they seem.
 */
bool model_forbids(
	const struct broker_rules *rules, const struct broker_request *request, bool elsewhere);
