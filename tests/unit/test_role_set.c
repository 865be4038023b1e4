/* The roles of 1.2: what was added comes out again, to the limits. */
#include "role_set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "limit.h"

static struct error error;

static void
expect_roles(const struct role_set *set, const char *person, const char *joined)
{
    struct scratch scratch;
    struct text roles;
    assert_int_equal(scratch_init(&scratch, 1 << 20), 0);
    assert_int_equal(role_set_join(set, text_of(person), &scratch, &roles), 0);
    assert_int_equal(roles.size, strlen(joined));
    assert_memory_equal(roles.data == NULL ? "" : roles.data, joined, roles.size);
    scratch_deinit(&scratch);
}

static int
add(struct role_set *set, const char *person, const char *role, const char *org)
{
    return role_set_add(set, text_of(person), text_of(role), text_of(org), &error);
}

static void
test_roles_come_back_in_order(void **state)
{
    (void)state;
    struct role_set *set = role_set_new();
    expect_roles(set, "u1", "");
    assert_int_equal(add(set, "u1", "teacher", "o1"), 0);
    assert_int_equal(add(set, "u2", "student", "o1"), 0);
    assert_int_equal(add(set, "u1", "parent", "o2"), 0);
    assert_int_equal(add(set, "u1", "teacher", "o1"), 0);
    assert_int_equal(role_set_add(set, TEXT("u3"), TEXT("aide"), TEXT_NONE, &error), 0);
    expect_roles(set, "u1", "teacher\x1Eo1\x1Fparent\x1Eo2");
    expect_roles(set, "u2", "student\x1Eo1");
    expect_roles(set, "u3", "aide\x1E");
    role_set_free(set);
    role_set_free(NULL);
}

static void
test_many_people(void **state)
{
    (void)state;
    enum { COUNT = 100000 };
    struct role_set *set = role_set_new();
    char person[24];
    char org[24];
    for (int at = 0; at < COUNT; at++) {
        (void)snprintf(person, sizeof person, "%d", at);
        (void)snprintf(org, sizeof org, "o%d", at % 100);
        assert_int_equal(add(set, person, "student", org), 0);
        assert_int_equal(at % 2 == 0 ? add(set, person, "aide", org) : 0, 0);
    }
    for (int at = 0; at < COUNT; at += 997) {
        char joined[64];
        (void)snprintf(person, sizeof person, "%d", at);
        (void)snprintf(joined, sizeof joined,
                       at % 2 == 0 ? "student\x1Eo%d\x1F"
                                     "aide\x1Eo%d"
                                   : "student\x1Eo%d",
                       at % 100, at % 100);
        expect_roles(set, person, joined);
    }
    expect_roles(set, "100000", "");
    role_set_free(set);
}

static void
test_limits(void **state)
{
    (void)state;
    struct role_set *set = role_set_new();
    char org[24];
    for (int at = 0; at < LIMIT_LIST_ITEMS; at++) {
        (void)snprintf(org, sizeof org, "o%d", at);
        assert_int_equal(add(set, "u1", "student", org), 0);
    }
    assert_int_equal(add(set, "u1", "student", "o0"), 0); /* known */
    assert_int_equal(add(set, "u1", "student", "more"), -1);
    assert_int_equal(error.cause, CAUSE_ROSTER_LIMIT);
    /* "more" was numbered, although nobody got it */
    for (int at = LIMIT_LIST_ITEMS; at < LIMIT_ROLE_PAIRS - 1; at++) {
        char person[24];
        (void)snprintf(org, sizeof org, "o%d", at);
        (void)snprintf(person, sizeof person, "p%d", at);
        assert_int_equal(add(set, person, "student", org), 0);
    }
    assert_int_equal(add(set, "u2", "student", "o0"), 0);
    assert_int_equal(add(set, "u2", "student", "another"), -1);
    assert_int_equal(error.cause, CAUSE_ROSTER_LIMIT);
    role_set_free(set);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_roles_come_back_in_order),
        cmocka_unit_test(test_many_people),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
