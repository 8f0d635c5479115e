#include "broker-model.h"

#include <string.h>
#include <strings.h>

#include "broker/broker-act.h"
#include "broker/replacement.h"
#include "fuzz.h"

static const struct rule_row {
	enum broker_scope scope;
	uint32_t rights;
	const char *path, *begin;
} rows[] = {
	{ BROKER_FOLDER,
		BROKER_READ | BROKER_WRITE | BROKER_REPLACE | BROKER_RENAME | BROKER_FOLDERS, "/l",
		"layout-" },
	{ BROKER_FOLDER, BROKER_READ | BROKER_RENAME, "/m", "" },
	{ BROKER_PATH, BROKER_CONNECT | BROKER_LOOK, "/q", NULL },
	{ BROKER_PATH, BROKER_LISTEN, "/c", NULL },
	{ BROKER_PATH, BROKER_WRITE | BROKER_REPLACE | BROKER_LOOK, "/n", NULL },
	{ BROKER_SERIES, BROKER_WRITE | BROKER_REPLACE | BROKER_LOOK, "/l/s-.r", NULL },
	{ BROKER_PATH, BROKER_LOOK, ".", NULL },
	{ BROKER_PATH, BROKER_RENAME, "r", NULL },
	{ BROKER_ENDING, BROKER_READ | BROKER_WRITE | BROKER_REPLACE | BROKER_LOOK, ".png", NULL },
	{ BROKER_ENDING, BROKER_WRITE | BROKER_LOOK, ".raw", NULL },
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

void
model_add_rules(struct broker_rules *rules)
{
	for (size_t i = 0; i < N_ROWS; i++) {
		FUZZ_EXPECT(broker_rules_add(rules, rows[i].scope, rows[i].rights, rows[i].path,
				    rows[i].begin) == 0);
	}
}

static bool
is_hidden(const char *name, size_t length)
{
	static const char *const fine[] = { ".", "..", ".cache" };

	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++) {
		if (length == strlen(fine[i]) && memcmp(name, fine[i], length) == 0) {
			return false;
		}
	}
	return length > 0 && name[0] == '.';
}

static bool
is_of_series(const char *rest, const char *name)
{
	if (*name == '\0') {
		return *rest == '\0';
	}
	return (*name == *rest && is_of_series(rest + 1, name + 1)) ||
	       ((strchr(" -", *name) != NULL || (*name >= '0' && *name <= '9')) &&
		       is_of_series(rest, name + 1));
}

static bool
applies(const struct rule_row *row, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	size_t folder = slash != NULL ? (size_t)(slash - path) : 0;
	size_t length = strlen(row->path);

	if (row->scope == BROKER_PATH) {
		return strcmp(row->path, path) == 0;
	}
	if (row->scope == BROKER_SERIES) {
		return slash != NULL && folder == 2 && memcmp(path, row->path, folder) == 0 &&
		       is_of_series(row->path + folder + 1, name);
	}
	if (row->scope == BROKER_FOLDER) {
		return slash != NULL && folder == length && memcmp(path, row->path, length) == 0 &&
		       strncmp(name, row->begin, strlen(row->begin)) == 0 && name[0] != '\0' &&
		       strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
	}
	for (const char *part = path; part < name;) {
		size_t size = strcspn(part, "/");

		if (is_hidden(part, size)) {
			return false;
		}
		part += size + 1;
	}
	return strlen(name) > length && strcasecmp(name + strlen(name) - length, row->path) == 0;
}

bool
model_allows(const struct broker_rules *rules, const char *path, enum broker_right right)
{
	for (size_t i = 0; i < N_ROWS; i++) {
		if ((rows[i].rights & right) != 0 && applies(&rows[i], path)) {
			return true;
		}
	}
	return rules->all;
}

bool
model_names(const struct broker_rules *rules, const char *path, enum broker_right right)
{
	for (size_t i = 0; i < N_ROWS; i++) {
		if (rows[i].scope != BROKER_ENDING && (rows[i].rights & right) != 0 &&
			applies(&rows[i], path)) {
			return true;
		}
	}
	return rules->all;
}

bool
model_allows_rename(const struct broker_rules *rules, const char *from, const char *to)
{
	const char *a = strrchr(from, '/'), *b = strrchr(to, '/');
	size_t folder = a != NULL ? (size_t)(a - from) : 0;

	return rules->all ||
	       (model_allows(rules, from, BROKER_RENAME) &&
		       model_allows(rules, to, BROKER_RENAME) && (a == NULL) == (b == NULL) &&
		       (b == NULL || (size_t)(b - to) == folder) && strncmp(from, to, folder) == 0);
}

static bool
forbids(const struct broker_rules *rules, const char *path, enum broker_right right, bool elsewhere)
{
	return elsewhere ? !model_names(rules, path, right) : !model_allows(rules, path, right);
}

bool
model_forbids(
	const struct broker_rules *rules, const struct broker_request *request, bool elsewhere)
{
	const char *path = request->text[0];

	switch (request->act) {
	case BROKER_ACT_OPEN:
		return forbids(rules, path, BROKER_READ, elsewhere);
	case BROKER_ACT_CREATE:
		return forbids(rules, path, BROKER_WRITE, elsewhere);
	case BROKER_ACT_LOOK:
		return forbids(rules, path, BROKER_LOOK, elsewhere);
	case BROKER_ACT_RENAME:
		return !model_allows_rename(rules, path, request->text[1]);
	case BROKER_ACT_QMP:
		return !model_allows(rules, path, BROKER_CONNECT);
	case BROKER_ACT_CONNECT_BUS:
		return !rules->all && !rules->bus;
	case BROKER_ACT_REPLACE:
		return forbids(rules, path, BROKER_WRITE, elsewhere) ||
		       ((request->flags & REPLACEMENT_FOLDERS) != 0 &&
			       !model_allows(rules, path, BROKER_FOLDERS));
	default:
		return false;
	}
}
