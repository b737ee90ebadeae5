package project

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"belay/sqlview/migration"
)

// BenchmarkFolder finds and reads a folder of 5,000 migrations, as every command does
// before it says anything.
func BenchmarkFolder(b *testing.B) {
	for _, c := range []struct{ tool, name, text string }{
		{"plain", "%06d_x.sql", "ALTER TABLE orders ADD COLUMN c%d text;\nCREATE INDEX ON orders (c1);\n"},
		{"goose", "%06d_x.sql", "-- +goose Up\nALTER TABLE orders ADD COLUMN c%d text;\n\n-- +goose Down\nSELECT 1;\n"},
		{"golang-migrate", "%06d_x.up.sql", "ALTER TABLE orders ADD COLUMN c%d text;\n"},
		{"knex", "%014d_x.js", "exports.up = knex => knex.schema.alterTable('t', t => t.text('c%d'))\n"},
	} {
		b.Run(c.tool, func(b *testing.B) {
			dir := b.TempDir()
			if err := os.Mkdir(filepath.Join(dir, "migrations"), 0o700); err != nil {
				b.Fatal(err)
			}
			for i := range 5_000 {
				name := filepath.Join(dir, "migrations", fmt.Sprintf(c.name, i+1))
				if err := os.WriteFile(name, fmt.Appendf(nil, c.text, i), 0o600); err != nil {
					b.Fatal(err)
				}
			}
			began, n := processorTime(b), 0
			for b.Loop() {
				n++
				p, err := Look(Flags{Tool: c.tool}, dir)
				if err != nil {
					b.Fatal(err)
				}
				f, err := migration.Find(p.Picked.Tool)
				if err != nil {
					b.Fatal(err)
				}
				if folder, err := p.ReadFolder(f); err != nil || len(folder.Migrations) != 5_000 {
					b.Fatal(len(folder.Migrations), err)
				}
			}
			b.ReportMetric(float64((processorTime(b)-began).Milliseconds())/float64(n), "cpu-ms/op")
		})
	}
}

// processorTime is what this process has used so far: beside other work the clock says
// little.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
