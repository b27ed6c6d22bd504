"""SQL of many look-ups by number in one statement: what `by_number.py` does for one, for each of a group.

The rows of a look-up are found by its place in the group. Look-ups are judged in order of arrival: each counts
the misses before it, of its terminal and of its facility, as if it had come after them. Each leaves its own
audit record.
"""

from __future__ import annotations

from eligibility_api.audit_log.in_order import recorded_in_order
from eligibility_api.domain.eligibility import RULE_VERSION
from eligibility_api.eligibility.tickets import tickets_known
from eligibility_api.eligibility.versions import ENROLMENT_COLUMNS, REFERENCE_FOR, TICKETS_FOR, VERSIONS_FOR
from eligibility_api.enrolment.known import KNOWN_NOW, NOT_SUPERSEDED
from eligibility_api.platform.sql import Statement

_STATEMENT = """
WITH asked AS MATERIALIZED (
    SELECT *
    FROM unnest(:client_id::uuid[], :insurer_number::text[], :number_key::text[], :symbol_key::text[], :birth_date::date[],
                :first_branch::text[], :last_branch::text[], :as_of::date[], :consents::text[], :known_version::text[])
        WITH ORDINALITY AS a (client_id, insurer_number, number_key, symbol_key, birth_date, first_branch, last_branch,
                              as_of, consents, known_version, place)
),
-- Whether each terminal may look up, and the misses that it and its facility have left in the hour.
guard AS MATERIALIZED (
    SELECT a.*,
           t.client_id IS NOT NULL AS admitted,
           coalesce(:right::text = ANY (t.rights), false) AS entitled,
           t.institution_code,
           t.kind AS facility_kind,
           :terminal_limit::integer - m.of_terminal AS left_of_terminal,
           :facility_limit::integer - m.of_facility AS left_of_facility
    FROM asked a
    LEFT JOIN LATERAL (
        SELECT c.client_id, c.rights, f.institution_code, f.kind
        FROM client c JOIN facility f USING (institution_code)
        WHERE c.client_id = a.client_id AND c.closed_at IS NULL AND f.closed_at IS NULL
    ) t ON true
    CROSS JOIN LATERAL (
        SELECT coalesce((SELECT misses FROM number_miss WHERE institution_code = t.institution_code AND client_id = a.client_id
                         AND hour = date_trunc('hour', now())), 0) AS of_terminal,
               coalesce((SELECT misses FROM facility_number_miss WHERE institution_code = t.institution_code
                         AND hour = date_trunc('hour', now())), 0) AS of_facility
    ) m
),
-- The entitlements that match, the persons that they belong to, and the versions that belong to nobody yet.
found AS MATERIALIZED (
    SELECT g.*, least(left_of_terminal, left_of_facility) AS misses_left,
           coalesce(f.matched, '{{}}') AS matched, f.person_key, f.persons, f.unlinked
    FROM guard g
    CROSS JOIN LATERAL (
        SELECT array_agg(DISTINCT e.entitlement) AS matched,
               CASE WHEN count(DISTINCT coalesce(e.person_key, int8send(e.entitlement))) = 1 THEN min(e.person_key) END
                   AS person_key,
               array_agg(DISTINCT e.person_key) FILTER (WHERE e.person_key IS NOT NULL) AS persons,
               array_agg(e.version) FILTER (WHERE e.person_key IS NULL) AS unlinked
        FROM (
            SELECT t.entitlement
            FROM entitlement t
            WHERE g.admitted AND g.entitled AND least(g.left_of_terminal, g.left_of_facility) > 0
              AND t.insurer_number = g.insurer_number AND t.number_key = g.number_key AND t.symbol_key = g.symbol_key
              AND (t.birth_date, t.branch_key) BETWEEN (g.birth_date, g.first_branch) AND (g.birth_date, g.last_branch)
            OFFSET 0
        ) t
        JOIN enrolment e USING (entitlement)
        {known_now}
        WHERE {not_superseded}
    ) f
),
-- In order of arrival: who is within the terminal's limit, and of these, who is within the facility's.
within_terminal AS MATERIALIZED (
    SELECT f.*, matched = '{{}}' AS missed,
           admitted AND entitled AND misses_left > 0
           AND count(*) FILTER (WHERE matched = '{{}}') OVER earlier < left_of_terminal AS in_limit
    FROM found f
    WINDOW earlier AS (PARTITION BY client_id ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
judged AS MATERIALIZED (
    SELECT w.*, in_limit AND count(*) FILTER (WHERE in_limit AND missed) OVER earlier < left_of_facility AS allowed
    FROM within_terminal w
    WINDOW earlier AS (PARTITION BY institution_code ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
reading AS MATERIALIZED (
    SELECT g.place AS read_for, {columns}, {tickets}
    FROM judged g
    CROSS JOIN LATERAL (
        SELECT e.* FROM unnest(g.unlinked) AS u (version) JOIN enrolment e USING (version)
        UNION ALL
        SELECT e.*
        FROM unnest(g.persons) AS p (person_key) JOIN enrolment e USING (person_key)
        {known_now}
        WHERE {not_superseded}
    ) e
    JOIN revision o ON o.revision = e.opened_by
    WHERE g.allowed
),
-- Misses are counted as far as the limits still allow: look-ups of other workers may have used them up meanwhile.
-- Rows are locked in the order of their keys, terminals before facilities, so that no two statements can deadlock.
missed AS MATERIALIZED (
    SELECT place, institution_code, client_id, row_number() OVER (PARTITION BY client_id ORDER BY place) AS nth
    FROM judged
    WHERE allowed AND missed
),
counted_of_terminals AS (
    INSERT INTO number_miss AS m (institution_code, client_id, hour, misses, streak, missed_at)
    SELECT institution_code, client_id, date_trunc('hour', now()), count(*), count(*), now()
    FROM missed
    GROUP BY institution_code, client_id
    ORDER BY institution_code, client_id
    ON CONFLICT (institution_code, client_id) DO UPDATE SET
        misses = CASE WHEN m.hour = excluded.hour THEN least(m.misses + excluded.misses, :terminal_limit)
                      ELSE excluded.misses END,
        streak = CASE WHEN m.hour = excluded.hour THEN least(excluded.misses, :terminal_limit - m.misses)
                      ELSE excluded.misses END
               + CASE WHEN m.missed_at > now() - interval '60 seconds' THEN m.streak ELSE 0 END,
        hour = excluded.hour,
        missed_at = excluded.missed_at
    WHERE m.hour <> excluded.hour OR m.misses < :terminal_limit
    RETURNING client_id, streak, new.misses - CASE WHEN old.hour = new.hour THEN old.misses ELSE 0 END AS counted
),
counted_of_terminal AS MATERIALIZED (
    SELECT m.place, m.institution_code, t.streak - t.counted + m.nth AS streak,
           row_number() OVER (PARTITION BY m.institution_code ORDER BY m.place) AS nth
    FROM missed m JOIN counted_of_terminals t ON t.client_id = m.client_id AND m.nth <= t.counted
),
counted_of_facilities AS (
    INSERT INTO facility_number_miss AS f (institution_code, hour, misses)
    SELECT institution_code, date_trunc('hour', now()), count(*)
    FROM counted_of_terminal
    GROUP BY institution_code
    ORDER BY institution_code
    ON CONFLICT (institution_code) DO UPDATE SET
        misses = CASE WHEN f.hour = excluded.hour THEN least(f.misses + excluded.misses, :facility_limit)
                      ELSE excluded.misses END,
        hour = excluded.hour
    WHERE f.hour <> excluded.hour OR f.misses < :facility_limit
    RETURNING institution_code, new.misses - CASE WHEN old.hour = new.hour THEN old.misses ELSE 0 END AS counted
),
counted AS MATERIALIZED (
    SELECT t.place, t.streak
    FROM counted_of_terminal t
    JOIN counted_of_facilities f ON f.institution_code = t.institution_code AND t.nth <= f.counted
),
inserted AS (
    INSERT INTO audit_record (kind, outcome, client_id, institution_code, facility_kind, person_key, as_of, enrolments,
                              matched_entitlements, tickets, consents, rule_version, known_version, detail)
    SELECT :kind, 'answered', g.client_id, g.institution_code, g.facility_kind, g.person_key, g.as_of, {versions_for},
           g.matched, {tickets_for}, string_to_array(g.consents, ','), {rule}, g.known_version,
           jsonb_build_object('asked_insurer', g.insurer_number)
    FROM judged g
    WHERE g.allowed
    ORDER BY g.place
    RETURNING record_id, recorded_at, outcome
),
{recorded}
SELECT g.place, g.admitted, g.entitled, g.facility_kind, g.misses_left,
       coalesce(misses_left > 0 AND NOT (allowed AND (NOT missed OR m.place IS NOT NULL)), false) AS over_limit,
       m.streak, r.record_id, r.recorded_at, r.outcome, g.matched AS asked, g.person_key, n.reference_number, e.*
FROM judged g
LEFT JOIN counted m ON m.place = g.place
LEFT JOIN recorded r ON r.place = g.place
{reference}
LEFT JOIN reading e ON e.read_for = g.place
"""

NUMBERS_TOGETHER = Statement.of(
    _STATEMENT.format(
        columns=ENROLMENT_COLUMNS,
        tickets=tickets_known(instant="now()", as_of="g.as_of", institution="g.institution_code"),
        known_now=KNOWN_NOW.strip(),
        not_superseded=NOT_SUPERSEDED,
        versions_for=VERSIONS_FOR,
        tickets_for=TICKETS_FOR,
        recorded=recorded_in_order("judged WHERE allowed"),
        reference=REFERENCE_FOR.strip(),
        rule=RULE_VERSION,
    )
)
"""Eligibility by number, many at once; see `by_number.NUMBER_STATEMENT`."""
