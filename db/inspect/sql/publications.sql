SELECT p.pubname::text, p.puballtables,
       CASE WHEN p.puballtables THEN '{}'::text[] ELSE
         ARRAY(SELECT t.schemaname || '.' || t.tablename FROM pg_catalog.pg_publication_tables t
               WHERE t.pubname = p.pubname ORDER BY 1) END
FROM pg_catalog.pg_publication p
ORDER BY 1
