package play_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"belay/db/dbtest"
	"belay/sqlview/catalog"
	"belay/sqlview/effect"
	"belay/sqlview/lint"
	"belay/sqlview/lint/rules"
	"belay/sqlview/parse"

	"github.com/jackc/pgx/v5"
	"github.com/rogpeppe/go-internal/txtar"
)

// TestAdvice follows the advice of every rule in the situation of its samples, on the
// server at hand: the SQL works, and a review of it does not find the same danger.
func TestAdvice(t *testing.T) {
	a := following{differential: newDifferential(t)}
	conn, version := fresh(t.Context(), t, a.database)
	_ = conn.Close(t.Context())
	a.version = version
	for _, r := range dbtest.OneIn(inShort, rules.All()) {
		archive, err := txtar.ParseFile(filepath.Join("../../sqlview/lint/rules/testdata", r.ID+".txtar"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range archive.Files {
			if strings.HasPrefix(f.Name, "bad") && strings.HasSuffix(f.Name, ".sql") {
				a.sample(r, archive, f)
			}
		}
	}
	t.Logf("%d advices, %d followed, %d of them wrong, %d are words for a person, %d in samples that this server "+
		"refuses", a.all, a.followed, a.wrong, a.words, a.refused)
}

type following struct {
	*differential
	version                              int
	all, followed, wrong, words, refused int
}

// situation is one sample: what is there, and the text that a review reads.
type situation struct {
	rule    lint.Rule
	name    string
	given   []parse.Statement
	file    *lint.File
	options lint.Options
}

func (a *following) sample(r lint.Rule, archive *txtar.Archive, f txtar.File) {
	ctx := context.Background()
	s, ok := a.read(ctx, r, archive, f)
	if !ok {
		return
	}
	for _, h := range lint.Check(s.file, s.rules(), s.options) {
		if h.Rule != r.ID || h.Instead == "" {
			continue
		}
		a.all++
		steps := a.steps(ctx, h.Instead)
		if steps == nil {
			a.words++
			if os.Getenv(missesVariable) != "" {
				a.t.Logf("in words: %s: %s", s.name, h.Instead)
			}
			continue
		}
		why := a.run(ctx, s, h, []string{s.file.Statements[h.Statement].SQL})
		if why != "" && (r.Kind != "fails" || absent.MatchString(why)) {
			a.refused++
			continue
		}
		a.followed++
		if why = a.follow(ctx, s, h, steps); why != "" {
			a.wrong++
			a.t.Errorf("%s: %s\nadvice: %s\nfor: %s", s.name, why, h.Instead, s.file.Statements[h.Statement].SQL)
		}
	}
}

// absent are errors of a sample that names what it does not make.
var absent = regexp.MustCompile(`SQLSTATE (3F000|42883|42P01)`)

func (s situation) rules() []lint.Rule { return []lint.Rule{s.rule} }

var modesOfSamples = map[string]lint.Mode{
	"psql": lint.Psql, "transaction": lint.OneTransaction, "implicit": lint.Implicit, "none": lint.NoTransaction,
}

// read is false for a sample that is of another version of the server.
func (a *following) read(ctx context.Context, r lint.Rule, archive *txtar.Archive, f txtar.File) (situation, bool) {
	s := situation{rule: r, name: r.ID + " " + f.Name}
	version := a.version
	var given string
	said := map[string]string{}
	for _, other := range archive.Files {
		switch other.Name {
		case "given.sql":
			given = string(other.Data)
		case "version":
			said["version"] = strings.TrimSpace(string(other.Data))
		}
	}
	for line := range strings.SplitSeq(string(f.Data), "\n") {
		key, value, ok := strings.Cut(strings.TrimPrefix(line, "-- "), ": ")
		if !ok || !strings.HasPrefix(line, "-- ") {
			break
		}
		if said[key] = strings.TrimSpace(value); key == "given" {
			given += "\n" + value
		}
	}
	if v := said["version"]; v != "" && v != strconv.Itoa(version) {
		return s, false
	}
	files := a.parse(ctx, given, string(f.Data))
	s.given = files[0].Statements
	snapshot := catalog.FromStatements(catalog.SourceSchema, s.given, version)
	snapshot.ServerVersion = version
	s.options = lint.Options{Version: version, Today: "2026-11-30", Style: true}
	s.file = judged(&lint.File{
		Path: f.Name, File: files[1], Source: f.Data, Mode: modesOfSamples[said["mode"]], Tool: said["tool"],
	}, snapshot, version)
	return s, true
}

func judged(f *lint.File, snapshot *catalog.Snapshot, version int) *lint.File {
	for _, st := range f.Statements {
		f.Catalogs = append(f.Catalogs, snapshot)
		f.Effects = append(f.Effects, effect.Of(st, snapshot, version))
		snapshot = snapshot.Clone()
		snapshot.Apply(st, version)
	}
	return f
}

// steps are the statements of an advice in their order; nil = it is in words.
func (a *following) steps(ctx context.Context, instead string) []string {
	text := backfillLine.ReplaceAllStringFunc(instead, func(line string) string {
		m := backfillLine.FindStringSubmatch(line)
		sql := "UPDATE " + m[1] + " SET " + shell.Replace(m[2])
		if m[3] != "" {
			sql += " WHERE " + shell.Replace(m[3])
		}
		return sql + ";"
	})
	file := a.parse(ctx, text)[0]
	if file.Problem != nil || file.Analysed() != len(file.Statements) {
		return nil
	}
	var steps []string
	for _, st := range file.Statements {
		steps = append(steps, st.SQL)
	}
	return steps
}

var (
	backfillLine = regexp.MustCompile(`(?m)^belay backfill --table (\S+) --set "((?:[^"\\]|\\.)*)"` +
		`(?: --where "((?:[^"\\]|\\.)*)")?.*$`)
	shell = strings.NewReplacer(`\"`, `"`, `\$`, `$`, `\\`, `\`, "\\`", "`")
)

// follow says what is wrong with an advice; "" = nothing.
func (a *following) follow(ctx context.Context, s situation, h lint.Hazard, steps []string) string {
	st := s.file.Statements[h.Statement]
	switch {
	case strings.Contains(h.Instead, "before this statement"):
		steps = append(slices.Clone(steps), st.SQL)
	case strings.Contains(h.Instead, "after it"):
		steps = append([]string{st.SQL}, steps...)
	}
	if why := a.run(ctx, s, h, steps); why != "" {
		return why
	}
	if strings.Contains(h.Instead, "belay backfill") {
		return "" // it changes the rows in batches, which a review knows by more than the text
	}
	text := strings.Join(steps, ";\n") + ";\n"
	again := judged(&lint.File{
		Path: "advice.sql", File: a.parse(ctx, text)[0], Source: []byte(text),
	}, s.file.Catalogs[h.Statement], s.options.Version)
	for _, found := range lint.Check(again, s.rules(), s.options) {
		if found.Rule == h.Rule && found.Severity > lint.Notice && found.Severity >= h.Severity {
			return fmt.Sprintf("the review finds the same in it: %s", found.Message)
		}
	}
	return ""
}

func (a *following) run(ctx context.Context, s situation, h lint.Hazard, steps []string) string {
	conn, _ := fresh(ctx, a.t, a.database)
	defer func() { _ = conn.Close(ctx) }()
	for _, name := range []string{"other"} { // what a sample makes beside its database
		_, _ = conn.Exec(ctx, "DROP DATABASE IF EXISTS "+name)
	}
	for _, st := range slices.Concat(s.given, s.file.Statements[:h.Statement]) {
		// What the server at hand has not is no part of the situation there.
		_, _ = conn.Exec(ctx, st.SQL, pgx.QueryExecModeSimpleProtocol)
	}
	if conn.PgConn().TxStatus() != 'I' {
		if _, err := conn.Exec(ctx, "COMMIT"); err != nil {
			return err.Error()
		}
	}
	for _, sql := range steps {
		_, err := conn.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol)
		if err != nil && !strings.Contains(h.Instead, "the server refuses") {
			return fmt.Sprintf("%s: %v", sql, err)
		}
	}
	return ""
}
