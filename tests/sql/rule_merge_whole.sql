-- Guardians that are one person, and several again, as seen by runs over the whole district.
\set whole 1
\ir rule_merge.sql
