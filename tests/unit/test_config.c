/* The configuration file: defaults, each kind of error with its place, reloading. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "config.h"
#include "place.h"

#define MINIMUM "{\"database\": {\"conninfo\": \"dbname=rosterd\"}}"

static void
test_defaults(void **state)
{
    (void)state;
    struct config config;
    struct error error;
    assert_int_equal(config_parse(MINIMUM, "file", &config, &error), 0);
    assert_string_equal(config.database.conninfo, "dbname=rosterd");
    assert_string_equal(config.database.stage_conninfo, "");
    assert_string_equal(config.spool.path, "/var/lib/rosterd/spool");
    assert_string_equal(config.sockets.status_group, "rosterd-view");
    assert_int_equal(config.workers.fetch, 2);
    assert_int_equal(config.workers.sessions, 64);
    assert_true(config.lease.ttl_s > 29.9 && config.lease.ttl_s < 30.1);
    assert_int_equal(config.log.level, LEVEL_INFO);
    config_deinit(&config);
}

static void
test_values_are_taken(void **state)
{
    (void)state;
    struct config config;
    struct error error;
    assert_int_equal(
        config_parse("{\"database\": {\"conninfo\": \"x\"}, \"lease\": {\"ttl_s\": 2.5},"
                     " \"sockets\": {\"status_group\": \"\"}, \"log\": {\"level\": \"debug\"},"
                     " \"workers\": {\"stage\": 8}, \"sql\": \"/a/b\"}",
                     "file", &config, &error),
        0);
    assert_true(config.lease.ttl_s > 2.4 && config.lease.ttl_s < 2.6);
    assert_string_equal(config.sockets.status_group, "");
    assert_int_equal(config.log.level, LEVEL_DEBUG);
    assert_int_equal(config.workers.stage, 8);
    assert_string_equal(config.sql, "/a/b");
    config_deinit(&config);
}

/* Each error says where it is and what is wrong, word for word. */
static void
test_errors_name_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"{\n  \"database\": {\"conninfo\": \"x\"},\n  \"spol\": {}\n}",
         "file:3:3: spol is not a key of rosterd"},
        {"{\"database\": {\"conninfo\": \"x\",\n \"port\": 1}}",
         "file:2:2: database.port is not a key of rosterd"},
        {"{\"database\": {\"conninfo\": 7}}", "file:1:15: database.conninfo must be a string"},
        {"{\"database\": {\"conninfo\": \"\"}}",
         "file:1:15: database.conninfo must have 1 to 4096 bytes"},
        {"{\"database\": \"x\"}", "file:1:2: database must be an object"},
        {"{}", "file: database.conninfo must be given"},
        {"[]", "file:1:1: must be an object"},
        {"{\"database\": {\"conninfo\": \"x\"}, \"workers\": {\"stage\": 9}}",
         "file:1:45: workers.stage must be from 1 to 8"},
        {"{\"database\": {\"conninfo\": \"x\"}, \"workers\": {\"stage\": 1.5}}",
         "file:1:45: workers.stage must be a whole number"},
        {"{\"database\": {\"conninfo\": \"x\"}, \"lease\": {\"ttl_s\": \"1\"}}",
         "file:1:43: lease.ttl_s must be a number"},
        {"{\"database\": {\"conninfo\": \"x\"}, \"spool\": {\"path\": \"spool\"}}",
         "file:1:43: spool.path must be an absolute path"},
        {"{\"database\": {\"conninfo\": \"x\"}, \"log\": {\"level\": \"loud\"}}",
         "file:1:41: log.level must be \"error\", \"warning\", \"info\" or \"debug\""},
        {"{\"database\": {\"conninfo\": \"x\"}, \"schedule\": {\"retry_min_s\": 9, "
         "\"retry_max_s\": 8}}",
         "file:1:46: schedule.retry_min_s must not be over schedule.retry_max_s"},
    };
    for (size_t at = 0; at < sizeof cases / sizeof cases[0]; at++) {
        struct config config;
        struct error error;
        assert_int_equal(config_parse(cases[at].text, "file", &config, &error), -1);
        assert_string_equal(error.text, cases[at].message);
        assert_int_equal(error.cause, CAUSE_CONFIG_INVALID);
    }
}

static void
test_broken_json_names_its_place(void **state)
{
    (void)state;
    struct config config;
    struct error error;
    assert_int_equal(config_parse("{\n \"database\": \n}", "file", &config, &error), -1);
    assert_true(strncmp(error.text, "file:3:1: ", 10) == 0);
    assert_int_equal(config_parse("{\"log\": {}, \"log\": {}}", "file", &config, &error), -1);
    assert_non_null(strstr(error.text, "duplicate"));
}

static void
test_reload_takes_what_may_change(void **state)
{
    (void)state;
    struct config config, fresh;
    struct error error;
    char fixed[200];
    assert_int_equal(config_parse(MINIMUM, "file", &config, &error), 0);
    assert_int_equal(
        config_parse(
            "{\"database\": {\"conninfo\": \"other\"}, \"spool\": {\"keep_days\": 3},"
            " \"workers\": {\"stage\": 4, \"sessions\": 7}, \"log\": {\"level\": \"error\"}}",
            "file", &fresh, &error),
        0);
    config_reload(&config, &fresh, fixed, sizeof fixed);
    assert_string_equal(fixed, "database.conninfo workers.stage");
    assert_string_equal(config.database.conninfo, "dbname=rosterd");
    assert_int_equal(config.workers.stage, 2);
    assert_int_equal(config.workers.sessions, 7);
    assert_true(config.spool.keep_days < 3.1);
    assert_int_equal(config.log.level, LEVEL_ERROR);
    config_deinit(&config);
    config_deinit(&fresh);
}

static void
test_places(void **state)
{
    (void)state;
    static const char text[] = "{ \"a\": [1, {\"b\": 2}],\n  \"c\\\"d\": \"}{\", \"b\": {\n"
                               "\t\"x\": null, \"y\": {\"x\": 1} } }";
    const char *const b[] = {"b"};
    const char *const bx[] = {"b", "x"};
    const char *const byx[] = {"b", "y", "x"};
    const char *const none[] = {"b", "z"};
    struct place place = place_find(text, b, 1);
    assert_int_equal(place.line, 2);
    assert_int_equal(place.column, 17);
    place = place_find(text, bx, 2);
    assert_int_equal(place.line, 3);
    assert_int_equal(place.column, 2);
    place = place_find(text, byx, 3);
    assert_int_equal(place.line, 3);
    assert_int_equal(place.column, 19);
    place = place_find(text, none, 2);
    assert_int_equal(place.line, 1);
    assert_int_equal(place.column, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_values_are_taken),
        cmocka_unit_test(test_errors_name_their_place),
        cmocka_unit_test(test_broken_json_names_its_place),
        cmocka_unit_test(test_reload_takes_what_may_change),
        cmocka_unit_test(test_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
