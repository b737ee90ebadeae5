package checklist

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"belay/db"
	"belay/db/ledger"
	"belay/db/trust"
	"belay/steps"
	"belay/steps/campaign"
	"belay/steps/fact"
	"belay/steps/handover"
	"belay/steps/journal"
)

// ledgerCheck is one look at what belay keeps in the database.
type ledgerCheck struct {
	e      *steps.Env
	target steps.Target
	folder *steps.Folder
	f      fact.Ledger
	items  []fact.Item
	// open are the runs of this database that are not finished, but for our own.
	open []ledger.Open
	// filling are those of which only a backfill is in the ledger.
	filling []steps.OpenRun
	files   []ledger.File
	missing []ledger.Right
	// newer is set where a newer belay made the ledger.
	newer     *ledger.VersionError
	obstacles []ledger.Obstacle
	// foreign is set where others have put something on the ledger: nothing of it was read.
	foreign *trust.Error
}

// readLedger finds out whether this run is kept in the ledger, and who else runs
// here. It settles which run of another host, if any, this one goes on with.
func readLedger(ctx context.Context, e *steps.Env, target steps.Target, b *steps.Folder) (*ledgerCheck, error) {
	k := &ledgerCheck{e: e, target: target, folder: b, f: fact.Ledger{Runs: []fact.OtherRun{}}}
	if err := e.Sessions.Own(ctx, func(c *db.Conn) error { return k.read(ctx, c) }); err != nil {
		return nil, steps.Database("the ledger (schema belay)", err)
	}
	k.use()
	if k.asksAddress() {
		return k, nil
	}
	k.tell()
	if err := k.others(ctx); err != nil {
		return nil, err
	}
	k.drift()
	return k, nil
}

// read asks the database; nothing waits for a lock there.
func (k *ledgerCheck) read(ctx context.Context, c *db.Conn) error {
	s, err := ledger.See(ctx, c)
	if s.Holder != nil {
		k.f.Holder = s.Holder.String()
	}
	k.missing, k.folder.Ledger.None = s.Missing, err == nil && !s.Exists
	if slices.ContainsFunc(k.missing, ledger.Right.Reads) {
		k.f.Exists = true
		return err
	}
	if errors.As(err, &k.foreign) {
		k.f.Exists = true
		return nil
	}
	if err != nil {
		return err
	}
	k.f.Exists, k.f.Version = s.Exists, s.Version
	switch {
	case !s.Exists && k.e.Project.Config.Ledger == "target":
		k.obstacles, err = ledger.Obstacles(ctx, c)
		return err
	case !s.Exists:
		return nil
	case s.Version > ledger.Version:
		k.newer = &ledger.VersionError{Found: s.Version}
		return nil
	}
	identity := k.target.Identity.Key()
	if k.files, err = ledger.Files(ctx, c, identity, k.folder.Format.Name); err != nil {
		return err
	}
	if k.f.Campaigns, err = campaign.Lines(ctx, c, identity); err != nil {
		return err
	}
	all, err := ledger.OpenRuns(ctx, c.Conn, identity)
	for _, o := range all {
		if !k.ours(o) {
			k.open = append(k.open, o)
		}
	}
	if err != nil {
		return err
	}
	return k.readFilling(ctx, c)
}

// ours reports whether a run in the ledger is this one, or one whose story this
// person has and that nobody has taken over: the run folders say of it what is to
// be said.
func (k *ledgerCheck) ours(o ledger.Open) bool {
	if k.e.Resumed && o.Short() == k.e.Run {
		return k.e.Adopt == ""
	}
	here := k.e.Engine.Here(o.Short())
	return here.Known && max(here.Epoch, 1) == o.Epoch
}

// use decides whether the run is kept in the ledger.
func (k *ledgerCheck) use() {
	l := &k.folder.Ledger
	setting, answer := k.e.Project.Config.Ledger, ""
	if setting == "target" && !k.f.Exists && len(k.obstacles) == 0 {
		answer, _, _ = k.e.Engine.Given(steps.LedgerCreate)
	}
	switch {
	case setting == "local":
		k.f.Why = `belay.toml says ledger = "local"`
	case k.target.Identity.Key() == "":
		k.f.Why = "the role may not read the system identifier, so the rows of a copy could not be told from this " +
			"database's"
	case k.newer != nil || k.foreign != nil || len(k.missing) > 0:
		k.f.Why = "it cannot be used"
	case k.f.Exists:
		k.keeps()
	case setting != "target" && k.folder.Command != nil:
		k.f.Why = `the team's command runs it, and nothing of it is kept here: ledger = "target" in belay.toml has the ` +
			"hashes of what it applied kept in this database"
	case setting != "target":
	case len(k.obstacles) > 0:
		e := &ledger.RefusedError{Obstacles: k.obstacles}
		k.f.Why = e.Error()
		k.item("ledger-withheld", fact.Look, "no ledger: "+e.Error(), e.Hint())
	case answer == "yes":
		k.keeps()
		l.Create = true
	case answer == "no":
		k.f.Why = "its DDL was declined"
		k.item(declined, fact.Look,
			"no ledger (schema belay): no other host can take this run over, and an edited file shows only from git "+
				"and the tool's own checksums", "")
	default:
		l.Asks = append(l.Asks, journal.QuestionAsked{
			ID: steps.LedgerCreate, Options: []string{"no", "yes"}, Default: "no",
			Text: "belay.toml wants each run recorded in this database, in a schema named belay. Create that schema " +
				"in the run?", Why: ledger.DDL(),
		})
	}
	k.f.Used, k.f.Create = l.Use, l.Create
}

// keeps has the run kept in the ledger: a run of belay's own before its first effect; of
// the team's command, in whose transactions no mark of belay's can be, what it came to.
func (k *ledgerCheck) keeps() {
	if k.folder.Command == nil {
		k.folder.Ledger.Use = true
		return
	}
	k.folder.Ledger.Records = true
	k.f.Why = "the team's command runs it: what it did is recorded once it has ended"
}

// tell says what stands against the ledger that is there.
func (k *ledgerCheck) tell() {
	if k.newer != nil {
		k.items = append(k.items, fact.Item{
			ID: "ledger-version", Level: fact.Stop, Hard: true, Text: k.newer.Error(), Hint: k.newer.Hint(),
		})
	}
	local := k.e.Project.Config.Ledger == "local"
	level := fact.Stop
	if local {
		level = fact.Look
	}
	if k.foreign != nil {
		k.items = append(k.items, fact.Item{
			ID: "ledger-foreign", Level: level, Hard: !local,
			Text: "the ledger (schema belay) is not read: " + k.foreign.Error(),
			Hint: k.foreign.Hint() + `; ledger = "local" in belay.toml goes on without`,
		})
	}
	for _, m := range k.missing {
		role, so := k.target.Role, "no run of it is kept in the ledger"
		if m.Reads() {
			so = "a run that another host left open is not seen"
		}
		k.item("ledger-rights", level, fmt.Sprintf("role %s lacks %s on %s: %s", role, m.Privilege, m.Object, so),
			m.Grant(role))
	}
}

func (k *ledgerCheck) item(id string, level fact.Level, text, hint string) {
	k.items = append(k.items, fact.Item{ID: id, Level: level, Text: text, Hint: hint})
}

// asksAddress asks, before the rows count, where a run in the ledger was opened
// on another server of the same identity: this one may be a copy. Of a copy the
// rows are the original's history.
func (k *ledgerCheck) asksAddress() bool {
	here := place(k.target.Target)
	for _, o := range k.open {
		s, err := handover.Read(o.Run)
		if err != nil || s.Address == "" || s.Address == here {
			continue
		}
		switch answer, _ := k.e.Engine.Answered("target.address"); answer {
		case "yes":
		case "no":
			k.open, k.files, k.folder.Ledger = nil, nil, steps.Ledger{}
			k.f.Used, k.f.Create, k.f.Why = false, false,
				"this server is a copy: what the ledger holds is the original's history"
		default:
			k.folder.Ledger.Asks = append(k.folder.Ledger.Asks, journal.QuestionAsked{
				ID: "target.address", Options: []string{"no", "yes"}, Default: "no",
				Text: fmt.Sprintf("run %s was opened on %s and this server answers at %s: is it the same one, moved?",
					o.Short(), s.Address, here),
				Why: "a physical copy has the same identity as its original, and its rows; no = a copy, whose rows " +
					"are history",
			})
			return true
		}
	}
	return false
}

// others settles what the open runs of other hosts mean for this one.
func (k *ledgerCheck) others(ctx context.Context) error {
	l := &k.folder.Ledger
	for _, line := range k.f.Campaigns {
		k.item("campaign", fact.OK, line, "")
	}
	for i, o := range k.open {
		k.f.Runs = append(k.f.Runs, otherRun(o))
		s, err := handover.Read(o.Run)
		same := err == nil && k.same(o, s)
		switch {
		case same && len(o.Sessions) == 0 && (!k.e.Resumed || k.e.Adopt != "") && l.Adopts == nil && l.Use:
			if err := k.adopt(ctx, &k.open[i], s); err != nil {
				return err
			}
		case len(o.Sessions) > 0:
			k.refuse(o, "runs on this database",
				"watch or stop it there; this host can take it over once no session of it is left")
		case o.InTheWay():
			k.refuse(o, "is open on this database, and none of its sessions is on the server",
				"`belay attach "+o.Short()+"` takes it over and finds out what became of it")
		default:
			k.item("other-run", fact.Look, o.Says("was left open"), "`belay attach "+o.Short()+"` goes on with it")
		}
	}
	return nil
}

// same reports whether a run is the one that was asked for, or of the same files.
func (k *ledgerCheck) same(o ledger.Open, s handover.Settings) bool {
	if k.e.Adopt != "" {
		return o.ID == k.e.Adopt
	}
	return o.Tool == k.folder.Format.Name && (s.Command == "rollback") == k.e.Back && s.Same(k.folder.Files)
}

// adopt makes the other host's plan this one's.
func (k *ledgerCheck) adopt(ctx context.Context, o *ledger.Open, s handover.Settings) error {
	l := &k.folder.Ledger
	err := k.e.Sessions.Own(ctx, func(c *db.Conn) (err error) {
		l.Plan, err = ledger.ReadPlan(ctx, c, o.ID)
		return err
	})
	if err != nil {
		return steps.Database("the plan of run "+o.Short(), err)
	}
	confirmed, err := s.Confirmed(o.Run, l.Plan, k.folder.Files)
	if err != nil {
		return &steps.Refused{
			Problem: err.Error(),
			Advice:  "take it over where the folder has its files as they were confirmed; nothing was changed",
			Fatal:   true,
		}
	}
	k.folder.Confirmed, l.Adopts = confirmed, o
	k.item("takeover", fact.Look, o.Says("was left open")+": this is the same plan",
		"R takes it over, once the database's name is typed")
	return nil
}

func (k *ledgerCheck) refuse(o ledger.Open, what, advice string) {
	if k.folder.Ledger.Refusal == nil {
		k.folder.Ledger.Refusal = &steps.Exit{
			Code: steps.ExitPerson, Outcome: journal.OutcomePerson, Summary: o.Says(what), Advice: advice,
		}
	}
	k.item("other-run", fact.Look, o.Says(what), advice)
}

func otherRun(o ledger.Open) fact.OtherRun {
	r := fact.OtherRun{
		ID: o.Short(), Owner: o.Owner, State: o.State, Opened: o.OpenedAt, Seen: o.Seen, Applied: o.Applied,
		Migrations: o.Migrations,
	}
	if len(o.Sessions) > 0 {
		r.Session = o.Sessions[0].String()
	}
	return r
}

// drift compares the files with what ran here.
func (k *ledgerCheck) drift() {
	ran := map[string]ledger.File{}
	for _, f := range k.files {
		ran[f.Version] = f
	}
	for _, m := range k.folder.Status.Applied {
		f, known := ran[m.Version]
		if !known || f.SHA256 == m.Up.SHA256 {
			continue
		}
		i := fact.Item{
			ID: "drift", Level: fact.Look,
			Text: fmt.Sprintf("%s differs in comments and blanks only from what ran here %s", m.Up.Path, when(f)),
			Hint: "a migration that has run anywhere is never edited",
		}
		if f.Normalized != m.Up.Normalized() {
			i.Level, i.Hard = fact.Stop, true
			i.Text = fmt.Sprintf("%s is not what ran here %s: sha256 %s then, %s now", m.Up.Path, when(f),
				f.SHA256[:min(12, len(f.SHA256))], m.Up.SHA256[:12])
			i.Hint = "take the file back as it was, and put the difference into a new migration"
		}
		k.items = append(k.items, i)
	}
}

func when(f ledger.File) string {
	s := "at a time nobody knows"
	if !f.AppliedAt.IsZero() {
		s = "on " + f.AppliedAt.Format(time.DateTime+" UTC")
	}
	if f.By != "" {
		s += " by " + f.By
	}
	if f.Assumed {
		s += " (assumed)"
	}
	return s
}
