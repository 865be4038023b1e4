-- Made from lib/causes.def by tests/tools/causes_sql.py: change it there.
CREATE OR REPLACE FUNCTION rosterd.causes() RETURNS TABLE (reason text, owner text, means text, what_to_do text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    VALUES
    ('none', 'nobody', 'Nothing is wrong.', 'Nothing to do.'),
    ('sftp.dns', 'ops', 'The name of the SFTP server cannot be resolved.', 'Check host in rosterd.source, and the resolver of this machine.'),
    ('sftp.connect', 'district', 'The SFTP server does not accept connections.', 'Ask the district whether its server is up and lets this machine''s address in.'),
    ('sftp.handshake', 'district', 'The SSH handshake with the server failed.', 'The server and rosterd share no safe algorithm, or it is no SSH server: compare with docs/operating.md.'),
    ('sftp.hostkey_unknown', 'ops', 'No host key is pinned for this district yet, so nothing was sent.', 'Compare the fingerprint with the district, then: rosterctl hostkey SLUG --accept FINGERPRINT'),
    ('sftp.hostkey_changed', 'ops', 'The SFTP server shows another host key than the pinned one.', 'Ask the district whether it changed its server; only then: rosterctl hostkey SLUG --accept FINGERPRINT'),
    ('sftp.auth', 'district', 'The server refuses our key or password.', 'Ask the district to check the account; the credential''s name is in rosterd.source.'),
    ('sftp.credential', 'ops', 'The credential named in rosterd.source cannot be read here.', 'Put NAME.key or NAME.password into the credentials folder, readable by rosterd only.'),
    ('sftp.stalled', 'district', 'The SFTP server stopped answering in mid-session.', 'Ask the district to look at its server; rosterd tries again by itself.'),
    ('sftp.lost', 'nobody', 'The connection to the SFTP server broke off in mid-session; rosterd tries again.', 'If it lasts: look at the line between this machine and the server, and ask the district about its server.'),
    ('sftp.too_slow', 'district', 'The transfer did not end within its time.', 'Ask the district about its server''s line; or raise deadlines.fetch_s.'),
    ('sftp.protocol', 'district', 'The server broke the SFTP protocol.', 'Report the server''s product and version to us.'),
    ('sftp.refused', 'district', 'The server refused to list or read the drop.', 'Ask the district to check the folder and its rights; path is in rosterd.source.'),
    ('sftp.listing', 'district', 'The drop holds more entries than rosterd looks at, so the newest file cannot be told.', 'Ask the district to clear the folder, or to export into one of its own.'),
    ('sftp.cancelled', 'nobody', 'rosterd broke the transfer off itself.', 'Nothing to do.'),
    ('sftp.changed', 'nobody', 'The file changed while it was read; it is read again at the next poll.', 'Nothing to do.'),
    ('spool.full', 'ops', 'The spool has no room for the file.', 'Free space or raise spool.max_bytes.'),
    ('spool.io', 'ops', 'The spool cannot be read or written.', 'Look at the disk and the rights of the spool folder.'),
    ('file.too_large', 'district', 'The file is larger than rosterd takes.', 'Ask the district what it exports; the limit is in docs/limits.md.'),
    ('zip.damaged', 'district', 'The zip is damaged or incomplete.', 'Ask the district to upload it again.'),
    ('zip.limit', 'district', 'The zip breaks a limit on entries, names, ratio or size.', 'Ask the district how the zip is made; the limits are in docs/limits.md.'),
    ('zip.feature', 'district', 'The zip uses encryption or a compression method that OneRoster does not allow.', 'Ask the district for a plain zip.'),
    ('roster.manifest', 'district', 'The manifest is missing or says something that cannot be followed.', 'Ask the district to export OneRoster CSV 1.1 with its manifest.'),
    ('roster.header', 'district', 'A CSV lacks a column that is needed.', 'Ask the district to look at the header named in the finding.'),
    ('roster.csv', 'district', 'A CSV breaks the quoting rules, so the rest of it cannot be trusted.', 'Ask the district to look at the line named in the finding.'),
    ('roster.encoding', 'district', 'A CSV is not UTF-8.', 'Ask the district to export UTF-8.'),
    ('roster.limit', 'district', 'A CSV breaks a limit on rows, columns or lengths.', 'Compare with docs/limits.md.'),
    ('roster.empty', 'district', 'The package holds no OneRoster data.', 'Ask the district what it exports.'),
    ('db.unavailable', 'nobody', 'The database cannot be reached; rosterd tries again.', 'If it lasts: look at PostgreSQL and at database.conninfo.'),
    ('db.query', 'ops', 'The database refused a call.', 'Look at the SQLSTATE in the run''s detail and at rosterctl check.'),
    ('db.busy', 'nobody', 'Somebody is changing the district''s row; the run tries again.', 'Nothing to do.'),
    ('db.schema', 'ops', 'The schema of the database does not fit this program.', 'Run: rosterd --migrate'),
    ('slot.lost', 'nobody', 'The staging slot no longer holds what the worker put there; the file is staged again.', 'Nothing to do.'),
    ('lease.lost', 'nobody', 'Another daemon took the district over.', 'Nothing to do.'),
    ('config.switched_off', 'nobody', 'The district was switched off or paused during the run; nothing of it was applied.', 'Nothing to do.'),
    ('config.changed', 'nobody', 'A setting of the district changed during the run; it runs again with the new one.', 'Nothing to do.'),
    ('config.invalid', 'ops', 'The configuration file cannot be used.', 'Run: rosterd --check-config'),
    ('usage', 'ops', 'The command line cannot be used.', 'See --help.'),
    ('child.died', 'nobody', 'A child program ended unexpectedly; the run tries again.', 'If it lasts: look at the journal.'),
    ('child.deadline', 'ops', 'A child program did not end within its time and was stopped.', 'If it lasts: look at the machine''s load, then at deadlines in the configuration.'),
    ('child.protocol', 'ops', 'A child program sent something that is not in the protocol.', 'Programs of different versions? Reinstall.'),
    ('sandbox', 'ops', 'The worker could not lock itself down, so it read nothing.', 'Kernel without Landlock or seccomp? See docs/operating.md.'),
    ('daemon.stopped', 'nobody', 'The daemon stopped or died during the run; nothing of it was applied.', 'Nothing to do.'),
    ('memory', 'ops', 'Memory ran out.', 'Look at MemoryMax= and the machine.'),
    ('internal', 'ops', 'rosterd made a mistake.', 'Report it to us with the run''s number.');
$function$;

COMMENT ON FUNCTION rosterd.causes() IS 'Every reason a run or a district may give: who acts, what it means, what to do.';
REVOKE ALL ON FUNCTION rosterd.causes() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rosterd.causes() TO rosterd_csm, rosterd_ops;
