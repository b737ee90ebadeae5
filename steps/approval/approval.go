// Package approval is how a second person approves what a run would do: a request, which
// the run's engine writes into a folder that a group shares, and approvals, each a file
// that belongs to the OS user who gives it. The kernel vouches for whose it is. From another
// host both go through the ledger, where the server vouches for the login. An approval
// counts for the exact files, the database and the settings of its request.
package approval

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"

	"belay/sqlview/measure"
	"belay/sqlview/migration"
	"belay/sqlview/secret"
	"belay/sqlview/visible"
	"belay/steps/journal"
)

// Lasts is how long an approval counts for what it was given for.
const Lasts = 24 * time.Hour

// Request is what a second person is asked to approve.
type Request struct {
	Format int `json:"format"`
	// Bound names what is approved: a hash of Plan, Identity and Conditions.
	Bound string `json:"bound"`
	// Plan is the sha256 over all files in order, Identity the cluster and the database,
	// Conditions the role, the address, the settings and what was accepted.
	Plan       string `json:"plan"`
	Identity   string `json:"identity"`
	Conditions string `json:"conditions"`
	// Command is run, rollback or backfill; Database and Where what it is done to.
	Command  string `json:"command"`
	Database string `json:"database"`
	Where    string `json:"where"`
	// Why says what asks for a second person.
	Why string    `json:"why"`
	Who string    `json:"who"`
	At  time.Time `json:"at"`
	// Hazards are what the review found, each with the reason that it was accepted for.
	// They are said, not bound: the acceptances are among the conditions.
	Hazards []string `json:"hazards,omitempty"`
	Files   []File   `json:"files"`
	// Signed is true where belay.toml wants each approval signed.
	Signed bool `json:"signed,omitempty"`
	// ID and Login are those of a request that was read from the ledger: its uuid, and
	// who wrote it, by the server's word. They are "" in a folder of this host.
	ID    string `json:"-"`
	Login string `json:"-"`
}

// File is one file of the plan, as it would run.
type File struct {
	Version string `json:"version"`
	Path    string `json:"path"`
	SHA256  string `json:"sha256"`
	// SQL is its text. Masked is true where secrets are hidden in it: its hash is then
	// of more than can be seen.
	SQL    string `json:"sql"`
	Masked bool   `json:"masked,omitempty"`
}

// NewFile is a file of a plan as it may be shown.
// Hidden are secrets that the text alone does not give away.
func NewFile(version, path, sha256 string, sql []byte, hidden ...string) File {
	shown := secret.Without(secret.SQL(string(sql)), hidden)
	f := File{Version: version, Path: path, SHA256: sha256, SQL: shown}
	f.Masked = f.SQL != string(sql)
	return f
}

// Bound is what an approval is bound to.
func Bound(plan, identity, conditions string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%s", plan, identity, conditions))
	return hex.EncodeToString(sum[:])
}

// Short is a bound as people name it.
func Short(bound string) string { return bound[:min(8, len(bound))] }

// Check holds what is shown against what is approved: whoever wrote the request cannot
// show one text and have another approved.
func (r Request) Check() error {
	for _, f := range r.Files {
		if !f.Masked && migration.NewFile(f.Path, []byte(f.SQL), "").SHA256 != f.SHA256 {
			return fmt.Errorf("%s is not the file that its hash is of", f.Path)
		}
	}
	alone := len(r.Files) == 1 && r.Files[0].SHA256 == r.Plan // a backfill
	switch {
	case len(r.Files) == 0:
		return errors.New("it has no files")
	case planOf(r.Files) != r.Plan && !alone:
		return errors.New("the files are not those of the plan")
	case Bound(r.Plan, r.Identity, r.Conditions) != r.Bound:
		return errors.New("the plan, the database and the settings are not what would be approved")
	}
	return nil
}

// planOf is the hash of a plan, as the review makes it.
func planOf(files []File) string {
	sum := sha256.New()
	for _, f := range files {
		fmt.Fprintf(sum, "%s %s\n", f.Version, f.SHA256)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// Lines are all that a second person must see, made visible.
func (r Request) Lines() []string {
	out := r.Head()
	for _, f := range r.Files {
		out = append(out, strings.Split(f.Text(), "\n")...)
	}
	return out
}

// Head is what stands above the files.
func (r Request) Head() []string {
	out := []string{
		fmt.Sprintf("%s of %s on %s, asked by %s at %s", r.Command, measured(len(r.Files)), r.Database, r.Who,
			r.At.UTC().Format("2006-01-02 15:04 UTC")),
		r.Where, r.Why, "plan sha256 " + r.Plan, "settings: " + r.Conditions,
	}
	for _, h := range r.Hazards {
		out = append(out, "found: "+h)
	}
	out = append(out, "")
	for i := range out {
		out[i] = visible.Line(out[i])
	}
	return out
}

// Text is a file as it is read, with its name and hash above it.
func (f File) Text() string {
	var b strings.Builder
	b.WriteString("-- " + visible.Line(f.Path) + "  sha256 " + visible.Line(f.SHA256) + "\n")
	if f.Masked {
		b.WriteString("-- secrets are hidden below: the hash is of the file as it is\n")
	}
	for line := range strings.Lines(visible.Text(f.SQL)) {
		b.WriteString(strings.TrimRight(line, "\r\n") + "\n")
	}
	return b.String()
}

func measured(files int) string { return measure.Plural(files, "file") }

const (
	requestEnding  = ".request.json"
	approvalEnding = ".approval.json"
	// longestRequest and longestApproval bound what is read of somebody else's, in bytes.
	longestRequest  = 16 << 20
	longestApproval = 4 << 10
)

// Ask writes a request into the folder, in the place of an older one.
func Ask(dir string, r Request) error {
	r.Format = 1
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return put(dir, r.Bound+requestEnding, b)
}

// put writes a file whole or not at all, for the group to read.
func put(dir, name string, b []byte) error {
	tmp := filepath.Join(dir, "."+uuid.NewString())
	if err := journal.WriteReadable(tmp, b); err != nil {
		return fmt.Errorf("approval: %w", err)
	}
	if err := os.Rename(tmp, filepath.Join(dir, name)); err != nil {
		return errors.Join(fmt.Errorf("approval: %w", err), os.Remove(tmp))
	}
	return nil
}

// Requests are the requests of an OS user in a folder, whose own texts they are.
func Requests(dir string, uid int) ([]Request, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("approval: %w", err)
	}
	var all []Request
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), requestEnding) {
			continue
		}
		f, err := journal.ReadStrange(filepath.Join(dir, e.Name()), longestRequest)
		if err != nil || f.UID != uid {
			continue // somebody else's, or none at all
		}
		var r Request
		if json.Unmarshal(f.Text, &r) == nil && r.Bound+requestEnding == e.Name() && r.Format == 1 {
			all = append(all, r)
		}
	}
	return all, nil
}

// Forget removes a request and the approvals of it.
func Forget(dir, bound string) {
	names, _ := filepath.Glob(filepath.Join(dir, bound+".*"))
	for _, name := range names {
		_ = os.Remove(name)
	}
}
