#include "manifest.h"

#include <string.h>

#include "limit.h"

struct state {
    struct csv_reader *reader;
    struct findings *findings;
    struct roster_header header;
    struct manifest manifest;
    bool has_version;
    bool seen[FILE_COUNT];
    uint64_t line;
};

static int
read_version(struct state *state, struct text value, struct error *reterr)
{
    static const struct {
        const char *word;
        enum manifest_version version;
    } known[] = {{"1.1", ONEROSTER_1_1}, {"1.1.0", ONEROSTER_1_1}, {"1.1.1", ONEROSTER_1_1},
                 {"1.2", ONEROSTER_1_2}, {"1.2.0", ONEROSTER_1_2}, {"1.2.1", ONEROSTER_1_2},
                 {"1.0", ONEROSTER_1_0}, {"1", ONEROSTER_1_0}};
    size_t at = 0;
    while (at < sizeof known / sizeof known[0] && !text_equals_nocase(value, known[at].word)) {
        at++;
    }
    if (at == sizeof known / sizeof known[0]) {
        return error_set(reterr, CAUSE_ROSTER_MANIFEST,
                         "oneroster.version says another version than 1.0, 1.1 or 1.2");
    }
    if (known[at].version == ONEROSTER_1_0) {
        findings_add(state->findings, FINDING_CODE_MANIFEST_VERSION, FILE_MANIFEST, state->line,
                     MANIFEST_VALUE, TEXT_NONE);
    }
    state->has_version = true;
    state->manifest.version = known[at].version;
    return 0;
}

static int
read_mode(struct state *state, enum roster_file file, struct text value, struct error *reterr)
{
    enum manifest_mode mode = MODE_ABSENT;
    if (text_equals_nocase(value, "bulk")) {
        mode = MODE_BULK;
    } else if (text_equals_nocase(value, "delta")) {
        mode = MODE_DELTA;
    } else if (value.size == 0) {
        findings_add(state->findings, FINDING_CODE_MANIFEST_MODE_BLANK, file, state->line,
                     MANIFEST_VALUE, TEXT_NONE);
    } else if (!text_equals_nocase(value, "absent")) {
        return error_set(reterr, CAUSE_ROSTER_MANIFEST,
                         "the mode of %s is none of absent, bulk, delta", roster_file_name(file));
    }
    if (state->seen[file] && state->manifest.modes[file] != mode) {
        return error_set(reterr, CAUSE_ROSTER_MANIFEST, "two modes are given for %s",
                         roster_file_name(file));
    }
    state->seen[file] = true;
    state->manifest.modes[file] = mode;
    return 0;
}

static bool
is_known_property(struct text property)
{
    return text_equals_nocase(property, "manifest.version") ||
           text_equals_nocase(property, "source.systemName") ||
           text_equals_nocase(property, "source.systemCode");
}

static int
read_row(struct state *state, const struct csv_row *row, struct error *reterr)
{
    struct text property = roster_cell(&state->header, row->cells, row->count, MANIFEST_PROPERTY);
    struct text value = roster_cell(&state->header, row->cells, row->count, MANIFEST_VALUE);
    enum roster_file file = roster_file_of_property(property);
    if (text_equals_nocase(property, "oneroster.version")) {
        return read_version(state, value, reterr);
    }
    if (text_equals(property, TEXT("manifest.version"))) {
        state->manifest.has_own_version = text_equals(value, TEXT("1.0"));
    }
    if (file != FILE_COUNT) {
        return read_mode(state, file, value, reterr);
    }
    if (property.size > 0 && !is_known_property(property)) {
        findings_add(state->findings, FINDING_CODE_MANIFEST_PROPERTY, FILE_MANIFEST, row->line,
                     MANIFEST_PROPERTY, TEXT_NONE);
    }
    return 0;
}

static int
read_rows(struct state *state, struct error *reterr)
{
    struct csv_row row;
    struct roster_header_fault fault;
    int got = csv_reader_next(state->reader, &row, reterr);
    if (got < 0) {
        return -1;
    }
    state->line = 1;
    if (got == 0) {
        return error_set(reterr, CAUSE_ROSTER_MANIFEST, "manifest.csv is empty");
    }
    if (roster_header_resolve(FILE_MANIFEST, row.cells, row.count, &state->header, &fault,
                              reterr) != 0) {
        reterr->cause = CAUSE_ROSTER_MANIFEST;
        return -1;
    }
    if (state->header.namings[MANIFEST_VALUE] == NAMING_ALIAS) {
        findings_add(state->findings, FINDING_CODE_HEADER_ALIAS, FILE_MANIFEST, 1, MANIFEST_VALUE,
                     TEXT_NONE);
    }
    for (size_t rows = 1; (got = csv_reader_next(state->reader, &row, reterr)) == 1; rows++) {
        state->line = row.line;
        if (rows > LIMIT_MANIFEST_ROWS) {
            return error_set(reterr, CAUSE_ROSTER_LIMIT, "manifest.csv has more than %d rows",
                             LIMIT_MANIFEST_ROWS);
        }
        if (read_row(state, &row, reterr) != 0) {
            return -1;
        }
    }
    if (got == 0 && !state->has_version) {
        state->line = 0;
        return error_set(reterr, CAUSE_ROSTER_MANIFEST, "manifest.csv has no oneroster.version");
    }
    return got;
}

int
manifest_read(struct csv_reader *reader, struct findings *findings, struct manifest *ret_manifest,
              struct csv_place *ret_place, struct error *reterr)
{
    struct state state = {.reader = reader, .findings = findings};
    struct error error = {.cause = CAUSE_NONE};
    if (read_rows(&state, &error) != 0) {
        struct csv_place place = csv_reader_place(reader);
        if (ret_place != NULL) {
            *ret_place = place.fault != CSV_FAULT_NONE
                             ? place
                             : (struct csv_place){.line = state.line, .column = 0};
        }
        return error_set(reterr, error.cause, "%s", error.text);
    }
    *ret_manifest = state.manifest;
    return 0;
}
