"""A consent that a person gives on her own page is an event of the facility that receives it (rules E1, W14)."""

from alembic import op

from eligibility_api.database.migrations.script import statements

revision = "0040"
down_revision = "0039"

# As in 0035, with one kind more, whose record names the permit and no facility.
RECORDS = """
CREATE OR REPLACE FUNCTION webhook_records(firsts bigint[], ends bigint[], upto pg_snapshot, max_records integer)
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
                   'eligibility.consent-visual-check', 'own-access.consent', 'consent.end', 'emergency.permit',
                   'disaster.permit'
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
                       WHERE r.kind IN ('consent.end', 'own-access.consent') AND q.permit_id = (r.detail->>'permit')::uuid) p ON true
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


def upgrade() -> None:
    """Replace the function; its rights stay."""
    for statement in statements(RECORDS):
        op.execute(statement)
