"""Fold the keys of memberships anew, and record which version of the reader read a claim file.

Rule R1 since rule version 3: the case of Latin letters and characters without width do not matter. A membership
whose new key another one of its insurer has keeps its key: the two are joined by `eligibility-api insurer join`.
"""

from alembic import op

from eligibility_api.database.migrations.script import statements

revision = "0020"
down_revision = "0019"

# `membership_key` as of this revision, for keys that were folded before it. A long-vowel mark between digits counts as a
# hyphen; removal can join a letter and a combining mark.
FOLDING = """
CREATE FUNCTION fold_key_0020(key text) RETURNS text LANGUAGE sql IMMUTABLE STRICT SET search_path = public, pg_temp AS $$
    SELECT normalize(regexp_replace(
        regexp_replace(upper(key COLLATE "C"), '[\\u180e\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\ufeff]', '', 'g'),
        '(?<=[0-9])\\u30fc+(?=[0-9])', '', 'g'), NFKC)
$$;
"""

_CHANGED = "(symbol_key <> fold_key_0020(symbol_key) OR number_key <> fold_key_0020(number_key))"

ENTITLEMENTS = f"""
UPDATE entitlement t SET symbol_key = fold_key_0020(symbol_key), number_key = fold_key_0020(number_key)
FROM (
    SELECT min(entitlement) AS entitlement
    FROM entitlement
    WHERE {_CHANGED}
    GROUP BY insurer_number, fold_key_0020(number_key), fold_key_0020(symbol_key), birth_date, branch_key
) first
WHERE t.entitlement = first.entitlement AND NOT EXISTS (
    SELECT FROM entitlement k
    WHERE k.insurer_number = t.insurer_number AND k.number_key = fold_key_0020(t.number_key)
      AND k.symbol_key = fold_key_0020(t.symbol_key) AND k.birth_date = t.birth_date AND k.branch_key = t.branch_key
);
"""  # noqa: S608 - a condition of ours

# Claims and check-ups name members by the same keys. A claim's identity stays: the same file, sent again, replaces it.
CLAIMS = "".join(
    f"UPDATE {table} SET symbol_key = fold_key_0020(symbol_key), number_key = fold_key_0020(number_key) WHERE {_CHANGED};\n"  # noqa: S608 - tables of ours
    for table in ("claim", "health_checkup")
)

READERS = """
DROP FUNCTION fold_key_0020(text);

ALTER TABLE claim_file ADD reader_version smallint NOT NULL DEFAULT 1;
GRANT UPDATE (reader_version) ON claim_file TO shikaku_jobs;
"""


def upgrade() -> None:
    """Update the keys, and add the column with its right."""
    for part in (FOLDING, ENTITLEMENTS, CLAIMS, READERS):
        for statement in statements(part):
            op.execute(statement)
