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
    removal_limit_percent numeric(5, 2) NOT NULL DEFAULT 10
        CONSTRAINT removal_limit_percent_is_0_to_100 CHECK (removal_limit_percent BETWEEN 0 AND 100),
    removal_limit_min integer NOT NULL DEFAULT 20
        CONSTRAINT removal_limit_min_is_not_negative CHECK (removal_limit_min >= 0),
    change_limit_percent numeric(6, 2) NOT NULL DEFAULT 25
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
