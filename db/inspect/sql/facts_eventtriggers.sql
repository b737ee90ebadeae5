SELECT e.evtname::text, e.evtevent::text, n.nspname || '.' || p.proname, pg_catalog.pg_get_userbyid(e.evtowner)::text,
       coalesce(e.evttags, '{}')
FROM pg_catalog.pg_event_trigger e
JOIN pg_catalog.pg_proc p ON p.oid = e.evtfoid JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE e.evtenabled IN ('O', 'A') -- not disabled, and not for replicas alone
ORDER BY 1
