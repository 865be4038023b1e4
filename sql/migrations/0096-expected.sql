-- When a district's last new file came, and from when on the next one is late.
CREATE TABLE rosterd.expected (
    district_id bigint PRIMARY KEY REFERENCES rosterd.district,
    last_file_at timestamptz,
    late_at timestamptz NOT NULL
);

COMMENT ON TABLE rosterd.expected IS 'By when a district''s next new file is expected, as its last ones came. Kept by rosterd.';
COMMENT ON COLUMN rosterd.expected.district_id IS 'The district.';
COMMENT ON COLUMN rosterd.expected.last_file_at IS 'When its last new file was taken. NULL: none yet.';
COMMENT ON COLUMN rosterd.expected.late_at IS 'From then on it is late, unless it is off or paused.';

INSERT INTO rosterd.expected (district_id, last_file_at, late_at)
SELECT d.district_id, (SELECT max(r.created_at) FROM rosterd.run r WHERE r.district_id = d.district_id AND r.file_sha256 IS NOT NULL),
       now() + interval '4 days'
FROM rosterd.district d;

-- It returns late_at as well.
DROP FUNCTION IF EXISTS sync.read_districts(bigint, text);
