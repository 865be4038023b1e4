/*
 * sql/functions/05-normal/is_phone_number.sql from the tables of the installed libphonenumber and
 * from lib/phone_areas.def, so that the database knows of a number what the worker knows.
 *
 *   c++ tests/tools/phone_plans.cc -Ilib -lphonenumber -lprotobuf -o phone_plans
 *   ./phone_plans >sql/functions/05-normal/is_phone_number.sql
 */
#include <cstdio>
#include <map>
#include <string>

#include <phonenumbers/phonemetadata.pb.h>

namespace i18n::phonenumbers
{
int metadata_size();
const void *metadata_get();
} // namespace i18n::phonenumbers

using i18n::phonenumbers::PhoneMetadata;
using i18n::phonenumbers::PhoneMetadataCollection;

static const int areas[] = {
#include "phone_areas.def"
};

struct plan {
    std::string prefix;  /* what the library drops in front of a national number */
    std::string pattern; /* of landlines and mobiles */
};

static void
add(std::string &pattern, const std::string &more)
{
    pattern += (pattern.empty() || more.empty() ? "" : "|") + more;
}

/* The main region of a country code first: what it takes is valid whoever else has the code. */
static void
add_region(plan &plan, const PhoneMetadata &region)
{
    std::string pattern = region.fixed_line().national_number_pattern();
    if (region.mobile().national_number_pattern() != pattern) {
        add(pattern, region.mobile().national_number_pattern());
    }
    if (!region.leading_digits().empty()) {
        pattern = "(?=(?:" + region.leading_digits() + "))(?:" + pattern + ")";
    }
    add(plan.pattern, pattern);
    if (plan.prefix != region.national_prefix_for_parsing()) {
        add(plan.prefix, region.national_prefix_for_parsing());
    }
}

int
main()
{
    PhoneMetadataCollection regions;
    regions.ParseFromArray(i18n::phonenumbers::metadata_get(), i18n::phonenumbers::metadata_size());
    std::map<std::string, plan> plans;
    for (const PhoneMetadata &region : regions.metadata()) {
        if (region.country_code() != 1 && region.id() != "001") {
            add_region(plans[std::to_string(region.country_code())], region);
        }
    }
    std::string north_american;
    for (int area : areas) {
        add(north_american, std::to_string(area));
    }
    plans["1"] = {"", "(?:" + north_american + ")[2-9]\\d{6}"};
    std::puts(R"(-- Made by tests/tools/phone_plans.cc from the tables of libphonenumber 8.12.57 (Apache License 2.0) and
-- lib/phone_areas.def. A country's landlines and mobiles; what else the library takes (free and premium
-- numbers, pagers, satellites) is nobody's own and is left to the worker. So is a number that begins
-- with what the library might drop.
CREATE OR REPLACE FUNCTION sync.is_phone_number(p_number text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (
        SELECT FROM (VALUES)");
    const char *comma = "";
    for (const auto &[code, plan] : plans) {
        std::printf("%s        ('%s', '%s', '%s')", comma, code.c_str(), plan.prefix.c_str(),
                    plan.pattern.c_str());
        comma = ",\n";
    }
    std::puts(R"(
        ) AS p (country, prefix, pattern)
        CROSS JOIN LATERAL (SELECT substr(p_number, length(p.country) + 2) AS national) AS n
        WHERE starts_with(p_number, '+' || p.country)
          AND n.national ~ ('^(?:' || p.pattern || ')$')
          AND (p.prefix = '' OR coalesce((regexp_match(n.national, '^((?:' || p.prefix || '))'))[1], '') = ''))
$$;
COMMENT ON FUNCTION sync.is_phone_number(text) IS
    'Whether "+" and digits are the E.164 number of a landline or mobile that the worker takes too, and as it stands (CRED-3).';
REVOKE ALL ON FUNCTION sync.is_phone_number(text) FROM PUBLIC;)");
    return 0;
}
