-- Beside the slots of other districts, guardians are one person, and several, as alone.
\set slots 1
\ir rule_merge_hand.sql
