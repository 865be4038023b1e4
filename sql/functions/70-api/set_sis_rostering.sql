CREATE OR REPLACE FUNCTION api.set_sis_rostering(p_district bigint, p_actor bigint, p_school bigint, p_on boolean)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_school directory.school;
BEGIN
    PERFORM sync.enter_gate(p_district);
    PERFORM api.district_of(p_district), api.person_of(p_district, p_actor);
    v_school := api.school_of(p_district, p_school);
    IF NOT api.leads(p_district, p_actor, p_school) THEN
        PERFORM api.refuse('the role of a leader of this school');
    END IF;
    IF p_on IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'sis_rostering is true or false';
    END IF;
    UPDATE directory.school AS s SET sis_rostering = p_on
     WHERE s.district_id = p_district AND s.school_id = p_school AND s.sis_rostering <> p_on;
    PERFORM api.audit_change(p_district, p_actor, 'set_sis_rostering', 'CLS-1', 'directory.school',
        jsonb_build_object('school_id', p_school), jsonb_build_object('sis_rostering', v_school.sis_rostering),
        jsonb_build_object('sis_rostering', p_on));
END
$$;
COMMENT ON FUNCTION api.set_sis_rostering(bigint, bigint, bigint, boolean) IS
    'Lets the teachers of a school make and fill classrooms, or not (CLS-1; RS008, RS001).';
REVOKE ALL ON FUNCTION api.set_sis_rostering(bigint, bigint, bigint, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api.set_sis_rostering(bigint, bigint, bigint, boolean) TO rosterd_app;
