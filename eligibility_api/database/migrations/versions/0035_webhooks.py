"""Webhooks: targets, subscriptions, what is to be sent, and where the job is in the audit record, which is the outbox."""

from alembic import op

from eligibility_api.database.migrations.script import statements

revision = "0035"
down_revision = "0034"

# `loopback` stands for this machine (rule E3). The operator's commands write the list, as the owner.
TABLES = """
CREATE TABLE webhook_target (
    entry      text PRIMARY KEY,
    private    boolean NOT NULL DEFAULT false,
    allowed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
INSERT INTO webhook_target (entry) VALUES ('loopback');

-- `next_at`: when the oldest waiting event may be sent; null: none waits. Who sends it moves `next_at` ahead meanwhile, so
-- that nobody else does. Secrets are encrypted under a key outside the database.
CREATE TABLE webhook (
    webhook_id       uuid PRIMARY KEY,
    insurer_number   text REFERENCES insurer,
    institution_code text REFERENCES facility,
    client_id        uuid NOT NULL REFERENCES client,
    url              text NOT NULL,
    events           text[],
    format           text NOT NULL CHECK (format IN ('standard', 'fhir')),
    secret           bytea NOT NULL,
    former_secret    bytea,
    former_until     timestamptz,
    created_at       timestamptz NOT NULL DEFAULT now(),
    deleted_at       timestamptz,
    disabled_at      timestamptz,
    disabled_because text,
    next_at          timestamptz,
    failing_since    timestamptz,
    CHECK (num_nonnulls(insurer_number, institution_code) = 1),
    CHECK ((disabled_at IS NULL) = (disabled_because IS NULL)),
    CHECK ((former_secret IS NULL) = (former_until IS NULL))
);
CREATE INDEX webhook_of_insurer ON webhook (insurer_number, created_at) WHERE insurer_number IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX webhook_of_facility ON webhook (institution_code, created_at) WHERE institution_code IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX webhook_due ON webhook (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX webhook_deleted ON webhook (deleted_at) WHERE deleted_at IS NOT NULL;

-- In the order in which a webhook's events are sent. `event_id` is the audit record's, so that nothing is sent twice under
-- two ids.
CREATE TABLE webhook_delivery (
    delivery_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    webhook_id      uuid NOT NULL REFERENCES webhook ON DELETE CASCADE,
    event_id        uuid NOT NULL DEFAULT gen_random_uuid(),
    type            text NOT NULL,
    occurred_at     timestamptz NOT NULL,
    data            jsonb NOT NULL,
    state           text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'failed')),
    attempts        integer NOT NULL DEFAULT 0,
    last_attempt_at timestamptz,
    last_result     text,
    ended_at        timestamptz,
    kept_until      timestamptz,
    UNIQUE (webhook_id, event_id),
    CHECK ((state = 'waiting') = (ended_at IS NULL)),
    CHECK ((ended_at IS NULL) = (kept_until IS NULL))
);
CREATE INDEX webhook_delivery_waiting ON webhook_delivery (webhook_id, delivery_id) WHERE state = 'waiting';
CREATE INDEX webhook_delivery_failed ON webhook_delivery (webhook_id, delivery_id) WHERE state = 'failed';
CREATE INDEX webhook_delivery_kept ON webhook_delivery (kept_until) WHERE kept_until IS NOT NULL;

-- As `audit_log_position`: records of transactions that `snapshot` sees were read, except those of the pending ranges.
CREATE TABLE webhook_position (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    cluster  bigint,
    snapshot pg_snapshot,
    firsts   bigint[] NOT NULL DEFAULT '{}',
    ends     bigint[] NOT NULL DEFAULT '{}',
    CHECK (cardinality(firsts) = cardinality(ends)),
    CHECK ((cluster IS NULL) = (snapshot IS NULL))
);
INSERT INTO webhook_position DEFAULT VALUES;
"""

# Of each range of transactions whole ones that `upto` sees, until there are `max_records`, as `audit_commitments`: only those
# that are events (rule E1), and the last one, which says how far was read. No person is named.
RECORDS = """
CREATE FUNCTION webhook_records(firsts bigint[], ends bigint[], upto pg_snapshot, max_records integer)
RETURNS TABLE (range_number bigint, written_by bigint, records_read bigint, is_event boolean, record_id uuid, recorded_at timestamptz,
               kind text, outcome text, by_patient boolean, insurer_number text, institution_code text,
               upload_id text, permit_id text, enrolment_ids text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT r.n, r.written_by::text::bigint, r.records_read, r.is_event, r.record_id, r.recorded_at, r.kind, r.outcome,
           coalesce(r.detail ? 'own_access', false), coalesce(m.insurer_number, r.insurer_number),
           coalesce(p.institution_code, r.institution_code), r.detail->>'upload', r.detail->>'permit', m.enrolment_ids
    FROM (
        SELECT g.n, a.*, count(*) OVER (PARTITION BY g.n) AS records_read,
               row_number() OVER (PARTITION BY g.n ORDER BY a.written_by DESC, a.record_id DESC) AS from_end,
               a.kind IN (
                   'enrolment.file-checked', 'enrolment.file-approve', 'enrolment.file-reject', 'enrolment.file',
                   'enrolment.file-undo-held', 'enrolment.file-undone', 'enrolment.confirm', 'enrolment.unlink',
                   'enrolment.matched-again', 'enrolment.withdraw', 'binding.first-registration', 'eligibility.consent-pin',
                   'eligibility.consent-visual-check', 'consent.end', 'emergency.permit', 'disaster.permit'
               ) AS is_event
        FROM unnest(firsts, ends) WITH ORDINALITY AS g (first, before, n)
        CROSS JOIN LATERAL (
            SELECT w.record_id, w.recorded_at, w.written_by, w.kind, w.outcome, w.insurer_number, w.institution_code, w.person_key,
                   w.detail
            FROM audit_record w
            WHERE w.written_by >= g.first::text::xid8 AND w.written_by < g.before::text::xid8
              AND pg_visible_in_snapshot(w.written_by, upto)
            ORDER BY w.written_by
            FETCH FIRST (max_records) ROWS WITH TIES
        ) a
    ) r
    LEFT JOIN LATERAL (SELECT q.institution_code FROM permit q
                       WHERE r.kind = 'consent.end' AND q.permit_id = (r.detail->>'permit')::uuid) p ON true
    LEFT JOIN LATERAL (
        SELECT t.insurer_number, array_agg(DISTINCT t.enrolment_id::text) AS enrolment_ids
        FROM (
            SELECT v.entitlement FROM enrolment v
            WHERE r.kind IN ('enrolment.confirm', 'enrolment.unlink', 'enrolment.matched-again', 'enrolment.withdraw')
              AND v.opened_by = (r.detail->>'revision')::bigint
            UNION
            SELECT v.entitlement FROM enrolment v
            WHERE r.kind IN ('enrolment.confirm', 'enrolment.unlink', 'enrolment.matched-again', 'enrolment.withdraw')
              AND v.closed_by = (r.detail->>'revision')::bigint
            UNION
            SELECT v.entitlement
            FROM (SELECT * FROM enrolment x
                  WHERE r.kind = 'binding.first-registration' AND r.outcome = 'bound' AND x.person_key = r.person_key OFFSET 0) v
            JOIN revision o ON o.revision = v.opened_by AND o.published_at <= r.recorded_at
            LEFT JOIN revision c ON c.revision = v.closed_by AND c.published_at <= r.recorded_at
            WHERE c.revision IS NULL
              AND daterange(v.acquired_on, v.lost_on) @> (r.recorded_at AT TIME ZONE 'Asia/Tokyo')::date
        ) e
        JOIN entitlement t USING (entitlement)
        GROUP BY t.insurer_number
    ) m ON true
    WHERE r.is_event OR r.from_end = 1
    ORDER BY r.n, r.written_by, r.record_id, m.insurer_number
$$;
"""

RIGHTS = """
REVOKE ALL ON FUNCTION webhook_records(bigint[], bigint[], pg_snapshot, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION webhook_records(bigint[], bigint[], pg_snapshot, integer) TO shikaku_jobs;
GRANT SELECT (client_id, closed_at) ON client TO shikaku_jobs;
GRANT SELECT (institution_code, closed_at) ON facility TO shikaku_jobs;
GRANT SELECT (entry, private) ON webhook_target TO shikaku_api, shikaku_jobs;
GRANT SELECT,
      INSERT (webhook_id, insurer_number, institution_code, client_id, url, events, format, secret),
      UPDATE (client_id, secret, former_secret, former_until, deleted_at, disabled_at, disabled_because, next_at, failing_since)
    ON webhook TO shikaku_api;
GRANT SELECT, UPDATE (disabled_at, disabled_because, next_at, failing_since), DELETE ON webhook TO shikaku_jobs;
GRANT SELECT, INSERT (webhook_id, type, occurred_at, data) ON webhook_delivery TO shikaku_api;
GRANT SELECT, INSERT (webhook_id, event_id, type, occurred_at, data),
      UPDATE (state, attempts, last_attempt_at, last_result, ended_at, kept_until), DELETE ON webhook_delivery TO shikaku_jobs;
GRANT SELECT, UPDATE (cluster, snapshot, firsts, ends) ON webhook_position TO shikaku_jobs;
"""


def upgrade() -> None:
    """Create the tables, the function and the rights."""
    for part in (TABLES, RECORDS, RIGHTS):
        for statement in statements(part):
            op.execute(statement)
