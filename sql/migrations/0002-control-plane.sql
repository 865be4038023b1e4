-- The control plane. Local to the coordinator when the tenant tables are distributed, so no
-- foreign key leads here from a tenant table.

CREATE TABLE rosterd.district (
    district_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug text COLLATE "C" NOT NULL
        CONSTRAINT slug_is_lower_case_words_and_hyphens CHECK (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$')
        CONSTRAINT slug_is_taken UNIQUE,
    name text NOT NULL CONSTRAINT name_has_1_to_200_characters CHECK (length(name) BETWEEN 1 AND 200),
    sync_enabled boolean NOT NULL DEFAULT false,
    paused_until timestamptz,
    pause_reason text CONSTRAINT pause_reason_has_at_most_500_characters CHECK (length(pause_reason) <= 500),
    preview_only boolean NOT NULL DEFAULT false,
    abandonment text NOT NULL DEFAULT 'soft'
        CONSTRAINT abandonment_is_soft_or_extreme CHECK (abandonment IN ('soft', 'extreme')),
    abandoned_classrooms text NOT NULL DEFAULT 'archive'
        CONSTRAINT abandoned_classrooms_is_archive_or_disconnect CHECK (abandoned_classrooms IN ('archive', 'disconnect')),
    unarchive_reappearing boolean NOT NULL DEFAULT true,
    update_active_users boolean NOT NULL DEFAULT false,
    merge_duplicate_guardians boolean NOT NULL DEFAULT false,
    relatives_are_guardians boolean NOT NULL DEFAULT true,
    phone_is_credential boolean NOT NULL DEFAULT true,
    phone_region text NOT NULL DEFAULT 'US'
        CONSTRAINT phone_region_is_two_capitals CHECK (phone_region ~ '^[A-Z]{2}$'),
    time_zone text NOT NULL DEFAULT 'America/New_York',
    removal_limit_percent numeric(12, 2) NOT NULL DEFAULT 10
        CONSTRAINT removal_limit_percent_is_0_to_100 CHECK (removal_limit_percent BETWEEN 0 AND 100),
    removal_limit_min integer NOT NULL DEFAULT 20
        CONSTRAINT removal_limit_min_is_not_negative CHECK (removal_limit_min >= 0),
    change_limit_percent numeric(12, 2) NOT NULL DEFAULT 25
        CONSTRAINT change_limit_percent_is_0_to_1000 CHECK (change_limit_percent BETWEEN 0 AND 1000),
    on_limit text NOT NULL DEFAULT 'hold-removals'
        CONSTRAINT on_limit_is_hold_all_or_hold_removals CHECK (on_limit IN ('hold-all', 'hold-removals')),
    note text CONSTRAINT note_has_at_most_2000_characters CHECK (length(note) <= 2000),
    version bigint NOT NULL DEFAULT 1,
    settings_version bigint NOT NULL DEFAULT 1,
    seen_version bigint NOT NULL DEFAULT 0,
    seen_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT session_user
);

CREATE TABLE rosterd.source (
    district_id bigint PRIMARY KEY REFERENCES rosterd.district,
    kind text NOT NULL DEFAULT 'sftp' CONSTRAINT kind_is_sftp CHECK (kind IN ('sftp')),
    host text NOT NULL CONSTRAINT host_has_1_to_253_characters CHECK (length(host) BETWEEN 1 AND 253),
    port integer NOT NULL DEFAULT 22 CONSTRAINT port_is_1_to_65535 CHECK (port BETWEEN 1 AND 65535),
    username text NOT NULL CONSTRAINT username_has_1_to_255_characters CHECK (length(username) BETWEEN 1 AND 255),
    path text NOT NULL DEFAULT '.' CONSTRAINT path_has_1_to_1024_characters CHECK (length(path) BETWEEN 1 AND 1024),
    pattern text NOT NULL DEFAULT '*.zip' CONSTRAINT pattern_has_1_to_255_characters CHECK (length(pattern) BETWEEN 1 AND 255),
    host_keys text[] NOT NULL DEFAULT '{}'
        CONSTRAINT host_keys_are_sha256_fingerprints CHECK (array_to_string(host_keys, ' ') ~ '^(SHA256:[A-Za-z0-9+/]{43}( |$))*$'),
    credential text COLLATE "C" NOT NULL
        CONSTRAINT credential_is_a_name_not_a_secret CHECK (credential ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$'),
    poll_every interval NOT NULL DEFAULT '15 minutes'
        CONSTRAINT poll_every_is_1_second_to_1_day CHECK (poll_every BETWEEN interval '1 second' AND interval '1 day'),
    ready text NOT NULL DEFAULT 'two-polls' CONSTRAINT ready_is_two_polls_or_marker CHECK (ready IN ('two-polls', 'marker')),
    after text NOT NULL DEFAULT 'leave' CONSTRAINT after_is_leave_move_or_delete CHECK (after IN ('leave', 'move', 'delete')),
    version bigint NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT session_user
);

-- One row a start of a daemon. It lives while alive_until, by the database's clock, is not over;
-- whoever finds it over writes stopped_at, and from then on it is dead for good, even if it wakes up.
CREATE TABLE rosterd.daemon (
    daemon_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    version text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    heartbeat_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    alive_until timestamptz NOT NULL,
    stopped_at timestamptz
);
CREATE INDEX daemon_running ON rosterd.daemon (daemon_id) WHERE stopped_at IS NULL;

-- Which daemon works on a district. The epoch changes on takeover only.
CREATE TABLE rosterd.lease (
    district_id bigint PRIMARY KEY REFERENCES rosterd.district,
    daemon_id bigint REFERENCES rosterd.daemon,
    epoch bigint NOT NULL DEFAULT 0,
    taken_at timestamptz
);
CREATE INDEX lease_by_daemon ON rosterd.lease (daemon_id);

CREATE TABLE rosterd.run (
    run_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    district_id bigint NOT NULL REFERENCES rosterd.district,
    daemon_id bigint,
    epoch bigint NOT NULL,
    cause text NOT NULL CONSTRAINT cause_is_known CHECK (cause IN ('schedule', 'manual', 'retry', 'approval', 'undo')),
    state text NOT NULL DEFAULT 'fetching' CONSTRAINT state_is_known CHECK (state IN (
        'fetching', 'staging', 'planning', 'applying', 'held', 'done', 'unchanged', 'previewed',
        'rejected', 'refused', 'failed', 'interrupted', 'cancelled', 'superseded')),
    file_name text,
    file_size bigint,
    file_mtime bigint,
    file_sha256 text COLLATE "C",
    counts jsonb NOT NULL DEFAULT '{}',
    reason text,
    detail text,
    owner text CONSTRAINT owner_is_known CHECK (owner IN ('district', 'ops', 'csm', 'nobody')),
    requested_by text,
    settings_version bigint,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    staged_at timestamptz,
    planned_at timestamptz,
    applied_at timestamptz,
    ended_at timestamptz
);
-- SAFE-8: two runs of one district never overlap.
CREATE UNIQUE INDEX run_one_open_a_district ON rosterd.run (district_id)
    WHERE state IN ('fetching', 'staging', 'planning', 'applying');
CREATE INDEX run_by_district ON rosterd.run (district_id, run_id DESC);
CREATE INDEX run_good_by_district ON rosterd.run (district_id, run_id DESC) WHERE state IN ('done', 'unchanged');
CREATE INDEX run_with_file_by_district ON rosterd.run (district_id, run_id DESC) WHERE file_sha256 IS NOT NULL;
CREATE INDEX run_by_end ON rosterd.run (ended_at);

CREATE TABLE rosterd.finding (
    finding_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    district_id bigint NOT NULL,
    run_id bigint NOT NULL,
    severity text NOT NULL CONSTRAINT severity_is_known CHECK (severity IN ('error', 'warning', 'info')),
    code text COLLATE "C" NOT NULL,
    file text,
    line bigint,
    column_name text,
    sourced_id text COLLATE "C",
    message text NOT NULL,
    count bigint NOT NULL DEFAULT 1,
    origin text NOT NULL DEFAULT 'rules' CONSTRAINT origin_is_file_or_rules CHECK (origin IN ('file', 'rules')),
    closed_by_run bigint,
    closed_at timestamptz
);
CREATE INDEX finding_open ON rosterd.finding (district_id, code, sourced_id) WHERE closed_by_run IS NULL;
CREATE INDEX finding_by_run ON rosterd.finding (run_id);
CREATE INDEX finding_by_close ON rosterd.finding (closed_at) WHERE closed_at IS NOT NULL;

-- What a daemon last said of a district of its own: most of what goes wrong with a drop never
-- becomes a run. Counts only while the lease has still that epoch.
CREATE TABLE rosterd.health (
    district_id bigint PRIMARY KEY REFERENCES rosterd.district,
    epoch bigint NOT NULL,
    health text NOT NULL CONSTRAINT health_is_known CHECK (health IN ('unknown', 'ok', 'working', 'late', 'retrying', 'held', 'failing')),
    reason text,
    owner text CONSTRAINT owner_is_known CHECK (owner IN ('district', 'ops', 'csm', 'nobody')),
    detail text,
    since timestamptz NOT NULL,
    retry_at timestamptz,
    last_poll_at timestamptz,
    reported_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- How much stands found against a district, kept by the triggers of rosterd.finding.
CREATE TABLE rosterd.tally (
    district_id bigint PRIMARY KEY,
    errors bigint NOT NULL DEFAULT 0,
    warnings bigint NOT NULL DEFAULT 0,
    infos bigint NOT NULL DEFAULT 0
);

-- Who changed what in the tables above, column by column: {"sync_enabled": [false, true]}.
CREATE TABLE rosterd.config_change (
    change_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    district_id bigint NOT NULL,
    relation text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_by text NOT NULL DEFAULT session_user,
    client text,
    changes jsonb NOT NULL
);
CREATE INDEX config_change_by_district ON rosterd.config_change (district_id, change_id DESC);

COMMENT ON TABLE rosterd.district IS 'One row a school district: whether and how its roster is synced. CSMs change it with UPDATE, or with rosterd.set_sync(); every change takes effect at once and is kept in rosterd.switch_history. To read it in words: TABLE rosterd.districts;';
COMMENT ON COLUMN rosterd.district.district_id IS 'The number everything else knows the district by. Never changes.';
COMMENT ON COLUMN rosterd.district.slug IS 'Short name for commands and messages: lower-case words with hyphens, e.g. springfield-usd. Changed by ops only.';
COMMENT ON COLUMN rosterd.district.name IS 'The district''s name as people write it. Changed by ops only.';
COMMENT ON COLUMN rosterd.district.sync_enabled IS 'CSM: true = the sync is on. false = fully manual: everything stays as it is and is edited by hand. Once your UPDATE has returned, no run changes anything any more.';
COMMENT ON COLUMN rosterd.district.paused_until IS 'CSM: no runs until this time, then it goes on by itself; everything else is as while on. Needs pause_reason. NULL = not paused.';
COMMENT ON COLUMN rosterd.district.pause_reason IS 'CSM: why it is paused, for whoever reads it later. Emptied when paused_until is set to NULL.';
COMMENT ON COLUMN rosterd.district.preview_only IS 'CSM: true = runs show what they would do and change nothing.';
COMMENT ON COLUMN rosterd.district.abandonment IS 'CSM: what happens to a family when the student and all guardians have left the SIS. soft = they leave active classrooms and stay in archived ones; extreme = they are out of the school altogether (only when the district asks for it; counts for families who leave from then on).';
COMMENT ON COLUMN rosterd.district.abandoned_classrooms IS 'CSM: what happens to a classroom that leaves the SIS. archive = archived; disconnect = it goes on, kept by hand.';
COMMENT ON COLUMN rosterd.district.unarchive_reappearing IS 'CSM: true = a classroom the sync archived is active again when it reappears in the SIS.';
COMMENT ON COLUMN rosterd.district.update_active_users IS 'CSM, not used by the sync of this version yet: true = the SIS also updates names and contact details of people who have accepted their invitation; they cannot edit them then.';
COMMENT ON COLUMN rosterd.district.merge_duplicate_guardians IS 'CSM, not used by the sync of this version yet: true = guardians of the same name sharing a credential that nobody else claims are one person. A wrong merge shows one family''s child to another, so ask first.';
COMMENT ON COLUMN rosterd.district.relatives_are_guardians IS 'CSM: true = the SIS role "relative" counts as guardian.';
COMMENT ON COLUMN rosterd.district.phone_is_credential IS 'CSM: true = a phone number that is nobody else''s is enough to invite a guardian; false = only e-mail and SMS numbers count.';
COMMENT ON COLUMN rosterd.district.phone_region IS 'CSM: the country whose rules apply to phone numbers without a country code: US, CA, GB ...';
COMMENT ON COLUMN rosterd.district.time_zone IS 'CSM: the district''s time zone, e.g. America/Chicago. Decides on which day an enrollment begins and ends.';
COMMENT ON COLUMN rosterd.district.removal_limit_percent IS 'CSM, not used by the sync of this version yet: a run that would remove more than this percentage of the people, relationships, classrooms or memberships in use is held for a decision.';
COMMENT ON COLUMN rosterd.district.removal_limit_min IS 'CSM, not used by the sync of this version yet: up to this many of a kind may always be removed, however small the district.';
COMMENT ON COLUMN rosterd.district.change_limit_percent IS 'CSM, not used by the sync of this version yet: a run that would add or change more than this percentage is held as a whole for a decision.';
COMMENT ON COLUMN rosterd.district.on_limit IS 'CSM, not used by the sync of this version yet: what is held when removals are over the limit. hold-removals = only those removals wait; hold-all = everything of the run waits.';
COMMENT ON COLUMN rosterd.district.note IS 'CSM: anything worth knowing about this district. Cancels nothing and is shown beside it.';
COMMENT ON COLUMN rosterd.district.version IS 'Counts every change of this row and of the district''s source. Kept by rosterd.';
COMMENT ON COLUMN rosterd.district.settings_version IS 'Counts the changes after which the rules have to run again. Kept by rosterd.';
COMMENT ON COLUMN rosterd.district.seen_version IS 'The version the running rosterd works with; smaller than version = it has not taken up the last change yet.';
COMMENT ON COLUMN rosterd.district.seen_at IS 'When rosterd took up that version.';
COMMENT ON COLUMN rosterd.district.created_at IS 'When the row was made.';
COMMENT ON COLUMN rosterd.district.changed_at IS 'When somebody last changed the row.';
COMMENT ON COLUMN rosterd.district.changed_by IS 'Who last changed it: the login, or uid:N for a caller of the control socket.';

COMMENT ON TABLE rosterd.source IS 'Where a district''s files come from. Ops only. Holds no secret: credential is a name in the credentials folder of the daemon''s machine.';
COMMENT ON COLUMN rosterd.source.district_id IS 'The district this is the source of.';
COMMENT ON COLUMN rosterd.source.kind IS 'How files are fetched: sftp.';
COMMENT ON COLUMN rosterd.source.host IS 'Name or address of the SFTP server.';
COMMENT ON COLUMN rosterd.source.port IS 'Its port.';
COMMENT ON COLUMN rosterd.source.username IS 'The account there.';
COMMENT ON COLUMN rosterd.source.path IS 'The folder of the drop, as the server sees it; . is the account''s home.';
COMMENT ON COLUMN rosterd.source.pattern IS 'Which file names are taken: * any characters, ? one, e.g. oneroster-*.zip.';
COMMENT ON COLUMN rosterd.source.host_keys IS 'Fingerprints of the server''s keys, SHA256:..., compared with the district by a person. Empty = nothing is fetched. rosterctl hostkey SLUG shows what the server offers.';
COMMENT ON COLUMN rosterd.source.credential IS 'Name of the key or password in the credentials folder: NAME.key or NAME.password. Never the secret itself.';
COMMENT ON COLUMN rosterd.source.poll_every IS 'How often the drop is looked at.';
COMMENT ON COLUMN rosterd.source.ready IS 'When an upload counts as complete: two-polls = two polls saw it unchanged; marker = NAME.done lies beside it.';
COMMENT ON COLUMN rosterd.source.after IS 'What happens to the district''s file once it has been applied: leave, move (into a folder beside it) or delete.';
COMMENT ON COLUMN rosterd.source.version IS 'Counts every change of this row. Kept by rosterd.';
COMMENT ON COLUMN rosterd.source.changed_at IS 'When somebody last changed the row.';
COMMENT ON COLUMN rosterd.source.changed_by IS 'Who last changed it.';

COMMENT ON TABLE rosterd.daemon IS 'One row a start of rosterd.';
COMMENT ON COLUMN rosterd.daemon.daemon_id IS 'Its number; a restart has another.';
COMMENT ON COLUMN rosterd.daemon.name IS 'The machine it runs on, as it calls itself.';
COMMENT ON COLUMN rosterd.daemon.version IS 'Its version.';
COMMENT ON COLUMN rosterd.daemon.started_at IS 'When it started.';
COMMENT ON COLUMN rosterd.daemon.heartbeat_at IS 'When it last said it lives.';
COMMENT ON COLUMN rosterd.daemon.alive_until IS 'Until when it counts as alive without saying so again, by the database''s clock.';
COMMENT ON COLUMN rosterd.daemon.stopped_at IS 'When it stopped or was taken for dead. NULL = running.';

COMMENT ON TABLE rosterd.lease IS 'Which rosterd works on which district.';
COMMENT ON COLUMN rosterd.lease.district_id IS 'The district.';
COMMENT ON COLUMN rosterd.lease.daemon_id IS 'Who has it. NULL = nobody.';
COMMENT ON COLUMN rosterd.lease.epoch IS 'Counts the times it got an owner; what was begun under an older one cannot commit.';
COMMENT ON COLUMN rosterd.lease.taken_at IS 'When its owner got it.';

COMMENT ON TABLE rosterd.run IS 'One row a run: a file that came, or rules that had to run again, and how it ended. To read it in words: TABLE rosterd.last_runs;';
COMMENT ON COLUMN rosterd.run.run_id IS 'Its number.';
COMMENT ON COLUMN rosterd.run.district_id IS 'The district.';
COMMENT ON COLUMN rosterd.run.daemon_id IS 'The rosterd that did it.';
COMMENT ON COLUMN rosterd.run.epoch IS 'The lease it began under.';
COMMENT ON COLUMN rosterd.run.cause IS 'Why it began: schedule, manual (somebody asked), retry, approval, undo.';
COMMENT ON COLUMN rosterd.run.state IS 'fetching, staging, planning, applying: under way. done: applied. unchanged: nothing new. previewed: shown, not applied. held: waits for a decision; refused: that was no; superseded: a newer file came first. rejected: the file cannot be used. failed: it went wrong and is tried again. cancelled: switched off or changed meanwhile. interrupted: its rosterd stopped. All but done changed nothing.';
COMMENT ON COLUMN rosterd.run.file_name IS 'The file as the district named it. NULL = a run without a new file.';
COMMENT ON COLUMN rosterd.run.file_size IS 'Its size in bytes.';
COMMENT ON COLUMN rosterd.run.file_mtime IS 'Its time of change at the server, in seconds since 1970.';
COMMENT ON COLUMN rosterd.run.file_sha256 IS 'Its SHA-256, in hexadecimal.';
COMMENT ON COLUMN rosterd.run.counts IS 'What was read, and what was or would be added, changed and removed, by kind.';
COMMENT ON COLUMN rosterd.run.reason IS 'Why it ended so, as a word: see rosterd.causes().';
COMMENT ON COLUMN rosterd.run.detail IS 'More about the reason, without anybody''s data.';
COMMENT ON COLUMN rosterd.run.owner IS 'Who has to act: district, ops, csm or nobody.';
COMMENT ON COLUMN rosterd.run.requested_by IS 'Who asked for it. NULL = the schedule.';
COMMENT ON COLUMN rosterd.run.settings_version IS 'The settings it began with; it is cancelled if they change before its end.';
COMMENT ON COLUMN rosterd.run.created_at IS 'When it began.';
COMMENT ON COLUMN rosterd.run.staged_at IS 'When the file had been read.';
COMMENT ON COLUMN rosterd.run.planned_at IS 'When it was known what to change.';
COMMENT ON COLUMN rosterd.run.applied_at IS 'When it was written.';
COMMENT ON COLUMN rosterd.run.ended_at IS 'When it ended. NULL = under way.';

COMMENT ON TABLE rosterd.finding IS 'What was found in the files and by the rules, until it is mended. Holds no name, address or number of a person. To read the open ones: TABLE rosterd.open_findings;';
COMMENT ON COLUMN rosterd.finding.finding_id IS 'Its number.';
COMMENT ON COLUMN rosterd.finding.district_id IS 'The district.';
COMMENT ON COLUMN rosterd.finding.run_id IS 'The run that first found it; line is of that run''s file.';
COMMENT ON COLUMN rosterd.finding.severity IS 'error = not used; warning = used in part or with a doubt; info = worth knowing.';
COMMENT ON COLUMN rosterd.finding.code IS 'What kind of finding, as a word.';
COMMENT ON COLUMN rosterd.finding.file IS 'The CSV in the zip.';
COMMENT ON COLUMN rosterd.finding.line IS 'The line in it.';
COMMENT ON COLUMN rosterd.finding.column_name IS 'The column.';
COMMENT ON COLUMN rosterd.finding.sourced_id IS 'The record, by its id in the SIS.';
COMMENT ON COLUMN rosterd.finding.message IS 'What was found and what to do, without anybody''s data.';
COMMENT ON COLUMN rosterd.finding.count IS 'How many like it this row stands for.';
COMMENT ON COLUMN rosterd.finding.origin IS 'file = seen while reading the file; rules = seen when the rules were applied.';
COMMENT ON COLUMN rosterd.finding.closed_by_run IS 'The run that did not find it any more. NULL = open.';
COMMENT ON COLUMN rosterd.finding.closed_at IS 'When that was.';

COMMENT ON TABLE rosterd.health IS 'What a running rosterd says of each district of its own.';
COMMENT ON COLUMN rosterd.health.district_id IS 'The district.';
COMMENT ON COLUMN rosterd.health.epoch IS 'The lease it was said under.';
COMMENT ON COLUMN rosterd.health.health IS 'ok, working, late, retrying, held, failing or unknown.';
COMMENT ON COLUMN rosterd.health.reason IS 'Why, as a word: see rosterd.causes().';
COMMENT ON COLUMN rosterd.health.owner IS 'Who has to act.';
COMMENT ON COLUMN rosterd.health.detail IS 'More about it, without anybody''s data.';
COMMENT ON COLUMN rosterd.health.since IS 'Since when.';
COMMENT ON COLUMN rosterd.health.retry_at IS 'When it is tried again.';
COMMENT ON COLUMN rosterd.health.last_poll_at IS 'When the drop was last looked at with success.';
COMMENT ON COLUMN rosterd.health.reported_at IS 'When it was said.';

COMMENT ON TABLE rosterd.tally IS 'How much stands found against a district: the sums of rosterd.finding, kept by triggers.';
COMMENT ON COLUMN rosterd.tally.district_id IS 'The district.';
COMMENT ON COLUMN rosterd.tally.errors IS 'Open errors.';
COMMENT ON COLUMN rosterd.tally.warnings IS 'Open warnings.';
COMMENT ON COLUMN rosterd.tally.infos IS 'Open notes.';

COMMENT ON TABLE rosterd.config_change IS 'Who changed what in rosterd.district and rosterd.source. To read it in words: TABLE rosterd.switch_history;';
COMMENT ON COLUMN rosterd.config_change.change_id IS 'Its number.';
COMMENT ON COLUMN rosterd.config_change.district_id IS 'The district.';
COMMENT ON COLUMN rosterd.config_change.relation IS 'The table: district or source.';
COMMENT ON COLUMN rosterd.config_change.changed_at IS 'When.';
COMMENT ON COLUMN rosterd.config_change.changed_by IS 'Who: the login, or uid:N for a caller of the control socket.';
COMMENT ON COLUMN rosterd.config_change.client IS 'With which program and from where, as the connection says.';
COMMENT ON COLUMN rosterd.config_change.changes IS 'Each changed column with what it was and what it became.';

-- CSMs and operators write; what is not granted here cannot be changed by hand. Everything else is
-- read through the views, which need no right on the tables.
GRANT SELECT ON rosterd.district TO rosterd_csm, rosterd_ops;
GRANT UPDATE (sync_enabled, paused_until, pause_reason, preview_only, abandonment, abandoned_classrooms, unarchive_reappearing,
              update_active_users, merge_duplicate_guardians, relatives_are_guardians, phone_is_credential, phone_region, time_zone,
              removal_limit_percent, removal_limit_min, change_limit_percent, on_limit, note)
    ON rosterd.district TO rosterd_csm, rosterd_ops;
GRANT INSERT (slug, name, time_zone, phone_region, note), UPDATE (slug, name) ON rosterd.district TO rosterd_ops;
GRANT SELECT, INSERT, DELETE ON rosterd.source TO rosterd_ops;
GRANT UPDATE (kind, host, port, username, path, pattern, host_keys, credential, poll_every, ready, after) ON rosterd.source TO rosterd_ops;
GRANT SELECT ON rosterd.daemon, rosterd.lease TO rosterd_csm, rosterd_ops;
GRANT SELECT ON rosterd.run, rosterd.finding, rosterd.config_change TO rosterd_ops;
