package engine

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"belay/db/dbtest"
	"belay/db/ledger"
	"belay/steps"
	"belay/steps/approval"
	"belay/steps/state"
)

// another is who approves on another host: their login, and how they come by it.
type another struct{ login, dsn string }

// ledgered is a bench whose second person may be on another host.
func ledgered(t *testing.T, more string) (*bench, another) {
	t.Helper()
	b := asking(t, more)
	conn := b.db.Conn(t)
	if _, err := ledger.Create(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	var o another
	o.login, o.dsn = b.db.Role(t, "op2", "")
	b.db.Exec(t, ledger.Grants(o.login, o.login, ledger.Version))
	return b, o
}

// sends writes an approval as another host does, with what a test changes.
func (b *bench) sends(o another, change func(*approval.Approval)) {
	b.t.Helper()
	conn := dbtest.Connect(b.t, o.dsn)
	var id, bound string
	err := conn.QueryRow(b.t.Context(), `SELECT id::text, bound FROM belay.approval_request ORDER BY at DESC LIMIT 1`).Scan(&id, &bound)
	if err != nil {
		b.t.Fatal(err)
	}
	a := approval.Approval{Bound: bound, Name: "op2", Host: "laptop", UID: 501, Request: id}
	if change != nil {
		change(&a)
	}
	text, err := json.Marshal(a)
	if err == nil {
		_, err = conn.Exec(b.t.Context(), `INSERT INTO belay.approval (id, request_id, approval)
			VALUES (gen_random_uuid(), $1::text::uuid, $2)`, id, string(text))
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// TestAnotherHostApproves: a run that waits goes on once who has another login has
// approved it in the ledger; the approval counts for that run alone.
func TestAnotherHostApproves(t *testing.T) {
	dbtest.LongAlone(t)
	t.Parallel()
	b, o := ledgered(t, "")
	first := b.engine()
	bound := b.blockedFor(first)
	if how := first.Approval.How; !strings.Contains(how, "on another host `belay approve "+approval.Short(bound)+"`") {
		t.Errorf("how: %s", how)
	}
	b.sends(o, nil)
	r := b.engine()
	if r.Finished == nil || r.Finished.Exit != steps.ExitDone {
		t.Fatalf("finished %+v\n%v", r.Finished, r.Log)
	}
	a := r.Approved(bound)
	if a == nil || a.Who != "op2" || a.Login != o.login || a.Host != "laptop" ||
		!strings.Contains(a.Unknown, "could have written") {
		t.Errorf("approved by %+v", a)
	}
	if !tells(r, "login "+o.login+", from laptop") {
		t.Errorf("nothing says so\n%v", r.Log)
	}
	if n := b.db.Count(t, "belay.approval_request WHERE used_by = '"+r.Opened.ID+"'"); n != 1 {
		t.Errorf("%d requests are this run's", n)
	}
}

// TestAScreenSeesTheOtherHost: a run that is watched goes on by itself.
func TestAScreenSeesTheOtherHost(t *testing.T) {
	dbtest.LongAlone(t)
	t.Parallel()
	b, o := ledgered(t, "")
	b.order.Headless = false
	delete(b.order.Answers, "run.confirm")
	l := b.start()
	l.until("the asking", func(r *state.Run) bool { return r.Unapproved() != nil })
	b.sends(o, func(a *approval.Approval) { a.Refused = "not on a Friday" })
	l.until("that it is refused", func(r *state.Run) bool { return r.Approval.Refused != nil })
	b.sends(o, nil)
	l.until("the dialog", func(r *state.Run) bool { return r.Question("run.confirm") != nil })
	l.leave()
	l.end()
}

// TestWhatIsNoApprovalFromElsewhere: each is refused, and the run stays blocked.
func TestWhatIsNoApprovalFromElsewhere(t *testing.T) {
	dbtest.LongAlone(t)
	t.Parallel()
	b, o := ledgered(t, "")
	bound := b.blockedFor(b.engine())
	same := another{login: "postgres", dsn: b.db.DSN}
	for _, c := range map[string]struct {
		o      another
		change func(*approval.Approval)
	}{
		"the same login":  {same, nil},
		"no name":         {o, func(a *approval.Approval) { a.Name = " " }},
		"another plan":    {o, func(a *approval.Approval) { a.Bound = strings.Repeat("0", 64) }},
		"another request": {o, func(a *approval.Approval) { a.Request = "7f3c9a21-0000-4000-8000-000000000001" }},
		"no request":      {o, func(a *approval.Approval) { a.Request = "" }},
	} {
		b.sends(c.o, c.change)
	}
	if name := who(os.Getuid()); name != "root" {
		b.sends(o, func(a *approval.Approval) { a.Name = name })
	}
	r := b.engine()
	if b.blockedFor(r) != bound || !tells(r, "nobody approves their own run") || !tells(r, "no name was typed") {
		t.Errorf("nothing says so\n%v", r.Log)
	}
	b.db.Exec(t, `DELETE FROM belay.approval`)
	b.sends(o, nil)
	b.db.Exec(t, `UPDATE belay.approval SET at = now() - interval '25 hours' WHERE login = '`+o.login+`'`)
	r = b.engine()
	if b.blockedFor(r) != bound || !tells(r, "it is older than") {
		t.Errorf("nothing says so\n%v", r.Log)
	}
	b.sends(o, func(a *approval.Approval) { a.Refused = "no" })
	r = b.engine()
	if b.blockedSaying(r, "has refused it: no") != bound {
		t.Error("asked for another approval")
	}
}

// blockedSaying is what a second person was asked for and refused.
func (b *bench) blockedSaying(r *state.Run, says string) string {
	b.t.Helper()
	if r.Finished == nil || r.Finished.Exit != steps.ExitPerson || !strings.Contains(r.Finished.Summary, says) {
		b.t.Fatalf("finished %+v\n%v", r.Finished, r.Log)
	}
	return r.Approval.Bound
}

// TestALedgerWithoutAPlace: one of an older version, or none, or ledger = "local", asks
// on this host alone.
func TestALedgerWithoutAPlace(t *testing.T) {
	dbtest.LongAlone(t)
	t.Parallel()
	for name, prepare := range map[string]func(*bench){
		"older": func(b *bench) {
			b.db.Exec(t, `DROP TABLE belay.approval, belay.approval_request; UPDATE belay.meta SET version = 1`)
		},
		"none":  func(b *bench) { b.db.Exec(t, `DROP SCHEMA belay CASCADE`) },
		"local": func(b *bench) { b.conf("ledger = \"local\"\n[approve]\nsecond_person = \"production\"\n") },
	} {
		b, _ := ledgered(t, "")
		prepare(b)
		r := b.engine()
		b.blockedFor(r)
		if strings.Contains(r.Approval.How, "another host") {
			t.Errorf("%s: %s", name, r.Approval.How)
		}
	}
}

// keygen is an SSH key of a test, and its public half.
func keygen(t *testing.T, dir, name string) (file, public string) {
	t.Helper()
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		t.Skip("ssh-keygen is not here")
	}
	file = filepath.Join(dir, name)
	c := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", file)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	b, err := os.ReadFile(file + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	return file, strings.TrimSpace(string(b))
}

// signs signs an approval as `belay approve` does.
func signs(t *testing.T, key, namespace string) func(*approval.Approval) {
	return func(a *approval.Approval) {
		a.Signed = time.Now().UTC().Truncate(time.Second)
		c := exec.Command("ssh-keygen", "-Y", "sign", "-f", key, "-n", namespace)
		c.Stdin = strings.NewReader(string(a.Text()))
		out, err := c.Output()
		if err != nil {
			t.Fatal(err)
		}
		a.Signature = string(out)
	}
}

// TestSignedApprovals: where belay.toml names keys, only a signature of who is named by
// one of them counts, and for nothing but what was signed; with it the same login may.
func TestSignedApprovals(t *testing.T) {
	t.Parallel()
	keys := t.TempDir()
	anna, annas := keygen(t, keys, "anna")
	mallory, _ := keygen(t, keys, "mallory")
	b, o := ledgered(t, "allowed_signers = \"signers\"\n")
	if err := os.WriteFile(filepath.Join(b.order.Dir, "signers"), []byte("anna "+annas+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	good := signs(t, anna, approval.Namespace)
	as := func(name string, sign func(*approval.Approval), after func(*approval.Approval)) func(*approval.Approval) {
		return func(a *approval.Approval) {
			a.Name = name
			sign(a)
			after(a)
		}
	}
	nothing := func(*approval.Approval) {}
	bound := b.blockedFor(b.engine())
	for _, change := range map[string]func(*approval.Approval){
		"unsigned":          as("anna", nothing, nothing),
		"another key":       as("anna", signs(t, mallory, approval.Namespace), nothing),
		"another namespace": as("anna", signs(t, anna, "git"), nothing),
		"another name":      as("mallory", good, nothing),
		"a changed name":    as("anna", good, func(a *approval.Approval) { a.Name = "anna2" }),
		"a changed time":    as("anna", good, func(a *approval.Approval) { a.Signed = a.Signed.Add(time.Second) }),
		"no refusal": as("anna", func(a *approval.Approval) { a.Refused = "no"; good(a) },
			func(a *approval.Approval) { a.Refused = "" }),
		"long ago": as("anna", good, func(a *approval.Approval) {
			a.Signed = a.Signed.Add(-2 * approval.Lasts)
		}),
	} {
		b.sends(o, change)
	}
	b.approves(stranger, bound, who(stranger))
	if r := b.engine(); b.blockedFor(r) != bound || !tells(r, "sign") {
		t.Errorf("an unsigned one of this host\n%v", r.Log)
	}
	b.db.Exec(t, `DELETE FROM belay.approval`)
	b.sends(another{dsn: b.db.DSN}, as("anna", good, nothing))
	r := b.engine()
	if r.Finished == nil || r.Finished.Exit != steps.ExitDone {
		t.Fatalf("finished %+v\n%v", r.Finished, r.Log)
	}
	if a := r.Approved(bound); a == nil || !strings.HasPrefix(a.Signed, "SHA256:") || a.Unknown != "" {
		t.Errorf("approved by %+v", a)
	}
}

// TestOtherKeysVoidAnApproval: the list of keys is among what is approved.
func TestOtherKeysVoidAnApproval(t *testing.T) {
	dbtest.LongAlone(t)
	t.Parallel()
	b, _ := ledgered(t, "allowed_signers = \"signers\"\n")
	bounds := map[string]bool{}
	for i := range 2 {
		keys := fmt.Appendf(nil, "# %d\n", i)
		if err := os.WriteFile(filepath.Join(b.order.Dir, "signers"), keys, 0o600); err != nil {
			t.Fatal(err)
		}
		bounds[b.blockedFor(b.engine())] = true
	}
	if len(bounds) != 2 {
		t.Error("another list of keys is approved with the first")
	}
}
