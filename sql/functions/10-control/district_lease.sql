CREATE OR REPLACE FUNCTION rosterd.district_lease() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    INSERT INTO rosterd.lease (district_id) VALUES (NEW.district_id);
    RETURN NULL;
END
$function$;

CREATE OR REPLACE TRIGGER district_lease AFTER INSERT ON rosterd.district
    FOR EACH ROW EXECUTE FUNCTION rosterd.district_lease();

COMMENT ON FUNCTION rosterd.district_lease() IS 'A new district has a lease that nobody holds yet.';
REVOKE ALL ON FUNCTION rosterd.district_lease() FROM PUBLIC;
