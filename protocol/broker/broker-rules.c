#include "broker/broker-rules.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

void
broker_rules_add(struct broker_rules *rules, enum broker_scope scope, uint32_t rights,
	const char *path, const char *begin)
{
	if (path == NULL) {
		return;
	}
	assert(rules->n_rules < BROKER_MAX_RULES);
	rules->rules[rules->n_rules++] = (struct broker_rule){
		.scope = scope,
		.rights = rights,
		.path = path,
		.begin = begin,
	};
}

/* In the folder itself: a name with a slash is in another one. */
static bool
is_in_folder(const struct broker_rule *rule, const char *path)
{
	size_t length = strlen(rule->path);
	const char *name = path + length + 1;

	return strncmp(path, rule->path, length) == 0 && path[length] == '/' &&
	       strchr(name, '/') == NULL && name[0] != '\0' &&
	       strncmp(name, rule->begin, strlen(rule->begin)) == 0 && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0;
}

static bool
ends_so(const struct broker_rule *rule, const char *path)
{
	size_t length = strlen(path), end = strlen(rule->path);

	return length > end && strcasecmp(path + length - end, rule->path) == 0;
}

static bool
applies(const struct broker_rule *rule, const char *path)
{
	switch (rule->scope) {
	case BROKER_PATH:
		return strcmp(rule->path, path) == 0;
	case BROKER_FOLDER:
		return is_in_folder(rule, path);
	case BROKER_ENDING:
		return ends_so(rule, path);
	}
	return false;
}

bool
broker_rules_allow(const struct broker_rules *rules, const char *path, enum broker_right right)
{
	for (uint32_t i = 0; i < rules->n_rules && !rules->all; i++) {
		if ((rules->rules[i].rights & right) != 0 && applies(&rules->rules[i], path)) {
			return true;
		}
	}
	return rules->all;
}
