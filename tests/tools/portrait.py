"""What a district's mirror and directory hold, without what differs between two equal runs.

Numbers given by sequences are replaced by SIS ids; secrets, times and run numbers are left out. Two
portraits are equal when and only when people would see the same.
"""

PORTRAIT = {
    "school": """SELECT to_jsonb(s) - '{district_id,school_id,created_by_run}'::text[] AS row
        FROM directory.school AS s WHERE s.district_id = %(district)s""",
    "person": """SELECT to_jsonb(p) - '{district_id,person_id,created_by_run,created_at,active_since}'::text[]
        FROM directory.person AS p WHERE p.district_id = %(district)s""",
    "credential": """SELECT to_jsonb(c) - '{district_id,person_id,created_by_run}'::text[]
            || jsonb_build_object('person', p.sourced_id)
        FROM directory.credential AS c JOIN directory.person AS p USING (district_id, person_id)
        WHERE c.district_id = %(district)s""",
    "role": """SELECT to_jsonb(r) - '{district_id,person_id,school_id,created_by_run}'::text[]
            || jsonb_build_object('person', p.sourced_id, 'school', s.sourced_id)
        FROM directory.role AS r JOIN directory.person AS p USING (district_id, person_id)
        LEFT JOIN directory.school AS s USING (district_id, school_id) WHERE r.district_id = %(district)s""",
    "classroom": """SELECT to_jsonb(c) - '{district_id,classroom_id,school_id,created_by_run}'::text[]
            || jsonb_build_object('school', s.sourced_id)
        FROM directory.classroom AS c LEFT JOIN directory.school AS s USING (district_id, school_id)
        WHERE c.district_id = %(district)s""",
    "membership": """SELECT to_jsonb(m) - '{district_id,classroom_id,person_id,created_by_run}'::text[]
            || jsonb_build_object('classroom', c.sourced_id, 'person', p.sourced_id)
        FROM directory.membership AS m JOIN directory.classroom AS c USING (district_id, classroom_id)
        JOIN directory.person AS p USING (district_id, person_id) WHERE m.district_id = %(district)s""",
    "relationship": """SELECT to_jsonb(r) - '{district_id,student_id,guardian_id,created_by_run}'::text[]
            || jsonb_build_object('student', s.sourced_id, 'guardian', g.sourced_id)
        FROM directory.relationship AS r
        JOIN directory.person AS s ON s.district_id = r.district_id AND s.person_id = r.student_id
        JOIN directory.person AS g ON g.district_id = r.district_id AND g.person_id = r.guardian_id
        WHERE r.district_id = %(district)s""",
    "invitation": """SELECT jsonb_build_object('person', p.sourced_id, 'kind', i.kind, 'value', i.value, 'state', i.state)
        FROM directory.invitation AS i JOIN directory.person AS p USING (district_id, person_id)
        WHERE i.district_id = %(district)s""",
    "audit": """SELECT jsonb_build_object('rule', a.rule, 'relation', a.relation, 'rows', count(*))
        FROM audit.change AS a WHERE a.district_id = %(district)s GROUP BY a.rule, a.relation""",
    "finding": """SELECT to_jsonb(f) - '{district_id,finding_id,run_id,closed_by_run,closed_at}'::text[]
        FROM rosterd.finding AS f WHERE f.district_id = %(district)s AND f.closed_by_run IS NULL""",
    "judged": """SELECT to_jsonb(j) - '{district_id,run_id,token,digest,judged_on,settings_version}'::text[]
            || jsonb_build_object('complete', ARRAY(SELECT f FROM jsonb_object_keys(j.complete) AS f ORDER BY f))
        FROM sis.judged AS j WHERE j.district_id = %(district)s""",
}
# The mirror: its rows as they are, but for the numbers of accounts and runs.
for _table in ("org", "session", "class", "person", "link", "enrollment"):
    PORTRAIT[f"sis.{_table}"] = f"""SELECT to_jsonb(t)
            - '{{district_id,school_id,classroom_id,person_id,changed_by_run}}'::text[]
        FROM sis.{_table} AS t WHERE t.district_id = %(district)s"""


def portrait(cluster, database, slug):
    """Sorted lines `relation: row`."""
    district = cluster.value(database, "SELECT district_id FROM rosterd.district WHERE slug = %s", (slug,))
    lines = []
    for relation, query in PORTRAIT.items():
        rows = cluster.query(database, f"SELECT q.row::text FROM ({query}) AS q(row)", {"district": district})
        lines += sorted(f"{relation}: {row}" for row, in rows)
    return lines


def differences(left, right, limit=20):
    """The lines only one side has, a few of them; empty when equal."""
    from collections import Counter
    a, b = Counter(left), Counter(right)
    return ([f"- {line}" for line in (a - b).elements()][:limit]
            + [f"+ {line}" for line in (b - a).elements()][:limit])
