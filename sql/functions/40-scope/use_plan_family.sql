-- Statistics cannot know a district that has just arrived: with those of a small one, joins become
-- loops over every row of the district for every row of the file, and take minutes instead of
-- seconds. So no joins by loops that the planner chooses: everything is hashed, and what is small is
-- fetched by its keys. An array of them will do where the index is otherwise not read at all; where that
-- would be all of the district, sync.people_by_id and its like look up one key after the other.
CREATE OR REPLACE FUNCTION sync.use_plan_family() RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('jit', 'off', true),
           set_config('enable_nestloop', 'off', true), set_config('enable_mergejoin', 'off', true),
           set_config('max_parallel_workers_per_gather', '0', true),
           set_config('work_mem', '256MB', true), set_config('hash_mem_multiplier', '2', true)
$function$;

COMMENT ON FUNCTION sync.use_plan_family() IS 'How the planner has to work for the rest of the transaction.';
REVOKE ALL ON FUNCTION sync.use_plan_family() FROM PUBLIC;
