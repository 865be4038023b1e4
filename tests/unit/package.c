#include "package.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <zip.h>

const char package_manifest[] = "propertyName,value\r\n"
                                "manifest.version,1.0\r\n"
                                "oneroster.version,1.1\r\n"
                                "file.orgs,bulk\r\n"
                                "file.academicSessions,bulk\r\n"
                                "file.courses,bulk\r\n"
                                "file.classes,bulk\r\n"
                                "file.users,bulk\r\n"
                                "file.enrollments,bulk\r\n"
                                "file.demographics,absent\r\n";

const struct package_entry package_district[7] = {
    {.name = "manifest.csv", .data = package_manifest},
    {.name = "orgs.csv",
     .data = "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\r\n"
             "o1,,,North School,school,,\r\n"},
    {.name = "academicSessions.csv",
     .data = "sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,"
             "schoolYear\r\n"
             "t1,,,2026,schoolYear,2026-08-01,2027-06-30,,2027\r\n"},
    {.name = "courses.csv",
     .data = "sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,"
             "orgSourcedId,subjects,subjectCodes\r\n"
             "k1,,,t1,Maths,M1,,o1,,\r\n"},
    {.name = "classes.csv",
     .data = "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,"
             "location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods\r\n"
             "c1,,,Maths 1,,k1,M1-1,scheduled,,o1,t1,,,\r\n"},
    {.name = "users.csv",
     .data = "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,"
             "givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,"
             "password\r\n"
             "u1,,,true,o1,teacher,ada,,Ada,Lovelace,,,ADA@example.org,,,,,\r\n"
             "u2,,,true,o1,student,bob,,Bob,Ross,,,,,,u3,05,\r\n"
             "u3,,,true,o1,parent,cy,,Cy,Ross,,,cy@example.org,(415) 555-0132,,u2,,\r\n"},
    {.name = "enrollments.csv",
     .data = "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,"
             "primary,beginDate,endDate\r\n"
             "e1,,,c1,o1,u1,teacher,true,,\r\n"
             "e2,,,c1,o1,u2,student,,2026-08-20,2027-06-01\r\n"},
};

static void
add(zip_t *zip, const struct package_entry *entry)
{
    if (entry->data == NULL) {
        assert_true(zip_dir_add(zip, entry->name, ZIP_FL_ENC_GUESS) >= 0);
        return;
    }
    size_t size = entry->size == 0 ? strlen(entry->data) : entry->size;
    zip_source_t *source = zip_source_buffer(zip, entry->data, size, 0);
    assert_non_null(source);
    zip_int64_t index = zip_file_add(zip, entry->name, source, ZIP_FL_ENC_GUESS);
    assert_true(index >= 0);
    int method = entry->method == 0  ? ZIP_CM_DEFLATE
                 : entry->method < 0 ? ZIP_CM_STORE
                                     : entry->method;
    assert_int_equal(zip_set_file_compression(zip, (zip_uint64_t)index, method, 0), 0);
    if (entry->mode != 0) {
        assert_int_equal(zip_file_set_external_attributes(zip, (zip_uint64_t)index, 0,
                                                          ZIP_OPSYS_UNIX, entry->mode << 16),
                         0);
    }
}

int
package_make(const struct package_entry *entries, size_t count)
{
    char path[] = "/tmp/rosterd-test-XXXXXX";
    int placeholder = mkstemp(path);
    assert_true(placeholder >= 0);
    (void)close(placeholder);
    int code = 0;
    zip_t *zip = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &code);
    assert_non_null(zip);
    for (size_t at = 0; at < count; at++) {
        add(zip, &entries[at]);
    }
    assert_int_equal(zip_close(zip), 0);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    (void)unlink(path);
    assert_true(fd >= 0);
    return fd;
}

size_t
package_patch(int fd, const void *from, const void *to, size_t size)
{
    struct stat status;
    assert_int_equal(fstat(fd, &status), 0);
    size_t length = (size_t)status.st_size;
    char *data = malloc(length);
    assert_non_null(data);
    assert_int_equal(pread(fd, data, length, 0), length);
    size_t count = 0;
    for (size_t at = 0; at + size <= length; at++) {
        if (memcmp(data + at, from, size) == 0) {
            assert_int_equal(pwrite(fd, to, size, (off_t)at), size);
            count++;
        }
    }
    free(data);
    return count;
}
