package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Campaign is a row of belay.campaign: a change that takes several deployments.
type Campaign struct {
	ID string `json:"id"` // a uuid
	// Identity is db.Identity's Key: rows of another one are history.
	Identity string `json:"identity"`
	Timeline int64  `json:"timeline"`
	// Kind is the playbook.
	Kind string `json:"kind"`
	// Objects are what it is about, as SQL spells it.
	Objects []string `json:"objects"`
	// Owner is who began it: "USER@HOST".
	Owner  string        `json:"owner"`
	State  CampaignState `json:"state"`
	Phases []Phase       `json:"phases"`
}

// CampaignState says whether a campaign goes on.
type CampaignState string

// The states of a campaign.
const (
	CampaignOpen      CampaignState = "open"
	CampaignDone      CampaignState = "done"
	CampaignAbandoned CampaignState = "abandoned"
)

// Short is the first eight characters of the id.
func (c Campaign) Short() string { return c.ID[:min(8, len(c.ID))] }

// Phase is a row of belay.phase.
type Phase struct {
	N int `json:"n"` // counts from 1
	// Objects are the files that were written for it, relative to the folder.
	Objects []string `json:"objects"`
	// Gates is what must hold before it, what it writes, and what is known of it.
	Gates json.RawMessage `json:"gates"`
	// Owner is who does it next; "" = anybody.
	Owner string `json:"owner"`
	// NotBefore is the earliest time by the server's clock; zero = any.
	NotBefore time.Time  `json:"not_before,omitzero"`
	State     PhaseState `json:"state"`
}

// PhaseState says how far a phase is.
type PhaseState string

// The states of a phase.
const (
	PhaseWaiting PhaseState = "waiting"
	PhaseWritten PhaseState = "written" // its files stand in a folder
	PhaseDone    PhaseState = "done"
)

// ErrChanged says that somebody else changed a campaign meanwhile.
var ErrChanged = errors.New("ledger: somebody else has changed the campaign meanwhile")

// OpenCampaign writes a new campaign with its phases.
func OpenCampaign(ctx context.Context, c *pgx.Conn, all Campaign) error {
	return inTransaction(ctx, c, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO belay.campaign (id, identity, timeline, playbook, objects, owner, state)
			VALUES ($1::text::uuid, $2, $3::bigint, $4, $5, $6, $7)`,
			all.ID, all.Identity, all.Timeline, all.Kind, all.Objects, all.Owner, string(all.State))
		for _, p := range all.Phases {
			if err == nil {
				_, err = tx.Exec(ctx, `INSERT INTO belay.phase (campaign_id, n, objects, gates, owner, state)
					VALUES ($1::text::uuid, $2, $3, $4::text::jsonb, $5, $6)`,
					all.ID, p.N, list(p.Objects), string(p.Gates), p.Owner, string(p.State))
			}
		}
		return wrap(err)
	})
}

func list(all []string) []string {
	if all == nil {
		return []string{}
	}
	return all
}

// Campaigns reads the campaigns of an identity, the oldest phases first. others counts
// those of other identities, which a restored dump brought along: they are history.
func Campaigns(ctx context.Context, q Queryer, identity string) (all []Campaign, others int, err error) {
	rows, err := q.Query(ctx, `SELECT c.id::text, c.identity, c.timeline::bigint, c.playbook, c.objects, c.owner, c.state
		FROM belay.campaign c ORDER BY c.state <> 'open', c.id`)
	if err != nil {
		return nil, 0, wrap(err)
	}
	every, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (c Campaign, err error) {
		return c, r.Scan(&c.ID, &c.Identity, &c.Timeline, &c.Kind, &c.Objects, &c.Owner, &c.State)
	})
	if err != nil {
		return nil, 0, wrap(err)
	}
	for _, c := range every {
		if c.Identity != identity {
			others++
			continue
		}
		if c.Phases, err = phases(ctx, q, c.ID); err != nil {
			return nil, 0, err
		}
		all = append(all, c)
	}
	return all, others, nil
}

func phases(ctx context.Context, q Queryer, campaign string) ([]Phase, error) {
	rows, err := q.Query(ctx, `SELECT p.n, p.objects, p.gates::text, p.owner, p.not_before, p.state FROM belay.phase p
		WHERE p.campaign_id = $1::text::uuid ORDER BY p.n`, campaign)
	if err != nil {
		return nil, wrap(err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (p Phase, err error) {
		var gates string
		var before *time.Time
		err = r.Scan(&p.N, &p.Objects, &gates, &p.Owner, &before, &p.State)
		p.Gates = json.RawMessage(gates)
		if before != nil {
			p.NotBefore = before.UTC()
		}
		return p, err
	})
	return all, wrap(err)
}

const savePhaseSQL = `UPDATE belay.phase SET objects = $3, gates = $4::text::jsonb, owner = $5, not_before = $6, state = $7
	WHERE campaign_id = $1::text::uuid AND n = $2 AND gates = $8::text::jsonb AND state = $9
	AND EXISTS (SELECT FROM belay.campaign c WHERE c.id = campaign_id AND c.state = 'open')`

// Change is a phase as it was read, and as it is to be.
type Change struct{ Was, Is Phase }

// SavePhases writes phases, all or none, and the campaign's state where it is not "".
// Where one is not any more as it was read, nothing is written: ErrChanged.
func SavePhases(ctx context.Context, c *pgx.Conn, campaign string, state CampaignState, all ...Change) error {
	return inTransaction(ctx, c, func(tx pgx.Tx) error {
		for _, ch := range all {
			var before *time.Time
			if !ch.Is.NotBefore.IsZero() {
				before = &ch.Is.NotBefore
			}
			tag, err := tx.Exec(ctx, savePhaseSQL, campaign, ch.Is.N, list(ch.Is.Objects), string(ch.Is.Gates),
				ch.Is.Owner, before,
				string(ch.Is.State), string(ch.Was.Gates), string(ch.Was.State))
			if err != nil {
				return wrap(err)
			}
			if tag.RowsAffected() != 1 {
				return ErrChanged
			}
		}
		if state == "" {
			return nil
		}
		tag, err := tx.Exec(ctx, `UPDATE belay.campaign SET state = $2 WHERE id = $1::text::uuid AND state = 'open'`,
			campaign, string(state))
		if err == nil && tag.RowsAffected() != 1 {
			return ErrChanged
		}
		return wrap(err)
	})
}

// Evidence is a row of belay.evidence: what a source said at a look.
type Evidence struct {
	ID           string
	N            int
	Source       string
	Since, Until time.Time
	Blind        []string
	Verdict      string
	WaivedBy     string
}

// KeepEvidence writes what sources said of a phase.
func KeepEvidence(ctx context.Context, c *pgx.Conn, campaign string, all []Evidence) error {
	return inTransaction(ctx, c, func(tx pgx.Tx) error {
		for _, e := range all {
			var since *time.Time
			if !e.Since.IsZero() {
				since = &e.Since
			}
			_, err := tx.Exec(ctx, `INSERT INTO belay.evidence (id, campaign_id, n, source, since, until, blind_spots, verdict, waived_by)
				VALUES ($1::text::uuid, $2::text::uuid, $3, $4, $5, $6, $7, $8, $9)`,
				e.ID, campaign, e.N, e.Source, since, e.Until, list(e.Blind), e.Verdict, e.WaivedBy)
			if err != nil {
				return fmt.Errorf("ledger: evidence: %w", err)
			}
		}
		return nil
	})
}
