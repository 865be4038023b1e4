CREATE OR REPLACE FUNCTION sync.erase_directory(p_district bigint, p_person bigint) RETURNS jsonb
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $function$
    WITH credential AS (DELETE FROM directory.credential d WHERE d.district_id = p_district AND d.person_id = p_person RETURNING 1),
    invitation AS (DELETE FROM directory.invitation d WHERE d.district_id = p_district AND d.person_id = p_person RETURNING 1),
    notice AS (DELETE FROM directory.notice d WHERE d.district_id = p_district AND d.person_id = p_person RETURNING 1),
    role AS (DELETE FROM directory.role d WHERE d.district_id = p_district AND d.person_id = p_person RETURNING 1),
    membership AS (DELETE FROM directory.membership d WHERE d.district_id = p_district AND d.person_id = p_person RETURNING 1),
    relationship AS (DELETE FROM directory.relationship d WHERE d.district_id = p_district AND p_person IN (d.student_id, d.guardian_id) RETURNING 1),
    item AS (DELETE FROM directory.backpack_item d WHERE d.district_id = p_district AND d.student_id = p_person RETURNING 1),
    manager AS (DELETE FROM directory.users_manager d WHERE d.district_id = p_district AND d.person_id = p_person RETURNING 1),
    pin AS (DELETE FROM sync.pin d WHERE d.district_id = p_district AND d.kind = 'person' AND d.id = p_person RETURNING 1),
    person AS (DELETE FROM directory.person d WHERE d.district_id = p_district AND d.person_id = p_person RETURNING 1)
    SELECT jsonb_build_object(
        'directory', (SELECT count(*) FROM person) + (SELECT count(*) FROM credential) + (SELECT count(*) FROM role) + (SELECT count(*) FROM membership)
                     + (SELECT count(*) FROM relationship) + (SELECT count(*) FROM item) + (SELECT count(*) FROM manager) + (SELECT count(*) FROM pin),
        'invitations', (SELECT count(*) FROM invitation) + (SELECT count(*) FROM notice))
$function$;

COMMENT ON FUNCTION sync.erase_directory(bigint, bigint) IS 'Deletes a person''s rows of the directory (ABN-E3).';
REVOKE ALL ON FUNCTION sync.erase_directory(bigint, bigint) FROM PUBLIC;
