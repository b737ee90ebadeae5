-- What a role that may create in one schema can put in the way of everybody whose
-- search_path has that schema before pg_catalog: an object of the same name for
-- every operator, function, aggregate, type and relation of the catalog. Each says
-- in the server's log that it was reached, and by what, and does what the one of
-- the catalog does. What only a superuser could create is left out.
CREATE FUNCTION public.reached(what pg_catalog.text) RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog AS
$$ BEGIN RAISE LOG 'reached % as % by %', what, current_user, current_query(); RETURN true; END $$;

DO $shadow$
DECLARE
  o record;
  made integer := 0;
  args pg_catalog.text;
BEGIN
  SET LOCAL search_path = pg_catalog;
  -- Operators: the function behind each calls the catalog's own.
  FOR o IN SELECT p.oid, p.oprname, p.oprleft, p.oprright, p.oprresult FROM pg_catalog.pg_operator p
    WHERE p.oprnamespace = 'pg_catalog'::regnamespace AND p.oprresult <> 0 LOOP
    BEGIN
      args := CASE WHEN o.oprleft = 0 THEN '' ELSE format_type(o.oprleft, NULL) || ', ' END || format_type(o.oprright, NULL);
      EXECUTE format('CREATE FUNCTION public.operator_%s(%s) RETURNS %s LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog AS %L',
        o.oid, args, format_type(o.oprresult, NULL),
        format('BEGIN PERFORM public.reached(%L); RETURN %s; END', 'operator ' || o.oprname,
          CASE WHEN o.oprleft = 0 THEN format('OPERATOR(pg_catalog.%s) $1', o.oprname) ELSE format('$1 OPERATOR(pg_catalog.%s) $2', o.oprname) END));
      EXECUTE format('CREATE OPERATOR public.%s (%s RIGHTARG = %s, FUNCTION = public.operator_%s)', o.oprname,
        CASE WHEN o.oprleft = 0 THEN '' ELSE 'LEFTARG = ' || format_type(o.oprleft, NULL) || ',' END, format_type(o.oprright, NULL), o.oid);
      made := made + 1;
    EXCEPTION WHEN OTHERS THEN NULL; -- of a pseudo-type: nobody but a superuser could
    END;
  END LOOP;
  RAISE NOTICE 'operators %', made;
  made := 0;
  FOR o IN SELECT p.oid, p.proname, p.pronargs, p.proretset, pg_catalog.pg_get_function_identity_arguments(p.oid) AS args,
      pg_catalog.pg_get_function_result(p.oid) AS result,
      CASE p.provolatile WHEN 'i' THEN 'IMMUTABLE' WHEN 's' THEN 'STABLE' ELSE 'VOLATILE' END AS volatility FROM pg_catalog.pg_proc p
    WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f' AND p.provariadic = 0 LOOP
    BEGIN
      SELECT string_agg('$' || n, ', ' ORDER BY n) INTO args FROM generate_series(1, o.pronargs) n;
      EXECUTE format('CREATE FUNCTION public.%I(%s) RETURNS %s LANGUAGE plpgsql %s SET search_path = pg_catalog AS %L', o.proname, o.args, o.result, o.volatility,
        format(CASE WHEN o.result = 'void' THEN 'BEGIN PERFORM public.reached(%L); PERFORM pg_catalog.%I(%s); END'
            WHEN o.proretset THEN 'BEGIN PERFORM public.reached(%L); RETURN QUERY SELECT * FROM pg_catalog.%I(%s); END'
            ELSE 'BEGIN PERFORM public.reached(%L); RETURN pg_catalog.%I(%s); END' END,
          'function ' || o.proname, o.proname, args));
      made := made + 1;
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
  END LOOP;
  RAISE NOTICE 'functions %', made;
  made := 0;
  FOR o IN SELECT c.relname FROM pg_catalog.pg_class c WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind IN ('r', 'v') LOOP
    BEGIN
      EXECUTE format('CREATE VIEW public.%I AS SELECT * FROM pg_catalog.%I WHERE public.reached(%L)', o.relname, o.relname, 'relation ' || o.relname);
      made := made + 1;
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
  END LOOP;
  RAISE NOTICE 'relations %', made;
END $shadow$;

CREATE FUNCTION public.counted(n bigint) RETURNS bigint LANGUAGE plpgsql SET search_path = pg_catalog AS
$$ BEGIN PERFORM public.reached('aggregate count'); RETURN n + 1; END $$;
CREATE AGGREGATE public.count(*) (SFUNC = public.counted, STYPE = bigint, INITCOND = '0');
