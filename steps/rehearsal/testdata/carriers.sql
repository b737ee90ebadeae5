-- A lesser role, mallory, puts code of his wherever a server runs some. What it does
-- is try to reach the machine, and say in the log that it ran, and as whom. $DIR is
-- a folder that the server may write to.
CREATE SCHEMA evil AUTHORIZATION mallory;
CREATE EXTENSION dblink;
CREATE EXTENSION postgres_fdw;
CREATE EXTENSION pg_trgm SCHEMA evil;
CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'production');
CREATE USER MAPPING FOR PUBLIC SERVER elsewhere OPTIONS (user 'u', password 'p');
CREATE FOREIGN TABLE far (id int) SERVER elsewhere;
GRANT USAGE ON SCHEMA evil TO PUBLIC;
SET ROLE mallory;
CREATE FUNCTION evil.pay(carrier text, tries int DEFAULT 100) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	try text;
	super bool := (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user);
BEGIN
	RAISE LOG 'RAN % super=%', carrier, super;
	FOREACH try IN ARRAY (ARRAY[
		pg_catalog.format('COPY (SELECT 1) TO PROGRAM %L', 'touch $DIR/' || carrier || '.program'),
		pg_catalog.format('COPY (SELECT 1) TO %L', '$DIR/' || carrier || '.copy'),
		pg_catalog.format('SELECT pg_catalog.lo_from_bytea(4711, %L); SELECT pg_catalog.lo_export(4711, %L)', 'x', '$DIR/' || carrier || '.lo'),
		'SELECT pg_catalog.pg_read_file(''postgresql.conf'')',
		'SELECT pg_catalog.pg_ls_dir(''.'')',
		'CREATE TEMP TABLE seen (t text); COPY seen FROM PROGRAM ''echo x''',
		'LOAD ''dblink''',
		'SELECT public.dblink(''host=$DIR'', ''select 1'')',
		'SELECT public.dblink_connect_u(''host=$DIR'')',
		'CREATE FUNCTION evil.c() RETURNS int LANGUAGE c AS ''libc'', ''abort''',
		'CREATE EXTENSION file_fdw SCHEMA evil',
		'CREATE SUBSCRIPTION s CONNECTION ''host=$DIR'' PUBLICATION p WITH (connect = false)',
		'ALTER ROLE mallory SUPERUSER',
		'GRANT pg_execute_server_program TO mallory',
		'SET ROLE belay_throwaway_superuser',
		'SET SESSION AUTHORIZATION belay_throwaway_superuser',
		'SELECT rolpassword FROM pg_catalog.pg_authid'
	])[1:tries] LOOP
		BEGIN
			EXECUTE try;
			RAISE LOG 'REACHED % by %', carrier, try;
		EXCEPTION
			WHEN insufficient_privilege THEN NULL;
			WHEN OTHERS THEN
				IF SQLSTATE NOT IN ('42501', '2F003') THEN
					RAISE LOG 'REACHED % by % (% %)', carrier, try, SQLSTATE, SQLERRM;
				END IF;
		END;
	END LOOP;
	RETURN 1;
END $$;
CREATE FUNCTION evil.same(v int, carrier text) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM evil.pay(carrier); RETURN v; END';
CREATE FUNCTION evil.fires() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM evil.pay(TG_ARGV[0]); RETURN NEW; END';
CREATE FUNCTION evil.fires_event() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN PERFORM evil.pay(''event-trigger''); END';
CREATE FUNCTION evil.step(int, int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM evil.pay(''aggregate''); RETURN 1; END';
CREATE AGGREGATE evil.sums(int) (SFUNC = evil.step, STYPE = int, INITCOND = '0');
CREATE FUNCTION evil.set_path() RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = evil AS 'BEGIN RETURN evil.pay(''definer''); END';
CREATE FUNCTION evil.less(int, int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM evil.pay(''operator''); RETURN $1 OPERATOR(pg_catalog.<) $2; END';
CREATE OPERATOR evil.< (LEFTARG = int, RIGHTARG = int, FUNCTION = evil.less);
CREATE DOMAIN evil.checked AS int CHECK (evil.same(VALUE, 'domain') IS NOT NULL);
CREATE TYPE evil.pair AS (a int, b int);
CREATE FUNCTION evil.to_pair(int) RETURNS evil.pair LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM evil.pay(''cast''); RETURN ($1, $1)::evil.pair; END';
CREATE CAST (int AS evil.pair) WITH FUNCTION evil.to_pair(int);
CREATE TABLE evil.t (id int PRIMARY KEY, v int,
	g int GENERATED ALWAYS AS (evil.same(1, 'generated')) STORED,
	d int DEFAULT evil.pay('default'),
	k evil.checked DEFAULT 1,
	CONSTRAINT c CHECK (evil.same(id, 'check') = id));
CREATE INDEX i ON evil.t (evil.same(v, 'index'));
CREATE STATISTICS evil.st ON (evil.same(v, 'statistics')), id FROM evil.t;
CREATE TRIGGER tr BEFORE UPDATE ON evil.t FOR EACH ROW EXECUTE FUNCTION evil.fires('trigger');
CREATE TRIGGER ins BEFORE INSERT ON evil.t FOR EACH ROW EXECUTE FUNCTION evil.fires('insert');
CREATE VIEW evil.w AS SELECT id, v, evil.same(v, 'view') AS x FROM evil.t;
CREATE RULE r AS ON UPDATE TO evil.w DO INSTEAD SELECT evil.pay('rule');
CREATE MATERIALIZED VIEW evil.m AS SELECT evil.same(id, 'matview') AS x FROM evil.t;
CREATE TABLE evil.p (id int) PARTITION BY RANGE ((evil.same(id, 'partition')));
CREATE TABLE evil.p1 PARTITION OF evil.p FOR VALUES FROM (0) TO (1000);
CREATE TABLE evil.secret (id int);
ALTER TABLE evil.secret ENABLE ROW LEVEL SECURITY;
CREATE POLICY pol ON evil.secret USING (evil.same(id, 'policy') IS NOT NULL);
INSERT INTO evil.t (id, v) SELECT i, i FROM generate_series(1, 3) i;
INSERT INTO evil.p SELECT 1;
INSERT INTO evil.secret SELECT 1;
REFRESH MATERIALIZED VIEW evil.m;
GRANT ALL ON ALL TABLES IN SCHEMA evil TO PUBLIC;
RESET ROLE;
CREATE OPERATOR FAMILY evil.fam USING btree;
CREATE OPERATOR CLASS evil.ops FOR TYPE int USING btree FAMILY evil.fam AS
	OPERATOR 1 evil.<, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int, int);
CREATE EVENT TRIGGER et ON ddl_command_start EXECUTE FUNCTION evil.fires_event();
