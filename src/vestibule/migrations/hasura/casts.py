"""Functions that make of our values what a column of Nhost's tables holds, or null where it cannot hold them."""

from typing import Final

_PATH: Final = "pg_catalog, pg_temp"

# Not safe in parallel queries: up to PostgreSQL 16 no worker may begin the subtransaction of an EXCEPTION.
AS_JSONB: Final = f"""
CREATE OR REPLACE FUNCTION @own@.vestibule_jsonb(value json) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = {_PATH} AS $$
BEGIN
    RETURN value::jsonb;
EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
    RETURN NULL;
END $$
"""

AS_ADDRESS: Final = f"""
CREATE OR REPLACE FUNCTION @own@.vestibule_mirror_address(value text) RETURNS text
LANGUAGE plpgsql STABLE STRICT SET search_path = {_PATH} AS $$
BEGIN
    RETURN (value::@email@)::text;
EXCEPTION WHEN check_violation OR data_exception THEN
    RETURN NULL;
END $$
"""
