/* Findings: kept one by one up to a limit, counted beyond it. */
#include "finding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "limit.h"

struct seen {
    uint64_t rows;
    uint64_t count;
    struct finding last;
};

static int
look(void *context, const struct finding *finding)
{
    struct seen *seen = context;
    seen->rows++;
    seen->count += finding->count;
    seen->last = *finding;
    assert_non_null(finding->code);
    assert_true(strlen(finding->message) > 0);
    return 0;
}

static void
add(struct findings *findings, enum finding_code code, enum roster_file file, uint64_t count)
{
    for (uint64_t at = 1; at <= count; at++) {
        findings_add(findings, code, file, at, USERS_EMAIL, text_of("u1"));
    }
}

static void
test_limit_of_one_code(void **state)
{
    (void)state;
    struct findings *findings = findings_new(false);
    add(findings, FINDING_CODE_VALUE_EMAIL, FILE_USERS, LIMIT_FINDINGS_PER_CODE);
    struct seen seen = {0};
    assert_int_equal(findings_each(findings, look, &seen), 0);
    assert_int_equal(seen.rows, LIMIT_FINDINGS_PER_CODE);
    assert_int_equal(seen.last.line, LIMIT_FINDINGS_PER_CODE);
    assert_string_equal(seen.last.code, "value.email");
    assert_int_equal(seen.last.sourced_id.size, 2);

    add(findings, FINDING_CODE_VALUE_EMAIL, FILE_USERS, 2);
    seen = (struct seen){0};
    assert_int_equal(findings_each(findings, look, &seen), 0);
    assert_int_equal(seen.rows, LIMIT_FINDINGS_PER_CODE + 1);
    assert_int_equal(seen.count, LIMIT_FINDINGS_PER_CODE + 2);
    assert_int_equal(seen.last.count, 2);
    assert_int_equal(seen.last.line, 0);
    assert_null(seen.last.sourced_id.data);
    assert_int_equal(findings_count(findings, FINDING_WARNING), LIMIT_FINDINGS_PER_CODE + 2);
    assert_int_equal(findings_count(findings, FINDING_ERROR), 0);
    findings_free(findings);
}

static void
test_limit_of_all(void **state)
{
    (void)state;
    struct findings *findings = findings_new(false);
    for (int code = 0; code < FINDING_CODE_COUNT; code++) {
        for (int file = 0; file <= FILE_COUNT; file++) {
            add(findings, (enum finding_code)code, (enum roster_file)file, LIMIT_FINDINGS_PER_CODE);
        }
    }
    struct seen seen = {0};
    assert_int_equal(findings_each(findings, look, &seen), 0);
    uint64_t all = (uint64_t)FINDING_CODE_COUNT * (FILE_COUNT + 1) * LIMIT_FINDINGS_PER_CODE;
    assert_true(seen.rows <= LIMIT_FINDINGS + (uint64_t)FINDING_CODE_COUNT * (FILE_COUNT + 1));
    assert_int_equal(seen.count, all);
    findings_free(findings);
    findings_free(NULL);
}

static void
test_refusal_comes_first(void **state)
{
    (void)state;
    struct findings *findings = findings_new(false);
    struct error error;
    struct seen seen = {0};
    add(findings, FINDING_CODE_ROW_SHORT, FILE_USERS, 1);
    (void)error_set(&error, CAUSE_ROSTER_HEADER, "users.csv has no column role");
    findings_refuse(findings, &error, FILE_USERS, 1, USERS_ROLE);
    findings_refuse(findings, &error, FILE_ORGS, 2, COLUMN_COUNT); /* the first one stands */
    assert_int_equal(findings_each(findings, look, &seen), 0);
    assert_int_equal(seen.rows, 2);
    assert_string_equal(seen.last.code, "row.short");
    assert_int_equal(findings_count(findings, FINDING_ERROR), 2);
    findings_add(NULL, FINDING_CODE_ROW_SHORT, FILE_USERS, 1, COLUMN_COUNT, TEXT_NONE);
    findings_free(findings);
}

static void
test_ids_are_told_from_no_ids(void **state)
{
    (void)state;
    struct findings *findings = findings_new(false);
    struct seen seen = {0};
    findings_add(findings, FINDING_CODE_ROW_SHORT, FILE_USERS, 7, COLUMN_COUNT, TEXT_NONE);
    assert_int_equal(findings_each(findings, look, &seen), 0);
    assert_null(seen.last.sourced_id.data);
    assert_int_equal(seen.last.column, COLUMN_COUNT);
    assert_int_equal(seen.last.line, 7);
    findings_free(findings);
}

/* What two noted apart is what one would have noted. */
static void
test_taking(void **state)
{
    (void)state;
    struct findings *one = findings_new(false);
    struct findings *first = findings_new(false);
    struct findings *second = findings_new(false);
    for (uint64_t line = 1; line <= LIMIT_FINDINGS_PER_CODE + 10; line++) {
        struct findings *half = line <= 10 ? first : second;
        for (int pass = 0; pass < 2; pass++) {
            findings_add(pass == 0 ? one : half, FINDING_CODE_ROW_SHORT, FILE_USERS, line,
                         USERS_ROLE, line % 2 == 0 ? TEXT_NONE : text_of("id"));
        }
    }
    findings_add(one, FINDING_CODE_VALUE_EMAIL, FILE_USERS, 3, USERS_EMAIL, text_of(""));
    findings_add(second, FINDING_CODE_VALUE_EMAIL, FILE_USERS, 3, USERS_EMAIL, text_of(""));
    findings_take(first, second);
    struct seen expected = {0};
    struct seen seen = {0};
    assert_int_equal(findings_each(one, look, &expected), 0);
    assert_int_equal(findings_each(first, look, &seen), 0);
    assert_int_equal(seen.rows, expected.rows);
    assert_int_equal(seen.count, expected.count);
    for (int severity = 0; severity < FINDING_SEVERITY_COUNT; severity++) {
        assert_int_equal(findings_count(first, (enum finding_severity)severity),
                         findings_count(one, (enum finding_severity)severity));
        assert_int_equal(findings_count_of(first, (enum finding_severity)severity, FILE_USERS),
                         findings_count_of(one, (enum finding_severity)severity, FILE_USERS));
    }
    assert_int_equal(seen.last.line, expected.last.line);
    assert_int_equal(seen.last.count, expected.last.count);
    findings_free(one);
    findings_free(first);
    findings_free(second);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limit_of_one_code),
        cmocka_unit_test(test_limit_of_all),
        cmocka_unit_test(test_refusal_comes_first),
        cmocka_unit_test(test_ids_are_told_from_no_ids),
        cmocka_unit_test(test_taking),
    };
    return cmocka_run_group_tests_name("finding", tests, NULL, NULL);
}
