package dsn

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// secret is in every DSN of the property test, at the place of the password.
const secret = "Zq7xWv3k"

// rounds is how many DSNs a property test makes.
func rounds() int {
	if os.Getenv("BELAY_TEST_LONG") != "" {
		return 2_000_000
	}
	return 20_000
}

// seeded prints the seed by which a run is played again: BELAY_SEED.
func seeded(t *testing.T) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	if s, err := strconv.ParseUint(os.Getenv("BELAY_SEED"), 10, 64); err == nil {
		seed = s
	}
	t.Logf("BELAY_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, seed))
}

var shapes = []string{
	"%s://u:%s@h:5432/shop?sslmode=disable", "%s://u@h/shop?password=%s", "%s://u:%s@a:1,b:2/shop",
	"%s:///shop?user=u&password=%s&host=/tmp",
	"%s://h/shop?user=u&password=%s", "%s://u:%s@h", "%s://u:%s@h/", "%s://:%s@h/shop", "%s://u:%s@[::1]/shop",
	"%s host=h user=u password=%s dbname=shop", "%s password='%s' host=h", "%s user=u password = %s\tsslmode=disable",
	"%s://u:%s@h/shop?x-migrations-table=m&options=-c%%20role%%3Do",
}

var heads = []string{
	"postgres", "postgresql", "pgx5", "pgx", "jdbc:postgresql", "postgress", "POSTGRES", "mysql", "", " postgres",
	"\"postgres", "'postgres", "DATABASE_URL=postgres", "postgresql+psycopg2", "//",
}

// around are what may stand before, in and after a password.
var around = []string{
	"", "", "", "%", "%4", "%zz", "@", "/", "?", "#", ":", "&", "=", " ", "'", "\"", "\\", "+", ";", "[", "]", "\n",
	"\x00", "é", "%40", "%00", ",", "^",
}

func pick(r *rand.Rand, from []string) string { return from[r.IntN(len(from))] }

// hostile makes a DSN as people mistype them.
func hostile(r *rand.Rand, heads []string, mistakes int) string {
	text := fmt.Sprintf(pick(r, shapes), pick(r, heads), pick(r, around)+secret+pick(r, around))
	for range mistakes {
		at := r.IntN(len(text) + 1)
		switch r.IntN(4) {
		case 0:
			text = text[:at] + pick(r, around) + text[at:]
		case 1:
			if at < len(text) {
				text = text[:at] + text[at+1:]
			}
		case 2:
			text = text + pick(r, []string{" ", "\n", "\"", "'", "\r\n", ";"})
		}
	}
	return text
}

// Wherever a password stands, and whatever is wrong with the DSN, no text of the
// error holds it.
func TestNoErrorHoldsThePassword(t *testing.T) {
	r := seeded(t)
	refused := 0
	for range rounds() {
		mistakes := r.IntN(3)
		text := hostile(r, heads, mistakes)
		d, err := Read(text)
		var e *Error
		switch {
		case err == nil:
			if mistakes == 0 {
				notShown(t, text, d)
			}
			continue
		case !errors.As(err, &e) || e.Problem == "" || e.Advice == "":
			t.Fatalf("%q: %v", text, err)
		}
		refused++
		for n := len(secret) - 1; n >= 5; n-- { // a piece is as bad
			if strings.Contains(e.Problem+e.Advice, secret[:n]) ||
				strings.Contains(e.Problem+e.Advice, secret[len(secret)-n:]) {
				t.Fatalf("%q: %q, %q", text, e.Problem, e.Advice)
			}
		}
	}
	t.Logf("%d refused of %d", refused, rounds())
}

// notShown wants the password in no place that is printed as a matter of course.
func notShown(t *testing.T, text string, d DSN) {
	t.Helper()
	for name, value := range d.Params {
		if name != "password" && name != "user" && strings.Contains(value, secret) {
			t.Fatalf("%q: the password is %s", text, name)
		}
	}
}

// What is accepted is read as the driver of the Go tools reads it: no other host,
// no other database, no other user.
func TestReadsAsTheDriverDoes(t *testing.T) {
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "PG") {
			t.Setenv(name, "")
		}
	}
	t.Setenv("HOME", t.TempDir())
	r := seeded(t)
	compared := 0
	for range rounds() / 4 {
		text := hostile(r, []string{"postgres", "postgresql", ""}, r.IntN(3))
		d, err := Read(text)
		if err != nil || strings.HasPrefix(text, "pgx") || len(d.Tool) > 0 {
			continue
		}
		c, err := pgx.ParseConfig(text)
		if err != nil {
			continue // the driver is narrower, and so is the tool
		}
		compared++
		for name, pair := range map[string][2]string{
			"host": {first(d.Params["host"]), c.Host}, "dbname": {d.Params["dbname"], c.Database},
			"password": {d.Params["password"], c.Password}, "user": {d.Params["user"], c.User},
		} {
			if pair[0] != "" && pair[0] != pair[1] || name == "password" && pair[0] != pair[1] {
				t.Fatalf("%q: %s is %q, the driver's %q", text, name, pair[0], pair[1])
			}
		}
	}
	t.Logf("%d compared", compared)
}

func first(list string) string {
	one, _, _ := strings.Cut(list, ",")
	return one
}
