-- Once written, an entry never changes and is never deleted. The triggers that call these are put onto the table of the
-- log apart from this, since whose table it is decides whether they may be.

-- The one change let through: a reference becomes null because what it pointed to is gone. The trigger's arguments say
-- which of the two references the table has. Rows are compared by their bytes: JSON knows no equality.
CREATE FUNCTION daybook.keep_entry() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    rest record := NEW;
    gone boolean;
BEGIN
    IF TG_NARGS > 0 AND 'member_id' IN (TG_ARGV[0], TG_ARGV[1]) THEN
        IF NEW.member_id IS NULL AND OLD.member_id IS NOT NULL THEN
            EXECUTE format('SELECT NOT EXISTS (SELECT 1 FROM %I.members WHERE id = $1)', TG_TABLE_SCHEMA)
                INTO gone USING OLD.member_id;
            IF gone THEN
                rest.member_id := OLD.member_id;
            END IF;
        END IF;
    END IF;
    IF TG_NARGS > 0 AND 'booking_id' IN (TG_ARGV[0], TG_ARGV[1]) THEN
        IF NEW.booking_id IS NULL AND OLD.booking_id IS NOT NULL THEN
            EXECUTE format('SELECT NOT EXISTS (SELECT 1 FROM %I.bookings WHERE id = $1)', TG_TABLE_SCHEMA)
                INTO gone USING OLD.booking_id;
            IF gone THEN
                rest.booking_id := OLD.booking_id;
            END IF;
        END IF;
    END IF;
    IF rest *= OLD THEN
        RETURN NEW;
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
