-- Behind the closed gate. A run that has planned with this person's records finds that the mirror is another
-- one and stages its file again; the digests beside the spools are void by the same token.
CREATE OR REPLACE FUNCTION rosterd.erase_person(p_district bigint, p_person bigint, p_reason text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_settings rosterd.district;
    v_reason text;
    v_ids text[];
    v_live bigint;
    v_counts jsonb;
    v_guardians bigint[];
BEGIN
    PERFORM sync.shut_gate(p_district);
    v_settings := api.district_of(p_district);
    PERFORM api.person_of(p_district, p_person);
    v_reason := sync.check_reason(p_reason);
    SELECT coalesce(array_agg(m.sourced_id), '{}'), count(*) FILTER (WHERE m.live) INTO v_ids, v_live
    FROM sis.person m WHERE m.district_id = p_district AND m.person_id = p_person;

    v_guardians := ARRAY(SELECT g.guardian_id FROM directory.relationship g WHERE g.district_id = p_district AND g.student_id = p_person);

    PERFORM sync.erase_marks(p_district, p_person, v_ids);
    v_counts := sync.erase_directory(p_district, p_person) || sync.erase_mirror(p_district, v_ids) || sync.erase_traces(p_district, p_person, v_ids);
    PERFORM api.settle_invitations(p_district, NULL, 'erase_person', v_guardians);
    INSERT INTO rosterd.disposal (district_id, asked_by) VALUES (p_district, rosterd.who())
    ON CONFLICT (district_id) DO UPDATE SET since = excluded.since, asked_by = excluded.asked_by;
    PERFORM api.audit_change(p_district, NULL, 'erase_person by ' || rosterd.who(), 'ABN-E3', 'rosterd.erase_person',
        jsonb_build_object('person_id', p_person), NULL, jsonb_build_object('reason', v_reason, 'rows', v_counts));
    RETURN format('Person %s of %s is erased for good: %s rows. Spooled files of the district go within the hour, on every machine with a rosterd. Backups and the district''s own drop are not reached from here.',
                  p_person, v_settings.slug, (SELECT sum(c.value::bigint) FROM jsonb_each_text(v_counts) c))
        || CASE WHEN v_live > 0 THEN ' The SIS still has a record of them: the next changed file that has it makes a new person of it, who has nothing of this one. Have the district take it out first if that is not meant.'
                ELSE '' END;
END
$function$;

COMMENT ON FUNCTION rosterd.erase_person(bigint, bigint, text) IS
    'Erases a person for good: account, contacts, memberships, family ties, backpack, invitations, their records in the mirror, what the audit and the findings say of them, and the spooled files. Cannot be undone. The reason is kept: name nobody in it. SELECT rosterd.erase_person(1, 7, ''request of 12 May''); RS008, RS012 (ABN-E3, CRED-6, IN-6).';
REVOKE ALL ON FUNCTION rosterd.erase_person(bigint, bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rosterd.erase_person(bigint, bigint, text) TO rosterd_ops;
