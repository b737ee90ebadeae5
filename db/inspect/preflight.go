package inspect

import (
	"context"
	"errors"
	"fmt"
	"time"

	"belay/db"
	"belay/sqlview/activity"
	"belay/sqlview/parameter"

	"github.com/jackc/pgx/v5"
)

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

// Preflight reads the facts in one batch, meant to take well under a second,
// and again at the moment of the run. Any role may; what it cannot see is
// counted in HiddenSessions. Nothing is written and no table lock is waited for.
func Preflight(ctx context.Context, c *db.Conn, scope Scope) (Facts, error) {
	f := Facts{scope: scope, major: c.ServerMajor()}
	names := scope.Relations
	if names == nil {
		names = []string{}
	}
	schemas, err := schemasOf(ctx, c, scope.Role)
	if err != nil {
		return Facts{}, fmt.Errorf("preflight of %s: %w", c.Target, err)
	}
	first := "" // where new objects go
	if len(schemas) > 0 {
		first = schemas[0]
	}
	err = readOnly(ctx, c, version{Version: c.ServerMajor(), Ours: ours, Locked: locked}, []read{
		{"facts_server", f.server, []any{scope.Role}},
		{"facts_transactions", f.transaction, []any{names}},
		{"facts_prepared", each(&f.Prepared, scanPrepared), nil},
		{"facts_dumps", each(&f.Dumps, scanDump), nil},
		{"facts_vacuums", each(&f.Vacuums, scanVacuum), []any{names}},
		{"facts_invalid", each(&f.InvalidIndexes, scanInvalid), []any{names}},
		{"facts_detaching", each(&f.Detaching, scanDetaching), []any{names}},
		{"facts_notvalid", each(&f.NotValid, scanNotValid), []any{names}},
		{"facts_replicas", each(&f.Replicas, scanReplica), nil},
		{"facts_slots", each(&f.Slots, scanSlot), nil},
		{"facts_eventtriggers", each(&f.EventTriggers, scanEventTrigger), nil},
		{"facts_publications", each(&f.PublishAll, scanName), nil},
		{"facts_settings", f.settings(c), []any{parameter.Names(), parameter.Habits()}},
		{"facts_relations", each(&f.Relations, scanRelation), []any{names, scope.Role}},
		{"facts_schemas", f.schema, []any{names, scope.Role, first}},
	})
	if err != nil {
		return Facts{}, fmt.Errorf("preflight of %s: %w", c.Target, err)
	}
	return f, nil
}

// schemasOf are the schemas of search_path as the role that runs the units has it;
// of the login, where it may not be that one.
func schemasOf(ctx context.Context, c *db.Conn, role string) (all []string, err error) {
	var not *db.RoleError
	err = c.As(ctx, role, func() (err error) { all, err = c.Schemas(ctx); return err })
	if errors.As(err, &not) {
		return c.Schemas(ctx)
	}
	return all, err
}

// each appends what one row holds.
func each[T any](to *[]T, scan func(pgx.Rows, *T) error) func(pgx.Rows) error {
	return func(r pgx.Rows) error {
		var x T
		err := scan(r, &x)
		*to = append(*to, x)
		return err
	}
}

func (f *Facts) server(r pgx.Rows) error {
	var at int64
	c, o := &f.Connections, &f.Role
	err := r.Scan(&at, &f.InRecovery, &f.ReadOnly, &c.Max, &c.Reserved, &c.Used, &c.DatabaseLimit, &c.DatabaseUsed,
		&c.RoleLimit, &c.RoleUsed, &c.Database, &c.Login, &c.Superuser, &f.HiddenSessions, &o.Exists, &o.Name,
		&o.CanSet, &o.CreateSchema,
		&o.Inherits, &o.Mighty)
	o.Login = c.Login
	f.At = time.UnixMicro(at).UTC()
	return err
}

func (f *Facts) transaction(r pgx.Rows) error {
	var t Transaction
	err := r.Scan(&t.PID, &t.Application, &t.User, &t.Address, &t.BackendType, &t.State, &t.AgeMS, &t.StateMS,
		&t.Wait, &t.Snapshot, &t.Query, &t.Touches)
	t.Query = db.ShownQuery(t.Query)
	f.Transactions = append(f.Transactions, t)
	return err
}

func (f *Facts) schema(r pgx.Rows) error {
	var s SchemaRights
	var owners []string
	var counts []int32
	err := r.Scan(&s.Name, &s.Owner, &s.First, &s.Usage, &s.Create, &owners, &counts, &s.Neighbour)
	for i, o := range owners {
		s.Owners = append(s.Owners, OwnerCount{o, int(counts[i])})
	}
	f.Schemas = append(f.Schemas, s)
	return err
}

func scanPrepared(r pgx.Rows, p *PreparedTransaction) error {
	return r.Scan(&p.GID, &p.Owner, &p.Database, &p.AgeMS)
}

func scanDump(r pgx.Rows, d *Dump) error {
	return r.Scan(&d.PID, &d.Application, &d.User, &d.AgeMS, &d.BaseBackup)
}

func scanVacuum(r pgx.Rows, v *Vacuum) error {
	return r.Scan(&v.PID, &v.Relation, &v.Command, &v.Phase, &v.Auto, &v.Wraparound, &v.AgeMS, &v.Done, &v.Total,
		&v.Touched)
}

func scanInvalid(r pgx.Rows, x *InvalidIndex) error {
	return r.Scan(&x.Name, &x.Table, &x.Unique, &x.Ready, &x.Touched, &x.Building)
}

func scanDetaching(r pgx.Rows, d *Detaching) error {
	return r.Scan(&d.Parent, &d.Partition, &d.Touched)
}

func scanNotValid(r pgx.Rows, n *NotValid) error {
	return r.Scan(&n.Relation, &n.Constraint, &n.Touched)
}

func scanReplica(r pgx.Rows, x *activity.Replica) error {
	return r.Scan(&x.Name, &x.State, &x.Logical, &x.LagMS, &x.LagBytes)
}

func scanSlot(r pgx.Rows, s *activity.Slot) error {
	return r.Scan(&s.Name, &s.Type, &s.Database, &s.Active, &s.RetainedBytes, &s.XminAge)
}

func scanEventTrigger(r pgx.Rows, e *EventTrigger) error {
	return r.Scan(&e.Name, &e.Event, &e.Function, &e.Owner, &e.Tags)
}

// EventTriggers reads the enabled ones anew, as any role may.
func EventTriggers(ctx context.Context, c *db.Conn) (all []EventTrigger, err error) {
	err = readOnly(ctx, c, version{Version: c.ServerMajor(), Ours: ours, Locked: locked}, []read{
		{"facts_eventtriggers", each(&all, scanEventTrigger), nil},
	})
	if err != nil {
		return nil, fmt.Errorf("event triggers of %s: %w", c.Target, err)
	}
	return all, nil
}

func scanName(r pgx.Rows, s *string) error { return r.Scan(s) }

func scanRelation(r pgx.Rows, x *RelationRights) error {
	return r.Scan(&x.Relation, &x.Exists, &x.Owner, &x.Owned, &x.LoginMember, &x.Mighty, &x.Kind, &x.Has, &x.FrozenAge,
		&x.FreezeMaxAge)
}
