#include "phone_library.h"

#include <cstring>
#include <exception>
#include <set>
#include <string>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wundef"
#include <phonenumbers/phonenumberutil.h>
#pragma GCC diagnostic pop

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

/* The number as E.164; empty when it is not one. */
static std::string
to_e164(const std::string &text, const char *region)
{
    const PhoneNumberUtil *util = PhoneNumberUtil::GetInstance();
    PhoneNumber number;
    std::string e164;
    if (util->Parse(text, region, &number) == PhoneNumberUtil::NO_PARSING_ERROR &&
        !number.has_extension() && util->IsValidNumber(number)) {
        util->Format(number, PhoneNumberUtil::E164, &e164);
    }
    return e164;
}

extern "C" size_t
phone_library_e164(const char *data, size_t size, const char *region, char *ret_e164)
{
    try {
        /* a number that was dialled with two prefixes comes out with one, and then without */
        std::string e164 = to_e164(std::string(data, size), region);
        for (int round = 0; round < 2 && !e164.empty(); round++) {
            const std::string again = to_e164(e164, region);
            if (again == e164 && e164.size() <= 17) {
                std::memcpy(ret_e164, e164.data(), e164.size());
                return e164.size();
            }
            e164 = again;
        }
        return 0;
    } catch (const std::exception &) {
        return 0;
    }
}

extern "C" int
phone_library_knows(const char *region)
{
    try {
        std::set<std::string> regions;
        PhoneNumberUtil::GetInstance()->GetSupportedRegions(&regions);
        return regions.count(region) > 0 ? 1 : 0;
    } catch (const std::exception &) {
        return 0;
    }
}
