#include "broker/broker-rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int
broker_rules_add(struct broker_rules *rules, enum broker_scope scope, uint32_t rights,
	const char *path, const char *begin)
{
	struct broker_rule *more, *rule;

	if (path == NULL) {
		return 0;
	}
	more = realloc(rules->rules, (rules->n_rules + 1) * sizeof(*more));
	if (more == NULL) {
		return -ENOMEM;
	}
	rules->rules = more;
	rule = &more[rules->n_rules++];
	*rule = (struct broker_rule){
		.scope = scope,
		.rights = rights,
		.path = strdup(path),
		.begin = begin != NULL ? strdup(begin) : NULL,
	};
	if (rule->path == NULL || (begin != NULL && rule->begin == NULL)) {
		return -ENOMEM;
	}
	return 0;
}

void
broker_rules_finish(struct broker_rules *rules)
{
	for (uint32_t i = 0; i < rules->n_rules; i++) {
		free(rules->rules[i].path);
		free(rules->rules[i].begin);
	}
	free(rules->rules);
	*rules = (struct broker_rules){ 0 };
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
is_of_series(const struct broker_rule *rule, const char *path)
{
	const char *slash = strrchr(rule->path, '/');
	size_t folder = slash != NULL ? (size_t)(slash + 1 - rule->path) : 0;
	const char *rest = rule->path + folder;

	if (strncmp(path, rule->path, folder) != 0) {
		return false;
	}
	for (const char *at = path + folder; *at != '\0'; at++) {
		if (*at == *rest) {
			rest++;
		} else if (strchr("0123456789 -", *at) == NULL) {
			return false;
		}
	}
	return *rest == '\0';
}

/* ~/.cache holds nothing that is run. */
static bool
leads_through_hidden(const char *path)
{
	for (const char *slash; (slash = strchr(path, '/')) != NULL; path = slash + 1) {
		size_t length = (size_t)(slash - path);

		if (path[0] == '.' && length > 1 && strncmp(path, "../", 3) != 0 &&
			strncmp(path, ".cache/", 7) != 0) {
			return true;
		}
	}
	return false;
}

/* Below a folder that the user works in what is above that does not count. */
static bool
is_hidden(const struct broker_rules *rules, const char *path)
{
	for (uint32_t i = 0; i < rules->n_rules; i++) {
		const struct broker_rule *rule = &rules->rules[i];
		size_t length = strlen(rule->path);

		if (rule->scope == BROKER_WORK_FOLDER && length > 0 &&
			strncmp(path, rule->path, length) == 0 && path[length] == '/' &&
			!leads_through_hidden(path + length + 1)) {
			return false;
		}
	}
	return leads_through_hidden(path);
}

/* An ending alone is the whole name of a hidden file. */
static bool
ends_so(const struct broker_rules *rules, const struct broker_rule *rule, const char *path)
{
	size_t length = strlen(path), end = strlen(rule->path);

	return length > end && path[length - end - 1] != '/' &&
	       strcasecmp(path + length - end, rule->path) == 0 && !is_hidden(rules, path);
}

static bool
applies(const struct broker_rules *rules, const struct broker_rule *rule, const char *path)
{
	switch (rule->scope) {
	case BROKER_PATH:
		return strcmp(rule->path, path) == 0;
	case BROKER_SERIES:
		return is_of_series(rule, path);
	case BROKER_FOLDER:
		return is_in_folder(rule, path);
	case BROKER_ENDING:
		return ends_so(rules, rule, path);
	case BROKER_WORK_FOLDER:
		break;
	}
	return false;
}

static bool
allow(const struct broker_rules *rules, const char *path, enum broker_right right, bool by_name)
{
	for (uint32_t i = 0; i < rules->n_rules && !rules->all; i++) {
		const struct broker_rule *rule = &rules->rules[i];

		if ((rule->rights & right) != 0 && !(by_name && rule->scope == BROKER_ENDING) &&
			applies(rules, rule, path)) {
			return true;
		}
	}
	return rules->all;
}

bool
broker_rules_allow(const struct broker_rules *rules, const char *path, enum broker_right right)
{
	return allow(rules, path, right, false);
}

bool
broker_rules_name(const struct broker_rules *rules, const char *path, enum broker_right right)
{
	return allow(rules, path, right, true);
}
