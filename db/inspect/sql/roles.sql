SELECT r.oid::bigint, r.rolname::text FROM pg_catalog.pg_roles r
