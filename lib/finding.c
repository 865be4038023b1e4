#include "finding.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "limit.h"

static const struct {
    enum finding_severity severity;
    const char *word;
    const char *message;
    const char *what;
    const char *fix;
    uint64_t keep; /* of one file */
} code_rows[FINDING_CODE_COUNT] = {
#define ROW(name, severity, word, problem, remedy, keep)                                           \
    [FINDING_CODE_##name] = {FINDING_##severity, word, problem " " remedy, problem, remedy, keep},
#define FINDING(name, severity, word, problem, remedy)                                             \
    ROW(name, severity, word, problem, remedy, LIMIT_FINDINGS_PER_CODE)
#define LENIENCY(name, severity, word, problem, remedy)                                            \
    ROW(name, severity, word, problem, remedy, 1)
#include "findings.def"
#undef FINDING
#undef LENIENCY
#undef ROW
};

static const char *const severity_words[FINDING_SEVERITY_COUNT] = {
    [FINDING_ERROR] = "error", [FINDING_WARNING] = "warning", [FINDING_INFO] = "info"};

/* One that is kept. Its id stands in the arena. */
struct kept {
    uint64_t line;
    uint32_t id_at;
    uint16_t id_size; /* ID_NONE: no id */
    uint8_t code;
    uint8_t file;
    uint16_t column;
};

#define ID_NONE UINT16_MAX

struct findings {
    bool strict;
    struct kept *kept;
    size_t count;
    size_t capacity;
    char *arena;
    size_t arena_used;
    size_t arena_capacity;
    uint64_t noted[FINDING_CODE_COUNT][FILE_COUNT + 1];
    uint64_t beyond[FINDING_CODE_COUNT][FILE_COUNT + 1]; /* noted, but not kept */
    uint64_t severities[FINDING_SEVERITY_COUNT];
    struct finding refusal; /* code NULL: not refused */
    char refusal_message[2 * ERROR_TEXT_SIZE];
    char refusal_what[2 * ERROR_TEXT_SIZE];
};

const char *
finding_severity_word(enum finding_severity severity)
{
    return severity_words[severity];
}

struct findings *
findings_new(bool strict)
{
    struct findings *findings = calloc(1, sizeof *findings);
    if (findings != NULL) {
        findings->strict = strict;
    }
    return findings;
}

/* What the standard has no word about keeps its severity also in strict reading. */
static enum finding_severity
severity_of(const struct findings *findings, enum finding_code code)
{
    switch (code) {
    case FINDING_CODE_VALUE_EMAIL:
    case FINDING_CODE_VALUE_PHONE:
    case FINDING_CODE_VALUE_CUT:
    case FINDING_CODE_LINK_PAIR:
    case FINDING_CODE_REFERENCE_SELF:
        return code_rows[code].severity;
    default:
        return findings->strict ? FINDING_ERROR : code_rows[code].severity;
    }
}

void
findings_free(struct findings *findings)
{
    if (findings != NULL) {
        free(findings->kept);
        free(findings->arena);
        free(findings);
    }
}

/* Makes room for one more. Returns -1 when there is none: the finding is then only counted. */
static int
make_room(struct findings *findings, size_t id_size)
{
    if (findings->count == LIMIT_FINDINGS) {
        return -1;
    }
    if (findings->count == findings->capacity) {
        size_t capacity = findings->capacity == 0 ? 64 : 2 * findings->capacity;
        struct kept *kept = realloc(findings->kept, capacity * sizeof *kept);
        if (kept == NULL) {
            return -1;
        }
        findings->kept = kept;
        findings->capacity = capacity;
    }
    if (findings->arena_capacity - findings->arena_used < id_size) {
        size_t capacity = 2 * findings->arena_capacity + 4096;
        char *arena = realloc(findings->arena, capacity);
        if (arena == NULL) {
            return -1;
        }
        findings->arena = arena;
        findings->arena_capacity = capacity;
    }
    return 0;
}

void
findings_add(struct findings *findings, enum finding_code code, enum roster_file file,
             uint64_t line, enum roster_column column, struct text sourced_id)
{
    if (findings == NULL) {
        return;
    }
    findings->severities[severity_of(findings, code)]++;
    uint64_t noted = findings->noted[code][file]++;
    if (noted >= code_rows[code].keep) {
        findings->beyond[code][file]++;
        return;
    }
    struct text id = text_cut(sourced_id, LIMIT_ID_BYTES);
    if (make_room(findings, id.size) != 0) {
        findings->beyond[code][file]++;
        return;
    }
    findings->kept[findings->count++] =
        (struct kept){.line = line,
                      .id_at = (uint32_t)findings->arena_used,
                      .id_size = id.data == NULL ? ID_NONE : (uint16_t)id.size,
                      .code = (uint8_t)code,
                      .file = (uint8_t)file,
                      .column = (uint16_t)column};
    if (id.size > 0) {
        memcpy(findings->arena + findings->arena_used, id.data, id.size);
        findings->arena_used += id.size;
    }
}

void
findings_take(struct findings *findings, const struct findings *other)
{
    for (size_t at = 0; at < other->count; at++) {
        const struct kept *kept = &other->kept[at];
        struct text id = TEXT_NONE;
        if (kept->id_size != ID_NONE) {
            id = (struct text){kept->id_size == 0 ? "" : other->arena + kept->id_at, kept->id_size};
        }
        findings_add(findings, (enum finding_code)kept->code, (enum roster_file)kept->file,
                     kept->line, (enum roster_column)kept->column, id);
    }
    for (int code = 0; code < FINDING_CODE_COUNT; code++) {
        for (int file = 0; file <= FILE_COUNT; file++) {
            uint64_t beyond = other->beyond[code][file];
            findings->noted[code][file] += beyond;
            findings->beyond[code][file] += beyond;
            findings->severities[severity_of(findings, (enum finding_code)code)] += beyond;
        }
    }
}

void
findings_refuse(struct findings *findings, const struct error *error, enum roster_file file,
                uint64_t line, enum roster_column column)
{
    if (findings == NULL || findings->refusal.code != NULL) {
        return;
    }
    findings->severities[FINDING_ERROR]++;
    (void)snprintf(findings->refusal_message, sizeof findings->refusal_message, "%s (%s) %s",
                   cause_what(error->cause), error->text, cause_act(error->cause));
    (void)snprintf(findings->refusal_what, sizeof findings->refusal_what, "%s (%s)",
                   cause_what(error->cause), error->text);
    findings->refusal = (struct finding){.severity = FINDING_ERROR,
                                         .code = cause_word(error->cause),
                                         .file = file,
                                         .line = line,
                                         .column = column,
                                         .sourced_id = TEXT_NONE,
                                         .message = findings->refusal_message,
                                         .what = findings->refusal_what,
                                         .fix = cause_act(error->cause),
                                         .count = 1};
}

uint64_t
findings_count(const struct findings *findings, enum finding_severity severity)
{
    return findings->severities[severity];
}

uint64_t
findings_count_of(const struct findings *findings, enum finding_severity severity,
                  enum roster_file file)
{
    const struct finding *refusal = &findings->refusal;
    uint64_t count = refusal->code != NULL && refusal->file == file && severity == FINDING_ERROR;
    for (int code = 0; code < FINDING_CODE_COUNT; code++) {
        count += severity_of(findings, (enum finding_code)code) == severity
                     ? findings->noted[code][file]
                     : 0;
    }
    return count;
}

static int
each_kept(const struct findings *findings, int (*visit)(void *, const struct finding *),
          void *context)
{
    for (size_t at = 0; at < findings->count; at++) {
        const struct kept *kept = &findings->kept[at];
        struct text id = TEXT_NONE;
        if (kept->id_size != ID_NONE) {
            id = (struct text){kept->id_size == 0 ? "" : findings->arena + kept->id_at,
                               kept->id_size};
        }
        struct finding finding = {.severity = severity_of(findings, (enum finding_code)kept->code),
                                  .code = code_rows[kept->code].word,
                                  .file = (enum roster_file)kept->file,
                                  .line = kept->line,
                                  .column = (enum roster_column)kept->column,
                                  .sourced_id = id,
                                  .message = code_rows[kept->code].message,
                                  .what = code_rows[kept->code].what,
                                  .fix = code_rows[kept->code].fix,
                                  .count = 1};
        int stop = visit(context, &finding);
        if (stop != 0) {
            return stop;
        }
    }
    return 0;
}

int
findings_each(const struct findings *findings,
              int (*visit)(void *context, const struct finding *finding), void *context)
{
    int stop = findings->refusal.code == NULL ? 0 : visit(context, &findings->refusal);
    if (stop == 0) {
        stop = each_kept(findings, visit, context);
    }
    for (int code = 0; code < FINDING_CODE_COUNT && stop == 0; code++) {
        for (int file = 0; file <= FILE_COUNT && stop == 0; file++) {
            if (findings->beyond[code][file] > 0) {
                struct finding rest = {.severity = severity_of(findings, (enum finding_code)code),
                                       .code = code_rows[code].word,
                                       .file = (enum roster_file)file,
                                       .column = COLUMN_COUNT,
                                       .sourced_id = TEXT_NONE,
                                       .message = code_rows[code].message,
                                       .what = code_rows[code].what,
                                       .fix = code_rows[code].fix,
                                       .count = findings->beyond[code][file]};
                stop = visit(context, &rest);
            }
        }
    }
    return stop;
}
