"""The log's tables and functions as of revision 0027."""

# A leaf is a record's commitment at the record's place in the log. Full tiles are stored with their roots, which are the
# hashes of the level above; narrower ones follow from these two tables.
TABLES = """
CREATE TABLE audit_leaf (
    leaf_index  bigint PRIMARY KEY CHECK (leaf_index >= 0),
    record_id   uuid NOT NULL UNIQUE,
    recorded_at timestamptz NOT NULL,
    commitment  bytea NOT NULL CHECK (octet_length(commitment) = 32)
);
CREATE TABLE audit_tile (
    level      smallint CHECK (level >= 0),
    tile_index bigint CHECK (tile_index >= 0),
    hashes     bytea NOT NULL CHECK (octet_length(hashes) = 256 * 32),
    root       bytea NOT NULL CHECK (octet_length(root) = 32),
    PRIMARY KEY (level, tile_index)
);
CREATE TABLE audit_checkpoint (
    tree_size bigint NOT NULL CHECK (tree_size >= 0),
    root      bytea NOT NULL CHECK (octet_length(root) = 32),
    note      bytea NOT NULL,
    signed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tree_size, signed_at)
);
SELECT audit_protect(relation::regclass) FROM unnest(ARRAY['audit_leaf', 'audit_tile', 'audit_checkpoint']) AS t (relation);

-- Where the sequencer is, in one row: records of transactions that `snapshot` sees are in the log, except those of the
-- pending ranges of transactions, and those whose ids follow `scanned_to` while it reads the record by ids.
CREATE TABLE audit_log_position (
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    cluster    bigint,
    snapshot   pg_snapshot,
    firsts     bigint[] NOT NULL DEFAULT '{}',
    ends       bigint[] NOT NULL DEFAULT '{}',
    scanned_to uuid,
    CHECK (cardinality(firsts) = cardinality(ends)),
    CHECK ((cluster IS NULL) = (snapshot IS NULL))
);
INSERT INTO audit_log_position DEFAULT VALUES;
"""

# The text never changes for a record that is written: a later column is absent in former records, and is left out.
FUNCTIONS = """
CREATE FUNCTION audit_record_text(r audit_record) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT '{' || concat_ws(',',
        '"record_id":' || to_json(r.record_id)::text,
        '"recorded_at":"' || to_char(r.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24\\:MI\\:SS.US"Z"') || '"',
        '"kind":' || to_json(r.kind)::text,
        '"outcome":' || to_json(r.outcome)::text,
        '"client_id":' || to_json(r.client_id)::text,
        '"institution_code":' || to_json(r.institution_code)::text,
        '"insurer_number":' || to_json(r.insurer_number)::text,
        '"facility_kind":' || to_json(r.facility_kind)::text,
        '"operator":' || to_json(r.operator)::text,
        '"authority":"' || encode(r.authority, 'hex') || '"',
        '"serial":"' || encode(r.serial, 'hex') || '"',
        '"person_key":"' || encode(r.person_key, 'hex') || '"',
        '"challenge":"' || encode(r.challenge, 'hex') || '"',
        '"as_of":"' || to_char(r.as_of, 'YYYY-MM-DD') || '"',
        '"enrolments":' || array_to_json(r.enrolments)::text,
        '"rule_version":' || r.rule_version::text,
        '"known_version":' || to_json(r.known_version)::text,
        '"matched_entitlements":' || array_to_json(r.matched_entitlements)::text,
        '"tickets":' || array_to_json(r.tickets)::text,
        '"consents":' || array_to_json(r.consents)::text,
        '"detail":' || r.detail::text
    ) || '}'
$$;

CREATE FUNCTION audit_commitment(r audit_record) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(convert_to(E'shikaku-audit-record/1\\n', 'UTF8') || r.salt || convert_to(audit_record_text(r), 'UTF8'))
$$;

-- Of each range of transactions (from `firsts`, up to and without `ends`) whole transactions that `upto` sees, until there
-- are `max_records`.
CREATE FUNCTION audit_commitments(firsts bigint[], ends bigint[], upto pg_snapshot, max_records integer)
RETURNS TABLE (range_number bigint, record_id uuid, recorded_at timestamptz, written_by bigint, commitment bytea, in_log boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT g.n, r.record_id, r.recorded_at, r.written_by::text::bigint, audit_commitment(r),
           EXISTS (SELECT FROM audit_leaf l WHERE l.record_id = r.record_id OFFSET 0)
    FROM unnest(firsts, ends) WITH ORDINALITY AS g (first, before, n)
    CROSS JOIN LATERAL (
        SELECT * FROM audit_record a
        WHERE a.written_by >= g.first::text::xid8 AND a.written_by < g.before::text::xid8
          AND pg_visible_in_snapshot(a.written_by, upto)
        ORDER BY a.written_by
        FETCH FIRST (max_records) ROWS WITH TIES
    ) r
    ORDER BY g.n, r.written_by, r.record_id
$$;

CREATE FUNCTION audit_commitments_by_id(after uuid, max_records integer)
RETURNS TABLE (record_id uuid, recorded_at timestamptz, commitment bytea, in_log boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT r.record_id, r.recorded_at, audit_commitment(r),
           EXISTS (SELECT FROM audit_leaf l WHERE l.record_id = r.record_id OFFSET 0)
    FROM (SELECT * FROM audit_record a WHERE a.record_id > after ORDER BY a.record_id LIMIT max_records) r
    ORDER BY r.record_id
$$;

-- Moves so many of the oldest former records to their class and month.
CREATE FUNCTION audit_salt_records(max_records integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    salted integer;
BEGIN
    IF to_regclass('audit_record_former') IS NULL THEN
        RETURN 0;
    END IF;
    PERFORM set_config('shikaku.salting', 'on', true);
    UPDATE audit_record r SET salt = sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
    WHERE r.record_id = ANY (ARRAY(SELECT f.record_id FROM audit_record_former f ORDER BY f.record_id LIMIT max_records))
      AND r.salt IS NULL;
    GET DIAGNOSTICS salted = ROW_COUNT;
    PERFORM set_config('shikaku.salting', '', true);
    RETURN salted;
END $$;

-- With a record's id anybody finds its leaf, but nobody lists the ids of others' records.
CREATE FUNCTION audit_leaves_of(record_ids uuid[])
RETURNS TABLE (leaf_index bigint, record_id uuid, recorded_at timestamptz, commitment bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT l.leaf_index, l.record_id, l.recorded_at, l.commitment
    FROM unnest(record_ids) AS n (id) JOIN audit_leaf l ON l.record_id = n.id
$$;
"""

RIGHTS = """
REVOKE ALL ON FUNCTION audit_log_only_grows(), audit_protect(regclass), first_record_id(timestamptz),
    maintain_audit_record(), audit_record_text(audit_record), audit_commitment(audit_record),
    audit_commitments(bigint[], bigint[], pg_snapshot, integer), audit_commitments_by_id(uuid, integer),
    audit_salt_records(integer), audit_leaves_of(uuid[]) FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO shikaku_sequencer;
GRANT EXECUTE ON FUNCTION audit_commitments(bigint[], bigint[], pg_snapshot, integer), audit_commitments_by_id(uuid, integer),
    audit_salt_records(integer) TO shikaku_sequencer;
GRANT EXECUTE ON FUNCTION audit_leaves_of(uuid[]) TO shikaku_api, shikaku_auditor, shikaku_sequencer;
GRANT EXECUTE ON FUNCTION audit_record_text(audit_record), audit_commitment(audit_record) TO shikaku_auditor;

GRANT SELECT (leaf_index, commitment) ON audit_leaf TO shikaku_api;
GRANT SELECT ON audit_tile, audit_checkpoint TO shikaku_api, shikaku_auditor, shikaku_sequencer;
GRANT SELECT ON audit_leaf TO shikaku_auditor, shikaku_sequencer;
GRANT INSERT ON audit_leaf, audit_tile TO shikaku_sequencer;
GRANT INSERT (tree_size, root, note) ON audit_checkpoint TO shikaku_sequencer;
GRANT SELECT ON audit_retention TO shikaku_auditor;
GRANT SELECT, UPDATE (cluster, snapshot, firsts, ends, scanned_to) ON audit_log_position TO shikaku_sequencer;
"""
