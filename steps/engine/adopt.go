package engine

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"

	"belay/steps"
	"belay/steps/fact"
	"belay/steps/handover"
	"belay/steps/journal"
	"belay/steps/state"
)

// takeoverID is the question that opens a run of another host here.
const takeoverID = "run.takeover"

// uuidOf makes the uuid of a new run: it begins with the run's own id, by which
// its sessions are named.
func uuidOf(id string) string {
	u := uuid.NewString()
	if len(id) != 8 {
		return u
	}
	return id + u[8:]
}

// adoption follows what the latest look found: a run of another host that this
// one goes on with. Its approvals are taken over once; the steps then look again.
func (g *engine) adoption() (again bool, err error) {
	l := g.found.Folder.Ledger
	if g.run.Opened != nil {
		return false, nil
	}
	if was := g.adopts; was != nil && (l.Adopts == nil || l.Adopts.ID != was.ID) {
		if q := g.run.Question(takeoverID); q != nil {
			if err := g.record("run", "", journal.QuestionWithdrawn{
				ID: takeoverID, Why: "the run is another's, or over",
			}); err != nil {
				return false, err
			}
		}
	}
	g.adopts = l.Adopts
	if g.adopts == nil || g.carried {
		return false, nil
	}
	g.carried = true
	given, err := handover.Given(l.Plan)
	if err != nil {
		return false, err
	}
	for id, a := range given {
		if _, have := g.order.Answers[id]; have {
			continue
		}
		again = true
		if err := g.record("", a.By+", through the ledger", journal.QuestionAnswered{
			ID: id, Answer: a.Answer,
		}); err != nil {
			return false, err
		}
	}
	if again {
		g.lookFrom(0)
	}
	return again, nil
}

// takeoverText is what the dialog of a take-over says.
func (g *engine) takeoverText(database string) (text, why string) {
	o := g.adopts
	return fmt.Sprintf("take run %s over from %s (since %s, %d of %d applied, last heard of %s)? type the database "+
			"name %s", o.Short(), o.Owner,
			o.OpenedAt.Format(time.DateTime+" UTC"), o.Applied, len(o.Migrations), o.Seen.Format("15:04:05 UTC"),
			database),
		"no session of it lives on the server. This host becomes its owner, asks the database about every file, and " +
			"goes on; the host before sends nothing more"
}

func (g *engine) adoptedID() string {
	if g.adopts == nil {
		return ""
	}
	return g.adopts.ID
}

// place makes the look's folder the run's. What this host had of a run that came
// back to it is moved aside: its journal is another's story meanwhile.
func (g *engine) place() (string, error) {
	if g.adopts == nil {
		return become(g.folder, g.id())
	}
	id := g.adopts.Short()
	old := filepath.Join(filepath.Dir(g.folder), id)
	aside := filepath.Join(filepath.Dir(g.folder), fmt.Sprintf(".%s-before-epoch-%d", id, g.adopts.Epoch+1))
	if err := os.Rename(old, aside); err != nil && !os.IsNotExist(err) {
		return "", fmt.Errorf("run folder: %w", err)
	}
	return become(g.folder, id)
}

// opening is what another host needs to go on with this run.
func (g *engine) opening() (steps.Opening, error) {
	t, _, _ := state.Get[fact.Target](g.run)
	b := g.found
	var o steps.Opening
	p, err := ReadPlan(g.folder)
	if err != nil {
		return o, err
	}
	o.Run.ID, o.Run.Identity, o.Run.Timeline, o.Run.Database = p.UUID, b.Target.Identity.Key(),
		b.Target.Identity.Timeline, t.Database
	o.Run.Tool, o.Run.Epoch, o.Run.State, o.Run.BelayVersion = b.Folder.Format.Name, 1, "running", Version
	o.Run.Owner = handover.Owner(g.order.By, g.host)
	s := handover.Settings{
		Command: g.order.Command, Role: t.Role, Environment: t.Environment, Address: addressOf(t),
		SystemID: t.SystemID, DatabaseOID: t.DatabaseOID, Timeline: t.Timeline,
	}
	if b.Plan == nil {
		return o, fmt.Errorf("run %s has no plan", g.id())
	}
	if err := s.Write(b.Plan, &o); err != nil {
		return o, err
	}
	if o.Plan.Answers, o.Plan.Waivers, err = handover.Answers(g.run); err != nil {
		return o, err
	}
	o.Plan.Approvals, err = json.Marshal(g.yeses())
	return o, err
}

// yeses are those that opened the run, with what they are bound to.
func (g *engine) yeses() map[string]any {
	all := map[string]any{}
	for id, a := range g.run.Answers {
		if strings.HasSuffix(id, ".confirm") || id == takeoverID {
			now := g.consentNow()
			all[id] = map[string]any{"by": a.By, "at": a.At, "plan_sha256": now.plan, "identity": now.identity}
		}
	}
	for _, a := range g.run.Approvers {
		all["second_person."+a.Who] = map[string]any{
			"by": a.Who, "host": a.Host, "at": a.At, "plan_sha256": a.Plan, "identity": a.Identity, "bound": a.Bound,
		}
	}
	return all
}

func addressOf(t fact.Target) string {
	if t.Address != "" {
		return t.Address
	}
	return fmt.Sprintf("%s:%d", t.Host, t.Port)
}
