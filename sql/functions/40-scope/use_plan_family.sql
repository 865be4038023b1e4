-- Statistics cannot know a district that has just arrived: with those of a small one, joins become
-- loops over every row of the district for every row of the file, and take minutes instead of
-- seconds. So no joins by loops that the planner chooses: everything is hashed, and what is small is
-- fetched by its keys, by an array of them or one after the other as sync.people_by_id and its like do. And
-- the rules name their district by a subselect, "m.district_id = (SELECT v.district_id)": its number is then
-- unknown to the planner, which takes it for one like the others. If it knew the number, it would take a district
-- that no statistics have heard of for empty, and read all of it to find a few rows by their keys. What a run looks
-- up lies close together and has mostly just been read, so that looking it up is called cheap.
CREATE OR REPLACE FUNCTION sync.use_plan_family() RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('jit', 'off', true),
           set_config('enable_nestloop', 'off', true), set_config('enable_mergejoin', 'off', true),
           set_config('max_parallel_workers_per_gather', '0', true),
           set_config('random_page_cost', '1.1', true), set_config('work_mem', '256MB', true), set_config('hash_mem_multiplier', '2', true)
$function$;

COMMENT ON FUNCTION sync.use_plan_family() IS 'How the planner has to work for the rest of the transaction.';
REVOKE ALL ON FUNCTION sync.use_plan_family() FROM PUBLIC;
