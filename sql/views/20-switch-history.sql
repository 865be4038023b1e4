CREATE OR REPLACE VIEW rosterd.switch_history AS
SELECT c.changed_at AS changed, d.slug, c.changed_by AS who, c.client AS from_where, c.relation AS in_table,
       setting.name AS setting, coalesce(setting.value ->> 0, '-') AS before, coalesce(setting.value ->> 1, '-') AS after
FROM rosterd.config_change c
LEFT JOIN rosterd.district d ON d.district_id = c.district_id
CROSS JOIN LATERAL jsonb_each(c.changes) AS setting (name, value)
ORDER BY c.change_id DESC, setting.name;

COMMENT ON VIEW rosterd.switch_history IS 'Who changed which setting of a district when, from what to what; newest first.';
COMMENT ON COLUMN rosterd.switch_history.changed IS 'When.';
COMMENT ON COLUMN rosterd.switch_history.slug IS 'The district.';
COMMENT ON COLUMN rosterd.switch_history.who IS 'The login, or uid:N for a caller of the control socket.';
COMMENT ON COLUMN rosterd.switch_history.from_where IS 'With which program and from where, as the connection says.';
COMMENT ON COLUMN rosterd.switch_history.in_table IS 'district or source.';
COMMENT ON COLUMN rosterd.switch_history.setting IS 'The column that changed.';
COMMENT ON COLUMN rosterd.switch_history.before IS 'What it was; - for nothing.';
COMMENT ON COLUMN rosterd.switch_history.after IS 'What it became; - for nothing.';
GRANT SELECT ON rosterd.switch_history TO rosterd_csm, rosterd_ops;
