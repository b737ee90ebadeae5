package approval

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"belay/sqlview/migration"
)

// request is one that holds.
func request() Request {
	sql := "ALTER TABLE orders ADD COLUMN note text;\n"
	f := migration.NewFile("1_note.sql", []byte(sql), "")
	r := Request{
		Command: "run", Database: "shop", Who: "op1", At: time.Now(), Identity: "7421/5", Conditions: "waits 200ms",
		Files: []File{NewFile("1", f.Path, f.SHA256, f.Bytes)},
	}
	r.Plan = planOf(r.Files)
	r.Bound = Bound(r.Plan, r.Identity, r.Conditions)
	return r
}

// TestWhatIsShownIsWhatIsApproved: a request that shows something else does not hold.
func TestWhatIsShownIsWhatIsApproved(t *testing.T) {
	if err := request().Check(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Request){
		"another text":      func(r *Request) { r.Files[0].SQL = "DROP TABLE orders;" },
		"another hash":      func(r *Request) { r.Files[0].SHA256 = strings.Repeat("0", 64) },
		"a file more":       func(r *Request) { r.Files = append(r.Files, r.Files[0]) },
		"no files":          func(r *Request) { r.Files = nil },
		"another version":   func(r *Request) { r.Files[0].Version = "2" },
		"another database":  func(r *Request) { r.Identity = "7421/6" },
		"other settings":    func(r *Request) { r.Conditions = "waits 5s" },
		"another plan":      func(r *Request) { r.Plan = strings.Repeat("0", 64) },
		"what is asked for": func(r *Request) { r.Bound = strings.Repeat("0", 64) },
	} {
		r := request()
		change(&r)
		if r.Check() == nil {
			t.Errorf("%s holds", name)
		}
	}
}

// TestSecretsAreNotShown: nor is the text that holds one compared with its hash.
func TestSecretsAreNotShown(t *testing.T) {
	sql := []byte("CREATE ROLE app LOGIN PASSWORD 'hunter2';")
	f := migration.NewFile("1_role.sql", sql, "")
	r := request()
	r.Files = []File{NewFile("1", f.Path, f.SHA256, sql)}
	r.Plan = planOf(r.Files)
	r.Bound = Bound(r.Plan, r.Identity, r.Conditions)
	if err := r.Check(); err != nil || !r.Files[0].Masked {
		t.Errorf("masked %v, %v", r.Files[0].Masked, err)
	}
	text := strings.Join(r.Lines(), "\n")
	if strings.Contains(text, "hunter2") || !strings.Contains(text, "secrets are hidden") {
		t.Error(text)
	}
}

// TestLinesSteerNoTerminal: what another user wrote is made visible.
func TestLinesSteerNoTerminal(t *testing.T) {
	r := request()
	r.Who, r.Where, r.Why = "op1\x1b[2J", "db\x1b]0;x\x07", "why\r"
	r.Hazards = []string{"h\x1b[31m"}
	r.Files[0].Path, r.Files[0].SQL = "a\x1b[1m", "SELECT 1; -- \x1b[8m hidden \u202e txet"
	for _, line := range r.Lines() {
		if strings.ContainsAny(line, "\x1b\x07\r\u202e") {
			t.Errorf("%q", line)
		}
	}
}

// TestRequestsOfOthersAreNotSeen: only those of whose folder it is.
func TestRequestsOfOthersAreNotSeen(t *testing.T) {
	dir := t.TempDir()
	if err := Ask(dir, request()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"junk.request.json", strings.Repeat("0", 64) + ".request.json"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(`{"format":1,"bound":"x"}`), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	if all, err := Requests(dir, os.Getuid()); err != nil || len(all) != 1 {
		t.Errorf("%d requests, %v", len(all), err)
	}
	if all, err := Requests(dir, os.Getuid()+1); err != nil || len(all) != 0 {
		t.Errorf("%d requests of somebody else, %v", len(all), err)
	}
	if err := Give(dir, Of(request(), "op2")); err != nil {
		t.Fatal(err)
	}
	if all, bad := Find(dir, request().Bound); len(all) != 1 || len(bad) != 0 || all[0].UID != os.Getuid() {
		t.Errorf("%+v, %v", all, bad)
	}
	Forget(dir, request().Bound)
	if all, _ := Find(dir, request().Bound); len(all) != 0 {
		t.Errorf("%+v is left", all)
	}
}

// TestSamePerson: what of two OS users shows that they are one, and what does not.
func TestSamePerson(t *testing.T) {
	for _, c := range []struct {
		name  string
		uid   int
		b     Behind
		other int
		o     Behind
		same  bool
	}{
		{"two people", 1001, Behind{}, 1002, Behind{}, false},
		{"two logins", 1001, Behind{Login: 1001}, 1002, Behind{Login: 1002}, false},
		{"the same", 1001, Behind{}, 1001, Behind{}, true},
		{"root by sudo of one", 1001, Behind{}, 0, Behind{Sudo: 1001}, true},
		{"a run by sudo", 0, Behind{Sudo: 1001}, 1001, Behind{}, true},
		{"su from one's login", 1001, Behind{Login: 1001}, 1002, Behind{Login: 1001}, true},
		{"root of nobody", 1001, Behind{}, 0, Behind{}, false},
		{"two by sudo", 0, Behind{Sudo: 1001}, 1003, Behind{Sudo: 1002}, false},
	} {
		if how, same := Same(c.uid, c.b, c.other, c.o); same != c.same || same != (how != "") {
			t.Errorf("%s: %v, %q", c.name, same, how)
		}
	}
	if Unknown(0, Behind{}) == "" || Unknown(0, Behind{Sudo: 5}) != "" || Unknown(1002, Behind{}) != "" {
		t.Error("who stands behind root")
	}
}
