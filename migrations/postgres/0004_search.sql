-- What the search index and the filters by address are made of. The indexes themselves are put onto the table of the log
-- apart from this.

-- What everybody reads, and what errors hold, apart: a viewer's search must not be able to tell what errors hold. In lower
-- case as Unicode has it, whatever the database's locale. No term holds a line break, so none spans two fields.
CREATE FUNCTION daybook.open_words(area text, description text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN lower((coalesce(area, '') || E'\n' || coalesce(description, '')) COLLATE "und-x-icu");
END
$$;

CREATE FUNCTION daybook.error_words(error_message text, error_detail text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    IF error_message IS NULL AND error_detail IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN lower((coalesce(error_message, '') || E'\n' || coalesce(error_detail, '')) COLLATE "und-x-icu");
END
$$;

-- A value of an enumeration as text. PostgreSQL does not call that immutable, since a value may be renamed; whoever does
-- that makes Daybook's indexes of the column anew (REINDEX).
CREATE FUNCTION daybook.label(value anyenum) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN value::text;
END
$$;

-- The first address in a recorded text, as 16 bytes, IPv4 as IPv6 has it: what filters by address compare. It never fails,
-- whatever a proxy wrote. It calls nothing of this schema: whoever writes entries runs it and has no rights here.
-- Its cost is told as it is, or a planner would rather run it on a thousand rows than walk the index that has it.
CREATE FUNCTION daybook.ip(recorded text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 2000 AS $$
DECLARE
    v4 constant text := '((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\.){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])';
    word text;
    bare text;
    groups text;
BEGIN
    -- Nearly all are this.
    IF recorded ~ ('^' || v4 || '$') THEN
        RETURN '\x00000000000000000000ffff'::bytea || substring(inet_send(recorded::inet) FROM 5);
    END IF;
    FOREACH word IN ARRAY regexp_split_to_array(recorded, E'[ \t\n\r,;="''()<>{}|]+') LOOP
        bare := word;
        IF bare ~ '^\[[^]]*\](:[0-9]{1,5})?$' THEN
            bare := substring(bare FROM '^\[([^]]*)\]');
        ELSIF bare ~ ('^' || v4 || ':[0-9]{1,5}$') THEN
            bare := split_part(bare, ':', 1);
        END IF;
        IF bare ~ ('^' || v4 || '$') THEN
            RETURN '\x00000000000000000000ffff'::bytea || substring(inet_send(bare::inet) FROM 5);
        END IF;
        CONTINUE WHEN bare !~ ':';
        bare := regexp_replace(bare, '%[A-Za-z0-9._~-]+$', '');
        -- A dotted tail stands for two groups, and `::` for one at the least.
        groups := regexp_replace(bare, ':' || v4 || '$', ':0:0');
        IF groups ~* '^[0-9a-f]{1,4}(:[0-9a-f]{1,4}){7}$'
            OR (groups ~* '^([0-9a-f]{1,4}(:[0-9a-f]{1,4})*)?::([0-9a-f]{1,4}(:[0-9a-f]{1,4})*)?$'
                AND length(replace(regexp_replace(groups, '[0-9A-Fa-f]+', 'x', 'g'), ':', '')) <= 7) THEN
            RETURN substring(inet_send(bare::inet) FROM 5);
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;

-- Whoever writes entries calls what the indexes are made of, also where new functions are kept from everybody.
GRANT EXECUTE ON FUNCTION daybook.open_words(text, text), daybook.error_words(text, text), daybook.label(anyenum),
    daybook.ip(text) TO PUBLIC;
