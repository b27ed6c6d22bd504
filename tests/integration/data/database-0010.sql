-- A small database of schema revision 0010 with synthetic people, after its roles were renamed: input of test_upgrade.py.
SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE SCHEMA staging;
CREATE FUNCTION public.answer_record(id uuid, facility text) RETURNS TABLE(record_id uuid, recorded_at timestamp with time zone, kind text, facility_kind text, institution_code text, person_key bytea, as_of date, enrolments bigint[], asked bigint[], tickets bigint[], consents text[], rule_version integer, known_version text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT r.record_id, r.recorded_at, r.kind, r.facility_kind, r.institution_code, r.person_key, r.as_of, r.enrolments,
           r.asked, r.tickets, r.consents, r.rule_version, r.known_version
    FROM audit_record r
    WHERE r.record_id = id AND r.institution_code = facility
      AND r.kind LIKE 'eligibility.%' AND r.outcome = 'answered'
$$;
CREATE FUNCTION public.enrolment_closes_once() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF EXISTS (SELECT FROM revision WHERE revision IN (OLD.closed_by, NEW.closed_by) AND published_at IS NOT NULL) THEN
        RAISE EXCEPTION 'a closed version stays closed by the revision that closed it' USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION public.facility_asked(facility text, person bytea, until timestamp with time zone) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT EXISTS (
        SELECT FROM audit_record
        WHERE person_key = person AND recorded_at <= until AND institution_code = facility
          AND kind LIKE 'eligibility.%' AND outcome = 'answered'
    )
$$;
CREATE FUNCTION public.fund_clock() RETURNS timestamp with time zone
    LANGUAGE sql STABLE
    AS $$SELECT now()$$;
CREATE FUNCTION public.identified_by(id uuid, facility text) RETURNS TABLE(client_id uuid, recorded_at timestamp with time zone, kind text, person_key bytea, authority bytea, serial bytea, asked bigint[])
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT r.client_id, r.recorded_at, r.kind, r.person_key, r.authority, r.serial, r.asked
    FROM audit_record r
    WHERE r.record_id = id AND r.institution_code = facility AND r.person_key IS NOT NULL
      AND r.kind IN ('eligibility.card', 'eligibility.visual-check', 'eligibility.number',
                     'eligibility.consent-pin', 'eligibility.consent-visual-check')
      AND r.outcome = 'answered'
      -- What was known at an instant may be a mix-up that was mended since.
      AND NOT coalesce(r.detail ? 'known_at', false)
$$;
CREATE FUNCTION public.look_ups_after(after uuid, settled interval, most integer) RETURNS TABLE(record_id uuid, recorded_at timestamp with time zone, kind text, facility_kind text, institution_code text, person_key bytea, as_of date, enrolments bigint[], asked bigint[], tickets bigint[], consents text[], rule_version integer, known_version text)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT n.record_id, r.recorded_at, r.kind, r.facility_kind, r.institution_code, r.person_key, r.as_of, r.enrolments,
           r.asked, r.tickets, r.consents, r.rule_version, r.known_version
    FROM (
        SELECT a.record_id FROM audit_record a
        WHERE a.record_id > after AND a.record_id < (SELECT uuidv7(-settled))
        ORDER BY a.record_id
        LIMIT most
    ) n
    LEFT JOIN audit_record r ON r.record_id = n.record_id
        AND r.kind LIKE 'eligibility.%' AND r.outcome = 'answered' AND r.enrolments <> '{}'
    ORDER BY n.record_id
$$;
CREATE FUNCTION public.maintain_spent() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    SET lock_timeout TO '500ms'
    AS $$
DECLARE
    past     timestamptz := now() - interval '10 minutes';
    start_of timestamptz;
    name_of  text;
    changes  integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('maintain_spent'));
    FOR start_of IN SELECT generate_series(date_trunc('hour', past), now() + interval '48 hours', interval '1 hour')
    LOOP
        name_of := 'spent_' || to_char(start_of, 'YYYYMMDDHH24');
        CONTINUE WHEN to_regclass(name_of) IS NOT NULL;
        EXECUTE format('CREATE TABLE %I (LIKE spent INCLUDING ALL)', name_of);
        EXECUTE format('ALTER TABLE spent ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                       name_of, start_of, start_of + interval '1 hour');
        changes := changes + 1;
    END LOOP;
    FOR name_of IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'spent'::regclass
          AND c.relname::text COLLATE "C" <= 'spent_' || to_char(past - interval '1 hour', 'YYYYMMDDHH24')
    LOOP
        BEGIN
            EXECUTE format('DROP TABLE %I', name_of);
            changes := changes + 1;
        EXCEPTION WHEN lock_not_available THEN
            EXIT;
        END;
    END LOOP;
    RETURN changes;
END $$;
CREATE FUNCTION public.revision_shows_once() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'a published revision stays published as it was' USING ERRCODE = '42501';
END $$;
CREATE FUNCTION public.seen_by(versions bigint[], revisions bigint[]) RETURNS TABLE(institution_code text, institution_name text, answers bigint, last_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    WITH withdrawn AS (
        SELECT e.version, e.person_key, e.mismatch, e.lost_on, daterange(e.acquired_on, e.lost_on) AS days
        FROM enrolment e LEFT JOIN revision c ON c.revision = e.closed_by
        WHERE e.version = ANY (versions) OR e.opened_by = ANY (revisions) AND c.published_at IS NOT NULL
    ),
    answered AS (
        SELECT a.record_id, a.recorded_at, a.institution_code, a.enrolments, a.as_of, w.version
        FROM withdrawn w JOIN audit_record a ON a.person_key = w.person_key AND w.version = ANY (a.enrolments)
        WHERE a.kind LIKE 'eligibility.%' AND a.outcome = 'answered'
      UNION ALL
        SELECT a.record_id, a.recorded_at, a.institution_code, a.enrolments, a.as_of, w.version
        FROM withdrawn w JOIN audit_record a ON a.person_key IS NULL AND a.enrolments @> ARRAY[w.version]
        WHERE w.person_key IS NULL AND a.kind LIKE 'eligibility.%' AND a.outcome = 'answered'
          AND cardinality(a.asked) = 1
    )
    SELECT f.institution_code, f.name, count(DISTINCT s.record_id), max(s.recorded_at)
    FROM answered s JOIN withdrawn w USING (version) JOIN facility f ON f.institution_code = s.institution_code
    WHERE CASE WHEN w.days @> s.as_of THEN w.mismatch <> 'open'
               ELSE w.lost_on <= s.as_of AND NOT EXISTS (
                   SELECT FROM enrolment r
                   WHERE r.version = ANY (s.enrolments) AND daterange(r.acquired_on, r.lost_on) @> s.as_of) END
    GROUP BY f.institution_code, f.name
    ORDER BY max(s.recorded_at) DESC, f.institution_code
$$;
CREATE FUNCTION public.window_clock() RETURNS timestamp with time zone
    LANGUAGE sql STABLE
    AS $$
    SELECT greatest(fund_clock(), (SELECT recorded_at FROM audit_record ORDER BY record_id DESC LIMIT 1))
$$;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.audit_record (
    record_id uuid DEFAULT uuidv7() NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    kind text NOT NULL,
    outcome text NOT NULL,
    client_id uuid,
    institution_code text,
    insurer_number text,
    facility_kind text,
    operator text,
    authority bytea,
    serial bytea,
    person_key bytea,
    challenge bytea,
    as_of date,
    enrolments bigint[],
    rule_version integer,
    known_version text,
    detail jsonb,
    asked bigint[],
    tickets bigint[],
    consents text[]
);
CREATE TABLE public.authority (
    authority bytea NOT NULL,
    crl_number numeric NOT NULL,
    crl_sha256 bytea NOT NULL,
    this_update timestamp with time zone NOT NULL,
    next_update timestamp with time zone NOT NULL,
    checked_at timestamp with time zone NOT NULL
);
CREATE TABLE public.batch_check (
    batch_id uuid DEFAULT uuidv7() NOT NULL,
    institution_code text NOT NULL,
    client_id uuid NOT NULL,
    as_of date NOT NULL,
    rows integer NOT NULL,
    answered integer DEFAULT 0 NOT NULL,
    misses integer DEFAULT 0 NOT NULL,
    misses_in_a_row integer DEFAULT 0 NOT NULL,
    accepted_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    worked_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    kept_until timestamp with time zone NOT NULL,
    CONSTRAINT batch_check_check CHECK (((answered >= 0) AND (answered <= rows))),
    CONSTRAINT batch_check_rows_check CHECK ((rows > 0))
);
CREATE TABLE public.batch_row (
    batch_id uuid NOT NULL,
    "row" integer NOT NULL,
    asked text,
    result text,
    CONSTRAINT batch_row_check CHECK ((num_nonnulls(asked, result) = 1))
);
CREATE TABLE public.binding (
    authority bytea NOT NULL,
    serial bytea NOT NULL,
    person_key bytea NOT NULL,
    basis text NOT NULL,
    renewed_authority bytea,
    renewed_serial bytea,
    bound_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    record_id uuid NOT NULL,
    not_after timestamp with time zone,
    CONSTRAINT binding_basis_check CHECK ((basis = ANY (ARRAY['first-registration'::text, 'renewal'::text]))),
    CONSTRAINT binding_check CHECK (((basis = 'renewal'::text) = (renewed_serial IS NOT NULL)))
);
CREATE TABLE public.claim_fault (
    fault bigint NOT NULL,
    file_id uuid NOT NULL,
    line bigint NOT NULL,
    record text,
    field integer,
    name text,
    receipt bigint,
    code text NOT NULL,
    shape text
);
ALTER TABLE public.claim_fault ALTER COLUMN fault ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.claim_fault_fault_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.claim_file (
    file_id uuid DEFAULT uuidv7() NOT NULL,
    insurer_number text NOT NULL,
    client_id uuid NOT NULL,
    state text DEFAULT 'receiving'::text NOT NULL,
    received_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    parts integer DEFAULT 0 NOT NULL,
    size bigint DEFAULT 0 NOT NULL,
    sha256 bytea,
    refusal text,
    report jsonb,
    taken bigint DEFAULT 0 NOT NULL,
    unmatched bigint DEFAULT 0 NOT NULL,
    replacing bigint DEFAULT 0 NOT NULL,
    known_from timestamp with time zone,
    retry_at timestamp with time zone,
    swept boolean DEFAULT false NOT NULL,
    CONSTRAINT claim_file_state_check CHECK ((state = ANY (ARRAY['receiving'::text, 'received'::text, 'reading'::text, 'done'::text, 'refused'::text, 'abandoned'::text])))
);
CREATE TABLE public.client (
    client_id uuid NOT NULL,
    institution_code text,
    insurer_number text,
    public_key jsonb NOT NULL,
    rights text[] NOT NULL,
    admitted_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    closed_at timestamp with time zone,
    CONSTRAINT client_check CHECK ((num_nonnulls(institution_code, insurer_number) = 1))
);
CREATE TABLE public.consent_evidence (
    permit_id uuid NOT NULL,
    statement jsonb NOT NULL,
    words text NOT NULL,
    audience text NOT NULL,
    presence_record uuid NOT NULL,
    challenge text NOT NULL,
    certificate bytea NOT NULL,
    signature bytea NOT NULL,
    revocation jsonb NOT NULL
)
WITH (toast_tuple_target='4080');
CREATE TABLE public.disaster (
    disaster_id bigint NOT NULL,
    prefectures text[] NOT NULL,
    reason text NOT NULL,
    opened_by text NOT NULL,
    opened_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    closes_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    CONSTRAINT disaster_check CHECK ((closes_at > opened_at)),
    CONSTRAINT disaster_prefectures_check CHECK ((cardinality(prefectures) > 0))
);
ALTER TABLE public.disaster ALTER COLUMN disaster_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.disaster_disaster_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.drug (
    drug_code text NOT NULL,
    name text NOT NULL,
    unit_code text,
    unit text,
    generic boolean,
    price_list_code text,
    load bigint NOT NULL
);
CREATE TABLE public.drug_load (
    load bigint NOT NULL,
    loaded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    sha256 bytea NOT NULL,
    drugs integer NOT NULL
);
ALTER TABLE public.drug_load ALTER COLUMN load ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.drug_load_load_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.enrolment (
    version bigint NOT NULL,
    entitlement bigint NOT NULL,
    opened_by bigint NOT NULL,
    closed_by bigint,
    person_key bytea,
    register_match text NOT NULL,
    insurer_name text NOT NULL,
    certificate_kind text NOT NULL,
    symbol text,
    number text NOT NULL,
    branch text,
    relationship text NOT NULL,
    name text NOT NULL,
    name_kana text NOT NULL,
    sex text NOT NULL,
    birth_date date NOT NULL,
    postal_code text,
    address text NOT NULL,
    acquired_on date NOT NULL,
    lost_on date,
    reason_of_loss text,
    mismatch text DEFAULT 'none'::text NOT NULL,
    insured_name text,
    insured_birth_date date,
    name_alias text,
    name_alias_kana text,
    sex_on_certificate text,
    issued_on date,
    valid_from date,
    valid_to date,
    burden_ratio smallint,
    elderly_certificate jsonb,
    limit_certificate jsonb,
    specific_diseases jsonb,
    nondisclosure boolean DEFAULT false NOT NULL,
    self_disclosure_blocked boolean DEFAULT false NOT NULL,
    digest bytea,
    CONSTRAINT enrolment_check CHECK ((lost_on > acquired_on)),
    CONSTRAINT enrolment_check1 CHECK (((lost_on IS NULL) = (reason_of_loss IS NULL))),
    CONSTRAINT enrolment_check2 CHECK (((person_key IS NOT NULL) OR (mismatch <> 'none'::text))),
    CONSTRAINT enrolment_mismatch_check CHECK ((mismatch = ANY (ARRAY['none'::text, 'open'::text, 'confirmed'::text]))),
    CONSTRAINT enrolment_register_match_check CHECK ((register_match = ANY (ARRAY['one'::text, 'none'::text, 'ambiguous'::text, 'other'::text])))
);
ALTER TABLE public.enrolment ALTER COLUMN version ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.enrolment_version_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.entitlement (
    entitlement bigint NOT NULL,
    enrolment_id uuid DEFAULT uuidv7() NOT NULL,
    insurer_number text NOT NULL,
    symbol_key text NOT NULL,
    number_key text NOT NULL,
    branch_key text NOT NULL,
    birth_date date NOT NULL
);
ALTER TABLE public.entitlement ALTER COLUMN entitlement ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.entitlement_entitlement_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.facility (
    institution_code text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    admitted_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    closed_at timestamp with time zone
);
CREATE TABLE public.facility_operator (
    institution_code text NOT NULL,
    operator text NOT NULL,
    authorised_by text NOT NULL,
    medical boolean NOT NULL,
    emergency boolean NOT NULL,
    totp_secret bytea,
    registered_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT facility_operator_check CHECK (((NOT emergency) OR (totp_secret IS NOT NULL)))
);
CREATE TABLE public.health_checkup (
    checkup bigint NOT NULL,
    insurer_number text NOT NULL,
    symbol_key text NOT NULL,
    number_key text NOT NULL,
    branch_key text NOT NULL,
    birth_date date NOT NULL,
    examined_on date NOT NULL,
    items jsonb NOT NULL,
    client_id uuid NOT NULL,
    known_from timestamp with time zone NOT NULL
);
ALTER TABLE public.health_checkup ALTER COLUMN checkup ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.health_checkup_checkup_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.idempotency (
    insurer_number text NOT NULL,
    key text NOT NULL,
    digest bytea NOT NULL,
    answer jsonb NOT NULL,
    revision bigint NOT NULL,
    made_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
CREATE TABLE public.insurer (
    insurer_number text NOT NULL,
    name text NOT NULL
);
CREATE TABLE public.look_up_count (
    insurer_number text NOT NULL,
    day date NOT NULL,
    outcome text NOT NULL,
    look_ups bigint NOT NULL
);
CREATE TABLE public.look_ups_counted (
    only_row boolean DEFAULT true NOT NULL,
    upto uuid NOT NULL,
    CONSTRAINT look_ups_counted_only_row_check CHECK (only_row)
);
CREATE TABLE public.medical_ticket (
    version bigint NOT NULL,
    entitlement bigint NOT NULL,
    opened_by bigint NOT NULL,
    closed_by bigint,
    ticket_type text NOT NULL,
    month date NOT NULL,
    institution_code text NOT NULL,
    institution_name text,
    treatment text NOT NULL,
    single_or_combined text NOT NULL,
    valid_from date NOT NULL,
    valid_to date NOT NULL,
    issue_number text,
    self_pay integer,
    CONSTRAINT medical_ticket_check CHECK (((valid_from >= month) AND (valid_from <= valid_to))),
    CONSTRAINT medical_ticket_check1 CHECK ((valid_to < (month + '1 mon'::interval))),
    CONSTRAINT medical_ticket_month_check CHECK ((month = date_trunc('month'::text, (month)::timestamp with time zone)))
);
ALTER TABLE public.medical_ticket ALTER COLUMN version ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.medical_ticket_version_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.mismatch_count (
    insurer_number text NOT NULL,
    hour timestamp with time zone NOT NULL,
    mismatches integer NOT NULL
);
CREATE TABLE public.number_miss (
    institution_code text NOT NULL,
    client_id uuid NOT NULL,
    hour timestamp with time zone NOT NULL,
    misses integer NOT NULL,
    run integer NOT NULL,
    missed_at timestamp with time zone NOT NULL
)
WITH (fillfactor='50');
CREATE TABLE public.permit (
    permit_id uuid DEFAULT gen_random_uuid() NOT NULL,
    basis text NOT NULL,
    person_key bytea NOT NULL,
    asked bigint[],
    institution_code text NOT NULL,
    client_id uuid NOT NULL,
    care text NOT NULL,
    categories text[] NOT NULL,
    given_at timestamp with time zone NOT NULL,
    until timestamp with time zone,
    operator text,
    reason jsonb,
    record_id uuid NOT NULL,
    CONSTRAINT permit_basis_check CHECK ((basis = ANY (ARRAY['pin'::text, 'visual-check'::text, 'emergency'::text, 'disaster'::text]))),
    CONSTRAINT permit_care_check CHECK ((care = ANY (ARRAY['1'::text, '2'::text, '3'::text, '4'::text]))),
    CONSTRAINT permit_categories_check CHECK ((cardinality(categories) > 0)),
    CONSTRAINT permit_check CHECK (((until > given_at) AND (until <= (given_at + '24:00:00'::interval)))),
    CONSTRAINT permit_check1 CHECK (((until IS NULL) = (care = '2'::text))),
    CONSTRAINT permit_check2 CHECK (((reason IS NULL) = (basis = ANY (ARRAY['pin'::text, 'visual-check'::text]))))
);
CREATE TABLE public.permit_end (
    permit_id uuid NOT NULL,
    ended_at timestamp with time zone NOT NULL,
    reason text NOT NULL,
    client_id uuid NOT NULL,
    record_id uuid NOT NULL,
    CONSTRAINT permit_end_reason_check CHECK ((reason = ANY (ARRAY['0'::text, '1'::text, '2'::text, '3'::text])))
);
CREATE TABLE public.prescription_entry (
    entry bigint NOT NULL,
    entry_id uuid DEFAULT gen_random_uuid() NOT NULL,
    origin text NOT NULL,
    person_key bytea NOT NULL,
    asked bigint[],
    institution_code text NOT NULL,
    prescribed_on date NOT NULL,
    dispensed_on date,
    prescriber_code text NOT NULL,
    prescriber_name text NOT NULL,
    content json NOT NULL,
    known_from timestamp with time zone NOT NULL,
    client_id uuid NOT NULL,
    operator text,
    record_id uuid NOT NULL,
    idempotency_key text NOT NULL,
    digest bytea NOT NULL,
    CONSTRAINT prescription_entry_check CHECK (((dispensed_on IS NOT NULL) = (origin = 'dispensing'::text))),
    CONSTRAINT prescription_entry_origin_check CHECK ((origin = ANY (ARRAY['prescription'::text, 'dispensing'::text])))
);
ALTER TABLE public.prescription_entry ALTER COLUMN entry ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.prescription_entry_entry_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.receipt (
    receipt bigint NOT NULL,
    file_id uuid NOT NULL,
    insurer_number text NOT NULL,
    symbol_key text NOT NULL,
    number_key text NOT NULL,
    branch_key text NOT NULL,
    birth_date date NOT NULL,
    kind text NOT NULL,
    setting text NOT NULL,
    institution_code text NOT NULL,
    treatment_month date NOT NULL,
    claim_month date NOT NULL,
    due_at timestamp with time zone NOT NULL,
    identity bytea NOT NULL,
    content json NOT NULL
);
ALTER TABLE public.receipt ALTER COLUMN receipt ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.receipt_receipt_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.reference_number (
    institution_code text NOT NULL,
    entitlement bigint NOT NULL,
    reference_number text NOT NULL,
    registered_at timestamp with time zone NOT NULL
);
CREATE TABLE public.revision (
    revision bigint NOT NULL,
    insurer_number text NOT NULL,
    client_id uuid NOT NULL,
    published_at timestamp with time zone,
    kind text DEFAULT 'single'::text NOT NULL,
    undoes bigint,
    CONSTRAINT revision_kind_check CHECK ((kind = ANY (ARRAY['single'::text, 'file'::text, 'undo'::text, 'tickets'::text])))
);
ALTER TABLE public.revision ALTER COLUMN revision ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.revision_revision_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.revoked (
    authority bytea NOT NULL,
    serial bytea NOT NULL,
    status text NOT NULL,
    revoked_at timestamp with time zone NOT NULL,
    CONSTRAINT revoked_status_check CHECK ((status = ANY (ARRAY['revoked'::text, 'suspended'::text])))
);
CREATE TABLE public.second_factor_miss (
    institution_code text NOT NULL,
    operator text NOT NULL,
    hour timestamp with time zone NOT NULL,
    misses integer NOT NULL
);
CREATE TABLE public.spent (
    expires_at timestamp with time zone NOT NULL,
    id bytea NOT NULL
)
PARTITION BY RANGE (expires_at);
CREATE TABLE public.spent_2026061500 (
    expires_at timestamp with time zone CONSTRAINT spent_expires_at_not_null NOT NULL,
    id bytea CONSTRAINT spent_id_not_null NOT NULL
);
CREATE TABLE public.upload (
    upload_id uuid DEFAULT uuidv7() NOT NULL,
    revision bigint NOT NULL,
    insurer_number text NOT NULL,
    client_id uuid NOT NULL,
    format text NOT NULL,
    encoding text NOT NULL,
    scope text NOT NULL,
    bad_rows text NOT NULL,
    publish text NOT NULL,
    state text DEFAULT 'receiving'::text NOT NULL,
    received_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    parts integer DEFAULT 0 NOT NULL,
    size bigint DEFAULT 0 NOT NULL,
    sha256 bytea,
    refusal text,
    report jsonb,
    checked_at timestamp with time zone,
    prepared bigint DEFAULT 0 NOT NULL,
    left_alone integer DEFAULT 0 NOT NULL,
    undo_revision bigint,
    retry_at timestamp with time zone,
    swept boolean DEFAULT false NOT NULL,
    CONSTRAINT upload_state_check CHECK ((state = ANY (ARRAY['receiving'::text, 'received'::text, 'checking'::text, 'held'::text, 'checked'::text, 'publishing'::text, 'undoing'::text, 'published'::text, 'refused'::text, 'rejected'::text, 'undone'::text, 'abandoned'::text])))
);
CREATE TABLE public.upload_decision (
    upload_id uuid NOT NULL,
    decision text NOT NULL,
    client_id uuid NOT NULL,
    reason text,
    decided_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT upload_decision_decision_check CHECK ((decision = ANY (ARRAY['approve'::text, 'reject'::text, 'publish'::text, 'undo'::text])))
);
CREATE TABLE public.upload_fault (
    fault bigint NOT NULL,
    upload_id uuid NOT NULL,
    "row" bigint NOT NULL,
    column_name text,
    code text NOT NULL,
    shape text,
    enrolment_id uuid
);
ALTER TABLE public.upload_fault ALTER COLUMN fault ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.upload_fault_fault_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE UNLOGGED TABLE public.upload_part (
    upload_id uuid NOT NULL,
    part integer NOT NULL,
    body bytea NOT NULL
);
ALTER TABLE ONLY public.upload_part ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE TABLE public.visual_check_count (
    client_id uuid NOT NULL,
    hour timestamp with time zone NOT NULL,
    checks integer NOT NULL
);
ALTER TABLE ONLY public.spent ATTACH PARTITION public.spent_2026061500 FOR VALUES FROM ('2026-06-15 00:00:00+00') TO ('2026-06-15 01:00:00+00');
INSERT INTO public.alembic_version VALUES
	('0010');
INSERT INTO public.audit_record VALUES
	('019ec8aa-fb9b-7c15-8c8a-43337d377869', '2026-06-15 00:25:09.266628+00', 'admission.terminal', 'done', '1e87a214-104a-4c35-8adb-4d7a35a0e3c4', '1311111114', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"rights": ["consent", "eligibility", "registration", "visual-check"]}', NULL, NULL, NULL),
	('019ec8aa-fbde-76e0-a707-32735fb54278', '2026-06-15 00:25:09.334746+00', 'admission.insurer', 'done', '89f50abc-05c9-4950-a35a-87e7e5035442', NULL, '01130012', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"rights": ["claims", "enrolment"]}', NULL, NULL, NULL),
	('019ec8aa-fc12-7352-ade9-e2e4f76c8685', '2026-06-15 00:25:09.390088+00', 'admission.terminal', 'done', '26125165-ccfb-4e5b-827f-62788b030fe8', '1311111114', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"rights": ["consent", "eligibility", "prescription", "registration", "visual-check"]}', NULL, NULL, NULL),
	('019ec8aa-fd8e-77a8-9769-2d9d5f35ce5f', '2026-06-15 00:25:09.753302+00', 'enrolment.add', 'done', '89f50abc-05c9-4950-a35a-87e7e5035442', NULL, '01130012', NULL, NULL, NULL, NULL, '\xce306a040bc6e35533a420548cb1607e', NULL, NULL, NULL, NULL, NULL, '{"revision": 1}', NULL, NULL, NULL),
	('019ec8aa-fe12-7e28-a3c5-e5cdd0bf4410', '2026-06-15 00:25:09.906588+00', 'binding.first-registration', 'bound', '1e87a214-104a-4c35-8adb-4d7a35a0e3c4', '1311111114', NULL, 'clinic', NULL, '\xe82b50351359235303820824ffa7ab1d30fd21060105720bf0313d3fa9a45a87', '\x239dc306', '\xce306a040bc6e35533a420548cb1607e', '\xbbf01646be4cc532aef0e472dc631c23', NULL, NULL, NULL, NULL, '{"named": "ce306a040bc6e35533a420548cb1607e", "agreed": true, "revocation": "crl 1"}', NULL, NULL, NULL),
	('019ec8aa-fec6-71a4-a04c-abc473ff57b5', '2026-06-15 00:25:10.06719+00', 'enrolment.add', 'done', '89f50abc-05c9-4950-a35a-87e7e5035442', NULL, '01130012', NULL, NULL, NULL, NULL, '\x66d7a8a83eb26100bcd1fbf13a14d9b5', NULL, NULL, NULL, NULL, NULL, '{"revision": 2}', NULL, NULL, NULL),
	('019ec8aa-ff37-7bb7-9007-d15a7a9d84c7', '2026-06-15 00:25:10.199433+00', 'binding.first-registration', 'bound', '1e87a214-104a-4c35-8adb-4d7a35a0e3c4', '1311111114', NULL, 'clinic', NULL, '\xe82b50351359235303820824ffa7ab1d30fd21060105720bf0313d3fa9a45a87', '\x528bb334', '\x66d7a8a83eb26100bcd1fbf13a14d9b5', '\xa1554c0dbfbd82055e994951bcce5e22', NULL, NULL, NULL, NULL, '{"named": "66d7a8a83eb26100bcd1fbf13a14d9b5", "agreed": true, "revocation": "crl 1"}', NULL, NULL, NULL),
	('019ec8aa-ff83-709d-bd52-aad65134e067', '2026-06-15 00:25:10.264873+00', 'enrolment.add', 'done', '89f50abc-05c9-4950-a35a-87e7e5035442', NULL, '01130012', NULL, NULL, NULL, NULL, '\x04b2993a7e463a6d62082a2788ffbf50', NULL, NULL, NULL, NULL, NULL, '{"revision": 3}', NULL, NULL, NULL),
	('019ec8ab-005e-7245-ac22-3879717b3ad7', '2026-06-15 00:25:10.485047+00', 'enrolment.add', 'done', '89f50abc-05c9-4950-a35a-87e7e5035442', NULL, '01130012', NULL, NULL, NULL, NULL, '\x844a564464409279deddc899f3c8a234', NULL, NULL, NULL, NULL, NULL, '{"revision": 4}', NULL, NULL, NULL),
	('019ec8ab-00e0-7ce6-ab75-52eff39be120', '2026-06-15 00:25:10.624412+00', 'binding.first-registration', 'bound', '1e87a214-104a-4c35-8adb-4d7a35a0e3c4', '1311111114', NULL, 'clinic', NULL, '\xe82b50351359235303820824ffa7ab1d30fd21060105720bf0313d3fa9a45a87', '\x0ad2b378', '\x844a564464409279deddc899f3c8a234', '\xd0ab4503a06c2ec3a202b0f78855b1de', NULL, NULL, NULL, NULL, '{"named": "844a564464409279deddc899f3c8a234", "agreed": true, "revocation": "crl 1"}', NULL, NULL, NULL),
	('019ec8ab-00e9-7175-b1ea-324e15b3ebd1', '2026-06-15 00:25:10.628097+00', 'admission.insurer', 'done', 'a3bd7921-31ee-410f-a37c-1089c3d422eb', NULL, '138057', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"rights": ["claims", "enrolment"]}', NULL, NULL, NULL),
	('019ec8ab-014f-7ce9-b4a4-5a90a40b7f01', '2026-06-15 00:25:10.722819+00', 'eligibility.card', 'answered', '26125165-ccfb-4e5b-827f-62788b030fe8', '1311111114', NULL, 'clinic', NULL, '\xe82b50351359235303820824ffa7ab1d30fd21060105720bf0313d3fa9a45a87', '\x239dc306', '\xce306a040bc6e35533a420548cb1607e', '\x85e1273989dbe5f3ebb903f207686403', '2026-06-15', '{1}', 2, NULL, '{"revocation": "crl 1"}', NULL, NULL, NULL),
	('019ec8ab-018d-7013-a448-241f9711077d', '2026-06-15 00:25:10.796534+00', 'eligibility.card', 'answered', '26125165-ccfb-4e5b-827f-62788b030fe8', '1311111114', NULL, 'clinic', NULL, '\xe82b50351359235303820824ffa7ab1d30fd21060105720bf0313d3fa9a45a87', '\x239dc306', '\xce306a040bc6e35533a420548cb1607e', '\x62afdf548ee37b751d143c78a2967678', '2026-06-15', '{1}', 2, '9wOO8wpjPu6lz-cxG46DRRfW', '{"revocation": "crl 1"}', NULL, NULL, NULL),
	('019ec8ab-01cf-7b07-ab76-2d9924e8ac03', '2026-06-15 00:25:10.86323+00', 'eligibility.card', 'answered', '1e87a214-104a-4c35-8adb-4d7a35a0e3c4', '1311111114', NULL, 'clinic', NULL, '\xe82b50351359235303820824ffa7ab1d30fd21060105720bf0313d3fa9a45a87', '\x528bb334', '\x66d7a8a83eb26100bcd1fbf13a14d9b5', '\x3dcfc422f8fccebcf4a8c938d7937614', '2026-06-15', '{2}', 2, NULL, '{"revocation": "crl 1"}', NULL, NULL, NULL),
	('019ec8ab-01ff-7f2a-8b03-4de7a206012d', '2026-06-15 00:25:10.911491+00', 'eligibility.card', 'answered', '1e87a214-104a-4c35-8adb-4d7a35a0e3c4', '1311111114', NULL, 'clinic', NULL, '\xe82b50351359235303820824ffa7ab1d30fd21060105720bf0313d3fa9a45a87', '\x0ad2b378', '\x844a564464409279deddc899f3c8a234', '\x9f974ada30a7766910515d1edca26f73', '2026-06-15', '{4}', 2, NULL, '{"revocation": "crl 1"}', NULL, NULL, NULL),
	('019ec8ab-0215-77ab-b697-c138717d6995', '2026-06-15 00:25:10.925296+00', 'eligibility.number', 'answered', '1e87a214-104a-4c35-8adb-4d7a35a0e3c4', '1311111114', NULL, 'clinic', NULL, NULL, NULL, '\xce306a040bc6e35533a420548cb1607e', NULL, '2026-06-15', '{1}', 2, NULL, '{"asked_insurer": "01130012"}', '{2}', NULL, '{}'),
	('019ec8ab-021f-773d-ab09-2f2cb4cf8e8f', '2026-06-15 00:25:10.943034+00', 'eligibility.number', 'answered', '1e87a214-104a-4c35-8adb-4d7a35a0e3c4', '1311111114', NULL, 'clinic', NULL, NULL, NULL, '\x04b2993a7e463a6d62082a2788ffbf50', NULL, '2026-06-15', '{3}', 2, NULL, '{"asked_insurer": "01130012"}', '{6}', NULL, '{}'),
	('019ec8ab-0222-760f-a72c-2e3043edcb9d', '2026-06-15 00:25:10.945983+00', 'eligibility.number', 'answered', '1e87a214-104a-4c35-8adb-4d7a35a0e3c4', '1311111114', NULL, 'clinic', NULL, NULL, NULL, NULL, NULL, '2026-06-15', '{}', 2, NULL, '{"asked_insurer": "01130012"}', '{}', NULL, '{}'),
	('019ec8ab-026e-7da6-b773-721415bb9164', '2026-06-15 00:25:11.008511+00', 'enrolment.split', 'done', '89f50abc-05c9-4950-a35a-87e7e5035442', NULL, '01130012', NULL, NULL, NULL, NULL, '\x844a564464409279deddc899f3c8a234', NULL, NULL, NULL, NULL, NULL, '{"revision": 5}', NULL, NULL, NULL),
	('019ec8ab-02f9-7277-a3a6-719b980b37fe', '2026-06-15 00:25:11.160701+00', 'eligibility.card', 'answered', '26125165-ccfb-4e5b-827f-62788b030fe8', '1311111114', NULL, 'clinic', NULL, '\xe82b50351359235303820824ffa7ab1d30fd21060105720bf0313d3fa9a45a87', '\x239dc306', '\xce306a040bc6e35533a420548cb1607e', '\xbe2b46e93e4f9edc54d3f836b309b4c5', '2026-06-15', '{1}', 2, NULL, '{"revocation": "crl 1"}', NULL, NULL, NULL),
	('019ec8ab-0357-7069-805f-47a3eba6ddd7', '2026-06-15 00:25:11.247039+00', 'eligibility.consent-pin', 'answered', '26125165-ccfb-4e5b-827f-62788b030fe8', '1311111114', NULL, 'clinic', NULL, '\xe82b50351359235303820824ffa7ab1d30fd21060105720bf0313d3fa9a45a87', '\x239dc306', '\xce306a040bc6e35533a420548cb1607e', '\x495965a1b749dc1a4d5aea89b2298edc', '2026-06-15', '{1}', 2, NULL, '{"care": "2", "permit": "d3e68591-4b9f-40b6-a607-ff5ca69ca2c4", "presence": "019ec8ab-02f9-7277-a3a6-719b980b37fe", "revocation": "crl 1"}', NULL, NULL, '{medication,surgery}'),
	('019ec8ab-03a6-7763-9714-514a4b3c5f55', '2026-06-15 00:25:11.333981+00', 'eligibility.card', 'answered', '1e87a214-104a-4c35-8adb-4d7a35a0e3c4', '1311111114', NULL, 'clinic', NULL, '\xe82b50351359235303820824ffa7ab1d30fd21060105720bf0313d3fa9a45a87', '\x528bb334', '\x66d7a8a83eb26100bcd1fbf13a14d9b5', '\x5acf07bb9eaa54c813062f0450f3fce0', '2026-06-15', '{2}', 2, NULL, '{"revocation": "crl 1"}', NULL, NULL, NULL),
	('019ec8ab-03f7-7982-8f0e-eb49a8a4eb78', '2026-06-15 00:25:11.408503+00', 'eligibility.consent-visual-check', 'answered', '1e87a214-104a-4c35-8adb-4d7a35a0e3c4', '1311111114', NULL, 'clinic', '受付　見本', '\xe82b50351359235303820824ffa7ab1d30fd21060105720bf0313d3fa9a45a87', '\x528bb334', '\x66d7a8a83eb26100bcd1fbf13a14d9b5', '\xcb103f14e82537b25161992970c575a6', '2026-06-15', '{2}', 2, NULL, '{"care": "1", "permit": "7bf1f0ec-875f-457b-b0be-1ff3de84db14", "presence": "019ec8ab-03a6-7763-9714-514a4b3c5f55", "revocation": "crl 1"}', NULL, NULL, '{medication}'),
	('019ec8ab-0446-70e7-b223-f00e64d9e964', '2026-06-15 00:25:11.493579+00', 'eligibility.card', 'answered', '1e87a214-104a-4c35-8adb-4d7a35a0e3c4', '1311111114', NULL, 'clinic', NULL, '\xe82b50351359235303820824ffa7ab1d30fd21060105720bf0313d3fa9a45a87', '\x528bb334', '\x66d7a8a83eb26100bcd1fbf13a14d9b5', '\xbe51096b08e9141394cffc5fde7a5608', '2026-06-15', '{2}', 2, NULL, '{"revocation": "crl 1"}', NULL, NULL, NULL),
	('019ec8ab-048e-7bf2-a310-ea609b8c596c', '2026-06-15 00:25:11.566123+00', 'eligibility.consent-pin', 'answered', '1e87a214-104a-4c35-8adb-4d7a35a0e3c4', '1311111114', NULL, 'clinic', NULL, '\xe82b50351359235303820824ffa7ab1d30fd21060105720bf0313d3fa9a45a87', '\x528bb334', '\x66d7a8a83eb26100bcd1fbf13a14d9b5', '\x6b1b442a8dc739185fbcd3644e8fb007', '2026-06-15', '{2}', 2, NULL, '{"care": "1", "permit": "db32c51a-af07-41dc-a38d-3925dd098293", "presence": "019ec8ab-0446-70e7-b223-f00e64d9e964", "revocation": "crl 1"}', NULL, NULL, '{medication}'),
	('019ec8ab-0499-7ad6-bbf6-4ea6575afa58', '2026-06-15 00:25:11.571823+00', 'consent.end', 'ended', '1e87a214-104a-4c35-8adb-4d7a35a0e3c4', '1311111114', NULL, 'clinic', NULL, NULL, NULL, '\x66d7a8a83eb26100bcd1fbf13a14d9b5', NULL, NULL, NULL, NULL, NULL, '{"role": "reception", "basis": "pin", "permit": "db32c51a-af07-41dc-a38d-3925dd098293", "reason": "0"}', NULL, NULL, NULL),
	('019ec8ab-04fc-7119-85ba-508241bdcd35', '2026-06-15 00:25:11.674185+00', 'prescription.told', 'done', '26125165-ccfb-4e5b-827f-62788b030fe8', '1311111114', NULL, 'clinic', '見本　医師', NULL, NULL, '\xce306a040bc6e35533a420548cb1607e', NULL, '2026-06-15', NULL, NULL, NULL, '{"role": "doctor", "entry": "a16fdd24-a0bc-4f54-a542-429f5388cf85"}', NULL, NULL, NULL),
	('019ec8ab-052a-79fb-b19e-4180f4077ca2', '2026-06-15 00:25:11.721638+00', 'checkups.told', 'done', '89f50abc-05c9-4950-a35a-87e7e5035442', NULL, '01130012', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"taken": 1, "unmatched": 0, "known_from": "2026-06-15T00:25:11.971638+00:00"}', NULL, NULL, NULL),
	('019ec8ab-0652-792f-a20c-6392ec09f3e6', '2026-06-15 00:25:12.00587+00', 'claims.accept', 'done', '89f50abc-05c9-4950-a35a-87e7e5035442', NULL, '01130012', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"file": "019ec8ab-0639-7750-9d63-b6c5f8fe4c8f"}', NULL, NULL, NULL),
	('019ec8ab-06ab-7203-958b-22378756a624', '2026-06-15 00:25:12.100409+00', 'claims.file', 'done', '89f50abc-05c9-4950-a35a-87e7e5035442', NULL, '01130012', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"file": "019ec8ab-0639-7750-9d63-b6c5f8fe4c8f", "receipts": 3}', NULL, NULL, NULL),
	('019ec8ab-06e7-783d-bce7-761b07bcea95', '2026-06-15 00:25:12.165792+00', 'claims.accept', 'done', '89f50abc-05c9-4950-a35a-87e7e5035442', NULL, '01130012', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"file": "019ec8ab-06e1-7267-bdcb-4df9dd033f6d"}', NULL, NULL, NULL),
	('019ec8ab-06fb-775d-b124-ba0d4e442270', '2026-06-15 00:25:12.179595+00', 'history.medications', 'answered', '26125165-ccfb-4e5b-827f-62788b030fe8', '1311111114', NULL, 'clinic', NULL, NULL, NULL, '\xce306a040bc6e35533a420548cb1607e', NULL, NULL, NULL, NULL, NULL, '{"role": "doctor", "basis": "pin", "months": ["2023-07-01", "2026-06-01"], "permit": "d3e68591-4b9f-40b6-a607-ff5ca69ca2c4", "category": "medication"}', NULL, NULL, NULL),
	('019ec8ab-0a07-7d3b-bf7b-c490f9b18cf0', '2026-06-15 00:25:12.960599+00', 'enrolment.file', 'done', '89f50abc-05c9-4950-a35a-87e7e5035442', NULL, '01130012', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"upload": "019ec8ab-08ab-7f32-85c1-9f83a7c25ba8", "revision": 6}', NULL, NULL, NULL),
	('019ec8ab-0b81-76c4-9a1d-78f9ed54b2d1', '2026-06-15 00:25:13.338279+00', 'batch.accept', 'done', '1e87a214-104a-4c35-8adb-4d7a35a0e3c4', '1311111114', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-06-15', NULL, NULL, NULL, '{"rows": 3, "batch_id": "019ec8ab-0b7f-7527-ac6b-3789047309b1"}', NULL, NULL, NULL),
	('019ec8ab-0b8a-78ad-908d-7bae5659ec3c', '2026-06-15 00:25:13.3541+00', 'eligibility.batch', 'answered', '1e87a214-104a-4c35-8adb-4d7a35a0e3c4', '1311111114', NULL, 'clinic', NULL, NULL, NULL, '\xce306a040bc6e35533a420548cb1607e', NULL, '2026-06-15', '{1}', 2, NULL, '{"asked_insurer": "01130012"}', '{2}', NULL, '{}'),
	('019ec8ab-0b95-7b57-ad5a-2f89cc199920', '2026-06-15 00:25:13.365302+00', 'eligibility.batch', 'answered', '1e87a214-104a-4c35-8adb-4d7a35a0e3c4', '1311111114', NULL, 'clinic', NULL, NULL, NULL, NULL, NULL, '2026-06-15', '{}', 2, NULL, '{"asked_insurer": "01130012"}', '{}', NULL, '{}'),
	('019ec8ab-0b97-7124-8c8d-54337b4725c3', '2026-06-15 00:25:13.366768+00', 'eligibility.batch', 'answered', '1e87a214-104a-4c35-8adb-4d7a35a0e3c4', '1311111114', NULL, 'clinic', NULL, NULL, NULL, NULL, NULL, '2026-06-15', '{}', 2, NULL, '{"asked_insurer": "01130012"}', '{}', NULL, '{}'),
	('019ec8ab-0baa-7acc-8ab7-e0b3a38beeb0', '2026-06-15 00:25:13.385253+00', 'admission.terminal', 'done', 'f11fc97c-5bce-4d4d-b634-0ea9e531704a', '0110113719', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"rights": ["consent", "eligibility", "registration", "visual-check"]}', NULL, NULL, NULL),
	('019ec8ab-0bd1-79e3-8d99-7fcfea44fc01', '2026-06-15 00:25:13.421241+00', 'batch.accept', 'done', 'f11fc97c-5bce-4d4d-b634-0ea9e531704a', '0110113719', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-06-15', NULL, NULL, NULL, '{"rows": 1, "batch_id": "019ec8ab-0bd0-7b0b-88fa-cb4cfbc376e0"}', NULL, NULL, NULL);
INSERT INTO public.authority VALUES
	('\xe82b50351359235303820824ffa7ab1d30fd21060105720bf0313d3fa9a45a87', 1, '\xbfeccb8c1df1f220f9b1d99415a8601197145e9fa951446a6b60d41c90e9a5c3', '2026-06-15 00:25:09+00', '2026-06-16 00:25:09+00', '2026-06-15 00:25:09.346421+00');
INSERT INTO public.batch_check VALUES
	('019ec8ab-0b7f-7527-ac6b-3789047309b1', '1311111114', '1e87a214-104a-4c35-8adb-4d7a35a0e3c4', '2026-06-15', 3, 3, 2, 2, '2026-06-15 00:25:13.343334+00', '2026-06-15 00:25:13.375407+00', '2026-06-22 00:25:13.338279+00'),
	('019ec8ab-0bd0-7b0b-88fa-cb4cfbc376e0', '0110113719', 'f11fc97c-5bce-4d4d-b634-0ea9e531704a', '2026-06-15', 1, 0, 0, 0, '2026-06-15 00:25:13.424706+00', '2026-06-15 00:25:13.424706+00', '2026-06-22 00:25:13.421241+00');
INSERT INTO public.batch_row VALUES
	('019ec8ab-0b7f-7527-ac6b-3789047309b1', 1, NULL, '{"row":1,"tag":null,"answer":{"unchanged":false,"validity":"1","as_of":"2026-06-15","answered_at":"2026-06-15T00:25:13.354100Z","record_id":"019ec8ab-0b8a-78ad-908d-7bae5659ec3c","version":"9wOO8wpjPu6lz-cxG46DRRfW","reference_number":null,"results":[{"certificate_kind":"01","insurer_number":"01130012","insurer_name":"試験健康保険組合","symbol":"見本","number":"0001-a9a5b4","branch":"00","relationship":"1","insured_name":null,"name":"試験　見本0001-a9a5b4","name_kana":"シケン ミホン","name_alias":null,"name_alias_kana":null,"sex":"2","sex_on_certificate":null,"birth_date":"1980-05-17","address":"架空県見本市0001-a9a5b4","postal_code":null,"acquired_on":"2024-04-01","lost_on":null,"reason_of_loss":null,"issued_on":null,"valid_from":null,"valid_to":null,"burden_ratio":null,"burden_expected":false,"preschool":false,"elderly_certificate":null,"limit_certificate_consent":false,"limit_certificate":null,"specific_disease_consent":false,"specific_diseases":[],"medical_tickets":[]}]},"code":null}'),
	('019ec8ab-0b7f-7527-ac6b-3789047309b1', 2, NULL, '{"row":2,"tag":null,"answer":{"unchanged":false,"validity":"4","as_of":"2026-06-15","answered_at":"2026-06-15T00:25:13.365302Z","record_id":"019ec8ab-0b95-7b57-ad5a-2f89cc199920","version":null,"reference_number":null,"results":[]},"code":null}'),
	('019ec8ab-0b7f-7527-ac6b-3789047309b1', 3, NULL, '{"row":3,"tag":null,"answer":{"unchanged":false,"validity":"4","as_of":"2026-06-15","answered_at":"2026-06-15T00:25:13.366768Z","record_id":"019ec8ab-0b97-7124-8c8d-54337b4725c3","version":null,"reference_number":null,"results":[]},"code":null}'),
	('019ec8ab-0bd0-7b0b-88fa-cb4cfbc376e0', 1, '{"insurer_number":"01130012","symbol":"見本","number":"0002-8e9829","branch":"00","birth_date":"1951-02-03"}', NULL);
INSERT INTO public.binding VALUES
	('\xe82b50351359235303820824ffa7ab1d30fd21060105720bf0313d3fa9a45a87', '\x239dc306', '\xce306a040bc6e35533a420548cb1607e', 'first-registration', NULL, NULL, '2026-06-15 00:25:09.907085+00', '019ec8aa-fe12-7e28-a3c5-e5cdd0bf4410', '2031-05-17 14:59:59+00'),
	('\xe82b50351359235303820824ffa7ab1d30fd21060105720bf0313d3fa9a45a87', '\x528bb334', '\x66d7a8a83eb26100bcd1fbf13a14d9b5', 'first-registration', NULL, NULL, '2026-06-15 00:25:10.199788+00', '019ec8aa-ff37-7bb7-9007-d15a7a9d84c7', '2031-02-03 14:59:59+00'),
	('\xe82b50351359235303820824ffa7ab1d30fd21060105720bf0313d3fa9a45a87', '\x0ad2b378', '\x844a564464409279deddc899f3c8a234', 'first-registration', NULL, NULL, '2026-06-15 00:25:10.624861+00', '019ec8ab-00e0-7ce6-ab75-52eff39be120', '2031-05-17 14:59:59+00');
INSERT INTO public.claim_file VALUES
	('019ec8ab-0639-7750-9d63-b6c5f8fe4c8f', '01130012', '89f50abc-05c9-4950-a35a-87e7e5035442', 'done', '2026-06-15 00:25:11.993482+00', 1, 1410, '\xd9397779c4fd936699cf4c173bd1f2ce62af3a611479e6a1b59988991ff637f0', NULL, '{"good": 3, "faults": {}, "by_kind": {"medical": 2, "pharmacy": 1}, "receipts": 3, "sections": 3, "replacing": 0, "unmatched": 0}', 3, 0, 0, '2026-06-15 00:25:13.113899+00', NULL, true),
	('019ec8ab-06e1-7267-bdcb-4df9dd033f6d', '01130012', '89f50abc-05c9-4950-a35a-87e7e5035442', 'received', '2026-06-15 00:25:12.161177+00', 1, 403, '\x4b073eeea0d38bc82af67cc345069fae9de45b142b1320e6bff993256996d215', NULL, NULL, 0, 0, 0, NULL, NULL, false);
INSERT INTO public.client VALUES
	('1e87a214-104a-4c35-8adb-4d7a35a0e3c4', '1311111114', NULL, '{"x": "iLKXBbR5jGcYCK-GPEt3pXP7e_djT78-zQFTKe9Krxc", "y": "7jLja1zFZUZKAsnUSA_PG8_BSmdaR58UidpGNepxMfE", "crv": "P-256", "kty": "EC"}', '{consent,eligibility,registration,visual-check}', '2026-06-15 00:25:09.274052+00', NULL),
	('89f50abc-05c9-4950-a35a-87e7e5035442', NULL, '01130012', '{"x": "-vrGvGvpYN52tM4cyljmEmBmprcBoRiYSvdIv8pYWJE", "y": "7DyZ-W3eDfvPDmCeuZaz4Dn5pHMoL4Vq2pOgvyrG-Xk", "crv": "P-256", "kty": "EC"}', '{claims,enrolment}', '2026-06-15 00:25:09.341921+00', NULL),
	('26125165-ccfb-4e5b-827f-62788b030fe8', '1311111114', NULL, '{"x": "dQM_2EqU0QurJPyU3jNi1D8zbClCLJZ432XWsFvEro0", "y": "W5pOHLuskyshV-bn9Pmh3r5ogFQ7_oMli617rkCGcSw", "crv": "P-256", "kty": "EC"}', '{consent,eligibility,prescription,registration,visual-check}', '2026-06-15 00:25:09.393704+00', NULL),
	('a3bd7921-31ee-410f-a37c-1089c3d422eb', NULL, '138057', '{"x": "aCNghucKgnXMGC7MW0JF79RGDIurG8Cs8szg4-Nyle0", "y": "hLjqqps0IzViCym-pZorKWNTnfDhAzC8Gv78LrdbyOQ", "crv": "P-256", "kty": "EC"}', '{claims,enrolment}', '2026-06-15 00:25:10.628743+00', NULL),
	('f11fc97c-5bce-4d4d-b634-0ea9e531704a', '0110113719', NULL, '{"x": "i9TixKbymS-G9AIG-HSXyVypx1DITOM-De74cyENsts", "y": "1VPSBWuWqS4V18zkSMjdFoR1bAFUW9ucIQJhveoJBF0", "crv": "P-256", "kty": "EC"}', '{consent,eligibility,registration,visual-check}', '2026-06-15 00:25:13.386353+00', NULL);
INSERT INTO public.consent_evidence VALUES
	('d3e68591-4b9f-40b6-a607-ff5ca69ca2c4', '{"care": "2", "until": "withdrawal", "version": 1, "language": "ja", "categories": ["medication", "surgery"], "institution_code": "1311111114", "institution_name": "試験医院"}', '私は、試験医院（1311111114）が私の情報を見ることに同意します。
目的：訪問診療等のため
見てよい情報：
・過去の薬の情報
・手術の情報
期間：取り消すまで
同意はいつでも取り消すことができます。
', 'urn:shikaku:fund', '019ec8ab-02f9-7277-a3a6-719b980b37fe', 'ARmz_0MEAAABnsivltwxMzExMTExMTE0JhJRZcz7TluCf2J4iwMP6ElZZaG3SdwaTVrqibIpjtwh5ITEXN7ATDOxVIuoI6QNzfVixGGXY51ZBCqZzHvl0g', '\x308204b33082039ba0030201020204239dc306300d06092a864886f70d01010b0500308198310b3009060355040613024a50311f301d060355040a0c165348494b414b552053594e544845544943204a504b4931253023060355040b0c1c4a504b4920666f7220757365722061757468656e7469636174696f6e3141303f060355040b0c3853796e746865746963204167656e637920666f72204c6f63616c20417574686f7269747920496e666f726d6174696f6e2053797374656d73301e170d3236303631353030323530395a170d3331303531373134353935395a302f310b3009060355040613024a503120301e06035504030c175a324c334f4354494c464b46574d573759394941414d4130820122300d06092a864886f70d01010105000382010f003082010a0282010100e8d030ae2c09a214ac550043dfaa19987ec70a1209fe7be5073aa29dbd811f2c5a2a0d95ac4dc6f02f95327900ce1a58544f42d9df846acddd98f517ce9b171f04e157cc38467638539a895c3207fefdf4b3b46ea8d4b0b282f01c1ced3dca7f89c951948b43fc8bb46000412535e90452e29720ceab9a29e080750d898b607792059d1f536852f5855f933ec00da2e2b4b23adb494a815fececd68b02522f0ef807fa808c8b6047bc1472c4f25faa5f0a4e143c52b7e139b2bc6105b8846ad484caef747677652b9167862d34678514f6c3e402f8a9be7ada5a095d9d08f002f14a7ac6b341071d374225005e27183a4566ed4e625406a22fc9a956e16e14990203010001a382016b30820167300e0603551d0f0101ff040403020780301d0603551d0e04160414c8e3390ef854393e4f2fafe6af2d724bacd63da9301f0603551d23041830168014a4f351d09c12dd19a2fd2cb8a879b1e47228b6ab304b0603551d200101ff0441303f303d060b2a83088c9b55080501031e302e302c06082b060105050702011620687474703a2f2f6370732e6a706b692e696e76616c69642f6370732e68746d6c3081c70603551d1f0481bf3081bc3081b9a081b6a081b3a481b03081ad310b3009060355040613024a50311f301d060355040a0c165348494b414b552053594e544845544943204a504b4931253023060355040b0c1c4a504b4920666f7220757365722061757468656e7469636174696f6e3141303f060355040b0c3853796e746865746963204167656e637920666f72204c6f63616c20417574686f7269747920496e666f726d6174696f6e2053797374656d733113301106035504030c0a43524c20617574682d31300d06092a864886f70d01010b0500038201010026509a87336e4e038cacfd58a2a0944b1dc5eb1e203873a090db4b49e7f1219dd346d910b50f5b32d331a3f9eb6311d345fc284c0fe5a9f900664d116269119ff426de9e2b6bd3c32ebb6233d1a5eef09fea05cb1cdf16b27385c7c13287deda55fcbc7c0e5329d3affeca2da0a9ff8ef7e483ad79e57ea5ce08df518e77518b120000c7479c0325168e4eb1adc055bd59eecf82e013a4dc9e75ef1553c3604cf7625e66b3b2730111be4e737d157dc75f23102d7dda3973e8ce987c6c44db2a551eaf46762ca493fc20973a12635a36ebfede3031517a4e30f144d21941abff43090fd442cb1ef7e73d414df9c173a00b1ad19342a15d92b521bce4b2fef27e', '\x25fa1e7a13cdefd9cf6099d8abb497d9b4f4e8b306bb3fb5873523d7961a4f654ba444826b04d3984859f8e70165bc682a65c3557eff1ee91154052648cf0f83718f1c07eda7ca63fd6d90377be0923195f76a6c6a6005898f6470d7e90c8250211cdb4420e7161dea2c0ecd7e7353903f972e29214d815e019c24a07f7bdf386a708a52d8e6cdbfdca45971cd6361d5e21a79e504cd3594ed3bb7de1f44d1d13fefacedae60638ba8d64b926dc6b28349d84befaf11d109548a4740cdb25053da6b8809dd2151a9b565e3b9d4318cfc9ba474627c6e4785e12427cdce3a031a41d114ffce7894d93f49778abb040b313c28288762bcf5765f2cdf467f3b0e68', '{"source": "crl", "checked_at": "2026-06-15T00:25:09.346421+00:00", "crl_number": 1, "crl_sha256": "bfeccb8c1df1f220f9b1d99415a8601197145e9fa951446a6b60d41c90e9a5c3", "next_update": "2026-06-16T00:25:09+00:00", "this_update": "2026-06-15T00:25:09+00:00"}'),
	('7bf1f0ec-875f-457b-b0be-1ff3de84db14', '{"care": "1", "until": "24-hours", "version": 1, "language": "ja", "categories": ["medication"], "institution_code": "1311111114", "institution_name": "試験医院"}', '私は、試験医院（1311111114）が私の情報を見ることに同意します。
目的：この施設での診療、または調剤のため
見てよい情報：
・過去の薬の情報
期間：登録から24時間
同意はいつでも取り消すことができます。
', 'urn:shikaku:fund', '019ec8ab-03a6-7763-9714-514a4b3c5f55', 'ARmz_0MFAAABnsivl4gxMzExMTExMTE0HoeiFBBKTDWK2016NaDjxMsQPxToJTeyUWGZKXDFdaZc1uAmeyLEGWmtQRelrayio6ibvplrano_p88Ds9337Q', '\x308204b33082039ba0030201020204528bb334300d06092a864886f70d01010b0500308198310b3009060355040613024a50311f301d060355040a0c165348494b414b552053594e544845544943204a504b4931253023060355040b0c1c4a504b4920666f7220757365722061757468656e7469636174696f6e3141303f060355040b0c3853796e746865746963204167656e637920666f72204c6f63616c20417574686f7269747920496e666f726d6174696f6e2053797374656d73301e170d3236303631353030323530395a170d3331303230333134353935395a302f310b3009060355040613024a503120301e06035504030c174e4d3249354c5749353838454d45344550465036554f4130820122300d06092a864886f70d01010105000382010f003082010a0282010100985017a89f88bf796bd8f3a0dcfb4f56df17a05a7c1b1fd3e33fd89452dc72d668962dac3458f6b022f5c9ca730c615ec86c3bf4f538587c3c4c136587b2bc60566798ebb06b4af552486b1a90fadd2de85c0a0bf23cd02bc71af697c9765996598e346a53681caf94c6be218109628a7f52c95624119db037b9431be10847a3da1fa8b25dd6105fc18c383b424f1089fb18e389454c2164cc61b72d56b9e2f86c49067b998e1bcabd8f16575221bb8051e749801df3922c6d854fb58c4a642c72425f498128900e84aa24022ac139294edc2ee47698210bcf3051ed790baa4db43227899466c58e8b11aa746ee67d2dbc111bc6fd684b78ee74da27a14e04770203010001a382016b30820167300e0603551d0f0101ff040403020780301d0603551d0e041604140f8f12e0617bf2b7c373c81ff532ed2b6da5010a301f0603551d23041830168014a4f351d09c12dd19a2fd2cb8a879b1e47228b6ab304b0603551d200101ff0441303f303d060b2a83088c9b55080501031e302e302c06082b060105050702011620687474703a2f2f6370732e6a706b692e696e76616c69642f6370732e68746d6c3081c70603551d1f0481bf3081bc3081b9a081b6a081b3a481b03081ad310b3009060355040613024a50311f301d060355040a0c165348494b414b552053594e544845544943204a504b4931253023060355040b0c1c4a504b4920666f7220757365722061757468656e7469636174696f6e3141303f060355040b0c3853796e746865746963204167656e637920666f72204c6f63616c20417574686f7269747920496e666f726d6174696f6e2053797374656d733113301106035504030c0a43524c20617574682d31300d06092a864886f70d01010b0500038201010030beb9dc5194cce25f3f4e2e09984cd142fa7ee59d2f9958b41e2a1aed8d76d4f34dafb4468095794eb37a46e7dd9c4a2fdc2b4f4a8a212fae87f15c8db3b2cd2d30714d80a25e42209be91deb15b97d75c03dbb85aceb967e9352576a0b1f268b493f55e9a69d59c26458435073d45967ba486ab4c52f2722aa0aa72b1476a8e806aa2111b09e2b341af167836527478480afa9a82e9bbca06323d9ad0ce77b0d7ca16873850c4018c24db7cc88c2dfbeb2d2af88fdb6add066473fd2c5dfd6d077da11d33726b83564f12583f1fb8fa2ff542963111f66407625e9df829acf6fdbda735f5b4b4b459137d0e0f088aa03706cb36a4bfde9f3f7750671367f46', '\x6725e265f6dd991b3a6f23f92485164d52a238e34425d23be30ffa357d9d59e92693baafeaf5e31f6d50f568c1274fe844e82d81da6a0af9e506c8a40444e73898c39a063d357f63871050dc19a33d51e835dc15572e51e278248f22a753bc77ecbffe8df84e18e6768cb29568044ca52d1ae2efbf9481d3a5eccff04ac97621fd7dd995b895379ec05e7b3ed814fcb4d1ca4c91275712f9cd703a156e26bab5dec4e5703a7514487fef7b5a778d34c6f27a7bfe8ce3e7d5725ce9357d1079d35028fa8a063d45d379380677c7e80868344e9fffdbf8da1d1bdf1ae313a44d8aadc4df9f2dd55f471a929a5c89611d8b471e6b0f040459c44326dab45d5695b7', '{"source": "crl", "checked_at": "2026-06-15T00:25:09.346421+00:00", "crl_number": 1, "crl_sha256": "bfeccb8c1df1f220f9b1d99415a8601197145e9fa951446a6b60d41c90e9a5c3", "next_update": "2026-06-16T00:25:09+00:00", "this_update": "2026-06-15T00:25:09+00:00"}'),
	('db32c51a-af07-41dc-a38d-3925dd098293', '{"care": "1", "until": "24-hours", "version": 1, "language": "ja", "categories": ["medication"], "institution_code": "1311111114", "institution_name": "試験医院"}', '私は、試験医院（1311111114）が私の情報を見ることに同意します。
目的：この施設での診療、または調剤のため
見てよい情報：
・過去の薬の情報
期間：登録から24時間
同意はいつでも取り消すことができます。
', 'urn:shikaku:fund', '019ec8ab-0446-70e7-b223-f00e64d9e964', 'ARmz_0MEAAABnsivmCoxMzExMTExMTE0HoeiFBBKTDWK2016NaDjxGsbRCqNxzkYX7zTZE6PsAcFbVfXJE0j4_jmaisvovoyWOi0q6oPjqj41hTpbPWifg', '\x308204b33082039ba0030201020204528bb334300d06092a864886f70d01010b0500308198310b3009060355040613024a50311f301d060355040a0c165348494b414b552053594e544845544943204a504b4931253023060355040b0c1c4a504b4920666f7220757365722061757468656e7469636174696f6e3141303f060355040b0c3853796e746865746963204167656e637920666f72204c6f63616c20417574686f7269747920496e666f726d6174696f6e2053797374656d73301e170d3236303631353030323530395a170d3331303230333134353935395a302f310b3009060355040613024a503120301e06035504030c174e4d3249354c5749353838454d45344550465036554f4130820122300d06092a864886f70d01010105000382010f003082010a0282010100985017a89f88bf796bd8f3a0dcfb4f56df17a05a7c1b1fd3e33fd89452dc72d668962dac3458f6b022f5c9ca730c615ec86c3bf4f538587c3c4c136587b2bc60566798ebb06b4af552486b1a90fadd2de85c0a0bf23cd02bc71af697c9765996598e346a53681caf94c6be218109628a7f52c95624119db037b9431be10847a3da1fa8b25dd6105fc18c383b424f1089fb18e389454c2164cc61b72d56b9e2f86c49067b998e1bcabd8f16575221bb8051e749801df3922c6d854fb58c4a642c72425f498128900e84aa24022ac139294edc2ee47698210bcf3051ed790baa4db43227899466c58e8b11aa746ee67d2dbc111bc6fd684b78ee74da27a14e04770203010001a382016b30820167300e0603551d0f0101ff040403020780301d0603551d0e041604140f8f12e0617bf2b7c373c81ff532ed2b6da5010a301f0603551d23041830168014a4f351d09c12dd19a2fd2cb8a879b1e47228b6ab304b0603551d200101ff0441303f303d060b2a83088c9b55080501031e302e302c06082b060105050702011620687474703a2f2f6370732e6a706b692e696e76616c69642f6370732e68746d6c3081c70603551d1f0481bf3081bc3081b9a081b6a081b3a481b03081ad310b3009060355040613024a50311f301d060355040a0c165348494b414b552053594e544845544943204a504b4931253023060355040b0c1c4a504b4920666f7220757365722061757468656e7469636174696f6e3141303f060355040b0c3853796e746865746963204167656e637920666f72204c6f63616c20417574686f7269747920496e666f726d6174696f6e2053797374656d733113301106035504030c0a43524c20617574682d31300d06092a864886f70d01010b0500038201010030beb9dc5194cce25f3f4e2e09984cd142fa7ee59d2f9958b41e2a1aed8d76d4f34dafb4468095794eb37a46e7dd9c4a2fdc2b4f4a8a212fae87f15c8db3b2cd2d30714d80a25e42209be91deb15b97d75c03dbb85aceb967e9352576a0b1f268b493f55e9a69d59c26458435073d45967ba486ab4c52f2722aa0aa72b1476a8e806aa2111b09e2b341af167836527478480afa9a82e9bbca06323d9ad0ce77b0d7ca16873850c4018c24db7cc88c2dfbeb2d2af88fdb6add066473fd2c5dfd6d077da11d33726b83564f12583f1fb8fa2ff542963111f66407625e9df829acf6fdbda735f5b4b4b459137d0e0f088aa03706cb36a4bfde9f3f7750671367f46', '\x6ccf4aa10f9f4aef1c33a8fb3cc4ada3f7552af430d8bf139dc72da0745a354482033e916f01190dd9b1c88bdac988493e7e5ffe298d99330509f64ab7025ebe55e5b0fb1474bfd70d6838d75df30d7a3f47845348dec18dd52c707b82adfb53a98e9d49817b623a68acde06097be2bd2b796b21fab02e7ef11165ac84e141996ac390be7cccd88892aff765438c9b0d99b107fbf8e1669980ff5b9cecbbc3edf263c70084026da0dbd2b7118d2f55541d93fb4707e1adceb40f78a7aa412b25b91133697b47e6d731cd3e4eb37d330e76a41ce8ffe08f5a6e1419d4d32ee797c5fb5bef6504c8a5504de27d94d27418b42cf2794f1894f0be3a5b0304e93203', '{"source": "crl", "checked_at": "2026-06-15T00:25:09.346421+00:00", "crl_number": 1, "crl_sha256": "bfeccb8c1df1f220f9b1d99415a8601197145e9fa951446a6b60d41c90e9a5c3", "next_update": "2026-06-16T00:25:09+00:00", "this_update": "2026-06-15T00:25:09+00:00"}');
INSERT INTO public.enrolment OVERRIDING SYSTEM VALUE VALUES
	(1, 2, 1, NULL, '\xce306a040bc6e35533a420548cb1607e', 'one', '試験健康保険組合', '01', '見本', '0001-a9a5b4', '00', '1', '試験　見本0001-a9a5b4', 'シケン ミホン', '2', '1980-05-17', NULL, '架空県見本市0001-a9a5b4', '2024-04-01', NULL, NULL, 'none', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, false, '\xe1e8a30577693b12274359cd7feff8f0'),
	(2, 4, 2, NULL, '\x66d7a8a83eb26100bcd1fbf13a14d9b5', 'one', '試験健康保険組合', '01', '見本', '0002-8e9829', '00', '1', '試験　見本0002-8e9829', 'シケン ミホン', '2', '1951-02-03', NULL, '架空県見本市0002-8e9829', '2024-04-01', NULL, NULL, 'none', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, false, '\xc7c1c13d28281a32e8d78681a679049b'),
	(3, 6, 3, NULL, '\x04b2993a7e463a6d62082a2788ffbf50', 'one', '試験健康保険組合', '01', '見本', '0003-8fea2e', '00', '1', '試験　見本0003-8fea2e', 'シケン ミホン', '2', '1980-05-17', NULL, '架空県見本市0003-8fea2e', '2024-04-01', NULL, NULL, 'none', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, true, false, '\xda476646e0514d223a3810c555342023'),
	(4, 8, 4, 5, '\x844a564464409279deddc899f3c8a234', 'one', '試験健康保険組合', '01', '見本', '0004-c7ba93', '00', '1', '試験　見本0004-c7ba93', 'シケン ミホン', '2', '1980-05-17', NULL, '架空県見本市0004-c7ba93', '2024-04-01', NULL, NULL, 'none', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, false, '\xd050ee60eb137ef686351a1081fc90eb'),
	(5, 8, 5, NULL, NULL, 'other', '試験健康保険組合', '01', '見本', '0004-c7ba93', '00', '1', '試験　見本0004-c7ba93', 'シケン ミホン', '2', '1980-05-17', NULL, '架空県見本市0004-c7ba93', '2024-04-01', NULL, NULL, 'open', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, false, '\xd050ee60eb137ef686351a1081fc90eb'),
	(6, 9, 6, NULL, '\x77534426081dbaf11ac2b9554720c36a', 'one', '試験健康保険組合', '01', '見本', '0005-299353', '00', '1', '試験　見本0005-299353', 'シケン ミホン', '2', '1980-05-17', NULL, '架空県見本市0005-299353', '2024-04-01', NULL, NULL, 'none', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, false, '\x810d35bf09b70c250496e12582328180'),
	(7, 10, 6, NULL, '\xf264972a493c6b8372f024b505c790ef', 'one', '試験健康保険組合', '01', '見本', '0006-b9cd9e', '00', '1', '試験　見本0006-b9cd9e', 'シケン ミホン', '2', '1980-05-17', NULL, '架空県見本市0006-b9cd9e', '2024-04-01', NULL, NULL, 'none', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, false, '\x862756a1b13e4161c3ac7282e4feb186'),
	(8, 11, 6, NULL, '\x66434dc0376ebe76625a49288262f68f', 'one', '試験健康保険組合', '01', '見本', '0007-40fd90', '00', '1', '試験　見本0007-40fd90', 'シケン ミホン', '2', '1980-05-17', NULL, '架空県見本市0007-40fd90', '2024-04-01', NULL, NULL, 'none', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, false, '\x5a37a0734ae8f2ab5fafa224f3c6cd2f');
INSERT INTO public.entitlement OVERRIDING SYSTEM VALUE VALUES
	(2, '019ec8aa-fd7d-77d7-b37a-a905247d1745', '01130012', '見本', '0001a9a5b4', '00', '1980-05-17'),
	(4, '019ec8aa-febb-77bf-8fb8-aa3696955348', '01130012', '見本', '00028e9829', '00', '1951-02-03'),
	(6, '019ec8aa-ff7b-7393-8000-3834f0882a7c', '01130012', '見本', '00038fea2e', '00', '1980-05-17'),
	(8, '019ec8ab-0056-78ff-8994-7c8d81028c52', '01130012', '見本', '0004c7ba93', '00', '1980-05-17'),
	(9, '019ec8ab-09ad-79dd-a7d0-645c7b2c5cea', '01130012', '見本', '0005299353', '00', '1980-05-17'),
	(10, '019ec8ab-09ad-7b2e-b584-7cf80da6b6c1', '01130012', '見本', '0006b9cd9e', '00', '1980-05-17'),
	(11, '019ec8ab-09ad-7b59-8268-7d87023302cd', '01130012', '見本', '000740fd90', '00', '1980-05-17');
INSERT INTO public.facility VALUES
	('1311111114', '試験医院', 'clinic', '2026-06-15 00:25:09.269274+00', NULL),
	('0110113719', '試験医院', 'clinic', '2026-06-15 00:25:13.385964+00', NULL);
INSERT INTO public.health_checkup OVERRIDING SYSTEM VALUE VALUES
	(1, '01130012', '見本', '0001a9a5b4', '00', '1980-05-17', '2025-05-01', '[{"unit": "mmHg", "value": "128", "data_type": "PQ", "item_code": "9A751000000000001", "item_name": "収縮期血圧（1回目）"}]', '89f50abc-05c9-4950-a35a-87e7e5035442', '2026-06-15 00:25:11.971638+00');
INSERT INTO public.idempotency VALUES
	('01130012', 'UJwRs2JiilBJVzIE78-3IQ', '\x8fe94ace7667bed0fcd92ec52bf5eb34ca7362dcec14c7e17e1ae93c86fb2d06', '{"match": "one", "lost_on": null, "acquired_on": "2024-04-01", "enrolment_id": "019ec8aa-fd7d-77d7-b37a-a905247d1745"}', 1, '2026-06-15 00:25:09.775394+00'),
	('01130012', 'hPJwSCl1lhLUa_EyUz7AIQ', '\x3091ce935566671310103d6f943d83344dafa708d7e37bdfe5eed783d3154a12', '{"match": "one", "lost_on": null, "acquired_on": "2024-04-01", "enrolment_id": "019ec8aa-febb-77bf-8fb8-aa3696955348"}', 2, '2026-06-15 00:25:10.086591+00'),
	('01130012', 'fixture-enrol-1', '\xddbfe6ea69ea09254fcae9c7eda328e4a578b6314dde65356eaff0fea3ca1aa0', '{"match": "one", "lost_on": null, "acquired_on": "2024-04-01", "enrolment_id": "019ec8aa-ff7b-7393-8000-3834f0882a7c"}', 3, '2026-06-15 00:25:10.275422+00'),
	('01130012', 'gkrQuV62LH7TZ7ClEAeFPA', '\x8948e856f7828ae3f29de819131ccf47a99df0172ba6d4aac2635e102c052f78', '{"match": "one", "lost_on": null, "acquired_on": "2024-04-01", "enrolment_id": "019ec8ab-0056-78ff-8994-7c8d81028c52"}', 4, '2026-06-15 00:25:10.494487+00'),
	('01130012', 'fixture-split-1', '\x3b039e9d424d1c27e7e964867678c6c0d9080cde24e3771b61893e9cad1b451c', '{"match": "other", "lost_on": null, "seen_by": [{"answers": 1, "last_at": "2026-06-15T00:25:10.911491Z", "institution_code": "1311111114", "institution_name": "試験医院"}], "mismatch": "open", "acquired_on": "2024-04-01", "enrolment_id": "019ec8ab-0056-78ff-8994-7c8d81028c52"}', 5, '2026-06-15 00:25:11.064665+00');
INSERT INTO public.insurer VALUES
	('01130012', '試験健康保険組合'),
	('138057', '試験健康保険組合');
INSERT INTO public.look_up_count VALUES
	('01130012', '2026-06-15', '1', 8),
	('01130012', '2026-06-15', '2', 5);
INSERT INTO public.look_ups_counted VALUES
	(true, '019ec8ab-0bd1-79e3-8d99-7fcfea44fc01');
INSERT INTO public.mismatch_count VALUES
	('01130012', '2026-06-15 00:00:00+00', 1);
INSERT INTO public.number_miss VALUES
	('1311111114', '1e87a214-104a-4c35-8adb-4d7a35a0e3c4', '2026-06-15 00:00:00+00', 1, 1, '2026-06-15 00:25:10.945983+00');
INSERT INTO public.permit VALUES
	('d3e68591-4b9f-40b6-a607-ff5ca69ca2c4', 'pin', '\xce306a040bc6e35533a420548cb1607e', NULL, '1311111114', '26125165-ccfb-4e5b-827f-62788b030fe8', '2', '{medication,surgery}', '2026-06-15 00:25:11.247039+00', NULL, NULL, NULL, '019ec8ab-0357-7069-805f-47a3eba6ddd7'),
	('7bf1f0ec-875f-457b-b0be-1ff3de84db14', 'visual-check', '\x66d7a8a83eb26100bcd1fbf13a14d9b5', NULL, '1311111114', '1e87a214-104a-4c35-8adb-4d7a35a0e3c4', '1', '{medication}', '2026-06-15 00:25:11.408503+00', '2026-06-16 00:25:11.408503+00', '受付　見本', NULL, '019ec8ab-03f7-7982-8f0e-eb49a8a4eb78'),
	('db32c51a-af07-41dc-a38d-3925dd098293', 'pin', '\x66d7a8a83eb26100bcd1fbf13a14d9b5', NULL, '1311111114', '1e87a214-104a-4c35-8adb-4d7a35a0e3c4', '1', '{medication}', '2026-06-15 00:25:11.566123+00', '2026-06-16 00:25:11.566123+00', NULL, NULL, '019ec8ab-048e-7bf2-a310-ea609b8c596c');
INSERT INTO public.permit_end VALUES
	('db32c51a-af07-41dc-a38d-3925dd098293', '2026-06-15 00:25:11.571823+00', '0', '1e87a214-104a-4c35-8adb-4d7a35a0e3c4', '019ec8ab-0499-7ad6-bbf6-4ea6575afa58');
INSERT INTO public.prescription_entry OVERRIDING SYSTEM VALUE VALUES
	(1, 'a16fdd24-a0bc-4f54-a542-429f5388cf85', 'prescription', '\xce306a040bc6e35533a420548cb1607e', NULL, '1311111114', '2026-06-15', NULL, '1311111114', '試験医院', '["試験医院", null, null, [["990000101", "1.5", "21", 14, [], null, "2026-06-15", "006", "架空の用法", null]], [], []]', '2026-06-15 00:25:11.699185+00', '26125165-ccfb-4e5b-827f-62788b030fe8', '見本　医師', '019ec8ab-04fc-7119-85ba-508241bdcd35', 'fixture-prescription-1', '\xd3b99154bfb6a5a3cd32a5d4eb9cdf7fc43ce8b045dc4fb36321100b92cf2940');
INSERT INTO public.receipt OVERRIDING SYSTEM VALUE VALUES
	(1, '019ec8ab-0639-7750-9d63-b6c5f8fe4c8f', '01130012', '見本', '0001a9a5b4', '00', '1980-05-17', 'medical', 'outpatient', '1311111114', '2026-04-01', '2026-05-01', '2026-05-10 15:00:00+00', '\x57802df7dfb325d45376d30ef6d47fad', '["架空診療所",null,null,[["990000101","1","21",28,[[6,28]],null,null,null,null,null]],[["199000112",null,"12",1,[[6,1]]]],[["0000999","架空高血圧症",[],"2024-04-02","1",true]]]'),
	(2, '019ec8ab-0639-7750-9d63-b6c5f8fe4c8f', '01130012', '見本', '0001a9a5b4', '00', '1980-05-17', 'pharmacy', 'pharmacy', '1340100013', '2026-04-01', '2026-05-01', '2026-05-10 15:00:00+00', '\x62b9ae97c9c416ebb180b3cdaf2155a3', '["架空薬局","1311111114","架空診療所",[["990000114","3","21",14,[],"2026-04-06","2026-04-06","006",null,null]],[],[]]'),
	(3, '019ec8ab-0639-7750-9d63-b6c5f8fe4c8f', '01130012', '見本', '00038fea2e', '00', '1980-05-17', 'medical', 'outpatient', '1311111114', '2026-04-01', '2026-05-01', '2026-05-10 15:00:00+00', '\xe170d9305bd22c4ca1b91439c801749a', '["架空診療所",null,null,[["990000101","1","21",28,[[6,28]],null,null,null,null,null]],[["199000112",null,"12",1,[[6,1]]]],[["0000999","架空高血圧症",[],"2024-04-02","1",true]]]');
INSERT INTO public.revision OVERRIDING SYSTEM VALUE VALUES
	(1, '01130012', '89f50abc-05c9-4950-a35a-87e7e5035442', '2026-06-15 00:25:09.806987+00', 'single', NULL),
	(2, '01130012', '89f50abc-05c9-4950-a35a-87e7e5035442', '2026-06-15 00:25:10.123556+00', 'single', NULL),
	(3, '01130012', '89f50abc-05c9-4950-a35a-87e7e5035442', '2026-06-15 00:25:10.302664+00', 'single', NULL),
	(4, '01130012', '89f50abc-05c9-4950-a35a-87e7e5035442', '2026-06-15 00:25:10.5215+00', 'single', NULL),
	(5, '01130012', '89f50abc-05c9-4950-a35a-87e7e5035442', '2026-06-15 00:25:11.091201+00', 'single', NULL),
	(6, '01130012', '89f50abc-05c9-4950-a35a-87e7e5035442', '2026-06-15 00:25:13.981119+00', 'file', NULL),
	(7, '01130012', '89f50abc-05c9-4950-a35a-87e7e5035442', NULL, 'file', NULL);
INSERT INTO public.spent_2026061500 VALUES
	('2026-06-15 00:26:09+00', '\xd3c4db6be4eefada84936517a49395285a5920c6a98699cb6e4a2f5143d53116'),
	('2026-06-15 00:26:09+00', '\xa40ca83ab016971a671f9da17ab861adc15b420a5734002e7bcb9a4078cef976'),
	('2026-06-15 00:26:09.814+00', '\xbbf01646be4cc532aef0e472dc631c23'),
	('2026-06-15 00:26:10.128+00', '\xa1554c0dbfbd82055e994951bcce5e22'),
	('2026-06-15 00:26:10.524+00', '\xd0ab4503a06c2ec3a202b0f78855b1de'),
	('2026-06-15 00:26:10+00', '\x291e623ce4901cec86e4dbc1918351d803202a12c53463c616be6f5d515e344f'),
	('2026-06-15 00:26:10.645+00', '\x85e1273989dbe5f3ebb903f207686403'),
	('2026-06-15 00:26:10.738+00', '\x62afdf548ee37b751d143c78a2967678'),
	('2026-06-15 00:26:10.798+00', '\x3dcfc422f8fccebcf4a8c938d7937614'),
	('2026-06-15 00:26:10.866+00', '\x9f974ada30a7766910515d1edca26f73'),
	('2026-06-15 00:26:11.094+00', '\xbe2b46e93e4f9edc54d3f836b309b4c5'),
	('2026-06-15 00:30:11.164+00', '\x495965a1b749dc1a4d5aea89b2298edc'),
	('2026-06-15 00:26:11.266+00', '\x5acf07bb9eaa54c813062f0450f3fce0'),
	('2026-06-15 00:30:11.336+00', '\xcb103f14e82537b25161992970c575a6'),
	('2026-06-15 00:26:11.423+00', '\xbe51096b08e9141394cffc5fde7a5608'),
	('2026-06-15 00:30:11.498+00', '\x6b1b442a8dc739185fbcd3644e8fb007'),
	('2026-06-15 00:26:13+00', '\x490f60225af1d511661f0b7598511d2d4b429eb478b23a77a180f46927d82b44');
INSERT INTO public.upload VALUES
	('019ec8ab-08ab-7f32-85c1-9f83a7c25ba8', 6, '01130012', '89f50abc-05c9-4950-a35a-87e7e5035442', 'csv', 'auto', 'full', 'pass-over', 'at-once', 'published', '2026-06-15 00:25:12.619966+00', 1, 1264, '\xe797ce4746bedf89c2cafbe0bdc038fa240a96d43c86538e249976f50d2e565b', NULL, '{"new": 3, "rows": 3, "absent": 4, "changed": 0, "bad_rows": 0, "findings": [{"code": "absent", "count": 4, "holds": false, "column": null, "detail": {"share": 1.0}}], "good_rows": 3, "unchanged": 0, "unmatched": 0, "fill_rates": {"branch": 1.0, "symbol": 1.0, "valid_to": 0.0, "disease_1": 0.0, "issued_on": 0.0, "limit_kind": 0.0, "name_alias": 0.0, "valid_from": 0.0, "postal_code": 0.0, "name_alias_kana": 0.0, "sex_on_certificate": 0.0}, "changed_since": 0}', '2026-06-15 00:25:12.658156+00', 3, 0, NULL, NULL, true),
	('019ec8ab-0b60-71da-8930-c5c2a6bf00c6', 7, '01130012', '89f50abc-05c9-4950-a35a-87e7e5035442', 'csv', 'auto', 'full', 'refuse-file', 'at-once', 'received', '2026-06-15 00:25:13.312131+00', 1, 1090, '\x0d6767311ddccef11675911b53d9e7608694b8528a1665b73d01b40cb5355367', NULL, NULL, NULL, 0, 0, NULL, NULL, false);
INSERT INTO public.upload_part VALUES
	('019ec8ab-06e1-7267-bdcb-4df9dd033f6d', 0, '\x49522c312c31332c312c313131313131342c2c89cb8bf3906697c38f8a2c3230323630352c30302c30302d303030302d303030300d0a52452c312c313131382c3230323630342c8e8e8cb181408ca9967b303030322d3865393832392c322c31393531303230332c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c0d0a484f2c30313133303031322c8ca9967b2c303030322d3865393832392c312c3133312c2c2c2c2c2c2c2c2c0d0a534e2c312c30312c30313133303031322c8ca9967b2c303030322d3865393832392c30302c2c0d0a53592c303030303939392c32303234303430322c312c2c89cb8bf38d828c8c88b38fc72c30312c0d0a53492c31322c312c3139393030303131322c2c37352c312c2c2c2c2c2c2c2c2c2c2c2c312c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c0d0a49592c32312c312c3939303030303130312c312c322c32382c2c2c2c2c2c2c2c2c2c2c2c32382c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c0d0a474f2c312c3133312c39390d0a'),
	('019ec8ab-0b60-71da-8930-c5c2a6bf00c6', 0, '\x696e73757265725f6e756d6265722c63657274696669636174655f6b696e642c73796d626f6c2c6e756d6265722c6272616e63682c72656c6174696f6e736869702c696e73757265645f6e616d652c696e73757265645f62697274685f646174652c6e616d652c6e616d655f6b616e612c6e616d655f616c6961732c6e616d655f616c6961735f6b616e612c7365782c7365785f6f6e5f63657274696669636174652c62697274685f646174652c706f7374616c5f636f64652c616464726573732c61637175697265645f6f6e2c6c6f73745f6f6e2c726561736f6e5f6f665f6c6f73732c6973737565645f6f6e2c76616c69645f66726f6d2c76616c69645f746f2c62757264656e5f726174696f2c6e6f6e646973636c6f737572652c73656c665f646973636c6f737572655f626c6f636b65642c656c6465726c795f6973737565645f6f6e2c656c6465726c795f76616c69645f66726f6d2c656c6465726c795f76616c69645f746f2c656c6465726c795f62757264656e5f726174696f2c6c696d69745f6b696e642c6c696d69745f636c6173732c6c696d69745f6973737565645f6f6e2c6c696d69745f76616c69645f66726f6d2c6c696d69745f76616c69645f746f2c6c696d69745f6c6f6e675f7465726d5f6f6e2c646973656173655f312c646973656173655f315f6973737565645f6f6e2c646973656173655f315f76616c69645f66726f6d2c646973656173655f315f76616c69645f746f2c646973656173655f315f73656c665f7061792c646973656173655f322c646973656173655f325f6973737565645f6f6e2c646973656173655f325f76616c69645f66726f6d2c646973656173655f325f76616c69645f746f2c646973656173655f325f73656c665f7061792c646973656173655f332c646973656173655f335f6973737565645f6f6e2c646973656173655f335f76616c69645f66726f6d2c646973656173655f335f76616c69645f746f2c646973656173655f335f73656c665f7061790a30313133303031322c2ce8a68be69cac2c303030382d6463313638382c30302c312c2c2ce8a9a6e9a893e38080e8a68be69cac303030382d6463313638382ce382b7e382b1e383b320e3839fe3839be383b32c2c2c322c2c313938302d30352d31372c2ce69eb6e7a9bae79c8ce8a68be69cace5b882303030382d6463313638382c323032342d30342d30312c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c0a30313133303031322c2ce8a68be69cac2c303030392d3233316338632c30302c312c2c2ce8a9a6e9a893e38080e8a68be69cac303030392d3233316338632ce382b7e382b1e383b320e3839fe3839be383b32c2c2c322c2c313938302d30352d31372c2ce69eb6e7a9bae79c8ce8a68be69cace5b882303030392d3233316338632c323032342d30342d30312c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c0a');
INSERT INTO public.visual_check_count VALUES
	('1e87a214-104a-4c35-8adb-4d7a35a0e3c4', '2026-06-15 00:00:00+00', 1);
SELECT pg_catalog.setval('public.claim_fault_fault_seq', 1, false);
SELECT pg_catalog.setval('public.disaster_disaster_id_seq', 1, false);
SELECT pg_catalog.setval('public.drug_load_load_seq', 1, false);
SELECT pg_catalog.setval('public.enrolment_version_seq', 8, true);
SELECT pg_catalog.setval('public.entitlement_entitlement_seq', 11, true);
SELECT pg_catalog.setval('public.health_checkup_checkup_seq', 1, true);
SELECT pg_catalog.setval('public.medical_ticket_version_seq', 1, false);
SELECT pg_catalog.setval('public.prescription_entry_entry_seq', 1, true);
SELECT pg_catalog.setval('public.receipt_receipt_seq', 3, true);
SELECT pg_catalog.setval('public.revision_revision_seq', 7, true);
SELECT pg_catalog.setval('public.upload_fault_fault_seq', 1, false);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.audit_record
    ADD CONSTRAINT audit_record_pkey PRIMARY KEY (record_id);
ALTER TABLE ONLY public.authority
    ADD CONSTRAINT authority_pkey PRIMARY KEY (authority);
ALTER TABLE ONLY public.batch_check
    ADD CONSTRAINT batch_check_pkey PRIMARY KEY (batch_id);
ALTER TABLE ONLY public.batch_row
    ADD CONSTRAINT batch_row_pkey PRIMARY KEY (batch_id, "row");
ALTER TABLE ONLY public.binding
    ADD CONSTRAINT binding_pkey PRIMARY KEY (authority, serial) INCLUDE (person_key);
ALTER TABLE ONLY public.binding
    ADD CONSTRAINT binding_renewed_authority_renewed_serial_key UNIQUE (renewed_authority, renewed_serial);
ALTER TABLE ONLY public.claim_fault
    ADD CONSTRAINT claim_fault_pkey PRIMARY KEY (fault);
ALTER TABLE ONLY public.claim_file
    ADD CONSTRAINT claim_file_pkey PRIMARY KEY (file_id);
ALTER TABLE ONLY public.client
    ADD CONSTRAINT client_pkey PRIMARY KEY (client_id);
ALTER TABLE ONLY public.consent_evidence
    ADD CONSTRAINT consent_evidence_pkey PRIMARY KEY (permit_id);
ALTER TABLE ONLY public.disaster
    ADD CONSTRAINT disaster_pkey PRIMARY KEY (disaster_id);
ALTER TABLE ONLY public.drug_load
    ADD CONSTRAINT drug_load_pkey PRIMARY KEY (load);
ALTER TABLE ONLY public.drug
    ADD CONSTRAINT drug_pkey PRIMARY KEY (drug_code);
ALTER TABLE ONLY public.enrolment
    ADD CONSTRAINT enrolment_once EXCLUDE USING gist (int8range(entitlement, entitlement, '[]'::text) WITH &&, daterange(acquired_on, lost_on) WITH &&, int8range(opened_by, closed_by) WITH &&);
ALTER TABLE ONLY public.enrolment
    ADD CONSTRAINT enrolment_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.entitlement
    ADD CONSTRAINT entitlement_enrolment_id_key UNIQUE (enrolment_id);
ALTER TABLE ONLY public.entitlement
    ADD CONSTRAINT entitlement_once UNIQUE (insurer_number, number_key, symbol_key, birth_date, branch_key);
ALTER TABLE ONLY public.entitlement
    ADD CONSTRAINT entitlement_pkey PRIMARY KEY (entitlement);
ALTER TABLE ONLY public.facility
    ADD CONSTRAINT facility_pkey PRIMARY KEY (institution_code);
ALTER TABLE ONLY public.health_checkup
    ADD CONSTRAINT health_checkup_pkey PRIMARY KEY (checkup);
ALTER TABLE ONLY public.idempotency
    ADD CONSTRAINT idempotency_pkey PRIMARY KEY (insurer_number, key);
ALTER TABLE ONLY public.insurer
    ADD CONSTRAINT insurer_pkey PRIMARY KEY (insurer_number);
ALTER TABLE ONLY public.look_up_count
    ADD CONSTRAINT look_up_count_pkey PRIMARY KEY (insurer_number, day, outcome);
ALTER TABLE ONLY public.look_ups_counted
    ADD CONSTRAINT look_ups_counted_pkey PRIMARY KEY (only_row);
ALTER TABLE ONLY public.medical_ticket
    ADD CONSTRAINT medical_ticket_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.mismatch_count
    ADD CONSTRAINT mismatch_count_pkey PRIMARY KEY (insurer_number, hour);
ALTER TABLE ONLY public.number_miss
    ADD CONSTRAINT number_miss_pkey PRIMARY KEY (institution_code, client_id);
ALTER TABLE ONLY public.permit_end
    ADD CONSTRAINT permit_end_pkey PRIMARY KEY (permit_id);
ALTER TABLE ONLY public.permit
    ADD CONSTRAINT permit_pkey PRIMARY KEY (permit_id);
ALTER TABLE ONLY public.prescription_entry
    ADD CONSTRAINT prescription_entry_entry_id_key UNIQUE (entry_id);
ALTER TABLE ONLY public.prescription_entry
    ADD CONSTRAINT prescription_entry_institution_code_idempotency_key_key UNIQUE (institution_code, idempotency_key);
ALTER TABLE ONLY public.prescription_entry
    ADD CONSTRAINT prescription_entry_pkey PRIMARY KEY (entry);
ALTER TABLE ONLY public.receipt
    ADD CONSTRAINT receipt_pkey PRIMARY KEY (receipt);
ALTER TABLE ONLY public.reference_number
    ADD CONSTRAINT reference_number_pkey PRIMARY KEY (institution_code, entitlement);
ALTER TABLE ONLY public.revision
    ADD CONSTRAINT revision_pkey PRIMARY KEY (revision);
ALTER TABLE ONLY public.revoked
    ADD CONSTRAINT revoked_pkey PRIMARY KEY (authority, serial);
ALTER TABLE ONLY public.second_factor_miss
    ADD CONSTRAINT second_factor_miss_pkey PRIMARY KEY (institution_code, operator);
ALTER TABLE ONLY public.spent
    ADD CONSTRAINT spent_pkey PRIMARY KEY (expires_at, id);
ALTER TABLE ONLY public.spent_2026061500
    ADD CONSTRAINT spent_2026061500_pkey PRIMARY KEY (expires_at, id);
ALTER TABLE ONLY public.upload_decision
    ADD CONSTRAINT upload_decision_pkey PRIMARY KEY (upload_id, decision);
ALTER TABLE ONLY public.upload_fault
    ADD CONSTRAINT upload_fault_pkey PRIMARY KEY (fault);
ALTER TABLE ONLY public.upload_part
    ADD CONSTRAINT upload_part_pkey PRIMARY KEY (upload_id, part);
ALTER TABLE ONLY public.upload
    ADD CONSTRAINT upload_pkey PRIMARY KEY (upload_id);
ALTER TABLE ONLY public.upload
    ADD CONSTRAINT upload_revision_key UNIQUE (revision);
ALTER TABLE ONLY public.upload
    ADD CONSTRAINT upload_undo_revision_key UNIQUE (undo_revision);
ALTER TABLE ONLY public.visual_check_count
    ADD CONSTRAINT visual_check_count_pkey PRIMARY KEY (client_id, hour);
CREATE INDEX audit_of_person ON public.audit_record USING btree (person_key, recorded_at) WHERE (person_key IS NOT NULL);
CREATE INDEX audit_of_unlinked ON public.audit_record USING gin (enrolments) WHERE ((person_key IS NULL) AND (kind ~~ 'eligibility.%'::text) AND (outcome = 'answered'::text));
CREATE INDEX batch_kept_until ON public.batch_check USING btree (kept_until);
CREATE INDEX batch_of_facility ON public.batch_check USING btree (institution_code, accepted_at);
CREATE INDEX batch_open ON public.batch_check USING btree (worked_at) WHERE (answered < rows);
CREATE INDEX binding_of_person ON public.binding USING btree (person_key);
CREATE INDEX claim_fault_of ON public.claim_fault USING btree (file_id, fault);
CREATE INDEX claim_file_at_work ON public.claim_file USING btree (received_at) WHERE (NOT swept);
CREATE INDEX claim_file_of_insurer ON public.claim_file USING btree (insurer_number, sha256);
CREATE INDEX enrolment_closed_by ON public.enrolment USING btree (closed_by, version) WHERE (closed_by IS NOT NULL);
CREATE INDEX enrolment_mismatch ON public.enrolment USING btree (opened_by) WHERE (mismatch = 'open'::text);
CREATE INDEX enrolment_of_entitlement ON public.enrolment USING btree (entitlement);
CREATE INDEX enrolment_of_person ON public.enrolment USING btree (person_key) WHERE (person_key IS NOT NULL);
CREATE INDEX enrolment_opened_by ON public.enrolment USING btree (opened_by, version);
CREATE INDEX entitlement_born_on ON public.entitlement USING btree (birth_date);
CREATE INDEX entitlement_of_insurer ON public.entitlement USING btree (insurer_number, entitlement);
CREATE UNIQUE INDEX facility_operator_once ON public.facility_operator USING btree (institution_code, operator) WHERE (ended_at IS NULL);
CREATE INDEX health_checkup_of_member ON public.health_checkup USING btree (insurer_number, number_key, symbol_key, birth_date);
CREATE INDEX idempotency_made_at ON public.idempotency USING btree (made_at);
CREATE INDEX permit_of_person ON public.permit USING btree (person_key, given_at);
CREATE INDEX prescription_entry_of_person ON public.prescription_entry USING btree (person_key, known_from);
CREATE INDEX receipt_of_member ON public.receipt USING btree (insurer_number, number_key, symbol_key, birth_date, treatment_month);
CREATE INDEX revision_of_insurer ON public.revision USING btree (insurer_number, published_at, revision);
CREATE INDEX ticket_of_month ON public.medical_ticket USING btree (entitlement, month, institution_code);
CREATE UNIQUE INDEX ticket_once ON public.medical_ticket USING btree (entitlement, month, institution_code, ticket_type, treatment) WHERE (closed_by IS NULL);
CREATE INDEX upload_at_work ON public.upload USING btree (revision) WHERE ((NOT swept) OR (state = 'undoing'::text));
CREATE INDEX upload_fault_of ON public.upload_fault USING btree (upload_id, fault);
CREATE INDEX upload_of_insurer ON public.upload USING btree (insurer_number, sha256);
ALTER INDEX public.spent_pkey ATTACH PARTITION public.spent_2026061500_pkey;
CREATE TRIGGER enrolment_closes_once BEFORE UPDATE ON public.enrolment FOR EACH ROW EXECUTE FUNCTION public.enrolment_closes_once();
CREATE TRIGGER revision_shows_once BEFORE UPDATE ON public.revision FOR EACH ROW WHEN (((old.published_at IS NOT NULL) AND (CURRENT_USER = ANY (ARRAY['api'::name, 'batch'::name])))) EXECUTE FUNCTION public.revision_shows_once();
CREATE TRIGGER ticket_closes_once BEFORE UPDATE ON public.medical_ticket FOR EACH ROW EXECUTE FUNCTION public.enrolment_closes_once();
ALTER TABLE ONLY public.batch_check
    ADD CONSTRAINT batch_check_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.client(client_id);
ALTER TABLE ONLY public.batch_check
    ADD CONSTRAINT batch_check_institution_code_fkey FOREIGN KEY (institution_code) REFERENCES public.facility(institution_code);
ALTER TABLE ONLY public.batch_row
    ADD CONSTRAINT batch_row_batch_id_fkey FOREIGN KEY (batch_id) REFERENCES public.batch_check(batch_id) ON DELETE CASCADE;
ALTER TABLE ONLY public.binding
    ADD CONSTRAINT binding_renewed_authority_renewed_serial_fkey FOREIGN KEY (renewed_authority, renewed_serial) REFERENCES public.binding(authority, serial);
ALTER TABLE ONLY public.claim_fault
    ADD CONSTRAINT claim_fault_file_id_fkey FOREIGN KEY (file_id) REFERENCES public.claim_file(file_id);
ALTER TABLE ONLY public.claim_file
    ADD CONSTRAINT claim_file_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.client(client_id);
ALTER TABLE ONLY public.claim_file
    ADD CONSTRAINT claim_file_insurer_number_fkey FOREIGN KEY (insurer_number) REFERENCES public.insurer(insurer_number);
ALTER TABLE ONLY public.client
    ADD CONSTRAINT client_institution_code_fkey FOREIGN KEY (institution_code) REFERENCES public.facility(institution_code);
ALTER TABLE ONLY public.client
    ADD CONSTRAINT client_insurer_number_fkey FOREIGN KEY (insurer_number) REFERENCES public.insurer(insurer_number);
ALTER TABLE ONLY public.consent_evidence
    ADD CONSTRAINT consent_evidence_permit_id_fkey FOREIGN KEY (permit_id) REFERENCES public.permit(permit_id);
ALTER TABLE ONLY public.drug
    ADD CONSTRAINT drug_load_fkey FOREIGN KEY (load) REFERENCES public.drug_load(load);
ALTER TABLE ONLY public.enrolment
    ADD CONSTRAINT enrolment_closed_by_fkey FOREIGN KEY (closed_by) REFERENCES public.revision(revision);
ALTER TABLE ONLY public.enrolment
    ADD CONSTRAINT enrolment_entitlement_fkey FOREIGN KEY (entitlement) REFERENCES public.entitlement(entitlement);
ALTER TABLE ONLY public.enrolment
    ADD CONSTRAINT enrolment_opened_by_fkey FOREIGN KEY (opened_by) REFERENCES public.revision(revision);
ALTER TABLE ONLY public.entitlement
    ADD CONSTRAINT entitlement_insurer_number_fkey FOREIGN KEY (insurer_number) REFERENCES public.insurer(insurer_number);
ALTER TABLE ONLY public.facility_operator
    ADD CONSTRAINT facility_operator_institution_code_fkey FOREIGN KEY (institution_code) REFERENCES public.facility(institution_code);
ALTER TABLE ONLY public.health_checkup
    ADD CONSTRAINT health_checkup_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.client(client_id);
ALTER TABLE ONLY public.health_checkup
    ADD CONSTRAINT health_checkup_insurer_number_fkey FOREIGN KEY (insurer_number) REFERENCES public.insurer(insurer_number);
ALTER TABLE ONLY public.idempotency
    ADD CONSTRAINT idempotency_insurer_number_fkey FOREIGN KEY (insurer_number) REFERENCES public.insurer(insurer_number);
ALTER TABLE ONLY public.idempotency
    ADD CONSTRAINT idempotency_revision_fkey FOREIGN KEY (revision) REFERENCES public.revision(revision);
ALTER TABLE ONLY public.look_up_count
    ADD CONSTRAINT look_up_count_insurer_number_fkey FOREIGN KEY (insurer_number) REFERENCES public.insurer(insurer_number);
ALTER TABLE ONLY public.medical_ticket
    ADD CONSTRAINT medical_ticket_closed_by_fkey FOREIGN KEY (closed_by) REFERENCES public.revision(revision);
ALTER TABLE ONLY public.medical_ticket
    ADD CONSTRAINT medical_ticket_entitlement_fkey FOREIGN KEY (entitlement) REFERENCES public.entitlement(entitlement);
ALTER TABLE ONLY public.medical_ticket
    ADD CONSTRAINT medical_ticket_opened_by_fkey FOREIGN KEY (opened_by) REFERENCES public.revision(revision);
ALTER TABLE ONLY public.mismatch_count
    ADD CONSTRAINT mismatch_count_insurer_number_fkey FOREIGN KEY (insurer_number) REFERENCES public.insurer(insurer_number);
ALTER TABLE ONLY public.number_miss
    ADD CONSTRAINT number_miss_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.client(client_id);
ALTER TABLE ONLY public.number_miss
    ADD CONSTRAINT number_miss_institution_code_fkey FOREIGN KEY (institution_code) REFERENCES public.facility(institution_code);
ALTER TABLE ONLY public.permit
    ADD CONSTRAINT permit_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.client(client_id);
ALTER TABLE ONLY public.permit_end
    ADD CONSTRAINT permit_end_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.client(client_id);
ALTER TABLE ONLY public.permit_end
    ADD CONSTRAINT permit_end_permit_id_fkey FOREIGN KEY (permit_id) REFERENCES public.permit(permit_id);
ALTER TABLE ONLY public.permit
    ADD CONSTRAINT permit_institution_code_fkey FOREIGN KEY (institution_code) REFERENCES public.facility(institution_code);
ALTER TABLE ONLY public.prescription_entry
    ADD CONSTRAINT prescription_entry_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.client(client_id);
ALTER TABLE ONLY public.prescription_entry
    ADD CONSTRAINT prescription_entry_institution_code_fkey FOREIGN KEY (institution_code) REFERENCES public.facility(institution_code);
ALTER TABLE ONLY public.reference_number
    ADD CONSTRAINT reference_number_entitlement_fkey FOREIGN KEY (entitlement) REFERENCES public.entitlement(entitlement);
ALTER TABLE ONLY public.reference_number
    ADD CONSTRAINT reference_number_institution_code_fkey FOREIGN KEY (institution_code) REFERENCES public.facility(institution_code);
ALTER TABLE ONLY public.revision
    ADD CONSTRAINT revision_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.client(client_id);
ALTER TABLE ONLY public.revision
    ADD CONSTRAINT revision_insurer_number_fkey FOREIGN KEY (insurer_number) REFERENCES public.insurer(insurer_number);
ALTER TABLE ONLY public.revision
    ADD CONSTRAINT revision_undoes_fkey FOREIGN KEY (undoes) REFERENCES public.revision(revision);
ALTER TABLE ONLY public.revoked
    ADD CONSTRAINT revoked_authority_fkey FOREIGN KEY (authority) REFERENCES public.authority(authority);
ALTER TABLE ONLY public.second_factor_miss
    ADD CONSTRAINT second_factor_miss_institution_code_fkey FOREIGN KEY (institution_code) REFERENCES public.facility(institution_code);
ALTER TABLE ONLY public.upload
    ADD CONSTRAINT upload_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.client(client_id);
ALTER TABLE ONLY public.upload_decision
    ADD CONSTRAINT upload_decision_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.client(client_id);
ALTER TABLE ONLY public.upload_decision
    ADD CONSTRAINT upload_decision_upload_id_fkey FOREIGN KEY (upload_id) REFERENCES public.upload(upload_id);
ALTER TABLE ONLY public.upload_fault
    ADD CONSTRAINT upload_fault_upload_id_fkey FOREIGN KEY (upload_id) REFERENCES public.upload(upload_id);
ALTER TABLE ONLY public.upload
    ADD CONSTRAINT upload_insurer_number_fkey FOREIGN KEY (insurer_number) REFERENCES public.insurer(insurer_number);
ALTER TABLE ONLY public.upload
    ADD CONSTRAINT upload_revision_fkey FOREIGN KEY (revision) REFERENCES public.revision(revision);
ALTER TABLE ONLY public.upload
    ADD CONSTRAINT upload_undo_revision_fkey FOREIGN KEY (undo_revision) REFERENCES public.revision(revision);
ALTER TABLE ONLY public.visual_check_count
    ADD CONSTRAINT visual_check_count_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.client(client_id);
REVOKE USAGE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO shikaku_api;
GRANT USAGE ON SCHEMA public TO shikaku_jobs;
GRANT USAGE ON SCHEMA public TO shikaku_auditor;
GRANT ALL ON SCHEMA staging TO shikaku_jobs;
REVOKE ALL ON FUNCTION public.answer_record(id uuid, facility text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.answer_record(id uuid, facility text) TO shikaku_api;
REVOKE ALL ON FUNCTION public.facility_asked(facility text, person bytea, until timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.facility_asked(facility text, person bytea, until timestamp with time zone) TO shikaku_api;
REVOKE ALL ON FUNCTION public.identified_by(id uuid, facility text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.identified_by(id uuid, facility text) TO shikaku_api;
REVOKE ALL ON FUNCTION public.look_ups_after(after uuid, settled interval, most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.look_ups_after(after uuid, settled interval, most integer) TO shikaku_jobs;
REVOKE ALL ON FUNCTION public.maintain_spent() FROM PUBLIC;
GRANT ALL ON FUNCTION public.maintain_spent() TO shikaku_jobs;
REVOKE ALL ON FUNCTION public.seen_by(versions bigint[], revisions bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.seen_by(versions bigint[], revisions bigint[]) TO shikaku_api;
GRANT ALL ON FUNCTION public.seen_by(versions bigint[], revisions bigint[]) TO shikaku_jobs;
GRANT SELECT ON TABLE public.alembic_version TO shikaku_api;
GRANT SELECT ON TABLE public.alembic_version TO shikaku_jobs;
GRANT SELECT ON TABLE public.alembic_version TO shikaku_auditor;
GRANT INSERT ON TABLE public.audit_record TO shikaku_api;
GRANT SELECT ON TABLE public.audit_record TO shikaku_auditor;
GRANT INSERT ON TABLE public.audit_record TO shikaku_jobs;
GRANT SELECT(record_id) ON TABLE public.audit_record TO shikaku_api;
GRANT SELECT(record_id) ON TABLE public.audit_record TO shikaku_jobs;
GRANT SELECT(recorded_at) ON TABLE public.audit_record TO shikaku_api;
GRANT SELECT(outcome) ON TABLE public.audit_record TO shikaku_api;
GRANT SELECT ON TABLE public.authority TO shikaku_api;
GRANT SELECT,INSERT,UPDATE ON TABLE public.authority TO shikaku_jobs;
GRANT SELECT,INSERT ON TABLE public.batch_check TO shikaku_api;
GRANT SELECT,DELETE ON TABLE public.batch_check TO shikaku_jobs;
GRANT UPDATE(answered) ON TABLE public.batch_check TO shikaku_jobs;
GRANT UPDATE(misses) ON TABLE public.batch_check TO shikaku_jobs;
GRANT UPDATE(misses_in_a_row) ON TABLE public.batch_check TO shikaku_jobs;
GRANT UPDATE(worked_at) ON TABLE public.batch_check TO shikaku_jobs;
GRANT SELECT,INSERT ON TABLE public.batch_row TO shikaku_api;
GRANT SELECT ON TABLE public.batch_row TO shikaku_jobs;
GRANT UPDATE(asked) ON TABLE public.batch_row TO shikaku_jobs;
GRANT UPDATE(result) ON TABLE public.batch_row TO shikaku_jobs;
GRANT SELECT,INSERT ON TABLE public.binding TO shikaku_api;
GRANT SELECT ON TABLE public.binding TO shikaku_jobs;
GRANT SELECT ON TABLE public.claim_fault TO shikaku_api;
GRANT SELECT,INSERT,DELETE ON TABLE public.claim_fault TO shikaku_jobs;
GRANT SELECT,INSERT ON TABLE public.claim_file TO shikaku_api;
GRANT SELECT,UPDATE ON TABLE public.claim_file TO shikaku_jobs;
GRANT UPDATE(state) ON TABLE public.claim_file TO shikaku_api;
GRANT UPDATE(parts) ON TABLE public.claim_file TO shikaku_api;
GRANT UPDATE(size) ON TABLE public.claim_file TO shikaku_api;
GRANT UPDATE(sha256) ON TABLE public.claim_file TO shikaku_api;
GRANT SELECT ON TABLE public.client TO shikaku_api;
GRANT SELECT ON TABLE public.client TO shikaku_auditor;
GRANT SELECT ON TABLE public.client TO shikaku_jobs;
GRANT INSERT ON TABLE public.consent_evidence TO shikaku_api;
GRANT SELECT ON TABLE public.consent_evidence TO shikaku_auditor;
GRANT SELECT ON TABLE public.disaster TO shikaku_api;
GRANT SELECT ON TABLE public.disaster TO shikaku_auditor;
GRANT SELECT ON TABLE public.drug TO shikaku_api;
GRANT SELECT ON TABLE public.drug_load TO shikaku_api;
GRANT SELECT,INSERT ON TABLE public.enrolment TO shikaku_api;
GRANT SELECT ON TABLE public.enrolment TO shikaku_auditor;
GRANT SELECT,INSERT,MAINTAIN ON TABLE public.enrolment TO shikaku_jobs;
GRANT UPDATE(closed_by) ON TABLE public.enrolment TO shikaku_api;
GRANT UPDATE(closed_by) ON TABLE public.enrolment TO shikaku_jobs;
GRANT SELECT,INSERT ON TABLE public.entitlement TO shikaku_api;
GRANT SELECT ON TABLE public.entitlement TO shikaku_auditor;
GRANT SELECT,INSERT,MAINTAIN ON TABLE public.entitlement TO shikaku_jobs;
GRANT SELECT ON TABLE public.facility TO shikaku_api;
GRANT SELECT ON TABLE public.facility TO shikaku_auditor;
GRANT SELECT ON TABLE public.facility TO shikaku_jobs;
GRANT SELECT ON TABLE public.facility_operator TO shikaku_api;
GRANT SELECT,INSERT ON TABLE public.health_checkup TO shikaku_api;
GRANT SELECT,INSERT ON TABLE public.idempotency TO shikaku_api;
GRANT SELECT,DELETE ON TABLE public.idempotency TO shikaku_jobs;
GRANT SELECT ON TABLE public.insurer TO shikaku_api;
GRANT SELECT ON TABLE public.insurer TO shikaku_auditor;
GRANT SELECT ON TABLE public.insurer TO shikaku_jobs;
GRANT SELECT ON TABLE public.look_up_count TO shikaku_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.look_up_count TO shikaku_jobs;
GRANT SELECT,UPDATE ON TABLE public.look_ups_counted TO shikaku_jobs;
GRANT SELECT,INSERT ON TABLE public.medical_ticket TO shikaku_api;
GRANT SELECT ON TABLE public.medical_ticket TO shikaku_auditor;
GRANT SELECT ON TABLE public.medical_ticket TO shikaku_jobs;
GRANT UPDATE(closed_by) ON TABLE public.medical_ticket TO shikaku_api;
GRANT SELECT,INSERT ON TABLE public.mismatch_count TO shikaku_api;
GRANT SELECT,DELETE ON TABLE public.mismatch_count TO shikaku_jobs;
GRANT UPDATE(mismatches) ON TABLE public.mismatch_count TO shikaku_api;
GRANT SELECT,INSERT ON TABLE public.number_miss TO shikaku_api;
GRANT SELECT,DELETE ON TABLE public.number_miss TO shikaku_jobs;
GRANT UPDATE(hour) ON TABLE public.number_miss TO shikaku_api;
GRANT UPDATE(misses) ON TABLE public.number_miss TO shikaku_api;
GRANT UPDATE(run) ON TABLE public.number_miss TO shikaku_api;
GRANT UPDATE(missed_at) ON TABLE public.number_miss TO shikaku_api;
GRANT SELECT,INSERT ON TABLE public.permit TO shikaku_api;
GRANT SELECT ON TABLE public.permit TO shikaku_auditor;
GRANT SELECT,INSERT ON TABLE public.permit_end TO shikaku_api;
GRANT SELECT ON TABLE public.permit_end TO shikaku_auditor;
GRANT SELECT,INSERT ON TABLE public.prescription_entry TO shikaku_api;
GRANT SELECT ON TABLE public.receipt TO shikaku_api;
GRANT SELECT,INSERT ON TABLE public.receipt TO shikaku_jobs;
GRANT SELECT ON SEQUENCE public.receipt_receipt_seq TO shikaku_jobs;
GRANT SELECT,INSERT ON TABLE public.reference_number TO shikaku_api;
GRANT UPDATE(reference_number) ON TABLE public.reference_number TO shikaku_api;
GRANT UPDATE(registered_at) ON TABLE public.reference_number TO shikaku_api;
GRANT SELECT ON TABLE public.revision TO shikaku_api;
GRANT SELECT ON TABLE public.revision TO shikaku_auditor;
GRANT SELECT ON TABLE public.revision TO shikaku_jobs;
GRANT INSERT(insurer_number) ON TABLE public.revision TO shikaku_api;
GRANT INSERT(client_id) ON TABLE public.revision TO shikaku_api;
GRANT UPDATE(published_at) ON TABLE public.revision TO shikaku_api;
GRANT UPDATE(published_at) ON TABLE public.revision TO shikaku_jobs;
GRANT INSERT(kind) ON TABLE public.revision TO shikaku_api;
GRANT INSERT(undoes) ON TABLE public.revision TO shikaku_api;
GRANT SELECT ON TABLE public.revoked TO shikaku_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.revoked TO shikaku_jobs;
GRANT SELECT,INSERT ON TABLE public.second_factor_miss TO shikaku_api;
GRANT SELECT,DELETE ON TABLE public.second_factor_miss TO shikaku_jobs;
GRANT UPDATE(hour) ON TABLE public.second_factor_miss TO shikaku_api;
GRANT UPDATE(misses) ON TABLE public.second_factor_miss TO shikaku_api;
GRANT SELECT,INSERT ON TABLE public.spent TO shikaku_api;
GRANT SELECT,INSERT ON TABLE public.upload TO shikaku_api;
GRANT SELECT,UPDATE ON TABLE public.upload TO shikaku_jobs;
GRANT SELECT ON TABLE public.upload TO shikaku_auditor;
GRANT UPDATE(state) ON TABLE public.upload TO shikaku_api;
GRANT UPDATE(parts) ON TABLE public.upload TO shikaku_api;
GRANT UPDATE(size) ON TABLE public.upload TO shikaku_api;
GRANT UPDATE(sha256) ON TABLE public.upload TO shikaku_api;
GRANT UPDATE(prepared) ON TABLE public.upload TO shikaku_api;
GRANT UPDATE(left_alone) ON TABLE public.upload TO shikaku_api;
GRANT UPDATE(undo_revision) ON TABLE public.upload TO shikaku_api;
GRANT SELECT,INSERT ON TABLE public.upload_decision TO shikaku_api;
GRANT SELECT ON TABLE public.upload_decision TO shikaku_jobs;
GRANT SELECT ON TABLE public.upload_decision TO shikaku_auditor;
GRANT SELECT ON TABLE public.upload_fault TO shikaku_api;
GRANT SELECT,INSERT,DELETE ON TABLE public.upload_fault TO shikaku_jobs;
GRANT INSERT ON TABLE public.upload_part TO shikaku_api;
GRANT SELECT,DELETE ON TABLE public.upload_part TO shikaku_jobs;
GRANT SELECT,INSERT,UPDATE ON TABLE public.visual_check_count TO shikaku_api;
GRANT SELECT,DELETE ON TABLE public.visual_check_count TO shikaku_jobs;
