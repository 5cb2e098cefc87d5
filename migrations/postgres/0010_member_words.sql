-- What the index of names and e-mails is made of; the index itself is put onto the table of members apart from this. In lower
-- case as Unicode has it, whatever the database's locale.
CREATE FUNCTION daybook.lowered(value text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN lower(value COLLATE "und-x-icu");
END
$$;

-- Whoever writes members calls it, also where new functions are kept from everybody.
GRANT EXECUTE ON FUNCTION daybook.lowered(text) TO PUBLIC;
