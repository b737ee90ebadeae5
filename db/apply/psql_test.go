package apply_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgproto3"

	"belay/db/apply"
	"belay/db/scratch"
	"belay/sqlview/effect"
	"belay/sqlview/parse"
)

// What texts are made of: statements, what stands between them, and what may turn
// up anywhere.
var (
	sqlPieces = []string{
		"SELECT 1", "SELECT a,\n\n  b FROM t", "DELETE FROM t WHERE id < 100",
		"INSERT INTO t VALUES (1, 'x\\'), (2, 'it''s; ')", "SELECT arr[1:n] FROM t",
		"CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT '\\i'; $$",
		"CREATE FUNCTION g() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END",
		"CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)", "DO $b$ BEGIN PERFORM 'a\\'; END $b$",
		"SELECT 1::int AS a$b$c",
		`SELECT '\', E'a\'; b', E'a\\', U&'\0041', N'\', b'1' FROM "q\"`, "SELECT 'a'\n 'b; c'",
		"SELECT $x$ \\if; $$ $x$, $$\\gset$$",
		"UPDATE t /* ; \\i x */ SET a = 1 -- it's; \\i\n WHERE b = 2", "SELECT é FROM \"ü;\"",
		"CREATE TABLE t (a int, b text DEFAULT '\n\n;')",
	}
	between = []string{
		"-- note \\if\n", "-- it's;\n", "/* \\i x; */", "/* a /* ' */ */", "\n", "\n\n", " ", "\t", "\r\n", ";",
		"\n\\restrict abc\n", "\n\\unrestrict abc\n", "\n\\set ON_ERROR_STOP on\n", "\n  \\set ON_ERROR_STOP 1 \r\n",
	}
	odd = []string{
		`\if :x`, `\if true`, `\elif false`, `\else`, `\endif`, `\i other.sql`, `\ir other.sql`, `\gexec`, `\gset`,
		`\g`, `\gx`, `\copy t from 'x'`,
		`\connect other`, `\set x 1`, `\set ON_ERROR_STOP off`, `\unset x`, `\echo hello`, `\;`, `\\`, `\`, `\q`, `\r`,
		`\watch 1`, `\bind 1`,
		`\pset format csv`, `\o /dev/null`, `\encoding UTF8`, "'", "'b\\'; ", `"`, "$$", "$a$", "/*", "*/", "(", ")",
		"--", "E'", "x", ":'v'", ":v",
		"\n\\restrict abc\n", "\\restrict abc\n", "\n\\restrict a b\n", "E'a'\n'b\\'; '",
	}
)

// text joins statements, and breaks some of them with what is odd.
func text(r *rand.Rand) string {
	pick := func(all []string) string { return all[r.IntN(len(all))] }
	var b strings.Builder
	for range 1 + r.IntN(5) {
		for range r.IntN(3) {
			b.WriteString(pick(between))
		}
		sql := pick(sqlPieces)
		if at := r.IntN(len(sql) + 1); r.IntN(5) == 0 && utf8.ValidString(sql[:at]) {
			sql = sql[:at] + pick(odd) + sql[at:]
		}
		b.WriteString(sql)
		if r.IntN(20) > 0 {
			b.WriteByte(';')
		}
	}
	return b.String()
}

// A text is either refused before anything is sent, or what is sent is byte for
// byte what psql -f sends. BELAY_SEED plays one text again.
func TestPsqlSendsTheSame(t *testing.T) {
	t.Parallel()
	bin, err := scratch.Find(os.Getenv("BELAY_TEST_PG_BIN"))
	if err == nil && bin.Psql == "" {
		bin, err = scratch.Find("") // a server of another version without programs of its own
	}
	if err != nil || bin.Psql == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("psql is not here: ", err)
		}
		t.Skip("psql is not here: ", err)
	}
	server := newListener(t)
	dir := t.TempDir()
	seed, runs := uint64(time.Now().UnixNano()), 50
	if os.Getenv("BELAY_TEST_LONG") != "" {
		runs = 5000
	}
	if s := os.Getenv("BELAY_SEED"); s != "" {
		seed, _ = strconv.ParseUint(s, 10, 64)
		runs = 1
	}
	refused, compared := 0, 0
	var p parse.Parser
	defer p.Close()
	for i := range uint64(runs) {
		src := text(rand.New(rand.NewPCG(seed+i, 1)))
		ours, why := weSend(t, &p, src)
		if why != "" {
			refused++
			continue
		}
		compared++
		theirs := server.psql(t, bin.Psql, filepath.Join(dir, "x.sql"), src)
		if diff := differ(ours, theirs); diff != "" {
			t.Fatalf("seed %d: %s\ntext %q\nbelay sends %q\npsql sends %q", seed+i, diff, src, ours, theirs)
		}
	}
	t.Logf("seed %d: %d texts sent alike, %d refused", seed, compared, refused)
	if runs > 1 && (compared == 0 || refused == 0) {
		t.Error("the texts show nothing")
	}
}

// weSend is the statements that belay would send one by one, or why it refuses.
func weSend(t *testing.T, p *parse.Parser, src string) (sent []string, refused string) {
	t.Helper()
	files, err := p.Parse(t.Context(), []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	u := apply.Unit{Name: "1", Path: "1.sql", Wrap: apply.OneByOne}
	for _, s := range files[0].Statements {
		if s.Problem != nil {
			return nil, s.Problem.Message // a stop, and whoever accepts it gets the server's syntax error
		}
		u.Statements = append(u.Statements, apply.FromParse([]byte(src), s, effect.Effect{}))
		sent = append(sent, s.SQL)
	}
	if err := u.Validate(); err != nil {
		return nil, err.Error()
	}
	return sent, ""
}

// differ compares statements with messages: a message may have comments before
// and behind its statement, and psql leaves out blank lines.
func differ(ours, theirs []string) string {
	if len(ours) != len(theirs) {
		return fmt.Sprintf("%d statements, psql sends %d", len(ours), len(theirs))
	}
	for i := range ours {
		if diff := cmp.Diff(tokens(ours[i]),
			tokens(strings.TrimSuffix(strings.TrimSpace(theirs[i]), ";"))); diff != "" {
			return fmt.Sprintf("statement %d is another one (-belay +psql):\n%s", i, diff)
		}
	}
	return ""
}

// tokens is what of a text is neither blank nor comment.
func tokens(sql string) (out []string) {
	for _, t := range parse.Tokens([]byte(sql)) {
		if t.Kind != parse.TokenComment {
			out = append(out, sql[t.Start:t.End])
		}
	}
	return out
}

func onlyComments(s string) bool {
	f := parse.Split([]byte(s))
	return f.Problem == nil && len(f.Statements) == 0
}

// listener is a server that answers every query with nothing and remembers it.
type listener struct {
	net.Listener
	mu  sync.Mutex
	got []string
}

func newListener(t *testing.T) *listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &listener{Listener: l}
	var done sync.WaitGroup
	done.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.serve(c)
		}
	})
	t.Cleanup(func() { l.Close(); done.Wait() })
	return s
}

func (s *listener) serve(c net.Conn) {
	defer c.Close()
	b := pgproto3.NewBackend(c, c)
	for {
		m, err := b.ReceiveStartupMessage()
		if err != nil {
			return
		}
		if _, is := m.(*pgproto3.StartupMessage); is {
			break
		}
		if _, err := c.Write([]byte("N")); err != nil {
			return
		}
	}
	b.Send(&pgproto3.AuthenticationOk{})
	for name, value := range map[string]string{"server_version": "15.1", "server_encoding": "UTF8",
		"client_encoding":             "UTF8",
		"standard_conforming_strings": "on"} {
		b.Send(&pgproto3.ParameterStatus{Name: name, Value: value})
	}
	b.Send(&pgproto3.BackendKeyData{ProcessID: 1, SecretKey: []byte{0, 0, 0, 1}})
	for {
		b.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
		if b.Flush() != nil {
			return
		}
		m, err := b.Receive()
		q, is := m.(*pgproto3.Query)
		if err != nil || !is {
			return
		}
		s.mu.Lock()
		s.got = append(s.got, q.String)
		s.mu.Unlock()
		b.Send(&pgproto3.CommandComplete{CommandTag: []byte("DO")})
	}
}

// psql runs a text with the real psql and returns the statements it sent.
func (s *listener) psql(t *testing.T, program, path, src string) []string {
	t.Helper()
	if err := os.WriteFile(path, []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	s.got = nil
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_, port, _ := net.SplitHostPort(s.Addr().String())
	cmd := exec.CommandContext(ctx, program, "-X", "-q", "-f", path,
		"host=127.0.0.1 user=u dbname=d sslmode=disable port="+port)
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err, string(out))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var sent []string
	for _, q := range s.got {
		if !onlyComments(q) {
			sent = append(sent, q)
		}
	}
	return sent
}
