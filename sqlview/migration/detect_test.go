package migration

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func repo(files ...string) fstest.MapFS {
	root := fstest.MapFS{}
	for _, f := range files {
		name, text, _ := strings.Cut(f, "=")
		root[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return root
}

// One row a tool: the sign by which its folder is known.
func TestPick(t *testing.T) {
	for _, c := range []struct {
		want string // "dir tool", or how the error begins
		root fstest.MapFS
	}{
		{"migrations golang-migrate", repo("migrations/1_a.up.sql=SELECT 1")},
		{
			"db/migrations golang-migrate",
			repo("go.mod=require github.com/golang-migrate/migrate/v4 v4.20.1", "db/migrations/1_a.up.sql"),
		},
		{"migrations plain", repo("migrations/1_a.sql=SELECT 1", "migrations/1_a.down.sql=SELECT 1")},
		{". plain", repo("1_a.sql=SELECT 1")},
		{"no migrations folder", repo("main.go=package main", "schema.sql")},
		{"no migrations folder", repo("migrations/README.md")},
		{"migrations ", repo("migrations/.gitkeep")},
		{"db/migrations plain", repo("migrations/.gitkeep", "db/migrations/1_a.sql")},
		{"several migrations folders", repo("migrations/1_a.sql", "db/migrations/1_a.up.sql")},
		{"migrations goose", repo("migrations/1_a.sql=-- +goose Up\nSELECT 1;")},
		{"migrations goose", repo("migrations/1_a.go=package x\nfunc init() { goose.AddMigration(up, down) }")},
		{"db/migrations dbmate", repo("db/migrations/1_a.sql=-- migrate:up\nSELECT 1;\n-- migrate:down")},
		{"migrations tern", repo("migrations/001_a.sql=SELECT 1;\n---- create above / drop below ----\n")},
		{"migrations atlas", repo("migrations/1_a.sql", "migrations/atlas.sum")},
		{
			"prisma/migrations prisma",
			repo("prisma/migrations/1_a/migration.sql", "prisma/migrations/migration_lock.toml"),
		},
		{"drizzle drizzle", repo("drizzle/0000_a.sql", "drizzle/meta/_journal.json")},
		{"supabase/migrations supabase", repo("supabase/migrations/20240115120000_a.sql=SELECT 1")},
		{"migrations diesel", repo("migrations/2024-01-15-120000_a/up.sql")},
		{
			"several migrations folders or tools are possible: migrations (sqlx: numbered files beside a " +
				"Cargo.toml), migrations (plain: numbered .sql files", repo("migrations/1_a.sql", "Cargo.toml"),
		},
		{"migrations sqlx", repo("migrations/1_a.up.sql", "Cargo.toml")},
		{"migrations sqlx", repo("migrations/1_a.sql=-- no-transaction\nSELECT 1")},
		{"sql flyway", repo("sql/V1__a.sql", "sql/R__v.sql")},
		{"sql flyway", repo("sql/B10__a.sql", "sql/V11__b.sql")},
		{"sql flyway", repo("sql/2023/V1__a.sql", "sql/2024/V2__b.sql")},
		{"drizzle looks like a folder of Drizzle 1.0", repo("drizzle/1_a/migration.sql", "drizzle/1_a/snapshot.json")},
		{
			"several migrations folders or tools are possible: migrations (refinery: files named V1__name beside a " +
				"Cargo.toml), migrations (flyway: files named V1__name)", repo("migrations/V1__a.sql", "Cargo.toml"),
		},
		{
			"alembic/versions looks like a folder of Alembic",
			repo("alembic/versions/a1_x.py=revision = 'a1'\ndown_revision = None\n"),
		},
		{
			"migrations looks like a folder of Django",
			repo("migrations/0001_initial.py=class Migration(migrations.Migration):"),
		},
		{
			"db/migrate looks like a folder of Rails",
			repo("db/migrate/20240115120000_a.rb=class A < ActiveRecord::Migration[7.1]"),
		},
		{"migrations looks like a folder of Knex", repo("migrations/20240115120000_a.js=exports.up = knex => {}")},
		{
			"migrations looks like a folder of Knex",
			repo("migrations/1_a.ts=export function up(db) {}", `package.json={"dependencies": {"knex": "3"}}`),
		},
		{
			"migrations looks like a folder of Knex: it has JavaScript that exports up, for Knex",
			repo("migrations/001_a.ts=export async function up(knex) {}",
				`package.json={"dependencies": {"sequelize": "6"}}`),
		},
		{
			"several migrations folders or tools are possible: migrations (knex: JavaScript that exports up, beside " +
				"a package.json with knex), migrations (sequelize: JavaScript",
			repo("migrations/001_a.js=exports.up = db => {}",
				`package.json={"dependencies": {"sequelize": "6", "knex": "3"}}`),
		},
		{
			"several migrations folders or tools are possible: migrations (node-pg-migrate: JavaScript that " +
				"exports up), migrations (knex: JavaScript that exports up), migrations (sequelize: JavaScript",
			repo("migrations/001_a.js=export default { up(db) {} }"),
		},
		{"migrations node-pg-migrate", repo("migrations/1700000000000_a.js=exports.up = pgm => {pgm.sql(0)}")},
		{
			"migrations looks like a folder of Kysely",
			repo("migrations/2024_a.ts=import { Kysely } from 'kysely'\nexport async function up(db) {}"),
		},
		{
			"migrations looks like a folder of TypeORM",
			repo("migrations/1700000000000-A.ts=export class A1700000000000 implements MigrationInterface {}"),
		},
		{
			"migrations node-pg-migrate",
			repo("migrations/1700000000000_a.sql=-- Up Migration\nSELECT 1;\n-- Down Migration\n"),
		},
		{
			". looks like a folder of Liquibase",
			repo("changelog.sql=--liquibase formatted sql\n--changeset a:1\nSELECT 1;"),
		},
		{". looks like a folder of Sqitch", repo("sqitch.plan", "deploy/a.sql")},
	} {
		got, err := Pick(Detect(c.root, ""))
		said := got.Dir + " " + got.Tool
		if err != nil {
			said = err.Error()
		}
		if !strings.HasPrefix(said, c.want) {
			t.Errorf("%v:\n got %s\nwant %s", keys(c.root), said, c.want)
		}
	}
}

func TestDetectOneFolder(t *testing.T) {
	root := repo("migrations/1_a.sql", "other/1_a.up.sql")
	got, err := Pick(Detect(root, "other"))
	if err != nil || got.Dir != "other" || got.Tool != "golang-migrate" {
		t.Errorf("Pick = %v, %v", got, err)
	}
	var none *NoFolderError
	if _, err := Pick(Detect(root, "missing")); !errors.As(err, &none) {
		t.Errorf("a folder that is not there: %v", err)
	}
}

// A folder says whose it is under any name: its own tool is picked, or among those
// that are asked about. Supabase's alone has no mark but its path; elsewhere the
// CLI would not find it either, and the history table in the database tells.
func TestPickUnderAnotherName(t *testing.T) {
	for _, f := range Formats() {
		sample, dir := ownSample(t, f)
		root := fstest.MapFS{}
		err := fs.WalkDir(sample, dir, func(name string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			text, err := fs.ReadFile(sample, name)
			root["services/shipping/changes"+strings.TrimPrefix(name, dir)] = &fstest.MapFile{Data: text}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		got, err := Pick(Detect(root, "services/shipping/changes"))
		var several *AmbiguousError
		switch {
		case f.Name == "supabase" && got.Tool == "plain":
		case errors.As(err, &several):
			if !slices.ContainsFunc(several.Found, func(d Detection) bool { return d.Tool == f.Name }) {
				t.Errorf("%s: %v", f.Name, err)
			}
		case err != nil || got.Tool != f.Name || got.Why == "":
			t.Errorf("%s is taken for %s: %v", f.Name, got.Tool, err)
		}
	}
}

func keys(root fstest.MapFS) []string {
	var names []string
	for name := range root {
		names = append(names, name)
	}
	return names
}
