package engine

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"

	"belay/db/ledger"
	"belay/steps"
	"belay/steps/fact"
	"belay/steps/handover"
	"belay/steps/journal"
	"belay/steps/state"
)

// takeoverID is the question that opens a run of another host here.
const takeoverID = "run.takeover"

// takeover is a run of another host that is to go on here.
type takeover struct {
	*diary
	// from is what the latest look found; nil = none. carried is set once its answers
	// were taken over.
	from    *ledger.Open
	carried bool
}

// uuidOf makes the uuid of a new run: it begins with the run's own id, by which
// its sessions are named.
func uuidOf(id string) string {
	u := uuid.NewString()
	if len(id) != 8 {
		return u
	}
	return id + u[8:]
}

// follow takes what the latest look found of a run of another host. Its answers are
// taken over once, and are news then; an answers file has the last word.
func (k *takeover) follow(l steps.Ledger) (news bool, err error) {
	if k.run.Opened != nil {
		return false, nil
	}
	if was := k.from; was != nil && (l.Adopts == nil || l.Adopts.ID != was.ID) {
		if q := k.run.Question(takeoverID); q != nil {
			if err := k.record("run", "", journal.QuestionWithdrawn{
				ID: takeoverID, Why: "the run is another's, or over",
			}); err != nil {
				return false, err
			}
		}
	}
	k.from = l.Adopts
	if k.from == nil || k.carried {
		return false, nil
	}
	k.carried = true
	given, err := handover.Given(l.Plan)
	if err != nil {
		return false, err
	}
	for id, a := range given {
		if _, have := k.order.Answers[id]; have {
			continue
		}
		news = true
		if err := k.record("", a.By+", through the ledger", journal.QuestionAnswered{
			ID: id, Answer: a.Answer,
		}); err != nil {
			return false, err
		}
	}
	return news, nil
}

// text is what the dialog of a take-over says.
func (k *takeover) text(database string) (text, why string) {
	o := k.from
	return fmt.Sprintf("take run %s over from %s (since %s, %d of %d applied, last heard of %s)? type the database "+
			"name %s", o.Short(), o.Owner,
			o.OpenedAt.Format(time.DateTime+" UTC"), o.Applied, len(o.Migrations), o.Seen.Format("15:04:05 UTC"),
			database),
		"no session of it lives on the server. This host becomes its owner, asks the database about every file, and " +
			"goes on; the host before sends nothing more"
}

// adopted is the uuid of the run that goes on here; "" = none of another host does.
func (k *takeover) adopted() string {
	if k.from == nil {
		return ""
	}
	return k.from.ID
}

// place makes the look's folder the run's. What this host had of a run that came
// back to it is moved aside: its journal is another's story meanwhile.
func (k *takeover) place() (string, error) {
	if k.from == nil {
		return become(k.folder, k.id())
	}
	id := k.from.Short()
	old := filepath.Join(filepath.Dir(k.folder), id)
	aside := filepath.Join(filepath.Dir(k.folder), fmt.Sprintf(".%s-before-epoch-%d", id, k.from.Epoch+1))
	if err := os.Rename(old, aside); err != nil && !os.IsNotExist(err) {
		return "", fmt.Errorf("run folder: %w", err)
	}
	return become(k.folder, id)
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
