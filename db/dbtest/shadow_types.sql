-- A domain for each base type of the catalog, and an enumeration with casts of its own.
DO $shadow$
DECLARE
  o record;
BEGIN
  SET LOCAL search_path = pg_catalog;
  FOR o IN SELECT t.typname FROM pg_catalog.pg_type t WHERE t.typnamespace = 'pg_catalog'::regnamespace AND t.typtype = 'b' AND t.typelem = 0
    AND public.ours(t.typname) LOOP
    BEGIN
      EXECUTE format('CREATE DOMAIN public.%I AS pg_catalog.%I CHECK (public.reached(%L))', o.typname, o.typname, 'type ' || o.typname);
    EXCEPTION WHEN OTHERS THEN NULL; -- of a pseudo-type
    END;
  END LOOP;
END $shadow$;

CREATE TYPE public.trap AS ENUM ('a', 'b', 'c');
CREATE FUNCTION public.trap_text(v public.trap) RETURNS pg_catalog.text LANGUAGE plpgsql SET search_path = pg_catalog AS
$$ BEGIN PERFORM public.reached('cast of trap to text'); RETURN 'a'; END $$;
CREATE FUNCTION public.text_trap(v pg_catalog.text) RETURNS public.trap LANGUAGE plpgsql SET search_path = pg_catalog AS
$$ BEGIN PERFORM public.reached('cast of text to trap'); RETURN 'a'; END $$;
CREATE CAST (public.trap AS pg_catalog.text) WITH FUNCTION public.trap_text(public.trap) AS ASSIGNMENT;
CREATE CAST (pg_catalog.text AS public.trap) WITH FUNCTION public.text_trap(pg_catalog.text) AS ASSIGNMENT;
