/* Enrollments that are read beside the rest end as if they had been read in their turn. */
#include "reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "package.h"

#define CODES_SIZE 1024

struct log {
    char text[4096];
};

static struct log log_;
static struct findings *findings;
static struct reader_result result;

static void
say(struct log *log, const char *text)
{
    size_t used = strlen(log->text);
    (void)snprintf(log->text + used, sizeof log->text - used, "%s", text);
}

static int
on_begin(void *context, enum record_table table, struct error *reterr)
{
    (void)reterr;
    say(context, record_table(table)->name);
    return 0;
}

static int
on_record(void *context, const struct record *record, struct error *reterr)
{
    (void)reterr;
    char line[256];
    struct text id = record->values[record->table == TABLE_BAD ? 1 : 0];
    (void)snprintf(line, sizeof line, " %s %d:%.*s", record_table(record->table)->name,
                   (int)record->line, (int)id.size, id.data == NULL ? "" : id.data);
    say(context, line);
    return 0;
}

static int
on_end(void *context, enum record_table table, struct error *reterr)
{
    (void)table, (void)reterr;
    say(context, ". ");
    return 0;
}

static int
append_code(void *context, const struct finding *finding)
{
    char *codes = context;
    (void)snprintf(codes + strlen(codes), CODES_SIZE - strlen(codes), "%s@%d:%d ", finding->code,
                   (int)finding->file, (int)finding->line);
    return 0;
}

static bool helper_helps;
static int waits;
static struct log beside_log;

/* As a thread that is done before anybody waits for it. */
static bool
start_now(void *context, void (*work)(void *argument), void *argument)
{
    (void)context;
    if (helper_helps) {
        work(argument);
    }
    return helper_helps;
}

static void
wait_now(void *context)
{
    (void)context;
    waits++;
}

static int
ignore_table(void *context, enum record_table table, struct error *reterr)
{
    (void)context, (void)table, (void)reterr;
    return 0;
}

static const struct reader_sink *
offer_beside(void *context)
{
    (void)context;
    static const struct reader_sink sink = {.begin = ignore_table,
                                            .record = on_record,
                                            .end = ignore_table,
                                            .context = &beside_log,
                                            .takes_links_at_once = true,
                                            .takes_bad_at_once = true};
    beside_log = (struct log){""};
    return &sink;
}

static int
take_beside(void *context, bool is_whole, struct error *reterr)
{
    say(context, beside_log.text);
    return is_whole ? 0 : error_set(reterr, CAUSE_INTERNAL, "in turn");
}

static void
read_beside(const struct package_entry *entries, size_t count)
{
    struct bundle *bundle = NULL;
    struct reader_helper helper = {.start = start_now, .wait = wait_now};
    const struct reader_options options = {.phone_region = "US", .helper = &helper};
    const struct reader_sink sink = {.begin = on_begin,
                                     .record = on_record,
                                     .end = on_end,
                                     .context = &log_,
                                     .takes_links_at_once = true,
                                     .takes_bad_at_once = true,
                                     .beside = offer_beside,
                                     .take_beside = take_beside};
    log_ = (struct log){""};
    waits = 0;
    findings_free(findings);
    findings = findings_new(false);
    assert_int_equal(bundle_open(package_make(entries, count), &bundle, &result.error), 0);
    assert_int_equal(bundle_open(package_make(entries, count), &helper.bundle, &result.error), 0);
    reader_run(bundle, &options, &sink, findings, &result);
    bundle_close(bundle);
    bundle_close(helper.bundle);
}

static void
test_enrollments_beside_the_rest(void **state)
{
    (void)state;
    static const char *const enrollments[] = {
        "sourcedId,classSourcedId,schoolSourcedId,userSourcedId,role,beginDate\n"
        "e1,c1,o1,u1,student,\ne2,c1,o1,u2,,\n,c1,o1,u2,student,\ne3,c1,o1,u2,teacher,x\n",
        "sourcedId,classSourcedId,schoolSourcedId,userSourcedId,role\n",
        "sourcedId,classSourcedId,schoolSourcedId,userSourcedId,role\ne1,c1,o1,u1,student\ne2,"
        "\"c1"};
    for (size_t variant = 0; variant < 3; variant++) {
        struct package_entry entries[7];
        memcpy(entries, package_district, sizeof entries);
        for (size_t at = 0; at < 7; at++) {
            if (strcmp(entries[at].name, "enrollments.csv") == 0) {
                entries[at].data = enrollments[variant];
            }
        }
        char codes[CODES_SIZE] = "";
        helper_helps = false;
        read_beside(entries, 7);
        struct reader_result in_turn = result;
        struct log said = log_;
        (void)findings_each(findings, append_code, codes);
        assert_int_equal(waits, 0);
        helper_helps = true;
        read_beside(entries, 7);
        assert_int_equal(waits, 1);
        if (variant == 2) { /* whoever reads begins anew, in turn */
            assert_int_equal(in_turn.verdict, READER_REJECTED);
            assert_int_equal(result.verdict, READER_FAILED);
            continue;
        }
        assert_int_equal(result.verdict, READER_DONE);
        assert_string_equal(log_.text, said.text);
        assert_memory_equal(result.files, in_turn.files, sizeof result.files);
        assert_memory_equal(result.rows, in_turn.rows, sizeof result.rows);
        char codes_beside[CODES_SIZE] = "";
        (void)findings_each(findings, append_code, codes_beside);
        assert_string_equal(codes_beside, codes);
        assert_true(variant == 1 || result.files[FILE_ENROLLMENTS].bad == 2);
    }
    struct package_entry entries[7];
    memcpy(entries, package_district, sizeof entries);
    for (size_t at = 0; at < 7; at++) {
        if (strcmp(entries[at].name, "users.csv") == 0) {
            entries[at].data = "sourcedId,role,givenName,familyName,orgSourcedIds\nu1,\"student";
        }
    }
    read_beside(entries,
                7); /* what comes before is refused: the other is waited for all the same */
    assert_int_equal(result.verdict, READER_REJECTED);
    assert_int_equal(result.refused, FILE_USERS);
    assert_int_equal(waits, 1);
    findings_free(findings);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_enrollments_beside_the_rest),
    };
    return cmocka_run_group_tests_name("beside", tests, NULL, NULL);
}
