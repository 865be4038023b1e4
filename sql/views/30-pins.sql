CREATE OR REPLACE VIEW rosterd.pins AS
SELECT d.district_id, d.slug, p.kind, p.id, coalesce(c.sourced_id, s.sourced_id) AS sourced_id, p.reason, p.pinned_by AS who, p.pinned_at AS since, p.undo_run
FROM sync.pin p
JOIN rosterd.district d ON d.district_id = p.district_id
LEFT JOIN directory.classroom c ON p.kind = 'classroom' AND c.district_id = p.district_id AND c.classroom_id = p.id
LEFT JOIN LATERAL (SELECT min(m.sourced_id) AS sourced_id FROM sis.person m
                   WHERE p.kind = 'person' AND m.district_id = p.district_id AND m.person_id = p.id) s ON true
ORDER BY d.slug, p.pinned_at DESC, p.kind, p.id;

COMMENT ON VIEW rosterd.pins IS 'What the sync does not remove, and why; newest first.';
COMMENT ON COLUMN rosterd.pins.district_id IS 'The district''s number.';
COMMENT ON COLUMN rosterd.pins.slug IS 'The district.';
COMMENT ON COLUMN rosterd.pins.kind IS 'person or classroom.';
COMMENT ON COLUMN rosterd.pins.id IS 'Its number: person_id or classroom_id.';
COMMENT ON COLUMN rosterd.pins.sourced_id IS 'Its first id in the SIS; empty if it was made by hand.';
COMMENT ON COLUMN rosterd.pins.reason IS 'Why.';
COMMENT ON COLUMN rosterd.pins.who IS 'Who pinned it.';
COMMENT ON COLUMN rosterd.pins.since IS 'Since when.';
COMMENT ON COLUMN rosterd.pins.undo_run IS 'The undo that put it back: the pin ends when the SIS says something new. Empty: it holds until unpinned.';
GRANT SELECT ON rosterd.pins TO rosterd_csm, rosterd_ops;
