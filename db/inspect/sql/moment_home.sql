-- A role that may not see the directory gets no row of pg_settings.
SELECT coalesce((SELECT s.setting FROM pg_catalog.pg_settings s WHERE s.name = 'data_directory'), ''),
       (SELECT s.system_identifier FROM pg_catalog.pg_control_system() s), extract(epoch FROM pg_catalog.pg_postmaster_start_time())::bigint
