package approval

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"belay/steps/journal"
)

// Approval is a person's yes, as they write it down.
type Approval struct {
	Bound string `json:"bound"`
	// Name is what was typed.
	Name string `json:"name"`
	Host string `json:"host"`
	// Behind is who stands behind the OS user, as their process says.
	Behind Behind `json:"behind"`
	// Request is the uuid of the ledger's request that it is of; "" = of a folder's.
	Request string `json:"request,omitempty"`
	// Refused is why it is no yes but a no; "" = it is a yes.
	Refused string `json:"refused,omitempty"`
	// UID is what the program of another host says; the kernel says it of a file.
	UID int `json:"uid,omitempty"`
	// Signed is when Signature, an SSH signature of [Approval.Text], was made; "" = it
	// has none.
	Signed    time.Time `json:"signed,omitzero"`
	Signature string    `json:"signature,omitempty"`
}

// Namespace is what a signature is for, as ssh-keygen counts it: one for anything else
// is none.
const Namespace = "belay-approval"

// Text is what a signature is of.
func (a Approval) Text() []byte {
	return fmt.Appendf(nil, "belay approval 1\n%s\n%q\n%s\n%s\n%q\n", a.Bound, a.Name, a.Request,
		a.Signed.UTC().Format(time.RFC3339), a.Refused)
}

// Behind is who stands behind an OS user: who called sudo, and who logged in. 0 = nobody
// that is known.
type Behind struct {
	Sudo  int `json:"sudo_uid,omitempty"`
	Login int `json:"login_uid,omitempty"`
}

// Given is an approval with what the kernel, or the server, says of it.
type Given struct {
	Approval
	// UID is the owner of the file; of one in the ledger it is what was claimed.
	UID int
	At  time.Time
	// Login is who wrote it into the ledger, by the server's word, and ID names it there;
	// both are "" for a file.
	Login, ID string
	// SignedBy is the fingerprint of the key that signed it, once that was checked.
	SignedBy string

	path string
}

// Refuses reports whether it is a no.
func (g Given) Refuses() bool { return g.Refused != "" }

// Drop takes away an approval that does not count.
func (g Given) Drop() {
	if g.path != "" {
		_ = os.Remove(g.path)
	}
}

// notSet is a login uid that says nothing.
const notSet = 1<<32 - 1

// Who is who stands behind this process.
func Who() Behind {
	var b Behind
	b.Sudo, _ = strconv.Atoi(os.Getenv("SUDO_UID"))
	text, _ := os.ReadFile("/proc/self/loginuid")
	if n, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil && n != notSet {
		b.Login = n
	}
	return b
}

// Same reports whether two OS users are one person, as far as anybody can tell, and says
// how it shows.
func Same(uid int, b Behind, other int, o Behind) (how string, same bool) {
	people := func(uid int, b Behind) []int { return []int{uid, b.Sudo, b.Login} }
	if uid == other {
		return "the same OS user", true
	}
	for _, one := range people(uid, b) {
		if one != 0 && slices.Contains(people(other, o), one) { // 0 = nobody that is known
			return fmt.Sprintf("uid %d stands behind both", one), true
		}
	}
	return "", false
}

// Unknown says what nobody can tell about who approved; "" = nothing.
func Unknown(uid int, b Behind) string {
	if uid == 0 && b.Sudo == 0 && b.Login == 0 {
		return "who stands behind root is not known"
	}
	return ""
}

// Of is an approval of this OS user, as they typed their name.
func Of(r Request, name string) Approval {
	host, _ := os.Hostname()
	return Approval{Bound: r.Bound, Name: name, Host: host, Behind: Who(), Request: r.ID, UID: os.Getuid()}
}

// Give writes an approval into the folder of whose run it is.
func Give(dir string, a Approval) error {
	b, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return put(dir, a.Bound+"."+uuid.NewString()+approvalEnding, b)
}

// mostApprovals is how many approvals of one bound are looked at.
const mostApprovals = 50

// Find reads the approvals of a bound, the oldest first, and says of the files that are
// none whose they are.
func Find(dir, bound string) (all []Given, bad []error) {
	names, _ := filepath.Glob(filepath.Join(dir, bound+".*"+approvalEnding))
	for _, name := range names[:min(len(names), mostApprovals)] {
		f, err := journal.ReadStrange(name, longestApproval)
		if err == nil {
			g := Given{UID: f.UID, At: f.At, path: name}
			if json.Unmarshal(f.Text, &g.Approval) == nil && g.Bound == bound {
				all = append(all, g)
				continue
			}
			err = errors.New("it is no approval of this plan")
		}
		bad = append(bad, fmt.Errorf("%s: %w", filepath.Base(name), err))
	}
	slices.SortStableFunc(all, func(a, b Given) int { return a.At.Compare(b.At) })
	return all, bad
}
