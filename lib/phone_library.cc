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

extern "C" size_t
phone_library_e164(const char *data, size_t size, const char *region, char *ret_e164)
{
    try {
        const PhoneNumberUtil *util = PhoneNumberUtil::GetInstance();
        PhoneNumber number;
        if (util->Parse(std::string(data, size), region, &number) !=
                PhoneNumberUtil::NO_PARSING_ERROR ||
            number.has_extension() || !util->IsValidNumber(number)) {
            return 0;
        }
        std::string e164;
        util->Format(number, PhoneNumberUtil::E164, &e164);
        if (e164.empty() || e164.size() > 17) {
            return 0;
        }
        std::memcpy(ret_e164, e164.data(), e164.size());
        return e164.size();
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
