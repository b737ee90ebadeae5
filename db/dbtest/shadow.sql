-- What a role that may create in one schema can put in the way of everybody whose
-- search_path has that schema before pg_catalog: an object of the same name for each
-- operator, function, aggregate, type and relation of the catalog that the table ours
-- names, or, where that is empty, for every one. Each says in the server's log that it
-- was reached, and by what, and does what the one of the catalog does. What only a
-- superuser could create is left out.
CREATE FUNCTION public.reached(what pg_catalog.text) RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog AS
$$ BEGIN RAISE LOG 'reached % as % by %', what, current_user, current_query(); RETURN true; END $$;

CREATE FUNCTION public.ours(name pg_catalog.name) RETURNS boolean LANGUAGE sql SET search_path = pg_catalog AS
$$ SELECT EXISTS (SELECT FROM pg_temp.ours o WHERE o.name = $1) OR NOT EXISTS (SELECT FROM pg_temp.ours) $$;

DO $shadow$
DECLARE
  o record;
  args pg_catalog.text;
BEGIN
  SET LOCAL search_path = pg_catalog;
  -- Operators: the function behind each calls the catalog's own.
  FOR o IN SELECT p.oid, p.oprname, p.oprleft, p.oprright, p.oprresult FROM pg_catalog.pg_operator p
    WHERE p.oprnamespace = 'pg_catalog'::regnamespace AND p.oprresult <> 0 AND public.ours(p.oprname) LOOP
    BEGIN
      args := CASE WHEN o.oprleft = 0 THEN '' ELSE format_type(o.oprleft, NULL) || ', ' END || format_type(o.oprright, NULL);
      EXECUTE format('CREATE FUNCTION public.operator_%s(%s) RETURNS %s LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog AS %L',
        o.oid, args, format_type(o.oprresult, NULL),
        format('BEGIN PERFORM public.reached(%L); RETURN %s; END', 'operator ' || o.oprname,
          CASE WHEN o.oprleft = 0 THEN format('OPERATOR(pg_catalog.%s) $1', o.oprname) ELSE format('$1 OPERATOR(pg_catalog.%s) $2', o.oprname) END));
      EXECUTE format('CREATE OPERATOR public.%s (%s RIGHTARG = %s, FUNCTION = public.operator_%s)', o.oprname,
        CASE WHEN o.oprleft = 0 THEN '' ELSE 'LEFTARG = ' || format_type(o.oprleft, NULL) || ',' END, format_type(o.oprright, NULL), o.oid);
    EXCEPTION WHEN OTHERS THEN NULL; -- of a pseudo-type: nobody but a superuser could
    END;
  END LOOP;
  -- Functions, with the names of what they take and give, but where one name is of both.
  FOR o IN SELECT p.oid, p.proname, p.proretset, p.provolatile, p.proargmodes IS NOT NULL AND 'o' = ANY (p.proargmodes) AS gives,
      pg_get_function_result(p.oid) AS result,
      (SELECT string_agg(CASE a.mode WHEN 'o' THEN 'OUT ' WHEN 'v' THEN 'VARIADIC ' ELSE '' END
          || CASE WHEN a.name = '' OR a.mode <> 'o' AND a.name = ANY (p.proargnames[p.pronargs + 1:]) THEN '' ELSE quote_ident(a.name) || ' ' END
          -- No function in PL/pgSQL takes "any", but one of the same name may fit better.
          || CASE a.type WHEN '"any"'::regtype THEN 'text[]' ELSE format_type(a.type, NULL) END
          || coalesce(' DEFAULT ' || pg_get_function_arg_default(p.oid, a.n::integer), ''), ', ' ORDER BY a.n)
        FROM (SELECT t.type, t.n, coalesce(p.proargmodes[t.n], 'i') AS mode, coalesce(p.proargnames[t.n], '') AS name
          FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) WITH ORDINALITY t (type, n)) a) AS takes,
      (SELECT string_agg(CASE WHEN n = p.pronargs AND p.provariadic <> 0 THEN 'VARIADIC ' ELSE '' END || '$' || n, ', ' ORDER BY n)
        FROM generate_series(1, p.pronargs) n) AS given,
      (SELECT string_agg(quote_ident(n), ', ') FROM unnest(p.proargnames[p.pronargs + 1:]) n) AS outs
    FROM pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f' AND public.ours(p.proname) LOOP
    BEGIN
      EXECUTE format('CREATE FUNCTION public.%I(%s) %s LANGUAGE plpgsql %s SET search_path = pg_catalog AS %L', o.proname,
        o.takes, CASE WHEN o.gives AND NOT o.proretset THEN '' ELSE 'RETURNS ' || o.result END,
        CASE o.provolatile WHEN 'i' THEN 'IMMUTABLE' WHEN 's' THEN 'STABLE' ELSE 'VOLATILE' END,
        format('#variable_conflict use_column' || chr(10) || 'BEGIN PERFORM public.reached(%L); '
            || CASE WHEN o.result = 'void' THEN 'PERFORM pg_catalog.%I(%s)' WHEN o.proretset THEN 'RETURN QUERY SELECT * FROM pg_catalog.%I(%s)'
              WHEN o.gives THEN 'SELECT * FROM pg_catalog.%I(%s) INTO ' || o.outs ELSE 'RETURN pg_catalog.%I(%s)' END || '; END',
          'function ' || o.proname, o.proname, o.given));
    EXCEPTION WHEN OTHERS THEN NULL; -- of a pseudo-type
    END;
  END LOOP;
  -- Aggregates: each collects what it is given and asks the catalog's own in the end.
  FOR o IN SELECT p.oid, p.proname, pg_catalog.pg_get_function_result(p.oid) AS result,
      format_type((p.proargtypes::oid[])[0], NULL) AS type
    FROM pg_catalog.pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'a' AND public.ours(p.proname)
      AND (p.pronargs = 1 OR p.oid = 'pg_catalog.string_agg(text, text)'::regprocedure) LOOP
    BEGIN
      EXECUTE format($f$
        CREATE FUNCTION public.collect_%1$s(%2$s, %3$s %4$s) RETURNS %2$s LANGUAGE plpgsql SET search_path = pg_catalog AS
          $b$BEGIN PERFORM public.reached(%5$L); RETURN array_append($1, $2); END$b$;
        CREATE FUNCTION public.collected_%1$s(%2$s) RETURNS %6$s LANGUAGE plpgsql SET search_path = pg_catalog AS
          $b$BEGIN RETURN (SELECT pg_catalog.%7$I(x %8$s) FROM unnest($1) x); END$b$;
        CREATE AGGREGATE public.%7$I(%3$s %4$s) (SFUNC = public.collect_%1$s, STYPE = %2$s, FINALFUNC = public.collected_%1$s)$f$,
        o.oid, CASE WHEN o.type IN ('anyelement', 'anynonarray') THEN 'anyarray' ELSE o.type || '[]' END, o.type,
        CASE o.proname WHEN 'string_agg' THEN ', ' || o.type ELSE '' END, 'aggregate ' || o.proname,
        o.result, o.proname, CASE o.proname WHEN 'string_agg' THEN ', '','' ' ELSE '' END);
    EXCEPTION WHEN OTHERS THEN NULL; -- it takes arrays, or "any"
    END;
  END LOOP;
  FOR o IN SELECT c.relname, (SELECT string_agg(quote_ident(a.attname) || CASE a.atttypid WHEN 'anyarray'::regtype
          THEN '::text AS ' || quote_ident(a.attname) ELSE '' END, ', ' ORDER BY a.attnum) FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
    FROM pg_catalog.pg_class c WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind IN ('r', 'v')
    AND public.ours(c.relname) LOOP
    BEGIN
      EXECUTE format('CREATE VIEW public.%I AS SELECT %s FROM pg_catalog.%I WHERE public.reached(%L)', o.relname, o.columns, o.relname,
        'relation ' || o.relname);
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
  END LOOP;
END $shadow$;

CREATE FUNCTION public.counted(n bigint) RETURNS bigint LANGUAGE plpgsql SET search_path = pg_catalog AS
$$ BEGIN PERFORM public.reached('aggregate count'); RETURN n + 1; END $$;
CREATE AGGREGATE public.count(*) (SFUNC = public.counted, STYPE = bigint, INITCOND = '0');

-- The same in the schema of temporary objects of the session that calls it, as a trigger
-- or a statement of the team's may make them: what is made here is asked for there.
CREATE FUNCTION public.shadow_session() RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $shadow$
DECLARE
  o record;
BEGIN
  IF to_regtype('pg_temp.shadowed') IS NOT NULL THEN
    RETURN;
  END IF;
  CREATE TYPE pg_temp.shadowed AS ENUM ();
  FOR o IN SELECT relname FROM pg_class WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace LOOP
    EXECUTE format('CREATE TEMP VIEW %I AS SELECT * FROM public.%1$I WHERE public.reached(%L)', o.relname, 'temporary relation ' || o.relname);
  END LOOP;
  FOR o IN SELECT typname, format_type(typbasetype, NULL) AS base FROM pg_type WHERE typtype = 'd' AND typnamespace = 'public'::regnamespace LOOP
    EXECUTE format('CREATE DOMAIN pg_temp.%I AS %s CHECK (public.reached(%L))', o.typname, o.base, 'temporary type ' || o.typname);
  END LOOP;
  FOR o IN SELECT replace(replace(pg_get_functiondef(oid), 'FUNCTION public.', 'FUNCTION pg_temp.'), '''function ', '''temporary function ') AS def
    FROM pg_proc WHERE prokind = 'f' AND pronamespace = 'public'::regnamespace AND prosrc LIKE '%BEGIN PERFORM public.reached(''function %' LOOP
    EXECUTE o.def;
  END LOOP;
END $shadow$;
