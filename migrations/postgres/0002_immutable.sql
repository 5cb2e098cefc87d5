-- Once written, an entry never changes and is never deleted. The triggers that call these are put onto the table of the
-- log apart from this, since whose table it is decides whether they may be.

-- The one change let through: a reference becomes null because what it pointed to is gone. What it points to the table
-- itself says, or its two neighbours are taken; where nothing says, nothing is gone. A trigger of the application that
-- writes into a column of its own then goes by, and what the server computes is not compared, as it comes after this.
-- Values are compared by their bytes: JSON knows no equality.
CREATE FUNCTION daybook.keep_entry() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    reference record;
    nulled boolean;
    gone name[] := '{}';
    kept text[];
    was record;
    becomes record;
BEGIN
    IF NEW *= OLD THEN
        RETURN NEW;
    END IF;
    FOR reference IN
        SELECT a.attname AS name, t.oid::regclass AS target, k.attname AS key
        FROM (VALUES ('member_id', 'members'), ('booking_id', 'bookings')) AS model (name, neighbour)
        JOIN pg_attribute AS a ON a.attrelid = TG_RELID AND a.attname = model.name AND NOT a.attisdropped
        LEFT JOIN pg_constraint AS f ON f.conrelid = TG_RELID AND f.contype = 'f' AND f.conkey = ARRAY[a.attnum]
        JOIN pg_class AS t
            ON t.oid = coalesce(f.confrelid, to_regclass(format('%I.%I', TG_TABLE_SCHEMA, model.neighbour)))
        JOIN pg_attribute AS k ON k.attrelid = t.oid AND NOT k.attisdropped 
            AND CASE WHEN f.oid IS NULL THEN k.attname = 'id' AND k.atttypid = a.atttypid ELSE k.attnum = f.confkey[1] END
    LOOP
        EXECUTE format('SELECT ($1).%1$I IS NULL AND ($2).%1$I IS NOT NULL', reference.name) INTO nulled USING NEW, OLD;
        IF nulled THEN
            EXECUTE format('SELECT NOT EXISTS (SELECT 1 FROM %s WHERE %I = ($1).%I)',
                reference.target, reference.key, reference.name) INTO nulled USING OLD;
        END IF;
        IF nulled THEN
            gone := gone || reference.name;
        END IF;
    END LOOP;
    IF gone <> '{}' THEN
        SELECT array_agg(format('.%I', a.attname)) INTO kept FROM pg_attribute AS a
        WHERE a.attrelid = TG_RELID AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
            AND a.attname <> ALL (gone) AND a.attname = ANY (ARRAY['id', 'timestamp', 'member_id', 'member_email',
                'action_type', 'area', 'description', 'status', 'booking_id', 'error_message', 'error_detail',
                'ip_address', 'user_agent', 'extra']::name[]);
        EXECUTE 'SELECT ($1)' || array_to_string(kept, ', ($1)') INTO was USING OLD;
        EXECUTE 'SELECT ($1)' || array_to_string(kept, ', ($1)') INTO becomes USING NEW;
        IF was *= becomes THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'audit_logs is immutable: an entry cannot be changed' USING ERRCODE = 'restrict_violation';
END
$$;

CREATE FUNCTION daybook.keep_table() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION '% is immutable: nothing in it can be %', TG_TABLE_NAME,
        CASE TG_OP WHEN 'UPDATE' THEN 'changed' ELSE 'deleted' END USING ERRCODE = 'restrict_violation';
END
$$;
